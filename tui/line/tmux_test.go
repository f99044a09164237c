package line_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"retake/actions/sim"
)

// built is the program as it is shipped, built once.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "retake-built")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "retake")
	out, err := exec.Command("go", "build", "-o", path, "retake").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// terminal is a real one, of a fixed size, with the program in it.
type terminal struct {
	t      *testing.T
	socket string
}

// inTerminal runs a command line in a terminal of its own.
func inTerminal(t *testing.T, width, height int, env []string, command string) *terminal {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("tmux is missing, and CI insists on it")
		}
		t.Skip("tmux is missing: the program is not tried in a terminal")
	}
	x := &terminal{t: t, socket: fmt.Sprintf("retake-%d-%d", os.Getpid(), time.Now().UnixNano())}
	line := "env TERM=tmux-256color LC_ALL=C.UTF-8 " + strings.Join(env, " ") + " " + command + "; echo left with $?; sleep 600"
	x.tmux("-f", "/dev/null", "new-session", "-d", "-s", "it", "-x", fmt.Sprint(width), "-y", fmt.Sprint(height), line)
	t.Cleanup(func() { _ = exec.Command("tmux", "-L", x.socket, "kill-server").Run() })
	return x
}

func (x *terminal) tmux(args ...string) string {
	x.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-L", x.socket}, args...)...).CombinedOutput()
	if err != nil {
		x.t.Fatalf("tmux %v: %v: %s", args, err, out)
	}
	return string(out)
}

func (x *terminal) screen() string { return x.tmux("capture-pane", "-p", "-t", "it") }

// wait polls the screen until it shows all the words.
func (x *terminal) wait(words ...string) string {
	x.t.Helper()
	return x.until(fmt.Sprintf("%q", words), func(shown string) bool {
		for _, w := range words {
			if !strings.Contains(shown, w) {
				return false
			}
		}
		return true
	})
}

// until polls the screen until it is what is waited for.
func (x *terminal) until(what string, is func(shown string) bool) string {
	x.t.Helper()
	var shown string
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if shown = x.screen(); is(shown) {
			return shown
		}
	}
	x.t.Fatalf("the screen does not show %s:\n%s", what, shown)
	return ""
}

func (x *terminal) keys(keys ...string) {
	x.t.Helper()
	for _, k := range keys {
		x.tmux("send-keys", "-t", "it", k)
	}
}

// typed sends text as a person types it.
func (x *terminal) typed(text string) { x.t.Helper(); x.tmux("send-keys", "-l", "-t", "it", text) }

var mainAccount = regexp.MustCompile(`AC[0-9a-f]{32}`)

// confirm agrees to the plan on the screen.
func (x *terminal) confirm() {
	x.t.Helper()
	x.keys("a")
	sid := mainAccount.FindString(x.wait("type the last six characters"))
	x.typed(sid[len(sid)-6:])
	x.wait("> " + sid[len(sid)-6:])
	x.keys("Enter")
}

// kill kills the program, and not the shell around it.
func (x *terminal) kill() {
	x.t.Helper()
	shell := strings.TrimSpace(x.tmux("display-message", "-p", "-t", "it", "#{pane_pid}"))
	if out, err := exec.Command("pkill", "-KILL", "-P", shell).CombinedOutput(); err != nil {
		x.t.Fatalf("pkill: %v: %s", err, out)
	}
}

