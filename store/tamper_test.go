package store

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/note"
)

// tampering is a change behind the case's back, and parts of the problems that it
// must lead to, each of "where: what".
type tampering struct {
	name string
	do   func(tx *bolt.Tx) error
	want []string
}

func names(path []string) (all [][]byte) {
	for _, name := range path {
		all = append(all, []byte(name))
	}
	return all
}

func put(value string, path ...string) func(tx *bolt.Tx) error {
	return func(tx *bolt.Tx) error {
		last := len(path) - 1
		return bucket(tx, names(path[:last])...).Put([]byte(path[last]), []byte(value))
	}
}

func box(path ...string) func(tx *bolt.Tx) error {
	return func(tx *bolt.Tx) error { return makeBucket(tx, names(path)) }
}

func then(all ...func(tx *bolt.Tx) error) func(tx *bolt.Tx) error {
	return func(tx *bolt.Tx) error {
		for _, fn := range all {
			if err := fn(tx); err != nil {
				return err
			}
		}
		return nil
	}
}

var tamperings = []tampering{
	{"nothing", rebuild, nil},
	{"the training world", put("otherwise", "training", "world"), nil},
	{"a leaf", func(tx *bolt.Tx) error { return edit(tx, KindNote, "text", "test") }, []string{"hash ", "not the hash of the entries"}},
	{"a leaf and all hashes", then(func(tx *bolt.Tx) error { return edit(tx, KindRun, "step auth-tokens", "step api-keys") }, rebuild),
		[]string{"checkpoint in entry ", "not the ones that were signed"}},
	{"an entry in another form", func(tx *bolt.Tx) error { return edit(tx, KindRun, `{"at"`, `{ "at"`) }, []string{"entry 1: it is not in the form that it was written in"}},
	{"an entry that is no JSON", func(tx *bolt.Tx) error { return edit(tx, KindRun, `{"at"`, `["at"`) }, []string{"entry 1: the entry is not JSON"}},
	{"the reason of the last checkpoint and all hashes", func(tx *bolt.Tx) error {
		b := bucket(tx, bucketLog, keyLeaves)
		k, text := b.Cursor().Last()
		return firstOf(b.Put(clone(k), bytes.Replace(text, []byte(`"why":"end of run"`), []byte(`"why":"end of fun"`), 1)), rebuild(tx))
	}, []string{"checkpoint in entry ", "its date, its responder or its reason"}},
	{"an entry with another's number, hashes and all", then(func(tx *bolt.Tx) error { return edit(tx, KindHandover, `"n":`, `"n":-`) }, rehash), []string{"it is not in the form that it was written in"}},
	{"a leaf in the middle gone", func(tx *bolt.Tx) error { return bucket(tx, bucketLog, keyLeaves).Delete(be64(5)) }, []string{"entry 5: it is missing"}},
	{"a leaf with a far number", func(tx *bolt.Tx) error { return bucket(tx, bucketLog, keyLeaves).Put(be64(1<<60), []byte("{}")) }, []string{"it is missing"}},
	{"the log cut back to a checkpoint", func(tx *bolt.Tx) error { return dropFrom(tx, firstOfKind(tx, KindHandover)) }, nil}, // see TestCutBack
	{"exhibits swapped", func(tx *bolt.Tx) error { return swap(bucket(tx, bucketExhibits, keyBodies)) }, []string{"exhibit 7: the body is not the one that was filed"}},
	{"keys of exhibits swapped", func(tx *bolt.Tx) error { return swap(bucket(tx, bucketExhibits, keyKeys)) }, []string{"exhibit 7: the records do not hash"}},
	{"an exhibit gone", func(tx *bolt.Tx) error { return deleteFirst(bucket(tx, bucketExhibits, keyBodies)) }, []string{"exhibit 7: it is missing"}},
	{"the key of an exhibit gone", func(tx *bolt.Tx) error { return deleteFirst(bucket(tx, bucketExhibits, keyKeys)) }, []string{"key of exhibit 7: it is missing"}},
	{"a sealed secret gone", func(tx *bolt.Tx) error { return deleteFirst(tx.Bucket(bucketSealed)) }, []string{"sealed secret 2: it is missing"}},
	{"sealed secrets swapped", func(tx *bolt.Tx) error { return swap(tx.Bucket(bucketSealed)) }, []string{"sealed secret 2: it is not the one that was sealed"}},
	{"an attached file gone", func(tx *bolt.Tx) error { return deleteFirst(tx.Bucket(bucketFiles)) }, []string{"attached file ", "it is missing"}},
	{"an attached file changed", func(tx *bolt.Tx) error {
		return tx.Bucket(bucketFiles).Put(be64(firstOfKind(tx, KindAttestation)), zipper.EncodeAll([]byte("dirty"), nil))
	}, []string{"attached file ", "it is not the one that was attached"}},
	{"a hash gone", func(tx *bolt.Tx) error { return bucket(tx, bucketLog, keyHashes).Delete(be64(3)) }, []string{"log/hashes: there are"}},
	{"a view led elsewhere", func(tx *bolt.Tx) error { return bucket(tx, bucketViews, viewProgress).Put([]byte("malware"), be64(1)) },
		[]string{"view progress: the line for malware does not lead"}},
	{"a line of a view gone", func(tx *bolt.Tx) error { return bucket(tx, bucketViews, viewPlans).Delete([]byte("auth-tokens")) },
		[]string{"view plans: the line for auth-tokens is missing"}},
	{"a token no longer burnt", func(tx *bolt.Tx) error { return deleteFirst(bucket(tx, bucketViews, viewBurnt)) }, []string{"view burnt: the line for "}},
	{"the header", put("{}", "case", "header"), []string{"case/header: it is not the one in entry 0"}},
	{"the wrapped identity", put("x", "case", "identity"), []string{"case/identity: it is not the one"}},
	{"the signer", put("x", "case", "signer"), []string{"case/signer: it is not the one"}},
	{"the fingerprint key", put("x", "case", "fingerprint-key"), []string{"case/fingerprint-key: it is not the one"}},
	{"the public key, header, hashes and all", forgeSigner, []string{"checkpoint in entry ", "the signature is not valid"}},
	{"the schema", put("one", "case", "schema"), []string{`its schema level reads "one"`}},
	{"a bucket gone", func(tx *bolt.Tx) error { return tx.Bucket(bucketViews).DeleteBucket(viewActs) }, []string{"bucket views/acts: it is missing"}},
}

