package store

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// CheckpointEntry pins the log: Note is a signed note (golang.org/x/mod/sumdb/note)
// whose text is the origin of the case, the number of entries before this one,
// the Merkle root over them in base64, and when, by whom and why it was signed, a
// line each (the checkpoint format of C2SP tlog-checkpoint with one extension).
type CheckpointEntry struct {
	Note string `json:"note"`
	Why  string `json:"why"`
}

// Checkpoint signs all entries so far and files the signature as the next entry.
// Where nothing came after the last checkpoint it does nothing. It needs Unlock.
func (c *Case) Checkpoint(why string) error {
	if c.signer == nil {
		return fmt.Errorf("cannot sign the custody log: %w", ErrLocked)
	}
	err := c.write("sign the custody log", func(tx *bolt.Tx) error {
		n := size(tx)
		if signedSize(tx) == n {
			return nil
		}
		root, err := tlog.TreeHash(n, hashReader(bucket(tx, bucketLog, keyHashes)))
		if err != nil {
			return err
		}
		at := c.Now().UTC()
		text := checkpointText(c.Header.Origin(), n, root, at, c.By, why)
		signed, err := note.Sign(&note.Note{Text: text}, c.signer)
		if err != nil {
			return fmt.Errorf("cannot sign the custody log: %w", err)
		}
		_, err = c.appendAt(tx, at, KindCheckpoint, "", CheckpointEntry{Note: string(signed), Why: why})
		return err
	})
	if err == nil {
		c.tail.Store(0)
	}
	return err
}

// UnsignedTail is how many entries no checkpoint covered when the case was
// opened, those of a run that died; none once they are signed.
func (c *Case) UnsignedTail() int64 { return c.tail.Load() }

// LatestCheckpoint returns the newest signed note, "" if there is none.
func (c *Case) LatestCheckpoint() (signed string, err error) {
	err = c.view(func(tx *bolt.Tx) error {
		signed = latestCheckpoint(tx).Note
		return nil
	})
	return signed, err
}

func latestCheckpoint(tx *bolt.Tx) (cp CheckpointEntry) {
	cur := bucket(tx, bucketLog, keyLeaves).Cursor()
	for k, text := cur.Last(); k != nil; k, text = cur.Prev() {
		if e, err := entryUnder(k, text); err == nil && e.Kind == KindCheckpoint && e.Decode(&cp) == nil {
			return cp
		}
	}
	return CheckpointEntry{}
}

// signedSize is the number of entries that the newest checkpoint covers, the
// checkpoint itself included: nothing can follow unseen if it is the last entry.
func signedSize(tx *bolt.Tx) int64 {
	cur := bucket(tx, bucketLog, keyLeaves).Cursor()
	for k, text := cur.Last(); k != nil; k, text = cur.Prev() {
		if e, err := entryUnder(k, text); err == nil && e.Kind == KindCheckpoint {
			return e.N + 1
		}
	}
	return 0
}

func checkpointText(origin string, n int64, root tlog.Hash, at time.Time, by, why string) string {
	return fmt.Sprintf("%s\n%d\n%s\n%s by %+q: %+q\n", origin, n, base64.StdEncoding.EncodeToString(root[:]),
		at.UTC().Format(time.RFC3339Nano), strings.ToValidUTF8(by, "\ufffd"), strings.ToValidUTF8(why, "\ufffd"))
}

// checkpoint is a signed note that was opened.
type checkpoint struct {
	text string
	n    int64
	root tlog.Hash
}

// openCheckpoint checks a signed note against a verifier key and reads it.
func openCheckpoint(signed, origin, public string) (cp checkpoint, err error) {
	verifier, err := note.NewVerifier(public)
	if err != nil {
		return cp, fmt.Errorf("the public key cannot be used: %w", err)
	}
	opened, err := note.Open([]byte(signed), note.VerifierList(verifier))
	if err != nil {
		return cp, fmt.Errorf("the signature is not valid: %w", err)
	}
	cp.text = opened.Text
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != origin {
		return cp, fmt.Errorf("it is the checkpoint of another case (%s)", printable(lines[0]))
	}
	cp.n, err = strconv.ParseInt(lines[1], 10, 64)
	if err != nil || cp.n < 0 {
		return cp, fmt.Errorf("its number of entries reads %q", lines[1])
	}
	raw, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || copy(cp.root[:], raw) != tlog.HashSize || len(raw) != tlog.HashSize {
		return cp, fmt.Errorf("its hash reads %q", lines[2])
	}
	return cp, nil
}

// at is when it was signed, zero if it does not tell.
func (cp checkpoint) at() time.Time {
	line := strings.Split(cp.text, "\n")[3]
	when, _, _ := strings.Cut(line, " ")
	at, _ := time.Parse(time.RFC3339Nano, when)
	return at
}

// originOf reads the origin of a signed note without checking anything.
func originOf(signed string) string {
	origin, _, _ := strings.Cut(signed, "\n")
	return origin
}
