package tui

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"retake/actions"
)

// task is what a job does for a step.
type task string

const (
	planning   task = "planning"
	carrying   task = "carrying out"
	continuing task = "continuing"
)

// order is a screen's wish that a job is begun.
type order struct {
	task   task
	step   string
	params map[string]string // planning
	agreed actions.Agreed    // carrying
}

// stopWork is a screen's wish that the job begins nothing new.
type stopWork struct{}

// jobView is what the screens see of the job that runs; nil where none does.
type jobView struct {
	task     task
	step     string
	stopping bool
	since    time.Time
	tally    actions.Tally
}

func (j *jobView) changes() bool { return j != nil && j.task != planning }

// worked is the end of a job.
type worked struct {
	order  order
	report *actions.Report
	err    error
	broke  *broke // the job panicked

	stopped bool // the responder had asked it to stop
}

// progressed is news of a job.
type progressed struct{ tally actions.Tally }

// broke says that a command panicked: with what type and where, nothing more,
// since a panic's value may hold a secret.
type broke struct{ what, where string }

// works are the jobs and commands that must have ended before the console gives
// the case back.
type works struct {
	ctx  context.Context // ends when the console is left
	stop context.CancelFunc

	mu   sync.Mutex
	shut bool
	wg   sync.WaitGroup
}

func newWorks(ctx context.Context) *works {
	w := &works{}
	w.ctx, w.stop = context.WithCancel(ctx)
	return w
}

// enter counts in something that touches the case; no more once wait began.
func (w *works) enter() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.shut {
		w.wg.Add(1)
	}
	return !w.shut
}

// wait waits until everything that was counted in has ended.
func (w *works) wait() {
	w.mu.Lock()
	w.shut = true
	w.mu.Unlock()
	w.wg.Wait()
}

// job is the one piece of work on the account that runs.
type job struct {
	view   jobView
	cancel context.CancelFunc
	news   chan actions.Tally // holds the latest only
	done   chan tea.Msg
}

// perSecond is how often the news of a job reaches the screen, at most.
const perSecond = 15

// begin starts a job in a goroutine of its own; the desk may be asked from any.
func (w *works) begin(s Session, o order) (*job, tea.Cmd) {
	ctx, cancel := context.WithCancel(w.ctx)
	j := &job{
		view:   jobView{task: o.task, step: o.step, since: s.Now()},
		cancel: cancel, news: make(chan actions.Tally, 1), done: make(chan tea.Msg, 1),
	}
	w.enter()
	go func() {
		defer w.wg.Done()
		defer cancel()
		j.done <- o.work(ctx, s.Desk, j.tell)
	}()
	return j, j.listen()
}

func (o order) work(ctx context.Context, d *actions.Desk, watch func(actions.Tally)) worked {
	msg := caught(func() tea.Msg {
		report, err := o.run(ctx, d, watch)
		return worked{order: o, report: report, err: err}
	})
	if b, panicked := msg.(broke); panicked {
		return worked{order: o, err: errBroke, broke: &b}
	}
	return msg.(worked)
}

// errBroke stands where a panic ended a job.
var errBroke = errors.New("a part of the console broke while it worked: what was journaled is safe, and what was agreed to can be continued")

func (o order) run(ctx context.Context, d *actions.Desk, watch func(actions.Tally)) (*actions.Report, error) {
	switch o.task {
	case planning:
		return d.Plan(ctx, o.step, o.params)
	case carrying:
		return d.Apply(ctx, o.step, o.agreed, watch)
	}
	return d.Continue(ctx, o.step, watch)
}

// tell leaves the latest tally for the screen and never waits.
func (j *job) tell(t actions.Tally) { latest(j.news, t) }

// latest puts news into a channel that holds one, in the place of older news.
func latest[T any](news chan T, t T) {
	for {
		select {
		case news <- t:
			return
		default:
		}
		select {
		case <-news:
		default:
		}
	}
}

// listen waits for news, for the end at once.
func (j *job) listen() tea.Cmd {
	return func() tea.Msg { return heard(j.news, j.done, func(t actions.Tally) tea.Msg { return progressed{t} }) }
}

// heard waits for the end of something or, not too often, for news of it.
func heard[T any](news chan T, done chan tea.Msg, told func(T) tea.Msg) tea.Msg {
	pause := time.NewTimer(time.Second / perSecond)
	defer pause.Stop()
	select {
	case msg := <-done:
		return msg
	case <-pause.C:
	}
	select {
	case t := <-news:
		return told(t)
	case msg := <-done:
		return msg
	}
}

// guard makes a command one that the console waits for at its end, and whose
// panic does not take the terminal with it.
func (w *works) guard(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() tea.Msg {
		msg := caught(cmd)
		if batch, ok := msg.(tea.BatchMsg); ok {
			for n := range batch {
				batch[n] = w.guard(batch[n])
			}
		}
		return msg
	}
}

// counted is a command that touches the case: the console is not left before it
// has ended.
func (w *works) counted(fn func() tea.Msg) tea.Cmd {
	return func() tea.Msg {
		if !w.enter() {
			return nil
		}
		defer w.wg.Done()
		return caught(fn)
	}
}

// caught runs fn and makes a panic into a message.
func caught(fn func() tea.Msg) (msg tea.Msg) {
	defer func() {
		if v := recover(); v != nil {
			msg = broken(v)
		}
	}()
	return fn()
}

// broken describes a panic without its value. It is called while panicking.
func broken(v any) broke {
	if f, ok := v.(*actions.Fault); ok { // from a goroutine of the desk, which knows the place
		return broke{f.Kind, f.Place}
	}
	return broke{fmt.Sprintf("%T", v), place()}
}

// place is the innermost function of ours below a panic.
func place() string {
	callers := make([]uintptr, 40)
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers)])
	below := false
	for {
		f, more := frames.Next()
		if below && strings.HasPrefix(f.Function, "retake") {
			return fmt.Sprintf("%s:%d", f.Function, f.Line)
		}
		below = below || f.Function == "runtime.gopanic"
		if !more {
			return "an unknown place"
		}
	}
}
