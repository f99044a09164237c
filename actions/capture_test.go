package actions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"retake/actions/account"
	"retake/actions/moment"
	"retake/actions/sim"
	"retake/store"
)

// captureAll captures to the end.
func (b *bench) captureAll(o CaptureOptions) Captured {
	b.t.Helper()
	got, err := b.desk.Capture(context.Background(), o)
	if err != nil {
		b.t.Fatalf("capture: %v (%s)", err, store.HintOf(err))
	}
	return got
}

// pages are the captured pages of the case in order, by list.
func (b *bench) pages() map[string][]store.ExhibitEntry {
	b.t.Helper()
	all := map[string][]store.ExhibitEntry{}
	err := b.c.Entries(0, func(e store.Entry) bool {
		var x store.ExhibitEntry
		if e.Kind == store.KindExhibit && e.Decode(&x) == nil && x.Capture != nil {
			key := x.Capture.Source + " " + x.Account
			all[key] = append(all[key], x)
		}
		return true
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return all
}

// records are the SIDs of the captured records by list, in the order of the
// pages. It fails where the pages of a round do not follow on one another.
func (b *bench) records() map[string][]string {
	b.t.Helper()
	all := map[string][]string{}
	err := b.c.Entries(0, func(e store.Entry) bool {
		var x store.ExhibitEntry
		if e.Kind != store.KindExhibit || e.Decode(&x) != nil || x.Capture == nil || x.List == "" {
			return true
		}
		body, err := b.c.ExhibitBody(e.N)
		if err != nil {
			b.t.Fatal(err)
		}
		list, err := store.Records(body, x.List)
		if err != nil {
			b.t.Fatal(err)
		}
		key := x.Capture.Source + " " + x.Account
		for _, raw := range list {
			var r struct {
				SID  string `json:"sid"`
				ISO  string `json:"iso_code"`
				Code string `json:"country_code"`
				Name string `json:"category"`
				Day  string `json:"start_date"`
				Made string `json:"date_created"`
				Date string `json:"event_date"`
			}
			_ = json.Unmarshal(raw, &r)
			all[key] = append(all[key], r.SID+r.ISO+r.Code+r.Name+r.Day+" "+moment.Of(r.Made, r.Date).Format(time.RFC3339))
		}
		if x.Capture.Got != len(all[key]) {
			b.t.Fatalf("%s: page %d says %d records so far, and there are %d", key, x.Capture.Page, x.Capture.Got, len(all[key]))
		}
		return true
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return all
}

// smallPages makes lists come in small pages, so that there are many.
func smallPages(t *testing.T, b *bench, size int) {
	t.Helper()
	b.wire.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		if q := r.URL.Query(); q.Get("PageSize") == "1000" {
			q.Set("PageSize", fmt.Sprint(size))
			r = r.Clone(r.Context())
			r.URL.RawQuery = q.Encode()
		}
		return b.world.RoundTrip(r)
	})
	b.sit()
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestCaptureReadsEveryListOfEveryAccount(t *testing.T) {
	b := newBench(t, sim.Options{}).checked() // one of them is suspended, and some of its lists are missed
	got := b.captureAll(CaptureOptions{})
	if got.Left() != 0 || !got.Ended || got.Records == 0 {
		t.Errorf("%+v", got)
	}
	pages := b.pages()
	for _, source := range captured {
		if len(pages[string(source)+" "+b.opening.AccountSID]) == 0 {
			t.Errorf("there is no page of %s of the main account", source)
		}
	}
	covered, err := b.c.Coverages(CaptureStep)
	if err != nil || len(covered) != got.Lists {
		t.Fatalf("%d lines of the ledger for %d lists: %v", len(covered), got.Lists, err)
	}
	records := b.records()
	for _, v := range covered {
		if !v.Seen && v.Why == "" || v.Seen && v.Got != len(records[v.Source+" "+v.Account]) && v.Source != "balance" {
			t.Errorf("%+v", v)
		}
	}
	if n := len(b.world.Acts()); n != 0 {
		t.Errorf("the capture changed %d things", n)
	}
	size, _ := b.c.Size()
	again := b.captureAll(CaptureOptions{})
	if after, _ := b.c.Size(); after-size > 1+int64(got.Missed) || got.Missed == 0 || again.Done != got.Done || again.Records != 0 || again.Missed != got.Missed {
		t.Errorf("a second capture read again: %+v, %d entries", again, after-size)
	}
	_ = b.c.Entries(size, func(e store.Entry) bool {
		if e.Kind == store.KindCoverage {
			t.Errorf("what is missed as before is said again: %s", e.Body)
		}
		return true
	})
}

// TestCaptureIsGoneOnWith cuts the capture off at each of many places and goes
// on with it, each time as a new process does.
func TestCaptureIsGoneOnWith(t *testing.T) {
	t.Parallel()
	o := sim.Options{Subaccounts: 2, Messages: 90, Calls: 60, Now: time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)}
	whole := newBench(t, o)
	smallPages(t, whole, 10)
	whole.captureAll(CaptureOptions{})
	want := whole.records()

	b := newBench(t, o)
	smallPages(t, b, 10)
	transport := b.wire.Transport
	cuts, cutAt := 0, int32(5)
	if testing.Short() {
		cutAt = 15
	}
	for left := true; left; {
		ctx, cancel := context.WithCancel(context.Background())
		var sent atomic.Int32
		b.wire.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			if sent.Add(1) == cutAt {
				cancel()
			}
			return transport.RoundTrip(r)
		})
		b.sit()
		got, err := b.desk.Capture(ctx, CaptureOptions{})
		cancel()
		if left = err != nil; left {
			cuts++
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
		} else if got.Left() != 0 {
			t.Fatalf("%+v", got)
		}
		if cuts > 200 {
			t.Fatal("it does not come to an end")
		}
	}
	if cuts < 10 || len(want["messages "+b.opening.AccountSID]) < 60 {
		t.Errorf("it was cut off only %d times, in lists of %d messages", cuts, len(want["messages "+b.opening.AccountSID]))
	}
	if diff := cmp.Diff(trimmed(want, o.Now), trimmed(b.records(), o.Now)); diff != "" {
		t.Errorf("-uninterrupted +interrupted\n%s", diff)
	}
}

