package line_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"retake/actions"
	"retake/actions/sim"
)

// doors are what a family lets through, as the account says from outside.
type doors struct {
	Voice     map[string]string // by account and country: the three flags
	SMS       map[string]string
	CallerIDs []string
}

// doors reads them with the tokens that are in force.
func (l *lab) doors(t *testing.T) doors {
	t.Helper()
	d := doors{Voice: map[string]string{}, SMS: map[string]string{}}
	for _, a := range l.named("active") {
		for _, c := range l.all(t, a, "voice.twilio.com", "/v1/DialingPermissions/Countries?PageSize=1000", "content") {
			d.Voice[fmt.Sprint(a.Sid, " ", c["iso_code"])] = fmt.Sprint(c["low_risk_numbers_enabled"], c["high_risk_special_numbers_enabled"], c["high_risk_tollfraud_numbers_enabled"])
		}
		for _, c := range l.all(t, a, "accounts.twilio.com", "/v1/Messaging/GeoPermissions", "permissions") {
			d.SMS[fmt.Sprint(a.Sid, " ", c["country_code"])] = fmt.Sprint(c["enabled"])
		}
		for _, c := range l.all(t, a, "api.twilio.com", "/2010-04-01/Accounts/"+a.Sid+"/OutgoingCallerIds.json", "outgoing_caller_ids") {
			d.CallerIDs = append(d.CallerIDs, fmt.Sprint(c["phone_number"]))
		}
	}
	return d
}

func (l *lab) all(t *testing.T, a truth, host, path, key string) []map[string]any {
	t.Helper()
	code, body := l.call(http.MethodGet, host, path, a.Sid, a.Primary, nil)
	list, is := body[key].([]any)
	if code != 200 || !is {
		t.Fatalf("%s%s: %d %v", host, path, code, body)
	}
	var out []map[string]any
	for _, one := range list {
		out = append(out, one.(map[string]any))
	}
	return out
}

// liveCalls counts the calls that are up or about to be.
func (l *lab) liveCalls(t *testing.T) (n int) {
	t.Helper()
	for _, a := range l.named("active") {
		for _, status := range []string{"queued", "ringing", "in-progress"} {
			n += len(l.all(t, a, "api.twilio.com", "/2010-04-01/Accounts/"+a.Sid+"/Calls.json?PageSize=1000&Status="+status, "calls"))
		}
	}
	return n
}

// open counts the countries that let something through.
func (d doors) open() (n int) {
	for _, flags := range d.Voice {
		if strings.Contains(flags, "true") {
			n++
		}
	}
	return n
}

// ownCallerIDs are those of the company, which no country of the intruder is in.
func (d doors) ownCallerIDs() []string {
	return slices.DeleteFunc(slices.Clone(d.CallerIDs), func(n string) bool { return !strings.HasPrefix(n, "+44") })
}

// walker is somebody who walks the whole playbook: by keys or by commands.
type walker interface {
	attest(id, note string)         // put down what was done by hand
	do(id string, set ...[2]string) // plan, agree, and see it through
	export() string                 // the bundle
}

// theWholeWalk goes from the first look to the bundle, and holds each step
// against the simulated account.
func theWholeWalk(t *testing.T, l *lab, w walker) {
	before := l.doors(t)
	w.do("triage")
	w.attest("triage", "it is a takeover")
	w.do("geo-and-triggers", [2]string{"mode", "lock"})
	if locked := l.doors(t); before.open() == 0 || locked.open() != 0 {
		t.Errorf("%d countries were open, and %d are after the lock", before.open(), locked.open())
	}
	live := l.liveCalls(t)
	w.do("stop-traffic", [2]string{"max_time", "1s"}) // more comes: he still has the tokens
	w.attest("stop-traffic", "auto-recharge is off")
	if left := l.liveCalls(t); live < 20 || left > live/4 {
		t.Errorf("%d calls were live, and %d are", live, left)
	}
	w.do("auth-tokens")
	must(t, l.oldTokensDead())
	w.do("api-keys")
	if left := l.keysLeft("active"); len(left) > 0 {
		t.Errorf("keys are left: %v", left)
	}
	w.do("geo-and-triggers", [2]string{"mode", "restore"})
	after := l.doors(t)
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("restored, it is not as it was (-was +is):\n%s", diff)
	}
	w.do("geo-and-triggers", [2]string{"mode", "keep"})
	if kept := l.doors(t); kept.open() == 0 || kept.open() >= before.open() {
		t.Errorf("%d countries were open, and %d are kept", before.open(), kept.open())
	}
	own := before.ownCallerIDs()
	w.do("caller-id", [2]string{"allow", strings.Join(own, ",")})
	if left := l.doors(t).CallerIDs; !slices.Equal(left, own) || len(own) == len(before.CallerIDs) {
		t.Errorf("of %v are left %v", before.CallerIDs, left)
	}
	l.checkBundle(t, w.export())
}

// checkBundle checks a bundle with the tools that its README names.
func (l *lab) checkBundle(t *testing.T, bundle string) {
	t.Helper()
	if s := l.retake(t, "verify", bundle); s.status != 0 || !strings.Contains(s.out, "everything is as it was filed") {
		t.Errorf("verify: %d %s %s", s.status, s.out, s.errs)
	}
	for _, tool := range []string{"unzip", "sha256sum"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("%s is missing, and CI insists on it", tool)
			}
			t.Skipf("%s is missing: the bundle is not checked with it", tool)
		}
	}
	dir := t.TempDir()
	for _, line := range [][]string{{"unzip", "-tq", bundle}, {"unzip", "-q", bundle, "-d", dir}, {"sha256sum", "--quiet", "-c", "SHA256SUMS"}} {
		cmd := exec.Command(line[0], line[1:]...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %v\n%s", line, err, out)
		}
	}
}

