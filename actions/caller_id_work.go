package actions

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"retake/actions/account"
	"retake/store"
)

const verbDeleteCallerID = "delete-caller-id"

// callerIDs is the work of step 9. One change is the removal of one verified
// caller ID. Which are strange only a person knows: those that are not allowed,
// or that came or changed since the incident began.
type callerIDs struct{}

var callerIDParameters = []Parameter{
	{Name: "allow", Type: List, Valid: validNumbers, Help: "numbers that are ours (+15005550006), with commas; where given, every other one is removed"},
	{Name: "incident_start", Type: Text, Valid: validTime("incident_start"), Help: "when it began (2026-03-01T02:20:00Z); caller IDs that came or changed since are removed unless allowed"},
}

var numberShape = regexp.MustCompile(`^\+[1-9][0-9]{5,14}$`)

func validNumbers(value string) error {
	for word := range strings.SplitSeq(value, ",") {
		if word = strings.TrimSpace(word); word != "" && !numberShape.MatchString(word) {
			return fmt.Errorf("allow cannot be %q: write numbers as +15005550006, with commas between", word)
		}
	}
	return nil
}

// callerID is a verified caller ID with its account.
type callerID struct {
	account.CallerID
	account, name string
}

func (c callerID) state() string {
	return fmt.Sprintf("%s, name %q, updated %s", c.Number, c.Name, c.Updated.UTC().Format(time.RFC3339))
}

func (callerIDs) Plan(ctx context.Context, r *Run) (*Plan, error) {
	all, err := findCallerIDs(ctx, r)
	if err != nil {
		return nil, err
	}
	p := &Plan{}
	for _, c := range all {
		r.Note(seenKey(c.SID), c.state())
		if strange(r, c) {
			p.Changes = append(p.Changes, Change{
				ID: "delete/" + c.account + "/" + c.SID, Account: c.account, Name: c.name, Verb: "delete",
				Target: fmt.Sprintf("caller ID %s %q", c.Number, c.Name), Object: c.SID, Seen: c.state(),
			})
		}
	}
	r.Note(justRead, "")
	if len(p.Changes) > 0 {
		p.Breaks = []string{"a removed caller ID comes back only when the owner of that phone answers a call and types a code"}
	}
	return p, r.missOwnersPhone()
}

// strange tells whether a caller ID is to be removed.
func strange(r *Run, c callerID) bool {
	allow := r.Params.List("allow")
	if slices.Contains(allow, c.Number) {
		return false
	}
	start, err := time.Parse(time.RFC3339, r.Params["incident_start"])
	since := err == nil && (!c.Created.Before(start) || !c.Updated.Before(start))
	return len(allow) > 0 || since
}

// recent is how long before the case was opened a caller ID counts as new.
const recent = 72 * time.Hour

// findCallerIDs lists the verified caller IDs of all accounts, and says which
// came shortly before the case was opened.
func findCallerIDs(ctx context.Context, r *Run) ([]callerID, error) {
	lists, err := everywhere(ctx, r, func(a account.Account) ([]callerID, error) { return callerIDsOf(ctx, r, a) })
	if err != nil {
		return nil, err
	}
	all := slices.Concat(lists...)
	for _, c := range all {
		r.tellCallerID(c)
	}
	return all, nil
}

// callerIDsOf lists those of one account. A refusal is said and does not stop the
// others.
func callerIDsOf(ctx context.Context, r *Run, a account.Account) ([]callerID, error) {
	found, err := r.Read(ctx, r.Credential(r.Main())).ListCallerIDs(a.SID)
	if isRefusal(err) {
		return nil, r.Miss(a.SID, "verified caller IDs of "+a.SID, account.Explain(err))
	}
	if err != nil {
		return nil, fmt.Errorf("cannot list the caller IDs of %s: %w", a.SID, err)
	}
	return mapped(found, func(c account.CallerID) callerID { return callerID{c, a.SID, a.Name} }), nil
}

// tellCallerID reports a caller ID that nobody has said to be ours.
func (r *Run) tellCallerID(c callerID) {
	if slices.Contains(r.Params.List("allow"), c.Number) {
		return
	}
	f := Finding{ID: "caller-id/" + c.SID, Severity: Info, Account: c.account, Text: fmt.Sprintf("%s %q is a verified caller ID of %s since %s: is it yours?", c.Number, c.Name, c.account, c.Created.UTC().Format("2006-01-02 15:04"))}
	opened := r.opened()
	if c.Created.After(opened.Add(-recent)) || c.Updated.After(opened.Add(-recent)) {
		f.Severity = High
		f.Text = fmt.Sprintf("%s %q came to the verified caller IDs of %s or changed on %s, shortly before the case was opened", c.Number, c.Name, c.account, c.Updated.UTC().Format("2006-01-02 15:04"))
	}
	r.Find(f)
}

// missOwnersPhone says what no API shows of this step.
func (r *Run) missOwnersPhone() error {
	return r.Miss(r.Main(), "the phone of the sign-up, on which two-factor codes arrive", "no API shows it: Console > profile icon > User Settings > Two-factor authentication")
}

// Before reads the caller IDs again if the plan lay for a while.
func (callerIDs) Before(ctx context.Context, r *Run, _ int, _ []Change) error {
	if _, fresh := r.Noted(justRead); fresh {
		return nil
	}
	all, err := findCallerIDs(ctx, r)
	for _, c := range all {
		r.Note(seenKey(c.SID), c.state())
	}
	return err
}

// Make removes one caller ID and proves it gone.
func (callerIDs) Make(ctx context.Context, r *Run, c Change) Outcome {
	return r.remove(ctx, c, callerIDRemoval(r, c.Account, c.Object))
}

// Settle finds out by reading whether a caller ID was removed.
func (callerIDs) Settle(ctx context.Context, r *Run, d store.Done) store.Outcome {
	return callerIDRemoval(r, d.Act.Account, d.Act.Target).settled(ctx, r, d)
}

func callerIDRemoval(r *Run, sid, pn string) removal {
	return removal{
		verb: verbDeleteCallerID, as: r.Credential(r.Main()),
		remove: func(o *account.Operations) error { return o.DeleteCallerID(sid, pn) },
		read:   func(o *account.Operations) error { _, err := o.FetchCallerID(sid, pn); return err },
	}
}

// Prove reads the caller IDs again. Without a word on which are ours nothing is
// proved: a person looks at them.
func (callerIDs) Prove(ctx context.Context, r *Run, _ *Plan) (Verdict, error) {
	r.listed = nil
	all, err := findCallerIDs(ctx, r)
	if err != nil {
		return Verdict{}, err
	}
	if i := slices.IndexFunc(all, func(c callerID) bool { return strange(r, c) }); i >= 0 {
		return Verdict{store.NeedsPerson, fmt.Sprintf("%s is among the verified caller IDs again: plan again", all[i].Number)}, nil
	}
	if len(all) > 0 && len(r.Params.List("allow")) == 0 {
		return Verdict{store.NeedsPerson, fmt.Sprintf("%d verified caller IDs are there: look at each, then plan with allow= those that are yours, or attest", len(all))}, nil
	}
	return Verdict{store.Proved, fmt.Sprintf("the %d verified caller IDs of all accounts are ours; not covered: the phone of the sign-up", len(all))}, nil
}
