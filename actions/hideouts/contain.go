package hideouts

import (
	"slices"
	"strings"
)

// Move is how a record is taken out of work, or put back.
type Move struct {
	Verb string   // clear, delete, republish or restore
	Set  []Target // for clear and restore
}

// Target is a member, what it is, and what it is to be.
type Target struct{ Member, Is, Want string }

// The verbs of moves.
const (
	Clear     = "clear"
	Delete    = "delete"
	Republish = "republish"
	Restore   = "restore"
)

// Contain is how a record that is not ours is taken out of work; ok is false
// where nothing is to be done, or a person does it.
func (j Judgment) Contain() (Move, bool) {
	p := j.Place
	if j.Verdict() != Changed || p.ByHand {
		return Move{}, false
	}
	if p.Revisions != "" && !j.Fresh {
		return Move{Verb: Republish}, true
	}
	if p.Delete && (p.Fixed || j.Fresh && p.New == Strange) {
		return Move{Verb: Delete}, true
	}
	m := Move{Verb: Clear}
	for _, s := range j.Signs {
		if want, can := p.good(s); can && s.Verdict == Changed {
			m.Set = append(m.Set, Target{s.Member, s.Value, want})
		}
	}
	for _, b := range p.Bad { // with an address goes what sends things there
		if b.Good != "" && j.Text(b.Member) == b.Value && !slices.ContainsFunc(m.Set, func(t Target) bool { return t.Member == b.Member }) {
			m.Set = append(m.Set, Target{b.Member, b.Value, b.Good})
		}
	}
	return m, len(m.Set) > 0
}

// good is the value that takes a sign away.
func (p *Place) good(s Sign) (string, bool) {
	for _, b := range p.Bad {
		if b.Member == s.Member && b.Value == s.Value {
			return b.Good, b.Good != ""
		}
	}
	return "", s.Member != "" && !p.Fixed && p.isLink(s.Member)
}

func (p *Place) isLink(member string) bool {
	return slices.Contains(fields(p.Links), member)
}

// Restore is how a record is put back to what the audit log, or earlier, says
// that it was; earlier are members as they were before our own moves. What it was
// is put back only where it leads to a host that is ours.
func (k *Judge) Restore(r Record, earlier map[string]string) (Move, bool) {
	j, p := k.Look(r), r.Place
	if p.ByHand {
		return Move{}, false
	}
	if p.Revisions != "" && j.Verdict() == Changed && !j.Fresh {
		return Move{Verb: Republish}, true
	}
	m := Move{Verb: Restore}
	was := firsts(k.events[r.SID])
	for _, member := range append(fields(p.Links), append(fields(p.Watched), bads(p)...)...) {
		before, known := earlier[member]
		if t, logged := was[member]; logged && !j.Fresh {
			before, known = t.Previous, true
		}
		is := r.Text(member)
		if host := HostOf(before); known && before != is && !slices.ContainsFunc(m.Set, func(t Target) bool { return t.Member == member }) && (host == "" || k.trusts(host)) {
			m.Set = append(m.Set, Target{member, is, before})
		}
	}
	return m, len(m.Set) > 0
}

func bads(p *Place) (all []string) {
	for _, b := range p.Bad {
		all = append(all, b.Member)
	}
	return all
}

func fields(list string) []string { return strings.Fields(list) }
