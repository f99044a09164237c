package actions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"retake/store"
)

// plan makes a plan and files it.
func (r *Run) plan(ctx context.Context) (*Plan, error) {
	p, err := r.draft(ctx)
	if err != nil {
		return nil, err
	}
	if err := r.filePlan(ctx, p); err != nil {
		return nil, err
	}
	return p, nil
}

// draft settles what an earlier run left open, and lets the step plan.
func (r *Run) draft(ctx context.Context) (*Plan, error) {
	if err := r.settleOpen(ctx); err != nil {
		return nil, err
	}
	p, err := r.Step.Work.Plan(ctx, r)
	if err != nil {
		return nil, err
	}
	r.noteClock()
	if p.Losses, err = losses(r, p); err != nil {
		return nil, err
	}
	p.Step, p.Account, p.Parameters = r.Step.ID, r.desk.Case.Header.Account, r.Params
	if p.Changes == nil {
		p.Changes = []Change{}
	}
	return p, p.seal()
}

// filePlan files a plan. One that is empty is proved at once; one that a panic
// order agrees to is filed with the agreement.
func (r *Run) filePlan(ctx context.Context, p *Plan) error {
	r.report.Plan = p
	if r.urgent() && !p.Empty() {
		return nil
	}
	entry, err := r.planEntry(p)
	if err == nil {
		err = r.desk.Case.AddPlan(r.Step.ID, entry)
	}
	if err != nil {
		return err
	}
	if p.Empty() {
		return r.finish(ctx, p)
	}
	return r.setState(store.Progress{State: store.WaitingState, Why: fmt.Sprintf("a plan of %d changes waits to be agreed to", len(p.Changes)), Parameters: r.Params})
}

// carryOut does what was agreed to: what an earlier run left open is settled,
// then stage by stage the changes in parallel, then the standing orders; then
// the step says how it stands.
func (r *Run) carryOut(ctx context.Context, p *Plan, watch func(Tally)) (*Report, error) {
	err := r.tryAll(ctx, p, watch)
	if err == nil {
		err = r.finish(ctx, p)
	}
	if left := r.left(); err != nil && left != "" {
		r.report.Why = left
		err = errors.Join(err, r.stand(left))
	}
	return r.report, r.explain(err)
}

// unfinishedPlan is how a step stands whose plan is being carried out.
const unfinishedPlan = "the agreed plan is not finished"

// left is what a run leaves that must not be overlooked, "" for nothing.
func (r *Run) left() string {
	if l, ok := r.Step.Work.(Leaver); ok {
		return l.Left(r)
	}
	return ""
}

// tryAll carries out without the last word on how the step stands.
func (r *Run) tryAll(ctx context.Context, p *Plan, watch func(Tally)) error {
	t, err := r.tryChanges(ctx, p, watch)
	defer t.end()
	if err != nil {
		return err
	}
	return r.patrolAll(ctx, p, t)
}

// tryChanges makes the changes of a plan and leaves its standing orders.
func (r *Run) tryChanges(ctx context.Context, p *Plan, watch func(Tally)) (*tallier, error) {
	r.digest, r.report.Plan = p.Digest, p
	r.report.State, r.report.Why = store.Working, unfinishedPlan
	t := newTally(r, p, watch)
	return t, r.carry(ctx, p, t)
}

// patrolAll carries out the standing orders of a plan.
func (r *Run) patrolAll(ctx context.Context, p *Plan, t *tallier) error {
	for _, o := range p.Orders {
		if err := r.patrol(ctx, o, t); err != nil {
			return err
		}
	}
	return r.mayBegin(ctx)
}

func (r *Run) carry(ctx context.Context, p *Plan, t *tallier) error {
	if !r.desk.Case.Unlocked() {
		return store.WithHint(store.ErrLocked, "set RETAKE_PASSPHRASE or type the passphrase: a sealed token may have to be read; nothing was sent")
	}
	if err := r.settleOpen(ctx); err != nil {
		return err
	}
	for _, stage := range stages(p.Changes) {
		if err := r.stage(ctx, stage, t); err != nil {
			return err
		}
	}
	return r.mayBegin(ctx)
}

// stages groups changes by their stage, in order.
func stages(changes []Change) [][]Change {
	var all [][]Change
	sorted := slices.Clone(changes)
	slices.SortStableFunc(sorted, func(a, b Change) int { return a.Stage - b.Stage })
	for i, c := range sorted {
		if i == 0 || c.Stage != sorted[i-1].Stage {
			all = append(all, nil)
		}
		all[len(all)-1] = append(all[len(all)-1], c)
	}
	return all
}

func (r *Run) stage(ctx context.Context, changes []Change, t *tallier) error {
	if s, ok := r.Step.Work.(Stager); ok {
		if err := s.Before(ctx, r, changes[0].Stage, changes); err != nil {
			return err
		}
	}
	r.makeAll(ctx, changes, t)
	return r.mayBegin(ctx)
}

