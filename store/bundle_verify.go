package store

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// VerifyBundle checks every member of an evidence bundle and names what was
// changed. How the archive was packed makes no difference. The error is for
// files that cannot be checked at all.
func VerifyBundle(at io.ReaderAt, size int64, o VerifyOptions) (*Report, error) {
	o.Key = strings.TrimSpace(o.Key)
	if _, err := note.NewVerifier(o.Key); o.Key != "" && err != nil {
		return nil, WithHint(fmt.Errorf("cannot check against the key %s: it is no public key", printable(o.Key)), "the public key looks like retake-…+…+… and was printed when the case was made")
	}
	r := &Report{Checked: map[string]int{}, Problems: []Problem{}, Notes: []string{}}
	b, err := r.openBundle(at, size)
	if err != nil {
		return nil, err
	}
	if b != nil {
		r.bundle(b, o)
	}
	r.OK = len(r.Problems) == 0
	return r, nil
}

// bundle checks the members, the log first, since it vouches for the rest.
func (r *Report) bundle(b *bundle, o VerifyOptions) {
	r.sumsUp(b)
	a := newAudit()
	book := newBook(o.Events)
	book.format = r.format(b)
	book.walk = b.leaves
	sound := r.bundleLog(b, book, a, o)
	r.Kind = a.header.Kind
	if sound {
		r.exhibits(b, book)
		r.attachments(b, book)
		r.computed(b, book, o)
		r.unknown(b, book)
	}
	r.explainBundle(b, a, o, sound)
}

// format is the format that a bundle is checked by.
func (r *Report) format(b *bundle) int {
	text, err := b.read("README.txt", 1<<20)
	switch n := formatOf(text); {
	case err != nil || n == 0: // that is told where README.txt is compared
		return bundleFormat
	case n > bundleFormat:
		r.problem("README.txt", "the bundle is of format %d and this Retake knows formats up to %d: check it with a newer one", n, bundleFormat)
		return bundleFormat
	default:
		return n
	}
}

// lines calls fn for each line of a member.
func (b *bundle) lines(name string, fn func(i int64, line []byte) error) error {
	f := b.members[name]
	if f == nil {
		return errors.New("it is missing")
	}
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	reader := bufio.NewReaderSize(in, 1<<16)
	for i := int64(0); ; i++ {
		var line []byte
		part, err := reader.ReadSlice('\n')
		for ; errors.Is(err, bufio.ErrBufferFull) && len(line) <= largestLine; part, err = reader.ReadSlice('\n') {
			line = append(line, part...)
		}
		line = append(line, part...)
		switch {
		case errors.Is(err, io.EOF) && len(line) == 0:
			return nil
		case errors.Is(err, bufio.ErrBufferFull):
			return fmt.Errorf("its line %d is longer than any that was written", i)
		case errors.Is(err, io.EOF):
			return fmt.Errorf("its last line has no end")
		case err != nil:
			return err
		}
		if err := fn(i, line[:len(line)-1]); err != nil {
			return err
		}
	}
}

// leaves walks the log of a bundle.
func (b *bundle) leaves(fn func([]byte, Entry) error) error {
	return b.lines("log.jsonl", func(n int64, line []byte) error {
		e, err := entryUnder(be64(n), line)
		if err != nil {
			return err
		}
		return fn(line, e)
	})
}

// bundleLog checks the log, its signature, and what the verifier brought along.
// It tells whether the rest can be held against it.
func (r *Report) bundleLog(b *bundle, book *book, a *audit, o VerifyOptions) (sound bool) {
	before := len(r.Problems)
	err := b.lines("log.jsonl", func(n int64, line []byte) error {
		a.extend(n, line)
		r.entry(a, n, line, o)
		a.size++
		return nil
	})
	if err != nil {
		r.problem("log.jsonl", "%v", err)
	}
	if r.Checked["entries"] = int(a.size); a.size == 0 && err == nil {
		r.problem("log.jsonl", "it is empty")
		return false
	}
	r.signature(b, book, a, o)
	r.outside(a, o)
	if err == nil {
		if err = book.read(); err != nil {
			r.problem("log.jsonl", "%v", err)
		}
	}
	book.covers = a.size
	return err == nil && r.wholeLog(before)
}

