package triage

import (
	"fmt"
	"slices"
	"time"
)

// fresh are the countries of an account's traffic that are new to the family:
// how often each was seen, and whether one is on the list.
func (s *sight) fresh(seen, usual map[string]int, floor int, list map[string]bool, listFloor int) (map[string]int, []string) {
	total := 0
	for _, n := range usual {
		total += n
	}
	found, onList := map[string]int{}, []string{}
	for country, n := range seen {
		rare := total == 0 || float64(usual[country]) < rareShare*float64(total)
		need := floor
		if list[country] {
			need = listFloor
		}
		if country == "" || !rare || n < need {
			continue
		}
		found[country] = n
		if list[country] {
			onList = append(onList, country)
		}
	}
	slices.Sort(onList)
	return found, onList
}

// tollCalls finds outbound calls to countries that the family does not call.
func tollCalls(s *sight) []Finding {
	var all []Finding
	for _, sid := range sids(s.calls) {
		seen := map[string]int{}
		for _, c := range s.calls[sid] {
			seen[s.place.of(c.To)]++
		}
		places, onList := s.fresh(seen, s.dialled, newCountryCalls, tollListed, listedCalls)
		if len(places) == 0 {
			continue
		}
		calls := slices.DeleteFunc(slices.Clone(s.calls[sid]), func(c Call) bool { return places[s.place.of(c.To)] == 0 })
		days, severity := s.days("calls", sid), High
		if len(onList) == 0 && len(calls) < 4*newCountryCalls {
			severity = Medium
		}
		if len(onList) == 0 {
			severity = held(severity, days)
		}
		all = append(all, Finding{
			ID: "new-country-calls/" + sid, Rule: "new-country-calls", Kind: Toll, Severity: severity, Account: sid,
			Text: fmt.Sprintf("%s of %s since %s to countries hardly called in the %.0f days before: %s%s; %.1f hours in all", plural(len(calls), "outbound call"),
				name(sid), stamp(s.Since), days, counted(places, 6), listWords(onList, "toll fraud"), total(calls).Hours()),
			Observed: float64(len(calls)), Baseline: round(s.expected(places, s.dialled, days)), N: s.known(s.dialled), Exhibits: evidence(calls, callExhibit),
		})
	}
	return all
}

// expected is how much traffic to some countries is usual in as long a time as
// is looked at.
func (s *sight) expected(places, usual map[string]int, days float64) float64 {
	n := 0
	for country := range places {
		n += usual[country]
	}
	if days == 0 {
		return 0
	}
	return float64(n) / days * s.span()
}

func (s *sight) known(usual map[string]int) int {
	n := 0
	for _, c := range usual {
		n += c
	}
	return n
}

func listWords(onList []string, what string) string {
	if len(onList) == 0 {
		return ""
	}
	return fmt.Sprintf(" (on the list for %s: %s)", what, listing(onList, 8))
}

func callExhibit(c Call) int64 { return c.Exhibit }

func total(calls []Call) time.Duration {
	var sum time.Duration
	for _, c := range calls {
		sum += c.Lasted
	}
	return sum
}

var liveStatuses = set("queued", "ringing", "in-progress", "initiated")

// Live tells whether a call is up or about to be.
func (c Call) Live() bool { return liveStatuses[c.Status] }

// liveCalls counts the calls that are up, and holds them against the most that
// ever were.
func liveCalls(s *sight) []Finding {
	by := map[string][]Call{}
	for _, c := range s.Calls {
		if c.Live() {
			by[c.Account] = append(by[c.Account], c)
		}
	}
	var all []Finding
	for _, sid := range sids(by) {
		live, statuses := by[sid], map[string]int{}
		for _, c := range live {
			statuses[c.Status]++
		}
		most, days := peak(s.oldCalls[sid]), s.days("calls", sid)
		f := Finding{
			ID: "live-calls/" + sid, Rule: "live-calls", Kind: Note, Severity: Info, Account: sid,
			Text:     fmt.Sprintf("%s of %s now: %s; the most that were up at once in the %.0f days before: %d", plural(len(live), "live call"), name(sid), quotedCounts(statuses), days, most),
			Observed: float64(len(live)), Baseline: float64(most), N: len(s.oldCalls[sid]), Exhibits: evidence(live, callExhibit),
		}
		if float64(len(live)) > max(liveFloor, liveFactor*float64(most)) {
			f.Kind, f.Severity = Toll, held(High, days)
		}
		all = append(all, f)
	}
	return all
}

// peak is the most calls that were up at once.
func peak(calls []Call) int {
	type edge struct {
		at time.Time
		by int
	}
	var edges []edge
	for _, c := range calls {
		edges = append(edges, edge{c.At, 1}, edge{c.At.Add(c.Lasted), -1})
	}
	slices.SortFunc(edges, func(a, b edge) int {
		if d := a.at.Compare(b.at); d != 0 {
			return d
		}
		return a.by - b.by
	})
	most, up := 0, 0
	for _, e := range edges {
		up += e.by
		most = max(most, up)
	}
	return most
}

// longCalls finds outbound calls that last longer than any did.
func longCalls(s *sight) []Finding {
	var all []Finding
	for _, sid := range sids(s.calls) {
		calls := slices.DeleteFunc(slices.Clone(s.calls[sid]), func(c Call) bool { return c.Lasted < longCall })
		before := slices.DeleteFunc(slices.Clone(s.oldCalls[sid]), func(c Call) bool { return c.Lasted < longCall })
		days := s.days("calls", sid)
		usual := 0.0
		if days > 0 {
			usual = float64(len(before)) / days * s.span()
		}
		if len(calls) < longFloor || float64(len(calls)) < 5*usual {
			continue
		}
		all = append(all, Finding{
			ID: "long-calls/" + sid, Rule: "long-calls", Kind: Toll, Severity: Medium, Account: sid,
			Text:     fmt.Sprintf("%s of %s lasted %.0f minutes or more since %s", plural(len(calls), "outbound call"), name(sid), longCall.Minutes(), stamp(s.Since)),
			Observed: float64(len(calls)), Baseline: round(usual), N: len(s.oldCalls[sid]), Exhibits: evidence(calls, callExhibit),
		})
	}
	return all
}

// shortCalls finds thousands of very short ones.
func shortCalls(s *sight) []Finding {
	var all []Finding
	for _, sid := range sids(s.calls) {
		var lasted []time.Duration
		for _, c := range s.calls[sid] {
			if c.Status == "completed" {
				lasted = append(lasted, c.Lasted)
			}
		}
		days, usual := s.days("calls", sid), 0.0
		if days > 0 {
			usual = float64(len(s.oldCalls[sid])) / days * s.span()
		}
		if len(lasted) < shortFloor || float64(len(s.calls[sid])) < shortFactor*usual {
			continue
		}
		slices.Sort(lasted)
		if median := lasted[len(lasted)/2]; median < shortCall {
			all = append(all, Finding{
				ID: "short-calls/" + sid, Rule: "short-calls", Kind: Toll, Severity: held(High, days), Account: sid,
				Text:     fmt.Sprintf("%s of %s since %s, half of them shorter than %.0f seconds", plural(len(s.calls[sid]), "outbound call"), name(sid), stamp(s.Since), median.Seconds()+1),
				Observed: float64(len(s.calls[sid])), Baseline: round(usual), N: len(s.oldCalls[sid]), Exhibits: evidence(s.calls[sid], callExhibit),
			})
		}
	}
	return all
}
