package account

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Service is an API beside Twilio's that is opened with a key of its own, such
// as SendGrid's.
type Service struct {
	Hosts []string // where the key may go
	Limit int      // most requests in flight at once
}

// Beside is the line's way to a service: the same transport, masks, judging,
// recording and rules of repeating, and a pace of its own, since the one knows
// nothing of the other's limits.
type Beside struct {
	line    *Line
	service Service
	name    string // of the key, for the record
	key     Secret
}

// Beside opens the way to a service with a key, and learns it. name is what the
// record calls the key.
func (l *Line) Beside(s Service, name string, key Secret) *Beside {
	own := *l
	own.pace = newPacer(s.Limit, own.options.Now, own.options.Sleep)
	own.Learn(key)
	return &Beside{line: &own, service: s, name: name, key: key}
}

// Learn makes secrets known to the line: see Line.Learn.
func (b *Beside) Learn(secrets ...Secret) { b.line.Learn(secrets...) }

// An Ask is one request to a service.
type Ask struct {
	Method, Host string
	Path         []string // its parts, not escaped
	Query        url.Values
	Body         any               // to be sent as JSON; nil: nothing
	Header       map[string]string // beside the usual ones
	As           string            // whom the key acts for, "" for itself: for the record
	Account      string            // SID under which the exchange is filed
	List         string            // member of the reply that must be a list, "" for none
	Once         bool              // not repeated: whoever asks keeps the pace
}

// An Answer is a whole and sensible success.
type Answer struct {
	Body   []byte // as it came: it may hold secrets
	Shown  []byte // as it was recorded, masked
	Header http.Header
}

// Send sends one request, records the exchange and returns the answer only if it
// is a whole and sensible success. Errors are as those of Operations.
func (b *Beside) Send(ctx context.Context, recorder Recorder, a Ask) (Answer, error) {
	q, err := b.request(a)
	if err != nil {
		return Answer{}, err
	}
	w := &wire{line: b.line, as: Credential{SID: strings.TrimSpace(b.name + " " + a.As)}, ctx: ctx, recorder: recorder, account: a.Account, list: a.List}
	line := b.line
	if a.Once {
		once := *line
		once.once = true
		line = &once
	}
	r := line.send(ctx, q)
	if r.attempts == 0 {
		return Answer{}, line.stopped(r.stopped, false)
	}
	problem := line.judge(q, r, a.List)
	if refused := refusal(problem); refused != nil {
		refused.beside = true
	}
	if err := w.record(q, r, problem); err != nil {
		return Answer{}, err
	}
	return Answer{r.body, w.shown, r.header}, problem
}

var headerText = regexp.MustCompile(`^[ -~]*$`)

// request checks everything that can be checked before a request is sent.
func (b *Beside) request(a Ask) (*request, error) {
	if b.key.IsZero() || !tokenText.MatchString(b.key.Reveal()) {
		return nil, notSent(nil, "not sent: there is no key, or it holds what no key holds")
	}
	if !slices.Contains(b.service.Hosts, a.Host) {
		return nil, notSent(nil, "not sent: %s is not one of the hosts of this service", printable(cut(a.Host, 80)))
	}
	q := &request{method: a.Method, bearer: b.key, header: http.Header{}, contentType: "application/json"}
	if q.changes() && b.line.readOnly {
		return nil, notSent(ErrReadOnly, "%v", ErrReadOnly)
	}
	for name, value := range a.Header {
		if !headerText.MatchString(value) {
			return nil, notSent(nil, "not sent: %s cannot be put in a header", printable(cut(value, 80)))
		}
		q.header.Set(name, value)
	}
	var err error
	if q.url, err = joined(a); err != nil {
		return nil, err
	}
	if a.Body != nil {
		if q.body, err = json.Marshal(a.Body); err != nil {
			return nil, notSent(err, "not sent: the request cannot be written: %v", err)
		}
	}
	return q, nil
}

// joined makes the address of its parts, each of which stays one part.
func joined(a Ask) (*url.URL, error) {
	var escaped []string
	for _, part := range a.Path {
		if part == "" || part == "." || part == ".." {
			return nil, notSent(nil, "not sent: the path has an empty or dotted part")
		}
		escaped = append(escaped, url.PathEscape(part))
	}
	return &url.URL{
		Scheme: "https", Host: a.Host, RawQuery: a.Query.Encode(),
		Path: "/" + strings.Join(a.Path, "/"), RawPath: "/" + strings.Join(escaped, "/"),
	}, nil
}

// resetAfter is how long until a limit begins anew, which services other than
// Twilio say by the clock of their own (SendGrid: rate limits); 0 if they do not.
func resetAfter(h http.Header, now time.Time) time.Duration {
	at, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil {
		return 0
	}
	if theirs, err := http.ParseTime(h.Get("Date")); err == nil {
		now = theirs
	}
	return max(0, time.Unix(at, 0).Sub(now))
}
