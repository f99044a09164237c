package actions

import (
	"strings"
	"testing"

	"retake/actions/sim"
	"retake/store"
)

// roll is a step that goes through people.
func roll() *Step {
	return &Step{ID: "roll", Title: "Go through all people", Each: &Roster{Kind: Person, Checks: []Check{{"changed", "The password is new"}, {"mailbox", "The mailbox's too"}}}}
}

func rollDesk(t *testing.T) *Desk {
	b := newBench(t, sim.Options{Scenario: "clean"})
	b.steps = append(Playbook(), roll())
	b.sit()
	return b.desk
}

// A step that goes through a list is attested only once each subject on it is
// done, and what was dropped does not count.
func TestRosterIsAttestedWhole(t *testing.T) {
	d := rollDesk(t)
	attest := func(words ...string) {
		t.Helper()
		err := d.Attest("roll", store.Attestation{Note: "all done"})
		for _, w := range words {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%v does not say %q", err, w)
			}
		}
		if s, _ := d.Case.Progress("roll"); (s.State == store.Attested) != (len(words) == 0) {
			t.Errorf("it stands at %s after %v", s.State, err)
		}
	}
	attest("no person is on the list")
	if err := d.AddSubjects(store.Subject{Kind: Person, Name: "Ada"}, store.Subject{Kind: Person, Name: "Bo"}, store.Subject{Kind: Machine, Name: "laptop"}); err != nil {
		t.Fatal(err)
	}
	tick(t, d, "Ada", store.AnswerDone, "changed", "mailbox")
	attest("1 of 2 are not done", "Bo (changed, mailbox)")
	tick(t, d, "Bo", store.AnswerDone, "changed")
	attest("Bo (mailbox)")
	if err := d.DropSubject(Person, "Bo", "left the company"); err != nil {
		t.Fatal(err)
	}
	tick(t, d, "Ada", store.AnswerOpen, "changed")
	attest("Ada (changed)")
	tick(t, d, "Ada", store.AnswerDone, "changed")
	attest()
}

func tick(t *testing.T, d *Desk, who string, answer store.Answer, checks ...string) {
	t.Helper()
	if err := d.MarkSubject("roll", who, checks, answer, ""); err != nil {
		t.Fatal(err)
	}
}

func TestMarksThatMakeNoSense(t *testing.T) {
	d := rollDesk(t)
	if err := d.AddSubjects(store.Subject{Kind: Person, Name: "Ada"}); err != nil {
		t.Fatal(err)
	}
	before, _ := d.Case.Size()
	for want, err := range map[string]error{
		"goes through no list":         d.MarkSubject("triage", "Ada", []string{"changed"}, store.AnswerDone, ""),
		"say which check":              d.MarkSubject("roll", "Ada", nil, store.AnswerDone, ""),
		"is not one of the checks":     d.MarkSubject("roll", "Ada", []string{"changed", "hat"}, store.AnswerDone, ""),
		`no person "Bo" on the list`:   d.MarkSubject("roll", "Bo", []string{"changed"}, store.AnswerDone, ""),
		"needs a note":                 d.MarkSubject("roll", "Ada", []string{"changed"}, store.AnswerNotApplicable, " "),
		"is no answer":                 d.MarkSubject("roll", "Ada", []string{"changed"}, "maybe", ""),
		"is no name":                   d.AddSubjects(store.Subject{Kind: Person, Name: "Cy"}, store.Subject{Kind: Person, Name: " Di"}),
		"signs that are no text":       d.AddSubjects(store.Subject{Kind: Person, Name: "a\x1bb"}),
		`no person "Cy" on the list`:   d.DropSubject(Person, "Cy", ""),
		`there is no step "elsewhere"`: d.MarkSubject("elsewhere", "Ada", []string{"changed"}, store.AnswerDone, ""),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	if after, _ := d.Case.Size(); after != before {
		t.Errorf("%d entries were filed", after-before)
	}
}
