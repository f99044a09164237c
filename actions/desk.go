package actions

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"retake/actions/account"
	"retake/actions/probe"
	"retake/store"
)

// Desk is where the steps of one case are worked on. Its methods may be called
// from any goroutine; one plan is carried out at a time.
type Desk struct {
	Case  *store.Case
	Steps []*Step

	line    *account.Line
	given   account.Credential // what the environment or the responder gave
	purse   purse              // what else was given
	network probe.Net          // over which own hosts are reached; nil: see net
	now     func() time.Time
	sleep   func(context.Context, time.Duration) error
	workers int
	id      string // of this run

	busy    sync.Mutex // held while a plan is made or carried out
	family  family
	planned planned
	alarm   alarm
	haste   haste
	guard   guard
	burn    burn
	mails   mailMemory
	clocks  clocks
}

// planned is what was read for the latest plan. While it is fresh, carrying the
// plan out need not read it again.
type planned struct {
	digest string
	at     time.Time
	memo   map[string]string
}

// freshFor is how long what was read for a plan counts as just read.
const freshFor = 30 * time.Second

// Options are what a desk is set up with.
type Options struct {
	Case       *store.Case
	Steps      []*Step // nil: Playbook()
	Line       *account.Line
	Credential account.Credential // of the main account; the case's own sealed token comes first
	Extras     Given              // what else the environment gave, whatever its shape; see Extras
	Net        probe.Net          // over which own hosts are reached; nil: the Internet, in a training nothing
	Now        func() time.Time   // nil: the clock of the case
	Sleep      func(context.Context, time.Duration) error
	Workers    int    // changes of a stage in progress at once; 0: 16
	Command    string // for the journal
	Version    string
}

// Open sets up a desk and notes in the journal that work begins. It sends
// nothing; see Connect.
func Open(o Options) (*Desk, error) {
	d := &Desk{
		Case: o.Case, Steps: o.Steps, line: o.Line, given: o.Credential, network: o.Net,
		now: o.Now, sleep: o.Sleep, workers: o.Workers, id: runID(),
	}
	if d.Steps == nil {
		d.Steps = Playbook()
	}
	if d.now == nil {
		d.now = o.Case.Now
	}
	if d.sleep == nil {
		d.sleep = account.Sleep
	}
	if d.workers == 0 {
		d.workers = 16
	}
	d.family.main = o.Case.Header.Account
	d.put(o.Extras)
	var err error
	if d.clocks.from, err = o.Case.Size(); err != nil {
		return nil, err
	}
	return d, o.Case.AddRun(store.Run{ID: d.id, Command: o.Command, Version: o.Version})
}

// Close signs the custody log, where the passphrase was given. It does not
// close the case.
func (d *Desk) Close() error {
	if !d.Case.Unlocked() {
		return nil
	}
	return d.Case.Checkpoint("the run ended")
}

// Step finds a step by its ID.
func (d *Desk) Step(id string) (*Step, error) {
	for _, s := range d.Steps {
		if s.ID == id {
			return s, nil
		}
	}
	return nil, store.WithHint(fmt.Errorf("there is no step %q", id), "retake status lists the steps")
}

// Pace tells how fast requests go at present; zero without a line.
func (d *Desk) Pace() account.Pace {
	if d.line == nil {
		return account.Pace{}
	}
	return d.line.Pace()
}

// atWork tells whether a plan is being made or carried out.
func (d *Desk) atWork() bool {
	if d.busy.TryLock() {
		d.busy.Unlock()
		return false
	}
	return true
}

// ErrNoWork says that a step has nothing that Retake could do by itself.
var ErrNoWork = errors.New("this step is done by a person")

// Plan reads the account and files what the step would do. It changes nothing
// in the account: the line refuses every changing request.
func (d *Desk) Plan(ctx context.Context, id string, given map[string]string) (*Report, error) {
	d.busy.Lock()
	defer d.busy.Unlock()
	r, err := d.run(ctx, id, given, d.line.ReadOnly())
	if err != nil {
		return nil, err
	}
	p, err := r.plan(ctx)
	if err != nil {
		return r.report, r.explain(err)
	}
	d.planned = planned{p.Digest, d.now(), r.memo}
	return r.report, nil
}

