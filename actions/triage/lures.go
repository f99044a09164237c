package triage

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// wave is one text with links, as it went to many.
type wave struct {
	text     string
	people   map[string]bool
	hosts    map[string]bool
	messages []Message
}

// waves are the texts of an account that lead to hosts which the family never
// wrote of before, the widest first.
func (s *sight) waves(sid string, known map[string]bool) []*wave {
	by := map[string]*wave{}
	for _, m := range s.texts[sid] {
		hosts, rest := s.leads.links(m.Body)
		if hosts = slices.DeleteFunc(hosts, func(h string) bool { return known[h] }); len(hosts) == 0 {
			continue
		}
		text := shape(rest)
		w := by[text]
		if w == nil {
			w = &wave{text: text, people: map[string]bool{}, hosts: map[string]bool{}}
			by[text] = w
		}
		w.people[m.To] = true
		w.messages = append(w.messages, m)
		for _, h := range hosts {
			w.hosts[h] = true
		}
	}
	return slices.SortedFunc(maps.Values(by), func(a, b *wave) int {
		if d := len(b.people) - len(a.people); d != 0 {
			return d
		}
		return strings.Compare(a.text, b.text)
	})
}

// lures finds texts with links that went to many. Hosts that the family wrote of
// before are its own.
func lures(s *sight) []Finding {
	known, linked := map[string]bool{}, 0
	for _, sid := range sids(s.oldTexts) {
		for _, m := range s.oldTexts[sid] {
			hosts, _ := s.leads.links(m.Body)
			linked += min(1, len(hosts))
			for _, h := range hosts {
				known[h] = true
			}
		}
	}
	var all []Finding
	for _, sid := range sids(s.texts) {
		waves := s.waves(sid, known)
		waves = slices.DeleteFunc(waves, func(w *wave) bool { return len(w.people) < sameTextWatch })
		if len(waves) > 0 {
			all = append(all, s.lure(sid, waves, linked))
		}
	}
	return all
}

func (s *sight) lure(sid string, waves []*wave, linked int) Finding {
	hosts, messages, severity, note := map[string]int{}, []Message{}, Medium, ""
	for _, w := range waves {
		messages = append(messages, w.messages...)
		for h := range w.hosts {
			hosts[defanged(h)] += len(w.messages)
			if _, err := netip.ParseAddr(h); err == nil {
				note = "; one leads to a bare IP address"
			}
		}
	}
	if len(waves[0].people) >= sameTextFloor {
		severity = held(High, s.days("messages", sid))
	}
	return Finding{
		ID: "link-to-many/" + sid, Rule: "link-to-many", Kind: Smishing, Severity: severity, Account: sid,
		Text: fmt.Sprintf("%s of %s since %s lead to %s that nobody here wrote of before: %s%s; one text went to %d people: %s", plural(len(messages), "message"),
			name(sid), stamp(s.Since), plural(len(hosts), "host"), counted(hosts, 4), note, len(waves[0].people), strconv.QuoteToASCII(shorten(waves[0].text, 70))),
		Observed: float64(len(waves[0].people)), N: len(messages) + linked, Exhibits: evidence(messages, textExhibit),
	}
}
