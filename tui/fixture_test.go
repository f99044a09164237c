package tui

import (
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/google/go-cmp/cmp"
	"github.com/muesli/termenv"

	"retake/actions"
	"retake/store"
)

var update = flag.Bool("update", false, "write the goldens anew; look at them before you commit them")

var night = time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)

// asciiTheme draws without any escape sequence.
func asciiTheme() *theme {
	r := lipgloss.NewRenderer(io.Discard, termenv.WithProfile(termenv.Ascii))
	return themeOf(r)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// console is a root that a test drives by hand: messages in, commands run to
// rest, one after the other.
type console struct {
	t    testing.TB
	root *root
	c    *store.Case
	quit bool
}

// newConsole opens the console on a case with a fixed clock, over the wire of a
// training account, with steps of the test's own.
func newConsole(t testing.TB, name string, steps []*actions.Step) *console {
	t.Helper()
	training, err := actions.OpenTraining(context.Background(), actions.TrainingOptions{
		Path: filepath.Join(t.TempDir(), "training"), Seed: 1, Responder: "ada", Now: night, Clock: func() time.Duration { return 0 },
	})
	must(t, err)
	t.Cleanup(func() { _ = training.Case.Close() })
	c, err := store.Create(filepath.Join(t.TempDir(), "case"), store.Opening{
		Kind: store.Training, Wire: training.Wire.Name, Account: training.Credential.SID, Name: name, Responder: "ada",
		Version: "test", Passphrase: "training", WorkFactor: 10, Now: func() time.Time { return night },
	})
	must(t, err)
	t.Cleanup(func() { _ = c.Close() })
	line, err := training.Wire.Line(c)
	must(t, err)
	d, err := actions.Open(actions.Options{Case: c, Steps: steps, Line: line, Credential: training.Credential, Command: "console", Version: "test"})
	must(t, err)
	s := Session{Desk: d, Case: c, Version: "test", Now: func() time.Time { return night.Add(12*time.Minute + 31*time.Second) }}
	works := newWorks(context.Background())
	t.Cleanup(func() { works.stop(); works.wait() })
	r := newRoot(s, asciiTheme(), works)
	r.every = 0
	k := &console{t: t, root: r, c: c}
	k.size(80, 24)
	k.run(r.Init())
	return k
}

// send gives the root messages and runs what they lead to.
func (k *console) send(msgs ...tea.Msg) {
	for _, msg := range msgs {
		_, cmd := k.root.Update(msg)
		k.run(cmd)
	}
}

func (k *console) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case nil:
	case tea.BatchMsg:
		for _, one := range msg {
			k.run(one)
		}
	case tea.QuitMsg:
		k.quit = true
	default:
		k.send(msg)
	}
}

func (k *console) size(w, h int) { k.send(tea.WindowSizeMsg{Width: w, Height: h}) }

// press presses keys one by one, by the names that the bindings have.
func (k *console) press(names ...string) {
	for _, name := range names {
		k.send(keyOf(name))
	}
}

// typed types a text fast: it arrives as one message.
func (k *console) typed(text string) {
	k.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(text)})
}

var namedKeys = map[string]tea.KeyType{
	"enter": tea.KeyEnter, "esc": tea.KeyEsc, "up": tea.KeyUp, "down": tea.KeyDown, "tab": tea.KeyTab, "ctrl+c": tea.KeyCtrlC,
	"ctrl+s": tea.KeyCtrlS, "ctrl+u": tea.KeyCtrlU, "pgdown": tea.KeyPgDown, "left": tea.KeyLeft, "right": tea.KeyRight,
	"backspace": tea.KeyBackspace, "shift+tab": tea.KeyShiftTab, "home": tea.KeyHome, "end": tea.KeyEnd,
}

func keyOf(name string) tea.KeyMsg {
	if kind, named := namedKeys[name]; named {
		return tea.KeyMsg{Type: kind}
	}
	if name == " " {
		return tea.KeyMsg{Type: tea.KeySpace, Runes: []rune{' '}}
	}
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(name)}
}

// shows fails the test unless every one of the words is on the screen.
func (k *console) shows(words ...string) {
	k.t.Helper()
	view := k.root.View()
	flat := strings.Join(strings.Fields(view), " ")
	for _, w := range words {
		if !strings.Contains(flat, w) {
			k.t.Fatalf("the screen does not show %q:\n%s", w, view)
		}
	}
}

func (k *console) hides(words ...string) {
	k.t.Helper()
	for _, w := range words {
		if view := k.root.View(); strings.Contains(strings.Join(strings.Fields(view), " "), w) {
			k.t.Fatalf("the screen shows %q:\n%s", w, view)
		}
	}
}

// golden compares the screen with testdata/NAME.txt.
func golden(t *testing.T, name, view string) {
	t.Helper()
	path := filepath.Join("testdata", name+".txt")
	lines := strings.Split(view, "\n")
	for n := range lines {
		lines[n] = strings.TrimRight(lines[n], " ")
	}
	view = strings.Join(lines, "\n")
	if *update {
		must(t, os.MkdirAll("testdata", 0o755))
		must(t, os.WriteFile(path, []byte(view+"\n"), 0o644))
		return
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if diff := cmp.Diff(string(want), view+"\n"); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}

// open opens a step from the board by its ID.
func (k *console) open(id string) {
	k.t.Helper()
	k.press("g")
	for n, s := range k.root.session.Desk.Steps {
		if s.ID == id {
			for range n {
				k.press("j")
			}
			k.press("enter")
			return
		}
	}
	k.t.Fatalf("there is no step %s", id)
}

// agree types the confirmation.
func (k *console) agree() {
	k.press("a")
	k.typed(mainSID[len(mainSID)-6:])
	k.press("enter")
}
