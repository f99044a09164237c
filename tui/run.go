package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"retake/actions"
	"retake/store"
)

// Session is what the console works on.
type Session struct {
	Desk     *actions.Desk
	Case     *store.Case
	Training *actions.Training // what stands behind the wire; nil outside of a training
	Version  string
	Now      func() time.Time // nil: the clock of the case
	Beside   bool             // read the figures and capture evidence beside the work
}

// ErrCutOff says that the console was left at once, while work was in flight.
var ErrCutOff = errors.New("left while work was in flight")

// Run shows the console until the responder leaves it; in and out are the
// terminal. Work that is in flight has ended when Run returns, unless the
// responder left at once, which is ErrCutOff. An error means that the program
// broke; the terminal is as it was before.
func Run(ctx context.Context, s Session, in io.Reader, out io.Writer) error {
	if s.Now == nil {
		s.Now = s.Case.Now
	}
	r := newRoot(s, newTheme(out), newWorks(ctx))
	err := present(ctx, r, in, out)
	r.works.stop()
	if r.cutOff {
		return store.WithHint(ErrCutOff, "the journal knows what was begun: open the case again and continue the plan; what is unknown is settled by reading the account")
	}
	if r.job != nil {
		_, _ = fmt.Fprintln(out, "waiting for what is in flight to end (ctrl+c leaves at once; the journal survives)")
	}
	r.works.wait()
	return err
}

// program is the only place that knows how Bubble Tea is set up.
func program(m tea.Model, in io.Reader, out io.Writer) *tea.Program {
	return tea.NewProgram(m, tea.WithInput(in), tea.WithOutput(out), tea.WithAltScreen())
}

// present runs a model until it ends. A hang-up, a
// SIGQUIT or the end of ctx end the program in an orderly way, so that the
// terminal is given back; Bubble Tea sees to SIGTERM itself.
func present(ctx context.Context, m tea.Model, in io.Reader, out io.Writer) error {
	p := program(m, in, out)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGQUIT)
	defer signal.Stop(signals)
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-signals:
		case <-ctx.Done():
		case <-ended:
			return
		}
		p.Quit()
	}()
	_, err := p.Run()
	if errors.Is(err, tea.ErrInterrupted) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the console broke: %w", err)
	}
	return nil
}
