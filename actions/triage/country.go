package triage

import (
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

func set(words ...string) map[string]bool {
	all := map[string]bool{}
	for _, w := range words {
		all[w] = true
	}
	return all
}

func listed(codes string) map[string]bool { return set(strings.Fields(codes)...) }

// countries remembers where numbers belong, by how they begin.
type countries map[string]string

// of is the country that a number belongs to: its ISO code, a calling code such
// as +881 where no country has it, or "" where what is called is no number. A
// number that nobody can have counts too: those are the ones that earn.
func (c countries) of(to string) string {
	if scheme, rest, is := strings.Cut(to, ":"); is {
		if scheme != "whatsapp" && scheme != "rcs" {
			return ""
		}
		to = rest
	}
	if !strings.HasPrefix(to, "+") {
		return ""
	}
	key := to[:min(len(to), 9)]
	found, known := c[key]
	if !known {
		found = country(to)
		c[key] = found
	}
	return found
}

func country(to string) string {
	n, err := phonenumbers.Parse(to, "ZZ")
	if err != nil {
		return ""
	}
	code := int(n.GetCountryCode())
	region := phonenumbers.GetRegionCodeForNumber(n)
	if region == "" {
		region = phonenumbers.GetRegionCodeForCountryCode(code)
	}
	if len(region) != 2 || region == "ZZ" {
		return "+" + strconv.Itoa(code)
	}
	return region
}
