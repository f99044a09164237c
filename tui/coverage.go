package tui

import (
	"cmp"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"retake/actions/clean"
	"retake/actions/report"
	"retake/store"
)

// coverage shows the ledger of what was asked for: what was not seen first, then
// what was cut short, then what was seen, of each step and of the capture.
type coverage struct {
	room
	all    inCase[[]store.Covered]
	count  map[report.Sight]int
	lines  []sightLine
	cursor int
	top    int
	w, h   int
}

// sightLine is a heading, or a line of the ledger by its place.
type sightLine struct {
	heading report.Sight
	n       int
}

func newCoverage(r room) *coverage { return &coverage{room: r} }

func (v *coverage) Typing() bool { return false }

func (v *coverage) Hints() []hint {
	return []hint{{keys.Enter, "show it whole"}, {keys.Down, "choose"}, {keys.Home, "first"}, {keys.End, "last"}, {keys.Back, "back"}}
}

func (v *coverage) look() tea.Cmd {
	return v.all.look(v.room, func(c *store.Case) ([]store.Covered, error) {
		all, err := c.Coverages("")
		report.SortCoverage(all, c.Header.Account)
		return all, err
	})
}

func (v *coverage) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case opened:
		return v.look()
	case ticked:
		if v.all.due(msg.at) {
			return v.look()
		}
	case found[[]store.Covered]:
		v.take(msg)
		if msg.err != nil {
			return v.tell(bad, sentence(msg.err))
		}
	case tea.KeyMsg:
		return v.key(msg)
	}
	return nil
}

// take shows the ledger anew, with the cursor on the line where it stood.
func (v *coverage) take(msg found[[]store.Covered]) {
	stood, any := v.chosenLine()
	if !v.all.take(msg) {
		return
	}
	v.count, v.lines = map[report.Sight]int{}, nil
	last := report.Sight("")
	for n, c := range v.all.now {
		s := report.SightOf(c.Coverage)
		v.count[s]++
		if s != last {
			v.lines, last = append(v.lines, sightLine{heading: s}), s
		}
		v.lines = append(v.lines, sightLine{n: n})
		if any && c.Step == stood.Step && c.Source == stood.Source && c.Account == stood.Account {
			v.cursor = len(v.lines) - 1
		}
	}
	v.move(0)
}

func (v *coverage) chosenLine() (store.Covered, bool) {
	if v.cursor >= len(v.lines) || v.lines[v.cursor].heading != "" {
		return store.Covered{}, false
	}
	return v.all.now[v.lines[v.cursor].n], true
}

func (v *coverage) key(k tea.KeyMsg) tea.Cmd {
	if by, moves := strides(k, len(v.lines), v.high()); moves {
		v.move(by)
		return nil
	}
	switch {
	case matches(k, keys.Back):
		return v.back()
	case matches(k, keys.Enter):
		if c, any := v.chosenLine(); any {
			return v.show(newWhole(v.room, func(w int) rows { return coveredRows(v.session.Case, c, w) }))
		}
	}
	return nil
}

// move moves the cursor over lines; headings are passed over.
func (v *coverage) move(by int) {
	v.cursor = max(0, min(v.cursor+by, len(v.lines)-1))
	for v.cursor < len(v.lines) && v.lines[v.cursor].heading != "" {
		if by < 0 && v.cursor > 0 {
			v.cursor--
		} else {
			v.cursor++
		}
	}
	v.clamp()
}

func (v *coverage) SetSize(w, h int) { v.w, v.h = w, h; v.clamp() }

// high is how many lines of the ledger are in sight.
func (v *coverage) high() int { return max(0, v.h-v.headHeight()-v.aboutHeight()) }

func (v *coverage) headHeight() int { return min(1, v.h/4) }

// aboutHeight is how many lines speak of the chosen one: none in a low window.
func (v *coverage) aboutHeight() int {
	if v.h < 12 {
		return 0
	}
	return min(7, v.h/3)
}

func (v *coverage) clamp() {
	high := max(1, v.high())
	v.top = max(v.cursor-high+1, min(v.top, v.cursor))
	if v.cursor == 1 && high > 1 {
		v.top = 0 // its heading with it
	}
	v.top = max(0, min(v.top, len(v.lines)-high))
}

// sightLooks tell by a mark, words and an ink how much was seen.
var sightLooks = map[report.Sight]look{
	report.Unseen:   {"?", "not seen: look there yourself", bad},
	report.CutShort: {"~", "cut short: some of it was seen", warn},
	report.Seen:     {"✓", "seen", good},
}

