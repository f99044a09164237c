package sim

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// mailed is one mail that went out. None is stored: they follow from the shape.
type mailed struct {
	id, to, subject string
	at              time.Time
	his             bool
}

// mails are those of the last 30 days, the newest first.
func (w *World) mails() (all []mailed) {
	start := w.state.Shape.Start
	for n := range 30 * 12 {
		at := start.Add(-time.Duration(n)*2*time.Hour - 17*time.Minute)
		subject := []string{"Your parcel %d is on its way", "Receipt %d", "Parcel %d was left with a neighbour"}[n%3]
		all = append(all, mailed{fmt.Sprintf("own%05d", n), fmt.Sprintf("reader%d@example.org", n%40), fmt.Sprintf(subject, 40000+n), at, false})
	}
	for n := range 80 {
		if w.state.Shape.Scenario == mailStory {
			at := start.Add(-time.Duration(n+1) * 20 * time.Second)
			all = append(all, mailed{fmt.Sprintf("his%05d", n), fmt.Sprintf("victim%d@example.org", n), fmt.Sprintf("Customs fee unpaid for parcel %d", 9000+n), at, true})
		}
	}
	slices.SortStableFunc(all, func(a, b mailed) int { return b.at.Compare(a.at) })
	return all
}

// mailTraffic answers the mail activity and the statistics.
func (c *call) mailTraffic(user string) (reply, bool) {
	if c.Method != http.MethodGet {
		return reply{}, false
	}
	id, one := strings.CutPrefix(c.path, "/v3/messages/")
	switch {
	case c.path == "/v3/messages" && user == "" && c.host == hostMail:
		return c.listMails(), true
	case one && user == "" && c.host == hostMail:
		return c.fetchMail(id), true
	case c.path == "/v3/stats":
		return c.mailDays(false), true
	case c.path == "/v3/subusers/stats":
		return c.mailDays(true), true
	}
	return reply{}, false
}

var betweenTimes = regexp.MustCompile(`^last_event_time BETWEEN TIMESTAMP "([^"]+)" AND TIMESTAMP "([^"]+)"$`)

func (c *call) listMails() reply {
	if c.options.Switches.EmailActivity == "none" {
		return mailRefusal(http.StatusForbidden, "access forbidden")
	}
	between := betweenTimes.FindStringSubmatch(c.query.Get("query"))
	most, err := strconv.Atoi(c.query.Get("limit"))
	if between == nil || err != nil || most < 1 || most > 1000 {
		return mailRefusal(http.StatusBadRequest, "the query is not one that the simulated account understands")
	}
	from, err := time.Parse(time.RFC3339, between[1])
	to, err2 := time.Parse(time.RFC3339, between[2])
	if err != nil || err2 != nil {
		return mailRefusal(http.StatusBadRequest, "invalid timestamp")
	}
	list := []fields{}
	for _, m := range c.mails() {
		if !m.at.Before(from) && !m.at.After(to) && len(list) < most {
			list = append(list, fields{"from_email": "parcels@" + mailDomain, "msg_id": m.id, "subject": m.subject, "to_email": m.to, "status": "delivered",
				"opens_count": 0, "clicks_count": 0, "last_event_time": iso(m.at)})
		}
	}
	return ok(fields{"messages": list})
}

func (c *call) fetchMail(id string) reply {
	if c.options.Switches.EmailActivity == "none" {
		return mailRefusal(http.StatusForbidden, "access forbidden")
	}
	for _, m := range c.mails() {
		if m.id != id {
			continue
		}
		key, ip := "shopMailerKeyFake00001", mailOffice
		if m.his {
			key, ip = hisMailKey, intruderIP
		}
		return ok(fields{"from_email": "parcels@" + mailDomain, "msg_id": m.id, "subject": m.subject, "to_email": m.to, "status": "delivered", "template_id": "",
			"asm_group_id": 1, "teammate": "", "api_key_id": key, "events": []fields{}, "originating_ip": ip, "categories": []string{}, "unique_args": "{}",
			"outbound_ip": "192.0.2.25", "outbound_ip_type": "shared"})
	}
	return mailRefusal(http.StatusNotFound, "not found")
}

// mailDays are the statistics, a day each.
func (c *call) mailDays(below bool) reply {
	since, err := time.Parse(time.DateOnly, c.query.Get("start_date"))
	if err != nil || below != c.query.Has("subusers") {
		return mailRefusal(http.StatusBadRequest, "start_date is missing or no date")
	}
	sent := map[string]int{}
	for _, m := range c.mails() {
		sent[m.at.UTC().Format(time.DateOnly)]++
	}
	days := []fields{}
	for day := since; !day.After(c.now); day = day.Add(24 * time.Hour) {
		n := sent[day.Format(time.DateOnly)]
		if below {
			n = 3
		}
		stats := fields{"metrics": mailMetrics(n)}
		if below {
			stats["name"], stats["type"] = c.query.Get("subusers"), "subuser"
		}
		days = append(days, fields{"date": day.Format(time.DateOnly), "stats": []fields{stats}})
	}
	return ok(days)
}

func mailMetrics(n int) fields {
	m := fields{}
	for _, name := range strings.Fields("blocks bounce_drops bounces clicks deferred invalid_emails opens spam_report_drops spam_reports unique_clicks unique_opens unsubscribe_drops unsubscribes") {
		m[name] = 0
	}
	m["delivered"], m["processed"], m["requests"] = n, n, n
	return m
}

// activateVersion makes a version of a template the active one.
// POST /v3/templates/{template_id}/versions/{version_id}/activate.
func (c *call) activateVersion(user, template, version string) reply {
	r := c.pick(user, "templates", "id", template)
	if r == nil {
		return mailNotFound()
	}
	var made fields
	for _, v := range versionsOf(r) {
		if plainText(v["id"]) == version {
			made = v
		}
	}
	if made == nil {
		return mailNotFound()
	}
	for _, v := range versionsOf(r) {
		v["active"] = 0
	}
	made["active"] = 1
	out := fields{"warnings": []fields{}, "test_data": ""}
	for name, v := range made {
		out[name] = v
	}
	return ok(out)
}
