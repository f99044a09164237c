package line_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"retake/actions"
	"retake/actions/account"
	"retake/actions/sim"
	"retake/store"
)

// passphrase opens the cases that the tests make.
const passphrase = "correct horse battery"

// lab is a simulated account family behind a loopback address, with a view
// behind its curtain.
type lab struct {
	*sim.World
	opening sim.Opening
	server  *httptest.Server
	old     map[string]string // tokens of the active accounts at the beginning

	mu      sync.Mutex
	mood    string // "": as it is; "locked": 401 to everybody
	asked   []*http.Request
	foreign map[int]bool // places in Acts of what the test did as the intruder
}

func newLab(o sim.Options) (*lab, error) {
	w, err := sim.New(o)
	if err != nil {
		return nil, err
	}
	l := &lab{World: w, opening: w.Opening(), old: map[string]string{}, foreign: map[int]bool{}}
	l.server = httptest.NewServer(l)
	for _, a := range l.accounts() {
		if a.Status == "active" {
			l.old[a.Sid] = a.Primary
		}
	}
	return l, nil
}

func (l *lab) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	mood := l.mood
	l.asked = append(l.asked, r)
	l.mu.Unlock()
	if mood != "locked" {
		l.World.ServeHTTP(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusUnauthorized)
	_, _ = io.WriteString(w, `{"code":20003,"message":"Authenticate","status":401}`)
}

func (l *lab) feel(mood string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mood = mood
}

// truth is an account as it really is, whatever the API shows.
type truth struct {
	Sid, Name, Status, Primary, Secondary string
	Keys                                  []struct{ Sid, Secret, Name, Kind string }
}

// accounts are those of the family, the parent first.
func (l *lab) accounts() []truth {
	snapshot, err := l.Snapshot()
	if err != nil {
		panic(err)
	}
	var state struct{ Accounts []truth }
	if err := json.Unmarshal(snapshot, &state); err != nil {
		panic(err)
	}
	return state.Accounts
}

func (l *lab) account(sid string) truth {
	all := l.accounts()
	i := slices.IndexFunc(all, func(a truth) bool { return a.Sid == sid })
	if i < 0 {
		return truth{}
	}
	return all[i]
}

// named lists the accounts with a status.
func (l *lab) named(status string) []truth {
	return slices.DeleteFunc(l.accounts(), func(a truth) bool { return a.Status != status })
}

// wire is the case's way to the lab.
func (l *lab) wire() actions.Wire {
	w, err := actions.LabWire(l.server.URL)
	if err != nil {
		panic(err)
	}
	return w
}

// newCase makes a case as retake new does, with a passphrase that is checked in
// no time.
func (l *lab) newCase(path string) error {
	c, err := actions.Begin(context.Background(), actions.Beginning{
		Path: path, Wire: l.wire(), Responder: "Robin", Passphrase: passphrase, Version: "test", WorkFactor: 10,
		Credential: account.Credential{SID: l.opening.AccountSID, Secret: account.NewSecret(l.opening.AuthToken)},
	})
	if err != nil {
		return err
	}
	if err := c.Checkpoint("the case was made"); err != nil {
		return err
	}
	return c.Close()
}

// environment is what a responder sets before he begins.
func (l *lab) environment() []string {
	return []string{
		"RETAKE_API=" + l.server.URL, "GITHUB_TOKEN=" + l.opening.GitHub, "TWILIO_ACCOUNT_SID=" + l.opening.AccountSID, "TWILIO_AUTH_TOKEN=" + l.opening.AuthToken,
		"TWILIO_ORG_SID=" + l.opening.OrgSID, "TWILIO_ORG_CLIENT_ID=" + l.opening.OrgClient, "TWILIO_ORG_CLIENT_SECRET=" + l.opening.OrgSecret,
		"SENDGRID_API_KEY=" + l.opening.SendGrid, "RETAKE_PASSPHRASE=" + passphrase, "RETAKE_RESPONDER=Robin",
	}
}

// call sends a request as somebody who holds a token or a key.
func (l *lab) call(method, host, path, user, secret string, form url.Values) (int, map[string]any) {
	r, err := http.NewRequest(method, l.server.URL+"/"+host+path, strings.NewReader(form.Encode()))
	if err != nil {
		panic(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(user, secret)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil
	}
	defer resp.Body.Close()
	var body map[string]any
	_ = json.NewDecoder(resp.Body).Decode(&body) // a 204 has none
	return resp.StatusCode, body
}

// answers is the status with which an account answers to a token.
func (l *lab) answers(sid, token string) int {
	status, _ := l.call(http.MethodGet, "api.twilio.com", "/2010-04-01/Accounts/"+sid+".json", sid, token, nil)
	return status
}

// rotate puts another token in force, as an intruder does who holds the present
// one.
func (l *lab) rotate(sid string) error {
	defer l.disown(len(l.Acts()))
	token := l.account(sid).Primary
	for _, path := range []string{"Secondary", "Promote"} {
		if status, body := l.call(http.MethodPost, "accounts.twilio.com", "/v1/AuthTokens/"+path, sid, token, nil); status >= 300 {
			return fmt.Errorf("%s: %d %v", path, status, body)
		}
	}
	return nil
}

// makeKey makes a key and returns its SID.
func (l *lab) makeKey(sid string) (string, error) {
	defer l.disown(len(l.Acts()))
	status, body := l.call(http.MethodPost, "api.twilio.com", "/2010-04-01/Accounts/"+sid+"/Keys.json", sid, l.account(sid).Primary, url.Values{"FriendlyName": {"late"}})
	if status >= 300 {
		return "", fmt.Errorf("%d %v", status, body)
	}
	return body["sid"].(string), nil
}

// setStatus suspends, reactivates or closes a subaccount.
func (l *lab) setStatus(sid, status string) error {
	defer l.disown(len(l.Acts()))
	main := l.accounts()[0]
	code, body := l.call(http.MethodPost, "api.twilio.com", "/2010-04-01/Accounts/"+sid+".json", main.Sid, main.Primary, url.Values{"Status": {status}})
	if code >= 300 {
		return fmt.Errorf("%d %v", code, body)
	}
	return nil
}

// disown marks the acts from a place on as not Retake's.
func (l *lab) disown(from int) {
	for i := from; i < len(l.Acts()); i++ {
		l.foreign[i] = true
	}
}

// ours are the changing requests that Retake sent and the account executed.
func (l *lab) ours() []sim.Act {
	var all []sim.Act
	for i, a := range l.Acts() {
		if a.Actor == "client" && a.Status < 300 && !l.foreign[i] {
			all = append(all, a)
		}
	}
	return all
}

// promotions counts the promotions of each account.
func (l *lab) promotions() map[string]int {
	count := map[string]int{}
	for _, a := range l.ours() {
		if strings.HasSuffix(a.Path, "/Promote") {
			count[a.Account]++
		}
	}
	return count
}

// oldTokensDead wants every token of the beginning to be turned away.
func (l *lab) oldTokensDead() error {
	for sid, token := range l.old {
		if status := l.answers(sid, token); status != http.StatusUnauthorized {
			return fmt.Errorf("the old token of %s answers %d", sid, status)
		}
	}
	return nil
}

// keysLeft are the SIDs of the keys of the accounts with a status.
func (l *lab) keysLeft(status string) []string {
	var all []string
	for _, a := range l.named(status) {
		for _, k := range a.Keys {
			all = append(all, k.Sid)
		}
	}
	return all
}

// verified wants a case file to be as it was filed.
func verified(path string) error {
	r, err := store.Verify(path, store.VerifyOptions{})
	if err != nil {
		return err
	}
	if !r.OK {
		return fmt.Errorf("%s does not verify: %+v", path, r.Problems)
	}
	return nil
}

// deed is what the journal and the account's own log are compared by.
type deed struct{ account, verb string }

func deedOf(a sim.Act) deed {
	switch {
	case strings.HasSuffix(a.Path, "/Promote"):
		return deed{a.Account, "promote"}
	case strings.HasSuffix(a.Path, "/Secondary") && a.Method == http.MethodPost:
		return deed{a.Account, "create-secondary"}
	case strings.HasSuffix(a.Path, "/Secondary"):
		return deed{a.Account, "delete-secondary"}
	case strings.Contains(a.Path, "Keys/"):
		return deed{a.Account, "delete-key"}
	case strings.Contains(a.Path, "/OutgoingCallerIds/"):
		return deed{a.Account, "delete-caller-id"}
	case strings.Contains(a.Path, "/Usage/Triggers/"):
		return deed{a.Account, "delete-trigger"}
	case strings.HasSuffix(a.Path, "/Usage/Triggers.json"):
		return deed{a.Account, "create-trigger"}
	case geoVerbs[a.Method+" "+a.Host+a.Path] != "":
		return deed{a.Account, geoVerbs[a.Method+" "+a.Host+a.Path]}
	}
	return deed{a.Account, a.Method + " " + a.Path}
}

// journaled wants everything that the account executed for Retake to have been
// announced in the journal first, and, where the work is done, to stand there
// as made exactly as often.
func (l *lab) journaled(path string, done bool) error {
	c, err := store.OpenToRead(path)
	if err != nil {
		return err
	}
	defer c.Close()
	acts, err := c.Acts("")
	if err != nil {
		return err
	}
	executed, intended, made := map[deed]int{}, map[deed]int{}, map[deed]int{}
	for _, a := range l.ours() {
		executed[deedOf(a)]++
	}
	for _, a := range acts {
		d := deed{a.Act.Account, a.Act.Verb}
		intended[d]++
		if a.Outcome.Result == store.Made {
			made[d]++
		}
		if done && a.Open() {
			return fmt.Errorf("act %d (%s %s) is still %q", a.N, a.Act.Verb, a.Act.Target, a.Outcome.Result)
		}
	}
	for d, n := range executed {
		if n > intended[d] {
			return fmt.Errorf("%v was executed %d times and announced %d times", d, n, intended[d])
		}
		if done && n != made[d] {
			return fmt.Errorf("%v was executed %d times and stands in the journal as made %d times", d, n, made[d])
		}
	}
	for d, n := range made {
		if n > executed[d] {
			return fmt.Errorf("%v stands in the journal as made %d times and was executed %d times", d, n, executed[d])
		}
	}
	return nil
}

// said is what a run of the program came to.
type said struct {
	status    int
	out, errs string
}

// retake runs the program with the lab's environment.
func (l *lab) retake(t *testing.T, args ...string) said {
	t.Helper()
	return command(t, append(os.Environ(), l.environment()...), "retake", args...)
}

func command(t *testing.T, env []string, name string, args ...string) said {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = env
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return said{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// begin is a lab with a case, for a test in Go.
func begin(t *testing.T, o sim.Options) (*lab, string) {
	t.Helper()
	l, err := newLab(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.server.Close)
	path := filepath.Join(t.TempDir(), "c.retake")
	if err := l.newCase(path); err != nil {
		t.Fatal(err)
	}
	return l, path
}
