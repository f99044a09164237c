package actions

import (
	"sync"
	"time"

	"retake/actions/account"
	"retake/store"
)

// Tally is how far a plan has been carried out: a value, safe to keep.
type Tally struct {
	Done, Left, Failed int
	Accounts           []AccountTally // in the order of the plan
	Pace               account.Pace
	Since              time.Time
	Ended              bool
}

// AccountTally is the share of one account.
type AccountTally struct {
	Account, Name      string // Name is text from the account
	Done, Left, Failed int
	Doing              string // what is being done right now, "" if nothing is
	Last               string // the latest proof or problem
}

// tallier keeps the tally of a run and tells a watcher after every change.
type tallier struct {
	r     *Run
	watch func(Tally)

	mu    sync.Mutex
	sum   Tally
	index map[string]int
}

func newTally(r *Run, p *Plan, watch func(Tally)) *tallier {
	t := &tallier{r: r, watch: watch, index: map[string]int{}}
	t.sum.Since = r.Now()
	t.add(p.Changes)
	return t
}

// add counts changes that are still to be made.
func (t *tallier) add(changes []Change) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range changes {
		a := t.account(c)
		a.Left++
		t.sum.Left++
	}
	t.tell()
}

func (t *tallier) account(c Change) *AccountTally {
	i, known := t.index[c.Account]
	if !known {
		i = len(t.sum.Accounts)
		t.index[c.Account] = i
		t.sum.Accounts = append(t.sum.Accounts, AccountTally{Account: c.Account, Name: c.Name})
	}
	return &t.sum.Accounts[i]
}

func (t *tallier) begin(c Change) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.account(c).Doing = c.Verb + " " + c.Target
	t.tell()
}

func (t *tallier) done(c Change, o Outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := t.account(c)
	a.Doing = ""
	if o.Outcome == "" || o.Outcome == store.Waiting { // what is not seen yet is left
		t.tell()
		return
	}
	a.Left, t.sum.Left = a.Left-1, t.sum.Left-1
	if o.Outcome == store.Made || o.Outcome == store.Already {
		a.Done, t.sum.Done, a.Last = a.Done+1, t.sum.Done+1, o.Proof
	} else {
		a.Failed, t.sum.Failed, a.Last = a.Failed+1, t.sum.Failed+1, o.Problem
	}
	t.tell()
}

func (t *tallier) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sum.Ended = true
	t.tell()
}

// tell hands the watcher a copy. The caller holds the lock.
func (t *tallier) tell() {
	if t.watch == nil {
		return
	}
	copied := t.sum
	copied.Accounts = append([]AccountTally(nil), t.sum.Accounts...)
	copied.Pace = t.r.line.Pace()
	t.watch(copied)
}
