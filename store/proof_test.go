package store

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/tlog"
)

// proved makes a case with a list of three, a reply that is no list and an empty
// list, under a checkpoint; exhibit numbers come with it.
func proved(t testing.TB) (c *Case, list, single, empty int64) {
	t.Helper()
	c = newCase(t, opening())
	must(t, c.Unlock(passphrase))
	var all [3]int64
	for i, x := range []Exhibit{exchange(listBody, "keys"), exchange("no JSON \xff", "keys"), exchange(`{"keys":[]}`, "keys")} {
		n, err := c.AddExhibit(x)
		must(t, err)
		all[i] = n
	}
	must(t, c.Checkpoint("end of run"))
	return c, all[0], all[1], all[2]
}

func mustProve(t testing.TB, c *Case, n int64, i int) Proof {
	t.Helper()
	p, err := c.Prove(n, i)
	must(t, err)
	return p
}

func TestEveryRecordIsProvedFromItsProofAlone(t *testing.T) {
	c, list, single, _ := proved(t)
	want := []string{`{"sid":"SK1","friendly_name":"a"}`, `{"sid":"SK2","friendly_name":"\u202eb"}`, `{"sid":"SK3"}`}
	for i, record := range want {
		p := mustProve(t, c, list, i)
		same(t, record, string(p.Record))
		carried := carry(t, p)
		must(t, carried.Check(c.Header.PublicKey))
	}
	p := mustProve(t, c, single, 0)
	same(t, "no JSON \xff", string(p.Record))
	carried := carry(t, p)
	must(t, carried.Check(c.Header.PublicKey))
}

// carry sends a proof through JSON, as a stranger gets it.
func carry(t testing.TB, p Proof) (out Proof) {
	t.Helper()
	text, err := json.Marshal(p)
	must(t, err)
	must(t, json.Unmarshal(text, &out))
	same(t, p, out)
	return out
}

func TestProofOfALongList(t *testing.T) {
	c := newCase(t, opening())
	must(t, c.Unlock(passphrase))
	var records []string
	for i := range 1000 {
		records = append(records, fmt.Sprintf(`{"sid":"SM%032d"}`, i))
	}
	n, err := c.AddExhibit(exchange(`{"messages":[`+strings.Join(records, ", ")+`]}`, "messages"))
	must(t, err)
	must(t, c.Checkpoint("end of run"))
	for _, i := range []int{0, 1, 511, 512, 998, 999} {
		p := mustProve(t, c, n, i)
		same(t, records[i], string(p.Record))
		must(t, p.Check(c.Header.PublicKey))
	}
	x, got, err := c.ExhibitRecords(n)
	must(t, err)
	same(t, []any{1000, 1000, records[999]}, []any{x.Count(), len(got), string(got[999])})
}

// TestNoProofSurvivesAChange changes one thing of a proof at a time.
func TestNoProofSurvivesAChange(t *testing.T) {
	c, list, single, _ := proved(t)
	other := newCase(t, opening())
	changes := map[string]struct {
		do   func(p *Proof)
		says string
	}{
		"record":           {func(p *Proof) { p.Record = []byte(`{"sid":"SK9"}`) }, "do not have the hash"},
		"record and hash":  {func(p *Proof) { *p = rehashed(*p, p.Salt, []byte(`{"sid":"SK9"}`)) }, "does not lead to the root"},
		"salt":             {func(p *Proof) { *p = rehashed(*p, strings.Repeat("00", 16), p.Record) }, "does not lead to the root"},
		"no salt":          {func(p *Proof) { p.Salt = "" }, "the salt reads"},
		"a byte wandered":  {func(p *Proof) { p.Salt, p.Record = p.Salt+"7b", p.Record[1:] }, "the salt reads"},
		"index":            {func(p *Proof) { p.Index = 2 }, "is not number 2"},
		"index below":      {func(p *Proof) { p.Index = -1 }, "none of index -1"},
		"index beyond":     {func(p *Proof) { p.Index = 3 }, "none of index 3"},
		"record path":      {func(p *Proof) { p.RecordPath = p.RecordPath[1:] }, "does not lead to the root"},
		"odd path":         {func(p *Proof) { p.RecordPath[0] = "\x1b" }, `reads "\x1b", which is no hash`},
		"number":           {func(p *Proof) { p.Exhibit++ }, "and not exhibit"},
		"entry":            {func(p *Proof) { p.Entry = strings.Replace(p.Entry, "Robin", "Rosin", 1) }, "does not have the hash"},
		"no entry":         {func(p *Proof) { p.Entry = "" }, "not JSON"},
		"entry hash":       {func(p *Proof) { p.EntryHash = "" }, "does not have the hash"},
		"entry rewritten":  {func(p *Proof) { p.rewrite("Robin", "Rosin") }, "is not the one that was signed"},
		"entry path":       {func(p *Proof) { p.EntryPath = nil }, "is not the one that was signed"},
		"covered entries":  {func(p *Proof) { p.Checkpoint.Entries++ }, "not over as many entries"},
		"time of signing":  {func(p *Proof) { p.Checkpoint.At = p.Checkpoint.At.Add(1) }, "not of the time"},
		"note":             {func(p *Proof) { p.Checkpoint.Note = strings.Replace(p.Checkpoint.Note, "end", "and", 1) }, "the signature is not valid"},
		"case":             {func(p *Proof) { p.Case = other.Header.Origin() }, "of another case"},
		"checkpoint taken": {func(p *Proof) { p.Checkpoint = nil }, ErrUncovered.Error()},
	}
	for name, change := range changes {
		p := carry(t, mustProve(t, c, list, 1))
		change.do(&p)
		if err := p.Check(c.Header.PublicKey); err == nil || !strings.Contains(err.Error(), change.says) {
			t.Errorf("%s changed: %v", name, err)
		}
	}
	p := mustProve(t, c, list, 1)
	if err := p.Check(other.Header.PublicKey); err == nil || !strings.Contains(err.Error(), "the signature is not valid") {
		t.Errorf("under the key of another case: %v", err)
	}
	p = mustProve(t, c, single, 0)
	p.Record = []byte("no JSON!\xff")
	if err := p.Check(c.Header.PublicKey); err == nil || !strings.Contains(err.Error(), "SHA-256 is not the one in the entry") {
		t.Errorf("another reply: %v", err)
	}
}

