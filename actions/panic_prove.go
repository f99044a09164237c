package actions

import (
	"context"
	"errors"
	"strings"

	"retake/store"
)

// prove reads again what a step that was tried has done, and says how it stands.
func (m *march) prove(ctx context.Context, i int) error {
	r := m.runs[i]
	r.filed()
	r.listed = nil // a proof reads anew
	defer m.tallies[i].end()
	if err := r.seeWaiting(ctx, m.tallies[i]); err != nil {
		return err
	}
	return r.finish(ctx, m.plans[i])
}

// seeWaiting reads what was accepted and left to be seen later.
func (r *Run) seeWaiting(ctx context.Context, t *tallier) error {
	var waiting []*Outcome
	for i := range r.report.Outcomes {
		if o := &r.report.Outcomes[i]; o.Outcome == store.Waiting {
			waiting = append(waiting, o)
		}
	}
	return each(r, waiting, func(o *Outcome) error {
		last, _ := lastOf(r, o.Change)
		if !last.Open() {
			return nil
		}
		seen, err := r.settle(ctx, last)
		if err != nil {
			return err
		}
		o.Outcome, o.Proof, o.Problem = seen.Outcome.Result, seen.Outcome.Proof, seen.Outcome.Problem
		t.seen(*o)
		return nil
	})
}

// patrol carries out the standing orders of a step that was tried.
func (m *march) patrol(ctx context.Context, i int) error {
	r, p := m.runs[i], m.plans[i]
	if r == nil || p == nil || len(p.Orders) == 0 {
		return nil
	}
	m.stage(i, AtWork)
	if err := r.patrolAll(ctx, p, m.tallies[i]); err != nil {
		return m.over(ctx, i, err)
	}
	m.stage(i, Tried)
	return nil
}

// over notes how a step ended. What stops the whole order is returned: that the
// responder asked for it, or that the journal cannot be written.
func (m *march) over(ctx context.Context, i int, err error) error {
	o := &m.outcomes[i]
	if r := m.runs[i]; r != nil {
		r.filed()
	}
	if r := o.Report; r != nil {
		o.State, o.Why = r.State, r.Why
	}
	if err != nil {
		err = explained(err)
		o.State, o.Why, o.Err = store.NeedsPerson, err.Error(), err
	}
	m.runs[i] = nil
	m.tell(func(t *PanicTally) { t.Parts[i].Stage, t.Parts[i].State, t.Parts[i].Why = Over, o.State, o.Why })
	if errors.Is(err, ErrHalted) || ctx.Err() != nil {
		return err
	}
	return nil
}

// close files how the order stands. Where a step broke off it stays open, so that
// it can be gone on with.
func (m *march) close() error {
	p := store.Progress{State: store.Proved, Parameters: m.order.Parameters, Why: "every step of the path is proved"}
	var open []string
	for _, o := range m.outcomes {
		if o.Err != nil {
			p.Agreed = m.order.Digest
		}
		if !Ended(o.State) {
			open = append(open, o.Step)
		}
	}
	if len(open) > 0 {
		p.State, p.Why = store.NeedsPerson, "look at "+strings.Join(open, ", ")
	}
	return m.d.Case.SetProgress(PanicStep, p)
}

func (m *march) report(err error) *PanicReport {
	r := &PanicReport{Order: m.order, Kind: m.d.Case.Header.Kind, State: store.Working, Why: "the panic order is not finished", Reports: m.outcomes}
	if s, failed := m.d.Case.Progress(PanicStep); err == nil && failed == nil {
		r.State, r.Why = s.State, s.Why
	}
	return r
}
