package store

import (
	"encoding/json"
	"time"

	bolt "go.etcd.io/bbolt"
)

// State is how far a step has come.
type State string

// The states of a step.
const (
	NotStarted    State = "not-started"
	Working       State = "working"
	WaitingState  State = "waiting"
	NeedsPerson   State = "needs-person"
	Proved        State = "proved"
	Attested      State = "attested"
	NotApplicable State = "not-applicable"
	Blocked       State = "blocked"
)

// Progress is how far a step has come and how to go on.
type Progress struct {
	State      State             `json:"state"`
	Why        string            `json:"why,omitempty"`        // why it waits, needs a person, is blocked, does not apply; what proves it
	Parameters map[string]string `json:"parameters,omitempty"` // as last given
	Agreed     string            `json:"agreed,omitempty"`     // digest of the agreed plan that is not finished
	Under      string            `json:"under,omitempty"`      // digest of the panic order under which the plan was agreed to, if one was
}

// Standing is the progress of a step with its date.
type Standing struct {
	Progress
	Step string
	At   time.Time
	By   string
}

// SetProgress records how far a step has come.
func (c *Case) SetProgress(step string, p Progress) error {
	return c.add("record the state of "+step, KindProgress, step, p)
}

// Progress returns how far a step has come; NotStarted if nothing was recorded.
func (c *Case) Progress(step string) (Standing, error) {
	s := Standing{Progress: Progress{State: NotStarted}, Step: step}
	e, found, err := c.lookup(viewProgress, []byte(step))
	if err != nil || !found {
		return s, err
	}
	s.At, s.By = e.At, e.By
	return s, e.Decode(&s.Progress)
}

// PlanEntry is a plan as it was made. The plan itself is the step's own JSON.
type PlanEntry struct {
	Digest string          `json:"digest"`
	Plan   json.RawMessage `json:"plan"`
	From   int64           `json:"from,omitzero"` // the first entry of the reading that made it; 0: not noted
}

// Agreement says that somebody agreed to a plan by its digest.
type Agreement struct {
	Digest string `json:"digest"`
	How    string `json:"how"`             // how it was confirmed
	Under  string `json:"under,omitempty"` // digest of the panic order that covers the plan, if one does
}

// AddPlan files a plan.
func (c *Case) AddPlan(step string, p PlanEntry) error {
	return c.add("file the plan", KindPlan, step, p)
}

// LatestPlan returns the latest plan of a step; found is false if there is none.
func (c *Case) LatestPlan(step string) (p PlanEntry, found bool, err error) {
	e, found, err := c.lookup(viewPlans, []byte(step))
	if err != nil || !found {
		return p, false, err
	}
	return p, true, e.Decode(&p)
}

// Agree files the agreement to a plan together with the state it leads to.
func (c *Case) Agree(step string, a Agreement, p Progress) error {
	return c.write("file the agreement", func(tx *bolt.Tx) error {
		if _, err := c.append(tx, KindAgreed, step, a); err != nil {
			return err
		}
		_, err := c.append(tx, KindProgress, step, p)
		return err
	})
}

// AgreeAtOnce files a plan, the agreement to it and the state that it leads to in
// one transaction, for a plan that was agreed to before it was made.
func (c *Case) AgreeAtOnce(step string, plan PlanEntry, a Agreement, p Progress) error {
	return c.write("file the plan and the agreement", func(tx *bolt.Tx) error {
		for _, e := range []struct {
			kind Kind
			body any
		}{{KindPlan, plan}, {KindAgreed, a}, {KindProgress, p}} {
			if _, err := c.append(tx, e.kind, step, e.body); err != nil {
				return err
			}
		}
		return nil
	})
}

// Coverage is what was asked of a source about an account, and what came.
type Coverage struct {
	Source  string `json:"source"`            // e.g. "api keys (iam)"
	Account string `json:"account"`           // SID
	Seen    bool   `json:"seen"`              // false: out of reach, refused or cut short
	Got     int    `json:"got"`               // records
	Why     string `json:"why,omitempty"`     // why it was not seen, and where to look instead
	Exhibit int64  `json:"exhibit,omitempty"` // where to read it

	From time.Time `json:"from,omitzero"` // the window that was asked for, zero where it is open
	To   time.Time `json:"to,omitzero"`
}

// Cover adds a line to the coverage ledger.
func (c *Case) Cover(step string, v Coverage) error {
	return c.add("note what was seen", KindCoverage, step, v)
}

// Covered is a line of the coverage ledger with the step that asked.
type Covered struct {
	Step string
	At   time.Time
	Coverage
}

// Coverages returns the latest line for each source and account that a step
// ("" for all) asked about, by step and source.
func (c *Case) Coverages(step string) ([]Covered, error) {
	var prefix []byte
	if step != "" {
		prefix = []byte(step + "\x00")
	}
	entries, err := c.collect(viewCoverage, prefix)
	var all []Covered
	for _, e := range entries {
		v := Covered{Step: e.Step, At: e.At}
		if err := e.Decode(&v.Coverage); err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, err
}

func coverageKey(step, source, account string) []byte {
	return []byte(step + "\x00" + source + "\x00" + account)
}