func (v *coverage) View() string {
	var lines []string
	if v.headHeight() > 0 {
		lines = append(lines, v.head().draw(v.theme, v.w))
	}
	if len(v.lines) == 0 {
		lines = append(lines, rowOf(faint, v.nothing()).draw(v.theme, v.w))
	}
	for n := v.top; n < min(len(v.lines), v.top+v.high()); n++ {
		lines = append(lines, v.line(n).draw(v.theme, v.w))
	}
	lines = fit(stack(lines, v.h), max(0, v.h-v.aboutHeight()))
	for _, r := range v.about() {
		lines = append(lines, r.draw(v.theme, v.w))
	}
	return stack(lines, v.h)
}

func (v *coverage) nothing() clean.Text {
	if !v.all.read {
		return lit("reading the case ...")
	}
	return lit("nothing was asked for yet: press p in a step")
}

// head counts, first what was not seen.
func (v *coverage) head() row {
	return row{{title, lit("Coverage ")}, {bad, litf("%d not seen", v.count[report.Unseen])}, {plain, lit(", ")},
		{warn, litf("%d cut short", v.count[report.CutShort])}, {plain, lit(", ")}, {good, litf("%d seen", v.count[report.Seen])}}
}

func (v *coverage) line(n int) row {
	l := v.lines[n]
	if l.heading != "" {
		k := sightLooks[l.heading]
		return rowOf(k.ink, litf("%s %s", string(k.glyph), string(k.words)))
	}
	c := v.all.now[l.n]
	lead := lit("  ")
	if n == v.cursor {
		lead = lit("> ")
	}
	k := sightLooks[report.SightOf(c.Coverage)]
	left := row{{plain, lead}, {k.ink, lit(k.glyph)}, {plain, lit(" ")}}
	left = append(left, rowOf(plain, shortSID(c.Account)).pad(min(11, v.w/4))...)
	left = append(left, span{plain, lit(" ")})
	left = append(left, span{plain, clean.Show(shortSIDs(c.Source))})
	out := ends(left, row{{faint, litf(" %d  ", c.Got)}, {faint, clean.Show(c.Step)}}, v.w)
	if n == v.cursor {
		return out.pad(v.w).in(chosen)
	}
	return out
}

// about says of the chosen line why, and where to look instead.
func (v *coverage) about() []row {
	c, any := v.chosenLine()
	if !any || v.aboutHeight() == 0 {
		return nil
	}
	p := &page{w: v.w}
	p.add(row{})
	p.para(strong, litf("%s (%s)", c.Source, c.Account))
	p.para(plain, clean.Show(cmp.Or(c.Why, map[bool]string{true: "It was read to its end.", false: "No reason was noted."}[c.Seen])))
	p.para(faint, clean.Showf("asked %s by %s; window %s", c.At.UTC().Format("2006-01-02 15:04:05 UTC"), c.Step, window(c.Coverage)))
	return p.rows[:min(len(p.rows), v.aboutHeight())]
}

// window is the span of time that was asked for.
func window(c store.Coverage) string {
	day := func(t time.Time) string {
		if t.IsZero() {
			return "open"
		}
		return t.UTC().Format("2006-01-02 15:04")
	}
	if c.From.IsZero() && c.To.IsZero() {
		return "not noted"
	}
	return day(c.From) + " to " + day(c.To)
}

// coveredRows is a line of the ledger whole, with the exhibit if it names one.
func coveredRows(c *store.Case, v store.Covered, w int) rows {
	p := &page{w: w}
	k := sightLooks[report.SightOf(v.Coverage)]
	p.add(row{{title, lit("Coverage: ")}, {k.ink, litf("%s %s", string(k.glyph), string(k.words))}})
	for _, l := range []struct {
		name  literal
		value clean.Text
	}{
		{"source   ", clean.Show(v.Source)}, {"account  ", clean.Show(v.Account)}, {"got      ", some(v.Got, "record", "records")},
		{"why      ", clean.Show(orDash(v.Why))}, {"step     ", clean.Show(v.Step)}, {"window   ", clean.Show(window(v.Coverage))},
		{"asked    ", clean.Show(v.At.UTC().Format("2006-01-02 15:04:05 UTC"))},
	} {
		p.hang(rowOf(faint, lit(l.name)), plain, l.value)
	}
	if v.Exhibit == 0 {
		return p.rows
	}
	e, err := c.Entry(v.Exhibit)
	if err != nil {
		p.para(bad, sentence(err))
		return p.rows
	}
	p.gap()
	return append(p.rows, entryRows(c, e, w)...)
}
