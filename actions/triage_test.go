package actions

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"retake/actions/account"
	"retake/actions/sim"
	"retake/store"
)

func (r *Report) texts() string {
	var all []string
	for _, f := range r.Findings {
		all = append(all, f.ID+" "+string(f.Severity)+" "+f.Text)
	}
	for _, u := range r.Unseen {
		all = append(all, "unseen "+u.What+": "+u.Why)
	}
	return strings.Join(append(all, r.Why), "\n")
}

func wantTexts(t *testing.T, r *Report, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(r.texts(), w) {
			t.Errorf("nothing says %q:\n%s", w, r.texts())
		}
	}
}

func wantNothingFound(t *testing.T, r *Report) {
	t.Helper()
	if r.State != store.NeedsPerson || !strings.HasPrefix(r.Why, "nothing found") || !r.Plan.Empty() {
		t.Errorf("%s: %s", r.State, r.Why)
	}
	for _, f := range r.Findings {
		if f.Severity != Info && f.Severity != Low {
			t.Errorf("%s %s: %s", f.ID, f.Severity, f.Text)
		}
	}
}

// The leaked token is told for what it is, with what speaks for it.
func TestTriageOfTheLeakedToken(t *testing.T) {
	b := newBench(t, sim.Options{}).checked()
	r := b.plan("triage")
	if r.State != store.NeedsPerson || !strings.HasPrefix(r.Why, "it looks like takeover: (1) ") || !strings.Contains(r.Why, "(3) ") {
		t.Errorf("%s: %s", r.State, r.Why)
	}
	wantTexts(t, r, "203.0.113.66", "2 API keys planted", "account-auth-token.secondary-created 2", "parcel-fee[.]example[.]com",
		"outbound calls", "on the list for toll fraud", "live calls", "wait to go out", "was spent on", "next/1 info stop-traffic", "next/2 info auth-tokens",
		"cannot see: no API shows", "public-code/", "the present Auth Token of the account stands in public code", "what GitHub's search leaves out", "observed", "Old pilot 2023", "is suspended", "unseen audit events of")
	severe := slices.DeleteFunc(slices.Clone(r.Findings), func(f Finding) bool { return f.Severity != High && f.Severity != Critical })
	for _, f := range severe {
		if len(f.Exhibits) == 0 {
			t.Errorf("%s says not where to read it", f.ID)
		}
		for _, n := range f.Exhibits {
			if _, err := b.c.ExhibitBody(n); err != nil {
				t.Errorf("%s: exhibit %d: %v", f.ID, n, err)
			}
		}
	}
	if len(b.world.Acts()) != 0 {
		t.Errorf("it changed something: %+v", b.world.Acts())
	}
	if !b.closed(r) {
		t.Error("it cannot be closed by a person's word")
	}
}

// An ordinary day is no takeover, at any hour of the week.
func TestTriageOfAnOrdinaryDay(t *testing.T) {
	for hours := range 6 {
		at := time.Date(2026, 3, 1, 1, 0, 0, 0, time.UTC).Add(time.Duration(hours) * 31 * time.Hour)
		t.Run(at.Format("Monday 15:04"), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, sim.Options{Scenario: "clean", Now: at, Seed: uint64(hours + 1)})
			wantNothingFound(t, b.plan("triage"))
		})
	}
}

// What the responder did himself is no sign of an intruder.
func TestTriageAfterOurOwnWork(t *testing.T) {
	b := newBench(t, sim.Options{Scenario: "clean"})
	b.apply("auth-tokens")
	b.apply("api-keys")
	wantNothingFound(t, b.plan("triage"))
}

// A list that fails is said and does not stop the others; without it nothing is
// called clean.
func TestTriageGoesOnWithoutAList(t *testing.T) {
	for name, path := range map[string]string{"events": "/v1/Events", "messages": "/Messages.json", "calls": "/Calls.json", "usage": "/Usage/Records/Daily.json"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, scenario := range []string{"clean", "leaked-token"} {
				b := newBench(t, sim.Options{Scenario: scenario, Faults: func(r *http.Request, _ int) sim.Fault {
					if strings.HasSuffix(r.URL.Path, path) {
						return sim.GarbageBody
					}
					return sim.NoFault
				}})
				r := b.plan("triage")
				wantTexts(t, r, "was not what Twilio sends", "not read, so that something may be missing")
				if scenario == "clean" && !strings.HasPrefix(r.Why, "unclear") {
					t.Error(r.Why)
				}
				if scenario == "leaked-token" && (strings.HasPrefix(r.Why, "nothing") || len(r.Findings) < 8) {
					t.Errorf("%d findings, %s", len(r.Findings), r.Why)
				}
			}
		})
	}
}

