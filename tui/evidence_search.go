package tui

import (
	tea "github.com/charmbracelet/bubbletea"

	"retake/actions/clean"
	"retake/actions/report"
	"retake/store"
)

// wish is a filter with its times as they were typed.
type wish struct {
	report.Filter
	since, until string
}

// filtered says what the responder wants to see.
type filtered struct{ wish wish }

// sliceSize is how much is read between two looks at the screen, in bytes.
const sliceSize = 4 << 20

// search holds the index against a filter, exhibit by exhibit. What can only be
// told from records is read in slices, each a command.
type search struct {
	number  int // so that what an earlier search still brings is known
	slice   int // how many bytes a slice reads
	wish    wish
	found   selection
	done    int  // so many exhibits were held against the filter
	unread  int  // so many could not be read
	running bool // a slice is under way
	halted  bool // the responder does not want to wait
}

// sliced is what a slice brought: of each exhibit the records that are meant.
type sliced struct {
	search int
	hits   [][]int
	unread int
}

// begin begins anew, with another filter.
func (s *search) begin(w wish) { *s = search{number: s.number + 1, slice: s.slice, wish: w} }

// ended tells whether all of the index was looked at.
func (s *search) ended(index []exhibitMark) bool { return s.done == len(index) }

// goOn goes on as far as the index alone tells, and reads a slice for the rest.
func (s *search) goOn(works *works, c *store.Case, index []exhibitMark) tea.Cmd {
	for s.done < len(index) && (!s.wish.Deep() || !s.meant(index[s.done])) && !s.running {
		if s.meant(index[s.done]) {
			s.found.add(s.done, index[s.done].records, nil)
		}
		s.done++
	}
	if s.running || s.halted || s.ended(index) {
		return nil
	}
	s.running = true
	number, slice, filter, rest := s.number, s.slice, s.wish.Filter, index[s.done:]
	return works.counted(func() tea.Msg {
		out := readSlice(c, filter, rest, slice)
		out.search = number
		return out
	})
}

func (s *search) meant(m exhibitMark) bool { return s.wish.Of(m.account, m.kind) }

// readSlice looks into the records of the first exhibits of the rest, until it has
// read so many bytes.
func readSlice(c *store.Case, f report.Filter, rest []exhibitMark, size int) (out sliced) {
	for read := 0; len(out.hits) < len(rest) && read < size; {
		m := rest[len(out.hits)]
		var hits []int
		if f.Of(m.account, m.kind) {
			x, records, err := c.ExhibitRecords(m.n)
			if err != nil {
				out.unread++
			}
			hits = f.Pick(x, records)
			read += x.Size
		}
		out.hits = append(out.hits, hits)
	}
	return out
}

// take takes what a slice brought.
func (s *search) take(msg sliced) {
	for _, hits := range msg.hits {
		s.found.add(s.done, len(hits), hits)
		s.done++
	}
	s.unread += msg.unread
	s.running = false
}

// words are the filters in force.
func (w wish) words() clean.Text {
	if !w.Any() {
		return lit("no filter: all records")
	}
	var all clean.Text
	add := func(name literal, value clean.Text) {
		if all != (clean.Text{}) {
			all = litf("%s, ", all)
		}
		all = litf("%s%s %s", all, string(name), value)
	}
	if w.Account != "" {
		add("account", shortSID(w.Account))
	}
	if w.Kind != "" {
		add("kind", clean.Show(string(w.Kind)))
	}
	if !w.Since.IsZero() {
		add("from", fullTime(w.Since))
	}
	if !w.Until.IsZero() {
		add("before", fullTime(w.Until))
	}
	if w.Text != "" {
		add("text", clean.Showf("%q", w.Text))
	}
	return all
}
