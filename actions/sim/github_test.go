package sim_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"retake/actions/sim"
)

// search asks the simulated GitHub for a word.
func search(t *testing.T, w *sim.World, q, authorization string) (*http.Response, map[string]any) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, "https://api.github.com/search/code?q="+url.QueryEscape(q), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "application/vnd.github.text-match+json")
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	answer, err := w.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var body map[string]any
	if err := json.NewDecoder(answer.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	return answer, body
}

// The leaked token stands in one public file, beside the SID of the parent, and
// nothing of an ordinary day stands in any.
func TestPublicCode(t *testing.T) {
	for _, s := range sim.Scenarios() {
		o := options()
		o.Scenario = s.Name
		w := world(t, o)
		begin := w.Opening()
		answer, body := search(t, w, `"`+begin.AccountSID+`"`, "Bearer "+begin.GitHub)
		want := map[string]float64{"leaked-token": 1, "clean": 0}[s.Name]
		if answer.StatusCode != 200 || body["total_count"] != want || len(body["items"].([]any)) != int(want) || body["incomplete_results"] != false {
			t.Errorf("%s: %d %v", s.Name, answer.StatusCode, body)
		}
		text, _ := json.Marshal(body)
		if shown := strings.Contains(string(text), begin.AuthToken); shown != (want > 0) {
			t.Errorf("%s: the token is shown: %v", s.Name, shown)
		}
		if _, body := search(t, w, `"AC00000000000000000000000000000000"`, "token x"); body["total_count"] != 0.0 {
			t.Errorf("%s: a stranger's SID is found: %v", s.Name, body)
		}
		if len(w.Acts()) != 0 {
			t.Errorf("%+v", w.Acts())
		}
	}
}

// Ten searches a minute are answered; then the limit says when to go on.
func TestPublicCodeIsSearchedTenTimesAMinute(t *testing.T) {
	o := options()
	clock := &ticker{}
	o.Clock = clock.now
	w := world(t, o)
	for n := range 12 {
		answer, body := search(t, w, `"AC"`, "Bearer x")
		left, _ := strconv.Atoi(answer.Header.Get("X-RateLimit-Remaining"))
		if want := map[bool]int{true: 200, false: 403}[n < 10]; answer.StatusCode != want || left != max(0, 9-n) {
			t.Errorf("search %d: %d, %d left, %v", n+1, answer.StatusCode, left, body)
		}
		if reset, _ := strconv.ParseInt(answer.Header.Get("X-RateLimit-Reset"), 10, 64); reset != w.Now().Add(time.Minute).Unix() {
			t.Errorf("search %d: reset at %d", n+1, reset)
		}
	}
	clock.passed += time.Minute
	if answer, _ := search(t, w, `"AC"`, "Bearer x"); answer.StatusCode != 200 {
		t.Errorf("after a minute: %d", answer.StatusCode)
	}
}

func TestPublicCodeIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		mood, q, authorization string
		want                   int
		wait                   string
	}{
		"nobody":          {"", `"AC1"`, "", 401, ""},
		"an empty token":  {"", `"AC1"`, "Bearer ", 401, ""},
		"a wrong token":   {"bad-credentials", `"AC1"`, "Bearer x", 401, ""},
		"secondary limit": {"secondary-limit", `"AC1"`, "Bearer x", 403, "60"},
		"no quotes":       {"", `AC1`, "Bearer x", 422, ""},
		"nothing":         {"", ``, "Bearer x", 422, ""},
	} {
		o := options()
		o.Switches.GitHub = c.mood
		answer, body := search(t, world(t, o), c.q, c.authorization)
		if answer.StatusCode != c.want || answer.Header.Get("Retry-After") != c.wait || body["message"] == nil || body["status"] != strconv.Itoa(c.want) {
			t.Errorf("%s: %d %v %v", name, answer.StatusCode, answer.Header, body)
		}
	}
}
