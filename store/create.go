package store

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
)

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
		return nil, taken(path)
	}
	h := Header{
		ID: newID(), Kind: o.Kind, Wire: o.Wire, Account: o.Account, Name: o.Name, Responder: o.Responder,
		Created: clock(o.Now)().UTC(), Version: o.Version, Schema: schemaLevel, Recipients: o.Recipients,
	}
	if _, err := parseRecipients(h.Recipients); err != nil {
		return nil, err
	}
	h, keys, err := forgeKeys(h, o.Passphrase, o.WorkFactor)
	if err != nil {
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
	if err := c.unlockWith(keys.opened); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

func taken(path string) error {
	return WithHint(fmt.Errorf("cannot make the case %s: %w", path, ErrExists), "open it with --case %s, or choose another name", path)
}

// layOut writes a complete case under a working name of its own and moves it
// into place, so that a crash leaves either no case or a whole one.
func layOut(path string, h Header, keys keyring, now func() time.Time) error {
	doing := "make the case " + path
	working, err := workingName(path)
	if errors.Is(err, fs.ErrNotExist) {
		return WithHint(fmt.Errorf("cannot %s: there is no folder %s", doing, filepath.Dir(path)), "make the folder first, or name another place with --case FILE")
	}
	if err != nil {
		return cannotWrite(doing, err)
	}
	defer os.Remove(working)
	db, err := bolt.Open(working, 0o600, boltOptions(false))
	if err != nil {
		return cannotWrite(doing, err)
	}
	c := &Case{Header: h, Now: now, By: h.Responder, db: db, keys: keys}
	err = db.Update(c.furnish)
	if closing := db.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = place(working, path)
	}
	if errors.Is(err, fs.ErrExist) {
		return taken(path)
	}
	if err == nil {
		_ = os.Remove(working)
		syncFolder(filepath.Dir(path))
	}
	return cannotWrite(doing, err)
}

// leftover is the age at which a working file must be from a process that died.
const leftover = time.Hour

// workingName makes an empty file beside path under a name that nobody else
// uses, and clears away those of processes that died over theirs.
func workingName(path string) (string, error) {
	folder, prefix := filepath.Dir(path), "."+filepath.Base(path)+"."
	others, _ := os.ReadDir(folder)
	for _, o := range others {
		info, err := o.Info()
		if err == nil && info.Mode().IsRegular() && strings.HasPrefix(o.Name(), prefix) && strings.HasSuffix(o.Name(), ".new") && time.Since(info.ModTime()) > leftover {
			_ = os.Remove(filepath.Join(folder, o.Name()))
		}
	}
	random := strings.ReplaceAll(prefix, "*", "_") + "*.new"
	f, err := os.CreateTemp(folder, random)
	if err != nil {
		return "", err
	}
	return f.Name(), f.Close()
}

// place gives a finished file its name. A link, unlike a rename, fails where a
// file appeared meanwhile. Not every file system has links: there the name is
// claimed by an empty file first.
func place(working, path string) error {
	err := os.Link(working, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	return claim(working, path)
}

func claim(working, path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_ = f.Close()
	if err := os.Rename(working, path); err != nil {
		_ = os.Remove(path)
		return err
	}
	return nil
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

func newID() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return hex.EncodeToString(b)
}

// syncFolder makes a new name last. A folder that cannot be synced is no reason
// to fail: the file itself was.
func syncFolder(path string) {
	if d, err := os.Open(path); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}
