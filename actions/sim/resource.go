package sim

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// resource is one kind of thing that is only listed, read, set and deleted: one
// row of a table is all that the family knows of it.
type resource struct {
	id, host  string
	list, one string // paths; the list is the record itself where there is no key
	key       string // of the records in a list
	prefix    string // of their SIDs
	under     string // the kind that they belong to, whose SID is in the path
	event     string // what the audit log calls them; empty: it is silent about them
	query     string // parameters of the list
	shape     string
	form      string
	brief     string // shape in a list, empty for the same
	fetched   string // a member that only the record itself shows
	most      int    // largest page; 0: the usual
	drops     bool   // can be deleted
	takesJSON bool   // its form is the members of an object
	tokens    bool   // its list goes by Token and Size
	guessed   bool   // nobody has verified the shape, see Switches.Webhooks
}

func resourceOf(id string) *resource {
	i := slices.IndexFunc(resources, func(r *resource) bool { return r.id == id })
	return resources[i]
}

// resourceRoutes are the operations of all resources.
func resourceRoutes() []route {
	var all []route
	for _, r := range resources {
		list := route{method: http.MethodGet, host: r.host, pattern: r.list, list: r.key != "", most: r.most, query: strings.Fields(r.query), do: r.listed}
		if r.key == "" {
			list.do = r.single
		}
		all = append(all, list)
		one := r.one
		if one == "" {
			one = r.list
		} else {
			all = append(all, route{method: http.MethodGet, host: r.host, pattern: one, do: r.single})
		}
		if r.form != "" {
			all = append(all, route{method: http.MethodPost, host: r.host, pattern: one, form: strings.Fields(r.form), do: r.updated})
		}
		if r.drops {
			all = append(all, route{method: http.MethodDelete, host: r.host, pattern: one, do: r.deleted})
		}
	}
	return all
}

// fetches tells whether one record of a list can be read by itself.
func (r *resource) fetches() bool { return r.one != "" }

// holds are the things of a kind that an account has now.
func (w *World) holds(a *account, r *resource) []*thing {
	var all []*thing
	base := slices.Concat(w.past.things[r.of(a)], w.state.Made[r.of(a)])
	for _, t := range base {
		if now, touched := w.state.Touched[r.mark(a, t)]; touched {
			t = now
		}
		if t != nil {
			all = append(all, t)
		}
	}
	return all
}

func (r *resource) of(a *account) string { return r.id + " " + a.Sid }

// mark is by what a thing is known in the state.
func (r *resource) mark(a *account, t *thing) string {
	mark := r.of(a) + " " + t.Sid
	for _, in := range slices.Sorted(maps.Keys(t.Within)) {
		mark += " " + t.Within[in]
	}
	return mark
}

// touch makes t the present state of a thing; nil for one that is gone.
func (w *World) touch(a *account, r *resource, was, t *thing) {
	if w.state.Touched == nil {
		w.state.Touched = map[string]*thing{}
	}
	w.state.Touched[r.mark(a, was)] = t
}

// meant are the things that the path speaks of, and of a list all in it.
func (c *call) meant(r *resource) []*thing {
	var all []*thing
	for _, t := range c.holds(c.target, r) {
		fits := true
		for name, value := range c.vars {
			sid := t.Within[name]
			if sid == "" {
				sid = t.Sid
			}
			fits = fits && (name == "Account" || sid == value)
		}
		if fits {
			all = append(all, t)
		}
	}
	return all
}

func (r *resource) listed(c *call) reply {
	if gone := r.absent(c); gone != nil {
		return *gone
	}
	if r.under != "" && len(c.above(r)) == 0 {
		return c.notFound()
	}
	seen := c.meant(r)
	if of := c.query.Get("Channel"); of != "" {
		seen = slices.DeleteFunc(seen, func(t *thing) bool { return !strings.HasPrefix(t.Settings["sender_id"], of+":") })
	}
	l := listOf(r.key, seen, byAge, func(t *thing) fields { return r.show(c, t, false) })
	switch {
	case r.guessed && c.options.Switches.Webhooks == "data":
		all := make([]fields, 0, l.n)
		for i := range l.n {
			all = append(all, l.show(i))
		}
		return ok(fields{"data": all})
	case r.host == hostAPI:
		return c.v2010(l)
	case r.tokens:
		return c.byToken(l)
	}
	return c.meta(l)
}

// absent answers where nobody knows whether there is such a place.
func (r *resource) absent(c *call) *reply {
	if r.guessed && c.options.Switches.Webhooks == "absent" {
		return new(c.notFound())
	}
	return nil
}

