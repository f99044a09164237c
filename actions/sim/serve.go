package sim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// errCut is what a caller in the same process sees of a lost connection.
var errCut = fmt.Errorf("connection reset by the simulated account: %w", io.ErrUnexpectedEOF)

// answer is what goes back: a reply, or a connection that breaks.
type answer struct {
	status int
	header http.Header
	body   []byte
	lost   bool // nothing arrives
	half   bool // half of the body arrives
}

// RoundTrip answers in process, without a network.
func (w *World) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	a, err := w.answer(r)
	if err != nil {
		return nil, err
	}
	if a.lost {
		return nil, errCut
	}
	var body io.Reader = bytes.NewReader(a.body)
	if a.half {
		body = io.MultiReader(bytes.NewReader(a.body[:len(a.body)/2]), broken{})
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)), StatusCode: a.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: a.header,
		Body: io.NopCloser(body), ContentLength: int64(len(a.body)), Request: r,
	}, nil
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// ServeHTTP answers over a connection, which a lost reply closes.
func (w *World) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	a, err := w.answer(r)
	if err != nil || a.lost {
		panic(http.ErrAbortHandler) // the documented way to cut the connection
	}
	for name, values := range a.header {
		rw.Header()[name] = values
	}
	if a.status != http.StatusNoContent {
		rw.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	rw.WriteHeader(a.status)
	if !a.half {
		_, _ = rw.Write(a.body) // a caller that hung up has nobody to tell
		return
	}
	_, _ = rw.Write(a.body[:len(a.body)/2])
	_ = http.NewResponseController(rw).Flush()
	panic(http.ErrAbortHandler)
}

// answer does everything that both doors share. Its error is the context's.
func (w *World) answer(r *http.Request) (answer, error) {
	host, path := where(r)
	if path == "/__sim/acts" && r.Method == http.MethodGet {
		return w.actsAnswer(), nil
	}
	n, busy := w.arrivals.Add(1), int64(0)
	if host != hostGitHub && !isMail(host) { // whose limits are its own
		busy = w.busy.Add(1)
		defer w.busy.Add(-1)
	}
	host, region := inRegion(host)
	q := request{Request: r, host: host, region: region, path: path, busy: busy}
	if err := q.read(); err != nil {
		return answer{}, fmt.Errorf("cannot read the request: %w", err)
	}
	if w.options.Concurrency > 0 && busy > int64(w.options.Concurrency) {
		return w.finish(q, tooMany()), nil
	}
	if region != "" && host == hostAccounts && w.options.Switches.RegionalAccounts == "absent" {
		return answer{lost: true}, nil
	}
	fault := w.fault(q, int(n))
	if err := wait(r.Context(), w.options.Latency); err != nil {
		return answer{}, err
	}
	return w.spoil(q, fault), nil
}

func (w *World) actsAnswer() answer {
	acts := w.Acts()
	if acts == nil {
		acts = []Act{}
	}
	b, _ := json.Marshal(acts) // strings, times and numbers cannot fail
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	return answer{status: http.StatusOK, header: h, body: append(b, '\n')}
}

// execute runs the request alone and has the new state saved.
func (w *World) execute(q request) reply {
	w.mu.Lock()
	defer w.mu.Unlock()
	at := w.start.Add(w.clock())
	c := &call{World: w, request: q, now: at.Truncate(time.Second), exact: at.Truncate(time.Millisecond)}
	if q.host == hostGitHub {
		return c.github()
	}
	acts := len(w.state.Acts)
	var out reply
	if isMail(q.host) {
		out = c.mail()
	} else {
		out = c.run()
	}
	if len(w.state.Acts) == acts || w.onChange == nil {
		return out
	}
	snapshot, err := w.snapshot()
	if err == nil {
		err = w.onChange(snapshot)
	}
	if err != nil {
		return refusal(http.StatusInternalServerError, 20500, "the simulated account cannot save its state: "+err.Error())
	}
	return out
}

// finish turns a reply into bytes.
func (w *World) finish(q request, out reply) answer {
	a := answer{status: out.status, header: http.Header{}}
	maps.Copy(a.header, out.header)
	w.mu.Lock()
	w.requests++
	a.header.Set("Date", w.Now().UTC().Format(http.TimeFormat))
	id := fold(w.state.Shape.Seed, word("request"), w.requests, uint64(w.Now().Unix()))
	w.mu.Unlock()
	if q.host == hostGitHub {
		a.header.Set("X-GitHub-Request-Id", strings.ToUpper(hex32(id, mix(id))[:24]))
	} else if !isMail(q.host) {
		a.header.Set("Twilio-Request-Id", "RQ"+hex32(id, mix(id)))
		a.header.Set("Twilio-Concurrent-Requests", strconv.FormatInt(q.busy, 10))
	}
	if s := w.options.Switches.RetryAfter; out.status == http.StatusTooManyRequests && s > 0 {
		a.header.Set("Retry-After", strconv.Itoa(s))
	}
	if out.status != http.StatusNoContent {
		if a.header.Get("Content-Type") == "" {
			a.header.Set("Content-Type", "application/json;charset=utf-8")
		}
		a.body = encode(out.body)
	}
	w.plantIn(&a)
	return a
}

func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // maps of strings, numbers and times cannot fail
	return b.Bytes()
}

func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// where finds the host that is meant: by the Host header, else by the first
// segment of the path.
func where(r *http.Request) (host, path string) {
	host, path = r.Host, r.URL.Path
	if host == "" {
		host = r.URL.Host
	}
	host, _, _ = strings.Cut(host, ":")
	if known(host) {
		return host, path
	}
	first, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if known(first) {
		return first, "/" + rest
	}
	return host, path
}

func known(host string) bool {
	return strings.HasSuffix(host, ".twilio.com") || isMail(host) || host == hostGitHub
}