var strangers = []tampering{
	{"stranger: bucket", box("strange\x1b"), []string{`bucket strange\x1b: it belongs to no case`}},
	{"stranger: bucket in case", box("case", "x"), []string{"bucket case/x: it belongs to no case"}},
	{"stranger: bucket in exhibits", box("exhibits", "x"), []string{"bucket exhibits/x: it belongs to no case"}},
	{"stranger: bucket in exhibits/bodies", box("exhibits", "bodies", "x"), []string{"bucket exhibits/bodies/x: it belongs to no case"}},
	{"stranger: bucket in exhibits/keys", box("exhibits", "keys", "12345678"), []string{"bucket exhibits/keys/12345678: it belongs to no case"}},
	{"stranger: bucket in files", box("files", "x"), []string{"bucket files/x: it belongs to no case"}},
	{"stranger: bucket in log", box("log", "x"), []string{"bucket log/x: it belongs to no case"}},
	{"stranger: bucket in log/leaves", box("log", "leaves", "x"), []string{"bucket log/leaves/x: it belongs to no case", "log/leaves/x: it is no entry"}},
	{"stranger: bucket in log/hashes", box("log", "hashes", "x"), []string{"bucket log/hashes/x: it belongs to no case"}},
	{"stranger: bucket in sealed", box("sealed", "x"), []string{"bucket sealed/x: it belongs to no case"}},
	{"stranger: bucket in training", box("training", "x"), []string{"bucket training/x: it belongs to no case"}},
	{"stranger: bucket in views", box("views", "x"), []string{"bucket views/x: it belongs to no case"}},
	{"stranger: bucket in views/acts", box("views", "acts", "x"), []string{"bucket views/acts/x: it belongs to no case"}},
	{"stranger: value in case", put("v", "case", "x"), []string{"case/x: it belongs to no record"}},
	{"stranger: value in exhibits", put("v", "exhibits", "x"), []string{"exhibits/x: it belongs to no record"}},
	{"stranger: value in exhibits/bodies", put("v", "exhibits", "bodies", "x"), []string{"exhibit x: no entry vouches for it"}},
	{"stranger: value in exhibits/keys", put("v", "exhibits", "keys", string(be64(1))), []string{"key of exhibit 1: no entry vouches for it"}},
	{"stranger: value in files", put("v", "files", string(be64(1))), []string{"attached file 1: no entry vouches for it"}},
	{"stranger: value in log", put("v", "log", "x"), []string{"log/x: it belongs to no record"}},
	{"stranger: value in log/leaves", put("v", "log", "leaves", "zzz"), []string{"log/leaves/zzz: it is no entry"}},
	{"stranger: value in log/hashes", put("v", "log", "hashes", "zzz"), []string{"log/hashes/zzz: it belongs to no entry"}},
	{"stranger: value in sealed", put("v", "sealed", string(be64(1))), []string{"sealed secret 1: no entry vouches for it"}},
	{"stranger: value in training", put("v", "training", "x"), []string{"training/x: it belongs to no training case"}},
	{"stranger: value in views", put("v", "views", "x"), []string{"views/x: it belongs to no record"}},
	{"stranger: value in views/tokens", put(string(be64(1)), "views", "tokens", "x"), []string{"view tokens: the line for x does not lead"}},
}

