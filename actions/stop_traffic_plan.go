package actions

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"retake/actions/account"
	"retake/store"
)

// orderTraffic is the standing order of this step.
const orderTraffic = "all-traffic"

// liveTraffic is the work of the step before 1. One change ends a call or a
// conference, cancels a message, or sets the status of a subaccount.
type liveTraffic struct{}

var trafficParameters = []Parameter{
	{Name: "keep", Type: List, Valid: validTraffic, Help: "own traffic that goes on, with commas: numbers (+15005550006), or SIDs of calls, conferences, messages, messaging services, accounts"},
	{Name: "suspend", Type: List, Valid: validAccounts, Help: "SIDs (AC…) of subaccounts to suspend once their calls are ended"},
	{Name: "lift", Type: List, Valid: validAccounts, Help: "SIDs (AC…) of subaccounts that this case suspended, to be reactivated"},
	{Name: "max_time", Type: Duration, Default: "1m", Help: "bound of the standing order: how long what keeps coming is ended"},
	{Name: "max_count", Type: Number, Default: "1000", Help: "bound of the standing order: how many calls, conferences and messages"},
	{Name: "pages", Type: Number, Default: "3", Help: "pages of a thousand messages that are looked through on each account, newest first; no list is by status"},
}

var keptShape = regexp.MustCompile(`^((CA|CF|SM|MM|MG|AC)[0-9a-f]{32}|\+[1-9][0-9]{5,14})$`)

func validTraffic(value string) error {
	for _, word := range words(value) {
		if !keptShape.MatchString(word) {
			return store.WithHint(fmt.Errorf("keep cannot be %q: it is neither a number nor a SID of traffic", word), "write numbers as +15005550006 and SIDs as CA, CF, SM, MM, MG or AC and 32 hexadecimal digits, with commas between")
		}
	}
	return nil
}

func validAccounts(value string) error {
	for _, sid := range words(value) {
		if !account.IsSID("AC", sid) {
			return store.WithHint(fmt.Errorf("%q is not the SID of an account", sid), "write AC and 32 hexadecimal digits, with commas between")
		}
	}
	return nil
}

func (liveTraffic) Plan(ctx context.Context, r *Run) (*Plan, error) {
	accounts, err := r.Listed(ctx)
	if err != nil {
		return nil, err
	}
	statuses, err := statusChanges(r, accounts)
	if err != nil {
		return nil, err
	}
	found, err := findTraffic(ctx, r, accounts)
	if err != nil {
		return nil, err
	}
	if err := r.tellTraffic(ctx, accounts, found); err != nil {
		return nil, err
	}
	p := &Plan{}
	for _, f := range found {
		p.Changes = append(p.Changes, f.change())
	}
	p.Changes = append(p.Changes, statuses...)
	r.Note(justRead, "")
	if len(p.Changes) == 0 {
		return p, missTraffic(r)
	}
	p.Orders = []StandingOrder{trafficOrder(r, accounts)}
	p.Breaks = trafficBreaks(found, statuses)
	return p, missTraffic(r)
}

func trafficOrder(r *Run, accounts []account.Account) StandingOrder {
	return StandingOrder{
		ID: orderTraffic, Predicate: "any call that is queued, ringing or in progress, any conference in progress and any message that waits, except what is kept",
		Scope: reachable(accounts), Keep: r.Params.List("keep"),
		MaxTime: Span(r.Params.Duration("max_time")), MaxCount: r.Params.Number("max_count"),
	}
}

// trafficBreaks says what ending it all breaks.
func trafficBreaks(found []flow, statuses []Change) []string {
	var all []string
	inbound := 0
	for _, f := range found {
		inbound += count(f.kind == callFlow && !outbound(f.direction))
	}
	if inbound > 0 {
		all = append(all, fmt.Sprintf("%d of the calls come in: whoever is calling you is cut off; keep your numbers with keep", inbound))
	}
	if len(found) > 0 {
		all = append(all, "a call that is ended and a message that is cancelled cannot be taken up again; their records stay",
			"new traffic of your own is ended too, as long as the standing order runs, unless it is kept")
	}
	for _, c := range statuses {
		if c.Detail == suspendedStatus {
			all = append(all, fmt.Sprintf("%s stops: its token and keys get 401, it begins no call and sends no message, and what of its messages waits fails (30002); its numbers go on being billed", c.Account))
		} else {
			all = append(all, fmt.Sprintf("%s works again, for whoever holds its token or keys: plan auth-tokens and api-keys at once", c.Account))
		}
	}
	return all
}

// missTraffic says what no API shows of this step.
func missTraffic(r *Run) error {
	for _, m := range [][2]string{
		{"auto-recharge and payment methods", "no API shows them: Console > Admin > Account billing"},
		{"messages that were scheduled long ago", "no list is by status, so only the newest are looked through: parameter pages looks further back"},
		{"traffic of the Regions IE1, AU1 and JP1", "each Region is looked at by itself: Console > Account > API keys & tokens > Region"},
	} {
		if err := r.Miss(r.Main(), m[0], m[1]); err != nil {
			return err
		}
	}
	return nil
}

// tellTraffic says what is live, by account and country, and what it costs a
// minute as far as earlier bills of the same account tell.
func (r *Run) tellTraffic(ctx context.Context, accounts []account.Account, found []flow) error {
	groups := grouped(found)
	var prices map[string]prices
	if !r.urgent() {
		var err error
		if prices, err = pricesOf(ctx, r, accounts, groups); err != nil {
			return err
		}
	}
	var perMinute float64
	var all []Finding
	unknown := 0
	for _, g := range groups {
		f := Finding{ID: "live/" + g.key(), Severity: g.severity(), Account: g.account, Text: g.text(), Exhibits: g.exhibits}
		if p, known := prices[g.account].calls[g.country]; g.kind == callFlow && outbound(g.direction) {
			if unknown += count(!known); known {
				perMinute += p.perMinute() * float64(g.n)
			}
			f.Text += p.tell(g.n, r.urgent())
			f.Exhibits = append(f.Exhibits, p.exhibits...)
		}
		all = append(all, f)
	}
	if len(found) > 0 {
		r.Find(Finding{ID: "live", Severity: High, Account: r.Main(), Text: tellSum(found, perMinute, unknown)})
	}
	for _, f := range all {
		r.Find(f)
	}
	return nil
}

// tellSum says what is live in all, and what is known of its cost.
func tellSum(found []flow, perMinute float64, unknown int) string {
	text := "in all " + tellCounts(found)
	if perMinute > 0 {
		text += fmt.Sprintf("; the calls out cost about %.2f a minute, in the currency of the account", perMinute)
	}
	if unknown > 0 {
		text += fmt.Sprintf("; of %d groups of calls below the cost is not known", unknown)
	}
	return text
}

// tellCounts is how many of each kind there are, in words.
func tellCounts(found []flow) string {
	counts := map[kindOfFlow]int{}
	for _, f := range found {
		counts[f.kind]++
	}
	var all []string
	for _, kind := range []kindOfFlow{callFlow, conferenceFlow, messageFlow} {
		all = append(all, some(counts[kind], string(kind)))
	}
	return strings.Join(all, ", ")
}

// sortFlows puts what costs most first, and otherwise keeps one order, so that
// the same state makes the same plan.
func sortFlows(all []flow) {
	slices.SortFunc(all, func(a, b flow) int { return strings.Compare(a.order(), b.order()) })
}

// atSecond writes a time for a target.
func atSecond(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }
