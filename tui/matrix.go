package tui

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"retake/actions"
	"retake/actions/clean"
	"retake/actions/hideouts"
)

// matrix shows how every place of every account stands: a line a place, a column
// an account. What lies outside of the window is reached with the arrows.
type matrix struct {
	room
	sweep     inCase[actions.Matrix]
	cells     []map[string]actions.MatrixCell // by row, by account
	row, col  int
	top, left int
	w, h      int
}

func newMatrix(r room) *matrix { return &matrix{room: r} }

func (v *matrix) Typing() bool { return false }

func (v *matrix) Hints() []hint {
	return []hint{{keys.Enter, "show it whole"}, {keys.Down, "place"}, {keys.Next, "account"}, {keys.Home, "first"}, {keys.End, "last"}, {keys.Back, "back"}}
}

func (v *matrix) look() tea.Cmd { return v.sweep.look(v.room, actions.SweepMatrix) }

func (v *matrix) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case opened:
		return v.look()
	case ticked:
		if v.sweep.due(msg.at) {
			return v.look()
		}
	case found[actions.Matrix]:
		v.take(msg)
		if msg.err != nil {
			return v.tell(bad, sentence(msg.err))
		}
	case tea.KeyMsg:
		return v.key(msg)
	}
	return nil
}

func (v *matrix) take(msg found[actions.Matrix]) {
	if !v.sweep.take(msg) {
		return
	}
	v.cells = nil
	for _, r := range v.sweep.now.Rows {
		by := map[string]actions.MatrixCell{}
		for _, c := range r.Cells {
			by[c.Account] = c
		}
		v.cells = append(v.cells, by)
	}
	v.move(0, 0)
}

func (v *matrix) key(k tea.KeyMsg) tea.Cmd {
	places := len(v.sweep.now.Rows)
	if by, moves := strides(k, places, v.high()); moves {
		v.move(by, 0)
	}
	switch {
	case matches(k, keys.Home):
		v.move(0, -len(v.sweep.now.Accounts))
	case matches(k, keys.Previous):
		v.move(0, -1)
	case matches(k, keys.Next):
		v.move(0, 1)
	case matches(k, keys.Back):
		return v.back()
	case matches(k, keys.Enter) && v.row < places:
		return v.show(newWhole(v.room, v.whole()))
	}
	return nil
}

// move moves the cursor, and the window with it.
func (v *matrix) move(rows, cols int) {
	v.row = max(0, min(v.row+rows, len(v.sweep.now.Rows)-1))
	v.col = max(0, min(v.col+cols, len(v.sweep.now.Accounts)-1))
	high, broad := max(1, v.high()), max(1, v.broad())
	v.top = max(v.row-high+1, min(v.top, v.row))
	v.left = max(v.col-broad+1, min(v.left, v.col))
}

func (v *matrix) SetSize(w, h int) { v.w, v.h = w, h; v.move(0, 0) }

// high and broad are how many places and accounts are in sight.
func (v *matrix) high() int  { return max(0, v.h-v.headHeight()-v.aboutHeight()) }
func (v *matrix) broad() int { return max(0, v.w-v.names()-1) / 2 }

// names is how wide the titles are.
func (v *matrix) names() int { return min(38, v.w*2/3) }

func (v *matrix) headHeight() int { return min(1, v.h/4) }

func (v *matrix) aboutHeight() int {
	if v.h < 12 {
		return 0
	}
	return min(7, v.h/3)
}

// verdictLooks tell by a mark and an ink how a place stands.
var verdictLooks = map[hideouts.Verdict]look{
	hideouts.Changed: {"!", "changed: it came or changed since the incident began", bad},
	hideouts.Unknown: {"?", "unknown: somebody has to say", warn},
	hideouts.Unseen:  {"-", "cannot see: look there yourself", warn},
	hideouts.Clean:   {"✓", "clean", good},
}

func (v *matrix) View() string {
	var lines []string
	if v.headHeight() > 0 {
		lines = append(lines, v.head().draw(v.theme, v.w))
	}
	if len(v.sweep.now.Rows) == 0 {
		lines = append(lines, rowOf(faint, v.nothing()).draw(v.theme, v.w))
	}
	for n := v.top; n < min(len(v.sweep.now.Rows), v.top+v.high()); n++ {
		lines = append(lines, v.line(n).draw(v.theme, v.w))
	}
	lines = fit(stack(lines, v.h), max(0, v.h-v.aboutHeight()))
	for _, r := range v.about() {
		lines = append(lines, r.draw(v.theme, v.w))
	}
	return stack(lines, v.h)
}

