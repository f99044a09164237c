package tui

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"retake/actions"
	"retake/actions/account"
	"retake/actions/clean"
	"retake/store"
)

// stepScreen draws every step: how it stands and what to press, then five pages.
type stepScreen struct {
	room
	line     boardLine
	params   actions.Params
	plan     *actions.Plan // the latest, nil if there is none
	waits    bool          // the plan was not agreed to yet
	ledger   ledger
	outcomes []actions.Outcome
	report   *actions.Report // of this console's latest job on the step
	trouble  clean.Text      // why that job ended
	job      *jobView
	pace     account.Pace

	tab     int
	arrived bool // the first page was chosen
	panes   [5]pane
	brief   pane // beside the others where the window is wide
	w, h    int
}

// The pages of a step.
const (
	tabBrief = iota
	tabFindings
	tabPlan
	tabWork
	tabUnseen
)

func newStep(r room, line boardLine) *stepScreen {
	s := &stepScreen{room: r, line: line, brief: pane{more: "1"}}
	s.params = s.settle(line.Standing.Parameters)
	return s
}

// settle fills in the defaults; values that the step no longer takes are left.
func (s *stepScreen) settle(given map[string]string) actions.Params {
	params, err := s.line.Step.Settle(given)
	if err != nil {
		params, _ = s.line.Step.Settle(nil) // defaults always settle
	}
	return params
}

func (s *stepScreen) Typing() bool { return false }

// stepRead is what the case says about a step.
type stepRead struct {
	step     string
	plan     *actions.Plan
	outcomes []actions.Outcome
	err      error
}

func (s *stepScreen) read() tea.Cmd {
	d, id := s.session.Desk, s.line.Step.ID
	return s.works.counted(func() tea.Msg {
		out := stepRead{step: id}
		entry, found, err := d.Case.LatestPlan(id)
		if found && err == nil {
			out.plan = &actions.Plan{}
			err = json.Unmarshal(entry.Plan, out.plan)
		}
		more := error(nil)
		out.outcomes, more = d.Outcomes(id)
		out.err = errors.Join(err, more)
		return out
	})
}

func (s *stepScreen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case opened:
		s.open(msg)
		return s.read()
	case caseRead:
		return s.take(msg)
	case stepRead:
		s.took(msg)
	case jobSeen:
		s.jobSeen(msg)
	case worked:
		s.worked(msg)
	case ticked:
		s.pace = msg.pace
		s.drawWork()
	case settled:
		if msg.step == s.line.Step.ID {
			s.params = msg.params
			s.arrange()
		}
	case tea.KeyMsg:
		return s.key(msg)
	}
	return nil
}

// open takes over what the console knows of the step.
func (s *stepScreen) open(msg opened) {
	s.ledger, s.job = msg.ledger, msg.job
	known := msg.desks[s.line.Step.ID]
	s.report = known.report
	if known.params != nil {
		s.params = known.params
	}
}

// jobSeen turns to the progress when work on this step begins.
func (s *stepScreen) jobSeen(msg jobSeen) {
	before := s.mine()
	s.job, s.pace = msg.job, msg.pace
	if s.mine() && !before && s.job.changes() {
		s.trouble = clean.Text{}
		s.turn(tabWork)
	}
	s.drawWork()
}

// take finds its own line on a board that was read again.
func (s *stepScreen) take(msg caseRead) tea.Cmd {
	for _, line := range msg.lines {
		if line.Step.ID == s.line.Step.ID {
			s.line, s.ledger = line, msg.ledger
			return s.read()
		}
	}
	return nil
}

func (s *stepScreen) took(msg stepRead) {
	if msg.step != s.line.Step.ID {
		return
	}
	if msg.err != nil {
		s.trouble = sentence(msg.err)
	}
	s.plan, s.outcomes = msg.plan, msg.outcomes
	s.waits = s.plan != nil && !s.plan.Empty() && s.ledger.waits(msg.step)
	s.arrive()
	s.arrange()
}

// arrive turns, when the step is opened, to the page that matters.
func (s *stepScreen) arrive() {
	switch {
	case s.arrived:
	case s.mine() && s.job.changes(), s.interrupted():
		s.tab = tabWork
	case s.waits:
		s.tab = tabPlan
	}
	s.arrived = true
}

// worked takes the report of a job on this step and turns to the page that
// shows it.
func (s *stepScreen) worked(msg worked) {
	if msg.order.step != s.line.Step.ID {
		return
	}
	s.trouble = clean.Text{}
	if msg.report != nil {
		s.report = msg.report
	}
	switch {
	case msg.err != nil && msg.stopped:
		s.tell(plain, stoppedWords(msg.order.task))
	case msg.err != nil:
		s.trouble = sentence(msg.err)
	case msg.order.task == planning:
		s.turn(tabPlan)
	}
	s.arrange()
}

func stoppedWords(t task) clean.Text {
	if t == planning {
		return lit("Stopped, as you asked. Nothing was changed.")
	}
	return lit("Stopped, as you asked. What was begun has ended; c continues.")
}

func (s *stepScreen) turn(tab int) {
	s.tab = (tab + len(s.panes)) % len(s.panes)
	s.arrange()
}

// mine tells whether the job that runs is on this step.
func (s *stepScreen) mine() bool { return s.job != nil && s.job.step == s.line.Step.ID }