// above are the things that the path says the resource is under.
func (c *call) above(r *resource) []*thing {
	return slices.DeleteFunc(c.holds(c.target, resourceOf(r.under)), func(t *thing) bool {
		return !slices.Contains(slices.Collect(maps.Values(c.vars)), t.Sid)
	})
}

func (r *resource) single(c *call) reply {
	if gone := r.absent(c); gone != nil {
		return *gone
	}
	for _, other := range resources { // jobs of all kinds have one path
		if other != r && (other.one != r.one || other.host != r.host || r.one == "") {
			continue
		}
		if all := c.meant(other); len(all) > 0 {
			return ok(other.show(c, all[0], true))
		}
	}
	return c.notFound()
}

// updated sets what the form says.
func (r *resource) updated(c *call) reply {
	all := c.meant(r)
	if len(all) == 0 {
		return c.notFound()
	}
	if r.takesJSON != c.isJSON() {
		return refusal(http.StatusUnsupportedMediaType, 20415, "Content Type not supported")
	}
	was := all[0]
	t := *was
	t.Settings, t.Updated = maps.Clone(was.Settings), c.now
	if t.Settings == nil {
		t.Settings = map[string]string{}
	}
	c.forget(&t)
	changes := fields{}
	for _, name := range slices.Sorted(maps.Keys(c.form)) {
		value, member := c.form.Get(name), memberOf(name)
		if bad := r.bad(name, value); bad != nil {
			return *bad
		}
		if old := t.Settings[member]; old != value {
			changes[member] = fields{"previous": old, "updated": value}
		}
		t.Settings[member] = value
	}
	if r.id == "studio-flows" {
		if bad := c.publish(&t); bad != nil {
			return *bad
		}
	}
	c.touch(c.target, r, was, &t)
	r.tell(c, "updated", &t, changes)
	return ok(r.show(c, &t, true))
}

// forget takes away what an object in JSON replaces: the strictest reading of a
// description that does not say what becomes of the members left out.
func (c *call) forget(t *thing) {
	for name := range c.form {
		if object, _, inner := strings.Cut(name, "."); inner && c.isJSON() {
			maps.DeleteFunc(t.Settings, func(member, _ string) bool { return strings.HasPrefix(member, object+".") })
		}
	}
}

// publish makes a new revision of a flow.
func (c *call) publish(t *thing) *reply {
	if !json.Valid([]byte(c.form.Get("Definition"))) || c.form.Get("Status") == "" {
		return new(invalid("Status and a Definition in JSON are required"))
	}
	n, _ := strconv.Atoi(t.Settings["revision"])
	t.Settings["revision"] = strconv.Itoa(n + 1)
	revisions := resourceOf("studio-revisions")
	if c.state.Made == nil {
		c.state.Made = map[string][]*thing{}
	}
	of := revisions.of(c.target)
	c.state.Made[of] = append(c.state.Made[of], &thing{
		Seq: uint64(n + 1), Sid: t.Sid, Created: c.now, Updated: c.now, Settings: maps.Clone(t.Settings),
		Within: map[string]string{"Sid": t.Sid, "Revision": strconv.Itoa(n + 1)},
	})
	return nil
}

// bad refuses a value that the member cannot have.
func (r *resource) bad(name, value string) *reply {
	for word := range strings.FieldsSeq(r.shape) {
		if of, kind, _ := strings.Cut(word, ":"); of == memberOf(name) && kind == "b" && value != "true" && value != "false" {
			return new(invalid("%s must be true or false, not %q", name, value))
		}
	}
	if name == "SipUrl" {
		return nil
	}
	if strings.HasSuffix(name, "_url") {
		name = "Url"
	}
	return badSetting(name, value)
}

func (r *resource) deleted(c *call) reply {
	all := c.meant(r)
	for _, other := range resources { // jobs of all kinds have one path
		if len(all) == 0 && other.one == r.one && other.host == r.host {
			all, r = c.meant(other), other
		}
	}
	if len(all) == 0 {
		return c.notFound()
	}
	c.touch(c.target, r, all[0], nil)
	r.tell(c, "deleted", all[0], all[0].lost())
	return gone()
}

func (r *resource) tell(c *call, what string, t *thing, changes fields) {
	if r.event != "" {
		c.note(c.target, c.author(), r.event+"."+what, r.event, t.Sid, r.event+" "+what, changes)
	}
}
