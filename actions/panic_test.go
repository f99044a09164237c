package actions

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"retake/actions/sim"
	"retake/store"
)

// alarmed plans the panic order.
func (b *bench) alarmed(set ...string) *PanicPlan {
	b.t.Helper()
	p, err := b.desk.PlanPanic(context.Background(), params(set))
	if err != nil {
		b.t.Fatalf("%v (%s)", err, store.HintOf(err))
	}
	return p
}

func (b *bench) panics(set ...string) *PanicReport {
	b.t.Helper()
	r, err := b.desk.Panic(context.Background(), Agreed{Digest: b.alarmed(set...).Order.Digest, How: "test"}, nil)
	if err != nil {
		b.t.Fatalf("%v (%s)", err, store.HintOf(err))
	}
	return r
}

// of is what a step came to.
func (r *PanicReport) of(step string) PanicOutcome {
	i := slices.IndexFunc(r.Reports, func(o PanicOutcome) bool { return o.Step == step })
	return r.Reports[i]
}

// What the panic path may leave to a person: a step that Retake cannot do, and
// the countries that only the Console shuts.
func (b *bench) provePanic(r *PanicReport) {
	b.t.Helper()
	for _, step := range []string{"auth-tokens", "api-keys"} {
		if o := r.of(step); o.State != store.Proved || o.Err != nil {
			b.t.Errorf("%s is %s: %s (%v)", step, o.State, o.Why, o.Err)
		}
	}
	if o := r.of("geo-and-triggers"); o.State != store.NeedsPerson || !strings.Contains(o.Why, "by hand only") {
		b.t.Errorf("geo-and-triggers is %s: %s", o.State, o.Why)
	}
	b.proveRotated()
	b.proveJournal()
}

func TestPanicWalksThePathUnderOneOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t, sim.Options{}).checked()
	p := b.alarmed()
	if len(b.world.Acts()) != 0 {
		t.Fatal("planning changed the account")
	}
	r, err := b.desk.Panic(context.Background(), Agreed{Digest: p.Order.Digest, How: "typed"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b.provePanic(r)
	acts, _ := b.c.Acts("")
	for _, d := range acts {
		plan, _, _ := b.c.LatestPlan(d.Act.Step)
		if d.Act.Under != p.Order.Digest || d.Act.Order != plan.Digest {
			t.Errorf("act %d names the plan %.12s and the order %.12s", d.N, d.Act.Order, d.Act.Under)
		}
	}
	if open, err := b.desk.OpenPanic(); open != nil || err != nil {
		t.Errorf("the order is still open: %v %v", open, err)
	}
	again := b.panics()
	for _, o := range again.Reports {
		if o.Report != nil && o.Step != "geo-and-triggers" && len(o.Report.Outcomes) > 0 {
			t.Errorf("the second time %s did %+v", o.Step, o.Report.Outcomes)
		}
	}
	b.proveJournal()
	b.verify()
}

func TestPanicOrderIsDigestedWhole(t *testing.T) {
	b := newBench(t, sim.Options{})
	one := b.alarmed().Order
	if two := b.alarmed().Order; two.Digest != one.Digest {
		t.Error("the same order has two digests")
	}
	key := "SK" + strings.Repeat("0", 32)
	seen := map[string]bool{one.Digest: true}
	for _, set := range []string{"minutes=5", "count=9", "api-keys.keep=" + key, "geo-and-triggers.allow=GB", "auth-tokens.propagation=1s"} {
		if d := b.alarmed(set).Order.Digest; seen[d] {
			t.Errorf("%s does not change the digest", set)
		} else {
			seen[d] = true
		}
	}
	if _, err := b.desk.Panic(context.Background(), Agreed{Digest: one.Digest}, nil); !errors.Is(err, errOtherOrder) || store.HintOf(err) == "" {
		t.Errorf("an older order was taken: %v", err)
	}
	for _, set := range []string{"geo-and-triggers.mode=keep", "auth-tokens.mode=kill-now", "api-keys.keep=x", "minutes=0"} {
		if _, err := b.desk.PlanPanic(context.Background(), params([]string{set})); err == nil {
			t.Errorf("%s was taken", set)
		}
	}
	if len(b.world.Acts()) != 0 {
		t.Error("something was changed")
	}
}

// The order is stopped after each of some of its changing requests, as by
// ctrl+c, and gone on with by a new process: nothing is done twice.
func TestPanicGoesOnAfterAStop(t *testing.T) {
	t.Parallel()
	for _, n := range places(t, 10, 0) {
		n := 3*n - 2 // of 30 requests
		ctx, cancel := context.WithCancel(context.Background())
		var changes atomic.Int64
		b := newBench(t, sim.Options{Faults: func(r *http.Request, _ int) sim.Fault {
			if r.Method != http.MethodGet && changes.Add(1) == n {
				cancel()
			}
			return sim.NoFault
		}})
		order := b.alarmed().Order
		_, err := b.desk.Panic(ctx, Agreed{Digest: order.Digest}, nil)
		if !errors.Is(err, ErrHalted) {
			t.Fatalf("stopped at request %d: %v", n, err)
		}
		b.sit()
		open, err := b.desk.OpenPanic()
		if err != nil || open == nil || open.Digest != order.Digest {
			t.Fatalf("stopped at request %d, the order is not open: %v", n, err)
		}
		r, err := b.desk.Panic(context.Background(), Agreed{Digest: open.Digest}, nil)
		if err != nil {
			t.Fatal(err)
		}
		b.provePanic(r)
		for what, count := range b.executed("client") {
			if strings.HasPrefix(what, verbPromote) && count != 1 {
				t.Errorf("stopped at request %d: %s %d times", n, what, count)
			}
		}
		b.verify()
	}
}

// A step that breaks off does not stop those after it; the order stays open, and
// going on does what was left.
func TestPanicStepThatFailsStopsNoOther(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	broken.Store(true)
	b := newBench(t, sim.Options{Faults: func(r *http.Request, _ int) sim.Fault {
		if broken.Load() && strings.Contains(r.URL.Path, "/DialingPermissions/") {
			return sim.GarbageBody
		}
		return sim.NoFault
	}})
	r := b.panics()
	if geo := r.of("geo-and-triggers"); geo.Err == nil || store.HintOf(geo.Err) == "" || geo.State != store.NeedsPerson {
		t.Fatalf("%+v", geo)
	}
	if keys := r.of("api-keys"); keys.State != store.Proved {
		t.Errorf("the keys are %s: %s", keys.State, keys.Why)
	}
	broken.Store(false)
	open, err := b.desk.OpenPanic()
	if err != nil || open == nil {
		t.Fatalf("the order is not open: %v", err)
	}
	r, err = b.desk.Panic(context.Background(), Agreed{Digest: open.Digest}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b.provePanic(r)
}

func TestPanicKeepsToItsBounds(t *testing.T) {
	b := newBench(t, sim.Options{})
	r := b.panics("count=2")
	if n := len(b.world.Acts()); n > 2 {
		t.Errorf("%d changes were made", n)
	}
	for _, step := range []string{"auth-tokens", "api-keys"} {
		if o := r.of(step); o.State != store.NeedsPerson || !strings.Contains(o.Why, "covers 2 changes") {
			t.Errorf("%s is %s: %s", step, o.State, o.Why)
		}
	}
}

func TestPanicSendsNothingThatIsNotJournaled(t *testing.T) {
	b := newBench(t, sim.Options{})
	order := b.alarmed().Order
	if err := b.c.Close(); err != nil { // from here on every write fails
		t.Fatal(err)
	}
	if _, err := b.desk.Panic(context.Background(), Agreed{Digest: order.Digest}, nil); err == nil {
		t.Error("it went on without a journal")
	}
	if len(b.world.Acts()) != 0 {
		t.Errorf("%+v", b.world.Acts())
	}
}

// The first two steps read while the order waits to be agreed to: what they read
// is not read again, and nothing is changed or said of them before.
func TestPanicReadsAheadOfTheAgreement(t *testing.T) {
	b := newBench(t, sim.Options{})
	s := b.timed()
	order := b.alarmed().Order
	if err := b.desk.ReadAhead(context.Background(), order.Digest); err != nil {
		t.Fatal(err)
	}
	if len(b.world.Acts()) != 0 {
		t.Fatalf("it changed the account: %+v", b.world.Acts())
	}
	for _, l := range path {
		if s, err := b.c.Progress(l.step); err != nil || s.State != store.NotStarted {
			t.Errorf("%s is %s before the order was agreed to (%v)", l.step, s.State, err)
		}
	}
	s.start()
	r, err := b.desk.Panic(context.Background(), Agreed{Digest: order.Digest}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b.provePanic(r)
	if first := s.paths[0]; !strings.HasPrefix(first, "PATCH ") && !strings.HasPrefix(first, "POST ") {
		t.Errorf("the first request after the agreement is %s", first)
	}
	b.verify()
}

// What was read ahead too long ago, or could not be read, is read when its turn
// comes.
func TestPanicReadsAnewWhatIsOldOrFailed(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	for _, x := range []struct {
		name  string
		spoil func(*bench)
	}{
		{"old", func(b *bench) { b.desk.now = func() time.Time { return b.world.Now().Add(2 * freshFor) } }},
		{"failed", func(*bench) { broken.Store(false) }},
	} {
		t.Run(x.name, func(t *testing.T) {
			broken.Store(x.name == "failed")
			b := newBench(t, sim.Options{Faults: func(r *http.Request, _ int) sim.Fault {
				if broken.Load() && strings.Contains(r.URL.Path, "/DialingPermissions/") {
					return sim.GarbageBody
				}
				return sim.NoFault
			}})
			s := b.timed()
			order := b.alarmed().Order
			if err := b.desk.ReadAhead(context.Background(), order.Digest); err != nil {
				t.Fatal(err)
			}
			x.spoil(b)
			s.start()
			r, err := b.desk.Panic(context.Background(), Agreed{Digest: order.Digest}, nil)
			if err != nil {
				t.Fatal(err)
			}
			b.provePanic(r)
			before := s.paths[:slices.IndexFunc(s.paths, func(p string) bool { return !strings.HasPrefix(p, "GET ") })]
			if !slices.Contains(before, "GET /v1/DialingPermissions/Countries") {
				t.Errorf("the countries were not read anew: %q", before)
			}
		})
	}
}

// An agreement does not wait for what the second step reads.
func TestPanicCutsShortWhatIsReadAhead(t *testing.T) {
	reached, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	b := newBench(t, sim.Options{})
	b.wire.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/Messages.json") {
			once.Do(func() { close(reached) })
			select {
			case <-release:
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
		}
		return b.world.RoundTrip(r)
	})
	b.sit()
	order := b.alarmed().Order
	ended := make(chan error, 1)
	go func() { ended <- b.desk.ReadAhead(context.Background(), order.Digest) }()
	<-reached
	go func() { // opens once the reading ahead was cut short, for the step's own reading
		<-ended
		close(release)
	}()
	r, err := b.desk.Panic(context.Background(), Agreed{Digest: order.Digest}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b.provePanic(r)
}

// stopwatch notes, by the simulated account's own truth, when the intruder's
// calls and his messages ended, in requests and time since it was started.
type stopwatch struct {
	world   *sim.World
	mu      sync.Mutex
	began   time.Time
	paths   []string        // of the requests, with their methods
	stopped map[string]mark // calls, messages
}

type mark struct {
	after time.Duration
	sent  int
}

// timed puts a stopwatch before the account.
func (b *bench) timed() *stopwatch {
	s := &stopwatch{world: b.world}
	b.wire.Transport = s
	b.sit()
	return s
}

func (s *stopwatch) start() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.began, s.paths, s.stopped = time.Now(), nil, map[string]mark{}
}

func (s *stopwatch) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.paths = append(s.paths, r.Method+" "+r.URL.Path)
	s.mu.Unlock()
	resp, err := s.world.RoundTrip(r)
	if r.Method == http.MethodGet || s.stopped == nil {
		return resp, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	running := map[string]bool{}
	for _, one := range s.world.Truth().Streams {
		running[one.Kind] = running[one.Kind] || one.Stopped.IsZero()
	}
	for kind, runs := range running {
		if _, known := s.stopped[kind]; !known && !runs {
			s.stopped[kind] = mark{time.Since(s.began), len(s.paths)}
		}
	}
	return resp, err
}

// legOf is the step of the path that a request belongs to.
func legOf(request string) int {
	for i, marks := range [][]string{
		{"/DialingPermissions/", "/GeoPermissions", "/v1/Settings"}, {"/Calls", "/Messages", "/Conferences"}, {"/AuthTokens/", "/Accounts"}, {"Keys"},
	} {
		at := slices.IndexFunc(marks, func(m string) bool { return strings.Contains(request, m) })
		if at >= 0 && (i != 2 || !strings.Contains(request, "Keys")) {
			return i
		}
	}
	return -1
}

// TestPanicStopsTheTrafficInTime measures how long the intruder's calls and
// messages go on after the confirmation, and holds that against the least that
// the same acts can take. The order's steps come one after the other; of each,
// that is the chain of its requests of which each waits for the one before, or
// all that it sent until then, ten at once, whichever is longer. One country for
// messages can be shut in the Console only, so calls end with the lock, and
// messages with the intruder's last key.
//
// The ratio is printed; it counts what the machine is busy with besides, so the
// test itself asks only for the number of requests, which is nobody's else doing.
func TestPanicStopsTheTrafficInTime(t *testing.T) {
	const latency, limit = 20 * time.Millisecond, 10
	for _, ahead := range []bool{true, false} {
		t.Run(map[bool]string{true: "read ahead", false: "at once"}[ahead], func(t *testing.T) {
			b := newBench(t, sim.Options{Latency: latency, Concurrency: limit})
			s := b.timed()
			order := b.alarmed().Order
			reads, most := 1, 40 // of the first two steps, one after the other; the second may read before the first has acted
			if ahead {
				reads, most = 0, 10
				if err := b.desk.ReadAhead(context.Background(), order.Digest); err != nil {
					t.Fatal(err)
				}
			}
			s.start()
			if _, err := b.desk.Panic(context.Background(), Agreed{Digest: order.Digest}, nil); err != nil {
				t.Fatal(err)
			}
			s.told(t, "calls", []int{reads + 1}, most, latency, limit)
			// countries set and read again; calls listed and ended; three for the main
			// token and its proof, the accounts, four for the others; lists, policy, key
			s.told(t, "messages", []int{reads + 2, 3*reads + 1, 9, 3}, 400, latency, limit)
		})
	}
}

// told prints when one kind of traffic stopped, against the least.
func (s *stopwatch) told(t *testing.T, kind string, chains []int, most int, latency time.Duration, limit int) {
	got, stopped := s.stopped[kind]
	if !stopped || got.sent > most {
		t.Fatalf("%s stopped: %t, after %d requests", kind, stopped, got.sent)
	}
	sent := make([]int, len(path))
	for _, request := range s.paths[:got.sent] {
		i := legOf(request)
		if i < 0 {
			t.Fatalf("%s belongs to no step", request)
		}
		sent[i]++
	}
	var least time.Duration
	for i, chain := range chains {
		least += max(time.Duration(chain)*latency, time.Duration(sent[i])*latency/time.Duration(limit))
	}
	t.Logf("%s stop after %d requests and %s; least %s: ratio %.2f", kind, got.sent, got.after.Round(time.Millisecond), least, float64(got.after)/float64(least))
}
