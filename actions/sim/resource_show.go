package sim

import (
	"encoding/json"
	"strconv"
	"strings"
)

// memberOf is the member that a form field sets: AutoCreation.WebhookUrl sets
// auto_creation.webhook_url.
func memberOf(field string) string {
	parts := strings.Split(field, ".")
	for i, p := range parts {
		parts[i] = snake(p)
	}
	return strings.Join(parts, ".")
}

// show is the record of a thing.
func (r *resource) show(c *call, t *thing, whole bool) fields {
	body, shape := fields{}, r.shape
	if r.brief != "" && (!whole || c.route.pattern == r.list) {
		shape = r.brief
	}
	for word := range strings.FieldsSeq(shape) {
		name, kind, _ := strings.Cut(word, ":")
		body[name] = r.member(c, t, name, kind)
		if name == r.fetched && !whole {
			body[name] = nil
		}
	}
	if whole && r.key == "jobs" {
		body["url"] = c.selfOf(r, t)
	}
	return body
}

func (r *resource) member(c *call, t *thing, name, kind string) any {
	value, set := t.Settings[name]
	usual, isWord := strings.CutPrefix(kind, "=")
	switch {
	case strings.HasPrefix(name, "date_created") || strings.HasSuffix(name, "target_date_created"):
		return r.time(t, kind, true)
	case name == "date_updated" || name == "status_last_updated_timestamp":
		return r.time(t, kind, false)
	case kind == "b":
		return value == "true"
	case kind == "i":
		n, _ := strconv.Atoi(value)
		return n
	case kind == "u":
		return c.selfOf(r, t)
	case kind == "l":
		return jsonOr(value, "[]")
	case kind == "o":
		return t.object(name, value)
	case kind == "m" && value == "", isWord && value == "":
		return map[bool]string{true: "POST", false: usual}[kind == "m"]
	case set && value != "":
		return value
	}
	return r.named(c, t, name)
}

func (r *resource) time(t *thing, kind string, created bool) any {
	at := t.Updated
	if created {
		at = t.Created
	}
	if kind == "r" {
		return rfc2822(at)
	}
	return iso(at)
}

// named are the members that follow from where the thing is.
func (r *resource) named(c *call, t *thing, name string) any {
	switch name {
	case "sid", "job_sid", "connect_app_sid", "domain_sid", "port_in_request_sid":
		return t.Sid
	case "account_sid":
		return c.target.Sid
	case "resource_type":
		return strings.Split(r.list, "/")[3]
	case "api_version":
		return "2010-04-01"
	}
	for in, sid := range t.Within {
		if snake(in) == name {
			return sid
		}
	}
	return nil
}

// selfOf is the address of a record.
func (c *call) selfOf(r *resource, t *thing) string {
	path := c.path
	if r.host == hostAPI {
		return path
	}
	if r.key != "" && !strings.HasSuffix(path, t.Sid) {
		path += "/" + t.Sid
	}
	return "https://" + r.host + path
}

// object is a member that is one: from JSON, or from its own settings.
func (t *thing) object(name, value string) any {
	if value != "" {
		return json.RawMessage(value)
	}
	out := fields{}
	for of, v := range t.Settings {
		if inner, is := strings.CutPrefix(of, name+"."); is {
			out[inner] = v
		}
	}
	if len(out) == 0 && name != "links" && name != "subresource_uris" {
		return nil
	}
	return out
}

func jsonOr(value, usual string) json.RawMessage {
	if value == "" {
		value = usual
	}
	return json.RawMessage(value)
}
