package store

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/tlog"
)

// header compares the copy of the header and the key material with entry 0.
func (r *Report) header(tx *bolt.Tx, a *audit) {
	b := tx.Bucket(bucketCase)
	if !bytes.Equal(a.opened, b.Get(keyHeader)) {
		r.problem("case/header", "it is not the one in entry 0")
	}
	for _, k := range []struct {
		key  []byte
		want string
	}{{keyIdentity, a.header.Hashes.Identity}, {keySigner, a.header.Hashes.Signer}, {keyFingerprint, a.header.Hashes.FingerprintKey}} {
		if sumHex(b.Get(k.key)) != k.want {
			r.problem("case/"+string(k.key), "it is not the one that the case was made with")
		}
	}
	known := map[string]bool{string(keySchema): true, string(keyHeader): true, string(keyIdentity): true, string(keySigner): true, string(keyFingerprint): true}
	_ = b.ForEach(func(k, _ []byte) error {
		if !known[string(k)] {
			r.problem("case/"+printable(string(k)), "it belongs to no record")
		}
		return nil
	})
	_ = tx.Bucket(bucketTraining).ForEach(func(k, _ []byte) error {
		if string(k) != string(keyWorld) || a.header.Kind != Training {
			r.problem("training/"+printable(string(k)), "it belongs to no training case")
		}
		return nil
	})
}

// stored compares the stored hashes with those computed again.
func (r *Report) stored(tx *bolt.Tx, a *audit) {
	b := bucket(tx, bucketLog, keyHashes)
	count := int64(0)
	_ = b.ForEach(func(k, v []byte) error {
		i := num(k)
		if i < 0 {
			r.problem("log/hashes/"+printable(string(k)), "it belongs to no entry")
			return nil
		}
		if i >= int64(len(a.hashes)) || !bytes.Equal(v, a.hashes[i][:]) {
			r.problem(fmt.Sprintf("hash %d", i), "it is not the hash of the entries that it stands for")
		}
		count++
		return nil
	})
	if want := tlog.StoredHashCount(a.size); count != want {
		r.problem("log/hashes", "there are %d hashes and should be %d", count, want)
	}
	r.Checked["hashes"] = int(count)
}

// bodies compares exhibits, sealed secrets and attached files with their entries.
func (r *Report) bodies(tx *bolt.Tx, a *audit) {
	keys := bucket(tx, bucketExhibits, keyKeys)
	each(tx, r, "exhibit", a.exhibits, []([]byte){bucketExhibits, keyBodies}, func(n int64, x ExhibitEntry, packed []byte) error {
		body, err := unpack(packed, x.Size)
		if err != nil {
			return fmt.Errorf("its body cannot be unpacked: %w", err)
		}
		return x.sameBody(body, keys.Get(be64(n)))
	})
	each(tx, r, "key of exhibit", a.listed(), []([]byte){bucketExhibits, keyKeys}, func(int64, ExhibitEntry, []byte) error { return nil })
	each(tx, r, "sealed secret", a.sealed, []([]byte){bucketSealed}, func(_ int64, s SealedEntry, blob []byte) error {
		if sumHex(blob) != s.SHA256 {
			return fmt.Errorf("it is not the one that was sealed")
		}
		return nil
	})
	each(tx, r, "attached file", a.files, []([]byte){bucketFiles}, func(_ int64, f AttachedFile, packed []byte) error {
		plain, err := unpack(packed, f.Size)
		if err != nil || sumHex(plain) != f.SHA256 || len(plain) != f.Size {
			return fmt.Errorf("it is not the one that was attached")
		}
		return nil
	})
}

// listed are the exhibits that hold records, and so have a key to salt them.
func (a *audit) listed() map[int64]ExhibitEntry {
	some := map[int64]ExhibitEntry{}
	for n, x := range a.exhibits {
		if x.Records > 0 {
			some[n] = x
		}
	}
	return some
}

