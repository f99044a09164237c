package sim

import "time"

// The intruder's traffic lies in slots: one call or message every so many
// seconds, as long as he can reach the account. It began before the world did.

const (
	breakIn     = 40 * time.Minute // how long before the start he got in
	slotPhase   = 2                // seconds by which a slot comes before a round number
	backlog     = 90               // seconds that his messages wait in the queue
	dialling    = 4                // seconds that a call is queued
	ringing     = 12               // seconds until it is answered
	scheduledOf = 6                // every sixth message is scheduled for later
)

// slotLength is the time between two of his records.
func slotLength(a *account, s stream) time.Duration {
	if s == messageStream {
		return time.Duration(3+4*min(a.Index, 1)) * time.Second
	}
	return time.Duration(25+35*min(a.Index, 1)) * time.Second
}

// slot is his n-th record after the start; n is negative before it.
func (w *World) slot(a *account, s stream, n int) rec {
	at := w.state.Shape.Start.Add(time.Duration(n+1)*slotLength(a, s) - slotPhase*time.Second).Unix()
	d := dice(w.state.Shape.Seed, word("slot"), uint64(a.Index), uint64(s), uint64(at))
	r := rec{rank: rankOf(at, true, 0), seed: d.Uint64()}
	switch {
	case s == callStream:
		r.last = ringing + 600 + d.Int32N(2700)
	case r.scheduled():
		r.last = 2700 + d.Int32N(2700)
	default:
		r.last = backlog + d.Int32N(8)
	}
	return r
}

// target draws which of his places a record is for, with the same draws
// before it as phoneCall and textMessage make.
func target(s stream, r rec) place {
	d := dice(r.seed)
	somewhere(d)
	if s == callStream {
		d.IntN(10)
		return pick(d, tollFraud)
	}
	d.IntN(100)
	fill(d, pick(d, parcelTexts))
	return pick(d, smished)
}

func (r rec) scheduled() bool { return r.attack() && r.seed%scheduledOf == 0 }

// attackBefore returns what he did up to the start, newest first. Where the
// number of records is given he has that many at most.
func (w *World) attackBefore(a *account, s stream) []rec {
	spans := w.state.Intruder.Active[a.Sid]
	most := w.state.Shape.Calls
	if s == messageStream {
		most = w.state.Shape.Messages
	}
	if len(spans) == 0 || most < 0 {
		return nil
	}
	var out []rec
	for n := -1; ; n-- {
		r := w.slot(a, s, n)
		if r.at().Before(spans[0].From) || (most > 0 && len(out) == most) {
			return out
		}
		out = append(out, r)
	}
}

// attackSince returns what he has done since the start, oldest first.
func (w *World) attackSince(a *account, s stream, now time.Time) []rec {
	out, _ := w.attackFrom(a, s, 0, now)
	return out
}

// attackFrom returns what he has done from the slot first on, oldest first, and
// the slot that comes after now.
func (w *World) attackFrom(a *account, s stream, first int, now time.Time) (out []rec, next int) {
	spans := w.state.Intruder.Active[a.Sid]
	if len(spans) == 0 || (s == callStream && w.state.Shape.Calls < 0) || (s == messageStream && w.state.Shape.Messages < 0) {
		return nil, first
	}
	for n := first; ; n++ {
		r := w.slot(a, s, n)
		if r.at().After(now) {
			return out, n
		}
		if within(spans, r.at()) && !a.barred(s, r) {
			out = append(out, r)
		}
	}
}
