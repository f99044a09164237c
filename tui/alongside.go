package tui

import (
	"context"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"retake/actions"
	"retake/actions/clean"
	"retake/store"
)

// What goes on beside the work of the responder: the figures of what burns are
// read time and again, and the account's lists are captured into the case.

const (
	figuresEvery = 15 * time.Second
	captureEvery = 10 * time.Minute // what was missed is tried again, and what is an hour old read on
	captureCalm  = time.Hour        // the longest between two captures of which the last read nothing
	shortRest    = 5 * time.Second  // before a capture that broke off is tried again
)

// alongside is how that stands, as the board shows it.
type alongside struct {
	figures  store.Figures
	known    bool        // figures were read, now or in an earlier run
	trouble  clean.Text  // why they could not be read the last time
	captured capturedNow //
	watched  watchedNow
	now      time.Time //
}

// capturedNow is how the capture stands.
type capturedNow struct {
	actions.Captured
	began   bool
	trouble clean.Text // why it stopped; it is tried again
}

// The news of what goes on beside.
type (
	figuresRead struct {
		figures store.Figures
		err     error
	}
	captureSeen struct{ state actions.Captured }
	captureOver struct {
		state actions.Captured
		err   error
	}
	watchRead struct {
		state actions.Watched
		err   error
	}
)

// besides runs what goes on beside, for the root.
type besides struct {
	state alongside
	rests [allBeside]rests
	calm  time.Duration // the rest between two captures that ended
	news  chan actions.Captured
	done  chan tea.Msg
}

// startBeside begins all of it, where the session wants them.
func (r *root) startBeside() tea.Cmd {
	f, found, err := r.session.Case.LatestFigures()
	switch {
	case err != nil:
		r.status = told{bad, sentence(err)}
	case found:
		r.beside.state.figures, r.beside.state.known = f, true
	}
	if !r.session.Beside {
		return nil
	}
	return tea.Batch(r.attempt(theFigures), r.attempt(theCapture), r.attempt(theWatch))
}

// readFigures reads the figures once.
func (r *root) readFigures() tea.Cmd {
	desk, ctx := r.session.Desk, r.works.ctx
	return r.works.counted(func() tea.Msg {
		f, err := desk.Burn(ctx)
		return figuresRead{f, err}
	})
}

// capture begins the capture, or goes on with it, in a goroutine of its own.
func (r *root) capture() tea.Cmd {
	if !r.works.enter() {
		return nil
	}
	b, w, desk := &r.beside, r.works, r.session.Desk
	b.news, b.done = make(chan actions.Captured, 1), make(chan tea.Msg, 1)
	news, done := b.news, b.done
	go func() {
		defer w.wg.Done()
		done <- caught(func() tea.Msg { return captureAll(w.ctx, desk, news) })
	}()
	return b.listen()
}

func captureAll(ctx context.Context, desk *actions.Desk, news chan actions.Captured) tea.Msg {
	state, err := desk.Capture(ctx, actions.CaptureOptions{Watch: func(c actions.Captured) { latest(news, c) }})
	return captureOver{state, err}
}

// listen waits for news of the capture, for the end at once.
func (b *besides) listen() tea.Cmd {
	news, done := b.news, b.done
	if news == nil {
		return nil
	}
	return func() tea.Msg { return heard(news, done, func(c actions.Captured) tea.Msg { return captureSeen{c} }) }
}

// hearBeside takes the news; it tells whether msg was one.
func (r *root) hearBeside(msg tea.Msg) (tea.Cmd, bool) {
	s := &r.beside.state
	switch msg := msg.(type) {
	case figuresRead:
		if s.trouble = (clean.Text{}); msg.err != nil {
			s.trouble = sentence(msg.err)
		} else {
			s.figures, s.known = msg.figures, true
		}
		return r.rest(theFigures, r.beside.rests[theFigures].end(msg.err != nil, figuresEvery, 2*figuresEvery)), true
	case captureSeen:
		if !s.captured.Ended || msg.state.Records > 0 { // a later round has nothing to show before it has read something
			s.captured = capturedNow{Captured: msg.state, began: true}
		}
		return r.beside.listen(), true
	case captureOver:
		return r.captureOver(msg), true
	case watchRead:
		return r.watchedOnce(msg), true
	case due:
		if msg.turn == r.beside.rests[msg.what].turn {
			return r.attempt(msg.what), true
		}
		return nil, true
	}
	return nil, false
}

