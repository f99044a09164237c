package sim

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// phoneCall is a call as it stands at some time.
type phoneCall struct {
	rec
	sid, to, from, direction, status string
	start, end                       time.Time // zero until it happens
	talked                           int64     // seconds
	price                            int64     // millionths of a dollar, once it is over
}

func pick[T any](d *rand.Rand, from []T) T { return from[d.IntN(len(from))] }

// somewhere draws where an ordinary record goes to or comes from.
func somewhere(d *rand.Rand) place {
	if d.IntN(10) == 0 {
		return pick(d, neighbours)
	}
	return pick(d, home)
}

// phone draws one of the account's own numbers.
func (a *account) phone(d *rand.Rand) string {
	if len(a.Numbers) == 0 {
		return "+441632960000"
	}
	return pick(d, a.Numbers).Phone
}

// phoneCall draws what the record says, as it stands now.
func (w *World) phoneCall(a *account, r rec, now time.Time) phoneCall {
	d := dice(r.seed)
	to, inbound := somewhere(d), d.IntN(10) < 4
	if r.attack() {
		to, inbound = pick(d, tollFraud), false
	}
	p := phoneCall{rec: r, sid: w.recordSID("CA", a, r.rank), from: a.phone(d), to: to.number.draw(d), direction: "outbound-api"}
	if inbound {
		p.from, p.to, p.direction = p.to, p.from, "inbound"
	}
	p.status = fate(d)
	if r.attack() {
		p.status = "completed"
	}
	p.progress(a.Stopped[p.sid], now)
	p.cost(to)
	return p
}

// oldCall draws of an ordinary call that is over no more than its cost needs.
func (a *account) oldCall(r rec) phoneCall {
	d := dice(r.seed)
	to, inbound := somewhere(d), d.IntN(10) < 4
	p := phoneCall{rec: r, direction: "outbound-api"}
	if inbound {
		p.direction = "inbound"
	}
	a.phone(d)
	d.IntN(to.number.n)
	p.status = fate(d)
	p.progress(stop{}, r.end())
	p.cost(to)
	return p
}

func (p *phoneCall) cost(to place) {
	minutes := (p.talked + 59) / 60
	if p.price = minutes * to.minute; p.direction == "inbound" {
		p.price = minutes * 8500
	}
}

// fate draws how an ordinary call ends.
func fate(d *rand.Rand) string {
	switch n := d.IntN(100); {
	case n < 88:
		return "completed"
	case n < 94:
		return "no-answer"
	case n < 97:
		return "busy"
	}
	return "failed"
}

// progress sets the call's status and times from its age, and from the moment
// when somebody ended it.
func (p *phoneCall) progress(s stop, now time.Time) {
	age, over := now.Sub(p.at()), p.overAt(s)
	switch {
	case s.Status == "canceled":
		p.status, p.end = "canceled", s.At
	case !over.After(now):
		p.start, p.end = p.at().Add(dialling*time.Second), over
		if s.Status != "" {
			p.status = s.Status
		}
		if p.status == "completed" {
			p.talked = max(0, int64(over.Sub(p.start)/time.Second))
		}
	case age < dialling*time.Second:
		p.status = "queued"
	case age < ringing*time.Second:
		p.status, p.start = "ringing", p.at().Add(dialling*time.Second)
	default:
		p.status, p.start = "in-progress", p.at().Add(dialling*time.Second)
		p.talked = int64(now.Sub(p.start) / time.Second)
	}
}

// overAt is when the call is over, by itself or by request.
func (p *phoneCall) overAt(s stop) time.Time {
	if s.Status != "" && s.At.Before(p.rec.end()) {
		return s.At
	}
	return p.rec.end()
}

func (p *phoneCall) over() bool { return !p.end.IsZero() }

// unpriced tells that the price of what ended then is not known yet: for two
// hours one record in five has none, although the usage records count it.
func (r rec) unpriced(end, now time.Time) bool {
	return r.seed%5 == 0 && now.Sub(end) < 2*time.Hour
}

