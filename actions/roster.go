package actions

import (
	"fmt"
	"slices"
	"strings"

	"retake/store"
)

// Kinds of subjects that more than one step goes through.
const (
	Person     = "person"     // a user of the account, or of the staff
	Machine    = "machine"    // a computer from which somebody signs in
	Host       = "host"       // a computer of ours that the world can reach
	Program    = "program"    // that uses a credential
	Subaccount = "subaccount" // by its SID
)

// Roster is what a step goes through one by one: each subject of the kind has
// the checks.
type Roster struct {
	Kind   string
	Checks []Check
	// Optional: the step may be attested though nobody is on the list.
	Optional bool
	// Since tells from which entry of the log on a mark of the step counts; nil:
	// all count.
	Since func(c *store.Case) (int64, error)
}

// Listed is a subject of a roster with its marks, by the ID of the check.
type Listed struct {
	store.Subject
	Marks map[string]store.Marked
}

// Answer is how a check stands; open if nobody marked it.
func (l Listed) Answer(check string) store.Answer {
	if m, marked := l.Marks[check]; marked {
		return m.Answer
	}
	return store.AnswerOpen
}

// Open are the checks of the roster that are not answered for a subject.
func (r *Roster) Open(l Listed) []Check {
	return slices.DeleteFunc(slices.Clone(r.Checks), func(c Check) bool { return l.Answer(c.ID) != store.AnswerOpen })
}

// Lists are all that the step goes through, the one that matters most first.
func (s *Step) Lists() []*Roster {
	if s.Each == nil {
		return nil
	}
	return append([]*Roster{s.Each}, s.Also...)
}

// List is the one of a kind, nil where the step has none.
func (s *Step) List(kind string) *Roster {
	for _, r := range s.Lists() {
		if r.Kind == kind {
			return r
		}
	}
	return nil
}

// Open are the checks that are not answered for a subject of one of the lists.
func (s *Step) Open(l Listed) []Check {
	if r := s.List(l.Kind); r != nil {
		return r.Open(l)
	}
	return nil
}

// Roster lists the subjects that a step goes through, list by list and by name,
// with how far each is; none where the step has no roster.
func (d *Desk) Roster(id string) ([]Listed, error) {
	s, err := d.Step(id)
	if err != nil {
		return nil, err
	}
	return s.roster(d.Case)
}

func (s *Step) roster(c *store.Case) (all []Listed, err error) {
	for _, r := range s.Lists() {
		listed, err := r.in(c, s.ID)
		if err != nil {
			return nil, err
		}
		all = append(all, listed...)
	}
	return all, nil
}

func (r *Roster) in(c *store.Case, step string) ([]Listed, error) {
	subjects, err := c.Subjects(r.Kind)
	if err != nil {
		return nil, err
	}
	marks, err := c.Marks(step)
	if err != nil {
		return nil, err
	}
	var since int64
	if r.Since != nil {
		if since, err = r.Since(c); err != nil {
			return nil, err
		}
	}
	var all []Listed
	for _, s := range subjects {
		l := Listed{s, map[string]store.Marked{}}
		for _, m := range marks {
			if m.Kind == s.Kind && m.Subject == s.Name && m.Entry.N >= since {
				l.Marks[m.Check] = m
			}
		}
		all = append(all, l)
	}
	return all, nil
}

// AddSubjects puts subjects on their lists, all or none.
func (d *Desk) AddSubjects(all ...store.Subject) error { return d.Case.AddSubjects(all...) }

// DropSubject takes a subject off its list. Its marks stay in the log.
func (d *Desk) DropSubject(kind, name, why string) error {
	known, err := d.Case.Subjects(kind)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(known, func(s store.Subject) bool { return s.Name == name })
	if i < 0 {
		return unlisted(kind, name)
	}
	gone := known[i]
	gone.Dropped, gone.Why = true, why
	return d.Case.AddSubjects(gone)
}

func unlisted(kind, name string) error {
	return store.WithHint(fmt.Errorf("there is no %s %q on the list", kind, name), "put it there first: retake roster add --kind %s", kind)
}

// MarkSubject files a person's word on checks of one subject of a step's roster.
// The state of the step stays as it is. What does not apply needs a note.
func (d *Desk) MarkSubject(id, subject string, checks []string, answer store.Answer, note string) error {
	s, err := d.Step(id)
	if err != nil {
		return err
	}
	if s.Each == nil {
		return store.WithHint(fmt.Errorf("%s goes through no list", id), "attest the step itself: retake attest %s --note TEXT", id)
	}
	list, err := d.listOf(s, subject)
	if err != nil {
		return err
	}
	if err := list.fits(checks, answer, note); err != nil {
		return err
	}
	known, err := d.Case.Subjects(list.Kind)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(known, func(k store.Subject) bool { return k.Name == subject }) {
		return unlisted(list.Kind, subject)
	}
	return d.Case.AddMarks(id, mapped(checks, func(check string) store.Mark {
		return store.Mark{Kind: list.Kind, Subject: subject, Check: check, Answer: answer, Note: note}
	})...)
}

// listOf is the list of a step on which a subject stands; the first where it
// stands on none.
func (d *Desk) listOf(s *Step, subject string) (*Roster, error) {
	all, err := s.roster(d.Case)
	if i := slices.IndexFunc(all, func(l Listed) bool { return l.Name == subject }); i >= 0 {
		return s.List(all[i].Kind), err
	}
	return s.Each, err
}

// fits tells in a sentence what is wrong with a mark.
func (r *Roster) fits(checks []string, answer store.Answer, note string) error {
	if len(checks) == 0 {
		return fmt.Errorf("say which check: %s", r.ids())
	}
	for _, id := range checks {
		if !slices.ContainsFunc(r.Checks, func(c Check) bool { return c.ID == id }) {
			return fmt.Errorf("%q is not one of the checks %s", id, r.ids())
		}
	}
	switch answer {
	case store.AnswerDone, store.AnswerOpen:
		return nil
	case store.AnswerNotApplicable:
		if strings.TrimSpace(note) == "" {
			return store.WithHint(fmt.Errorf("a check that does not apply needs a note"), "say why it does not apply")
		}
		return nil
	}
	return fmt.Errorf("%q is no answer: it is %s, %s or %s", answer, store.AnswerDone, store.AnswerNotApplicable, store.AnswerOpen)
}

func (r *Roster) ids() string {
	return strings.Join(mapped(r.Checks, func(c Check) string { return c.ID }), ", ")
}

// complete refuses a person's word on a whole step while somebody or something
// on its roster is not done.
func (r *Roster) complete(c *store.Case, step string) error {
	all, err := r.in(c, step)
	if err != nil {
		return err
	}
	if len(all) == 0 && !r.Optional {
		return store.WithHint(fmt.Errorf("cannot attest %s: no %s is on the list", step, r.Kind), "put each on it: retake roster add --kind %s, or attest with --not-applicable and say why", r.Kind)
	}
	var left []string
	for _, l := range all {
		if open := r.Open(l); len(open) > 0 {
			left = append(left, fmt.Sprintf("%s (%s)", l.Name, strings.Join(mapped(open, func(c Check) string { return c.ID }), ", ")))
		}
	}
	if len(left) == 0 {
		return nil
	}
	return store.WithHint(fmt.Errorf("cannot attest %s: %d of %d are not done: %s", step, len(left), len(all), few(left)), "mark each: retake attest %s --subject NAME --check ID, or drop who is gone: retake roster drop", step)
}
