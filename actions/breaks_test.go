package actions

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"retake/actions/account"
	"retake/actions/sim"
	"retake/store"
)

// lossesOf are the texts of what a plan breaks, one a line, and the plan.
func lossesOf(r *Report) string {
	return strings.Join(mapped(r.Plan.Losses, func(l Loss) string { return l.Text }), "\n")
}

// capture reads the lists of all accounts into the case.
func (b *bench) capture() {
	b.t.Helper()
	if _, err := b.desk.Capture(context.Background(), CaptureOptions{}); err != nil {
		b.t.Fatal(err)
	}
}

// showLosses wants each loss that says how many there are to name exhibits that
// lie in the case and are about its account.
func (b *bench) showLosses(r *Report) {
	b.t.Helper()
	for _, l := range r.Plan.Losses {
		if strings.HasPrefix(l.Text, "not known: ") != (len(l.Exhibits) == 0) && !strings.Contains(l.Text, "no call of") {
			b.t.Errorf("%q names the exhibits %v", l.Text, l.Exhibits)
		}
		for _, n := range l.Exhibits {
			x, _, err := b.c.ExhibitRecords(n)
			if err != nil || x.Account != l.Account {
				b.t.Errorf("%q of %s names exhibit %d, which is about %s: %v", l.Text, l.Account, n, x.Account, err)
			}
		}
	}
}

// Before anything was captured the plan says so, and names only what it read.
func TestLossesBeforeTheCapture(t *testing.T) {
	b := newBench(t, sim.Options{})
	for step, want := range map[string][]string{
		"auth-tokens": {"not known: which webhooks are signed with the tokens (numbers and applications) of 4 accounts: they were not captured", "not known: calls and messages", "5 subaccounts"},
		"api-keys":    {"Access Tokens that 5 keys signed", "not known: which Access Tokens are alive"},
	} {
		r := b.plan(step)
		text := lossesOf(r)
		for _, part := range want {
			if step == "auth-tokens" {
				part = strings.Replace(part, "5 subaccounts", "4 subaccounts", 1)
			}
			if !strings.Contains(text, part) {
				t.Errorf("%s: %q is not said:\n%s", step, part, text)
			}
		}
		b.showLosses(r)
	}
}

// After the capture each account is named with the webhooks that its token
// signs, and with what programs did in the last hour.
func TestLossesOfTokens(t *testing.T) {
	b := newBench(t, sim.Options{Messages: 2000, Calls: 2000})
	b.capture()
	r := b.plan("auth-tokens")
	text := lossesOf(r)
	for sid := range b.olds {
		if !strings.Contains(text, sid) {
			t.Errorf("nothing is said of %s:\n%s", sid, text)
		}
	}
	for _, part := range []string{"3 numbers and 3 applications", "voice.harbour-parcel.example.com", "messages sms.harbour-parcel.example.com", "created through the API in the hour before"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not said:\n%s", part, text)
		}
	}
	if strings.Contains(text, "not captured)") || strings.Contains(text, "they were not captured") {
		t.Errorf("something is said not to be captured:\n%s", text)
	}
	b.showLosses(r)
}

// The same state makes the same plan, though each reading files new exhibits;
// another loss makes another.
func TestLossesAreAgreedTo(t *testing.T) {
	b := newBench(t, sim.Options{})
	first, second := b.plan("api-keys").Plan, b.plan("api-keys").Plan
	if first.Digest != second.Digest || slices.Equal(first.Losses[0].Exhibits, second.Losses[0].Exhibits) {
		t.Errorf("%s and %s, exhibits %v and %v", first.Digest, second.Digest, first.Losses[0].Exhibits, second.Losses[0].Exhibits)
	}
	second.Losses[0].Text += " and more"
	if err := second.seal(); err != nil || second.Digest == first.Digest {
		t.Errorf("another loss, the same digest: %v", err)
	}
}

// A plan of a case from before there were losses keeps its digest.
func TestPlanWithoutLossesKeepsItsDigest(t *testing.T) {
	p := &Plan{Step: "api-keys", Account: "AC1", Breaks: []string{"x"}, Changes: []Change{}}
	text, err := store.Canonical(p)
	if err != nil || strings.Contains(string(text), "losses") {
		t.Errorf("%v: %s", err, text)
	}
}

