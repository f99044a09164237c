package tui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"retake/actions/clean"
	"retake/actions/report"
)

// evidence shows the records of all exhibits, one a line, those of the newest
// exhibit last. In memory are only an index of the exhibits and a few windows of
// records, which are read from the store where one looks.
type evidence struct {
	room
	index   []exhibitMark
	total   int   // records of all exhibits
	next    int64 // the first entry that was not looked at yet
	reading bool  // the log is being looked at
	search  search

	cursor int
	anchor ref // the record under the cursor: it stays there whatever comes
	top    int
	from   int
	rows   []recordRow // from the place with the number from
	wanted bool        // records are being read
	w, h   int
}

func newEvidence(r room) *evidence {
	return &evidence{room: r, anchor: newest, search: search{slice: sliceSize}}
}

func (e *evidence) Typing() bool { return false }

func (e *evidence) Hints() []hint {
	all := []hint{{keys.Enter, "show the record"}, {keys.Filter, "filter"}, {keys.Find, "find"}, {keys.NextAccount, "next account"}, {keys.NextKind, "next kind"}}
	if e.search.wish.Any() {
		all = append(all, hint{keys.Clear, "no filter"})
	}
	all = append(all, hint{keys.Home, "oldest"}, hint{keys.End, "newest"})
	switch {
	case e.search.halted:
		all = append([]hint{{keys.Continue, "search on"}}, all...)
	case e.search.running:
		return append([]hint{{keys.Back, "stop the search"}}, all...)
	}
	return append(all, hint{keys.Back, "back"})
}

func (e *evidence) SetSize(w, h int) { e.w, e.h = w, h; e.clamp() }

// high is how many records are in sight.
func (e *evidence) high() int { return max(0, e.h-len(e.head())-len(e.foot())) }

func (e *evidence) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case opened, worked, ticked:
		return tea.Batch(e.look(), e.missing())
	case indexRead:
		return e.grow(msg)
	case sliced:
		if msg.search == e.search.number {
			e.search.take(msg)
			return e.goOn()
		}
	case windowRead:
		return e.take(msg)
	case filtered:
		return e.change(msg.wish)
	case tea.KeyMsg:
		return e.key(msg)
	}
	return nil
}

// look looks for exhibits that were filed meanwhile.
func (e *evidence) look() tea.Cmd {
	if e.reading {
		return nil
	}
	e.reading = true
	c, from := e.session.Case, e.next
	return e.works.counted(func() tea.Msg { return readIndex(c, from) })
}

func (e *evidence) grow(msg indexRead) tea.Cmd {
	e.reading = false
	if msg.err != nil {
		return e.tell(bad, sentence(msg.err))
	}
	if msg.from != e.next {
		return nil
	}
	e.next = msg.next
	for _, m := range msg.marks {
		e.index = append(e.index, m)
		e.total += m.records
	}
	return e.goOn()
}

// change looks with another filter. The cursor stays on its record, or goes to
// the one before it that is left.
func (e *evidence) change(w wish) tea.Cmd {
	e.search.begin(w)
	e.rows, e.wanted = nil, false
	return e.goOn()
}

func (e *evidence) goOn() tea.Cmd {
	cmd := e.search.goOn(e.works, e.session.Case, e.index)
	e.cursor = max(0, e.search.found.upTo(e.anchor)-1)
	if e.anchor == newest && e.search.ended(e.index) {
		e.pin()
	}
	e.clamp()
	return tea.Batch(cmd, e.missing())
}

// pin makes the record under the cursor the one that it stays on.
func (e *evidence) pin() {
	if e.cursor < e.search.found.len() {
		e.anchor = e.search.found.at(e.cursor)
	}
}

// missing reads where one looks, if that is not loaded.
func (e *evidence) missing() tea.Cmd {
	last := min(e.search.found.len(), e.top+e.high())
	if e.wanted || e.top >= last || e.top >= e.from && last <= e.from+len(e.rows) {
		return nil
	}
	e.wanted = true
	high := max(e.high(), 10)
	from := max(0, e.top-high)
	var refs []ref
	var marks []int64
	for at := from; at < min(e.search.found.len(), from+3*high); at++ {
		r := e.search.found.at(at)
		refs, marks = append(refs, r), append(marks, e.index[r.mark].n)
	}
	c, number := e.session.Case, e.search.number
	return e.works.counted(func() tea.Msg { return windowRead{number, from, readWindow(c, marks, refs)} })
}

func (e *evidence) take(msg windowRead) tea.Cmd {
	if msg.search != e.search.number {
		return nil
	}
	e.wanted, e.from, e.rows = false, msg.from, msg.rows
	return e.missing()
}

func (e *evidence) key(k tea.KeyMsg) tea.Cmd {
	if by, moves := strides(k, e.search.found.len(), e.high()); moves {
		return e.move(by)
	}
	switch {
	case matches(k, keys.Enter):
		if e.cursor < e.search.found.len() {
			r := e.search.found.at(e.cursor)
			return e.show(newRecord(e.room, e.index[r.mark].n, r.record))
		}
		return e.tell(plain, lit("there is no record to show"))
	case matches(k, keys.Back):
		return e.leave()
	}
	return e.filterKey(k)
}

// filterKey changes the filter.
func (e *evidence) filterKey(k tea.KeyMsg) tea.Cmd {
	w := e.search.wish
	switch {
	case matches(k, keys.Filter):
		return e.show(newFilterForm(e.room, w, e.accounts(), e.kinds(), 0))
	case matches(k, keys.Find):
		return e.show(newFilterForm(e.room, w, e.accounts(), e.kinds(), atText))
	case matches(k, keys.NextAccount):
		w.Account = after(e.accounts(), w.Account)
		return e.change(w)
	case matches(k, keys.NextKind):
		w.Kind = report.Kind(after(e.kinds(), string(w.Kind)))
		return e.change(w)
	case matches(k, keys.Clear) && w.Any():
		return e.change(wish{})
	case matches(k, keys.Continue) && e.search.halted:
		e.search.halted = false
		return e.goOn()
	}
	return nil
}

// leave stops the search, or goes back where none is running.
func (e *evidence) leave() tea.Cmd {
	if e.search.running && !e.search.halted {
		e.search.halted = true
		return e.tell(plain, lit("the search is stopped; c searches on"))
	}
	return e.back()
}

func (e *evidence) move(by int) tea.Cmd {
	e.cursor = max(0, min(e.cursor+by, e.search.found.len()-1))
	e.pin()
	e.clamp()
	return e.missing()
}

// clamp keeps the cursor in the list and in sight.
func (e *evidence) clamp() {
	n, high := e.search.found.len(), e.high()
	e.cursor = max(0, min(e.cursor, n-1))
	e.top = max(e.cursor-high+1, min(e.top, e.cursor))
	e.top = max(0, min(e.top, n-high))
}

// accounts are those that occur, "" for all of them first.
func (e *evidence) accounts() []string {
	return e.occurring(func(m exhibitMark) string { return m.account })
}

func (e *evidence) kinds() []string {
	return e.occurring(func(m exhibitMark) string { return string(m.kind) })
}

func (e *evidence) occurring(of func(exhibitMark) string) []string {
	seen := map[string]bool{"": true}
	all := []string{""}
	for _, m := range e.index {
		if v := of(m); !seen[v] {
			seen[v] = true
			all = append(all, v)
		}
	}
	return all
}

// fullTime is a time with its date, in UTC.
func fullTime(t time.Time) clean.Text { return clean.Show(t.UTC().Format("2006-01-02 15:04:05")) }
