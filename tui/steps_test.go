package tui

import (
	"context"
	"fmt"

	"retake/actions"
	"retake/actions/account"
	"retake/store"
)

// scripted is the work of a test's own step: its plan and outcomes are given,
// its acts are journaled as those of any other step.
type scripted struct {
	plan     actions.Plan
	outcomes map[string]actions.Outcome
	findings []actions.Finding
	unseen   []store.Coverage
	verdict  actions.Verdict
	fail     error // of Plan
	panics   bool
	before   func(ctx context.Context) // of each change
}

func (s *scripted) Plan(_ context.Context, r *actions.Run) (*actions.Plan, error) {
	if s.panics {
		panic("a secret: hunter2")
	}
	if s.fail != nil {
		return nil, s.fail
	}
	for _, f := range s.findings {
		r.Find(f)
	}
	for _, u := range s.unseen {
		if err := r.Miss(u.Account, u.Source, u.Why); err != nil {
			return nil, err
		}
	}
	p := s.plan
	return &p, nil
}

func (s *scripted) Make(ctx context.Context, r *actions.Run, c actions.Change) actions.Outcome {
	if s.before != nil {
		s.before(ctx)
	}
	o := s.outcomes[c.ID]
	if o.Outcome == "" {
		o = actions.Outcome{Outcome: store.Made, Proof: "it answers 404"}
	}
	if o.Outcome == store.Stale {
		return o
	}
	act := store.Act{Change: c.ID, Account: c.Account, Verb: c.Verb, Target: c.Target}
	_, err := r.Do(ctx, act, r.Credential(r.Main()), func(*account.Operations) (actions.Reply, error) {
		return actions.Reply{Proof: o.Proof, Waiting: o.Outcome == store.Waiting}, failure(o)
	})
	if err != nil && o.Outcome == store.Made {
		return actions.Outcome{}
	}
	return o
}

func failure(o actions.Outcome) error {
	if o.Problem == "" || o.Outcome == store.Waiting {
		return nil
	}
	return fmt.Errorf("%s", o.Problem)
}

func (s *scripted) Settle(context.Context, *actions.Run, store.Done) store.Outcome {
	return store.Outcome{Result: store.Unknown, Problem: "cannot tell"}
}

func (s *scripted) Prove(context.Context, *actions.Run, *actions.Plan) (actions.Verdict, error) {
	return s.verdict, nil
}

const (
	mainSID = "ACb84a0f7865c8d9b5693b08a04a51c9dc" // of the training account with seed 1
	subSID  = "ACfc11b4978dd1057bd52a11fb91764dc2"
)

// threeKeys is a plan over two accounts with a standing order.
func threeKeys() *scripted {
	change := func(n, sid, name string) actions.Change {
		return actions.Change{ID: "delete/" + n, Account: sid, Name: name, Verb: "delete", Target: fmt.Sprintf("API key SK%032s %q", n, "deploy-"+n), Stage: 1, Seen: "x"}
	}
	return &scripted{
		plan: actions.Plan{
			Changes: []actions.Change{change("1", mainSID, "Harbour Parcel"), change("2", mainSID, "Harbour Parcel"), change("3", subSID, "Driver hotline")},
			Orders:  []actions.StandingOrder{},
			Breaks:  []string{"every program that signs in with one of these keys gets 401 at once", "Access Tokens that were signed with them end"},
		},
		findings: []actions.Finding{
			{ID: "low", Severity: actions.Low, Account: mainSID, Text: "a key was never used"},
			{ID: "new", Severity: actions.Critical, Account: subSID, Text: "a key was made ten minutes ago by nobody that you know", Exhibits: []int64{4, 7}},
		},
		unseen:  []store.Coverage{{Account: mainSID, Source: "OAuth applications", Why: "they are not API keys and outlive them: Console > Settings > Account settings > OAuth applications"}},
		verdict: actions.Verdict{State: store.Proved, Why: "two reads in a row found no API key on any account"},
	}
}

