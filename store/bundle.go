package store

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/tlog"
)

// The evidence bundle is what a case hands to others: a ZIP file that can be
// read and checked without Retake. Its README.txt (bundle_readme.go) is its
// description. The one rule: a member is either a leaf of the log, or vouched
// for by one, or computed from those; only papers are not, and are said not to
// be. So VerifyBundle can name whatever was changed, however the archive was
// packed. Nothing of it is secret to the case: sealed secrets, the wrapped
// identity, the signer, the key of the fingerprints and a training's simulated
// account stay behind.
//
// A bundle covers the entries up to the first checkpoint after the last entry
// that is neither a checkpoint nor the note of an export. So the note that an
// export leaves, and a signature over it, do not move the head, and the next
// export writes the same bytes.

// ExportOptions are what a bundle is made with beside the case.
type ExportOptions struct {
	Events   func(ExhibitEntry, []byte) []Event // reads the account's own audit log out of a reply; nil: none
	Papers   []Paper                            // in any order
	Progress func(done, total int) error        // called after each member; an error ends the export

	// UpToCheckpoint ends the bundle with the newest checkpoint though entries
	// follow it, which belong to the next bundle. Without it they have to be
	// signed first.
	UpToCheckpoint bool
}

// Paper is a document that goes into the bundle as it is.
type Paper struct {
	Name string
	Open func() (io.ReadCloser, error)
}

// ErrUnsigned says that the end of the log has to be signed first.
var ErrUnsigned = errors.New("the newest entries are not signed yet")

// Export writes the evidence bundle of a case. Memory is bounded by the largest
// exhibit, and a line for each act and each event of the timeline.
func (c *Case) Export(w io.Writer, o ExportOptions) error {
	if _, err := c.export(w, o); err != nil {
		return fmt.Errorf("cannot export the case: %w", err)
	}
	return nil
}

// export also tells what was written.
func (c *Case) export(w io.Writer, o ExportOptions) (Exported, error) {
	b, after, err := c.book(o)
	if err != nil {
		return Exported{}, err
	}
	whole := sha256.New()
	p := &packing{c: c, b: b, zip: zip.NewWriter(io.MultiWriter(w, whole)), progress: o.Progress}
	p.total = len(b.files) + b.exhibits + len(o.Papers) + fixedMembers
	if err := p.all(o.Papers); err != nil {
		return Exported{}, err
	}
	return Exported{SHA256: hex.EncodeToString(whole.Sum(nil)), Members: p.manifest, Entries: b.covers, After: after}, nil
}

// book reads the log of the case up to the head of its bundle. It tells how many
// entries follow that.
func (c *Case) book(o ExportOptions) (_ *book, after int64, err error) {
	b := newBook(o.Events)
	head, after, err := c.bundleHead(o.UpToCheckpoint)
	if err != nil {
		return nil, 0, err
	}
	b.covers = head.N
	b.walk = func(fn func([]byte, Entry) error) error { return c.leaves(0, b.covers, fn) }
	if err := b.read(); err != nil {
		return nil, 0, err
	}
	return b, after, b.sign(head)
}

// sign takes the checkpoint at the head, which has to be over what was read.
func (b *book) sign(head Entry) error {
	var cp CheckpointEntry
	if err := head.Decode(&cp); err != nil {
		return err
	}
	b.note, b.at = cp.Note, head.At
	signed, err := openCheckpoint(cp.Note, b.header.Origin(), b.header.PublicKey)
	if err != nil {
		return fmt.Errorf("%w: its checkpoint in entry %d: %v", ErrDamaged, head.N, err)
	}
	if root, err := tlog.TreeHash(b.covers, b.tree); err != nil || signed.n != b.covers || root != signed.root {
		return WithHint(fmt.Errorf("%w: its entries are not the ones that were signed", ErrDamaged), "retake verify tells what is wrong and where")
	}
	return nil
}

// bundleHead finds the checkpoint that a bundle ends with. Up to the newest
// checkpoint the log is taken as if it ended there; after is how many entries
// follow it.
func (c *Case) bundleHead(upToCheckpoint bool) (head Entry, after int64, err error) {
	err = c.view(func(tx *bolt.Tx) error {
		cur := bucket(tx, bucketLog, keyLeaves).Cursor()
		for k, text := cur.Last(); k != nil; k, text = cur.Prev() {
			e, err := entryUnder(k, text)
			switch {
			case err != nil:
				return err
			case e.Kind == KindCheckpoint:
				head = e
			case head.Kind == "" && upToCheckpoint:
				after++
			case e.Kind != KindExported:
				return nil
			}
		}
		return nil
	})
	if err == nil && head.Kind == "" {
		err = WithHint(ErrUnsigned, "give the passphrase of the case, so that they can be signed")
	}
	return head, after, err
}

