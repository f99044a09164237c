package tui

import (
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"retake/actions"
	"retake/actions/clean"
)

// paramsScreen changes the parameters of a step. What does not fit is said at
// once and not taken.
type paramsScreen struct {
	room
	step   *actions.Step
	fields []field
	cursor int
	wrong  clean.Text
	pane   pane
}

// settled are the parameters as the responder wants them.
type settled struct {
	step   string
	params actions.Params
}

func newParams(r room, s *actions.Step, given actions.Params) *paramsScreen {
	p := &paramsScreen{room: r, step: s}
	for _, q := range s.Parameters {
		p.fields = append(p.fields, newField(given[q.Name]))
	}
	return p
}

func (p *paramsScreen) Typing() bool { return true }

func (p *paramsScreen) Hints() []hint {
	all := []hint{{keys.Enter, "keep"}, {keys.Back, "leave as it was"}, {keys.FieldDown, "next"}}
	if p.choice() {
		all = append(all, hint{keys.Tick, "next choice"})
	}
	return append(all, hint{keys.EraseAll, "empty"})
}

func (p *paramsScreen) parameter() actions.Parameter { return p.step.Parameters[p.cursor] }

func (p *paramsScreen) choice() bool { return p.parameter().Type == actions.Choice }

func (p *paramsScreen) SetSize(w, h int) {
	p.pane.SetSize(w, h)
	p.pane.set(p.page())
}

func (p *paramsScreen) Update(msg tea.Msg) tea.Cmd {
	k, isKey := msg.(tea.KeyMsg)
	if !isKey {
		return nil
	}
	switch {
	case matches(k, keys.Back):
		return p.back()
	case matches(k, keys.FieldUp):
		p.cursor = max(0, p.cursor-1)
	case matches(k, keys.FieldDown):
		p.cursor = min(len(p.fields)-1, p.cursor+1)
	case matches(k, keys.Enter):
		return p.keep()
	case p.choice():
		p.nextChoice(k)
	default:
		p.fields[p.cursor].take(k)
	}
	p.check()
	return nil
}

// nextChoice goes through the values that there are.
func (p *paramsScreen) nextChoice(k tea.KeyMsg) {
	all := p.parameter().Choices
	at := slices.Index(all, p.fields[p.cursor].value())
	switch {
	case matches(k, keys.Tick, keys.Right):
		at = (at + 1) % len(all)
	case matches(k, keys.Left):
		at = (max(at, 0) + len(all) - 1) % len(all)
	default:
		return
	}
	p.fields[p.cursor] = newField(all[at])
}

func (p *paramsScreen) given() map[string]string {
	given := map[string]string{}
	for n, q := range p.step.Parameters {
		given[q.Name] = p.fields[n].value()
	}
	return given
}

func (p *paramsScreen) check() {
	p.wrong = clean.Text{}
	if _, err := p.step.Settle(p.given()); err != nil {
		p.wrong = sentence(err)
	}
}

func (p *paramsScreen) keep() tea.Cmd {
	params, err := p.step.Settle(p.given())
	if err != nil {
		p.wrong = sentence(err)
		return nil
	}
	return tea.Batch(p.say(settled{p.step.ID, params}), p.back())
}

func (p *paramsScreen) View() string { return stack(p.pane.lines(p.theme), p.pane.h) }

// page lays the fields out; the one that is typed into stays in sight.
func (p *paramsScreen) page() rows {
	out := &page{w: p.pane.w}
	out.heading(clean.Showf("Parameters: %s", p.step.Title))
	if p.wrong.String() != "" {
		out.para(bad, p.wrong)
	}
	out.gap()
	at := 0
	for n, q := range p.step.Parameters {
		if n == p.cursor {
			at = len(out.rows)
		}
		p.field(out, n, q)
	}
	p.pane.top = max(0, at-max(1, p.pane.h-6))
	return out.rows
}

func (p *paramsScreen) field(out *page, n int, q actions.Parameter) {
	focus := n == p.cursor
	mark, i := lit("  "), plain
	if focus {
		mark, i = lit("> "), strong
	}
	lead := row{{i, mark}, {i, clean.Show(q.Name)}, {faint, lit(" = ")}}
	out.add(append(lead, p.fields[n].row(focus, out.w-lead.width())...))
	if len(q.Choices) > 0 {
		out.hang(row{{plain, lit("    ")}}, faint, clean.Showf("one of: %s", strings.Join(q.Choices, ", ")))
	}
	out.hang(row{{plain, lit("    ")}}, faint, clean.Show(q.Help))
}
