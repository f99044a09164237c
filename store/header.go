package store

import (
	"fmt"
	"time"
)

// CaseKind tells what stands behind the wire of a case.
type CaseKind string

// The kinds of cases.
const (
	Live     CaseKind = "LIVE"     // Twilio
	Lab      CaseKind = "LAB"      // RETAKE_API, a loopback address
	Training CaseKind = "TRAINING" // the simulated account inside Retake
)

// Header is what a case was opened with. It is the body of entry 0 and never
// changes. Its canonical form is bound to the passphrase: a field that is added
// later is omitted where it is empty.
type Header struct {
	ID         string    `json:"id"`
	Kind       CaseKind  `json:"kind"`
	Wire       string    `json:"wire"`       // where the calls go
	Account    string    `json:"account"`    // SID of the main account
	Name       string    `json:"name"`       // its name; text from the account
	Responder  string    `json:"responder"`  // who opened the case
	Created    time.Time `json:"created"`    //
	Version    string    `json:"version"`    // the Retake that made it
	Schema     int       `json:"schema"`     // level at creation
	Recipients []string  `json:"recipients"` // age recipients that secrets are sealed to, the case's own first
	PublicKey  string    `json:"public_key"` // verifier of the checkpoints (sumdb/note)
	Hashes     KeyHashes `json:"hashes"`     // of the key material, so that a swap is seen
}

// KeyHashes are SHA-256 hashes, in hex, of the key material beside the header.
type KeyHashes struct {
	Identity       string `json:"identity"`
	Signer         string `json:"signer"`
	FingerprintKey string `json:"fingerprint_key"`
}

// Origin is the first line of the case's checkpoints.
func (h Header) Origin() string { return "retake.case/" + h.ID }

// Check refuses a case of another kind, another wire or another account. Empty
// arguments are not compared.
func (h Header) Check(kind CaseKind, wire, account string) error {
	switch {
	case kind != "" && h.Kind != kind:
		return WithHint(fmt.Errorf("this is a %s case and the present wire is %s", h.Kind, kind), "%s", kindHint(h.Kind, kind))
	case wire != "" && h.Wire != wire:
		return WithHint(fmt.Errorf("this case belongs to %s and the present wire goes to %s", h.Wire, wire),
			"%s", h.wireHint())
	case account != "" && h.Account != account:
		return WithHint(fmt.Errorf("this case is about account %s and the credentials are those of %s", h.Account, account),
			"set TWILIO_ACCOUNT_SID to %s, or name the right case with --case FILE", h.Account)
	}
	return nil
}

func (h Header) wireHint() string {
	if h.Kind == Lab {
		return fmt.Sprintf("a case is only ever worked on over the wire it was made on: set RETAKE_API to %s, or make a new case", h.Wire)
	}
	return "a case is only ever worked on over the wire it was made on: name another case with --case FILE, or make a new one"
}

func kindHint(is, want CaseKind) string {
	switch {
	case is == Training:
		return "open a training case with: retake train"
	case is == Lab:
		return "set RETAKE_API to the address that the case was made on, or name a live case with --case FILE"
	case want == Lab:
		return "unset RETAKE_API to work on the live account, or name a LAB case with --case FILE"
	default:
		return "name another case with --case FILE"
	}
}
