package tui

import (
	"errors"
	"fmt"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"retake/actions"
	"retake/actions/clean"
	"retake/store"
)

// rosterScreen is a table of those whom a step goes through and of their checks,
// ticked by keys. Each tick is filed at once.
type rosterScreen struct {
	room
	line boardLine
	all  []actions.Listed

	at, column int // the cursor
	top        int // the first that is in sight
	ask        asking
	field      field
	wrong      clean.Text
	busy, read bool
	waiting    []tea.KeyMsg // typed while something is filed
	w, h       int
}

// asking is what the line at the bottom asks for.
type asking int

const (
	nothing asking = iota
	askAdd
	askImport
	askDrop
	askNot
)

func newRoster(r room, line boardLine) *rosterScreen { return &rosterScreen{room: r, line: line} }

// rosterRead is a list as the case has it, after something was filed or not.
type rosterRead struct {
	step string
	all  []actions.Listed
	said clean.Text // what was done, "" for nothing
	err  error
}

// Typing is true while something is asked for, or may be once the keys that wait
// are taken.
func (r *rosterScreen) Typing() bool { return r.ask != nothing || len(r.waiting) > 0 }

func (r *rosterScreen) Hints() []hint {
	if r.ask != nothing {
		return []hint{{keys.Enter, "file it"}, {keys.Back, "leave it"}, {keys.EraseAll, "empty"}}
	}
	all := []hint{{keys.Enter, "attest the step"}}
	if len(r.all) > 0 {
		all = []hint{{keys.Tick, "tick"}, {keys.NotHere, "does not apply"}, {keys.Next, "next check"}, {keys.Enter, "attest the step"}, {keys.Drop, "drop"}}
	}
	return append(all, hint{keys.Add, "add"}, hint{keys.Import, "import"}, hint{keys.Back, "back"})
}

func (r *rosterScreen) SetSize(w, h int) { r.w, r.h = w, h }

func (r *rosterScreen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case opened:
		return r.file(clean.Text{}, nil)
	case caseRead:
		for _, line := range msg.lines {
			if line.Step.ID == r.line.Step.ID {
				r.line = line
			}
		}
	case rosterRead:
		r.took(msg)
		return r.catchUp()
	case tea.KeyMsg:
		r.waiting = append(r.waiting, msg)
		return r.catchUp()
	}
	return nil
}

// catchUp takes the keys that were typed, in their order: what one of them means
// may hang on what the one before it files.
func (r *rosterScreen) catchUp() tea.Cmd {
	var cmds []tea.Cmd
	for !r.busy && len(r.waiting) > 0 {
		k := r.waiting[0]
		r.waiting = r.waiting[1:]
		if r.ask != nothing {
			cmds = append(cmds, r.answer(k))
		} else {
			cmds = append(cmds, r.key(k))
		}
	}
	return tea.Batch(cmds...)
}

// took takes a list that was read. What was not filed is said; what was typed
// stays then.
func (r *rosterScreen) took(msg rosterRead) {
	if msg.step != r.line.Step.ID {
		return
	}
	r.busy, r.wrong = false, clean.Text{}
	if msg.err != nil {
		r.wrong = sentence(msg.err)
		return
	}
	if msg.said != (clean.Text{}) {
		r.tell(good, msg.said)
	}
	r.all, r.read, r.ask = msg.all, true, nothing
	r.at = max(0, min(r.at, len(r.all)-1))
	r.column = max(0, min(r.column, len(r.checks())-1))
}

// file does something and reads the list again.
func (r *rosterScreen) file(said clean.Text, do func(*actions.Desk) error) tea.Cmd {
	if r.busy {
		return nil
	}
	r.busy = true
	d, id := r.session.Desk, r.line.Step.ID
	return r.works.counted(func() tea.Msg {
		out := rosterRead{step: id, said: said}
		if do != nil {
			out.err = do(d)
		}
		all, err := d.Roster(id)
		out.all, out.err = all, errors.Join(out.err, err)
		return out
	})
}

// checks are those of the list on which the cursor stands.
func (r *rosterScreen) checks() []actions.Check {
	if r.at < len(r.all) {
		return r.line.Step.List(r.all[r.at].Kind).Checks
	}
	return nil
}

