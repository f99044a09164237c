package tui

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	tea "github.com/charmbracelet/bubbletea"

	"retake/actions/clean"
	"retake/store"
)

// attest puts down a person's word that a step was done by hand.
type attest struct {
	room
	line   boardLine
	ticked []bool
	not    bool // the step does not apply
	note   field
	file   field
	cursor int // the checks, then not, note, file, the button
	wrong  clean.Text
	busy   bool
	pane   pane
}

func newAttest(r room, line boardLine) *attest {
	return &attest{room: r, line: line, ticked: make([]bool, len(line.Step.Checks))}
}

// attested is the end of filing an attestation.
type attested struct{ err error }

func (a *attest) Typing() bool { return true }

func (a *attest) atNot() int  { return len(a.ticked) }
func (a *attest) atNote() int { return len(a.ticked) + 1 }
func (a *attest) atFile() int { return len(a.ticked) + 2 }
func (a *attest) atSend() int { return len(a.ticked) + 3 }

func (a *attest) Hints() []hint {
	all := []hint{{keys.Enter, "next"}}
	switch {
	case a.cursor == a.atSend():
		all = []hint{{keys.Enter, "file it"}}
	case a.cursor <= a.atNot():
		all = []hint{{keys.Tick, "tick"}, {keys.Enter, "next"}}
	}
	if a.cursor != a.atSend() {
		all = append(all, hint{keys.File, "file it"})
	}
	return append(all, hint{keys.FieldUp, "before"}, hint{keys.Back, "leave it"})
}

func (a *attest) SetSize(w, h int) {
	a.pane.SetSize(w, h)
	a.pane.set(a.page())
}

func (a *attest) View() string { return stack(a.pane.lines(a.theme), a.pane.h) }

func (a *attest) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case attested:
		a.busy = false
		if msg.err == nil {
			return tea.Batch(a.back(), a.tell(good, litf("%s is attested; the journal has your word", a.line.Step.ID)))
		}
		a.wrong = sentence(msg.err)
	case tea.KeyMsg:
		return a.key(msg)
	}
	return nil
}

func (a *attest) key(k tea.KeyMsg) tea.Cmd {
	switch {
	case matches(k, keys.Back):
		return a.back()
	case matches(k, keys.File), matches(k, keys.Enter) && a.cursor == a.atSend():
		return a.send()
	case matches(k, keys.FieldUp):
		a.cursor = max(0, a.cursor-1)
	case matches(k, keys.FieldDown, keys.Enter):
		a.cursor = min(a.atSend(), a.cursor+1)
	case a.cursor == a.atNote():
		a.note.take(k)
	case a.cursor == a.atFile():
		a.file.take(k)
	case matches(k, keys.Tick) && a.cursor == a.atNot():
		a.not = !a.not
	case matches(k, keys.Tick) && a.cursor < a.atNot():
		a.ticked[a.cursor] = !a.ticked[a.cursor]
	}
	return nil
}

// send reads the file and files the attestation.
func (a *attest) send() tea.Cmd {
	a.wrong = clean.Text{}
	if a.busy {
		return nil
	}
	if a.note.value() == "" {
		a.wrong = lit("An attestation needs a note: what was done, by whom, when; or why it does not apply.")
		a.cursor = a.atNote()
		return nil
	}
	a.busy = true
	d, id, path := a.session.Desk, a.line.Step.ID, a.file.value()
	word := store.Attestation{Note: a.note.value(), NotApplicable: a.not, Checks: a.checks()}
	return a.works.counted(func() tea.Msg {
		err := attach(&word, path)
		if err == nil {
			err = d.Attest(id, word)
		}
		return attested{err}
	})
}

func (a *attest) checks() []string {
	var all []string
	for n, yes := range a.ticked {
		if yes {
			all = append(all, a.line.Step.Checks[n].ID)
		}
	}
	return all
}

// attach reads the file at path into an attestation; no path, no file.
func attach(a *store.Attestation, path string) (err error) {
	if path == "" {
		return nil
	}
	if path, err = homed(path); err != nil {
		return err
	}
	a.FileName = filepath.Base(path)
	a.File, err = contents(path)
	if err != nil {
		return store.WithHint(fmt.Errorf("cannot attach the file: %w", err), "check the path, or leave it empty; nothing was filed")
	}
	return nil
}

// contents reads a plain file that is not too large to be attached.
func contents(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a plain file", path)
	}
	if info.Size() > store.MaxFile {
		return nil, fmt.Errorf("%s has %d MiB, at most %d can be attached", path, info.Size()>>20, store.MaxFile>>20)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, store.MaxFile+1))
}

// page lays the form out; what the cursor is on stays in sight.
func (a *attest) page() rows {
	p := &page{w: a.pane.w}
	p.heading(clean.Showf("Attest: %s", a.line.Step.Title))
	if a.wrong.String() != "" {
		p.para(bad, a.wrong)
	} else if a.line.Standing.State == store.Proved {
		p.para(warn, lit("This step is proved. Your word takes the place of the proof on the board; both stay in the journal."))
	}
	p.gap()
	at := make([]int, 0, a.atSend()+1)
	mark := func(n int) row {
		at = append(at, len(p.rows))
		if n == a.cursor {
			return rowOf(strong, lit("> "))
		}
		return rowOf(plain, lit("  "))
	}
	for n, c := range a.line.Step.Checks {
		p.hang(append(mark(n), span{strong, box(a.ticked[n])}), plain, clean.Show(c.Text))
	}
	p.hang(append(mark(a.atNot()), span{strong, box(a.not)}), plain, lit("This step does not apply here (the note says why)"))
	p.gap()
	a.asked(p, mark(a.atNote()), "note (required): ", &a.note, a.cursor == a.atNote())
	a.asked(p, mark(a.atFile()), "file (optional): ", &a.file, a.cursor == a.atFile())
	p.gap()
	i := plain
	if a.cursor == a.atSend() {
		i = chosen
	}
	p.add(append(mark(a.atSend()), span{i, lit("[ File this attestation ]")}))
	a.pane.top = max(0, at[a.cursor]-max(1, a.pane.h-4))
	return p.rows
}

func (a *attest) asked(p *page, mark row, name literal, f *field, focus bool) {
	lead := append(mark, span{faint, lit(name)})
	if p.w < 40 {
		p.add(lead)
		lead = rowOf(plain, lit("    "))
	}
	p.add(append(lead, f.row(focus, p.w-lead.width())...))
}

func box(yes bool) clean.Text {
	if yes {
		return lit("[x] ")
	}
	return lit("[ ] ")
}