func TestTampering(t *testing.T) {
	for _, tt := range append(tamperings, strangers...) {
		t.Run(tt.name, func(t *testing.T) {
			path := filledCase(t)
			tamper(t, path, tt.do)
			r, err := Verify(path, VerifyOptions{})
			must(t, err)
			text := told(r)
			if r.OK != (len(r.Problems) == 0) || r.OK != (tt.want == nil) {
				t.Fatalf("ok is %v with these problems:\n%s", r.OK, text)
			}
			for _, part := range tt.want {
				if !strings.Contains(text, part) {
					t.Errorf("no problem says %q:\n%s", part, text)
				}
			}
			if c, err := Open(path, nil); err == nil { // says no, or works without a crash
				_ = c.AddNote("", "still there")
				_, _ = look(c)
				must(t, c.Close())
			}
		})
	}
}

func told(r *Report) string {
	var b strings.Builder
	for _, p := range r.Problems {
		fmt.Fprintf(&b, "%s: %s\n", p.Where, p.What)
	}
	return b.String()
}

func TestCutBackIsNamedByACheckpointKeptElsewhere(t *testing.T) {
	path := filledCase(t)
	before, err := lookAt(path)
	must(t, err)
	tamper(t, path, func(tx *bolt.Tx) error { return dropFrom(tx, firstOfKind(tx, KindHandover)) })
	r := mustVerify(t, path, VerifyOptions{Key: before.Header.PublicKey})
	if !strings.Contains(strings.Join(r.Notes, "\n"), "--checkpoint FILE") {
		t.Errorf("the notes do not say that a checkpoint from elsewhere is needed: %q", r.Notes)
	}
	for _, given := range []string{before.Signed, "\n " + strings.ReplaceAll(before.Signed, "\n", "\r\n") + "\r\n"} {
		r, err = Verify(path, VerifyOptions{Checkpoint: given})
		must(t, err)
		if !strings.Contains(told(r), "log: the checkpoint that you gave covers") {
			t.Errorf("the missing entries are not named: %s", told(r))
		}
	}
	other := newCase(t, opening())
	must(t, other.Close())
	if r, err = Verify(other.Path(), VerifyOptions{Checkpoint: before.Signed}); err != nil || !strings.Contains(told(r), "it is the checkpoint of another case (retake.case/") {
		t.Errorf("%v %s", err, told(r))
	}
}

func TestKeyAndCheckpointFromOutside(t *testing.T) {
	path := filledCase(t)
	p, err := lookAt(path)
	must(t, err)
	r := mustVerify(t, path, VerifyOptions{Key: " " + p.Header.PublicKey + "\n", Checkpoint: p.Signed})
	if strings.Contains(strings.Join(r.Notes, "\n"), "inside of the case") {
		t.Errorf("the notes speak of the key inside: %q", r.Notes)
	}
	_, other, err := note.GenerateKey(nil, "retake-"+p.Header.ID)
	must(t, err)
	r, err = Verify(path, VerifyOptions{Key: other})
	must(t, err)
	for _, part := range []string{"public key: the case names ", "checkpoint in entry ", "the signature is not valid"} {
		if !strings.Contains(told(r), part) {
			t.Errorf("no problem says %q:\n%s", part, told(r))
		}
	}
	if _, err := Verify(path, VerifyOptions{Key: "abc"}); err == nil || !strings.Contains(HintOf(err), "retake-") {
		t.Errorf("%v (%s)", err, HintOf(err))
	}
	forged := strings.Replace(p.Signed, "\n", "\n1", 1)
	if r, err = Verify(path, VerifyOptions{Checkpoint: forged}); err != nil || !strings.Contains(told(r), "the checkpoint that you gave: the signature is not valid") {
		t.Errorf("%v %s", err, told(r))
	}
}

