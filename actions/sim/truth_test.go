package sim_test

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"retake/actions/sim"
)

// running makes a world whose clock the test moves.
func running(t *testing.T, scenario string) (*sim.World, *ticker) {
	clock := &ticker{}
	o := options()
	o.Scenario, o.Clock = scenario, clock.now
	return world(t, o), clock
}

// spent is what the usage records of the family say, in millionths.
func spent(p caller) int64 {
	r := p.every("usage_records", accounts+"/"+p.user+"/Usage/Records/AllTime.json?Category=totalprice")[0]
	return int64(math.Round(r["price"].(float64) * 1e6))
}

// lockOut rotates the tokens of the two accounts that he is in, and deletes
// their keys. It returns the main account with its new token.
func lockOut(p caller) caller {
	p, _ = rotate(p)
	sub, _ := rotate(p.sub(0))
	for _, a := range []caller{p, sub} {
		own := accounts + "/" + a.user + "/Keys"
		for _, k := range a.every("keys", own+".json?PageSize=100") {
			a.want(204, "DELETE", own+"/"+text(k, "sid")+".json", nil)
		}
	}
	return p
}

// endAll ends every call and message of an account that is under way.
func endAll(p caller, sid string) {
	own := accounts + "/" + sid
	for _, status := range []string{"in-progress", "ringing", "queued"} {
		for _, c := range p.every("calls", own+"/Calls.json?PageSize=1000&Status="+status) {
			p.want(200, "POST", own+"/Calls/"+text(c, "sid")+".json", form("Status", "completed"))
		}
	}
	for _, m := range p.every("messages", own+"/Messages.json?PageSize=1000") {
		if s := text(m, "status"); s == "queued" || s == "scheduled" {
			p.want(200, "POST", own+"/Messages/"+text(m, "sid")+".json", form("Status", "canceled"))
		}
	}
}

// The same company untouched is the company's own share: what the usage records
// of the two differ by is the intruder's.
func TestHisCostAndTheCompanysAreTheWhole(t *testing.T) {
	w, clock := running(t, "leaked-token")
	own, other := running(t, "clean")
	p, q := parentOf(t, w), parentOf(t, own)
	for _, passed := range []time.Duration{0, time.Minute, 25*time.Minute + 7*time.Second, 40 * time.Minute, 3 * time.Hour} {
		clock.passed, other.passed = passed, passed
		m := w.Meter()
		if whole := spent(p); m.Cost <= 0 || m.Cost+spent(q) != whole {
			t.Errorf("after %s: his %d and the company's %d are not %d", passed, m.Cost, spent(q), whole)
		}
		if m.Cost != w.LostBy(start.Add(passed)) {
			t.Errorf("after %s: the meter says %d, all his records %d", passed, m.Cost, w.LostBy(start.Add(passed)))
		}
		if m := own.Meter(); m != (sim.Meter{At: own.Now()}) || !m.Over() {
			t.Errorf("where nobody broke in the meter says %+v", m)
		}
		switch passed {
		case time.Minute:
			endAll(p, p.user)
		case 25*time.Minute + 7*time.Second:
			p = lockOut(p)
		}
	}
}

// The next minute costs what the meter says, and what is under way costs in the
// end what it says too.
func TestMeterForesees(t *testing.T) {
	w, clock := running(t, "leaked-token")
	p := parentOf(t, w)
	clock.passed = 5 * time.Minute
	now := w.Meter()
	clock.passed += time.Minute
	if soon := w.Meter(); !now.Running || now.PerMinute <= 0 || soon.Cost-now.Cost != now.PerMinute {
		t.Errorf("%d a minute, and the minute cost %d", now.PerMinute, soon.Cost-now.Cost)
	}
	if past := w.LostBy(start.Add(5 * time.Minute)); past != now.Cost {
		t.Errorf("%d then, %d as it is remembered", now.Cost, past)
	}
	lockOut(p)
	shut := w.Meter()
	clock.passed += 6 * time.Hour
	if last := w.Meter(); shut.Running || shut.ToCome <= 0 || last.Cost != shut.Cost+shut.ToCome || !last.Over() || last.PerMinute != 0 {
		t.Errorf("locked out %+v, in the end %+v", shut, last)
	}
}

