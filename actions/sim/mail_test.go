package sim_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"retake/actions/sim"
)

// mailTo sends a request to the SendGrid side.
func mailTo(t *testing.T, w *sim.World, method, address, key, behalf, body string) (int, string, http.Header) {
	t.Helper()
	r, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	if behalf != "" {
		r.Header.Set("on-behalf-of", behalf)
	}
	answer, err := w.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text), answer.Header
}

// What is not known is refused with a sentence, and nobody gets near without the
// key, or in the name of a subuser that is not there or of another region.
func TestSendGridRefusesWhatItDoesNotKnow(t *testing.T) {
	o := options()
	o.Scenario = "sendgrid"
	w := world(t, o)
	key := w.Opening().SendGrid
	const root, eu = "https://api.sendgrid.com/v3/", "https://api.eu.sendgrid.com/v3/"
	for _, c := range []struct {
		method, address, key, behalf, body string
		want                               int
	}{
		{"GET", root + "scopes", key, "", "", 200},
		{"GET", root + "scopes", "SG.x.y", "", "", 401},
		{"GET", root + "nothing", key, "", "", 501},
		{"POST", root + "teammates", key, "", "{}", 501},
		{"GET", root + "api_keys?colour=red", key, "", "", 400},
		{"PATCH", root + "mail_settings/footer", key, "", `{"colour":1}`, 400},
		{"PATCH", root + "mail_settings/footer", key, "", `enabled=false`, 400},
		{"POST", root + "alerts", key, "", `{"type":"usage_limit"}`, 400},
		{"GET", root + "api_keys", key, "harbour-news", "", 200},
		{"GET", root + "api_keys", key, "nobody", "", 403},
		{"GET", root + "api_keys", key, "harbour-eu", "", 403},
		{"GET", eu + "api_keys", key, "harbour-eu", "", 200},
		{"GET", root + "teammates", key, "harbour-news", "", 403},
		{"GET", root + "messages?limit=10&query=status%3D%22x%22", key, "", "", 400},
		{"DELETE", root + "teammates/nobody", key, "", "", 404},
	} {
		if got, body, _ := mailTo(t, w, c.method, c.address, c.key, c.behalf, c.body); got != c.want {
			t.Errorf("%s %s as %q: %d, want %d: %s", c.method, c.address, c.behalf, got, c.want, body)
		}
	}
}

// Six requests a minute for the mail activity; the headers say when more may be
// made. All other paths have limits of their own.
func TestMailActivityHasItsLimit(t *testing.T) {
	clock := &ticker{}
	o := options()
	o.Clock = clock.now
	w := world(t, o)
	key := w.Opening().SendGrid
	one := "https://api.sendgrid.com/v3/messages/own00001"
	for n := range 8 {
		status, _, h := mailTo(t, w, "GET", one, key, "", "")
		if want := map[bool]int{true: 200, false: 429}[n < 6]; status != want || h.Get("X-RateLimit-Remaining") != fmt.Sprint(max(0, 5-n)) || h.Get("X-RateLimit-Reset") != fmt.Sprint(w.Now().Add(time.Minute).Unix()) {
			t.Errorf("request %d: %d %v", n+1, status, h)
		}
	}
	if status, _, _ := mailTo(t, w, "GET", "https://api.sendgrid.com/v3/scopes", key, "", ""); status != 200 {
		t.Errorf("another path: %d", status)
	}
	clock.passed = time.Minute
	if status, _, _ := mailTo(t, w, "GET", one, key, "", ""); status != 200 {
		t.Errorf("after a minute: %d", status)
	}
}

// The SendGrid side lives in the snapshot, with all that was changed.
func TestSendGridIsRestored(t *testing.T) {
	o := options()
	o.Scenario = "sendgrid"
	w := world(t, o)
	key := w.Opening().SendGrid
	for _, change := range [][3]string{{"DELETE", "teammates/mail_support", ""}, {"PATCH", "mail_settings/footer", `{"enabled":false}`},
		{"POST", "access_settings/whitelist", `{"ips":[{"ip":"192.0.2.44"}]}`}, {"POST", "templates/7f1a2b3c-0000-4000-8000-000000000000/versions/7f1a2b3c-0000-4000-8000-000000000001/activate", ""}} {
		if status, body, _ := mailTo(t, w, change[0], "https://api.sendgrid.com/v3/"+change[1], key, "", change[2]); status > 204 {
			t.Fatalf("%v: %d %s", change, status, body)
		}
	}
	snapshot, err := w.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	again, err := sim.Restore(o, snapshot)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"teammates", "mail_settings/footer", "access_settings/whitelist", "templates?page_size=200", "alerts", "whitelabel/domains"} {
		_, was, _ := mailTo(t, w, "GET", "https://api.sendgrid.com/v3/"+path, key, "", "")
		if _, is, _ := mailTo(t, again, "GET", "https://api.sendgrid.com/v3/"+path, key, "", ""); is != was {
			t.Errorf("%s was %s and is %s", path, was, is)
		}
	}
	there, _ := json.Marshal(w.Truth().Footholds)
	if is, _ := json.Marshal(again.Truth().Footholds); string(is) != string(there) {
		t.Errorf("%s, and %s", there, is)
	}
	if _, body, _ := mailTo(t, again, "DELETE", "https://api.sendgrid.com/v3/access_settings/whitelist/101", key, "", ""); body != "" {
		t.Errorf("a rule that was read back cannot be deleted: %s", body)
	}
}
