package account

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// What became of a request, by method and by what the server did.
func TestClassification(t *testing.T) {
	type verdict struct {
		notMade, unsure bool
		attempts        int // 0: as often as the patience lasts
	}
	made := verdict{attempts: 1}
	never, perhaps := verdict{true, false, 1}, verdict{false, true, 1}
	for _, c := range []struct {
		name        string
		handle      http.HandlerFunc
		get, change verdict
	}{
		{"success", says(200, `{"keys":[],"account_sid":"`+parent+`","auth_token":"`+token+`"}`), made, made},
		{"400", says(400, `{"code":20001}`), never, never},
		{"401", says(401, `{"code":20003}`), never, never},
		{"404", says(404, `{"code":20404}`), never, never},
		{"403 page", says(403, `<html>`), never, never},
		{"408", says(408, `{}`), never, perhaps},
		{"429 for ever", says(429, `{"code":20429}`), verdict{true, false, 0}, verdict{true, false, 0}},
		{"500", says(500, `{"code":20500}`), verdict{true, false, 0}, perhaps},
		{"502 page", says(502, strings.Repeat("<html>", 2000)), verdict{true, false, 0}, perhaps},
		{"503", says(503, ``), verdict{true, false, 0}, perhaps},
		{"no reply", hangUp, verdict{true, false, 0}, perhaps},
		{"cut short", cutOff(200), verdict{true, false, 0}, perhaps},
		{"refusal cut short", cutOff(401), verdict{true, false, 0}, never},
		{"garbage", says(200, `<html>welcome</html>`), never, perhaps},
		{"trailing garbage", says(200, `{"keys":[]} x`), never, perhaps},
		{"half of a JSON", says(200, `{"keys":[`), never, perhaps},
	} {
		t.Run(c.name, func(t *testing.T) {
			check := func(how string, want verdict, call func(*Operations) error) {
				t.Helper()
				s := newStub(t, c.handle)
				err := call(s.ops())
				if NotMade(err) != want.notMade || Unsure(err) != want.unsure {
					t.Errorf("%s: not made %v, unsure %v: %v", how, NotMade(err), Unsure(err), err)
				}
				n := len(s.requests())
				if n != want.attempts && (want.attempts != 0 || n < 10) {
					t.Errorf("%s: sent %d times", how, n)
				}
				if e := s.last(t); len(s.tape.all) != 1 || e.Attempts != n {
					t.Errorf("%s: recorded %+v", how, e)
				}
				if err != nil && (Explain(err) == "" || strings.Contains(Explain(err)+err.Error(), token)) {
					t.Errorf("%s: %s", how, Explain(err))
				}
			}
			check("GET", c.get, func(o *Operations) error { _, err := o.ListKeys(parent); return err })
			check("POST", c.change, func(o *Operations) error { _, err := o.Promote(); return err })
			check("DELETE", c.change, func(o *Operations) error { return o.DeleteKey(parent, someSK) })
		})
	}
}

// net/http repeats some requests by itself when a kept connection breaks.
func TestChangesAreNotRepeatedOnKeptConnections(t *testing.T) {
	s := newStub(t, inTurn(says(200, `{"keys":[]}`), hangUp, says(200, `{}`)))
	o := s.ops()
	if _, err := o.ListKeys(parent); err != nil {
		t.Fatal(err)
	}
	if _, err := o.CreateSecondary(); !Unsure(err) {
		t.Errorf("got %v", err)
	}
	if got := s.requests(); len(got) != 2 {
		t.Errorf("sent %q", got)
	}
}

func TestThrottledRequestsAreRepeated(t *testing.T) {
	done := says(201, `{"account_sid":"`+parent+`","secondary_auth_token":"`+token+`"}`)
	s := newStub(t, inTurn(says(429, `{"code":20429}`, "Retry-After", "7"), says(429, ``), done))
	if _, err := s.ops().CreateSecondary(); err != nil {
		t.Fatal(err)
	}
	if e := s.last(t); e.Attempts != 3 || len(s.tape.all) != 1 || e.Status != 201 {
		t.Errorf("recorded %+v", e)
	}
	if s.clock.slept[0] != 7*time.Second || s.clock.slept[1] > 200*time.Millisecond {
		t.Errorf("slept %v", s.clock.slept)
	}
	if p := s.Pace(); p.Throttled != 2 || p.Sent != 3 || p.InFlight != 0 || p.Limit >= 10 {
		t.Errorf("pace %+v", p)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 7, 1, 3, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "3": 3 * time.Second, "-1": 0, "soon": 0, "99999999999999": 0,
		now.Add(time.Minute).Format(http.TimeFormat):  time.Minute,
		now.Add(-time.Minute).Format(http.TimeFormat): 0,
	} {
		if got := retryAfter(http.Header{"Retry-After": {text}}, now); got != want {
			t.Errorf("Retry-After: %s = %v, want %v", text, got, want)
		}
	}
}