// He can begin nothing more from the act on that takes the last of his
// credentials, and nothing is left to pay once what was under way is ended.
func TestTheEndOfHisTraffic(t *testing.T) {
	w, clock := running(t, "leaked-token")
	p := parentOf(t, w)
	for _, s := range w.Truth().Streams {
		if !s.Stopped.IsZero() || !s.Ran[0].From.Before(start) {
			t.Errorf("at the start %+v", s)
		}
	}
	clock.passed = 12 * time.Minute
	p = lockOut(p)
	at := start.Add(12 * time.Minute)
	all := w.Truth().Streams
	if len(all) != 4 {
		t.Fatalf("%d streams", len(all))
	}
	clock.passed = 13 * time.Minute
	for _, s := range all {
		if s.Stopped != at {
			t.Errorf("%s of %s stopped at %s", s.Kind, s.Name, s.Stopped)
		}
		endAll(p, s.Account)
	}
	if m := w.Meter(); m.PerMinute != 0 || !m.Over() {
		t.Errorf("all was ended, and %+v", m)
	}
	if last := w.Acts()[len(w.Acts())-1].Time; last != start.Add(13*time.Minute) {
		t.Errorf("the last act was at %s", last)
	}
}

// Where none of his countries can be called, calls have stopped although he is
// still inside; where they can be called again they go on.
func TestCountriesStopAStream(t *testing.T) {
	w, clock := running(t, "leaked-token")
	p := parentOf(t, w)
	set := func(to string) {
		p.want(201, "POST", dialing+"/BulkCountryUpdates", form("UpdateRequest", bulk("LV", to, "LT", to, "MV", to, "SL", to, "SO", to)))
	}
	stopped := func() time.Time {
		i := slices.IndexFunc(w.Truth().Streams, func(s sim.Stream) bool { return s.Account == p.user && s.Kind == "calls" })
		return w.Truth().Streams[i].Stopped
	}
	clock.passed = 2 * time.Minute
	set("false")
	if got := stopped(); got != start.Add(2*time.Minute) {
		t.Errorf("stopped at %s", got)
	}
	clock.passed = 4 * time.Minute
	set("true")
	if got := stopped(); !got.IsZero() {
		t.Errorf("open again, and stopped at %s", got)
	}
	clock.passed = 6 * time.Minute
	lockOut(p)
	if got := stopped(); got != start.Add(6*time.Minute) {
		t.Errorf("stopped for good at %s", got)
	}
}

// Each thing that he did, as the audit log has it, is a foothold.
func TestFootholdsAreAllThatHeDid(t *testing.T) {
	w, _ := running(t, "leaked-token")
	p := parentOf(t, w)
	held := map[string]int{}
	for _, f := range w.Truth().Footholds {
		if f.Kind != sim.LeakedTokens && !f.Silent {
			held[f.Account+" "+f.At.Format(time.RFC3339)]++
		}
		if !f.There || f.Name == "" || f.Mark == "" || f.At.Before(w.Truth().BreakIn) {
			t.Errorf("%+v", f)
		}
	}
	did := map[string]int{}
	for _, a := range []caller{p, p.sub(0)} {
		for _, e := range a.every("events", events+"?PageSize=1000") {
			if strings.HasPrefix(text(e, "source_ip_address"), "203.0.113.") {
				at, _ := time.Parse(time.RFC3339, text(e, "event_date"))
				did[a.user+" "+at.Format(time.RFC3339)]++
			}
		}
	}
	if diff := cmp.Diff(did, held); len(did) < 10 || diff != "" {
		t.Errorf("%d things done (-done +held):\n%s", len(did), diff)
	}
	clean, _ := running(t, "clean")
	if got := clean.Truth(); len(got.Footholds)+len(got.Streams) != 0 || !got.BreakIn.IsZero() {
		t.Errorf("where nobody broke in: %+v", got)
	}
}