// captureOver is the end of a capture. Another follows: soon after an error, and
// ever more seldom while it fails; otherwise for what was missed and for what is
// new, more seldom where the last one read nothing.
func (r *root) captureOver(msg captureOver) tea.Cmd {
	b := &r.beside
	b.state.captured = capturedNow{Captured: msg.state, began: true}
	if r.works.ctx.Err() != nil {
		return nil
	}
	if msg.err != nil {
		b.state.captured.trouble = sentence(msg.err)
	} else if b.calm = min(2*b.calm, captureCalm); b.calm == 0 || msg.state.Records > 0 {
		b.calm = captureEvery
	}
	return r.rest(theCapture, b.rests[theCapture].end(msg.err != nil, b.calm, shortRest))
}

// rows are the lines of the board that tell what burns and what was captured. In
// a low one a capture that has ended makes room for the steps.
func (b alongside) rows(w int, low bool) []row {
	var all []row
	if b.known || b.trouble != (clean.Text{}) {
		all = append(all, b.burning(w))
	}
	if b.captured.began && !(low && b.captured.Ended) {
		all = append(all, b.capturing().cut(w))
	}
	if b.watched.says(low) {
		all = append(all, b.watching().cut(w))
	}
	return all
}

// burning is the line of the figures. In a narrow window the words go first.
func (b alongside) burning(w int) row {
	if !b.known {
		return row{{warn, lit("what burns cannot be read: ")}, {plain, b.trouble}}.cut(w)
	}
	f, gap := b.figures, span{faint, lit("  ")}
	long := row{b.status(), gap, {heat(float64(f.Calls)), some(f.Calls, "call live", "calls live")}, gap,
		{heat(f.Rate), litf("%.4g messages a minute", f.Rate)}, gap, {strong, litf("%.2f %s today", f.Spent, f.Unit)}, gap, b.age()}
	if f.Accounts < f.Of {
		long = append(long, gap, span{warn, litf("%d of %d accounts", f.Accounts, f.Of)})
	}
	if long.width() <= w {
		return long
	}
	return row{b.status(), gap, {heat(float64(f.Calls)), litf("%d live", f.Calls)}, gap, {heat(f.Rate), litf("%.4g/min", f.Rate)}, gap,
		{strong, litf("%.2f %s", f.Spent, f.Unit)}, gap, b.age()}.cut(w)
}

func (b alongside) status() span {
	if b.figures.Status == "active" {
		return span{strong, lit("active")}
	}
	return span{bad, clean.Show(b.figures.Status)}
}

// heat is the ink of a figure that should be nought.
func heat(n float64) ink {
	if n > 0 {
		return bad
	}
	return good
}

// age says how old the figures are; old ones want somebody.
func (b alongside) age() span {
	age := max(0, b.now.Sub(b.figures.At))
	i := faint
	if age > 4*figuresEvery || b.trouble != (clean.Text{}) {
		i = warn
	}
	return span{i, agoWords(age)}
}

// agoWords says how long ago something was.
func agoWords(age time.Duration) clean.Text {
	switch {
	case age < 2*time.Minute:
		return litf("%d s ago", int(age.Seconds()))
	case age < 2*time.Hour:
		return litf("%d min ago", int(age.Minutes()))
	}
	return litf("%d h ago", int(age.Hours()))
}

// capturing is the line of the capture.
func (b alongside) capturing() row {
	c := b.captured
	switch {
	case c.trouble != (clean.Text{}):
		return row{{warn, lit("capture waits: ")}, {plain, c.trouble}}
	case c.Ended && c.Missed > 0:
		return row{{faint, litf("evidence: %d of %d lists captured, ", c.Done, c.Lists)}, {warn, litf("%d not", c.Missed)}}
	case c.Ended:
		return rowOf(faint, litf("evidence: all %d lists captured", c.Lists))
	}
	return row{{faint, litf("capturing evidence: %d of %d lists, %d records; now %s", c.Done+c.Missed, c.Lists, c.Records, c.Reading)}}
}
