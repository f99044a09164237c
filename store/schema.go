package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"

	bolt "go.etcd.io/bbolt"
)

// schemaLevel is the level of the drawing in the package doc. Only tests change
// it.
var schemaLevel = 3

// upgrades bring a case up to date: upgrades[n] takes level n to level n+1. All
// that a case needs run in one transaction. They are numbered for ever; a
// released one is not edited.
var upgrades = map[int]func(*bolt.Tx) error{
	1: func(tx *bolt.Tx) error { // captures, and the figures of what burns
		if err := makeBucket(tx, [][]byte{bucketViews, viewCaptures}); err != nil {
			return err
		}
		return makeBucket(tx, [][]byte{bucketViews, viewFigures})
	},
	2: func(tx *bolt.Tx) error { // subjects, and the marks of their checks
		if err := makeBucket(tx, [][]byte{bucketViews, viewSubjects}); err != nil {
			return err
		}
		return makeBucket(tx, [][]byte{bucketViews, viewMarks})
	},
}

var (
	bucketCase     = []byte("case")
	bucketExhibits = []byte("exhibits")
	bucketFiles    = []byte("files")
	bucketLog      = []byte("log")
	bucketSealed   = []byte("sealed")
	bucketTraining = []byte("training")
	bucketViews    = []byte("views")

	keySchema      = []byte("schema")
	keyHeader      = []byte("header")
	keyIdentity    = []byte("identity")
	keySigner      = []byte("signer")
	keyFingerprint = []byte("fingerprint-key")
	keyBodies      = []byte("bodies")
	keyKeys        = []byte("keys")
	keyHashes      = []byte("hashes")
	keyLeaves      = []byte("leaves")
	keyWorld       = []byte("world")
)

// tree lists every bucket of a case, outer ones first.
var tree = [][][]byte{
	{bucketCase},
	{bucketExhibits}, {bucketExhibits, keyBodies}, {bucketExhibits, keyKeys},
	{bucketFiles},
	{bucketLog}, {bucketLog, keyHashes}, {bucketLog, keyLeaves},
	{bucketSealed},
	{bucketTraining},
	{bucketViews}, {bucketViews, viewActs}, {bucketViews, viewBurnt}, {bucketViews, viewCaptures}, {bucketViews, viewCoverage},
	{bucketViews, viewFigures}, {bucketViews, viewFindings}, {bucketViews, viewMarks}, {bucketViews, viewPlans}, {bucketViews, viewProgress},
	{bucketViews, viewSubjects}, {bucketViews, viewTokens},
}

func makeBucket(tx *bolt.Tx, path [][]byte) error {
	b, err := tx.CreateBucketIfNotExists(path[0])
	if err != nil {
		return err
	}
	for _, name := range path[1:] {
		if b, err = b.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	return nil
}

// bucket walks down to a bucket; nil where the file lacks it.
func bucket(tx *bolt.Tx, path ...[]byte) *bolt.Bucket {
	b := tx.Bucket(path[0])
	for _, name := range path[1:] {
		if b == nil {
			return nil
		}
		b = b.Bucket(name)
	}
	return b
}

// inspect looks at a file before bbolt does: bbolt would furnish an empty file,
// and a foreign one deserves a plain word.
func inspect(path string) error {
	foreign := func(what string) error {
		return WithHint(fmt.Errorf("cannot open %s: %w%s", path, ErrNotACase, what), "name the case file with --case FILE; nothing in this file was changed")
	}
	info, err := os.Stat(path) // an open would wait for ever on a named pipe
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return WithHint(fmt.Errorf("cannot open %s: %w", path, ErrMissing), "make one with: retake new --case %s", path)
	case err != nil:
		return cannotWrite("open "+path, err)
	case info.IsDir():
		return foreign(" but a folder")
	case !info.Mode().IsRegular():
		return foreign(", it is no ordinary file")
	}
	f, err := os.Open(path)
	if err != nil {
		return cannotWrite("open "+path, err)
	}
	defer f.Close()
	head := make([]byte, 4096+24)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return fmt.Errorf("cannot read %s: %w", path, err)
	}
	if !looksLikeBolt(head[:n]) {
		return foreign("")
	}
	return nil
}

// boltMagic is 0xED0CDAED as bbolt writes it on little-endian machines, in the
// meta pages, 16 bytes from their start.
var boltMagic = []byte{0xED, 0xDA, 0x0C, 0xED}

func looksLikeBolt(head []byte) bool {
	at := func(off int) bool { return len(head) >= off+20 && bytes.Equal(head[off+16:off+20], boltMagic) }
	return at(0) || at(4096)
}

// checkSchema refuses what is no case or too new, and upgrades what is older.
func (c *Case) checkSchema() error {
	level, err := c.level()
	if err != nil {
		return err
	}
	if level > schemaLevel {
		return WithHint(fmt.Errorf("%w (level %d, this one knows %d)", ErrNewer, level, schemaLevel), "use the Retake that wrote it, or a later one; nothing in the file was changed")
	}
	if level < schemaLevel {
		return c.upgrade(level)
	}
	return nil
}

func (c *Case) level() (level int, err error) {
	err = c.view(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketCase)
		if b == nil || bucket(tx, bucketLog, keyLeaves) == nil {
			return WithHint(ErrNotACase, "name the case file with --case FILE; nothing in this file was changed")
		}
		level, err = strconv.Atoi(string(b.Get(keySchema)))
		if err != nil || level < 1 {
			return fmt.Errorf("%w: its schema level reads %q", ErrDamaged, b.Get(keySchema))
		}
		return nil
	})
	return level, err
}

func (c *Case) upgrade(from int) error {
	if c.readOnly {
		return WithHint(fmt.Errorf("this case is of schema level %d and has to be brought to %d first", from, schemaLevel), "open it once for work, for instance with: retake --case FILE")
	}
	err := c.db.Update(func(tx *bolt.Tx) error {
		for level := from; level < schemaLevel; level++ {
			patch := upgrades[level]
			if patch == nil {
				return fmt.Errorf("%w: there is no way from schema level %d to %d", ErrDamaged, level, level+1)
			}
			if err := patch(tx); err != nil {
				return err
			}
		}
		return tx.Bucket(bucketCase).Put(keySchema, []byte(strconv.Itoa(schemaLevel)))
	})
	return cannotWrite(fmt.Sprintf("bring the case from schema level %d to %d", from, schemaLevel), err)
}
