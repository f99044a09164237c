package tui

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"retake/actions/clean"
	"retake/actions/report"
	"retake/store"
)

// export writes the evidence bundle in the background, and checks what it wrote.
// Others may go on filing meanwhile: the bundle ends with the newest signature.
type export struct {
	room
	file  field
	run   *exporting // nil: none is running
	stage exportStage
	done  *exported
	wrong clean.Text
	pane  pane
}

// exportStage is how far an export has come: the members that are written.
type exportStage struct {
	done, total int
	verifying   bool
}

// exported is the end of an export; report is nil where nothing was verified.
type exported struct {
	of     *export
	path   string
	bundle store.Exported
	report *store.Report
	err    error
}

// staged is news of an export.
type staged struct {
	of    *export
	stage exportStage
}

// exporting is an export that runs.
type exporting struct {
	cancel   context.CancelFunc
	stopping bool
	news     chan exportStage // holds the latest only
	end      chan tea.Msg
}

func newExport(r room) *export {
	sid := r.session.Case.Header.Account
	name := fmt.Sprintf("retake-%s-%s.zip", sid[max(0, len(sid)-6):], r.session.Now().UTC().Format("20060102T150405Z"))
	return &export{room: r, file: newField(name)}
}

// Typing keeps the keys here while the name is typed and while it runs, so that
// s stops the export and nothing else.
func (x *export) Typing() bool { return x.done == nil }

func (x *export) Hints() []hint {
	switch {
	case x.done != nil:
		return []hint{{keys.Down, "scroll"}, {keys.Back, "back"}}
	case x.stage.verifying:
		return nil
	case x.run != nil:
		return []hint{{keys.Stop, "stop"}, {keys.Back, "stop"}}
	}
	return []hint{{keys.Enter, "write it"}, {keys.EraseAll, "empty the name"}, {keys.Back, "leave it"}}
}

func (x *export) SetSize(w, h int) {
	x.pane.SetSize(w, h)
	x.pane.set(x.page())
}

func (x *export) View() string { return stack(x.pane.lines(x.theme), x.pane.h) }

func (x *export) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case staged:
		if msg.of == x && x.run != nil {
			x.stage = msg.stage
			return x.listen()
		}
	case exported:
		if msg.of == x {
			x.take(msg)
		}
	case tea.KeyMsg:
		return x.key(msg)
	}
	return nil
}

func (x *export) key(k tea.KeyMsg) tea.Cmd {
	switch {
	case x.run != nil:
		if matches(k, keys.Back, keys.Stop) && !x.stage.verifying {
			x.run.stopping = true
			x.run.cancel()
		}
	case matches(k, keys.Back):
		return x.back()
	case x.done != nil:
		scroll(&x.pane, k)
	case matches(k, keys.Enter):
		return x.begin()
	default:
		x.file.take(k)
	}
	return nil
}

// take shows how an export ended. One that was stopped or failed leaves the form
// as it was.
func (x *export) take(msg exported) {
	stopped := x.run != nil && x.run.stopping
	x.run, x.stage = nil, exportStage{}
	switch {
	case msg.err == nil || msg.report != nil:
		x.done = &msg
	case stopped && errors.Is(msg.err, context.Canceled):
		x.wrong = lit("Stopped: no file is left.")
	case errors.Is(msg.err, store.ErrExists):
		x.wrong = lit("There is a file of that name already: choose another one. Nothing was written.")
	default:
		x.wrong = clean.Show(msg.err.Error())
	}
}

// begin exports in a goroutine of its own.
func (x *export) begin() tea.Cmd {
	x.wrong = clean.Text{}
	path, err := homed(x.file.value())
	if err == nil && path == "" {
		err = errors.New("the bundle needs a name")
	}
	if err != nil {
		x.wrong = clean.Show(err.Error())
		return nil
	}
	if !x.works.enter() {
		return nil
	}
	ctx, cancel := context.WithCancel(x.works.ctx)
	x.run = &exporting{cancel: cancel, news: make(chan exportStage, 1), end: make(chan tea.Msg, 1)}
	run, c := x.run, x.session.Case
	go func() {
		defer x.works.wg.Done()
		defer cancel()
		run.end <- x.work(ctx, c, path, run)
	}()
	return x.listen()
}

// work signs, writes, and verifies what it wrote. A panic ends it as an error.
func (x *export) work(ctx context.Context, c *store.Case, path string, run *exporting) (out exported) {
	out = exported{of: x, path: path}
	defer func() {
		if v := recover(); v != nil {
			b := broken(v)
			out.err = fmt.Errorf("a part of the console broke while it exported (%s in %s): what was journaled is safe", b.what, b.where)
		}
	}()
	if c.Unlocked() {
		if out.err = c.Checkpoint("before an export"); out.err != nil {
			return out
		}
	}
	out.bundle, out.err = report.Export(ctx, c, report.Exporting{File: path, UpToCheckpoint: true,
		Progress: func(done, total int) { latest(run.news, exportStage{done: done, total: total}) }})
	if out.err != nil && !errors.Is(out.err, report.ErrNotNoted) {
		return out
	}
	latest(run.news, exportStage{verifying: true})
	verified, err := report.Verify(path, store.VerifyOptions{Key: c.Header.PublicKey})
	out.report, out.err = verified, errors.Join(out.err, err)
	return out
}

// listen waits for news, for the end at once.
func (x *export) listen() tea.Cmd {
	run := x.run
	return func() tea.Msg { return heard(run.news, run.end, func(s exportStage) tea.Msg { return staged{x, s} }) }
}

// homed is a path with the home folder written out.
func homed(path string) (string, error) {
	rest, home := strings.CutPrefix(path, "~/")
	if !home {
		return path, nil
	}
	dir, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("cannot find %s: %w", path, err)
	}
	return filepath.Join(dir, rest), nil
}
