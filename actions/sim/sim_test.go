package sim_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"retake/actions/sim"
)

var start = time.Date(2026, 3, 4, 3, 0, 0, 0, time.UTC)

// ticker is a clock that moves only when told to.
type ticker struct{ passed time.Duration }

func (c *ticker) now() time.Duration { return c.passed }

// options are those of most tests: a clock that stands still.
func options() sim.Options {
	return sim.Options{Seed: 7, Now: start, Clock: func() time.Duration { return 0 }}
}

func world(t *testing.T, o sim.Options) *sim.World {
	t.Helper()
	w, err := sim.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// caller is somebody with a credential.
type caller struct {
	t          *testing.T
	wire       http.RoundTripper
	user, pass string
	bearer     string // instead of user and pass, if there is one
	asJSON     bool   // forms are sent as objects
}

func parentOf(t *testing.T, w *sim.World) caller {
	o := w.Opening()
	return caller{t, w, o.AccountSID, o.AuthToken, "", false}
}

func (c caller) as(user, pass string) caller { c.user, c.pass = user, pass; return c }

// send returns status and body of a request; form may be nil.
func (c caller) send(method, address string, form url.Values) (int, map[string]any) {
	c.t.Helper()
	res, err := c.try(method, address, form)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, address, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, address, err)
	}
	if len(b) == 0 {
		return res.StatusCode, nil
	}
	var body map[string]any
	if err := json.Unmarshal(b, &body); err != nil {
		c.t.Fatalf("%s %s: %v in %s", method, address, err, b)
	}
	return res.StatusCode, body
}

func (c caller) try(method, address string, form url.Values) (*http.Response, error) {
	r, err := http.NewRequestWithContext(c.t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		c.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if form != nil && c.asJSON {
		r.Header.Set("Content-Type", "application/json")
		r.Body = io.NopCloser(strings.NewReader(object(form)))
	}
	r.SetBasicAuth(c.user, c.pass)
	if c.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+c.bearer)
	}
	return c.wire.RoundTrip(r)
}

// object is a form as JSON: a.b is b in a.
func object(form url.Values) string {
	out := map[string]any{}
	for name := range form {
		of, inner, deep := strings.Cut(name, ".")
		if !deep {
			out[name] = form.Get(name)
			continue
		}
		if out[of] == nil {
			out[of] = map[string]any{}
		}
		out[of].(map[string]any)[inner] = form.Get(name)
	}
	b, _ := json.Marshal(out) // of texts
	return string(b)
}

// want sends and insists on the status.
func (c caller) want(status int, method, address string, form url.Values) map[string]any {
	c.t.Helper()
	got, body := c.send(method, address, form)
	if got != status {
		c.t.Fatalf("%s %s: got %d, want %d: %v", method, address, got, status, body)
	}
	return body
}

func code(body map[string]any) int { n, _ := body["code"].(float64); return int(n) }

// every walks a list to its end and returns all records.
func (c caller) every(member, address string) []map[string]any {
	c.t.Helper()
	var out []map[string]any
	for pages := 0; address != ""; pages++ {
		if pages > 500 {
			c.t.Fatalf("%s does not end", address)
		}
		body := c.want(http.StatusOK, http.MethodGet, address, nil)
		for _, r := range body[member].([]any) {
			out = append(out, r.(map[string]any))
		}
		u, _ := url.Parse(address)
		address = next(u, body)
	}
	return out
}

func next(from *url.URL, body map[string]any) string {
	if meta, ok := body["meta"].(map[string]any); ok {
		s, _ := meta["next_page_url"].(string)
		return s
	}
	s, _ := body["next_page_uri"].(string)
	if s == "" {
		return ""
	}
	return "https://" + from.Host + s
}

const (
	accounts  = "https://api.twilio.com/2010-04-01/Accounts"
	secondary = "https://accounts.twilio.com/v1/AuthTokens/Secondary"
	promote   = "https://accounts.twilio.com/v1/AuthTokens/Promote"
	iamKeys   = "https://iam.twilio.com/v1/Keys"

	previewIAM = "https://preview-iam.twilio.com"
	events     = "https://monitor.twilio.com/v1/Events"
	alerts     = "https://monitor.twilio.com/v1/Alerts"
)

// subs returns the subaccounts, oldest first.
func (c caller) subs() []map[string]any {
	c.t.Helper()
	all := c.every("accounts", accounts+".json")
	var out []map[string]any
	for i := len(all) - 1; i >= 0; i-- {
		if all[i]["sid"] != c.user {
			out = append(out, all[i])
		}
	}
	return out
}

func text(m map[string]any, name string) string { s, _ := m[name].(string); return s }

func form(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}