// taken is when each kind of foothold was taken away, for those that were.
func taken(w *sim.World) map[string]time.Time {
	out := map[string]time.Time{}
	for _, f := range w.Truth().Footholds {
		if !f.There {
			out[f.Kind] = f.Gone
		}
	}
	return out
}

// A foothold is gone from the act on that takes it away, and this is remembered
// by a snapshot.
func TestFootholdsAreTakenAway(t *testing.T) {
	w, clock := running(t, "leaked-token")
	p := parentOf(t, w)
	clock.passed = time.Minute
	p = lockOut(p)
	if got := taken(w); len(got) != 2 || got[sim.PlantedKey] != start.Add(time.Minute) || got[sim.SecondaryToken] != start.Add(time.Minute) {
		t.Errorf("taken %v", got) // the tokens that he read of the other accounts still work
	}
	clock.passed = 2 * time.Minute
	for n := range 3 {
		rotate(p.sub(n))
	}
	own := accounts + "/" + p.user
	p.want(201, "POST", dialing+"/BulkCountryUpdates", form("UpdateRequest", bulk("LV", "false", "LT", "false", "MV", "false", "SL", "false", "SO", "false")))
	p.want(200, "PATCH", smsGeo, permit("ID", "false"))
	for _, c := range p.every("outgoing_caller_ids", own+"/OutgoingCallerIds.json") {
		p.want(204, "DELETE", own+"/OutgoingCallerIds/"+text(c, "sid")+".json", nil)
	}
	for _, a := range p.every("applications", own+"/Applications.json") {
		p.want(200, "POST", own+"/Applications/"+text(a, "sid")+".json", form("VoiceUrl", "https://voice.harbour-parcel.example.com/app/9"))
	}
	for _, u := range p.every("usage_triggers", own+"/Usage/Triggers.json") {
		p.want(204, "DELETE", own+"/Usage/Triggers/"+text(u, "sid")+".json", nil)
	}
	p.want(201, "POST", own+"/Usage/Triggers.json", form("CallbackUrl", "https://alerts.harbour-parcel.example.com/usage", "TriggerValue", "250", "UsageCategory", "totalprice", "TriggerBy", "price", "Recurring", "daily"))
	sub := p.sub(0)
	sub.want(202, "POST", "https://voice.twilio.com/v1/Settings", form("DialingPermissionsInheritance", "true"))
	var left []string
	for _, f := range w.Truth().Footholds {
		if f.There && f.Kind != sim.Planted { // those are taken away where they are found: see the sweep
			left = append(left, f.Kind+" "+f.Mark)
		}
	}
	if diff := cmp.Diff([]string{"sms-country NG"}, left); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
	clock.passed = time.Hour
	snapshot, err := w.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	again, err := sim.Restore(sim.Options{Clock: clock.now}, snapshot)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(w.Truth(), again.Truth()); diff != "" || w.Meter() != again.Meter() {
		t.Errorf("%+v, restored %+v: %s", w.Meter(), again.Meter(), diff)
	}
}

// What the intruder makes in answer is a foothold too.
func TestReplantedKeysAreFootholds(t *testing.T) {
	o := options()
	o.Switches.Race = "keys"
	w := world(t, o)
	before := len(w.Truth().Footholds)
	p := parentOf(t, w)
	own := accounts + "/" + p.user + "/Keys"
	for _, k := range p.every("keys", own+".json") {
		p.want(204, "DELETE", own+"/"+text(k, "sid")+".json", nil)
	}
	planted := w.Truth().Footholds[before:]
	if len(planted) == 0 || planted[0].Kind != sim.PlantedKey || planted[0].Label != "backup-1" {
		t.Errorf("planted %+v", planted)
	}
	if lost := w.Truth().KeysLost; len(lost) == 0 || slices.Contains(lost, planted[0].Mark) {
		t.Errorf("keys of the company that were lost: %v", lost)
	}
}

