package actions

import (
	"context"
	"fmt"
	"strings"
	"time"

	"retake/actions/triage"
	"retake/store"
)

// triageWork is the work of the step before all others: it reads, and says what
// it looks like. There is nothing to change, so its plan is always empty; and no
// program closes it, since what is ordinary here only a person knows.
type triageWork struct{}

var triageParameters = []Parameter{
	{Name: "incident_start", Type: Text, Valid: validTime("incident_start"), Help: "when it began (2026-03-01T02:20:00Z); what came since is held against the 30 days before. Empty: the last 24 hours"},
	{Name: "pages", Type: Number, Default: "5", Help: "how many pages of 1,000 records are read of each list of each account; more take longer"},
	{Name: "github_wait", Type: Duration, Default: "90s", Help: "how long to wait in all for GitHub, which answers 10 searches of public code a minute; what was not searched by then is said"},
}

// Plan changes nothing; the desk then asks Prove, which reads.
func (triageWork) Plan(context.Context, *Run) (*Plan, error) { return &Plan{}, nil }

// Make is never asked: no plan has a change.
func (triageWork) Make(context.Context, *Run, Change) Outcome {
	return Outcome{Outcome: store.Refused, Problem: "triage changes nothing"}
}

// Settle is never asked: no act was begun.
func (triageWork) Settle(context.Context, *Run, store.Done) store.Outcome {
	return store.Outcome{Result: store.Unknown, Problem: "triage changes nothing"}
}

// Prove reads the account and gives the verdict.
func (triageWork) Prove(ctx context.Context, r *Run, _ *Plan) (Verdict, error) {
	records, err := readForTriage(ctx, r)
	if err != nil {
		return Verdict{}, err
	}
	if err := r.missForTriage(); err != nil {
		return Verdict{}, err
	}
	found := triage.Look(records)
	v := triage.Judge(records, found)
	r.tellVerdict(v, found)
	return Verdict{store.NeedsPerson, whyVerdict(v)}, nil
}

// tellVerdict reports the reasons first, then what else was found, then what
// comes next.
func (r *Run) tellVerdict(v triage.Verdict, found []triage.Finding) {
	for _, f := range append(v.Reasons, found...) { // what was told is not told again
		r.Find(Finding{ID: f.ID, Severity: Severity(f.Severity.String()), Account: f.Account, Text: f.String(), Exhibits: f.Exhibits})
	}
	r.Find(Finding{ID: "verdict", Severity: Info, Account: r.Main(), Text: fmt.Sprintf("verdict: %s; %s", v.Name, v.Change)})
	for i, n := range v.Next {
		r.Find(Finding{ID: fmt.Sprintf("next/%d", i+1), Severity: Info, Account: r.Main(), Text: n.Step + ": " + n.Why})
	}
}

func whyVerdict(v triage.Verdict) string {
	if v.Name == triage.NothingFound {
		return "nothing found that looks like a takeover in what was read; see what could not be seen, and attest when you agree"
	}
	var reasons []string
	for i, f := range v.Reasons {
		reasons = append(reasons, fmt.Sprintf("(%d) %s", i+1, f.Short()))
	}
	text := fmt.Sprintf("it looks like %s", v.Name)
	if v.Name == triage.Unclear {
		text = "unclear: ask who knows of it"
	}
	if len(reasons) > 0 {
		text += ": " + strings.Join(reasons, "; ")
	}
	if len(v.Next) > 0 {
		text += "; next: " + v.Next[0].Step
	}
	return text + "; attest when you agree"
}

// missForTriage says what no reading of the account shows.
func (r *Run) missForTriage() error {
	for _, u := range []Unseen{
		{"a secondary Auth Token that somebody else planted", "cannot see: no API shows whether there is one. auth-tokens deletes any before it makes its own"},
		{"what GitHub's search leaves out", "history, other branches, most forks, gists, private and deleted repositories, big files and repositories that rest; and every other host. 0 hits prove little: search your own clones with their whole history"},
		{"one-time codes sent by Verify, and how many were entered", "not read by this step: Console > Monitor > Logs > Verify"},
		{"users, their logins beyond the audit events, and apps they let in", "no API shows them: Console > Admin > Users, and Console > Account > Connected apps"},
		{"audit events and alerts older than 30 days", "Twilio keeps them for 30 days, with some editions longer: Console > Monitor > Insights > Audit"},
	} {
		if err := r.Miss(r.Main(), u.What, u.Why); err != nil {
			return err
		}
	}
	return nil
}

// sinceWhen is from when on the account is looked at.
func (r *Run) sinceWhen(now time.Time) (time.Time, error) {
	began, err := time.Parse(time.RFC3339, r.Params["incident_start"])
	switch {
	case err != nil:
		return now.Add(-triage.Window), nil
	case began.After(now):
		return began, fmt.Errorf("incident_start cannot be %s: that is in the future", r.Params["incident_start"])
	}
	return began.UTC(), nil
}
