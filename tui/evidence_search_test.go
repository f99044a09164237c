package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
)

func TestFiltersAreShownWithHowManyAreLeft(t *testing.T) {
	k := newConsole(t, "Harbour Parcel", steps(threeKeys()))
	someEvidence(k)
	k.press("E")
	k.shows("33 of 33 records", "no filter: all records")
	k.press("a")
	k.shows("31 of 33 records", "account ACb8…51c9dc")
	k.press("a")
	k.shows("2 of 33 records")
	k.press("t")
	k.shows("1 of 33 records", "kind messages", "last year")
	k.press("f", "down", "down")
	k.typed("2026-03-01")
	k.press("enter")
	k.shows("0 of 33 records", "from 2026-03-01 00:00:00", "no record fits the filter")
	k.press("enter")
	k.shows("there is no record to show")
	k.press("x")
	k.shows("33 of 33 records", "no filter")
	k.press("f", "down", "down")
	k.typed("30m")
	k.press("down")
	k.typed("2026-03-01T02:55")
	k.press("down")
	k.typed("PARCEL")
	k.press("enter")
	k.shows("7 of 33 records", "from 2026-03-01 02:42:31, before 2026-03-01 02:56:00", `text "PARCEL"`)
	k.press("f", "esc")
	k.shows("7 of 33 records")
}

func TestCursorStaysOnItsRecord(t *testing.T) {
	k := newConsole(t, "Harbour Parcel", steps(threeKeys()))
	someEvidence(k)
	k.press("E")
	on := func() string {
		k.t.Helper()
		for line := range strings.SplitSeq(k.root.View(), "\n") {
			if strings.HasPrefix(line, "> ") {
				return strings.Fields(line)[1]
			}
		}
		k.t.Fatalf("there is no cursor:\n%s", k.root.View())
		return ""
	}
	look := func(want string) {
		t.Helper()
		if got := on(); got != want {
			t.Fatalf("the cursor stands on %s and not on %s:\n%s", got, want, k.root.View())
		}
	}
	first := on()
	n := filed(k, filing(mainSID, "calls", `{"sid":"CA1"}`, `{"sid":"CA2"}`))
	k.send(ticked{at: night})
	k.shows("35 of 35 records")
	look(first)
	k.press("G")
	look(fmt.Sprintf("%d/1", n))
	k.press("up", "t", "t")
	k.shows("1 of 35 records", "kind keys")
	k.press("x")
	look(fmt.Sprintf("%d/0", n))
	k.press("g", " ", "down")
	deep := on()
	k.press("/")
	k.typed("parcel")
	k.press("enter")
	k.shows("30 of 35 records")
	look(deep)
}

func TestPlacesInASelection(t *testing.T) {
	var s selection
	s.add(0, 0, nil)
	s.add(1, 3, nil)
	s.add(3, 2, []int{4, 9})
	s.add(7, 1, nil)
	want := []ref{{1, 0}, {1, 1}, {1, 2}, {3, 4}, {3, 9}, {7, 0}}
	if s.len() != len(want) {
		t.Fatalf("it has %d places", s.len())
	}
	for place, r := range want {
		if s.at(place) != r || s.upTo(r) != place+1 {
			t.Errorf("at place %d stands %v, and up to %v there are %d", place, s.at(place), r, s.upTo(r))
		}
	}
	for r, n := range map[ref]int{{0, 5}: 0, {1, 8}: 3, {2, 0}: 3, {3, 3}: 3, {3, 5}: 4, {5, 0}: 5, newest: 6} {
		if got := s.upTo(r); got != n {
			t.Errorf("up to %v there are %d, want %d", r, got, n)
		}
	}
}

// TestSearchRunsInSlices drives a search by hand: it shows how far it is, can
// be stopped and gone on with, and what it brings after another filter was
// chosen is not taken.
func TestSearchRunsInSlices(t *testing.T) {
	k := newConsole(t, "Harbour Parcel", steps(threeKeys()))
	for n := range 5 {
		filed(k, filing(mainSID, "messages", message(n, night, "parcel")))
	}
	k.press("E")
	e := evidenceOf(t, k)
	e.search.slice = 300 // two of them
	slice := e.change(wishFor("parcel"))
	k.root.layout()
	k.shows("0 of 5 records", "searching: 0 of 5 exhibits", "esc stop the search")
	first := messagesOf[sliced](t, slice)
	if len(first.hits) != 2 {
		t.Fatalf("a slice looks into %d exhibits", len(first.hits))
	}
	next := e.Update(first)
	k.root.layout()
	k.shows("2 of 5 records", "searching: 2 of 5 exhibits")
	k.press("esc")
	k.shows("stopped after 2 of 5 exhibits", "c searches on")
	k.run(next)
	k.shows("4 of 5 records", "stopped after 4 of 5 exhibits")
	k.press("c")
	k.shows("5 of 5 records")
	k.hides("searching", "stopped")
	late := messagesOf[sliced](t, e.change(wishFor("absent")))
	k.press("x")
	k.send(late)
	k.shows("5 of 5 records", "no filter")
	k.press("esc")
	k.shows("Next:")
}

func wishFor(text string) (w wish) {
	w.Text = text
	return w
}

// messagesOf runs a command and returns the message of a kind that it brings.
func messagesOf[T any](t *testing.T, cmd tea.Cmd) (found T) {
	t.Helper()
	msg := cmd()
	if batch, is := msg.(tea.BatchMsg); is {
		for _, one := range batch {
			if got, is := one().(T); is {
				return got
			}
		}
	}
	found, is := msg.(T)
	if !is {
		t.Fatalf("the command brought %T", msg)
	}
	return found
}

// BenchmarkEvidence tells what a page costs, and a step of the cursor, with a
// thousand exhibits of a thousand records each.
func BenchmarkEvidence(b *testing.B) {
	k := newConsole(b, "Harbour Parcel", steps(threeKeys()))
	var texts []string
	for n := range 1000 {
		texts = append(texts, message(n, night, "Your parcel is waiting"))
	}
	x := filing(mainSID, "messages", texts...)
	for range 1000 {
		filed(k, x)
	}
	e := newEvidence(k.root.room())
	e.SetSize(80, 20)
	rest := func(cmd tea.Cmd) {
		for pending := []tea.Cmd{cmd}; len(pending) > 0; pending = pending[1:] {
			if pending[0] == nil {
				continue
			}
			msg := pending[0]()
			if batch, is := msg.(tea.BatchMsg); is {
				pending = append(pending, batch...)
			} else if msg != nil {
				pending = append(pending, e.Update(msg))
			}
		}
	}
	b.Run("index", func(b *testing.B) {
		for b.Loop() {
			readIndex(k.c, 0)
		}
	})
	rest(e.Update(opened{}))
	n := e.search.found.len()
	if n != 1_000_000 {
		b.Fatalf("%d records are shown", n)
	}
	b.Run("page", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			e.rows = nil
			rest(e.move(i*7919%n - e.cursor))
		}
	})
	b.Run("move", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			rest(e.Update(keyOf([]string{"up", "down"}[i%2])))
			_ = e.View()
		}
	})
	b.Run("slice of a search", func(b *testing.B) {
		for b.Loop() {
			readSlice(k.c, wishFor("parcel").Filter, e.index, sliceSize)
		}
	})
}
