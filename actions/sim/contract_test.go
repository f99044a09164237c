package sim_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"retake/actions/sim"
	"retake/actions/sim/contract"
)

// walker notes which operations were used.
type walker struct {
	next http.RoundTripper
	used map[string]bool
}

func (w walker) RoundTrip(r *http.Request) (*http.Response, error) {
	w.used[sim.RouteOf(r.Method, r.URL.Host, r.URL.Path)] = true
	return w.next.RoundTrip(r)
}

// TestContract walks every operation that is simulated, and holds each
// exchange against Twilio's own descriptions.
func TestContract(t *testing.T) {
	used := map[string]bool{}
	for _, s := range sim.Scenarios() {
		t.Run(s.Name, func(t *testing.T) {
			o := options()
			o.Scenario = s.Name
			w := world(t, o)
			steps := walker{contract.New(t).Wrap(w), used}
			p := parentOf(t, w)
			p.wire = steps
			walkAccount(p, p.user)
			walkTraffic(p, p.user)
			walkVoiceGeo(p)
			walkSMSGeo(p)
			walkTriggers(p, p.user)
			walkCallerIDs(p, p.user)
			walkConferences(p, p.user)
			walkResources(p, sim.HeldBy(w, p.user))
			walkKeys(p, p.user)
			walkMonitor(p)
			walkSubaccounts(p)
			walkTokens(p)
			walkOrganization(p, w)
		})
	}
	for _, name := range sim.RouteNames() {
		if len(used) > 0 && !used[name] { // none are used where there are no descriptions
			t.Errorf("no step of the walk uses %s", name)
		}
	}
}

func walkAccount(p caller, sid string) {
	own := accounts + "/" + sid
	p.want(200, "GET", accounts+".json?PageSize=2&Status=active", nil)
	p.want(200, "POST", own+".json", form("FriendlyName", "Harbour Parcel Ltd"))
	p.want(200, "GET", own+".json", nil)
	p.want(200, "GET", own+"/Balance.json", nil)
	number := own + "/IncomingPhoneNumbers/" + text(p.every("incoming_phone_numbers", own+"/IncomingPhoneNumbers.json?PageSize=1")[0], "sid") + ".json"
	p.want(200, "GET", number, nil)
	p.want(200, "POST", number, form("VoiceUrl", "https://voice.example.com/in", "VoiceMethod", "GET"))
	app := own + "/Applications/" + text(p.every("applications", own+"/Applications.json?PageSize=1")[0], "sid") + ".json"
	p.want(200, "GET", app, nil)
	p.want(200, "POST", app, form("SmsUrl", "https://sms.example.com/in", "PublicApplicationConnectEnabled", "false"))
	for _, kind := range []string{"", "/Daily", "/Today", "/Yesterday", "/ThisMonth", "/LastMonth", "/Monthly", "/Yearly", "/AllTime"} {
		p.want(200, "GET", own+"/Usage/Records"+kind+".json?PageSize=20&StartDate=2026-02-20&IncludeSubaccounts=false", nil)
	}
}

func walkTraffic(p caller, sid string) {
	own := accounts + "/" + sid
	calls := p.want(200, "GET", own+"/Calls.json?PageSize=100&StartTime%3E=2026-03-01T00:00:00Z", nil)["calls"].([]any)
	for _, up := range []string{"queued", "ringing", "in-progress"} {
		p.want(200, "GET", own+"/Calls.json?PageSize=100&Status="+up, nil)
	}
	status := map[bool]int{true: 400, false: 200}
	for _, c := range []any{calls[0], calls[5], calls[len(calls)-1]} {
		c := c.(map[string]any)
		p.want(200, "GET", own+"/Calls/"+text(c, "sid")+".json", nil)
		p.want(status[c["end_time"] != nil], "POST", own+"/Calls/"+text(c, "sid")+".json", form("Status", "completed"))
	}
	messages := p.want(200, "GET", own+"/Messages.json?PageSize=60", nil)["messages"].([]any)
	for _, m := range messages[:20] {
		m := m.(map[string]any)
		p.want(200, "GET", own+"/Messages/"+text(m, "sid")+".json", nil)
		p.want(status[m["date_sent"] != nil], "POST", own+"/Messages/"+text(m, "sid")+".json", form("Status", "canceled"))
	}
}