// leaves calls fn for each leaf from number from on and before number n, in
// order. A transaction copies out about a megabyte at a time.
func (c *Case) leaves(from, n int64, fn func([]byte, Entry) error) error {
	for from < n {
		var texts [][]byte
		err := c.view(func(tx *bolt.Tx) error {
			cur, sum := bucket(tx, bucketLog, keyLeaves).Cursor(), 0
			for k, text := cur.Seek(be64(from)); k != nil && num(k) == from && from < n && sum < 1<<20; k, text = cur.Next() {
				texts = append(texts, clone(text))
				sum += len(text)
				from++
			}
			return nil
		})
		if err != nil || len(texts) == 0 {
			return firstError(err, fmt.Errorf("%w: entry %d is missing", ErrDamaged, from))
		}
		first := from - int64(len(texts))
		for i, text := range texts {
			e, err := entryUnder(be64(first+int64(i)), text)
			if err != nil {
				return err
			}
			if err := fn(text, e); err != nil {
				return err
			}
		}
	}
	return nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// fixedMembers is how many members every bundle has.
const fixedMembers = 14

// packing is a bundle on its way into an archive.
type packing struct {
	c        *Case
	b        *book
	zip      *zip.Writer
	sums     []string // lines of SHA256SUMS
	manifest string   // hash of SHA256SUMS
	progress func(done, total int) error
	total    int
}

// all writes the members, by name; the sums come last since they are taken on
// the way.
func (p *packing) all(papers []Paper) error {
	stages := []func() error{
		p.derived("README.txt"), p.attachments, p.derived("checkpoint.txt"),
		p.derived("coverage.csv"), p.derived("coverage.jsonl"), p.keys, p.exhibits, p.derived("exhibits/index.csv"),
		p.derived("header.json"), p.derived("journal.csv"), p.derived("journal.jsonl"), p.log,
		func() error { return p.papers(papers) },
		p.derived("public-key.txt"), p.derived("timeline.csv"), p.derived("timeline.jsonl"), p.sumsUp,
	}
	for _, stage := range stages {
		if err := stage(); err != nil {
			return err
		}
	}
	return p.zip.Close()
}

// add writes one member.
func (p *packing) add(name string, write func(io.Writer) error) error {
	h := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: p.b.at.UTC().Truncate(2 * time.Second)}
	h.SetMode(0o600)
	w, err := p.zip.CreateHeader(h)
	if err != nil {
		return err
	}
	sum := sha256.New()
	if err := write(io.MultiWriter(w, sum)); err != nil {
		return err
	}
	p.manifest = hex.EncodeToString(sum.Sum(nil))
	p.sums = append(p.sums, p.manifest+"  "+name+"\n")
	if p.progress == nil {
		return nil
	}
	return p.progress(len(p.sums), p.total)
}

// derived writes a member that is computed from the log.
func (p *packing) derived(name string) func() error {
	return func() error { return p.add(name, p.b.derived()[name]) }
}

func bytesOf(body []byte) func(io.Writer) error {
	return func(w io.Writer) error { _, err := w.Write(body); return err }
}

func (p *packing) attachments() error {
	for _, f := range p.b.files {
		_, body, err := p.c.AttachedFile(f.n)
		if err != nil {
			return err
		}
		if err := p.add(f.member(), bytesOf(body)); err != nil {
			return err
		}
	}
	return nil
}

func (p *packing) keys() error {
	return p.add("exhibit-keys.jsonl", func(w io.Writer) error {
		return p.b.eachExhibit(func(n int64, _ Entry, x ExhibitEntry) error {
			if x.Records == 0 {
				return nil
			}
			key, err := p.c.exhibitKey(n)
			if err != nil {
				return err
			}
			_, err = io.WriteString(w, keyLine(n, key))
			return err
		})
	})
}

// exhibitKey is the key that the records of an exhibit are salted with, nil if
// it has none.
func (c *Case) exhibitKey(n int64) (key []byte, err error) {
	err = c.view(func(tx *bolt.Tx) error { key = clone(bucket(tx, bucketExhibits, keyKeys).Get(be64(n))); return nil })
	return key, err
}

// keyLine is a line of exhibit-keys.jsonl.
func keyLine(n int64, key []byte) string {
	return fmt.Sprintf("{\"exhibit\":%d,\"key\":\"%x\"}\n", n, key)
}

func (p *packing) exhibits() error {
	return p.b.eachExhibit(func(n int64, _ Entry, x ExhibitEntry) error {
		body, err := p.c.ExhibitBody(n)
		if errors.Is(err, ErrNoExhibit) {
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		key, keyErr := p.c.exhibitKey(n)
		if err := firstError(err, keyErr); err != nil {
			return err
		}
		if err := x.sameBody(body, key); err != nil {
			return fmt.Errorf("%w: exhibit %d: %w", ErrDamaged, n, err)
		}
		p.b.see(n, x, body)
		return p.add(p.b.exhibitMember(n), bytesOf(body))
	})
}

func (p *packing) log() error {
	return p.add("log.jsonl", func(w io.Writer) error {
		return p.b.walk(func(text []byte, _ Entry) error { _, err := w.Write(append(text, '\n')); return err })
	})
}

func (p *packing) papers(papers []Paper) error {
	papers = slices.Clone(papers)
	slices.SortFunc(papers, func(x, y Paper) int { return strings.Compare(x.Name, y.Name) })
	for i, paper := range papers {
		if paper.Name != safeName(paper.Name) || i > 0 && paper.Name == papers[i-1].Name {
			return fmt.Errorf("a paper cannot have the name %s", printable(paper.Name))
		}
		err := p.add("papers/"+paper.Name, func(w io.Writer) error {
			r, err := paper.Open()
			if err != nil {
				return err
			}
			_, err = io.Copy(w, r)
			return errors.Join(err, r.Close())
		})
		if err != nil {
			return fmt.Errorf("the paper %s: %w", paper.Name, err)
		}
	}
	return nil
}

func (p *packing) sumsUp() error {
	slices.SortFunc(p.sums, func(x, y string) int { return strings.Compare(x[64:], y[64:]) })
	return p.add("SHA256SUMS", bytesOf([]byte(strings.Join(p.sums, ""))))
}
