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

const (
	allCalls = iota
	callsIn
	callsOut
	phoneNumbers
	allSMS
	smsIn
	smsOut
	totalPrice
	categoryCount
)

var categories = [categoryCount]category{
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

// bills is usage by day and category; days are counted from 1970.
type bills map[int64]*[categoryCount]bill

func dayOf(t time.Time) int64 { return t.Unix() / 86400 }

// at is one category on one day; nothing where there was no use of it.
func (b bills) at(day int64, name string) bill {
	i := slices.IndexFunc(categories[:], func(k category) bool { return k.name == name })
	if i < 0 || b[day] == nil {
		return bill{}
	}
	return b[day][i]
}

func (b bills) add(day int64, one bill, into ...int) {
	lines := b[day]
	if lines == nil {
		lines = new([categoryCount]bill)
		b[day] = lines
	}
	for _, i := range into {
		lines[i] = lines[i].plus(one)
	}
	lines[totalPrice].price += one.price
}

// merge adds what another account used.
func (b bills) merge(o bills) {
	for day, lines := range o {
		if b[day] == nil {
			b[day] = new([categoryCount]bill)
		}
		for i, one := range lines {
			b[day][i] = b[day][i].plus(one)
		}
	}
}

func (b bills) addCall(p phoneCall) {
	name := callsOut
	if p.direction == "inbound" {
		name = callsIn
	}
	b.add(dayOf(p.at()), bill{1, (p.talked + 59) / 60, p.price}, allCalls, name)
}

func (b bills) addMessage(m textMessage) {
	if m.sent.IsZero() {
		return
	}
	name := smsOut
	if m.direction == "inbound" {
		name = smsIn
	}
	b.add(dayOf(m.sent), bill{1, 1, m.price}, allSMS, name)
}

// settled tells that a record's cost cannot change any more.
func (w *World) settled(r rec) bool {
	return !r.attack() && !r.end().After(w.state.Shape.Start)
}

// settledBills is the cost of everything that was over at the start. It is
// reckoned once, from as little of each record as its cost needs; with many
// accounts everybody waits for this.
func (w *World) settledBills(a *account) bills {
	if out, ok := w.tallies[a.Sid]; ok {
		return out
	}
	out := bills{}
	for _, s := range []stream{callStream, messageStream} {
		for n := range historyDays {
			for _, r := range w.window(a, s, n) {
				if !w.settled(r) || within(a.Pauses, r.at()) {
					continue
				}
				if s == callStream {
					out.addCall(a.oldCall(r))
				} else {
					out.addMessage(oldMessage(r))
				}
			}
			if n > 1 {
				delete(w.windows, windowKey{a.Index, s, n})
			}
		}
	}
	w.tallies[a.Sid] = out
	return out
}

// billsOf is the account's usage up to now. When only few days are asked for
// the others may be missing: a large family is not drawn to the end for them.
func (w *World) billsOf(a *account, from, to, now time.Time) bills {
	out, short := bills{}, to.Sub(from) <= 2*day
	if !short {
		out.merge(w.settledBills(a))
		from = w.state.Shape.Start // nothing from before the last window is open then
	}
	for _, r := range w.since(a, callStream, from, now) {
		if short || !w.settled(r) {
			out.addCall(w.phoneCall(a, r, now))
		}
	}
	for _, r := range w.since(a, messageStream, from, now) {
		if short || !w.settled(r) {
			out.addMessage(w.textMessage(a, r, now))
		}
	}
	if n := int64(len(a.Numbers)); n > 0 {
		for d := dayOf(w.windowEnd(historyDays)); d <= dayOf(now); d++ {
			out.add(d, bill{n, n, n * numberPerDay}, phoneNumbers)
		}
	}
	return out
}

// usage is what an account used, a parent with its subaccounts when wanted.
func (c *call) usage(a *account, family bool, from, to time.Time) bills {
	sum := c.billsOf(a, from, to, c.now)
	if a.isParent() && family {
		for _, sub := range c.state.Accounts[1:] {
			sum.merge(c.billsOf(sub, from, to, c.now))
		}
	}
	return sum
}

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
