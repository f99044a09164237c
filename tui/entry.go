package tui

import (
	"bytes"
	"encoding/json"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"retake/actions/clean"
	"retake/store"
)

// entryScreen shows one entry of the custody log as it is stored, and with an
// exhibit the masked reply.
type entryScreen struct {
	room
	entry store.Entry
	pane  pane
}

// entryRead is an entry laid out for a width.
type entryRead struct {
	n    int64
	w    int
	rows rows
}

func newEntry(r room, e store.Entry) *entryScreen { return &entryScreen{room: r, entry: e} }

func (s *entryScreen) Typing() bool  { return false }
func (s *entryScreen) Hints() []hint { return []hint{{keys.Down, "scroll"}, {keys.Back, "back"}} }
func (s *entryScreen) View() string  { return stack(s.pane.lines(s.theme), s.pane.h) }

func (s *entryScreen) SetSize(w, h int) { s.pane.SetSize(w, h) }

func (s *entryScreen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case opened, tea.WindowSizeMsg:
		return s.read()
	case entryRead:
		if msg.n == s.entry.N {
			s.pane.set(msg.rows)
			if msg.w != s.pane.w {
				return s.read() // the window changed meanwhile
			}
		}
	case tea.KeyMsg:
		if matches(msg, keys.Back) {
			return s.back()
		}
		scroll(&s.pane, msg)
	}
	return nil
}

func (s *entryScreen) read() tea.Cmd {
	c, e, w := s.session.Case, s.entry, s.pane.w
	return s.works.counted(func() tea.Msg { return entryRead{e.N, w, entryRows(c, e, w)} })
}

func entryRows(c *store.Case, e store.Entry, w int) rows {
	p := &page{w: w}
	p.add(row{{title, litf("Entry %d: ", e.N)}, {title, clean.Show(string(e.Kind))}})
	p.add(row{{faint, lit("at ")}, {plain, clean.Show(e.At.UTC().Format("2006-01-02 15:04:05 UTC"))}, {faint, lit(" by ")}, {plain, clean.Show(e.By)}, {faint, lit(" step ")}, {plain, clean.Show(e.Step)}})
	p.gap()
	source(p, e.Body)
	if e.Kind != store.KindExhibit {
		return p.rows
	}
	p.heading(lit("The reply, masked"))
	body, err := c.ExhibitBody(e.N)
	if err != nil {
		p.para(bad, sentence(err))
		return p.rows
	}
	source(p, body)
	return p.rows
}

// source sets JSON line by line, or any other text as it is.
func source(p *page, text []byte) {
	if len(text) == 0 {
		p.para(faint, lit("(empty)"))
		return
	}
	var b bytes.Buffer
	if json.Indent(&b, text, "", "  ") == nil {
		text = b.Bytes()
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		trimmed := strings.TrimLeft(line, " ")
		p.whole(rowOf(plain, clean.Show(line[:min(len(line)-len(trimmed), p.w/2)])), plain, clean.Show(trimmed))
	}
}
