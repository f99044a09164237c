package tui

import (
	"encoding/json"
	"math"
	"slices"
	"sort"
	"time"

	"retake/actions/report"
	"retake/store"
)

// exhibitMark is all that the console keeps of an exhibit.
type exhibitMark struct {
	n       int64 // its entry
	records int
	kind    report.Kind
	account string
	at      time.Time // when it was asked for
}

// indexRead are the exhibits that were filed since the last look.
type indexRead struct {
	from  int64 // the entry that was looked at first
	next  int64 // and the first that was not
	marks []exhibitMark
	err   error
}

// readIndex looks at the entries from a number on.
func readIndex(c *store.Case, from int64) indexRead {
	out := indexRead{from: from, next: from}
	err := c.Entries(from, func(e store.Entry) bool {
		out.next = e.N + 1
		if e.Kind != store.KindExhibit {
			return true
		}
		var x store.ExhibitEntry
		if out.err = e.Decode(&x); out.err == nil {
			out.marks = append(out.marks, exhibitMark{e.N, x.Count(), report.KindOf(x), x.Account, x.At})
		}
		return out.err == nil
	})
	if out.err == nil {
		out.err = err
	}
	return out
}

// ref is a record: the place of its exhibit in the index, and its own place
// there.
type ref struct{ mark, record int }

// newest is after every record.
var newest = ref{math.MaxInt, 0}

// selection is what a filter leaves of the index. It only ever grows at its end,
// so that a place in it stays the place of the same record.
type selection struct{ parts []part }

// part are the records of one exhibit that are meant.
type part struct {
	mark int
	hits []int // nil: all
	end  int   // how many records stand in the selection up to the end of this part
}

func (s *selection) len() int {
	if len(s.parts) == 0 {
		return 0
	}
	return s.parts[len(s.parts)-1].end
}

func (s *selection) add(mark, count int, hits []int) {
	if count > 0 {
		s.parts = append(s.parts, part{mark, hits, s.len() + count})
	}
}

// at is the record at a place of the selection.
func (s *selection) at(place int) ref {
	n := sort.Search(len(s.parts), func(n int) bool { return s.parts[n].end > place })
	p := s.parts[n]
	if n > 0 {
		place -= s.parts[n-1].end
	}
	if p.hits != nil {
		place = p.hits[place]
	}
	return ref{p.mark, place}
}

// upTo is how many records of the selection are not after a record.
func (s *selection) upTo(r ref) int {
	n := sort.Search(len(s.parts), func(n int) bool { return s.parts[n].mark >= r.mark })
	if n == len(s.parts) {
		return s.len()
	}
	before := 0
	if n > 0 {
		before = s.parts[n-1].end
	}
	p := s.parts[n]
	switch {
	case p.mark > r.mark:
		return before
	case p.hits == nil:
		return before + min(r.record+1, p.end-before)
	}
	in, _ := slices.BinarySearch(p.hits, r.record+1)
	return before + in
}

// recordRow is a record as the list shows it.
type recordRow struct {
	ref
	n    int64
	said report.Said
	err  error // the exhibit cannot be read
}

// windowRead are the records around the place that one looks at.
type windowRead struct {
	search int // of which search
	from   int
	rows   []recordRow
}

// readWindow reads records. Those of one exhibit stand together.
func readWindow(c *store.Case, marks []int64, refs []ref) (rows []recordRow) {
	var x store.ExhibitEntry
	var records []json.RawMessage
	var err error
	for i, r := range refs {
		if i == 0 || r.mark != refs[i-1].mark {
			x, records, err = c.ExhibitRecords(marks[i])
		}
		row := recordRow{ref: r, n: marks[i], err: err}
		switch {
		case err == nil && r.record < len(records):
			row.said = report.Record(x, records[r.record])
		case err == nil:
			row.err = store.ErrNoRecord
		}
		rows = append(rows, row)
	}
	return rows
}
