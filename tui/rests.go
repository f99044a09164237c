package tui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

// longRest is the longest that anything beside the work rests because of
// failures.
const longRest = 5 * time.Minute

// rests times what goes on beside: one after the other, and after each failure
// in a row with a rest twice as long, since every attempt costs the account a
// request and the case an exhibit.
type rests struct {
	next  time.Duration // the rest before the next attempt
	turn  int           // which attempt it is: a message of another turn is late
	busy  bool          // the attempt is being made
	tired bool          // the last one failed
}

// begin is a new attempt. It tells whether there is none already.
func (b *rests) begin() bool {
	if b.busy {
		return false
	}
	b.busy, b.turn = true, b.turn+1
	return true
}

// end is the end of an attempt and returns how long to rest: as long as usual
// after one that went well, otherwise between shortest and longRest.
func (b *rests) end(failed bool, usual, shortest time.Duration) time.Duration {
	switch {
	case !failed:
		b.next = usual
	case b.tired:
		b.next = min(2*b.next, longRest)
	default:
		b.next = shortest
	}
	b.busy, b.tired = false, failed
	return b.next
}

// due is the end of a rest of something that goes on beside.
type due struct {
	what besideWork
	turn int
}

// besideWork is one of the things that go on beside.
type besideWork int

const (
	theFigures besideWork = iota
	theCapture
	theWatch
	allBeside
)

// rest lets an attempt be made again after a while, where the clock runs.
func (r *root) rest(what besideWork, after time.Duration) tea.Cmd {
	msg := due{what, r.beside.rests[what].turn}
	if r.every == 0 {
		return nil
	}
	return tea.Tick(after, func(time.Time) tea.Msg { return msg })
}

// attempt makes the next attempt, if none is being made.
func (r *root) attempt(what besideWork) tea.Cmd {
	if !r.beside.rests[what].begin() {
		return nil
	}
	switch what {
	case theFigures:
		return r.readFigures()
	case theCapture:
		return r.capture()
	}
	return r.watch()
}

// wake tries at once what rests because it failed: a job has just reached the
// account.
func (r *root) wake() tea.Cmd {
	var cmds []tea.Cmd
	for what := range allBeside {
		if r.beside.rests[what].tired {
			cmds = append(cmds, r.attempt(what))
		}
	}
	return tea.Batch(cmds...)
}
