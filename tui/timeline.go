package tui

import (
	"slices"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"retake/actions/clean"
	"retake/actions/report"
	"retake/store"
)

// timeline shows what happened on one axis, the newest last, in three lanes. It
// is computed in commands, one at a time, and comes here as values.
type timeline struct {
	room
	line   *store.Timeline // only the command that runs touches it
	busy   bool
	looked time.Time     // when the case was last asked for more
	left   int64         // entries that were not read yet
	spell  time.Duration // how long is read before what was read is shown

	tale     tale
	filter   report.TimelineFilter
	asked    field // the text that is searched for, while it is typed
	typing   bool
	cursor   int // among the marks of the tale
	top      int
	unlooked bool // nobody moved yet, or the cursor stands at the newest
	w, h     int
}

// tale is the timeline as it is looked at: all rows, and those that the filter
// means with the days between them.
type tale struct {
	filter   report.TimelineFilter
	rows     []store.TimelineRow
	marks    []mark
	accounts []string
	count    map[string]int // by lane, of all rows; suspects under "!"
	meant    int            // rows that the filter means
}

// mark is a line of the screen: a row by its place, or the day that begins with
// the row.
type mark struct {
	row int
	day bool
}

func newTimeline(r room) *timeline {
	return &timeline{room: r, line: r.session.Case.Timeline(report.AuditEvents), spell: time.Second / 2, unlooked: true}
}

// timelineRead is the timeline after some more of the log was read.
type timelineRead struct {
	of    *timeline
	tale  tale
	grown bool // the tale is a new one
	left  int64
	err   error
}

const (
	bite    = 100             // entries that are read at a time
	refresh = 2 * time.Second // between two looks for more
)

// read reads on and tells the tale anew if there is more.
func (t *timeline) read() tea.Cmd {
	t.busy, t.looked = true, t.session.Now()
	line, c, f, first, ctx, spell := t.line, t.session.Case, t.filter, t.tale.rows == nil, t.works.ctx, t.spell
	return t.works.counted(func() tea.Msg {
		before := line.Next()
		began := time.Now()
		left, err := line.ReadOn(bite)
		for err == nil && left > 0 && time.Since(began) < spell && ctx.Err() == nil {
			left, err = line.ReadOn(bite)
		}
		if err != nil || line.Next() == before && !first {
			return timelineRead{of: t, left: left, err: err}
		}
		found, err := c.Findings("triage")
		rows := line.Rows()
		report.MarkSuspects(rows, found)
		return timelineRead{t, tellTale(rows, f), true, left, err}
	})
}

// sift applies another filter to what was read.
func (t *timeline) sift() tea.Cmd {
	if t.busy {
		return nil // what comes is sifted again
	}
	t.busy = true
	rows, f, left := t.tale.rows, t.filter, t.left
	return func() tea.Msg { return timelineRead{of: t, tale: tellTale(rows, f), grown: true, left: left} }
}

func tellTale(rows []store.TimelineRow, f report.TimelineFilter) tale {
	out := tale{filter: f, rows: rows, count: map[string]int{}}
	var day time.Time
	for n, r := range rows {
		out.count[r.Lane]++
		if r.Suspect != "" {
			out.count["!"]++
		}
		if r.Account != "" && !slices.Contains(out.accounts, r.Account) && len(out.accounts) < mostAccounts {
			out.accounts = append(out.accounts, r.Account)
		}
		if !f.Means(r) {
			continue
		}
		out.meant++
		if date := r.At.UTC().Truncate(24 * time.Hour); !date.Equal(day) {
			out.marks, day = append(out.marks, mark{n, true}), date
		}
		out.marks = append(out.marks, mark{n, false})
	}
	slices.Sort(out.accounts)
	return out
}

// mostAccounts bounds what an audit log with invented accounts can cost.
const mostAccounts = 2000

func (t *timeline) Typing() bool { return t.typing }

func (t *timeline) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case opened:
		return t.read()
	case ticked:
		if !t.busy && msg.at.Sub(t.looked) >= refresh {
			return t.read()
		}
	case timelineRead:
		if msg.of == t {
			return t.take(msg)
		}
	case tea.KeyMsg:
		if t.typing {
			return t.ask(msg)
		}
		return t.key(msg)
	}
	return nil
}

func (t *timeline) take(msg timelineRead) tea.Cmd {
	t.busy, t.left = false, msg.left
	if msg.err != nil {
		t.line, t.left = t.session.Case.Timeline(report.AuditEvents), 0
		return t.tell(bad, sentence(msg.err))
	}
	if msg.grown {
		t.turnTo(msg.tale)
	}
	switch {
	case t.tale.filter != t.filter:
		return t.sift()
	case t.left > 0:
		return t.read()
	}
	return nil
}

