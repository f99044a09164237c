package actions

import (
	"context"
	"fmt"
	"sync"
	"time"

	"retake/actions/account"
	"retake/store"
)

// PanicReport is what a panic order came to.
type PanicReport struct {
	Order   *PanicOrder    `json:"order"`
	Kind    store.CaseKind `json:"kind"`
	State   store.State    `json:"state"`
	Why     string         `json:"why"`
	Reports []PanicOutcome `json:"reports"` // in the order of the path
}

// PanicOutcome is what one step of a panic order came to.
type PanicOutcome struct {
	Step   string      `json:"step"`
	Title  string      `json:"title"`
	State  store.State `json:"state"`
	Why    string      `json:"why"`
	Skip   string      `json:"skip"`   // why it was not begun, "" if it was
	Report *Report     `json:"report"` // null if it was not begun
	Err    error       `json:"-"`      // what broke it off
}

// march is the carrying out of a panic order.
type march struct {
	d        *Desk
	order    *PanicOrder
	began    time.Time         // when it was agreed to
	accounts []account.Account // as they were read last
	outcomes []PanicOutcome
	runs     []*Run  // nil where nothing waits for its proof
	plans    []*Plan // of the runs
	tallies  []*tallier
	filed    func() error   // waits until the agreement to the order is filed
	leads    map[int]*lead  // steps that have read ahead
	scouts   map[int]*scout // those that are at it

	mu    sync.Mutex
	watch func(PanicTally)
	tally PanicTally
}

// Panic carries out the latest panic order, which must have the digest that was
// agreed to, or goes on with it where an earlier run was interrupted. Each step
// plans when its turn comes, and its plan is agreed to by the order. A step that
// fails does not stop those after it. The proofs come after all steps were tried.
// watch, if not nil, is told how far it is. Cancelling ctx lets the requests in
// flight end and starts no new ones; the order stays open.
func (d *Desk) Panic(ctx context.Context, a Agreed, watch func(PanicTally)) (*PanicReport, error) {
	d.haste.now()
	d.busy.Lock()
	defer d.busy.Unlock()
	order, err := filedPanic(d.Case)
	if err != nil {
		return nil, err
	}
	if order == nil || order.Digest != a.Digest {
		return nil, store.WithHint(fmt.Errorf("cannot carry out the panic order %.12s: %w", a.Digest, errOtherOrder), "plan it again, read what it says, and agree to its digest")
	}
	if !d.Case.Unlocked() {
		return nil, store.WithHint(store.ErrLocked, "set RETAKE_PASSPHRASE or type the passphrase: a sealed token may have to be read; nothing was sent")
	}
	m, err := d.march(order, a, watch)
	if err != nil {
		return nil, err
	}
	reading, recall := context.WithCancel(ctx)
	err = m.goOn(ctx, reading)
	recall()
	m.recall()
	if err != nil {
		_ = m.filed() // so that nothing is being written when this ends; one error is told
	}
	m.tell(func(t *PanicTally) { t.Ended = true })
	return m.report(err), err
}

// march files the agreement, unless the order is open already, while the first
// step reads: nothing is changed before it is filed.
func (d *Desk) march(order *PanicOrder, a Agreed, watch func(PanicTally)) (*march, error) {
	s, err := d.Case.Progress(PanicStep)
	if err != nil {
		return nil, err
	}
	m := &march{d: d, order: order, began: s.At, watch: watch, filed: func() error { return nil }}
	if s.Agreed != order.Digest {
		m.began = d.now()
		filing := make(chan error, 1)
		go func() {
			filing <- d.Case.Agree(PanicStep, store.Agreement{Digest: order.Digest, How: a.How}, store.Progress{State: store.Working, Why: "the panic order is not finished", Parameters: order.Parameters, Agreed: order.Digest})
		}()
		m.filed = sync.OnceValue(func() error {
			if err := <-filing; err != nil {
				return fmt.Errorf("%w: %w", ErrHalted, err)
			}
			return nil
		})
	}
	if d.now().Sub(d.alarm.at) < freshFor {
		m.accounts = d.alarm.accounts
	}
	m.leads, m.scouts = map[int]*lead{}, map[int]*scout{}
	if d.alarm.digest == order.Digest {
		m.leads, d.alarm.leads = d.alarm.leads, map[int]*lead{}
	}
	m.tally.Since = m.began
	for _, p := range order.Steps {
		m.tally.Parts = append(m.tally.Parts, PanicPartTally{Step: p.Step, Title: p.Title, Stage: ToCome})
		m.outcomes = append(m.outcomes, PanicOutcome{Step: p.Step, Title: p.Title, State: store.NotStarted, Why: "not begun"})
	}
	m.runs, m.plans, m.tallies = make([]*Run, len(order.Steps)), make([]*Plan, len(order.Steps)), make([]*tallier, len(order.Steps))
	return m, nil
}

// goOn tries all steps, then carries out their standing orders, then proves them,
// then says how the order stands. The standing orders come from the last step to
// the first: what keeps coming ends only once nothing lets the intruder in.
func (m *march) goOn(ctx, reading context.Context) error {
	for i := range m.order.Steps {
		if err := m.try(ctx, reading, i); err != nil {
			return err
		}
	}
	if err := m.filed(); err != nil {
		return err
	}
	for i := len(m.runs) - 1; i >= 0; i-- {
		if err := m.patrol(ctx, i); err != nil {
			return err
		}
	}
	for i, r := range m.runs {
		if r == nil {
			continue
		}
		if err := m.over(ctx, i, m.prove(ctx, i)); err != nil {
			return err
		}
	}
	return m.close()
}