func TestAnotherHistoryIsNamedByACheckpointKeptElsewhere(t *testing.T) {
	c := newCase(t, opening())
	fork := copyOf(t, c.Path())
	must(t, c.AddNote("", "what was"))
	must(t, c.Checkpoint("run"))
	kept, err := c.LatestCheckpoint()
	must(t, err)
	other, err := Open(fork, ticking())
	must(t, err)
	must(t, other.Unlock(passphrase))
	must(t, other.AddNote("", "what was not"))
	must(t, other.Checkpoint("run"))
	must(t, other.Close())
	mustVerify(t, fork, VerifyOptions{Key: c.Header.PublicKey})
	r, err := Verify(fork, VerifyOptions{Checkpoint: kept})
	must(t, err)
	if !strings.Contains(told(r), "log: its first 2 entries are not the ones that the checkpoint you gave was signed over") {
		t.Error(told(r))
	}
}

// TestMetaRollback puts the newest meta page out of order, so that bbolt falls
// back to the state before.
func TestMetaRollback(t *testing.T) {
	for name, put := range map[string]func(b []byte, newest, older int){
		"zeroed":              func(b []byte, newest, older int) { clear(b[newest*4096:][:4096]) },
		"replaced by a copy":  func(b []byte, newest, older int) { copy(b[newest*4096:][:4096], b[older*4096:][:4096]) },
		"of another schema":   func(b []byte, newest, older int) { b[newest*4096+16+4]++ },
		"both pages the same": func(b []byte, newest, older int) { copy(b[older*4096:][:4096], b[newest*4096:][:4096]) },
	} {
		t.Run(name, func(t *testing.T) {
			path := filledCase(t)
			b, err := os.ReadFile(path)
			must(t, err)
			newest := 0
			if metaAt(bytes.NewReader(b), 4096).tx > metaAt(bytes.NewReader(b), 0).tx {
				newest = 1
			}
			put(b, newest, 1-newest)
			must(t, os.WriteFile(path, b, 0o600))
			r, err := Verify(path, VerifyOptions{})
			must(t, err)
			if !strings.Contains(told(r), "file: its meta page") || !strings.Contains(told(r), "the newest entries may be hidden") {
				t.Errorf("%s", told(r))
			}
		})
	}
}

func TestUnlockTellsWhenTheHeaderWasChanged(t *testing.T) {
	path := filledCase(t)
	intruder := newIdentity(t).Recipient().String()
	tamper(t, path, func(tx *bolt.Tx) error {
		if err := edit(tx, KindOpened, `"recipients":[`, `"recipients":["`+intruder+`",`); err != nil {
			return err
		}
		e, err := entryAt(tx, 0)
		if err != nil {
			return err
		}
		return firstOf(tx.Bucket(bucketCase).Put(keyHeader, e.Body), rebuild(tx))
	})
	c, err := Open(path, nil)
	must(t, err)
	defer c.Close()
	if !slices.Contains(c.Header.Recipients, intruder) {
		t.Fatal("the test did not change the header")
	}
	if err := c.Unlock(passphrase); err == nil || !strings.Contains(err.Error(), "its header is not the one") {
		t.Errorf("Unlock said: %v", err)
	}
}

func TestReadersRefuseWhatNoEntryVouchesFor(t *testing.T) {
	path := filledCase(t)
	tamper(t, path, func(tx *bolt.Tx) error {
		return firstOf(swap(tx.Bucket(bucketSealed)), swap(bucket(tx, bucketExhibits, keyBodies)), swap(tx.Bucket(bucketFiles)))
	})
	c, err := OpenToRead(path)
	must(t, err)
	defer c.Close()
	must(t, c.Unlock(passphrase))
	if _, err := c.Unseal(2); err == nil || !strings.Contains(err.Error(), "cannot unseal secret 2: this case file is damaged: it is not the one that was sealed") {
		t.Errorf("%v", err)
	}
	if _, err := c.ExhibitBody(7); err == nil || !strings.Contains(err.Error(), "the body is not the one that was filed") {
		t.Errorf("%v", err)
	}
	for n, want := range map[int64]string{999: "cannot unseal secret 999: there is none of that number", 1: "there is none of that number"} {
		if _, err := c.Unseal(n); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v", err)
		}
	}
}

// TestReadersDoNotGoInCircles gives an entry the number of an earlier one.
func TestReadersDoNotGoInCircles(t *testing.T) {
	path := filledCase(t)
	tamper(t, path, func(tx *bolt.Tx) error { return edit(tx, KindRun, `"n":1`, `"n":0`) })
	c, err := OpenToRead(path)
	must(t, err)
	defer c.Close()
	refused(t, c.Entries(0, func(Entry) bool { return true }), ErrDamaged, "entry 1 says that it is entry 0")
}
