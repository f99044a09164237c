package actions

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"retake/actions/account"
	"retake/store"
)

// verbHandOver is the act by which a new token leaves the case, for whoever has
// to put it to use. It changes nothing in the account.
const verbHandOver = "hand-over"

// The sinks that a new token is handed over to.
const (
	toScreen  = "screen"
	toCommand = "command"
	toFile    = "file"
)

// errReplaced says that the token that was to be promoted is not there any
// more, or is another one than the plan was made for.
var errReplaced = errors.New("the token that was handed over is not the one that would be promoted")

// renew sees to it that a secondary token of ours is sealed and let in, and
// hands it over. It promotes nothing.
func (l *life) renew(ctx context.Context) Outcome {
	if o, ended := l.stale(); ended {
		return o
	}
	var met error
	for range l.r.Params.Number("rounds") {
		again, err := l.prepared(ctx)
		switch met = err; {
		case errors.Is(err, ErrHalted):
			return Outcome{}
		case err == nil && !again:
			return l.hand(ctx, l.pending)
		case !again:
			return l.failed(err)
		}
	}
	return l.outrun(met)
}

// prepared makes sure that the account lets a secondary token of ours in. again
// says that it has to be tried once more.
func (l *life) prepared(ctx context.Context) (again bool, err error) {
	if l.pending.IsZero() {
		if again, err = l.prepare(ctx); err != nil || l.pending.IsZero() {
			return again, err
		}
	}
	return l.probe(ctx)
}

// probe tries the secondary token before anything rests on it. again says that
// it was found to be gone.
func (l *life) probe(ctx context.Context) (again bool, err error) {
	ours, err := l.alive(ctx, l.pending)
	if err != nil || ours {
		return false, err
	}
	old, err := l.try(ctx, l.present)
	switch {
	case err != nil:
		return false, err
	case old:
		l.replaced("replaced or deleted")
		return true, nil
	}
	return l.reread(ctx)
}

// ready tells whether the token that the plan names may be promoted now:
// errReplaced if not. After a token of somebody else's came into force there is
// nothing left to be graceful about.
func (l *life) ready(ctx context.Context) (again bool, err error) {
	if !l.graceful || len(l.dead) > 0 {
		return false, nil
	}
	if l.pending.IsZero() || l.c.Detail != promises(l.r.Fingerprint(l.pending)) {
		return false, errReplaced
	}
	again, err = l.probe(ctx)
	if err == nil && l.pending.IsZero() && len(l.dead) == 0 {
		return false, errReplaced
	}
	return again, err
}

// promises is how a plan names the token that it would promote.
func promises(fingerprint string) string { return fmt.Sprintf("puts %.16s in force", fingerprint) }

// anew creates and hands over another token in the place of the one that is
// lost. What was agreed to is not done with it: that takes a new plan.
func (l *life) anew(ctx context.Context) Outcome {
	o := l.renew(ctx)
	if o.Outcome != store.Made {
		return o
	}
	return Outcome{Outcome: store.Stale, Problem: fmt.Sprintf("%s is not promoted: the token that was handed over for it is lost, and what has it must get the new one (%s); plan again when that is done", l.sid, o.Proof)}
}

// hand gives a token to the sink, unless that was done.
func (l *life) hand(ctx context.Context, token account.Secret) Outcome {
	fp := l.r.Fingerprint(token)
	last := handedOver(l.r.Acts(l.c.ID), fp)
	switch again := l.c.Verb == verbHandOverAgain && last.Act.Order != l.r.digest; {
	case last.N != 0 && last.Open():
		return Outcome{Outcome: store.Unknown, Problem: last.Outcome.Problem}
	case last.N != 0 && !again:
		return Outcome{Outcome: store.Made, Proof: "handed over: " + last.Outcome.Proof}
	case l.r.Params["handover"] == toScreen:
		return Outcome{Outcome: store.Made, Proof: "created, sealed, and the account lets it in (200); shown on demand only: retake token " + l.sid + " --new"}
	}
	act := store.Act{Change: l.c.ID, Account: l.sid, Verb: verbHandOver, Target: l.sink(), Irreversible: true, Seen: fp}
	d, err := l.r.Do(ctx, act, l.primary(), func(*account.Operations) (Reply, error) {
		proof, err := l.pour(ctx, token)
		return Reply{Proof: proof}, err
	})
	switch {
	case errors.Is(err, ErrHalted):
		return Outcome{}
	case err != nil:
		return Outcome{Outcome: store.Failed, Problem: fmt.Sprintf("the new token of %s was not handed over: %v; %s", l.sid, err, l.instead())}
	}
	return Outcome{Outcome: store.Made, Proof: "handed over: " + d.Outcome.Proof}
}

