package store

import (
	"encoding/hex"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Check follows the proof from its record to the signature, with the public key
// of the case and nothing else. Its error says what does not fit; ErrUncovered
// says that all fits and only the signature is still to come.
func (p Proof) Check(public string) error {
	x, err := p.entry()
	if err != nil {
		return err
	}
	if err := p.checkRecord(x); err != nil {
		return err
	}
	if p.Checkpoint == nil {
		return ErrUncovered
	}
	return p.checkSignature(public)
}

// entry reads the entry that the proof brings along.
func (p Proof) entry() (x ExhibitEntry, err error) {
	e, err := parseEntry([]byte(p.Entry))
	switch {
	case err != nil:
		return x, err
	case e.N != p.Exhibit || e.Kind != KindExhibit:
		return x, fmt.Errorf("the entry is number %d (%s) and not exhibit %d", e.N, printable(string(e.Kind)), p.Exhibit)
	case p.EntryHash != hashHex(tlog.RecordHash([]byte(p.Entry))):
		return x, errors.New("the entry does not have the hash that stands beside it")
	}
	return x, e.Decode(&x)
}

// checkRecord holds the record against the entry.
func (p Proof) checkRecord(x ExhibitEntry) error {
	if p.Index < 0 || p.Index >= x.Count() {
		return fmt.Errorf("the exhibit has %d records and none of index %d", x.Count(), p.Index)
	}
	if x.List == "" {
		if sum := sumHex(p.Record); sum != x.SHA256 || sum != p.RecordHash || len(p.Record) != x.Size {
			return errors.New("the record is not the reply that was filed: its SHA-256 is not the one in the entry")
		}
		return nil
	}
	salt, err := hex.DecodeString(p.Salt)
	if err != nil || len(salt) != saltSize {
		return fmt.Errorf("the salt reads \"%s\" and should be %d bytes", printable(p.Salt), saltSize)
	}
	leaf := tlog.RecordHash(append(salt, p.Record...))
	if hashHex(leaf) != p.RecordHash {
		return errors.New("the record and its salt do not have the hash that stands beside them")
	}
	root, err := hashesOf(x.Root)
	if err != nil {
		return fmt.Errorf("the root in the entry %w", err)
	}
	path, err := hashesOf(p.RecordPath...)
	if err != nil {
		return fmt.Errorf("the path of the record %w", err)
	}
	if tlog.CheckRecord(path, int64(x.Records), root[0], int64(p.Index), leaf) != nil {
		return fmt.Errorf("the record is not number %d of those that were filed: its path does not lead to the root in the entry", p.Index)
	}
	return nil
}

// checkSignature follows the entry to the checkpoint.
func (p Proof) checkSignature(public string) error {
	cp, err := openCheckpoint(p.Checkpoint.Note, p.Case, public)
	if err != nil {
		return fmt.Errorf("the checkpoint does not hold: %w", err)
	}
	if cp.n != p.Checkpoint.Entries || !cp.at().Equal(p.Checkpoint.At) {
		return errors.New("the checkpoint is not over as many entries, or not of the time, that stand beside it")
	}
	path, err := hashesOf(p.EntryPath...)
	if err != nil {
		return fmt.Errorf("the path of the entry %w", err)
	}
	if tlog.CheckRecord(path, cp.n, cp.root, p.Exhibit, tlog.RecordHash([]byte(p.Entry))) != nil {
		return errors.New("the entry is not the one that was signed: its path does not lead to the root in the checkpoint")
	}
	return nil
}

// hashesOf reads hashes in hex.
func hashesOf(texts ...string) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(texts))
	for i, text := range texts {
		raw, err := hex.DecodeString(text)
		if err != nil || len(raw) != tlog.HashSize {
			return nil, fmt.Errorf("reads \"%s\", which is no hash", printable(text))
		}
		copy(out[i][:], raw)
	}
	return out, nil
}
