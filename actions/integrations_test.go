package actions

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"retake/actions/account"
	"retake/actions/sim"
	"retake/store"
)

// put writes a file below a folder.
func put(t *testing.T, dir, name, text string) {
	t.Helper()
	whole := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(whole), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(whole, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A token that was committed and removed is found in the history; the key beside
// its secret is found to be live; libraries and named integrations are told.
func TestFoldersAreSearched(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not on the PATH")
	}
	b := newBench(t, small())
	keys := b.listKeys()
	dir := t.TempDir()
	put(t, dir, "shop/config.js", "sid '"+b.opening.AccountSID+"' token '"+b.opening.AuthToken+"'")
	git := func(args ...string) {
		c := exec.Command("git", args...)
		c.Dir, c.Env = filepath.Join(dir, "shop"), append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=R", "GIT_AUTHOR_EMAIL=r@example.com", "GIT_COMMITTER_NAME=R", "GIT_COMMITTER_EMAIL=r@example.com")
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v: %s", args, err, out)
		}
	}
	git("init", "-q")
	git("add", ".")
	git("commit", "-q", "-m", "begin")
	git("rm", "-q", "config.js")
	git("commit", "-q", "-m", "remove it")
	put(t, dir, "jobs/run.sh", "curl -u "+keys[0]+":FAKEfakeFAKEfakeFAKEfakeFAKE0123")
	put(t, dir, "jobs/Gemfile.lock", "    twilio-ruby (5.77.0)\n")
	put(t, dir, "crm/plugins/twilioid/readme.txt", "hello")
	r := b.apply("integrations", "folders="+dir)
	if r.State != store.NeedsPerson || !strings.Contains(r.Why, "1 folders were searched (2 credentials found)") {
		t.Errorf("%s: %s", r.State, r.Why)
	}
	if f := b.finding("integrations", "that is in force lies in plain text", "shop: ", "config.js"); f.Severity != string(High) {
		t.Errorf("%+v", f)
	}
	b.finding("integrations", "the secret of the API key "+keys[0], "run.sh:1")
	b.finding("integrations", "twilio-ruby 5.77.0")
	b.finding("integrations", "plugins/twilioid", "known holes")
	b.secretless(b.opening.AuthToken)
	b.secretless("FAKEfakeFAKEfakeFAKEfakeFAKE0123")
	b.proveJournal()
	b.verify()
}

func (b *bench) listKeys() (all []string) {
	b.t.Helper()
	got, err := b.desk.line.As(b.credential()).On(context.Background(), unrecorded{}).ListKeys(b.opening.AccountSID)
	if err != nil || len(got) == 0 {
		b.t.Fatal(err)
	}
	return mappedKeys(got)
}

// A token of which the case knows nothing is tried only when that is wanted. One
// that lives is burnt, and a rotation ends it.
func TestUnknownTokensAreTriedOnlyWhenAsked(t *testing.T) {
	b := newBench(t, small())
	b.apply("auth-tokens")
	fresh, err := b.desk.Token(context.Background(), b.opening.AccountSID, "test")
	if err != nil {
		t.Fatal(err)
	}
	second := b.plantSecondary(fresh.Reveal())
	dir := t.TempDir()
	put(t, dir, "a.env", b.opening.AccountSID+" "+second)
	put(t, dir, "b.env", "ACffffffffffffffffffffffffffffffff 0123456789abcdef0123456789abcdee")
	b.apply("integrations", "folders="+dir)
	b.finding("integrations", "what looks like an Auth Token of", "try_unknown=yes")
	b.finding("integrations", "not an account of yours")
	if st, _ := b.c.Progress("auth-tokens"); st.State != store.Proved {
		t.Errorf("%+v", st)
	}
	b.apply("integrations", "folders="+dir, "try_unknown=yes")
	b.finding("auth-tokens", "of which the case knew nothing", "Twilio lets it in")
	if r := b.apply("auth-tokens"); r.State != store.Proved || len(r.Outcomes) == 0 {
		t.Fatalf("%s: %s", r.State, r.Why)
	}
	for _, token := range []string{second, fresh.Reveal()} {
		if status, _ := b.ask(b.opening.AccountSID, token, "/Accounts/"+b.opening.AccountSID+".json"); status != http.StatusUnauthorized {
			t.Errorf("a burnt token answers %d", status)
		}
	}
	b.proveRotated()
	b.secretless(second)
}

// What fails after the rotation is told with what it means; what failed before,
// and what means something else, is not.
func TestFailingWebhooksAreTold(t *testing.T) {
	b := newBench(t, small())
	r, err := b.desk.run(context.Background(), "integrations", nil, b.desk.line.ReadOnly())
	if err != nil {
		t.Fatal(err)
	}
	sid, rotated := b.opening.AccountSID, r.Now()
	at := func(minutes int, code, address string) account.Alert {
		return account.Alert{Code: code, URL: address, At: rotated.Add(time.Duration(minutes) * time.Minute)}
	}
	alerts := []account.Alert{at(1, "11200", "https://voice.example.com/in?token=x"), at(2, "11200", "https://voice.example.com/in"), at(-5, "11200", "https://old.example.com/"), at(1, "30003", "https://other.example.com/")}
	tellFailing(r, sid, alerts, rotated, true, 1)
	if len(r.report.Findings) != 1 {
		t.Fatalf("%+v", r.report.Findings)
	}
	f := r.report.Findings[0]
	if f.Severity != High || !strings.Contains(f.Text, "error 11200 2 times at voice.example.com/in since") || !strings.Contains(f.Text, "after the rotation") {
		t.Errorf("%+v", f)
	}
}

// A folder that is not there, and one that is no whole path, are refused before
// anything is searched.
func TestFoldersThatAreNone(t *testing.T) {
	b := newBench(t, small())
	for _, folder := range []string{"/no/such/folder", "relative"} {
		if _, err := b.desk.Plan(context.Background(), "integrations", map[string]string{"folders": folder}); err == nil || !strings.Contains(err.Error(), folder) {
			t.Errorf("%q: %v", folder, err)
		}
	}
}

// The hosts of webhooks are listed, and what fails since the rotation is told.
func TestWebhookInventory(t *testing.T) {
	b := newBench(t, sim.Options{Calls: 1, Messages: 1})
	b.plan("integrations")
	b.finding("integrations", "voice.harbour-parcel.example.com answers", "is it yours?")
	b.finding("integrations", "sms.harbour-parcel.example.com answers")
	b.plan("website")
	b.finding("website", "voice.harbour-parcel.example.com answers")
}

// plantSecondary makes a second token of the main account, as an intruder with
// its token would, and returns it.
func (b *bench) plantSecondary(token string) string {
	b.t.Helper()
	r, _ := http.NewRequest(http.MethodPost, "https://accounts.twilio.com/v1/AuthTokens/Secondary", nil)
	r.SetBasicAuth(b.opening.AccountSID, token)
	resp, err := b.world.RoundTrip(r)
	if err != nil {
		b.t.Fatal(err)
	}
	var made struct {
		Token string `json:"secondary_auth_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&made); err != nil || made.Token == "" {
		b.t.Fatalf("%d, %v", resp.StatusCode, err)
	}
	return made.Token
}
