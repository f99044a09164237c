package sim

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const mostTriggers = 1000

var (
	recurrences   = []string{"daily", "monthly", "yearly", "alltime"}
	triggerBys    = []string{"count", "usage", "price"}
	triggerFields = []string{"CallbackUrl", "CallbackMethod", "FriendlyName", "TriggerValue", "UsageCategory", "Recurring", "TriggerBy"}
)

func (c *call) showTrigger(t *thing) fields {
	body := fields{
		"sid": t.Sid, "account_sid": c.target.Sid, "api_version": "2010-04-01", "current_value": amount(c.reached(t)),
		"date_created": rfc2822(t.Created), "date_updated": rfc2822(t.Updated), "date_fired": rfc2822(t.Fired),
		"uri":              link(c.target.Sid, "/Usage/Triggers/%s.json", t.Sid),
		"usage_record_uri": link(c.target.Sid, "/Usage/Records%s.json?Category=%s", triggerPeriod(t), url.QueryEscape(t.Settings["UsageCategory"])),
	}
	for _, name := range triggerFields {
		body[snake(name)] = t.Settings[name]
	}
	return body
}

// triggerPeriod is the kind of usage records that the trigger watches.
func triggerPeriod(t *thing) string {
	return map[string]string{"daily": "/Today", "monthly": "/ThisMonth", "yearly": "/Yearly"}[t.Settings["Recurring"]]
}

// reached is what the trigger's value has come to in its present period.
func (c *call) reached(t *thing) float64 {
	today := c.now.Truncate(day)
	from := map[string]time.Time{
		"daily": today, "monthly": today.AddDate(0, 0, 1-today.Day()), "yearly": today.AddDate(0, 0, 1-today.YearDay()),
		"alltime": c.windowEnd(historyDays).Truncate(day),
	}[t.Settings["Recurring"]]
	var sum bill
	all := c.usage(c.target, true, from, today)
	for d := dayOf(from); d <= dayOf(today); d++ {
		sum = sum.plus(all.at(d, t.Settings["UsageCategory"]))
	}
	switch t.Settings["TriggerBy"] {
	case "price":
		return float64(sum.price) / 1e6
	case "count":
		return float64(sum.count)
	}
	return float64(sum.usage)
}

// amount writes a value as short as it can be.
func amount(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func (c *call) listTriggers() reply {
	for name, allowed := range map[string][]string{"Recurring": recurrences, "TriggerBy": triggerBys} {
		if v := c.query.Get(name); v != "" && !slices.Contains(allowed, v) {
			return invalid("%s must be one of %s, not %q", name, strings.Join(allowed, ", "), v)
		}
	}
	var seen []*thing
	for _, t := range c.target.Triggers {
		fits := true
		for _, name := range []string{"Recurring", "TriggerBy", "UsageCategory"} {
			fits = fits && (c.query.Get(name) == "" || c.query.Get(name) == t.Settings[name])
		}
		if fits {
			seen = append(seen, t)
		}
	}
	return c.v2010(listOf("usage_triggers", seen, byAge, c.showTrigger))
}

func (c *call) fetchTrigger() reply {
	if t := find(c.target.Triggers, c.vars["Sid"]); t != nil {
		return ok(c.showTrigger(t))
	}
	return c.notFound()
}

// badTrigger refuses a form that describes no trigger.
func (c *call) badTrigger() *reply {
	for _, name := range []string{"CallbackUrl", "TriggerValue", "UsageCategory"} {
		if c.form.Get(name) == "" {
			return new(invalid("%s is required", name))
		}
	}
	for name, allowed := range map[string][]string{"Recurring": recurrences, "TriggerBy": triggerBys} {
		if v := c.form.Get(name); v != "" && !slices.Contains(allowed, v) {
			return new(invalid("%s must be one of %s, not %q", name, strings.Join(allowed, ", "), v))
		}
	}
	if v, err := strconv.ParseFloat(strings.TrimPrefix(c.form.Get("TriggerValue"), "+"), 64); err != nil || !(v >= 0 && v < 1e12) {
		return new(invalid("TriggerValue must be a number, or + and a number, not %q", c.form.Get("TriggerValue")))
	}
	if v := c.form.Get("UsageCategory"); strings.Trim(v, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
		return new(invalid("there is no UsageCategory %q", v))
	}
	return nil
}

func (c *call) createTrigger() reply {
	for _, bad := range []*reply{c.badTrigger(), c.badName()} {
		if bad != nil {
			return *bad
		}
	}
	if len(c.target.Triggers) >= mostTriggers {
		return byState(http.StatusBadRequest, 20001, "The account has as many usage triggers as it may have")
	}
	c.state.Counter++
	t := &thing{Seq: c.state.Counter, Sid: c.state.newSID("UT"), Created: c.now, Settings: map[string]string{
		"FriendlyName": "", "CallbackMethod": "POST", "Recurring": "alltime", "TriggerBy": "usage",
	}}
	changes, bad := c.set(t)
	if bad != nil {
		return *bad
	}
	if offset, relative := strings.CutPrefix(c.form.Get("TriggerValue"), "+"); relative {
		v, _ := strconv.ParseFloat(offset, 64) // badTrigger has read it
		t.Settings["TriggerValue"] = amount(c.reached(t) + v)
		changes["trigger_value"] = fields{"previous": "", "updated": t.Settings["TriggerValue"]}
	}
	c.target.Triggers = append(c.target.Triggers, t)
	c.note(c.target, c.author(), "usage-trigger.created", "usage-trigger", t.Sid, "Usage trigger created", changes)
	return created(c.showTrigger(t))
}

func (c *call) updateTrigger() reply {
	t := find(c.target.Triggers, c.vars["Sid"])
	if t == nil {
		return c.notFound()
	}
	if bad := c.badName(); bad != nil {
		return *bad
	}
	if c.form.Has("CallbackUrl") && c.form.Get("CallbackUrl") == "" {
		return invalid("CallbackUrl must be a whole URL")
	}
	changes, bad := c.set(t)
	if bad != nil {
		return *bad
	}
	c.note(c.target, c.author(), "usage-trigger.updated", "usage-trigger", t.Sid, "Usage trigger updated", changes)
	return ok(c.showTrigger(t))
}

func (c *call) deleteTrigger() reply {
	t := find(c.target.Triggers, c.vars["Sid"])
	if t == nil {
		return c.notFound()
	}
	c.target.Triggers = slices.DeleteFunc(c.target.Triggers, func(o *thing) bool { return o == t })
	c.note(c.target, c.author(), "usage-trigger.deleted", "usage-trigger", t.Sid, "Usage trigger deleted", t.lost())
	return gone()
}

// lost is what the event of a deletion says: everything that there was.
func (t *thing) lost() fields {
	out := fields{}
	if t.Phone != "" {
		out["phone_number"] = fields{"previous": t.Phone, "updated": nil}
	}
	for _, name := range slices.Sorted(maps.Keys(t.Settings)) {
		out[snake(name)] = fields{"previous": t.Settings[name], "updated": nil}
	}
	return out
}
