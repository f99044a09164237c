package actions

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
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

var update = flag.Bool("update", false, "write the golden files anew")

// working are the steps of the playbook that act: each is tested the day it is
// listed.
func working() []*Step {
	return slices.DeleteFunc(Playbook(), func(s *Step) bool { return s.Work == nil })
}

// Each step is planned, carried out and proved with every exchange held against
// Twilio's descriptions; the plan and the exchanges are as they were looked at.
func TestEveryStepIsProved(t *testing.T) {
	t.Parallel()
	for _, s := range working() {
		t.Run(s.ID, func(t *testing.T) {
			o := sim.Options{Now: time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC), Scenario: scenarioOf(s.ID)}
			if s.ID == trafficStep { // what is live depends on the second, and there is much of it
				o.Clock, o.Calls, o.Messages = func() time.Duration { return 0 }, 9, 9
			}
			if s.ID == sendgridStep { // it asks for mail up to the second
				o.Clock = func() time.Duration { return 0 }
			}
			b := newBench(t, o).checked()
			set := settings(b, s.ID)
			p := b.plan(s.ID, set...)
			if len(b.world.Acts()) != 0 {
				t.Fatalf("planning changed the account: %+v", b.world.Acts())
			}
			r := b.apply(s.ID, set...)
			if !Ended(r.State) && !b.closed(r) {
				t.Fatalf("%s: %s", r.State, r.Why)
			}
			got := describe(b, p.Plan)
			if p.Plan.Empty() { // what was found depends on the second
				got, _, _ = strings.Cut(got, "\nentries:")
			}
			golden(t, s.ID, got)
			b.proveJournal()
			b.verify()
		})
	}
}

// closed closes by a person's word a step that only reads, or that a person has
// to end, as its verdict asks.
func (b *bench) closed(r *Report) bool {
	b.t.Helper()
	if !r.Plan.Empty() && r.Step != trafficStep && r.Step != "sweep" && r.Step != sendgridStep || r.State != store.NeedsPerson || !strings.Contains(r.Why, "attest") {
		return false
	}
	b.goThrough(r.Step)
	if err := b.desk.Attest(r.Step, store.Attestation{Note: "looked at"}); err != nil {
		b.t.Fatal(err)
	}
	s, err := b.c.Progress(r.Step)
	return err == nil && s.State == store.Attested
}

// scenarioOf is the scenario in which a step has something to do.
func scenarioOf(step string) string {
	if step == sendgridStep {
		return "sendgrid"
	}
	return ""
}

// goThrough marks every check of everybody and everything on a step's list; on
// an empty one somebody is put first.
func (b *bench) goThrough(id string) {
	b.t.Helper()
	s, err := b.desk.Step(id)
	if err != nil || s.Each == nil {
		return
	}
	all, err := b.desk.Roster(id)
	if err == nil && !s.Each.Optional && !slices.ContainsFunc(all, func(l Listed) bool { return l.Kind == s.Each.Kind }) {
		err = b.desk.AddSubjects(store.Subject{Kind: s.Each.Kind, Name: "the only one"})
	}
	if err != nil {
		b.t.Fatal(err)
	}
	b.marked(id)
}

// settings are the parameters without which a step finds nothing to do on the
// simulated account.
func settings(b *bench, step string) []string {
	if step == "geo-and-triggers" { // NG is set by hand only: see the tests of that step
		return []string{"allow=NG", "callback_url=https://alerts.harbour-parcel.example.com/usage"}
	}
	if step == trafficStep {
		return []string{"suspend=" + b.subaccount()}
	}
	if step == sendgridStep {
		return mailSettings
	}
	if step == "sweep" { // a kind of change each
		return []string{"mode=contain", "accounts=" + b.opening.AccountSID, "places=numbers,event-sinks,studio-flows,functions-services,sip-credentials,channel-senders"}
	}
	if step != "caller-id" {
		return nil
	}
	return []string{"allow=" + strings.Join(b.callerIDs(24*time.Hour), ",")}
}

// describe is a plan, the exchanges by how often they were made, and what was
// filed: everything that does not change from run to run.
func describe(b *bench, p *Plan) string {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		b.t.Fatal(err)
	}
	plan := regexp.MustCompile(`"(digest|seen)": "[0-9a-f]{32,64}"`).ReplaceAllString(string(text), `"$1": "…"`)
	plan = regexp.MustCompile(`"exhibits": \[[0-9,\s]+\]`).ReplaceAllString(plan, `"exhibits": […]`)
	kinds, exchanges := map[string]int{}, map[string]int{}
	_ = b.c.Entries(0, func(e store.Entry) bool {
		kinds[string(e.Kind)]++
		var x store.ExhibitEntry
		if e.Kind == store.KindExhibit && e.Decode(&x) == nil {
			url := secrets.ReplaceAllString(cursors.ReplaceAllString(sids.ReplaceAllString(x.URL, "$1…"), "$1…"), "[secret …]")
			exchanges[x.Method+" "+moments.ReplaceAllString(url, "$1…")+" "+http.StatusText(x.Status)]++
		}
		return true
	})
	return plan + "\n\nexchanges:\n" + tally(exchanges) + "\nentries:\n" + tally(kinds)
}

var (
	sids    = regexp.MustCompile(`\b([A-Z]{2})[0-9a-f]{32}\b`)
	secrets = regexp.MustCompile(`\[secret [0-9a-f]{32}\]`)
	cursors = regexp.MustCompile(`(PageToken=)[^&]+`)
	moments = regexp.MustCompile(`(T\d\d%3A\d\d)%3A\d\dZ`) // the simulated clock goes on while a step works
)