func (r *rosterScreen) key(k tea.KeyMsg) tea.Cmd {
	n := max(1, len(r.checks()))
	switch {
	case matches(k, keys.Back):
		return r.back()
	case matches(k, keys.Enter):
		return r.attest()
	case matches(k, keys.Tick):
		return r.tick()
	case matches(k, keys.NotHere) && len(r.all) > 0:
		r.begin(askNot)
	case matches(k, keys.Add):
		r.begin(askAdd)
	case matches(k, keys.Import):
		r.begin(askImport)
	case matches(k, keys.Drop) && len(r.all) > 0:
		r.begin(askDrop)
	case matches(k, keys.Next):
		r.column = (r.column + 1) % n
	case matches(k, keys.Previous):
		r.column = (r.column + n - 1) % n
	default:
		r.move(k)
	}
	return nil
}

func (r *rosterScreen) move(k tea.KeyMsg) {
	by, _ := strides(k, len(r.all), r.h-5)
	r.at = max(0, min(r.at+by, len(r.all)-1))
	r.column = max(0, min(r.column, len(r.checks())-1))
}

func (r *rosterScreen) begin(a asking) {
	r.ask, r.wrong = a, clean.Text{}
	r.field.clear()
}

// attest opens the form for the whole step.
func (r *rosterScreen) attest() tea.Cmd { return r.show(newAttest(r.room, r.line)) }

// tick turns the check under the cursor over.
func (r *rosterScreen) tick() tea.Cmd {
	if r.at >= len(r.all) {
		return r.tell(warn, lit("nobody and nothing is on the list: + adds, i imports a CSV"))
	}
	answer := store.AnswerDone
	if r.all[r.at].Answer(r.checks()[r.column].ID) != store.AnswerOpen {
		answer = store.AnswerOpen
	}
	return r.mark(answer, "")
}

func (r *rosterScreen) mark(answer store.Answer, note string) tea.Cmd {
	id, who, check := r.line.Step.ID, r.all[r.at].Name, r.checks()[r.column].ID
	return r.file(clean.Text{}, func(d *actions.Desk) error {
		return d.MarkSubject(id, who, []string{check}, answer, note)
	})
}

// answer takes a key while something is asked for.
func (r *rosterScreen) answer(k tea.KeyMsg) tea.Cmd {
	switch {
	case matches(k, keys.Back):
		r.ask, r.wrong = nothing, clean.Text{}
	case matches(k, keys.Enter):
		return r.send()
	default:
		r.field.take(k)
	}
	return nil
}

// send does what was asked for.
func (r *rosterScreen) send() tea.Cmd {
	text := r.field.value()
	if text == "" {
		r.wrong = lit("It is empty: type it, or leave it with esc.")
		return nil
	}
	switch r.ask {
	case askAdd:
		s := subjectOf(r.kind(), text)
		return r.file(clean.Showf("%s is on the list", s.Name), func(d *actions.Desk) error { return d.AddSubjects(s) })
	case askImport:
		return r.importFile(text)
	case askDrop:
		l := r.all[r.at]
		return r.file(clean.Showf("%s is off the list; what was marked stays in the journal", l.Name), func(d *actions.Desk) error { return d.DropSubject(l.Kind, l.Name, text) })
	}
	return r.mark(store.AnswerNotApplicable, text)
}

// kind is that of the list on which the cursor stands.
func (r *rosterScreen) kind() string {
	if r.at < len(r.all) {
		return r.all[r.at].Kind
	}
	return r.line.Step.Each.Kind
}

func (r *rosterScreen) importFile(path string) tea.Cmd {
	kind := r.line.Step.Each.Kind
	return r.file(lit("the list was imported"), func(d *actions.Desk) error {
		path, err := homed(path)
		if err != nil {
			return err
		}
		file, err := contents(path)
		if err != nil {
			return store.WithHint(fmt.Errorf("cannot import the file: %w", err), "check the path; nothing was put on the list")
		}
		_, err = d.Import(kind, file)
		return err
	})
}

// subjectOf reads what was typed: a name, and behind a comma an address.
func subjectOf(kind, text string) store.Subject {
	s := store.Subject{Kind: kind, Name: text, Facts: map[string]string{}}
	if i := strings.LastIndexByte(text, ','); i > 0 && strings.Contains(text[i:], "@") {
		s.Name, s.Facts["email"] = strings.TrimSpace(text[:i]), strings.TrimSpace(text[i+1:])
	}
	return s
}

// open counts who is not done.
func (r *rosterScreen) open() int {
	done, of := r.line.Step.Progressed(r.all)
	return of - done
}
