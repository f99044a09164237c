package tui

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"retake/actions/clean"
)

// signature is an agreement: the last six characters of the account SID, typed;
// for a plan that contacts hosts, the name of each, as the word that it is one's
// own. A paste is refused, since whoever pastes has not read.
type signature struct {
	account string
	hosts   []string // to be typed instead, one after the other
	done    int      // how many of them were typed
	typed   field
	wrong   clean.Text
}

// signedHow is how an agreement was confirmed, for the journal.
const signedHow = "typed the last six characters of the account SID in the console"

// how is how this one was confirmed.
func (s *signature) how() string {
	if len(s.hosts) == 0 {
		return signedHow
	}
	return "typed in the console, as hosts of their own: " + strings.Join(s.hosts, ", ")
}

func (s *signature) take(k tea.KeyMsg) {
	if k.Paste {
		s.wrong = lit("A paste is not taken here: read the six characters in the first line and type them.")
		if len(s.hosts) > 0 {
			s.wrong = lit("A paste is not taken here: read the name and type it.")
		}
		return
	}
	s.wrong = clean.Text{}
	s.typed.take(k)
}

// given tells whether the right characters were typed; if not it says so.
func (s *signature) given() bool {
	typed := s.typed.value()
	switch {
	case len(s.hosts) > 0:
		return s.hostGiven(strings.TrimSpace(typed))
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

// hostGiven takes the name of the next host, and tells whether it was the last.
func (s *signature) hostGiven(typed string) bool {
	want := s.hosts[s.done]
	s.typed.clear()
	switch {
	case typed == "":
		s.wrong = lit("Nothing was typed. Nothing was done.")
	case !strings.EqualFold(typed, want):
		s.wrong = litf("%q is not %s. Nothing was contacted; type again.", typed, want)
	default:
		s.done++
	}
	if s.done < len(s.hosts) {
		return false
	}
	s.done = 0
	return true
}

// asks says what is to be typed.
func (s *signature) asks() clean.Text {
	switch {
	case len(s.hosts) == 0:
		return litf("To agree, type the last six characters of %s, then enter. esc: go back.", s.account)
	case len(s.hosts) == 1:
		return litf("Is %s yours? Then type its name, then enter. esc: go back, nothing is contacted.", s.hosts[0])
	}
	return litf("Is %s yours (%d of %d)? Then type its name, then enter. esc: go back, nothing is contacted.", s.hosts[s.done], s.done+1, len(s.hosts))
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
		p.hang(nil, strong, s.asks())
	}
	lead := row{{strong, lit("> ")}}
	p.add(append(lead, s.typed.row(true, w-2)...))
	return p.rows
}
