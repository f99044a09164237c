package sim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The SendGrid side. It has keys, people and settings of its own; what a Twilio
// token opens it does not. Each of its collections is a shelf: records as its
// descriptions have them, and the few requests that are known of it.

const (
	hostMail   = "api.sendgrid.com"
	hostMailEU = "api.eu.sendgrid.com"

	mailAMinute     = 600 // requests of each path; SendGrid says its limits in headers
	activityAMinute = 6   // of them for the mail activity (docs: Email Activity, rate limit)
)

func isMail(host string) bool { return host == hostMail || host == hostMailEU }

// shelf is one collection.
type shelf struct {
	id, path string
	list     string // member that holds the records; "" for an array, "." for the one record itself
	key      string // member by which a record is known
	by       string // member that stands in paths instead
	one      string // path of one, where it is not path/{}
	read     string // scope
	post     int    // status of the answer to each method; 0: the method is not known
	patch    int
	del      int
	fields   []string // that a change may name
	required []string // of them, by PATCH too
	hide     []string // members that the list does not show
	hideOne  []string // members that the answer to a change does not show
	query    []string
	subusers bool
	get      bool // of one
	many     bool // one is answered as a list of one
}

// mailLimit counts the requests of the present minute.
type mailLimit struct {
	began time.Time
	n     int
}

func (l *mailLimit) count(most int, now time.Time) (http.Header, bool) {
	if now.Sub(l.began) >= time.Minute {
		*l = mailLimit{began: now}
	}
	within := l.n < most
	if within {
		l.n++
	}
	h := http.Header{}
	h.Set("X-RateLimit-Limit", strconv.Itoa(most))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(most-l.n))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(l.began.Add(time.Minute).Unix(), 10))
	return h, within
}

func mailRefusal(status int, message string) reply {
	return reply{status: status, body: fields{"errors": []fields{{"message": message, "field": nil}}}}
}

func mailNotFound() reply {
	out := mailRefusal(http.StatusNotFound, "not found")
	out.logged = true
	return out
}

// mail answers SendGrid's hosts.
func (c *call) mail() reply {
	c.target = c.state.parent()
	path, most := c.path, mailAMinute
	if strings.HasPrefix(path, "/v3/messages") {
		path, most = "/v3/messages", activityAMinute
	}
	key := c.mailKey()
	if key == nil {
		return mailRefusal(http.StatusUnauthorized, "The provided authorization grant is invalid, expired, or revoked")
	}
	if c.mailLimits == nil {
		c.mailLimits = map[string]*mailLimit{}
	}
	if c.mailLimits[path] == nil {
		c.mailLimits[path] = &mailLimit{}
	}
	headers, within := c.mailLimits[path].count(most, c.now)
	out := mailRefusal(http.StatusTooManyRequests, "too many requests")
	if within {
		out = c.mailAs(key)
	}
	out.header = headers
	if c.Method != http.MethodGet && (out.status < 300 || out.logged) {
		c.act("client", c.target.Sid, c.Method, c.host, c.path, out.status)
		c.mark(c.now)
	}
	return out
}

// mailKey is the key that the request carries; nil if there is none such. Of
// all keys only the secret of the responder's is known to anybody.
func (c *call) mailKey() fields {
	given, is := strings.CutPrefix(c.Header.Get("Authorization"), "Bearer ")
	if !is || given == "" || given != c.state.SendGridKey {
		return nil
	}
	return c.pick("", "api-keys", "api_key_id", strings.Split(given, ".")[1])
}

func (c *call) pick(user, shelf, key, id string) fields {
	for _, r := range c.state.Mail[user][shelf] {
		if word := plainText(r[key]); word == id {
			return r
		}
	}
	return nil
}