// Agreed is a responder's agreement to a plan.
type Agreed struct {
	Digest string   // of the plan
	How    string   // how it was confirmed, for the journal
	Hosts  []string // names of own hosts, as they were typed, for a plan that contacts hosts
}

// Apply carries out the latest plan of a step, which must have the digest that
// was agreed to. watch, if not nil, is told after every change how far it is.
// Cancelling ctx lets the requests in flight end and starts no new ones.
func (d *Desk) Apply(ctx context.Context, id string, a Agreed, watch func(Tally)) (*Report, error) {
	d.busy.Lock()
	defer d.busy.Unlock()
	plan, err := d.latest(id)
	if err != nil {
		return nil, err
	}
	if plan == nil || plan.Digest != a.Digest {
		return nil, store.WithHint(fmt.Errorf("cannot apply plan %.12s: it is not the latest plan of %s", a.Digest, id), "plan again, read what it says, and agree to its digest")
	}
	if err := plan.confirmed(append(plan.Parameters.List(confirmedHosts), a.Hosts...)); err != nil {
		return nil, err
	}
	r, err := d.run(ctx, id, plan.Parameters, d.line)
	if err != nil {
		return nil, err
	}
	if d.planned.digest == a.Digest && d.now().Sub(d.planned.at) < freshFor {
		r.memo = d.planned.memo
	}
	if err := d.Case.Agree(id, store.Agreement{Digest: a.Digest, How: a.How}, store.Progress{State: store.Working, Parameters: plan.Parameters, Agreed: a.Digest}); err != nil {
		return nil, err
	}
	return r.carryOut(ctx, plan, watch)
}

// Continue goes on with the agreed plan of a step that an earlier run left
// unfinished. ErrNothingOpen says that there is none.
func (d *Desk) Continue(ctx context.Context, id string, watch func(Tally)) (*Report, error) {
	d.busy.Lock()
	defer d.busy.Unlock()
	s, err := d.Case.Progress(id)
	if err != nil {
		return nil, err
	}
	plan, err := d.latest(id)
	if err != nil {
		return nil, err
	}
	if s.Agreed == "" || plan == nil || plan.Digest != s.Agreed {
		return nil, ErrNothingOpen
	}
	r, err := d.run(ctx, id, plan.Parameters, d.line)
	if err != nil {
		return nil, err
	}
	r.under = s.Under
	return r.carryOut(ctx, plan, watch)
}

// ErrNothingOpen says that no agreed plan is waiting to be gone on with.
var ErrNothingOpen = errors.New("no agreed plan is waiting to be continued")

func (d *Desk) latest(id string) (*Plan, error) {
	entry, found, err := d.Case.LatestPlan(id)
	if err != nil || !found {
		return nil, err
	}
	return parsePlan(entry)
}

// Attest files a person's word that a step was done by hand.
func (d *Desk) Attest(id string, a store.Attestation) error {
	s, err := d.Step(id)
	if err != nil {
		return err
	}
	if a.Note == "" {
		return store.WithHint(errors.New("an attestation needs a note"), "say what was done, by whom and when, or why the step does not apply")
	}
	standing, err := d.Case.Progress(id)
	if err != nil {
		return err
	}
	if standing.Agreed != "" {
		return store.WithHint(fmt.Errorf("cannot attest %s: an agreed plan is not finished", id), "go on with it first: retake step %s --apply --account %s", id, d.Case.Header.Account)
	}
	if !a.NotApplicable {
		for _, list := range s.Lists() {
			if err := list.complete(d.Case, id); err != nil {
				return err
			}
		}
	}
	return d.Case.Attest(id, a)
}

func runID() string {
	b := make([]byte, 6)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return hex.EncodeToString(b)
}
