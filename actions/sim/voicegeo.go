package sim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// dialing is which numbers of a country may be called.
type dialing uint8

const (
	lowRisk dialing = 1 << iota
	highRiskSpecial
	highRiskTollfraud
)

const everyNumber = lowRisk | highRiskSpecial | highRiskTollfraud

// dialingFlags are the names of the three kinds of numbers, in answers and in
// updates.
var dialingFlags = []struct {
	name, query string
	bit         dialing
}{
	{"low_risk_numbers_enabled", "LowRiskNumbersEnabled", lowRisk},
	{"high_risk_special_numbers_enabled", "HighRiskSpecialNumbersEnabled", highRiskSpecial},
	{"high_risk_tollfraud_numbers_enabled", "HighRiskTollfraudNumbersEnabled", highRiskTollfraud},
}

func (d dialing) show() fields {
	out := fields{}
	for _, f := range dialingFlags {
		out[f.name] = d&f.bit != 0
	}
	return out
}

// voiceOf is the account's dialing permissions as they are in force: a
// subaccount that inherits has its parent's, and keeps its own for later.
func (s *state) voiceOf(a *account) map[string]dialing {
	if a.Inherits {
		return s.parent().Voice
	}
	return a.Voice
}

func (c *call) showCountry(one country) fields {
	address := "https://" + hostVoice + "/v1/DialingPermissions/Countries/" + one.iso
	body := c.state.voiceOf(c.target)[one.iso].show()
	body["iso_code"], body["name"], body["continent"], body["country_codes"] = one.iso, one.name, one.continent, one.codes
	body["url"], body["links"] = address, fields{"highrisk_special_prefixes": address + "/HighRiskSpecialPrefixes"}
	return body
}

func (c *call) listCountries() reply {
	for _, f := range dialingFlags {
		if bad := c.badQueryFlag(f.query); bad != nil {
			return *bad
		}
	}
	var seen []country
	for _, one := range countries {
		if c.wantsCountry(one) {
			seen = append(seen, one)
		}
	}
	return c.meta(listOf("content", seen, country.rank, c.showCountry))
}

// wantsCountry applies the filters.
func (c *call) wantsCountry(one country) bool {
	iso, continent, code := c.query.Get("IsoCode"), c.query.Get("Continent"), strings.TrimPrefix(c.query.Get("CountryCode"), "+")
	if (iso != "" && iso != one.iso) || (continent != "" && continent != one.continent) || (code != "" && !slices.Contains(one.codes, "+"+code)) {
		return false
	}
	may := c.state.voiceOf(c.target)[one.iso]
	for _, f := range dialingFlags {
		if v := c.query.Get(f.query); v != "" && v != strconv.FormatBool(may&f.bit != 0) {
			return false
		}
	}
	return true
}

func (c *call) fetchCountry() reply {
	one, found := countryOf(c.vars["Iso"])
	if !found {
		return c.notFound()
	}
	return ok(c.showCountry(one))
}

func (c *call) listPrefixes() reply {
	if _, found := countryOf(c.vars["Iso"]); !found {
		return c.notFound()
	}
	all := specialPrefixes[c.vars["Iso"]]
	n := len(all)
	return c.meta(listing{"content", n, func(i int) uint64 { return uint64(n - i) },
		func(i int) fields { return fields{"prefix": all[i]} }})
}

// updateCountries changes all countries of the request, or none.
func (c *call) updateCountries() reply {
	wanted, bad := readBulk(c.form.Get("UpdateRequest"))
	if bad != nil {
		return *bad
	}
	a, changes := c.target, fields{}
	for iso, may := range wanted {
		if old := a.Voice[iso]; old != may {
			changes[iso] = fields{"previous": old.show(), "updated": may.show()}
		}
		a.dial(iso, may)
	}
	if len(changes) > 0 {
		c.note(a, c.author(), "voice-geographic-permissions.updated", "voice-geographic-permissions", a.Sid,
			"Voice geographic permissions updated", changes)
	}
	return created(fields{"update_count": len(wanted), "update_request": "accepted"})
}

// dial sets what may be called in a country.
func (a *account) dial(iso string, may dialing) {
	if a.Voice == nil {
		a.Voice = map[string]dialing{}
	}
	if a.Voice[iso] = may; may == 0 {
		delete(a.Voice, iso)
	}
}

// readBulk reads the update request: JSON in a form field, with the flags as
// strings.
func readBulk(text string) (map[string]dialing, *reply) {
	var all []map[string]any
	if err := json.Unmarshal([]byte(text), &all); err != nil || len(all) == 0 {
		return nil, new(invalid("UpdateRequest must be a JSON array of countries, not %q", text))
	}
	out := map[string]dialing{}
	for _, one := range all {
		iso, may, err := readUpdate(one)
		if err != nil {
			return nil, new(invalid("UpdateRequest: %v", err))
		}
		if _, twice := out[iso]; twice {
			return nil, new(invalid("UpdateRequest names %s twice", iso))
		}
		out[iso] = may
	}
	return out, nil
}

func readUpdate(one map[string]any) (iso string, may dialing, err error) {
	iso, _ = one["iso_code"].(string)
	if _, found := countryOf(iso); !found {
		return "", 0, fmt.Errorf("there is no country with the iso_code %v", one["iso_code"])
	}
	if len(one) != 1+len(dialingFlags) {
		return "", 0, fmt.Errorf("%s needs iso_code and the three flags, and nothing else", iso)
	}
	for _, f := range dialingFlags {
		switch one[f.name] {
		case "true":
			may |= f.bit
		case "false":
		default:
			return "", 0, fmt.Errorf("%s of %s must be the string true or false, not %v", f.name, iso, one[f.name])
		}
	}
	return iso, may, nil
}

func (c *call) showSettings() fields {
	return fields{"dialing_permissions_inheritance": c.target.Inherits, "url": "https://" + hostVoice + "/v1/Settings"}
}

func (c *call) fetchSettings() reply { return ok(c.showSettings()) }

// updateSettings lets a subaccount inherit its parent's permissions, or not.
func (c *call) updateSettings() reply {
	if bad := c.badFlag("DialingPermissionsInheritance"); bad != nil {
		return *bad
	}
	a, before := c.target, c.target.Inherits
	if a.isParent() {
		return byState(http.StatusBadRequest, 20001, "Only a subaccount can inherit voice dialing permissions")
	}
	if v := c.form.Get("DialingPermissionsInheritance"); v != "" {
		a.Inherits = v == "true"
	}
	if a.Inherits != before {
		c.note(a, c.author(), "voice-geographic-permissions.updated", "voice-geographic-permissions", a.Sid,
			"Voice geographic permissions inheritance updated", inheritance(before, a.Inherits))
	}
	return reply{status: http.StatusAccepted, body: c.showSettings()}
}

func inheritance(before, after bool) fields {
	return fields{"dialing_permissions_inheritance": fields{"previous": before, "updated": after}}
}
