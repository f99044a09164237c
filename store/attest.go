package store

import (
	"cmp"
	"fmt"
	"strings"

	bolt "go.etcd.io/bbolt"
)

// AttestationEntry is a person's word that a step was done by hand.
type AttestationEntry struct {
	Note          string        `json:"note"`
	NotApplicable bool          `json:"not_applicable,omitempty"`
	Checks        []string      `json:"checks,omitempty"` // the lines of the checklist that were ticked
	File          *AttachedFile `json:"file,omitempty"`
}

// AttachedFile is the custody of a file that was attached as evidence.
type AttachedFile struct {
	Name   string `json:"name"`
	Size   int    `json:"size"`
	SHA256 string `json:"sha256"`
}

// Attestation is an attestation to be filed; File may be nil.
type Attestation struct {
	Note          string
	NotApplicable bool
	Checks        []string
	FileName      string
	File          []byte
}

// MaxFile is the largest file that can be attached, in bytes.
const MaxFile = 64 << 20

// Attest files an attestation and the state of the step that follows from it.
func (c *Case) Attest(step string, a Attestation) error {
	if len(a.File) > MaxFile {
		return WithHint(fmt.Errorf("cannot attach %s: it has %d MiB", a.FileName, len(a.File)>>20), "attach at most %d MiB, and note where the rest is kept", MaxFile>>20)
	}
	entry := AttestationEntry{Note: a.Note, NotApplicable: a.NotApplicable, Checks: a.Checks}
	if a.FileName != "" || len(a.File) > 0 {
		entry.File = &AttachedFile{Name: cmp.Or(a.FileName, "attachment"), Size: len(a.File), SHA256: sumHex(a.File)}
	}
	return c.write("file the attestation", func(tx *bolt.Tx) error {
		n, err := c.append(tx, KindAttestation, step, entry)
		if err != nil {
			return err
		}
		if entry.File != nil {
			if err := tx.Bucket(bucketFiles).Put(be64(n), zipper.EncodeAll(a.File, nil)); err != nil {
				return err
			}
		}
		state, err := stateAfter(tx, step, a)
		if err != nil {
			return err
		}
		_, err = c.append(tx, KindProgress, step, state)
		return err
	})
}

// stateAfter is how a step stands after an attestation. What was proved stays
// proved: a person's word adds to it and does not take its place.
func stateAfter(tx *bolt.Tx, step string, a Attestation) (Progress, error) {
	if a.NotApplicable {
		return Progress{State: NotApplicable, Why: a.Note}, nil
	}
	attested := Progress{State: Attested, Why: a.Note}
	n := bucket(tx, bucketViews, viewProgress).Get([]byte(step))
	if n == nil {
		return attested, nil
	}
	e, err := entryAt(tx, num(n))
	if err != nil {
		return attested, err
	}
	var before Progress
	if err := e.Decode(&before); err != nil || before.State != Proved {
		return attested, err
	}
	before.Why = strings.TrimSuffix(before.Why, ".") + "; by hand: " + a.Note
	return before, nil
}

// AttachedFile returns the file that was attached to the attestation with the
// number n, and its custody.
func (c *Case) AttachedFile(n int64) (f AttachedFile, body []byte, err error) {
	err = c.view(func(tx *bolt.Tx) error {
		var a AttestationEntry
		if err := vouched(tx, n, KindAttestation, &a); err != nil {
			return fmt.Errorf("cannot read the file of attestation %d: %w", n, err)
		}
		if a.File == nil {
			return fmt.Errorf("no file is attached to attestation %d", n)
		}
		f = *a.File
		body, err = unpack(tx.Bucket(bucketFiles).Get(be64(n)), f.Size)
		if err != nil || sumHex(body) != f.SHA256 {
			return fmt.Errorf("cannot read the file of attestation %d: %w: it is not the one that was attached", n, ErrDamaged)
		}
		return nil
	})
	return f, body, err
}
