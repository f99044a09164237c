package sim

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// edges are by which edge the hosts of a Region are named: a host is
// product.{edge}.{region}.twilio.com, and the form without an edge is dead.
var edges = map[string]string{"ie1": "dublin", "au1": "sydney", "jp1": "tokyo"}

// inRegion takes the Region out of a host: accounts.dublin.ie1.twilio.com is
// accounts.twilio.com in ie1. Any other host stays as it is.
func inRegion(host string) (inUS1, region string) {
	for name, edge := range edges {
		if product, found := strings.CutSuffix(host, "."+edge+"."+name+".twilio.com"); found {
			return product + ".twilio.com", name
		}
	}
	return host, ""
}

// regionalHost is the inverse of inRegion.
func regionalHost(host, region string) string {
	if region == "" {
		return host
	}
	return strings.TrimSuffix(host, ".twilio.com") + "." + edges[region] + "." + region + ".twilio.com"
}

// regional tells whether a route is answered in other Regions too: the account
// itself, its Auth Tokens and its audit log.
func (r *route) regional() bool {
	return r.area == areaTokens || r.pattern == own+".json" && r.method == http.MethodGet || r.host == hostMonitor
}

// foundRegions gives the parent a token in each other Region. They are drawn
// apart, so that everything else stays as it is without them.
func (s *state) foundRegions() {
	s.FirstRegions = map[string]string{}
	for _, region := range slices.Sorted(maps.Keys(edges)) {
		token := hex32(fold(s.Shape.Seed, word("region"), word(region)), fold(s.Shape.Seed, word("region"), word(region), 1))
		s.parent().ring(region).Primary = token
		s.FirstRegions[region] = token
		s.Secrets = append(s.Secrets, token)
	}
}

// ring is what opens the account in a Region.
func (a *account) ring(region string) *ring {
	if a.Regions == nil {
		a.Regions = map[string]*ring{}
	}
	if a.Regions[region] == nil {
		a.Regions[region] = &ring{}
	}
	return a.Regions[region]
}

// The same three operations as in US1, on the tokens of the Region.

func (c *call) deleteThere() reply {
	k := c.target.ring(c.region)
	if k.Secondary == "" {
		return c.notFound()
	}
	k.Secondary = ""
	c.note(c.target, c.author(), "account-auth-token.secondary-deleted", "account", c.target.Sid, "Secondary Auth Token deleted", nil)
	return gone()
}

func (c *call) createThere() reply {
	k := c.target.ring(c.region)
	if k.Secondary != "" && c.options.Switches.SecondSecondary == "refuse" {
		return byState(http.StatusBadRequest, 20400, "A secondary Auth Token already exists")
	}
	k.Secondary = c.state.newToken()
	c.note(c.target, c.author(), "account-auth-token.secondary-created", "account", c.target.Sid, "Secondary Auth Token created", nil)
	return c.showSecondary(k.Secondary)
}

func (c *call) promoteThere() reply {
	k := c.target.ring(c.region)
	_, secret, _ := c.BasicAuth()
	switch {
	case k.Secondary == "":
		return c.notFound()
	case c.options.Switches.SecondaryPromotes == "deny" && secret == k.Secondary:
		return unauthorised()
	}
	if lag := c.options.Switches.PromoteLag; lag > 0 {
		k.Lagging = append(k.Lagging, lagging{k.Primary, c.now.Add(lag)})
	}
	k.Primary, k.Secondary = k.Secondary, ""
	c.note(c.target, c.author(), "account-auth-token.promoted", "account", c.target.Sid, "Auth Token promoted", nil)
	return c.showPrimary(k.Primary)
}
