package actions

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"

	"retake/actions/account"
)

// group is what goes to one country, from one account, in one way.
type group struct {
	flow     // one of them
	country  string
	n        int
	exhibits []int64
}

func (g group) key() string {
	return string(g.kind) + "/" + g.account + "/" + cmp.Or(g.country, "-") + "/" + g.way()
}

func (g group) way() string {
	switch {
	case g.kind == messageFlow:
		return g.status
	case outbound(g.direction):
		return "out"
	}
	return "in"
}

func (g group) severity() Severity {
	if g.kind == conferenceFlow || outbound(g.direction) {
		return High
	}
	return Medium
}

func (g group) text() string {
	where := cmp.Or(g.country, "what is no number")
	switch {
	case g.kind == conferenceFlow:
		return fmt.Sprintf("conferences in progress in %s %q: %d; what they cost is not known", g.account, g.name, g.n)
	case g.kind == messageFlow:
		return fmt.Sprintf("%s messages of %s %q that wait to go to %s: %d", g.status, g.account, g.name, where, g.n)
	case !outbound(g.direction):
		return fmt.Sprintf("live calls that come in to %[2]s %[3]q: %[1]d", g.n, g.account, g.name)
	}
	return fmt.Sprintf("live calls from %[2]s %[3]q to %[4]s: %[1]d", g.n, g.account, g.name, where)
}

// grouped counts what goes where, in the order of the list.
func grouped(found []flow) []group {
	var all []group
	for _, f := range found {
		g := group{flow: f, country: countryOf(f.to)}
		if f.kind == conferenceFlow || f.kind == callFlow && !outbound(f.direction) {
			g.country = ""
		}
		i := slices.IndexFunc(all, func(o group) bool { return o.key() == g.key() })
		if i < 0 {
			i, all = len(all), append(all, g)
		}
		all[i].n++
		if !slices.Contains(all[i].exhibits, f.exhibit) {
			all[i].exhibits = append(all[i].exhibits, f.exhibit)
		}
	}
	return all
}

// price is what earlier calls of an account to one country were billed.
type price struct {
	sum, minutes float64
	calls        int
	unit         string
	exhibits     []int64
}

func (p price) perMinute() float64 { return p.sum / p.minutes }

// tell says what so many calls cost a minute, and where that comes from. Under a
// panic order nothing waits for a price.
func (p price) tell(n int, urgent bool) string {
	switch {
	case urgent:
		return "; what they cost is not asked for under a panic order"
	case p.calls == 0:
		return "; what they cost is not known: no earlier call of this account to there has a price yet"
	}
	return fmt.Sprintf("; about %.2f %s a minute, at the %.3f a minute that %s of this account to there cost", p.perMinute()*float64(n), p.unit, p.perMinute(), some(p.calls, "earlier call"))
}

// prices are those of one account by country.
type prices struct{ calls map[string]price }

// pricesOf reads one page of ended calls of each account that has live ones out.
// It is an estimate: what cannot be read leaves the price unknown.
func pricesOf(ctx context.Context, r *Run, accounts []account.Account, groups []group) (map[string]prices, error) {
	all := make([]prices, len(accounts))
	var reads []func() error
	for i, a := range accounts {
		if slices.ContainsFunc(groups, func(g group) bool { return g.account == a.SID && g.kind == callFlow && outbound(g.direction) }) {
			reads = append(reads, func() (err error) { all[i], err = pricesIn(ctx, r, a.SID); return err })
		}
	}
	err := each(r, reads, func(read func() error) error { return read() })
	out := map[string]prices{}
	for i, a := range accounts {
		out[a.SID] = all[i]
	}
	return out, err
}

func pricesIn(ctx context.Context, r *Run, sid string) (prices, error) {
	rec := &numbered{r: r}
	page, err := r.line.As(r.Credential(r.Main())).On(ctx, rec).Page(account.SourceCalls, sid, account.Window{Status: "completed"}, "")
	if err != nil && (rec.failed != nil || ctx.Err() != nil) {
		return prices{}, err
	}
	if err != nil && len(page.Records) == 0 {
		return prices{}, r.Miss(sid, "what earlier calls of "+sid+" cost", account.Explain(err))
	}
	p := prices{map[string]price{}}
	for _, raw := range page.Records {
		p.add(raw, rec.n)
	}
	return p, nil
}

// add counts an ended call that was billed: by whole minutes, as Twilio bills.
func (p prices) add(raw json.RawMessage, exhibit int64) {
	var c struct {
		To, Direction string
		Price         any
		Unit          string `json:"price_unit"`
		Duration      any
	}
	if json.Unmarshal(raw, &c) != nil || !outbound(c.Direction) {
		return
	}
	paid, err := strconv.ParseFloat(loose(c.Price), 64)
	lasted, bad := strconv.ParseFloat(loose(c.Duration), 64)
	country := countryOf(c.To)
	if err != nil || bad != nil || lasted <= 0 || paid == 0 || country == "" || math.IsNaN(paid) || math.IsInf(paid, 0) {
		return
	}
	one := p.calls[country]
	one.sum, one.minutes, one.calls = one.sum+math.Abs(paid), one.minutes+math.Ceil(lasted/60), one.calls+1
	one.unit, one.exhibits = unitOf(c.Unit), []int64{exhibit}
	p.calls[country] = one
}

// unitOf is a currency as it is written, "" for what is none.
func unitOf(text string) string {
	if len(text) != 3 || slices.ContainsFunc([]byte(text), func(b byte) bool { return b < 'A' || b > 'Z' && b < 'a' || b > 'z' }) {
		return ""
	}
	return text
}
