package triage

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sight is the records, sorted into what is looked at and what is usual.
type sight struct {
	Records
	place countries
	leads leads

	calls, oldCalls map[string][]Call    // outbound, by account
	texts, oldTexts map[string][]Message // outbound, by account
	inbound, oldIn  map[string][]Message // by account
	dialled, texted map[string]int       // history of the whole family, by country
}

func see(r Records) *sight {
	s := &sight{
		Records: r, place: countries{}, leads: leads{},
		calls: map[string][]Call{}, oldCalls: map[string][]Call{}, texts: map[string][]Message{}, oldTexts: map[string][]Message{},
		inbound: map[string][]Message{}, oldIn: map[string][]Message{}, dialled: map[string]int{}, texted: map[string]int{},
	}
	for _, c := range r.Calls {
		switch {
		case !outbound(c.Direction) || s.tooOld(c.At):
		case s.recent(c.At):
			s.calls[c.Account] = append(s.calls[c.Account], c)
		default:
			s.oldCalls[c.Account] = append(s.oldCalls[c.Account], c)
			s.dialled[s.place.of(c.To)]++
		}
	}
	for _, m := range r.Messages {
		out, recent := outbound(m.Direction), s.recent(m.At)
		switch {
		case s.tooOld(m.At):
		case out && recent:
			s.texts[m.Account] = append(s.texts[m.Account], m)
		case out:
			s.oldTexts[m.Account] = append(s.oldTexts[m.Account], m)
			s.texted[s.place.of(m.To)]++
		case recent:
			s.inbound[m.Account] = append(s.inbound[m.Account], m)
		default:
			s.oldIn[m.Account] = append(s.oldIn[m.Account], m)
		}
	}
	return s
}

func outbound(direction string) bool {
	return strings.HasPrefix(direction, "outbound") || direction == "trunking-terminating"
}

func (s *sight) recent(t time.Time) bool { return !t.Before(s.Since) }
func (s *sight) tooOld(t time.Time) bool { return t.Before(s.Since.Add(-History)) }

// span is how many days are looked at, one at least.
func (s *sight) span() float64 { return max(1, s.Now.Sub(s.Since).Hours()/24) }

// days is how many days of history there are for an account's list: as far as it
// was read, or else as far as any account of the family goes back.
func (s *sight) days(source, account string) float64 {
	from, cut := s.Reach[ReachKey(source, account)]
	if !cut {
		from = s.born()
	}
	return min(History, max(0, s.Since.Sub(from))).Hours() / 24
}

// born is when the oldest account of the family was made.
func (s *sight) born() time.Time {
	from := s.Now
	for _, a := range s.Accounts {
		from = earlier(from, a.Created)
	}
	return from
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// held is a severity as far as the history bears it.
func held(v Severity, days float64) Severity {
	if days < thinHistory {
		return min(v, Medium)
	}
	return v
}

// sids are the accounts that a map has records of, in order.
func sids[T any](by map[string][]T) []string { return slices.Sorted(maps.Keys(by)) }

// evidence is the distinct exhibits of records, the first few.
func evidence[T any](records []T, of func(T) int64) []int64 {
	const most = 8
	var all []int64
	for _, r := range records {
		if n := of(r); n > 0 && !slices.Contains(all, n) && len(all) < most {
			all = append(all, n)
		}
	}
	slices.Sort(all)
	return all
}

func number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

func round(x float64) float64 {
	r, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'f', 2, 64), 64)
	return r
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// address shows where something came from.
func address(ip string) string {
	if a, err := netip.ParseAddr(ip); err == nil && a.Zone() == "" {
		return a.String()
	}
	return strconv.QuoteToASCII(shorten(ip, 60))
}

// name shows a SID as it is, and anything else quoted.
func name(sid string) string {
	plain := func(r rune) bool { return r < '0' || r > 'z' || (r > '9' && r < 'A') || (r > 'Z' && r < 'a') }
	if sid != "" && len(sid) <= 40 && !strings.ContainsFunc(sid, plain) {
		return sid
	}
	return strconv.QuoteToASCII(shorten(sid, 60))
}

func shorten(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "..."
	}
	return text
}

// counted is what was counted, most first, the first few: "SO 20, LV 18".
func counted(counts map[string]int, most int) string {
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b))
	})
	var parts []string
	for _, k := range keys[:min(most, len(keys))] {
		parts = append(parts, fmt.Sprintf("%s %d", k, counts[k]))
	}
	return strings.Join(parts, ", ") + more(len(keys)-most)
}

// listing is the first few of some words.
func listing(words []string, most int) string {
	return strings.Join(words[:min(most, len(words))], ", ") + more(len(words)-most)
}

func more(n int) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", n)
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// busiest is the account that most of some records are of, the first by SID
// where several are.
func busiest(counts map[string]int) string {
	best := ""
	for _, sid := range slices.Sorted(maps.Keys(counts)) {
		if best == "" || counts[sid] > counts[best] {
			best = sid
		}
	}
	return best
}
