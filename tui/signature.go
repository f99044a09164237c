package tui

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"retake/actions/clean"
)

// signature is an agreement: the last six characters of the account SID, typed.
// A paste is refused, since whoever pastes has not read.
type signature struct {
	account string
	typed   field
	wrong   clean.Text
}

// signedHow is how an agreement was confirmed, for the journal.
const signedHow = "typed the last six characters of the account SID in the console"

func (s *signature) take(k tea.KeyMsg) {
	if k.Paste {
		s.wrong = lit("A paste is not taken here: read the six characters in the first line and type them.")
		return
	}
	s.wrong = clean.Text{}
	s.typed.take(k)
}

// given tells whether the right characters were typed; if not it says so.
func (s *signature) given() bool {
	typed := s.typed.value()
	switch {
	case typed == "":
		s.wrong = lit("Nothing was typed. Nothing was done.")
	case !strings.EqualFold(typed, s.account[max(0, len(s.account)-6):]):
		s.wrong = litf("%q is not how %s ends. Nothing was done; type again.", typed, s.account)
		s.typed.clear()
	default:
		return true
	}
	return false
}

// question is what is asked; it stays in sight however low the window is.
func (s *signature) question(w, h int) []row {
	p := &page{w: w}
	if h >= 10 {
		p.add(row{})
	}
	if s.wrong.String() != "" {
		p.para(bad, s.wrong)
	}
	if h >= 5 {
		p.hang(nil, strong, litf("To agree, type the last six characters of %s, then enter. esc: go back.", s.account))
	}
	lead := row{{strong, lit("> ")}}
	p.add(append(lead, s.typed.row(true, w-2)...))
	return p.rows
}
