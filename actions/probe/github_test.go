package probe

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"retake/actions/account"
)

const (
	sid   = "AC0123456789abcdef0123456789abcdef"
	token = "ghp_FAKEfakeFAKEfakeFAKEfakeFAKEfake0001"
	leak  = "fa4e0000fa4e0000fa4e0000fa4e0000" // an Auth Token
)

// desk is a search over loopback, with a clock that moves by sleeping only.
type desk struct {
	*GitHub
	server *httptest.Server
	tape   []account.Exchange
	slept  time.Duration
	mu     sync.Mutex
	asked  []*http.Request
}

func sit(t *testing.T, answer http.HandlerFunc) *desk {
	t.Helper()
	d := &desk{}
	d.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		d.asked = append(d.asked, r)
		d.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(d.server.Close)
	api, _ := url.Parse(d.server.URL)
	line, err := account.NewLine(account.Options{API: api, Fingerprint: func(s string) string { return fmt.Sprintf("[secret %x]", sha256.Sum256([]byte(s)))[:40] + "]" }})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	d.GitHub = &GitHub{
		Line: line, Token: account.NewSecret(token), Patience: 90 * time.Second,
		Now:   func() time.Time { return began.Add(d.slept) },
		Sleep: func(_ context.Context, wait time.Duration) error { d.slept += wait; return nil },
	}
	return d
}

// requests are those that came in so far.
func (d *desk) requests() []*http.Request {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.asked)
}

// Record keeps an exchange.
func (d *desk) Record(x account.Exchange) error {
	d.tape = append(d.tape, x)
	return nil
}

func (d *desk) search() (Found, error) { return d.Search(context.Background(), d, sid) }

