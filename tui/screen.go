package tui

import (
	tea "github.com/charmbracelet/bubbletea"

	"retake/actions/clean"
)

// screen is one thing that is looked at. It is given its size, keeps its own
// state, and draws itself into a string of at most that size. To show another
// screen it returns a command of a message (push, pop). Nothing of Bubble Tea
// but messages and commands comes near it.
type screen interface {
	SetSize(w, h int)
	Update(msg tea.Msg) tea.Cmd
	View() string
	Hints() []hint // the keys that do something here and now, the important ones first
	Typing() bool  // letters are text here, not keys
}

// push shows another screen on top; pop goes back to the one below.
type (
	push struct{ screen screen }
	pop  struct{}
)

// told is a sentence for the responder. It stays until the next key.
type told struct {
	ink  ink
	text clean.Text
}

func say(msg tea.Msg) tea.Cmd { return func() tea.Msg { return msg } }

func show(s screen) tea.Cmd { return say(push{s}) }

func back() tea.Cmd { return say(pop{}) }

func tell(i ink, t clean.Text) tea.Cmd { return say(told{i, t}) }

// scroll moves a pane by the keys that move; it tells whether k was one.
func scroll(p *pane, k tea.KeyMsg) bool {
	switch {
	case matches(k, keys.Up):
		p.move(-1)
	case matches(k, keys.Down):
		p.move(1)
	case matches(k, keys.PageUp):
		p.move(-p.leaf())
	case matches(k, keys.PageDown):
		p.move(p.leaf())
	case matches(k, keys.Home):
		p.home()
	case matches(k, keys.End):
		p.end()
	default:
		return false
	}
	return true
}
