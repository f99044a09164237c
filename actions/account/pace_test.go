package account

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var quiet = log.New(io.Discard, "", 0)

func TestPaceNarrowsOnceARoundTrip(t *testing.T) {
	c := newClock()
	p := newPacer(10, c.now, c.sleep)
	ctx, never := context.Background(), c.now().Add(time.Hour)
	var tickets []uint64
	for range 10 {
		ticket, err := p.enter(ctx, never, false)
		if err != nil {
			t.Fatal(err)
		}
		tickets = append(tickets, ticket)
	}
	for _, ticket := range tickets {
		p.leave(ticket, 429, time.Time{}, false)
	}
	if s := p.snapshot(); s.Limit != 7 || s.InFlight != 0 || s.Throttled != 10 || s.Sent != 10 || s.PerSecond != 10 {
		t.Errorf("after a volley of refusals: %+v", s)
	}
	for range 200 {
		tickets = tickets[:0]
		for range p.snapshot().Limit {
			ticket, _ := p.enter(ctx, never, false)
			tickets = append(tickets, ticket)
		}
		for _, ticket := range tickets {
			p.leave(ticket, 200, time.Time{}, false)
		}
	}
	if s := p.snapshot(); s.Limit != 10 {
		t.Errorf("after many successes: %+v", s)
	}
	for range 100 {
		ticket, _ := p.enter(ctx, never, false)
		p.leave(ticket, 429, time.Time{}, false)
	}
	if s := p.snapshot(); s.Limit != 1 {
		t.Errorf("the limit must not fall below one: %+v", s)
	}
}

func TestRetryAfterHoldsForEverybody(t *testing.T) {
	c := newClock()
	p := newPacer(10, c.now, c.sleep)
	began := c.now()
	first, _ := p.enter(context.Background(), began.Add(time.Minute), false)
	p.leave(first, 429, began.Add(9*time.Second), false)
	if _, err := p.enter(context.Background(), began.Add(time.Second), false); err == nil {
		t.Error("a hold past the deadline must not be waited for")
	}
	second, err := p.enter(context.Background(), began.Add(time.Minute), false)
	if err != nil || c.now().Sub(began) != 9*time.Second {
		t.Errorf("waited %v, %v", c.now().Sub(began), err)
	}
	p.leave(second, 200, time.Time{}, false)
	if s := p.snapshot(); s.InFlight != 0 || !s.NextTry.IsZero() {
		t.Errorf("%+v", s)
	}
}

func TestNextTryIsShown(t *testing.T) {
	c := newClock()
	var p *pacer
	var shown time.Time
	p = newPacer(1, c.now, func(context.Context, time.Duration) error { shown = p.snapshot().NextTry; return nil })
	due := c.now().Add(time.Second)
	if err := p.rest(context.Background(), due); err != nil || !shown.Equal(due) || !p.snapshot().NextTry.IsZero() {
		t.Errorf("shown %v, %v", shown, err)
	}
}

func TestQueueIsLeftWhenCancelled(t *testing.T) {
	c := newClock()
	p := newPacer(1, c.now, c.sleep)
	held, _ := p.enter(context.Background(), c.now(), false)
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	var failed atomic.Int32
	for range 20 {
		done.Go(func() {
			if _, err := p.enter(ctx, c.now(), false); err != nil {
				failed.Add(1)
			}
		})
	}
	cancel()
	done.Wait()
	p.leave(held, 200, time.Time{}, false)
	if s := p.snapshot(); failed.Load() != 20 || s.InFlight != 0 || len(p.waiting) != 0 {
		t.Errorf("%d gave up, %+v", failed.Load(), s)
	}
}

func TestManyAtOnce(t *testing.T) {
	server := &busyServer{allows: 4, refuses: 0.05}
	s := newStub(t, server.ServeHTTP)
	var workers sync.WaitGroup
	for i := range 20 {
		workers.Go(func() {
			s.Learn(NewSecret(fmt.Sprintf("learned-%d", i)))
			for range 5 {
				if err := s.ops().DeleteKey(parent, someSK); err != nil {
					t.Error(err)
				}
				_ = s.Pace()
			}
		})
	}
	workers.Wait()
	if p := s.Pace(); server.peak.Load() > 10 || p.InFlight != 0 || p.Sent != 100+p.Throttled || len(s.tape.all) != 100 {
		t.Errorf("peak %d, %+v", server.peak.Load(), p)
	}
}

