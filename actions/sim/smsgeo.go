package sim

import (
	"encoding/json"
	"net/http"
	"slices"
)

// Countries that messages go to are one list for the family: a subaccount has
// its parent's unless somebody said otherwise in the Console, which is not
// simulated. Some countries change in the Console alone; what the API does
// with those is Switches.SMSGeo.

const geoUnchanged = 30649 // the change was ignored

var (
	consoleOnly = []string{"AZ", "BD", "DZ", "IL", "LK", "NG", "OM", "PK", "PS", "TJ", "TN"}
	unsupported = []string{"CU", "IR", "SY"}
)

// permission is one item of an update.
type permission struct {
	Country string `json:"country_code"`
	Type    string `json:"type"`
	Enabled *bool  `json:"enabled"`
}

// refused says why the API does not change a country; empty when it does.
func (c *call) refused(iso string) string {
	_, known := countryOf(iso)
	switch {
	case !known:
		return "Country code is not valid"
	case !c.target.isParent():
		return "The permissions of the subaccount are inherited"
	case slices.Contains(consoleOnly, iso):
		return "High risk country permission cannot be updated"
	case slices.Contains(unsupported, iso):
		return "Non-supported country permission cannot be updated"
	}
	return ""
}

func (c *call) fetchSMSGeo() reply {
	want := c.query.Get("CountryCode")
	all := slices.Clone(countries)
	slices.SortFunc(all, func(a, b country) int { return int(b.rank()) - int(a.rank()) })
	items := []fields{}
	for _, one := range all {
		if want != "" && want != one.iso {
			continue
		}
		message := ""
		switch {
		case slices.Contains(consoleOnly, one.iso):
			message = "High Risk Country"
		case slices.Contains(unsupported, one.iso):
			message = "Non-supported Country"
		}
		items = append(items, fields{
			"country_code": one.iso, "type": "country", "enabled": c.state.parent().SMS[one.iso], "prefix": one.codes[0], "message": message,
		})
	}
	if len(items) == 0 {
		return invalid("there is no country with the CountryCode %q", want)
	}
	return ok(fields{"permissions": items})
}

func (c *call) updateSMSGeo() reply {
	var wanted []permission
	for _, text := range c.form["Permissions"] {
		var p permission
		if err := json.Unmarshal([]byte(text), &p); err != nil || p.Type != "country" || p.Enabled == nil || p.Country == "" {
			return invalid("Permissions must be objects with country_code, type (country) and enabled, not %q", text)
		}
		wanted = append(wanted, p)
	}
	if len(wanted) == 0 {
		return invalid("Permissions is required")
	}
	if c.options.Switches.SMSGeo == "refuse" {
		return byState(http.StatusForbidden, 20403, "Messaging geographic permissions can be changed in the Console only")
	}
	items, changes := []fields{}, fields{}
	for _, p := range wanted {
		items = append(items, c.permit(p, changes))
	}
	if len(changes) > 0 {
		c.note(c.target, c.author(), "sms-geographic-permissions.updated", "sms-geographic-permissions", c.target.Sid,
			"SMS geographic permissions updated", changes)
	}
	return ok(fields{"permissions": items})
}

// permit applies one item and says what became of it.
func (c *call) permit(p permission, changes fields) fields {
	on := c.state.parent().SMS
	item := fields{"country_code": p.Country, "type": p.Type, "error_code": 0, "error_messages": []string{}}
	if why := c.refused(p.Country); why == "" {
		if on[p.Country] != *p.Enabled {
			changes[p.Country] = fields{"previous": on[p.Country], "updated": *p.Enabled}
		}
		c.target.text(p.Country, *p.Enabled)
	} else if c.options.Switches.SMSGeo != "silent" {
		item["error_code"], item["error_messages"] = geoUnchanged, []string{why}
	}
	item["enabled"] = c.state.parent().SMS[p.Country]
	return item
}

// text allows or forbids messages to a country.
func (a *account) text(iso string, may bool) {
	if a.SMS == nil {
		a.SMS = map[string]bool{}
	}
	if a.SMS[iso] = may; !may {
		delete(a.SMS, iso)
	}
}
