package tui

import (
	tea "github.com/charmbracelet/bubbletea"

	"retake/actions"
	"retake/actions/clean"
)

// reachScreen tries the doors of the account and says what still answers.
type reachScreen struct {
	room
	reach actions.Reach
	err   error
	busy  bool
	pane  pane
}

// reachRead is the end of trying the doors.
type reachRead struct {
	of    *reachScreen
	reach actions.Reach
	err   error
}

func newReach(r room) *reachScreen { return &reachScreen{room: r} }

func (s *reachScreen) Typing() bool { return false }
func (s *reachScreen) View() string { return stack(s.pane.lines(s.theme), s.pane.h) }
func (s *reachScreen) Hints() []hint {
	return []hint{{keys.Down, "scroll"}, {keys.Plan, "try again"}, {keys.Back, "back"}}
}
func (s *reachScreen) lay()             { s.pane.set(rows(s.rows(s.pane.w))) }
func (s *reachScreen) SetSize(w, h int) { s.pane.SetSize(w, h); s.lay() }

func (s *reachScreen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case opened:
		return s.try()
	case reachRead:
		if msg.of == s {
			s.busy, s.reach, s.err = false, msg.reach, msg.err
			s.lay()
		}
	case tea.KeyMsg:
		switch {
		case matches(msg, keys.Back):
			return s.back()
		case matches(msg, keys.Plan):
			return s.try()
		}
		scroll(&s.pane, msg)
	}
	return nil
}

// try asks the account.
func (s *reachScreen) try() tea.Cmd {
	if s.busy {
		return nil
	}
	s.busy = true
	s.lay()
	desk, ctx := s.session.Desk, s.works.ctx
	return s.works.counted(func() tea.Msg {
		v, err := desk.Reach(ctx)
		return reachRead{s, v, err}
	})
}

func (s *reachScreen) rows(w int) []row {
	p := &page{w: w}
	switch {
	case s.busy:
		p.para(title, lit("Which doors still open"))
		p.para(faint, lit("Trying every door with every known token. Nothing is changed."))
		return p.rows
	case s.err != nil:
		p.para(bad, sentence(s.err))
		return p.rows
	}
	i := bad
	if s.reach.State == actions.ReachOpen {
		i = good
	}
	p.hang(row{{i, clean.Show(s.reach.State)}, {plain, lit(": ")}}, strong, clean.Show(s.reach.Why))
	if len(s.reach.Next) > 0 {
		p.gap()
		p.heading(lit("What to do"))
	}
	for n, next := range s.reach.Next {
		p.hang(rowOf(faint, litf("%d. ", n+1)), plain, clean.Show(next))
	}
	p.gap()
	p.heading(lit("Doors"))
	for _, d := range s.reach.Doors {
		s.door(p, d)
	}
	return p.rows
}

func (s *reachScreen) door(p *page, d actions.Door) {
	lead := row{{good, lit("open ")}}
	if !d.Open {
		lead = row{{bad, lit("shut ")}}
	}
	where := ""
	if d.Account != s.session.Case.Header.Account {
		where = " " + d.Account
	}
	p.hang(lead, plain, clean.Showf("%s%s, with %s", d.What, where, d.As))
	if d.Open {
		return
	}
	number := rowOf(plain, lit("     "))
	switch {
	case d.Code != 0:
		number = append(number, span{warn, litf("%d, code %d. ", d.Status, d.Code)})
	case d.Status != 0:
		number = append(number, span{warn, litf("%d. ", d.Status)})
	}
	p.hang(number, faint, clean.Show(d.Words))
}
