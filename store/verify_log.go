package store

import (
	"bytes"
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/tlog"
)

// leaves walks the log: every entry is whole, in its place and hashed anew.
func (r *Report) leaves(tx *bolt.Tx, a *audit, o VerifyOptions) {
	_ = bucket(tx, bucketLog, keyLeaves).ForEach(func(k, text []byte) error {
		n := num(k)
		if n < 0 || text == nil {
			r.problem("log/leaves/"+printable(string(k)), "it is no entry")
			return nil
		}
		if n != a.size {
			r.problem(fmt.Sprintf("entry %d", a.size), "it is missing; the log cannot be followed from there on")
			return errors.New("stop")
		}
		a.extend(n, text)
		r.entry(a, n, text, o)
		a.size++
		return nil
	})
	if a.size == 0 {
		r.problem("log", "it is empty")
	}
	r.Checked["entries"] = int(a.size)
}

// extend computes the stored hashes of one more leaf.
func (a *audit) extend(n int64, text []byte) {
	hashes, err := tlog.StoredHashes(n, text, a)
	if err == nil {
		a.hashes = append(a.hashes, hashes...)
	}
}

// ReadHashes makes the audit a tlog.HashReader over its own hashes.
func (a *audit) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index >= int64(len(a.hashes)) {
			return nil, errors.New("a hash is missing")
		}
		out[i] = a.hashes[index]
	}
	return out, nil
}

func (r *Report) entry(a *audit, n int64, text []byte, o VerifyOptions) {
	where := fmt.Sprintf("entry %d", n)
	e, err := parseEntry(text)
	if err != nil {
		r.problem(where, "%v", err)
		return
	}
	again, err := canonical(e)
	if err != nil || !bytes.Equal(again, text) || e.N != n {
		r.problem(where, "it is not in the form that it was written in")
		return
	}
	if err := a.take(e); err != nil {
		r.problem(where, "%v", err)
	}
	if e.Kind == KindCheckpoint {
		r.checkpoint(a, e, o)
	}
}

// take files what an entry vouches for.
func (a *audit) take(e Entry) (err error) {
	switch e.Kind {
	case KindOpened:
		if e.N != 0 {
			return errors.New("a case is opened only once")
		}
		a.opened = e.Body
		err = e.Decode(&a.header)
	case KindExhibit:
		var x ExhibitEntry
		err = e.Decode(&x)
		a.exhibits[e.N] = x
	case KindSealed:
		var s SealedEntry
		err = e.Decode(&s)
		a.sealed[e.N] = s
	case KindAttestation:
		var t AttestationEntry
		if err = e.Decode(&t); err == nil && t.File != nil {
			a.files[e.N] = *t.File
		}
	case KindIntent:
		a.intents[e.N] = true
	case KindOutcome:
		var t OutcomeEntry
		if err = e.Decode(&t); err == nil && !a.intents[t.Intent] {
			err = fmt.Errorf("it is the outcome of act %d, which was never begun", t.Intent)
		}
	}
	if err != nil {
		return err
	}
	if e.N == 0 && e.Kind != KindOpened {
		return errors.New("it is not the opening of the case")
	}
	return a.point(e)
}

// point notes the lines that an entry writes into the views.
func (a *audit) point(e Entry) error {
	all, err := pointers(e)
	for _, p := range all {
		if a.views[string(p.view)] == nil {
			a.views[string(p.view)] = map[string]int64{}
		}
		a.views[string(p.view)][string(p.key)] = p.to
	}
	return err
}

// checkpoint checks the signature and that the log up to it is what was signed.
func (r *Report) checkpoint(a *audit, e Entry, o VerifyOptions) {
	where := fmt.Sprintf("checkpoint in entry %d", e.N)
	var cp CheckpointEntry
	if err := e.Decode(&cp); err != nil {
		r.problem(where, "%v", err)
		return
	}
	public := a.header.PublicKey
	if o.Key != "" {
		public = o.Key
	}
	signed, err := openCheckpoint(cp.Note, a.header.Origin(), public)
	if err != nil {
		r.problem(where, "%v", err)
		return
	}
	r.Checked["checkpoints"]++
	now, err := tlog.TreeHash(e.N, a)
	switch {
	case signed.n != e.N:
		r.problem(where, "it signs %d entries and stands after %d", signed.n, e.N)
	case err != nil || now != signed.root:
		r.problem(where, "the %d entries before it are not the ones that were signed", e.N)
	case signed.text != checkpointText(a.header.Origin(), e.N, now, e.At, e.By, cp.Why):
		r.problem(where, "its date, its responder or its reason is not the one that was signed")
	default:
		a.signed = e.N + 1
	}
}
