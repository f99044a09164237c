package actions

import (
	"context"
	"fmt"
	"strings"

	"retake/store"
)

// peopleWork is the work of the steps that concern the users: it reads who may
// sign in, who has which role and what the audit events say of it, and holds
// that against the staff list. There is nothing to change by it: its plan is
// always empty, and only people end these steps, one by one.
type peopleWork struct {
	tell func(*people) // what the step makes of what was read
	miss []Unseen      // what no API shows of the step
}

var (
	sinceParameter     = Parameter{Name: "incident_start", Type: Text, Valid: validTime("incident_start"), Help: "when it began (2026-03-01T02:20:00Z); events since then are told. Empty: a day before the case was opened"}
	addressesParameter = Parameter{Name: "addresses", Type: List, Help: "IP addresses from which we sign in (198.51.100.7), with commas; sign-ins from others are told"}
	adminsParameter    = Parameter{Name: "admins", Type: List, Help: "e-mail addresses of those who may have a role over the whole organization, with commas"}
)

// Plan changes nothing; the desk then asks Prove, which reads.
func (peopleWork) Plan(context.Context, *Run) (*Plan, error) { return &Plan{}, nil }

// Make is never asked: no plan has a change.
func (peopleWork) Make(context.Context, *Run, Change) Outcome {
	return Outcome{Outcome: store.Refused, Problem: "this step changes nothing in the account"}
}

// Settle is never asked: no act was begun.
func (peopleWork) Settle(context.Context, *Run, store.Done) store.Outcome {
	return store.Outcome{Result: store.Unknown, Problem: "this step changes nothing in the account"}
}

// Prove reads, and says who is left. No program ends these steps.
func (w peopleWork) Prove(ctx context.Context, r *Run, _ *Plan) (Verdict, error) {
	p, err := readPeople(ctx, r)
	if err != nil {
		return Verdict{}, err
	}
	w.tell(p)
	for _, u := range w.miss {
		if err := r.Miss(r.Main(), u.What, u.Why); err != nil {
			return Verdict{}, err
		}
	}
	why, err := p.why()
	return Verdict{store.NeedsPerson, why}, err
}

// why says how far the lists of the step are, and what stands in the way.
func (p *people) why() (string, error) {
	all, err := p.r.Step.roster(p.r.Case())
	if err != nil {
		return "", err
	}
	done, of := p.r.Step.Progressed(all)
	var said []string
	if len(p.staff) == 0 {
		said = append(said, "no staff list is there: retake roster import FILE")
	}
	if p.strangers > 0 {
		said = append(said, some(p.strangers, "user")+" can sign in without being on the staff list")
	}
	said = append(said, fmt.Sprintf("%d of %d on the lists are done", done, of))
	if done == of && len(p.staff) > 0 {
		return strings.Join(said, "; ") + ": attest the step when you agree", nil
	}
	return strings.Join(said, "; ") + ": mark each, then attest", nil
}
