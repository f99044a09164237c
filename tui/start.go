package tui

import (
	"context"
	"io"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"retake/actions/clean"
)

// Choice is what the responder chose on the first screen.
type Choice struct {
	Kind string // "open", "new", "train"; "" if they left

	CasePath   string // open
	AccountSID string // new
	AuthToken  string // new; open: where the case has no token of its own yet
	Passphrase string // new, open
	Responder  string // "" leaves it to the environment
	Scenario   string // train
	LockedOut  bool   // new: though the account turns the token away
}

// CaseFile is a case that can be opened.
type CaseFile struct{ Path, Kind, Account, Changed string }

// Scenario is a training that can be begun.
type Scenario struct{ Name, Title, Summary string }

// Start is the first screen where there are neither credentials nor a case. note
// is what went wrong the last time, "" if nothing did.
func Start(ctx context.Context, cases []CaseFile, scenarios []Scenario, note string, in io.Reader, out io.Writer) (Choice, error) {
	s := newStart(newTheme(out), cases, scenarios, note)
	if err := present(ctx, s, in, out); err != nil {
		return Choice{}, err
	}
	return s.choice, nil
}

// start lists what can be worked on and asks what is needed for it.
type start struct {
	theme  *theme
	offers []offer
	note   clean.Text
	cursor int
	form   *form // nil: the list is shown
	pane   pane
	w, h   int
	choice Choice
}

// offer is a line of the list: what it is, and what is asked for it.
type offer struct {
	group literal
	text  clean.Text
	more  clean.Text
	form  func() *form
}

func newStart(th *theme, cases []CaseFile, scenarios []Scenario, note string) *start {
	s := &start{theme: th, note: clean.Show(note), w: 80, h: 24}
	for _, c := range cases {
		s.offers = append(s.offers, offer{"Open a case", clean.Showf("%s %s", c.Kind, c.Account), clean.Showf("changed %s, %s", c.Changed, c.Path), func() *form { return openForm(c) }})
	}
	s.offers = append(s.offers,
		offer{"New case", lit("An account was taken over: begin a case for it"), lit("needs the account SID and its Auth Token"), func() *form { return newForm(false) }},
		offer{"New case", lit("The account does not open any more: begin a case all the same"), lit("it is suspended, or somebody rotated the Auth Token first"), func() *form { return newForm(true) }})
	for _, t := range scenarios {
		s.offers = append(s.offers, offer{"Training (no network, no credentials)", clean.Show(t.Title), clean.Show(t.Summary), func() *form { return trainForm(t) }})
	}
	return s
}

// Init does nothing: the terminal tells its size by itself.
func (s *start) Init() tea.Cmd { return nil }

// Update takes a message.
func (s *start) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		s.w, s.h = msg.Width, msg.Height
	case tea.KeyMsg:
		for _, k := range singles(msg) {
			if cmd := s.key(k); cmd != nil {
				return s, cmd
			}
		}
	}
	return s, nil
}

func (s *start) key(k tea.KeyMsg) tea.Cmd {
	if matches(k, keys.Cut) {
		return tea.Quit
	}
	if s.form != nil {
		return s.fill(k)
	}
	switch {
	case matches(k, keys.Quit, keys.Back):
		return tea.Quit
	case matches(k, keys.Up):
		s.cursor = max(0, s.cursor-1)
	case matches(k, keys.Down):
		s.cursor = min(len(s.offers)-1, s.cursor+1)
	case matches(k, keys.Home):
		s.cursor = 0
	case matches(k, keys.End):
		s.cursor = len(s.offers) - 1
	case matches(k, keys.Enter):
		s.form, s.note = s.offers[s.cursor].form(), clean.Text{}
	}
	return nil
}

func (s *start) fill(k tea.KeyMsg) tea.Cmd {
	switch {
	case matches(k, keys.Back):
		s.form = nil
		return nil
	case matches(k, keys.Enter) && s.form.last():
		choice, wrong := s.form.answer()
		if s.form.wrong = wrong; wrong == (clean.Text{}) {
			s.choice = choice
			return tea.Quit
		}
		return nil
	}
	s.form.key(k)
	return nil
}

// View draws the list or the form, and the keys.
func (s *start) View() string {
	p := &page{w: s.w}
	head := row{{title, lit("Retake")}, {plain, lit(" takes a Twilio account back from whoever took it over")}}
	hints := row{{press, lit("enter")}, {plain, lit(" choose  ")}, {press, lit("up, down")}, {plain, lit(" move  ")}, {press, lit("q")}, {plain, lit(" leave")}}
	at := 0
	if s.form != nil {
		at = s.form.draw(p)
		hints = row{{press, lit("enter")}, {plain, lit(" next  ")}, {press, lit("up, down")}, {plain, lit(" field  ")}, {press, lit("esc")}, {plain, lit(" back  ")}, {press, lit("ctrl+c")}, {plain, lit(" leave")}}
	} else {
		at = s.list(p)
	}
	s.pane.SetSize(s.w, max(0, s.h-2))
	s.pane.set(rows(p.rows))
	s.pane.top = max(0, at-max(1, s.pane.h-4))
	s.pane.clamp()
	body := fit(strings.Join(s.pane.lines(s.theme), "\n"), max(0, s.h-2))
	all := append(append([]string{head.draw(s.theme, s.w)}, body...), hints.draw(s.theme, s.w))
	all = all[max(0, len(all)-s.h):]
	for n := range all {
		all[n] = ansi.Truncate(all[n], s.w, "")
	}
	return strings.Join(all, "\n")
}

// list sets the offers; it returns the line of the chosen one.
func (s *start) list(p *page) (at int) {
	if s.note != (clean.Text{}) {
		p.para(bad, s.note)
	}
	group := literal("")
	for n, o := range s.offers {
		if o.group != group {
			group = o.group
			p.heading(lit(group))
		}
		mark, i := lit("  "), plain
		if n == s.cursor {
			mark, i, at = lit("> "), chosen, len(p.rows)
		}
		p.add(row{{i, mark}, {i, o.text}})
		if n == s.cursor || s.h >= 20 {
			p.hang(rowOf(plain, lit("    ")), faint, o.more)
		}
	}
	return at
}