// wholeLog tells whether none of the problems since then is with an entry.
func (r *Report) wholeLog(since int) bool {
	return !slices.ContainsFunc(r.Problems[since:], func(p Problem) bool {
		return strings.HasPrefix(p.Where, "entry ") || p.Where == "log.jsonl"
	})
}

// signature checks checkpoint.txt over the whole log.
func (r *Report) signature(b *bundle, book *book, a *audit, o VerifyOptions) {
	const where = "checkpoint.txt"
	text, err := b.read(where, 1<<20)
	if err != nil {
		r.problem(where, "it is missing or cannot be read: nothing vouches for the log")
		return
	}
	public := a.header.PublicKey
	if o.Key != "" {
		public = o.Key
	}
	signed, err := openCheckpoint(string(text), a.header.Origin(), public)
	if err != nil {
		r.problem(where, "%v", err)
		return
	}
	r.Checked["checkpoints"]++
	book.note, book.at = string(text), signed.at()
	switch root, err := tlog.TreeHash(a.size, a); {
	case signed.n != a.size:
		r.problem("log.jsonl", "it has %d entries and %d were signed", a.size, signed.n)
	case err != nil || root != signed.root:
		r.problem("log.jsonl", "its entries are not the ones that were signed")
	}
}

// exhibits checks each exhibit against its entry, with the key of its records.
func (r *Report) exhibits(b *bundle, book *book) {
	keys := r.keys(b, book)
	err := book.eachExhibit(func(n int64, _ Entry, x ExhibitEntry) error {
		name, there := b.exhibit(n)
		if !there {
			r.problem(fmt.Sprintf("exhibits/%08d", n), "it is missing")
			return nil
		}
		body, err := b.read(name, int64(max(0, min(x.Size, largestBody))))
		if err != nil {
			r.problem(name, "it cannot be the one that was filed: %v", err)
			return nil
		}
		if err := x.sameBody(body, keys[n]); err != nil && sumHex(body) == x.SHA256 {
			r.problem("exhibit-keys.jsonl", "the key of exhibit %d is not the one that it was filed with: %v", n, err)
		} else if err != nil {
			r.problem(name, "%v", err)
			return nil
		}
		book.see(n, x, body)
		if want := book.exhibitMember(n); want != name {
			r.problem(name, "its name should be %s", want)
		}
		r.Checked["exhibits"]++
		return nil
	})
	if err != nil {
		r.problem("log.jsonl", "%v", err)
	}
}

// exhibit finds the member that holds an exhibit.
func (b *bundle) exhibit(n int64) (name string, there bool) {
	for _, end := range []string{".json", ".txt", ".bin"} {
		if name = fmt.Sprintf("exhibits/%08d%s", n, end); b.members[name] != nil {
			return name, true
		}
	}
	return "", false
}

// keys reads the keys of the exhibits: one line for each list, in order.
func (r *Report) keys(b *bundle, book *book) map[int64][]byte {
	const where = "exhibit-keys.jsonl"
	keys := map[int64][]byte{}
	last := int64(-1)
	err := b.lines(where, func(i int64, line []byte) error {
		var k struct {
			Exhibit int64  `json:"exhibit"`
			Key     string `json:"key"`
		}
		err := json.Unmarshal(line, &k)
		key, hexErr := hex.DecodeString(k.Key)
		if err != nil || hexErr != nil || keyLine(k.Exhibit, key) != string(line)+"\n" || k.Exhibit <= last {
			return fmt.Errorf("its line %d is none that was written", i)
		}
		last = k.Exhibit
		keys[k.Exhibit] = key
		return nil
	})
	if err != nil {
		r.problem(where, "%v", err)
	}
	wanted := 0
	_ = book.eachExhibit(func(n int64, _ Entry, x ExhibitEntry) error { // errors show where the exhibits are read
		if x.Records > 0 {
			wanted++
			if keys[n] == nil {
				r.problem(where, "the key of exhibit %d is missing", n)
			}
		}
		return nil
	})
	if len(keys) > wanted {
		r.problem(where, "it holds %d keys and should hold %d", len(keys), wanted)
	}
	return keys
}

