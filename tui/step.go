package tui

import (
	"encoding/json"
	"errors"
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
	given    bool            // a credential was given since the latest plan
	job      *jobView
	pace     account.Pace

	tab     int
	arrived bool // the first page was chosen
	panes   [5]pane
	laid    laid
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
	case gave:
		if slices.Contains(msg.steps, s.line.Step.ID) {
			s.given = true
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
	s.report, s.given = known.report, known.given
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
		s.given = s.given && msg.order.task != planning
	}
	// The case is read again soon; what is shown until then has to fit together, too.
	if s.waits = false; msg.order.task == planning && msg.err == nil {
		s.plan = msg.report.Plan
		s.waits = s.plan != nil && !s.plan.Empty()
	}
	switch {
	case msg.err != nil && msg.stopped:
		s.tell(plain, stoppedWords(msg.order.task))
	case msg.err != nil:
		s.trouble = sentence(msg.err)
	case msg.order.task == planning && msg.report.State == store.NeedsPerson && len(msg.report.Findings) > 0:
		s.turn(tabFindings) // nothing to agree to: what was found is the result
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
		return s.line.findings // of earlier runs
	}
	return s.report.Findings
}

// earlier are what the latest reading did not find any more.
func (s *stepScreen) earlier() []actions.Finding {
	now := s.findings()
	return slices.DeleteFunc(slices.Clone(s.line.earlier), func(f actions.Finding) bool {
		return slices.ContainsFunc(now, func(g actions.Finding) bool { return g.ID == f.ID })
	})
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

// interrupted tells whether an agreed plan waits to be continued.
func (s *stepScreen) interrupted() bool { return s.line.Standing.Agreed != "" && !s.mine() }

func (s *stepScreen) ended() bool { return actions.Ended(s.line.Standing.State) }

func (s *stepScreen) state() store.State { return s.line.Standing.State }
