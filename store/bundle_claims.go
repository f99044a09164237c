package store

import (
	"sort"
	"strings"
	"time"
)

// slack is how far the account's clock and ours may be apart, apart from what the
// case says of it.
const slack = 2 * time.Minute

// claims are the acts of ours that events tell of, by the place of the event
// among the sorted rows.
func (b *book) claims() map[int]int64 {
	if b.format == 1 {
		return b.claims1()
	}
	claimed := map[int]int64{}
	for _, d := range b.acts {
		if i, found := b.left(b.dated(d.Done), claimed); found {
			claimed[i] = d.N
		}
	}
	return claimed
}

// dated is an act with its times by the account's clock, as far as the case says
// how that went.
func (b *book) dated(d Done) Done {
	by := b.clock.At(d.N)
	d.Began = d.Began.Add(by)
	if !d.Ended.IsZero() {
		d.Ended = d.Ended.Add(by)
	}
	return d
}

// left finds the event that an act left: of those which it can have left, the
// one nearest to its beginning. An act claims one event only, so that somebody
// else who does the same in the same minute is not hidden by it.
func (b *book) left(d Done, claimed map[int]int64) (at int, found bool) {
	if d.Outcome.Result != Made && d.Outcome.Result.Settled() {
		return 0, false
	}
	from, to := d.Began.Add(-slack), d.last().Add(slack)
	first := sort.Search(len(b.rows), func(i int) bool { return !b.rows[i].At.Before(from) })
	for i := first; i < len(b.rows) && !b.rows[i].At.After(to); i++ {
		if _, taken := claimed[i]; taken || !b.rows[i].leftBy(d.Act) {
			continue
		}
		if !found || b.rows[i].At.Sub(d.Began).Abs() < b.rows[at].At.Sub(d.Began).Abs() {
			at, found = i, true
		}
	}
	return at, found
}

// last is when an act ended, or began where no end was written.
func (d Done) last() time.Time {
	if d.Ended.IsZero() {
		return d.Began
	}
	return d.Ended
}

// leftBy tells whether an act leaves such an event.
func (r row) leftBy(a Act) bool {
	switch {
	case r.Origin != OriginAccount:
		return false
	case r.ours != nil:
		return r.ours(a)
	}
	return r.names(a)
}

// names tells whether an event names the verb of an act and one of the words of
// its target.
func (r row) names(a Act) bool {
	if r.resource == "" || !strings.Contains(r.Type, a.Verb) {
		return false
	}
	for _, word := range strings.Fields(a.Target) {
		if word == r.resource {
			return true
		}
	}
	return false
}

// claims1 are the claims as bundles of format 1 have them: an act that was made
// claims every event that names it.
func (b *book) claims1() map[int]int64 {
	byWord := map[string][]bookedAct{}
	for _, d := range b.acts {
		for _, word := range strings.Fields(d.Act.Target) {
			byWord[word] = append(byWord[word], d)
		}
	}
	claimed := map[int]int64{}
	for i, r := range b.rows {
		if r.Origin != OriginAccount {
			continue
		}
		for _, d := range byWord[r.resource] {
			if d.Outcome.Result == Made && r.names(d.Act) && !r.At.Before(d.Began.Add(-slack)) && !r.At.After(d.last().Add(slack)) {
				claimed[i] = d.N
				break
			}
		}
	}
	return claimed
}
