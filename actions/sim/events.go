package sim

import (
	"slices"
	"time"
)

// event is one entry of an account's audit log at monitor.twilio.com.
type event struct {
	Seq                            uint64
	Sid, Account, Type             string
	Date                           time.Time
	Actor, ActorType, Source, IP   string
	ResourceType, Resource, Detail string
	Changes                        fields `json:",omitempty"`
	Region                         string `json:",omitempty"` // "" for US1
}

// author is who did something, as an event names him.
type author struct{ sid, kind, source, ip string }

const (
	eventsKept = 30 * 24 * time.Hour
	clientIP   = "198.51.100.23" // the responder, whose real address would make answers differ
	officeIP   = "198.51.100.7"
	intruderIP = "203.0.113.66"
)

// author is the client of this request.
func (c *call) author() author {
	a := author{c.who.account.Sid, "account", "api", clientIP}
	if c.who.key != nil && c.options.Switches.KeyActor == "key" {
		a.sid = c.who.key.Sid
	}
	return a
}

// note writes an event of the present.
func (c *call) note(a *account, by author, kind, resourceType, resource, detail string, changes fields) {
	c.state.Counter++
	c.state.Events = append(c.state.Events, event{
		Seq: c.state.Counter, Sid: c.state.newSID("AE"), Account: a.Sid, Type: kind, Date: c.now,
		Actor: by.sid, ActorType: by.kind, Source: by.source, IP: by.ip,
		ResourceType: resourceType, Resource: resource, Detail: detail, Changes: changes, Region: c.region,
	})
}

// rank orders events by time, and by their making within a second.
func (e event) rank() uint64  { return uint64(e.Date.Unix())<<rankBits | e.Seq }
func (al alert) rank() uint64 { return uint64(al.Date.Unix())<<rankBits | al.Seq }

func showEvent(e event) fields {
	url := "https://" + hostMonitor + "/v1/Events/" + e.Sid
	var actor, ip any = e.Actor, e.IP
	if e.IP == "" {
		ip = nil
	}
	changes := e.Changes
	if changes == nil {
		changes = fields{}
	}
	return fields{
		"sid": e.Sid, "account_sid": e.Account, "event_type": e.Type, "event_date": iso(e.Date),
		"actor_sid": actor, "actor_type": e.ActorType, "source": e.Source, "source_ip_address": ip,
		"resource_type": e.ResourceType, "resource_sid": e.Resource, "description": e.Detail,
		"event_data": fields{"resource_properties": changes}, "url": url, "links": fields{
			"actor":    "https://" + hostAPI + base + "/" + e.Account + ".json",
			"resource": "https://" + hostAPI + base + "/" + e.Account + ".json",
		},
	}
}

// eventsOf returns what the account's audit log still holds, oldest first.
func (c *call) eventsOf(a *account) []event {
	var out []event
	for _, all := range [][]event{c.past.events, c.state.Events} {
		for _, e := range all {
			if e.Account == a.Sid && e.Region == c.region && c.now.Sub(e.Date) <= eventsKept {
				out = append(out, e)
			}
		}
	}
	return out
}

// listEvents takes one filter beside the dates; Twilio refuses a second.
func (c *call) listEvents() reply {
	var filter string
	for _, name := range []string{"ActorSid", "EventType", "ResourceSid", "SourceIpAddress"} {
		if !c.query.Has(name) {
			continue
		}
		if filter != "" {
			return invalid("only one filter is allowed beside StartDate and EndDate, not both %s and %s", filter, name)
		}
		filter = name
	}
	between, bad := c.dates()
	if bad != nil {
		return *bad
	}
	want := c.query.Get(filter)
	seen := slices.DeleteFunc(c.eventsOf(c.target), func(e event) bool {
		got := map[string]string{"ActorSid": e.Actor, "EventType": e.Type, "ResourceSid": e.Resource, "SourceIpAddress": e.IP}
		return !between.holds(e.Date) || (filter != "" && got[filter] != want)
	})
	return c.meta(listOf("events", seen, event.rank, showEvent))
}

func (c *call) fetchEvent() reply {
	for _, e := range c.eventsOf(c.target) {
		if e.Sid == c.vars["Sid"] {
			return ok(showEvent(e))
		}
	}
	return c.notFound()
}

// dates reads StartDate and EndDate; a date alone as EndDate includes its day.
func (c *call) dates() (span, *reply) {
	var out span
	for name, into := range map[string]*time.Time{"StartDate": &out.From, "EndDate": &out.To} {
		v := c.query.Get(name)
		if v == "" {
			continue
		}
		t, day, err := readTime(v)
		if err != nil {
			return out, new(invalid("%s must be a date or an ISO 8601 time, not %q", name, v))
		}
		if *into = t; name == "EndDate" {
			*into = t.Add(time.Second)
			if day {
				*into = t.AddDate(0, 0, 1)
			}
		}
	}
	return out, nil
}

// readTime reads a date, or a time in ISO 8601.
func readTime(s string) (t time.Time, day bool, err error) {
	if t, err = time.Parse(time.DateOnly, s); err == nil {
		return t, true, nil
	}
	t, err = time.Parse(time.RFC3339, s)
	return t.UTC(), false, err
}

// alert is one entry of the debugger's log.
type alert struct {
	Seq                    uint64
	Sid, Account, Resource string
	Date                   time.Time
	Level, Code, Text, URL string
}

func showAlert(al alert) fields {
	return fields{
		"sid": al.Sid, "account_sid": al.Account, "resource_sid": al.Resource, "service_sid": nil,
		"alert_text": al.Text, "api_version": "2010-04-01", "error_code": al.Code, "log_level": al.Level,
		"more_info":    "https://www.twilio.com/docs/errors/" + al.Code,
		"date_created": iso(al.Date), "date_generated": iso(al.Date), "date_updated": iso(al.Date),
		"request_method": "POST", "request_url": al.URL, "url": "https://" + hostMonitor + "/v1/Alerts/" + al.Sid,
	}
}

func (c *call) alertsOf(a *account) []alert {
	var out []alert
	for _, al := range c.past.alerts {
		if al.Account == a.Sid && c.now.Sub(al.Date) <= eventsKept {
			out = append(out, al)
		}
	}
	return out
}

func (c *call) listAlerts() reply {
	between, bad := c.dates()
	if bad != nil {
		return *bad
	}
	if !between.From.IsZero() && !between.To.IsZero() && between.To.Sub(between.From) > eventsKept+24*time.Hour {
		return invalid("the range from StartDate to EndDate must be 30 days at most")
	}
	level := c.query.Get("LogLevel")
	seen := slices.DeleteFunc(c.alertsOf(c.target), func(al alert) bool {
		return !between.holds(al.Date) || (level != "" && al.Level != level)
	})
	return c.meta(listOf("alerts", seen, alert.rank, showAlert))
}

func (c *call) fetchAlert() reply {
	for _, al := range c.alertsOf(c.target) {
		if al.Sid == c.vars["Sid"] {
			body := showAlert(al)
			body["request_variables"], body["request_headers"] = "AccountSid="+al.Account, ""
			body["response_headers"], body["response_body"] = "Content-Type=text/html", "<h1>Internal Server Error</h1>"
			return ok(body)
		}
	}
	return c.notFound()
}
