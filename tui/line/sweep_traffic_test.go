package line_test

import (
	"slices"
	"strings"

	"retake/actions/sim"
)

const trafficStep = "stop-traffic"

// trafficVerb names what a request of this step does, as the journal does.
func trafficVerb(a sim.Act) string {
	for part, verb := range map[string]string{"/Calls/": "end-call", "/Conferences/": "end-conference", "/Messages/": "cancel-message"} {
		if strings.Contains(a.Path, part) {
			return verb
		}
	}
	if a.Path == "/2010-04-01/Accounts/"+a.Account+".json" {
		return "set-account-status"
	}
	return ""
}

// openTraffic shuts the intruder out first: what is still up then goes on, and
// nothing new comes while the runs are compared.
func (c *crash) openTraffic() {
	c.t.Helper()
	for _, a := range c.world.Truth().Streams {
		if a.Account != c.opening.AccountSID {
			c.rogue = a.Account
		}
	}
	for _, args := range [][]string{{"auth-tokens", "--set", "propagation=1s"}, {"api-keys"}} {
		if status := c.run("", append([]string{"step", args[0], "--apply", "--account", c.opening.AccountSID}, args[1:]...)...); status != 0 {
			c.t.Fatalf("%s: %d\n%s", args[0], status, c.said)
		}
	}
	if len(c.liveTraffic()) < 10 {
		c.t.Fatalf("there is little to end: %v", c.liveTraffic())
	}
}

// mainToken is the one that is in force.
func (c *crash) mainToken() string {
	c.t.Helper()
	if status := c.run("", "token", c.opening.AccountSID); status != 0 {
		c.t.Fatalf("token: %d\n%s", status, c.said)
	}
	return strings.TrimSpace(c.said)
}

// liveTraffic is what goes on or waits on all accounts, read from outside.
func (c *crash) liveTraffic() (live []string) {
	c.t.Helper()
	token := c.mainToken()
	for _, a := range c.list("/2010-04-01/Accounts.json?PageSize=100", token, "accounts") {
		own := "/2010-04-01/Accounts/" + a["sid"].(string)
		for _, key := range []string{"Calls", "Conferences", "Messages"} {
			for _, r := range c.list(own+"/"+key+".json?PageSize=1000", token, strings.ToLower(key)) {
				if slices.Contains([]string{"queued", "ringing", "in-progress", "accepted", "scheduled"}, r["status"].(string)) {
					live = append(live, r["sid"].(string))
				}
			}
		}
	}
	return live
}

// checkTraffic wants nothing up, and the subaccount suspended once.
func (c *crash) checkTraffic() {
	c.t.Helper()
	if live := c.liveTraffic(); len(live) > 0 {
		c.t.Errorf("%v go on", live)
	}
	suspended := 0
	for _, a := range c.world.Acts() {
		if trafficVerb(a) == "set-account-status" && a.Status < 300 {
			suspended++
		}
	}
	if suspended != 1 {
		c.t.Errorf("%d statuses were set", suspended)
	}
	for _, a := range c.list("/2010-04-01/Accounts.json?PageSize=100", c.mainToken(), "accounts") {
		if a["sid"] == c.rogue && a["status"] != "suspended" {
			c.t.Errorf("%s is %s", c.rogue, a["status"])
		}
	}
}
