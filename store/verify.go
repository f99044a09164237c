package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"runtime/debug"

	bolt "go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/tlog"
)

// Report is what a verification found.
type Report struct {
	OK       bool           `json:"ok"`
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
}

// Verify checks every entry, hash, signature, body and view of a case file and
// names what was changed. The error is for files that cannot be checked at all.
func Verify(path string, o VerifyOptions) (*Report, error) {
	r := &Report{Checked: map[string]int{}, Problems: []Problem{}, Notes: []string{}}
	if err := inspect(path); err != nil {
		return nil, err
	}
	if err := r.metaPages(path); err != nil {
		return nil, err
	}
	if err := r.open(path, o); err != nil {
		return nil, err
	}
	r.OK = len(r.Problems) == 0
	return r, nil
}

func (r *Report) problem(where, what string, args ...any) {
	r.Problems = append(r.Problems, Problem{where, fmt.Sprintf(what, args...)})
}

// open checks the file through bbolt, which has no checksums over its pages and
// may panic on a damaged one.
func (r *Report) open(path string, o VerifyOptions) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			r.problem("file", "its pages do not hang together: %v", p)
			err = nil
		}
	}()
	db, err := bolt.Open(path, 0o600, boltOptions(true))
	if err != nil {
		if err = cannotOpen(path, err); errors.Is(err, ErrDamaged) {
			r.problem("file", "it cannot be opened: its pages do not hang together")
			return nil
		}
		return err
	}
	defer db.Close()
	c := &Case{path: path, db: db, readOnly: true}
	if err := c.checkSchema(); err != nil {
		if errors.Is(err, ErrDamaged) || errors.Is(err, ErrNotACase) {
			r.problem("case", "%v", err)
			return nil
		}
		return err
	}
	return db.View(func(tx *bolt.Tx) error { r.contents(tx, o); return nil })
}

// audit is what the walk over the log learns for the checks after it.
type audit struct {
	header   Header
	size     int64
	hashes   []tlog.Hash // stored hashes, computed again
	exhibits map[int64]ExhibitEntry
	files    map[int64]AttachedFile
	sealed   map[int64]SealedEntry
	views    map[string]map[string]int64
	intents  map[int64]bool
	signed   int64 // entries up to the newest good checkpoint, itself included
}

func (r *Report) contents(tx *bolt.Tx, o VerifyOptions) {
	r.buckets(tx)
	if len(r.Problems) > 0 {
		return
	}
	a := &audit{
		exhibits: map[int64]ExhibitEntry{}, files: map[int64]AttachedFile{},
		sealed: map[int64]SealedEntry{}, views: map[string]map[string]int64{}, intents: map[int64]bool{},
	}
	r.leaves(tx, a, o)
	r.header(tx, a)
	r.stored(tx, a)
	r.bodies(tx, a)
	r.pointers(tx, a)
	r.outside(a, o)
	r.explain(a)
}

// buckets compares the buckets of the file with the drawing.
func (r *Report) buckets(tx *bolt.Tx) {
	for _, path := range tree {
		if bucket(tx, path...) == nil {
			r.problem("bucket "+string(bytes.Join(path, []byte("/"))), "it is missing")
		}
	}
	known := map[string]bool{}
	for _, path := range tree {
		known[string(bytes.Join(path, []byte("/")))] = true
	}
	_ = tx.ForEach(func(name []byte, b *bolt.Bucket) error {
		r.strangers(string(name), b, known)
		return nil
	})
}

func (r *Report) strangers(path string, b *bolt.Bucket, known map[string]bool) {
	if !known[path] {
		r.problem("bucket "+path, "it belongs to no case")
		return
	}
	_ = b.ForEachBucket(func(name []byte) error {
		r.strangers(path+"/"+string(name), b.Bucket(name), known)
		return nil
	})
}

// leaves walks the log: every entry is whole, in its place and hashed anew.
func (r *Report) leaves(tx *bolt.Tx, a *audit, o VerifyOptions) {
	cur := bucket(tx, bucketLog, keyLeaves).Cursor()
	for k, text := cur.First(); k != nil; k, text = cur.Next() {
		n := num(k)
		if n != a.size {
			r.problem(fmt.Sprintf("entry %d", a.size), "it is missing")
			if n < a.size {
				return
			}
			a.size = n
		}
		a.extend(n, text)
		r.entry(a, n, text, o)
		a.size++
	}
	if a.size == 0 {
		r.problem("log", "it is empty")
	}
	r.Checked["entries"] = int(a.size)
}

// extend computes the stored hashes of one more leaf.
func (a *audit) extend(n int64, text []byte) {
	for int64(len(a.hashes)) < tlog.StoredHashIndex(0, n) {
		a.hashes = append(a.hashes, tlog.Hash{}) // a gap was named already
	}
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
	n, root, err := openCheckpoint(cp.Note, a.header.Origin(), public)
	if err != nil {
		r.problem(where, "%v", err)
		return
	}
	r.Checked["checkpoints"]++
	if n != e.N {
		r.problem(where, "it signs %d entries and stands after %d", n, e.N)
		return
	}
	now, err := tlog.TreeHash(n, a)
	if err != nil || now != root {
		r.problem(where, "the %d entries before it are not the ones that were signed", n)
		return
	}
	a.signed = e.N + 1
}

// metaPages checks both meta pages of bbolt. It needs only one of them, and
// would quietly fall back to an older state of the file.
func (r *Report) metaPages(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return cannotWrite("open "+path, err)
	}
	defer f.Close()
	pageSize := pageSizeOf(f)
	for i := range int64(2) {
		head := make([]byte, 16+64)
		if _, err := f.ReadAt(head, i*pageSize); err != nil {
			r.problem("file", "its meta page %d cannot be read", i)
			continue
		}
		meta := head[16:]
		sum := fnv.New64a()
		sum.Write(meta[:56])
		if !bytes.Equal(meta[:4], boltMagic) || binary.LittleEndian.Uint64(meta[56:]) != sum.Sum64() {
			r.problem("file", "its meta page %d was changed; the newest entries may be hidden", i)
		}
	}
	return nil
}

// pageSizeOf reads the page size from the first meta page; 4096 where it is
// damaged.
func pageSizeOf(f io.ReaderAt) int64 {
	field := make([]byte, 4)
	if _, err := f.ReadAt(field, 16+8); err != nil {
		return 4096
	}
	size := int64(binary.LittleEndian.Uint32(field))
	if size < 512 || size > 1<<20 {
		return 4096
	}
	return size
}
