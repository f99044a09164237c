package actions

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"retake/actions/account"
	"retake/actions/sim"
	"retake/store"
)

// form sends a form to the simulated account, as somebody else would.
func (b *bench) form(path string, with url.Values) {
	b.t.Helper()
	r, _ := http.NewRequest(http.MethodPost, "https://api.twilio.com/2010-04-01/Accounts/"+b.opening.AccountSID+path, strings.NewReader(with.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(b.opening.AccountSID, b.tokens()[b.opening.AccountSID])
	resp, err := b.world.RoundTrip(r)
	if err != nil || resp.StatusCode >= 300 {
		b.t.Fatalf("%s: %v, %+v", path, err, resp)
	}
}

func told(r *Report, prefix string) (all []string) {
	for _, f := range r.Findings {
		if strings.HasPrefix(f.ID, prefix) {
			all = append(all, f.Text)
		}
	}
	return all
}

// What came, went and changed after the first pass is told, each with what it
// was and is; what is allowed or what the case did itself is not.
func TestSecondPassTellsWhatChanged(t *testing.T) {
	t.Parallel()
	b := newBench(t, sim.Options{Scenario: "clean", Messages: -1, Calls: 3}).checked()
	r := b.plan("second-pass")
	if r.State != store.NeedsPerson || !strings.Contains(r.Why, "are kept as the end of the first pass") || len(r.Findings) > 0 {
		t.Fatalf("%s: %s %+v", r.State, r.Why, r.Findings)
	}
	if again := b.plan("second-pass"); len(told(again, "since/"))+len(told(again, "event/")) > 0 || len(told(again, "token/")) == 0 || len(told(again, "undone")) == 0 {
		t.Fatalf("nothing was done to the account: %+v", again.Findings)
	}
	app := b.listed(account.SourceApplications)[0]
	b.form("/Keys.json", url.Values{"FriendlyName": {"mine \x1b[31m"}})
	b.form("/Applications/"+app+".json", url.Values{"VoiceUrl": {"https://198.51.100.7/hook"}})
	b.send(http.MethodDelete, "https://api.twilio.com/2010-04-01/Accounts/"+b.opening.AccountSID+"/OutgoingCallerIds/"+b.listed(account.SourceCallerIDs)[0]+".json", b.opening.AccountSID, b.opening.AuthToken)
	r = b.plan("second-pass")
	words := strings.Join(told(r, "since/"), "\n")
	for _, want := range []string{"came since the first pass: SK", "changed since the first pass: " + app, `voice_url from "https`, `to "https://198.51.100.7/hook"`, "went since the first pass: PN"} {
		if !strings.Contains(words, want) {
			t.Errorf("%q is missing in:\n%s", want, words)
		}
	}
	if len(told(r, "since/")) != 3 || len(told(r, "event/")) < 2 {
		t.Errorf("%d differences, events %q:\n%s", len(told(r, "since/")), told(r, "event/"), words)
	}
	for _, f := range r.Findings {
		if strings.HasPrefix(f.ID, "since/") && len(f.Exhibits) == 0 {
			t.Errorf("%s names no exhibit", f.Text)
		}
	}
	if r = b.plan("second-pass", "allow="+app); len(told(r, "since/")) != 2 {
		t.Errorf("the application is allowed: %q", told(r, "since/"))
	}
	b.apply("api-keys")
	r = b.plan("second-pass", "allow="+app)
	if left := told(r, "since/"); len(left) != 1 || !strings.Contains(left[0], "went") || !strings.Contains(left[0], "PN") {
		t.Errorf("the keys that the case deleted are told as somebody's: %q", left)
	}
	if r = b.plan("second-pass", "mode=baseline"); !strings.Contains(r.Why, "are kept") {
		t.Error(r.Why)
	}
	if r = b.plan("second-pass"); len(told(r, "since/"))+len(told(r, "event/")) > 0 {
		t.Errorf("held against the new end of the first pass: %+v", r.Findings)
	}
	b.verify()
}

// listed are the SIDs in a list of the main account, sorted.
func (b *bench) listed(s account.Source) []string {
	b.t.Helper()
	all, err := inventories(b.c)
	if err != nil || len(all) == 0 {
		b.t.Fatal("nothing was read", err)
	}
	return slices.Sorted(maps.Keys(all[len(all)-1].of[pile{s, b.opening.AccountSID}]))
}

// present are the tokens that the desk knows to be in force, active accounts only.
func (b *bench) present() map[string]account.Secret {
	all := map[string]account.Secret{}
	for sid := range b.olds {
		all[sid] = b.desk.family.token(sid)
	}
	return all
}

// After a reactivation every token is made anew, once, and the step says so
// until it is done.
func TestTokensAreMadeAnewAfterReactivation(t *testing.T) {
	began := time.Now()
	var later atomic.Int64
	b := newBench(t, sim.Options{Messages: -1, Calls: -1, Clock: func() time.Duration { return time.Since(began) + time.Duration(later.Load()) }})
	b.apply("auth-tokens")
	first := b.present()
	b.plan("second-pass")
	if r := b.plan("auth-tokens"); !r.Plan.Empty() {
		t.Fatalf("nothing is left to rotate: %+v", r.Plan.Changes)
	}
	at := "reactivated=" + b.world.Now().Add(time.Second).UTC().Format(time.RFC3339)
	if r := b.plan("second-pass", at); len(told(r, "token/")) != len(b.olds) || len(told(r, "old")) != 1 {
		t.Errorf("the tokens are older than the reactivation: %+v", r.Findings)
	}
	later.Store(int64(time.Minute))
	madeBefore := strings.Replace(at, "reactivated", "made_before", 1)
	if r := b.apply("auth-tokens", madeBefore); r.State != store.Proved {
		t.Fatalf("%s: %s", r.State, r.Why)
	}
	for sid, token := range b.present() {
		if token.Equal(first[sid]) {
			t.Errorf("%s has its old token", sid)
		}
	}
	if r := b.plan("auth-tokens", madeBefore); !r.Plan.Empty() {
		t.Errorf("they would be rotated again: %+v", r.Plan.Changes)
	}
	if r := b.plan("second-pass", at); len(told(r, "token/")) != 0 {
		t.Errorf("all tokens are younger now: %q", told(r, "token/"))
	}
}
