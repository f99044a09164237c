package tui

import (
	"slices"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"retake/actions"
	"retake/actions/clean"
)

// watchScreen lists what the watch has told since the case was opened, the
// newest first.
type watchScreen struct {
	room
	now    watchedNow
	told   []actions.News // nil: not read yet
	busy   bool
	cursor int
	top    int
	w, h   int
}

// toldRead is what the watch has told, as the case has it.
type toldRead struct {
	of   *watchScreen
	told []actions.News
	err  error
}

func newWatch(r room) *watchScreen { return &watchScreen{room: r} }

func (s *watchScreen) Typing() bool { return false }

func (s *watchScreen) Hints() []hint {
	return []hint{{keys.Enter, "show the record"}, {keys.Home, "newest"}, {keys.End, "oldest"}, {keys.Back, "back"}}
}

func (s *watchScreen) SetSize(w, h int) { s.w, s.h = w, h; s.move(0) }

func (s *watchScreen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case opened:
		return s.read()
	case alongside:
		grown := msg.watched.count != s.now.count
		s.now = msg.watched
		if grown && !s.busy {
			return s.read()
		}
	case toldRead:
		if msg.of == s {
			return s.take(msg)
		}
	case tea.KeyMsg:
		return s.key(msg)
	}
	return nil
}

func (s *watchScreen) read() tea.Cmd {
	s.busy = true
	c := s.session.Case
	return s.works.counted(func() tea.Msg {
		told, err := actions.Told(c)
		slices.Reverse(told)
		return toldRead{s, append([]actions.News{}, told...), err}
	})
}

// take shows what was read, with the cursor on the line where it stood.
func (s *watchScreen) take(msg toldRead) tea.Cmd {
	s.busy = false
	if msg.err != nil {
		return s.say(told{bad, sentence(msg.err)})
	}
	if s.cursor > 0 && s.cursor < len(s.told) {
		stood := s.told[s.cursor].ID
		s.cursor = max(0, slices.IndexFunc(msg.told, func(n actions.News) bool { return n.ID == stood }))
	}
	s.told = msg.told
	s.move(0)
	return nil
}

func (s *watchScreen) key(k tea.KeyMsg) tea.Cmd {
	if by, moves := strides(k, len(s.told), s.high()); moves {
		s.move(by)
		return nil
	}
	switch {
	case matches(k, keys.Back):
		return s.back()
	case matches(k, keys.Enter):
		if s.cursor < len(s.told) {
			return s.show(newWhole(s.room, newsWhole(s.session, s.told[s.cursor])))
		}
		return s.tell(plain, lit("there is nothing to show"))
	}
	return nil
}

// move moves the cursor and keeps it in sight.
func (s *watchScreen) move(by int) {
	s.cursor = max(0, min(s.cursor+by, len(s.told)-1))
	high := max(1, s.high())
	s.top = max(s.cursor-high+1, min(s.top, s.cursor))
	s.top = max(0, min(s.top, len(s.told)-high))
}

func (s *watchScreen) high() int { return max(0, s.h-len(s.head())) }

// head says how many there are, and when the account was last read.
func (s *watchScreen) head() []row {
	if s.h < 5 {
		return nil
	}
	when := row{}
	if !s.now.at.IsZero() {
		when = rowOf(faint, litf(" read at %s UTC", clockTime(s.now.at)))
	}
	i := heat(float64(len(s.told)))
	if len(s.told) == 0 && (s.now.at.IsZero() || len(s.now.missed) > 0) {
		i = warn // nobody looked, or not everywhere
	}
	all := []row{ends(row{{title, lit("Watch ")}, {i, litf("%d appeared", len(s.told))}, {plain, lit(" that no act of ours left")}}, when, s.w)}
	if s.now.trouble != (clean.Text{}) {
		all = append(all, row{{warn, lit("watch waits: ")}, {plain, s.now.trouble}}.cut(s.w))
	}
	if n := len(s.now.missed); n > 0 {
		all = append(all, row{{warn, litf("%d not seen: ", n)}, {plain, joined(s.now.missed[0].What)}, {faint, joined(", " + s.now.missed[0].Why)}}.cut(s.w))
	}
	return all
}

func (s *watchScreen) View() string {
	var lines []string
	for _, r := range s.head() {
		lines = append(lines, r.draw(s.theme, s.w))
	}
	switch {
	case s.told == nil:
		lines = append(lines, rowOf(faint, lit("reading the case ...")).draw(s.theme, s.w))
	case len(s.told) == 0:
		p := &page{w: s.w}
		p.para(faint, s.nothing())
		for _, r := range p.rows {
			lines = append(lines, r.draw(s.theme, s.w))
		}
	}
	for n := s.top; n < min(len(s.told), s.top+s.high()); n++ {
		lines = append(lines, s.line(n).draw(s.theme, s.w))
	}
	return stack(lines, s.h)
}

func (s *watchScreen) nothing() clean.Text {
	if s.now.at.IsZero() {
		return lit("Nothing was told so far, and in this console the account was not read yet.")
	}
	return lit("Nothing was seen to appear since the case was opened: no key, user, token or country. The console goes on reading events and keys.")
}

// dayFrom is the width from which on a line has room for the day.
const dayFrom = 60

func (s *watchScreen) line(n int) row {
	x := s.told[n]
	lead, at := lit("  "), clockTime(x.At)
	if n == s.cursor {
		lead = lit("> ")
	}
	if s.w >= dayFrom {
		at = clean.Show(x.At.UTC().Format("2 Jan 15:04:05"))
	}
	i := plain
	if x.Severity == actions.High || x.Severity == actions.Critical {
		i = bad
	}
	out := row{{plain, lead}, {faint, at}, {plain, lit(" ")}}
	if s.w >= dayFrom {
		out = append(row{{plain, lead}}, append(rowOf(faint, at).pad(len("02 Jan 15:04:05")), span{plain, lit(" ")})...)
	}
	if s.w >= whoFrom {
		out = append(out, append(rowOf(plain, clean.Show(shortSIDs(orDash(x.Actor)))).pad(15), span{plain, lit(" ")})...)
	}
	if s.w >= addressFrom {
		out = append(out, append(rowOf(i, clean.Show(orDash(x.Source))).pad(15), span{plain, lit(" ")})...)
	}
	out = append(out, span{i, joined(shortSIDs(x.What))})
	if x.Account != s.session.Case.Header.Account {
		out = append(out, span{faint, clean.Showf(" (in %s)", shortSIDs(x.Account))})
	}
	if n == s.cursor {
		return out.pad(s.w).in(chosen)
	}
	return out
}

// newsWhole lays out what the watch told: what is known of it, then the record
// that shows it, with its proof.
func newsWhole(session Session, n actions.News) func(w int) rows {
	return func(w int) rows {
		p := &page{w: w}
		p.para(title, joined(n.What))
		for _, fact := range []struct {
			name  literal
			value clean.Text
		}{
			{"when     ", clean.Show(n.At.UTC().Format(time.DateTime) + " UTC")},
			{"severity ", clean.Show(string(n.Severity))},
			{"account  ", clean.Show(n.Account)},
			{"by       ", clean.Show(orDash(n.Actor))},
			{"from     ", clean.Show(orDash(n.Source))},
		} {
			p.hang(rowOf(faint, lit(fact.name)), plain, fact.value)
		}
		exhibit, record, shown := actions.Shown(session.Case, n)
		if !shown {
			p.gap()
			p.para(warn, lit("no reply in the case shows it"))
			return p.rows
		}
		p.gap()
		p.add(recordRows(session.Case, exhibit, record, w)...)
		return p.rows
	}
}
