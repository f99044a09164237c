package account

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A key is sent to the service's hosts only, with a header that stays one, and
// not at all by a line that only reads.
func TestBesideChecksBeforeItSends(t *testing.T) {
	s := newStub(t, says(200, `{"scopes":[]}`))
	service, key := Service{Hosts: []string{"api.sendgrid.com"}, Limit: 2}, NewSecret("SG.abc.secretsecretsecret0")
	good := Ask{Method: "GET", Host: "api.sendgrid.com", Path: []string{"v3", "scopes"}, Account: parent, List: "scopes"}
	for name, c := range map[string]struct {
		line   *Line
		key    Secret
		change func(*Ask)
		sent   string // "" for nothing
	}{
		"good":          {s.Line, key, func(*Ask) {}, "GET api.sendgrid.com/v3/scopes"},
		"escaped":       {s.Line, key, func(a *Ask) { a.Path, a.List = []string{"v3", "a/b ?c"}, "" }, "GET api.sendgrid.com/v3/a%2Fb%20%3Fc"},
		"another host":  {s.Line, key, func(a *Ask) { a.Host = "api.example.com" }, ""},
		"no key":        {s.Line, Secret{}, func(*Ask) {}, ""},
		"dotted":        {s.Line, key, func(a *Ask) { a.Path = []string{"v3", ".."} }, ""},
		"empty part":    {s.Line, key, func(a *Ask) { a.Path = []string{"v3", ""} }, ""},
		"split header":  {s.Line, key, func(a *Ask) { a.Header = map[string]string{"on-behalf-of": "x\r\nHost: y"} }, ""},
		"reading only":  {s.Line.ReadOnly(), key, func(a *Ask) { a.Method = "DELETE" }, ""},
		"reading, read": {s.Line.ReadOnly(), key, func(*Ask) {}, "GET api.sendgrid.com/v3/scopes"},
	} {
		before := len(s.requests())
		ask := good
		c.change(&ask)
		_, err := c.line.Beside(service, "SG.abc", c.key).Send(context.Background(), s.tape, ask)
		all := s.requests()
		if sent := strings.Join(all[before:], "\n"); sent != c.sent || (err == nil) != (c.sent != "") || err != nil && !NotMade(err) {
			t.Errorf("%s: sent %q, %v", name, sent, err)
		}
	}
}

// The exchange is recorded without the key, and says for whom it was; a refusal
// in SendGrid's form is understood, and a limit that was met is waited out by the
// service's own clock.
func TestBesideRecordsRefusesAndWaits(t *testing.T) {
	limited := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", "Wed, 01 Jul 2026 03:00:00 GMT")
		w.Header().Set("X-RateLimit-Reset", "1782874842") // 42 s later
		w.WriteHeader(429)
	}
	refuse := says(403, `{"errors":[{"message":"access forbidden","field":null}]}`)
	s := newStub(t, inTurn(limited, says(200, `{"key":"SG.abcdefghijklmnop.abcdefghijklmnopqrstuvwxyz012345"}`), refuse, limited))
	secret := "SG.qwertyuiopasdfghjk.qwertyuiopasdfghjklzxcvbnm0123456789012"
	b := s.Beside(Service{Hosts: []string{"api.sendgrid.com"}, Limit: 2}, "SG.qwertyuiopasdfghjk", NewSecret(secret))
	ask := Ask{Method: "GET", Host: "api.sendgrid.com", Path: []string{"v3", "x"}, As: "on behalf of news", Account: parent}
	if _, err := b.Send(context.Background(), s.tape, ask); err != nil {
		t.Fatal(err)
	}
	x := s.last(t)
	if x.As != "SG.qwertyuiopasdfghjk on behalf of news" || x.Attempts != 2 || strings.Contains(string(x.Body), "abcdefghijklmnopqrstuvwxyz") || s.Mask("x "+secret) == "x "+secret {
		t.Errorf("%+v %s", x, x.Body)
	}
	if len(s.clock.slept) != 1 || s.clock.slept[0] != 42*time.Second {
		t.Errorf("slept %v", s.clock.slept)
	}
	_, err := b.Send(context.Background(), s.tape, ask)
	if err == nil || !strings.Contains(err.Error(), "access forbidden") || strings.Contains(Explain(err), "Twilio") {
		t.Errorf("%v: %s", err, Explain(err))
	}
	ask.Once = true
	if _, err := b.Send(context.Background(), s.tape, ask); refusal(err) == nil || refusal(err).HTTPStatus != 429 || s.last(t).Attempts != 1 {
		t.Errorf("asked once: %v, %d attempts", err, s.last(t).Attempts)
	}
}
