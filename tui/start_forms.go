package tui

import (
	"regexp"

	tea "github.com/charmbracelet/bubbletea"

	"retake/actions/clean"
	"retake/store"
)

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
	name, hint clean.Text
	field      field
}

func ask(name, hint literal, secret bool) question {
	return question{lit(name), lit(hint), field{secret: secret}}
}

// draw sets the question with what was answered so far.
func (q *question) draw(p *page, focus bool) {
	mark, i := lit("  "), plain
	if focus {
		mark, i = lit("> "), strong
	}
	lead := row{{i, mark}, {i, q.name}, {i, lit(": ")}}
	p.add(append(lead, q.field.row(focus, p.w-lead.width())...))
	if q.hint != (clean.Text{}) {
		p.hang(rowOf(plain, lit("    ")), faint, q.hint)
	}
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
		f.questions[f.cursor].field.take(k)
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
	for n := range f.questions {
		p.gap()
		if n == f.cursor {
			at = len(p.rows)
		}
		f.questions[n].draw(p, n == f.cursor)
	}
	return at
}

var accountSID = regexp.MustCompile(`^AC[0-9a-f]{32}$`)

func newForm(lockedOut bool) *form {
	heading := lit("New case")
	if lockedOut {
		heading = lit("New case for an account that does not open")
	}
	return &form{
		heading: heading, choice: Choice{Kind: "new", LockedOut: lockedOut},
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
