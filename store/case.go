package store

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync/atomic"
	"time"

	"filippo.io/age"
	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// lockWait is how long an open waits for another process to let go.
const lockWait = 300 * time.Millisecond

// batchDelay is how long a journal write waits for others to share its commit.
const batchDelay = 500 * time.Microsecond

// Case is an open case file. Its methods may be called from many goroutines;
// each exported method is one transaction.
type Case struct {
	Header Header
	Now    func() time.Time // the clock that stamps entries
	By     string           // the responder who is at work

	path       string
	db         *bolt.DB
	readOnly   bool
	keys       keyring
	recipients []age.Recipient
	identity   *age.X25519Identity // nil until Unlock
	signer     note.Signer         // nil until Unlock
	tail       atomic.Int64        // entries of a run that died, not signed yet
	opened     int64               // number of bbolt's transaction when the case was opened
	commits    atomic.Int64
	closed     atomic.Bool
}

// Open opens a case file for work. Only one process can hold it; another one is
// told who does (ErrHeld). A file of an older schema level is brought up to
// date, a newer one refused (ErrNewer).
func Open(path string, now func() time.Time) (*Case, error) {
	return open(path, clock(now), false)
}

// OpenToRead opens a case file without changing anything in it.
func OpenToRead(path string) (*Case, error) {
	return open(path, time.Now, true)
}

func open(path string, now func() time.Time, readOnly bool) (*Case, error) {
	if err := inspect(path); err != nil {
		return nil, err
	}
	db, err := openPages(path, readOnly)
	if err != nil {
		return nil, err
	}
	db.MaxBatchDelay = batchDelay
	c := &Case{Now: now, path: path, db: db, readOnly: readOnly}
	if err := c.moveIn(); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("cannot open %s: %w", path, err)
	}
	return c, nil
}

// openPages opens the pages of a file once it is certain that bbolt can walk
// them. They are looked at under a reader's lock, so that nobody writes
// meanwhile; whoever comes in between then and the open only writes sound ones.
func openPages(path string, readOnly bool) (*bolt.DB, error) {
	db, err := openBolt(path, true)
	if err != nil {
		return nil, err
	}
	err = soundPages(path)
	if err == nil && readOnly {
		return db, nil
	}
	_ = db.Close()
	if err != nil {
		return nil, damaged(path, err)
	}
	return openBolt(path, false)
}

// openBolt calls bolt.Open, which panics on some damaged files and then leaves
// the file open and locked.
func openBolt(path string, readOnly bool) (db *bolt.DB, err error) {
	var file *os.File
	options := boltOptions(readOnly)
	options.OpenFile = func(name string, flag int, mode os.FileMode) (*os.File, error) {
		f, err := os.OpenFile(name, flag&^os.O_CREATE, mode)
		file = f
		return f, err
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			_ = file.Close()
			db, err = nil, damaged(path, fmt.Errorf("%w: %v", ErrDamaged, p))
		}
	}()
	db, err = bolt.Open(path, 0o600, options)
	if err != nil {
		return nil, cannotOpen(path, err)
	}
	return db, nil
}

func damaged(path string, err error) error {
	return WithHint(fmt.Errorf("cannot open %s: %w", path, err), "work on a copy from before the damage; retake verify %s tells what is wrong", path)
}

// moveIn reads what an open case needs to know of itself.
func (c *Case) moveIn() error {
	if err := c.checkSchema(); err != nil {
		return err
	}
	if err := c.view(c.load); err != nil {
		return err
	}
	recipients, err := parseRecipients(c.Header.Recipients)
	if err != nil {
		return fmt.Errorf("%w: %v", ErrDamaged, err)
	}
	c.recipients = recipients
	c.By = c.Header.Responder
	if !c.readOnly {
		return announce(c.path, c.By, c.Now())
	}
	return nil
}

func (c *Case) load(tx *bolt.Tx) error {
	if err := complete(tx); err != nil {
		return err
	}
	b := tx.Bucket(bucketCase)
	c.keys = keyring{identity: clone(b.Get(keyIdentity)), signer: clone(b.Get(keySigner)), fingerprint: clone(b.Get(keyFingerprint))}
	first, err := entryAt(tx, 0)
	if err != nil {
		return err
	}
	if first.Kind != KindOpened {
		return fmt.Errorf("%w: its first entry is %q", ErrDamaged, first.Kind)
	}
	if err := first.Decode(&c.Header); err != nil {
		return fmt.Errorf("%w: %v", ErrDamaged, err)
	}
	if c.keys.hashes() != c.Header.Hashes {
		return fmt.Errorf("%w: its key material is not the one it was made with", ErrDamaged)
	}
	c.opened = int64(tx.ID())
	c.tail.Store(size(tx) - signedSize(tx))
	return nil
}

// complete tells whether a case has all its buckets and an end of the log that
// can be written on.
func complete(tx *bolt.Tx) error {
	for _, path := range tree {
		if bucket(tx, path...) == nil {
			return fmt.Errorf("%w: its bucket %s is missing", ErrDamaged, bytes.Join(path, []byte("/")))
		}
	}
	n := size(tx)
	last, _ := bucket(tx, bucketLog, keyHashes).Cursor().Last()
	if n < 1 || num(last) != tlog.StoredHashCount(n)-1 {
		return fmt.Errorf("%w: the end of its custody log does not hang together", ErrDamaged)
	}
	return nil
}

// Close lets go of the case. It does not sign; see Checkpoint.
func (c *Case) Close() error {
	if c == nil || c.db == nil || c.closed.Swap(true) {
		return nil
	}
	if !c.readOnly {
		withdraw(c.path)
	}
	return c.db.Close()
}

// view runs one read transaction. The pages were sound when the file was opened;
// if somebody cut it short since, that is an error and no crash.
func (c *Case) view(fn func(tx *bolt.Tx) error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer caughtFault(&err)
	return c.db.View(fn)
}

// caughtFault turns a fault in the mapped file into an error. Any other panic
// goes on.
func caughtFault(err *error) {
	switch p := recover().(type) {
	case nil:
	case interface{ Addr() uintptr }:
		*err = fmt.Errorf("cannot read the case: %w: the file was changed while it was open", ErrDamaged)
	default:
		panic(p)
	}
}

// Path is where the case file lies.
func (c *Case) Path() string { return c.path }

// Commits is how many journal commits were asked for since the case was
// opened; several may have shared one write to the disk.
func (c *Case) Commits() int64 { return c.commits.Load() }

// Writes is how often the file was written to the disk since it was opened: the
// number of bbolt's transactions.
func (c *Case) Writes() (n int64) {
	_ = c.view(func(tx *bolt.Tx) error { n = int64(tx.ID()) - c.opened; return nil })
	return n
}

func boltOptions(readOnly bool) *bolt.Options {
	return &bolt.Options{Timeout: lockWait, ReadOnly: readOnly, NoFreelistSync: true, FreelistType: bolt.FreelistMapType}
}

func cannotOpen(path string, err error) error {
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return held(path)
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrVersionMismatch), errors.Is(err, bolterrors.ErrChecksum):
		return damaged(path, ErrDamaged)
	}
	return cannotWrite("open "+path, err)
}

func clock(now func() time.Time) func() time.Time {
	if now == nil {
		return time.Now
	}
	return now
}

func clone(b []byte) []byte { return append([]byte(nil), b...) }
