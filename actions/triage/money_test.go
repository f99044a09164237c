package triage

import (
	"slices"
	"testing"
	"time"
)

// The spend is held against the days that the account has, in UTC.
func TestSpend(t *testing.T) {
	day := func(ago int, spent float64) Day {
		return Day{Account: main, Date: now.Truncate(24*time.Hour).AddDate(0, 0, -ago), Spent: spent, Exhibit: 4}
	}
	month := func(from int, spent float64) (all []Day) {
		for ago := from; ago < 30; ago++ {
			all = append(all, day(ago, spent))
		}
		return all
	}
	for name, c := range map[string]struct {
		days           []Day
		age            int // of the account, in days
		observed, base float64
		n              int
		level          Severity
	}{
		"an ordinary day":                {append(month(2, 10), day(1, 9), day(0, 11)), 700, 11, 10, 28, Info},
		"five times as much":             {append(month(2, 10), day(0, 50)), 700, 50, 10, 28, Info},
		"more than that":                 {append(month(2, 10), day(0, 50.01)), 700, 50.01, 10, 28, High},
		"yesterday, in the window":       {append(month(2, 10), day(1, 90), day(0, 1)), 700, 90, 10, 28, High},
		"the day before it is history":   {append(month(3, 10), day(2, 90), day(0, 10)), 700, 10, 10, 28, Info},
		"little money":                   {append(month(2, .1), day(0, 19)), 700, 19, .1, 28, Info},
		"no history":                     {[]Day{day(0, 500)}, 0, 500, 0, 0, Medium},
		"no days at all":                 {nil, 700, 0, 0, 0, -1},
		"a young account":                {append(month(6, 0), day(5, 40), day(4, 40), day(3, 40), day(2, 40), day(0, 100)), 5, 100, 40, 4, Info},
		"a young account that is robbed": {append(month(6, 0), day(5, 40), day(4, 40), day(3, 40), day(2, 40), day(0, 900)), 5, 900, 40, 4, Medium},
		"an account that rested":         {append(month(2, 0), day(0, 900)), 700, 900, 0, 28, High},
		"subaccounts together":           {append(month(2, 10), append(month(2, 30), day(0, 100), day(0, 101))...), 700, 201, 40, 28, High},
	} {
		r := Records{Now: now, Since: now.Add(-Window), Reach: map[string]time.Time{}, Days: c.days}
		r.Accounts = []Account{{SID: main, Status: "active", Created: now.AddDate(0, 0, -c.age), Main: true}}
		i := slices.IndexFunc(Look(r), func(f Finding) bool { return f.Rule == "spend" })
		if i < 0 {
			if c.level >= 0 {
				t.Errorf("%s: nothing is told", name)
			}
			continue
		}
		if f := Look(r)[i]; f.Severity != c.level || f.Observed != c.observed || f.Baseline != c.base || f.N != c.n {
			t.Errorf("%s: %s %s", name, f.Severity, f)
		}
	}
}
