package actions

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"retake/actions/sim"
	"retake/store"
)

// skews are how far this machine's clock is behind the account's.
var skews = []time.Duration{-2 * time.Hour, -90 * time.Second, 0, 90 * time.Second, 2 * time.Hour}

// Whatever this machine's clock says, each act on a token whose reply or request
// was lost is journaled as the account's log has it.
func TestLostTokenRepliesUnderSkew(t *testing.T) {
	for _, behind := range skews {
		for name, fault := range map[string]sim.Fault{"reply lost": sim.LoseReply, "request lost": sim.LoseRequest} {
			t.Run(fmt.Sprintf("%v/%s", behind, name), func(t *testing.T) {
				t.Parallel()
				var armed, changes atomic.Int64
				b := newSkewedBench(t, sim.Options{Messages: 1, Calls: 1, Faults: func(r *http.Request, _ int) sim.Fault {
					if r.Method != http.MethodGet && armed.Load() == 1 {
						if n := changes.Add(1); n < 12 && n%2 == 1 {
							return fault
						}
					}
					return sim.NoFault
				}}, behind)
				armed.Store(1)
				goOn(b, "auth-tokens")
				b.proveJournal()
				b.proveRotated()
				if notes, err := b.c.Findings(store.ClockStep); err != nil || len(notes) != count(behind != 0) {
					t.Errorf("told of the clock: %+v, %v", notes, err)
				}
				b.verify()
			})
		}
	}
}

// An act that was left open is settled rightly after somebody has set the clock,
// right or wrong, by another process or the same; and how it went is told, once.
func TestClockIsSetMeanwhile(t *testing.T) {
	for _, set := range [][2]time.Duration{{-2 * time.Hour, 0}, {2 * time.Hour, 0}, {0, 2 * time.Hour}} {
		behind, after := set[0], set[1]
		for name, fault := range map[string]sim.Fault{"reply lost": sim.LoseReply, "request lost": sim.LoseRequest, "the same process": sim.LoseReply} {
			t.Run(fmt.Sprintf("%v/%s", behind, name), func(t *testing.T) {
				t.Parallel()
				var blind atomic.Bool
				b := newSkewedBench(t, sim.Options{Messages: 1, Calls: 1, Faults: func(r *http.Request, _ int) sim.Fault {
					switch {
					case !blind.Load():
						return sim.NoFault
					case strings.HasSuffix(r.URL.Path, "/Events"):
						return sim.GarbageBody
					case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/Secondary"):
						return fault
					}
					return sim.NoFault
				}}, behind)
				p := b.plan("auth-tokens", "propagation=30ms", "rounds=1")
				clock := slices.IndexFunc(p.Findings, func(f Finding) bool { return f.ID == clockID })
				if want := map[bool]string{true: "2 h 0 min behind Twilio's", false: "2 h 0 min ahead of Twilio's"}[behind > 0]; behind != 0 && (clock < 0 || !strings.Contains(p.Findings[clock].Text, want)) {
					t.Fatalf("the clock is not told of: %+v", p.Findings)
				}
				blind.Store(true)
				_, _ = b.desk.Apply(context.Background(), "auth-tokens", Agreed{Digest: p.Plan.Digest}, nil) // it breaks off
				if acts, _ := b.c.Acts(""); !slices.ContainsFunc(acts, func(d store.Done) bool { return d.Outcome.Result == store.Unknown }) {
					t.Fatalf("no act was left open: %+v", acts)
				}
				blind.Store(false)
				b.behind.Store(int64(after))
				if name != "the same process" {
					b.sit()
				}
				goOn(b, "auth-tokens")
				b.proveJournal()
				b.proveRotated()
				var told []Severity
				notes, _, err := b.desk.Findings(store.ClockStep)
				for _, n := range notes {
					told = append(told, n.Severity)
				}
				want := []Severity{Low, Info}
				if behind == 0 {
					want = []Severity{Low}
				}
				if err != nil || !slices.Equal(told, want) {
					t.Errorf("told of the clock: %+v, %v", notes, err)
				}
				b.plan("auth-tokens")
				found, earlier, _ := b.desk.Findings("auth-tokens")
				is := func(f Finding) bool { return f.ID == clockID }
				if slices.ContainsFunc(found, is) != (behind == 0) || slices.ContainsFunc(earlier, is) != (behind != 0) {
					t.Errorf("the step tells of the clock: %+v, earlier %+v", found, earlier)
				}
				b.verify()
			})
		}
	}
}

// planted is the SID of a key, which depends on who came first.
var planted = regexp.MustCompile("SK[0-9a-f]{32}")

// What the steps find does not depend on this machine's clock: our own acts are
// known as ours, and what is new as new.
func TestFindingsDoNotDependOnTheClock(t *testing.T) {
	t.Parallel()
	want := map[string][]string{}
	for _, behind := range []time.Duration{0, -100 * time.Hour, 2 * time.Hour} {
		b := newSkewedBench(t, sim.Options{Messages: 1, Calls: 1, Switches: sim.Switches{Race: "keys"}}, behind)
		got := map[string][]string{}
		for _, step := range []string{"api-keys", "geo-and-triggers"} {
			b.apply(step)
		}
		for _, step := range []string{"api-keys", "geo-and-triggers", "triage", "caller-id", "passwords"} {
			r := b.plan(step)
			if told := slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.ID == clockID }); told != (behind != 0) {
				t.Errorf("%s tells of a clock that is %v behind: %v", step, behind, told)
			}
			for _, f := range r.Findings {
				if f.ID != clockID {
					got[step] = append(got[step], planted.ReplaceAllString(fmt.Sprintf("%s %s", f.Severity, f.ID), "SK…"))
				}
			}
			slices.Sort(got[step])
		}
		for _, n := range b.watch().New {
			got[WatchStep] = append(got[WatchStep], planted.ReplaceAllString(n.ID, "SK…"))
		}
		slices.Sort(got[WatchStep])
		if behind == 0 {
			if want = got; len(want["triage"]) == 0 || len(want["caller-id"]) == 0 || len(want[WatchStep]) == 0 {
				t.Fatalf("nothing is found: %v", want)
			}
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("with a clock that is %v behind (-want +got): %s", behind, diff)
		}
	}
}

// A capture reads up to the present of the account, not of this machine.
func TestCaptureReadsUpToTheirPresent(t *testing.T) {
	for _, behind := range []time.Duration{-2 * time.Hour, 2 * time.Hour} {
		b := newSkewedBench(t, sim.Options{Messages: 1, Calls: 1}, behind)
		b.captureAll(CaptureOptions{})
		marks, err := b.c.Captures()
		if err != nil || len(marks) == 0 {
			t.Fatalf("%d marks: %v", len(marks), err)
		}
		for _, m := range marks {
			if off := b.world.Now().Sub(m.To); off.Abs() > time.Minute {
				t.Errorf("%s of %s was read up to %v before the account's present", m.Source, m.Account, off)
			}
		}
	}
}
