package store

import (
	"fmt"
	"sync"
	"testing"
)

func TestConcurrentWritesShareCommits(t *testing.T) {
	c := newCase(t, opening())
	const writers, each = 64, 12
	var group sync.WaitGroup
	var mu sync.Mutex
	seen := map[int64]string{}
	for w := range writers {
		group.Go(func() {
			last := int64(0)
			for i := range each {
				target := fmt.Sprintf("%d/%d", w, i)
				n, err := c.Intend(Act{Step: "stop-traffic", Verb: "end", Target: target})
				if err != nil || n <= last {
					t.Errorf("%s has number %d after %d: %v", target, n, last, err)
				}
				if last, err = n, firstOf(err, concludeOnce(c, n)); err != nil {
					t.Error(err)
				}
				mu.Lock()
				seen[n] = target
				mu.Unlock()
			}
		})
	}
	group.Wait()
	asked, written := c.Commits(), c.Writes()
	t.Logf("%d journal writes in %d writes to the disk", asked, written)
	if asked != 2*writers*each || written < 1 || written > asked/4 {
		t.Errorf("%d journal writes took %d writes to the disk", asked, written)
	}
	acts, err := c.Acts("stop-traffic")
	must(t, err)
	same(t, writers*each, len(acts))
	for _, a := range acts {
		if seen[a.N] != a.Act.Target || a.Outcome.Result != Made || a.Outcome.Intent != a.N {
			t.Errorf("act %d is %+v", a.N, a)
		}
	}
	inOrderOfTime(t, c, 1+3*writers*each)
	must(t, c.Close())
	mustVerify(t, c.Path(), VerifyOptions{})
}

func concludeOnce(c *Case, n int64) error {
	_, err := c.Conclude(n, Outcome{Result: Made, Exhibits: []Exhibit{exchange(`{}`, "")}})
	return err
}

func inOrderOfTime(t *testing.T, c *Case, want int64) {
	t.Helper()
	var before Entry
	must(t, c.Entries(0, func(e Entry) bool {
		if e.N > 0 && (e.N != before.N+1 || e.At.Before(before.At)) {
			t.Errorf("entry %d of %s comes after %d of %s", e.N, e.At, before.N, before.At)
		}
		before = e
		return true
	}))
	same(t, want, before.N+1)
}

// TestOneBadWriteSpoilsNoOther mixes writes that are refused into the batches.
func TestOneBadWriteSpoilsNoOther(t *testing.T) {
	c := newCase(t, opening())
	var group sync.WaitGroup
	for i := range 40 {
		group.Go(func() {
			if i%4 == 0 {
				if err := c.SetProgress("", Progress{State: Working}); err == nil {
					t.Error("progress of no step was recorded")
				}
				return
			}
			if err := c.AddNote("", fmt.Sprint(i)); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	size, err := c.Size()
	must(t, err)
	same(t, int64(31), size)
	must(t, c.Close())
	mustVerify(t, c.Path(), VerifyOptions{})
}

func TestOutcomesBelongToIntents(t *testing.T) {
	c := newCase(t, opening())
	for n, want := range map[int64]string{0: "entry 0 is no intent", 5: "there is no act of that number", -1: "there is no act of that number"} {
		_, err := c.Conclude(n, Outcome{Result: Made})
		if err == nil || err.Error() == "" || !contains(err.Error(), want) {
			t.Errorf("Conclude(%d) said: %v", n, err)
		}
	}
}

func BenchmarkJournal(b *testing.B) {
	for _, writers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("%d at once", writers), func(b *testing.B) {
			c := newCase(b, opening())
			asked, written := c.Commits(), c.Writes()
			work := make(chan int)
			var group sync.WaitGroup
			b.ResetTimer()
			for range writers {
				group.Go(func() {
					for range work {
						if _, err := c.Intend(Act{Step: "stop-traffic", Verb: "end", Target: "CA1"}); err != nil {
							b.Error(err)
						}
					}
				})
			}
			for i := range b.N {
				work <- i
			}
			close(work)
			group.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
			b.ReportMetric(float64(c.Commits()-asked)/float64(c.Writes()-written), "entries/write")
		})
	}
}

func BenchmarkOpenAndVerify(b *testing.B) {
	c := newCase(b, opening())
	for range 40 {
		var all []Exhibit
		for range 250 {
			all = append(all, exchange(listBody, "keys"))
		}
		n, err := c.Intend(Act{Verb: "delete", Target: "SK1"})
		must(b, err)
		_, err = c.Conclude(n, Outcome{Result: Made, Exhibits: all})
		must(b, err)
	}
	must(b, c.Close())
	b.Run("open 10000 exhibits", func(b *testing.B) {
		for range b.N {
			c, err := Open(c.Path(), nil)
			must(b, err)
			must(b, c.Close())
		}
	})
	b.Run("verify 10000 exhibits", func(b *testing.B) {
		for range b.N {
			mustVerify(b, c.Path(), VerifyOptions{})
		}
	})
}
