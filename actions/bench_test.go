package actions

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"retake/actions/account"
	"retake/actions/sim"
	"retake/store"
)

// The size of the benchmark: a large company, a slow line, a strict limit.
const (
	benchSubaccounts = 200
	benchKeys        = 5
	benchLatency     = 80 * time.Millisecond
	benchLimit       = 10
)

// benched are the steps in the order in which they are measured, with what they
// are set to so that there is something to do on every account.
var benched = []struct{ step, set string }{
	{"auth-tokens", ""}, {"api-keys", ""}, {"geo-and-triggers", "mode=lock"}, {"caller-id", "allow=+15005550006"},
}

// BenchmarkSteps carries out every step, plan and proof and journal included,
// against the simulated account over loopback, and reports:
//
//	requests   how many were sent
//	minimum    how many the work needs (see least)
//	s          wall time
//	ratio      wall time ÷ (minimum × latency ÷ limit); at most 1.2
func BenchmarkSteps(b *testing.B) {
	for range b.N {
		w := benchWorld(b, b.TempDir(), benchOptions())
		for _, one := range benched {
			b.Run(one.step, func(b *testing.B) {
				if b.N > 1 {
					b.Skip("run it with -benchtime 1x: it changes the account")
				}
				m := w.carry(b, one.step, one.set)
				m.report(b, least(one.step, benchSubaccounts+1, m.changes))
			})
		}
	}
}

// BenchmarkTraffic ends what the intruder has under way on as many accounts, and
// reports the same. He goes on meanwhile, so the standing order looks until it has
// found nothing twice; its pauses between two looks are left out of the time.
func BenchmarkTraffic(b *testing.B) {
	for range b.N {
		o := benchOptions()
		o.Scenario, o.Calls, o.Messages = "leaked-token", 20, 20
		w := benchWorld(b, b.TempDir(), o)
		var pauses atomic.Int64
		w.desk.sleep = func(ctx context.Context, d time.Duration) error {
			pauses.Add(1)
			return account.Sleep(ctx, d)
		}
		m := w.carry(b, "stop-traffic", "")
		m.took -= time.Duration(pauses.Load()) * betweenLooks
		looks := int(pauses.Load()) + 1
		// Each account: three lists of calls, one of conferences and one of messages
		// for the plan and each look; each change: end, read again; the accounts for
		// the plan, each look and the proof.
		m.report(b, 5*(benchSubaccounts+1)*(1+looks)+2*m.changes+looks+2)
		b.ReportMetric(float64(looks), "looks")
	}
}

// BenchmarkJournal carries out the same step with the case on the disk and with
// the case in memory, one after the other, and reports:
//
//	ratio      wall time on the disk ÷ wall time in memory; at most 1.05
func BenchmarkJournal(b *testing.B) {
	const memory = "/dev/shm"
	dir, err := os.MkdirTemp(memory, "retake-bench")
	if err != nil {
		b.Skipf("there is no folder in memory: %v", err)
	}
	b.Cleanup(func() { _ = os.RemoveAll(dir) })
	for range b.N {
		took := map[string]float64{}
		for _, at := range []string{b.TempDir(), dir} {
			w := benchWorld(b, at, benchOptions())
			for _, one := range benched[:2] {
				took[at] += w.carry(b, one.step, one.set).took.Seconds()
			}
			if at != dir {
				took["disk"] = took[at]
			}
		}
		b.ReportMetric(took["disk"], "s-disk")
		b.ReportMetric(took[dir], "s-memory")
		b.ReportMetric(took["disk"]/took[dir], "ratio")
		b.ReportMetric(0, "ns/op")
	}
}

// BenchmarkThrottled carries out two steps at a limit of 4, where Twilio turns
// one request in twenty away (429) besides, and reports:
//
//	throttled  how many answers were a 429
//	rate       requests that were executed a second ÷ (limit ÷ latency); at least 0.7
func BenchmarkThrottled(b *testing.B) {
	const limit = 4
	for range b.N {
		var mu sync.Mutex
		dice := rand.New(rand.NewPCG(7, 11))
		o := benchOptions()
		o.Subaccounts, o.Concurrency = 40, limit
		o.Faults = func(*http.Request, int) sim.Fault {
			mu.Lock()
			defer mu.Unlock()
			if dice.IntN(20) == 0 {
				return sim.Throttle
			}
			return sim.NoFault
		}
		w := benchWorld(b, b.TempDir(), o)
		executed, throttled, took := 0, 0, 0.0
		for _, one := range benched[:2] {
			m := w.carry(b, one.step, one.set)
			executed, throttled, took = executed+m.sent-m.throttled, throttled+m.throttled, took+m.took.Seconds()
		}
		b.ReportMetric(float64(throttled), "throttled")
		b.ReportMetric(float64(executed)/took/(limit/benchLatency.Seconds()), "rate")
		b.ReportMetric(0, "ns/op")
	}
}

