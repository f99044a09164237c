package tui

import (
	"context"

	tea "github.com/charmbracelet/bubbletea"

	"retake/actions"
	"retake/actions/account"
	"retake/actions/clean"
	"retake/actions/passphrase"
)

// newTokens lists the accounts whose new token waits to be promoted. To show one
// is a hand-over, which the journal has before the token is on the screen.
type newTokens struct {
	room
	all    []actions.NewlyMade
	read   bool
	cursor int
	wrong  clean.Text
	busy   bool
	pane   pane
}

// tokensWaiting are the accounts; tokenGiven is one token, to be shown once.
type (
	tokensWaiting struct {
		all []actions.NewlyMade
		err error
	}
	tokenGiven struct {
		account string
		token   account.Secret
		err     error
	}
)

func (t *newTokens) Typing() bool { return false }

func (t *newTokens) Hints() []hint {
	if len(t.all) == 0 {
		return []hint{{keys.Back, "back"}}
	}
	return []hint{{keys.Enter, "show it once"}, {keys.Down, "next account"}, {keys.Back, "back"}}
}

func (t *newTokens) SetSize(w, h int) {
	t.pane.SetSize(w, h)
	t.pane.set(t.page())
}

func (t *newTokens) View() string { return stack(t.pane.lines(t.theme), t.pane.h) }

func (t *newTokens) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case opened:
		return t.list()
	case tokensWaiting:
		t.all, t.read = msg.all, true
		t.cursor = max(0, min(t.cursor, len(t.all)-1))
		if msg.err != nil {
			t.wrong = sentence(msg.err)
		}
	case tokenGiven:
		t.busy = false
		if msg.err != nil {
			t.wrong = sentence(msg.err)
			return nil
		}
		return tea.Batch(t.showToken(msg), t.list())
	case tea.KeyMsg:
		return t.key(msg)
	}
	return nil
}

func (t *newTokens) list() tea.Cmd {
	d := t.session.Desk
	return t.works.counted(func() tea.Msg {
		all, err := d.NewTokens()
		return tokensWaiting{all, err}
	})
}

func (t *newTokens) key(k tea.KeyMsg) tea.Cmd {
	switch {
	case matches(k, keys.Back):
		return t.back()
	case matches(k, keys.Enter):
		return t.demand()
	case matches(k, keys.Up):
		t.cursor = max(0, t.cursor-1)
	case matches(k, keys.Down):
		t.cursor = max(0, min(len(t.all)-1, t.cursor+1))
	}
	return nil
}

// demand asks for the token under the cursor.
func (t *newTokens) demand() tea.Cmd {
	if t.busy || t.cursor >= len(t.all) {
		return nil
	}
	t.busy, t.wrong = true, clean.Text{}
	d, sid := t.session.Desk, t.all[t.cursor].Account
	return t.works.counted(func() tea.Msg {
		token, err := d.NewToken(context.Background(), sid, "the console")
		return tokenGiven{sid, token, err}
	})
}

func (t *newTokens) showToken(g tokenGiven) tea.Cmd {
	return t.show(&once{
		room: t.room, title: clean.Showf("The new Auth Token of %s", g.account), value: clean.Show(g.token.Reveal()),
		below: []clean.Text{
			lit("It is not in force before it is promoted. Put it into the secret store of your programs; the next key hides it."),
			lit("That it was shown is in the journal, as a hand-over."),
		},
	})
}

func (t *newTokens) page() rows {
	p := &page{w: t.pane.w}
	p.heading(lit("New Auth Tokens that wait to be promoted"))
	if t.wrong.String() != "" {
		p.para(bad, t.wrong)
	}
	p.gap()
	if t.read && len(t.all) == 0 {
		p.para(plain, lit("None: plan auth-tokens with mode=graceful first."))
	}
	at := 0
	for n, a := range t.all {
		mark := rowOf(plain, lit("  "))
		if n == t.cursor {
			mark, at = rowOf(strong, lit("> ")), len(p.rows)
		}
		told := lit("not shown yet")
		if a.Shown {
			told = lit("handed over")
		}
		p.hang(mark, plain, clean.Showf("%s  %s", a.Account, told))
	}
	t.pane.top = max(0, at-max(1, t.pane.h-4))
	return p.rows
}

// newPhrase makes a passphrase and shows it once. It is in no journal.
func (s *stepScreen) newPhrase() tea.Cmd {
	made, err := passphrase.New(passphrase.Usual, nil)
	if err != nil {
		return s.tell(bad, sentence(err))
	}
	below := []clean.Text{lit("For one person, and kept nowhere: put it into a password manager now. The next key hides it.")}
	for _, line := range made.Explain() {
		below = append(below, clean.Show(line))
	}
	return s.show(&once{room: s.room, title: lit("A passphrase"), value: clean.Show(made.Text), below: below})
}

func (s *stepScreen) noPhrase() clean.Text {
	if s.line.Step.ID != "passwords" {
		return lit("a passphrase is made on the step of the passwords")
	}
	return clean.Text{}
}

func (s *stepScreen) noNewToken() clean.Text {
	if s.line.Step.ID != "auth-tokens" {
		return lit("new tokens are shown on the step auth-tokens")
	}
	if s.params["mode"] != "graceful" && s.line.Standing.Parameters["mode"] != "graceful" {
		return lit("no new token waits to be promoted: that is so with mode=graceful only")
	}
	return clean.Text{}
}