func (r *Report) attachments(b *bundle, book *book) {
	for _, f := range book.files {
		body, err := b.read(f.member(), int64(max(0, min(f.Size, largestBody))))
		if err != nil || len(body) != f.Size || sumHex(body) != f.SHA256 {
			r.problem(f.member(), "it is missing, or not the one that was attached")
			continue
		}
		r.Checked["attached files"]++
	}
}

// computed makes the other members again and compares.
func (r *Report) computed(b *bundle, book *book, o VerifyOptions) {
	all := book.derived()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		whole := len(book.endings) == book.exhibits && (o.Events != nil || !strings.HasPrefix(name, "timeline."))
		if tells := strings.HasPrefix(name, "timeline.") || strings.HasPrefix(name, "exhibits/"); tells && !whole {
			continue // an exhibit that is wrong was named; see explainBundle for the rest
		}
		if book.note == "" && (name == "README.txt" || name == "checkpoint.txt") {
			continue // the signature is bad, which was named
		}
		f := b.members[name]
		if f == nil {
			r.missing(name)
			continue
		}
		in, err := f.Open()
		if err != nil {
			r.problem(name, "it cannot be unpacked: %v", err)
			continue
		}
		c := &comparing{in: bufio.NewReader(in)}
		err = all[name](c)
		if _, more := c.in.Read(make([]byte, 1)); err == nil && !errors.Is(more, io.EOF) {
			err = fmt.Errorf("from line %d on", c.line+1)
		}
		_ = in.Close()
		if err != nil {
			r.problem(name, "it is not what the log says, %v", err)
			continue
		}
		r.Checked["computed members"]++
	}
}

// comparing is a writer that fails where what is written is not what is read.
type comparing struct {
	in   *bufio.Reader
	line int
	have []byte
}

func (c *comparing) Write(want []byte) (int, error) {
	c.have = slices.Grow(c.have[:0], len(want))[:len(want)]
	n, _ := io.ReadFull(c.in, c.have)
	for i := range want {
		if i >= n || c.have[i] != want[i] {
			return i, fmt.Errorf("from line %d on", c.line+1+bytes.Count(want[:i], []byte("\n")))
		}
	}
	c.line += bytes.Count(want, []byte("\n"))
	return len(want), nil
}

// unknown names the members that belong to no bundle.
func (r *Report) unknown(b *bundle, book *book) {
	known := map[string]bool{"SHA256SUMS": true, "log.jsonl": true, "exhibit-keys.jsonl": true}
	for name := range book.derived() {
		known[name] = true
	}
	for _, f := range book.files {
		known[f.member()] = true
	}
	_ = book.eachExhibit(func(n int64, _ Entry, _ ExhibitEntry) error { // errors show where the exhibits are read
		name, _ := b.exhibit(n)
		known[name] = true
		return nil
	})
	for _, name := range slices.Sorted(maps.Keys(b.members)) {
		paper, isPaper := strings.CutPrefix(name, "papers/")
		if isPaper && paper == safeName(paper) {
			r.Checked["papers"]++
		} else if !known[name] {
			r.problem(name, "no entry vouches for it")
		}
	}
}

// explainBundle says what the result proves and what it cannot prove.
func (r *Report) explainBundle(b *bundle, a *audit, o VerifyOptions, sound bool) {
	say := func(format string, args ...any) { r.Notes = append(r.Notes, fmt.Sprintf(format, args...)) }
	if !sound {
		say("the log is not whole, so exhibits and tables were compared with SHA256SUMS only")
	}
	if o.Events == nil {
		say("the timeline was compared with SHA256SUMS only")
	}
	if o.Key == "" {
		say("the signature was checked against the public key inside of the bundle, %s: compare it with the one that was printed when the case was made (--key KEY), since a forger would put in a key of their own", a.header.PublicKey)
	} else {
		say("the signature proves that nobody without the case's passphrase changed the entries, exhibits and attachments")
	}
	if n := r.Checked["papers"]; n > 0 {
		say("%d papers are signed by nobody and were compared with SHA256SUMS only", n)
	}
	if sum := b.sums["SHA256SUMS"]; sum != "" {
		say("SHA256SUMS has the SHA-256 %s; the case noted it when the bundle was made", sum)
	}
	say("somebody who holds the case and its passphrase could write it anew, and an earlier bundle of the case verifies as well; only a checkpoint kept elsewhere shows that (--checkpoint FILE)")
}
