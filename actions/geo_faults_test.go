package actions

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"retake/actions/sim"
	"retake/store"
)

// post sends a changing request as somebody else would.
func (b *bench) post(sid, method, address string, form url.Values) {
	b.t.Helper()
	r, _ := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(sid, b.tokens()[sid])
	resp, err := b.world.RoundTrip(r)
	if err != nil || resp.StatusCode >= 300 {
		b.t.Fatalf("%s: %v %v", address, err, resp)
	}
	_ = resp.Body.Close()
}

// call sets one country of an account for calls, as somebody else would.
func (b *bench) call(sid, iso, low string) {
	b.post(sid, http.MethodPost, "https://voice.twilio.com/v1/DialingPermissions/BulkCountryUpdates", url.Values{"UpdateRequest": {
		`[{"iso_code":"` + iso + `","low_risk_numbers_enabled":"` + low + `","high_risk_special_numbers_enabled":"false","high_risk_tollfraud_numbers_enabled":"false"}]`}})
}

// What somebody moved after the plan is left alone; the rest goes on.
func TestGeoStale(t *testing.T) {
	b := newBench(t, sim.Options{})
	main := b.opening.AccountSID
	p := b.plan(geoStep, "allow=NG")
	b.call(main, "LV", "true")
	r, err := b.desk.Apply(context.Background(), geoStep, Agreed{Digest: p.Plan.Digest}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if o := outcomes(r)["voice/"+main]; o.Outcome != store.Stale || !strings.Contains(o.Problem, "LV=111 is now LV=100") || r.State != store.NeedsPerson {
		t.Errorf("%s %+v", r.State, o)
	}
	if o := outcomes(r)["sms/"+main]; o.Outcome != store.Made {
		t.Errorf("%+v", o)
	}
	if r := b.apply(geoStep, "allow=NG"); r.State != store.Proved {
		t.Errorf("planned again: %s %s", r.State, r.Why)
	}
	b.shutEverywhere()
}

// What is as wanted by the time it is made is not claimed as ours.
func TestGeoAlready(t *testing.T) {
	b := newBench(t, sim.Options{})
	main := b.opening.AccountSID
	p := b.plan(geoStep, "allow=NG")
	for _, iso := range []string{"LV", "LT", "SO", "SL", "MV"} {
		b.call(main, iso, "false")
	}
	r, err := b.desk.Apply(context.Background(), geoStep, Agreed{Digest: p.Plan.Digest}, nil)
	if o := outcomes(r)["voice/"+main]; err != nil || o.Outcome != store.Already || r.State != store.Proved {
		t.Errorf("%v %s %+v", err, r.State, o)
	}
}

// Countries that the API leaves as they are, with an error, without a word or
// with a refusal of the whole, are never claimed.
func TestGeoSMSLeft(t *testing.T) {
	for setting, want := range map[string]struct {
		result store.Result
		on     string
	}{
		"item-error": {store.Made, "DE FR GB IE NG US"},
		"silent":     {store.Made, "DE FR GB IE NG US"},
		"refuse":     {store.Refused, "DE FR GB ID IE NG US"},
	} {
		b := newBench(t, sim.Options{Switches: sim.Switches{SMSGeo: setting}})
		main := b.opening.AccountSID
		r := b.apply(geoStep)
		o := outcomes(r)["sms/"+main]
		if o.Outcome != want.result || b.smsOn(main) != want.on || r.State != store.NeedsPerson || !strings.Contains(o.Proof+o.Problem, "Messaging > Settings > Geo permissions") {
			t.Errorf("%s: %s %+v, then %s", setting, r.State, o, b.smsOn(main))
		}
		if n := len(found(r, "by-hand/")); (n == 1) != (setting != "refuse") {
			t.Errorf("%s: %d findings", setting, n)
		}
		b.proveJournal()
	}
}

// Where nothing at all was done, nothing is claimed, and it is asked once.
func TestGeoSMSAllLeft(t *testing.T) {
	for _, setting := range []string{"item-error", "silent"} {
		b := newBench(t, sim.Options{Switches: sim.Switches{SMSGeo: setting}})
		r := b.apply(geoStep, "allow=ID")
		if o := outcomes(r)["sms/"+b.opening.AccountSID]; o.Outcome != store.Refused || len(found(r, "by-hand/")) != 1 || r.State != store.NeedsPerson {
			t.Errorf("%s: %s %+v", setting, r.State, o)
		}
		if again := b.apply(geoStep, "allow=ID"); !again.Plan.Empty() || again.State != store.NeedsPerson || !strings.Contains(again.Why, "NG") {
			t.Errorf("%s again: %s %s %+v", setting, again.State, again.Why, again.Plan.Changes)
		}
		patches := 0
		for _, a := range b.world.Acts() {
			patches += count(a.Method == http.MethodPatch)
		}
		if patches != 1 {
			t.Errorf("%s: asked %d times", setting, patches)
		}
	}
}

// Each changing request meets each fault: whatever happens, after going on the
// countries are as wanted, no trigger is there twice, and the journal says what
// the account's log says.
func TestGeoFaultOnEveryChange(t *testing.T) {
	set := []string{"allow=NG", "callback_url=" + ourHook}
	for turn, name := range badReplies() {
		for _, n := range places(t, 8, turn) {
			t.Run(fmt.Sprintf("%s/%d", name, n), func(t *testing.T) {
				t.Parallel()
				var changes atomic.Int64
				b := newBench(t, sim.Options{Messages: 40, Calls: 40, Faults: func(r *http.Request, _ int) sim.Fault {
					if r.Method != http.MethodGet && changes.Add(1) == n {
						return faults[name]
					}
					return sim.NoFault
				}})
				triggers := b.triggerCount(b.opening.AccountSID)
				goOn(b, geoStep, set...)
				if changes.Load() < n {
					t.Fatalf("only %d changing requests were sent", changes.Load())
				}
				for sid := range b.olds {
					if on := b.voiceOn(sid); strings.Contains(on, "LV") || strings.Contains(on, "SO") {
						t.Errorf("%s calls %s", sid, on)
					}
				}
				if got := b.triggerCount(b.opening.AccountSID); got != triggers+4 {
					t.Errorf("%d triggers, there were %d", got, triggers)
				}
				b.proveJournal()
				b.verify()
			})
		}
	}
}

// Going back meets faults too.
func TestGeoRestoreGoesOnAfterFaults(t *testing.T) {
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var armed, changes atomic.Int64
			b := newBench(t, sim.Options{Messages: 40, Calls: 40, Faults: func(r *http.Request, _ int) sim.Fault {
				if r.Method != http.MethodGet && armed.Load() == 1 && changes.Add(1)%2 == 1 {
					return fault
				}
				return sim.NoFault
			}})
			before := b.everything()
			b.apply(geoStep, "mode=lock", "allow=NG")
			armed.Store(1)
			goOn(b, geoStep, "mode=restore")
			after := b.everything()
			for sid := range before {
				if before[sid] != after[sid] {
					t.Errorf("%s: before %s, after %s", sid, before[sid], after[sid])
				}
			}
			b.proveJournal()
			b.verify()
		})
	}
}

// A country stays open where somebody was called before the incident, and
// addresses are refused that would put a secret into the case.
func TestGeoParameters(t *testing.T) {
	s := GeoAndTriggers()
	for name, values := range map[string][]string{
		"allow":          {"gb", "GBR", "G B"},
		"incident_start": {"yesterday", "2026-03-01"},
		"callback_url":   {"http://a.example", "https://u:p@a.example/x", "https://a.example/x?token=1", "ftp://a", "https://"},
		"mode":           {"open"},
		"spend":          {"0", "x"},
	} {
		for _, v := range values {
			if _, err := s.Settle(map[string]string{name: v}); err == nil {
				t.Errorf("%s=%s was taken", name, v)
			}
		}
	}
	for number, want := range map[string]string{
		"+447700900123": "GB", "+44906123456": "GB", "+12025550147": "US", "+12425550100": "BS", "+353209100123": "IE",
		"+37181001234": "LV", "+882131234567": "", "client:bob": "", "": "", "+": "",
	} {
		if got := countryOf(number); got != want {
			t.Errorf("%s is in %q, not %q", number, got, want)
		}
	}
}
