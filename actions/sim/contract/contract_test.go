package contract_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"retake/actions/sim/contract"
)

// witness keeps the breaches instead of failing.
type witness struct {
	testing.TB
	said []string
}

func (w *witness) Errorf(format string, args ...any) {
	w.said = append(w.said, fmt.Sprintf(format, args...))
}
func (w *witness) Helper() {}

// canned answers everything in one way.
type canned struct {
	status int
	body   string
}

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: c.status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(bytes.NewReader([]byte(c.body))), Request: r}, nil
}

const (
	account = "AC0123456789abcdef0123456789abcdef"
	key     = `{"sid":"SK0123456789abcdef0123456789abcdef","friendly_name":"x","date_created":%q,"date_updated":null}`
	good    = "Wed, 04 Mar 2026 03:00:00 +0000"
)

func TestBreachesAreReported(t *testing.T) {
	one := "https://api.twilio.com/2010-04-01/Accounts/" + account + "/Keys/SK0123456789abcdef0123456789abcdef.json"
	for _, c := range []struct {
		name, method, address, form string
		answer                      canned
		word                        string // empty: no breach
	}{
		{"right", "GET", one, "", canned{200, fmt.Sprintf(key, good)}, ""},
		{"a form", "POST", one, "FriendlyName=y", canned{200, fmt.Sprintf(key, good)}, ""},
		{"unknown path", "GET", "https://api.twilio.com/2010-04-01/Nothing.json", "", canned{200, "{}"}, "no description has this operation"},
		{"unknown host", "GET", "https://nowhere.twilio.com/v1/X", "", canned{200, "{}"}, "no description has this operation"},
		{"unknown query", "GET", one + "?Colour=red", "", canned{200, fmt.Sprintf(key, good)}, `unknown query parameter "Colour"`},
		{"unknown field", "POST", one, "Colour=red", canned{200, fmt.Sprintf(key, good)}, `unknown form field "Colour"`},
		{"bad date", "GET", one, "", canned{200, fmt.Sprintf(key, "2026-03-04")}, "date-time-rfc-2822"},
		{"unknown member", "GET", one, "", canned{200, strings.Replace(fmt.Sprintf(key, good), "{", `{"colour":1,`, 1)}, "unknown member .colour"},
		{"missing member", "GET", one, "", canned{200, `{"sid":null}`}, "lacks the member"},
		{"wrong status", "GET", one, "", canned{201, fmt.Sprintf(key, good)}, "no description has the status 201"},
		{"refusal", "GET", one, "", canned{404, `{"code":20404,"message":"x","more_info":"y","status":404}`}, ""},
		{"odd refusal", "GET", one, "", canned{404, `{"error":"x"}`}, "not in Twilio's form"},
		{"any-typed field", "POST", "https://iam.twilio.com/v1/Keys", "AccountSid=" + account + "&Policy=%7B%7D", canned{400, `{"code":1,"message":"x","status":400}`}, ""},
		{"missing parameter", "GET", "https://iam.twilio.com/v1/Keys", "", canned{400, `{"code":1,"message":"x","status":400}`}, "AccountSid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &witness{TB: t}
			r, _ := http.NewRequest(c.method, c.address, strings.NewReader(c.form))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			res, err := contract.New(w).Wrap(c.answer).RoundTrip(r)
			if err != nil || res.StatusCode != c.answer.status {
				t.Fatalf("got %v, %v", res, err)
			}
			if b, _ := io.ReadAll(res.Body); string(b) != c.answer.body {
				t.Errorf("the body arrived as %s", b)
			}
			said := strings.Join(w.said, "\n")
			if (c.word == "") != (said == "") || !strings.Contains(said, c.word) {
				t.Errorf("said %q, want %q", said, c.word)
			}
		})
	}
}