// try carries out one step as far as its proof, while the one after it may read.
// Its error is one that stops the whole order.
func (m *march) try(ctx, reading context.Context, i int) error {
	skip, err := m.barred(i)
	if err != nil {
		return err
	}
	if skip != "" {
		return nil
	}
	m.stage(i, Reading)
	r, p, err := m.ready(ctx, i)
	if err != nil || p == nil {
		return m.over(ctx, i, err)
	}
	if err := m.filed(); err != nil {
		return err
	}
	m.stage(i, AtWork)
	m.scout(reading, i+1)
	m.tallies[i], err = r.tryChanges(ctx, p, func(t Tally) { m.tell(func(all *PanicTally) { all.Parts[i].Tally = t }) })
	if r.latest != nil {
		m.accounts = r.latest
	}
	if err != nil {
		return m.over(ctx, i, err)
	}
	m.plans[i] = p
	m.stage(i, Tried)
	return nil
}

// barred says why a step is not begun: it is left to a person, the order came to
// an end with it before, or its bound in time is hit.
func (m *march) barred(i int) (string, error) {
	part, o := m.order.Steps[i], &m.outcomes[i]
	s, err := m.d.Case.Progress(part.Step)
	if err != nil {
		return "", err
	}
	switch {
	case part.Skip != "":
		o.State, o.Why, o.Skip = s.State, part.Skip, part.Skip
	case s.Under == m.order.Digest && s.Agreed == "" && s.At.After(m.began):
		o.State, o.Why, o.Skip = s.State, s.Why, "done under this order before"
		if o.Report, err = m.d.Standing(part.Step); err != nil {
			return "", err
		}
	case m.d.now().Sub(m.began) > time.Duration(m.order.MaxTime):
		o.State, o.Skip = store.NeedsPerson, fmt.Sprintf("the order was agreed to more than %s ago: plan this step by itself, or make a new order", m.order.MaxTime)
		o.Why = o.Skip
	default:
		return "", nil
	}
	m.tell(func(t *PanicTally) {
		p := &t.Parts[i]
		p.Stage, p.State, p.Why = Skipped, o.State, o.Why
		if o.Report != nil {
			p.Stage = Over
		}
	})
	return o.Skip, nil
}

// ready has a plan of the step agreed to by the order: the one that an earlier
// run left open, the one that was made ahead, or a new one. A nil plan means that
// nothing is left to do.
func (m *march) ready(ctx context.Context, i int) (*Run, *Plan, error) {
	left, err := m.left(m.order.Steps[i].Step)
	if err != nil {
		return nil, nil, err
	}
	l := m.lead(i)
	switch {
	case left != nil:
		l = &lead{plan: left}
		l.run, l.err = m.d.runUnder(ctx, m.order, i, m.accounts, m.d.line.ReadOnly())
	case l == nil:
		l = m.d.leadOf(ctx, m.order, i, m.accounts, m.d.line.ReadOnly())
		l.broken.raise()
	}
	if l.run == nil {
		return nil, nil, l.err
	}
	m.take(i, l.run)
	p := left
	if p == nil {
		p, err = m.agreed(ctx, l)
	}
	l.run.line = m.d.line
	return l.run, p, err
}

// take makes a run that of its step.
func (m *march) take(i int, r *Run) {
	m.runs[i], m.outcomes[i].Report = r, r.report
	r.line = m.d.line.ReadOnly()
	if r.latest != nil {
		m.accounts = r.latest
	}
}

// left is the plan of a step that an earlier run left open under this order.
func (m *march) left(step string) (*Plan, error) {
	s, err := m.d.Case.Progress(step)
	if err != nil || s.Agreed == "" || s.Under != m.order.Digest {
		return nil, err
	}
	p, err := m.d.latest(step)
	if err != nil || p == nil || p.Digest != s.Agreed {
		return nil, err
	}
	return p, nil
}

// agreed agrees to a plan in the name of the order, if that still covers it.
func (m *march) agreed(ctx context.Context, l *lead) (*Plan, error) {
	r, p := l.run, l.plan
	if l.err != nil {
		return nil, l.err
	}
	if err := r.filePlan(ctx, p); err != nil || p.Empty() {
		return nil, err
	}
	used, err := m.used()
	if err != nil {
		return nil, err
	}
	if used+len(p.Changes) > m.order.MaxCount {
		return nil, r.tooMuch(p, fmt.Sprintf("the panic order covers %d changes, and this plan of %d would go beyond: agree to it by itself", m.order.MaxCount, len(p.Changes)))
	}
	entry, err := r.planEntry(p)
	if err == nil {
		err = m.filed()
	}
	if err != nil {
		return nil, err
	}
	how := fmt.Sprintf("under the panic order %.12s…", m.order.Digest)
	return p, m.d.Case.AgreeAtOnce(r.Step.ID, entry, store.Agreement{Digest: p.Digest, How: how, Under: m.order.Digest},
		store.Progress{State: store.Working, Parameters: r.Params, Agreed: p.Digest, Under: m.order.Digest})
}

// tooMuch files a plan that goes beyond the order, and leaves it to a person.
func (r *Run) tooMuch(p *Plan, why string) error {
	entry, err := r.planEntry(p)
	if err == nil {
		err = r.Case().AddPlan(r.Step.ID, entry)
	}
	if err != nil {
		return err
	}
	return r.setState(store.Progress{State: store.NeedsPerson, Parameters: r.Params, Why: why})
}

// used counts the changes that were begun under this order since it was agreed to.
func (m *march) used() (int, error) {
	acts, err := m.d.Case.Acts("")
	changes := map[string]bool{}
	for _, d := range acts {
		if d.Act.Under == m.order.Digest && !d.Began.Before(m.began) {
			changes[d.Act.Step+" "+d.Act.Change] = true
		}
	}
	return len(changes), err
}
