package sim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"retake/actions/sim"
)

// bytesOf reads an answer as it came.
func (c caller) bytesOf(method, address string) string {
	c.t.Helper()
	res, err := c.try(method, address, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return strings.Join([]string{res.Status, res.Header.Get("Twilio-Request-Id"), string(b)}, "\n")
}

// tour is a fixed list of requests, changing ones among them.
func tour(p caller) []string {
	own := accounts + "/" + p.user
	return []string{
		p.bytesOf("GET", accounts+".json"), p.bytesOf("GET", own+"/Messages.json"), p.bytesOf("GET", own+"/Balance.json"),
		p.bytesOf("POST", secondary), p.bytesOf("POST", own+"/Keys.json"), p.bytesOf("GET", events),
		p.bytesOf("GET", own+"/Usage/Records/Daily.json"), p.bytesOf("GET", alerts), p.bytesOf("POST", promote),
	}
}

func TestSameSeedSameBytes(t *testing.T) {
	for _, s := range sim.Scenarios() {
		o := options()
		o.Scenario, o.Messages = s.Name, 900
		one, two := world(t, o), world(t, o)
		if diff := cmp.Diff(tour(parentOf(t, one)), tour(parentOf(t, two))); diff != "" {
			t.Errorf("%s: %s", s.Name, diff)
		}
		o.Seed++
		if parentOf(t, world(t, o)).pass == parentOf(t, one).pass {
			t.Errorf("%s: another seed gives the same token", s.Name)
		}
	}
}

func TestSnapshotAndRestore(t *testing.T) {
	clock := &ticker{}
	o := options()
	o.Clock, o.Messages, o.Switches.Race = clock.now, 900, "keys"
	w := world(t, o)
	p := parentOf(t, w)
	own := accounts + "/" + p.user
	p.want(200, "POST", own+"/Calls/"+text(p.every("calls", own+"/Calls.json?Status=in-progress")[0], "sid")+".json", form("Status", "completed"))
	p.want(204, "DELETE", own+"/Keys/"+text(p.every("keys", own+"/Keys.json")[1], "sid")+".json", nil)
	p.want(200, "POST", accounts+"/"+text(p.subs()[1], "sid")+".json", form("Status", "suspended"))
	clock.passed = time.Hour
	before, err := w.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	o.Scenario, o.Seed, o.Now = "", 0, time.Time{} // the snapshot knows
	again, err := sim.Restore(o, before)
	if err != nil {
		t.Fatal(err)
	}
	after, err := again.Snapshot()
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("%v: %s", err, cmp.Diff(string(before), string(after)))
	}
	if diff := cmp.Diff(w.Acts(), again.Acts()); diff != "" {
		t.Error(diff)
	}
	// Request numbers begin again, so only bodies are compared.
	one, two := tour(parentOf(t, w)), tour(parentOf(t, again))
	for i := range one {
		if diff := cmp.Diff(one[i][strings.Index(one[i], "{"):], two[i][strings.Index(two[i], "{"):]); diff != "" {
			t.Error(diff)
		}
	}
	if _, err := sim.Restore(o, []byte(`{"Level":99}`)); err == nil {
		t.Error("a newer snapshot is accepted")
	}
}

func TestBadOptions(t *testing.T) {
	for _, c := range []struct {
		o    sim.Options
		word string
	}{
		{sim.Options{Scenario: "flood"}, "leaked-token, clean"},
		{sim.Options{Switches: sim.Switches{Race: "always"}}, "off, replace, delete, keys, all"},
		{sim.Options{Switches: sim.Switches{Fault: "lost:POST /x:1"}}, "lost-after"},
		{sim.Options{Subaccounts: -1}, "Subaccounts"},
		{sim.Options{Latency: -1}, "Latency"},
	} {
		if _, err := sim.New(c.o); err == nil || !strings.Contains(err.Error(), c.word) {
			t.Errorf("%v: %v", c.o, err)
		}
	}
}

func TestOnChange(t *testing.T) {
	w := world(t, options())
	p := parentOf(t, w)
	var saved [][]byte
	var fail error
	w.OnChange(func(b []byte) error {
		_ = w.Now() // which must not wait for the change to be over
		saved = append(saved, b)
		return fail
	})
	p.want(200, "GET", accounts+".json", nil)
	p.want(201, "POST", secondary, nil)
	if len(saved) != 1 || !strings.Contains(string(saved[0]), "secondary-created") {
		t.Fatalf("saved %d times", len(saved))
	}
	fail = errors.New("the disk is full")
	p.want(500, "POST", promote, nil)
	p.want(401, "GET", accounts+".json", nil)
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		fault    string
		status   int // 0: an error instead of an answer
		executed bool
	}{
		{"lost-after", 0, true}, {"lost-before", 0, false}, {"429", 429, false}, {"503", 503, false}, {"503-after", 503, true},
		{"cut", 0, true}, {"garbage", 200, true},
	} {
		t.Run(c.fault, func(t *testing.T) {
			o := options()
			o.Switches.Fault = c.fault + ":POST /AuthTokens/Promote:2; 503:GET /Nowhere:1"
			w := world(t, o)
			server := httptest.NewServer(w)
			defer server.Close()
			for _, name := range []string{"in process", "over a connection"} {
				w = world(t, o)
				server.Config.Handler = w
				p := parentOf(t, w)
				if name != "in process" {
					p.wire = rebase{server.URL}
				}
				p.want(200, "POST", promote, nil)
				p = tokenOf(p, w)
				p.want(201, "POST", secondary, nil)
				was := len(w.Acts())
				status, err := p.status("POST", promote)
				if status != c.status || (err != nil) != (c.status == 0) {
					t.Errorf("%s: got %d, %v", name, status, err)
				}
				if got := len(w.Acts()) > was; got != c.executed {
					t.Errorf("%s: executed is %v", name, got)
				}
			}
		})
	}
}

