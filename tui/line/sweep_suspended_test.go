package line_test

import "strings"

// asleep is the course in which the subaccounts that are suspended are rotated
// too.
const asleep = "suspended"

// sleepers are the suspended accounts with their tokens, as the main account's
// token shows them.
func (c *crash) sleepers(token string) map[string]string {
	c.t.Helper()
	all := map[string]string{}
	for _, a := range c.list("/2010-04-01/Accounts.json?PageSize=100", token, "accounts") {
		if a["status"] == "suspended" {
			all[a["sid"].(string)] = a["auth_token"].(string)
		}
	}
	return all
}

// checkAsleep wants what was suspended before the run suspended again, by two
// changes of its status, with the token of the case in force.
func (c *crash) checkAsleep() {
	c.t.Helper()
	now := c.sleepers(c.mainToken())
	if len(c.asleepBefore) == 0 || len(now) != len(c.asleepBefore) {
		c.t.Fatalf("%d accounts are suspended, %d were", len(now), len(c.asleepBefore))
	}
	for sid, old := range c.asleepBefore {
		set := 0
		for _, a := range c.world.Acts() {
			if a.Account == sid && trafficVerb(a) == "set-account-status" && a.Status < 300 {
				set++
			}
		}
		if status := c.run("", "token", sid); set != 2 || now[sid] == old || status != 0 || c.said != now[sid]+"\n" {
			c.t.Errorf("%s: %d changes of its status, its token changed: %v, retake token: %d %s", sid, set, now[sid] != old, status, c.said)
		}
	}
}

// checkLoud wants a subaccount that a killed run left active to be named by
// whoever asks how the case stands.
func (c *crash) checkLoud() {
	c.t.Helper()
	for sid := range c.asleepBefore {
		up := false
		for _, a := range c.world.Acts() {
			up = up != (a.Account == sid && trafficVerb(a) == "set-account-status" && a.Status < 300)
		}
		status := c.run("", "status", "--json")
		if up && !strings.Contains(c.said, sid+" is active and was suspended before") {
			c.t.Errorf("%s was left active and nothing says so: %d %s", sid, status, c.said)
		}
	}
}
