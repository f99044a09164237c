package store

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var everyByte = flag.Bool("every-byte", false, "flip every byte of a case, not a sample")

// damage is a case whose bytes can be changed and put back.
type damage struct {
	f      *os.File
	intact []byte
	want   picture
	used   []int64 // pages that hold something
	judged int
}

func newDamage(t *testing.T) *damage {
	t.Helper()
	path := filledCase(t)
	want, err := lookAt(path)
	must(t, err)
	intact, err := os.ReadFile(path)
	must(t, err)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	t.Cleanup(func() { _ = f.Close() })
	d := &damage{f: f, intact: intact, want: want}
	m, err := newestMeta(f, int64(len(intact)))
	must(t, err)
	w := &walk{f: f, meta: m, seen: map[uint64]bool{0: true, 1: true}}
	_, err = w.page(m.root, nil, nil, 0, 0)
	must(t, err)
	for id := range m.high {
		if w.seen[id] {
			d.used = append(d.used, int64(id))
		}
	}
	return d
}

// judge opens and verifies the file as it is now: it is either named as damaged
// or reads as it did before.
func (d *damage) judge(t *testing.T, what string) (named bool) {
	t.Helper()
	path := d.f.Name()
	r, err := Verify(path, VerifyOptions{})
	named = err != nil || !r.OK
	if !named {
		got, err := lookAt(path)
		if err != nil || !cmp.Equal(d.want, got) {
			t.Errorf("%s: Verify found nothing, and it reads otherwise: %v\n%s", what, err, cmp.Diff(d.want, got))
		}
	}
	if d.judged++; d.judged%4 == 0 { // must not crash, whatever it says
		if c, err := Open(path, nil); err == nil {
			_, _ = look(c)
			must(t, c.Close())
		}
	}
	return named
}

func (d *damage) put(t *testing.T, b []byte, at int64) {
	t.Helper()
	_, err := d.f.WriteAt(b, at)
	must(t, err)
}

func TestOneByteFlippedAnywhere(t *testing.T) {
	d := newDamage(t)
	random := rand.New(rand.NewPCG(1, 2))
	stride := int64(len(d.used)) * 4096 / 800
	if *everyByte {
		stride = 1
	}
	flips, named := 0, 0
	flip := func(at int64) {
		was := d.intact[at]
		d.put(t, []byte{was ^ byte(1<<random.IntN(8))}, at)
		if flips++; d.judge(t, fmt.Sprintf("byte %d of page %d", at%4096, at/4096)) {
			named++
		}
		d.put(t, []byte{was}, at)
	}
	for _, page := range d.used {
		for i := int64(0); i < 90 && !*everyByte; i++ { // headers and first elements
			if page < 2 || i%3 == page%3 {
				flip(page*4096 + i)
			}
		}
		for i := random.Int64N(stride); i < 4096; i += 1 + random.Int64N(2*stride-1) {
			flip(page*4096 + i)
		}
	}
	t.Logf("%d flips in %d pages, %d named", flips, len(d.used), named)
	if flips < 1500 || named < flips/4 {
		t.Errorf("%d flips, %d named: the sweep misses the records", flips, named)
	}
}

func TestPagesScribbledOver(t *testing.T) {
	d := newDamage(t)
	random := rand.New(rand.NewPCG(3, 4))
	pick := func() int64 { return d.used[random.IntN(len(d.used))] * 4096 }
	for i := range 250 {
		at := pick()
		garbage := append([]byte(nil), d.intact[at:at+4096]...)
		switch i % 5 {
		case 0: // zeroed
			clear(garbage)
		case 1: // another page in its place
			copy(garbage, d.intact[pick():][:4096])
		case 2: // another page in its place, under its number: cycles
			copy(garbage[8:], d.intact[pick():][8:4096])
		case 3: // twenty random bytes
			for range 20 {
				garbage[random.IntN(4096)] = byte(random.Uint32())
			}
		case 4: // numbers of other pages in the elements
			for range 3 {
				garbage[16+8*random.IntN(60)] = byte(random.IntN(len(d.used) + 4))
			}
		}
		d.put(t, garbage, at)
		d.judge(t, fmt.Sprintf("scribble %d over page %d", i, at/4096))
		d.put(t, d.intact[at:at+4096], at)
	}
}

func TestCutShort(t *testing.T) {
	d := newDamage(t)
	for size := int64(0); size < int64(len(d.intact)); size += 1024 {
		must(t, d.f.Truncate(size))
		d.judge(t, fmt.Sprintf("cut to %d bytes", size))
		must(t, d.f.Truncate(int64(len(d.intact))))
		d.put(t, d.intact, 0)
	}
}
