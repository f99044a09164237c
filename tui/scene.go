package tui

import (
	tea "github.com/charmbracelet/bubbletea"

	"retake/actions"
	"retake/actions/clean"
)

// sceneScreen is how a training begins. Any key that moves nothing goes on to
// the board.
type sceneScreen struct {
	room
	scene actions.Scene
	pane  pane
}

func newScene(r room) *sceneScreen {
	return &sceneScreen{room: r, scene: r.session.Training.Scene()}
}

func (s *sceneScreen) Typing() bool { return false }
func (s *sceneScreen) View() string { return stack(s.pane.lines(s.theme), s.pane.h) }

func (s *sceneScreen) Hints() []hint {
	if s.pane.overflows() {
		return []hint{{keys.Enter, "begin"}, {keys.Down, "scroll"}}
	}
	return []hint{{keys.Enter, "begin"}}
}

func (s *sceneScreen) SetSize(w, h int) {
	if w != s.pane.w || s.pane.sheet == nil {
		s.pane.set(rows(sceneRows(s.scene, w)))
	}
	s.pane.SetSize(w, h)
}

func (s *sceneScreen) Update(msg tea.Msg) tea.Cmd {
	k, isKey := msg.(tea.KeyMsg)
	if !isKey {
		return nil
	}
	before := s.pane.top
	if scroll(&s.pane, k) && s.pane.top != before {
		return nil
	}
	return s.back()
}

func sceneRows(s actions.Scene, w int) []row {
	p := &page{w: w}
	p.para(title, clean.Show(s.Began.UTC().Format("Monday, 2 January 2006, 15:04 UTC")))
	p.para(plain, clean.Show(s.Role))
	for _, m := range s.Mails {
		p.gap()
		p.hang(rowOf(faint, clean.Show(m.At.UTC().Format("15:04  "))), strong, clean.Showf("%s: %s", m.From, m.Subject))
		p.hang(rowOf(plain, lit("       ")), plain, clean.Show(m.Text))
	}
	p.gap()
	p.hang(rowOf(faint, lit("You have  ")), plain, clean.Show(s.Have))
	p.hang(rowOf(faint, lit("Your task ")), plain, clean.Show(s.Expected))
	p.gap()
	p.para(faint, lit("The clock runs. Any key begins; i on the board shows this again."))
	return p.rows
}
