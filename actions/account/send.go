package account

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"retake/store/failpoint"
)

// largest is the largest reply that is read, in bytes.
const largest = 64 << 20

const (
	shortestWait = 100 * time.Millisecond // before the first repeat, at most
	longestWait  = 10 * time.Second       // before any repeat that Twilio set no time for
)

var errTooLarge = errors.New("the reply is larger than 64 MiB")

// A request is one that was checked and may be sent.
type request struct {
	method      string
	url         *url.URL // with the true host
	as          Credential
	bearer      Secret      // instead of as, where a service wants it
	header      http.Header // beside the usual ones
	contentType string
	body        []byte

	client bool // as is an OAuth client, whose token is the bearer
	signIn bool // it asks for that token
}

// changes tells whether a request may change something. To sign in is a POST and
// changes nothing.
func (q *request) changes() bool {
	return q.method != http.MethodGet && q.method != http.MethodHead && !q.signIn
}

// A reply is what came of a request, after all attempts.
type reply struct {
	at       time.Time
	took     time.Duration
	attempts int
	status   int // 0: no reply
	header   http.Header
	body     []byte
	err      error // the reply is missing or not whole
	unsent   bool  // surely not sent: nothing of this attempt was written
	stopped  error // why it was not repeated though it might have been
}

// send sends q, and again as long as that is safe and the line has patience.
func (l *Line) send(ctx context.Context, q *request) reply {
	var last reply
	deadline := l.options.Now().Add(l.options.Patience)
	for n := 0; ; n++ {
		patient := l.patient()
		ticket, err := l.pace.enter(ctx, deadline, patient)
		if err != nil {
			last.stopped = err
			return last
		}
		last = l.attempt(ctx, q)
		last.attempts = n + 1
		wait, asked := l.wait(last, n)
		var hold time.Time
		if asked && !l.once {
			hold = l.options.Now().Add(wait)
		}
		l.pace.leave(ticket, last.status, hold, patient)
		due := l.options.Now().Add(wait)
		nobody := l.options.API != nil && unreachable(last.err) // on this machine; waiting brings nobody
		if l.once || !repeatable(ctx, q, last) || nobody || due.After(deadline) {
			return last
		}
		if err := l.pace.rest(ctx, due); err != nil {
			last.stopped = err
			return last
		}
	}
}

// repeatable tells whether q may be sent again: after a 429 always, since
// that request was not processed; after a server's error or without a whole
// reply only if it changes nothing.
func repeatable(ctx context.Context, q *request, r reply) bool {
	switch {
	case ctx.Err() != nil:
		return false
	case r.status == http.StatusTooManyRequests:
		return true
	case q.changes() || untrusted(r.err) || errors.Is(r.err, errTooLarge):
		return false
	}
	return r.err != nil || r.status >= 500 && r.status != http.StatusNotImplemented
}

// wait is how long to wait before the next attempt, and whether Twilio asked
// for it; what it asked for holds for everybody on the line.
func (l *Line) wait(r reply, n int) (time.Duration, bool) {
	if r.status == http.StatusTooManyRequests || r.status >= 500 {
		if d := retryAfter(r.header, l.options.Now()); d > 0 {
			return d, true
		}
	}
	if r.status == http.StatusTooManyRequests {
		if d := resetAfter(r.header, l.options.Now()); d > 0 {
			return d, true
		}
	}
	ceiling := min(longestWait, shortestWait<<min(n, 10))
	return rand.N(ceiling) + 1, false
}

// retryAfter reads Retry-After as seconds or as a date, which is by the clock of
// whoever sent it (RFC 9110 sections 10.2.3 and 6.6.1); 0 if there is none.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if s, err := strconv.ParseInt(text, 10, 32); err == nil {
		return time.Duration(max(0, s)) * time.Second
	}
	if t, err := http.ParseTime(text); err == nil {
		if theirs, err := http.ParseTime(h.Get("Date")); err == nil {
			now = theirs
		}
		return max(0, t.Sub(now))
	}
	return 0
}

// attempt sends q once and reads the reply to its end.
func (l *Line) attempt(ctx context.Context, q *request) reply {
	ctx, cancel := context.WithTimeoutCause(ctx, l.options.Timeout, errTimeout)
	defer cancel()
	var seen trace
	r := reply{at: l.options.Now()}
	failpoint.Hit("send")
	sent := l.options.Clock()
	resp, err := l.options.Transport.RoundTrip(l.outgoing(seen.watch(ctx), q))
	if err == nil && timed(q.url.Hostname()) {
		l.dates.hear(resp.Header, sent, l.options.Clock())
	}
	if err != nil {
		r.err = because(ctx, err)
		r.unsent = seen.unsent(err)
	} else {
		r.status, r.header = resp.StatusCode, resp.Header
		r.body, r.err = readAll(resp)
		r.err = because(ctx, r.err)
	}
	failpoint.Hit("sent")
	r.took = l.options.Now().Sub(r.at)
	return r
}

var errTimeout = fmt.Errorf("no answer in time: %w", context.DeadlineExceeded)

// because names the line's own time limit where that is what ended the call.
func because(ctx context.Context, err error) error {
	if err != nil && context.Cause(ctx) == errTimeout {
		return errTimeout
	}
	return err
}

// outgoing makes the HTTP request: to Twilio, or to the other API with Twilio's
// Host header. It carries no GetBody, so that net/http cannot repeat a change.
func (l *Line) outgoing(ctx context.Context, q *request) *http.Request {
	target := *q.url
	if api := l.options.API; api != nil {
		target.Scheme, target.Host = api.Scheme, api.Host
	}
	r := (&http.Request{
		Method: q.method, URL: &target, Host: q.url.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Accept": {"application/json"}, "User-Agent": {"retake"}},
	}).WithContext(ctx)
	for name, values := range q.header {
		r.Header[name] = values
	}
	switch {
	case q.bearer.IsZero() && !q.client:
		r.SetBasicAuth(q.as.SID, q.as.Secret.Reveal())
	case !q.bearer.IsZero():
		r.Header.Set("Authorization", "Bearer "+q.bearer.Reveal())
	}
	if len(q.body) > 0 {
		r.Header.Set("Content-Type", q.contentType)
		r.ContentLength = int64(len(q.body))
		r.Body = io.NopCloser(bytes.NewReader(q.body))
	}
	return r
}

// readAll reads the body to its end and holds it against its stated length.
func readAll(resp *http.Response) ([]byte, error) {
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, largest+1))
	switch {
	case err != nil:
		return body, err
	case len(body) > largest:
		return body[:largest], errTooLarge
	case resp.ContentLength > int64(len(body)):
		return body, io.ErrUnexpectedEOF
	}
	return body, nil
}

// A trace sees how far a request got. A transport that is not net/http's
// reports nothing, and then nothing is concluded from the silence.
type trace struct{ asked, wrote atomic.Bool }

func (t *trace) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { t.asked.Store(true) },
		// Called before the headers are flushed, so without it no server can
		// have seen a whole request.
		WroteHeaders: func() { t.wrote.Store(true) },
	})
}

func (t *trace) unsent(err error) bool {
	return !t.wrote.Load() && (t.asked.Load() || unreachable(err) || untrusted(err))
}
