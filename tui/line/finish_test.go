package line_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"retake/actions"
	"retake/actions/sim"
	"retake/store"
)

// TestEveryStepCanBeFinished finishes each step of the playbook by commands alone,
// in the order that the board recommends: what can be proved is proved, what a
// person has to do is marked and attested, and nothing is green before.
func TestEveryStepCanBeFinished(t *testing.T) {
	t.Parallel()
	l, path := begin(t, sim.Options{Seed: 12, Messages: 60, Calls: 60})
	f := &finisher{t: t, lab: l, path: path}
	for range actions.Playbook() {
		step := f.next()
		if step == "" {
			break
		}
		f.finish(step)
	}
	for _, s := range f.board() {
		if !actions.Ended(s.State) {
			t.Errorf("%s stands at %s: %s", s.ID, s.State, s.Why)
		}
	}
	if err := verified(path); err != nil {
		t.Error(err)
	}
}

// hurried are parameters without which a step waits: for what keeps coming while
// the intruder has a token, and for the limit of the mail activity.
var hurried = map[string][]string{"stop-traffic": {"--set", "max_time=2s"}, "sendgrid": {"--set", "requests=1"}}

type finisher struct {
	t    *testing.T
	lab  *lab
	path string
}

// run runs a command, which must end with one of the statuses.
func (f *finisher) run(statuses []int, args ...string) said {
	f.t.Helper()
	s := f.lab.retake(f.t, append(args, "--case", f.path)...)
	if !slices.Contains(statuses, s.status) {
		f.t.Fatalf("%q ended with %d:\n%s%s", args, s.status, s.out, s.errs)
	}
	return s
}

// standing is a step as retake status --json tells it.
type standing struct {
	ID, Why string
	State   store.State
	Next    bool
}

func (f *finisher) board() []standing {
	var s struct{ Steps []standing }
	if err := json.Unmarshal([]byte(f.run([]int{0}, "status", "--json").out), &s); err != nil {
		f.t.Fatal(err)
	}
	return s.Steps
}

// next is the step that the board recommends, "" where all are done.
func (f *finisher) next() string {
	for _, s := range f.board() {
		if s.Next {
			return s.ID
		}
	}
	return ""
}

func (f *finisher) state(step string) store.State {
	for _, s := range f.board() {
		if s.ID == step {
			return s.State
		}
	}
	return ""
}

// finish does what a program can, then says for a person that the rest is done.
func (f *finisher) finish(id string) {
	f.t.Helper()
	if s := f.state(id); actions.Ended(s) {
		f.t.Errorf("%s stands at %s before anything was done for it", id, s)
	}
	args := []string{"step", id, "--apply", "--account", f.lab.opening.AccountSID}
	args = append(args, hurried[id]...)
	f.run([]int{0, 3}, args...)
	if actions.Ended(f.state(id)) {
		return
	}
	step := playbookStep(id)
	if step.Each != nil && !step.Each.Optional {
		refused := f.run([]int{1}, "attest", id, "--note", "all done")
		if !strings.Contains(refused.errs, "cannot attest "+id) {
			f.t.Errorf("%s was attested with an open list: %s", id, refused.errs)
		}
		f.run([]int{0}, "roster", "add", "the only "+step.Each.Kind, "--kind", step.Each.Kind)
	}
	for _, x := range f.listed() {
		for _, s := range x.Steps {
			if s.Step == id && len(s.Open) > 0 {
				f.run([]int{0}, "attest", id, "--subject", x.Name, "--check", strings.Join(s.Open, ","), "--note", "looked at")
			}
		}
	}
	f.run([]int{0}, "attest", id, "--note", "looked at by Robin at 04:10 UTC")
}

func playbookStep(id string) *actions.Step {
	all := actions.Playbook()
	return all[slices.IndexFunc(all, func(s *actions.Step) bool { return s.ID == id })]
}

// subject is a line of retake roster --json.
type subject struct {
	Name  string
	Steps []struct {
		Step string
		Open []string
	}
}

func (f *finisher) listed() []subject {
	var r struct{ Subjects []subject }
	if err := json.Unmarshal([]byte(f.run([]int{0}, "roster", "--json").out), &r); err != nil {
		f.t.Fatal(err)
	}
	return r.Subjects
}
