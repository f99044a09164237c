package line_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"retake/actions/sim"
)

const geoStep = "geo-and-triggers"

// sweepHook is the address that the triggers of the sweep call.
const sweepHook = "https://alerts.harbour-parcel.example.com/sweep"

// geoVerbs are what the requests of this step do, as the journal says it.
var geoVerbs = map[string]string{
	"POST voice.twilio.com/v1/DialingPermissions/BulkCountryUpdates": "set-voice-countries",
	"POST voice.twilio.com/v1/Settings":                              "set-voice-inheritance",
	"PATCH accounts.twilio.com/v1/Messaging/GeoPermissions":          "set-sms-countries",
}

// geoState is what the step changes: of each account the countries that are
// open and whether they are its parent's, and the triggers that are ours.
type geoState struct {
	countries map[string]string
	triggers  []string
}

// geoState reads the state from outside, with each account's own token.
func (c *crash) geoState() geoState {
	c.t.Helper()
	s := geoState{countries: map[string]string{}}
	if c.step != geoStep {
		return s
	}
	for sid, token := range c.accountTokens {
		s.countries[sid] = c.voiceOpen(sid, token) + "; messages " + c.messagesOpen(sid, token) + "; inherits " + c.inherits(sid, token)
		s.triggers = append(s.triggers, c.ourTriggers(sid, token)...)
	}
	slices.Sort(s.triggers)
	return s
}

func (c *crash) ask(host, path, sid, token string, into any) {
	c.t.Helper()
	body := c.fetch(host, path, sid, token)
	if err := json.Unmarshal(body, into); err != nil {
		c.t.Fatalf("%s%s: %v: %s", host, path, err, body)
	}
}

// voiceOpen is where an account may call: "DE=100" at low risk only.
func (c *crash) voiceOpen(sid, token string) string {
	var said struct{ Content []map[string]any }
	c.ask("voice.twilio.com", "/v1/DialingPermissions/Countries?PageSize=1000", sid, token, &said)
	var open []string
	for _, country := range said.Content {
		word := ""
		for _, of := range []string{"low_risk", "high_risk_special", "high_risk_tollfraud"} {
			word += map[bool]string{true: "1", false: "0"}[country[of+"_numbers_enabled"].(bool)]
		}
		if word != "000" {
			open = append(open, country["iso_code"].(string)+"="+word)
		}
	}
	slices.Sort(open)
	return strings.Join(open, " ")
}

func (c *crash) messagesOpen(sid, token string) string {
	var said struct {
		Permissions []struct {
			ISO     string `json:"country_code"`
			Enabled bool
		}
	}
	c.ask("accounts.twilio.com", "/v1/Messaging/GeoPermissions", sid, token, &said)
	var open []string
	for _, p := range said.Permissions {
		if p.Enabled {
			open = append(open, p.ISO)
		}
	}
	slices.Sort(open)
	return strings.Join(open, " ")
}

func (c *crash) inherits(sid, token string) string {
	if sid == c.opening.AccountSID {
		return "nothing"
	}
	var said struct {
		On bool `json:"dialing_permissions_inheritance"`
	}
	c.ask("voice.twilio.com", "/v1/Settings", sid, token, &said)
	return fmt.Sprint(said.On)
}

// ourTriggers are those that call us, by what they watch.
func (c *crash) ourTriggers(sid, token string) (ours []string) {
	var said struct {
		Triggers []map[string]any `json:"usage_triggers"`
	}
	c.ask("api.twilio.com", "/2010-04-01/Accounts/"+sid+"/Usage/Triggers.json?PageSize=1000", sid, token, &said)
	for _, t := range said.Triggers {
		if t["callback_url"] == sweepHook {
			ours = append(ours, sid+" "+t["usage_category"].(string))
		}
	}
	return ours
}

// shareHistory gives all runs of a course the same history, of little traffic:
// what own traffic keeps open must not depend on when a run began.
func (c *crash) shareHistory(o *sim.Options) {
	o.Now, o.Clock = c.began, func() time.Duration { return time.Since(c.began) }
	o.Calls, o.Messages = 60, 60
}

func (c *crash) geoParameters(mode string) []string {
	incident := c.began.Add(-24 * time.Hour).UTC().Format(time.RFC3339)
	return []string{"--set", "mode=" + mode, "--set", "callback_url=" + sweepHook, "--set", "incident_start=" + incident}
}

// openGeo looks at the account as the case will first see it. What is restored
// was shut before.
func (c *crash) openGeo() {
	c.geoBefore = c.geoState()
	if c.mode != "restore" {
		return
	}
	if status := c.run("", append([]string{"step", geoStep, "--apply", "--account", c.opening.AccountSID}, c.geoParameters("lock")...)...); status != 3 {
		c.t.Fatalf("lock: %d\n%s", status, c.said)
	}
	if maps.Equal(c.geoState().countries, c.geoBefore.countries) {
		c.t.Fatal("there is nothing to restore")
	}
}

// checkGeo wants the state of the undisturbed run, which after restore is the
// very first one, and each trigger once, or after restore none.
func (c *crash) checkGeo() {
	c.t.Helper()
	is, want := c.geoState(), c.undisturbed.geo.countries
	if c.mode == "restore" {
		want = c.geoBefore.countries
	}
	for sid := range c.accountTokens {
		if is.countries[sid] != want[sid] {
			c.t.Errorf("%s stands at\n%s\nand should at\n%s", sid, is.countries[sid], want[sid])
		}
	}
	var triggers []string
	for _, of := range []string{"authy-phone-verifications", "calls-outbound", "sms-outbound", "totalprice"} {
		if c.mode != "restore" {
			triggers = append(triggers, c.opening.AccountSID+" "+of)
		}
	}
	if !slices.Equal(is.triggers, triggers) {
		c.t.Errorf("the triggers are %v and should be %v", is.triggers, triggers)
	}
}
