package sim

import (
	"slices"
	"strconv"
	"time"
)

// bill is what one account used of one category.
type bill struct {
	count, usage int64
	price        int64 // millionths of a dollar
}

func (b bill) plus(o bill) bill { return bill{b.count + o.count, b.usage + o.usage, b.price + o.price} }

// category is a line of the usage records.
type category struct{ name, description, countUnit, usageUnit string }

var categories = []category{
	{"calls", "Voice Minutes", "calls", "minutes"},
	{"calls-inbound", "Inbound Voice Minutes", "calls", "minutes"},
	{"calls-outbound", "Outbound Voice Minutes", "calls", "minutes"},
	{"phonenumbers", "Phone Numbers", "numbers", "numbers"},
	{"sms", "SMS", "messages", "segments"},
	{"sms-inbound", "Inbound SMS", "messages", "segments"},
	{"sms-outbound", "Outbound SMS", "messages", "segments"},
	{"totalprice", "Total Price", "usd", "usd"},
}

const numberPerDay = 1150000 / 30

// bills is usage by day and category; a day is written as in the API.
type bills map[string]map[string]bill

func (b bills) add(day string, one bill, names ...string) {
	if b[day] == nil {
		b[day] = map[string]bill{}
	}
	for _, name := range names {
		b[day][name] = b[day][name].plus(one)
	}
	b[day]["totalprice"] = b[day]["totalprice"].plus(bill{price: one.price})
}

func (w *World) addCall(into bills, a *account, r rec, now time.Time) {
	p := w.phoneCall(a, r, now)
	name := "calls-outbound"
	if p.direction == "inbound" {
		name = "calls-inbound"
	}
	into.add(p.at().Format(time.DateOnly), bill{1, (p.talked + 59) / 60, p.price}, "calls", name)
}

func (w *World) addMessage(into bills, a *account, r rec, now time.Time) {
	m := w.textMessage(a, r, now)
	if m.sent.IsZero() {
		return
	}
	name := "sms-outbound"
	if m.direction == "inbound" {
		name = "sms-inbound"
	}
	into.add(m.sent.Format(time.DateOnly), bill{1, 1, m.price}, "sms", name)
}

// settled tells that a record's cost cannot change any more.
func (w *World) settled(r rec) bool {
	return !r.attack() && !r.end().After(w.state.Shape.Start)
}

// settledBills is the cost of everything that was over at the start.
func (w *World) settledBills(a *account) bills {
	if out, ok := w.tallies[a.Sid]; ok {
		return out
	}
	out, start := bills{}, w.state.Shape.Start
	for _, r := range w.before(a, callStream) {
		if w.settled(r) {
			w.addCall(out, a, r, start)
		}
	}
	for _, r := range w.before(a, messageStream) {
		if w.settled(r) {
			w.addMessage(out, a, r, start)
		}
	}
	w.tallies[a.Sid] = out
	return out
}

// billsOf is the account's usage up to now. When only few days are asked for
// the others may be missing: a large family is not drawn to the end for them.
func (w *World) billsOf(a *account, from, to, now time.Time) bills {
	out := bills{}
	if to.Sub(from) <= 2*day {
		for _, r := range w.since(a, callStream, from, now) {
			w.addCall(out, a, r, now)
		}
		for _, r := range w.since(a, messageStream, from, now) {
			w.addMessage(out, a, r, now)
		}
	} else {
		w.addAll(out, a, now)
	}
	if n := int64(len(a.Numbers)); n > 0 {
		for d := w.windowEnd(historyDays).Truncate(day); !d.After(now); d = d.Add(day) {
			out.add(d.Format(time.DateOnly), bill{n, n, n * numberPerDay}, "phonenumbers")
		}
	}
	return out
}

func (w *World) addAll(out bills, a *account, now time.Time) {
	out.merge(w.settledBills(a))
	for _, r := range w.all(a, callStream, now) {
		if !w.settled(r) {
			w.addCall(out, a, r, now)
		}
	}
	for _, r := range w.all(a, messageStream, now) {
		if !w.settled(r) {
			w.addMessage(out, a, r, now)
		}
	}
}

// merge adds what another account used.
func (b bills) merge(o bills) {
	for day, lines := range o {
		if b[day] == nil {
			b[day] = map[string]bill{}
		}
		for name, one := range lines {
			b[day][name] = b[day][name].plus(one)
		}
	}
}

// balance is what is left: the intruder's cost comes off it as it arises.
func (c *call) balance() int64 {
	left := int64(2350 * 1e6)
	for _, a := range c.state.Accounts {
		for _, r := range c.all(a, callStream, c.now) {
			if r.attack() {
				left -= c.phoneCall(a, r, c.now).price
			}
		}
		for _, r := range c.all(a, messageStream, c.now) {
			if r.attack() {
				left -= c.textMessage(a, r, c.now).price
			}
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
	sum := c.billsOf(c.target, from, to, c.now)
	if c.target.isParent() && c.query.Get("IncludeSubaccounts") != "false" {
		for _, a := range c.state.Accounts[1:] {
			sum.merge(c.billsOf(a, from, to, c.now))
		}
	}
	lines := c.usageLines(sum, from, to, kind == "/Daily")
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

// usageLines makes the records, the newest day first.
func (c *call) usageLines(sum bills, from, to time.Time, daily bool) []line {
	wanted := slices.DeleteFunc(slices.Clone(categories), func(k category) bool {
		return c.query.Has("Category") && c.query.Get("Category") != k.name
	})
	var out []line
	if !daily {
		for _, k := range wanted {
			l := line{category: k, from: from.Format(time.DateOnly), to: to.Format(time.DateOnly)}
			for d := from; !d.After(to); d = d.Add(day) {
				l.bill = l.plus(sum[d.Format(time.DateOnly)][k.name])
			}
			out = append(out, l)
		}
		return out
	}
	for d := to; !d.Before(from); d = d.Add(-day) {
		text := d.Format(time.DateOnly)
		for _, k := range wanted {
			out = append(out, line{k, sum[text][k.name], text, text})
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