func (v *matrix) nothing() clean.Text {
	if !v.sweep.read {
		return lit("reading the case ...")
	}
	return lit("no place was read yet: go back and press p")
}

// head counts the verdicts, each with its mark: it is the legend too.
func (v *matrix) head() row {
	var out row
	for _, of := range []struct {
		verdict hideouts.Verdict
		word    literal
	}{{hideouts.Changed, "changed"}, {hideouts.Unknown, "unknown"}, {hideouts.Unseen, "cannot see"}, {hideouts.Clean, "clean"}} {
		mark := verdictLooks[of.verdict]
		out = append(out, span{mark.ink, litf("%s %d %s", mark.glyph, v.sweep.now.Count(of.verdict), of.word)}, span{plain, lit(", ")})
	}
	return append(out, span{faint, litf("%d accounts, %d places", len(v.sweep.now.Accounts), len(v.sweep.now.Rows))})
}

func (v *matrix) line(n int) row {
	lead := lit("  ")
	if n == v.row {
		lead = lit("> ")
	}
	out := row{{plain, lead}, {plain, clean.Show(v.sweep.now.Rows[n].Title)}}.pad(v.names())
	if n == v.row {
		out = out.in(chosen)
	}
	out = append(out, span{plain, lit(" ")})
	for c := v.left; c < min(len(v.sweep.now.Accounts), v.left+v.broad()); c++ {
		k := v.lookAt(n, c)
		mark := span{k.ink, lit(k.glyph)}
		if n == v.row && c == v.col {
			mark.ink = chosen
		}
		out = append(out, mark, span{plain, lit(" ")})
	}
	return out
}

// lookAt is how a cell looks; a place that no API lists is never seen.
func (v *matrix) lookAt(n, col int) look {
	c, any := v.cells[n][v.sweep.now.Accounts[col]]
	switch {
	case any:
		return verdictLooks[c.Verdict]
	case v.sweep.now.Rows[n].Why != "":
		return verdictLooks[hideouts.Unseen]
	}
	return look{" ", "not read", faint}
}

// about says of the chosen cell how it stands and why.
func (v *matrix) about() []row {
	if v.aboutHeight() == 0 || v.row >= len(v.sweep.now.Rows) {
		return nil
	}
	p := &page{w: v.w}
	p.add(row{})
	v.tellCell(p)
	return p.rows[:min(len(p.rows), v.aboutHeight())]
}

func (v *matrix) tellCell(p *page) {
	r := v.sweep.now.Rows[v.row]
	if len(v.sweep.now.Accounts) == 0 {
		return
	}
	sid := v.sweep.now.Accounts[v.col]
	c, any := v.cells[v.row][sid]
	k := v.lookAt(v.row, v.col)
	p.para(strong, litf("%s of %s", r.Title, sid))
	p.para(k.ink, litf("%s %s", string(k.glyph), string(k.words)))
	switch {
	case any:
		p.para(plain, clean.Show(c.Why))
	case r.Why != "":
		p.para(plain, clean.Show(r.Why))
	}
	p.para(faint, clean.Show(r.Where))
}

// whole shows a cell with what was found in it and the exhibit that it was read
// from.
func (v *matrix) whole() func(w int) rows {
	seen := *v
	return func(w int) rows {
		p := &page{w: w}
		seen.tellCell(p)
		if len(seen.sweep.now.Accounts) == 0 {
			return p.rows
		}
		r, sid := seen.sweep.now.Rows[seen.row], seen.sweep.now.Accounts[seen.col]
		found, _, err := seen.session.Desk.Findings("sweep")
		if err != nil {
			p.para(bad, sentence(err))
		}
		for _, f := range found {
			if of := "/" + r.Place + "/" + sid; strings.Contains(f.ID+"/", of+"/") {
				p.gap()
				p.bullet(plain, clean.Show(f.Text))
			}
		}
		c := seen.cells[seen.row][sid]
		if c.Exhibit == 0 {
			return p.rows
		}
		e, err := seen.session.Case.Entry(c.Exhibit)
		if err != nil {
			p.para(bad, sentence(err))
			return p.rows
		}
		p.gap()
		return append(p.rows, entryRows(seen.session.Case, e, w)...)
	}
}
