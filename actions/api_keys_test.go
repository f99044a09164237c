package actions

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"retake/actions/sim"
	"retake/store"
)

// keysLeft counts the keys on every account, read with a token of the case.
func (b *bench) keysLeft() int {
	b.t.Helper()
	l, _ := b.wire.Line(nil)
	r := &Run{Step: &Step{ID: "test"}, desk: b.desk, line: l}
	ops := l.As(r.Credential(b.opening.AccountSID)).On(context.Background(), unrecorded{})
	accounts, err := ops.ListAccounts()
	if err != nil {
		b.t.Fatal(err)
	}
	left := 0
	for _, a := range accounts {
		keys, err := ops.ListKeys(a.SID)
		if err != nil {
			b.t.Fatal(err)
		}
		left += len(keys)
	}
	return left
}

// Every key of every account is deleted, its policy filed before.
func TestEveryKeyIsDeleted(t *testing.T) {
	b := newBench(t, sim.Options{}).checked()
	r := b.apply("api-keys")
	if r.State != store.Proved || b.keysLeft() != 0 {
		t.Fatalf("%s: %s, %d keys left", r.State, r.Why, b.keysLeft())
	}
	policies := map[string]bool{}
	_ = b.c.Entries(0, func(e store.Entry) bool {
		var x store.ExhibitEntry
		if e.Kind == store.KindExhibit && e.Decode(&x) == nil && strings.HasPrefix(x.URL, "https://iam.twilio.com/v1/Keys/") && x.Method == http.MethodGet {
			policies[x.URL[strings.LastIndexByte(x.URL, '/')+1:]] = true
		}
		return true
	})
	for _, o := range r.Outcomes {
		sk := o.Change[strings.LastIndexByte(o.Change, '/')+1:]
		suspended := !slices.Contains(keysOfMap(b.olds), o.Account)
		if !policies[sk] && !suspended {
			t.Errorf("the policy of %s was not filed", sk)
		}
	}
	b.proveJournal()
	b.verify()
}

func keysOfMap(m map[string]string) []string {
	var all []string
	for k := range m {
		all = append(all, k)
	}
	return all
}

// The intruder makes new keys while his are deleted: the standing order deletes
// those too.
func TestNewKeysAreDeletedToo(t *testing.T) {
	b := newBench(t, sim.Options{Switches: sim.Switches{Race: "keys"}})
	r := b.apply("api-keys")
	if r.State != store.Proved || b.keysLeft() != 0 || len(b.executed("intruder")) == 0 {
		t.Errorf("%s: %s, %d left, intruder %v", r.State, r.Why, b.keysLeft(), b.executed("intruder"))
	}
	b.proveJournal()
}

// A standing order ends at its bound, and says so.
func TestStandingOrderEndsAtItsBound(t *testing.T) {
	b := newBench(t, sim.Options{Switches: sim.Switches{Race: "keys"}})
	r := b.apply("api-keys", "order_count=1")
	if r.State != store.NeedsPerson || !slices.ContainsFunc(r.Findings, func(f Finding) bool { return strings.HasPrefix(f.ID, "bound/") }) {
		t.Errorf("%s: %s, %+v", r.State, r.Why, r.Findings)
	}
}

// A kept key stays, and is said.
func TestKeptKeyStays(t *testing.T) {
	b := newBench(t, sim.Options{})
	p := b.plan("api-keys")
	keep := p.Plan.Changes[0].Object
	r := b.apply("api-keys", "keep="+keep)
	if r.State != store.Proved || b.keysLeft() != 1 || !strings.Contains(r.Why, "keep") {
		t.Errorf("%s: %s, %d left", r.State, r.Why, b.keysLeft())
	}
	if _, err := b.desk.Plan(context.Background(), "api-keys", map[string]string{"keep": "not a key"}); err == nil {
		t.Error("a wrong SID was taken for a key")
	}
}

