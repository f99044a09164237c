package tui

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"retake/actions"
	"retake/actions/sim"
	"retake/store"
)

// newTraining is the console on a training whose clock runs, with everything that
// the environment can give.
func newTraining(t *testing.T, s sim.Switches, responder string, th *theme) (*console, *actions.Training) {
	t.Helper()
	training, err := actions.OpenTraining(context.Background(), actions.TrainingOptions{Path: filepath.Join(t.TempDir(), "training"), Seed: 5, Responder: responder, Switches: s})
	must(t, err)
	t.Cleanup(func() { _ = training.Case.Close() })
	line, err := training.Wire.Line(training.Case)
	must(t, err)
	d, err := actions.Open(actions.Options{
		Case: training.Case, Line: line, Credential: training.Credential, Extras: training.Extras,
		Net: training.Wire.Net, Command: "console", Version: "test",
	})
	must(t, err)
	works := newWorks(context.Background())
	t.Cleanup(func() { works.stop(); works.wait() })
	r := newRoot(Session{Desk: d, Case: training.Case, Training: training, Version: "test", Now: training.Case.Now}, th, works)
	r.every = 0
	k := &console{t: t, root: r, c: training.Case}
	k.size(80, 24)
	k.run(r.Init())
	return k, training
}

// hurried are parameters without which a step waits: for what keeps coming while
// the intruder has a token, and for the limit of the mail activity.
var hurried = map[string]map[string]string{"stop-traffic": {"max_time": "2s"}, "sendgrid": {"requests": "1"}}

// Each step of the playbook is finished by keys alone, in the order that the
// board recommends: planned, agreed to, carried out, and where a person has the
// last word gone through one by one and attested.
func TestEveryStepIsFinishedByKeys(t *testing.T) {
	k, training := newTraining(t, sim.Switches{}, "ada", asciiTheme())
	sid := training.Credential.SID
	for range actions.Playbook() {
		id := k.next()
		if id == "" {
			break
		}
		k.open(id)
		for name, value := range hurried[id] {
			k.root.top().(*stepScreen).params[name] = value
		}
		k.press("p")
		if r, err := k.root.session.Desk.Standing(id); err == nil && r.Plan != nil && !r.Plan.Empty() {
			k.press("a")
			k.typed(sid[len(sid)-6:])
			k.press("enter")
		}
		if s := k.standing(id); !actions.Ended(s) {
			k.goThrough(id)
		}
		for len(k.root.screens) > 1 {
			k.press("esc")
		}
		if s := k.standing(id); !actions.Ended(s) {
			t.Fatalf("%s stands at %s:\n%s", id, s, k.root.View())
		}
	}
	if id := k.next(); id != "" {
		t.Errorf("%s is not finished", id)
	}
	k.shows("No step is open")
}

// next is the step that the board recommends, "" where all are done.
func (k *console) next() string {
	board, err := k.root.session.Desk.Board()
	must(k.t, err)
	if i := slices.IndexFunc(board, func(l actions.Line) bool { return l.Recommended }); i >= 0 {
		return board[i].Step.ID
	}
	return ""
}

func (k *console) standing(id string) store.State {
	s, err := k.c.Progress(id)
	must(k.t, err)
	return s.State
}

// goThrough ticks everything on the lists of a step, puts somebody there first
// where nobody is, and attests the step.
func (k *console) goThrough(id string) {
	k.t.Helper()
	d := k.root.session.Desk
	step, err := d.Step(id)
	must(k.t, err)
	k.press("A")
	if step.Each != nil {
		all, err := d.Roster(id)
		must(k.t, err)
		if len(all) == 0 && !step.Each.Optional {
			k.press("+")
			k.typed("the only one")
			k.press("enter")
			all, err = d.Roster(id)
			must(k.t, err)
		}
		for _, l := range all {
			for range step.List(l.Kind).Checks {
				k.press(" ", "tab")
			}
			k.press("j")
		}
		k.press("enter")
	}
	for range len(step.Checks) + 1 {
		k.press("down")
	}
	k.typed("looked at on the phone, 04:10 UTC")
	k.press("ctrl+s")
}
