package account

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Pace is how fast the line goes, for the screen.
type Pace struct {
	InFlight  int
	Limit     int       // most requests in flight at present
	Sent      int       // attempts so far
	Throttled int       // of them answered with 429
	PerSecond float64   // attempts, over the last ten seconds
	NextTry   time.Time // when the next repeat is due; zero if none waits
}

// After a 429 the limit shrinks to this part of itself. Twilio counts
// requests in flight, so one too many is answered at once: a gentle cut finds
// the limit again without starving the line.
const shrink = 0.75

// pacer bounds the requests in flight over all accounts of the line. The
// bound grows by one each time that as many requests as it allows have
// succeeded, and shrinks on a 429, at most once a round-trip: the other
// refusals of the same volley are no news.
type pacer struct {
	now   func() time.Time
	sleep func(context.Context, time.Duration) error

	mu        sync.Mutex
	most      float64
	limit     float64
	inFlight  int
	behind    int             // of them, those that may wait for others
	waiting   []chan struct{} // first come, first served; closed when a slot is given
	patient   []chan struct{} // the same, of those that may wait for others
	ticket    uint64          // of the newest request
	shrunk    uint64          // newest ticket when the limit last shrank
	hold      time.Time       // Twilio asked everybody to wait until then
	sent      int
	throttled int
	meter     meter
	repeats   map[uint64]time.Time
	repeat    uint64
}

func newPacer(most int, now func() time.Time, sleep func(context.Context, time.Duration) error) *pacer {
	return &pacer{now: now, sleep: sleep, most: float64(most), limit: float64(most), repeats: map[uint64]time.Time{}}
}

// enter waits for a place in flight and returns its ticket. It fails when ctx
// ends first, or at once when Twilio asked to wait past the deadline. One who is
// patient lets all others go first and takes half of the places at most.
func (p *pacer) enter(ctx context.Context, deadline time.Time, patient bool) (uint64, error) {
	var waited time.Time
	for {
		if err := p.slot(ctx, patient); err != nil {
			return 0, err
		}
		ticket, hold := p.depart(waited, patient)
		if ticket != 0 {
			return ticket, nil
		}
		if hold.After(deadline) {
			return 0, notSent(nil, "Twilio asked to wait until %s", hold.UTC().Format("15:04:05 MST"))
		}
		if err := p.rest(ctx, hold); err != nil {
			return 0, err
		}
		waited = hold
	}
}

// slot waits until fewer than the limit are in flight, and counts itself in.
func (p *pacer) slot(ctx context.Context, patient bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	turn := make(chan struct{})
	p.mu.Lock()
	if patient {
		p.patient = append(p.patient, turn)
	} else {
		p.waiting = append(p.waiting, turn)
	}
	p.wake()
	p.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		p.giveUp(turn, patient)
		return ctx.Err()
	}
}

// giveUp leaves the queue; a slot that was given in the meantime goes back.
func (p *pacer) giveUp(turn chan struct{}, patient bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, queue := range []*[]chan struct{}{&p.waiting, &p.patient} {
		if i := slices.Index(*queue, turn); i >= 0 {
			*queue = slices.Delete(*queue, i, i+1)
			return
		}
	}
	p.giveBack(patient)
}

// giveBack frees a slot. The caller holds the lock.
func (p *pacer) giveBack(patient bool) {
	p.inFlight--
	if patient {
		p.behind--
	}
	p.wake()
}

// depart turns the slot into a ticket, or gives it back while everybody has
// been asked to wait. A hold that was waited out is not asked for twice.
func (p *pacer) depart(waited time.Time, patient bool) (uint64, time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if p.hold.After(now) && p.hold.After(waited) {
		p.giveBack(patient)
		return 0, p.hold
	}
	p.ticket++
	p.sent++
	p.meter.count(now)
	return p.ticket, time.Time{}
}

// leave gives the slot back and learns from the answer: a success widens the
// limit, a 429 narrows it, anything else says nothing about the pace.
func (p *pacer) leave(ticket uint64, status int, hold time.Time, patient bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	full := p.inFlight >= int(p.limit)
	switch {
	case status == 429:
		p.throttled++
		if ticket > p.shrunk {
			p.limit = max(1, p.limit*shrink)
			p.shrunk = p.ticket
		}
	case status >= 200 && status < 500 && full:
		p.limit = min(p.most, p.limit+1/p.limit)
	}
	if hold.After(p.hold) {
		p.hold = hold
	}
	p.giveBack(patient)
}

// wake gives free slots to those who wait. The caller holds the lock.
func (p *pacer) wake() {
	for len(p.waiting) > 0 && p.inFlight < int(p.limit) {
		close(p.waiting[0])
		p.waiting = p.waiting[1:]
		p.inFlight++
	}
	for len(p.patient) > 0 && p.inFlight < int(p.limit) && p.behind < max(1, int(p.limit)/2) {
		close(p.patient[0])
		p.patient = p.patient[1:]
		p.inFlight++
		p.behind++
	}
}

// rest waits until then, and shows meanwhile that somebody does.
func (p *pacer) rest(ctx context.Context, until time.Time) error {
	p.mu.Lock()
	p.repeat++
	id := p.repeat
	p.repeats[id] = until
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		delete(p.repeats, id)
		p.mu.Unlock()
	}()
	return p.sleep(ctx, until.Sub(p.now()))
}

func (p *pacer) snapshot() Pace {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := Pace{InFlight: p.inFlight, Limit: int(p.limit), Sent: p.sent, Throttled: p.throttled, PerSecond: p.meter.rate(p.now())}
	for _, t := range p.repeats {
		if s.NextTry.IsZero() || t.Before(s.NextTry) {
			s.NextTry = t
		}
	}
	return s
}

// meter counts per second over the last ten seconds.
type meter struct {
	first  int64
	second [10]int64
	n      [10]int
}

func (m *meter) count(now time.Time) {
	s := now.Unix()
	if m.first == 0 {
		m.first = s
	}
	i := int(uint64(s) % 10)
	if m.second[i] != s {
		m.second[i], m.n[i] = s, 0
	}
	m.n[i]++
}

func (m *meter) rate(now time.Time) float64 {
	s, sum := now.Unix(), 0
	for i := range m.n {
		if s-m.second[i] < 10 {
			sum += m.n[i]
		}
	}
	return float64(sum) / float64(min(10, max(1, s-m.first+1)))
}
