package sim

import "time"

// Meter is what the intruder's calls and messages cost: in millionths of a
// dollar, at the prices that the usage records add up.
type Meter struct {
	At        time.Time
	Cost      int64 // up to At
	PerMinute int64 // what the next minute adds if nobody does anything
	ToCome    int64 // what is under way still adds in the end, if nobody ends it
	Running   bool  // he can begin more
}

// Over tells that nothing of his costs anything any more.
func (m Meter) Over() bool { return !m.Running && m.ToCome == 0 }

// tab is how far one stream of his has been reckoned, so that asking again and
// again looks only at what is not over.
type tab struct {
	asked time.Time
	next  int   // the first slot that was not looked at
	final int64 // the cost of all that is over
	open  []rec
}

var streams = []stream{callStream, messageStream}

// Meter reads the meter now. It is cheap enough to be asked every second.
func (w *World) Meter() Meter {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.Now()
	m := Meter{At: now}
	for _, a := range w.state.Accounts {
		if len(w.state.Intruder.Active[a.Sid]) == 0 {
			continue
		}
		for _, s := range streams {
			w.reckon(a, s, now, &m)
			m.Running = m.Running || running(w.state.ran(a, s))
		}
	}
	return m
}

// reckon adds one stream to the meter.
func (w *World) reckon(a *account, s stream, now time.Time, m *Meter) {
	t := w.tabOf(a, s, now)
	var fresh []rec
	fresh, t.next = w.attackFrom(a, s, t.next, now.Add(-time.Second)) // an act in this very second may still count
	t.asked, t.open = now, append(t.open, fresh...)
	minute, open := now.Add(time.Minute), t.open[:0]
	for _, r := range t.open {
		price, final := w.due(a, s, r, now)
		if final {
			t.final += price
			continue
		}
		open = append(open, r)
		m.Cost += price
		soon, _ := w.due(a, s, r, minute)
		whole, _ := w.due(a, s, r, r.end())
		m.PerMinute, m.ToCome = m.PerMinute+soon-price, m.ToCome+whole-price
	}
	t.open = open
	m.Cost += t.final
	next, _ := w.attackFrom(a, s, t.next, minute)
	for _, r := range next {
		soon, _ := w.due(a, s, r, minute)
		m.PerMinute += soon
	}
}

func (w *World) tabOf(a *account, s stream, now time.Time) *tab {
	key := streamKey{a.Index, s}
	if t := w.tabs[key]; t != nil && !now.Before(t.asked) {
		return t
	}
	w.tabs[key] = &tab{open: w.attackBefore(a, s)}
	return w.tabs[key]
}

// due is what a record of his costs at some time, and whether it stays at that.
func (w *World) due(a *account, s stream, r rec, at time.Time) (price int64, final bool) {
	if s == callStream {
		p := w.phoneCall(a, r, at)
		return p.price, p.over()
	}
	m := w.textMessage(a, r, at)
	return m.price, !m.sent.IsZero() || !m.waits()
}

// LostBy is what the intruder had cost at some time that has passed, in
// millionths of a dollar. Unlike Meter it looks at everything that he did.
func (w *World) LostBy(at time.Time) (sum int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now := w.Now(); at.After(now) {
		at = now
	}
	for _, a := range w.state.Accounts {
		for _, s := range streams {
			for _, all := range [][]rec{w.attackBefore(a, s), w.attackSince(a, s, at)} {
				for _, r := range all {
					price, _ := w.due(a, s, r, at)
					sum += price
				}
			}
		}
	}
	return sum
}