// each checks that a bucket holds exactly the bodies that entries vouch for, and
// each of them as it was filed.
func each[T any](tx *bolt.Tx, r *Report, name string, want map[int64]T, path [][]byte, same func(int64, T, []byte) error) {
	b := bucket(tx, path...)
	found := 0
	_ = b.ForEach(func(k, v []byte) error {
		n := num(k)
		entry, vouched := want[n]
		where := fmt.Sprintf("%s %s", name, keyText(k))
		if !vouched {
			r.problem(where, "no entry vouches for it")
			return nil
		}
		found++
		if err := same(n, entry, v); err != nil {
			r.problem(where, "%v", err)
		}
		return nil
	})
	for _, n := range slices.Sorted(maps.Keys(want)) {
		if found < len(want) && b.Get(be64(n)) == nil {
			r.problem(fmt.Sprintf("%s %d", name, n), "it is missing")
		}
	}
	r.Checked[name+"s"] = found
}

// pointers compares the views with those computed again from the log.
func (r *Report) pointers(tx *bolt.Tx, a *audit) {
	views := tx.Bucket(bucketViews)
	_ = views.ForEachBucket(func(name []byte) error {
		want, where := a.views[string(name)], "view "+printable(string(name))
		have := map[string]bool{}
		_ = views.Bucket(name).ForEach(func(k, v []byte) error {
			have[string(k)] = true
			if to, known := want[string(k)]; !known || to != num(v) {
				r.problem(where, "the line for %s does not lead to the entry that it should", keyText(k))
			}
			return nil
		})
		for _, k := range slices.Sorted(maps.Keys(want)) {
			if !have[k] {
				r.problem(where, "the line for %s is missing", keyText([]byte(k)))
			}
		}
		r.Checked["lines of views"] += len(have)
		return nil
	})
}

func keyText(k []byte) string {
	if n := num(k); n >= 0 && len(k) == 8 {
		return fmt.Sprint(n)
	}
	return printable(strings.ReplaceAll(string(k), "\x00", " "))
}

// outside compares the case with what the verifier brought along.
func (r *Report) outside(a *audit, o VerifyOptions) {
	if o.Key != "" && o.Key != a.header.PublicKey {
		r.problem("public key", "the case names %s, which is not the key that you gave", a.header.PublicKey)
	}
	if o.Checkpoint == "" {
		return
	}
	public := a.header.PublicKey
	if o.Key != "" {
		public = o.Key
	}
	given := strings.TrimSpace(strings.ReplaceAll(o.Checkpoint, "\r\n", "\n")) + "\n" // it may come out of a mail
	const where = "the checkpoint that you gave"
	if origin := originOf(given); origin != a.header.Origin() {
		r.problem(where, "it is the checkpoint of another case (%s)", printable(origin))
		return
	}
	signed, err := openCheckpoint(given, a.header.Origin(), public)
	switch {
	case err != nil:
		r.problem(where, "%v", err)
	case signed.n > a.size:
		r.problem("log", "the checkpoint that you gave covers %d entries and the log has only %d", signed.n, a.size)
	default:
		if now, err := tlog.TreeHash(signed.n, a); err != nil || now != signed.root {
			r.problem("log", "its first %d entries are not the ones that the checkpoint you gave was signed over", signed.n)
		}
	}
}

// explain says what the result proves and what it cannot prove.
func (r *Report) explain(a *audit, o VerifyOptions) {
	if tail := a.size - a.signed; tail > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("the last %d entries are not signed yet (a run is going on, or it was cut off); whoever can write the file could have changed them; the next run signs them", tail))
	}
	if o.Key == "" {
		r.Notes = append(r.Notes, "the signatures were checked against the public key inside of the case, "+a.header.PublicKey+": compare it with the one that was printed when the case was made (--key KEY), since whoever can write the file could put in a key and signatures of their own")
	} else {
		r.Notes = append(r.Notes, "the signatures prove that nobody without the case's passphrase changed the signed entries")
	}
	r.Notes = append(r.Notes,
		"somebody who holds the case and its passphrase could rewrite it, and anybody who can write the file could cut it back to an earlier checkpoint; only a checkpoint kept elsewhere shows that (--checkpoint FILE)",
		"bytes in unused pages of the file, and the simulated account of a training case, belong to no record and were not looked at")
}
