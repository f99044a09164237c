package store

import (
	"encoding/binary"
	"fmt"
	"runtime/debug"
	"time"

	bolt "go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/tlog"

	"retake/store/failpoint"
)

func be64(n int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

func num(b []byte) int64 {
	if len(b) != 8 {
		return -1
	}
	return int64(binary.BigEndian.Uint64(b))
}

// write runs one journal write. Writes that arrive together share a commit.
func (c *Case) write(doing string, fn func(tx *bolt.Tx) error) error {
	if c.readOnly {
		return fmt.Errorf("cannot %s: %w", doing, ErrReadOnly)
	}
	c.commits.Add(1)
	failpoint.Hit("journal")
	err := c.db.Batch(func(tx *bolt.Tx) (err error) {
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		defer caughtFault(&err)
		return fn(tx)
	})
	failpoint.Hit("journaled")
	return cannotWrite(doing, err)
}

// append adds an entry to the log and to the views that point at it.
func (c *Case) append(tx *bolt.Tx, kind Kind, step string, body any) (int64, error) {
	return c.appendAt(tx, c.Now().UTC(), kind, step, body)
}

func (c *Case) appendAt(tx *bolt.Tx, at time.Time, kind Kind, step string, body any) (int64, error) {
	raw, err := canonical(body)
	if err != nil {
		return 0, err
	}
	text, err := canonical(Entry{N: size(tx), At: at, By: c.By, Kind: kind, Step: step, Body: raw})
	if err != nil {
		return 0, err
	}
	e, err := parseEntry(text) // the views go by what was written: odd letters became \ufffd
	if err != nil {
		return 0, err
	}
	if err := bucket(tx, bucketLog, keyLeaves).Put(be64(e.N), text); err != nil {
		return 0, err
	}
	if err := putHashes(tx, e.N, text); err != nil {
		return 0, err
	}
	return e.N, putViews(tx, e)
}

func putHashes(tx *bolt.Tx, n int64, text []byte) error {
	b := bucket(tx, bucketLog, keyHashes)
	hashes, err := tlog.StoredHashes(n, text, hashReader(b))
	if err != nil {
		return fmt.Errorf("cannot extend the custody log: %w", err)
	}
	first := tlog.StoredHashIndex(0, n)
	for i, h := range hashes {
		if err := b.Put(be64(first+int64(i)), h[:]); err != nil {
			return err
		}
	}
	return nil
}

func hashReader(b *bolt.Bucket) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			if copy(hashes[i][:], b.Get(be64(index))) != tlog.HashSize {
				return nil, fmt.Errorf("%w: hash %d of the custody log is missing", ErrDamaged, index)
			}
		}
		return hashes, nil
	})
}

// size is the number of entries.
func size(tx *bolt.Tx) int64 {
	k, _ := bucket(tx, bucketLog, keyLeaves).Cursor().Last()
	if k == nil {
		return 0
	}
	return num(k) + 1
}

func entryAt(tx *bolt.Tx, n int64) (Entry, error) {
	text := bucket(tx, bucketLog, keyLeaves).Get(be64(n))
	if text == nil {
		return Entry{}, fmt.Errorf("%w: entry %d is missing", ErrDamaged, n)
	}
	return entryUnder(be64(n), text)
}

// entryUnder reads an entry that stands under a key. Its own number must be the
// same, or a reader who goes on from there would go in circles.
func entryUnder(k, text []byte) (Entry, error) {
	e, err := parseEntry(text)
	if err != nil {
		return Entry{}, fmt.Errorf("%w: entry %d: %v", ErrDamaged, num(k), err)
	}
	if e.N != num(k) {
		return Entry{}, fmt.Errorf("%w: entry %d says that it is entry %d", ErrDamaged, num(k), e.N)
	}
	return e, nil
}

// vouched reads the body of entry n, which must be of a kind, into v.
func vouched(tx *bolt.Tx, n int64, kind Kind, v any) error {
	e, err := entryAt(tx, n)
	if err != nil {
		return err
	}
	if e.Kind != kind {
		return fmt.Errorf("%w: entry %d is no %s but %q", ErrDamaged, n, kind, e.Kind)
	}
	return e.Decode(v)
}

// Size is the number of entries in the custody log.
func (c *Case) Size() (n int64, err error) {
	err = c.view(func(tx *bolt.Tx) error { n = size(tx); return nil })
	return n, err
}

// Entry reads one entry.
func (c *Case) Entry(n int64) (e Entry, err error) {
	err = c.view(func(tx *bolt.Tx) error { e, err = entryAt(tx, n); return err })
	return e, err
}

// page is how many entries one read transaction copies out, so that no
// transaction stays open while somebody looks at a screen.
const page = 512

// Entries calls fn for each entry from number from on, in order, until fn
// returns false.
func (c *Case) Entries(from int64, fn func(Entry) bool) error {
	for {
		batch, err := c.entries(from)
		if err != nil || len(batch) == 0 {
			return err
		}
		for _, e := range batch {
			if !fn(e) {
				return nil
			}
		}
		from = batch[len(batch)-1].N + 1
	}
}

func (c *Case) entries(from int64) (batch []Entry, err error) {
	err = c.view(func(tx *bolt.Tx) error {
		cur := bucket(tx, bucketLog, keyLeaves).Cursor()
		for k, text := cur.Seek(be64(from)); k != nil && len(batch) < page; k, text = cur.Next() {
			e, err := entryUnder(k, text)
			if err != nil {
				return err
			}
			batch = append(batch, e)
		}
		return nil
	})
	return batch, err
}

// Last returns up to count of the newest entries, oldest first.
func (c *Case) Last(count int) ([]Entry, error) {
	n, err := c.Size()
	if err != nil {
		return nil, err
	}
	var all []Entry
	err = c.Entries(max(0, n-int64(count)), func(e Entry) bool { all = append(all, e); return len(all) < count })
	return all, err
}

// AddRun notes that a command or the console begins to work.
func (c *Case) AddRun(r Run) error { return c.add("open the journal", KindRun, "", r) }

// AddNote files a remark under a step ("" for the whole case).
func (c *Case) AddNote(step, text string) error {
	return c.add("file a note", KindNote, step, Note{Text: text})
}

// AddShown notes that a secret was given out on demand.
func (c *Case) AddShown(s Shown) error {
	return c.add("note that a secret was shown", KindShown, "", s)
}

// AddHandover notes that the case passes to the next responder.
func (c *Case) AddHandover(h Handover) error { return c.add("note the handover", KindHandover, "", h) }

func (c *Case) add(doing string, kind Kind, step string, body any) error {
	return c.write(doing, func(tx *bolt.Tx) error {
		_, err := c.append(tx, kind, step, body)
		return err
	})
}
