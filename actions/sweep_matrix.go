package actions

import (
	"slices"
	"strings"

	"retake/actions/hideouts"
	"retake/store"
)

const sweepStep = "sweep"

// Matrix is how every place of every account stands, as the case has it.
type Matrix struct {
	Accounts []string    `json:"accounts"` // SIDs, the main one first
	Rows     []MatrixRow `json:"rows"`
}

// MatrixRow is one place. A place that no API lists has no cells.
type MatrixRow struct {
	Place string       `json:"place"`
	Title string       `json:"title"`
	Where string       `json:"where"`
	Why   string       `json:"why,omitempty"` // why no API lists it
	Cells []MatrixCell `json:"cells"`
}

// MatrixCell is one place of one account: changed, unknown, cannot see or clean.
type MatrixCell struct {
	Account string           `json:"account"`
	Verdict hideouts.Verdict `json:"verdict"`
	Got     int              `json:"got"`
	Why     string           `json:"why"`
	Exhibit int64            `json:"exhibit,omitempty"`
}

// SweepMatrix reads the matrix from the coverage ledger, so that it is the same
// after a resume. It is empty before the first sweep.
func SweepMatrix(c *store.Case) (Matrix, error) {
	m := Matrix{Accounts: []string{}, Rows: []MatrixRow{}}
	all, err := c.Coverages(sweepStep)
	if err != nil || len(all) == 0 {
		return m, err
	}
	by := map[string][]store.Covered{}
	for _, v := range all {
		by[v.Source] = append(by[v.Source], v)
		if !slices.Contains(m.Accounts, v.Account) {
			m.Accounts = append(m.Accounts, v.Account)
		}
	}
	main := c.Header.Account
	slices.SortFunc(m.Accounts, func(a, b string) int {
		if (a == main) != (b == main) {
			return count(b == main) - count(a == main)
		}
		return strings.Compare(a, b)
	})
	for _, p := range hideouts.Swept() {
		row := MatrixRow{Place: p.ID, Title: p.Title, Where: p.Where, Why: p.Why, Cells: []MatrixCell{}}
		for _, sid := range m.Accounts {
			for _, v := range by[p.Title] {
				if v.Account == sid && p.Listed() {
					row.Cells = append(row.Cells, cellOf(v))
				}
			}
		}
		m.Rows = append(m.Rows, row)
	}
	return m, nil
}

// tellMatrix puts the matrix into the report.
func (r *Run) tellMatrix() error {
	m, err := SweepMatrix(r.desk.Case)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Sweep = &m
	return err
}

func cellOf(v store.Covered) MatrixCell {
	c := MatrixCell{Account: v.Account, Verdict: hideouts.Unseen, Got: v.Got, Why: v.Why, Exhibit: v.Exhibit}
	for _, known := range []hideouts.Verdict{hideouts.Changed, hideouts.Unknown, hideouts.Clean} {
		if rest, is := strings.CutPrefix(v.Why, string(known)+": "); is && (v.Seen || known != hideouts.Clean) {
			c.Verdict, c.Why = known, rest
		}
	}
	return c
}

// Count is how many cells have a verdict.
func (m Matrix) Count(v hideouts.Verdict) int {
	n := 0
	for _, row := range m.Rows {
		for _, c := range row.Cells {
			n += count(c.Verdict == v)
		}
	}
	return n
}
