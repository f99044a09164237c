package sim_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"retake/actions/sim"
)

func TestTokenLife(t *testing.T) {
	o := options()
	o.Scenario = "clean"
	w := world(t, o)
	p := parentOf(t, w)
	self := accounts + "/" + p.user + ".json"
	if body := p.want(404, "DELETE", secondary, nil); code(body) != 20404 {
		t.Errorf("no secondary: %v", body)
	}
	p.want(404, "POST", promote, nil)
	made := text(p.want(201, "POST", secondary, form("SuppressEmailNotification", "false")), "secondary_auth_token")
	second := p.as(p.user, made)
	second.want(200, "GET", self, nil)
	got := second.want(200, "POST", promote, nil)
	if got["auth_token"] != made {
		t.Errorf("promoted %v, want %s", got["auth_token"], made)
	}
	p.want(401, "GET", self, nil)
	second.want(200, "GET", self, nil)
	if log := acts(w); log != "client DELETE 404, client POST 404, client POST 201, client POST 200" {
		t.Errorf("the log: %s", log)
	}
	for _, s := range []string{p.pass, made} {
		if !slices.Contains(w.Secrets(), s) {
			t.Errorf("Secrets lacks %s", s)
		}
	}
}

// acts writes the log in a line.
func acts(w *sim.World) string {
	var out []string
	for _, a := range w.Acts() {
		out = append(out, fmt.Sprint(a.Actor, " ", a.Method, " ", a.Status))
	}
	return strings.Join(out, ", ")
}

func TestSecondSecondary(t *testing.T) {
	for setting, status := range map[string]int{"replace": 201, "refuse": 400} {
		o := options() // the intruder has planted one
		o.Switches.SecondSecondary = setting
		p := parentOf(t, world(t, o))
		p.want(status, "POST", secondary, nil)
	}
}

func TestPromoteLag(t *testing.T) {
	clock := &ticker{}
	o := options()
	o.Clock, o.Switches.PromoteLag = clock.now, 30*time.Second
	p := parentOf(t, world(t, o))
	self := accounts + "/" + p.user + ".json"
	p.want(204, "DELETE", secondary, nil)
	p.want(201, "POST", secondary, nil)
	p.want(200, "POST", promote, nil)
	clock.passed = 29 * time.Second
	p.want(200, "GET", self, nil)
	clock.passed = 30 * time.Second
	p.want(401, "GET", self, nil)
}

// TestRace rotates as a careful responder does, until the token that he sealed
// is the one that was promoted.
func TestRace(t *testing.T) {
	for setting, want := range map[string]struct {
		rounds int
		log    string
	}{
		"off":     {1, "client DELETE 204, client POST 201, client POST 200"},
		"keys":    {1, "client DELETE 204, client POST 201, client POST 200"},
		"replace": {3, "client DELETE 204, client POST 201, intruder DELETE 204, intruder POST 201, client POST 200"},
		"delete":  {3, "client DELETE 204, client POST 201, intruder DELETE 204, client POST 404"},
		"all":     {3, "client DELETE 204, client POST 201, intruder DELETE 204, intruder POST 201, client POST 200"},
	} {
		t.Run(setting, func(t *testing.T) {
			o := options()
			o.Switches.Race = setting
			w := world(t, o)
			p := parentOf(t, w)
			rounds := 0
			for ok := false; !ok; rounds++ {
				p, ok = rotate(p)
			}
			if rounds != want.rounds {
				t.Errorf("it took %d rounds, want %d: %s", rounds, want.rounds, acts(w))
			}
			if !strings.HasPrefix(acts(w), want.log) {
				t.Errorf("the log: %s", acts(w))
			}
		})
	}
}

// rotate goes one round and tells whether it was won.
func rotate(p caller) (caller, bool) {
	p.send("DELETE", secondary, nil)
	mine := text(p.want(201, "POST", secondary, nil), "secondary_auth_token")
	status, body := p.send("POST", promote, nil)
	if status == 404 {
		return p, false
	}
	return p.as(p.user, text(body, "auth_token")), body["auth_token"] == mine
}

func TestIntruderReplantsKeys(t *testing.T) {
	o := options()
	o.Switches.Race = "keys"
	w := world(t, o)
	p := parentOf(t, w)
	list := accounts + "/" + p.user + "/Keys.json"
	deleted := 0
	for keys := p.every("keys", list); len(keys) > 0; keys = p.every("keys", list) {
		p.want(204, "DELETE", strings.TrimSuffix(list, ".json")+"/"+text(keys[0], "sid")+".json", nil)
		deleted++
	}
	if deleted != 5+3 {
		t.Errorf("%d keys had to be deleted, want 8", deleted)
	}
	if n := strings.Count(acts(w), "intruder POST 201"); n != 3 {
		t.Errorf("the intruder made %d keys", n)
	}
}