func walkKeys(p caller, sid string) {
	for member, address := range map[string]string{"keys": "/Keys", "signing_keys": "/SigningKeys"} {
		address = accounts + "/" + sid + address
		made := text(p.want(201, "POST", address+".json", form("FriendlyName", "walk")), "sid")
		p.every(member, address+".json?PageSize=2")
		p.want(200, "GET", address+"/"+made+".json", nil)
		p.want(200, "POST", address+"/"+made+".json", form("FriendlyName", "walked"))
		p.want(204, "DELETE", address+"/"+made+".json", nil)
		p.want(404, "DELETE", address+"/"+made+".json", nil)
	}
	made := text(p.want(201, "POST", iamKeys, form("AccountSid", sid, "FriendlyName", "walk", "KeyType", "restricted", "Policy", allow)), "sid")
	p.every("keys", iamKeys+"?PageSize=2&AccountSid="+sid)
	p.want(200, "GET", iamKeys+"/"+made, nil)
	p.want(200, "POST", iamKeys+"/"+made, form("FriendlyName", "walked"))
	p.want(204, "DELETE", iamKeys+"/"+made, nil)
	p.want(404, "GET", iamKeys+"/"+made, nil)
}

func walkVoiceGeo(p caller) {
	p.every("content", dialing+"/Countries?PageSize=60")
	p.every("content", dialing+"/Countries?Continent=EUROPE&CountryCode=%2B371&IsoCode=LV&LowRiskNumbersEnabled=false&HighRiskSpecialNumbersEnabled=true&HighRiskTollfraudNumbersEnabled=true")
	p.want(200, "GET", dialing+"/Countries/LV", nil)
	p.want(404, "GET", dialing+"/Countries/XX", nil)
	p.every("content", dialing+"/Countries/LV/HighRiskSpecialPrefixes?PageSize=1")
	p.want(201, "POST", dialing+"/BulkCountryUpdates", form("UpdateRequest", bulk("LV", "true", "NG", "false")))
	p.want(400, "POST", dialing+"/BulkCountryUpdates", form("UpdateRequest", bulk("XX", "true")))
	p.want(200, "GET", voiceSettings, nil)
	p.want(400, "POST", voiceSettings, form("DialingPermissionsInheritance", "true"))
	sub := p.subs()[0]
	p.as(text(sub, "sid"), text(sub, "auth_token")).want(202, "POST", voiceSettings, form("DialingPermissionsInheritance", "true"))
}

func walkSMSGeo(p caller) {
	p.want(200, "GET", smsGeo, nil)
	p.want(200, "GET", smsGeo+"?CountryCode=NG", nil)
	p.want(200, "PATCH", smsGeo, permit("ID", "false", "NG", "false", "IR", "true", "XX", "true"))
}

func walkTriggers(p caller, sid string) {
	list := accounts + "/" + sid + "/Usage/Triggers"
	made := list + "/" + text(p.want(201, "POST", list+".json", spendTrigger), "sid") + ".json"
	p.every("usage_triggers", list+".json?PageSize=1")
	p.want(200, "GET", list+".json?Recurring=daily&TriggerBy=price&UsageCategory=totalprice", nil)
	p.want(200, "GET", made, nil)
	p.want(200, "POST", made, form("CallbackUrl", "https://watch.example.com/two", "CallbackMethod", "GET", "FriendlyName", "renamed"))
	p.want(204, "DELETE", made, nil)
	p.want(404, "DELETE", made, nil)
}

func walkCallerIDs(p caller, sid string) {
	list := accounts + "/" + sid + "/OutgoingCallerIds"
	all := p.every("outgoing_caller_ids", list+".json?PageSize=1")
	one := list + "/" + text(all[0], "sid") + ".json"
	p.want(200, "GET", list+".json?FriendlyName=Depot&PhoneNumber=%2B441632960000", nil)
	p.want(200, "GET", one, nil)
	p.want(200, "POST", one, form("FriendlyName", "desk"))
	p.want(204, "DELETE", one, nil)
	p.want(404, "GET", one, nil)
}

func walkConferences(p caller, sid string) {
	own := accounts + "/" + sid
	for _, f := range p.every("conferences", own+"/Conferences.json?PageSize=2") {
		one, status := own+"/Conferences/"+text(f, "sid")+".json", map[bool]int{true: 200, false: 400}
		p.want(200, "GET", one, nil)
		p.want(status[f["status"] == "in-progress"], "POST", one, form("Status", "completed"))
		p.want(400, "POST", one, form("Status", "completed"))
	}
	p.want(200, "GET", own+"/Conferences.json?Status=completed&FriendlyName=x&DateCreated%3E=2026-02-01&DateUpdated%3C=2026-03-01", nil)
	for _, r := range p.every("recordings", own+"/Recordings.json?PageSize=3&IncludeSoftDeleted=true") {
		p.want(200, "GET", own+"/Recordings/"+text(r, "sid")+".json?IncludeSoftDeleted=true", nil)
		p.want(200, "GET", own+"/Recordings.json?DateCreated%3C=2026-03-01T00:00:00Z&CallSid="+text(r, "call_sid"), nil)
	}
}