// A busy server answers after a while, allows so many at once, refuses some
// more by chance, and measures how many it had.
type busyServer struct {
	takes   time.Duration
	allows  int64
	refuses float64
	now     atomic.Int64
	peak    atomic.Int64
	worked  atomic.Int64 // nanoseconds of work done
	refused atomic.Int64
}

func (b *busyServer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	n := b.now.Add(1)
	defer b.now.Add(-1)
	b.peak.Store(max(b.peak.Load(), n))
	if n > b.allows || rand.Float64() < b.refuses {
		b.refused.Add(1)
		says(429, `{"code":20429}`)(w, nil)
		return
	}
	began := time.Now()
	time.Sleep(b.takes)
	b.worked.Add(int64(time.Since(began)))
	w.WriteHeader(http.StatusNoContent)
}

// BenchmarkPace prints how busy the line keeps a server, as a share of what
// the server and the limit allow.
func BenchmarkPace(b *testing.B) {
	for _, c := range []struct {
		name    string
		allows  int64
		refuses float64
		want    float64
	}{{"no-429", 1000, 0, 0.95}, {"server-limit-4", 4, 0, 0.7}, {"server-limit-4,5%-429", 4, 0.05, 0.7}, {"5%-429", 1000, 0.05, 0}} {
		b.Run(c.name, func(b *testing.B) {
			server := &busyServer{takes: 20 * time.Millisecond, allows: c.allows, refuses: c.refuses}
			s := newStub(b, server.ServeHTTP, func(o *Options) { o.Now, o.Sleep = time.Now, Sleep })
			n := max(b.N, 400)
			busy := keepBusy(b, s, n) * float64(time.Second)
			share := float64(server.worked.Load()) / (busy * float64(min(c.allows, 10)))
			b.ReportMetric(share, "of-limit")
			b.ReportMetric(float64(server.refused.Load())/float64(n), "429s/call")
			b.ReportMetric(float64(server.peak.Load()), "peak")
			if share < c.want {
				b.Errorf("%.0f %% of the limit was kept busy, want %.0f %%", 100*share, 100*c.want)
			}
		})
	}
}

// keepBusy deletes n keys with forty workers and returns the seconds taken.
func keepBusy(b *testing.B, s *stub, n int) float64 {
	var next atomic.Int64
	var workers sync.WaitGroup
	began := time.Now()
	for range 40 {
		workers.Go(func() {
			for o := s.ops(); ; {
				i := next.Add(1)
				if i > int64(n) {
					return
				}
				if err := o.DeleteKey(parent, fmt.Sprintf("SK%032x", i)); err != nil {
					b.Error(err)
				}
			}
		})
	}
	workers.Wait()
	return time.Since(began).Seconds()
}

// TestPatientLetOthersGoFirst fills the line with reading that nobody waits for.
func TestPatientLetOthersGoFirst(t *testing.T) {
	p := newPacer(4, time.Now, Sleep)
	ctx, never := t.Context(), time.Now().Add(time.Hour)
	first, err := p.enter(ctx, never, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.enter(ctx, never, true); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithCancel(ctx)
	gone := make(chan error)
	go func() { _, err := p.enter(short, never, true); gone <- err }()
	for p.queued() == 0 {
		runtime.Gosched()
	}
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("the third patient one got in: %v", err)
	}
	for range 2 { // two places are left for the others
		if _, err := p.enter(ctx, never, false); err != nil {
			t.Fatal(err)
		}
	}
	order := make(chan string, 2)
	enter := func(name string, patient bool) {
		_, _ = p.enter(ctx, never, patient)
		order <- name
	}
	go enter("patient", true)
	for p.queued() < 1 {
		runtime.Gosched()
	}
	go enter("urgent", false)
	for p.queued() < 2 {
		runtime.Gosched()
	}
	p.leave(first, 200, time.Time{}, true)
	if got := <-order; got != "urgent" {
		t.Errorf("the %s one went first", got)
	}
	p.leave(first, 200, time.Time{}, false)
	if got := <-order; got != "patient" {
		t.Errorf("%s came twice", got)
	}
}

// queued is how many wait.
func (p *pacer) queued() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.waiting) + len(p.patient)
}
