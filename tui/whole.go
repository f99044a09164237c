package tui

import (
	tea "github.com/charmbracelet/bubbletea"
)

// wholeScreen shows one thing whole. It is laid out in a command, since what it
// shows may have to be read from the case.
type wholeScreen struct {
	room
	build func(w int) rows
	pane  pane
}

// wholeRead is the thing laid out for a width.
type wholeRead struct {
	of   *wholeScreen
	w    int
	rows rows
}

func newWhole(r room, build func(w int) rows) *wholeScreen {
	return &wholeScreen{room: r, build: build}
}

func (s *wholeScreen) Typing() bool     { return false }
func (s *wholeScreen) Hints() []hint    { return []hint{{keys.Down, "scroll"}, {keys.Back, "back"}} }
func (s *wholeScreen) View() string     { return stack(s.pane.lines(s.theme), s.pane.h) }
func (s *wholeScreen) SetSize(w, h int) { s.pane.SetSize(w, h) }

func (s *wholeScreen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case opened, tea.WindowSizeMsg:
		return s.read()
	case wholeRead:
		if msg.of != s {
			return nil
		}
		s.pane.set(msg.rows)
		if msg.w != s.pane.w {
			return s.read() // the window changed meanwhile
		}
	case tea.KeyMsg:
		if matches(msg, keys.Back) {
			return s.back()
		}
		scroll(&s.pane, msg)
	}
	return nil
}

func (s *wholeScreen) read() tea.Cmd {
	w := s.pane.w
	return s.works.counted(func() tea.Msg { return wholeRead{s, w, s.build(w)} })
}
