package actions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"retake/actions/account"
	"retake/store"
)

// A suspended account turns its own token away, so that its token can be rotated
// only while it is active. With suspended=rotate a plan holds for each such
// subaccount a chain of changes in stages of its own, one subaccount after the
// other, so that never more than one is open:
//
//	reactivate -> (calls and messages ended | countries shut) -> rotated -> suspended again
//
// Each link looks first whether the account is active. What is not done in one
// link keeps the last one from nothing: the account is suspended again whatever
// came before.
const (
	suspendedRotate = "rotate"

	verbReactivate   = "reactivate"
	verbQuieten      = "quieten"
	verbShut         = "shut"
	verbSuspendAgain = "suspend-again"

	firstChain = 3 // the stage after the main account's and the active ones'
	chainLinks = 4
)

// chains are the changes of all suspended subaccounts with a burnt token, and of
// those that an earlier run reactivated and did not suspend again.
func chains(r *Run, accounts []account.Account) (all []Change, err error) {
	up, stage := r.awake(), firstChain
	for _, a := range accounts {
		open := slices.Contains(up, a.SID) && a.Status == activeStatus
		if !open && (a.Status != suspendedStatus || r.Params["suspended"] != suspendedRotate) {
			continue
		}
		links, err := chain(r, a, stage, open)
		if err != nil {
			return nil, err
		}
		if len(links) > 0 {
			all, stage = append(all, links...), stage+chainLinks
		}
	}
	return all, nil
}

// chain are the links that one subaccount needs.
func chain(r *Run, a account.Account, stage int, open bool) ([]Change, error) {
	burnt, err := r.Case().IsBurnt(r.Fingerprint(a.Token))
	if err != nil || !open && (!burnt || a.Token.IsZero()) {
		return nil, err
	}
	link := func(verb, target string, after int) Change {
		return Change{ID: verb + "/" + a.SID, Account: a.SID, Name: a.Name, Verb: verb, Target: target, Object: a.SID, Stage: stage + after}
	}
	var all []Change
	if !open {
		c := link(verbReactivate, "the suspended subaccount "+a.SID, 0)
		c.Seen, c.Detail, c.Reversible = suspendedStatus, activeStatus, true
		all = append(all, c)
	}
	shut := link(verbShut, "voice: every country, unless it takes over the main account's", 1)
	shut.Reversible = true
	all = append(all, link(verbQuieten, "every live call and conference and every waiting message of "+a.SID, 1), shut)
	if burnt && !a.Token.IsZero() {
		c := rotationChange(r, a, stage+2)
		all = append(all, c)
	}
	again := link(verbSuspendAgain, "the subaccount "+a.SID, 3)
	again.Seen, again.Detail, again.Reversible = activeStatus, suspendedStatus, true
	return append(all, again), nil
}

// chainBreaks says what is risked with the subaccounts of a plan's chains.
func chainBreaks(changes []Change) (all []string) {
	for _, c := range changes {
		switch c.Verb {
		case verbReactivate:
			all = append(all, fmt.Sprintf("%s %s is suspended and is reactivated for its rotation: until it is suspended again whoever holds its token or one of its keys can use it, and spend money", c.Account, c.Name))
		case verbSuspendAgain:
			all = append(all, fmt.Sprintf("%s is suspended at the end, whatever came before; its calls end, its countries stay shut for calls, its API keys and its messaging countries stay as they are", c.Account))
		}
	}
	return all
}

// refuseBeside refuses what a chain cannot be planned beside.
func refuseBeside(r *Run, chained []Change) error {
	if r.Params["mode"] != graceful {
		return nil
	}
	if r.Params["suspended"] == suspendedRotate {
		return store.WithHint(errors.New("suspended=rotate is done at once and cannot be planned with mode=graceful"), "plan mode=graceful first, and suspended=rotate with mode=kill-now when the new tokens are in force")
	}
	if len(chained) > 0 {
		return store.WithHint(errors.New(tellAwake([]string{chained[0].Account})), "plan with mode=kill-now: it is suspended again first")
	}
	return nil
}

