package line_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"retake/actions/sim"
	"retake/store"
)

// captureKills is how often the capture is killed in all.
const captureKills = 30

// TestCaptureIsKilled kills retake capture at random places, time and again,
// goes on with it, and wants the same records in the case as one capture that
// nobody disturbed.
func TestCaptureIsKilled(t *testing.T) {
	t.Parallel()
	program, err := armed()
	if err != nil {
		t.Fatal(err)
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("the places follow from seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 0))
	undisturbed := beginCapture(t, program)
	if status := undisturbed.run("", "capture"); status != 0 {
		t.Fatalf("%d\n%s", status, undisturbed.said)
	}
	want := undisturbed.captured()
	if n := len(want["messages "+undisturbed.opening.AccountSID]); len(want) < 30 || n < 40 {
		t.Fatalf("there is too little to read: %d lists, %d messages", len(want), n)
	}
	kills := 0
	for kills < captureKills {
		c := beginCapture(t, program)
		status := 137
		for status == 137 {
			env := ""
			if kills < captureKills {
				env = fmt.Sprintf("RETAKE_FAILPOINT=%d", 6+dice.IntN(60))
			}
			if status = c.run(env, "capture"); status == 137 {
				kills++
			}
		}
		if status != 0 {
			t.Fatalf("after %d kills it ended with %d:\n%s", kills, status, c.said)
		}
		if diff := cmp.Diff(want, c.captured()); diff != "" {
			t.Fatalf("after %d kills (-undisturbed +killed):\n%s", kills, diff)
		}
		if r, err := store.Verify(c.path, store.VerifyOptions{}); err != nil || !r.OK {
			t.Fatalf("the case does not verify: %v %+v", err, r)
		}
	}
}

// beginCapture makes a case for a family whose lists come in small pages.
func beginCapture(t *testing.T, program string) *crash {
	w, err := sim.New(sim.Options{Scenario: "leaked-token", Seed: 5, Messages: 120, Calls: 40, Subaccounts: 2, Now: captureStart})
	if err != nil {
		t.Fatal(err)
	}
	c := &crash{t: t, program: program, course: course{step: "capture"}, world: w, opening: w.Opening(), path: filepath.Join(t.TempDir(), "c.retake")}
	c.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if q := r.URL.Query(); q.Get("PageSize") == "1000" {
			q.Set("PageSize", "10")
			r.URL.RawQuery = q.Encode()
		}
		w.ServeHTTP(rw, r)
	}))
	t.Cleanup(c.server.Close)
	if status := c.run("", "new"); status != 0 {
		t.Fatalf("new: %d\n%s", status, c.said)
	}
	return c
}

// captureStart is when the simulated clock of these captures begins: what comes
// later depends on how long they take.
var captureStart = time.Now().UTC().Truncate(time.Hour).Add(-time.Hour)

// captured are the records of the case by list, sorted, each as often as it is
// there. Those that came after the start are left out.
func (c *crash) captured() map[string][]string {
	c.t.Helper()
	kase, err := store.OpenToRead(c.path)
	if err != nil {
		c.t.Fatal(err)
	}
	defer kase.Close()
	all := map[string][]string{}
	err = kase.Entries(0, func(e store.Entry) bool {
		var x store.ExhibitEntry
		if e.Kind != store.KindExhibit || e.Decode(&x) != nil || x.Capture == nil || x.List == "" {
			return true
		}
		body, err := kase.ExhibitBody(e.N)
		if err != nil {
			c.t.Fatal(err)
		}
		records, err := store.Records(body, x.List)
		if err != nil {
			c.t.Fatal(err)
		}
		key := x.Capture.Source + " " + x.Account
		for _, raw := range records {
			if id := idOf(raw); id != "" {
				all[key] = append(all[key], id)
			}
		}
		return true
	})
	if err != nil {
		c.t.Fatal(err)
	}
	for _, ids := range all {
		slices.Sort(ids)
	}
	return all
}

// idOf tells a record from others; "" for one that came after the start, or was
// about to be dialled then.
func idOf(raw json.RawMessage) string {
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
	for _, form := range []string{time.RFC1123Z, time.RFC3339} {
		for _, text := range []string{r.Made, r.Date} {
			if at, err := time.Parse(form, text); err == nil && !at.Before(captureStart.Add(-2*time.Minute)) {
				return ""
			}
		}
	}
	return strings.Join([]string{r.SID, r.ISO, r.Code, r.Name, r.Day}, " ")
}
