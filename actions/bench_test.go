package actions

import (
	"context"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"testing"
	"time"

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

// BenchmarkSteps carries out both steps, plan and proof and journal included,
// against the simulated account over loopback, and reports:
//
//	requests   how many were sent
//	minimum    how many the work needs (see least)
//	s          wall time
//	ratio      wall time ÷ (minimum × latency ÷ limit)
func BenchmarkSteps(b *testing.B) {
	for range b.N {
		w := benchWorld(b)
		for _, step := range []string{"auth-tokens", "api-keys"} {
			b.Run(step, func(b *testing.B) {
				if b.N > 1 {
					b.Skip("run it with -benchtime 1x: it changes the account")
				}
				w.measure(b, step)
			})
		}
	}
}

// least is how many requests a step needs on accounts with keys each:
//
//	auth-tokens  each account: delete, create, promote, old token tried; and the
//	             list of accounts for the plan, for the subaccounts once the main
//	             token is new, and for the proof
//	api-keys     each account: three lists for the plan and for each of the two
//	             empty reads; each key: policy, delete, read again
func least(step string, accounts, keys int) int {
	if step == "auth-tokens" {
		return 4*accounts + 3
	}
	return 9*accounts + 3*keys*accounts
}

type benchedWorld struct {
	world *sim.World
	api   string
	c     *store.Case
	wire  Wire
	desk  *Desk
}

func benchWorld(b *testing.B) *benchedWorld {
	w, err := sim.New(sim.Options{Scenario: "clean", Seed: 5, Subaccounts: benchSubaccounts, Keys: benchKeys, Messages: -1, Calls: -1, Latency: benchLatency, Concurrency: benchLimit})
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(w)
	b.Cleanup(server.Close)
	u, _ := url.Parse(server.URL)
	t := &benchedWorld{world: w, api: server.URL, wire: Wire{Kind: store.Lab, Name: server.URL, API: u}}
	bench := bench{t: nil, opening: w.Opening()}
	t.c, err = Begin(context.Background(), Beginning{Path: filepath.Join(b.TempDir(), "c.retake"), Wire: t.wire, Credential: bench.credential(), Responder: "Robin", Passphrase: "correct horse", WorkFactor: 10})
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

func (t *benchedWorld) measure(b *testing.B, step string) {
	sent, began := t.desk.Pace().Sent, time.Now()
	p, err := t.desk.Plan(context.Background(), step, nil)
	if err != nil {
		b.Fatal(err)
	}
	r, err := t.desk.Apply(context.Background(), step, Agreed{Digest: p.Plan.Digest}, nil)
	if err != nil || r.State != store.Proved {
		b.Fatalf("%v: %+v", err, r)
	}
	took, minimum := time.Since(began), least(step, benchSubaccounts+1, benchKeys)
	b.ReportMetric(float64(t.desk.Pace().Sent-sent), "requests")
	b.ReportMetric(float64(minimum), "minimum")
	b.ReportMetric(took.Seconds(), "s")
	b.ReportMetric(took.Seconds()/(float64(minimum)*benchLatency.Seconds()/benchLimit), "ratio")
	b.ReportMetric(0, "ns/op")
}
