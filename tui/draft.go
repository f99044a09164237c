package tui

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"retake/actions/clean"
)

// draftScreen shows what Twilio asks for, as far as the case knows it.
type draftScreen struct {
	room
	text  []string
	wrong clean.Text
	pane  pane
}

// drafted is the letter, written anew from the case.
type drafted struct {
	text string
	err  error
}

func (d *draftScreen) Typing() bool  { return false }
func (d *draftScreen) Hints() []hint { return []hint{{keys.Down, "scroll"}, {keys.Back, "back"}} }
func (d *draftScreen) View() string  { return stack(d.pane.lines(d.theme), d.pane.h) }

func (d *draftScreen) SetSize(w, h int) {
	if w != d.pane.w || d.pane.sheet == nil {
		d.lay(w)
	}
	d.pane.SetSize(w, h)
}

func (d *draftScreen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case opened:
		desk := d.session.Desk
		return d.works.counted(func() tea.Msg {
			text, err := desk.Draft()
			return drafted{text, err}
		})
	case drafted:
		if d.text = strings.Split(msg.text, "\n"); msg.err != nil {
			d.wrong = sentence(msg.err)
		}
		d.lay(d.pane.w)
	case tea.KeyMsg:
		if !scroll(&d.pane, msg) && matches(msg, keys.Back) {
			return d.back()
		}
	}
	return nil
}

// lay lays the letter out for a width.
func (d *draftScreen) lay(w int) {
	p := &page{w: w}
	p.para(faint, lit("A draft: read it, complete it, send it yourself. To copy it: retake step outside-help --draft"))
	p.gap()
	if d.wrong.String() != "" {
		p.para(bad, d.wrong)
	}
	for n, line := range d.text {
		rest, item := strings.CutPrefix(line, "- ")
		switch {
		case line == "":
			p.gap()
		case item:
			p.bullet(plain, clean.Show(rest))
		case n > 0 && d.text[n-1] == "":
			p.add(rowOf(title, clean.Show(line)))
		default:
			p.para(plain, clean.Show(line))
		}
	}
	d.pane.set(rows(p.rows))
}

func (s *stepScreen) noDraft() clean.Text {
	if s.line.Step.ID != "outside-help" {
		return lit("a letter is drafted on the step outside-help")
	}
	return clean.Text{}
}
