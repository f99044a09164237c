package sim_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"retake/actions/sim"
)

// ring is one credential of each kind, made in the clean company.
type ring map[string][2]string

const allow = `{"allow":["/twilio/voice/calls/list"]}`

func rings(t *testing.T, w *sim.World) (caller, string, string, ring) {
	p := parentOf(t, w)
	subs := p.subs()
	sub, suspended := subs[0], subs[3]
	standard := p.want(201, "POST", accounts+"/"+p.user+"/Keys.json", form("FriendlyName", "s"))
	restricted := p.want(201, "POST", iamKeys, form("AccountSid", p.user, "KeyType", "restricted", "Policy", allow))
	main, secret := sim.KeyOf(w, p.user, "main")
	return p, text(sub, "sid"), text(suspended, "sid"), ring{
		"parent": {p.user, p.pass}, "sub": {text(sub, "sid"), text(sub, "auth_token")},
		"suspended": {text(suspended, "sid"), text(suspended, "auth_token")},
		"standard":  {text(standard, "sid"), text(standard, "secret")}, "main": {main, secret},
		"restricted": {text(restricted, "sid"), text(restricted, "secret")}, "wrong": {p.user, "00000000000000000000000000000000"},
	}
}

func TestCredentialMatrix(t *testing.T) {
	o := options()
	o.Scenario = "clean"
	p, sub, suspended, creds := rings(t, world(t, o))
	own := accounts + "/" + p.user
	for _, c := range []struct {
		who, method, address string
		status, code         int
	}{
		{"parent", "GET", accounts + ".json", 200, 0},
		{"parent", "GET", own + "/Keys.json", 200, 0},
		{"parent", "GET", accounts + "/" + sub + "/Keys.json", 200, 0},
		{"parent", "GET", accounts + "/" + suspended + "/Keys.json", 200, 0},
		{"parent", "GET", accounts + "/AC00000000000000000000000000000000.json", 404, 20404},
		{"parent", "GET", iamKeys + "?AccountSid=" + p.user, 200, 0},
		{"parent", "GET", iamKeys + "?AccountSid=" + sub, 403, 20403},
		{"parent", "GET", iamKeys, 400, 20001},
		{"parent", "GET", events, 200, 0},
		{"sub", "GET", accounts + ".json", 200, 0},
		{"sub", "GET", accounts + "/" + sub + "/Calls.json", 200, 0},
		{"sub", "GET", own + ".json", 401, 20003},
		{"sub", "GET", iamKeys + "?AccountSid=" + sub, 200, 0},
		{"sub", "POST", accounts + ".json", 400, 21101},
		{"suspended", "GET", accounts + "/" + suspended + ".json", 401, 20003},
		{"suspended", "GET", events, 401, 20003},
		{"suspended", "DELETE", secondary, 401, 20003},
		{"main", "GET", accounts + ".json", 200, 0},
		{"main", "GET", own + "/Keys.json", 200, 0},
		{"main", "GET", accounts + "/" + sub + "/Keys.json", 401, 20003},
		{"main", "GET", accounts + "/" + sub + "/Calls.json", 401, 20003},
		{"main", "DELETE", secondary, 401, 20003},
		{"main", "GET", iamKeys + "?AccountSid=" + p.user, 200, 0},
		{"standard", "GET", own + "/Calls.json", 200, 0},
		{"standard", "GET", accounts + ".json", 401, 20003},
		{"standard", "GET", own + ".json", 401, 20003},
		{"standard", "GET", own + "/Keys.json", 401, 20003},
		{"standard", "GET", own + "/SigningKeys.json", 401, 20003},
		{"standard", "DELETE", secondary, 401, 20003},
		{"restricted", "GET", own + "/Calls.json", 200, 0},
		{"restricted", "GET", own + "/Messages.json", 401, 70051},
		{"restricted", "GET", own + "/Keys.json", 401, 70051},
		{"wrong", "GET", own + ".json", 401, 20003},
		{"wrong", "GET", "https://api.twilio.com/2010-04-01/Nothing.json", 501, 20501},
		{"parent", "GET", "https://api.sendgrid.com/v3/api_keys", 401, 0},
		{"parent", "GET", own + "/Calls.json?Colour=red", 400, 20001},
		{"parent", "GET", own + "/Calls.json?Page=1", 400, 20001},
	} {
		t.Run(fmt.Sprint(c.who, " ", c.method, " ", c.address), func(t *testing.T) {
			who := caller{t, p.wire, creds[c.who][0], creds[c.who][1], "", false}
			status, body := who.send(c.method, c.address, nil)
			if status != c.status || code(body) != c.code {
				t.Errorf("got %d/%d, want %d/%d: %v", status, code(body), c.status, c.code, body)
			}
		})
	}
}

