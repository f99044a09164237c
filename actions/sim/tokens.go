package sim

import (
	"net/http"
	"slices"
)

// The secondary token cannot be read by anybody after its creation, and works
// like the primary from the moment it exists. Promotion makes it the primary
// and kills the old primary, at once or after Switches.PromoteLag.

func (c *call) deleteSecondary() reply {
	if bad := c.badFlag("SuppressEmailNotification"); bad != nil {
		return *bad
	}
	if c.region != "" {
		return c.deleteThere()
	}
	if c.target.Secondary == "" {
		return c.notFound()
	}
	c.dropSecondary(c.target, c.author())
	return gone()
}

func (c *call) createSecondary() reply {
	if bad := c.badFlag("SuppressEmailNotification"); bad != nil {
		return *bad
	}
	if c.region != "" {
		return c.createThere()
	}
	a := c.target
	if a.Secondary != "" && c.options.Switches.SecondSecondary == "refuse" {
		return byState(http.StatusBadRequest, 20400, "A secondary Auth Token already exists")
	}
	c.makeSecondary(a, c.author())
	return c.showSecondary(a.Secondary)
}

func (c *call) promote() reply {
	if bad := c.badFlag("SuppressEmailNotification"); bad != nil {
		return *bad
	}
	if c.region != "" {
		return c.promoteThere()
	}
	a := c.target
	if _, secret, _ := c.BasicAuth(); c.options.Switches.SecondaryPromotes == "deny" && secret == a.Secondary && a.Secondary != "" {
		return unauthorised()
	}
	if a.Secondary == "" {
		return c.notFound()
	}
	if lag := c.options.Switches.PromoteLag; lag > 0 {
		a.Lagging = slices.DeleteFunc(a.Lagging, func(l lagging) bool { return !c.now.Before(l.Until) })
		a.Lagging = append(a.Lagging, lagging{a.Primary, c.now.Add(lag)})
	}
	a.Primary, a.Secondary = a.Secondary, ""
	c.note(a, c.author(), "account-auth-token.promoted", "account", a.Sid, "Auth Token promoted", nil)
	return c.showPrimary(a.Primary)
}

func (c *call) showSecondary(token string) reply {
	return created(fields{
		"account_sid": c.target.Sid, "secondary_auth_token": token,
		"date_created": iso(c.now), "date_updated": iso(c.now), "url": "https://" + regionalHost(hostAccounts, c.region) + c.path,
	})
}

func (c *call) showPrimary(token string) reply {
	return ok(fields{
		"account_sid": c.target.Sid, "auth_token": token,
		"date_created": iso(c.target.Created), "date_updated": iso(c.now), "url": "https://" + regionalHost(hostAccounts, c.region) + c.path,
	})
}

func (c *call) dropSecondary(a *account, by author) {
	a.Secondary = ""
	c.note(a, by, "account-auth-token.secondary-deleted", "account", a.Sid, "Secondary Auth Token deleted", nil)
}

func (c *call) makeSecondary(a *account, by author) {
	a.Secondary = c.state.newToken()
	c.note(a, by, "account-auth-token.secondary-created", "account", a.Sid, "Secondary Auth Token created", nil)
}
