package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// bbolt keeps no checksums over its pages and believes every number in them: a
// damaged page makes it panic, run for ever or fault in a goroutine of its own,
// which nothing can catch. So the pages are walked here first, by a reader that
// believes nothing. A file that passes cannot bring bbolt down.

const (
	pageHeader  = 16 // id u64, flags u16, count u16, overflow u32
	metaSize    = 64 // magic, version, page size, flags u32; root, sequence, freelist, high-water mark, transaction, checksum u64
	elementSize = 16 // branch: offset, key size u32, page u64; leaf: flags, offset, key size, value size u32
	inlineSize  = 16 // what stands before the page of an inline bucket

	branchPage   = 0x01
	leafPage     = 0x02
	freelistPage = 0x10
	bucketValue  = 0x01 // flag of a leaf element

	deepest    = 64         // branch pages over a leaf
	deepestBox = 8          // buckets in buckets
	noFreelist = ^uint64(0) // the freelist is not kept in the file
)

var little = binary.LittleEndian

// walk is a walk over the pages in use.
type walk struct {
	f    io.ReaderAt
	meta meta
	seen map[uint64]bool
}

// soundPages walks all pages of a file that are in use.
func soundPages(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return cannotWrite("open "+path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("cannot look at %s: %w", path, err)
	}
	m, err := newestMeta(f, info.Size())
	if err != nil {
		return fmt.Errorf("%w: %v", ErrDamaged, err)
	}
	w := &walk{f: f, meta: m, seen: map[uint64]bool{}}
	if err := w.freelist(); err != nil {
		return fmt.Errorf("%w: %v", ErrDamaged, err)
	}
	if _, err := w.page(m.root, nil, nil, 0, 0); err != nil {
		return fmt.Errorf("%w: %v", ErrDamaged, err)
	}
	return nil
}

// read fetches a page with its overflow and marks it as seen.
func (w *walk) read(id uint64) ([]byte, error) {
	if id < 2 || id >= w.meta.high {
		return nil, fmt.Errorf("page %d is outside of the file", id)
	}
	head := make([]byte, pageHeader)
	if _, err := w.f.ReadAt(head, int64(id)*w.meta.pageSize); err != nil {
		return nil, fmt.Errorf("page %d cannot be read: %w", id, err)
	}
	overflow := uint64(little.Uint32(head[12:]))
	if little.Uint64(head) != id || id+overflow >= w.meta.high {
		return nil, fmt.Errorf("page %d says that it is page %d and %d more", id, little.Uint64(head), overflow)
	}
	for i := id; i <= id+overflow; i++ {
		if w.seen[i] {
			return nil, fmt.Errorf("page %d is used twice", i)
		}
		w.seen[i] = true
	}
	b := make([]byte, int64(overflow+1)*w.meta.pageSize)
	if _, err := w.f.ReadAt(b, int64(id)*w.meta.pageSize); err != nil {
		return nil, fmt.Errorf("page %d cannot be read: %w", id, err)
	}
	return b, nil
}

// page walks the tree under a page. All of its keys lie from low on and before
// high (nil: no bound); it returns the last one.
func (w *walk) page(id uint64, low, high []byte, depth, box int) ([]byte, error) {
	if depth > deepest || box > deepestBox {
		return nil, fmt.Errorf("page %d lies too deep", id)
	}
	b, err := w.read(id)
	if err != nil {
		return nil, err
	}
	switch little.Uint16(b[8:]) {
	case branchPage:
		return w.branch(id, b, low, high, depth, box)
	case leafPage:
		last, err := w.leaf(b, low, high, box)
		if err != nil {
			return nil, fmt.Errorf("page %d: %w", id, err)
		}
		return last, nil
	}
	return nil, fmt.Errorf("page %d is no page of records", id)
}