// makeAll makes changes in parallel and reports their outcomes. A change that
// could not be begun because the run was halted has no outcome.
func (r *Run) makeAll(ctx context.Context, changes []Change, t *tallier) {
	var g errgroup.Group
	var broken panics
	g.SetLimit(r.desk.workers)
	for _, c := range changes {
		g.Go(func() error {
			defer broken.catch()
			if r.mayBegin(ctx) != nil {
				return nil
			}
			t.begin(c)
			o := r.Step.Work.Make(ctx, r, c)
			o.Change, o.Account, o.Verb, o.Target = c.ID, c.Account, c.Verb, c.Target
			if o.Outcome != "" {
				r.outcome(o)
			}
			t.done(c, o)
			return nil
		})
	}
	_ = g.Wait() // the functions return no errors; outcomes carry them
	broken.raise()
}

func (r *Run) outcome(o Outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Outcomes = append(r.report.Outcomes, o)
}

// patrol carries out a standing order: it reads the scope and changes what
// meets the predicate until two reads in a row find nothing or a bound is hit.
func (r *Run) patrol(ctx context.Context, o StandingOrder, t *tallier) error {
	looker, ok := r.Step.Work.(Looker)
	if !ok {
		return fmt.Errorf("cannot carry out the standing order %s: %s does not know how to look", o.ID, r.Step.ID)
	}
	began, made, empty := r.Now(), 0, 0
	for empty < 2 {
		if err := r.mayBegin(ctx); err != nil {
			return err
		}
		found, err := looker.Look(ctx, r, o)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			empty++
			continue
		}
		empty = 0
		if made += len(found); made > o.MaxCount || r.Now().Sub(began) > time.Duration(o.MaxTime) {
			r.Find(Finding{ID: "bound/" + o.ID, Severity: High, Account: r.desk.Case.Header.Account,
				Text: fmt.Sprintf("the standing order (%s) hit its bound after %d changes: new ones keep coming; find out who makes them before you go on", o.Predicate, made-len(found))})
			return nil
		}
		t.add(found)
		r.makeAll(ctx, found, t)
	}
	r.mu.Lock()
	r.quiet[o.ID] = true
	r.mu.Unlock()
	return nil
}

// Quiet tells whether a standing order ended with two empty reads.
func (r *Run) Quiet(order string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.quiet[order]
}

// settleOpen finds out what became of every act of the step that has no settled
// outcome, by reading the account, and loads the journal of the step.
func (r *Run) settleOpen(ctx context.Context) error {
	acts, err := r.desk.Case.Acts(r.Step.ID)
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.acts = map[string][]store.Done{}
	for _, d := range acts {
		r.acts[d.Act.Change] = append(r.acts[d.Act.Change], d)
	}
	r.mu.Unlock()
	acts = slices.DeleteFunc(acts, func(d store.Done) bool { return !d.Open() })
	if len(acts) == 0 {
		return nil
	}
	if _, err := r.Accounts(ctx); err != nil { // for the tokens of the subaccounts
		return err
	}
	return each(r, acts, func(d store.Done) error { _, err := r.settle(ctx, d); return err })
}

// settle asks the step what became of an act and journals the answer.
func (r *Run) settle(ctx context.Context, d store.Done) (store.Done, error) {
	r.noteClock()
	o := r.Step.Work.Settle(ctx, r, d)
	if o.Result == d.Outcome.Result && !o.Result.Settled() {
		return d, nil // still not known; that was journaled before
	}
	return r.conclude(d, o)
}

// finish writes down how the step stands after all changes were tried.
func (r *Run) finish(ctx context.Context, p *Plan) error {
	next := store.Progress{Parameters: r.Params, Under: r.under}
	switch worst := r.report.Worst(); worst {
	case store.Made:
		v, err := r.Step.Work.Prove(ctx, r, p)
		if err != nil {
			return err
		}
		next.State, next.Why = v.State, v.Why
		r.noteClock() // a step that only reads does so here
	case store.Waiting:
		next.State, next.Why, next.Agreed = store.WaitingState, r.tellWorst(worst), p.Digest
	case store.Unknown:
		next.State, next.Why, next.Agreed = store.NeedsPerson, r.tellWorst(worst), p.Digest
	default:
		next.State, next.Why = store.NeedsPerson, r.tellWorst(worst)
	}
	if left := r.left(); left != "" {
		next.State, next.Why = store.NeedsPerson, left+": "+next.Why
	}
	return r.setState(next)
}

// tellWorst says how many changes came to the worst result, and why.
func (r *Run) tellWorst(worst store.Result) string {
	count, first := 0, ""
	for _, o := range r.report.Outcomes {
		if o.Outcome == worst {
			if count++; first == "" {
				first = o.Problem
			}
		}
	}
	return fmt.Sprintf("%d of %d changes %s: %s", count, len(r.report.Outcomes), worst, first)
}

func (r *Run) setState(p store.Progress) error {
	r.report.State, r.report.Why = p.State, p.Why
	return r.desk.Case.SetProgress(r.Step.ID, p)
}

// each runs fn for every element in parallel, as many at once as the desk has
// workers, and returns the first error; the others do not stop.
func each[T any](r *Run, all []T, fn func(T) error) error {
	var g errgroup.Group
	var broken panics
	g.SetLimit(r.desk.workers)
	var mu sync.Mutex
	var failed []error
	for _, x := range all {
		g.Go(func() error {
			defer broken.catch()
			if err := fn(x); err != nil {
				mu.Lock()
				failed = append(failed, err)
				mu.Unlock()
			}
			return nil
		})
	}
	_ = g.Wait() // errors are gathered, so that one does not hide the others
	broken.raise()
	if len(failed) == 0 {
		return nil
	}
	return failed[0]
}