// Keys that known programs made are named.
func TestLossesOfKeys(t *testing.T) {
	b := newBench(t, sim.Options{Scenario: "clean"})
	main := b.opening.AccountSID
	b.post(main, http.MethodPost, "https://api.twilio.com/2010-04-01/Accounts/"+main+"/Keys.json", url.Values{"FriendlyName": {"twilio-cli for robin on desk"}})
	r := b.plan("api-keys")
	if text := lossesOf(r); !strings.Contains(text, `"twilio-cli for robin on desk" belongs to a Twilio CLI profile`) || strings.Count(text, "belongs to") != 1 {
		t.Error(text)
	}
	b.showLosses(r)
	for name, want := range map[string]string{"twilio-cli for a on b": "a Twilio CLI profile", "Doppler rotation": "the token rotator Doppler", "prod-vault": "the token rotator Vault", "laws of motion": "", "web shop": "", "vaulting": ""} {
		if got := programOf(name); got != want {
			t.Errorf("%q: %q", name, got)
		}
	}
}

// Countries that are shut though they were called are named with how often, on
// which account; where none is shut nothing is said.
func TestLossesOfCountries(t *testing.T) {
	b := newBench(t, sim.Options{})
	if r := b.plan(geoStep, "mode=restore"); len(r.Plan.Losses) != 0 {
		t.Errorf("restore: %+v", r.Plan.Losses)
	}
	r := b.plan(geoStep, "mode=lock", "allow=GB,NG")
	text := lossesOf(r)
	if !strings.Contains(text, b.opening.AccountSID) || !strings.Contains(text, "IE ") || strings.Contains(text, "GB ") || !strings.Contains(text, "messages to") {
		t.Error(text)
	}
	b.showLosses(r)
}

// A number that calls go out with is told from one that none uses.
func TestLossesOfCallerIDs(t *testing.T) {
	b := newBench(t, sim.Options{})
	set := settings(b, "caller-id")
	if text := lossesOf(b.plan("caller-id", set...)); !strings.Contains(text, "they were not captured") {
		t.Error(text)
	}
	b.capture()
	r := b.plan("caller-id", set...)
	if text := lossesOf(r); !strings.Contains(text, "no call of "+r.Plan.Changes[0].Account) {
		t.Error(text)
	}
	from := b.callsFrom(r.Plan.Changes[0].Account)
	l := &losing{r: &Run{desk: b.desk, Step: CallerID()}, p: &Plan{Changes: []Change{{Account: r.Plan.Changes[0].Account, Seen: from + ", name"}}}}
	var err error
	if l.filed, err = readFiled(b.c, "caller-id", 0, account.SourceCalls); err != nil {
		t.Fatal(err)
	}
	if err := l.callerIDs(); err != nil || !strings.Contains(l.all[0].Text, from+": ") || !strings.Contains(l.all[0].Text, "have it as From") || len(l.all[0].Exhibits) == 0 {
		t.Errorf("%v %+v", err, l.all)
	}
}

// callsFrom is a number that a captured call of the account went out with.
func (b *bench) callsFrom(sid string) (from string) {
	b.t.Helper()
	f, err := readFiled(b.c, "", 0, account.SourceCalls)
	if err == nil {
		err = f.traffic(account.SourceCalls, sid, time.Time{}, func(t filedTraffic, _ int64) {
			if t.byProgram() {
				from = t.From
			}
		})
	}
	if err != nil || from == "" {
		b.t.Fatalf("no call goes out: %v", err)
	}
	return from
}

// The newest complete reading of a list counts, not one that is under way.
func TestLatestReadingOfAList(t *testing.T) {
	page := func(n int64, round, page int, done bool) filedPage {
		return filedPage{store.ExhibitEntry{Capture: &store.CaptureMark{Round: round, Page: page, Done: done}}, n}
	}
	at := listOf{account.SourceNumbers, "AC1"}
	for _, c := range []struct {
		pages []filedPage
		want  []int64
		whole bool
	}{
		{nil, []int64{}, false},
		{[]filedPage{page(1, 1, 1, false)}, []int64{1}, false},
		{[]filedPage{page(1, 1, 1, false), page(2, 1, 2, true), page(5, 2, 1, false)}, []int64{1, 2}, true},
		{[]filedPage{page(1, 1, 1, true), page(5, 2, 1, true)}, []int64{5}, true},
		{[]filedPage{page(1, 1, 1, true), {store.ExhibitEntry{}, 9}}, []int64{9}, true},
	} {
		f := &filed{pages: map[listOf][]filedPage{at: c.pages}}
		got, whole := f.latest(at.source, at.account)
		if !slices.Equal(numbersOf(got), c.want) || whole != c.whole {
			t.Errorf("%v %v, want %v %v", numbersOf(got), whole, c.want, c.whole)
		}
	}
}
