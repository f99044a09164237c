package actions

import (
	"slices"
	"time"

	"retake/actions/account"
	"retake/store"
)

// PanicStage is how far a step of a panic order is.
type PanicStage string

// The stages.
const (
	ToCome  PanicStage = "to come"
	Reading PanicStage = "reading"
	AtWork  PanicStage = "at work"
	Tried   PanicStage = "done, proof to come"
	Over    PanicStage = "over" // its state says how
	Skipped PanicStage = "skipped"
)

// PanicTally is how far a panic order has been carried out: a value, safe to keep.
type PanicTally struct {
	Parts []PanicPartTally
	Since time.Time // when it was agreed to
	Pace  account.Pace
	Ended bool
}

// Sum is all steps in one tally.
func (t PanicTally) Sum() Tally {
	sum := Tally{Pace: t.Pace, Since: t.Since, Ended: t.Ended}
	for _, p := range t.Parts {
		sum.Done, sum.Accepted = sum.Done+p.Tally.Done, sum.Accepted+p.Tally.Accepted
		sum.Left, sum.Failed = sum.Left+p.Tally.Left, sum.Failed+p.Tally.Failed
	}
	return sum
}

// PanicPartTally is the share of one step.
type PanicPartTally struct {
	Step, Title string
	Stage       PanicStage
	State       store.State
	Why         string // may hold text from the account
	Tally       Tally
}

func (m *march) stage(i int, s PanicStage) { m.tell(func(t *PanicTally) { t.Parts[i].Stage = s }) }

// tell changes the tally and hands the watcher a copy.
func (m *march) tell(change func(*PanicTally)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(&m.tally)
	if m.watch == nil {
		return
	}
	copied := m.tally
	copied.Parts, copied.Pace = slices.Clone(m.tally.Parts), m.d.Pace()
	m.watch(copied)
}

// urgent tells whether the run works under a panic order, where what is not
// needed for the act itself is left to the capture.
func (r *Run) urgent() bool { return r.under != "" }

// aside files what no act waits for: under a panic order beside the work, and
// otherwise at once. What cannot be filed stops the run before its next act.
func (r *Run) aside(write func() error) error {
	if !r.urgent() {
		return write()
	}
	r.writing.Add(1)
	go func() {
		defer r.writing.Done()
		defer r.broken.catch()
		if err := write(); err != nil {
			_ = r.halt(err)
		}
	}()
	return nil
}

// filed waits until everything is filed.
func (r *Run) filed() {
	r.writing.Wait()
	r.broken.raise()
}