// ownHosts is a plan that contacts two hosts.
func ownHosts() *scripted {
	w := threeKeys()
	for i, host := range []string{"shop.example.com", "www.example.com"} {
		w.plan.Changes[i] = actions.Change{ID: "probe/" + host, Account: mainSID, Verb: "probe", Target: host + ": look at it from outside", Reversible: true, Seen: "not looked at yet", Host: host}
	}
	w.plan.Changes, w.plan.Breaks = w.plan.Changes[:2], []string{"nothing: each host gets requests as from any visitor"}
	return w
}

// keysStep is a step that acts, with all that a step can have.
func keysStep(w actions.Work) *actions.Step {
	return &actions.Step{
		ID: "api-keys", Number: "3", Title: "Delete all API keys", Urgency: 2, Work: w,
		Because: "a new Auth Token does not stop an API key: the intruder's keys go on working until they are deleted",
		Why:     "API keys are credentials of their own and outlive every token. While an account is\nsuspended no new ones can be made: applications that use keys stop.",
		Console: []string{"list the keys of every account", "delete all but those that you keep, prove each gone (404)"},
		Hands: []actions.Place{
			{Do: "delete OAuth applications", Where: "Console: Settings > Account settings > OAuth applications", Link: "https://console.twilio.com/us1/account/manage-account/oauth-applications-of-this-account"},
			{Do: "give your own applications new keys", Where: "Console: Account > API keys & tokens"},
		},
		Checks: []actions.Check{{ID: "oauth", Text: "OAuth applications are deleted or known to be ours"}, {ID: "reissued", Text: "Our own applications have new, restricted keys"}},
		Parameters: []actions.Parameter{
			{Name: "mode", Type: actions.Choice, Default: "all", Choices: []string{"all", "unknown"}, Help: "which keys"},
			{Name: "keep", Type: actions.List, Help: "SIDs of keys that stay"},
			{Name: "minutes", Type: actions.Number, Default: "15", Help: "bound of the standing order"},
		},
	}
}

// handStep is a step that a person does.
func handStep() *actions.Step {
	return &actions.Step{
		ID: "passwords", Number: "1", Title: "Change the passwords of all users", Urgency: 1,
		Because: "whoever has a password is back in a minute",
		Why:     "Every user of the Console gets a new password, the owner first.",
		Hands:   []actions.Place{{Do: "sign out everybody, set new passwords", Where: "Console: Admin > Users", Link: "https://console.twilio.com/admin/users"}},
		Checks:  []actions.Check{{ID: "owner", Text: "The owner has a new password"}, {ID: "all", Text: "All users have new passwords"}},
	}
}

// steps are the seventeen of a playbook; the one that acts does w.
func steps(w actions.Work) []*actions.Step {
	all := []*actions.Step{
		{ID: "triage", Number: "before 1", Title: "Is it compromised, and what is burning now?", Urgency: 3},
		{ID: "stop-traffic", Number: "before 1", Title: "Stop the traffic and the money", Urgency: 4},
		handStep(),
		{ID: "auth-tokens", Number: "2", Title: "Reset the Auth Token, and every subaccount's", Urgency: 5},
		keysStep(w),
	}
	for n, title := range []string{"Two-factor for all", "Applications and integrations", "Clean computers", "Countries and triggers", "E-mail addresses", "Caller ID", "Website", "Exposure", "Outside help"} {
		all = append(all, &actions.Step{ID: fmt.Sprintf("step-%d", n+4), Number: fmt.Sprint(n + 4), Title: title, Urgency: 10 + n})
	}
	all[5].Each = &actions.Roster{Kind: actions.Person, Checks: []actions.Check{{ID: "device", Text: "The number or app for 2FA is in this person's hands"}, {ID: "code", Text: "A new recovery code was made"}}}
	all[5].Checks = []actions.Check{{ID: "devices", Text: "Each device was looked at"}}
	for n, title := range []string{"Sweep: where an intruder stays", "The SendGrid side", "Second pass: promote again, re-read, harden"} {
		all = append(all, &actions.Step{ID: fmt.Sprintf("after-%d", n), Number: "after 12", Title: title, Urgency: 30 + n})
	}
	return all
}