func tally(counts map[string]int) string {
	var lines []string
	for what, n := range counts {
		lines = append(lines, fmt.Sprintf("%s x %d\n", what, n))
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Error(d)
	}
}

// Each step is stopped after each of its changing requests, as by a responder
// who leaves, and gone on with by a new process: nothing is done twice.
func TestEveryStepGoesOnAfterAStop(t *testing.T) {
	for turn, s := range working() {
		if reads(s.Work) {
			continue // it has no changing request to be stopped after
		}
		for _, n := range places(t, 12, turn) {
			t.Run(fmt.Sprintf("%s/%d", s.ID, n), func(t *testing.T) {
				t.Parallel()
				stopAfter(t, s.ID, n)
			})
		}
	}
}

// reads tells whether a work changes nothing.
func reads(w Work) bool {
	switch w.(type) {
	case triageWork, peopleWork, helpWork:
		return true
	}
	return false
}

func stopAfter(t *testing.T, step string, n int64) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var changes atomic.Int64
	o := sim.Options{Scenario: scenarioOf(step), Messages: 40, Calls: 40, Faults: func(r *http.Request, _ int) sim.Fault {
		if r.Method != http.MethodGet && changes.Add(1) == n {
			cancel()
		}
		return sim.NoFault
	}}
	if step == trafficStep {
		o.Calls, o.Messages = 7, 7
	}
	b := newBench(t, o)
	p := b.plan(step, settings(b, step)...)
	if p.Plan.Empty() {
		return // it only reads
	}
	r, err := b.desk.Apply(ctx, step, Agreed{Digest: p.Plan.Digest}, nil)
	if !errors.Is(err, ErrHalted) && (err != nil || !Ended(r.State) && !b.closed(r)) {
		t.Fatalf("%v, %+v", err, r)
	}
	b.sit()
	goOn(b, step, settings(b, step)...)
	b.proveJournal()
	for what, count := range b.executed("client") {
		if strings.HasPrefix(what, verbPromote) && count != 1 {
			t.Errorf("%s: %d times", what, count)
		}
	}
	b.verify()
}

// The journal cannot be written: nothing is sent that is not in it.
func TestNothingIsSentThatIsNotJournaled(t *testing.T) {
	t.Parallel()
	for _, s := range working() {
		t.Run(s.ID, func(t *testing.T) {
			b := newBench(t, sim.Options{Scenario: scenarioOf(s.ID)})
			p := b.plan(s.ID, settings(b, s.ID)...)
			if err := b.c.Close(); err != nil { // from here on every write fails
				t.Fatal(err)
			}
			if _, err := b.desk.Apply(context.Background(), s.ID, Agreed{Digest: p.Plan.Digest}, nil); err == nil {
				t.Error("it went on without a journal")
			}
			if len(b.world.Acts()) != 0 {
				t.Errorf("%+v", b.world.Acts())
			}
		})
	}
}

// A digest that is not the latest plan's is not agreed to.
func TestOnlyTheLatestPlanCanBeAgreedTo(t *testing.T) {
	b := newBench(t, sim.Options{})
	b.plan("auth-tokens")
	if _, err := b.desk.Apply(context.Background(), "auth-tokens", Agreed{Digest: strings.Repeat("0", 64)}, nil); err == nil || store.HintOf(err) == "" {
		t.Errorf("%v", err)
	}
	if _, err := b.desk.Continue(context.Background(), "auth-tokens", nil); !errors.Is(err, ErrNothingOpen) {
		t.Errorf("%v", err)
	}
}

// The same state of the account makes the same digest.
func TestDigestIsThatOfTheState(t *testing.T) {
	b := newBench(t, sim.Options{})
	one, two := b.plan("api-keys"), b.plan("api-keys")
	if one.Plan.Digest != two.Plan.Digest {
		t.Error("two plans of the same state have different digests")
	}
	if other := b.plan("api-keys", "order_count=7"); other.Plan.Digest == one.Plan.Digest {
		t.Error("another parameter has the same digest")
	}
}

// The tally counts every change once and tells the end.
func TestTally(t *testing.T) {
	b := newBench(t, sim.Options{})
	p := b.plan("auth-tokens")
	var last Tally
	if _, err := b.desk.Apply(context.Background(), "auth-tokens", Agreed{Digest: p.Plan.Digest}, func(t Tally) { last = t }); err != nil {
		t.Fatal(err)
	}
	if !last.Ended || last.Done != len(p.Plan.Changes) || last.Left != 0 || last.Failed != 0 || len(last.Accounts) != len(b.olds) {
		t.Errorf("%+v", last)
	}
}

// A step that a person does cannot be planned, and says what to do instead.
func TestManualStep(t *testing.T) {
	b := newBench(t, sim.Options{})
	b.steps = []*Step{{ID: "faxes", Title: "Shred the faxes"}}
	b.sit()
	if _, err := b.desk.Plan(context.Background(), "faxes", nil); !errors.Is(err, ErrNoWork) || store.HintOf(err) == "" {
		t.Errorf("%v", err)
	}
	if err := b.desk.Attest("faxes", store.Attestation{Note: "all five changed"}); err != nil {
		t.Fatal(err)
	}
	if err := b.desk.Attest("faxes", store.Attestation{}); err == nil {
		t.Error("an attestation without a note was taken")
	}
	s, err := b.c.Progress("faxes")
	if err != nil || s.State != store.Attested {
		t.Errorf("%+v %v", s, err)
	}
}
