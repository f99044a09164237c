package store

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync/atomic"
	"time"

	"filippo.io/age"
	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
	"golang.org/x/mod/sumdb/note"
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
	tail       int64               // entries that were unsigned when the case was opened
	commits    atomic.Int64
}

// Opening is what a new case is made from.
type Opening struct {
	Kind       CaseKind
	Wire       string
	Account    string
	Name       string
	Responder  string
	Version    string
	Passphrase string
	Recipients []string // further age recipients: escrow, the next shift
	WorkFactor int      // log2 of scrypt's cost; 0 takes about a second, which a training case needs not
	Now        func() time.Time
}

// Create makes a case file at path, unlocked and open. An existing file is
// never touched: ErrExists.
func Create(path string, o Opening) (*Case, error) {
	if _, err := os.Lstat(path); err == nil {
		return nil, WithHint(fmt.Errorf("cannot make the case %s: %w", path, ErrExists), "open it with --case %s, or choose another name", path)
	}
	id := newID()
	keys, recipient, public, err := forgeKeys(id, o.Passphrase, o.WorkFactor)
	if err != nil {
		return nil, err
	}
	h := Header{
		ID: id, Kind: o.Kind, Wire: o.Wire, Account: o.Account, Name: o.Name, Responder: o.Responder,
		Created: clock(o.Now)().UTC(), Version: o.Version, Schema: schemaLevel,
		Recipients: append([]string{recipient}, o.Recipients...), PublicKey: public, Hashes: keys.hashes(),
	}
	if _, err := parseRecipients(h.Recipients); err != nil {
		return nil, err
	}
	if err := layOut(path, h, keys, clock(o.Now)); err != nil {
		return nil, err
	}
	c, err := Open(path, clock(o.Now))
	if err != nil {
		return nil, err
	}
	c.By = o.Responder
	return c, c.unlockWith(keys.opened)
}

// layOut writes a complete case under a working name and moves it into place,
// so that a crash leaves either no case or a whole one.
func layOut(path string, h Header, keys keyring, now func() time.Time) (err error) {
	working := path + ".new"
	_ = os.Remove(working)
	db, err := bolt.Open(working, 0o600, boltOptions(false))
	if err != nil {
		return cannotWrite("make the case "+path, err)
	}
	c := &Case{Header: h, Now: now, By: h.Responder, db: db, keys: keys}
	err = db.Update(func(tx *bolt.Tx) error { return c.furnish(tx) })
	if closing := db.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = place(working, path)
	}
	_ = os.Remove(working)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("cannot make the case %s: %w", path, ErrExists)
	}
	if err != nil {
		return cannotWrite("make the case "+path, err)
	}
	return syncFolder(filepath.Dir(path))
}

// place gives a finished file its name. A link, unlike a rename, fails where a
// file appeared meanwhile; not every file system has links.
func place(working, path string) error {
	err := os.Link(working, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	return os.Rename(working, path)
}

// furnish creates the buckets, the key material and entry 0.
func (c *Case) furnish(tx *bolt.Tx) error {
	for _, path := range tree {
		if err := makeBucket(tx, path); err != nil {
			return err
		}
	}
	text, err := canonical(c.Header)
	if err != nil {
		return err
	}
	b := tx.Bucket(bucketCase)
	for _, p := range []struct{ key, value []byte }{
		{keySchema, []byte(fmt.Sprint(schemaLevel))}, {keyHeader, text}, {keyIdentity, c.keys.identity},
		{keySigner, c.keys.signer}, {keyFingerprint, c.keys.fingerprint},
	} {
		if err := b.Put(p.key, p.value); err != nil {
			return err
		}
	}
	_, err = c.append(tx, KindOpened, "", c.Header)
	return err
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

func open(path string, now func() time.Time, readOnly bool) (c *Case, err error) {
	if err := inspect(path); err != nil {
		return nil, err
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			c, err = nil, WithHint(fmt.Errorf("cannot open %s: %w", path, ErrDamaged), "work on a copy from before the damage; retake verify %s tells what is wrong", path)
		}
	}()
	db, err := bolt.Open(path, 0o600, boltOptions(readOnly))
	if err != nil {
		return nil, cannotOpen(path, err)
	}
	db.MaxBatchDelay = batchDelay
	c = &Case{Now: now, path: path, db: db, readOnly: readOnly}
	if err := c.moveIn(); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("cannot open %s: %w", path, err)
	}
	return c, nil
}

// moveIn reads what an open case needs to know of itself.
func (c *Case) moveIn() error {
	if err := c.checkSchema(); err != nil {
		return err
	}
	if err := c.db.View(c.load); err != nil {
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
	c.tail = size(tx) - signedSize(tx)
	return nil
}

// Close lets go of the case. It does not sign; see Checkpoint.
func (c *Case) Close() error {
	if c == nil || c.db == nil {
		return nil
	}
	if !c.readOnly {
		withdraw(c.path)
	}
	return c.db.Close()
}

// Path is where the case file lies.
func (c *Case) Path() string { return c.path }

// Commits is how many journal commits were asked for since the case was
// opened; several may have shared one write to the disk.
func (c *Case) Commits() int64 { return c.commits.Load() }

// Writes is how often the file was written to the disk since it was opened.
func (c *Case) Writes() int64 {
	s := c.db.Stats()
	return s.TxStats.GetWrite()
}

func boltOptions(readOnly bool) *bolt.Options {
	return &bolt.Options{Timeout: lockWait, ReadOnly: readOnly, NoFreelistSync: true, FreelistType: bolt.FreelistMapType}
}

func cannotOpen(path string, err error) error {
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return held(path)
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrVersionMismatch), errors.Is(err, bolterrors.ErrChecksum):
		return WithHint(fmt.Errorf("cannot open %s: %w", path, ErrDamaged), "work on a copy from before the damage; retake verify %s tells what is wrong", path)
	}
	return cannotWrite("open "+path, err)
}

func clock(now func() time.Time) func() time.Time {
	if now == nil {
		return time.Now
	}
	return now
}

func newID() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return hex.EncodeToString(b)
}

func clone(b []byte) []byte { return append([]byte(nil), b...) }

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return nil // a folder that cannot be opened cannot be synced either; the file itself was
	}
	defer d.Close()
	_ = d.Sync()
	return nil
}