func (w *walk) branch(id uint64, b, low, high []byte, depth, box int) (last []byte, err error) {
	count := int(little.Uint16(b[10:]))
	keys := make([][]byte, count)
	for i := range keys {
		at := pageHeader + i*elementSize
		if keys[i], err = cut(b, at, 0, 4, nil); err != nil {
			return nil, fmt.Errorf("page %d: %w", id, err)
		}
	}
	if count == 0 {
		return nil, fmt.Errorf("page %d leads nowhere", id)
	}
	last = low
	for i, key := range keys {
		end := high
		if i+1 < count {
			end = keys[i+1]
		}
		if !inOrder(i, last, key, end) {
			return nil, fmt.Errorf("page %d: its keys are out of order", id)
		}
		child := little.Uint64(b[pageHeader+i*elementSize+8:])
		if last, err = w.page(child, key, end, depth+1, box); err != nil {
			return nil, err
		}
	}
	return last, nil
}

func (w *walk) leaf(b, low, high []byte, box int) (last []byte, err error) {
	last = low
	for i := range int(little.Uint16(b[10:])) {
		at := pageHeader + i*elementSize
		var value []byte
		key, err := cut(b, at, 4, 8, &value)
		if err != nil {
			return nil, err
		}
		if !inOrder(i, last, key, high) {
			return nil, errors.New("its keys are out of order")
		}
		last = key
		switch little.Uint32(b[at:]) {
		case 0:
		case bucketValue:
			if err := w.bucket(value, box+1); err != nil {
				return nil, fmt.Errorf("bucket %s: %w", printable(string(key)), err)
			}
		default:
			return nil, fmt.Errorf("the value of %s is of no known sort", printable(string(key)))
		}
	}
	return last, nil
}

// bucket walks what the value of a bucket leads to: its pages, or the one that
// is kept in the value itself.
func (w *walk) bucket(value []byte, box int) error {
	if len(value) < inlineSize {
		return errors.New("it is cut short")
	}
	if root := little.Uint64(value); root != 0 {
		_, err := w.page(root, nil, nil, 0, box)
		return err
	}
	b := value[inlineSize:]
	if len(b) < pageHeader || little.Uint64(b) != 0 || little.Uint16(b[8:]) != leafPage || little.Uint32(b[12:]) != 0 {
		return errors.New("it is no page of records")
	}
	_, err := w.leaf(b, nil, nil, box)
	return err
}

// freelist checks the list of free pages, where the file keeps one: another
// program may have compacted it.
func (w *walk) freelist() error {
	if w.meta.freelist == noFreelist {
		return nil
	}
	b, err := w.read(w.meta.freelist)
	if err != nil {
		return err
	}
	count, ids := int(little.Uint16(b[10:])), b[pageHeader:]
	if count == 0xFFFF {
		count, ids = int(min(little.Uint64(ids), 1<<40)), ids[8:]
	}
	if little.Uint16(b[8:]) != freelistPage || count > len(ids)/8 {
		return fmt.Errorf("page %d is no list of free pages", w.meta.freelist)
	}
	for i := range count {
		id := little.Uint64(ids[i*8:])
		if id < 2 || id >= w.meta.high || w.seen[id] {
			return fmt.Errorf("page %d cannot be free", id)
		}
		w.seen[id] = true
	}
	return nil
}

// cut takes the key of the element at a place out of a page and, where value is
// not nil, the value behind it. The offset and the sizes stand at the given
// places in the element.
func cut(b []byte, at, offset, keySize int, value *[]byte) ([]byte, error) {
	if at+elementSize > len(b) {
		return nil, errors.New("it has more records than room")
	}
	from := uint64(at) + uint64(little.Uint32(b[at+offset:]))
	mid := from + uint64(little.Uint32(b[at+keySize:]))
	end := mid
	if value != nil {
		end += uint64(little.Uint32(b[at+keySize+4:]))
	}
	if from == mid || end > uint64(len(b)) {
		return nil, errors.New("a record reaches beyond it")
	}
	if value != nil {
		*value = b[mid:end]
	}
	return b[from:mid], nil
}

// inOrder tells whether the key at place i of a page follows last and precedes
// end. The first key may be equal to the one that led to the page.
func inOrder(i int, last, key, end []byte) bool {
	if end != nil && bytes.Compare(key, end) >= 0 {
		return false
	}
	c := bytes.Compare(last, key)
	return c < 0 || i == 0 && c == 0
}
