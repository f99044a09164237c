package sim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// intruder is the other one at work on the family. He acts only with
// credentials that are still accepted, and only as Switches.Race lets him.
type intruder struct {
	Present bool
	Knows   map[string][]string  // tokens, by account
	Keys    []string             // SIDs of keys whose secret he has
	Rounds  map[string]int       // how often he has raced a rotation, by account
	Planted map[string]int       // keys that he has made in answer to a deletion
	Active  map[string][]span    // when he could send and dial, by account
	Gone    map[string]time.Time `json:",omitempty"` // when each of his footholds was taken away
}

const (
	mostRounds  = 2 // then he gives up, so that a careful responder always wins
	mostPlanted = 3
)

// learn adds a token to what the intruder has.
func (i *intruder) learn(a *account, token string) {
	if i.Knows == nil {
		i.Knows = map[string][]string{}
	}
	if !slices.Contains(i.Knows[a.Sid], token) {
		i.Knows[a.Sid] = append(i.Knows[a.Sid], token)
	}
}

// holdsToken tells whether a token of the account is in his hands. With the
// parent's token he reads the subaccount's out of the list of accounts.
func (w *World) holdsToken(a *account, now time.Time) bool {
	i := &w.state.Intruder
	if slices.ContainsFunc(i.Knows[a.Sid], func(t string) bool { return a.accepts(t, "", now) }) {
		return true
	}
	if a.isParent() || !a.active() || !w.holdsToken(w.state.parent(), now) {
		return false
	}
	i.learn(a, a.Primary)
	return true
}

// holdsKey tells whether he has a key of the account, of the kind when given.
func (w *World) holdsKey(a *account, kind string) bool {
	return a.active() && slices.ContainsFunc(w.state.Intruder.Keys, func(sid string) bool {
		k := a.key(sid)
		return k != nil && (kind == "" || k.Kind == kind)
	})
}

// mayRotate tells whether he can still reach the account's Auth Tokens.
func (c *call) mayRotate(a *account) bool {
	byKey := c.options.Switches.KeysOnAuthTokens == "allow" && c.holdsKey(a, "main")
	return byKey || c.holdsToken(a, c.now)
}

// mayMakeKeys tells whether he can still create keys in the account; with the
// parent's token even while it is suspended.
func (c *call) mayMakeKeys(a *account) bool {
	viaParent := c.options.Switches.SuspendedViaParent == "allow" && c.holdsToken(c.state.parent(), c.now)
	return c.holdsKey(a, "main") || c.holdsToken(a, c.now) || viaParent
}

// settle notes in which accounts he can go on sending and dialling.
func (w *World) settle(now time.Time) {
	i, later := &w.state.Intruder, now.Add(w.options.Switches.PromoteLag) // a token that dies by then counts as dead
	for _, a := range w.state.Accounts {
		if spans, ok := i.Active[a.Sid]; ok {
			can := w.holdsKey(a, "") || w.holdsToken(a, later)
			i.Active[a.Sid] = setSpan(spans, can, now)
		}
	}
}

// answerBack is his reaction to what the client has just done.
func (c *call) answerBack() {
	race := c.options.Switches.Race
	if !c.state.Intruder.Present || race == "off" {
		return
	}
	madeSecondary := c.route.host == hostAccounts && c.Method == http.MethodPost && strings.HasSuffix(c.path, "/Secondary")
	deletedKey := c.route.area == areaKeys && c.Method == http.MethodDelete
	switch {
	case madeSecondary && race != "keys":
		c.raceSecondary(c.target, race)
	case deletedKey && (race == "keys" || race == "all"):
		c.replantKey(c.target)
	}
}

// raceSecondary takes the client's fresh secondary away, and with replace puts
// his own there, so that the client's promotion makes it the primary.
func (c *call) raceSecondary(a *account, race string) {
	i := &c.state.Intruder
	if i.Rounds[a.Sid] >= mostRounds || !c.mayRotate(a) {
		return
	}
	if i.Rounds == nil {
		i.Rounds = map[string]int{}
	}
	round := i.Rounds[a.Sid]
	i.Rounds[a.Sid]++
	by := author{a.Sid, "account", "api", intruderIP}
	const path = "/v1/AuthTokens/Secondary"
	c.dropSecondary(a, by)
	c.act("intruder", a.Sid, http.MethodDelete, hostAccounts, path, http.StatusNoContent)
	if race == "delete" || (race == "all" && round%2 == 1) {
		return
	}
	c.makeSecondary(a, by)
	i.learn(a, a.Secondary)
	c.act("intruder", a.Sid, http.MethodPost, hostAccounts, path, http.StatusCreated)
}

// replantKey makes him a new key where one was deleted.
func (c *call) replantKey(a *account) {
	i := &c.state.Intruder
	if i.Planted[a.Sid] >= mostPlanted || !c.mayMakeKeys(a) {
		return
	}
	if i.Planted == nil {
		i.Planted = map[string]int{}
	}
	i.Planted[a.Sid]++
	by := author{a.Sid, "account", "api", intruderIP}
	k := c.addKey(a, by, fmt.Sprintf("backup-%d", i.Planted[a.Sid]), "standard", nil)
	i.Keys = append(i.Keys, k.Sid)
	c.act("intruder", a.Sid, http.MethodPost, hostAPI, link(a.Sid, "/Keys.json"), http.StatusCreated)
}
