package tui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"retake/store"
)

// strides tells by how many lines a key moves the cursor of a list of n lines, of
// which high are in sight; moves is false for a key that does not move it.
func strides(k tea.KeyMsg, n, high int) (by int, moves bool) {
	page := max(1, high-1)
	switch {
	case matches(k, keys.Up):
		return -1, true
	case matches(k, keys.Down):
		return 1, true
	case matches(k, keys.PageUp):
		return -page, true
	case matches(k, keys.PageDown):
		return page, true
	case matches(k, keys.Home):
		return -n, true
	case matches(k, keys.End):
		return n, true
	}
	return 0, false
}

// inCase is a part of the case that a screen shows. It is read again when the log
// has grown, at most every refresh.
type inCase[T any] struct {
	now    T
	read   bool // it was read at least once
	busy   bool
	looked time.Time
	size   int64 // entries of the log when it was read
}

// found is that part as it stands in the case; size tells whether it is news.
type found[T any] struct {
	size int64
	now  T
	err  error
}

// look reads it, if the log has grown since.
func (p *inCase[T]) look(r room, read func(*store.Case) (T, error)) tea.Cmd {
	p.busy, p.looked = true, r.session.Now()
	c, before := r.session.Case, p.size
	return r.works.counted(func() tea.Msg {
		out := found[T]{}
		if out.size, out.err = c.Size(); out.err == nil && out.size != before {
			out.now, out.err = read(c)
		}
		return out
	})
}

// due tells whether it is time to look again.
func (p *inCase[T]) due(at time.Time) bool { return !p.busy && at.Sub(p.looked) >= refresh }

// take takes what was read; it tells whether that is news.
func (p *inCase[T]) take(msg found[T]) bool {
	p.busy = false
	if msg.err != nil || msg.size == p.size {
		return false
	}
	p.now, p.size, p.read = msg.now, msg.size, true
	return true
}