// least is how many requests a step needs on accounts, of which one is the main
// one, for its changes:
//
//	auth-tokens       each change: delete, create, promote, old token tried; and
//	                  the list of accounts for the plan, for the subaccounts once
//	                  the main token is new, and for the proof
//	api-keys          each account: three lists for the plan and for each of the
//	                  two empty reads; each change: policy, delete, read again
//	geo-and-triggers  each account: four lists and, but for the main one, whether
//	                  it inherits, for the plan and for the proof, and two of own
//	                  traffic; each change: read, set, read again
//	caller-id         each account: its list for the plan and for the proof; each
//	                  change: delete, read again
func least(step string, accounts, changes int) int {
	switch step {
	case "auth-tokens":
		return 4*changes + 3
	case "api-keys":
		return 9*accounts + 3*changes
	case "geo-and-triggers":
		return 12*accounts - 2 + 3*changes + 2
	}
	return 2*accounts + 2*changes + 1
}

func benchOptions() sim.Options {
	return sim.Options{Scenario: "clean", Seed: 5, Subaccounts: benchSubaccounts, Keys: benchKeys, Messages: -1, Calls: -1, Latency: benchLatency, Concurrency: benchLimit}
}

type benchedWorld struct {
	world *sim.World
	api   string
	c     *store.Case
	wire  Wire
	desk  *Desk
}

func benchWorld(b *testing.B, dir string, o sim.Options) *benchedWorld {
	w, err := sim.New(o)
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(w)
	b.Cleanup(server.Close)
	u, _ := url.Parse(server.URL)
	t := &benchedWorld{world: w, api: server.URL, wire: Wire{Kind: store.Lab, Name: server.URL, API: u}}
	bench := bench{t: nil, opening: w.Opening()}
	t.c, err = Begin(context.Background(), Beginning{Path: filepath.Join(dir, "c.retake"), Wire: t.wire, Credential: bench.credential(), Responder: "Robin", Passphrase: "correct horse", WorkFactor: 10})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = t.c.Close() })
	line, err := t.wire.Line(t.c)
	if err != nil {
		b.Fatal(err)
	}
	if t.desk, err = Open(Options{Case: t.c, Line: line, Credential: bench.credential()}); err != nil {
		b.Fatal(err)
	}
	return t
}

// carried is what it took to carry a step out.
type carried struct {
	sent, throttled, changes int
	took                     time.Duration
}

// carry plans a step, carries it out and wants it to end well.
func (t *benchedWorld) carry(b *testing.B, step, set string) carried {
	before, began := t.desk.Pace(), time.Now()
	p, err := t.desk.Plan(context.Background(), step, params(strings.Fields(set)))
	if err != nil {
		b.Fatal(err)
	}
	r, err := t.desk.Apply(context.Background(), step, Agreed{Digest: p.Plan.Digest}, nil)
	if err != nil || r.State != store.Proved && !(slices.Contains([]string{"geo-and-triggers", "stop-traffic"}, step) && r.Worst() == store.Made) {
		b.Fatalf("%v: %s %s", err, r.State, r.Why)
	}
	after := t.desk.Pace()
	return carried{after.Sent - before.Sent, after.Throttled - before.Throttled, len(r.Outcomes), time.Since(began)}
}

// report prints a step against the requests that it needs at least.
func (m carried) report(b *testing.B, minimum int) {
	b.ReportMetric(float64(m.sent), "requests")
	b.ReportMetric(float64(minimum), "minimum")
	b.ReportMetric(m.took.Seconds(), "s")
	b.ReportMetric(m.took.Seconds()/(float64(minimum)*benchLatency.Seconds()/benchLimit), "ratio")
	b.ReportMetric(0, "ns/op")
}