// instead says what to do where a hand-over failed.
func (l *life) instead() string {
	if l.done.N != 0 {
		return "it is in force already: retake token " + l.sid + " prints it"
	}
	return "nothing was promoted, the old token is in force: mend it and plan again, the same new token is handed over then"
}

// sink names where the token of this account goes.
func (l *life) sink() string {
	if l.r.Params["handover"] == toFile {
		return toFile + " " + filled(l.r.Params["handover_file"], l.sid)
	}
	return toCommand + " " + filled(l.r.Params["handover_command"], l.sid)
}

// pour does what hand has journaled. What a command prints is shown only with
// its secrets masked.
func (l *life) pour(ctx context.Context, token account.Secret) (proof string, err error) {
	l.r.line.Learn(token)
	if l.r.Params["handover"] == toFile {
		return pourFile(filled(l.r.Params["handover_file"], l.sid), token)
	}
	argv, err := argvOf(l.r.Params["handover_command"])
	if err != nil {
		return "", err
	}
	for i := range argv {
		argv[i] = strings.ReplaceAll(argv[i], placeholder, l.sid)
	}
	k := known{token: token, mask: l.r.line.Mask}
	env := append(environment(os.Environ(), l.secrets(token)), "RETAKE_HANDOVER_ACCOUNT="+l.sid)
	return pourCommand(context.WithoutCancel(ctx), argv, env, k, l.r.Params.Duration("handover_timeout"))
}

// secrets are the values that no command may find in its environment.
func (l *life) secrets(token account.Secret) []string {
	all := []string{token.Reveal(), l.present.Reveal(), l.r.desk.given.Secret.Reveal()}
	for _, e := range Extras() {
		for _, p := range e.Parts {
			if p.Secret {
				all = append(all, l.r.desk.extra(p.Env).Reveal())
			}
		}
	}
	return slices.DeleteFunc(all, func(s string) bool { return s == "" })
}

// settleHandOver finds out what became of a hand-over: a file can be read, what
// was to be shown can be shown again, and what a command did nobody can tell.
func settleHandOver(r *Run, d store.Done) store.Outcome {
	kind, path, _ := strings.Cut(d.Act.Target, " ")
	switch {
	case kind == toScreen:
		return store.Outcome{Result: store.Failed, Problem: "it is not known whether it was shown: show it again"}
	case kind == toFile:
		return settleFile(r, path, d.Act.Seen)
	case slices.Contains(r.Params.List("handover_again"), d.Act.Account):
		return store.Outcome{Result: store.Failed, Problem: "it is not known whether the command took it; the responder asked to hand it over again"}
	}
	return store.Outcome{Result: store.Unknown, Problem: fmt.Sprintf("it is not known whether the command took the new token of %s; nothing was promoted: look there, then plan again with handover_again=%s, which hands the same token over once more", d.Act.Account, d.Act.Account)}
}

func settleFile(r *Run, path, fingerprint string) store.Outcome {
	if err := os.Remove(halfWritten(path)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return store.Outcome{Result: store.Unknown, Problem: "what a killed run left could not be taken away: " + err.Error()}
	}
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return store.Outcome{Result: store.Failed, Problem: "there is no such file: it was not written"}
	case err != nil:
		return store.Outcome{Result: store.Unknown, Problem: "the file could not be read: " + err.Error()}
	case r.Fingerprint(account.NewSecret(string(text))) != fingerprint:
		return store.Outcome{Result: store.Failed, Problem: "the file holds something else: it was not written by us"}
	}
	return store.Outcome{Result: store.Made, Proof: "the file holds it"}
}
