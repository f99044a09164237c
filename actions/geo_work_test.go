package actions

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"retake/actions/sim"
	"retake/store"
)

const geoStep = "geo-and-triggers"

const ourHook = "https://alerts.harbour-parcel.example.com/usage"

// raw reads an address of the simulated account with an account's own token,
// past everything that is tested here.
func (b *bench) raw(sid, address string, into any) {
	b.t.Helper()
	r, _ := http.NewRequest(http.MethodGet, address, nil)
	r.SetBasicAuth(sid, b.tokens()[sid])
	resp, err := b.world.RoundTrip(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil || resp.StatusCode != http.StatusOK {
		b.t.Fatalf("%s: %d %v", address, resp.StatusCode, err)
	}
}

// voiceOn is where an account may call, by raw reading: "DE=100 LV=111".
func (b *bench) voiceOn(sid string) string {
	var said struct{ Content []map[string]any }
	b.raw(sid, "https://voice.twilio.com/v1/DialingPermissions/Countries?PageSize=1000", &said)
	var on []string
	for _, c := range said.Content {
		word := c["iso_code"].(string) + "="
		for _, flag := range []string{"low_risk", "high_risk_special", "high_risk_tollfraud"} {
			word += bit(c[flag+"_numbers_enabled"].(bool))
		}
		if !strings.HasSuffix(word, "=000") {
			on = append(on, word)
		}
	}
	slices.Sort(on)
	return strings.Join(on, " ")
}

// smsOn is where an account may write to, by raw reading.
func (b *bench) smsOn(sid string) string {
	var said struct {
		Permissions []struct {
			ISO     string `json:"country_code"`
			Enabled bool
		}
	}
	b.raw(sid, "https://accounts.twilio.com/v1/Messaging/GeoPermissions", &said)
	var on []string
	for _, p := range said.Permissions {
		if p.Enabled {
			on = append(on, p.ISO)
		}
	}
	slices.Sort(on)
	return strings.Join(on, " ")
}

func (b *bench) inherits(sid string) bool {
	var said struct {
		On bool `json:"dialing_permissions_inheritance"`
	}
	b.raw(sid, "https://voice.twilio.com/v1/Settings", &said)
	return said.On
}

func (b *bench) triggerCount(sid string) int {
	var said struct {
		Triggers []any `json:"usage_triggers"`
	}
	b.raw(sid, "https://api.twilio.com/2010-04-01/Accounts/"+sid+"/Usage/Triggers.json", &said)
	return len(said.Triggers)
}

// everything is the state of all accounts that this step may change.
func (b *bench) everything() map[string]string {
	all := map[string]string{}
	for sid := range b.olds {
		all[sid] = b.voiceOn(sid) + "|" + b.smsOn(sid) + "|" + bit(b.inherits(sid))
	}
	return all
}

// detached is the subaccount that the intruder took out of its parent's list.
func (b *bench) detached() string {
	for sid := range b.olds {
		if sid != b.opening.AccountSID && !b.inherits(sid) {
			return sid
		}
	}
	b.t.Fatal("no subaccount is detached")
	return ""
}

// companyVoice is where the company calls.
const companyVoice = "DE=100 FR=100 GB=100 IE=100 US=100"

// shutEverywhere wants every account to call the company's countries only.
func (b *bench) shutEverywhere() {
	b.t.Helper()
	for sid := range b.olds {
		if on := b.voiceOn(sid); on != companyVoice {
			b.t.Errorf("%s calls %s", sid, on)
		}
	}
}

func outcomes(r *Report) map[string]Outcome {
	all := map[string]Outcome{}
	for _, o := range r.Outcomes {
		all[o.Change] = o
	}
	return all
}

func found(r *Report, prefix string) []Finding {
	return slices.DeleteFunc(slices.Clone(r.Findings), func(f Finding) bool { return !strings.HasPrefix(f.ID, prefix) })
}

// What the intruder opened is shut, where the company calls stays open, and the
// country that only the Console shuts is left to a person.
func TestGeoKeep(t *testing.T) {
	b := newBench(t, sim.Options{})
	main, sub := b.opening.AccountSID, b.detached()
	p := b.plan(geoStep)
	for _, prefix := range []string{"event/", "callback/", "risky/"} {
		if len(found(p, prefix)) == 0 {
			t.Errorf("no finding %s: %+v", prefix, p.Findings)
		}
	}
	r := b.apply(geoStep)
	if r.State != store.NeedsPerson || !strings.Contains(r.Why, "NG") || !strings.Contains(r.Why, "Messaging > Settings") {
		t.Errorf("%s: %s", r.State, r.Why)
	}
	b.shutEverywhere()
	if on := b.smsOn(main); on != "DE FR GB IE NG US" {
		t.Errorf("writes to %s", on)
	}
	if !b.inherits(sub) {
		t.Error("the detached subaccount does not inherit again")
	}
	if o := outcomes(r)["sms/"+main]; o.Outcome != store.Made || !strings.Contains(o.Proof, "1 of 2") || !strings.Contains(o.Proof, "NG") {
		t.Errorf("%+v", o)
	}
	again := b.apply(geoStep)
	if !again.Plan.Empty() || again.State != store.NeedsPerson || len(found(again, "by-hand/")) != 1 {
		t.Errorf("again: %s %+v", again.State, again.Plan.Changes)
	}
	b.proveJournal()
	b.verify()
}

func TestGeoLock(t *testing.T) {
	b := newBench(t, sim.Options{})
	p := b.plan(geoStep, "mode=lock", "allow=GB,NG")
	if text := strings.Join(p.Plan.Breaks, "\n"); !strings.Contains(text, "IE ") || !strings.Contains(text, "US ") || strings.Contains(text, "GB ") {
		t.Errorf("breaks: %s", text)
	}
	r := b.apply(geoStep, "mode=lock", "allow=GB,NG")
	if r.State != store.Proved {
		t.Errorf("%s: %s", r.State, r.Why)
	}
	for sid := range b.olds {
		if on := b.voiceOn(sid); on != "GB=100" {
			t.Errorf("%s calls %s", sid, on)
		}
	}
	if on := b.smsOn(b.opening.AccountSID); on != "GB NG" {
		t.Errorf("writes to %s", on)
	}
	b.proveJournal()
}

// Everything is as the case first saw it: countries, each flag, inheritance, and
// the list that a subaccount had of its own.
func TestGeoRestore(t *testing.T) {
	t.Parallel()
	for _, set := range [][]string{{"mode=keep"}, {"mode=lock"}, {"mode=lock", "allow=NG,GB"}} {
		b := newBench(t, sim.Options{Messages: 40, Calls: 40})
		before := b.everything()
		b.apply(geoStep, set...)
		if maps.Equal(before, b.everything()) {
			t.Error("nothing was changed")
		}
		b.sit()
		r := b.apply(geoStep, "mode=restore")
		if r.State != store.Proved {
			t.Errorf("%v: %s: %s %+v", set, r.State, r.Why, r.Outcomes)
		}
		if after := b.everything(); !maps.Equal(before, after) {
			t.Errorf("%v: before %v, after %v", set, before, after)
		}
		b.proveJournal()
		b.verify()
	}
}

// Without an earlier reading there is nothing to go back to, and that is said.
func TestGeoRestoreWithoutSnapshot(t *testing.T) {
	b := newBench(t, sim.Options{Messages: 40, Calls: 40})
	p := b.plan(geoStep, "mode=restore")
	if !p.Plan.Empty() || !slices.ContainsFunc(p.Unseen, func(u Unseen) bool { return strings.Contains(u.Why, "nothing is restored") }) {
		t.Errorf("%+v %+v", p.Plan.Changes, p.Unseen)
	}
}

// Nothing is raised on an account that nobody touched, and nothing is changed
// but the triggers that were asked for.
func TestGeoClean(t *testing.T) {
	b := newBench(t, sim.Options{Scenario: "clean"})
	r := b.plan(geoStep)
	if !r.Plan.Empty() || len(r.Findings) != 0 || r.State != store.Proved {
		t.Errorf("%s %+v %+v", r.State, r.Findings, r.Plan.Changes)
	}
	before, triggers := b.everything(), b.triggerCount(b.opening.AccountSID)
	r = b.apply(geoStep, "callback_url="+ourHook)
	if r.State != store.Proved || len(r.Outcomes) != 4 || b.triggerCount(b.opening.AccountSID) != triggers+4 || !maps.Equal(before, b.everything()) {
		t.Errorf("%s %+v", r.State, r.Outcomes)
	}
	if again := b.plan(geoStep, "callback_url="+ourHook); !again.Plan.Empty() {
		t.Errorf("again: %+v", again.Plan.Changes)
	}
}
