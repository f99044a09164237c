package store

import (
	"bytes"
	"fmt"

	bolt "go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/note"
)

// rebuild computes all hashes and views again from the leaves, as somebody would
// who knows the format.
func rebuild(tx *bolt.Tx) error {
	for _, path := range tree[len(tree)-6:] {
		if err := empty(tx, path...); err != nil {
			return err
		}
	}
	return firstOf(rehash(tx), bucket(tx, bucketLog, keyLeaves).ForEach(func(_, text []byte) error {
		e, err := parseEntry(text)
		return firstOf(err, putViews(tx, e))
	}))
}

func rehash(tx *bolt.Tx) error {
	if err := empty(tx, bucketLog, keyHashes); err != nil {
		return err
	}
	return bucket(tx, bucketLog, keyLeaves).ForEach(func(k, text []byte) error { return putHashes(tx, num(k), text) })
}

func empty(tx *bolt.Tx, path ...[]byte) error {
	outer, name := bucket(tx, path[:len(path)-1]...), path[len(path)-1]
	if err := outer.DeleteBucket(name); err != nil {
		return err
	}
	_, err := outer.CreateBucket(name)
	return err
}

// dropFrom cuts the log off before entry n, bodies included.
func dropFrom(tx *bolt.Tx, n int64) error {
	for _, path := range [][][]byte{{bucketLog, keyLeaves}, {bucketExhibits, keyBodies}, {bucketExhibits, keyKeys}, {bucketFiles}, {bucketSealed}} {
		b := bucket(tx, path...)
		var gone [][]byte
		_ = b.ForEach(func(k, _ []byte) error {
			if num(k) >= n {
				gone = append(gone, clone(k))
			}
			return nil
		})
		for _, k := range gone {
			if err := b.Delete(k); err != nil {
				return err
			}
		}
	}
	return rebuild(tx)
}

// firstOfKind is the number of the first entry of a kind.
func firstOfKind(tx *bolt.Tx, kind Kind) (n int64) {
	n = -1
	_ = bucket(tx, bucketLog, keyLeaves).ForEach(func(k, text []byte) error {
		if e, err := parseEntry(text); err == nil && e.Kind == kind && n < 0 {
			n = e.N
		}
		return nil
	})
	return n
}

// edit replaces text in the first entry of a kind.
func edit(tx *bolt.Tx, kind Kind, from, to string) error {
	b, key := bucket(tx, bucketLog, keyLeaves), be64(firstOfKind(tx, kind))
	was := clone(b.Get(key))
	now := bytes.Replace(was, []byte(from), []byte(to), 1)
	if bytes.Equal(was, now) {
		return fmt.Errorf("there is no %q in %s", from, was)
	}
	return b.Put(key, now)
}

func swap(b *bolt.Bucket) error {
	k1, v1 := b.Cursor().First()
	k2, v2 := b.Cursor().Last()
	k1, v1, k2, v2 = clone(k1), clone(v1), clone(k2), clone(v2)
	return firstOf(b.Put(k1, v2), b.Put(k2, v1))
}

func deleteFirst(b *bolt.Bucket) error {
	k, _ := b.Cursor().First()
	return b.Delete(clone(k))
}

// forgeSigner puts the forger's public key into the header and computes again
// whatever can be computed.
func forgeSigner(tx *bolt.Tx) error {
	_, public, err := note.GenerateKey(bytes.NewReader(make([]byte, 64)), "retake-forger")
	if err != nil {
		return err
	}
	e, err := entryAt(tx, 0)
	if err != nil {
		return err
	}
	var h Header
	if err := e.Decode(&h); err != nil {
		return err
	}
	text, err := canonical(h.PublicKey)
	if err != nil {
		return err
	}
	forged, err := canonical(public)
	if err != nil {
		return err
	}
	if err := edit(tx, KindOpened, string(text), string(forged)); err != nil {
		return err
	}
	if e, err = entryAt(tx, 0); err != nil {
		return err
	}
	return firstOf(tx.Bucket(bucketCase).Put(keyHeader, e.Body), rebuild(tx))
}
