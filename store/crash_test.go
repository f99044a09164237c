package store

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestKilledWhileWriting kills a process in the middle of its writes, again and
// again on the same case.
func TestKilledWhileWriting(t *testing.T) {
	c := newCase(t, opening())
	path := c.Path()
	must(t, c.Close())
	for round := range 20 {
		w := startChild(t, "write", path)
		if line, err := w.out.ReadString('\n'); line != "start\n" {
			t.Fatalf("round %d: %q %v", round, line, err)
		}
		timer := time.AfterFunc(time.Duration(rand.IntN(60))*time.Millisecond, func() { _ = w.Process.Kill() })
		begun, done := map[int64]bool{}, map[int64]bool{}
		for {
			line, err := w.out.ReadString('\n')
			if err != nil {
				break // a line that was cut off tells nothing
			}
			var n int64
			if _, err := fmt.Sscanf(line, "done %d", &n); err == nil {
				done[n] = true
			} else if _, err := fmt.Sscanf(line, "%d", &n); err == nil {
				begun[n] = true
			}
		}
		timer.Stop()
		_ = w.Wait()
		survived(t, path, begun, done)
	}
}

// survived checks that everything that was acknowledged is there, counts the
// unsigned tail and signs it.
func survived(t *testing.T, path string, begun, done map[int64]bool) {
	t.Helper()
	r := mustVerify(t, path, VerifyOptions{})
	c, err := Open(path, nil)
	must(t, err)
	defer c.Close()
	must(t, c.Unlock(passphrase))
	for n := range begun {
		if e, err := c.Entry(n); err != nil || e.Kind != KindIntent {
			t.Errorf("act %d was acknowledged and is %q now: %v", n, e.Kind, err)
		}
	}
	acts, err := c.Acts("")
	must(t, err)
	for _, a := range acts {
		if done[a.N] && a.Open() {
			t.Errorf("the outcome of act %d was acknowledged and is lost", a.N)
		}
	}
	if tail := c.UnsignedTail(); tail > 0 && !strings.Contains(strings.Join(r.Notes, "\n"), fmt.Sprintf("the last %d entries are not signed", tail)) {
		t.Errorf("%d entries are not signed, and the notes say %q", tail, r.Notes)
	}
	must(t, c.Checkpoint("closing the tail of a run that died"))
}

func TestFileMustNotGrow(t *testing.T) {
	path := filledCase(t)
	before := sizeOf(t, path)
	w := startChild(t, "limited", path)
	noted, failed, after := 0, "", ""
	for {
		line, err := w.out.ReadString('\n')
		if err != nil {
			break
		}
		switch {
		case strings.HasPrefix(line, "noted"):
			noted++
		case strings.HasPrefix(line, "failed"):
			failed = line
		default:
			after = line
		}
	}
	must(t, w.Wait())
	if !strings.Contains(failed, "cannot file a note: the disk is full | nothing was sent that could not be journaled") {
		t.Errorf("it said %q", failed)
	}
	want := before + int64(noted)
	if strings.HasPrefix(after, "after: <nil>") { // a smaller entry still found room
		want++
	}
	if !strings.Contains(after, fmt.Sprintf("reading %d entries: <nil>", want)) {
		t.Errorf("%d notes were acknowledged; afterwards: %s", noted, after)
	}
	stillWorks(t, path, want)
}

// sizeOf is the number of entries of a case that nobody has open.
func sizeOf(t *testing.T, path string) int64 {
	t.Helper()
	c, err := OpenToRead(path)
	must(t, err)
	defer c.Close()
	size, err := c.Size()
	must(t, err)
	return size
}

// stillWorks opens a case after its disk was full.
func stillWorks(t *testing.T, path string, entries int64) {
	t.Helper()
	mustVerify(t, path, VerifyOptions{})
	c, err := Open(path, nil)
	must(t, err)
	defer c.Close()
	size, err := c.Size()
	must(t, err)
	same(t, entries, size)
	must(t, c.AddNote("", "there is room again"))
}

func TestDiskFull(t *testing.T) {
	disk := t.TempDir()
	smallDisk(t, disk, "600k")
	path, ballast := filepath.Join(disk, "c.retake"), filepath.Join(disk, "ballast")
	body, err := filled()
	must(t, err)
	must(t, firstOf(os.WriteFile(path, body, 0o600), os.WriteFile(ballast, make([]byte, 100<<10), 0o600)))
	c, err := Open(path, nil)
	must(t, err)
	want, err := c.Size()
	must(t, err)
	for err == nil {
		if _, err = c.AddExhibit(exchange(bigNoise(), "")); err == nil {
			want++
		}
	}
	refused(t, err, ErrFull, "cannot file the reply to GET https://iam.twilio.com/v1/Keys: the disk is full", "free some space")
	size, err := c.Size()
	must(t, err)
	same(t, want, size)
	_, err = Create(filepath.Join(disk, "another"), opening())
	refused(t, err, ErrFull, "cannot make the case")
	must(t, c.Close())
	mustVerify(t, path, VerifyOptions{})
	must(t, os.Remove(ballast))
	stillWorks(t, path, want)
	others, err := os.ReadDir(disk)
	must(t, err)
	same(t, 1, len(others))
}

// TestCutShortWhileOpen takes the file away from under an open case.
func TestCutShortWhileOpen(t *testing.T) {
	c, err := OpenToRead(filledCase(t))
	must(t, err)
	defer c.Close()
	must(t, os.Truncate(c.Path(), 8192))
	_, err = look(c)
	refused(t, err, ErrDamaged, "the file was changed while it was open")
}
