package account

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const country = `{"iso_code":"LV","name":"Latvia","continent":"EUROPE","country_codes":["+371"],"low_risk_numbers_enabled":true,"high_risk_special_numbers_enabled":false,"high_risk_tollfraud_numbers_enabled":true}`

func TestVoiceCountries(t *testing.T) {
	other := strings.Replace(country, "LV", "NG", 1)
	s := newStub(t, inTurn(
		says(200, `{"content":[`+country+`],"meta":{"next_page_url":"https://voice.twilio.com/v1/DialingPermissions/Countries?Page=1&PageToken=x.1"}}`),
		says(200, `{"content":[`+other+`],"meta":{"next_page_url":null}}`)))
	got, err := s.ops().ListVoiceCountries()
	if err != nil {
		t.Fatal(err)
	}
	latvia := VoiceCountry{ISO: "LV", Name: "Latvia", Continent: "EUROPE", Codes: []string{"+371"}, LowRisk: true, TollFraud: true}
	nigeria := latvia
	nigeria.ISO = "NG"
	if diff := cmp.Diff([]VoiceCountry{latvia, nigeria}, got); diff != "" {
		t.Error(diff)
	}
	want := "GET voice.twilio.com/v1/DialingPermissions/Countries?"
	if diff := cmp.Diff([]string{want + "PageSize=1000", want + "Page=1&PageSize=1000&PageToken=x.1"}, s.requests()); diff != "" {
		t.Error(diff)
	}
	if e := s.last(t); len(s.tape.all) != 2 || e.List != "content" || e.Account != parent {
		t.Errorf("recorded %+v", e)
	}
}

// What is not said must not be read as closed.
func TestACountryWithoutItsFlagsIsNoCountry(t *testing.T) {
	for _, body := range []string{
		`{"content":[{"iso_code":"LV"}],"meta":{}}`,
		`{"content":[` + strings.Replace(country, "tollfraud", "irsf", 1) + `],"meta":{}}`,
		`{"meta":{}}`, `{"content":null}`,
	} {
		if got, err := newStub(t, says(200, body)).ops().ListVoiceCountries(); err == nil || len(got) > 0 {
			t.Errorf("%s: %v, %v", body, got, err)
		}
	}
	for _, body := range []string{`{"permissions":[{"country_code":"LV","type":"country"}]}`, `{"permissions":[{"enabled":true}]}`, `{"permissions":{}}`, `{}`, `{"permissions":["LV"]}`} {
		if got, err := newStub(t, says(200, body)).ops().ListSMSCountries(); err == nil || len(got) > 0 {
			t.Errorf("%s: %v, %v", body, got, err)
		}
	}
	if _, err := newStub(t, says(200, `{}`)).ops().FetchInheritance(); err == nil {
		t.Error("no inheritance was read as none")
	}
}

