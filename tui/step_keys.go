package tui

import (
	"slices"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"retake/actions"
	"retake/actions/clean"
	"retake/store"
)

// deed is something that a key of the step screen begins; it says why it cannot
// be begun now.
type deed struct {
	key    key.Binding
	does   literal
	barred func(*stepScreen) clean.Text // "" if it may be begun
	begin  func(*stepScreen) tea.Cmd
}

// deeds in the order of the footer.
var deeds = []deed{
	{keys.Continue, "continue", (*stepScreen).noContinue, func(s *stepScreen) tea.Cmd { return s.work(order{task: continuing}) }},
	{keys.Agree, "agree & apply", (*stepScreen).noAgree, func(s *stepScreen) tea.Cmd { return s.show(newConfirm(s.room, s.line.Step, s.plan)) }},
	{keys.Plan, "plan", (*stepScreen).noPlan, func(s *stepScreen) tea.Cmd { return s.work(order{task: planning, params: s.params}) }},
	{keys.Attest, "attest", (*stepScreen).noAttest, (*stepScreen).attest},
	{keys.NewToken, "show a new token", (*stepScreen).noNewToken, func(s *stepScreen) tea.Cmd { return s.show(&newTokens{room: s.room}) }},
	{keys.Draft, "draft the letter", (*stepScreen).noDraft, func(s *stepScreen) tea.Cmd { return s.show(&draftScreen{room: s.room}) }},
	{keys.Give, givesWhat, (*stepScreen).noGive, func(s *stepScreen) tea.Cmd { return s.show(newGive(s.room, s.line.Step)) }},
	{keys.Passphrase, "passphrase", (*stepScreen).noPhrase, (*stepScreen).newPhrase},
	{keys.Edit, "parameters", (*stepScreen).noEdit, func(s *stepScreen) tea.Cmd { return s.show(newParams(s.room, s.line.Step, s.params)) }},
}

// attest opens the list of a step that goes through one, else the form.
func (s *stepScreen) attest() tea.Cmd {
	if s.line.Step.Each != nil {
		return s.show(newRoster(s.room, s.line))
	}
	return s.show(newAttest(s.room, s.line))
}

func (s *stepScreen) Hints() []hint {
	var all []hint
	for _, d := range deeds {
		if d.barred(s) != (clean.Text{}) {
			continue
		}
		if d.does == givesWhat && len(s.lacking()) == 0 {
			d.does = "another credential" // one may have been turned away
		}
		all = append(all, hint{d.key, d.does})
	}
	if s.panes[s.tab].overflows() {
		all = append(all, hint{keys.Down, "scroll"})
	}
	if s.sweeps() {
		all = append(all, hint{keys.Matrix, "matrix"})
	}
	return append(all, hint{keys.Next, "next page"}, hint{keys.Back, "back"})
}

// sweeps tells whether the step has a matrix.
func (s *stepScreen) sweeps() bool { return s.line.Step.ID == "sweep" }

func (s *stepScreen) key(k tea.KeyMsg) tea.Cmd {
	for _, d := range deeds {
		if !matches(k, d.key) {
			continue
		}
		if why := d.barred(s); why != (clean.Text{}) {
			return s.tell(warn, why)
		}
		return d.begin(s)
	}
	for n, b := range keys.Tabs {
		if matches(k, b) {
			s.turn(n)
			return nil
		}
	}
	switch {
	case matches(k, keys.Next):
		s.turn(s.tab + 1)
	case matches(k, keys.Previous):
		s.turn(s.tab - 1)
	case matches(k, keys.Back):
		return s.back()
	case matches(k, keys.Journal):
		return s.show(newJournal(s.room))
	case matches(k, keys.Matrix) && s.sweeps():
		return s.show(newMatrix(s.room))
	default:
		scroll(&s.panes[s.tab], k)
	}
	return nil
}

// work asks for a job on this step and shows its progress.
func (s *stepScreen) work(o order) tea.Cmd {
	o.step = s.line.Step.ID
	s.trouble = clean.Text{}
	return s.say(o)
}

func (s *stepScreen) busy() clean.Text {
	if s.job == nil {
		return clean.Text{}
	}
	if s.mine() {
		return lit("this step is being worked on: wait, or stop it with s")
	}
	return litf("%s is being worked on: wait for it, or stop it with s", s.job.step)
}

