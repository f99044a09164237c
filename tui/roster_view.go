package tui

import (
	"slices"

	"retake/actions"
	"retake/actions/clean"
	"retake/store"
)

const (
	cellWidth = 4  // a box and a space
	nameWidth = 12 // the least room for a name beside all boxes
)

// View draws the heading, the table and what is known of the cursor's place.
func (r *rosterScreen) View() string {
	head, foot := r.head(), r.foot()
	foot = foot[:min(len(foot), max(0, r.h-len(head)-1))]
	room := max(0, r.h-len(head)-len(foot))
	var lines []string
	for _, one := range slices.Concat(head, r.table(room), foot) {
		lines = append(lines, one.draw(r.theme, r.w))
	}
	return stack(lines, r.h)
}

// head says which step, and how far it is.
func (r *rosterScreen) head() []row {
	p := &page{w: r.w}
	count := litf("%d of %d open", r.open(), len(r.all))
	i := warn
	switch {
	case len(r.all) == 0:
		count = lit("nobody yet")
	case r.open() == 0:
		i, count = good, lit("nothing is open")
	}
	p.add(ends(rowOf(title, clean.Show(r.line.Step.Title)), row{{plain, lit(" ")}, {i, count}}, r.w))
	if r.wrong.String() != "" {
		part := &page{w: r.w}
		part.para(bad, r.wrong)
		p.add(part.rows[:min(len(part.rows), max(1, r.h/3))]...)
	}
	return p.rows
}

// table is the part of the list around the cursor that fits, in exactly so many
// lines.
func (r *rosterScreen) table(room int) []row {
	var out []row
	if len(r.all) == 0 && r.read {
		p := &page{w: r.w}
		p.para(plain, clean.Showf("Nobody and nothing is on this list yet. + adds one %s, i imports a CSV with a first row such as name,email,role.", r.line.Step.Each.Kind))
		out = p.rows
	}
	if room > 0 && r.at < r.top {
		r.top = r.at
	}
	if room > 0 && r.at >= r.top+room {
		r.top = r.at - room + 1
	}
	for n := r.top; n < min(len(r.all), r.top+room); n++ {
		out = append(out, r.subject(n))
	}
	for len(out) < room {
		out = append(out, row{})
	}
	return out[:room]
}

// subject is one line: the name, and a box for each check. Where there is no room
// for all of them, that of the column alone.
func (r *rosterScreen) subject(n int) row {
	l := r.all[n]
	mark, i := lit("  "), plain
	if n == r.at {
		mark, i = lit("> "), strong
	}
	checks := r.line.Step.List(l.Kind).Checks
	from, to := 0, len(checks)
	if r.w < 2+nameWidth+cellWidth*len(checks) {
		from = min(r.column, len(checks)-1)
		to = from + 1
	}
	var boxes row
	for c := from; c < to; c++ {
		in := i
		if n == r.at && c == r.column {
			in = chosen
		}
		boxes = append(boxes, span{in, mark3(l.Answer(checks[c].ID))}, span{plain, lit(" ")})
	}
	name := row{{i, mark}, {i, shownName(l)}}
	return append(name.pad(max(0, r.w-cellWidth*(to-from))), boxes...)
}

// shownName is a subject's name, with what tells an account from another.
func shownName(l actions.Listed) clean.Text {
	if name := l.Facts["account"]; name != "" {
		return clean.Showf("%s (%s)", name, l.Name)
	}
	return clean.Show(l.Name)
}

// mark3 is an answer as a box of three cells.
func mark3(a store.Answer) clean.Text {
	switch a {
	case store.AnswerDone:
		return lit("[x]")
	case store.AnswerNotApplicable:
		return lit("[/]")
	}
	return lit("[ ]")
}

// foot tells the check under the cursor, who marked it, and asks.
func (r *rosterScreen) foot() []row {
	if r.ask != nothing {
		return r.question()
	}
	if r.at >= len(r.all) {
		return nil
	}
	p := &page{w: r.w}
	l, check := r.all[r.at], r.checks()[r.column]
	p.add(row{})
	p.hang(rowOf(strong, clean.Showf("%d/%d ", r.column+1, len(r.checks()))), plain, clean.Show(check.Text))
	if m, marked := l.Marks[check.ID]; marked {
		text := clean.Showf("%s: by %s, %s", string(m.Answer), m.Entry.By, m.Entry.At.UTC().Format("2006-01-02 15:04Z"))
		if m.Note != "" {
			text = clean.Showf("%s: %s", text, m.Note)
		}
		p.para(faint, text)
	}
	for _, fact := range []string{"email", "role", "owner", "status", "note"} {
		if value := l.Facts[fact]; value != "" {
			p.para(faint, clean.Showf("%s: %s", fact, value))
		}
	}
	return p.rows[:min(len(p.rows), max(3, r.h/3))]
}

// question is the line that is typed into.
func (r *rosterScreen) question() []row {
	names := map[asking]literal{
		askAdd: "name (a person: name, e-mail): ", askImport: "CSV file: ", askDrop: "why it leaves the list: ", askNot: "why it does not apply: ",
	}
	p := &page{w: r.w}
	p.add(row{})
	lead := rowOf(faint, lit(names[r.ask]))
	if r.w < 50 {
		p.add(lead)
		lead = rowOf(plain, lit("  "))
	}
	p.add(append(lead, r.field.row(true, r.w-lead.width())...))
	return p.rows
}