// One operation is not repeated past its patience, and says for how long
// Twilio wanted it to wait; the next one is not even sent before that.
func TestRetryAfterBeyondPatience(t *testing.T) {
	s := newStub(t, says(429, `{"code":20429}`, "Retry-After", "3600"))
	_, err := s.ops().Promote()
	var r *Refusal
	if !errors.As(err, &r) || r.RetryAfter != time.Hour || !NotMade(err) {
		t.Errorf("got %v", err)
	}
	wantText(t, Explain(err), "Twilio asks to wait 1h0m0s.")
	if err := s.ops().DeleteKey(parent, someSK); !NotMade(err) {
		t.Errorf("got %v", err)
	}
	if n := len(s.requests()); n != 1 || len(s.clock.slept) != 0 {
		t.Errorf("%d requests, slept %v", n, s.clock.slept)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s := newStub(t, says(200, `{}`))
	if _, err := s.on(ctx).Promote(); !NotMade(err) || !errors.Is(err, context.Canceled) {
		t.Errorf("before: %v", err)
	}
	if n := len(s.requests()) + len(s.tape.all); n != 0 {
		t.Errorf("%d requests or exchanges", n)
	}

	ctx, cancel = context.WithCancel(context.Background())
	s = newStub(t, func(_ http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() })
	if _, err := s.on(ctx).Promote(); !Unsure(err) || NotMade(err) || !errors.Is(err, context.Canceled) {
		t.Errorf("in flight: %v", err)
	}

	ctx, cancel = context.WithCancel(context.Background())
	s = newStub(t, says(429, `{}`), func(o *Options) {
		o.Sleep = func(ctx context.Context, _ time.Duration) error { cancel(); return ctx.Err() }
	})
	if _, err := s.on(ctx).Promote(); !NotMade(err) || !errors.Is(err, context.Canceled) {
		t.Errorf("between: %v", err)
	}
}

func TestTimeLimit(t *testing.T) {
	s := newStub(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, func(o *Options) { o.Timeout = time.Millisecond })
	_, err := s.ops().Promote()
	if err == nil || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	if !Unsure(err) && s.last(t).Status == 0 && len(s.requests()) > 0 {
		t.Errorf("it was sent, so it may have been carried out: %v", err)
	}
}

func TestNobodyThere(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	api, _ := url.Parse(server.URL)
	server.Close()
	s := newStub(t, hangUp, func(o *Options) { o.API = api })
	if _, err := s.ops().Promote(); !NotMade(err) || Unsure(err) {
		t.Errorf("got %v", err)
	}
	e := s.last(t)
	if e.Status != 0 || e.Attempts != 1 {
		t.Errorf("recorded %+v", e)
	}
	wantText(t, e.Problem, "no reply: ")
	_, err := s.ops().Promote()
	wantText(t, Explain(err), "could not be reached")
}

// The system's roots do not know the test server.
func TestUntrustedCertificate(t *testing.T) {
	server := httptest.NewUnstartedServer(says(200, `{}`))
	server.Config.ErrorLog = quiet
	server.StartTLS()
	defer server.Close()
	transport := newTransport(1)
	transport.TLSClientConfig = &tls.Config{ServerName: "api.twilio.com"}
	s := newStub(t, hangUp, func(o *Options) {
		o.API = nil
		o.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			r.URL.Host = strings.TrimPrefix(server.URL, "https://")
			return transport.RoundTrip(r)
		})
	})
	_, err := s.ops().ListKeys(parent)
	if !NotMade(err) || s.last(t).Attempts != 1 {
		t.Errorf("got %v", err)
	}
	wantText(t, Explain(err), "certificate")
	if _, err := s.ops().Promote(); !NotMade(err) {
		t.Errorf("got %v", err)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A transport that is not net/http's does not report what it wrote.
func TestOtherTransports(t *testing.T) {
	var fail error
	body, length := "{}", int64(100)
	s := newStub(t, hangUp, func(o *Options) {
		o.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			if fail != nil {
				return nil, fail
			}
			return &http.Response{StatusCode: 200, ContentLength: length, Body: io.NopCloser(strings.NewReader(body))}, nil
		})
	})
	if _, err := s.ops().Promote(); !Unsure(err) {
		t.Errorf("shorter than stated: %v", err)
	}
	wantText(t, s.last(t).Problem, "cut short")
	fail = errors.New("gone")
	if _, err := s.ops().Promote(); !Unsure(err) {
		t.Errorf("silent: %v", err)
	}
}

