package tui

import (
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"retake/actions"
	"retake/actions/account"
	"retake/actions/clean"
)

// giveScreen asks for the credentials that a step can use beside the account's
// own. What is typed goes to the desk's memory.
type giveScreen struct {
	room
	step   *actions.Step
	fields []givenField
	cursor int
	wrong  clean.Text
	pane   pane
}

// givenField is the question for one value of a credential.
type givenField struct {
	question
	extra *actions.Extra
	env   string
	first bool // of its credential
}

// gave says that a credential was given, and which steps use it.
type gave struct{ steps []string }

func newGive(r room, s *actions.Step) *giveScreen {
	g := &giveScreen{room: r, step: s}
	for _, seen := range extrasOf(r.session.Desk, s) {
		for n, part := range seen.extra.Parts {
			hint := clean.Show(part.Hint)
			if !seen.missing[part.Env] {
				hint = litf("%s; there already: empty leaves it", hint)
			}
			g.fields = append(g.fields, givenField{question{clean.Show(part.Name), hint, field{secret: part.Secret}}, seen.extra, part.Env, n == 0})
		}
	}
	return g
}

func (g *giveScreen) Typing() bool { return true }

func (g *giveScreen) Hints() []hint {
	all := []hint{{keys.Enter, "next"}}
	if g.last() {
		all = []hint{{keys.Enter, "give it"}}
	}
	if !g.last() {
		all = append(all, hint{keys.File, "give it"})
	}
	if g.cursor > 0 {
		all = append(all, hint{keys.FieldUp, "before"})
	}
	return append(all, hint{keys.EraseAll, "empty"}, hint{keys.Back, "leave it"})
}

func (g *giveScreen) last() bool { return g.cursor == len(g.fields)-1 }

func (g *giveScreen) SetSize(w, h int) {
	g.pane.SetSize(w, h)
	g.pane.set(g.page())
}

func (g *giveScreen) View() string { return stack(g.pane.lines(g.theme), g.pane.h) }

func (g *giveScreen) Update(msg tea.Msg) tea.Cmd {
	k, isKey := msg.(tea.KeyMsg)
	if !isKey {
		return nil
	}
	switch {
	case matches(k, keys.Back):
		return g.back()
	case matches(k, keys.File), matches(k, keys.Enter) && g.last():
		return g.give()
	case matches(k, keys.FieldUp):
		g.cursor = max(0, g.cursor-1)
	case matches(k, keys.FieldDown, keys.Enter):
		g.cursor = min(len(g.fields)-1, g.cursor+1)
	default:
		g.wrong = clean.Text{}
		g.fields[g.cursor].field.take(withoutEnd(k))
	}
	return nil
}

// withoutEnd is a paste without the end of its line, for which a masked field
// would show a sign too many.
func withoutEnd(k tea.KeyMsg) tea.KeyMsg {
	if k.Paste {
		k.Runes = []rune(strings.TrimRight(string(k.Runes), "\r\n"))
	}
	return k
}

// give hands over what was typed, credential by credential. What is of a wrong
// shape is said, and the others are kept all the same.
func (g *giveScreen) give() tea.Cmd {
	g.wrong = lit("Nothing was typed. Type or paste it, or go on without it: esc.")
	var steps []string
	for n, f := range g.fields {
		if !f.first {
			continue
		}
		given := g.typed(f.extra)
		if len(given) == 0 {
			continue
		}
		if err := g.session.Desk.Give(f.extra.ID, given); err != nil {
			g.wrong = clean.Showf("%v. Nothing of it was kept.", err)
			g.cursor = max(n, g.named(err))
			return nil
		}
		steps = append(steps, f.extra.Steps...)
	}
	if len(steps) == 0 {
		return nil
	}
	for n := range g.fields {
		g.fields[n].field.clear()
	}
	return tea.Batch(g.say(gave{steps}), g.back(), g.tell(good, lit("Kept in memory until you leave; nothing was sent or written. p plans with it.")))
}

// named is the field that a sentence about a shape begins with, -1 for none.
func (g *giveScreen) named(err error) int {
	return slices.IndexFunc(g.fields, func(f givenField) bool { return strings.HasPrefix(err.Error(), f.env) })
}

