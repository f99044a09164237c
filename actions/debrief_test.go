package actions

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"retake/actions/sim"
	"retake/store"
)

var trainingNight = time.Date(2026, 3, 4, 3, 0, 0, 0, time.UTC)

// drill is a training whose clock the test moves; while it ticks, every look at
// it takes a second.
type drill struct {
	t      *testing.T
	o      TrainingOptions
	train  *Training
	desk   *Desk
	passed atomic.Int64
	ticks  atomic.Bool
}

func newDrill(t *testing.T, scenario string, s sim.Switches) *drill {
	t.Helper()
	x := &drill{t: t}
	x.o = TrainingOptions{Path: filepath.Join(t.TempDir(), "training"), Scenario: scenario, Seed: 3, Responder: "Robin", Switches: s, Now: trainingNight, Clock: x.clock}
	x.open()
	t.Cleanup(func() { _ = x.train.Case.Close() })
	return x
}

func (x *drill) clock() time.Duration {
	if x.ticks.Load() {
		x.passed.Add(int64(time.Second))
	}
	return time.Duration(x.passed.Load())
}

func (x *drill) open() {
	x.t.Helper()
	train, err := OpenTraining(context.Background(), x.o)
	if err != nil {
		x.t.Fatal(err)
	}
	l, err := train.Wire.Line(train.Case)
	if err != nil {
		x.t.Fatal(err)
	}
	desk, err := Open(Options{Case: train.Case, Line: l, Credential: train.Credential, Extras: Given{EnvSendGrid: train.Extras[EnvSendGrid]}, Sleep: quick, Command: "test", Version: "test"})
	if err != nil {
		x.t.Fatal(err)
	}
	x.train, x.desk = train, desk
}

// apply plans a step and carries it out, while the clock ticks.
func (x *drill) apply(id string, set ...string) {
	x.t.Helper()
	x.ticks.Store(true)
	defer x.ticks.Store(false)
	p, err := x.desk.Plan(context.Background(), id, params(set))
	if err != nil {
		x.t.Fatal(err)
	}
	if _, err := x.desk.Apply(context.Background(), id, Agreed{Digest: p.Plan.Digest, How: "test"}, nil); err != nil {
		x.t.Fatal(err)
	}
}

func (x *drill) debrief() Debrief {
	x.t.Helper()
	d, err := x.train.Debrief()
	if err != nil {
		x.t.Fatal(err)
	}
	return d
}

// lastAct is when the account's own log says that something was done last.
func (x *drill) lastAct(account string, is func(sim.Act) bool) (at time.Time) {
	for _, a := range x.train.world.Acts() {
		if a.Actor == "client" && a.Account == account && is(a) {
			at = a.Time
		}
	}
	return at
}

func takesAccess(a sim.Act) bool {
	return a.Method == "DELETE" || strings.HasSuffix(a.Path, "/Promote")
}

func deletesKey(a sim.Act) bool { return a.Method == "DELETE" && strings.Contains(a.Path, "Keys/") }

// naming are the footholds whose text holds the words.
func (d Debrief) naming(words string) (out []Foothold) {
	for _, f := range d.Footholds {
		if strings.Contains(f.What, words) {
			out = append(out, f)
		}
	}
	return out
}