// rehashed puts a record and a salt into a proof, with the hash that they have.
func rehashed(p Proof, salt string, record []byte) Proof {
	p.Salt, p.Record = salt, record
	p.RecordHash = leafHex(salt, record)
	return p
}

// rewrite changes the entry of a proof and its hash.
func (p *Proof) rewrite(old, with string) {
	p.Entry = strings.Replace(p.Entry, old, with, 1)
	p.EntryHash = leafHex("", []byte(p.Entry))
}

func TestUnsignedTailIsSaidAndLaterCovered(t *testing.T) {
	c, list, _, _ := proved(t)
	n, err := c.AddExhibit(exchange(listBody, "keys"))
	must(t, err)
	p := mustProve(t, c, n, 0)
	if err := p.Check(c.Header.PublicKey); !errors.Is(err, ErrUncovered) || p.Checkpoint != nil {
		t.Errorf("before the checkpoint: %v, %+v", err, p.Checkpoint)
	}
	p.Record = []byte("{}")
	if err := p.Check(c.Header.PublicKey); err == nil || errors.Is(err, ErrUncovered) {
		t.Errorf("a tampered record of the tail: %v", err)
	}
	first := mustProve(t, c, list, 0).Checkpoint
	must(t, c.Checkpoint("end of the next run"))
	must(t, mustProve(t, c, n, 0).Check(c.Header.PublicKey))
	newest := mustProve(t, c, list, 0)
	must(t, newest.Check(c.Header.PublicKey))
	if newest.Checkpoint.Entries <= first.Entries {
		t.Errorf("the proof leads to the checkpoint over %d entries and not to the newest", newest.Checkpoint.Entries)
	}
}

func TestWhatHasNoProof(t *testing.T) {
	c, list, single, empty := proved(t)
	for _, try := range []struct {
		n    int64
		i    int
		want error
	}{{0, 0, ErrNoExhibit}, {-1, 0, ErrNoExhibit}, {99, 0, ErrNoExhibit}, {list, 3, ErrNoRecord}, {list, -1, ErrNoRecord}, {single, 1, ErrNoRecord}, {empty, 0, ErrNoRecord}} {
		if _, err := c.Prove(try.n, try.i); !errors.Is(err, try.want) {
			t.Errorf("record %d of %d: %v", try.i, try.n, err)
		}
	}
	if _, _, err := c.ExhibitRecords(0); !errors.Is(err, ErrNoExhibit) {
		t.Errorf("the records of entry 0: %v", err)
	}
}

// TestProofOfATamperedCase changes a record behind the back of the case: the
// proof is still put together, and names what does not fit.
func TestProofOfATamperedCase(t *testing.T) {
	c, list, _, _ := proved(t)
	path, public := c.Path(), c.Header.PublicKey
	must(t, c.Close())
	tamper(t, path, func(tx *bolt.Tx) error {
		forged := zipper.EncodeAll([]byte(strings.Replace(listBody, "SK2", "SK7", 1)), nil)
		return bucket(tx, bucketExhibits, keyBodies).Put(be64(list), forged)
	})
	c, err := OpenToRead(path)
	must(t, err)
	defer c.Close()
	if _, _, err := c.ExhibitRecords(list); !errors.Is(err, ErrDamaged) {
		t.Errorf("the records of a changed body: %v", err)
	}
	p := mustProve(t, c, list, 1)
	if err := p.Check(public); err == nil || !strings.Contains(err.Error(), "its path does not lead to the root in the entry") {
		t.Errorf("a forged record: %v", err)
	}
}

// leafHex is the hash of a leaf: salt, in hex, and record.
func leafHex(salt string, record []byte) string {
	raw, _ := hex.DecodeString(salt)
	return hashHex(tlog.RecordHash(append(raw, record...)))
}
