package triage

import (
	"fmt"
	"slices"
	"strings"
)

func textExhibit(m Message) int64 { return m.Exhibit }

// textCountries finds messages to countries that the family does not write to.
func textCountries(s *sight) []Finding {
	var all []Finding
	for _, sid := range sids(s.texts) {
		seen := map[string]int{}
		for _, m := range s.texts[sid] {
			seen[s.place.of(m.To)]++
		}
		places, onList := s.fresh(seen, s.texted, newCountryTexts, textListed, newCountryTexts)
		if len(places) == 0 {
			continue
		}
		texts := slices.DeleteFunc(slices.Clone(s.texts[sid]), func(m Message) bool { return places[s.place.of(m.To)] == 0 })
		days := s.days("messages", sid)
		all = append(all, Finding{
			ID: "new-country-texts/" + sid, Rule: "new-country-texts", Kind: luredOrPumped(texts), Severity: held(High, days), Account: sid,
			Text: fmt.Sprintf("%s of %s since %s to countries hardly written to in the %.0f days before: %s%s", plural(len(texts), "message"),
				name(sid), stamp(s.Since), days, counted(places, 6), listWords(onList, "messages that only the Console opens")),
			Observed: float64(len(texts)), Baseline: round(s.expected(places, s.texted, days)), N: s.known(s.texted), Exhibits: evidence(texts, textExhibit),
		})
	}
	return all
}

var waitingStatuses = set("queued", "scheduled", "accepted", "sending")

// Waits tells whether a message has yet to go out.
func (m Message) Waits() bool { return waitingStatuses[m.Status] }

// waiting counts what would still go out.
func waiting(s *sight) []Finding {
	by := map[string][]Message{}
	for _, m := range s.Messages {
		if m.Waits() {
			by[m.Account] = append(by[m.Account], m)
		}
	}
	var all []Finding
	for _, sid := range sids(by) {
		statuses := map[string]int{}
		for _, m := range by[sid] {
			statuses[m.Status]++
		}
		all = append(all, Finding{
			ID: "waiting-texts/" + sid, Rule: "waiting-texts", Kind: Note, Severity: Info, Account: sid,
			Text:     fmt.Sprintf("%s of %s wait to go out: %s", plural(len(by[sid]), "message"), name(sid), quotedCounts(statuses)),
			Observed: float64(len(by[sid])), N: len(s.Messages), Exhibits: evidence(by[sid], textExhibit),
		})
	}
	return all
}

// quotedCounts is counted, of words that come from the account.
func quotedCounts(counts map[string]int) string {
	out := map[string]int{}
	for word, n := range counts {
		out[kindWords(word)] += n
	}
	return counted(out, 5)
}

// textVolume finds more messages a day than usual.
func textVolume(s *sight) []Finding {
	var all []Finding
	for _, sid := range sids(s.texts) {
		mean, days := s.meanOfWeek(s.oldTexts[sid]), s.days("messages", sid)
		perDay := float64(len(s.texts[sid])) / s.span()
		if perDay <= max(volumeFloor, volumeFactor*mean) {
			continue
		}
		all = append(all, Finding{
			ID: "text-volume/" + sid, Rule: "text-volume", Kind: Cost, Severity: Medium, Account: sid,
			Text:     fmt.Sprintf("%s sends %.0f messages a day since %s, and sent %.0f a day in the week before (%.0f days of history)", name(sid), perDay, stamp(s.Since), mean, days),
			Observed: round(perDay), Baseline: round(mean), N: len(s.oldTexts[sid]), Exhibits: evidence(s.texts[sid], textExhibit),
		})
	}
	return all
}

// meanOfWeek is how many of some messages there were on a day of the week before.
func (s *sight) meanOfWeek(old []Message) float64 {
	n := 0
	for _, m := range old {
		if !m.At.Before(s.Since.AddDate(0, 0, -7)) {
			n++
		}
	}
	return float64(n) / 7
}

// filtered finds messages that carriers refuse as unwanted.
func filtered(s *sight) []Finding {
	var all []Finding
	for _, sid := range sids(s.texts) {
		now, before := share(s.texts[sid]), share(s.oldTexts[sid])
		if len(s.texts[sid]) < filterFloor || now <= filterShare || now <= filterFactor*before {
			continue
		}
		all = append(all, Finding{
			ID: "filtered-texts/" + sid, Rule: "filtered-texts", Kind: Smishing, Severity: Medium, Account: sid,
			Text:     fmt.Sprintf("carriers filtered %.0f of 100 messages of %s (30007) since %s, %.1f before", 100*now, name(sid), stamp(s.Since), 100*before),
			Observed: round(now), Baseline: round(before), N: len(s.texts[sid]), Exhibits: evidence(s.texts[sid], textExhibit),
		})
	}
	return all
}

func share(texts []Message) float64 {
	if len(texts) == 0 {
		return 0
	}
	n := 0
	for _, m := range texts {
		if m.Error == "30007" {
			n++
		}
	}
	return float64(n) / float64(len(texts))
}

var stopWords = set("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT")

// stops finds many people who want no more.
func stops(s *sight) []Finding {
	count := func(texts []Message) int {
		n := 0
		for _, m := range texts {
			if stopWords[strings.ToUpper(strings.TrimSpace(m.Body))] {
				n++
			}
		}
		return n
	}
	var all []Finding
	for _, sid := range sids(s.inbound) {
		n, days, usual := count(s.inbound[sid]), s.days("messages", sid), 0.0
		if days > 0 {
			usual = float64(count(s.oldIn[sid])) / days * s.span()
		}
		if n < stopFloor || float64(n) <= stopFactor*usual {
			continue
		}
		all = append(all, Finding{
			ID: "stop-replies/" + sid, Rule: "stop-replies", Kind: Smishing, Severity: Medium, Account: sid,
			Text:     fmt.Sprintf("%d people answered STOP to %s since %s", n, name(sid), stamp(s.Since)),
			Observed: float64(n), Baseline: round(usual), N: len(s.oldIn[sid]), Exhibits: evidence(s.inbound[sid], textExhibit),
		})
	}
	return all
}
