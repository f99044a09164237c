package actions

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"retake/store"
)

// The verbs of the changes that a rotation in two plans is made of. The first
// plan hands over, the second promotes.
const (
	graceful          = "graceful"
	verbHandOverAgain = "hand-over-again"
)

// ErrTooEarly says that a new token may not be promoted yet.
var ErrTooEarly = errors.New("it is too early to promote the new tokens")

// remembered are the parameters that a later plan of a graceful rotation need
// not be told again.
var remembered = []string{"handover", "handover_command", "handover_file", "handover_timeout", "consumers"}

// recollectHandOver fills in what an earlier graceful plan was told and this one
// was not.
func recollectHandOver(r *Run) error {
	before, err := r.Case().Progress(r.Step.ID)
	if err != nil || before.Parameters["mode"] != graceful {
		return err
	}
	for _, name := range remembered {
		p, _ := r.Step.parameter(name)
		if value := before.Parameters[name]; value != "" && r.Params[name] == p.Default {
			r.Params[name] = value
		}
	}
	return nil
}

// gracefully makes of the rotations that are needed either a plan that hands
// new tokens over or, when all are handed over, one that promotes them.
func gracefully(r *Run, p *Plan) error {
	if err := sinkGiven(r); err != nil || len(p.Changes) == 0 {
		return err
	}
	var hand, promote []Change
	for _, c := range p.Changes {
		now, err := pendingIn(r.Case(), r.Acts(c.ID))
		if err != nil {
			return err
		}
		again := now.handed.N != 0 && slices.Contains(r.Params.List("handover_again"), c.Account)
		switch onDemand := r.Params["handover"] == toScreen; {
		case again && !onDemand:
			hand = append(hand, handing(c, verbHandOverAgain))
		case !now.there() || now.handed.N == 0 && !onDemand:
			hand = append(hand, handing(c, verbHandOver))
		default:
			promote = append(promote, promoting(c, now))
		}
	}
	if p.Changes = hand; len(hand) > 0 {
		p.Breaks = handBreaks(r)
		return nil
	}
	return planPromotion(r, p, promote)
}

func handing(c Change, verb string) Change {
	c.Verb, c.Target = verb, "a new Auth Token of "+c.Account
	c.Detail = "creates and seals it where there is none yet, hands it over, puts nothing in force"
	return c
}

func promoting(c Change, now pending) Change {
	c.Verb, c.Target, c.Detail = verbPromote, "the new Auth Token of "+c.Account, promises(now.fingerprint)
	return c
}

// sinkGiven checks that the sink has what it needs, and that no secret would be
// written down with the parameters.
func sinkGiven(r *Run) error {
	command, file := r.Params["handover_command"], r.Params["handover_file"]
	switch r.Params["handover"] {
	case toCommand:
		if command == "" {
			return store.WithHint(errors.New("handover=command needs handover_command"), `set it to a JSON array, such as handover_command=["vault", "kv", "put", "secret/twilio", "token=-"]: the token comes on standard input`)
		}
		if r.line.Mask(command) != command {
			return store.WithHint(errors.New("handover_command holds what looks like a secret, and would be written down with the plan"), "let the command find its own secrets, in its environment or a file")
		}
	case toFile:
		if file == "" {
			return store.WithHint(errors.New("handover=file needs handover_file"), "set it to a path with {account} in it, which stands for the SID: handover_file=/run/secrets/{account}.token")
		}
	}
	return nil
}

// validCommand is the Valid of handover_command.
func validCommand(value string) error {
	if value == "" {
		return nil
	}
	_, err := argvOf(value)
	return err
}

// validFile is the Valid of handover_file.
func validFile(value string) error {
	if value != "" && (!filepath.IsAbs(value) || !strings.Contains(filepath.Base(value), placeholder)) {
		return fmt.Errorf("handover_file cannot be %q: it is a whole path whose last part holds %s, since each account has a token of its own", value, placeholder)
	}
	return nil
}