// says answers with headers given in pairs.
func says(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// shows is GitHub's answer for one file with a fragment of code.
func shows(path, fragment string) string {
	body, _ := json.Marshal(map[string]any{"total_count": 1, "incomplete_results": false, "items": []any{map[string]any{
		"name": path, "path": path, "sha": strings.Repeat("0a", 20), "html_url": "https://github.com/o/r/blob/main/" + path, "score": 1.0,
		"repository":   map[string]any{"full_name": "o/r", "private": false},
		"text_matches": []any{map[string]any{"fragment": fragment}},
	}}})
	return string(body)
}

func trouble(t *testing.T, err error) *Trouble {
	t.Helper()
	var found *Trouble
	if !errors.As(err, &found) {
		t.Fatalf("no trouble: %v", err)
	}
	return found
}

// The question is what GitHub describes, and the credential is in no evidence.
func TestSearchAsks(t *testing.T) {
	d := sit(t, says(200, shows("a.env", "x "+sid), "X-GitHub-Request-Id", "AB:12"))
	found, err := d.search()
	if err != nil || found.Total != 1 || found.SID != sid || len(found.Files) != 1 || found.Files[0].Secret {
		t.Fatalf("%+v, %v", found, err)
	}
	r := d.requests()[0]
	if r.Host != "api.github.com" || r.Method != "GET" || r.URL.Path != "/search/code" || r.URL.Query().Get("q") != `"`+sid+`"` {
		t.Errorf("asked %s %s%s", r.Method, r.Host, r.URL)
	}
	if r.Header.Get("Authorization") != "Bearer "+token || r.Header.Get("Accept") != "application/vnd.github.text-match+json" || r.Header.Get("X-GitHub-Api-Version") == "" {
		t.Errorf("headers %v", r.Header)
	}
	x := d.tape[0]
	if x.Account != sid || x.Status != 200 || x.List != "items" || x.RequestID != "AB:12" || !strings.HasPrefix(x.URL, "https://api.github.com/search/code?") {
		t.Errorf("recorded %+v", x)
	}
	if text := fmt.Sprintf("%+v %s", x, x.Body); strings.Contains(text, token) {
		t.Errorf("the token is recorded: %s", text)
	}
}

// What stands beside the SID is masked before it is recorded, and told.
func TestSearchMasksWhatStandsBeside(t *testing.T) {
	const key = "FAKEfakeFAKEfakeFAKEfakeFAKE0123"
	for name, c := range map[string]struct {
		fragment, hidden string
		secret           bool
	}{
		"an auth token":      {"SID=" + sid + "\nTOKEN=" + leak + "\n", leak, true},
		"in quotes":          {`{"sid":"` + sid + `","t":"` + leak + `"}`, leak, true},
		"a key's secret":     {"a = '" + sid + "'\r\n\tb = '" + key + "'", key, true},
		"our own token":      {sid + " " + token, token, true},
		"a password":         {"sid: " + sid + "\npassword: hunter2x", "hunter2x", true},
		"another long word":  {sid + " FAKE-0123-fake-4567-words", "FAKE-0123-fake-4567-words", false},
		"another SID":        {sid + " SKffffffffffffffffffffffffffffffff", "", false},
		"nothing of the job": {"ACCOUNT = " + sid + " # see the wiki", "", false},
	} {
		d := sit(t, says(200, shows("a.env", c.fragment)))
		found, err := d.search()
		if err != nil || len(found.Files) != 1 {
			t.Fatalf("%s: %+v, %v", name, found, err)
		}
		if found.Files[0].Secret != c.secret {
			t.Errorf("%s: secret is %v", name, found.Files[0].Secret)
		}
		recorded, shown := string(d.tape[0].Body), strings.Join(found.Files[0].Fragments, "")
		if c.hidden != "" && strings.Contains(recorded+shown, c.hidden) {
			t.Errorf("%s: it is shown: %s", name, recorded)
		}
		if !json.Valid(d.tape[0].Body) || !strings.Contains(shown, sid) || !strings.Contains(recorded, strings.Repeat("0a", 20)) {
			t.Errorf("%s: too much is masked: %s", name, recorded)
		}
	}
}

// The same token is known again by what it was masked with.
func TestSearchShowsAKnownTokenByItsFingerprint(t *testing.T) {
	d := sit(t, says(200, shows("a.env", sid+" "+leak)))
	d.Line.Learn(account.NewSecret(leak))
	found, err := d.search()
	if err != nil || !strings.Contains(found.Files[0].Fragments[0], d.Line.Mask(leak)) {
		t.Errorf("%+v, %v", found, err)
	}
}

// A file's name is somebody else's text: it is shown on one line, and is no link.
func TestFilesAreShownDefanged(t *testing.T) {
	for _, path := range []string{"deploy/.env", "x\x1b]0;pwn\x07\r\n\u202e/evil.example.com", strings.Repeat("https://evil.example.com/", 40), `"=cmd()`} {
		d := sit(t, says(200, shows(path, sid)))
		found, err := d.search()
		if err != nil {
			t.Fatal(err)
		}
		foreign := found.Files[0]
		foreign.Link = ""
		for _, f := range []File{found.Files[0], foreign} {
			shown := f.Shown()
			if strings.Contains(shown, "://") || strings.Contains(shown, "m.") || len(shown) > 1200 || strings.ContainsFunc(shown, func(r rune) bool { return !unicode.IsPrint(r) || r > '~' }) {
				t.Errorf("%q is shown as %q", path, shown)
			}
		}
	}
	if got := (File{Repository: "o/r", Path: ".env", Link: "https://github.com/o/r/blob/main/.env"}).Shown(); got != "github[.]com/o/r/blob/main/[.]env" {
		t.Error(got)
	}
}

// A link that does not lead to GitHub is not told.
func TestForeignLinksAreNotTold(t *testing.T) {
	d := sit(t, says(200, strings.Replace(shows("a", sid), "https://github.com/", "https://github.com.evil.example/", 1)))
	if found, err := d.search(); err != nil || found.Files[0].Link != "" {
		t.Errorf("%+v, %v", found, err)
	}
}

// What is no whole answer of GitHub's is not used, is said in plain words, and
// is recorded without its secrets.
func TestSearchRefusesWhatIsNoAnswer(t *testing.T) {
	other := sit(t, says(200, shows("a", sid)))
	cut := func(w http.ResponseWriter, _ *http.Request) {
		body := shows("a.env", "x = FAKEfakeFAKEfakeFAKEfakeFAKE0123 "+sid)
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write([]byte(body[:len(body)-40]))
	}
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string
		final  bool
	}{
		"cut":           {cut, "cut short", false},
		"garbage":       {says(200, "<html>FAKEfakeFAKEfakeFAKEfakeFAKE0123"), "not what GitHub sends", false},
		"another JSON":  {says(200, `{"message":"hello"}`), "not what GitHub sends", false},
		"no items":      {says(200, `{"total_count":1,"items":null}`), "not what GitHub sends", false},
		"no count":      {says(200, `{"items":[]}`), "not what GitHub sends", false},
		"odd items":     {says(200, `{"total_count":1,"items":[[]]}`), "not what GitHub sends", false},
		"ten megabytes": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bytes.Repeat([]byte("a b "), 10<<18)) }, "larger than 8 MiB", false},
		"a redirect":    {says(302, "", "Location", other.server.URL+"/search/code"), "points elsewhere (302)", true},
		"hung up":       {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "could not be reached", true},
		"401":           {says(401, `{"message":"Bad credentials"}`), "turned GITHUB_TOKEN away", true},
		"403":           {says(403, `{"message":"Resource not accessible"}`), "forbids the search", true},
		"404":           {says(404, `{}`), "answered with 404", false},
		"422":           {says(422, `{"message":"Validation Failed"}`), "did not take the search", false},
		"502":           {says(502, "<html>"), "server failed (502)", false},
	} {
		d := sit(t, c.answer)
		found, err := d.search()
		got := trouble(t, err)
		if !strings.Contains(got.Problem, c.want) || got.Final != c.final || got.Advice == "" || len(found.Files) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
		if len(d.requests()) != 1 || len(d.tape) != 1 || d.tape[0].Problem != got.Problem || d.tape[0].List != "" {
			t.Errorf("%s: asked %d times, recorded %+v", name, len(d.requests()), d.tape)
		}
		if body := string(d.tape[0].Body); strings.Contains(body, "FAKE0123") || len(body) > 1<<20 {
			t.Errorf("%s: recorded %d bytes: %.200s", name, len(body), body)
		}
	}
	if len(other.requests()) != 0 {
		t.Error("the redirect was followed, with the token")
	}
}