// trimmed leaves out what came while the clock ran, or was about to be dialled
// when it began, and names what came twice.
func trimmed(in map[string][]string, start time.Time) map[string][]string {
	out := map[string][]string{}
	start = start.Add(-2 * time.Minute)
	for key, all := range in {
		all = slices.DeleteFunc(slices.Clone(all), func(r string) bool { return r[strings.LastIndex(r, " ")+1:] >= start.Format(time.RFC3339) })
		slices.Sort(all)
		if len(slices.Compact(slices.Clone(all))) != len(all) {
			out[key+" has duplicates"] = all
		}
		out[key] = all
	}
	return out
}

// TestCaptureGoesOnWhileTokensAreRotated rotates all tokens between the pages.
func TestCaptureGoesOnWhileTokensAreRotated(t *testing.T) {
	b := newBench(t, sim.Options{Subaccounts: 2, Messages: 60, Calls: 60})
	smallPages(t, b, 5)
	transport := b.wire.Transport
	var sent atomic.Int32
	rotate, rotated := make(chan bool), make(chan bool)
	b.wire.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		if sent.Add(1) == 12 {
			close(rotate)
		}
		return transport.RoundTrip(r)
	})
	b.sit()
	go func() {
		<-rotate
		b.apply("auth-tokens")
		close(rotated)
	}()
	got := b.captureAll(CaptureOptions{})
	<-rotated
	covered, err := b.c.Coverages(CaptureStep)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range covered {
		if strings.Contains(v.Why, "turned") {
			t.Errorf("%+v", v)
		}
	}
	if got.Left() != 0 || got.Records == 0 {
		t.Errorf("%+v", got)
	}
}

func TestCaptureSaysWhatItCouldNotRead(t *testing.T) {
	b := newBench(t, sim.Options{Subaccounts: 2})
	smallPages(t, b, 20)
	transport := b.wire.Transport
	b.wire.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/Messages.json") && strings.Contains(r.URL.Path, b.opening.AccountSID) {
			return &http.Response{StatusCode: 403, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"code":20403,"message":"\u001b[2Jno","status":403}`)), Request: r}, nil
		}
		return transport.RoundTrip(r)
	})
	b.sit()
	if got := b.captureAll(CaptureOptions{}); got.Missed == 0 {
		t.Errorf("%+v", got)
	}
	missed := func() (v store.Covered) {
		covered, err := b.c.Coverages(CaptureStep)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(covered, func(v store.Covered) bool { return v.Source == "messages" && v.Account == b.opening.AccountSID })
		return covered[i]
	}
	if v := missed(); v.Seen || !strings.Contains(v.Why, "forbids") {
		t.Errorf("%+v", v)
	}
	b.wire.Transport = transport
	b.sit()
	b.captureAll(CaptureOptions{})
	if v := missed(); !v.Seen || v.Got == 0 {
		t.Errorf("once it was allowed: %+v", v)
	}
}

// TestCaptureStopsWhereItCannotFile closes the case under it.
func TestCaptureStopsWhereItCannotFile(t *testing.T) {
	b := newBench(t, sim.Options{Subaccounts: 2})
	transport := b.wire.Transport
	var sent atomic.Int32
	b.wire.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		if sent.Add(1) == 9 {
			_ = b.c.Close()
		}
		return transport.RoundTrip(r)
	})
	b.sit()
	if _, err := b.desk.Capture(context.Background(), CaptureOptions{}); err == nil {
		t.Error("it went on without a journal")
	}
	if n := sent.Load(); n > 9+2*captureWorkers {
		t.Errorf("%d requests were sent after that", n-9)
	}
}

func TestCaptureBeginsANewRound(t *testing.T) {
	b := newBench(t, sim.Options{Subaccounts: 1})
	b.captureAll(CaptureOptions{})
	b.captureAll(CaptureOptions{Again: true})
	marks, err := b.c.Captures()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range marks {
		if m.Round != 2 || !m.Done {
			t.Errorf("%+v", m)
		}
		dated := slices.ContainsFunc(account.Sources(), func(s account.SourceInfo) bool { return string(s.Source) == m.Source && s.Dated })
		if dated && m.To.Sub(m.From) > 2*captureOverlap {
			t.Errorf("the second round of %s reads everything again, from %s", m.Source, m.From)
		}
	}
}
