package triage

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// spend holds the dearest day that is looked at against the median day before.
// The price of a day is provisional for as long as a day after it.
func spend(s *sight) []Finding {
	first := s.Since.UTC().Truncate(24 * time.Hour)
	sums := map[string]float64{}
	for _, d := range s.Days {
		sums[d.Date.UTC().Format(time.DateOnly)] += d.Spent
	}
	var before []float64
	dearest, born := "", s.born().UTC().Format(time.DateOnly)
	for _, date := range slices.Sorted(maps.Keys(sums)) {
		switch {
		case date < born: // Twilio tells days before the first one too, without spend
		case date < first.Format(time.DateOnly):
			before = append(before, sums[date])
		case dearest == "" || sums[date] > sums[dearest]:
			dearest = date
		}
	}
	if dearest == "" {
		return nil
	}
	usual, main := median(before), ""
	for _, a := range s.Accounts {
		if a.Main {
			main = a.SID
		}
	}
	f := Finding{
		ID: "spend", Rule: "spend", Kind: Note, Severity: Info, Account: main,
		Text:     fmt.Sprintf("%.2f was spent on %s, and %.2f on the median of %s before; the price of the last day is provisional", sums[dearest], dearest, usual, plural(len(before), "day")),
		Observed: round(sums[dearest]), Baseline: round(usual), N: len(before), Exhibits: evidence(s.Days, func(d Day) int64 { return d.Exhibit }),
	}
	if sums[dearest] > max(spendFloor, spendFactor*usual) {
		f.Kind, f.Severity = Cost, held(High, float64(len(before)))
	}
	return []Finding{f}
}

func median(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	all = slices.Sorted(slices.Values(all))
	return all[len(all)/2]
}

// alerts finds the codes that fraud leaves in the debugger.
func alerts(s *sight) []Finding {
	by, old := map[string][]Alert{}, map[string]int{}
	for _, a := range s.Alerts {
		switch {
		case !alertCodes[a.Code]:
		case s.recent(a.At):
			by[a.Account] = append(by[a.Account], a)
		default:
			old[a.Account]++
		}
	}
	var all []Finding
	for _, sid := range sids(by) {
		codes, hours, worst := map[string]int{}, map[time.Time]int{}, 0
		for _, a := range by[sid] {
			codes[name(a.Code)]++
			hour := a.At.Truncate(time.Hour)
			hours[hour]++
			worst = max(worst, hours[hour])
		}
		f := Finding{
			ID: "alerts/" + sid, Rule: "alerts", Kind: Note, Severity: Low, Account: sid,
			Text:     fmt.Sprintf("alerts of %s since %s with codes that are typical of fraud: %s", name(sid), stamp(s.Since), counted(codes, 6)),
			Observed: float64(len(by[sid])), Baseline: round(float64(old[sid]) / 29), N: len(by[sid]) + old[sid], Exhibits: evidence(by[sid], func(a Alert) int64 { return a.Exhibit }),
		}
		if worst >= alertCluster {
			f.Severity = Medium
		}
		all = append(all, f)
	}
	return all
}