func TestWhoSeesTokens(t *testing.T) {
	for setting, shown := range map[string]string{"empty": "", "masked": "********************************"} {
		o := options()
		o.Scenario, o.Switches.MainKeyToken = "clean", setting
		p, sub, _, creds := rings(t, world(t, o))
		seen := p.as(creds["main"][0], creds["main"][1]).want(200, "GET", accounts+"/"+sub+".json", nil)
		if text(seen, "auth_token") != shown {
			t.Errorf("%s: a Main key sees %q", setting, text(seen, "auth_token"))
		}
		if got := p.as(creds["sub"][0], creds["sub"][1]).every("accounts", accounts+".json"); len(got) != 1 || got[0]["sid"] != sub {
			t.Errorf("a subaccount sees %v", got)
		}
	}
}

func TestSwitchesOpenDoors(t *testing.T) {
	o := options()
	o.Scenario = "clean"
	o.Switches = sim.Switches{IAMParentToken: "allow", KeysOnAuthTokens: "allow", SuspendedViaParent: "deny"}
	p, sub, suspended, creds := rings(t, world(t, o))
	keys := p.every("keys", iamKeys+"?AccountSid="+sub)
	p.want(204, "DELETE", iamKeys+"/"+text(keys[0], "sid"), nil)
	p.want(404, "DELETE", iamKeys+"/"+text(keys[0], "sid"), nil)
	p.as(creds["main"][0], creds["main"][1]).want(201, "POST", secondary, nil)
	p.as(creds["standard"][0], creds["standard"][1]).want(401, "POST", secondary, nil)
	p.want(403, "GET", accounts+"/"+suspended+"/Keys.json", nil)
	p.want(200, "GET", accounts+"/"+suspended+".json", nil)
}

func TestKeysAreOneSet(t *testing.T) {
	p := parentOf(t, world(t, options()))
	own := accounts + "/" + p.user
	made := p.want(201, "POST", own+"/SigningKeys.json", form("FriendlyName", "new"))
	sid := text(made, "sid")
	for member, address := range map[string]string{"keys": own + "/Keys.json", "signing_keys": own + "/SigningKeys.json"} {
		if got := p.every(member, address+"?PageSize=2"); len(got) != 6 || got[0]["sid"] != sid {
			t.Errorf("%s: %v", address, got)
		}
	}
	if got := p.every("keys", iamKeys+"?PageSize=2&AccountSid="+p.user); len(got) != 6 {
		t.Errorf("IAM lists %d keys", len(got))
	}
	p.want(200, "POST", own+"/Keys/"+sid+".json", form("FriendlyName", "renamed"))
	if got := p.want(200, "GET", iamKeys+"/"+sid, nil); got["friendly_name"] != "renamed" || got["policy"] != nil {
		t.Errorf("IAM shows %v", got)
	}
	used := p.as(sid, text(made, "secret"))
	used.want(200, "GET", own+"/Calls.json?PageSize=1", nil)
	p.want(204, "DELETE", own+"/Keys/"+sid+".json", nil)
	p.want(404, "DELETE", own+"/SigningKeys/"+sid+".json", nil)
	used.want(401, "GET", own+"/Calls.json?PageSize=1", nil)
	if body := p.want(400, "POST", own+"/Keys.json", form("FriendlyName", fmt.Sprintf("%065d", 0))); code(body) != 70001 {
		t.Errorf("a long name: %v", body)
	}
}

func TestKeyLimit(t *testing.T) {
	o := options()
	o.Switches.KeyLimit = 6
	p := parentOf(t, world(t, o))
	p.want(201, "POST", accounts+"/"+p.user+"/Keys.json", nil)
	p.want(400, "POST", accounts+"/"+p.user+"/Keys.json", nil)
}

func TestSuspendReactivateClose(t *testing.T) {
	p := parentOf(t, world(t, options()))
	sub := p.subs()[1]
	address := accounts + "/" + text(sub, "sid")
	its := p.as(text(sub, "sid"), text(sub, "auth_token"))
	set := func(status string) url.Values { return form("Status", status) }
	its.want(403, "POST", address+".json", set("suspended"))
	p.want(200, "POST", address+".json", set("suspended"))
	its.want(401, "GET", address+".json", nil)
	its.want(401, "GET", events, nil)
	p.want(200, "GET", address+"/Keys.json", nil)
	p.want(200, "POST", address+".json", set("active"))
	its.want(200, "GET", events, nil)
	p.want(200, "POST", address+".json", set("closed"))
	for _, c := range []struct {
		address, status string
		code            int
	}{{address, "active", 21479}, {accounts + "/" + p.user, "suspended", 21477}, {address, "asleep", 21475}} {
		if body := p.want(400, "POST", c.address+".json", set(c.status)); code(body) != c.code {
			t.Errorf("%s: %v", c.status, body)
		}
	}
}

func TestHostInPath(t *testing.T) {
	w := world(t, options())
	p := parentOf(t, w)
	r, _ := http.NewRequest("GET", "http://127.0.0.1:1/api.twilio.com/2010-04-01/Accounts/"+p.user+".json", nil)
	r.SetBasicAuth(p.user, p.pass)
	res, err := w.RoundTrip(r)
	if err != nil || res.StatusCode != 200 {
		t.Fatalf("got %v, %v", res, err)
	}
}
