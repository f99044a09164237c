package tui

import (
	"context"
	"io"
	"regexp"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"retake/actions/clean"
	"retake/store"
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
		offer{"New case", lit("An account was taken over: begin a case for it"), lit("needs the account SID and its Auth Token"), newForm})
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

// form asks for what an offer needs.
type form struct {
	heading   clean.Text
	questions []question
	cursor    int
	wrong     clean.Text
	choice    Choice
	put       func(*Choice, []string) clean.Text // fills in the answers, or says what is wrong
}

// question is a field with its name.
type question struct {
	name, hint literal
	field      field
}

func ask(name, hint literal, secret bool) question {
	return question{name, hint, field{secret: secret}}
}

func (f *form) last() bool { return f.cursor == len(f.questions)-1 }

func (f *form) key(k tea.KeyMsg) {
	switch {
	case matches(k, keys.FieldUp):
		f.cursor = max(0, f.cursor-1)
	case matches(k, keys.FieldDown, keys.Enter):
		f.cursor = min(len(f.questions)-1, f.cursor+1)
	default:
		f.wrong = clean.Text{}
		f.questions[f.cursor].field.type_(k)
	}
}

func (f *form) answer() (Choice, clean.Text) {
	var given []string
	for _, q := range f.questions {
		given = append(given, q.field.value())
	}
	choice := f.choice
	wrong := f.put(&choice, given)
	return choice, wrong
}

func (f *form) draw(p *page) (at int) {
	p.heading(f.heading)
	if f.wrong != (clean.Text{}) {
		p.para(bad, f.wrong)
	}
	for n, q := range f.questions {
		p.gap()
		mark, i := lit("  "), plain
		if n == f.cursor {
			mark, i, at = lit("> "), strong, len(p.rows)
		}
		lead := row{{i, mark}, {i, lit(q.name)}, {i, lit(": ")}}
		p.add(append(lead, q.field.row(n == f.cursor, p.w-lead.width())...))
		if q.hint != "" {
			p.hang(rowOf(plain, lit("    ")), faint, lit(q.hint))
		}
	}
	return at
}

var accountSID = regexp.MustCompile(`^AC[0-9a-f]{32}$`)

func newForm() *form {
	return &form{
		heading: lit("New case"), choice: Choice{Kind: "new"},
		questions: []question{
			ask("account SID", "of the main account: AC and 32 characters, on the first page of the Console", false),
			ask("Auth Token", "on the same page; it is not shown and not stored in the open", true),
			ask("your name", "it stands on every entry of the journal", false),
			ask("passphrase", "opens what the case seals, the new tokens among it: keep it where the next shift finds it", true),
			ask("passphrase again", "", true),
		},
		put: func(c *Choice, given []string) clean.Text {
			c.AccountSID, c.AuthToken, c.Responder, c.Passphrase = given[0], given[1], given[2], given[3]
			switch {
			case !accountSID.MatchString(c.AccountSID):
				return lit("The account SID is AC and 32 characters of 0-9 and a-f.")
			case c.AuthToken == "" || c.Responder == "" || c.Passphrase == "":
				return lit("The Auth Token, your name and the passphrase are all needed.")
			case c.Passphrase != given[4]:
				return lit("The passphrase was not typed the same twice.")
			}
			return clean.Text{}
		},
	}
}

func openForm(file CaseFile) *form {
	f := &form{heading: clean.Showf("Open the %s case of %s", file.Kind, file.Account), choice: Choice{Kind: "open", CasePath: file.Path}}
	if file.Kind == string(store.Training) {
		f.questions = []question{ask("your name", "empty: as before", false)}
		f.put = func(c *Choice, given []string) clean.Text { c.Responder = given[0]; return clean.Text{} }
		return f
	}
	f.questions = []question{
		ask("passphrase", "of the case", true),
		ask("Auth Token", "only if Retake has not rotated it yet; empty: the one that the case has sealed", true),
		ask("your name", "empty: as in the environment, or as before", false),
	}
	f.put = func(c *Choice, given []string) clean.Text {
		c.Passphrase, c.AuthToken, c.Responder = given[0], given[1], given[2]
		if c.Passphrase == "" {
			return lit("The passphrase is needed: without it nothing can be unsealed or signed.")
		}
		if accountSID.MatchString(file.Account) && c.AuthToken != "" {
			c.AccountSID = file.Account
		}
		return clean.Text{}
	}
	return f
}

func trainForm(t Scenario) *form {
	return &form{
		heading: clean.Showf("Training: %s", t.Title), choice: Choice{Kind: "train", Scenario: t.Name},
		questions: []question{ask("your name", "it stands on every entry of the journal", false)},
		put: func(c *Choice, given []string) clean.Text {
			c.Responder = given[0]
			if c.Responder == "" {
				return lit("Say who you are.")
			}
			return clean.Text{}
		},
	}
}
