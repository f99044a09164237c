package tui

import (
	"retake/actions/clean"
	"retake/actions/report"
	"retake/store"
)

// laneLooks tell the lanes apart by a mark, a word and an ink.
var laneLooks = map[string]look{
	store.LaneUs:      {">", "us", good},
	report.LaneTwilio: {"~", "twilio", warn},
	store.LaneOthers:  {"*", "others", plain},
}

func laneLook(r store.TimelineRow) look {
	if r.Suspect != "" {
		return look{"!", "others", bad}
	}
	if l, known := laneLooks[r.Lane]; known {
		return l
	}
	return look{"?", "unknown", warn}
}

func (t *timeline) Hints() []hint {
	if t.typing {
		return []hint{{keys.Enter, "find"}, {keys.Back, "leave it"}}
	}
	all := []hint{{keys.Enter, "show it whole"}, {keys.Next, "lane"}, {keys.NextAccount, "account"}, {keys.Find, "find"}}
	if t.filter != (report.TimelineFilter{}) {
		all = append(all, hint{keys.Clear, "show all"})
	}
	return append(all, hint{keys.Home, "oldest"}, hint{keys.End, "newest"}, hint{keys.Back, "back"})
}

func (t *timeline) SetSize(w, h int) { t.w, t.h = w, h; t.clamp() }

// high is how many lines are in sight.
func (t *timeline) high() int { return max(0, t.h-len(t.head())) }

func (t *timeline) View() string {
	var lines []string
	for _, r := range t.head() {
		lines = append(lines, r.draw(t.theme, t.w))
	}
	if len(t.tale.marks) == 0 {
		lines = append(lines, rowOf(faint, t.nothing()).draw(t.theme, t.w))
	}
	for n := t.top; n < min(len(t.tale.marks), t.top+t.high()); n++ {
		lines = append(lines, t.markRow(n).draw(t.theme, t.w))
	}
	return stack(lines, t.h)
}

func (t *timeline) nothing() clean.Text {
	switch {
	case t.tale.rows == nil:
		return lit("reading the case ...")
	case t.filter != (report.TimelineFilter{}):
		return lit("nothing that the filter means; x shows all")
	}
	return lit("nothing happened yet")
}

// head counts the lanes, and says what is filtered.
func (t *timeline) head() []row {
	if t.h < 5 {
		return nil
	}
	n := row{{title, lit("Timeline ")}}
	for _, lane := range report.Lanes() {
		l := laneLooks[lane]
		n = append(n, span{l.ink, litf("%s %s %d  ", string(l.glyph), string(l.words), t.tale.count[lane])})
	}
	if s := t.tale.count["!"]; s > 0 {
		n = append(n, span{bad, litf("! suspect %d", s)})
	}
	all := []row{ends(n, rowOf(faint, litf(" %d of %d, UTC", t.tale.meant, len(t.tale.rows))), t.w)}
	if t.left > 0 {
		all = append(all, rowOf(warn, litf("%d entries of the log are still being read", t.left)))
	}
	if t.typing {
		lead := rowOf(faint, lit("find: "))
		all = append(all, append(lead, t.asked.row(true, t.w-lead.width())...))
	} else if t.filter != (report.TimelineFilter{}) {
		all = append(all, rowOf(warn, litf("only %s%s%s(x shows all)", says("lane", t.filter.Lane), says("account", t.filter.Account), says("text", t.filter.Text))))
	}
	return all
}

func says(name, value string) string {
	if value == "" {
		return ""
	}
	return name + " " + value + "  "
}

// From these widths on a line has room for the address, and for who acted.
const (
	addressFrom = 70
	whoFrom     = 110
)

func (t *timeline) markRow(n int) row {
	m := t.tale.marks[n]
	r := t.tale.rows[m.row]
	if m.day {
		return rowOf(title, clean.Show(r.At.UTC().Format("Monday 2 January 2006")))
	}
	lead := lit("  ")
	if n == t.cursor {
		lead = lit("> ")
	}
	l := laneLook(r)
	out := row{{plain, lead}, {faint, clockTime(r.At)}, {plain, lit(" ")}}
	out = append(out, row{{l.ink, lit(l.glyph)}, {plain, lit(" ")}, {l.ink, lit(l.words)}}.pad(9)...)
	if t.w >= whoFrom {
		out = append(out, append(rowOf(plain, clean.Show(shortSIDs(report.Who(r)))).pad(15), span{plain, lit(" ")})...)
	}
	if t.w >= addressFrom {
		out = append(out, append(rowOf(l.ink, clean.Show(orDash(r.IP))).pad(15), span{plain, lit(" ")})...)
	}
	if r.Origin == store.OriginCase && r.Type == string(store.KindIntent) {
		out = append(out, span{faint, lit("begun: ")})
	}
	out = append(out, span{plain, clean.Show(shortSIDs(r.Message))})
	if r.Account != t.session.Case.Header.Account && r.Account != "" {
		out = append(out, span{faint, clean.Showf(" (in %s)", shortSIDs(r.Account))})
	}
	if n == t.cursor {
		return out.pad(t.w).in(chosen)
	}
	return out
}

// shortSIDs leaves the middle of SIDs out.
func shortSIDs(s string) string { return sids.ReplaceAllString(s, "$1…$2") }