func (s *stepScreen) byHand() clean.Text {
	if s.line.Step.Work == nil {
		return lit("Retake cannot do this step: do it by hand (page 1 says how and where), then press A")
	}
	return s.busy()
}

func (s *stepScreen) noPlan() clean.Text { return s.byHand() }

func (s *stepScreen) noAgree() clean.Text {
	switch why := s.byHand(); {
	case why != clean.Text{}:
		return why
	case s.plan == nil:
		return lit("there is no plan to agree to: press p")
	case s.plan.Empty():
		return lit("the plan is empty, nothing is left to do; p reads the account again")
	case s.interrupted() && !s.waits:
		return lit("this plan was agreed to and is not finished: press c to continue it")
	case !s.waits:
		return lit("this plan was carried out already: press p to see what is left")
	case s.given:
		return lit("a credential was given after this plan was made: press p to plan again")
	case s.changed():
		return lit("the parameters were changed after this plan was made: press p to plan again")
	}
	return clean.Text{}
}

func (s *stepScreen) noContinue() clean.Text {
	switch why := s.byHand(); {
	case why != clean.Text{}:
		return why
	case s.line.Standing.Agreed == "":
		return lit("no agreed plan is waiting to be continued")
	}
	return clean.Text{}
}

func (s *stepScreen) noAttest() clean.Text {
	switch why := s.busy(); {
	case why != clean.Text{}:
		return why
	case s.line.Standing.Agreed != "":
		return lit("an agreed plan of this step is not finished: continue it first with c")
	}
	return clean.Text{}
}

func (s *stepScreen) noEdit() clean.Text {
	if len(s.line.Step.Parameters) == 0 {
		return lit("this step has no parameters")
	}
	return s.busy()
}

// advice says what to press now, in a sentence.
func (s *stepScreen) advice(p *page) {
	mark := rowOf(strong, lit("» "))
	i, text := s.advise()
	p.hang(mark, i, text)
}

func (s *stepScreen) advise() (ink, clean.Text) {
	switch {
	case s.mine() && s.job.stopping:
		return warn, lit("Stopping: nothing new is begun, what is in flight ends.")
	case s.mine() && !s.job.changes():
		return warn, lit("Reading the account. Nothing is changed. s stops.")
	case s.mine():
		return warn, lit("Carrying out what was agreed to. s stops after what is in flight.")
	case s.interrupted():
		return strong, lit("An agreed plan is not finished. Press c to continue it: nothing is done twice.")
	case s.given && s.line.Step.Work != nil:
		return strong, lit("A credential was given: press p, and Retake reads what it could not read before.")
	case s.waits && s.changed():
		return strong, lit("The parameters were changed: press p to plan again.")
	case s.waits:
		return strong, lit("Read the plan (3), then press a to agree to it and carry it out.")
	case s.line.Step.Work == nil && !s.ended():
		return strong, lit("You do this one: read below what and where, then press A to attest it.")
	}
	return s.adviseByState()
}

func (s *stepScreen) adviseByState() (ink, clean.Text) {
	if need := s.blind(); need != "" && !s.ended() {
		return strong, clean.Showf("Without %s Retake sees nothing here: press K to give it, then p. Or do it by hand (page 1), then A.", need)
	}
	switch s.state() {
	case store.NotStarted:
		return strong, lit("Press p: Retake reads the account and shows what it would do. Nothing is changed.")
	case store.Proved:
		if s.line.inPart() {
			return strong, lit("Done as far as Retake can see. Page 5 says what it cannot see: look there yourself.")
		}
		return good, lit("Done and proved. p reads the account again. esc goes back.")
	case store.Attested, store.NotApplicable:
		return good, lit("A person has answered for it. esc goes back.")
	}
	if len(s.done()) == 0 && len(s.findings()) > 0 {
		return strong, lit("Read the findings (2): you have to judge them. Then A files what you found; p reads the account again.")
	}
	if s.state() == store.NeedsPerson && s.allMade() {
		return strong, lit("What was agreed to is done, and the rest waits for you: do what is said above, then press p for the next plan.")
	}
	return strong, lit("Look at page 4 for what went wrong. p reads the account again and plans what is left.")
}

// allMade tells whether there are outcomes and none of them went wrong.
func (s *stepScreen) allMade() bool {
	all := s.done()
	return len(all) > 0 && !slices.ContainsFunc(all, func(o actions.Outcome) bool {
		return o.Outcome != store.Made && o.Outcome != store.Already
	})
}
