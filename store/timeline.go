package store

import "io"

// Timeline is the timeline of an open case as far as its log was read. It is
// computed as that of a bundle is. One goroutine at a time may use it; after an
// error it is of no more use.
type Timeline struct {
	c    *Case
	b    *book
	next int64
}

// Timeline begins at the first entry; events reads the account's own audit log
// out of a reply (nil: none).
func (c *Case) Timeline(events func(ExhibitEntry, []byte) []Event) *Timeline {
	return &Timeline{c: c, b: newBook(events)}
}

// ReadOn reads up to most entries that came since, all of them where most is 0.
// It tells how many are left.
func (t *Timeline) ReadOn(most int64) (left int64, err error) {
	size, err := t.c.Size()
	if err != nil {
		return 0, err
	}
	end := size
	if most > 0 {
		end = min(size, t.next+most)
	}
	err = t.c.leaves(t.next, end, func(_ []byte, e Entry) error { return t.take(e) })
	return size - t.next, err
}

// take takes an entry, and of an exhibit what it tells of events.
func (t *Timeline) take(e Entry) error {
	if err := t.b.take(e); err != nil {
		return err
	}
	if err := t.b.tell(e); err != nil {
		return err
	}
	t.next = e.N + 1
	if e.Kind != KindExhibit || t.b.events == nil {
		return nil
	}
	var x ExhibitEntry
	if err := e.Decode(&x); err != nil {
		return err
	}
	body, err := t.c.ExhibitBody(e.N)
	if err != nil {
		return err
	}
	t.b.see(e.N, x, body)
	return nil
}

// Next is the number of the first entry that was not read yet.
func (t *Timeline) Next() int64 { return t.next }

// Rows are the lines so far, by time.
func (t *Timeline) Rows() []TimelineRow { return t.b.sorted() }

// TimelineCSV writes rows as a bundle has them (RFC 4180; no cell is a formula,
// nothing talks to a terminal), with a column more for what is suspect.
func TimelineCSV(w io.Writer, rows []TimelineRow) error {
	return table{
		columns: append(timelineColumns(bundleFormat), "suspect"),
		each: func(line func(cells ...any) error) error {
			for _, r := range rows {
				if err := line(append(r.cells(bundleFormat), r.Suspect)...); err != nil {
					return err
				}
			}
			return nil
		},
	}.csv(w)
}
