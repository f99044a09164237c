package sim_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"retake/actions/sim"
)

const (
	dialing       = "https://voice.twilio.com/v1/DialingPermissions"
	voiceSettings = "https://voice.twilio.com/v1/Settings"
	smsGeo        = "https://accounts.twilio.com/v1/Messaging/GeoPermissions"
)

// bulk is an update of voice permissions; pairs of a country and all its flags.
func bulk(pairs ...string) string {
	var out []string
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, fmt.Sprintf(`{"iso_code":%q,"low_risk_numbers_enabled":%q,"high_risk_special_numbers_enabled":%q,"high_risk_tollfraud_numbers_enabled":%q}`,
			pairs[i], pairs[i+1], pairs[i+1], pairs[i+1]))
	}
	return "[" + strings.Join(out, ",") + "]"
}

// permit is an update of messaging permissions.
func permit(pairs ...string) url.Values {
	out := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		out.Add("Permissions", fmt.Sprintf(`{"country_code":%q,"type":"country","enabled":%s}`, pairs[i], pairs[i+1]))
	}
	return out
}

// open lists the countries with any voice permission.
func (c caller) open() string {
	var out []string
	for _, one := range c.every("content", dialing+"/Countries?PageSize=100") {
		if one["low_risk_numbers_enabled"] == true || one["high_risk_special_numbers_enabled"] == true || one["high_risk_tollfraud_numbers_enabled"] == true {
			out = append(out, text(one, "iso_code"))
		}
	}
	return strings.Join(out, " ")
}

// texted lists the countries that messages may go to.
func (c caller) texted() string {
	var out []string
	for _, one := range c.want(200, "GET", smsGeo, nil)["permissions"].([]any) {
		if one := one.(map[string]any); one["enabled"] == true {
			out = append(out, text(one, "country_code"))
		}
	}
	return strings.Join(out, " ")
}

func (c caller) sub(n int) caller {
	sub := c.subs()[n]
	return c.as(text(sub, "sid"), text(sub, "auth_token"))
}

const (
	ordinaryCountries = "DE FR GB IE US"
	widened           = "DE FR GB IE LT LV MV SL SO US"
)

func TestGeoAsItBegins(t *testing.T) {
	for scenario, want := range map[string][]string{
		"clean":        {ordinaryCountries, ordinaryCountries, ordinaryCountries, ordinaryCountries},
		"leaked-token": {widened, widened, widened, "DE FR GB ID IE NG US"},
	} {
		o := options()
		o.Scenario = scenario
		p := parentOf(t, world(t, o))
		inherits := fmt.Sprint(p.sub(0).want(200, "GET", voiceSettings, nil)["dialing_permissions_inheritance"])
		got := []string{p.open(), p.sub(0).open(), p.sub(1).open(), p.texted()}
		if diff := cmp.Diff(got, want); diff != "" || inherits != fmt.Sprint(scenario == "clean") {
			t.Errorf("%s: inherits %s: %s", scenario, inherits, diff)
		}
	}
}

func TestCountries(t *testing.T) {
	p := parentOf(t, world(t, options()))
	all := p.every("content", dialing+"/Countries?PageSize=7")
	seen := map[string]bool{}
	for _, c := range all {
		seen[text(c, "iso_code")] = true
	}
	if len(all) < 200 || len(seen) != len(all) || all[0]["iso_code"] != "AD" {
		t.Errorf("%d countries, %d of them different, the first is %v", len(all), len(seen), all[0]["iso_code"])
	}
	for filter, n := range map[string]int{"IsoCode=LV": 1, "CountryCode=371": 1, "CountryCode=%2B7": 2, "HighRiskTollfraudNumbersEnabled=true": 5,
		"LowRiskNumbersEnabled=true": 10, "Continent=SOUTH_AMERICA": 14, "Continent=ASIA&HighRiskSpecialNumbersEnabled=true": 1} {
		if got := p.every("content", dialing+"/Countries?"+filter); len(got) != n {
			t.Errorf("%s: %d countries, want %d", filter, len(got), n)
		}
	}
}

