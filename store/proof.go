package store

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/tlog"
)

// Proof is one record of an exhibit with all that it takes to check it without
// the case: nothing but the case's public key has to be known from elsewhere.
// Hashes are RFC 6962 (SHA-256), in hex; paths go from the leaf to the root.
type Proof struct {
	Case       string             `json:"case"`                 // the origin of its checkpoints
	Exhibit    int64              `json:"exhibit"`              // number of the exhibit's entry
	Index      int                `json:"index"`                // which of its records, from 0
	Record     []byte             `json:"record"`               // as it was filed; base64 in JSON
	Salt       string             `json:"salt,omitempty"`       // stands before the record where it is hashed; none if the reply is no list
	RecordHash string             `json:"record_hash"`          // leaf of salt and record; of a reply that is no list, its plain SHA-256
	RecordPath []string           `json:"record_path"`          // from there to the root in the entry; empty if the reply is no list
	Entry      string             `json:"entry"`                // the exhibit's entry, canonical JSON: has the root, and the SHA-256 of the reply
	EntryHash  string             `json:"entry_hash"`           // leaf of the entry
	EntryPath  []string           `json:"entry_path"`           // from there to the root in the checkpoint
	Checkpoint *CoveredCheckpoint `json:"checkpoint,omitempty"` // the newest that covers the entry; nil: none does yet
}

// CoveredCheckpoint is the checkpoint that a proof leads to.
type CoveredCheckpoint struct {
	Entries int64     `json:"entries"` // how many entries it covers; it stands right after them
	At      time.Time `json:"at"`
	Note    string    `json:"note"` // signed (golang.org/x/mod/sumdb/note)
}

var (
	// ErrUncovered says that a proof fits, but ends before a signature.
	ErrUncovered = errors.New("no checkpoint covers it yet")
	// ErrNoRecord says that an exhibit has no record of an index.
	ErrNoRecord = errors.New("there is no record of that index")
)

// saltSize is fixed, so that no byte can wander between a salt and its record.
const saltSize = 16

// ExhibitRecords reads an exhibit's entry and its records, if they are the ones
// that were filed. A reply that is no list is one record.
func (c *Case) ExhibitRecords(n int64) (x ExhibitEntry, records []json.RawMessage, err error) {
	body, err := c.ExhibitBody(n)
	if err != nil {
		return x, nil, err
	}
	e, err := c.Entry(n)
	if err == nil {
		err = e.Decode(&x)
	}
	if err == nil {
		records, err = x.cut(body)
	}
	if err != nil {
		return x, nil, fmt.Errorf("cannot read exhibit %d: %w", n, err)
	}
	return x, records, nil
}

// Count is how many records an exhibit has.
func (x ExhibitEntry) Count() int {
	if x.List == "" {
		return 1
	}
	return x.Records
}

func (x ExhibitEntry) cut(body []byte) ([]json.RawMessage, error) {
	if x.List == "" {
		return []json.RawMessage{body}, nil
	}
	return Records(body, x.List)
}

// Prove puts together the proof of record i (from 0) of exhibit n. It does not
// look whether the proof fits: that is for Check.
func (c *Case) Prove(n int64, i int) (p Proof, err error) {
	err = c.view(func(tx *bolt.Tx) error {
		p = Proof{Case: c.Header.Origin(), Exhibit: n, Index: i}
		return p.read(tx)
	})
	if err != nil {
		return Proof{}, fmt.Errorf("cannot prove record %d of exhibit %d: %w", i, n, err)
	}
	return p, nil
}

func (p *Proof) read(tx *bolt.Tx) error {
	packed := bucket(tx, bucketExhibits, keyBodies).Get(be64(p.Exhibit))
	if packed == nil {
		return ErrNoExhibit
	}
	var x ExhibitEntry
	if err := vouched(tx, p.Exhibit, KindExhibit, &x); err != nil {
		return err
	}
	body, err := unpack(packed, x.Size)
	if err != nil {
		return fmt.Errorf("%w: its body cannot be unpacked: %v", ErrDamaged, err)
	}
	p.Entry = string(bucket(tx, bucketLog, keyLeaves).Get(be64(p.Exhibit)))
	p.EntryHash = hashHex(tlog.RecordHash([]byte(p.Entry)))
	if err := p.pick(x, body, bucket(tx, bucketExhibits, keyKeys).Get(be64(p.Exhibit))); err != nil {
		return err
	}
	return p.cover(tx)
}

// pick takes the record out of the body, with its path.
func (p *Proof) pick(x ExhibitEntry, body, key []byte) error {
	records, err := x.cut(body)
	if err != nil {
		return fmt.Errorf("%w: %v", ErrDamaged, err)
	}
	if p.Index < 0 || p.Index >= len(records) {
		return fmt.Errorf("%w: it has %d, counted from 0", ErrNoRecord, len(records))
	}
	p.Record, p.RecordPath = records[p.Index], []string{}
	if x.List == "" {
		p.RecordHash = sumHex(p.Record)
		return nil
	}
	var tree hashes
	for i, r := range records {
		if err := tree.add(int64(i), append(Salt(key, i), r...)); err != nil {
			return err
		}
	}
	salt := Salt(key, p.Index)
	p.Salt = hex.EncodeToString(salt)
	p.RecordHash = hashHex(tlog.RecordHash(append(salt, p.Record...)))
	path, err := tlog.ProveRecord(int64(len(records)), int64(p.Index), &tree)
	p.RecordPath = pathHex(path)
	return err
}

// cover leads on to the newest checkpoint that covers the entry, if one does.
func (p *Proof) cover(tx *bolt.Tx) error {
	p.EntryPath = []string{}
	cur := bucket(tx, bucketLog, keyLeaves).Cursor()
	for k, text := cur.Last(); k != nil && num(k) > p.Exhibit; k, text = cur.Prev() {
		e, err := entryUnder(k, text)
		if err != nil {
			return err
		}
		if e.Kind != KindCheckpoint {
			continue
		}
		var cp CheckpointEntry
		if err := e.Decode(&cp); err != nil {
			return err
		}
		p.Checkpoint = &CoveredCheckpoint{Entries: e.N, At: e.At, Note: cp.Note}
		path, err := tlog.ProveRecord(e.N, p.Exhibit, hashReader(bucket(tx, bucketLog, keyHashes)))
		p.EntryPath = pathHex(path)
		return err
	}
	return nil
}

// hashes are the stored hashes of a tree that is being grown.
type hashes []tlog.Hash

func (h *hashes) add(n int64, leaf []byte) error {
	more, err := tlog.StoredHashes(n, leaf, h)
	*h = append(*h, more...)
	return err
}

func (h *hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		out[i] = (*h)[index]
	}
	return out, nil
}

func hashHex(h tlog.Hash) string { return hex.EncodeToString(h[:]) }

func pathHex(path []tlog.Hash) []string {
	out := make([]string, len(path))
	for i, h := range path {
		out[i] = hashHex(h)
	}
	return out
}
