package tui

import (
	"cmp"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"retake/actions/clean"
)

// literal is text that stands in this source. A constant becomes one by itself,
// a string variable does not: so nothing of unknown origin is drawn as if it
// were ours.
type literal string

// lit makes words of our own drawable.
func lit(s literal) clean.Text { return clean.Show(string(s)) }

// litf fills in words of our own; what is filled in is made fit to be shown.
func litf(format literal, args ...any) clean.Text { return clean.Showf(string(format), args...) }

// span is a piece of a row in one ink.
type span struct {
	ink  ink
	text clean.Text
}

// row is one line of the screen. It is cut where the screen ends, never broken.
type row []span

func rowOf(i ink, t clean.Text) row { return row{{i, t}} }

// width is how many cells the row takes.
func (r row) width() int {
	n := 0
	for _, s := range r {
		n += ansi.StringWidth(s.text.String())
	}
	return n
}

// draw paints the row, at most w cells wide.
func (r row) draw(th *theme, w int) string {
	var b strings.Builder
	for _, s := range r.cut(w) {
		b.WriteString(th.paint(s.ink, s.text.String()))
	}
	return b.String()
}

// cut shortens the row to w cells; an ellipsis says so.
func (r row) cut(w int) row {
	if w <= 0 {
		return nil
	}
	if r.width() <= w {
		return r
	}
	var out row
	left := w
	for _, s := range r {
		n := ansi.StringWidth(s.text.String())
		if n < left {
			out, left = append(out, s), left-n
			continue
		}
		return append(out, span{s.ink, clean.Show(ansi.Truncate(s.text.String()+"  ", left, "…"))})
	}
	return out
}

// pad appends spaces until the row is w cells wide, or cuts it.
func (r row) pad(w int) row {
	r = r.cut(w)
	if n := w - r.width(); n > 0 {
		r = append(r[:len(r):len(r)], span{plain, clean.Show(strings.Repeat(" ", n))})
	}
	return r
}

// in is the row with all its spans in one ink.
func (r row) in(i ink) row {
	out := make(row, len(r))
	for n, s := range r {
		out[n] = span{i, s.text}
	}
	return out
}

// ends sets two rows against the two ends of a line; the left one gives way.
func ends(left, right row, w int) row {
	if n := right.width(); n < w {
		return append(left.pad(w-n), right...)
	}
	return left.cut(w)
}

// wrap breaks a text into lines of at most w cells.
func wrap(t clean.Text, w int) []clean.Text {
	if w < 1 {
		return nil
	}
	var all []clean.Text
	for line := range strings.SplitSeq(ansi.Wrap(t.String(), w, ""), "\n") {
		all = append(all, clean.Show(strings.TrimRight(line, " ")))
	}
	return all
}

// page is a text that is being laid out for a width.
type page struct {
	w    int
	rows []row
}

func (p *page) add(r ...row) { p.rows = append(p.rows, r...) }

// gap leaves one empty line between parts, none at the top.
func (p *page) gap() {
	if n := len(p.rows); n > 0 && len(p.rows[n-1]) > 0 {
		p.rows = append(p.rows, row{})
	}
}

func (p *page) heading(t clean.Text) {
	p.gap()
	p.add(rowOf(title, t))
}

// para sets a paragraph.
func (p *page) para(i ink, t clean.Text) { p.hang(nil, i, t) }

// hang sets a paragraph behind a mark; the lines after the first stand under it.
func (p *page) hang(mark row, i ink, t clean.Text) {
	n := mark.width()
	if n > p.w/2 {
		p.add(mark)
		mark, n = row{{plain, lit("  ")}}, 2
	}
	indent := row{{plain, clean.Show(strings.Repeat(" ", n))}}
	for k, line := range wrap(t, p.w-n) {
		lead := indent
		if k == 0 {
			lead = mark
		}
		p.add(append(lead[:len(lead):len(lead)], span{i, line}))
	}
}

// whole sets what is copied rather than read, an address or a digest: it is
// broken only where the line is full.
func (p *page) whole(mark row, i ink, t clean.Text) {
	n := mark.width()
	for line := range strings.SplitSeq(ansi.Hardwrap(t.String(), max(1, p.w-n), true), "\n") {
		p.add(append(mark[:len(mark):len(mark)], span{i, clean.Show(line)}))
		mark = rowOf(plain, clean.Show(strings.Repeat(" ", n)))
	}
}

// bullet sets a paragraph behind a dash.
func (p *page) bullet(i ink, t clean.Text) { p.hang(rowOf(faint, lit("- ")), i, t) }

// sheet is a text of any length of which only what is in sight is drawn.
type sheet interface {
	Len() int
	Row(n int) row
}

// rows is a sheet that is laid out already.
type rows []row

func (r rows) Len() int      { return len(r) }
func (r rows) Row(n int) row { return r[n] }

// pane is a window on a sheet.
type pane struct {
	top   int
	sheet sheet
	w, h  int
	more  literal // the key that leads to what is below; "" is down
}

func (p *pane) set(s sheet)      { p.sheet = s; p.clamp() }
func (p *pane) SetSize(w, h int) { p.w, p.h = w, h; p.clamp() }
func (p *pane) move(by int)      { p.top += by; p.clamp() }
func (p *pane) home()            { p.top = 0 }
func (p *pane) end()             { p.top = p.len(); p.clamp() }
func (p *pane) leaf() int        { return max(1, p.room()-1) }
func (p *pane) overflows() bool  { return p.len() > p.h }
func (p *pane) clamp()           { p.top = max(0, min(p.top, p.len()-p.room())) }

func (p *pane) len() int {
	if p.sheet == nil {
		return 0
	}
	return p.sheet.Len()
}

// room is how many rows are in sight: the last line tells how much is not.
func (p *pane) room() int {
	if p.overflows() && p.h > 2 {
		return p.h - 1
	}
	return max(0, p.h)
}

// lines draws what is in sight.
func (p *pane) lines(th *theme) []string {
	var out []string
	for n := p.top; n < min(p.len(), p.top+p.room()); n++ {
		out = append(out, p.sheet.Row(n).draw(th, p.w))
	}
	if p.overflows() && p.h > 2 {
		out = append(out, p.where().draw(th, p.w))
	}
	return out
}

func (p *pane) where() row {
	below := p.len() - p.top - p.room()
	switch {
	case below <= 0:
		return rowOf(faint, litf("-- end, %d lines above --", p.top))
	case p.top == 0:
		return rowOf(faint, litf("-- %d more lines below (%s) --", below, string(cmp.Or(p.more, "down"))))
	}
	return rowOf(faint, litf("-- %d lines above, %d more below --", p.top, below))
}

// beside puts two columns next to each other; the left ones are w cells wide.
func beside(th *theme, left, right []string, w int) []string {
	out := make([]string, max(len(left), len(right)))
	for n := range out {
		var l, r string
		if n < len(left) {
			l = left[n]
		}
		if n < len(right) {
			r = right[n]
		}
		gap := strings.Repeat(" ", max(0, w-ansi.StringWidth(l)))
		out[n] = l + gap + th.paint(faint, " │ ") + r
	}
	return out
}
