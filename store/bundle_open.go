package store

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// ErrNotABundle says that a file is no evidence bundle, or none that is safe to
// unpack.
var ErrNotABundle = errors.New("this file is not a Retake bundle")

// Limits of what is unpacked. No case comes near them.
const (
	mostMembers  = 2_000_000
	mostUnpacked = 1 << 40 // of all members
	bombSize     = 1 << 28 // from here on a bundle must not
	bombRatio    = 500     // unpack to so much more than it has
	largestLine  = 1 << 28 // of log.jsonl
)

// bundle is an opened bundle.
type bundle struct {
	members map[string]*zip.File
	sums    map[string]string // SHA-256 of each member that could be read
}

// IsBundle tells by its first bytes whether a file is a ZIP archive.
func IsBundle(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06"))
}

// openBundle opens an archive if it is safe to unpack. What is wrong with it but
// does no harm becomes a problem; nil, nil is an archive that cannot be read.
func (r *Report) openBundle(at io.ReaderAt, size int64) (*bundle, error) {
	head := make([]byte, 4)
	if _, err := at.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("cannot read the bundle: %w", err)
	}
	if !IsBundle(head) {
		return nil, foreignBundle("it is no ZIP archive")
	}
	z, err := zip.NewReader(at, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		r.problem("archive", "its list of members cannot be read (%v): it was cut short or damaged", err)
		return nil, nil
	}
	if err := harmlessArchive(z, size); err != nil {
		return nil, err
	}
	b := &bundle{members: map[string]*zip.File{}, sums: map[string]string{}}
	for _, f := range z.File {
		switch {
		case strings.HasSuffix(f.Name, "/") && f.UncompressedSize64 == 0 && folders[f.Name]:
		case b.members[f.Name] != nil:
			r.problem(printable(f.Name), "it is in the archive more than once")
		default:
			b.members[f.Name] = f
		}
	}
	if b.members["log.jsonl"] == nil && b.members["header.json"] == nil && b.members["SHA256SUMS"] == nil {
		return nil, foreignBundle("it is another ZIP archive")
	}
	return b, nil
}

var folders = map[string]bool{"exhibits/": true, "attachments/": true, "papers/": true}

func foreignBundle(why string, args ...any) error {
	return WithHint(fmt.Errorf("%w: %s", ErrNotABundle, fmt.Sprintf(why, args...)), "name a bundle that retake export wrote, or a case file; nothing was unpacked")
}

// harmlessArchive refuses what could hurt whoever unpacks it.
func harmlessArchive(z *zip.Reader, size int64) error {
	if len(z.File) > mostMembers {
		return foreignBundle("it has %d members", len(z.File))
	}
	var packed, unpacked uint64
	for _, f := range z.File {
		name := f.Name
		switch {
		case !fs.ValidPath(strings.TrimSuffix(name, "/")) || strings.ContainsAny(name, "\\:") || printable(name) != name:
			return foreignBundle("the name %s would lead out of its folder or confuse a terminal", printable(name))
		case !f.Mode().IsRegular() && !f.Mode().IsDir():
			return foreignBundle("%s is no ordinary file", name)
		case f.Flags&1 != 0:
			return foreignBundle("%s is encrypted", name)
		case f.UncompressedSize64 > mostUnpacked || f.CompressedSize64 > uint64(size):
			return foreignBundle("%s says that it has %d bytes", name, f.UncompressedSize64)
		}
		packed, unpacked = packed+f.CompressedSize64, unpacked+f.UncompressedSize64
		if packed > uint64(size) {
			return foreignBundle("its members lie in one another")
		}
		if unpacked > mostUnpacked {
			return foreignBundle("it would unpack to more than %d bytes", uint64(mostUnpacked))
		}
	}
	if unpacked > bombSize && unpacked/bombRatio > uint64(size) {
		return foreignBundle("it would unpack to %d times its size", unpacked/uint64(size))
	}
	return nil
}

// read returns the whole of a member that may have up to limit bytes.
func (b *bundle) read(name string, limit int64) ([]byte, error) {
	f := b.members[name]
	if f == nil {
		return nil, fs.ErrNotExist
	}
	if f.UncompressedSize64 > uint64(limit) {
		return nil, fmt.Errorf("it has %d bytes and can have %d at most", f.UncompressedSize64, limit)
	}
	in, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return io.ReadAll(io.LimitReader(in, limit+1))
}

// sumsUp compares every member with SHA256SUMS.
func (r *Report) sumsUp(b *bundle) {
	const sheet = "SHA256SUMS"
	for _, name := range slices.Sorted(maps.Keys(b.members)) {
		sum, err := sumOf(b.members[name])
		if err != nil {
			r.problem(name, "it cannot be unpacked: %v", err)
			continue
		}
		b.sums[name] = sum
	}
	text, err := b.read(sheet, 1<<30)
	if err != nil {
		r.missing(sheet)
		return
	}
	listed := map[string]bool{}
	var inOrder []string
	for line := range strings.Lines(string(text)) {
		sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		switch {
		case !ok || listed[name]:
			r.problem(sheet, "the line %s is none that was written", printable(line))
			continue
		case b.members[name] == nil:
			r.problem(printable(name), "it is missing, and SHA256SUMS lists it")
		case b.sums[name] != "" && b.sums[name] != sum:
			r.problem(name, "its SHA-256 is not the one in SHA256SUMS")
		}
		listed[name] = true
		inOrder = append(inOrder, name)
	}
	for _, name := range slices.Sorted(maps.Keys(b.members)) {
		if name != sheet && !listed[name] {
			r.problem(name, "SHA256SUMS does not list it")
		}
	}
	if !slices.IsSorted(inOrder) || len(text) > 0 && text[len(text)-1] != '\n' {
		r.problem(sheet, "it is not in the form that it was written in")
	}
	r.Checked["members"] = len(b.members)
}

// missing says that a member is not there, unless that was said.
func (r *Report) missing(name string) {
	if !slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.Where == name }) {
		r.problem(name, "it is missing")
	}
}

func sumOf(f *zip.File) (string, error) {
	in, err := f.Open()
	if err != nil {
		return "", err
	}
	defer in.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, in); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
