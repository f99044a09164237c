package line

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"retake/actions"
	"retake/actions/clean"
	"retake/store"
)

// marking is what is marked, and for whom.
type marking struct {
	subjects []string
	checks   string
	answer   string
}

func (m marking) given() bool { return len(m.subjects) > 0 || m.checks != "" }

// ids are the checks that are meant for a subject.
func (m marking) ids(step *actions.Step, known []actions.Listed, name string) []string {
	i := slices.IndexFunc(known, func(l actions.Listed) bool { return l.Name == name })
	if m.checks != "all" || i < 0 {
		return strings.Split(m.checks, ",")
	}
	var all []string
	for _, c := range step.List(known[i].Kind).Checks {
		all = append(all, c.ID)
	}
	return all
}

// markSubjects files a person's word on checks of subjects, and tells what is
// left.
func (a *app) markSubjects(ctx context.Context, id string, m marking, note string) error {
	step, err := (&actions.Desk{Steps: actions.Playbook()}).Step(id)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	if len(m.subjects) == 0 || m.checks == "" {
		return store.WithHint(usage("--subject and --check go together"), "retake attest %s --subject NAME --check ID; nothing was recorded", id)
	}
	return a.with(ctx, "attest "+id+" --subject", false, func(s *session) error {
		known, err := s.desk.Roster(id)
		if err != nil {
			return err
		}
		missing := func(name string) bool {
			return !slices.ContainsFunc(known, func(l actions.Listed) bool { return l.Name == name })
		}
		slices.SortStableFunc(m.subjects, func(x, y string) int { // who is on no list is refused before anything is recorded
			return map[bool]int{true: 1}[missing(y)] - map[bool]int{true: 1}[missing(x)]
		})
		for _, name := range m.subjects {
			if err := s.desk.MarkSubject(id, name, m.ids(step, known, name), store.Answer(m.answer), note); err != nil {
				return err
			}
		}
		return a.tellMarks(s, step)
	})
}

// tellMarks tells how far each on the step's list is.
func (a *app) tellMarks(s *session, step *actions.Step) error {
	if a.asJSON {
		all := []rosterLine{}
		for _, list := range step.Lists() {
			of, err := rosterLines(s, list.Kind)
			if err != nil {
				return err
			}
			all = append(all, of...)
		}
		return a.printJSON(map[string]any{"kind": s.c.Header.Kind, "step": step.ID, "subjects": all})
	}
	all, err := s.desk.Roster(step.ID)
	if err != nil {
		return err
	}
	for _, l := range all {
		open := step.Open(l)
		if len(open) == 0 {
			fmt.Fprintf(a.out, "%s: nothing is open\n", clean.Show(l.Name))
			continue
		}
		fmt.Fprintf(a.out, "%s: open: %s\n", clean.Show(l.Name), checkIDs(open))
	}
	done, of := step.Progressed(all)
	_, err = fmt.Fprintf(a.out, "%d of %d are done\n", done, of)
	return err
}

func checkIDs(all []actions.Check) string {
	var ids []string
	for _, c := range all {
		ids = append(ids, c.ID)
	}
	return strings.Join(ids, ", ")
}
