package actions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"retake/actions/account"
	"retake/actions/triage"
	"retake/store"
)

const secondPassStep = "second-pass"

// secondPass is the work of the step after all others: it reads, and compares
// with the end of the first pass. Nothing is changed by it; what it finds is for
// the step that it belongs to. No program closes it, since hardening is a
// person's.
type secondPass struct{}

var secondPassParameters = []Parameter{
	{Name: "mode", Type: Choice, Default: "compare", Choices: []string{"compare", baseline}, Help: "compare: with the end of the first pass; baseline: what is read now is that end"},
	{Name: "reactivated", Type: Text, Valid: validTime("reactivated"), Help: "when Twilio reactivated the account (2026-03-02T10:00:00Z): tokens and steps must be younger. Empty: it was never suspended"},
	{Name: "allow", Type: List, Help: "SIDs and country codes of what is ours, though it came or changed since the first pass"},
}

// baseline is the mode of a reading that the later ones are held against.
const baseline = "baseline"

// Plan changes nothing; the desk then asks Prove, which reads.
func (secondPass) Plan(context.Context, *Run) (*Plan, error) { return &Plan{}, nil }

// Make is never asked: no plan has a change.
func (secondPass) Make(context.Context, *Run, Change) Outcome {
	return Outcome{Outcome: store.Refused, Problem: "the second pass changes nothing"}
}

// Settle is never asked: no act was begun.
func (secondPass) Settle(context.Context, *Run, store.Done) store.Outcome {
	return store.Outcome{Result: store.Unknown, Problem: "the second pass changes nothing"}
}

// Prove reads the account and says what is not as the first pass left it.
func (secondPass) Prove(ctx context.Context, r *Run, _ *Plan) (Verdict, error) {
	if err := r.readInventory(ctx); err != nil {
		return Verdict{}, err
	}
	all, err := inventories(r.Case())
	if err != nil || len(all) == 0 {
		return Verdict{}, err
	}
	now, before := all[len(all)-1], first(all[:len(all)-1])
	if before == nil || now.mode == baseline {
		return Verdict{store.NeedsPerson, fmt.Sprintf("%d records of %d lists are kept as the end of the first pass: run this step again after the reactivation, an hour and a day later, then attest", now.records(), len(now.seen))}, nil
	}
	open, err := r.secondLook(ctx, before, now)
	if err != nil {
		return Verdict{}, err
	}
	since := before.at.UTC().Format("2006-01-02 15:04")
	if open > 0 {
		return Verdict{store.NeedsPerson, fmt.Sprintf("%d matters are open since the first pass ended (%s): see the findings, allow= what is yours, and attest when the rest is done", open, since)}, nil
	}
	return Verdict{store.NeedsPerson, fmt.Sprintf("%d records are as the first pass left them (%s) or explained: when the account is hardened, attest", now.records(), since)}, nil
}