// A world goes on behaving as it began, whatever the next process is told, and
// a snapshot of before the switches were kept still loads.
func TestSwitchesAreKept(t *testing.T) {
	o := options()
	o.Switches.Race, o.Switches.Fault = "keys", "503:GET /Accounts.json:1"
	w := world(t, o)
	snapshot, err := w.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	again := func(snapshot []byte, s sim.Switches) string {
		t.Helper()
		w, err := sim.Restore(sim.Options{Clock: o.Clock, Switches: s}, snapshot)
		if err != nil {
			t.Fatal(err)
		}
		p := parentOf(t, w)
		own := accounts + "/" + p.user + "/Keys"
		p.want(200, "GET", accounts+".json", nil) // the fault has ended with its process
		p.want(204, "DELETE", own+"/"+text(p.every("keys", own+".json")[1], "sid")+".json", nil)
		return acts(w)
	}
	if got := again(snapshot, sim.Switches{}); !strings.Contains(got, "intruder") {
		t.Errorf("he does not race any more: %s", got)
	}
	if got := again(snapshot, sim.Switches{Race: "off"}); strings.Contains(got, "intruder") {
		t.Errorf("told otherwise he races: %s", got)
	}
	var old map[string]any
	if err := json.Unmarshal(snapshot, &old); err != nil || old["Switches"] == nil {
		t.Fatalf("the snapshot keeps %v: %v", slices.Collect(maps.Keys(old)), err)
	}
	delete(old, "Switches")
	snapshot, _ = json.Marshal(old)
	if got := again(snapshot, sim.Switches{}); strings.Contains(got, "intruder") {
		t.Errorf("an older snapshot says nothing of a race: %s", got)
	}
}

// BenchmarkMeter is the question of every second, eight hours into a training.
func BenchmarkMeter(b *testing.B) {
	clock := &ticker{8 * time.Hour}
	o := options()
	o.Clock = clock.now
	w, err := sim.New(o)
	if err != nil {
		b.Fatal(err)
	}
	w.Meter()
	for b.Loop() {
		clock.passed += time.Second
		w.Meter()
	}
}

// BenchmarkLostBy is the whole reckoning, which only a debrief asks for.
func BenchmarkLostBy(b *testing.B) {
	clock := &ticker{8 * time.Hour}
	o := options()
	o.Clock = clock.now
	w, err := sim.New(o)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		w.LostBy(w.Now())
	}
}

// A subaccount that is out of service carries no traffic, and is named until it
// is back.
func TestSuspendedIsToldUntilItIsBack(t *testing.T) {
	w, clock := running(t, "leaked-token")
	p := parentOf(t, w)
	sub := accounts + "/" + p.sub(0).user
	stopped := func() (at time.Time) {
		for _, s := range w.Truth().Streams {
			if strings.HasSuffix(sub, s.Account) {
				at = s.Stopped
			}
		}
		return at
	}
	if got := w.Truth().Suspended; len(got) != 0 {
		t.Errorf("at the start %v: what the company suspended itself counts", got)
	}
	clock.passed = 3 * time.Minute
	p.want(200, "POST", sub+".json", form("Status", "suspended"))
	if got := w.Truth().Suspended; len(got) != 1 || !strings.HasSuffix(sub, got[0]) || stopped() != start.Add(3*time.Minute) {
		t.Errorf("suspended %v, stopped at %s", got, stopped())
	}
	clock.passed = 5 * time.Minute
	p.want(200, "POST", sub+".json", form("Status", "active"))
	if got := w.Truth().Suspended; len(got) != 0 || !stopped().IsZero() {
		t.Errorf("back in service: %v, stopped at %s", got, stopped())
	}
}