// typed is what was typed of a credential.
func (g *giveScreen) typed(e *actions.Extra) actions.Given {
	given := actions.Given{}
	for _, f := range g.fields {
		if value := f.field.value(); f.extra.ID == e.ID && value != "" {
			given[f.env] = account.NewSecret(value)
		}
	}
	return given
}

// page lays the form out; the field that is typed into stays in sight, with what
// is wrong with it.
func (g *giveScreen) page() rows {
	p := &page{w: g.pane.w}
	at, end := 0, 0
	for n := range g.fields {
		f := &g.fields[n]
		if f.first {
			p.heading(litf("A credential for %s: %s", g.step.ID, f.extra.Name))
			aboutExtra(p, f.extra)
			p.gap()
		}
		if n == g.cursor {
			at = len(p.rows)
		}
		f.draw(p, n == g.cursor)
		if n == g.cursor {
			if g.wrong != (clean.Text{}) {
				p.para(bad, g.wrong)
			}
			end = len(p.rows)
		}
	}
	p.gap()
	p.para(faint, lit("What is secret is masked here and everywhere. A paste works."))
	room := max(1, g.pane.h-1)
	g.pane.top = max(0, min(at, end-room))
	return p.rows
}

// aboutExtra says what a credential is for, and how one comes by it.
func aboutExtra(p *page, e *actions.Extra) {
	for _, line := range []struct {
		lead literal
		text string
	}{{"for: ", e.For}, {"rights: ", e.Needs}, {"made at: ", e.Where}} {
		p.hang(rowOf(faint, lit(line.lead)), plain, clean.Show(line.text))
	}
	p.whole(rowOf(faint, lit("  ")), faint, clean.Show(e.Link))
	p.para(plain, clean.Show(e.Kept()))
	p.hang(rowOf(faint, lit("in the environment: ")), faint, clean.Show(e.Env()))
}

// extraSeen is a credential that a step can use, and what of it is missing.
type extraSeen struct {
	extra   *actions.Extra
	missing map[string]bool // by the name in the environment
}

// extrasOf are those of a step; none where nothing can be given.
func extrasOf(d *actions.Desk, s *actions.Step) []extraSeen {
	if !d.TakesExtras() {
		return nil
	}
	var all []extraSeen
	for _, e := range s.Extras() {
		seen := extraSeen{e, map[string]bool{}}
		for _, part := range d.Lacks(e) {
			seen.missing[part.Env] = true
		}
		all = append(all, seen)
	}
	return all
}

// extraRows tells in the brief which credentials the step can use, and which of
// them are there.
func extraRows(p *page, all []extraSeen) {
	if len(all) == 0 {
		return
	}
	p.heading(lit("Credentials that it can use (K gives them)"))
	for _, seen := range all {
		for _, part := range seen.extra.Parts {
			i, how := good, lit("there")
			if seen.missing[part.Env] {
				i, how = warn, lit("not there")
			}
			p.add(row{{plain, clean.Show(part.Env)}, {faint, lit(": ")}, {i, how}})
		}
		p.hang(row{{plain, lit("  ")}}, faint, clean.Show(seen.extra.For))
	}
}

const givesWhat literal = "give a credential"

func (s *stepScreen) extras() []extraSeen { return extrasOf(s.session.Desk, s.line.Step) }

// lacking are the credentials that the step could use and that nobody gave.
func (s *stepScreen) lacking() []extraSeen {
	return slices.DeleteFunc(s.extras(), func(seen extraSeen) bool { return len(seen.missing) == 0 })
}

// blind names what is missing where the step sees nothing without it, "" if it
// sees something.
func (s *stepScreen) blind() string {
	for _, seen := range s.lacking() {
		if seen.extra.Main {
			return seen.extra.Env()
		}
	}
	return ""
}

func (s *stepScreen) noGive() clean.Text {
	switch {
	case len(s.line.Step.Extras()) == 0:
		return lit("this step uses no credential beside the account's own")
	case !s.session.Desk.TakesExtras():
		return lit("in a training what the simulated account gives is there already")
	case s.mine():
		return s.busy()
	}
	return clean.Text{}
}
