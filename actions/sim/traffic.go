package sim

import (
	"math/rand/v2"
	"slices"
	"sort"
	"time"
)

// Traffic is drawn, not stored. It lies in windows of 24 hours counted from
// the start of the world, so that a given number of records can be met exactly
// and time can go on: window 0 is the day before the start, window -1 the day
// after it. The intruder's traffic lies in slots at a fixed distance.

const (
	historyDays = 120
	day         = 24 * time.Hour
)

// stream is calls or messages.
type stream int

const (
	callStream stream = iota
	messageStream
)

type windowKey struct {
	account int
	stream  stream
	day     int
}

type streamKey struct {
	account int
	stream  stream
}

// rec is one call or message before anything about it is drawn. Its rank
// orders all records of a stream: the second, then whose it is, then a number.
type rec struct {
	rank uint64
	last int32 // seconds until it is over: talked, or delivered
	seed uint64
}

const (
	rankBits  = 26
	attackBit = 1 << (rankBits - 1)
)

func rankOf(at int64, attack bool, n int) uint64 {
	r := uint64(at)<<rankBits | uint64(n)
	if attack {
		r |= attackBit
	}
	return r
}

func (r rec) at() time.Time { return time.Unix(int64(r.rank>>rankBits), 0).UTC() }
func (r rec) attack() bool  { return r.rank&attackBit != 0 }
func (r rec) end() time.Time {
	return r.at().Add(time.Duration(r.last) * time.Second)
}

// hours is how busy an hour of the day is, at most 1.
var hours = [24]float64{.02, .01, .01, .01, .01, .03, .1, .3, .7, .95, 1, .95, .85, .9, .95, .9, .85, .7, .45, .3, .2, .12, .06, .03}

// weekday is how busy a day of the week is, Sunday first.
var weekday = [7]float64{.15, 1.05, 1, 1, 1.05, 1.1, .4}

func (w *World) windowEnd(n int) time.Time {
	return w.state.Shape.Start.Add(-time.Duration(n) * day)
}

func (w *World) weight(n int) float64 {
	return weekday[w.windowEnd(n).Add(-day/2).Weekday()]
}

// volume is how many ordinary records a window has.
func (w *World) volume(a *account, s stream, n int) int {
	usual, wanted := a.Pace.Calls, w.state.Shape.Calls
	if s == messageStream {
		usual, wanted = a.Pace.Messages, w.state.Shape.Messages
	}
	switch {
	case usual == 0 || wanted < 0:
		return 0
	case wanted == 0:
		wobble := dice(w.state.Shape.Seed, word("volume"), uint64(a.Index), uint64(s), uint64(n)).Float64()
		return int(float64(usual) * w.weight(n) * (.85 + .3*wobble))
	case n < 0:
		return wanted / historyDays
	}
	return w.share(max(0, wanted-len(w.attackBefore(a, s))), n)
}

// share spreads total over the history by weekday, exactly.
func (w *World) share(total, n int) int {
	var before, sum float64
	for i := range historyDays {
		if i < n {
			before += w.weight(i)
		}
		sum += w.weight(i)
	}
	upTo := func(x float64) int { return int(float64(total)*x/sum + 1e-9) }
	if n == historyDays-1 {
		return total - upTo(before)
	}
	return upTo(before+w.weight(n)) - upTo(before)
}

// window draws the ordinary records of one day, oldest first.
func (w *World) window(a *account, s stream, n int) []rec {
	key := windowKey{a.Index, s, n}
	if out, ok := w.windows[key]; ok {
		return out
	}
	d := dice(w.state.Shape.Seed, word("window"), uint64(a.Index), uint64(s), uint64(n))
	begin := w.windowEnd(n + 1).Unix()
	times := make([]int64, w.volume(a, s, n))
	for i := range times {
		times[i] = begin + busySecond(d, begin)
	}
	slices.Sort(times)
	out := make([]rec, len(times))
	for i, t := range times {
		out[i] = rec{rank: rankOf(t, false, i), last: lasting(d, s), seed: d.Uint64()}
	}
	w.windows[key] = out
	return out
}

// busySecond draws a second of the 24 hours from begin, likelier by day.
func busySecond(d *rand.Rand, begin int64) int64 {
	for {
		s := d.Int64N(86400)
		if d.Float64() < hours[(begin+s)/3600%24] {
			return s
		}
	}
}

func lasting(d *rand.Rand, s stream) int32 {
	if s == messageStream {
		return 1 + d.Int32N(8)
	}
	return 20 + int32(min(d.ExpFloat64()*140, 1700))
}

// before returns everything of the stream up to the start, newest first. It
// never changes.
func (w *World) before(a *account, s stream) []rec {
	key := streamKey{a.Index, s}
	if out, ok := w.records[key]; ok {
		return out
	}
	out := slices.Clone(w.attackBefore(a, s))
	for n := range historyDays {
		for _, r := range w.window(a, s, n) {
			if !within(a.Pauses, r.at()) {
				out = append(out, r)
			}
		}
		delete(w.windows, windowKey{a.Index, s, n}) // held once, below
	}
	sort.Slice(out, func(i, j int) bool { return out[i].rank > out[j].rank })
	w.records[key] = out
	return out
}

// all returns everything of the stream up to now, newest first.
func (w *World) all(a *account, s stream, now time.Time) []rec {
	old := w.before(a, s)
	recent := w.attackSince(a, s, now)
	for n := -1; w.windowEnd(n + 1).Before(now); n-- {
		for _, r := range w.window(a, s, n) {
			if !r.at().After(now) && !within(a.Pauses, r.at()) {
				recent = append(recent, r)
			}
		}
	}
	if len(recent) == 0 {
		return old
	}
	sort.Slice(recent, func(i, j int) bool { return recent[i].rank > recent[j].rank })
	return append(recent, old...)
}

// since returns everything of the stream that can matter from a time on, in no
// order, without drawing what lies long before.
func (w *World) since(a *account, s stream, from, now time.Time) []rec {
	out := slices.Concat(w.attackBefore(a, s), w.attackSince(a, s, now))
	for n := historyDays - 1; w.windowEnd(n + 1).Before(now); n-- {
		if w.windowEnd(n).Before(from.Add(-time.Minute)) {
			continue
		}
		for _, r := range w.window(a, s, n) {
			if !r.at().After(now) && !within(a.Pauses, r.at()) {
				out = append(out, r)
			}
		}
	}
	return out
}

// lookUp finds the record of a rank.
func (w *World) lookUp(a *account, s stream, rank uint64, now time.Time) (rec, bool) {
	all := w.all(a, s, now)
	i := sort.Search(len(all), func(i int) bool { return all[i].rank <= rank })
	if i < len(all) && all[i].rank == rank {
		return all[i], true
	}
	return rec{}, false
}

// recordSID hides the rank in the SID, so that a record is found without a
// table of them.
func (w *World) recordSID(prefix string, a *account, rank uint64) string {
	secret := fold(w.state.Shape.Seed, word(prefix), uint64(a.Index))
	return prefix + hex32(mix(rank^secret), fold(secret, rank))
}

func (w *World) bySID(prefix string, a *account, s stream, sid string, now time.Time) (rec, bool) {
	var hi uint64
	for _, digit := range sid[2:18] {
		hi = hi<<4 | uint64(digit&0xf) + uint64(digit>>6)*9
	}
	rank := unmix(hi) ^ fold(w.state.Shape.Seed, word(prefix), uint64(a.Index))
	if w.recordSID(prefix, a, rank) != sid {
		return rec{}, false
	}
	return w.lookUp(a, s, rank, now)
}
