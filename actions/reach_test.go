package actions

import (
	"context"
	"strings"
	"testing"

	"retake/actions/sim"
	"retake/store"
)

func (b *bench) reach() Reach {
	b.t.Helper()
	v, err := b.desk.Reach(context.Background())
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

// Each way in which an account can be shut is told for what it is, as far as the
// API tells it, with what to do.
func TestReachTellsWhatStillAnswers(t *testing.T) {
	for how, want := range map[string][2]string{
		"open":    {ReachOpen, ""},
		"rotated": {ReachLockedOut, "rotated first"},
		"401":     {ReachLockedOut, "fraud@twilio.com"},
		"20403":   {ReachSuspended, "within 24 hours"},
		"20005":   {ReachSuspended, "after the reactivation"},
		"10001":   {ReachSuspended, "30002"},
		"90010":   {ReachSuspended, "21478"},
	} {
		t.Run(how, func(t *testing.T) {
			b := newBench(t, sim.Options{Messages: -1, Calls: -1})
			locked(b, how)
			v := b.reach()
			if v.State != want[0] || !strings.Contains(strings.Join(v.Next, "\n"), want[1]) || (len(v.Next) == 0) != (want[0] == ReachOpen) {
				t.Errorf("%s: %s; %q", v.State, v.Why, v.Next)
			}
			for _, d := range v.Doors {
				if d.Words == "" || d.As == "" || d.Status == 0 {
					t.Errorf("%+v says nothing", d)
				}
			}
			if len(b.world.Acts()) > 0 {
				t.Errorf("it changed the account: %+v", b.world.Acts())
			}
			covered, err := b.c.Coverages(ReachStep)
			if err != nil || len(covered) != 1 || covered[0].Seen != (want[0] == ReachOpen) {
				t.Errorf("%v %+v", err, covered)
			}
			b.verify()
		})
	}
}

// locked lets the case sit before an account that is shut in some way.
func locked(b *bench, how string) {
	b.t.Helper()
	w, err := sim.New(sim.Options{Scenario: "leaked-token", Seed: 3, Messages: -1, Calls: -1, Switches: sim.Switches{MainAccount: how}})
	if err != nil {
		b.t.Fatal(err)
	}
	b.world, b.wire.Transport = w, w
	b.sit()
}

// Where subaccounts still open with tokens that the case has, somebody replaced
// the main token: a suspended account takes its subaccounts down.
func TestReachTellsAReplacedTokenByTheSubaccounts(t *testing.T) {
	b := newBench(t, sim.Options{Messages: -1, Calls: -1})
	b.plan("auth-tokens") // burns, and so seals, the tokens that were in force
	locked(b, "rotated")
	v := b.reach()
	if v.State != ReachLockedOut || !strings.Contains(v.Why, "subaccounts still open") {
		t.Errorf("%s: %s", v.State, v.Why)
	}
	if _, err := b.desk.Plan(context.Background(), "triage", nil); err == nil || !strings.Contains(store.HintOf(err), "retake reach") {
		t.Errorf("a step that is locked out does not point to it: %v (%s)", err, store.HintOf(err))
	}
}
