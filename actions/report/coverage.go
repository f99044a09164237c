package report

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"retake/store"
)

// Sight is how much was seen of a source.
type Sight string

// The sights, what was not seen first.
const (
	Unseen   Sight = "not seen"
	CutShort Sight = "cut short"
	Seen     Sight = "seen"
)

// Sights are all of them, in the order in which they are told.
func Sights() []Sight { return []Sight{Unseen, CutShort, Seen} }

var brokenOff = regexp.MustCompile(`^([1-9]\d* records were read, then: |cut short )`)

// SightOf tells how much was seen. What was begun and not read to the end is cut
// short: some of it was got, or the ledger's own words say so.
func SightOf(v store.Coverage) Sight {
	switch {
	case v.Seen:
		return Seen
	case v.Got > 0 || brokenOff.MatchString(v.Why):
		return CutShort
	}
	return Unseen
}

// SortCoverage puts what was not seen first, then what was cut short, then what
// was seen; within these by account, the main one first, and source.
func SortCoverage(all []store.Covered, main string) {
	slices.SortStableFunc(all, func(a, b store.Covered) int {
		return cmp.Or(
			cmp.Compare(slices.Index(Sights(), SightOf(a.Coverage)), slices.Index(Sights(), SightOf(b.Coverage))),
			-compareTruth(a.Account == main, b.Account == main),
			strings.Compare(a.Account, b.Account), strings.Compare(a.Source, b.Source), strings.Compare(a.Step, b.Step))
	})
}

func compareTruth(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
