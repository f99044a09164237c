package hideouts

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Event is an entry of the audit log about one record.
type Event struct {
	Account, Resource string
	Type              string
	At                time.Time
	Who               string // who did it, in words
	Moved             map[string]Moved
}

// Moved is a member before and after.
type Moved struct{ Previous, Updated string }

// Verdict is how a record, or a place of an account, stands.
type Verdict string

// The verdicts, the worst first.
const (
	Changed Verdict = "changed"    // it came or changed since the incident began, and is not known to be ours
	Unknown Verdict = "unknown"    // a person has to say
	Unseen  Verdict = "cannot see" // it could not be looked at
	Clean   Verdict = "clean"
)

// Worse tells whether v weighs more than another verdict.
func (v Verdict) Worse(than Verdict) bool { return rank(v) < rank(than) }

func rank(v Verdict) int {
	if i := slices.Index([]Verdict{Changed, Unknown, Unseen, Clean}, v); i >= 0 {
		return i
	}
	return len("none")
}

// Sign is one reason for a verdict.
type Sign struct {
	Verdict Verdict
	Member  string // "" where it is about the record as such
	Value   string // what the member is
	Was     string // what it was before, where WasKnown
	Known   bool   // Was is known
	Why     string
}

// Judgment is what was found out about a record.
type Judgment struct {
	Record
	Fresh bool // it came since the incident began
	Signs []Sign
}

// Verdict is that of the worst sign.
func (j Judgment) Verdict() Verdict {
	worst := Clean
	for _, s := range j.Signs {
		if s.Verdict.Worse(worst) {
			worst = s.Verdict
		}
	}
	return worst
}

// Judge holds what is known to be ours, and what is not.
type Judge struct {
	Since           time.Time // when the incident began
	Allow, Distrust []string  // hosts and SIDs, by the responder's word
	Ours            func(sid string, at time.Time) bool

	hosts  map[string]int    // seen before the incident, in how many records
	strong map[string]string // hosts that came since, and where they were met first
	events map[string][]Event
}

// Learn learns from all records and events: the hosts that stood in records
// which nobody touched since, and the values that the audit log says were there
// before, are ours; hosts that came since are not.
func (k *Judge) Learn(all []Record, events []Event) {
	k.hosts, k.strong, k.events = map[string]int{}, map[string]string{}, map[string][]Event{}
	for _, e := range slices.SortedStableFunc(slices.Values(events), func(a, b Event) int { return a.At.Compare(b.At) }) {
		if !e.At.Before(k.Since) && !k.ours(e.Resource, e.At) {
			k.events[e.Resource] = append(k.events[e.Resource], e)
		}
	}
	for _, r := range all {
		if k.settled(r) && !r.Place.Foreign {
			for _, l := range r.Links() {
				k.hosts[HostOf(l.Value)]++
			}
		}
	}
	for _, of := range k.events {
		for member, m := range firsts(of) {
			if host := HostOf(m.Previous); host != "" && holdsAddress(member) {
				k.hosts[host]++
			}
		}
	}
	delete(k.hosts, "")
	for _, d := range k.Distrust {
		delete(k.hosts, strings.ToLower(d))
	}
	k.learnStrange(all)
}

// holdsAddress tells of a member by its name whether it holds an address.
func holdsAddress(member string) bool {
	return slices.ContainsFunc([]string{"url", "callback", "destination", "target"}, func(w string) bool { return strings.Contains(member, w) })
}

// learnStrange notes the hosts that came since.
func (k *Judge) learnStrange(all []Record) {
	for _, sid := range sorted(k.events) {
		for _, e := range k.events[sid] {
			for member, m := range e.Moved {
				if holdsAddress(member) {
					k.note(m.Updated, "the audit log of "+e.Account)
				}
			}
		}
	}
	for _, r := range all {
		if k.fresh(r) || k.moved(r) {
			for _, l := range r.Links() {
				k.note(l.Value, "the "+r.Place.Title+" of "+r.Account)
			}
		}
	}
}

func (k *Judge) note(value, where string) {
	host := HostOf(value)
	if host == "" || k.trusts(host) || k.strong[host] != "" {
		return
	}
	k.strong[host] = where
}

// Hosts are the hosts that count as ours, with how many records showed each.
func (k *Judge) Hosts() map[string]int { return maps.Clone(k.hosts) }

// trusts tells whether a host is ours: learned, or allowed with what is below it.
func (k *Judge) trusts(host string) bool {
	if slices.Contains(k.Distrust, host) {
		return false
	}
	return k.hosts[host] > 0 || slices.ContainsFunc(k.Allow, func(a string) bool {
		a = strings.ToLower(a)
		return a == host || strings.HasSuffix(host, "."+a)
	})
}

func (k *Judge) ours(sid string, at time.Time) bool { return k.Ours != nil && k.Ours(sid, at) }

func (k *Judge) fresh(r Record) bool {
	at := r.Created()
	return !at.IsZero() && !at.Before(k.Since)
}

// moved tells whether somebody else changed it since.
func (k *Judge) moved(r Record) bool {
	at := r.Updated()
	return !at.IsZero() && !at.Before(k.Since) && !k.ours(r.SID, at)
}

// settled tells whether it stands as it did before the incident.
func (k *Judge) settled(r Record) bool {
	dated := !r.Created().IsZero() && !r.Updated().IsZero()
	return dated && r.Created().Before(k.Since) && r.Updated().Before(k.Since) && len(k.events[r.SID]) == 0
}

