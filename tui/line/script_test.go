package line_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"retake/actions"
	"retake/actions/sim"
	"retake/store"
	"retake/tui/line"
)

// waiting are tests that mostly wait, for processes and for what these wait for:
// more of them run at once than there are processors, unless -parallel says how
// many.
type waiting struct{ *testing.M }

func (w waiting) Run() int {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		_ = flag.Set("test.parallel", strconv.Itoa(3*runtime.GOMAXPROCS(0))) // a number is taken
	}
	return w.M.Run()
}

// TestMain lets the scripts and tests run the test binary again as retake.
func TestMain(m *testing.M) {
	testscript.Main(waiting{m}, map[string]func(){
		"retake": func() { os.Exit(line.Main(os.Args[1:], "0.0.0-test")) },
	})
}

// TestScripts runs the stories in testdata/script, one file each.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_DATA_HOME", filepath.Join(e.WorkDir, "data"))
			e.Setenv("HOME", e.WorkDir)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"account":  startAccount,
			"newcase":  newCase,
			"exits":    exits,
			"refused":  refused,
			"keep":     keep,
			"opens":    opens,
			"acts":     acts,
			"tokens":   tokens,
			"keys":     keys,
			"intruder": intruder,
			"mood":     mood,
			"asked":    asked,
			"verifies": verifies,
			"hold":     hold,
			"spoil":    spoil,
			"port":     port,
		},
	})
}

// play is what a script has on the stage.
type play struct {
	*lab
	cases []string // made so far
}

// plays are the plays of the scripts that are running.
var plays sync.Map

// on is the play of a script.
func on(ts *testscript.TestScript) *play {
	p, ok := plays.Load(ts)
	if !ok {
		ts.Fatalf("there is no account yet: begin with the command account")
	}
	return p.(*play)
}

// startAccount begins a simulated account and sets the environment of somebody
// who responds to it. The arguments are scenario=, seed=, and switches.
func startAccount(ts *testscript.TestScript, _ bool, args []string) {
	o := sim.Options{Seed: 7}
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		ts.Check(setOption(&o, name, value))
	}
	l, err := newLab(o)
	ts.Check(err)
	ts.Defer(func() { l.server.CloseClientConnections(); l.server.Close(); plays.Delete(ts) })
	plays.Store(ts, &play{lab: l})
	for _, pair := range l.environment() {
		name, value, _ := strings.Cut(pair, "=")
		ts.Setenv(name, value)
	}
	name := func(prefix string, all []truth) {
		for i, a := range all {
			ts.Setenv(fmt.Sprintf("%s%d", prefix, i), a.Sid)
			ts.Setenv(fmt.Sprintf("%s%d_TOKEN", prefix, i), a.Primary)
			if len(a.Keys) > 0 {
				ts.Setenv(fmt.Sprintf("%s%d_KEY", prefix, i), a.Keys[0].Sid)
				ts.Setenv(fmt.Sprintf("%s%d_SECRET", prefix, i), a.Keys[0].Secret)
			}
		}
	}
	for region, token := range l.opening.Regions {
		ts.Setenv("REGION_"+strings.ToUpper(region), token)
	}
	name("ACTIVE", l.named("active"))
	name("SUSPENDED", l.named("suspended"))
}

func setOption(o *sim.Options, name, value string) (err error) {
	switch name {
	case "scenario":
		o.Scenario = value
	case "seed":
		o.Seed, err = strconv.ParseUint(value, 10, 64)
	case "fault":
		o.Switches.Fault = value
	case "promote-lag":
		o.Switches.PromoteLag, err = time.ParseDuration(value)
	default:
		for _, c := range o.Switches.Choices() {
			if c.Flag == name {
				*c.Value = value
				return nil
			}
		}
		return fmt.Errorf("the account has no option %q", name)
	}
	return err
}

// newCase makes a case: newcase FILE [LIVE|LAB|TRAINING].
func newCase(ts *testscript.TestScript, _ bool, args []string) {
	path, kind := ts.MkAbs(args[0]), store.Lab
	if len(args) > 1 {
		kind = store.CaseKind(args[1])
	}
	switch kind {
	case store.Lab:
		ts.Check(on(ts).newCase(path))
		on(ts).cases = append(on(ts).cases, path)
	case store.Training:
		t, err := actions.OpenTraining(context.Background(), actions.TrainingOptions{Path: path, Seed: 5, Responder: "trainee", Version: "test"})
		ts.Check(err)
		ts.Check(errors.Join(t.Close(), t.Case.Close()))
	case store.Live:
		c, err := store.Create(path, store.Opening{
			Kind: kind, Wire: actions.LiveWire().Name, Account: ts.Getenv("TWILIO_ACCOUNT_SID"), Name: "x",
			Responder: "Robin", Version: "test", Passphrase: passphrase, WorkFactor: 10,
		})
		ts.Check(err)
		ts.Check(c.Close())
	}
}

// run runs a program and returns its exit status.
func run(ts *testscript.TestScript, args []string) int {
	err := ts.Exec(args[0], args[1:]...)
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	ts.Fatalf("%s: %v", args[0], err)
	return -1
}

// exits wants a program to end with a status: exits N PROGRAM ARGS.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	if status := run(ts, args[1:]); strconv.Itoa(status) != args[0] {
		ts.Fatalf("the exit status is %d and not %s:\n%s%s", status, args[0], ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
}

// advice is how a complaint looks: a sentence, and what to do.
var advice = regexp.MustCompile(`^retake: [^\n]{10,}\nwhat to do: [^\n]{10,}\n$`)