// tokenOf renews the caller's token with the newest that the world made last.
func tokenOf(p caller, w *sim.World) caller {
	for _, s := range w.Secrets() {
		if res, err := p.as(p.user, s).try("GET", accounts+".json?PageSize=1", nil); err == nil {
			res.Body.Close()
			if res.StatusCode == 200 {
				return p.as(p.user, s)
			}
		}
	}
	return p
}

// status sends and reads to the end.
func (c caller) status(method, address string) (int, error) {
	res, err := c.try(method, address, nil)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	if _, err := io.ReadAll(res.Body); err != nil {
		return 0, err
	}
	return res.StatusCode, nil
}

// rebase sends everything to one address, with its true host.
type rebase struct{ address string }

func (b rebase) RoundTrip(r *http.Request) (*http.Response, error) {
	out := r.Clone(r.Context())
	out.Host = r.URL.Host
	out.URL.Scheme, out.URL.Host = "http", strings.TrimPrefix(b.address, "http://")
	return http.DefaultTransport.RoundTrip(out)
}

func TestFaultPort(t *testing.T) {
	o := options()
	var seen []int
	o.Faults = func(r *http.Request, n int) sim.Fault {
		seen = append(seen, n)
		if n == 2 {
			return sim.Throttle
		}
		return sim.NoFault
	}
	p := parentOf(t, world(t, o))
	p.want(200, "GET", accounts+".json", nil)
	p.want(429, "GET", accounts+".json", nil)
	p.want(200, "GET", accounts+".json", nil)
	if diff := cmp.Diff(seen, []int{1, 2, 3}); diff != "" {
		t.Error(diff)
	}
}

func TestTooManyAtOnce(t *testing.T) {
	entered, leave := make(chan bool), make(chan bool)
	o := options()
	o.Concurrency, o.Switches.RetryAfter = 1, 3
	o.Faults = func(r *http.Request, n int) sim.Fault {
		if n == 1 {
			entered <- true
			<-leave
		}
		return sim.NoFault
	}
	w := world(t, o)
	p := parentOf(t, w)
	var first sync.WaitGroup
	first.Go(func() { p.want(200, "GET", accounts+".json", nil) })
	<-entered
	res, err := p.try("DELETE", secondary, nil)
	if err != nil || res.StatusCode != 429 || res.Header.Get("Retry-After") != "3" {
		t.Errorf("got %v, %v", res, err)
	}
	close(leave)
	first.Wait()
	p.want(204, "DELETE", secondary, nil)
	if acts(w) != "client DELETE 204" {
		t.Errorf("the log: %s", acts(w))
	}
}

func TestLatencyHonoursCancellation(t *testing.T) {
	o := options()
	o.Latency = time.Hour
	w := world(t, o)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, _ := http.NewRequestWithContext(ctx, "DELETE", secondary, nil)
	if _, err := w.RoundTrip(r); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if len(w.Acts()) > 0 {
		t.Error("the request was executed")
	}
}

func TestManyAtOnce(t *testing.T) {
	o := options()
	o.Switches.Race, o.Messages = "all", 900
	w := world(t, o)
	p := parentOf(t, w)
	own := accounts + "/" + p.user
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			p.want(201, "POST", own+"/Keys.json", nil)
			p.want(200, "GET", own+"/Calls.json?Status=in-progress", nil)
			p.want(200, "GET", own+"/Usage/Records/Today.json", nil)
			_, _ = w.Snapshot()
			_ = w.Secrets()
		})
	}
	all.Wait()
}

func TestActsOverHTTP(t *testing.T) {
	w := world(t, options())
	server := httptest.NewServer(w)
	defer server.Close()
	read := func() (out []map[string]any) {
		res, err := http.Get(server.URL + "/__sim/acts")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if err := json.NewDecoder(res.Body).Decode(&out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	if got := read(); got == nil || len(got) != 0 {
		t.Errorf("at the start: %v", got)
	}
	parentOf(t, w).want(204, "DELETE", secondary, nil)
	want := map[string]any{"time": "2026-03-04T03:00:00Z", "actor": "client", "account": w.Opening().AccountSID,
		"method": "DELETE", "host": "accounts.twilio.com", "path": "/v1/AuthTokens/Secondary", "status": 204.0}
	if diff := cmp.Diff(read(), []map[string]any{want}); diff != "" {
		t.Error(diff)
	}
}

func TestRealTime(t *testing.T) {
	w := world(t, sim.Options{})
	if d := time.Since(w.Now()); d < 0 || d > time.Minute {
		t.Errorf("the clock is %s behind", d)
	}
	s, err := w.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	again, err := sim.Restore(sim.Options{}, s)
	if err != nil || again.Now().Before(w.Now().Add(-time.Minute)) {
		t.Errorf("the clock went back to %s: %v", again.Now(), err)
	}
}

// TestHostileNames: what the intruder named would hurt a terminal that shows it.
func TestHostileNames(t *testing.T) {
	p := parentOf(t, world(t, options()))
	own := accounts + "/" + p.user
	if k := p.every("keys", own+"/Keys.json")[0]; !strings.Contains(text(k, "friendly_name"), "\x1b]0;") {
		t.Errorf("his key is called %q", k["friendly_name"])
	}
	hostile := false
	for _, a := range p.every("applications", own+"/Applications.json") {
		hostile = hostile || strings.HasPrefix(text(a, "friendly_name"), "=HYPERLINK")
	}
	if !hostile {
		t.Error("no application has a hostile name")
	}
}