func plainText(v any) string {
	if f, is := v.(float64); is {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

// mailAs answers for the account, or for the subuser in whose behalf is asked.
func (c *call) mailAs(key fields) reply {
	query, err := url.ParseQuery(c.URL.RawQuery)
	if err != nil {
		return mailRefusal(http.StatusBadRequest, "the query cannot be read")
	}
	c.query = query
	user := c.Header.Get("on-behalf-of")
	if sub := c.pick("", "subusers", "username", user); user != "" && (sub == nil || (sub["region"] == "eu") != (c.host == hostMailEU)) {
		return mailRefusal(http.StatusForbidden, "access forbidden")
	}
	if out, known := c.mailTraffic(user); known {
		return out
	}
	if parts := strings.Split(c.path, "/"); c.Method == http.MethodPost && len(parts) == 7 && parts[2] == "templates" && parts[4] == "versions" && parts[6] == "activate" {
		return c.activateVersion(user, parts[3], parts[5])
	}
	if c.path == "/v3/scopes" && c.Method == http.MethodGet {
		return ok(fields{"scopes": key["scopes"]})
	}
	for _, s := range shelves {
		id, in, matches := s.match(c.path)
		if !matches {
			continue
		}
		if user != "" && !s.subusers {
			return mailRefusal(http.StatusForbidden, "access forbidden")
		}
		if !holdsScope(key, s.read) {
			return mailRefusal(http.StatusForbidden, "access forbidden")
		}
		return c.mailShelf(s, user, id, in)
	}
	return c.unknown()
}

func holdsScope(key fields, scope string) bool {
	held, _ := json.Marshal(key["scopes"]) // a list of words, read back or not
	return scope == "" || strings.Contains(string(held), `"`+scope+`"`)
}

// match reads the ID out of a path, and of what it lies in.
func (s shelf) match(path string) (id, in string, matches bool) {
	if before, after, within := strings.Cut(s.path, "{}"); within {
		rest, is := strings.CutPrefix(path, before)
		if in, is2 := strings.CutSuffix(rest, after); is && is2 && in != "" && !strings.Contains(in, "/") {
			return "", in, true
		}
	} else if path == s.path {
		return "", "", true
	}
	one := s.one
	if one == "" {
		one = s.path + "/"
	}
	id, is := strings.CutPrefix(path, one)
	return id, "", is && id != "" && !strings.Contains(id, "/") && s.list != "."
}

// mailShelf answers a request for a collection or one of its records.
func (c *call) mailShelf(s shelf, user, id, in string) reply {
	for name := range c.query {
		if !slices.Contains(s.query, name) {
			return mailRefusal(http.StatusBadRequest, "the simulated account does not know the query parameter "+name)
		}
	}
	switch {
	case c.Method == http.MethodGet && id == "":
		return c.mailList(s, user, in)
	case c.Method == http.MethodGet && s.get:
		return c.mailOne(s, user, id)
	case c.Method == http.MethodPost && s.post > 0 && id == "":
		return c.mailPost(s, user)
	case c.Method == http.MethodPatch && s.patch > 0:
		return c.mailPatch(s, user, id)
	case c.Method == http.MethodDelete && s.del > 0 && id != "":
		return c.mailDelete(s, user, id)
	}
	return c.unknown()
}

func (s shelf) known() string {
	if s.by != "" {
		return s.by
	}
	return s.key
}

// without leaves members out.
func hidden(r fields, names []string) fields {
	out := fields{}
	for name, v := range r {
		if !slices.Contains(names, name) {
			out[name] = v
		}
	}
	return out
}

func (c *call) mailList(s shelf, user, in string) reply {
	all := []fields{}
	for _, r := range c.state.Mail[user][s.id] {
		if in == "" || r["intergration_id"] == in { // so SendGrid spells it
			all = append(all, hidden(r, s.hide))
		}
	}
	switch {
	case s.list == "." && len(all) == 1:
		return ok(all[0])
	case s.list == ".":
		return mailNotFound()
	case s.list == "":
		return ok(c.window(all))
	}
	body := fields{s.list: c.window(all)}
	switch s.id {
	case "event-webhooks":
		body["max_allowed"] = 5
	case "templates":
		self := "https://api.sendgrid.com/v3/templates"
		body["_metadata"] = fields{"prev": "", "self": self, "next": "", "count": len(all)}
	}
	return ok(body)
}

// window is what limit and offset leave of a list.
func (c *call) window(all []fields) []fields {
	from, _ := strconv.Atoi(c.query.Get("offset"))
	most, err := strconv.Atoi(c.query.Get("limit"))
	if err != nil || most < 1 {
		most = len(all)
	}
	from = min(max(0, from), len(all))
	return all[from:min(len(all), from+most)]
}

func (c *call) mailOne(s shelf, user, id string) reply {
	r := c.pick(user, s.id, s.known(), id)
	if r == nil {
		return mailNotFound()
	}
	if s.many {
		return ok(fields{"result": []fields{r}})
	}
	return ok(r)
}

// said reads the JSON of a change. What the shelf does not know is refused.
func (c *call) said(s shelf) (fields, *reply) {
	var body fields
	if err := json.Unmarshal(c.raw, &body); err != nil || body == nil {
		return nil, new(mailRefusal(http.StatusBadRequest, "the body is not a JSON object"))
	}
	for name := range body {
		if !slices.Contains(s.fields, name) {
			return nil, new(mailRefusal(http.StatusBadRequest, "the simulated account does not know the field "+name+" of "+s.path))
		}
	}
	for _, name := range s.required {
		if _, has := body[name]; !has {
			return nil, new(mailRefusal(http.StatusBadRequest, "the field "+name+" is missing"))
		}
	}
	return body, nil
}

func (c *call) mailPatch(s shelf, user, id string) reply {
	r := c.pick(user, s.id, s.known(), id)
	if s.list == "." && id == "" && len(c.state.Mail[user][s.id]) == 1 {
		r = c.state.Mail[user][s.id][0]
	}
	if r == nil {
		return mailNotFound()
	}
	body, bad := c.said(s)
	if bad != nil {
		return *bad
	}
	for name, v := range body {
		r[name] = v
	}
	c.stamp(r)
	if s.patch == http.StatusNoContent {
		return gone()
	}
	return ok(hidden(r, s.hideOne))
}

// stamp notes when a record was changed, where it says that.
func (c *call) stamp(r fields) {
	if _, has := r["updated_date"]; has {
		r["updated_date"] = iso(c.now)
	}
	for _, name := range []string{"updated_at", "last_updated"} {
		if _, is := r[name].(string); !is && r[name] != nil {
			r[name] = c.now.Unix()
		}
	}
}

func (c *call) mailDelete(s shelf, user, id string) reply {
	r := c.pick(user, s.id, s.known(), id)
	if r == nil {
		return mailNotFound()
	}
	all := c.state.Mail[user][s.id]
	c.state.Mail[user][s.id] = slices.DeleteFunc(all, func(o fields) bool { return plainText(o[s.known()]) == id })
	switch {
	case s.id == "webhook-policies":
		return ok(fields{"policy": ""})
	case s.del == http.StatusOK:
		return ok(r)
	}
	return gone()
}

// mailPost makes a record.
func (c *call) mailPost(s shelf, user string) reply {
	body, bad := c.said(s)
	if bad != nil {
		return *bad
	}
	var made []fields
	switch s.id {
	case "allow-list":
		list, _ := body["ips"].([]any)
		for _, one := range list {
			ip, _ := one.(map[string]any)
			made = append(made, fields{"ip": ip["ip"]})
		}
	default:
		made = append(made, body)
	}
	for _, r := range made {
		c.complete(s, user, r)
		c.state.Mail[user][s.id] = append(c.state.Mail[user][s.id], r)
	}
	if s.id == "allow-list" {
		return created(fields{"result": made})
	}
	return created(made[0])
}

// complete gives a new record what nobody sends: its ID and its times.
func (c *call) complete(s shelf, user string, r fields) {
	switch s.id {
	case "allow-list", "alerts":
		c.state.Counter++
		r["id"], r["created_at"], r["updated_at"] = 1000+int(c.state.Counter), c.now.Unix(), c.now.Unix()
	}
	if s.id == "alerts" && r["frequency"] == nil {
		r["frequency"] = ""
	}
	if s.id == "alerts" && r["percentage"] == nil {
		r["percentage"] = 0
	}
}
