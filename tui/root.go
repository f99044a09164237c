package tui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"retake/actions/account"
)

// root holds the screens one on top of the other, the header above them and the
// footer below, and the job that runs behind them. All messages come here first.
type root struct {
	session Session
	theme   *theme
	works   *works
	outbox  *outbox

	w, h    int
	screens []screen // the last one is seen
	status  told
	job     *job
	ledger  ledger
	desks   map[string]memory // by step
	beside  besides
	now     time.Time
	every   time.Duration // how often the clock is drawn; 0: never
	pace    account.Pace
	leaving bool // the responder wants to leave when the job has ended
	cutOff  bool // and did not wait for it
}

func newRoot(s Session, th *theme, w *works) *root {
	r := &root{session: s, theme: th, works: w, outbox: &outbox{}, now: s.Now(), every: time.Second, w: 80, h: 24}
	r.desks = map[string]memory{}
	r.screens = []screen{newBoard(r.room())}
	if t := s.Training; t != nil && !t.Resumed {
		r.screens = append(r.screens, newScene(r.room()))
	}
	r.layout()
	return r
}

// room is what a screen is given for life.
func (r *root) room() room { return room{r.session, r.theme, r.works, r.outbox} }

func (r *root) Init() tea.Cmd {
	return tea.Batch(r.works.guard(tea.Batch(r.read(), r.tick(), r.readMeter(), r.startBeside())), tea.SetWindowTitle("retake"))
}

// ticked is the passing of a second.
type ticked struct {
	at   time.Time
	pace account.Pace
}

func (r *root) tick() tea.Cmd {
	if r.every == 0 {
		return nil
	}
	s := r.session
	return tea.Tick(r.every, func(time.Time) tea.Msg { return ticked{s.Now(), s.Desk.Pace()} })
}

// Update takes every message. A panic on the way becomes a line on the screen.
func (r *root) Update(msg tea.Msg) (_ tea.Model, cmd tea.Cmd) {
	defer func() {
		if v := recover(); v != nil {
			cmd = func() tea.Msg { return broken(v) }
		}
	}()
	cmd = r.works.guard(tea.Batch(r.take(msg), r.deliver()))
	r.layout()
	return r, cmd
}

// deliver takes what the screens left for the root, before any other message.
func (r *root) deliver() tea.Cmd {
	var cmds []tea.Cmd
	for msg, more := r.outbox.next(); more; msg, more = r.outbox.next() {
		cmds = append(cmds, r.take(msg))
	}
	return tea.Batch(cmds...)
}

func (r *root) take(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		r.w, r.h = msg.Width, msg.Height
		r.layout()
		return r.tellAll(msg)
	case tea.KeyMsg:
		return r.keys(msg)
	case push:
		r.screens = append(r.screens, msg.screen)
		r.layout()
		return tea.Batch(msg.screen.Update(opened{r.ledger, r.jobView(), r.desks}), r.read())
	case pop:
		return r.pop()
	case told:
		r.status = msg
	case broke:
		return r.broke(msg)
	case order:
		return r.begin(msg)
	case stopWork:
		return r.stop()
	default:
		return r.news(msg)
	}
	return nil
}

// news are messages that all screens hear.
func (r *root) news(msg tea.Msg) tea.Cmd {
	var cmds []tea.Cmd
	if cmd, is := r.hearBeside(msg); is {
		return tea.Batch(cmd, r.tellAll(r.beside.state))
	}
	switch msg := msg.(type) {
	case ticked:
		if !msg.at.Equal(r.now) { // the simulated clock goes by whole seconds: within one nothing new is to be read
			cmds = append(cmds, r.readMeter())
		}
		r.now, r.pace, r.beside.state.now = msg.at, msg.pace, msg.at
		cmds = append(cmds, r.tellAll(r.beside.state))
		cmds = append(cmds, r.tick())
	case progressed:
		if r.job == nil {
			return nil
		}
		r.job.view.tally, r.job.view.panic = msg.tally, msg.panic
		cmds = append(cmds, r.job.listen(), r.tellAll(jobSeen{r.jobView(), r.pace}))
	case worked:
		msg = r.remember(msg)
		return tea.Batch(r.ended(msg), r.tellAll(msg))
	case settled:
		m := r.desks[msg.step]
		m.params = msg.params
		r.desks[msg.step] = m
	case gave:
		for _, id := range msg.steps {
			m := r.desks[id]
			m.given = true
			r.desks[id] = m
		}
	case caseRead:
		if msg.err != nil {
			r.status = told{bad, sentence(msg.err)}
			return nil
		}
		if msg.ledger.next < r.ledger.next {
			return nil // another read was faster
		}
		r.ledger = msg.ledger
	}
	return tea.Batch(append(cmds, r.tellAll(msg))...)
}

