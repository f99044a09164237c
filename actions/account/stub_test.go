package account

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	parent = "AC00000000000000000000000000000001"
	child  = "AC00000000000000000000000000000002"
	someSK = "SK0000000000000000000000000000000a"
	token  = "0123456789abcdef0123456789abcdef"
)

// A tape is a Recorder that remembers, or fails.
type tape struct {
	mu   sync.Mutex
	all  []Exchange
	fail error
}

func (t *tape) Record(e Exchange) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, e)
	return t.fail
}

// A clock goes only when somebody sleeps.
type clock struct {
	mu    sync.Mutex
	t     time.Time
	slept []time.Duration
}

func newClock() *clock { return &clock{t: time.Date(2026, 7, 1, 3, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
	c.slept = append(c.slept, d)
	return nil
}

func fingerprint(s string) string {
	return fmt.Sprintf("[secret %x]", sha256.Sum256([]byte("case key"+s)))[:40] + "]"
}

// A stub is a server on loopback and the line to it.
type stub struct {
	*Line
	clock *clock
	tape  *tape
	mu    sync.Mutex
	seen  []string // method, host, URI and body of every request
}

func newStub(t testing.TB, handle http.HandlerFunc, change ...func(*Options)) *stub {
	t.Helper()
	s := &stub{clock: newClock(), tape: &tape{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.seen = append(s.seen, strings.TrimSpace(r.Method+" "+r.Host+r.RequestURI+" "+string(body)))
		s.mu.Unlock()
		handle(w, r)
	}))
	t.Cleanup(server.Close)
	api, _ := url.Parse(server.URL)
	o := Options{API: api, Now: s.clock.now, Sleep: s.clock.sleep, Fingerprint: fingerprint}
	for _, c := range change {
		c(&o)
	}
	line, err := NewLine(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Line = line
	return s
}

func (s *stub) ops() *Operations { return s.on(context.Background()) }

func (s *stub) on(ctx context.Context) *Operations {
	return s.As(Credential{SID: parent, Secret: NewSecret(token)}).On(ctx, s.tape)
}

func (s *stub) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.seen...)
}

func (s *stub) last(t testing.TB) Exchange {
	t.Helper()
	if len(s.tape.all) == 0 {
		t.Fatal("nothing was recorded")
	}
	return s.tape.all[len(s.tape.all)-1]
}

// says answers always the same.
func says(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// inTurn answers with each in turn, and stays with the last.
func inTurn(answers ...http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	n := 0
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		answer := answers[min(n, len(answers)-1)]
		n++
		mu.Unlock()
		answer(w, r)
	}
}

// hangUp closes the connection without a reply.
func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// cutOff promises more than it sends.
func cutOff(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"auth_token":"`+token+`"`)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

func wantText(t testing.TB, got, want string) {
	t.Helper()
	if !strings.Contains(got, want) {
		t.Errorf("%q is not in %q", want, got)
	}
}
