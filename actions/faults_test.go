package actions

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"retake/actions/sim"
)

// faults are the ways in which one reply can go wrong.
var faults = map[string]sim.Fault{
	"reply lost": sim.LoseReply, "request lost": sim.LoseRequest, "cut": sim.CutBody, "garbage": sim.GarbageBody,
	"429": sim.Throttle, "503": sim.Unavailable, "503 after": sim.UnavailableAfter,
}

// At a sample of the places something goes wrong, each time at others, or at all.
var (
	everyPlace = flag.String("places", "sample", "at which places the tests let something go wrong: sample or all")
	placesSeed = flag.Uint64("places-seed", uint64(time.Now().UnixNano()), "which sample: the seed that an earlier run printed")
)

// places are those from 1 to last: every third of them, and fewer under -short,
// since the race detector needs the kinds of places and not each of them. Turn
// by turn they are others, so that several turns take all.
func places(t *testing.T, last int64, turn int) (all []int64) {
	stride := int64(3)
	switch {
	case *everyPlace == "all":
		stride = 1
	case testing.Short():
		stride = 11
	}
	if turn == 0 && stride > 1 {
		t.Logf("the places follow from -places-seed=%d", *placesSeed)
	}
	for n := 1 + int64((*placesSeed+uint64(turn))%uint64(min(stride, last))); n <= last; n += stride {
		all = append(all, n)
	}
	return all
}

// badReplies are the names of the faults.
func badReplies() []string { return slices.Sorted(maps.Keys(faults)) }

// TestFaultOnEveryChange spoils each changing request of both steps in each way.
// Whatever happens, after going on the tokens are ours, the keys are gone,
// nothing irreversible was done twice, and the journal says what the account's
// log says.
func TestFaultOnEveryChange(t *testing.T) {
	for i, step := range []string{"auth-tokens", "api-keys"} {
		for turn, name := range badReplies() {
			for _, n := range places(t, 12, turn+i) {
				t.Run(fmt.Sprintf("%s/%s/%d", step, name, n), func(t *testing.T) {
					t.Parallel()
					spoil(t, step, faults[name], n)
				})
			}
		}
	}
}

// spoil runs a step whose nth changing request meets a fault, and goes on until
// it is proved.
func spoil(t *testing.T, step string, fault sim.Fault, n int64) {
	var armed, changes atomic.Int64
	b := newBench(t, sim.Options{Messages: 40, Calls: 40, Faults: func(r *http.Request, _ int) sim.Fault {
		if r.Method != http.MethodGet && armed.Load() == 1 && changes.Add(1) == n {
			return fault
		}
		return sim.NoFault
	}})
	if step == "api-keys" {
		b.apply("auth-tokens")
	}
	armed.Store(1)
	goOn(b, step)
	if changes.Load() < n {
		t.Fatalf("only %d changing requests were sent", changes.Load())
	}
	b.proveJournal()
	b.proveRotated()
	for what, count := range b.executed("client") {
		if what[:7] == verbPromote && count != 1 {
			t.Errorf("%s: %d times", what, count)
		}
	}
	if again := b.plan(step); !again.Plan.Empty() {
		t.Errorf("something is left: %+v", again.Plan.Changes)
	}
	b.verify()
}

// goOn applies a step and goes on with it, as new processes would, until it is
// proved.
func goOn(b *bench, step string, set ...string) {
	if step == "auth-tokens" {
		set = []string{"propagation=30ms"}
	}
	for range 4 {
		r, err := b.desk.Continue(context.Background(), step, nil)
		if errors.Is(err, ErrNothingOpen) {
			r = b.apply(step, set...)
		} else if err != nil {
			b.t.Fatal(err)
		}
		if Ended(r.State) || b.closed(r) {
			return
		}
		b.sit()
	}
	b.t.Fatalf("%s is not proved after four tries", step)
}
