package actions

import (
	"fmt"
	"slices"
	"strings"

	"retake/store"
)

// SubjectKinds are the kinds of lists that there are.
var SubjectKinds = []string{Person, Machine, Host, Program, Subaccount}

// CheckKind tells in a sentence that a kind is none.
func CheckKind(kind string) error {
	if slices.Contains(SubjectKinds, kind) {
		return nil
	}
	return fmt.Errorf("%q is no kind of list: it is %s", kind, strings.Join(SubjectKinds, ", "))
}

// Asking are the steps that go through a list of a kind, in the order of the
// playbook.
func (d *Desk) Asking(kind string) []*Step {
	return slices.DeleteFunc(slices.Clone(d.Steps), func(s *Step) bool { return s.List(kind) == nil })
}

// Subjects are those of a kind that are on the list.
func (d *Desk) Subjects(kind string) ([]store.Subject, error) {
	if err := CheckKind(kind); err != nil {
		return nil, err
	}
	return d.Case.Subjects(kind)
}

// Import puts on the list what a table holds, all or nothing: see ReadSubjects.
// Who is on the list already and is not in the table stays.
func (d *Desk) Import(kind string, file []byte) (Listing, error) {
	if err := CheckKind(kind); err != nil {
		return Listing{}, err
	}
	read, err := ReadSubjects(kind, file)
	if err != nil {
		return Listing{}, err
	}
	return read, d.AddSubjects(read.Subjects...)
}

// Progressed says how far a step's lists are: subjects with nothing open, of all.
func (s *Step) Progressed(all []Listed) (done, of int) {
	for _, l := range all {
		done += count(len(s.Open(l)) == 0)
	}
	return done, len(all)
}
