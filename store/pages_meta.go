package store

import (
	"bytes"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
)

// meta is one of the two meta pages.
type meta struct {
	ok       bool // magic, version and checksum are right
	pageSize int64
	root     uint64
	freelist uint64
	high     uint64 // pages from here on are not in use
	tx       uint64 // number of the transaction that wrote it
}

func metaAt(f io.ReaderAt, offset int64) (m meta) {
	b := make([]byte, pageHeader+metaSize)
	if _, err := f.ReadAt(b, offset); err != nil {
		return m
	}
	b = b[pageHeader:]
	sum := fnv.New64a()
	sum.Write(b[:56])
	return meta{
		ok:       bytes.Equal(b[:4], boltMagic) && little.Uint32(b[4:]) == 2 && little.Uint64(b[56:]) == sum.Sum64(),
		pageSize: int64(little.Uint32(b[8:])), root: little.Uint64(b[16:]), freelist: little.Uint64(b[32:]),
		high: little.Uint64(b[40:]), tx: little.Uint64(b[48:]),
	}
}

// metas reads both meta pages. The second one is looked for at every page size
// where the first is damaged, as bbolt does it.
func metas(f io.ReaderAt) (first, second meta) {
	if first = metaAt(f, 0); first.ok {
		return first, metaAt(f, first.pageSize)
	}
	for size := int64(1024); size <= 1<<24; size *= 2 {
		if second = metaAt(f, size); second.ok && second.pageSize == size {
			return first, second
		}
	}
	return first, meta{}
}

// metaProblems tells what is wrong with the meta pages. bbolt is content with
// one of them and would quietly fall back to an older state of the file.
func metaProblems(path string) (all []string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, cannotWrite("open "+path, err)
	}
	defer f.Close()
	first, second := metas(f)
	for i, m := range []meta{first, second} {
		if !m.ok {
			all = append(all, fmt.Sprintf("its meta page %d was changed; the newest entries may be hidden", i))
		}
	}
	if first.ok && second.ok && (first.tx%2 != 0 || second.tx%2 != 1 || max(first.tx, second.tx)-min(first.tx, second.tx) != 1) {
		all = append(all, fmt.Sprintf("its meta pages come from transactions %d and %d and should come from two in a row; the newest entries may be hidden", first.tx, second.tx))
	}
	return all, nil
}

// newestMeta returns the meta page that bbolt goes by, if it can be believed.
func newestMeta(f io.ReaderAt, size int64) (meta, error) {
	m, second := metas(f)
	if !m.ok || (second.ok && second.tx > m.tx) {
		m = second
	}
	switch {
	case !m.ok:
		return m, errors.New("neither of its meta pages can be read")
	case m.pageSize < 1024 || m.pageSize > 1<<24 || m.pageSize&(m.pageSize-1) != 0:
		return m, fmt.Errorf("its page size reads %d", m.pageSize)
	case m.high < 2 || m.high > uint64(size/m.pageSize):
		return m, fmt.Errorf("it was cut short: it has %d bytes and should have at least %d pages of %d", size, m.high, m.pageSize)
	}
	return m, nil
}
