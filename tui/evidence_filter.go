package tui

import (
	"slices"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"retake/actions/clean"
	"retake/actions/report"
)

// The fields of the form, in their order.
const (
	atAccount = iota
	atKind
	atSince
	atUntil
	atText
	filterFields
)

var filterNames = [filterFields]literal{"account", "kind", "from", "until", "text"}

var filterHelp = [filterFields]literal{
	"of the account that was asked about; space for the next one",
	"what the records are about; space for the next one",
	"the record's own time: 2026-03-01, 2026-03-01T02:20 (UTC), or 24h, 7d: so long ago",
	"what is named belongs to it: 2026-03-01 is the whole day",
	"anywhere in the record, in small or capital letters",
}

// filterForm asks what the evidence screen shall show.
type filterForm struct {
	room
	fields  [filterFields]field
	choices [2][]string // of the account and the kind, "" for all
	cursor  int
	wrong   clean.Text
	pane    pane
}

func newFilterForm(r room, w wish, accounts, kinds []string, cursor int) *filterForm {
	f := &filterForm{room: r, choices: [2][]string{accounts, kinds}, cursor: cursor}
	for n, text := range []string{w.Account, string(w.Kind), w.since, w.until, w.Text} {
		f.fields[n] = newField(text)
	}
	return f
}

// after is the choice that comes after one, and after the last the first.
func after(choices []string, now string) string {
	return choices[(slices.Index(choices, now)+1)%len(choices)]
}

func (f *filterForm) Typing() bool { return true }

func (f *filterForm) Hints() []hint {
	all := []hint{{keys.Enter, "show these"}, {keys.Back, "leave as it was"}, {keys.FieldDown, "next"}}
	if f.choice() {
		return append(all, hint{keys.Tick, "next choice"})
	}
	return append(all, hint{keys.EraseAll, "empty"})
}

func (f *filterForm) choice() bool { return f.cursor <= atKind }

func (f *filterForm) SetSize(w, h int) {
	f.pane.SetSize(w, h)
	f.pane.set(f.page())
}

func (f *filterForm) View() string { return stack(f.pane.lines(f.theme), f.pane.h) }

func (f *filterForm) Update(msg tea.Msg) tea.Cmd {
	k, isKey := msg.(tea.KeyMsg)
	if !isKey {
		return nil
	}
	switch {
	case matches(k, keys.Back):
		return f.back()
	case matches(k, keys.FieldUp):
		f.cursor = max(0, f.cursor-1)
	case matches(k, keys.FieldDown):
		f.cursor = min(filterFields-1, f.cursor+1)
	case matches(k, keys.Enter):
		return f.keep()
	case f.choice():
		f.choose(k)
	default:
		f.fields[f.cursor].take(k)
	}
	f.wrong = clean.Text{}
	if _, err := f.wish(); err != nil {
		f.wrong = sentence(err)
	}
	return nil
}

// choose goes through the values that occur.
func (f *filterForm) choose(k tea.KeyMsg) {
	all := slices.Clone(f.choices[f.cursor])
	switch {
	case matches(k, keys.Left):
		slices.Reverse(all)
	case !matches(k, keys.Tick, keys.Right):
		return
	}
	f.fields[f.cursor] = newField(after(all, f.fields[f.cursor].value()))
}

// wish is what stands in the fields.
func (f *filterForm) wish() (w wish, err error) {
	value := func(n int) string { return f.fields[n].value() }
	w = wish{report.Filter{Account: value(atAccount), Kind: report.Kind(value(atKind)), Text: value(atText)}, value(atSince), value(atUntil)}
	if w.since != "" {
		w.Since, err = report.Since(w.since, f.now())
	}
	if err == nil && w.until != "" {
		w.Until, err = report.Until(w.until, f.now())
	}
	return w, err
}

func (f *filterForm) now() time.Time { return f.session.Now() }

func (f *filterForm) keep() tea.Cmd {
	w, err := f.wish()
	if err != nil {
		f.wrong = sentence(err)
		return nil
	}
	return tea.Batch(f.say(filtered{w}), f.back())
}

// page lays the fields out; the one that is typed into stays in sight.
func (f *filterForm) page() rows {
	p := &page{w: f.pane.w}
	p.heading(lit("Which records to show"))
	if f.wrong != (clean.Text{}) {
		p.para(bad, f.wrong)
	}
	p.gap()
	at := 0
	for n := range f.fields {
		if n == f.cursor {
			at = len(p.rows)
		}
		f.field(p, n)
	}
	f.pane.top = max(0, at-max(1, f.pane.h-4))
	return p.rows
}

func (f *filterForm) field(p *page, n int) {
	focus := n == f.cursor
	mark, i := lit("  "), plain
	if focus {
		mark, i = lit("> "), strong
	}
	lead := append(row{{i, mark}}, rowOf(i, lit(filterNames[n])).pad(8)...)
	switch text := f.fields[n]; {
	case n > atKind:
		p.add(append(lead, text.row(focus, p.w-lead.width())...))
	case text.value() == "":
		p.add(append(lead, span{i, litf("all (%d)", len(f.choices[n])-1)}))
	default:
		p.add(append(lead, span{i, clean.Show(text.value())}))
	}
	if focus {
		p.hang(row{{plain, lit("    ")}}, faint, lit(filterHelp[n]))
	}
}