// The three lists are one set: a key that one list alone shows is deleted where
// it is shown.
func TestListsAreOneSet(t *testing.T) {
	for _, via := range []string{"in keys", "in signing-keys", "in iam", "in keys+signing-keys+iam"} {
		seen := `name "x", updated 2026-01-01T00:00:00Z, ` + via
		if onlyIAM(seen) != (via == "in iam") || onlySigning(seen) != (via == "in signing-keys") {
			t.Errorf("%s: iam %v, signing %v", via, onlyIAM(seen), onlySigning(seen))
		}
	}
}

// A key that somebody changed since the plan is stale; the order, which was
// agreed to as well, deletes it as one of those that appear.
func TestChangedKeyIsStale(t *testing.T) {
	b := newBench(t, sim.Options{})
	p := b.plan("api-keys")
	c := p.Plan.Changes[0]
	r, _ := http.NewRequest(http.MethodPost, "https://api.twilio.com/2010-04-01/Accounts/"+c.Account+"/Keys/"+c.Object+".json", strings.NewReader("FriendlyName=changed"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(b.opening.AccountSID, b.opening.AuthToken)
	resp, err := b.world.RoundTrip(r)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(err, resp)
	}
	b.sit() // another process: the keys are read again
	report, err := b.desk.Apply(context.Background(), "api-keys", Agreed{Digest: p.Plan.Digest}, nil)
	if err != nil {
		t.Fatal(err)
	}
	results := map[store.Result]int{}
	for _, o := range report.Outcomes {
		results[o.Outcome]++
	}
	if results[store.Stale] != 1 || b.keysLeft() != 0 {
		t.Errorf("%v, %d left", results, b.keysLeft())
	}
}

// The two steps under every setting of every switch.
func TestBothStepsUnderEverySwitch(t *testing.T) {
	var all sim.Switches
	for _, choice := range all.Choices() {
		for _, value := range choice.Values {
			t.Run(choice.Flag+"="+value, func(t *testing.T) {
				t.Parallel()
				var s sim.Switches
				for _, c := range s.Choices() {
					if c.Flag == choice.Flag {
						*c.Value = value
					}
				}
				bothSteps(t, s)
			})
		}
	}
}

func bothSteps(t *testing.T, s sim.Switches) {
	if s.MainAccount != "" && s.MainAccount != "open" {
		return // no step can be worked on: see the tests of Reach
	}
	b := newBench(t, sim.Options{Switches: s})
	if s.Hostile != "text" { // which adds members that no description has
		b.checked()
	}
	for _, step := range []string{"auth-tokens", "api-keys"} {
		if r := b.apply(step); r.State != store.Proved {
			t.Fatalf("%s: %s: %s", step, r.State, r.Why)
		}
	}
	b.proveRotated()
	b.proveJournal()
	if s.SuspendedViaParent != "deny" && b.keysLeft() != 0 {
		t.Errorf("%d keys are left", b.keysLeft())
	}
}

// An untouched account has the same two steps: nothing special is needed.
func TestCleanAccount(t *testing.T) {
	b := newBench(t, sim.Options{Scenario: "clean"}).checked()
	for _, step := range []string{"auth-tokens", "api-keys"} {
		if r := b.apply(step); r.State != store.Proved {
			t.Errorf("%s: %s: %s", step, r.State, r.Why)
		}
	}
}

// What can be done is done where one account's list breaks off: the step says
// that it failed and is planned again.
func TestBrokenListStopsThePlan(t *testing.T) {
	var broken atomic.Bool
	b := newBench(t, sim.Options{Faults: func(r *http.Request, _ int) sim.Fault {
		if broken.Load() && strings.HasSuffix(r.URL.Path, "/SigningKeys.json") {
			return sim.GarbageBody
		}
		return sim.NoFault
	}})
	broken.Store(true)
	if _, err := b.desk.Plan(context.Background(), "api-keys", nil); err == nil || store.HintOf(err) == "" {
		t.Errorf("a list that is garbage was taken: %v", err)
	}
	if len(b.world.Acts()) != 0 {
		t.Errorf("%d acts", len(b.world.Acts()))
	}
	broken.Store(false)
	if r := b.apply("api-keys"); r.State != store.Proved {
		t.Error(fmt.Sprint(r.State, r.Why))
	}
}
