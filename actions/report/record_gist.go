package report

// gists are what the records of a kind say, in one line.
var gists = map[Kind]func(r record) string{
	Messages: func(r record) string {
		return join(": ", join(", ", r.way(), r.text("status"), with("error ", r.text("error_code"), "")), r.text("body"))
	},
	Calls: func(r record) string {
		return join(", ", r.way(), r.text("status"), with("", r.text("duration"), " s"))
	},
	Conferences: func(r record) string { return join(", ", r.text("friendly_name", "sid"), r.text("status")) },
	Recordings: func(r record) string {
		return join(", ", r.text("sid"), with("", r.text("duration"), " s"), r.text("status"), with("of ", r.text("call_sid", "conference_sid"), ""))
	},
	Events: func(r record) string {
		return join(", ", r.text("event_type"), r.text("actor_sid", "actor_type"), r.text("source_ip_address", "source"), r.text("resource_sid"))
	},
	Alerts: func(r record) string {
		return join(", ", join(" ", r.text("log_level"), r.text("error_code")), r.text("alert_text"))
	},
	Keys: func(r record) string { return join(", ", r.text("sid"), r.text("friendly_name")) },
	Numbers: func(r record) string {
		return join(", ", r.text("phone_number"), r.text("friendly_name"), r.text("voice_url"))
	},
	Applications: func(r record) string { return join(", ", r.text("friendly_name"), r.text("sid"), r.text("voice_url")) },
	Triggers: func(r record) string {
		return join(", ", r.text("friendly_name"), join(" ", r.text("usage_category"), r.text("trigger_by"), r.text("trigger_value")), r.text("recurring"), r.text("callback_url"))
	},
	CallerIDs: func(r record) string { return join(", ", r.text("phone_number"), r.text("friendly_name")) },
	Usage: func(r record) string {
		return join(", ", r.text("category"), join(" ", r.text("count"), r.text("count_unit")), join(" ", r.text("price"), r.text("price_unit")))
	},
	Accounts: func(r record) string { return join(", ", r.text("friendly_name"), r.text("status"), r.text("sid")) },
	VoiceGeo: func(r record) string {
		return join(": ", join(" ", r.text("iso_code"), r.text("name", "prefix")), join(", ",
			r.toggle("low risk", "low_risk_numbers_enabled"), r.toggle("special", "high_risk_special_numbers_enabled"),
			r.toggle("toll fraud", "high_risk_tollfraud_numbers_enabled")))
	},
	SMSGeo: func(r record) string {
		return join(": ", join(" ", r.text("country_code"), r.text("prefix")), r.toggle(r.text("type"), "enabled"))
	},
	Balance: func(r record) string { return join(" ", r.text("balance"), r.text("currency")) },
}

// gist is what a record says. A reply that says why it refused says that.
func (r record) gist(k Kind, raw []byte) string {
	if r.text("sid") == "" && r.text("code") != "" && r.text("message") != "" {
		return "error " + r.text("code") + ": " + r.text("message")
	}
	if tell, known := gists[k]; known {
		if s := tell(r); s != "" {
			return s
		}
	}
	if s := join(", ", r.text("sid"), r.text("friendly_name", "phone_number", "domain_name")); s != "" {
		return s
	}
	return first(raw)
}

// way is from whom to whom.
func (r record) way() string { return join(" -> ", r.text("from"), r.text("to")) }

// toggle says whether something is on; nothing where the record does not say.
func (r record) toggle(name, key string) string {
	switch r.text(key) {
	case "":
		return ""
	case "true":
		return join(" ", name, "on")
	case "false":
		return join(" ", name, "off")
	}
	return join(" ", name, r.text(key))
}