// What the debrief says of a training in which tokens and keys were changed is
// what the account's own log says.
func TestDebriefOfAWalk(t *testing.T) {
	x := newDrill(t, "leaked-token", sim.Switches{})
	x.passed.Store(int64(8 * time.Minute))
	x.apply("auth-tokens")
	x.passed.Add(int64(3 * time.Minute))
	x.apply("api-keys")
	x.passed.Add(int64(6 * time.Hour))
	d := x.debrief()

	acts := slices.DeleteFunc(x.train.world.Acts(), func(a sim.Act) bool { return a.Status >= 300 })
	if d.Acts != len(acts) || d.Acts < 10 {
		t.Errorf("%d acts, the account's log has %d", d.Acts, len(acts))
	}
	var last time.Time
	for _, s := range d.Streams {
		end := x.lastAct(s.Account, takesAccess) // a key that is left opens the door: the last one counts
		if s.At.After(end) || s.At.Before(trainingNight.Add(11*time.Minute)) || !slices.ContainsFunc(acts, func(a sim.Act) bool { return a.Account == s.Account && a.Time.Equal(s.At) && deletesKey(a) }) {
			t.Errorf("%s of %s stopped at %s, the last act there was at %s", s.Kind, s.Name, s.At, end)
		}
		if s.At.After(last) {
			last = s.At
		}
	}
	if len(d.Streams) != 4 || d.Stopped != last {
		t.Errorf("%d streams; stopped at %s, the last of them at %s", len(d.Streams), d.Stopped, last)
	}
	if w := x.train.world; d.Before != Money(w.LostBy(trainingNight)) || d.Before+d.While != Money(w.LostBy(last)) || d.Before+d.While+d.After != d.Meter.Lost || d.Before <= 0 || d.While <= 0 || d.After <= 0 {
		t.Errorf("%s before, %s meanwhile, %s after, %s in all", d.Before, d.While, d.After, d.Meter.Lost)
	}
	if d.Meter.Running || d.Meter.PerMinute != 0 || d.Meter.ToCome != 0 || d.Now != trainingNight.Add(d.Meter.Elapsed) {
		t.Errorf("the meter says %+v", d.Meter)
	}
	for _, words := range []string{"the Auth Tokens that", "a secondary Auth Token of \"Harbour Parcel\"", "the API key"} {
		for _, f := range d.naming(words) {
			found := f.Found.After(trainingNight) && f.Found.Before(f.Gone)
			if f.Fate != Removed || !found || !slices.ContainsFunc(acts, func(a sim.Act) bool { return a.Time.Equal(f.Gone) && takesAccess(a) }) {
				t.Errorf("%s: %s, found %s, gone %s", f.What, f.Fate, f.Found, f.Gone)
			}
		}
	}
	if n := len(d.naming("the API key")); n != 2 {
		t.Errorf("%d planted keys", n)
	}
	deleted := 0
	for _, a := range acts {
		if deletesKey(a) {
			deleted++
		}
	}
	if len(d.KeysLost) != deleted-2 {
		t.Errorf("%d keys deleted, %d of them the company's", deleted, len(d.KeysLost))
	}
	for _, f := range d.Missed() {
		if f.Step == "auth-tokens" || f.Step == "api-keys" || f.How == "" {
			t.Errorf("missed: %+v", f)
		}
	}
	if len(d.Missed()) == 0 || len(d.Open) != d.Steps-2 {
		t.Errorf("%d missed, %d of %d steps open", len(d.Missed()), len(d.Open), d.Steps)
	}
}

// Where every step that can was taken, and a person has seen to the rest, nothing
// is missed.
func TestDebriefOfAllThatCanBeDone(t *testing.T) {
	t.Parallel()
	x := newDrill(t, "leaked-token", sim.Switches{Race: "all"})
	for _, id := range []string{"auth-tokens", "api-keys", "geo-and-triggers"} {
		x.passed.Add(int64(time.Minute))
		x.apply(id)
	}
	x.apply("caller-id", "incident_start="+x.debrief().BreakIn.Format(time.RFC3339))
	x.apply("sweep", "mode=contain", "accounts="+x.train.world.Opening().AccountSID)
	for step, check := range map[string]string{"sweep": "products", "geo-and-triggers": "console-only"} {
		if err := x.train.Case.Attest(step, store.Attestation{Note: "done", Checks: []string{check, "triggers"}}); err != nil {
			t.Fatal(err)
		}
	}
	d := x.debrief()
	for _, f := range d.Missed() {
		t.Errorf("missed: %s", f.What)
	}
	made := 0 // whether he still has a key to make another with depends on which was deleted first
	for _, a := range x.train.world.Acts() {
		if a.Actor == "intruder" && strings.HasSuffix(a.Path, "/Keys.json") {
			made++
		}
	}
	if replanted := d.naming("the API key \"backup-"); len(replanted) != made {
		t.Errorf("he made %d keys in answer, and the debrief names %d", made, len(replanted))
	}
	if d.Stopped.IsZero() || d.Meter.Running {
		t.Errorf("stopped %s, %+v", d.Stopped, d.Meter)
	}
}

// Who does nothing misses everything, and the money goes on.
func TestDebriefOfNothing(t *testing.T) {
	x := newDrill(t, "leaked-token", sim.Switches{})
	x.passed.Store(int64(20 * time.Minute))
	early := x.debrief()
	x.passed.Store(int64(30 * time.Minute))
	d := x.debrief()
	if len(d.Missed()) != len(d.Footholds) || len(d.Footholds) < 10 || len(d.Open) != d.Steps || d.Acts != 0 {
		t.Errorf("%d of %d missed, %d of %d steps open, %d acts", len(d.Missed()), len(d.Footholds), len(d.Open), d.Steps, d.Acts)
	}
	if !d.Stopped.IsZero() || !d.Meter.Running || d.Meter.PerMinute <= 0 || d.While <= early.While || d.After != 0 || d.Before != early.Before {
		t.Errorf("stopped %s, %+v; %s lost meanwhile, %s ten minutes before", d.Stopped, d.Meter, d.While, early.While)
	}
	for _, f := range d.Footholds {
		if !f.Found.IsZero() || !f.Gone.IsZero() || f.At.Before(d.BreakIn) || f.At.After(trainingNight) {
			t.Errorf("%+v", f)
		}
	}
}

