package actions

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"retake/actions/sim"
	"retake/store"
)

// burnNow reads the figures.
func (b *bench) burnNow() store.Figures {
	b.t.Helper()
	f, err := b.desk.Burn(context.Background())
	if err != nil {
		b.t.Fatalf("%v (%s)", err, store.HintOf(err))
	}
	return f
}

// count asks the simulated account from outside how many records a list has.
func (b *bench) count(path, key string) int {
	b.t.Helper()
	status, resp := b.ask(b.opening.AccountSID, b.opening.AuthToken, path)
	var all map[string]json.RawMessage
	var records []any
	if err := json.NewDecoder(resp.Body).Decode(&all); err != nil || status != 200 || json.Unmarshal(all[key], &records) != nil {
		b.t.Fatalf("%s: %d %v", path, status, err)
	}
	return len(records)
}

func TestFiguresAreThoseOfTheAccount(t *testing.T) {
	b := newBench(t, sim.Options{Subaccounts: 2, Messages: 400, Calls: 400}).checked()
	f := b.burnNow()
	calls := 0
	for sid := range b.olds {
		for _, status := range []string{"queued", "ringing", "in-progress"} {
			calls += b.count(fmt.Sprintf("/Accounts/%s/Calls.json?Status=%s&PageSize=1000", sid, status), "calls")
		}
	}
	if f.Status != "active" || f.Calls == 0 || f.Calls < calls-2 || f.Calls > calls+2 || f.Rate < 5 || f.Spent <= 0 || f.Unit != "USD" || f.Accounts != f.Of || len(f.Problems) > 0 {
		t.Errorf("%+v, and %d calls are live", f, calls)
	}
	last, found, err := b.c.LatestFigures()
	if err != nil || !found || last.Calls != f.Calls || !last.At.Equal(f.At) {
		t.Errorf("filed %+v %v", last, err)
	}
	size, _ := b.c.Size()
	b.burnNow()
	if after, _ := b.c.Size(); after != size {
		t.Error("figures of the same minute were filed twice")
	}
	if n := len(b.world.Acts()); n != 0 {
		t.Errorf("reading the figures changed %d things", n)
	}
}

func TestFiguresOfACleanAccountAreQuiet(t *testing.T) {
	b := newBench(t, sim.Options{Scenario: "clean", Subaccounts: 2})
	if f := b.burnNow(); f.Status != "active" || f.Rate > 60 {
		t.Errorf("%+v", f)
	}
}

// TestFiguresOfALargeFamily asks a part of the accounts each time, and all of
// them in time.
func TestFiguresOfALargeFamily(t *testing.T) {
	b := newBench(t, sim.Options{Subaccounts: 30, Messages: 5, Calls: 5})
	asked := map[string]bool{}
	transport := b.wire.Transport
	requests := 0
	b.wire.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		requests++
		if sid, is := strings.CutSuffix(r.URL.Path, "/Messages.json"); is {
			asked[sid] = true
		}
		return transport.RoundTrip(r)
	})
	b.sit()
	for range 5 {
		requests = 0
		if f := b.burnNow(); f.Of < 30 {
			t.Errorf("%+v", f)
		}
		if requests > 5+4*burnAccounts {
			t.Errorf("%d requests for one reading", requests)
		}
	}
	if len(asked) < 30 {
		t.Errorf("after five readings only %d accounts were asked", len(asked))
	}
}

func TestFiguresSayWhatCouldNotBeRead(t *testing.T) {
	b := newBench(t, sim.Options{Subaccounts: 1})
	b.burnNow()
	transport := b.wire.Transport
	b.wire.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		if strings.Contains(r.URL.Path, "/Usage/") {
			return &http.Response{StatusCode: 403, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
		}
		return transport.RoundTrip(r)
	})
	b.sit()
	if f := b.burnNow(); len(f.Problems) != 1 || !strings.HasPrefix(f.Problems[0], "spend: ") || f.Accounts == 0 {
		t.Errorf("%+v", f)
	}
}

func TestPaceOfMessagesIsWhatCameSince(t *testing.T) {
	now := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	one := burning{at: now.Add(-30 * time.Second), seen: map[string]bool{}}
	b := newBench(t, sim.Options{Subaccounts: 1, Messages: 30})
	ops := b.desk.line.As(b.credential()).On(context.Background(), unrecorded{})
	messages, err := ops.NewestMessages(b.opening.AccountSID, 10)
	if err != nil || len(messages) != 10 {
		t.Fatal(messages, err)
	}
	for _, m := range messages[4:] {
		one.seen[m.SID] = true
	}
	got, err := one.again(context.Background(), ops, b.opening.AccountSID, now)
	if err != nil || got.rate < 8 {
		t.Errorf("four new ones in half a minute, and the pace is %v: %v", got.rate, err)
	}
}