// turnTo shows another tale, with the cursor on the row where it stood.
func (t *timeline) turnTo(next tale) {
	at, stood := t.chosenRow()
	offset := t.cursor - t.top
	t.tale = next
	if !t.unlooked && stood {
		if n := slices.IndexFunc(next.marks, func(m mark) bool { return !m.day && !next.before(m, at) }); n >= 0 {
			t.cursor = n
			t.top = t.cursor - offset
		}
	}
	t.clamp()
}

// before tells whether a mark lies before a row on the axis.
func (t tale) before(m mark, at store.TimelineRow) bool {
	r := t.rows[m.row]
	if c := r.At.Compare(at.At); c != 0 {
		return c < 0
	}
	return r.Entry < at.Entry || r.Entry == at.Entry && r.Place < at.Place
}

func (t *timeline) chosenRow() (store.TimelineRow, bool) {
	if t.cursor >= len(t.tale.marks) {
		return store.TimelineRow{}, false
	}
	return t.tale.rows[t.tale.marks[t.cursor].row], true
}

func (t *timeline) key(k tea.KeyMsg) tea.Cmd {
	if by, moves := strides(k, len(t.tale.marks), t.high()); moves {
		t.move(by)
		return nil
	}
	switch {
	case matches(k, keys.Back):
		return t.back()
	case matches(k, keys.Next):
		t.filter.Lane = next(t.filter.Lane, report.Lanes())
		return t.sift()
	case matches(k, keys.NextAccount):
		t.filter.Account = next(t.filter.Account, t.tale.accounts)
		return t.sift()
	case matches(k, keys.Clear):
		t.filter = report.TimelineFilter{}
		return t.sift()
	case matches(k, keys.Find):
		t.typing, t.asked = true, newField(t.filter.Text)
	case matches(k, keys.Enter):
		if r, any := t.chosenRow(); any {
			return t.show(newWhole(t.room, tellWhole(t.session.Case, r)))
		}
	}
	return nil
}

// next is what follows in a round that begins and ends with all, which is "".
func next(now string, all []string) string {
	n := slices.Index(all, now) // -1 for all of them
	if n+1 >= len(all) {
		return ""
	}
	return all[n+1]
}

// ask takes the text to be searched for.
func (t *timeline) ask(k tea.KeyMsg) tea.Cmd {
	switch {
	case matches(k, keys.Back):
		t.typing = false
	case matches(k, keys.Enter):
		t.typing, t.filter.Text = false, t.asked.value()
		return t.sift()
	default:
		t.asked.take(k)
	}
	return nil
}

// move moves the cursor over rows; days are passed over.
func (t *timeline) move(by int) {
	marks := t.tale.marks
	t.cursor = max(0, min(t.cursor+by, len(marks)-1))
	for t.cursor >= 0 && t.cursor < len(marks) && marks[t.cursor].day {
		if by < 0 && t.cursor > 0 {
			t.cursor--
		} else {
			t.cursor++
		}
	}
	t.unlooked = t.cursor == len(marks)-1
	t.clamp()
}

// clamp keeps the cursor on a row and in sight, and the day above the first row
// with it.
func (t *timeline) clamp() {
	marks := t.tale.marks
	if t.unlooked || t.cursor >= len(marks) {
		t.cursor = max(0, len(marks)-1)
	}
	high := max(1, t.high())
	t.top = max(t.cursor-high+1, min(t.top, t.cursor))
	if t.cursor == 1 && high > 1 {
		t.top = 0
	}
	t.top = max(0, min(t.top, len(marks)-high))
}

// tellWhole lays out a line of the timeline: the entry, or the record of the
// audit log in its exhibit.
func tellWhole(c *store.Case, r store.TimelineRow) func(w int) rows {
	return func(w int) rows {
		e, err := c.Entry(r.Entry)
		p := &page{w: w}
		switch {
		case err != nil:
			p.para(bad, sentence(err))
			return p.rows
		case r.Origin == store.OriginCase:
			return entryRows(c, e, w)
		}
		p.add(row{{title, clean.Show(r.Desc)}, {faint, litf(": record %d of those in exhibit %d", r.Place+1, r.Entry)}})
		p.hang(rowOf(faint, lit("when     ")), plain, clean.Show(r.At.UTC().Format("2006-01-02 15:04:05 UTC")))
		p.hang(rowOf(faint, lit("lane     ")), laneLook(r).ink, laneWords(r))
		p.hang(rowOf(faint, lit("who      ")), plain, clean.Showf("%s from %s", report.Who(r), orDash(r.IP)))
		p.hang(rowOf(faint, lit("account  ")), plain, clean.Show(r.Account))
		p.gap()
		body, err := c.ExhibitBody(r.Entry)
		if err != nil {
			p.para(bad, sentence(err))
			return p.rows
		}
		source(p, report.AuditRecord(body, r.Place))
		return p.rows
	}
}

func laneWords(r store.TimelineRow) clean.Text {
	switch {
	case r.Suspect != "":
		return litf("others; suspect: the finding %s of triage names this address", r.Suspect)
	case r.Act != 0:
		return litf("us: our act, entry %d, left it", r.Act)
	}
	return clean.Show(r.Lane)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