func (w *World) showCall(a *account, p phoneCall, now time.Time) fields {
	uris := fields{}
	for _, name := range []string{"notifications", "recordings", "payments", "events", "siprec", "streams", "transcriptions", "user_defined_message_subscriptions", "user_defined_messages"} {
		uris[name] = link(a.Sid, "/Calls/%s/%s.json", p.sid, camel(name))
	}
	body := fields{
		"sid": p.sid, "account_sid": a.Sid, "parent_call_sid": nil, "group_sid": nil, "trunk_sid": nil,
		"to": p.to, "to_formatted": p.to, "from": p.from, "from_formatted": p.from, "phone_number_sid": w.numberSID(a, p),
		"status": p.status, "direction": p.direction, "answered_by": nil, "caller_name": nil, "forwarded_from": nil,
		"api_version": "2010-04-01", "queue_time": "0", "price_unit": "USD", "price": nil, "duration": nil,
		"date_created": rfc2822(p.at()), "date_updated": rfc2822(p.at()), "start_time": rfc2822(p.start), "end_time": rfc2822(p.end),
		"uri": link(a.Sid, "/Calls/%s.json", p.sid), "subresource_uris": uris,
	}
	if p.over() {
		body["date_updated"], body["duration"] = rfc2822(p.end), strconv.FormatInt(p.talked, 10)
		if !p.unpriced(p.end, now) {
			body["price"] = "-" + dollars(p.price)
		}
	}
	return body
}

func (w *World) numberSID(a *account, p phoneCall) any {
	for _, t := range a.Numbers {
		if t.Phone == p.from || t.Phone == p.to {
			return t.Sid
		}
	}
	return nil
}

// dollars writes millionths of a dollar as Twilio does.
func dollars(millionths int64) string {
	return fmt.Sprintf("%.5f", float64(millionths)/1e6)
}

var callStatuses = []string{"queued", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled"}

func (c *call) listCalls() reply {
	q := c.query
	if s := q.Get("Status"); s != "" && !slices.Contains(callStatuses, s) {
		return invalid("Status must be one of %s, not %q", strings.Join(callStatuses, ", "), s)
	}
	started, bad := c.times("StartTime")
	if bad != nil {
		return *bad
	}
	ended, bad := c.times("EndTime")
	if bad != nil {
		return *bad
	}
	a, seen := c.target, []rec(nil)
	all := c.all(a, callStream, c.now)
	if q.Get("Status")+q.Get("To")+q.Get("From")+q.Get("ParentCallSid") == "" && started.all() && ended.all() {
		seen = all
	} else {
		for _, r := range all {
			if !c.worthDrawing(r, q.Get("Status"), started) {
				continue
			}
			p := c.phoneCall(a, r, c.now)
			fits := (q.Get("Status") == "" || p.status == q.Get("Status")) && (q.Get("To") == "" || p.to == q.Get("To")) &&
				(q.Get("From") == "" || p.from == q.Get("From")) && q.Get("ParentCallSid") == ""
			if fits && started.fits(p.start) && ended.fits(p.end) {
				seen = append(seen, r)
			}
		}
	}
	return c.v2010(listing{"calls", len(seen), func(i int) uint64 { return seen[i].rank },
		func(i int) fields { return c.showCall(a, c.phoneCall(a, seen[i], c.now), c.now) }})
}

// worthDrawing drops most calls of a long history without drawing them.
func (c *call) worthDrawing(r rec, status string, started times) bool {
	live := status == "queued" || status == "ringing" || status == "in-progress"
	if live && !r.end().After(c.now) {
		return false
	}
	return r.end().After(started.from.From)
}

func (c *call) theCall() (phoneCall, bool) {
	r, ok := c.bySID("CA", c.target, callStream, c.vars["Sid"], c.now)
	if !ok {
		return phoneCall{}, false
	}
	return c.phoneCall(c.target, r, c.now), true
}

func (c *call) fetchCall() reply {
	p, ok := c.theCall()
	if !ok {
		return c.notFound()
	}
	return reply{status: http.StatusOK, body: c.showCall(c.target, p, c.now)}
}

// updateCall ends a call. Cancelling reaches only those not yet answered and
// leaves the others as they are.
func (c *call) updateCall() reply {
	p, found := c.theCall()
	if !found {
		return c.notFound()
	}
	status := c.form.Get("Status")
	if status != "completed" && status != "canceled" {
		return invalid("Status must be completed or canceled, not %q", status)
	}
	if p.over() {
		return byState(http.StatusBadRequest, 21220, "Call is not in-progress. Cannot redirect.")
	}
	if status == "completed" || p.status != "in-progress" {
		if p.status != "in-progress" {
			status = "canceled"
		}
		c.target.Stopped[p.sid] = stop{c.now, status}
	}
	return ok(c.showCall(c.target, c.phoneCall(c.target, p.rec, c.now), c.now))
}
