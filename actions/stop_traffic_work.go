package actions

import (
	"context"
	"fmt"
	"slices"
	"time"

	"retake/actions/account"
	"retake/store"
)

// betweenLooks is how long the standing order waits before it looks again:
// two reads in the same instant would say no more than one.
const betweenLooks = 5 * time.Second

// Before learns the tokens of the subaccounts, which prove them suspended.
func (liveTraffic) Before(ctx context.Context, r *Run, _ int, _ []Change) error {
	_, err := r.Listed(ctx)
	return err
}

// Make ends one call, conference or message, or sets the status of an account.
func (liveTraffic) Make(ctx context.Context, r *Run, c Change) Outcome {
	if c.Detail != "" {
		return setStatus(ctx, r, c)
	}
	return endFlow(ctx, r, c)
}

// Settle finds out by reading what became of an act.
func (liveTraffic) Settle(ctx context.Context, r *Run, d store.Done) store.Outcome {
	if d.Act.Verb == verbSetStatus {
		return settleStatus(ctx, r, d)
	}
	return endingOf(d.Act).settled(ctx, r, d)
}

// Look reads all traffic once.
func (liveTraffic) Look(ctx context.Context, r *Run, o StandingOrder) ([]Change, error) {
	if _, before := r.Noted("looked"); before {
		if err := r.Sleep(ctx, betweenLooks); err != nil {
			return nil, r.mayBegin(ctx)
		}
	}
	r.Note("looked", "")
	accounts, err := r.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range accounts {
		if a.Status != "closed" && !slices.Contains(o.Scope, a.SID) {
			r.Find(Finding{ID: "new/" + a.SID, Severity: High, Account: a.SID, Text: fmt.Sprintf("%s (%q) appeared after the plan was agreed to: plan again", a.SID, a.Name)})
		}
	}
	accounts = slices.DeleteFunc(accounts, func(a account.Account) bool { return !slices.Contains(o.Scope, a.SID) })
	found, err := findTraffic(ctx, r, accounts)
	r.Note(justRead, "")
	var changes []Change
	for _, f := range found {
		if c := f.change(); !r.triedNow(c.ID) {
			changes = append(changes, c)
		}
	}
	return changes, err
}

// Prove says how the step stands. It is never proved as a whole: whether money
// still flows in, only a person can see.
func (liveTraffic) Prove(ctx context.Context, r *Run, p *Plan) (Verdict, error) {
	accounts, err := r.Accounts(ctx)
	if err != nil {
		return Verdict{}, err
	}
	if why := wrongStatus(r, accounts); why != "" {
		return Verdict{store.NeedsPerson, why}, nil
	}
	if err := missTraffic(r); err != nil {
		return Verdict{}, err
	}
	if !r.Quiet(orderTraffic) {
		if !p.Empty() {
			return Verdict{store.NeedsPerson, "new calls or messages keep coming: whoever makes them still can; rotate the tokens (auth-tokens), delete the keys (api-keys), then plan again"}, nil
		}
		found, err := findTraffic(ctx, r, accounts)
		if err != nil {
			return Verdict{}, err
		}
		if len(found) > 0 {
			return Verdict{store.NeedsPerson, tellCounts(found) + " came while nothing was planned: plan again"}, nil
		}
	}
	rest := r.exceptKept()
	for _, a := range accounts {
		status, blind := r.Noted(blindTraffic + a.SID)
		switch {
		case blind && status == activeStatus && a.Status == activeStatus:
			return Verdict{store.NeedsPerson, "the traffic of " + a.SID + " could not be read whole: look in the Console (Monitor > Logs)"}, nil
		case blind:
			rest += "; not covered: the " + a.Status + " " + a.SID
		}
	}
	return Verdict{store.NeedsPerson, "two reads in a row found no call, no conference and no message that waits" + rest + "; auto-recharge and payment methods are for a person: do the list by hand, then attest"}, nil
}

func (r *Run) exceptKept() string {
	if len(r.Params.List("keep")) > 0 {
		return ", except what you keep"
	}
	return ""
}
