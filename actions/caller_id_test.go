package actions

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"retake/actions/account"
	"retake/actions/sim"
	"retake/store"
)

// callerIDs are the verified numbers of all accounts, in order, that are older
// than an age.
func (b *bench) callerIDs(older time.Duration) []string {
	b.t.Helper()
	l, _ := account.NewLine(account.Options{Transport: b.world})
	ops := l.As(b.credential()).On(context.Background(), unrecorded{})
	accounts, err := ops.ListAccounts()
	if err != nil {
		b.t.Fatal(err)
	}
	var all []string
	for _, a := range accounts {
		found, err := ops.ListCallerIDs(a.SID)
		if err != nil {
			b.t.Fatal(err)
		}
		for _, c := range found {
			if c.Created.Before(b.world.Now().Add(-older)) {
				all = append(all, c.Number)
			}
		}
	}
	slices.Sort(all)
	return all
}

// Without a word on which are ours nothing is removed, and the one that came
// with the intruder is pointed at.
func TestCallerIDsAreShownFirst(t *testing.T) {
	b := newBench(t, sim.Options{}).checked()
	r := b.apply("caller-id")
	if r.State != store.NeedsPerson || len(b.world.Acts()) != 0 {
		t.Errorf("%s: %s, %d acts", r.State, r.Why, len(b.world.Acts()))
	}
	high := slices.DeleteFunc(slices.Clone(r.Findings), func(f Finding) bool { return f.Severity != High })
	if len(high) != 1 || len(r.Findings) < 2 {
		t.Errorf("%d strange ones: %+v", len(high), r.Findings)
	}
}

// What is not allowed is removed, and what came since the incident began.
func TestStrangeCallerIDsAreRemoved(t *testing.T) {
	for name, set := range map[string]func(b *bench) []string{
		"allow": func(b *bench) []string { return []string{"allow=" + strings.Join(b.callerIDs(24*time.Hour), ",")} },
		"incident_start": func(b *bench) []string {
			return []string{"incident_start=" + b.world.Now().Add(-time.Hour).UTC().Format(time.RFC3339)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, sim.Options{}).checked()
			ours := b.callerIDs(24 * time.Hour)
			r := b.apply("caller-id", set(b)...)
			if len(r.Outcomes) != 1 || r.Outcomes[0].Outcome != store.Made || !slices.Equal(b.callerIDs(0), ours) {
				t.Errorf("%+v, left %v", r.Outcomes, b.callerIDs(0))
			}
			if name == "allow" && r.State != store.Proved {
				t.Errorf("%s: %s", r.State, r.Why)
			}
			b.proveJournal()
			b.verify()
		})
	}
}

// A clean account raises no alarm.
func TestCallerIDsOfACleanAccount(t *testing.T) {
	b := newBench(t, sim.Options{Scenario: "clean"})
	r := b.apply("caller-id")
	for _, f := range r.Findings {
		if f.Severity != Info {
			t.Errorf("%s: %s", f.Severity, f.Text)
		}
	}
}

// A lost reply is settled by reading, and nothing is removed twice.
func TestCallerIDFaults(t *testing.T) {
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			first := true
			b := newBench(t, sim.Options{Faults: func(r *http.Request, _ int) sim.Fault {
				if r.Method == http.MethodDelete && first {
					first = false
					return fault
				}
				return sim.NoFault
			}})
			goOn(b, "caller-id", settings(b, "caller-id")...)
			b.proveJournal()
			if b.executed("client")[verbDeleteCallerID+" "+b.opening.AccountSID] != 1 {
				t.Errorf("%+v", b.world.Acts())
			}
		})
	}
}

func TestCallerIDParameters(t *testing.T) {
	step := CallerID()
	for _, bad := range []map[string]string{{"allow": "555"}, {"allow": "+15005550006,x"}, {"incident_start": "yesterday"}} {
		if _, err := step.Settle(bad); err == nil {
			t.Errorf("%v was taken", bad)
		}
	}
}
