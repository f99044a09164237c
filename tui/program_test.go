package tui

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/creack/pty"
	"golang.org/x/term"

	"retake/actions"
	"retake/store"
)

// patience bounds what waits for words; nothing here waits for a time.
const patience = time.Minute

// watched is a root whose every view is sent down a channel that holds the
// latest.
type watched struct {
	*root
	views chan string
}

func (w watched) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	_, cmd := w.root.Update(msg)
	return w, cmd
}

func (w watched) View() string {
	v := w.root.View()
	select {
	case <-w.views:
	default:
	}
	w.views <- v
	return v
}

// screenOf is a real program that a test presses keys in.
type screenOf struct {
	t     *testing.T
	p     *tea.Program
	views chan string
	last  string
	ended chan error
}

// run runs the console as a program over a training case.
func run(t *testing.T) (*screenOf, *actions.Training, []*actions.Step) {
	s, training := trainingSession(t)
	return programOf(t, s), training, s.Desk.Steps
}

// programOf shows a session as a program.
func programOf(t *testing.T, s Session) *screenOf {
	w := watched{newRoot(s, asciiTheme(), newWorks(context.Background())), make(chan string, 1)}
	w.every = 10 * time.Millisecond
	x := &screenOf{t: t, p: program(w, nil, io.Discard), views: w.views, ended: make(chan error, 1)}
	go func() {
		_, err := x.p.Run()
		w.works.stop()
		w.works.wait()
		x.ended <- err
	}()
	x.p.Send(tea.WindowSizeMsg{Width: 80, Height: 24})
	return x
}

func trainingSession(t *testing.T) (Session, *actions.Training) {
	training, err := actions.OpenTraining(t.Context(), actions.TrainingOptions{Path: filepath.Join(t.TempDir(), "case"), Seed: 1, Responder: "ada"})
	must(t, err)
	t.Cleanup(func() { must(t, training.Close()); must(t, training.Case.Close()) })
	line, err := training.Wire.Line(training.Case)
	must(t, err)
	desk, err := actions.Open(actions.Options{Case: training.Case, Line: line, Credential: training.Credential, Command: "train", Version: "test"})
	must(t, err)
	return Session{Desk: desk, Case: training.Case, Training: training, Version: "test", Now: training.Case.Now}, training
}

// waits waits until the screen shows all the words.
func (x *screenOf) waits(words ...string) {
	x.t.Helper()
	x.until(strings.Join(words, ", "), func(view string) bool { return all(view, words) })
}

// until waits for a screen.
func (x *screenOf) until(what string, is func(view string) bool) {
	x.t.Helper()
	deadline := time.After(patience)
	for !is(x.last) {
		select {
		case x.last = <-x.views:
		case err := <-x.ended:
			x.t.Fatalf("the program ended (%v) before it showed %s:\n%s", err, what, x.last)
		case <-deadline:
			x.t.Fatalf("the screen never showed %s:\n%s", what, x.last)
		}
	}
}

func all(view string, words []string) bool {
	flat := strings.Join(strings.Fields(view), " ")
	for _, w := range words {
		if !strings.Contains(flat, w) {
			return false
		}
	}
	return true
}

func (x *screenOf) press(names ...string) {
	for _, name := range names {
		x.p.Send(keyOf(name))
	}
}

// prove walks one step from the board to proved.
func (x *screenOf) prove(steps []*actions.Step, title, state string) {
	x.t.Helper()
	x.press("g")
	for _, s := range steps {
		x.until(s.Title, func(view string) bool { return chosenIs(view, s.Title) })
		if strings.HasPrefix(s.Title, title) {
			break
		}
		x.press("j")
	}
	x.press("enter")
	x.waits(title, "Press p")
	x.press("p")
	x.waits("then press a to agree")
	x.press("a")
	x.waits("type the last six characters")
	x.p.Send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(mainSID[len(mainSID)-6:])})
	x.waits("> " + mainSID[len(mainSID)-6:])
	x.press("enter")
	x.waits(state, "[4 Work")
	x.press("esc")
	x.waits("Next:")
}

func chosenIs(view, title string) bool {
	for line := range strings.SplitSeq(view, "\n") {
		if strings.HasPrefix(line, "> ") {
			return strings.Contains(line, title)
		}
	}
	return false
}

// TestBesideTheWork lets the figures be read and the evidence be captured while a
// step is planned.
func TestBesideTheWork(t *testing.T) {
	s, _ := trainingSession(t)
	s.Beside = true
	x := programOf(t, s)
	x.waits("The clock runs")
	x.press("enter")
	x.waits("calls live", "messages a minute", "today")
	x.press("j", "j", "j", "enter")
	x.waits("Press p")
	x.press("p")
	x.waits("then press a to agree")
	x.press("esc")
	x.until("the capture to end", func(view string) bool {
		return strings.Contains(view, "Next: ") && strings.Contains(view, "calls live") && !strings.Contains(view, "capturing evidence")
	})
	x.p.Send(tea.WindowSizeMsg{Width: 80, Height: 40})
	x.waits("watch: nothing new, read at")
	x.press("q")
	if err := <-x.ended; err != nil {
		t.Error(err)
	}
	marks, err := s.Case.Captures()
	if err != nil || len(marks) < 40 {
		t.Errorf("%d lists were captured: %v", len(marks), err)
	}
}