// What was cut short is said, and how to read more.
func TestTriageSaysWhatIsCutShort(t *testing.T) {
	t.Parallel()
	b := newBench(t, sim.Options{Scenario: "clean", Messages: 20000})
	wantTexts(t, b.plan("triage", "pages=1"), "cut short after 1000 records", "messages that wait to go out can be among them", "pages=4")
}

// Text of the intruder stays data: nothing of it can talk to a terminal.
func TestTriageShowsHostileTextAsData(t *testing.T) {
	b := newBench(t, sim.Options{})
	path := "https://api.twilio.com/2010-04-01/Accounts/" + b.opening.AccountSID + ".json?FriendlyName=x%1B%5D0%3Bpwn%07%E2%80%AE"
	if status := b.send(http.MethodPost, path, b.opening.AccountSID, b.opening.AuthToken); status >= 300 {
		t.Logf("the name could not be changed: %d", status)
	}
	for _, f := range b.plan("triage").Findings {
		if strings.ContainsFunc(f.Text+f.ID, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
			t.Errorf("%q", f.Text)
		}
		if strings.Contains(f.Text, "://") && f.ID != "verdict" {
			t.Errorf("a link could be followed: %s", f.Text)
		}
	}
}

// The window begins when the responder says that it began.
func TestTriageSinceTheIncidentBegan(t *testing.T) {
	b := newBench(t, sim.Options{})
	began := b.world.Now().Add(-3 * time.Hour).UTC().Format(time.RFC3339)
	if r := b.plan("triage", "incident_start="+began); !strings.Contains(r.Why, "takeover") {
		t.Error(r.Why)
	}
	future := b.world.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	if _, err := b.desk.Plan(t.Context(), "triage", params([]string{"incident_start=" + future})); err == nil || !strings.Contains(err.Error(), "future") {
		t.Error(err)
	}
}

// narrow gives the newest calls in pages of a few, as an account does that is
// called more than pages can be read.
type narrow struct{ next http.RoundTripper }

func (n narrow) RoundTrip(r *http.Request) (*http.Response, error) {
	if q := r.URL.Query(); strings.HasSuffix(r.URL.Path, "/Calls.json") && q.Get("Status") == "" {
		q.Set("PageSize", "10")
		r = r.Clone(r.Context())
		r.URL.RawQuery = q.Encode()
	}
	return n.next.RoundTrip(r)
}

// The calls that are up are those that the account says are up, each once,
// however long ago they began and however few of the newest were read.
func TestTriageCountsWhatIsUpNow(t *testing.T) {
	for name, wrap := range map[string]func(http.RoundTripper) http.RoundTripper{
		"all pages": func(w http.RoundTripper) http.RoundTripper { return w },
		"one page":  func(w http.RoundTripper) http.RoundTripper { return narrow{w} },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, sim.Options{Clock: func() time.Duration { return time.Minute }})
			b.wire.Transport = wrap(b.world)
			b.sit()
			told := map[string]int{}
			for _, f := range b.plan("triage", "pages=1").Findings {
				if sid, live := strings.CutPrefix(f.ID, "live-calls/"); live {
					told[sid] = leading(f.Text)
				}
			}
			up := 0
			for sid := range b.olds {
				n := b.live(sid)
				if up += n; told[sid] != n {
					t.Errorf("%s: %d calls are up, %d are told", sid, n, told[sid])
				}
			}
			if up < 20 {
				t.Errorf("only %d calls are up", up)
			}
		})
	}
}

// leading is the number that a text begins with.
func leading(text string) (n int) {
	_, _ = fmt.Sscanf(text, "%d", &n)
	return n
}

// live is how many calls of an account are up, asked from outside.
func (b *bench) live(sid string) (n int) {
	b.t.Helper()
	for _, status := range account.LiveStatuses {
		_, answer := b.ask(b.opening.AccountSID, b.opening.AuthToken, "/Accounts/"+sid+"/Calls.json?PageSize=1000&Status="+status)
		var page struct{ Calls []struct{ SID string } }
		if err := json.NewDecoder(answer.Body).Decode(&page); err != nil {
			b.t.Fatal(err)
		}
		n += len(page.Calls)
	}
	return n
}