// TestIntruderIsLockedOut: he sends and dials only while a credential of his
// is accepted.
func TestIntruderIsLockedOut(t *testing.T) {
	clock := &ticker{}
	o := options()
	o.Clock = clock.now
	p := parentOf(t, world(t, o))
	own := accounts + "/" + p.user
	clock.passed = 10 * time.Minute
	if n := p.fraud("2026-03-04T03:00:00Z"); n == 0 {
		t.Fatal("the intruder makes no calls while he is inside")
	}
	for _, k := range p.every("keys", own+"/Keys.json") {
		p.want(204, "DELETE", own+"/Keys/"+text(k, "sid")+".json", nil)
	}
	clock.passed = 20 * time.Minute
	if n := p.fraud("2026-03-04T03:11:00Z"); n == 0 {
		t.Error("without his key, but with the token, he makes no calls")
	}
	p, _ = rotate(p)
	clock.passed = 40 * time.Minute
	if n := p.fraud("2026-03-04T03:20:30Z"); n > 0 {
		t.Errorf("locked out, he made %d calls more", n)
	}
}

// fraud counts the calls since then that go where only the intruder calls.
func (c caller) fraud(since string) int {
	n := 0
	for _, call := range c.every("calls", accounts+"/"+c.user+"/Calls.json?PageSize=1000&StartTime%3E="+since) {
		if slices.Contains([]string{"+371", "+370", "+252", "+232", "+960"}, text(call, "to")[:4]) {
			n++
		}
	}
	return n
}

func TestEventsOfBoth(t *testing.T) {
	p, _ := rotate(parentOf(t, world(t, options())))
	var kinds []string
	for _, e := range p.every("events", events+"?PageSize=3&StartDate=2026-03-04T02:00:00Z") {
		kinds = append(kinds, text(e, "event_type")+" "+text(e, "source_ip_address"))
	}
	want := []string{
		"account-auth-token.promoted 198.51.100.23",
		"account-auth-token.secondary-created 198.51.100.23",
		"account-auth-token.secondary-deleted 198.51.100.23",
		"phone-number.updated 203.0.113.66",
		"account-credentials.created 203.0.113.66",
		"account-credentials.created 203.0.113.66",
		"byoc-trunk.updated 203.0.113.66",
		"trunk-origination-url.created 203.0.113.66",
		"trunk.updated 203.0.113.66",
		"authorized-connect-app.created 203.0.113.66",
		"sip-domain.updated 203.0.113.66",
		"sip-ip-address.created 203.0.113.66",
		"sip-ip-access-control-list.created 203.0.113.66",
		"sip-credential.created 203.0.113.66",
		"sip-credential-list.created 203.0.113.66",
		"caller-id.created 203.0.113.66",
		"usage-trigger.updated 203.0.113.66",
		"usage-trigger.deleted 203.0.113.66",
		"sms-geographic-permissions.updated 203.0.113.66",
		"application.updated 203.0.113.66",
		"sms-geographic-permissions.updated 203.0.113.66",
		"voice-geographic-permissions.updated 203.0.113.66",
		"account-api-keys.created 203.0.113.66",
		"account-auth-token.secondary-created 203.0.113.66",
	}
	if !slices.Equal(kinds, want) {
		t.Errorf("events:\n%s", strings.Join(kinds, "\n"))
	}
	p.want(400, "GET", events+"?EventType=x&ActorSid="+p.user, nil)
	one := p.every("events", events+"?SourceIpAddress=203.0.113.66")
	if len(one) != 21 {
		t.Errorf("%d events from the intruder's address", len(one))
	}
	p.want(200, "GET", events+"/"+text(one[0], "sid"), nil)
}

// TestRaceInSubaccounts: with the parent won back he still races in every
// subaccount, whose tokens he has read, until they are won back too.
func TestRaceInSubaccounts(t *testing.T) {
	o := options()
	w := world(t, o)
	p, _ := rotate(parentOf(t, w))
	o.Switches.Race = "replace"
	snapshot, err := w.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if w, err = sim.Restore(o, snapshot); err != nil {
		t.Fatal(err)
	}
	p.wire = w
	for _, sub := range p.subs()[:3] {
		its, rounds := p.as(text(sub, "sid"), text(sub, "auth_token")), 0
		for ok := false; !ok; rounds++ {
			its, ok = rotate(its)
		}
		if rounds != 3 {
			t.Errorf("subaccount %s took %d rounds, want 3", text(sub, "friendly_name"), rounds)
		}
	}
}

func TestKeyActor(t *testing.T) {
	for setting, prefix := range map[string]string{"account": "AC", "key": "SK"} {
		o := options()
		o.Scenario, o.Switches.KeyActor = "clean", setting
		w := world(t, o)
		p := parentOf(t, w)
		sid, secret := sim.KeyOf(w, p.user, "main")
		p.as(sid, secret).want(201, "POST", accounts+"/"+p.user+"/Keys.json", nil)
		if e := p.every("events", events+"?EventType=account-api-keys.created")[0]; !strings.HasPrefix(text(e, "actor_sid"), prefix) {
			t.Errorf("%s: the actor is %v", setting, e["actor_sid"])
		}
	}
}
