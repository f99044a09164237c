package sim

import (
	"slices"
	"strconv"
	"time"
)

// balance is what is left: the intruder's cost comes off it as it arises.
func (c *call) balance() int64 {
	left := int64(2350 * 1e6)
	for _, a := range c.state.Accounts {
		for _, r := range slices.Concat(c.attackBefore(a, callStream), c.attackSince(a, callStream, c.now)) {
			left -= c.phoneCall(a, r, c.now).price
		}
		for _, r := range slices.Concat(c.attackBefore(a, messageStream), c.attackSince(a, messageStream, c.now)) {
			left -= c.textMessage(a, r, c.now).price
		}
	}
	return left
}

// line is one usage record before it is shown.
type line struct {
	category
	bill
	from, to string
}

func (c *call) listUsage(kind string) reply {
	from, to, bad := c.usageDays(kind)
	if bad != nil {
		return *bad
	}
	if bad := c.badQueryFlag("IncludeSubaccounts"); bad != nil {
		return *bad
	}
	sum := c.usage(c.target, c.query.Get("IncludeSubaccounts") != "false", from, to)
	lines := c.usageLines(sum, periods(kind, from, to))
	n := len(lines)
	return c.v2010(listing{"usage_records", n, func(i int) uint64 { return uint64(n - i) },
		func(i int) fields { return c.showUsage(lines[i], kind) }})
}

func (c *call) badQueryFlag(name string) *reply {
	if v := c.query.Get(name); v != "" && v != "true" && v != "false" {
		return new(invalid("%s must be true or false, not %q", name, v))
	}
	return nil
}

// usageDays is the first and the last day that the kind of record covers.
func (c *call) usageDays(kind string) (from, to time.Time, bad *reply) {
	today := c.now.Truncate(day)
	from, to = c.windowEnd(historyDays).Truncate(day), today
	switch kind {
	case "/Today":
		from = today
	case "/Yesterday":
		from, to = today.Add(-day), today.Add(-day)
	case "/ThisMonth":
		from = today.AddDate(0, 0, 1-today.Day())
	case "/LastMonth":
		to = today.AddDate(0, 0, -today.Day())
		from = to.AddDate(0, 0, 1-to.Day())
	}
	for name, into := range map[string]*time.Time{"StartDate": &from, "EndDate": &to} {
		v := c.query.Get(name)
		if v == "" {
			continue
		}
		t, err := time.Parse(time.DateOnly, v)
		if err != nil {
			return from, to, new(invalid("%s must be a date such as 2026-01-31, not %q", name, v))
		}
		if (name == "StartDate") == t.After(*into) {
			*into = t // a narrower range; outside of it nothing was used
		}
	}
	return from, to, nil
}

// periods cuts the days into what the kind of record counts by, the newest
// first.
func periods(kind string, from, to time.Time) (out []span) {
	if from.After(to) && kind != "/Daily" && kind != "/Monthly" && kind != "/Yearly" {
		return []span{{from, to}}
	}
	for last := to; !last.Before(from); {
		first := from
		switch kind {
		case "/Daily":
			first = last
		case "/Monthly":
			first = last.AddDate(0, 0, 1-last.Day())
		case "/Yearly":
			first = last.AddDate(0, 0, 1-last.YearDay())
		}
		if first.Before(from) {
			first = from
		}
		out = append(out, span{first, last})
		last = first.Add(-day)
	}
	return out
}

// usageLines makes one record for each period and category.
func (c *call) usageLines(sum bills, over []span) (out []line) {
	for _, p := range over {
		for _, k := range categories {
			if c.query.Has("Category") && c.query.Get("Category") != k.name {
				continue
			}
			l := line{category: k, from: p.From.Format(time.DateOnly), to: p.To.Format(time.DateOnly)}
			for d := dayOf(p.From); d <= dayOf(p.To); d++ {
				l.bill = l.plus(sum.at(d, k.name))
			}
			out = append(out, l)
		}
	}
	return out
}

func (c *call) showUsage(l line, kind string) fields {
	count, usage := strconv.FormatInt(l.count, 10), strconv.FormatInt(l.usage, 10)
	if l.name == "totalprice" {
		count, usage = dollars(l.price), dollars(l.price)
	}
	uris := fields{}
	for _, name := range []string{"all_time", "daily", "last_month", "monthly", "this_month", "today", "yearly", "yesterday"} {
		uris[name] = link(c.target.Sid, "/Usage/Records/%s.json?Category=%s", camel(name), l.name)
	}
	return fields{
		"account_sid": c.target.Sid, "api_version": "2010-04-01", "as_of": c.now.Format("2006-01-02T15:04:05+00:00"),
		"category": l.name, "description": l.description, "count": count, "count_unit": l.countUnit,
		"usage": usage, "usage_unit": l.usageUnit, "price": float64(l.price) / 1e6, "price_unit": "USD",
		"start_date": l.from, "end_date": l.to, "subresource_uris": uris,
		"uri": link(c.target.Sid, "/Usage/Records%s.json?Category=%s&StartDate=%s&EndDate=%s", kind, l.name, l.from, l.to),
	}
}
