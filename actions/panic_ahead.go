package actions

import (
	"context"
	"slices"
	"sync"
	"time"

	"retake/actions/account"
)

// lead is a step of a panic order that has read and planned before its turn. Of
// it nothing is filed but what was read.
type lead struct {
	run    *Run // nil where it could not be begun
	plan   *Plan
	err    error
	at     time.Time // when its reading began
	broken panics
}

// alarm is what was read since the latest panic order was made.
type alarm struct {
	at       time.Time
	accounts []account.Account
	digest   string        // of the order
	leads    map[int]*lead // by their place in the order
}

// haste lets the confirmation of an order cut short what is read ahead of it.
type haste struct {
	mu    sync.Mutex
	press context.CancelFunc // nil where nothing can be cut short
}

func (h *haste) set(press context.CancelFunc) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.press = press
}

func (h *haste) now() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.press != nil {
		h.press()
	}
}

// ReadAhead lets the first steps of the latest panic order read and plan while it
// waits to be agreed to, so that they act as soon as it is. It changes nothing,
// and files only what it reads. What goes wrong here is read again when its turn
// comes. An agreement that comes meanwhile waits for the first step only.
func (d *Desk) ReadAhead(ctx context.Context, digest string) error {
	d.busy.Lock()
	defer d.busy.Unlock()
	order, err := filedPanic(d.Case)
	if err != nil || order == nil || order.Digest != digest || d.alarm.digest != digest {
		return err
	}
	cut, done := context.WithCancel(ctx)
	d.haste.set(done)
	defer done()
	for i, part := range order.Steps {
		if !part.early() || i > 0 && cut.Err() != nil {
			return ctx.Err()
		}
		of := cut
		if i == 0 {
			of = ctx
		}
		l := d.leadOf(of, order, i, d.alarm.accounts, d.line.ReadOnly())
		l.broken.raise()
		if l.run != nil {
			l.run.filed()
		}
		d.alarm.leads[i] = l
	}
	return ctx.Err()
}

// early tells whether a step may read before those before it have acted: what
// they change is not what it reads.
func (p PanicPart) early() bool {
	return p.Skip == "" && slices.ContainsFunc(path, func(l leg) bool { return l.step == p.Step && l.early })
}

// leadOf lets a step read and plan over a line.
func (d *Desk) leadOf(ctx context.Context, order *PanicOrder, i int, accounts []account.Account, line *account.Line) (l *lead) {
	l = &lead{at: d.now()}
	defer l.broken.catch()
	if l.run, l.err = d.runUnder(ctx, order, i, accounts, line); l.err != nil {
		return l
	}
	l.plan, l.err = l.run.draft(ctx)
	l.run.Note(justRead, "")
	return l
}

// runUnder begins work on a step of an order, with the accounts as they were read
// last.
func (d *Desk) runUnder(ctx context.Context, order *PanicOrder, i int, accounts []account.Account, line *account.Line) (*Run, error) {
	r, err := d.run(ctx, order.Steps[i].Step, order.Steps[i].Params, line)
	if err != nil {
		return nil, err
	}
	r.under, r.listed = order.Digest, slices.Clone(accounts)
	return r, nil
}

// usable tells whether a lead can be taken over; what it files beside is waited
// for where not.
func (d *Desk) usable(l *lead) bool {
	if l == nil {
		return false
	}
	l.broken.raise()
	if l.err == nil && d.now().Sub(l.at) < freshFor {
		return true
	}
	if l.run != nil {
		l.run.filed()
	}
	return false
}

// scout lets a step read, out of the way of those before it, while they act.
func (m *march) scout(ctx context.Context, i int) {
	if i >= len(m.order.Steps) || !m.order.Steps[i].early() || m.d.usable(m.leads[i]) {
		return
	}
	if left, err := m.left(m.order.Steps[i].Step); err != nil || left != nil {
		return // its turn will say what is wrong, or go on with it
	}
	accounts := slices.Clone(m.accounts)
	s := &scout{make(chan *lead, 1), m.d.line.ReadOnly().Patient()}
	m.scouts[i] = s
	go func() { s.back <- m.d.leadOf(ctx, m.order, i, accounts, s.line) }()
}

// scout is a step that reads while those before it act, out of their way.
type scout struct {
	back chan *lead
	line *account.Line
}

// lead is a step that has read ahead, nil where none has or it must read anew.
func (m *march) lead(i int) *lead {
	if s := m.scouts[i]; s != nil {
		s.line.Hasten() // now its turn has come
		m.leads[i], m.scouts[i] = <-s.back, nil
	}
	l := m.leads[i]
	delete(m.leads, i)
	if !m.d.usable(l) {
		return nil
	}
	return l
}

// recall waits until nothing is read ahead any more.
func (m *march) recall() {
	for i := range m.order.Steps {
		if l := m.lead(i); l != nil {
			l.run.filed()
		}
	}
}
