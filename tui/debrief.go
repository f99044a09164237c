package tui

import (
	"slices"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"retake/actions"
	"retake/actions/clean"
)

// debriefScreen is how a training went so far.
type debriefScreen struct {
	room
	read *debriefed
	pane pane
}

// debriefed is a debrief that was reckoned.
type debriefed struct {
	debrief actions.Debrief
	err     error
}

func newDebrief(r room) *debriefScreen { return &debriefScreen{room: r} }

func (s *debriefScreen) Typing() bool { return false }
func (s *debriefScreen) View() string { return stack(s.pane.lines(s.theme), s.pane.h) }

func (s *debriefScreen) Hints() []hint {
	return []hint{{keys.Down, "scroll"}, {keys.Debrief, "reckon again"}, {keys.Back, "back"}}
}

func (s *debriefScreen) SetSize(w, h int) {
	if w != s.pane.w || s.pane.sheet == nil {
		s.pane.w = w
		s.lay()
	}
	s.pane.SetSize(w, h)
}

// lay sets what was read for the present width.
func (s *debriefScreen) lay() {
	p := &page{w: s.pane.w}
	switch {
	case s.read == nil:
		p.para(faint, lit("reckoning ..."))
	case s.read.err != nil:
		p.para(bad, sentence(s.read.err))
	default:
		debriefRows(p, s.read.debrief)
	}
	s.pane.set(rows(p.rows))
}

func (s *debriefScreen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case opened:
		return s.reckon()
	case debriefed:
		s.read = &msg
		s.lay()
	case tea.KeyMsg:
		switch {
		case matches(msg, keys.Back):
			return s.back()
		case matches(msg, keys.Debrief):
			return s.reckon()
		}
		scroll(&s.pane, msg)
	}
	return nil
}

func (s *debriefScreen) reckon() tea.Cmd {
	t := s.session.Training
	return s.works.counted(func() tea.Msg {
		d, err := t.Debrief()
		return debriefed{d, err}
	})
}

func debriefRows(p *page, d actions.Debrief) {
	p.para(title, clean.Showf("Debrief: %s", d.Title))
	if d.BreakIn.IsZero() {
		quietRows(p, d)
	} else {
		timeRows(p, d)
		moneyRows(p, d)
		footholdRows(p, d)
	}
	p.heading(lit("What you did"))
	p.para(plain, doneWords(d))
	if d.BreakIn.IsZero() || len(d.Open) == 0 {
		return
	}
	p.heading(litf("Steps that are still open: %d of %d", len(d.Open), d.Steps))
	for _, s := range d.Open {
		p.hang(rowOf(faint, clean.Show(s.Number)).pad(min(numberWidth, p.w/3)), plain, clean.Show(s.Title))
	}
}

// quietRows is the debrief where nobody had broken in.
func quietRows(p *page, d actions.Debrief) {
	if d.FalseAlarm() {
		p.para(bad, lit("A false alarm: nobody had broken in, and you changed an account that nobody had touched. Whoever used what you changed is cut off now."))
	} else {
		p.para(good, lit("Nobody had broken in, and you changed nothing in the account."))
	}
	if slices.ContainsFunc(d.Open, func(s *actions.Step) bool { return s.ID == "triage" }) {
		p.para(warn, lit("triage is open: it reads the account and gives the reasons for which nothing has to be done."))
	}
}

func timeRows(p *page, d actions.Debrief) {
	p.heading(lit("Time"))
	end, words := d.Stopped, literal("New calls and messages stopped %s after you began, %s after the break-in.")
	running, i := literal("New calls and messages are still begun, %s after you began, %s after the break-in."), good
	if len(d.Streams) > 0 && d.Streams[0].Kind == "mails" {
		words, running = "New mail stopped %s after you began, %s after the break-in.", "New mail is still sent, %s after you began, %s after the break-in."
	}
	if end.IsZero() {
		end, words, i = d.Now, running, bad
	}
	p.para(i, litf(words, since(end.Sub(d.Began)), since(end.Sub(d.BreakIn))))
	for _, s := range d.Streams {
		if s.At.Equal(d.Stopped) {
			continue
		}
		p.bullet(plain, clean.Showf("%s of %s: %s", s.Kind, s.Name, took(s.At, d.Began, "still begun")))
	}
}

// after tells how long after the beginning something was, or what else is so.
func took(at, began time.Time, never literal) clean.Text {
	if at.IsZero() {
		return lit(never)
	}
	return litf("after %s", since(at.Sub(began)))
}

func moneyRows(p *page, d actions.Debrief) {
	p.heading(lit("Money"))
	line := func(i ink, name literal, m actions.Money) {
		p.hang(rowOf(faint, lit(name)).pad(min(34, p.w*2/3)), i, clean.Show(m.String()))
	}
	line(plain, "before you came", d.Before)
	line(plain, "while new traffic was begun", d.While)
	line(plain, "since, by what was under way", d.After)
	line(strong, "lost", d.Meter.Lost)
	if d.Meter.ToCome > 0 {
		line(warn, "to come, unless it is ended", d.Meter.ToCome)
	}
	if d.Meter.Running {
		line(bad, "a minute at present", d.Meter.PerMinute)
	}
}

// fates says what became of a foothold.
var fates = map[actions.Fate]look{
	actions.Missed:  {"!", "MISSED", bad},
	actions.ByHand:  {"=", "by hand", good},
	actions.Removed: {"✓", "removed", good},
}

func footholdRows(p *page, d actions.Debrief) {
	p.heading(litf("What the intruder had: %d things, %d missed", len(d.Footholds), len(d.Missed())))
	for _, f := range d.Footholds {
		l := fates[f.Fate]
		p.hang(row{{l.ink, lit(l.glyph)}, {l.ink, lit(" ")}, {l.ink, lit(l.words)}, {l.ink, lit(": ")}}, plain, clean.Show(f.What))
		under := rowOf(plain, lit("    "))
		if f.Fate == actions.Missed {
			p.hang(under, faint, clean.Showf("%s catches it: %s", f.Step, f.How))
		} else {
			p.hang(under, faint, clean.Showf("%s; %s", foundWords(f, d), goneWords(f, d)))
		}
	}
}

func foundWords(f actions.Foothold, d actions.Debrief) clean.Text {
	if f.Found.IsZero() {
		return lit("never named in the case")
	}
	return litf("first named %s", took(f.Found, d.Began, ""))
}

func goneWords(f actions.Foothold, d actions.Debrief) clean.Text {
	if f.Fate == actions.ByHand {
		return litf("your word for it %s", took(f.Gone, d.Began, ""))
	}
	return litf("gone %s", took(f.Gone, d.Began, "at a time that was not noted"))
}

func doneWords(d actions.Debrief) clean.Text {
	parts := []string{some(d.Acts, "change in the account", "changes in the account").String()}
	if n := len(d.KeysLost); n > 0 {
		parts = append(parts, some(n, "API key of the company's deleted: what used it stands still", "API keys of the company's deleted: what used them stands still").String())
	}
	if n := len(d.Suspended); n > 0 {
		parts = append(parts, some(n, "subaccount out of service", "subaccounts out of service").String())
	}
	return clean.Show(strings.Join(parts, "; ") + ".")
}
