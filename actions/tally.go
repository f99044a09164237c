package actions

import (
	"cmp"
	"fmt"
	"sync"
	"time"

	"retake/actions/account"
	"retake/store"
)

// Counts are the changes of a plan by how far they are.
type Counts struct {
	Done     int // and seen to be so
	Accepted int // by the account, and not seen yet
	Left     int
	Failed   int
}

// Sum is how many changes there are.
func (c Counts) Sum() int { return c.Done + c.Accepted + c.Left + c.Failed }

// String says them in words: 3 done, 2 left, 0 failed.
func (c Counts) String() string {
	accepted := ""
	if c.Accepted > 0 {
		accepted = fmt.Sprintf(", %d accepted", c.Accepted)
	}
	return fmt.Sprintf("%d done%s, %d left, %d failed", c.Done, accepted, c.Left, c.Failed)
}

// of is the count that a change with this result belongs to.
func (c *Counts) of(result store.Result) *int {
	switch result {
	case store.Made, store.Already:
		return &c.Done
	case store.Waiting:
		return &c.Accepted
	}
	return &c.Failed
}

// Tally is how far a plan has been carried out: a value, safe to keep.
type Tally struct {
	Counts
	Accounts []AccountTally // in the order of the plan
	Pace     account.Pace
	Since    time.Time
	Ended    bool
}

// AccountTally is the share of one account.
type AccountTally struct {
	Counts
	Account, Name string // Name is text from the account
	Doing         string // what is being done right now, "" if nothing is
	Last          string // the latest proof or problem
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
	if o.Outcome != "" {
		a.Left, t.sum.Left = a.Left-1, t.sum.Left-1
		t.count(a, o)
	}
	t.tell()
}

// seen is what a change came to that had been accepted only.
func (t *tallier) seen(o Outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := t.account(Change{Account: o.Account})
	a.Accepted, t.sum.Accepted = a.Accepted-1, t.sum.Accepted-1
	t.count(a, o)
	t.tell()
}

// count counts an outcome. The caller holds the lock.
func (t *tallier) count(a *AccountTally, o Outcome) {
	*a.of(o.Outcome)++
	*t.sum.of(o.Outcome)++
	a.Last = cmp.Or(o.Proof, o.Problem)
	if a.of(o.Outcome) == &a.Failed {
		a.Last = o.Problem
	}
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