func TestLargeRepliesAreRefused(t *testing.T) {
	closed := false
	s := newStub(t, hangUp, func(o *Options) {
		o.Transport = roundTrip(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, ContentLength: -1, Body: &endless{&closed}}, nil
		})
	})
	_, err := readAll(&http.Response{ContentLength: -1, Body: &endless{&closed}})
	if !errors.Is(err, errTooLarge) || !closed {
		t.Errorf("got %v, closed %v", err, closed)
	}
	r := reply{attempts: 1, status: 200, err: err}
	if err := s.judge(&request{method: "POST"}, r, ""); !Unsure(err) {
		t.Errorf("got %v", err)
	}
	if repeatable(context.Background(), &request{method: "GET"}, r) {
		t.Error("a reply that is too large must not be fetched again")
	}
}

type endless struct{ closed *bool }

func (e *endless) Read(p []byte) (int, error) { return len(p), nil }
func (e *endless) Close() error               { *e.closed = true; return nil }

func TestRefusals(t *testing.T) {
	s := newStub(t, says(401, `{"code":"20003","message":"bad `+token+` \u001b[2J\u202e","status":401}`, "Twilio-Request-Id", "RQ9"))
	_, err := s.ops().ListKeys(parent)
	var r *Refusal
	if !errors.As(err, &r) || r.Code != 20003 || r.HTTPStatus != 401 || r.RequestID != "RQ9" || !Unauthorized(err) || Gone(err) {
		t.Fatalf("got %#v", err)
	}
	if text := err.Error(); strings.ContainsAny(text, "\x1b\u202e") || strings.Contains(text, token) || !strings.Contains(text, `\x1b[2J\u202e`) {
		t.Errorf("Error() = %q", text)
	}
	for _, c := range []struct {
		status int
		body   string
		gone   bool
	}{{404, `{"code":20404}`, true}, {404, ``, true}, {404, `<html>not found`, false}, {404, `{}`, true}, {403, `{"code":20403}`, false}} {
		s := newStub(t, says(c.status, c.body))
		_, err := s.ops().FetchKey(parent, someSK)
		if Gone(err) != c.gone || Unauthorized(err) {
			t.Errorf("%d %s: gone %v", c.status, c.body, Gone(err))
		}
	}
}

func TestExplain(t *testing.T) {
	codes := []int{20003, 10001, 20005, 20403, 20404, 20429, 70051, 21475, 21476, 21477, 21478, 21479, 30002, 30409, 30649, 90010}
	var said []string
	for _, code := range codes {
		text := Explain(&Refusal{HTTPStatus: 400, Code: code})
		if len(text) < 40 || slices.Contains(said, text) && code != 20005 && code != 90010 {
			t.Errorf("%d: %s", code, text)
		}
		said = append(said, text)
	}
	for status, code := range map[int]int{401: 20003, 403: 20403, 404: 20404, 429: 20429} {
		if Explain(&Refusal{HTTPStatus: status}) != codeWords[code] {
			t.Errorf("%d without a code", status)
		}
	}
	if Explain(nil) != "" || !strings.Contains(Explain(ErrReadOnly), "only reads") {
		t.Error("nil and ErrReadOnly")
	}
	wantText(t, Explain(errors.New("x\x1b")), `x\x1b`)
}

func TestExplainFailures(t *testing.T) {
	for want, f := range map[string]*Failure{
		"case file could not take": {kind: notRecorded},
		"server failed":            {kind: serverError},
		"another address":          {kind: redirected},
		"cut short":                {kind: cutShort},
		"not what Twilio sends":    {kind: garbage},
		"does not hold what":       {kind: lacking},
		"not answer in time":       {kind: noReply, Err: errTimeout},
		"connection broke":         {kind: noReply, Err: io.EOF},
		"stopped before":           {Err: context.Canceled},
		"This was not sent":        {Problem: "x"},
	} {
		wantText(t, Explain(f), want)
		f.unsure = true
		wantText(t, Explain(f), "read the account before anything is sent again")
		wantText(t, f.Error(), "may have been carried out")
	}
	wantText(t, Explain(&Refusal{HTTPStatus: 403, foreign: true}), "proxy")
	wantText(t, Explain(&Refusal{HTTPStatus: 418}), "changed nothing")
	wantText(t, (&Partial{Received: 3, Err: io.EOF}).Error(), "after 3 records")
}

func TestSleep(t *testing.T) {
	if err := Sleep(context.Background(), 1); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Sleep(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