// handBreaks says what a plan that hands over risks.
func handBreaks(r *Run) []string {
	all := []string{
		"nothing stops working now: the old tokens stay in force until a second plan is agreed to, and so does whoever holds them",
		"until then whoever holds the leaked token can replace or delete the new one; it is tried before it is promoted",
		"any secondary token that exists is deleted first: if one is yours and in use, it stops working now",
	}
	switch r.Params["handover"] {
	case toScreen:
		all = append(all, "each new token is shown on demand only: retake token AC… --new")
	case toCommand:
		all = append(all, fmt.Sprintf("each new token is given to %s on its standard input, for at most %s", r.Params["handover_command"], r.Params["handover_timeout"]))
	default:
		all = append(all, "each new token is written to "+r.Params["handover_file"]+", in plain text for its owner: take it away from there soon")
	}
	return all
}

// planPromotion is the second plan. It is refused while the intruder can still
// do harm, unless that risk is taken on with open eyes.
func planPromotion(r *Run, p *Plan, changes []Change) error {
	open, err := notCalm(r)
	if err != nil {
		return err
	}
	if len(open) > 0 && r.Params["risk"] != riskAccepted {
		return store.WithHint(fmt.Errorf("%w: %s", ErrTooEarly, strings.Join(open, "; ")),
			"finish the steps that are named, or take the risk on with risk=accepted: whoever holds the leaked token is inside until the promotion, and can spend money and replace the new token; if he is at it now, plan with mode=kill-now")
	}
	p.Changes = changes
	p.Breaks = tokenBreaks(changes)
	for _, what := range open {
		p.Breaks = append(p.Breaks, "risk accepted: "+what)
	}
	p.Breaks = append(p.Breaks,
		"until the moment of promotion whoever holds the leaked token can replace the new one: it is tried first, and where it is lost another is created and handed over, and that account is not promoted",
		"where somebody's own token gets promoted all the same, it is rotated away at once, without a hand-over before")
	missing, err := notReady(r, changes)
	p.Breaks = append(p.Breaks, missing...)
	return err
}

const riskAccepted = "accepted"

// notCalm says which of the steps that a graceful promotion rests on are open.
func notCalm(r *Run) (open []string, err error) {
	for _, need := range []struct{ step, means string }{
		{"stop-traffic", "traffic is not known to be stopped"},
		{"geo-and-triggers", "the geographic permissions are not known to be clamped"},
	} {
		s, err := r.Case().Progress(need.step)
		if err != nil {
			return nil, err
		}
		if s.State != store.Proved && s.State != store.Attested {
			open = append(open, fmt.Sprintf("%s (%s is %s)", need.means, need.step, s.State))
		}
	}
	return open, nil
}

// notReady says what still stands out before a promotion breaks nothing.
func notReady(r *Run, changes []Change) (all []string, err error) {
	for _, c := range changes {
		now, err := pendingIn(r.Case(), r.Acts(c.ID))
		if err != nil {
			return nil, err
		}
		if now.handed.N == 0 {
			all = append(all, "nobody has been shown the new token of "+c.Account+": retake token "+c.Account+" --new")
		}
	}
	told, err := tellConsumers(r)
	return append(all, told...), err
}

// waiting is how the step stands while tokens of the accounts are handed over
// and not in force; "" if there are none.
func waiting(r *Run, changes []Change) (string, error) {
	unshown := 0
	for _, c := range changes {
		now, err := pendingIn(r.Case(), r.Acts(c.ID))
		if err != nil || !now.there() {
			return "", err
		}
		unshown += count(now.handed.N == 0)
	}
	if len(changes) == 0 {
		return "", nil
	}
	if unshown > 0 {
		return fmt.Sprintf("the new tokens of %d accounts are sealed and nothing is promoted; %d were not shown yet: retake token AC… --new; then plan again in graceful mode to promote them", len(changes), unshown), nil
	}
	return fmt.Sprintf("the new tokens of %d accounts are handed over and nothing is promoted: promote when every consumer is done (plan again in graceful mode)", len(changes)), nil
}