// awake are the subaccounts that this step reactivated, or may have, and did not
// suspend again, by the journal.
func (r *Run) awake() (up []string) {
	latest := map[string]store.Done{}
	r.mu.Lock()
	for _, acts := range r.acts {
		for _, d := range acts {
			counts := d.Open() || d.Outcome.Result == store.Made || d.Outcome.Result == store.Waiting
			if d.Act.Verb == verbSetStatus && counts && d.N > latest[d.Act.Account].N {
				latest[d.Act.Account] = d
			}
		}
	}
	r.mu.Unlock()
	for sid, d := range latest {
		if (d.Act.Target == activeStatus || d.Open()) && !r.asleep(d) {
			up = append(up, sid)
		}
	}
	slices.Sort(up)
	return up
}

// asleep tells whether the account of an act was seen suspended after it.
func (r *Run) asleep(d store.Done) bool {
	if _, seen := r.Noted(asleepMark + d.Act.Account); seen {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return d.N <= r.from && slices.ContainsFunc(r.latest, func(a account.Account) bool { return a.SID == d.Act.Account && a.Status == suspendedStatus })
}

// asleepMark marks a subaccount that was seen suspended at the end of its chain.
const asleepMark = "asleep/"

// tellAwake says what must not be overlooked.
func tellAwake(up []string) string {
	return strings.Join(up, ", ") + " is active and was suspended before: go on, it is to be suspended again"
}

// Left says which subaccounts a run leaves active that were suspended before, ""
// for none.
func (authTokens) Left(r *Run) string {
	up := r.awake()
	if len(up) == 0 {
		return ""
	}
	for _, sid := range up {
		r.Find(Finding{ID: "awake/" + sid, Severity: Critical, Account: sid, Text: tellAwake([]string{sid}) +
			fmt.Sprintf("; retake step auth-tokens --apply --account %s, or by hand: %s", r.Main(), accountsPage)})
	}
	return tellAwake(up)
}

// link makes one link of a chain.
func link(ctx context.Context, r *Run, c Change) Outcome {
	now, err := r.Read(ctx, r.Credential(r.Main())).FetchAccount(c.Account)
	if err != nil {
		return Outcome{Outcome: store.Failed, Problem: "not sent, since its present status cannot be read: " + err.Error()}
	}
	if o, ended, err := overBefore(r, c, now); err != nil || ended {
		if err != nil {
			o = Outcome{Outcome: store.Failed, Problem: err.Error()}
		}
		return o
	}
	switch c.Verb {
	case verbReactivate:
		return reactivate(ctx, r, c)
	case verbQuieten:
		return quieten(ctx, r, now)
	case verbShut:
		return shutVoice(ctx, r, c)
	case verbSuspendAgain:
		return suspendAgain(ctx, r, c)
	}
	l, err := newLife(r, c)
	if err != nil {
		return Outcome{Outcome: store.Failed, Problem: err.Error()}
	}
	return l.live(ctx)
}

// overBefore tells whether a link has nothing to do: the account is suspended
// with a token of ours in force, or was not reactivated at all.
func overBefore(r *Run, c Change, now account.Account) (o Outcome, ended bool, err error) {
	if now.Status != suspendedStatus {
		return Outcome{}, false, nil
	}
	ours, err := r.ours()
	if err != nil {
		return Outcome{}, false, err
	}
	fp := r.Fingerprint(now.Token)
	burnt, err := r.Case().IsBurnt(fp)
	if err != nil {
		return Outcome{}, false, err
	}
	done := !now.Token.IsZero() && ours[fp] && !burnt
	if c.Verb == verbSuspendAgain {
		r.Note(asleepMark+c.Account, "")
	}
	switch {
	case done && c.Verb == "rotate":
		return Outcome{Outcome: store.Already, Proof: "the main account's reading shows that the token of this case is in force; the account is suspended and turns every token away"}, true, nil
	case done || c.Verb == verbSuspendAgain:
		return Outcome{Outcome: store.Already, Proof: "reading it shows that it is suspended" + map[bool]string{true: ", with the token of this case in force"}[done]}, true, nil
	case c.Verb == verbReactivate:
		return Outcome{}, false, nil
	}
	return Outcome{Outcome: store.Refused, Problem: c.Account + " is suspended: it was not reactivated, so this was not begun"}, true, nil
}
