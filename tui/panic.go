package tui

import (
	"context"
	"errors"

	tea "github.com/charmbracelet/bubbletea"

	"retake/actions"
	"retake/actions/account"
	"retake/actions/clean"
)

// panicScreen shows the panic order: what will happen and what it breaks, the
// confirmation, how far it is, and what is left to do by hand.
type panicScreen struct {
	room
	read    bool                // the case was asked for an open order
	open    *actions.PanicOrder // that is not finished
	plan    *actions.PanicPlan  // that waits to be agreed to
	ended   *actions.PanicReport
	params  actions.Params
	sign    signature
	trouble clean.Text
	job     *jobView
	forget  context.CancelFunc // ends what is read ahead of the agreement
	pace    account.Pace
	pane    pane
	w, h    int
}

func newPanic(r room) *panicScreen {
	return &panicScreen{room: r, sign: signature{account: r.session.Case.Header.Account}, forget: func() {}}
}

// panicRead is the order that the case holds unfinished, if it does.
type panicRead struct {
	open *actions.PanicOrder
	err  error
}

// readAhead is that the first steps have read what they need, so that they act at
// once when the order is agreed to.
type readAhead struct{ err error }

// asks tells whether the confirmation is being typed.
func (s *panicScreen) asks() bool { return s.plan != nil && s.job == nil && s.ended == nil }

func (s *panicScreen) Typing() bool { return s.asks() }

func (s *panicScreen) Hints() []hint {
	var all []hint
	switch {
	case s.asks():
		all = []hint{{keys.Enter, "agree and carry out"}, {keys.Back, "do nothing, go back"}, {keys.Settings, "what is kept, bounds"}}
	case s.job != nil:
		all = []hint{{keys.Back, "back, it goes on"}}
	case s.open != nil:
		all = []hint{{keys.Continue, "go on with it"}, {keys.Back, "back"}}
	default:
		all = []hint{{keys.Plan, "plan again"}, {keys.Back, "back"}}
	}
	if s.pane.overflows() {
		all = append(all, hint{keys.FieldDown, "read on"})
	}
	return all
}

func (s *panicScreen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case opened:
		s.job, s.params = msg.job, msg.desks[actions.PanicStep].params
		return s.readCase()
	case panicRead:
		return s.take(msg)
	case jobSeen:
		s.job, s.pace = msg.job, msg.pace
	case ticked:
		s.pace = msg.pace
	case settled:
		if msg.step == actions.PanicStep {
			s.params = msg.params
			return s.alarm()
		}
	case worked:
		if msg.order.step == actions.PanicStep {
			return s.worked(msg)
		}
	case readAhead:
		if msg.err != nil && !errors.Is(msg.err, context.Canceled) {
			s.trouble = sentence(msg.err)
		}
	case tea.KeyMsg:
		return s.key(msg)
	}
	s.arrange()
	return nil
}

func (s *panicScreen) readCase() tea.Cmd {
	d := s.session.Desk
	return s.works.counted(func() tea.Msg {
		open, err := d.OpenPanic()
		return panicRead{open, err}
	})
}

// take makes the order, unless one is open or something else is at work.
func (s *panicScreen) take(msg panicRead) tea.Cmd {
	first := !s.read
	s.read, s.open = true, msg.open
	if msg.err != nil {
		s.trouble = sentence(msg.err)
	} else if first && s.open == nil && s.job == nil {
		return s.alarm()
	}
	s.arrange()
	return nil
}

// alarm asks for the order to be planned.
func (s *panicScreen) alarm() tea.Cmd {
	s.forget()
	s.plan, s.ended, s.trouble = nil, nil, clean.Text{}
	s.sign.typed.clear()
	return s.say(order{task: alarming, step: actions.PanicStep, params: s.params})
}

func (s *panicScreen) worked(msg worked) tea.Cmd {
	s.trouble = clean.Text{}
	switch {
	case msg.err != nil && msg.stopped:
		s.tell(plain, lit("Stopped, as you asked. What was begun has ended."))
	case msg.err != nil:
		s.trouble = sentence(msg.err)
	}
	if msg.alarm != nil {
		s.plan, s.open = msg.alarm, nil
	}
	if msg.ended != nil {
		s.ended, s.plan = msg.ended, nil
	}
	s.arrange()
	s.pane.home()
	return tea.Batch(s.readCase(), s.lookAhead())
}

// lookAhead lets the first steps of an order that waits to be agreed to read.
func (s *panicScreen) lookAhead() tea.Cmd {
	if !s.asks() {
		return nil
	}
	ctx, cancel := context.WithCancel(s.works.ctx)
	s.forget()
	s.forget = cancel
	d, digest := s.session.Desk, s.plan.Order.Digest
	return s.works.counted(func() tea.Msg { return readAhead{d.ReadAhead(ctx, digest)} })
}

func (s *panicScreen) key(k tea.KeyMsg) tea.Cmd {
	defer s.arrange()
	switch {
	case matches(k, keys.Back):
		s.forget()
		return s.back()
	case s.asks() && matches(k, keys.Settings):
		return s.show(newParams(s.room, s.session.Desk.PanicForm(), s.plan.Order.Parameters))
	case s.asks() && matches(k, keys.FieldUp):
		s.pane.move(-1)
	case s.asks() && matches(k, keys.FieldDown):
		s.pane.move(1)
	case s.asks() && matches(k, keys.Enter):
		if s.sign.given() {
			return s.carry(s.plan.Order)
		}
	case s.asks():
		s.sign.take(k)
	case scroll(&s.pane, k):
	case s.job != nil && matches(k, keys.Continue, keys.Plan):
		return s.tell(warn, litf("%s is being worked on: stop it with s, then press the key again", s.job.step))
	case matches(k, keys.Continue, keys.Panic) && s.open != nil:
		return s.carry(s.open)
	case matches(k, keys.Plan):
		return s.alarm()
	}
	return nil
}

// carry agrees to an order, or goes on with one that was agreed to.
func (s *panicScreen) carry(o *actions.PanicOrder) tea.Cmd {
	s.ended, s.trouble = nil, clean.Text{}
	s.sign.typed.clear()
	return s.say(order{task: panicking, step: actions.PanicStep, agreed: actions.Agreed{Digest: o.Digest, How: signedHow}})
}

func (s *panicScreen) SetSize(w, h int) {
	s.w, s.h = w, h
	s.arrange()
}

// arrange lays out what there is to see. It is called in Update, never in View.
func (s *panicScreen) arrange() {
	below := 0
	if s.asks() {
		below = len(s.sign.question(s.w, s.h))
	}
	s.pane.SetSize(s.w, max(0, s.h-below))
	s.pane.set(s.page())
}

func (s *panicScreen) View() string {
	lines := s.pane.lines(s.theme)
	if s.asks() {
		for _, r := range s.sign.question(s.w, s.h) {
			lines = append(lines, r.draw(s.theme, s.w))
		}
	}
	return stack(lines[max(0, len(lines)-s.h):], s.h)
}