func TestBulkUpdate(t *testing.T) {
	w := world(t, options())
	p := parentOf(t, w)
	for _, bad := range []string{"", "{", "[]", bulk("XX", "true"), bulk("LV", "yes"), bulk("LV", "true", "LV", "false"),
		`[{"iso_code":"LV","low_risk_numbers_enabled":"false"}]`, strings.ReplaceAll(bulk("LV", "false"), `"false"`, "false")} {
		p.want(400, "POST", dialing+"/BulkCountryUpdates", form("UpdateRequest", bad))
	}
	if len(w.Acts()) > 0 {
		t.Errorf("a refused update is executed: %v", w.Acts())
	}
	got := p.want(201, "POST", dialing+"/BulkCountryUpdates", form("UpdateRequest", bulk("LV", "false", "LT", "false", "FR", "true")))
	if got["update_count"] != 3.0 || p.open() != "DE FR GB IE MV SL SO US" || p.sub(1).open() != p.open() || p.sub(0).open() != widened {
		t.Errorf("%v: %s; %s; %s", got, p.open(), p.sub(1).open(), p.sub(0).open())
	}
	e := p.every("events", events+"?EventType=voice-geographic-permissions.updated")[0]
	changes := e["event_data"].(map[string]any)["resource_properties"].(map[string]any)
	on := map[string]any{"low_risk_numbers_enabled": true, "high_risk_special_numbers_enabled": true, "high_risk_tollfraud_numbers_enabled": true}
	if diff := cmp.Diff(changes["LV"].(map[string]any)["previous"], any(on)); diff != "" || len(changes) != 3 {
		t.Errorf("the event has %v", changes)
	}
}

// TestInheritance: a subaccount keeps its own list while the parent's holds.
func TestInheritance(t *testing.T) {
	p := parentOf(t, world(t, options()))
	its := p.sub(0)
	its.want(202, "POST", voiceSettings, form("DialingPermissionsInheritance", "true"))
	p.want(201, "POST", dialing+"/BulkCountryUpdates", form("UpdateRequest", bulk("LV", "false", "LT", "false", "MV", "false", "SL", "false", "SO", "false")))
	if its.open() != ordinaryCountries {
		t.Errorf("inherited: %s", its.open())
	}
	its.want(202, "POST", voiceSettings, form("DialingPermissionsInheritance", "false"))
	if its.open() != widened {
		t.Errorf("its own: %s", its.open())
	}
	p.want(400, "POST", voiceSettings, form("DialingPermissionsInheritance", "true"))
	p.want(400, "POST", voiceSettings, form("DialingPermissionsInheritance", "perhaps"))
}

func TestSMSGeo(t *testing.T) {
	for setting, want := range map[string]string{
		"item-error": "0 30649 30649 0", "silent": "0 0 0 0", "refuse": "403",
	} {
		o := options()
		o.Switches.SMSGeo = setting
		p := parentOf(t, world(t, o))
		status, body := p.send("PATCH", smsGeo, permit("ID", "false", "NG", "false", "CU", "true", "FR", "true"))
		got := []string{fmt.Sprint(status)}
		after := "DE FR GB ID IE NG US"
		if status == 200 {
			got, after = nil, "DE FR GB IE NG US"
			for _, item := range body["permissions"].([]any) {
				got = append(got, fmt.Sprint(item.(map[string]any)["error_code"]))
			}
		}
		if strings.Join(got, " ") != want || p.texted() != after || p.sub(0).texted() != after {
			t.Errorf("%s: %v, then %s", setting, body, p.texted())
		}
		n := len(p.every("events", events+"?EventType=sms-geographic-permissions.updated"))
		if (n == 3) != (setting != "refuse") {
			t.Errorf("%s: %d events", setting, n)
		}
	}
	p := parentOf(t, world(t, options()))
	for _, bad := range []url.Values{nil, form("Permissions", "{"), form("Permissions", `{"country_code":"NG"}`)} {
		p.want(400, "PATCH", smsGeo, bad)
	}
	p.want(400, "GET", smsGeo+"?CountryCode=XX", nil)
	if one := p.want(200, "GET", smsGeo+"?CountryCode=NG", nil)["permissions"].([]any)[0].(map[string]any); one["enabled"] != true || one["prefix"] != "+234" {
		t.Errorf("NG: %v", one)
	}
}

