package sim

import (
	"crypto/subtle"
	"net/http"
	"slices"
	"strconv"
)

// credential is whose word a request carries: an account's token, or one of
// its keys.
type credential struct {
	account *account
	key     *key
}

// authenticate finds whom the Basic credentials belong to. A suspended or
// closed account has no credentials at all.
func (c *call) authenticate() bool {
	user, secret, ok := c.BasicAuth()
	if !ok {
		return false
	}
	if a := c.state.account(user); a != nil {
		c.who = credential{account: a}
		return a.accepts(secret, c.region, c.now)
	}
	if c.region != "" {
		return false // its keys are its own, and there are none
	}
	for _, a := range c.state.Accounts {
		if k := a.key(user); k != nil {
			c.who = credential{account: a, key: k}
			return a.active() && subtle.ConstantTimeCompare([]byte(k.Secret), []byte(secret)) == 1
		}
	}
	return false
}

// suspended is how an account family answers that Twilio suspended: 401, or one
// of the codes that were seen. Which one comes nobody has verified.
func (c *call) suspended() *reply {
	switch s := c.options.Switches.MainAccount; s {
	case "open", "rotated":
		return nil
	case "401":
		return new(unauthorised())
	default:
		code, _ := strconv.Atoi(s)
		return new(refusal(http.StatusForbidden, code, "The account is not active"))
	}
}

// admit refuses what the credential may not reach, and sets the target.
func (c *call) admit() *reply {
	if out := c.suspended(); out != nil {
		return out
	}
	sid, named := c.vars["Account"]
	c.target = c.who.account
	if named {
		c.target = c.state.account(sid)
	}
	if c.who.key != nil {
		return c.admitKey(sid, named)
	}
	switch {
	case c.target == c.who.account:
		return nil
	case !c.who.account.isParent():
		return new(unauthorised())
	case c.target == nil:
		c.target = c.who.account // so that the log names the account that asked
		return new(refusal(404, 20404, "The requested resource "+c.path+" was not found"))
	case c.route.area != areaAccounts && !c.target.active() && c.options.Switches.SuspendedViaParent == "deny":
		return new(forbidden())
	}
	return nil
}

// admitKey applies the narrower rights of API keys. A Standard key is refused
// as if it did not exist, not as if something were forbidden.
func (c *call) admitKey(sid string, named bool) *reply {
	switch k := c.who.key; {
	case k.Kind == "restricted" && !k.grants(c.route.permission):
		return new(lacksPermission())
	case k.Kind == "standard" && c.route.area != areaOpen:
		return new(unauthorised())
	case c.route.area == areaTokens && (k.Kind != "main" || c.options.Switches.KeysOnAuthTokens == "deny"):
		return new(unauthorised())
	case !named || sid == c.who.account.Sid:
		return nil
	case c.route.area == areaAccounts && c.Method == "GET" && c.who.account.isParent() && c.target != nil:
		return nil
	}
	return new(unauthorised())
}

// grants tells whether a restricted key's policy allows the permission.
func (k *key) grants(permission string) bool {
	switch allow := k.Policy["allow"].(type) {
	case []any:
		return permission != "" && slices.Contains(allow, any(permission))
	case []string:
		return permission != "" && slices.Contains(allow, permission)
	}
	return false
}
