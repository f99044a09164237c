package sim

import (
	"slices"
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