// TestWhoOpenedWhat: what the API cannot open was opened in the Console.
func TestWhoOpenedWhat(t *testing.T) {
	p := parentOf(t, world(t, options()))
	for i, want := range []string{"web US 203.0.113.66 NG", "api AC 203.0.113.66 ID"} {
		e := p.every("events", events+"?EventType=sms-geographic-permissions.updated")[i]
		for iso := range e["event_data"].(map[string]any)["resource_properties"].(map[string]any) {
			if got := fmt.Sprint(text(e, "source"), " ", text(e, "actor_sid")[:2], " ", text(e, "source_ip_address"), " ", iso); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
	}
}

// TestInheritingSubaccountsOwnList: an update is taken, and is not in force.
func TestInheritingSubaccountsOwnList(t *testing.T) {
	p := parentOf(t, world(t, options()))
	made := p.want(201, "POST", accounts+".json", form("FriendlyName", "new"))
	for _, its := range []caller{p.sub(1), p.as(text(made, "sid"), text(made, "auth_token"))} {
		its.want(201, "POST", dialing+"/BulkCountryUpdates", form("UpdateRequest", bulk("LV", "false")))
		if its.open() != widened {
			t.Errorf("in force: %s", its.open())
		}
	}
}

// TestClampStopsTheBurn: what is closed is not called any more, what goes on
// goes on.
func TestClampStopsTheBurn(t *testing.T) {
	clock := &ticker{}
	o := options()
	o.Clock = clock.now
	w := world(t, o)
	p := parentOf(t, w)
	live := accounts + "/" + p.user + "/Calls.json?Status=in-progress"
	before := len(p.every("calls", live))
	p.want(201, "POST", dialing+"/BulkCountryUpdates", form("UpdateRequest", bulk("LV", "false", "LT", "false", "MV", "false", "SL", "false", "SO", "false")))
	p.want(200, "PATCH", smsGeo, permit("ID", "false", "NG", "false"))
	if after := len(p.every("calls", live)); after != before {
		t.Errorf("%d calls in progress, %d before", after, before)
	}
	clock.passed = 2 * time.Hour
	if n := p.fraud("2026-03-04T03:01:00Z"); n != 0 {
		t.Errorf("%d calls after the clamp", n)
	}
	to := map[string]int{}
	for _, m := range p.every("messages", accounts+"/"+p.user+"/Messages.json?PageSize=1000&DateSent%3E=2026-03-04T04:50:00Z") {
		to[text(m, "to")[:3]]++
	}
	if to["+62"] != 0 || to["+23"] == 0 {
		t.Errorf("messages go to %v", to)
	}
}

func TestGeoCredentials(t *testing.T) {
	o := options()
	o.Scenario = "clean"
	p, sub, suspended, creds := rings(t, world(t, o))
	own := accounts + "/" + p.user
	want := map[string]map[string]int{ // by credential, 200 where none is named
		dialing + "/Countries":                                 {"suspended": 401, "restricted": 401, "wrong": 401},
		smsGeo:                                                 {"suspended": 401, "restricted": 401, "wrong": 401},
		voiceSettings:                                          {"suspended": 401, "restricted": 401, "wrong": 401},
		own + "/Usage/Triggers.json":                           {"sub": 401, "suspended": 401, "restricted": 401, "wrong": 401},
		own + "/OutgoingCallerIds.json":                        {"sub": 401, "suspended": 401, "restricted": 401, "wrong": 401},
		own + "/Conferences.json":                              {"sub": 401, "suspended": 401, "restricted": 401, "wrong": 401},
		own + "/Recordings.json":                               {"sub": 401, "suspended": 401, "restricted": 401, "wrong": 401},
		own + "/Usage/Records/Monthly.json":                    {"sub": 401, "suspended": 401, "restricted": 401, "wrong": 401},
		accounts + "/" + sub + "/Usage/Triggers.json":          {"main": 401, "standard": 401, "suspended": 401, "restricted": 401, "wrong": 401},
		accounts + "/" + suspended + "/OutgoingCallerIds.json": {"sub": 401, "main": 401, "standard": 401, "suspended": 401, "restricted": 401, "wrong": 401},
	}
	for address, refused := range want {
		for who, c := range creds {
			status, body := p.as(c[0], c[1]).send("GET", address, nil)
			if should := max(refused[who], 200); status != should {
				t.Errorf("%s at %s: got %d, want %d: %v", who, address, status, should, body)
			}
		}
	}
	for _, address := range []string{dialing + "/Countries?Colour=red", smsGeo + "?PageSize=5", own + "/Conferences.json?Colour=red", own + "/Usage/Triggers.json?Page=2"} {
		p.want(400, "GET", address, nil)
	}
	p.want(501, "GET", dialing+"/Countries/lv", nil)
}

// TestSafeguardsSurvive: what was changed is there again after a snapshot.
func TestSafeguardsSurvive(t *testing.T) {
	clock := &ticker{}
	o := options()
	o.Clock = clock.now
	w := world(t, o)
	p := parentOf(t, w)
	own := accounts + "/" + p.user
	p.want(201, "POST", dialing+"/BulkCountryUpdates", form("UpdateRequest", bulk("LV", "false", "SO", "false")))
	p.want(200, "PATCH", smsGeo, permit("ID", "false"))
	p.sub(0).want(202, "POST", voiceSettings, form("DialingPermissionsInheritance", "true"))
	p.want(201, "POST", own+"/Usage/Triggers.json", spendTrigger)
	p.want(204, "DELETE", own+"/OutgoingCallerIds/"+text(p.every("outgoing_caller_ids", own+"/OutgoingCallerIds.json")[0], "sid")+".json", nil)
	clock.passed = time.Hour
	s, err := w.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	again, err := sim.Restore(o, s)
	if err != nil {
		t.Fatal(err)
	}
	one, two := safeguards(parentOf(t, w)), safeguards(parentOf(t, again))
	for i := range one {
		if diff := cmp.Diff(one[i][strings.Index(one[i], "{"):], two[i][strings.Index(two[i], "{"):]); diff != "" {
			t.Error(diff)
		}
	}
}

// safeguards reads everything that was added to protect the account.
func safeguards(p caller) []string {
	own := accounts + "/" + p.user
	return []string{
		p.bytesOf("GET", dialing+"/Countries?PageSize=1000"), p.bytesOf("GET", smsGeo), p.sub(0).bytesOf("GET", voiceSettings),
		p.sub(0).bytesOf("GET", dialing+"/Countries?LowRiskNumbersEnabled=true"), p.bytesOf("GET", own+"/Usage/Triggers.json"),
		p.bytesOf("GET", own+"/OutgoingCallerIds.json"), p.bytesOf("GET", own+"/Conferences.json"), p.bytesOf("GET", own+"/Recordings.json"),
		p.bytesOf("GET", own+"/Usage/Records/Monthly.json"), p.bytesOf("GET", own+"/Calls.json?PageSize=200"), p.bytesOf("GET", events),
	}
}

func TestSafeguardsAreDetermined(t *testing.T) {
	for _, s := range sim.Scenarios() {
		o := options()
		o.Scenario = s.Name
		if diff := cmp.Diff(safeguards(parentOf(t, world(t, o))), safeguards(parentOf(t, world(t, o)))); diff != "" {
			t.Errorf("%s: %s", s.Name, diff)
		}
	}
}
