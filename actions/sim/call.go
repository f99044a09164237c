package sim

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// request is what came in, read to its end.
type request struct {
	*http.Request
	host, path string // the host as it is in US1
	region     string // that the host named, "" for US1
	form       url.Values
	raw        []byte // of SendGrid's, which take JSON
	busy       int64
}

// call is one request while it is executed, alone, under the world's lock.
type call struct {
	*World
	request
	now    time.Time // in whole seconds, as Twilio tells time
	exact  time.Time // in milliseconds, for the log of acts
	route  *route
	vars   map[string]string
	query  url.Values
	who    credential
	target *account // the account in the path, or the credential's own
}

const largestForm = 1 << 20

// read reads the body to its end: a form, or what SendGrid takes.
func (q *request) read() (err error) {
	q.form = url.Values{}
	if q.Body == nil {
		return nil
	}
	if q.raw, err = io.ReadAll(io.LimitReader(q.Body, largestForm)); err != nil || isMail(q.host) {
		return err
	}
	if q.isJSON() {
		return flatten(q.form, q.raw)
	}
	q.form, err = url.ParseQuery(string(q.raw))
	return err
}

func (q *request) isJSON() bool {
	return strings.HasPrefix(q.Header.Get("Content-Type"), "application/json")
}

// flatten makes a form of an object: a member within another one is named with
// both, as in webhook.callback_url.
func flatten(form url.Values, raw []byte) error {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		return err
	}
	for name, value := range all {
		var inner map[string]json.RawMessage
		if json.Unmarshal(value, &inner) == nil {
			for of, v := range inner {
				form.Set(name+"."+of, plain(v))
			}
			continue
		}
		form.Set(name, plain(value))
	}
	return nil
}

// plain is a value of JSON as a setting: a text as it is, null as none, anything
// else as it is written.
func plain(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

// run finds the route, checks who asks and how, and acts.
func (c *call) run() reply {
	if !c.match() {
		return c.unknown()
	}
	if c.route.area >= areaSignIn {
		return c.organization()
	}
	if !c.authenticate() {
		return unauthorised()
	}
	if bad := c.admit(); bad != nil {
		return *bad
	}
	if bad := c.checkNames(); bad != nil {
		return *bad
	}
	out := c.route.do(c)
	c.record(out)
	return out
}

// match finds the route and the variables in its path.
func (c *call) match() bool {
	for i := range c.routes {
		r := &c.routes[i]
		if r.method != c.Method || r.host != c.host || c.region != "" && !r.regional() {
			continue
		}
		if vars, ok := r.match(c.path); ok {
			c.route, c.vars = r, vars
			return true
		}
	}
	return false
}

// checkNames refuses query names and form fields that Twilio does not know,
// which Twilio itself would silently ignore.
func (c *call) checkNames() *reply {
	query, err := url.ParseQuery(c.URL.RawQuery)
	if err != nil {
		return new(invalid("the query %q cannot be read", c.URL.RawQuery))
	}
	c.query = query
	for name := range query {
		if !slices.Contains(c.route.query, name) && !(c.route.list && slices.Contains(pagingNames, name)) {
			return new(invalid("the simulated account does not know the query parameter %q of %s %s", name, c.Method, c.route.pattern))
		}
	}
	for name := range c.form {
		if !slices.Contains(c.route.form, name) {
			return new(invalid("the simulated account does not know the form field %q of %s %s", name, c.Method, c.route.pattern))
		}
	}
	return nil
}

// record keeps a changing request in the act log and lets the intruder react.
func (c *call) record(out reply) {
	if c.Method == http.MethodGet || (out.status >= 300 && !out.logged) {
		return
	}
	c.act("client", c.target.Sid, c.Method, regionalHost(c.host, c.region), c.path, out.status)
	if out.status < 300 && c.region == "" { // he knows no token of other Regions
		c.answerBack()
		c.settle(c.now)
		c.shut(c.now)
		c.mark(c.now)
	}
}

func (c *call) act(actor, account, method, host, path string, status int) {
	c.state.Acts = append(c.state.Acts, Act{
		Time: c.exact, Actor: actor, Account: account, Method: method, Host: host, Path: path, Status: status,
	})
}

// badFlag refuses a form field that is neither true nor false.
func (c *call) badFlag(name string) *reply {
	if v := c.form.Get(name); v != "" && v != "true" && v != "false" {
		return new(invalid("%s must be true or false, not %q", name, v))
	}
	return nil
}

// route is one operation that the family knows.
type route struct {
	method, host, pattern string
	area                  area
	permission            string // what a restricted key needs; empty: no restricted key may
	list                  bool   // takes PageSize, Page and PageToken
	most                  int    // the largest PageSize, 0 for the usual one
	query, form           []string
	do                    func(*call) reply
}

// match compares the path segment by segment; {Name} takes a whole SID, {Iso}
// the code of a country, {Revision} a number.
func (r *route) match(path string) (map[string]string, bool) {
	want, got := strings.Split(r.pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return nil, false
	}
	vars := map[string]string{}
	for i, w := range want {
		g, isVar := got[i], strings.HasPrefix(w, "{")
		if name, ok := strings.CutSuffix(w, ".json"); ok && isVar {
			if g, ok = strings.CutSuffix(g, ".json"); !ok {
				return nil, false
			}
			w = name
		}
		switch {
		case !isVar && w != g:
			return nil, false
		case isVar && !isSID(g) && !(w == "{Iso}" && isISO(g)) && !(w == "{Revision}" && isNumber(g)):
			return nil, false
		case isVar:
			vars[strings.Trim(w, "{}")] = g
		}
	}
	return vars, true
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func isISO(s string) bool {
	return len(s) == 2 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

func isSID(s string) bool {
	if len(s) != 34 || s[0] < 'A' || s[0] > 'Z' || s[1] < 'A' || s[1] > 'Z' {
		return false
	}
	return strings.Trim(s[2:], "0123456789abcdef") == ""
}

// link is the path of something in an account, in the old API.
func link(account string, rest string, args ...any) string {
	return "/2010-04-01/Accounts/" + account + fmt.Sprintf(rest, args...)
}
