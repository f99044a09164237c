package account

import (
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	// furthest is how far apart two clocks can be that still talk to each other: no
	// certificate of a public host is valid for longer than 398 days (CA/Browser
	// Forum, Baseline Requirements 6.3.2), so that TLS fails before that.
	furthest = 398 * 24 * time.Hour

	// slowest is how long a reply may have taken that still tells the time.
	slowest = 10 * time.Second

	// jitter is how far the clocks of the machines may be apart that answer as Twilio.
	jitter = 2 * time.Second

	// drift is how fast a clock may go wrong that nobody sets: a second in this many.
	drift = 10000

	// enough is how many replies must agree before they are believed, or before
	// they are believed against those that were.
	enough = 2

	// fickle is how often what was believed may be overthrown within an hour of the
	// time before; after that the Dates say nothing.
	fickle = 3
)

// Skew tells how far Twilio's clock is ahead of the one of this machine, which
// Options.Clock reads; negative where it is behind. It is known once two replies
// agree, to about a second, and 0 where the clocks may well be the same. One reply
// that is off moves nothing; where the replies contradict each other time and
// again, nothing is known any more.
//
// It follows from the Date of the replies of Twilio's own hosts: the moment at
// which the message was made, in whole seconds (RFC 9110 section 6.6.1), which
// lies between the sending of the request and the coming of the reply.
func (l *Line) Skew() (by time.Duration, known bool) { return l.dates.skew() }

// window is what a skew is at least and at most.
type window struct{ low, high time.Duration }

func (w window) meet(v window) (window, bool) {
	both := window{max(w.low, v.low), min(w.high, v.high)}
	return both, both.low <= both.high
}

// dates are what the replies say of Twilio's clock. It is safe for concurrent use.
type dates struct {
	mu       sync.Mutex
	believed window    // what all of the last replies allow
	agreed   int       // how many they are
	last     time.Time // when the last of them came
	rival    *window
	moved    time.Time // when what was believed was overthrown last
	moves    int       // how often, each within an hour of the one before
}

func (k *dates) skew() (by time.Duration, known bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.agreed < enough || k.moves > fickle {
		return 0, false
	}
	if k.believed.low <= 0 && k.believed.high >= 0 {
		return 0, true
	}
	return (k.believed.low + k.believed.high) / 2, true
}

// hear takes in the header of a reply. Both times are by this machine's clock.
func (k *dates) hear(h http.Header, sent, came time.Time) {
	w, ok := allows(h, sent, came)
	if !ok {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.agreed == 0 {
		k.believed, k.agreed, k.last = w, 1, came
		return
	}
	since := max(0, came.Sub(k.last)) / drift
	if both, ok := (window{k.believed.low - since, k.believed.high + since}).meet(w); ok {
		k.believed, k.last, k.rival = both, came, nil
		k.agreed++
		return
	}
	if k.rival != nil {
		if both, ok := k.rival.meet(w); ok {
			k.overthrow(both, came)
			return
		}
	}
	k.rival = &w
}

// overthrow believes what two replies in a row say against those before.
func (k *dates) overthrow(w window, at time.Time) {
	if at.Sub(k.moved).Abs() > time.Hour {
		k.moves = 0
	}
	if k.agreed >= enough {
		k.moves, k.moved = k.moves+1, at
	}
	k.believed, k.agreed, k.last, k.rival = w, enough, at, nil
}

// allows is what the Date of a reply allows; ok is false where it says nothing: it
// is missing, double, garbage or absurd, it stands on a reply that a cache kept
// (RFC 9111 section 5.1), or the reply took too long. The clock may have been set
// while the request was on its way: then the times of it say nothing either.
func allows(h http.Header, sent, came time.Time) (w window, ok bool) {
	sent, came = sent.Round(0), came.Round(0) // by the clock on the wall, which is what is asked about
	dates, age := h.Values("Date"), strings.TrimSpace(h.Get("Age"))
	if took := came.Sub(sent); len(dates) != 1 || age != "" && age != "0" || took < 0 || took > slowest {
		return window{}, false
	}
	at, err := http.ParseTime(dates[0])
	if err != nil || at.Sub(sent).Abs() > furthest {
		return window{}, false
	}
	return window{at.Sub(came) - jitter, at.Add(time.Second).Sub(sent) + jitter}, true
}

// timed tells whether a host's clock is the one that Twilio dates its records by.
func timed(host string) bool { return strings.HasSuffix(host, ".twilio.com") }