// changed tells whether the parameters are others than those of the plan.
func (s *stepScreen) changed() bool {
	return s.plan != nil && !maps.Equal(map[string]string(s.plan.Parameters), map[string]string(s.params))
}

func (s *stepScreen) findings() []actions.Finding {
	if s.report == nil {
		return nil
	}
	return s.report.Findings
}

// done are the outcomes: those of the report, which speak of changes, or what
// the journal has.
func (s *stepScreen) done() []actions.Outcome {
	if s.report != nil && len(s.report.Outcomes) >= len(s.outcomes) {
		return s.report.Outcomes
	}
	return s.outcomes
}

func (s *stepScreen) SetSize(w, h int) {
	if s.w == w && s.h == h {
		return
	}
	s.w, s.h = w, h
	s.arrange()
}

// arrange lays all pages out for the window.
func (s *stepScreen) arrange() {
	w, h := s.w, max(0, s.h-len(s.top()))
	if s.beside() {
		left := column(s.w)
		s.brief.SetSize(s.w-left-3, h)
		s.brief.set(rows(briefRows(s.line, s.params, s.brief.w)))
		w = left
	}
	for n := range s.panes {
		s.panes[n].SetSize(w, h)
	}
	s.panes[tabBrief].set(rows(briefRows(s.line, s.params, w)))
	s.panes[tabFindings].set(findingRows(s.findings(), s.report != nil, w))
	s.panes[tabPlan].set(planRows(s.plan, s.ledger.steps[s.line.Step.ID].planned, w))
	s.panes[tabUnseen].set(unseenRows(s.line.unseen, w))
	s.drawWork()
}

// drawWork lays out the page that changes while work is done.
func (s *stepScreen) drawWork() {
	p := &s.panes[tabWork]
	if s.mine() && s.job.changes() {
		p.set(newProgress(s.job, s.pace, s.session.Now(), p.w))
		return
	}
	p.set(outcomeRows(s.done(), p.w))
}

// beside tells whether the brief has a column of its own.
func (s *stepScreen) beside() bool { return s.w >= wide && s.tab != tabBrief }

func (s *stepScreen) View() string {
	var lines []string
	for _, r := range s.top() {
		lines = append(lines, r.draw(s.theme, s.w))
	}
	body := s.panes[s.tab].lines(s.theme)
	if s.beside() {
		body = beside(s.theme, body, s.brief.lines(s.theme), s.panes[s.tab].w)
	}
	return stack(append(lines, body...), s.h)
}

// top is what is always in sight: which step, how it stands, what to press.
func (s *stepScreen) top() []row {
	p := &page{w: s.w}
	state := s.line.stateSpans(s.job)
	p.add(ends(row{{title, clean.Show(s.line.Step.Number)}, {title, lit("  ")}, {title, clean.Show(s.line.Step.Title)}}, append(row{{plain, lit(" ")}}, state...), s.w))
	if s.h >= 8 {
		few(p, s.why, 2)
	}
	if s.h >= 5 {
		few(p, s.advice, max(1, min(3, s.h/6)))
	}
	if s.h >= 7 {
		p.add(s.tabs())
	}
	if s.h >= 14 {
		p.add(row{})
	}
	return p.rows
}

// few adds at most n lines of a paragraph.
func few(p *page, para func(*page), n int) {
	part := &page{w: p.w}
	para(part)
	p.add(part.rows[:min(n, len(part.rows))]...)
}

func (s *stepScreen) why(p *page) {
	switch {
	case s.trouble.String() != "":
		p.para(bad, s.trouble)
	case s.line.why() != (clean.Text{}) && !s.mine():
		p.para(plain, s.line.why())
	}
}

func (s *stepScreen) tabs() row {
	names := [5]clean.Text{lit("Brief"), counted("Findings", len(s.findings())), lit("Plan"), lit("Work"), counted("Not seen", len(s.line.unseen))}
	if s.plan != nil {
		names[tabPlan] = counted("Plan", len(s.plan.Changes))
	}
	if n := len(s.done()); n > 0 {
		names[tabWork] = counted("Work", n)
	}
	inks := [5]ink{}
	if s.alarming() {
		inks[tabFindings] = bad
	}
	var r row
	for n, name := range names {
		if n == s.tab {
			r = append(r, span{chosen, litf("[%d %s]", n+1, name)}, span{plain, lit(" ")})
			continue
		}
		r = append(r, span{press, litf(" %d ", n+1)}, span{inks[n], name}, span{plain, lit("  ")})
	}
	return r
}

// alarming tells whether a finding must not be missed.
func (s *stepScreen) alarming() bool {
	return slices.ContainsFunc(s.findings(), func(f actions.Finding) bool {
		return f.Severity == actions.Critical || f.Severity == actions.High
	})
}

func counted(name literal, n int) clean.Text {
	if n == 0 {
		return lit(name)
	}
	return clean.Show(fmt.Sprintf("%s (%d)", name, n))
}

// interrupted tells whether an agreed plan waits to be continued.
func (s *stepScreen) interrupted() bool { return s.line.Standing.Agreed != "" && !s.mine() }

func (s *stepScreen) ended() bool { return actions.Ended(s.line.Standing.State) }

func (s *stepScreen) state() store.State { return s.line.Standing.State }
