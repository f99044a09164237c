package actions

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"retake/actions/account"
	"retake/actions/sim"
	"retake/store"
)

// Where own traffic could not be read whole, only what is known for fraud or was
// opened lately is shut: an unread country may be one of yours.
func TestGeoShut(t *testing.T) {
	whole := traffic{map[string]int{"GB": 3, "LV": 1}, true}
	cut := traffic{map[string]int{"GB": 3}, false}
	for _, c := range []struct {
		mode, iso string
		own       traffic
		want      bool
	}{
		{"keep", "GB", whole, false}, {"keep", "LV", whole, false}, {"keep", "CH", whole, true}, {"keep", "AT", whole, false},
		{"keep", "GB", cut, false}, {"keep", "LV", cut, true}, {"keep", "CH", cut, false}, {"keep", "ES", cut, true}, {"keep", "AT", cut, false},
		{"lock", "GB", whole, true}, {"lock", "CH", cut, true}, {"lock", "AT", whole, false},
	} {
		w := wishes{mode: c.mode, allow: []string{"AT"}, opened: map[string]bool{"voice ES": true}}
		if got := w.shut("voice", c.iso, c.own); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// High-risk numbers of an own country are shut, unless it is allowed by name.
func TestGeoHighRisk(t *testing.T) {
	w := wishes{mode: "keep", allow: []string{"AT"}, calls: traffic{map[string]int{"GB": 1}, true}}
	for iso, want := range map[string]string{"GB": "GB=100", "AT": "AT=111", "CH": "CH=000"} {
		if got := voiceWord(w.voice(account.VoiceCountry{ISO: iso, LowRisk: true, Special: true, TollFraud: true})); got != want {
			t.Errorf("%s, not %s", got, want)
		}
	}
}

// Lists come newest first: a page that is older throughout ends the reading, and
// what came in, came too late or is no telephone does not count.
func TestGeoTraffic(t *testing.T) {
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	w := account.Window{From: start.Add(-trafficDays), To: start}
	record := func(direction, to string, at time.Time) json.RawMessage {
		text, _ := json.Marshal(map[string]string{"direction": direction, "to": to, "date_created": at.Format(time.RFC1123Z)})
		return text
	}
	in, late, old := start.Add(-time.Hour), start.Add(time.Hour), start.Add(-trafficDays-time.Hour)
	got := traffic{map[string]int{}, true}
	if got.add([]json.RawMessage{
		record("outbound-api", "+37181001234", late), record("outbound-api", "+447700900123", in), record("trunking-terminating", "+447700900124", in),
		record("inbound", "+4930231250", in), record("outbound-dial", "client:bob", in), record("outbound-api", "+33639980001", old),
	}, w) || got.String() != "GB 2" {
		t.Errorf("%s", got)
	}
	if !got.add([]json.RawMessage{record("outbound-api", "+33639980001", old)}, w) || got.own("FR") {
		t.Errorf("%s", got)
	}
	if outbound("trunking-originating") || outbound("") {
		t.Error("what came in counts")
	}
}

// A suspended subaccount turns its own token away: that is said, and the others
// are worked on.
func TestGeoSuspended(t *testing.T) {
	b := newBench(t, sim.Options{})
	main, sub := b.opening.AccountSID, b.detached()
	b.post(main, http.MethodPost, "https://api.twilio.com/2010-04-01/Accounts/"+sub+".json", url.Values{"Status": {"suspended"}})
	r := b.apply(geoStep, "allow=NG")
	if r.State != store.Proved || !strings.Contains(r.Why, "not covered") {
		t.Errorf("%s: %s", r.State, r.Why)
	}
	missed := false
	for _, u := range r.Unseen {
		missed = missed || strings.Contains(u.What, sub) && strings.Contains(u.Why, "reactivated")
	}
	if !missed {
		t.Errorf("%+v", r.Unseen)
	}
}
