package actions

import (
	"fmt"

	"retake/store"
)

// Line is one line of the board: a step and how it stands.
type Line struct {
	Step        *Step
	Standing    store.Standing
	Recommended bool // to be done next
}

// Board lists the steps in the order of the playbook, with their states, and
// marks the open one that is most urgent.
func (d *Desk) Board() ([]Line, error) { return Board(d.Case, d.Steps) }

// Board is the board of a case without a desk.
func Board(c *store.Case, steps []*Step) ([]Line, error) {
	var all []Line
	next := -1
	for i, s := range steps {
		standing, err := c.Progress(s.ID)
		if err != nil {
			return nil, err
		}
		if err := s.reopen(c, &standing); err != nil {
			return nil, err
		}
		if clock, runs := AnswerClock(standing, c.Now()); runs {
			standing.Why = clock.String()
		}
		all = append(all, Line{Step: s, Standing: standing})
		if !Ended(standing.State) && (next < 0 || s.Urgency < steps[next].Urgency) {
			next = i
		}
	}
	if next >= 0 {
		all[next].Recommended = true
	}
	return all, nil
}

// reopen makes of a step that was attested one that needs a person, where
// somebody came on its lists since, or a mark was taken back.
func (s *Step) reopen(c *store.Case, standing *store.Standing) error {
	if standing.State != store.Attested || s.Each == nil {
		return nil
	}
	all, err := s.roster(c)
	if done, of := s.Progressed(all); done < of {
		standing.State = store.NeedsPerson
		standing.Why = fmt.Sprintf("it was attested by %s, and since then %d of %d on its lists are open: mark each, then attest again", standing.By, of-done, of)
	}
	return err
}

// Ended tells whether a step needs nothing more.
func Ended(s store.State) bool {
	return s == store.Proved || s == store.Attested || s == store.NotApplicable
}

// Outcomes are the changes of a step that were made or tried so far, from the
// journal: one line a change, by its latest act.
func (d *Desk) Outcomes(step string) ([]Outcome, error) {
	acts, err := d.Case.Acts(step)
	if err != nil {
		return nil, err
	}
	index := map[string]int{}
	var all []Outcome
	for _, a := range acts {
		o := Outcome{Change: a.Act.Change, Account: a.Act.Account, Verb: a.Act.Verb, Target: a.Act.Target, Outcome: a.Outcome.Result, Proof: a.Outcome.Proof, Problem: a.Outcome.Problem}
		if o.Outcome == "" {
			o.Outcome, o.Problem = store.Unknown, "the run ended before its outcome was written"
		}
		if i, known := index[o.Change]; known {
			all[i] = o
			continue
		}
		index[o.Change] = len(all)
		all = append(all, o)
	}
	return all, nil
}

// Standing is the report of a step from the case alone: nothing is read from the
// account.
func (d *Desk) Standing(id string) (*Report, error) {
	standing, err := d.Case.Progress(id)
	if err != nil {
		return nil, err
	}
	outcomes, err := d.Outcomes(id)
	if err != nil {
		return nil, err
	}
	plan, err := d.latest(id)
	if err != nil {
		return nil, err
	}
	r := &Report{
		Step: id, Kind: d.Case.Header.Kind, State: standing.State, Why: standing.Why, Parameters: standing.Parameters,
		Plan: plan, Outcomes: outcomes, Findings: []Finding{}, Unseen: []Unseen{},
	}
	if r.Outcomes == nil {
		r.Outcomes = []Outcome{}
	}
	if step, err := d.Step(id); err == nil && r.Parameters == nil {
		r.Parameters, _ = step.Settle(nil) // the defaults alone are in order
	}
	if id == sweepStep {
		m, err := SweepMatrix(d.Case)
		if err != nil {
			return nil, err
		}
		r.Sweep = &m
	}
	return r, d.recall(r)
}

// recall adds to a report what earlier runs of the step found and did not see.
func (d *Desk) recall(r *Report) error {
	findings, earlier, err := d.Findings(r.Step)
	if err != nil {
		return err
	}
	r.Findings, r.Earlier = append(r.Findings, findings...), earlier
	covered, err := d.Case.Coverages(r.Step)
	if err != nil {
		return err
	}
	for _, c := range covered {
		if !c.Seen {
			r.Unseen = append(r.Unseen, Unseen{What: c.Source, Why: c.Why})
		}
	}
	return nil
}

// Findings are what a step has found, from the case: by its latest reading or
// since, and by earlier readings only.
func (d *Desk) Findings(step string) (found, earlier []Finding, err error) {
	filed, err := d.Case.Findings(step)
	for _, f := range filed {
		one := Finding{ID: f.ID, Severity: Severity(f.Severity), Account: f.Account, Text: f.Text, Exhibits: append([]int64{}, f.Exhibits...)}
		if f.Earlier {
			earlier = append(earlier, one)
		} else {
			found = append(found, one)
		}
	}
	return found, earlier, err
}
