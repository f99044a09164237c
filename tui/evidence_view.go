package tui

import (
	"time"

	"retake/actions/clean"
)

// head says what is shown and what not; it is never left out where there are two
// lines.
func (e *evidence) head() []row {
	count := litf("%d of %d records", e.search.found.len(), e.total)
	switch {
	case e.h < 2:
		return nil
	case e.h < 8:
		return []row{{{warn, e.progress()}, {faint, count}, {faint, lit("; ")}, {strong, e.search.wish.words()}}}
	}
	p := &page{w: e.w}
	p.add(ends(row{{title, lit("Evidence ")}, {faint, lit("record by record, newest last, times in UTC")}}, row{{plain, lit(" ")}, {strong, count}}, e.w))
	i := faint
	if e.search.wish.Any() {
		i = strong
	}
	part := &page{w: e.w}
	part.para(i, e.search.wish.words())
	p.add(part.rows[:min(len(part.rows), 2)]...)
	if text := e.progress(); text != (clean.Text{}) {
		p.add(rowOf(warn, text))
	}
	if n := e.search.unread; n > 0 {
		p.add(rowOf(bad, litf("%s: retake verify tells what is wrong", some(n, "exhibit cannot be read", "exhibits cannot be read"))))
	}
	return p.rows
}

// progress is how far the search has come, nothing where it has ended.
func (e *evidence) progress() clean.Text {
	switch s := &e.search; {
	case s.halted:
		return litf("stopped after %d of %d exhibits (c searches on) ", s.done, len(e.index))
	case s.running:
		return litf("searching: %d of %d exhibits ", s.done, len(e.index))
	}
	return clean.Text{}
}

func (e *evidence) View() string {
	all := e.head()
	n := e.search.found.len()
	for at := e.top; at < min(n, e.top+e.high()); at++ {
		all = append(all, e.line(at))
	}
	if n == 0 {
		all = append(all, rowOf(faint, e.nothing()))
	}
	if foot := e.foot(); foot != nil {
		for len(all) < e.h-len(foot) {
			all = append(all, row{})
		}
		all = append(all, foot...)
	}
	var lines []string
	for _, r := range all {
		lines = append(lines, r.draw(e.theme, e.w))
	}
	return stack(lines, e.h)
}

// gistHeight is how many lines have the gist of the chosen record, which its own
// line is often too short for.
const gistHeight = 2

// foot keeps its height, so that the list does not jump.
func (e *evidence) foot() []row {
	if e.h < 14 {
		return nil
	}
	p := &page{w: e.w}
	p.add(row{})
	if at := e.cursor - e.from; at >= 0 && at < len(e.rows) && e.rows[at].err == nil {
		p.para(plain, clean.Show(e.rows[at].said.Gist))
	}
	p.add(row{}, row{})
	return p.rows[:1+gistHeight]
}

func (e *evidence) nothing() clean.Text {
	switch {
	case e.search.running || e.reading && e.next == 0:
		return lit("reading the case ...")
	case e.search.wish.Any():
		return lit("no record fits the filter (x shows all)")
	}
	return lit("there is no evidence yet: plan a step, and what the account answers is filed here")
}

// Widths of the columns, each with the space after it.
const (
	placeWidth   = 9  // 1234/999
	kindWidth    = 11 // conferences is cut
	accountWidth = 6
)

// line is one record: place, time, kind, account, gist; in narrow windows fewer.
func (e *evidence) line(at int) row {
	mark := lit("  ")
	if at == e.cursor {
		mark = lit("> ")
	}
	found := e.search.found.at(at)
	r := append(row{{plain, mark}}, rowOf(faint, litf("%d/%d ", e.index[found.mark].n, found.record)).atLeast(placeWidth)...)
	r = append(r, e.cells(at)...)
	if at == e.cursor {
		return r.pad(e.w).in(chosen)
	}
	return r
}

func (e *evidence) cells(at int) (r row) {
	if at < e.from || at >= e.from+len(e.rows) {
		return rowOf(faint, lit("..."))
	}
	got := e.rows[at-e.from]
	if got.err != nil {
		return rowOf(bad, sentence(got.err))
	}
	if e.w >= 34 {
		r = append(rowOf(plain, e.recordTime(got.said.At)), span{plain, lit(" ")})
	}
	if e.w >= 60 {
		r = append(r, append(rowOf(faint, clean.Show(string(got.said.Kind))).pad(kindWidth-1), span{plain, lit(" ")})...)
		r = append(r, rowOf(faint, lastOf(got.said.Account)).pad(accountWidth)...)
	}
	return append(r, span{plain, clean.Show(got.said.Gist)})
}

// recordTime is a time as the list has it: with its year where there is room, or
// where it is not the year of the case.
func (e *evidence) recordTime(t time.Time) clean.Text {
	form, other := "01-02 15:04:05", t.UTC().Year() != e.session.Case.Header.Created.UTC().Year()
	switch {
	case e.w >= 100:
		form = "2006-01-02 15:04:05"
	case e.w < 60 && other:
		form = "2006-01-02 "
	case e.w < 60:
		form = "01-02 15:04"
	case other:
		form = "2006-01-02    "
	}
	if t.IsZero() {
		return litf("%*s", len(form), "-")
	}
	return clean.Show(t.UTC().Format(form))
}

// lastOf are the last letters of a SID.
func lastOf(sid string) clean.Text { return clean.Show("…" + sid[max(0, len(sid)-4):]) }

// atLeast pads a row, and lets it be longer.
func (r row) atLeast(w int) row { return r.pad(max(w, r.width())) }
