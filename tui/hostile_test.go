package tui

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"retake/actions"
	"retake/actions/sim"
	"retake/store"
)

// hostile is what an intruder might call his things: all that the simulated
// account has, in one.
var hostile = func() string {
	var all []string
	for _, p := range sim.Payloads() {
		all = append(all, p.Text)
	}
	return strings.Join(all, " ")
}()

// sgr is what lipgloss writes, and nothing else may be: colours and weights.
var sgr = regexp.MustCompile("\x1b\\[[0-9;]*m")

// harmless wants a screen that no terminal obeys beyond its colours, that hides
// nothing and turns no direction.
func harmless(t *testing.T, name, view string) {
	t.Helper()
	text := sgr.ReplaceAllString(view, "")
	if !utf8.ValidString(text) {
		t.Fatalf("%s shows bytes that are no UTF-8:\n%q", name, view)
	}
	marks := 0
	for _, r := range text {
		if marks++; !unicode.Is(unicode.M, r) {
			marks = 0
		}
		if r != '\n' && (!unicode.IsPrint(r) || unicode.In(r, unicode.Cf, unicode.Co, unicode.Other_Default_Ignorable_Code_Point)) || marks > 4 {
			t.Fatalf("%s shows %U:\n%q", name, r, view)
		}
	}
}

// colourTheme draws with all colours.
func colourTheme() *theme {
	r := lipgloss.NewRenderer(io.Discard, termenv.WithProfile(termenv.TrueColor))
	r.SetHasDarkBackground(true)
	return themeOf(r)
}

// hostileVisits are the screens of a step, or of the console, and the keys that
// lead there from the board. A new screen is one more line.
var hostileVisits = []struct {
	name string
	keys []string
}{
	{"findings", []string{"2"}}, {"plan", []string{"3"}}, {"work", []string{"4"}}, {"unseen", []string{"5"}}, {"end", []string{"G"}},
	{"confirm", []string{"a"}}, {"parameters", []string{"e"}}, {"attest", []string{"A"}}, {"help", []string{"?"}},
	{"journal", []string{"J"}}, {"oldest", []string{"J", "g"}}, {"entry", []string{"J", "enter"}}, {"end of an entry", []string{"J", "up", "enter", "G"}},
}

// TestHostileAccountOnEveryScreen works through the playbook on a simulated
// account whose every text is hostile, and looks at every screen on the way.
func TestHostileAccountOnEveryScreen(t *testing.T) {
	if testing.Short() {
		t.Skip("many screens: the whole suite looks at them")
	}
	for _, strange := range []bool{false, true} {
		t.Run(fmt.Sprintf("strange=%t", strange), func(t *testing.T) {
			k, sid := hostileConsole(t, strange)
			for _, s := range actions.Playbook() {
				k.open(s.ID)
				if s.Work == nil {
					k.look(s.ID)
					k.attestHostile()
					continue
				}
				k.press("p")
				k.lookAround(s.ID + " planned")
				k.press("a")
				k.typed(sid[len(sid)-6:])
				k.press("enter")
				k.lookAround(s.ID + " applied")
			}
			k.press("g")
			k.look("board")
			appeared(k)
			must(t, k.c.AddFinding(actions.WatchStep, store.Finding{ID: hostile, Severity: hostile, Account: hostile, Text: hostile, What: hostile, Actor: hostile, Source: hostile, At: night.Add(time.Hour)}))
			k.lookBack()
			k.everyEntry()
		})
	}
}

// hostileConsole is the console on a training whose account is hostile, in all
// colours.
func hostileConsole(t *testing.T, strange bool) (*console, string) {
	t.Helper()
	k, training := newTraining(t, sim.Switches{Hostile: "text", Strange: strange}, hostile, colourTheme())
	return k, training.Credential.SID
}

// look looks at the present screen in windows of several sizes.
func (k *console) look(name string) {
	k.t.Helper()
	for _, size := range [][2]int{{200, 60}, {33, 9}, {80, 24}} {
		k.size(size[0], size[1])
		harmless(k.t.(*testing.T), fmt.Sprintf("%s at %dx%d", name, size[0], size[1]), k.root.View())
		fits(k.t.(*testing.T), name, k.root.View(), size[0], size[1])
	}
}

// lookAround goes from a step to every screen and back.
func (k *console) lookAround(name string) {
	k.t.Helper()
	k.look(name)
	for _, visit := range hostileVisits {
		depth := len(k.root.screens)
		k.press(visit.keys...)
		k.look(name + ", " + visit.name)
		for len(k.root.screens) > depth {
			k.press("esc")
		}
	}
	k.press("1")
}

// boardVisits are the screens that open from the board, with all that they show.
var boardVisits = []struct {
	name string
	keys []string
}{
	{"evidence", []string{"E"}}, {"evidence, oldest", []string{"E", "g"}}, {"record", []string{"E", "enter"}}, {"oldest record", []string{"E", "g", "enter"}}, {"filter", []string{"E", "f"}},
	{"timeline", []string{"T"}}, {"timeline, oldest", []string{"T", "g"}}, {"line of the timeline", []string{"T", "enter"}},
	{"scene", []string{"i"}}, {"debrief", []string{"D"}}, {"end of the debrief", []string{"D", "G"}},
	{"panic", []string{"!"}}, {"what panic keeps", []string{"!", "tab"}},
	{"watch", []string{"W"}}, {"what appeared", []string{"W", "enter"}}, {"oldest that appeared", []string{"W", "G", "enter", "G"}},
	{"coverage", []string{"C"}}, {"line of the coverage", []string{"C", "enter"}}, {"export", []string{"X"}},
}

// lookBack looks at the screens that open from the board.
func (k *console) lookBack() {
	k.t.Helper()
	for _, visit := range boardVisits {
		k.press(visit.keys...)
		k.look(visit.name)
		for range 6 {
			if len(k.root.screens) == 1 {
				break
			}
			k.press("esc")
		}
		if len(k.root.screens) > 1 {
			k.t.Fatalf("%s is not left by esc", visit.name)
		}
	}
}

// attestHostile attests the step in sight with hostile words and a hostile file.
func (k *console) attestHostile() {
	k.t.Helper()
	path := filepath.Join(k.t.TempDir(), "a\x1b[2J\u202egnp.exe\u009b")
	must(k.t, os.WriteFile(path, []byte(hostile), 0o600))
	k.press("A", "up", "up", "up")
	k.look("attest")
	k.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(hostile), Paste: true})
	k.press("down")
	k.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(path), Paste: true})
	k.look("attest, filled")
	k.press("ctrl+s")
	k.look("attested")
	k.press("esc", "esc")
}

// everyEntry looks at each entry of the log as the journal shows it.
func (k *console) everyEntry() {
	k.t.Helper()
	seen := map[store.Kind]int{}
	must(k.t, k.c.Entries(0, func(e store.Entry) bool {
		if seen[e.Kind]++; seen[e.Kind] > 40 {
			return true
		}
		var b strings.Builder
		for _, r := range entryRows(k.c, e, 100) {
			b.WriteString(r.draw(k.root.theme, 100) + "\n")
		}
		harmless(k.t.(*testing.T), fmt.Sprintf("entry %d", e.N), b.String())
		return true
	}))
	if len(seen) < 8 {
		k.t.Errorf("the log holds only %v", seen)
	}
}
