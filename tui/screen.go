package tui

import (
	tea "github.com/charmbracelet/bubbletea"

	"retake/actions/clean"
)

// screen is one thing that is looked at. It is given its size, keeps its own
// state, and draws itself into a string of at most that size. To show another
// screen it leaves a message (push, pop) for the root. Nothing of Bubble Tea but
// messages and commands comes near it.
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

// room is what every screen is given for life.
type room struct {
	session Session
	theme   *theme
	works   *works
	outbox  *outbox
}

// outbox holds what screens say to the root while they take a message. The root
// hears it before the next message, so that a key which was typed fast meets the
// screen that the key before it opened.
type outbox struct{ msgs []tea.Msg }

func (o *outbox) next() (tea.Msg, bool) {
	if len(o.msgs) == 0 {
		return nil, false
	}
	msg := o.msgs[0]
	o.msgs = o.msgs[1:]
	return msg, true
}

// say leaves a message for the root; it is called in Update only. It returns no
// command, so that it can stand where one is returned.
func (r room) say(msg tea.Msg) tea.Cmd {
	r.outbox.msgs = append(r.outbox.msgs, msg)
	return nil
}

func (r room) show(s screen) tea.Cmd { return r.say(push{s}) }

func (r room) back() tea.Cmd { return r.say(pop{}) }

func (r room) tell(i ink, t clean.Text) tea.Cmd { return r.say(told{i, t}) }

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