// In an account that nobody broke into, a change is the mistake.
func TestDebriefOfAFalseAlarm(t *testing.T) {
	x := newDrill(t, "clean", sim.Switches{})
	x.passed.Store(int64(5 * time.Minute))
	if d := x.debrief(); d.FalseAlarm() || !d.BreakIn.IsZero() || len(d.Footholds)+len(d.Streams) != 0 || d.Meter.Lost != 0 {
		t.Errorf("nothing was done: %+v", d)
	}
	if _, err := x.desk.Plan(context.Background(), "api-keys", nil); err != nil {
		t.Fatal(err)
	}
	if d := x.debrief(); d.FalseAlarm() {
		t.Error("a look is called an alarm")
	}
	x.apply("api-keys")
	if d := x.debrief(); !d.FalseAlarm() || d.Acts == 0 || len(d.KeysLost) != d.Acts || d.Meter.Lost != 0 {
		t.Errorf("%d acts, %d keys: %v", d.Acts, len(d.KeysLost), d.FalseAlarm())
	}
}

// What only the Console reaches counts as looked after when a person has put
// their word to it; what a step could have done does not.
func TestDebriefTakesAWordOnlyForWhatIsDoneByHand(t *testing.T) {
	x := newDrill(t, "leaked-token", sim.Switches{})
	x.passed.Store(int64(9 * time.Minute))
	for step, checks := range map[string][]string{"sweep": {"apps", "products"}, "geo-and-triggers": {"open", "console-only", "triggers"}, "api-keys": {}} {
		if err := x.train.Case.Attest(step, store.Attestation{Note: "done", Checks: checks}); err != nil {
			t.Fatal(err)
		}
	}
	d := x.debrief()
	for words, want := range map[string]Fate{"an application": Missed, "authorized-connect-apps": ByHand, "deleted": ByHand, "that reported": ByHand, "messages to NG": ByHand, "messages to ID": Missed, "calls to LT": Missed, "the API key": Missed} {
		for _, f := range d.naming(words) {
			if f.Fate != want || (want == ByHand) != f.Gone.Equal(trainingNight.Add(9*time.Minute)) {
				t.Errorf("%s: %s at %s", f.What, f.Fate, f.Gone)
			}
		}
		if len(d.naming(words)) == 0 {
			t.Errorf("nothing says %q", words)
		}
	}
	if len(d.Open) != d.Steps-3 {
		t.Errorf("%d of %d steps open", len(d.Open), d.Steps)
	}
}

// A debrief knows a lesson for every kind of foothold, and steps and checks in
// the lessons exist.
func TestLessons(t *testing.T) {
	seen := map[string]bool{}
	for _, scenario := range sim.Scenarios() {
		for _, f := range newDrill(t, scenario.Name, sim.Switches{}).train.world.Truth().Footholds {
			seen[f.Kind] = true
			if _, known := lessons[f.Kind]; !known {
				t.Errorf("no lesson for %s", f.Kind)
			}
		}
	}
	for kind, l := range lessons {
		i := slices.IndexFunc(Playbook(), func(s *Step) bool { return s.ID == l.step })
		if i < 0 || l.check != "" && !slices.ContainsFunc(Playbook()[i].Checks, func(c Check) bool { return c.ID == l.check }) || l.byHand && l.check == "" {
			t.Errorf("%s: %s has no check %q", kind, l.step, l.check)
		}
		if !seen[kind] {
			t.Errorf("no story has a %s", kind)
		}
	}
}

// The intruder of a training that is gone on with races as he did.
func TestTrainingKeepsItsSwitches(t *testing.T) {
	x := newDrill(t, "leaked-token", sim.Switches{Race: "keys"})
	if err := x.train.Close(); err != nil {
		t.Fatal(err)
	}
	if err := x.train.Case.Close(); err != nil {
		t.Fatal(err)
	}
	x.o.Switches = sim.Switches{}
	x.open()
	if !x.train.Resumed {
		t.Fatal("not resumed")
	}
	x.apply("api-keys")
	if !slices.ContainsFunc(x.train.world.Acts(), func(a sim.Act) bool { return a.Actor == "intruder" }) {
		t.Error("the intruder answers no more")
	}
}

// Every story opens with a scene that fits a terminal and has mails of the time
// before the clock started.
func TestScenes(t *testing.T) {
	for _, s := range sim.Scenarios() {
		x := newDrill(t, s.Name, sim.Switches{})
		scene := x.train.Scene()
		if scene.Title != s.Title || !scene.Began.Equal(trainingNight) || scene.Role == "" || scene.Have == "" || scene.Expected == "" || len(scene.Mails) == 0 {
			t.Errorf("%+v", scene)
		}
		for _, m := range scene.Mails {
			if !m.At.Before(scene.Began) || m.From == "" || m.Subject == "" || m.Text == "" {
				t.Errorf("%+v", m)
			}
		}
	}
}
