package store

import (
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"
)

const (
	passphrase = "correct horse battery staple"
	mainSID    = "AC0123456789abcdef0123456789abcdef"
	subSID     = "AC00000000000000000000000000000002"
)

// ticking is a clock that moves on by a second whenever it is looked at.
func ticking() func() time.Time {
	var n atomic.Int64
	start := time.Date(2026, 3, 1, 3, 0, 0, 123456789, time.UTC)
	return func() time.Time { return start.Add(time.Duration(n.Add(1)) * time.Second) }
}

func opening() Opening {
	return Opening{Kind: Training, Wire: "training", Account: mainSID, Name: "Acme \u202e Ltd", Responder: "Robin",
		Version: "test", Passphrase: passphrase, WorkFactor: 2, Now: ticking()}
}

func newCase(t testing.TB, o Opening) *Case {
	t.Helper()
	c, err := Create(filepath.Join(t.TempDir(), "a case.retake"), o)
	must(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// filled makes a case in which every writing method was used.
var filled = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "retake-filled")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	c, err := Create(filepath.Join(folder, "c"), opening())
	if err != nil {
		return nil, err
	}
	defer c.Close()
	for _, step := range script() {
		if err := step.do(c); err != nil {
			return nil, err
		}
	}
	if err := c.Checkpoint("end of run"); err != nil {
		return nil, err
	}
	return os.ReadFile(c.Path())
})

// filledCase is the path of a closed case in which every writing method was used.
func filledCase(t testing.TB) string {
	t.Helper()
	body, err := filled()
	must(t, err)
	path := filepath.Join(t.TempDir(), "a case.retake")
	must(t, os.WriteFile(path, body, 0o600))
	return path
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func copyOf(t testing.TB, path string) string {
	t.Helper()
	body, err := os.ReadFile(path)
	must(t, err)
	to := filepath.Join(t.TempDir(), "copy.retake")
	must(t, os.WriteFile(to, body, 0o600))
	return to
}

func mustVerify(t testing.TB, path string, o VerifyOptions) *Report {
	t.Helper()
	r, err := Verify(path, o)
	must(t, err)
	if !r.OK {
		t.Fatalf("%s does not verify: %+v", path, r.Problems)
	}
	return r
}

// picture is everything that can be read from a case.
type picture struct {
	Header    Header
	Entries   []string
	Bodies    map[int64]string
	Files     map[int64]string
	Secrets   map[int64]string
	Tokens    []Sealed
	Acts      []Done
	Coverages []Covered
	Standing  map[string]Standing
	Plans     map[string]string
	Burnt     map[string]bool
	Signed    string
}

// look reads all of a case. It gives up at the first error.
func look(c *Case) (p picture, err error) {
	p = picture{Header: c.Header, Bodies: map[int64]string{}, Files: map[int64]string{}, Secrets: map[int64]string{},
		Standing: map[string]Standing{}, Plans: map[string]string{}, Burnt: map[string]bool{}}
	walked := c.Entries(0, func(e Entry) bool {
		text, _ := json.Marshal(e)
		p.Entries = append(p.Entries, string(text))
		err = p.add(c, e)
		return err == nil
	})
	if walked != nil || err != nil {
		return p, firstOf(walked, err)
	}
	if p.Tokens, err = c.Tokens(""); err != nil {
		return p, err
	}
	if p.Acts, err = c.Acts(""); err != nil {
		return p, err
	}
	if p.Coverages, err = c.Coverages(""); err != nil {
		return p, err
	}
	p.Signed, err = c.LatestCheckpoint()
	return p, err
}

func (p *picture) add(c *Case, e Entry) (err error) {
	switch e.Kind {
	case KindExhibit:
		var body []byte
		body, err = c.ExhibitBody(e.N)
		p.Bodies[e.N] = string(body)
	case KindSealed:
		p.Secrets[e.N], err = c.Unseal(e.N)
	case KindProgress:
		p.Standing[e.Step], err = c.Progress(e.Step)
	case KindPlan:
		var plan PlanEntry
		plan, _, err = c.LatestPlan(e.Step)
		p.Plans[e.Step] = plan.Digest + string(plan.Plan)
	case KindAttestation:
		var a AttestationEntry
		if err = e.Decode(&a); err == nil && a.File != nil {
			var body []byte
			_, body, err = c.AttachedFile(e.N)
			p.Files[e.N] = string(body)
		}
	case KindBurnt:
		var b BurntEntry
		err = e.Decode(&b)
		for _, t := range b.Tokens {
			p.Burnt[t.Fingerprint], err = c.IsBurnt(t.Fingerprint)
		}
	}
	return err
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// lookAt opens a file, unlocks it and reads all of it.
func lookAt(path string) (picture, error) {
	c, err := OpenToRead(path)
	if err != nil {
		return picture{}, err
	}
	defer c.Close()
	if err := c.Unlock(passphrase); err != nil {
		return picture{}, err
	}
	return look(c)
}

func same(t testing.TB, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

// tamper changes a case behind its back.
func tamper(t testing.TB, path string, fn func(tx *bolt.Tx) error) {
	t.Helper()
	db, err := bolt.Open(path, 0o600, boltOptions(false))
	must(t, err)
	must(t, db.Update(fn))
	must(t, db.Close())
}

func newIdentity(t testing.TB) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	must(t, err)
	return id
}