// walkResources lists, reads, sets and deletes one thing of each resource.
func walkResources(p caller, all []sim.Held) {
	for _, kind := range []string{"Calls", "Conferences", "Participants"} {
		p.every("jobs", "https://bulkexports.twilio.com/v1/Exports/"+kind+"/Jobs")
	}
	for _, h := range all {
		if h.Key != "" {
			p.every(h.Key, h.List+"?PageSize=1")
		} else {
			p.want(200, "GET", h.List, nil)
		}
		if h.Fetches {
			p.want(200, "GET", h.One, nil)
		}
		if len(h.Form) > 0 {
			with := p
			with.asJSON = h.JSON
			with.want(200, "POST", h.One, sample(h))
		}
		if h.Drops {
			p.want(204, "DELETE", h.One, nil)
			p.want(404, "DELETE", h.One, nil)
		}
	}
}

// sample are values that a resource takes.
func sample(h sim.Held) url.Values {
	out := url.Values{}
	for _, name := range h.Form {
		switch {
		case (strings.HasSuffix(name, "Url") || strings.HasSuffix(name, "_url")) && name != "SipUrl":
			out.Set(name, "https://hooks.example.com/walk")
		case slices.Contains([]string{"FriendlyName", "Description", "Password", "UniqueName"}, name):
			out.Set(name, "walked-Walked-7")
		case name == "SipDomainSid":
			out.Set(name, "SD"+strings.Repeat("1", 32))
		case name == "Status" && h.ID == "studio-flows":
			out.Set(name, "published")
		case name == "Definition":
			out.Set(name, `{"states":[]}`)
		}
	}
	return out
}

func walkMonitor(p caller) {
	one := p.every("events", events+"?PageSize=4&StartDate=2026-02-01&EndDate=2026-03-05T00:00:00Z")[0]
	p.want(200, "GET", events+"/"+text(one, "sid"), nil)
	one = p.every("alerts", alerts+"?PageSize=2&LogLevel=error")[0]
	p.want(200, "GET", alerts+"/"+text(one, "sid"), nil)
}

func walkSubaccounts(p caller) {
	for _, sub := range p.subs() {
		its := p.as(text(sub, "sid"), text(sub, "auth_token"))
		if text(sub, "status") != "active" {
			its.want(401, "GET", events, nil)
			continue
		}
		walkTokens(its)
		p.want(200, "GET", accounts+"/"+its.user+"/Messages.json?PageSize=30", nil)
		p.want(200, "POST", accounts+"/"+its.user+".json", form("Status", "suspended"))
	}
	p.want(201, "POST", accounts+".json", form("FriendlyName", "quarantine"))
}

func walkOrganization(p caller, w *sim.World) {
	o := w.Opening()
	asked := form("grant_type", "client_credentials", "client_id", o.OrgClient, "client_secret", o.OrgSecret)
	p.want(404, "POST", previewIAM+"/v1/token", asked)
	org := p
	org.bearer = text(p.want(200, "POST", "https://oauth.twilio.com/v2/token", asked), "access_token")
	org.want(200, "GET", previewIAM+"/Organizations/"+o.OrgSID+"/scim/Users", nil)
	org.every("content", previewIAM+"/Organizations/"+o.OrgSID+"/RoleAssignments?PageSize=3")
	org.want(403, "GET", previewIAM+"/Organizations/OR"+o.OrgSID[4:]+"00/scim/Users", nil)
	org.bearer = "wrong"
	org.want(401, "GET", previewIAM+"/Organizations/"+o.OrgSID+"/scim/Users", nil)
	org.want(401, "GET", previewIAM+"/Organizations/"+o.OrgSID+"/RoleAssignments", nil)
}

func walkTokens(p caller) {
	p.send("DELETE", secondary+"?SuppressEmailNotification=false", nil)
	p.want(201, "POST", secondary, form("SuppressEmailNotification", "false"))
	p.want(200, "POST", promote, form("SuppressEmailNotification", "false"))
	p.want(401, "POST", promote, nil)
}
