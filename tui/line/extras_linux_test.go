package line_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/creack/pty"

	"retake/actions/sim"
)

// questioned is the program in a terminal, and somebody who answers.
type questioned struct {
	t     *testing.T
	cmd   *exec.Cmd
	own   *os.File
	mu    sync.Mutex
	shown bytes.Buffer
	ended chan struct{} // closed when the terminal is
}

// onTerminal runs retake with all three streams on a terminal.
func onTerminal(t *testing.T, env []string, args ...string) *questioned {
	t.Helper()
	x := &questioned{t: t, cmd: exec.CommandContext(t.Context(), "retake", args...), ended: make(chan struct{})}
	x.cmd.Env = env
	own, err := pty.StartWithSize(x.cmd, &pty.Winsize{Cols: 200, Rows: 50})
	must(t, err)
	x.own = own
	t.Cleanup(func() { _ = own.Close() })
	go func() {
		_, _ = io.Copy(x, own)
		close(x.ended)
	}()
	return x
}

func (x *questioned) Write(b []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.shown.Write(b)
}

func (x *questioned) text() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.shown.String()
}

// echoes tells whether the terminal shows what is typed.
func (x *questioned) echoes() bool {
	var now syscall.Termios
	_, _, err := syscall.Syscall(syscall.SYS_IOCTL, x.own.Fd(), syscall.TCGETS, uintptr(unsafe.Pointer(&now)))
	return err != 0 || now.Lflag&syscall.ECHO != 0
}

// answer waits for the nth time that a question stands there, unseen, and answers.
func (x *questioned) answer(question string, nth int, text string) {
	x.t.Helper()
	for end := time.Now().Add(time.Minute); strings.Count(x.text(), question) < nth || !strings.HasSuffix(x.text(), ": ") || x.echoes(); runtime.Gosched() {
		if time.Now().After(end) {
			x.t.Fatalf("nobody asks for %s:\n%s", question, x.text())
		}
	}
	_, err := x.own.WriteString(text + "\n")
	must(x.t, err)
}

func (x *questioned) end() (status int, shown string) {
	_ = x.cmd.Wait() // the status says it
	<-x.ended
	return x.cmd.ProcessState.ExitCode(), x.text()
}

// What a step lacks is asked for on a terminal, unseen; sendgrid by itself, the
// others with --ask, and only said without it.
func TestExtrasAreAskedFor(t *testing.T) {
	t.Parallel()
	l, path := begin(t, sim.Options{Seed: 71, Calls: -1, Messages: -1})
	env := append(os.Environ(), l.environment()...)
	for _, name := range []string{"SENDGRID_API_KEY", "GITHUB_TOKEN", "TWILIO_ORG_SID", "TWILIO_ORG_CLIENT_SECRET"} {
		env = append(env, name+"=")
	}
	run := func(args ...string) *questioned { return onTerminal(t, env, append(args, "--plan", "--case", path)...) }
	want := func(x *questioned, status int, words ...string) {
		t.Helper()
		got, shown := x.end()
		if got != status {
			t.Errorf("left with %d, not %d:\n%s", got, status, shown)
		}
		for _, w := range words {
			if !strings.Contains(shown, w) {
				t.Errorf("nothing says %q:\n%s", w, shown)
			}
		}
		for _, secret := range []string{l.opening.SendGrid, l.opening.OrgSecret, l.opening.GitHub, "SGtyped-wrong"} {
			if strings.Contains(shown, secret) {
				t.Errorf("the terminal shows %s", secret)
			}
		}
	}
	x := run("step", "sendgrid")
	x.answer("SENDGRID_API_KEY (", 1, "")
	want(x, 3, "SENDGRID_API_KEY is not set")

	x = run("step", "sendgrid", "--set", "requests=1")
	x.answer("SENDGRID_API_KEY (", 1, "SGtyped-wrong")
	x.answer("SENDGRID_API_KEY (", 2, " "+l.opening.SendGrid)
	want(x, 3, "is not a SendGrid key", "Full Access", "SendGrid: payment methods")

	want(run("step", "emails"), 3, "emails can use what is not set: TWILIO_ORG_SID, TWILIO_ORG_CLIENT_SECRET", "--ask asks for it")
	x = run("step", "emails", "--ask")
	x.answer("TWILIO_ORG_SID (", 1, l.opening.OrgSID)
	x.answer("TWILIO_ORG_CLIENT_SECRET (", 1, l.opening.OrgSecret)
	want(x, 3, "addresses of independent users", "OAuth")
	want(run("step", "emails", "--json"), 3, `"unseen"`)

	for _, wrong := range [][]string{{"--ask", "--json", "--plan"}, {"--ask"}} {
		x := onTerminal(t, env, append([]string{"step", "emails", "--case", path}, wrong...)...)
		want(x, 2, "--ask")
	}
	if s := command(t, env, "retake", "step", "emails", "--plan", "--ask", "--case", path); s.status != 2 {
		t.Errorf("--ask without a terminal: %+v", s)
	}
	if s := command(t, env, "retake", "step", "sendgrid", "--plan", "--case", path); s.status != 3 || s.errs != "" {
		t.Errorf("without a terminal: %+v", s)
	}
}
