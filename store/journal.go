package store

import (
	"errors"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Act is an intent: one changing request that is about to be sent.
type Act struct {
	Run          string `json:"run"`                    // the run that does it
	Step         string `json:"step"`                   //
	Order        string `json:"order"`                  // digest of the plan or standing order that was agreed to
	Under        string `json:"under,omitempty"`        // digest of the panic order under which that was agreed to, if it was
	Change       string `json:"change"`                 // the change it is part of
	Account      string `json:"account"`                // SID of the account that is changed
	Verb         string `json:"verb"`                   // what is done, e.g. "promote"
	Target       string `json:"target"`                 // what it is done to
	Irreversible bool   `json:"irreversible,omitempty"` // cannot be undone
	Seen         string `json:"seen,omitempty"`         // the state of the target as it was read: a fingerprint, a date
}

// Result is what became of an act or a change.
type Result string

// The results. An act is settled once its result is neither unknown nor waiting.
const (
	Made    Result = "made"    // done by us
	Already Result = "already" // was so before we came
	Stale   Result = "stale"   // somebody else moved the target: not done
	Refused Result = "refused" // the account said no: not done
	Failed  Result = "failed"  // not done
	Unknown Result = "unknown" // may have been done
	Waiting Result = "waiting" // done, the proof is still to come
)

// Settled tells whether a result is final.
func (r Result) Settled() bool { return r != Unknown && r != Waiting && r != "" }

// OutcomeEntry is what became of the intent with the number Intent. A later
// outcome of the same intent replaces an earlier one.
type OutcomeEntry struct {
	Intent   int64   `json:"intent"`
	Result   Result  `json:"result"`
	Proof    string  `json:"proof,omitempty"`    // how it is known
	Problem  string  `json:"problem,omitempty"`  // what went wrong
	Exhibits []int64 `json:"exhibits,omitempty"` // the exchanges
	Sealed   []int64 `json:"sealed,omitempty"`   // secrets that the answer held
}

// Outcome is an outcome to be written, with what the exchange brought.
type Outcome struct {
	Result   Result
	Proof    string
	Problem  string
	Exhibits []Exhibit // exchanges that belong to the act
	Secrets  []Secret  // secrets from the answer, to be sealed with it
}

// Done is an act with its latest outcome; a zero Outcome means that none was
// written: the process died or the disk was full.
type Done struct {
	N       int64 // number of the intent
	Act     Act
	Outcome OutcomeEntry
	Began   time.Time // when the intent was written
	Ended   time.Time // when the latest outcome was written; zero if none was
}

// Open tells whether it is not known what became of the act.
func (d Done) Open() bool { return !d.Outcome.Result.Settled() }

// Intend writes an act down before it is done. Only when it returned without an
// error is the act on the disk and may be sent.
func (c *Case) Intend(a Act) (n int64, err error) {
	err = c.write("journal the intent to "+a.Verb+" "+a.Target, func(tx *bolt.Tx) error {
		n, err = c.append(tx, KindIntent, a.Step, a)
		return err
	})
	return n, err
}

// Conclude writes down what became of an act: its outcome, the exchanges and the
// secrets in one transaction. It returns the numbers of the sealed secrets, those
// of earlier outcomes of the act included.
func (c *Case) Conclude(intent int64, o Outcome) (sealed []int64, err error) {
	blobs, err := c.sealAll(o.Secrets)
	if err != nil {
		return nil, err
	}
	packed, err := packAll(o.Exhibits)
	if err != nil {
		return nil, err
	}
	err = c.write(fmt.Sprintf("journal the outcome of act %d", intent), func(tx *bolt.Tx) error {
		sealed, err = c.conclude(tx, intent, o, packed, blobs)
		return err
	})
	return sealed, err
}

func (c *Case) conclude(tx *bolt.Tx, intent int64, o Outcome, packed []packedExhibit, blobs []blob) ([]int64, error) {
	before, err := actBefore(tx, intent)
	if err != nil {
		return nil, err
	}
	// What earlier outcomes of the same act brought still belongs to it.
	entry := OutcomeEntry{
		Intent: intent, Result: o.Result, Proof: o.Proof, Problem: o.Problem,
		Exhibits: before.Outcome.Exhibits, Sealed: before.Outcome.Sealed,
	}
	for _, p := range packed {
		n, err := c.putExhibit(tx, p)
		if err != nil {
			return nil, err
		}
		entry.Exhibits = append(entry.Exhibits, n)
	}
	for _, b := range blobs {
		n, err := c.putSealed(tx, b)
		if err != nil {
			return nil, err
		}
		entry.Sealed = append(entry.Sealed, n)
	}
	_, err = c.append(tx, KindOutcome, before.Act.Step, entry)
	return entry.Sealed, err
}

// actBefore is an act with the outcome that it has so far.
func actBefore(tx *bolt.Tx, intent int64) (Done, error) {
	if intent < 0 || intent >= size(tx) {
		return Done{}, errors.New("there is no act of that number")
	}
	e, err := entryAt(tx, intent)
	if err != nil {
		return Done{}, err
	}
	if e.Kind != KindIntent {
		return Done{}, fmt.Errorf("entry %d is no intent but %q", intent, e.Kind)
	}
	latest := bucket(tx, bucketViews, viewActs).Get(be64(intent))
	return actAt(tx, intent, num(latest))
}

// Acts returns the acts of a step ("" for all) in the order of their intents.
func (c *Case) Acts(step string) (all []Done, err error) {
	err = c.view(func(tx *bolt.Tx) error {
		return bucket(tx, bucketViews, viewActs).ForEach(func(k, v []byte) error {
			d, err := actAt(tx, num(k), num(v))
			if err == nil && (step == "" || d.Act.Step == step) {
				all = append(all, d)
			}
			return err
		})
	})
	return all, err
}

func actAt(tx *bolt.Tx, intent, latest int64) (d Done, err error) {
	e, err := entryAt(tx, intent)
	if err != nil {
		return d, err
	}
	d.N, d.Began = intent, e.At
	if err := e.Decode(&d.Act); err != nil || latest == intent {
		return d, err
	}
	if e, err = entryAt(tx, latest); err != nil {
		return d, err
	}
	d.Ended = e.At
	return d, e.Decode(&d.Outcome)
}
