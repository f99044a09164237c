package sim

import (
	"maps"
	"net/url"
	"slices"
	"strings"
)

// byAge ranks the newest thing highest, so that it comes first.
func byAge(t *thing) uint64 { return t.Seq }

// set copies the settings that the form gives, and returns what changed.
func (c *call) set(t *thing) (fields, *reply) {
	changes := fields{}
	for _, name := range slices.Sorted(maps.Keys(c.form)) {
		value := c.form.Get(name)
		if bad := badSetting(name, value); bad != nil {
			return nil, bad
		}
		if old := t.Settings[name]; old != value {
			changes[snake(name)] = fields{"previous": old, "updated": value}
		}
	}
	for name := range c.form {
		t.Settings[name] = c.form.Get(name)
	}
	t.Updated = c.now
	return changes, nil
}

func badSetting(name, value string) *reply {
	switch {
	case strings.HasSuffix(name, "Method") && value != "GET" && value != "POST":
		return new(invalid("%s must be GET or POST, not %q", name, value))
	case strings.HasSuffix(name, "Url") && value != "":
		if u, err := url.Parse(value); err != nil || u.Scheme == "" || u.Host == "" {
			return new(invalid("%s must be a whole URL, not %q", name, value))
		}
	case (name == "VoiceCallerIdLookup" || name == "PublicApplicationConnectEnabled") && value != "true" && value != "false":
		return new(invalid("%s must be true or false, not %q", name, value))
	}
	return nil
}

// value is a setting as JSON shows it.
func (t *thing) value(name string) any {
	v := t.Settings[name]
	switch {
	case name == "VoiceCallerIdLookup" || name == "PublicApplicationConnectEnabled":
		return v == "true"
	case strings.HasSuffix(name, "Sid") && v == "":
		return nil
	case strings.HasSuffix(name, "Method") && v == "":
		return "POST"
	}
	return v
}

func showNumber(a *account) func(*thing) fields {
	return func(t *thing) fields {
		body := fields{
			"sid": t.Sid, "account_sid": a.Sid, "phone_number": t.Phone, "origin": "twilio", "beta": false,
			"address_requirements": "none", "capabilities": fields{"voice": true, "sms": true, "mms": true, "fax": false},
			"date_created": rfc2822(t.Created), "date_updated": rfc2822(t.Updated),
			"emergency_address_status": "unregistered", "status": "in-use", "type": "local",
			"uri": link(a.Sid, "/IncomingPhoneNumbers/%s.json", t.Sid),
		}
		for _, name := range numberFields {
			if name != "AccountSid" {
				body[snake(name)] = t.value(name)
			}
		}
		for name, usual := range map[string]string{"api_version": "2010-04-01", "emergency_status": "Inactive", "voice_receive_mode": "voice"} {
			if body[name] == "" {
				body[name] = usual
			}
		}
		return body
	}
}

func (c *call) listNumbers() reply {
	var seen []*thing
	for _, t := range c.target.Numbers {
		phone, name, origin := c.query.Get("PhoneNumber"), c.query.Get("FriendlyName"), c.query.Get("Origin")
		if (phone == "" || strings.Contains(t.Phone, phone)) && (name == "" || t.Settings["FriendlyName"] == name) && (origin == "" || origin == "twilio") {
			seen = append(seen, t)
		}
	}
	return c.v2010(listOf("incoming_phone_numbers", seen, byAge, showNumber(c.target)))
}

func (c *call) fetchNumber() reply {
	if t := find(c.target.Numbers, c.vars["Sid"]); t != nil {
		return ok(showNumber(c.target)(t))
	}
	return c.notFound()
}

func (c *call) updateNumber() reply {
	t := find(c.target.Numbers, c.vars["Sid"])
	if t == nil {
		return c.notFound()
	}
	if c.form.Has("AccountSid") {
		return invalid("the simulated account does not move phone numbers between accounts")
	}
	changes, bad := c.set(t)
	if bad != nil {
		return *bad
	}
	c.note(c.target, c.author(), "phone-number.updated", "phone-number", t.Sid, "Phone number "+t.Phone+" updated", changes)
	return ok(showNumber(c.target)(t))
}

func showApp(a *account) func(*thing) fields {
	return func(t *thing) fields {
		body := fields{
			"sid": t.Sid, "account_sid": a.Sid, "date_created": rfc2822(t.Created), "date_updated": rfc2822(t.Updated),
			"uri": link(a.Sid, "/Applications/%s.json", t.Sid),
		}
		for _, name := range appFields {
			body[snake(name)] = t.value(name)
		}
		if body["api_version"] == "" {
			body["api_version"] = "2010-04-01"
		}
		return body
	}
}

func (c *call) listApps() reply {
	var seen []*thing
	for _, t := range c.target.Apps {
		if name := c.query.Get("FriendlyName"); name == "" || t.Settings["FriendlyName"] == name {
			seen = append(seen, t)
		}
	}
	return c.v2010(listOf("applications", seen, byAge, showApp(c.target)))
}

func (c *call) fetchApp() reply {
	if t := find(c.target.Apps, c.vars["Sid"]); t != nil {
		return ok(showApp(c.target)(t))
	}
	return c.notFound()
}

func (c *call) updateApp() reply {
	t := find(c.target.Apps, c.vars["Sid"])
	if t == nil {
		return c.notFound()
	}
	changes, bad := c.set(t)
	if bad != nil {
		return *bad
	}
	c.note(c.target, c.author(), "application.updated", "application", t.Sid, "Application updated", changes)
	return ok(showApp(c.target)(t))
}