// first is the reading that the later ones are held against: the latest that was
// taken as baseline, otherwise the first of all.
func first(all []*inventory) *inventory {
	for _, v := range slices.Backward(all) {
		if v.mode == baseline {
			return v
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all[0]
}

// secondLook reports what is not as it should be, and counts it.
func (r *Run) secondLook(ctx context.Context, before, now *inventory) (open int, err error) {
	acts, err := r.Case().Acts("")
	if err != nil {
		return 0, err
	}
	since := before.at.Add(r.skewAt(before.n))
	acts = r.datedAll(acts)
	for _, d := range drifts(before, now) {
		if !slices.Contains(r.Params.List("allow"), d.id) && !ourDoing(acts, since, d) {
			r.Find(d.finding())
			open++
		}
	}
	if err := r.missUncompared(before, now); err != nil {
		return open, err
	}
	for _, look := range []func(context.Context, time.Time) (int, error){r.strangeEvents, r.oldTokens, r.oldSteps} {
		n, err := look(ctx, since)
		if err != nil {
			return open, err
		}
		open += n
	}
	return open, nil
}

// missUncompared says which lists one of the two readings does not have whole.
func (r *Run) missUncompared(before, now *inventory) error {
	for _, p := range now.piles() {
		if now.seen[p] && !before.seen[p] {
			if err := r.Miss(p.account, fmt.Sprintf("what changed in the %s of %s", p.source, p.account), "the first pass did not read them whole: look at each, or take a new end of the first pass with mode=baseline"); err != nil {
				return err
			}
		}
	}
	return r.Miss(r.Main(), "users, their devices and sessions since the first pass", "no API of the account shows them: step passwords, and Console > Monitor > Insights > Audit")
}

// strangeEvents reports what the audit logs have since the first pass that gives
// a hold on the account and that no act of ours left.
func (r *Run) strangeEvents(ctx context.Context, since time.Time) (int, error) {
	ours, err := r.ourActs()
	if err != nil {
		return 0, err
	}
	accounts, err := r.Listed(ctx)
	open := 0
	for _, a := range accounts {
		if a.Status != "active" {
			continue // the inventory said so
		}
		n, err := r.strangeEventsOf(ctx, a, since, ours)
		if err != nil {
			return open, err
		}
		open += n
	}
	return open, err
}

func (r *Run) strangeEventsOf(ctx context.Context, a account.Account, since time.Time, ours []triage.Act) (open int, err error) {
	read, err := r.Read(ctx, r.Credential(a.SID)).ListEvents(since, time.Time{})
	if isRefusal(err) {
		return 0, r.Miss(a.SID, "audit events of "+a.SID, account.Explain(err))
	}
	if err != nil {
		return 0, fmt.Errorf("cannot read the audit events of %s: %w", a.SID, err)
	}
	slices.SortStableFunc(read, func(x, y account.Event) int { return x.At.Compare(y.At) })
	events := mapped(read, func(e account.Event) triage.Event {
		return triage.Event{Account: a.SID, SID: e.SID, Type: e.Type, Actor: e.Actor, Source: e.Source, IP: e.IP, Resource: e.Resource, At: e.At}
	})
	for _, e := range triage.Theirs(events, ours) {
		words, severity, grips := triage.Grip(e.Type)
		if !grips || e.At.Before(since) || slices.Contains(r.Params.List("allow"), e.Resource) {
			continue
		}
		open++
		r.Find(Finding{ID: "event/" + e.SID, Severity: Severity(severity.String()), Account: a.SID,
			Text: fmt.Sprintf("since the first pass: %s from %s: %s in %s (%s), by %s, %s", e.Type, orNobody(e.IP), e.Resource, a.SID, words, e.Actor, e.At.UTC().Format("2006-01-02 15:04:05"))})
	}
	return open, r.See(a.SID, string(account.SourceEvents), len(read))
}

// oldTokens reports the accounts whose Auth Token in force is not one that the
// case made after the reactivation.
func (r *Run) oldTokens(ctx context.Context, _ time.Time) (open int, err error) {
	made, err := r.tokensMade()
	if err != nil {
		return 0, err
	}
	accounts, err := r.Listed(ctx)
	for _, a := range accounts {
		if a.Status != "active" {
			continue
		}
		at, ours := made[r.Fingerprint(r.desk.family.token(a.SID))]
		switch {
		case !ours:
			r.Find(Finding{ID: "token/" + a.SID, Severity: Critical, Account: a.SID, Text: fmt.Sprintf("the Auth Token of %s is not one that this case made: run auth-tokens", a.SID)})
		case at.Before(r.Params.Time("reactivated")):
			r.Find(Finding{ID: "token/" + a.SID, Severity: High, Account: a.SID, Text: fmt.Sprintf("the Auth Token of %s is from before the reactivation: run auth-tokens with made_before=%s", a.SID, r.Params["reactivated"])})
		default:
			continue
		}
		open++
	}
	return open, err
}

// tokensMade is when the case made each of its tokens by Twilio's clock, by
// fingerprint.
func (r *Run) tokensMade() (map[string]time.Time, error) {
	all, err := r.Case().Tokens("")
	made := map[string]time.Time{}
	for _, s := range all {
		if s.Role != store.RoleSecondary {
			continue
		}
		e, err := r.Case().Entry(s.N)
		if err != nil {
			return nil, err
		}
		made[s.Fingerprint] = e.At.Add(r.skewAt(e.N))
	}
	return made, err
}

// again are the steps that a second pass goes through once more.
var again = []string{"auth-tokens", "api-keys", "passwords", "two-factor", "geo-and-triggers", "caller-id", "sweep", "sendgrid"}

// oldSteps reports the steps that are not done, or were last looked at before
// the reactivation.
func (r *Run) oldSteps(context.Context, time.Time) (open int, err error) {
	var undone, old []string
	var failed error
	for _, id := range again {
		s, err := r.Case().Progress(id)
		failed = errors.Join(failed, err)
		switch {
		case !Ended(s.State):
			undone = append(undone, id)
		case r.Theirs(s.At).Before(r.Params.Time("reactivated")):
			old = append(old, id)
		}
	}
	if len(undone) > 0 {
		r.Find(Finding{ID: "undone", Severity: Medium, Account: r.Main(), Text: "not done yet: " + strings.Join(undone, ", ")})
	}
	if len(old) > 0 {
		r.Find(Finding{ID: "old", Severity: Medium, Account: r.Main(), Text: "last looked at before the reactivation, so run again: " + strings.Join(old, ", ")})
	}
	return len(undone) + len(old), failed
}
