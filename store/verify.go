package store

import (
	"bytes"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	bolt "go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Report is what a verification found.
type Report struct {
	OK       bool           `json:"ok"`
	Kind     CaseKind       `json:"kind"`     // of the case, as its header says
	Checked  map[string]int `json:"checked"`  // what was looked at, and how many
	Problems []Problem      `json:"problems"` // empty where OK
	Notes    []string       `json:"notes"`    // what the result proves, and what not
}

// Problem is one thing that is not as it was filed.
type Problem struct {
	Where string `json:"where"`
	What  string `json:"what"`
}

// VerifyOptions are what the verifier knows from outside of the case.
type VerifyOptions struct {
	Key        string // the public key printed when the case was made; "" trusts the one inside
	Checkpoint string // a signed checkpoint kept elsewhere; "" for none

	Events func(ExhibitEntry, []byte) []Event // for bundles: what ExportOptions had; nil leaves the timeline out
}

// Verify checks every entry, hash, signature, body and view of a case file and
// names what was changed. The error is for files that cannot be checked at all.
func Verify(path string, o VerifyOptions) (*Report, error) {
	o.Key = strings.TrimSpace(o.Key)
	if _, err := note.NewVerifier(o.Key); o.Key != "" && err != nil {
		return nil, WithHint(fmt.Errorf("cannot check against the key %s: it is no public key", printable(o.Key)), "the public key looks like retake-…+…+… and was printed when the case was made")
	}
	if err := inspect(path); err != nil {
		return nil, err
	}
	r := &Report{Checked: map[string]int{}, Problems: []Problem{}, Notes: []string{}}
	if err := r.open(path, o); err != nil {
		return nil, err
	}
	r.OK = len(r.Problems) == 0
	return r, nil
}

func (r *Report) problem(where, what string, args ...any) {
	r.Problems = append(r.Problems, Problem{where, fmt.Sprintf(what, args...)})
}

// open checks the file's pages, and then through bbolt what they hold.
func (r *Report) open(path string, o VerifyOptions) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			r.problem("file", "its pages do not hang together: %v", p)
			err = nil
		}
	}()
	db, err := openPages(path, true)
	if err != nil {
		return r.unless(err, ErrDamaged)
	}
	defer db.Close()
	wrong, err := metaProblems(path)
	for _, w := range wrong {
		r.problem("file", "%s", w)
	}
	if err != nil {
		return err
	}
	c := &Case{path: path, db: db, readOnly: true}
	if err := c.checkSchema(); err != nil {
		return r.unless(fmt.Errorf("cannot open %s: %w", path, err), ErrDamaged)
	}
	return db.View(func(tx *bolt.Tx) error { r.contents(tx, o); return nil })
}

// unless turns an error of the named sort into a problem of the file.
func (r *Report) unless(err, sort error) error {
	if errors.Is(err, sort) {
		r.problem("file", "%v", err)
		return nil
	}
	return err
}

// audit is what the walk over the log learns for the checks after it.
type audit struct {
	header   Header
	opened   []byte // the header as it stands in entry 0
	size     int64
	hashes   []tlog.Hash // stored hashes, computed again
	exhibits map[int64]ExhibitEntry
	files    map[int64]AttachedFile
	sealed   map[int64]SealedEntry
	views    map[string]map[string]int64
	intents  map[int64]bool
	signed   int64 // entries up to the newest good checkpoint, itself included
}

func newAudit() *audit {
	return &audit{
		exhibits: map[int64]ExhibitEntry{}, files: map[int64]AttachedFile{},
		sealed: map[int64]SealedEntry{}, views: map[string]map[string]int64{}, intents: map[int64]bool{},
	}
}

func (r *Report) contents(tx *bolt.Tx, o VerifyOptions) {
	if !r.buckets(tx) {
		return
	}
	a := newAudit()
	r.leaves(tx, a, o)
	r.header(tx, a)
	r.stored(tx, a)
	r.bodies(tx, a)
	r.pointers(tx, a)
	r.outside(a, o)
	r.Kind = a.header.Kind
	r.explain(a, o)
}

// buckets compares the buckets of the file with the drawing. It tells whether all
// are there.
func (r *Report) buckets(tx *bolt.Tx) (all bool) {
	known, all := map[string]bool{}, true
	for _, path := range tree {
		name := string(bytes.Join(path, []byte("/")))
		known[name] = true
		if bucket(tx, path...) == nil {
			r.problem("bucket "+name, "it is missing")
			all = false
		}
	}
	_ = tx.ForEach(func(name []byte, b *bolt.Bucket) error {
		r.strangers(string(name), b, known)
		return nil
	})
	return all
}

// strangers names what does not belong into a bucket by its sort: a bucket among
// values, a value among buckets. What the keys of values may be is checked with
// the entries that vouch for them.
func (r *Report) strangers(path string, b *bolt.Bucket, known map[string]bool) {
	if !known[path] {
		r.problem("bucket "+printable(path), "it belongs to no case")
		return
	}
	holdsBuckets := false
	for name := range known {
		holdsBuckets = holdsBuckets || strings.HasPrefix(name, path+"/")
	}
	_ = b.ForEach(func(k, v []byte) error {
		switch {
		case v == nil:
			r.strangers(path+"/"+string(k), b.Bucket(k), known)
		case holdsBuckets:
			r.problem(path+"/"+printable(string(k)), "it belongs to no record")
		}
		return nil
	})
}