func TestSpecialPrefixes(t *testing.T) {
	s := newStub(t, says(200, `{"content":[{"prefix":"+37181"},{"prefix":"+3719000"}],"meta":{}}`))
	got, err := s.ops().ListSpecialPrefixes("LV")
	if diff := cmp.Diff([]string{"+37181", "+3719000"}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for _, iso := range []string{"", "lv", "LVA", "L/", "..", "L\n"} {
		if _, err := s.ops().ListSpecialPrefixes(iso); !NotMade(err) {
			t.Errorf("%q: %v", iso, err)
		}
	}
	wantText(t, strings.Join(s.requests(), "\n"), "GET voice.twilio.com/v1/DialingPermissions/Countries/LV/HighRiskSpecialPrefixes?PageSize=1000")
}

func TestUpdateVoiceCountries(t *testing.T) {
	s := newStub(t, says(201, `{"update_count":1,"update_request":"accepted"}`))
	n, err := s.ops().UpdateVoiceCountries([]VoiceCountry{{ISO: "NG", Name: "Nigeria"}, {ISO: "LV", LowRisk: true}})
	if n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	line, form, _ := strings.Cut(s.requests()[0], " ")
	_, form, _ = strings.Cut(form, " ")
	sent, _ := url.ParseQuery(form)
	if diff := cmp.Diff(url.Values{"UpdateRequest": {`[{"iso_code":"NG","low_risk_numbers_enabled":"false","high_risk_special_numbers_enabled":"false","high_risk_tollfraud_numbers_enabled":"false"},` +
		`{"iso_code":"LV","low_risk_numbers_enabled":"true","high_risk_special_numbers_enabled":"false","high_risk_tollfraud_numbers_enabled":"false"}]`}}, sent); diff != "" || line != "POST" {
		t.Error(line, diff)
	}
	for _, bad := range [][]VoiceCountry{nil, {{ISO: "ng"}}, {{ISO: "NG"}, {ISO: "NG"}}} {
		if _, err := s.ops().UpdateVoiceCountries(bad); !NotMade(err) {
			t.Errorf("%v: %v", bad, err)
		}
	}
	if len(s.requests()) != 1 {
		t.Error("something senseless was sent")
	}
}

func TestUpdateSMSCountries(t *testing.T) {
	s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		if kind := r.Header.Get("Content-Type"); r.Method != http.MethodPatch || kind != "application/x-www-form-urlencoded" {
			t.Errorf("%s %s", r.Method, kind)
		}
		says(200, `{"permissions":[
			{"country_code":"PK","type":"country","enabled":"true","error_code":"30649","error_messages":"High risk"},
			{"country_code":"IN","type":"country","enabled":false,"error_code":0,"error_messages":[]},
			{"country_code":"US","enabled":true,"error_code":null,"error_messages":["a","`+token+`"]}]}`)(w, r)
	})
	got, err := s.ops().UpdateSMSCountries([]SMSCountry{{"IN", "country", false}, {"PK", "", false}, {"US", "country", true}})
	if err != nil {
		t.Fatal(err)
	}
	want := []SMSResult{
		{SMSCountry{"IN", "country", false}, 0, []string{}},
		{SMSCountry{"PK", "country", true}, 30649, []string{"High risk"}},
		{SMSCountry{"US", "country", true}, 0, []string{"a", fingerprint(token)}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	request := s.requests()[0]
	form, _ := url.ParseQuery(request[strings.LastIndex(request, " ")+1:])
	if diff := cmp.Diff(url.Values{"Permissions": {
		`{"country_code":"IN","type":"country","enabled":false}`,
		`{"country_code":"PK","type":"country","enabled":false}`,
		`{"country_code":"US","type":"country","enabled":true}`,
	}}, form); diff != "" {
		t.Error(diff)
	}
	wantText(t, request, "PATCH accounts.twilio.com/v1/Messaging/GeoPermissions Permissions=")
	if e := s.last(t); strings.Count(e.Sent, "Permissions=") != 3 || e.List != "permissions" || !json.Valid(e.Body) {
		t.Errorf("recorded %+v", e)
	}
}

func TestSMSAnswersMayBeLacking(t *testing.T) {
	asked := []SMSCountry{{"IN", "", false}, {"PK", "", false}}
	for _, c := range []struct {
		body string
		n    int
	}{
		{`{"permissions":[{"country_code":"IN","type":"country","enabled":false}]}`, 1},
		{`{"permissions":[{"country_code":"IN","type":"region","enabled":false}]}`, 0},
		{`{"permissions":[]}`, 0}, {`{"permissions":null}`, 0}, {`{"permissions":"ok"}`, 0}, {`{}`, 0}, {`[]`, 0},
		{`{"permissions":[{"country_code":"IN","type":"country","enabled":null},{"country_code":"PK","enabled":false}]}`, 0},
		{`{"permissions":[{"country_code":"IN","enabled":false,"error_code":"no"},{"country_code":"PK","enabled":false}]}`, 0},
	} {
		got, err := newStub(t, says(200, c.body)).ops().UpdateSMSCountries(asked)
		if !Unsure(err) || len(got) != c.n {
			t.Errorf("%s: %v, %v", c.body, got, err)
		}
	}
	for _, bad := range [][]SMSCountry{nil, {{"in", "", true}}, {{"IN", "", true}, {"IN", "country", false}}} {
		if _, err := newStub(t, hangUp).ops().UpdateSMSCountries(bad); !NotMade(err) {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

// changesMade are the changes of geo permissions, triggers and caller IDs.
func changesMade() map[string]func(*Operations) error {
	trigger := NewTrigger{Category: "totalprice", Value: "+50", Callback: "https://example.com/x"}
	return map[string]func(*Operations) error{
		"voice countries": func(o *Operations) error { _, err := o.UpdateVoiceCountries([]VoiceCountry{{ISO: "NG"}}); return err },
		"inheritance":     func(o *Operations) error { return o.SetInheritance(true) },
		"SMS countries":   func(o *Operations) error { _, err := o.UpdateSMSCountries([]SMSCountry{{ISO: "NG"}}); return err },
		"new trigger":     func(o *Operations) error { _, err := o.CreateTrigger(child, trigger); return err },
		"callback": func(o *Operations) error {
			return o.UpdateTriggerCallback(child, someUT, "https://example.com/x", "POST")
		},
		"trigger":   func(o *Operations) error { return o.DeleteTrigger(child, someUT) },
		"caller ID": func(o *Operations) error { return o.DeleteCallerID(child, somePN) },
	}
}

func TestWhatBecameOfTheseChanges(t *testing.T) {
	for name, call := range changesMade() {
		for _, c := range []struct {
			answer          http.HandlerFunc
			notMade, unsure bool
		}{
			{says(400, `{"code":20001}`), true, false},
			{says(401, `{"code":20003}`), true, false},
			{says(404, `<html>`), true, false},
			{says(429, `{"code":20429}`), true, false},
			{says(500, `{}`), false, true},
			{hangUp, false, true},
			{cutOff(200), false, true},
			{says(200, `<html>`), false, true},
			{says(302, ``, "Location", "https://evil.example/"), false, true},
		} {
			s := newStub(t, c.answer)
			if err := call(s.ops()); NotMade(err) != c.notMade || Unsure(err) != c.unsure {
				t.Errorf("%s: %v", name, err)
			}
			if len(s.tape.all) != 1 {
				t.Errorf("%s: recorded %d", name, len(s.tape.all))
			}
		}
		if s := newStub(t, says(200, `{}`)); name != "trigger" && name != "caller ID" && !Unsure(call(s.ops())) {
			t.Errorf("%s: a success without what it must hold is not unsure", name)
		}
		s := newStub(t, says(200, `{"update_count":1,"sid":"`+someUT+`","dialing_permissions_inheritance":true,"permissions":[{"country_code":"NG","type":"country","enabled":false}]}`))
		s.tape.fail = fmt.Errorf("disk full")
		if err := call(s.ops()); !Unsure(err) {
			t.Errorf("%s: not recorded: %v", name, err)
		}
		o := s.ReadOnly().As(Credential{SID: parent, Secret: NewSecret(token)}).On(t.Context(), s.tape)
		if err := call(o); !NotMade(err) || len(s.requests()) != 1 {
			t.Errorf("%s: a line that only reads: %v", name, err)
		}
	}
}

func TestInheritance(t *testing.T) {
	s := newStub(t, says(202, `{"dialing_permissions_inheritance":true}`))
	if on, err := s.ops().FetchInheritance(); !on || err != nil {
		t.Error(on, err)
	}
	if err := s.ops().SetInheritance(true); err != nil {
		t.Error(err)
	}
	if err := s.ops().SetInheritance(false); !Unsure(err) {
		t.Errorf("the reply says the contrary: %v", err)
	}
	want := []string{"GET voice.twilio.com/v1/Settings", "POST voice.twilio.com/v1/Settings DialingPermissionsInheritance=true", "POST voice.twilio.com/v1/Settings DialingPermissionsInheritance=false"}
	if diff := cmp.Diff(want, s.requests()); diff != "" {
		t.Error(diff)
	}
}