// Look judges one record.
func (k *Judge) Look(r Record) Judgment {
	j := Judgment{Record: r, Fresh: k.fresh(r)}
	if r.Place.Way {
		return j
	}
	if slices.Contains(k.Allow, r.SID) && !slices.Contains(k.Distrust, r.SID) {
		return j
	}
	if slices.Contains(k.Distrust, r.SID) {
		j.add(Changed, "", "", "you distrust it")
	}
	was := firsts(k.events[r.SID])
	for _, l := range r.Links() {
		k.lookLink(&j, l, was)
	}
	k.lookValues(&j, was)
	k.lookRecord(&j)
	return j
}

func (j *Judgment) add(v Verdict, member, value, format string, args ...any) {
	j.Signs = append(j.Signs, Sign{Verdict: v, Member: member, Value: value, Why: fmt.Sprintf(format, args...)})
}

func (j *Judgment) was(m told) {
	last := &j.Signs[len(j.Signs)-1]
	last.Was, last.Known = m.Previous, true
}

// met says where a host that came since was met, or one below it.
func (k *Judge) met(host string) string {
	if where := k.strong[host]; where != "" || !strings.Contains(host, ".") {
		return where
	}
	for _, other := range sorted(k.strong) {
		if strings.HasSuffix(other, "."+host) {
			return k.strong[other]
		}
	}
	return ""
}

func (k *Judge) lookLink(j *Judgment, l Link, was map[string]told) {
	host := HostOf(l.Value)
	m, logged := was[l.Member]
	logged = logged && m.Updated == l.Value
	switch {
	case slices.Contains(k.Distrust, host):
		j.add(Changed, l.Member, l.Value, "leads to %s, which you distrust", host)
	case host != "" && k.trusts(host):
		return
	case logged:
		j.add(Changed, l.Member, l.Value, "leads to %s since %s, set by %s; it was %q", host, stamp(m.At), m.Who, m.Previous)
	case j.Fresh:
		j.add(Changed, l.Member, l.Value, "leads to %s, which nothing from before uses", host)
	case k.moved(j.Record):
		j.add(Changed, l.Member, l.Value, "leads to %s, which nothing from before uses, and was changed on %s; no event says what it was", host, stamp(j.Updated()))
	case j.Place.Foreign && k.settled(j.Record):
		return
	case k.met(host) != "":
		j.add(Changed, l.Member, l.Value, "leads to %s, which came since the incident began: see %s", host, k.met(host))
	default:
		j.add(Unknown, l.Member, l.Value, "leads to %s, and nothing says since when", host)
	}
	if logged {
		j.was(m)
	}
}

// lookValues looks at what is wrong of itself, and at what the log tells of.
func (k *Judge) lookValues(j *Judgment, was map[string]told) {
	for _, b := range j.Place.Bad {
		if _, has := j.Members[b.Member]; !has || j.Text(b.Member) != b.Value {
			continue
		}
		if m, logged := was[b.Member]; logged || j.Fresh || k.moved(j.Record) {
			j.add(Changed, b.Member, b.Value, "%s", b.Why)
			if logged {
				j.was(m)
			}
			continue
		}
		j.add(Unknown, b.Member, b.Value, "%s; nothing says that it came since: is it meant?", b.Why)
	}
	for _, member := range strings.Fields(j.Place.Watched) {
		if m, logged := was[member]; logged && !j.Fresh && m.Updated == j.Text(member) && m.Previous != m.Updated {
			j.add(Changed, member, m.Updated, "was %q until %s, set by %s", m.Previous, stamp(m.At), m.Who)
			j.was(m)
		}
	}
}

// lookRecord looks at the record as such.
func (k *Judge) lookRecord(j *Judgment) {
	dateless := j.Created().IsZero() && j.Updated().IsZero()
	logged := slices.ContainsFunc(k.events[j.SID], func(e Event) bool { return strings.HasSuffix(e.Type, ".created") })
	verdict := map[New]Verdict{Strange: Changed, Ask: Unknown}[j.Place.New]
	switch {
	case verdict == "":
	case j.Fresh:
		j.add(verdict, "", "", "came on %s, since the incident began", stamp(j.Created()))
		return
	case dateless && logged:
		j.add(verdict, "", "", "came since the incident began, by the audit log")
		return
	case dateless && len(j.Signs) == 0 && j.Place.New == Ask && !j.Place.Fixed && len(j.Links()) > 0:
		return // whoever made it, what comes in goes to us
	case dateless && len(j.Signs) == 0:
		j.add(Unknown, "", "", "nothing says since when it is there: is it yours?")
		return
	}
	if !k.moved(j.Record) || len(j.Signs) > 0 {
		return
	}
	if of := k.events[j.SID]; len(of) > 0 {
		last := of[len(of)-1]
		j.add(Unknown, "", "", "was changed on %s by %s (%s): is that right?", stamp(last.At), last.Who, strings.Join(sorted(last.Moved), ", "))
		return
	}
	j.add(Unknown, "", "", "was changed on %s, and nothing says what", stamp(j.Updated()))
}

// told is what the log tells of a member: what it was first, and what it became
// last.
type told struct {
	Moved
	At  time.Time
	Who string
}

func firsts(events []Event) map[string]told {
	out := map[string]told{}
	for _, e := range events {
		for member, m := range e.Moved {
			first, known := out[member]
			if !known {
				first = told{Moved: m}
			}
			first.Updated, first.At, first.Who = m.Updated, e.At, e.Who
			out[member] = first
		}
	}
	return out
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
