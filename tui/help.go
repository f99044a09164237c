package tui

import (
	tea "github.com/charmbracelet/bubbletea"
)

// helpScreen explains the keys and the words.
type helpScreen struct {
	room
	pane pane
}

func newHelp(r room) *helpScreen { return &helpScreen{room: r} }

func (h *helpScreen) Typing() bool  { return false }
func (h *helpScreen) Hints() []hint { return []hint{{keys.Down, "scroll"}, {keys.Back, "back"}} }
func (h *helpScreen) View() string  { return stack(h.pane.lines(h.theme), h.pane.h) }

func (h *helpScreen) SetSize(w, high int) {
	if w != h.pane.w || h.pane.sheet == nil {
		h.pane.set(rows(helpRows(w)))
	}
	h.pane.SetSize(w, high)
}

func (h *helpScreen) Update(msg tea.Msg) tea.Cmd {
	k, isKey := msg.(tea.KeyMsg)
	if !isKey || scroll(&h.pane, k) {
		return nil
	}
	if matches(k, keys.Back) {
		return h.back()
	}
	return nil
}

// meaning is a word or a key with what it means.
type meaning struct{ name, means literal }

var helpKeys = []meaning{
	{"up, down", "move; k and j do the same; g first, G last; space a page"},
	{"enter", "open what is chosen"},
	{"esc", "back"},
	{"!", "panic, from the board: countries, traffic, tokens and keys under one order, the shortest safe path; it shows what breaks and asks first. An order that was interrupted is gone on with."},
	{"J", "the journal: everything that was read, done and noted, in order"},
	{"E", "the evidence, record by record, from the board: f filters, / finds a text, a and t take the next account and kind, x shows all; enter shows a record and checks its proof"},
	{"T", "the timeline, from the board: what happened, in three lanes; tab takes the next lane, a the next account, / finds a text, x shows all, enter shows a line whole"},
	{"W", "the watch, from the board: the keys, users, tokens and countries that appeared since the case was opened and that no act of the case left, when, by whom and from where; enter shows the record and checks its proof"},
	{"R", "reach, from the board: which doors of the account still open, for when it is suspended or somebody rotated the token first, and what to do then"},
	{"C", "the coverage, from the board: what was asked for and what was not seen, which comes first"},
	{"X", "export, from the board: write the evidence bundle and check it"},
	{"p", "plan: Retake reads the account and shows what it would do. Nothing is changed."},
	{"a", "agree to the plan and carry it out; you confirm by typing"},
	{"c", "continue a plan that was agreed to and is not finished. Nothing is done twice."},
	{"s", "stop: nothing new is begun, what is in flight ends. c continues."},
	{"e", "change the parameters of a step before you plan"},
	{"A", "attest: put down that you did by hand what only a person can do"},
	{"m", "in the sweep: the matrix, how every place of every account stands; arrows choose, enter shows one whole"},
	{"A, on a step with a list", "the list first: who or what, and its checks. space ticks, n says that a check does not apply, + adds, i imports a CSV, x drops; enter attests the step once nothing is open"},
	{"P", "on the step of the passwords: a passphrase, made here and now, shown until the next key and kept nowhere"},
	{"N", "on auth-tokens, between the two plans of mode=graceful: a new token, shown until the next key; that is a hand-over and journaled"},
	{"K", "on a step that can use a further credential (SendGrid, GitHub, the organization, other Regions): give it, typed or pasted, unseen; it is kept in memory until you leave"},
	{"D", "on outside-help: what Twilio asks for, drafted from the case; nothing is sent"},
	{"i, D", "in a training: how it began; and the debrief, at any time"},
	{"1 to 5", "the pages of a step; tab goes to the next"},
	{"N unsigned", "in the first line: so many entries were not signed when the case was opened; they are signed when you leave"},
	{"q, ctrl+c", "leave. While work is running, the first time stops it and leaves when what is in flight has ended; ctrl+c again leaves at once."},
}

var helpStates = []meaning{
	{"- not started", "nothing was done yet"},
	{"> interrupted", "a plan was agreed to and is not finished: open the step, press c"},
	{"~ waiting", "it waits for you to agree to a plan, or for a proof to arrive"},
	{"! needs a person", "something went wrong or only you can do it: the step says what"},
	{"✓ proved", "done, and seen in the account afterwards"},
	{"? proved, N not seen", "proved as far as Retake can see; N places it cannot see: look there yourself"},
	{"= attested", "a person has put their word to it"},
	{"/ not applicable", "a person has said why it does not apply"},
	{"# blocked", "it cannot go on: the step says why"},
}

var helpOutcomes = []meaning{
	{"made", "done by Retake and proved"},
	{"was so already", "there was nothing left to do"},
	{"proof still to come", "done; continue later and it is looked at again"},
	{"somebody else moved it", "not done: it changed after the plan was read. Plan again and look."},
	{"refused", "the account said no: not done"},
	{"outcome unknown", "it may have been done; the reply was lost. Continue: Retake looks, it never sends again blindly."},
}

var helpLanes = []meaning{
	{"> us", "done or said with Retake, or an event that an act of ours left"},
	{"~ twilio", "Twilio by itself: alerts, and events whose source or actor it is"},
	{"* others", "everybody else: colleagues, keys, the intruder"},
	{"! others", "the same, from an address that a finding of triage names"},
}

func helpRows(w int) []row {
	p := &page{w: w}
	p.heading(lit("If money is burning"))
	p.para(plain, lit("Press ! on the board: one order stops everything. Or go step by step: open the one that the board calls Next, press p, read, press a. Then the next one."))
	p.para(plain, lit("Everything is journaled as it happens: if this terminal dies, open the case again."))
	glossary(p, glossaryPart{"Keys", helpKeys})
	glossary(p, glossaryPart{"How a step stands", helpStates})
	glossary(p, glossaryPart{"What became of a change", helpOutcomes})
	glossary(p, glossaryPart{"Whose doing it was", helpLanes})
	p.heading(lit("Exit status of the commands"))
	p.para(plain, lit("0 done; 1 failed; 2 wrong usage; 3 a person must decide or act; 4 an outcome is unknown."))
	return p.rows
}

// glossaryPart is a heading with its terms.
type glossaryPart struct {
	heading literal
	terms   []meaning
}

func glossary(p *page, g glossaryPart) {
	p.heading(lit(g.heading))
	for _, t := range g.terms {
		p.hang(rowOf(strong, lit(t.name)).pad(min(24, p.w/3+4)), plain, lit(t.means))
	}
}
