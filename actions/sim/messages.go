package sim

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// textMessage is a message as it stands at some time.
type textMessage struct {
	rec
	sid, to, from, direction, status, body string
	service                                any // the messaging service of a scheduled message
	sent                                   time.Time
	failure                                int // Twilio's code
	price                                  int64
}

// textMessage draws what the record says, as it stands now.
func (w *World) textMessage(a *account, r rec, now time.Time) textMessage {
	d := dice(r.seed)
	to, inbound := somewhere(d), d.IntN(100) < 15
	text := fill(d, pick(d, parcelTexts))
	if r.attack() {
		to, inbound, text = pick(d, smished), false, fill(d, pick(d, smishTexts))
	}
	m := textMessage{rec: r, sid: w.recordSID("SM", a, r.rank), from: a.phone(d), to: to.number.draw(d), direction: "outbound-api", body: text}
	if inbound {
		m.from, m.to, m.direction, m.body = m.to, m.from, "inbound", pick(d, []string{"OK", "Thanks!", "STOP", "Please leave it at the door"})
	}
	m.status, m.failure = outcome(d, inbound, r.attack())
	if r.scheduled() {
		m.service = "MG" + hex32(fold(w.state.Shape.Seed, word("service"), uint64(a.Index)), mix(uint64(a.Index)))
	}
	m.progress(a.Stopped[m.sid], now)
	if m.attack() && within(a.Pauses, m.end()) && !m.end().After(now) && m.status != "canceled" {
		m.status, m.failure, m.sent = "failed", 30002, time.Time{} // the account was suspended while it waited
	}
	m.cost(to)
	return m
}

// oldMessage draws of an ordinary message that is over no more than its cost
// needs.
func oldMessage(r rec) textMessage {
	d := dice(r.seed)
	to, inbound := somewhere(d), d.IntN(100) < 15
	m := textMessage{rec: r, direction: "outbound-api", sent: r.end()}
	if inbound {
		m.direction = "inbound"
	}
	m.cost(to)
	return m
}

func (m *textMessage) cost(to place) {
	switch {
	case m.sent.IsZero():
		m.price = 0
	case m.direction == "inbound":
		m.price = 7500
	default:
		m.price = to.message
	}
}

// fill puts drawn numbers into a text.
func fill(d *rand.Rand, text string) string {
	args := make([]any, strings.Count(text, "%"))
	for i := range args {
		args[i] = d.IntN(1e6)
	}
	return fmt.Sprintf(text, args...)
}

// outcome draws how a message ends, and with which error.
func outcome(d *rand.Rand, inbound, attack bool) (string, int) {
	n := d.IntN(100)
	switch {
	case inbound:
		return "received", 0
	case attack && n < 12:
		return "undelivered", 30007
	case n < 4:
		return "undelivered", 30003
	case n < 6:
		return "failed", 30006
	}
	return "delivered", 0
}

// progress sets status and times from the message's age, and from the moment
// when somebody cancelled it.
func (m *textMessage) progress(s stop, now time.Time) {
	switch {
	case s.Status != "":
		m.status, m.failure = s.Status, 0
	case !m.end().After(now):
		m.sent = m.end()
	case m.scheduled():
		m.status, m.failure = "scheduled", 0
	case m.attack():
		m.status, m.failure = "queued", 0
	default:
		m.status, m.failure, m.sent = "sent", 0, m.at()
	}
}

func (m *textMessage) waits() bool { return m.status == "scheduled" || m.status == "queued" }

func showMessage(a *account, m textMessage, now time.Time) fields {
	s := a.Stopped[m.sid]
	body := fields{
		"sid": m.sid, "account_sid": a.Sid, "messaging_service_sid": m.service, "to": m.to, "from": m.from,
		"body": m.body, "status": m.status, "direction": m.direction, "num_segments": "1", "num_media": "0",
		"error_code": nil, "error_message": nil, "price": nil, "price_unit": "USD", "api_version": "2010-04-01",
		"date_created": rfc2822(m.at()), "date_updated": rfc2822(m.at()), "date_sent": rfc2822(m.sent),
		"uri": link(a.Sid, "/Messages/%s.json", m.sid), "subresource_uris": fields{
			"media": link(a.Sid, "/Messages/%s/Media.json", m.sid), "feedback": link(a.Sid, "/Messages/%s/Feedback.json", m.sid),
		},
	}
	if m.failure != 0 {
		body["error_code"], body["error_message"] = m.failure, "Message not delivered"
	}
	if !m.sent.IsZero() {
		body["date_updated"] = rfc2822(m.sent)
		if !m.unpriced(m.sent, now) {
			body["price"] = "-" + dollars(m.price)
		}
	}
	if s.Status != "" {
		body["date_updated"] = rfc2822(s.At)
	}
	return body
}

func (c *call) listMessages() reply {
	q, a := c.query, c.target
	sent, bad := c.times("DateSent")
	if bad != nil {
		return *bad
	}
	seen := c.all(a, messageStream, c.now)
	if q.Get("To")+q.Get("From") != "" || !sent.all() {
		all := seen
		seen = nil
		for _, r := range all {
			if r.end().Before(sent.from.From) {
				continue
			}
			m := c.textMessage(a, r, c.now)
			if (q.Get("To") == "" || m.to == q.Get("To")) && (q.Get("From") == "" || m.from == q.Get("From")) && sent.fits(m.sent) {
				seen = append(seen, r)
			}
		}
	}
	return c.v2010(listing{"messages", len(seen), func(i int) uint64 { return seen[i].rank },
		func(i int) fields {
			return showMessage(a, c.textMessage(a, seen[i], c.now), c.now)
		}})
}

func (c *call) theMessage() (textMessage, bool) {
	r, ok := c.bySID("SM", c.target, messageStream, c.vars["Sid"], c.now)
	if !ok {
		return textMessage{}, false
	}
	return c.textMessage(c.target, r, c.now), true
}

func (c *call) fetchMessage() reply {
	m, found := c.theMessage()
	if !found {
		return c.notFound()
	}
	return ok(showMessage(c.target, m, c.now))
}

// updateMessage cancels a message that waits.
func (c *call) updateMessage() reply {
	m, found := c.theMessage()
	if !found {
		return c.notFound()
	}
	if s := c.form.Get("Status"); s != "canceled" {
		return invalid("Status must be canceled, not %q", s)
	}
	if !m.waits() || (m.status == "queued" && c.options.Switches.CancelQueued == "refuse") {
		return byState(http.StatusBadRequest, 30409, "Message cannot be cancelled: its status is "+m.status)
	}
	c.target.Stopped[m.sid] = stop{c.now, "canceled"}
	return ok(showMessage(c.target, c.textMessage(c.target, m.rec, c.now), c.now))
}
