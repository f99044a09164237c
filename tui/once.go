package tui

import (
	tea "github.com/charmbracelet/bubbletea"

	"retake/actions/clean"
)

// once shows a secret until the next key. It keeps it nowhere else: with the key
// the screen is gone, and in the alternate screen nothing scrolls back.
type once struct {
	room
	title clean.Text
	value clean.Text
	below []clean.Text // what is to be known of it; nothing of it
	w, h  int
}

func (o *once) Typing() bool  { return true } // any key ends it, none does anything else
func (o *once) Hints() []hint { return []hint{{keys.Back, "any key hides it"}} }

func (o *once) SetSize(w, h int) { o.w, o.h = w, h }

func (o *once) Update(msg tea.Msg) tea.Cmd {
	if _, isKey := msg.(tea.KeyMsg); isKey {
		o.value = clean.Text{}
		return o.back()
	}
	return nil
}

// View shows the value first: it may be all that fits.
func (o *once) View() string {
	p := &page{w: o.w}
	if o.h > 4 {
		p.heading(o.title)
		p.gap()
	}
	p.whole(nil, strong, o.value)
	p.gap()
	for _, text := range o.below {
		p.para(faint, text)
	}
	var lines []string
	for _, r := range p.rows[:min(len(p.rows), o.h)] {
		lines = append(lines, r.draw(o.theme, o.w))
	}
	return stack(lines, o.h)
}