// TestTrainingIsWalkedByKeys takes the simulated account back as a responder
// would, with the race detector looking on.
func TestTrainingIsWalkedByKeys(t *testing.T) {
	x, training, steps := run(t)
	x.waits("Fraud Operations")
	x.press("enter")
	x.waits("Next:", "a minute")
	x.prove(steps, "Reset the Auth Token", "? proved,")
	x.prove(steps, "Delete all API keys", "? proved,")
	x.waits("nothing new")
	x.press("D")
	x.waits("New calls and messages stopped")
	x.press("esc")
	x.waits("Next:")
	x.press("q")
	must(t, <-x.ended)
	for _, id := range []string{"auth-tokens", "api-keys"} {
		p, err := training.Case.Progress(id)
		must(t, err)
		if p.State != store.Proved {
			t.Errorf("%s is %s: %s", id, p.State, p.Why)
		}
	}
}

// TestPanicIsWalkedByKeys orders everything at once, as a responder would, with
// the race detector looking on.
func TestPanicIsWalkedByKeys(t *testing.T) {
	x, training, _ := run(t)
	x.waits("Fraud Operations")
	x.press("enter")
	x.waits("Next:", "! panic")
	x.press("!")
	x.waits("type the last six characters", "every API key that is not kept is deleted")
	x.p.Send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(mainSID[len(mainSID)-6:])})
	x.waits("> " + mainSID[len(mainSID)-6:])
	x.press("enter")
	x.waits("The order is carried out", "3 auth-tokens: ✓ proved", "4 api-keys: ✓ proved")
	x.press("esc")
	x.waits("Next:")
	x.press("q")
	must(t, <-x.ended)
	acts, err := training.Case.Acts("")
	must(t, err)
	for _, d := range acts {
		if d.Open() || d.Act.Under == "" {
			t.Errorf("act %d (%s) is %q under %q", d.N, d.Act.Verb, d.Outcome.Result, d.Act.Under)
		}
	}
	if len(acts) < 15 {
		t.Errorf("only %d acts", len(acts))
	}
}

// TestEvidenceAppearsWhileItIsLookedAt reads the evidence while more is filed,
// searches it and opens a record.
func TestEvidenceAppearsWhileItIsLookedAt(t *testing.T) {
	x, training, _ := run(t)
	x.waits("The clock runs")
	x.press("enter")
	x.waits("Next:")
	x.press("E")
	x.waits("there is no evidence yet")
	for n := range 20 {
		_, err := training.Case.AddExhibit(filing(mainSID, "messages", message(n, night, "parcel"), message(n+100, night, "other")))
		must(t, err)
	}
	x.waits("40 of 40 records")
	x.press("/")
	x.waits("Which records to show")
	x.p.Send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("PARCEL")})
	x.waits("text PARCEL_")
	x.press("enter")
	x.waits("20 of 40 records", "/0 03-01", "delivered: parcel")
	x.press("enter")
	x.waits("not signed yet", "Where it comes from")
	x.press("esc", "esc")
	x.waits("Next:")
	x.press("q")
	must(t, <-x.ended)
}

// terminal is the other end of a terminal: it remembers what was written.
type terminal struct {
	tty, own *os.File
	mu       sync.Mutex
	written  bytes.Buffer
	more     chan struct{}
}

func newTerminal(t *testing.T) *terminal {
	own, tty, err := pty.Open()
	must(t, err)
	must(t, pty.Setsize(tty, &pty.Winsize{Cols: 80, Rows: 24}))
	x := &terminal{tty: tty, own: own, more: make(chan struct{}, 1)}
	t.Cleanup(func() { _ = own.Close(); _ = tty.Close() })
	go x.read()
	return x
}