// Each scenario is told for what it is, whatever the seed: the takeover with
// three reasons that can be read, the ordinary day without an alarm.
func TestTriageOfManySeeds(t *testing.T) {
	for _, n := range places(t, 10, 0) {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			seed := uint64(n)
			at := time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC).Add(time.Duration(seed) * 17 * time.Hour)
			wantNothingFound(t, newBench(t, sim.Options{Scenario: "clean", Seed: seed, Now: at}).plan("triage"))
			r := newBench(t, sim.Options{Seed: seed, Now: at}).plan("triage")
			if !strings.HasPrefix(r.Why, "it looks like takeover: (1) ") {
				t.Error(r.Why)
			}
			if len(r.Findings) < 3 || !strings.Contains(r.Why, "(3) ") {
				t.Fatalf("%s, %d findings", r.Why, len(r.Findings))
			}
			for _, f := range r.Findings[1:4] { // after the account itself: the reasons
				if len(f.Exhibits) == 0 || f.Severity != High && f.Severity != Critical {
					t.Errorf("a reason says not where to read it: %+v", f)
				}
			}
		})
	}
}

// The token that stands in public is the worst there is while it is in force,
// and once it is reset no more than a trace.
func TestTriageKnowsTheTokenThatStandsInPublic(t *testing.T) {
	t.Parallel()
	b := newBench(t, sim.Options{})
	told := func() string {
		for _, f := range b.plan("triage").Findings {
			if strings.HasPrefix(f.ID, "public-code/") {
				if len(f.Exhibits) != 1 || f.Account != b.opening.AccountSID {
					t.Errorf("%+v", f)
				}
				return string(f.Severity) + ": " + f.Text
			}
		}
		return "nothing"
	}
	if got := told(); !strings.HasPrefix(got, "critical: the present Auth Token of the account stands in public code") {
		t.Error(got)
	}
	b.apply("auth-tokens")
	if got := told(); !strings.HasPrefix(got, "low: an Auth Token that was reset since") {
		t.Error(got)
	}
}

// public is how often public code was asked, by status.
func (b *bench) public() map[int]int {
	b.t.Helper()
	asked := map[int]int{}
	err := b.c.Entries(0, func(e store.Entry) bool {
		var x store.ExhibitEntry
		if e.Kind == store.KindExhibit && e.Decode(&x) == nil && strings.HasPrefix(x.URL, "https://api.github.com/") {
			asked[x.Status]++
		}
		return true
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return asked
}

// Without a token public code is not searched, and the search by hand is told.
func TestTriageWithoutAGitHubToken(t *testing.T) {
	b := newBench(t, sim.Options{})
	b.opening.GitHub = ""
	b.sit()
	wantTexts(t, b.plan("triage"), "GITHUB_TOKEN is not set", "https://github.com/search?q=%22"+b.opening.AccountSID+"%22&type=code", "it looks like takeover")
	if asked := b.public(); len(asked) != 0 {
		t.Errorf("GitHub was asked: %v", asked)
	}
}

// Whatever GitHub answers, the account is told, and what was not searched with
// it.
func TestTriageGoesOnWithoutGitHub(t *testing.T) {
	for name, c := range map[string]struct {
		mood  string
		fault sim.Fault
		asked map[int]int
		want  string
	}{
		"a wrong token":     {"bad-credentials", sim.NoFault, map[int]int{401: 1}, "turned GITHUB_TOKEN away (401)"},
		"a secondary limit": {"secondary-limit", sim.NoFault, map[int]int{403: 2}, "with github_wait=3m"},
		"too many":          {"", sim.Throttle, map[int]int{429: 2}, "limit of searches was reached"},
		"a failing server":  {"", sim.Unavailable, map[int]int{503: 5}, "GitHub's server failed (503)"},
		"a cut reply":       {"", sim.CutBody, map[int]int{200: 5}, "cut short"},
		"garbage":           {"", sim.GarbageBody, map[int]int{200: 5}, "not what GitHub sends"},
		"no reply":          {"", sim.LoseReply, map[int]int{0: 1}, "could not be reached"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, sim.Options{Switches: sim.Switches{GitHub: c.mood}, Faults: func(r *http.Request, _ int) sim.Fault {
				if r.URL.Host == "api.github.com" {
					return c.fault
				}
				return sim.NoFault
			}})
			r := b.plan("triage")
			wantTexts(t, r, c.want, "unseen public code with the SID of "+b.opening.AccountSID, "it looks like takeover", "Search by hand")
			if asked := b.public(); !maps.Equal(asked, c.asked) {
				t.Errorf("GitHub was asked %v, want %v", asked, c.asked)
			}
		})
	}
}

// Ten searches a minute are what GitHub answers: of a large family the first are
// searched, the others are said.
func TestTriageSearchesAtGitHubsPace(t *testing.T) {
	b := newBench(t, sim.Options{Scenario: "clean", Subaccounts: 14, Clock: func() time.Duration { return 0 }})
	wantTexts(t, b.plan("triage"), "limit of searches was reached", "and of 2 more accounts")
	if asked := b.public(); asked[200] != 10 || asked[403] > 2 {
		t.Errorf("GitHub was asked %v", asked)
	}
}