// TestTrainingInATerminal walks both steps to their proof by keyboard alone,
// with a kill and a leave on the way.
func TestTrainingInATerminal(t *testing.T) {
	t.Parallel()
	program, err := built()
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"XDG_DATA_HOME=" + t.TempDir()}
	x := inTerminal(t, 80, 24, env, program+" train --seed 4")
	x.wait("TRAINING", "Fraud Operations", "begin")
	x.keys("Enter")
	x.wait("Reset the Auth Token", "a minute", "leave")
	x.keys("j", "j", "j", "Enter")
	x.wait("Press p")
	x.keys("p")
	x.wait("a plan of 4 changes")
	x.kill()
	x.wait("left with 137")

	x = inTerminal(t, 80, 24, env, program+" train --seed 4")
	x.wait("TRAINING", "waiting") // where it was
	x.keys("j", "j", "j", "Enter")
	x.wait("press a to agree")
	x.confirm()
	x.wait("proved", "not seen", "answers 401")
	x.keys("Escape")
	x.wait("enter open")
	x.keys("j", "Enter", "p")
	x.wait("changes waits to be agreed")
	x.confirm()
	x.wait("proved", "answers 404")
	x.keys("Escape")
	x.wait("enter open")
	x.keys("D")
	x.wait("New calls and messages stopped", "while new traffic was begun")
	x.keys("Escape")
	x.wait("enter open")
	x.keys("q")
	x.wait("nothing new since", "before you came", "2 of 17 done", "left with 0")

	x = inTerminal(t, 140, 40, env, program+" train --seed 4")
	shown := x.wait("TRAINING", "after 12")
	if strings.Count(shown, "proved") < 2 {
		t.Errorf("the two steps are not proved after coming back:\n%s", shown)
	}
	x.keys("q")
	x.wait("left with 0")
}

// TestPasteIsRefused pastes into the confirmation, through the terminal's own
// bracketed paste.
func TestPasteIsRefused(t *testing.T) {
	t.Parallel()
	program, err := built()
	if err != nil {
		t.Fatal(err)
	}
	x := inTerminal(t, 80, 24, []string{"XDG_DATA_HOME=" + t.TempDir()}, program+" train --seed 5")
	x.wait("TRAINING", "begin")
	x.keys("Enter")
	x.wait("leave")
	x.keys("j", "j", "j", "Enter")
	x.wait("Press p")
	x.keys("p")
	x.wait("a plan of 4 changes")
	x.keys("a")
	sid := mainAccount.FindString(x.wait("type the last six characters"))
	x.tmux("set-buffer", sid[len(sid)-6:])
	x.tmux("paste-buffer", "-p", "-t", "it")
	shown := x.wait("paste")
	if strings.Contains(shown, "> "+sid[len(sid)-6:]) {
		t.Errorf("the paste was taken:\n%s", shown)
	}
	x.keys("Escape") // one at a time: a terminal tells escape from a sequence by the pause after it
	x.wait("press a to agree")
	x.keys("Escape")
	x.wait("enter open")
	x.keys("q")
	x.wait("left with 0")
}

// dear is the stanza of an age file whose passphrase takes about a second.
var dear = regexp.MustCompile(`-> scrypt \S+ 18\n`)

// TestPassphraseIsDear makes a case with the program as it is shipped: to guess
// its passphrase takes about a second a guess.
func TestPassphraseIsDear(t *testing.T) {
	t.Parallel()
	program, err := built()
	must(t, err)
	l, err := newLab(sim.Options{Seed: 6})
	must(t, err)
	t.Cleanup(l.server.Close)
	path := filepath.Join(t.TempDir(), "c.retake")
	if s := command(t, append(os.Environ(), l.environment()...), program, "new", "--case", path); s.status != 0 {
		t.Fatal(s)
	}
	text, err := os.ReadFile(path)
	must(t, err)
	if !dear.Match(text) {
		t.Errorf("a guess is cheaper than it should be: %q", regexp.MustCompile(`-> scrypt [^\n]*`).FindAll(text, -1))
	}
}

// TestFirstCommandOfTheREADME runs it as it is written there, in the folder of
// the module.
func TestFirstCommandOfTheREADME(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "\ngo run . train\n") {
		t.Fatal("the README does not say how to begin")
	}
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	x := inTerminal(t, 80, 24, []string{"XDG_DATA_HOME=" + t.TempDir()}, "sh -c 'cd "+root+" && go run . train'")
	x.wait("TRAINING", "Fraud Operations", "begin")
	x.keys("Enter")
	x.wait("Reset the Auth Token", "Delete all API keys", "leave")
	x.keys("q")
	x.wait("left with 0")
}
