// Package sim is the simulated Twilio account family: a parent, its
// subaccounts, and, in most scenarios, an intruder who is still inside.
//
// The one rule: it refuses whatever it does not know. An unknown path, query
// name or form field is answered with a sentence instead of a guess, so that a
// mistake of ours is found here and not in somebody's account. Where nobody has
// verified what Twilio does there is a switch, and callers are tested under
// each of its settings.
//
// Beside Twilio it answers as SendGrid does, and, as GitHub does, which public
// files hold a SID.
//
// A World is an http.Handler and an http.RoundTripper. Everything that it
// answers follows from the seed, the clock and the requests so far. History is
// drawn from the seed when it is asked for and is never stored; a snapshot
// holds only what requests can change.
package sim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Options say which family to simulate and how it behaves.
type Options struct {
	Scenario    string               // see Scenarios; empty means leaked-token
	Seed        uint64               // everything invented follows from it
	Now         time.Time            // where the clock starts; zero means the real time
	Clock       func() time.Duration // time since the start; nil means real time
	Latency     time.Duration        // how long each request takes
	Concurrency int                  // most requests in progress over the family; 0 means no limit
	Subaccounts int                  // active subaccounts; 0 means the scenario's own, and its suspended one

	// Per account; 0 means the scenario's own number, a negative one none.
	Keys, Messages, Calls int

	Switches Switches

	// Faults is asked before each request what goes wrong with it; n counts
	// all requests from 1 in order of arrival. It runs outside the world's
	// lock, so it may block to keep a request in progress. Nil: nothing.
	Faults func(r *http.Request, n int) Fault
}

// Act is one changing request that was executed, or refused by the state of
// the account after its credential was accepted.
type Act struct {
	Time    time.Time `json:"time"`  // in milliseconds
	Actor   string    `json:"actor"` // client or intruder
	Account string    `json:"account"`
	Method  string    `json:"method"`
	Host    string    `json:"host"`
	Path    string    `json:"path"`
	Status  int       `json:"status"`
}

// Opening is what a tool needs to begin working on the account. API is left
// to whoever serves the world on an address.
type Opening struct {
	API        string            `json:"api"`
	AccountSID string            `json:"account_sid"`
	AuthToken  string            `json:"auth_token"`
	Regions    map[string]string `json:"regional_auth_tokens"` // of the account in other Regions: ie1, au1, jp1
	SendGrid   string            `json:"sendgrid_api_key"`
	GitHub     string            `json:"github_token"` // any other is accepted too
	OrgSID     string            `json:"org_sid"`
	OrgClient  string            `json:"org_client_id"`
	OrgSecret  string            `json:"org_client_secret"`
	Scenario   string            `json:"scenario"`
	Seed       uint64            `json:"seed"`
}

// World is one simulated family. It is safe for concurrent use.
type World struct {
	options Options
	start   time.Time
	clock   func() time.Duration
	routes  []route
	faults  []*plannedFault

	busy     atomic.Int64 // requests in progress
	arrivals atomic.Int64

	mu         sync.Mutex // guards everything below
	state      state
	past       history
	windows    map[windowKey][]rec
	records    map[streamKey][]rec
	tallies    map[string]bills
	tabs       map[streamKey]*tab
	requests   uint64
	searches   searches
	mailLimits map[string]*mailLimit // of the requests to SendGrid, by path
	onChange   func([]byte) error
}

// New makes a family as its scenario begins.
func New(o Options) (*World, error) {
	w, err := prepare(o)
	if err != nil {
		return nil, err
	}
	start := o.Now
	if start.IsZero() {
		start = time.Now()
	}
	w.found(shape{
		Scenario: w.options.Scenario, Seed: o.Seed, Start: start.UTC().Truncate(time.Second),
		Subaccounts: o.Subaccounts, Keys: o.Keys, Messages: o.Messages, Calls: o.Calls,
	})
	w.state.Switches = o.Switches.kept()
	return w, nil
}

// Restore makes the family that snapshot describes. Latency, clock and faults
// come from o; scenario, seed, start and sizes from the snapshot. Switches come
// from o, or where it has none from the snapshot: a family goes on behaving as
// it began. A clock in o goes on counting from the start of the world; without
// one, time goes on from where the snapshot was taken.
func Restore(o Options, snapshot []byte) (*World, error) {
	var s state
	if err := json.Unmarshal(snapshot, &s); err != nil {
		return nil, fmt.Errorf("cannot read the snapshot of the simulated account: %w", err)
	}
	if s.Level != snapshotLevel {
		return nil, fmt.Errorf("cannot read the snapshot of the simulated account: its level is %d, this program reads %d", s.Level, snapshotLevel)
	}
	o.Scenario = s.Shape.Scenario
	if o.Switches == (Switches{}) && s.Switches != nil {
		o.Switches = *s.Switches
	}
	w, err := prepare(o)
	if err != nil {
		return nil, err
	}
	w.found(s.Shape)   // for the history, which no snapshot holds
	if s.Mail == nil { // taken before there was a SendGrid side
		s.Mail, s.Planted = w.state.Mail, w.state.Planted
	}
	w.state = s
	w.state.Switches = o.Switches.kept()
	if o.Clock == nil {
		w.clock = realClock(s.Elapsed)
	}
	return w, nil
}

func prepare(o Options) (*World, error) {
	if o.Scenario == "" {
		o.Scenario = scenarios[0].Name
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	o.Switches = o.Switches.withDefaults()
	faults, err := parseFaults(o.Switches.Fault)
	if err != nil {
		return nil, err
	}
	w := &World{options: o, clock: o.Clock, faults: faults, routes: routes()}
	if w.clock == nil {
		w.clock = realClock(0)
	}
	return w, nil
}

func realClock(before time.Duration) func() time.Duration {
	began := time.Now()
	return func() time.Duration { return before + time.Since(began) }
}

// Snapshot returns the state that requests can change.
func (w *World) Snapshot() ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.snapshot()
}

func (w *World) snapshot() ([]byte, error) {
	w.state.Elapsed = w.clock()
	return json.Marshal(w.state)
}

// OnChange has f called with the new snapshot after each changing request, and
// before its answer is given. When f fails the caller gets a 500: the act is
// made, but whoever sent it cannot know. Of the world f may call Now, and
// nothing else.
func (w *World) OnChange(f func(snapshot []byte) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.onChange = f
}

// Opening returns the credentials with which the responder begins: the ones of
// the family's start, which a promotion makes obsolete.
func (w *World) Opening() Opening {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.state
	return Opening{
		Regions:    s.FirstRegions,
		AccountSID: s.Accounts[0].Sid, AuthToken: s.FirstToken, SendGrid: s.SendGridKey, GitHub: s.githubToken(),
		OrgSID: s.orgSID(), OrgClient: s.orgClient(), OrgSecret: s.orgSecret(),
		Scenario: s.Shape.Scenario, Seed: s.Shape.Seed,
	}
}

// Acts returns the log of changing requests, oldest first.
func (w *World) Acts() []Act {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.state.Acts)
}

// Now is the time in the simulated world. It takes no lock, so that whoever
// OnChange calls may ask for it.
func (w *World) Now() time.Time {
	return w.start.Add(w.clock()).Truncate(time.Second)
}

// Began is when the clock of the simulated world started.
func (w *World) Began() time.Time { return w.start }

// Secrets returns every token and key secret that ever existed in this world,
// live or dead, the intruder's too. Tests look for them where none may be.
func (w *World) Secrets() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.state.Secrets)
}
