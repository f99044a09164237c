package sim

import "slices"

// A verified caller ID is made by a call to the number and a code that its
// owner types; that is not simulated.

func showCallerID(a *account) func(*thing) fields {
	return func(t *thing) fields {
		return fields{
			"sid": t.Sid, "account_sid": a.Sid, "phone_number": t.Phone, "friendly_name": t.Settings["FriendlyName"],
			"date_created": rfc2822(t.Created), "date_updated": rfc2822(t.Updated),
			"uri": link(a.Sid, "/OutgoingCallerIds/%s.json", t.Sid),
		}
	}
}

func (c *call) listCallerIDs() reply {
	var seen []*thing
	for _, t := range c.target.CallerIDs {
		phone, name := c.query.Get("PhoneNumber"), c.query.Get("FriendlyName")
		if (phone == "" || t.Phone == phone) && (name == "" || t.Settings["FriendlyName"] == name) {
			seen = append(seen, t)
		}
	}
	return c.v2010(listOf("outgoing_caller_ids", seen, byAge, showCallerID(c.target)))
}

func (c *call) fetchCallerID() reply {
	if t := find(c.target.CallerIDs, c.vars["Sid"]); t != nil {
		return ok(showCallerID(c.target)(t))
	}
	return c.notFound()
}

func (c *call) updateCallerID() reply {
	t := find(c.target.CallerIDs, c.vars["Sid"])
	if t == nil {
		return c.notFound()
	}
	if bad := c.badName(); bad != nil {
		return *bad
	}
	changes, bad := c.set(t)
	if bad != nil {
		return *bad
	}
	c.note(c.target, c.author(), "caller-id.updated", "caller-id", t.Sid, "Caller ID "+t.Phone+" updated", changes)
	return ok(showCallerID(c.target)(t))
}

func (c *call) deleteCallerID() reply {
	t := find(c.target.CallerIDs, c.vars["Sid"])
	if t == nil {
		return c.notFound()
	}
	c.target.CallerIDs = slices.DeleteFunc(c.target.CallerIDs, func(o *thing) bool { return o == t })
	c.note(c.target, c.author(), "caller-id.deleted", "caller-id", t.Sid, "Caller ID "+t.Phone+" deleted", t.lost())
	return gone()
}