// byCommand walks with retake step and the like.
type byCommand struct {
	t    *testing.T
	l    *lab
	path string
}

func (w byCommand) run(args ...string) {
	w.t.Helper()
	if s := w.l.retake(w.t, append(args, "--case", w.path)...); s.status != 0 && s.status != 3 {
		w.t.Fatalf("%v: %d\n%s%s", args, s.status, s.out, s.errs)
	}
}

func (w byCommand) attest(id, note string) { w.t.Helper(); w.run("attest", id, "--note", note) }

func (w byCommand) do(id string, set ...[2]string) {
	w.t.Helper()
	args := []string{"step", id, "--apply", "--account", w.l.opening.AccountSID}
	for _, s := range set {
		args = append(args, "--set", s[0]+"="+s[1])
	}
	w.run(args...)
}

func (w byCommand) export() string {
	w.t.Helper()
	bundle := filepath.Join(w.t.TempDir(), "b.zip")
	w.run("export", "--out", bundle)
	return bundle
}

func TestTheWholeWalkByCommand(t *testing.T) {
	t.Parallel()
	l, path := begin(t, walkOptions)
	theWholeWalk(t, l, byCommand{t, l, path})
}

var walkOptions = sim.Options{Scenario: "leaked-token", Seed: 7, Messages: 300, Calls: 300}

// byKeys walks in a terminal, by keyboard alone.
type byKeys struct {
	t   *testing.T
	x   *terminal
	dir string
}

// open opens a step from the board.
func (w byKeys) open(id string) *actions.Step {
	w.t.Helper()
	w.x.wait("enter open")
	w.x.keys("g")
	for _, s := range actions.Playbook() {
		if s.ID == id {
			w.x.keys("Enter")
			w.x.wait(s.Title, "esc back")
			return s
		}
		w.x.keys("j")
	}
	w.t.Fatalf("there is no step %s", id)
	return nil
}

func (w byKeys) attest(id, note string) {
	w.t.Helper()
	s := w.open(id)
	w.x.keys("A")
	w.x.wait("Attest:", "note (required)")
	for range len(s.Checks) + 1 {
		w.x.keys("Down")
	}
	w.x.typed(note)
	w.x.wait(note)
	w.x.keys("C-s")
	w.x.wait("attested", "A attest")
	w.x.keys("Escape")
}

func (w byKeys) do(id string, set ...[2]string) {
	w.t.Helper()
	w.open(id)
	for _, s := range set {
		w.set(s[0], s[1])
	}
	w.x.keys("p")
	shown := w.x.until("a plan, or what was read", func(shown string) bool {
		return strings.Contains(shown, "press a to agree") || strings.Contains(shown, "Read the findings")
	})
	if strings.Contains(shown, "press a to agree") {
		w.x.confirm()
		w.x.until("the end of the work", func(shown string) bool {
			ended := strings.Contains(shown, "proved") || strings.Contains(shown, "needs a person")
			busy := strings.Contains(shown, "s stop") || strings.Contains(shown, "type the last six characters")
			return ended && !busy
		})
	}
	w.x.keys("Escape")
}

// set sets a parameter: a choice by turning it, any other by typing.
func (w byKeys) set(name, value string) {
	w.t.Helper()
	w.x.keys("e")
	w.x.wait("Parameters:")
	for range 9 {
		shown := w.x.screen()
		if strings.Contains(shown, "> "+name+" = ") {
			break
		}
		w.x.keys("Down")
		w.x.until("another parameter", func(now string) bool { return now != shown })
	}
	for range 4 {
		shown := w.x.screen()
		if strings.Contains(shown, "> "+name+" = "+value) {
			break
		}
		if name == "mode" {
			w.x.keys("Space")
		} else {
			w.x.keys("C-u")
			w.x.typed(value)
		}
		w.x.until("another value", func(now string) bool { return now != shown })
	}
	w.x.wait("> " + name + " = " + value[:min(len(value), 40)])
	w.x.keys("Enter")
	w.x.wait("esc back")
}

func (w byKeys) export() string {
	w.t.Helper()
	w.x.wait("enter open")
	for _, look := range [][2]string{{"E", "records"}, {"T", "us"}, {"C", "seen"}} {
		w.x.keys(look[0])
		w.x.wait(look[1], "esc back")
		w.x.keys("Escape")
		w.x.wait("enter open")
	}
	w.x.keys("X")
	w.x.wait("Export the evidence bundle", "enter write it")
	w.x.keys("C-u")
	w.x.typed("b.zip")
	w.x.keys("Enter")
	w.x.wait("verified")
	w.x.keys("Escape")
	w.x.wait("enter open")
	w.x.keys("q")
	w.x.wait("left with 0")
	return filepath.Join(w.dir, "b.zip")
}

func TestTheWholeWalkByKeys(t *testing.T) {
	t.Parallel()
	program, err := built()
	must(t, err)
	l, path := begin(t, walkOptions)
	dir := t.TempDir()
	var env []string
	for _, v := range l.environment() {
		env = append(env, "'"+v+"'")
	}
	x := inTerminal(t, 100, 30, env, "sh -c 'cd "+dir+" && exec "+program+" --case "+path+"'")
	theWholeWalk(t, l, byKeys{t, x, dir})
}
