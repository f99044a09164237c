package sim

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Truth is what the world knows and no answer tells. It is for a debrief: what
// works on the account must find it out from the answers.
type Truth struct {
	Scenario  string
	Began     time.Time // when the clock started
	Now       time.Time
	BreakIn   time.Time // when the intruder got in; zero where nobody did
	Streams   []Stream
	Footholds []Foothold
	Suspended []string // subaccounts that a request has suspended or closed
	KeysLost  []string // API keys of the company that a request has deleted
}

// Stream is the intruder's calls, or messages, of one account.
type Stream struct {
	Account, Name string
	Kind          string    // calls, messages or mails
	Ran           []Stretch // when he could begin more
	Stopped       time.Time // since when he cannot; zero while he can
}

// Stretch is a time from which and to which something was so; a zero To means
// that it still is.
type Stretch struct{ From, To time.Time }

// Truth tells what the world knows now.
func (w *World) Truth() Truth {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := &w.state
	t := Truth{Scenario: s.Shape.Scenario, Began: w.start, Now: w.Now(), KeysLost: w.keysLost()}
	if s.Intruder.Present || len(s.Planted) > 0 {
		t.BreakIn = w.start.Add(-breakIn)
	}
	for _, f := range w.footholds() {
		t.Footholds = append(t.Footholds, w.tell(f))
	}
	t.Streams = w.mailStream(t.Footholds)
	for _, a := range s.Accounts {
		if n := len(a.Pauses); n > 0 && a.Pauses[n-1].To.IsZero() && !a.Pauses[n-1].From.Before(w.start) {
			t.Suspended = append(t.Suspended, a.Sid)
		}
		for _, one := range streams {
			if ran := s.ran(a, one); len(ran) > 0 {
				t.Streams = append(t.Streams, streamOf(a, one, ran))
			}
		}
	}
	return t
}

func streamOf(a *account, s stream, ran []span) Stream {
	out := Stream{Account: a.Sid, Name: a.Name, Kind: map[stream]string{callStream: "calls", messageStream: "messages"}[s]}
	for _, r := range ran {
		out.Ran = append(out.Ran, Stretch(r))
	}
	out.Stopped = ran[len(ran)-1].To
	return out
}

// keysLost are the deleted keys that were not his.
func (w *World) keysLost() (out []string) {
	for _, act := range w.state.Acts {
		sid := act.Path[strings.LastIndexByte(act.Path, '/')+1:]
		sid = strings.TrimSuffix(sid, ".json")
		gone := act.Method == http.MethodDelete && act.Status < 300 && strings.HasPrefix(sid, "SK")
		if gone && !slices.Contains(w.state.Intruder.Keys, sid) {
			out = append(out, sid)
		}
	}
	return out
}

// ran is when the intruder could begin calls or messages of an account: while
// he could reach it, and one at least of his countries was open.
func (s *state) ran(a *account, kind stream) []span {
	most, places, door := s.Shape.Calls, tollFraud, "voice "
	if kind == messageStream {
		most, places, door = s.Shape.Messages, smished, "sms "
	}
	if most < 0 {
		return nil
	}
	shut := a.Shut[door+places[0].country]
	for _, p := range places[1:] {
		shut = both(shut, a.Shut[door+p.country])
	}
	return without(s.Intruder.Active[a.Sid], shut)
}

func running(ran []span) bool { return len(ran) > 0 && ran[len(ran)-1].To.IsZero() }

// both is the time that lies in stretches of a and of b.
func both(a, b []span) (out []span) {
	for _, x := range a {
		for _, y := range b {
			s := span{From: later(x.From, y.From), To: sooner(x.To, y.To)}
			if s.To.IsZero() || s.From.Before(s.To) {
				out = append(out, s)
			}
		}
	}
	return out
}

// without is the time of a that lies in no stretch of b, which is in order.
func without(a, b []span) []span {
	rest := []span{}
	var from time.Time
	for _, y := range b {
		rest = append(rest, span{from, y.From})
		if from = y.To; from.IsZero() {
			return both(a, rest)
		}
	}
	return both(a, append(rest, span{From: from}))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// sooner takes a zero time for the end of all time.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}

// tell is a foothold as it stands now.
func (w *World) tell(t trace) Foothold {
	f := t.Foothold
	if a := w.state.account(f.Account); a != nil {
		f.Name = a.Name
	}
	f.There = t.there(&w.state)
	if !f.There {
		f.Gone = w.state.Intruder.Gone[f.id()]
	}
	return f
}

// mark notes when each foothold was taken away; one that is there again was not.
func (w *World) mark(now time.Time) {
	i := &w.state.Intruder
	for _, f := range w.footholds() {
		id := f.id()
		switch {
		case f.there(&w.state):
			delete(i.Gone, id)
		case i.Gone[id].IsZero():
			if i.Gone == nil {
				i.Gone = map[string]time.Time{}
			}
			i.Gone[id] = now
		}
	}
}

// footholds are all that he ever had, oldest first.
func (w *World) footholds() []trace {
	if !w.state.Intruder.Present {
		return w.mailTraces()
	}
	all := slices.Concat(w.past.footholds, w.traces(w.state.Events))
	seen := map[string]bool{}
	all = slices.DeleteFunc(all, func(t trace) bool { id := t.id(); known := seen[id]; seen[id] = true; return known })
	slices.SortStableFunc(all, func(a, b trace) int { return a.At.Compare(b.At) })
	return append([]trace{w.leaked()}, append(all, w.mailTraces()...)...)
}

func (f Foothold) id() string { return f.Kind + " " + f.Account + " " + f.Mark }
