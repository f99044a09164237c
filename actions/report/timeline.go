package report

import (
	"cmp"
	"net/netip"
	"strings"
	"time"

	"retake/store"
)

// Lanes are the lanes of the timeline.
func Lanes() []string { return []string{store.LaneUs, LaneTwilio, store.LaneOthers} }

// addressRule begins the ID of a finding of triage that names an address which
// was new to the account and changed things in it.
const addressRule = "new-address/"

// MarkSuspects names beside each event of others, that came from an address
// which triage found to be new here and to have changed something, the finding
// that says so. No other finding names who acted, so nothing else is marked.
func MarkSuspects(rows []store.TimelineRow, found []store.Finding) {
	by := map[string]string{}
	for _, f := range found {
		if ip, is := strings.CutPrefix(f.ID, addressRule); is {
			by[ip] = f.ID
		}
	}
	for i, r := range rows {
		if r.Lane == store.LaneOthers && r.IP != "" {
			rows[i].Suspect = by[plainAddress(r.IP)]
		}
	}
}

// plainAddress is an address as findings write it.
func plainAddress(ip string) string {
	if a, err := netip.ParseAddr(ip); err == nil && a.Zone() == "" {
		return a.String()
	}
	return ip
}

// TimelineFilter says which lines of a timeline are meant. Empty fields mean all.
type TimelineFilter struct {
	Since   time.Time // not before
	Until   time.Time // before
	Account string    // SID
	Lane    string
	Text    string // stands in what can be read of the line, in any case
}

// Means tells whether a line is meant.
func (f TimelineFilter) Means(r store.TimelineRow) bool {
	switch {
	case !f.Since.IsZero() && r.At.Before(f.Since), !f.Until.IsZero() && !r.At.Before(f.Until):
		return false
	case f.Account != "" && f.Account != r.Account, f.Lane != "" && f.Lane != r.Lane:
		return false
	}
	return f.Text == "" || strings.Contains(strings.ToLower(strings.Join([]string{r.Message, r.By, r.Account, r.Type, r.Step, r.Source, r.IP, r.Suspect}, "\n")), strings.ToLower(f.Text))
}

// Pick are the lines that are meant.
func (f TimelineFilter) Pick(rows []store.TimelineRow) []store.TimelineRow {
	picked := []store.TimelineRow{}
	for _, r := range rows {
		if f.Means(r) {
			picked = append(picked, r)
		}
	}
	return picked
}

// Who is who acted in a line, as far as it tells.
func Who(r store.TimelineRow) string {
	if r.By == "" && r.Lane == LaneTwilio {
		return "Twilio"
	}
	return cmp.Or(r.By, "-")
}
