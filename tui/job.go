package tui

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
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
	alarming   task = "planning the panic order"
	panicking  task = "carrying out the panic order"
)

// order is a screen's wish that a job is begun.
type order struct {
	task   task
	step   string
	params map[string]string // planning and alarming
	agreed actions.Agreed    // carrying and panicking
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
	panic    actions.PanicTally // of a panic order, whose parts make up the tally
}

func (j *jobView) changes() bool { return j != nil && j.task != planning && j.task != alarming }

// on tells whether the job works on a step at this moment.
func (j *jobView) on(step string) bool {
	if j == nil {
		return false
	}
	return j.step == step || slices.ContainsFunc(j.panic.Parts, func(p actions.PanicPartTally) bool {
		return p.Step == step && (p.Stage == actions.Reading || p.Stage == actions.AtWork)
	})
}

// worked is the end of a job.
type worked struct {
	order  order
	report *actions.Report
	alarm  *actions.PanicPlan   // alarming
	ended  *actions.PanicReport // panicking
	err    error
	broke  *broke // the job panicked

	stopped bool // the responder had asked it to stop
}

// progressed is news of a job.
type progressed struct{ news }

// news is how far a job is.
type news struct {
	tally actions.Tally
	panic actions.PanicTally
}

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
	news   chan news // holds the latest only
	done   chan tea.Msg
}

// perSecond is how often the news of a job reaches the screen, at most.
const perSecond = 15

// begin starts a job in a goroutine of its own; the desk may be asked from any.
func (w *works) begin(s Session, o order) (*job, tea.Cmd) {
	ctx, cancel := context.WithCancel(w.ctx)
	j := &job{
		view:   jobView{task: o.task, step: o.step, since: s.Now()},
		cancel: cancel, news: make(chan news, 1), done: make(chan tea.Msg, 1),
	}
	w.enter()
	go func() {
		defer w.wg.Done()
		defer cancel()
		j.done <- o.work(ctx, s.Desk, j.tell)
	}()
	return j, j.listen()
}

func (o order) work(ctx context.Context, d *actions.Desk, tell func(news)) worked {
	msg := caught(func() tea.Msg {
		w := worked{order: o}
		switch o.task {
		case alarming:
			w.alarm, w.err = d.PlanPanic(ctx, o.params)
		case panicking:
			w.ended, w.err = d.Panic(ctx, o.agreed, func(t actions.PanicTally) { tell(news{t.Sum(), t}) })
		default:
			w.report, w.err = o.run(ctx, d, func(t actions.Tally) { tell(news{tally: t}) })
		}
		return w
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

// tell leaves the latest news for the screen and never waits.
func (j *job) tell(n news) { latest(j.news, n) }

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
	return func() tea.Msg { return heard(j.news, j.done, func(n news) tea.Msg { return progressed{n} }) }
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
