package tui

import (
	"context"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"retake/actions"
)

// drill is a console on a training whose clock the test moves.
type drill struct {
	*console
	path   string
	passed *atomic.Int64
}

// newDrill begins a training, or goes on with the one at path.
func newDrill(t testing.TB, scenario, path string) *drill {
	t.Helper()
	passed := &atomic.Int64{}
	training, err := actions.OpenTraining(context.Background(), actions.TrainingOptions{
		Path: path, Scenario: scenario, Seed: 1, Responder: "ada", Version: "test", Now: night, Clock: func() time.Duration { return time.Duration(passed.Load()) },
	})
	must(t, err)
	t.Cleanup(func() { _ = training.Case.Close() })
	line, err := training.Wire.Line(training.Case)
	must(t, err)
	d, err := actions.Open(actions.Options{Case: training.Case, Line: line, Credential: training.Credential, Command: "train", Version: "test"})
	must(t, err)
	works := newWorks(context.Background())
	t.Cleanup(func() { works.stop(); works.wait() })
	r := newRoot(Session{Desk: d, Case: training.Case, Training: training, Version: "test", Now: training.Case.Now}, asciiTheme(), works)
	r.every = 0
	k := &drill{&console{t: t, root: r, c: training.Case}, path, passed}
	k.size(80, 24)
	k.run(r.Init())
	return k
}

// wait lets time pass in the simulated world, until the next tick.
func (k *drill) wait(d time.Duration) {
	k.passed.Add(int64(d))
	k.send(ticked{at: k.root.session.Now()})
}

// apply carries a step out behind the screens.
func (k *drill) apply(id string) {
	k.t.Helper()
	d := k.root.session.Desk
	r, err := d.Plan(context.Background(), id, nil)
	must(k.t, err)
	_, err = d.Apply(context.Background(), id, actions.Agreed{Digest: r.Plan.Digest, How: "test"}, nil)
	must(k.t, err)
	k.run(k.root.readMeter())
}

// drills are the screens that only a training has, and the board in one.
var drills = []struct {
	name, scenario string
	play           func(k *drill)
}{
	{"training-scene", "leaked-token", func(k *drill) {}},
	{"training-scene-clean", "clean", func(k *drill) {}},
	{"training-board", "leaked-token", func(k *drill) { k.press("enter"); k.wait(2 * time.Minute) }},
	{"training-board-under-way", "leaked-token", func(k *drill) { walked(k) }},
	{"training-board-stopped", "leaked-token", func(k *drill) { walked(k); k.wait(2 * time.Hour) }},
	{"training-board-clean", "clean", func(k *drill) { k.press("enter"); k.wait(time.Minute) }},
	{"training-debrief-at-once", "leaked-token", func(k *drill) { k.press("enter"); k.wait(5 * time.Minute); k.press("D") }},
	{"training-debrief", "leaked-token", func(k *drill) { walked(k); k.wait(2 * time.Hour); k.press("D") }},
	{"training-debrief-on", "leaked-token", func(k *drill) { walked(k); k.wait(2 * time.Hour); k.press("D", " ") }},
	{"training-debrief-end", "leaked-token", func(k *drill) { walked(k); k.wait(2 * time.Hour); k.press("D", "G") }},
	{"training-debrief-clean", "clean", func(k *drill) { k.press("enter", "D") }},
	{"training-debrief-false-alarm", "clean", func(k *drill) { k.press("enter"); k.apply("api-keys"); k.press("D") }},
}

// walked changes tokens and keys, some minutes apart.
func walked(k *drill) {
	k.press("enter")
	k.wait(7 * time.Minute)
	k.apply("auth-tokens")
	k.wait(2 * time.Minute)
	k.apply("api-keys")
}

func TestTrainingScreens(t *testing.T) {
	for _, s := range drills {
		t.Run(s.name, func(t *testing.T) {
			k := newDrill(t, s.scenario, filepath.Join(t.TempDir(), "case"))
			s.play(k)
			golden(t, s.name, k.root.View())
			for _, w := range []int{20, 21, 33, 40, 49, 60, 79, 80, 100, 119, 120, 200} {
				for _, h := range []int{6, 7, 8, 9, 12, 15, 24, 60} {
					k.size(w, h)
					fits(t, s.name, k.root.View(), w, h)
				}
			}
		})
	}
}

// The scene is read before anything else, in one window of 80 by 24.
func TestScenesAreShort(t *testing.T) {
	for _, scenario := range []string{"leaked-token", "clean"} {
		k := newDrill(t, scenario, filepath.Join(t.TempDir(), "case"))
		if n := len(sceneRows(k.root.session.Training.Scene(), 80)); n >= 20 {
			t.Errorf("the scene of %s has %d lines", scenario, n)
		}
	}
}

func TestAnyKeyLeavesTheScene(t *testing.T) {
	for _, name := range []string{"enter", " ", "esc", "x"} {
		k := newDrill(t, "leaked-token", filepath.Join(t.TempDir(), "case"))
		k.shows("Fraud Operations", "enter begin")
		k.press(name)
		k.shows("Next:", "D debrief")
		k.press("i")
		k.shows("Fraud Operations")
		k.size(40, 12)
		k.press("down", "down")
		k.shows("Fraud Operations") // where it is longer than the window, keys that move move
		k.press("enter")
		k.shows("lost $")
	}
}

// The scene opens a training, and does not come again when it is gone on with.
func TestResumedTrainingBeginsOnTheBoard(t *testing.T) {
	path := filepath.Join(t.TempDir(), "case")
	k := newDrill(t, "leaked-token", path)
	k.press("enter")
	must(t, k.root.session.Training.Close())
	must(t, k.c.Close())
	again := newDrill(t, "leaked-token", path)
	again.shows("Next:", "lost $")
	again.press("i")
	again.shows("Fraud Operations")
}

// The meter follows the simulated account from tick to tick, and a case that is
// no training has neither meter nor debrief.
func TestMeter(t *testing.T) {
	k := newDrill(t, "leaked-token", filepath.Join(t.TempDir(), "case"))
	k.press("enter")
	for range 3 {
		k.wait(time.Minute)
		m := k.root.session.Training.Meter()
		k.shows(strings.TrimSpace(since(m.Elapsed).String()), "lost "+m.Lost.String()+", "+m.PerMinute.String()+" a minute")
	}
	live := newConsole(t, "Harbour Parcel", steps(threeKeys()))
	live.hides("lost $", "debrief")
	for _, name := range []string{"i", "D"} {
		live.press(name)
		live.shows("this is no training")
	}
}

// The debrief is reckoned anew when it is asked for again.
func TestDebriefIsReckonedAgain(t *testing.T) {
	k := newDrill(t, "leaked-token", filepath.Join(t.TempDir(), "case"))
	k.press("enter", "D")
	k.shows("still begun, 0:00:00 after you began, 0:40:00 after the break-in")
	k.wait(3 * time.Minute)
	k.press("D")
	k.shows("still begun, 0:03:00 after you began, 0:43:00 after the break-in")
	k.press("esc")
	k.shows("Next:")
}
