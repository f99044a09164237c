package store

import (
	"encoding/json"
	"fmt"
	"time"
)

// Kind names what an entry of the custody log is about. The names are part of
// the file format.
type Kind string

// The kinds, each with the Go type of its body.
const (
	KindOpened      Kind = "opened"      // Header: always entry 0, never again
	KindRun         Kind = "run"         // Run: a command or a console began
	KindExhibit     Kind = "exhibit"     // ExhibitEntry
	KindIntent      Kind = "intent"      // Act: about to be done
	KindOutcome     Kind = "outcome"     // OutcomeEntry: what became of an intent
	KindPlan        Kind = "plan"        // PlanEntry
	KindAgreed      Kind = "agreed"      // Agreement to a plan's digest
	KindProgress    Kind = "progress"    // Progress of a step
	KindAttestation Kind = "attestation" // AttestationEntry
	KindSubject     Kind = "subject"     // Subject: on a list, or off it
	KindMark        Kind = "mark"        // Mark of a check of a subject
	KindCoverage    Kind = "coverage"    // Coverage
	KindFigures     Kind = "figures"     // Figures of what burns in the account
	KindFinding     Kind = "finding"     // Finding
	KindSealed      Kind = "sealed"      // SealedEntry
	KindBurnt       Kind = "burnt"       // BurntEntry
	KindShown       Kind = "shown"       // Shown: a secret was given out on demand
	KindNote        Kind = "note"        // Note in free words
	KindHandover    Kind = "handover"    // Handover to the next responder
	KindCheckpoint  Kind = "checkpoint"  // CheckpointEntry
	KindExported    Kind = "exported"    // Exported: a bundle was written; it belongs to no bundle
)

// Entry is one leaf of the custody log. Its canonical JSON (RFC 8785) is what
// is hashed and stored.
type Entry struct {
	N    int64           `json:"n"`              // its number, from 0
	At   time.Time       `json:"at"`             // UTC, by the clock of the case
	By   string          `json:"by"`             // the responder
	Kind Kind            `json:"kind"`           //
	Step string          `json:"step,omitempty"` // the step it is filed under
	Body json.RawMessage `json:"body"`           // see the kinds
}

// Decode reads the entry's body into v.
func (e Entry) Decode(v any) error {
	if err := json.Unmarshal(e.Body, v); err != nil {
		return fmt.Errorf("cannot read entry %d (%s): %w", e.N, e.Kind, err)
	}
	return nil
}

// Run says that a command or the console began to work on the case.
type Run struct {
	ID      string `json:"id"`
	Command string `json:"command"`
	Version string `json:"version"`
}

// Note is a remark in free words.
type Note struct {
	Text string `json:"text"`
}

// Handover passes the case to the next responder.
type Handover struct {
	To   string `json:"to"`
	Text string `json:"text"`
}

// Shown says that a secret was printed because somebody asked for it.
type Shown struct {
	Account     string `json:"account"`
	Fingerprint string `json:"fingerprint"`
	Where       string `json:"where"`
}

func parseEntry(text []byte) (Entry, error) {
	var e Entry
	if err := json.Unmarshal(text, &e); err != nil {
		return Entry{}, fmt.Errorf("the entry is not JSON: %w", err)
	}
	return e, nil
}
