package sim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// One set of API keys is seen through three doors: Keys and SigningKeys of the
// old API, and IAM. Only IAM shows a policy, and no door tells a Main key from
// a Standard one.

const longestName = 64

func (c *call) badName() *reply {
	if len(c.form.Get("FriendlyName")) > longestName {
		return new(refusal(http.StatusBadRequest, 70001, fmt.Sprintf("FriendlyName must be %d characters at most", longestName)))
	}
	return nil
}

func showKey(k *key) fields {
	return fields{"sid": k.Sid, "friendly_name": k.Name, "date_created": rfc2822(k.Created), "date_updated": rfc2822(k.Updated)}
}

func newest(k *key) uint64 { return k.Seq }

func (c *call) listKeys() reply {
	name := "keys"
	if strings.Contains(c.path, "/SigningKeys") {
		name = "signing_keys"
	}
	return c.v2010(listOf(name, append([]*key(nil), c.target.Keys...), newest, showKey))
}

func (c *call) fetchKey() reply {
	if k := c.target.key(c.vars["Sid"]); k != nil {
		return ok(showKey(k))
	}
	return c.notFound()
}

func (c *call) createKey() reply {
	if bad := c.badName(); bad != nil {
		return *bad
	}
	if c.keysFull() {
		return tooManyKeys()
	}
	k := c.addKey(c.target, c.author(), c.form.Get("FriendlyName"), "standard", nil)
	body := showKey(k)
	body["secret"] = k.Secret
	return created(body)
}

func (c *call) keysFull() bool {
	limit := c.options.Switches.KeyLimit
	return limit > 0 && len(c.target.Keys) >= limit
}

func tooManyKeys() reply {
	return byState(http.StatusBadRequest, 20001, "The account has as many API keys as it may have")
}

func (c *call) addKey(a *account, by author, name, kind string, policy map[string]any) *key {
	c.state.Counter++
	k := &key{
		Seq: c.state.Counter, Sid: c.state.newSID("SK"), Secret: c.state.newSecret(),
		Name: name, Kind: kind, Policy: policy, Created: c.now, Updated: c.now,
	}
	a.Keys = append(a.Keys, k)
	c.note(a, by, "account-api-keys.created", "account-api-keys", k.Sid, "API key created", fields{
		"friendly_name": fields{"previous": nil, "updated": k.Name},
	})
	return k
}

func (c *call) updateKey() reply {
	k := c.target.key(c.vars["Sid"])
	if k == nil {
		return c.notFound()
	}
	if bad := c.badName(); bad != nil {
		return *bad
	}
	c.rename(k)
	return ok(showKey(k))
}

func (c *call) rename(k *key) {
	if name := c.form.Get("FriendlyName"); name != "" {
		c.note(c.target, c.author(), "account-api-keys.updated", "account-api-keys", k.Sid, "API key updated", fields{
			"friendly_name": fields{"previous": k.Name, "updated": name},
		})
		k.Name = name
	}
	k.Updated = c.now
}

func (c *call) deleteKey() reply {
	k := c.target.key(c.vars["Sid"])
	if k == nil {
		return c.notFound()
	}
	c.dropKey(k)
	return gone()
}

func (c *call) dropKey(k *key) {
	by := c.author() // before the key is gone, which may be the caller's own
	kept := c.target.Keys[:0:0]
	for _, other := range c.target.Keys {
		if other != k {
			kept = append(kept, other)
		}
	}
	c.target.Keys = kept
	c.note(c.target, by, "account-api-keys.deleted", "account-api-keys", k.Sid, "API key deleted", fields{
		"friendly_name": fields{"previous": k.Name, "updated": nil},
	})
}

// reachesKeys tells whether IAM lets this credential at the account's keys.
func (c *call) reachesKeys(a *account) bool {
	if a == c.who.account {
		return true
	}
	return c.who.key == nil && c.who.account.isParent() && c.options.Switches.IAMParentToken == "allow"
}

// aim makes the account that the parameter names the target.
func (c *call) aim(sid string) *reply {
	if sid == "" {
		return new(invalid("AccountSid is required"))
	}
	a := c.state.account(sid)
	if a == nil || !c.reachesKeys(a) {
		return new(forbidden())
	}
	c.target = a
	return nil
}

func (c *call) listIAMKeys() reply {
	if bad := c.aim(c.query.Get("AccountSid")); bad != nil {
		return *bad
	}
	show := func(k *key) fields {
		body := showKey(k)
		body["flags"] = []string{"rest_api", "signing"}
		if k.Kind == "restricted" {
			body["flags"] = []string{"rest_api"}
		}
		return body
	}
	return c.meta(listOf("keys", append([]*key(nil), c.target.Keys...), newest, show))
}

func showIAMKey(k *key) fields {
	body := showKey(k)
	body["policy"] = nil
	if k.Policy != nil {
		body["policy"] = k.Policy
	}
	return body
}

func (c *call) createIAMKey() reply {
	if bad := c.aim(c.form.Get("AccountSid")); bad != nil {
		return *bad
	}
	if bad := c.badName(); bad != nil {
		return *bad
	}
	policy, bad := c.readPolicy()
	if bad != nil {
		return *bad
	}
	if c.keysFull() {
		return tooManyKeys()
	}
	kind := "standard"
	if c.form.Get("KeyType") == "restricted" {
		kind = "restricted"
	}
	k := c.addKey(c.target, c.author(), c.form.Get("FriendlyName"), kind, policy)
	body := showIAMKey(k)
	body["secret"] = k.Secret
	return created(body)
}

// readPolicy reads the Policy field, which only a restricted key has.
func (c *call) readPolicy() (map[string]any, *reply) {
	text, kind := c.form.Get("Policy"), c.form.Get("KeyType")
	if kind != "" && kind != "restricted" {
		return nil, new(invalid("KeyType must be restricted, not %q", kind))
	}
	if text == "" {
		return nil, nil
	}
	var policy map[string]any
	if err := json.Unmarshal([]byte(text), &policy); err != nil {
		return nil, new(refusal(http.StatusBadRequest, 70001, "Policy must be a JSON object"))
	}
	return policy, nil
}

// iamKey finds the key of the path among those that the credential reaches.
func (c *call) iamKey() *key {
	for _, a := range c.state.Accounts {
		if k := a.key(c.vars["Sid"]); k != nil && c.reachesKeys(a) {
			c.target = a
			return k
		}
	}
	return nil
}

func (c *call) unknownKey() reply {
	return byState(http.StatusNotFound, 70002, "The API key "+c.vars["Sid"]+" was not found")
}

func (c *call) fetchIAMKey() reply {
	if k := c.iamKey(); k != nil {
		return ok(showIAMKey(k))
	}
	return c.unknownKey()
}

func (c *call) updateIAMKey() reply {
	k := c.iamKey()
	if k == nil {
		return c.unknownKey()
	}
	if bad := c.badName(); bad != nil {
		return *bad
	}
	policy, bad := c.readPolicy()
	if bad != nil {
		return *bad
	}
	if policy != nil && k.Kind != "restricted" {
		return byState(http.StatusBadRequest, 70001, "Only a restricted key has a policy")
	}
	if policy != nil {
		k.Policy = policy
	}
	c.rename(k)
	return ok(showIAMKey(k))
}

func (c *call) deleteIAMKey() reply {
	k := c.iamKey()
	if k == nil {
		return c.unknownKey()
	}
	c.dropKey(k)
	return gone()
}