// A limit is waited out as GitHub asks, and no longer than this run has patience.
func TestSearchWaitsAsAsked(t *testing.T) {
	date := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC) // GitHub's clock, not ours
	reset := fmt.Sprint(date.Add(40 * time.Second).Unix())
	spent := []string{"X-RateLimit-Remaining", "0", "X-RateLimit-Reset", reset, "Date", date.Format(http.TimeFormat)}
	for name, c := range map[string]struct {
		answers []http.HandlerFunc
		slept   time.Duration
		fails   bool
	}{
		"retry-after":          {[]http.HandlerFunc{says(429, "", "Retry-After", "7"), says(200, shows("a", sid))}, 7 * time.Second, false},
		"a secondary limit":    {[]http.HandlerFunc{says(403, `{"message":"secondary rate limit"}`), says(200, shows("a", sid))}, time.Minute, false},
		"until the reset":      {[]http.HandlerFunc{says(403, "", spent...), says(200, shows("a", sid))}, 41 * time.Second, false},
		"at once":              {[]http.HandlerFunc{says(429, "", "Retry-After", "0"), says(200, shows("a", sid))}, time.Second, false},
		"too long":             {[]http.HandlerFunc{says(429, "", "Retry-After", "3600")}, 0, true},
		"again and again":      {[]http.HandlerFunc{says(429, "", "Retry-After", "40"), says(429, "", "Retry-After", "40"), says(429, "", "Retry-After", "40")}, 80 * time.Second, true},
		"nonsense":             {[]http.HandlerFunc{says(429, "", "Retry-After", "-5"), says(200, shows("a", sid))}, time.Minute, false},
		"the last of a minute": {[]http.HandlerFunc{says(200, shows("a", sid), spent...)}, 0, false},
	} {
		var d *desk
		d = sit(t, func(w http.ResponseWriter, r *http.Request) { c.answers[len(d.requests())-1](w, r) })
		_, err := d.search()
		n := len(d.requests())
		if (err != nil) != c.fails || d.slept != c.slept || n != len(c.answers) || len(d.tape) != n {
			t.Errorf("%s: slept %s, asked %d times, recorded %d, %v", name, d.slept, n, len(d.tape), err)
		}
		if c.fails && (!trouble(t, err).Final || !strings.Contains(err.Error(), "github_wait=")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// After the last search of a minute the next one waits for the reset.
func TestSearchesKeepThePace(t *testing.T) {
	d := sit(t, says(200, shows("a", sid), "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "0"))
	for range 3 {
		if _, err := d.search(); err != nil {
			t.Fatal(err)
		}
	}
	if d.slept != 2*time.Second { // the reset is long past: a second each
		t.Errorf("slept %s", d.slept)
	}
}

// What is no SID is not searched for, and a token that cannot be sent is not.
func TestSearchSendsNothingElse(t *testing.T) {
	d := sit(t, says(200, shows("a", sid)))
	for _, word := range []string{"", leak, "AC", sid + `" user:me`, strings.ToUpper(sid)} {
		if _, err := d.Search(context.Background(), d, word); err == nil {
			t.Errorf("%q was searched for", word)
		}
	}
	for _, bad := range []string{"", "two words", "line\r\nHost: x", "ghp_\x00"} {
		d.Token = account.NewSecret(bad)
		if _, err := d.search(); err == nil || bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if len(d.requests()) != 0 || len(d.tape) != 0 {
		t.Errorf("%d requests were sent", len(d.requests()))
	}
}

// What cannot be recorded is not used, and whoever leaves is let go.
func TestSearchEndsWithItsRecorder(t *testing.T) {
	d := sit(t, says(200, shows("a", sid)))
	full := errors.New("the disk is full")
	if found, err := d.Search(context.Background(), failing{full}, sid); !errors.Is(err, full) || len(found.Files) != 0 {
		t.Errorf("%+v, %v", found, err)
	}
	ctx, leave := context.WithCancel(context.Background())
	leave()
	if _, err := d.Search(ctx, d, sid); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

type failing struct{ err error }

func (f failing) Record(account.Exchange) error { return f.err }

// A file in a private repository, and an answer that GitHub did not finish, are
// told as such.
func TestSearchTellsWhatItIs(t *testing.T) {
	body := strings.NewReplacer(`"private":false`, `"private":true`, `"incomplete_results":false`, `"incomplete_results":true`, `"total_count":1`, `"total_count":250`).Replace(shows("a", sid))
	found, err := sit(t, says(200, body)).search()
	if err != nil || !found.Partial || found.Total != 250 || !found.Files[0].Private {
		t.Errorf("%+v, %v", found, err)
	}
	if len(found.Files) != 1 || !slices.Equal(found.Files[0].Fragments, []string{sid}) {
		t.Errorf("%+v", found.Files)
	}
}