func (x *terminal) read() {
	b := make([]byte, 4096)
	for {
		n, err := x.own.Read(b)
		x.mu.Lock()
		x.written.Write(b[:n])
		x.mu.Unlock()
		select {
		case x.more <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

func (x *terminal) text() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.written.String()
}

func (x *terminal) waits(t *testing.T, word string) {
	t.Helper()
	deadline := time.After(patience)
	for !strings.Contains(x.text(), word) {
		select {
		case <-x.more:
		case <-deadline:
			t.Fatalf("the terminal never showed %q: %q", word, x.text())
		}
	}
}

// TestTheTerminalIsGivenBack leaves the console in every way that there is.
func TestTheTerminalIsGivenBack(t *testing.T) {
	ways := map[string]func(x *terminal, cancel func()){
		"q":       func(x *terminal, _ func()) { _, _ = x.own.Write([]byte("q")) },
		"ctrl+c":  func(x *terminal, _ func()) { _, _ = x.own.Write([]byte{3}) },
		"SIGHUP":  func(*terminal, func()) { _ = syscall.Kill(os.Getpid(), syscall.SIGHUP) },
		"SIGQUIT": func(*terminal, func()) { _ = syscall.Kill(os.Getpid(), syscall.SIGQUIT) },
		"SIGTERM": func(*terminal, func()) { _ = syscall.Kill(os.Getpid(), syscall.SIGTERM) },
		"ctx":     func(_ *terminal, cancel func()) { cancel() },
	}
	for name, leave := range ways {
		t.Run(name, func(t *testing.T) {
			s, _ := trainingSession(t)
			x := newTerminal(t)
			before, err := term.GetState(int(x.tty.Fd()))
			must(t, err)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			ended := make(chan error, 1)
			go func() { ended <- Run(ctx, s, x.tty, x.tty) }()
			x.waits(t, "Fraud Operations")
			_, err = x.own.Write([]byte{'\r'})
			must(t, err)
			x.waits(t, "Next:")
			leave(x, cancel)
			select {
			case err := <-ended:
				must(t, err)
			case <-time.After(patience):
				t.Fatal("the console was not left")
			}
			after, err := term.GetState(int(x.tty.Fd()))
			must(t, err)
			if *before != *after {
				t.Error("the terminal was not given back")
			}
			x.waits(t, "\x1b[?1049l")
		})
	}
}

// TestWorkEndsBeforeRunReturns leaves while a plan is carried out: what is in
// flight is waited for, nothing new is begun.
func TestWorkEndsBeforeRunReturns(t *testing.T) {
	w := threeKeys()
	begun, goOn := make(chan struct{}, 3), make(chan struct{})
	w.before = func(context.Context) { begun <- struct{}{}; <-goOn }
	k := newConsole(t, "Harbour Parcel", steps(w))
	k.open("api-keys")
	k.press("p")
	report, err := k.root.session.Desk.Standing("api-keys")
	must(t, err)
	_, cmd := k.root.Update(order{task: carrying, step: "api-keys", agreed: actions.Agreed{Digest: report.Plan.Digest, How: "test"}})
	<-begun
	k.root.Update(keyOf("ctrl+c"))
	k.shows("Stopping")
	waited := make(chan struct{})
	go func() { k.root.works.wait(); close(waited) }()
	select {
	case <-waited:
		t.Fatal("did not wait for what was in flight")
	default:
	}
	close(goOn)
	<-waited
	acts, err := k.c.Acts("")
	must(t, err)
	if len(acts) != 0 {
		t.Errorf("%d acts were begun after the stop", len(acts))
	}
	k.run(cmd)
	if !k.quit {
		t.Error("the console was not left when the work had ended")
	}
	p, err := k.c.Progress("api-keys")
	must(t, err)
	if p.Agreed == "" {
		t.Error("the plan cannot be continued")
	}
}

func TestAsk(t *testing.T) {
	in := strings.NewReader("Ada Lovelace\nnot this")
	var out bytes.Buffer
	got, err := Ask(in, &out, "who are you?\x1b[2J", false)
	must(t, err)
	rest, err := io.ReadAll(in)
	must(t, err)
	if got != "Ada Lovelace" || string(rest) != "not this" || out.String() != `who are you?\x1b[2J ` {
		t.Errorf("got %q, left %q, wrote %q", got, rest, out.String())
	}
	if _, err := Ask(strings.NewReader(""), io.Discard, "?", false); !errors.Is(err, ErrNoAnswer) {
		t.Errorf("an empty input answers %v", err)
	}
}

func TestAskMasked(t *testing.T) {
	for _, try := range []struct{ typed, want string }{{"hux\x7f\x08unter2\r", "hunter2"}, {"no\x15yes\r", "yes"}, {"no\x03", ""}} {
		x := newTerminal(t)
		before, err := term.GetState(int(x.tty.Fd()))
		must(t, err)
		got, failed := make(chan string, 1), make(chan error, 1)
		go func() {
			answer, err := Ask(x.tty, x.tty, "passphrase:", true)
			got <- answer
			failed <- err
		}()
		x.waits(t, "passphrase:")
		for !raw(t, x.tty, before) {
		}
		_, err = x.own.Write([]byte(try.typed))
		must(t, err)
		if answer := <-got; answer != try.want {
			t.Errorf("typed %q, got %q", try.typed, answer)
		}
		if err := <-failed; (err != nil) != (try.want == "") {
			t.Errorf("typed %q: %v", try.typed, err)
		}
		after, err := term.GetState(int(x.tty.Fd()))
		must(t, err)
		if *before != *after || strings.Contains(x.text(), "hunter") {
			t.Errorf("the terminal was not given back, or shows the secret: %q", x.text())
		}
	}
}

func raw(t *testing.T, tty *os.File, before *term.State) bool {
	now, err := term.GetState(int(tty.Fd()))
	must(t, err)
	return *now != *before
}
