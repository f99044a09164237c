package account

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"
)

// Options are how the line is built; the zero value is Twilio itself.
type Options struct {
	API         *url.URL                                   // nil: Twilio; otherwise every call goes to this loopback address, with its true Host header
	Transport   http.RoundTripper                          // nil: a transport of the line's own
	Fingerprint func(secret string) string                 // what a masked token becomes, such as "[secret 5f0c…]"; nil: "[secret]"
	Now         func() time.Time                           // nil: time.Now
	Clock       func() time.Time                           // the clock that Skew holds Twilio's against; nil: Now
	Sleep       func(context.Context, time.Duration) error // nil: a timer; returns early with ctx's error
	Limit       int                                        // most requests in flight at once; 0: 10
	Timeout     time.Duration                              // for one attempt; 0: 30 s
	Patience    time.Duration                              // how long one operation is repeated; 0: 2 min
}

// A Line is the way to Twilio, shared by all clients of a run: one pace, one
// set of masks. It is safe for concurrent use.
type Line struct {
	options  Options
	pace     *pacer
	masks    *masks
	dates    *dates
	readOnly bool
	patience *atomic.Bool // nil: none
	once     bool         // nothing is sent again, and a limit that was met is no one else's
}

// NewLine builds the line. It refuses an API address that is not this very
// machine: the credentials would go there in plain text.
func NewLine(o Options) (*Line, error) {
	if err := checkAPI(o.API); err != nil {
		return nil, err
	}
	o = withDefaults(o)
	return &Line{options: o, pace: newPacer(o.Limit, o.Now, o.Sleep), masks: newMasks(o.Fingerprint), dates: &dates{}}, nil
}

func checkAPI(u *url.URL) error {
	switch {
	case u == nil:
		return nil
	case u.Scheme != "http" || !loopback(u.Hostname()):
		return errors.New("the address of another API must be http:// on this machine, such as http://127.0.0.1:8080")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || (u.Path != "" && u.Path != "/"):
		return errors.New("the address of another API must be a host and a port only, such as http://127.0.0.1:8080")
	}
	return nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func withDefaults(o Options) Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Clock == nil {
		o.Clock = o.Now
	}
	if o.Sleep == nil {
		o.Sleep = Sleep
	}
	if o.Fingerprint == nil {
		o.Fingerprint = func(string) string { return hidden }
	}
	if o.Limit <= 0 {
		o.Limit = 10
	}
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Patience <= 0 {
		o.Patience = 2 * time.Minute
	}
	if o.Transport == nil {
		o.Transport = newTransport(o.Limit)
	}
	return o
}

// newTransport keeps the bytes as Twilio sent them and enough idle connections
// for everybody. Idle ones are dropped well before a server would drop them:
// a change that meets a closing connection has an unknown outcome. It speaks
// HTTP/1.1 only, since net/http repeats requests of any method after some
// errors of HTTP/2.
func newTransport(limit int) *http.Transport {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	return &http.Transport{
		Protocols:           &protocols,
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSHandshakeTimeout: 10 * time.Second,
		DisableCompression:  true,
		MaxIdleConnsPerHost: max(64, limit),
		IdleConnTimeout:     15 * time.Second,
	}
}

// Sleep waits, or ends early with the error of ctx.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ReadOnly returns the same line, pace and masks, that refuses every changing
// request before it is sent, with ErrReadOnly.
func (l *Line) ReadOnly() *Line {
	reading := *l
	reading.readOnly = true
	return &reading
}

// Patient returns the same line for reading that nobody waits for: its requests
// let all others go first, and take half of the places in flight at most.
func (l *Line) Patient() *Line {
	waiting := *l
	waiting.patience = new(atomic.Bool)
	waiting.patience.Store(true)
	return &waiting
}

// Hasten ends the patience of a line that Patient returned: somebody waits now.
func (l *Line) Hasten() {
	if l.patience != nil {
		l.patience.Store(false)
	}
}

func (l *Line) patient() bool { return l.patience != nil && l.patience.Load() }

// Learn makes secrets known: from now on they are masked wherever they
// appear. Secrets shorter than six bytes are not learned, since masking them
// would tear holes into everything.
func (l *Line) Learn(secrets ...Secret) {
	for _, s := range secrets {
		l.masks.learn(s.Reveal())
	}
}

// Mask masks a text of any origin: an error, a crash report, JSON.
func (l *Line) Mask(text string) string { return string(l.masks.body([]byte(text), "", nil)) }

// Pace tells how fast the line goes at present.
func (l *Line) Pace() Pace { return l.pace.snapshot() }

// As returns a client that authenticates with the credential, and learns it.
func (l *Line) As(c Credential) *Client {
	l.Learn(c.Secret)
	return &Client{line: l, credential: c}
}