// refused wants a program to end with a status, one sentence of complaint and
// one of advice, having changed nothing in the account and harmed no case.
func refused(ts *testscript.TestScript, _ bool, args []string) {
	p := on(ts)
	before := len(p.Acts())
	exits(ts, false, args)
	if text := ts.ReadFile("stderr"); !advice.MatchString(text) {
		ts.Fatalf("this is not a sentence with what to do:\n%s", text)
	}
	if text := ts.ReadFile("stdout"); text != "" {
		ts.Fatalf("something was printed all the same:\n%s", text)
	}
	if acts := p.Acts(); len(acts) != before {
		ts.Fatalf("something was changed: %+v", acts[before:])
	}
	for _, path := range p.cases {
		ts.Check(verified(path))
	}
}

// keep sets a variable from what was printed: keep NAME FILE REGEXP.
func keep(ts *testscript.TestScript, _ bool, args []string) {
	m := regexp.MustCompile(args[2]).FindStringSubmatch(ts.ReadFile(args[1]))
	if len(m) != 2 {
		ts.Fatalf("%s is not in %s", args[2], ts.ReadFile(args[1]))
	}
	ts.Setenv(args[0], m[1])
}

// opens wants what was printed, all of it, to be a token that opens an account.
func opens(ts *testscript.TestScript, neg bool, args []string) {
	token, ended := strings.CutSuffix(ts.ReadFile("stdout"), "\n")
	if !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(token) || !ended {
		ts.Fatalf("this is no token alone: %q", token)
	}
	if ok := on(ts).answers(args[0], token) == 200; ok == neg {
		ts.Fatalf("it opens %s: %v", args[0], ok)
	}
}

// acts looks at what Retake changed: none, or once (every active account's token
// was promoted once, and no other's).
func acts(ts *testscript.TestScript, _ bool, args []string) {
	p := on(ts)
	switch args[0] {
	case "none":
		if all := p.Acts(); len(all) > 0 {
			ts.Fatalf("the account was changed: %+v", all)
		}
	case "none-of-ours":
		if all := p.ours(); len(all) > 0 {
			ts.Fatalf("Retake changed the account: %+v", all)
		}
	case "once":
		count := p.promotions()
		for sid := range p.old {
			if count[sid] != 1 {
				ts.Fatalf("%s was promoted %d times", sid, count[sid])
			}
		}
		if len(count) != len(p.old) {
			ts.Fatalf("promoted: %v", count)
		}
	}
}

// tokens wants the old tokens dead, or all of them alive.
func tokens(ts *testscript.TestScript, _ bool, args []string) {
	p := on(ts)
	if args[0] == "dead" {
		ts.Check(p.oldTokensDead())
		return
	}
	for sid, token := range p.old {
		if p.account(sid).Primary != token {
			ts.Fatalf("the token of %s was changed", sid)
		}
	}
}

// keys wants exactly the named keys to be left on the active accounts.
func keys(ts *testscript.TestScript, _ bool, args []string) {
	if left := on(ts).keysLeft("active"); strings.Join(left, " ") != strings.Join(args, " ") {
		ts.Fatalf("keys left: %v", left)
	}
}

// intruder does something behind Retake's back: rotate SID, makekey SID, or a
// change of a subaccount's status (suspend, activate, close).
func intruder(ts *testscript.TestScript, _ bool, args []string) {
	p := on(ts)
	switch args[0] {
	case "rotate":
		ts.Check(p.rotate(args[1]))
		p.old[args[1]] = p.account(args[1]).Primary
	case "makekey":
		sid, err := p.makeKey(args[1])
		ts.Check(err)
		ts.Setenv("LATE_KEY", sid)
	default:
		ts.Check(p.setStatus(args[1], map[string]string{"suspend": "suspended", "activate": "active", "close": "closed"}[args[0]]))
	}
}

// mood changes how the account answers: well, locked or stopped.
func mood(ts *testscript.TestScript, _ bool, args []string) {
	switch args[0] {
	case "well":
		on(ts).feel("")
	case "stopped":
		on(ts).server.Close()
	default:
		on(ts).feel(args[0])
	}
}

// asked wants that the account was asked something since the last look, or
// nothing with !; asked hosts wants it asked by Twilio's own host names.
func asked(ts *testscript.TestScript, neg bool, args []string) {
	p := on(ts)
	p.mu.Lock()
	defer p.mu.Unlock()
	if (len(p.asked) > 0) == neg {
		ts.Fatalf("requests since the last look: %d", len(p.asked))
	}
	for _, r := range p.asked {
		if len(args) > 0 && r.Host != "api.twilio.com" && r.Host != "accounts.twilio.com" {
			ts.Fatalf("%s was asked", r.Host)
		}
	}
	p.asked = nil
}

func verifies(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(verified(ts.MkAbs(args[0])))
}

// hold keeps a case open, as another console does, until the script ends.
func hold(ts *testscript.TestScript, _ bool, args []string) {
	c, err := store.Open(ts.MkAbs(args[0]), nil)
	ts.Check(err)
	ts.Defer(func() { _ = c.Close() })
	ts.Setenv("HOLDER", strconv.Itoa(os.Getpid()))
}

// port finds an address where nobody listens.
func port(ts *testscript.TestScript, _ bool, _ []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv("NOBODY", "http://"+l.Addr().String())
	ts.Check(l.Close())
}

// mustRun tells whether a test may not be skipped here.
func mustRun() bool {
	return os.Getenv("CI") == "true" && runtime.GOOS == "linux" && os.Getuid() == 0
}

// skip skips a test for want of something, except where it must run.
func skip(t *testing.T, why string, args ...any) {
	t.Helper()
	if mustRun() {
		t.Fatalf("this must run here: "+why, args...)
	}
	t.Skipf(why, args...)
}