// opened is the first message of a screen that was pushed.
type opened struct {
	ledger ledger
	job    *jobView
	desks  map[string]memory
}

// jobSeen is how the job stands; nil where none runs.
type jobSeen struct {
	job  *jobView
	pace account.Pace
}

func (r *root) tellAll(msg tea.Msg) tea.Cmd {
	var cmds []tea.Cmd
	for _, s := range r.screens {
		cmds = append(cmds, s.Update(msg))
	}
	return tea.Batch(cmds...)
}

func (r *root) top() screen { return r.screens[len(r.screens)-1] }

func (r *root) pop() tea.Cmd {
	if len(r.screens) > 1 {
		r.screens = r.screens[:len(r.screens)-1]
	}
	return r.read()
}

// keys splits what the terminal joined and routes key by key, each to the screen
// that the one before it led to.
func (r *root) keys(k tea.KeyMsg) tea.Cmd {
	var cmds []tea.Cmd
	r.status = told{}
	for _, one := range singles(k) {
		cmds = append(cmds, r.key(one), r.deliver())
	}
	return tea.Batch(cmds...)
}

func (r *root) key(k tea.KeyMsg) tea.Cmd {
	switch {
	case matches(k, keys.Cut):
		return r.cut()
	case r.leaving && matches(k, keys.Back):
		r.leaving = false
		r.status = told{plain, lit("you stay; the work was stopped and can be continued")}
		return nil
	case r.top().Typing():
		return r.top().Update(k)
	case matches(k, keys.Help):
		if _, here := r.top().(*helpScreen); here {
			return r.room().back()
		}
		return r.room().show(newHelp(r.room()))
	case matches(k, keys.Quit):
		return r.quit()
	case matches(k, keys.Stop):
		return r.stop()
	}
	return r.top().Update(k)
}

// quit leaves from the board. While a job runs it stops the job softly and
// leaves when that has ended.
func (r *root) quit() tea.Cmd {
	if len(r.screens) > 1 {
		return r.room().tell(plain, lit("q leaves from the board; esc goes back to it"))
	}
	return r.cut()
}

// cut is ctrl+c: soft at first, at once the second time.
func (r *root) cut() tea.Cmd {
	if r.job == nil {
		return tea.Quit
	}
	if r.leaving {
		r.cutOff = true
		return tea.Quit
	}
	r.leaving = true
	return r.stop()
}

func (r *root) stop() tea.Cmd {
	if r.job == nil {
		return r.room().tell(plain, lit("nothing is being done that could be stopped"))
	}
	if r.job.view.stopping {
		return r.room().tell(plain, lit("it is being stopped: what is in flight ends first"))
	}
	r.job.view.stopping = true
	r.job.cancel()
	return r.tellAll(jobSeen{r.jobView(), r.pace})
}

// begin starts a job, one at a time.
func (r *root) begin(o order) tea.Cmd {
	if r.job != nil {
		return r.room().tell(warn, litf("%s is still being worked on: wait for it, or stop it with s", r.job.view.step))
	}
	var cmd tea.Cmd
	r.job, cmd = r.works.begin(r.session, o)
	return tea.Batch(cmd, r.tellAll(jobSeen{r.jobView(), r.pace}))
}

// ended is the end of the job.
func (r *root) ended(w worked) tea.Cmd {
	r.job = nil
	var noted tea.Cmd
	if w.broke != nil {
		noted = r.broke(*w.broke)
	}
	if r.leaving {
		return tea.Quit
	}
	if w.err == nil {
		noted = tea.Batch(noted, r.wake())
	}
	return tea.Batch(noted, r.tellAll(jobSeen{nil, r.pace}), r.read())
}

func (r *root) jobView() *jobView {
	if r.job == nil {
		return nil
	}
	v := r.job.view
	return &v
}

// broke shows that something panicked and notes it in the journal: what kind of
// panic and where, not its value.
func (r *root) broke(b broke) tea.Cmd {
	r.status = told{bad, litf("a part of the console broke (%s in %s): what was journaled is safe; go on, or leave and open the case again", b.what, b.where)}
	c := r.session.Case
	return r.works.counted(func() tea.Msg {
		_ = c.AddNote("", "the console broke: "+b.what+" in "+b.where) // the screen has said it already
		return nil
	})
}
