package account

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	someUT = "UT0000000000000000000000000000000a"
	somePN = "PN0000000000000000000000000000000a"
)

func TestListTriggers(t *testing.T) {
	s := newStub(t, says(200, `{"usage_triggers":[{"sid":"`+someUT+`","friendly_name":"Cap `+token+`","usage_category":"totalprice","trigger_by":"price","trigger_value":"50.00","current_value":"12.3",
		"recurring":"daily","callback_url":"https://me:hunter2@h.example/p?key=Abcd1234Abcd1234","callback_method":"POST","date_fired":null,"date_created":"Sat, 13 Jun 2026 01:02:03 +0000","date_updated":"Sat, 13 Jun 2026 01:02:04 +0000"}],"next_page_uri":null}`))
	got, err := s.ops().ListTriggers(child)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 6, 13, 1, 2, 3, 0, time.UTC)
	want := []Trigger{{
		SID: someUT, Name: "Cap " + fingerprint(token), Category: "totalprice", By: "price", Value: "50.00", Current: "12.3", Recurring: "daily",
		Callback: "https://[masked]:[masked]@h.example/p?key=" + fingerprint("Abcd1234Abcd1234"), Method: "POST", Created: at, Updated: at.Add(time.Second),
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if e := s.last(t); strings.Contains(string(e.Body), "hunter2") || strings.Contains(string(e.Body), "Abcd1234") || e.Account != child {
		t.Errorf("recorded %+v", e)
	}
}

func TestTriggersAreSentAsMeant(t *testing.T) {
	s := newStub(t, says(201, `{"sid":"`+someUT+`","current_value":12.5}`))
	o := s.ops()
	sid, err := o.CreateTrigger(child, NewTrigger{Name: "day cap", Category: "totalprice", By: "price", Value: "+50", Recurring: "daily", Callback: "https://me:pa55word@h.example/x", Method: "POST"})
	if sid != someUT || err != nil {
		t.Errorf("a number where twilio-go's model has text: %q, %v", sid, err)
	}
	if strings.Contains(s.last(t).Sent, "pa55word") {
		t.Errorf("recorded %s", s.last(t).Sent)
	}
	s2 := newStub(t, says(200, `{"sid":"`+someUT+`"}`))
	if err := s2.ops().UpdateTriggerCallback(child, someUT, "https://h.example/y", ""); err != nil {
		t.Error(err)
	}
	if err := s2.ops().DeleteTrigger(child, someUT); err != nil {
		t.Error(err)
	}
	path := "api.twilio.com/2010-04-01/Accounts/" + child + "/Usage/Triggers"
	want := []string{
		"POST " + path + ".json CallbackMethod=POST&CallbackUrl=https%3A%2F%2Fme%3Apa55word%40h.example%2Fx&FriendlyName=day+cap&Recurring=daily&TriggerBy=price&TriggerValue=%2B50&UsageCategory=totalprice",
		"POST " + path + "/" + someUT + ".json CallbackUrl=https%3A%2F%2Fh.example%2Fy",
		"DELETE " + path + "/" + someUT + ".json",
	}
	if diff := cmp.Diff(want, append(s.requests(), s2.requests()...)); diff != "" {
		t.Error(diff)
	}
}

func TestSenselessTriggersAreNotSent(t *testing.T) {
	s := newStub(t, hangUp)
	good := NewTrigger{Category: "totalprice", Value: "50", Callback: "https://h.example/"}
	for name, change := range map[string]func(*NewTrigger){
		"category": func(n *NewTrigger) { n.Category = "total price" }, "no category": func(n *NewTrigger) { n.Category = "" },
		"value": func(n *NewTrigger) { n.Value = "-5" }, "no value": func(n *NewTrigger) { n.Value = "" }, "by": func(n *NewTrigger) { n.By = "money" },
		"recurring": func(n *NewTrigger) { n.Recurring = "hourly" }, "method": func(n *NewTrigger) { n.Method = "PUT" },
		"name": func(n *NewTrigger) { n.Name = strings.Repeat("ä", 65) }, "callback": func(n *NewTrigger) { n.Callback = "h.example" },
		"scheme": func(n *NewTrigger) { n.Callback = "javascript://h/" }, "no host": func(n *NewTrigger) { n.Callback = "https:///x" }, "no callback": func(n *NewTrigger) { n.Callback = "" },
	} {
		n := good
		change(&n)
		if _, err := s.ops().CreateTrigger(child, n); !NotMade(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	o := s.ops()
	_, listed := o.ListTriggers(someUT)
	_, created := o.CreateTrigger("", good)
	_, callers := o.ListCallerIDs(somePN)
	_, caller := o.FetchCallerID(child, someUT)
	for _, err := range []error{
		listed, created, callers, caller, o.DeleteTrigger(child, somePN), o.DeleteTrigger("", someUT), o.DeleteCallerID(child, "PN1/../x"), o.DeleteCallerID("", somePN),
		o.UpdateTriggerCallback(child, someSK, "https://h.example/", ""), o.UpdateTriggerCallback(child, someUT, "", ""), o.UpdateTriggerCallback(child, someUT, "https://h.example/", "get"),
	} {
		if !NotMade(err) {
			t.Error(err)
		}
	}
	if n := len(s.requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestCallerIDs(t *testing.T) {
	one := `{"sid":"` + somePN + `","phone_number":"+15550001111","friendly_name":"Office","date_created":"Sat, 13 Jun 2026 01:02:03 +0000","date_updated":null}`
	want := CallerID{SID: somePN, Number: "+15550001111", Name: "Office", Created: time.Date(2026, 6, 13, 1, 2, 3, 0, time.UTC)}
	s := newStub(t, inTurn(
		says(200, `{"outgoing_caller_ids":[`+one+`],"next_page_uri":"/2010-04-01/Accounts/`+child+`/OutgoingCallerIds.json?Page=1&PageToken=PAx"}`),
		says(200, `{"outgoing_caller_ids":[]}`), says(200, one), says(204, ``), says(404, `{"code":20404}`), says(200, `{"sid":"PN0"}`)))
	o := s.ops()
	got, err := o.ListCallerIDs(child)
	if diff := cmp.Diff([]CallerID{want}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if got, err := o.FetchCallerID(child, somePN); got != want || err != nil {
		t.Error(got, err)
	}
	if err := o.DeleteCallerID(child, somePN); err != nil {
		t.Error(err)
	}
	if _, err := o.FetchCallerID(child, somePN); !Gone(err) {
		t.Error(err)
	}
	if _, err := o.FetchCallerID(child, somePN); err == nil {
		t.Error("another caller ID was taken for this one")
	}
	path := "api.twilio.com/2010-04-01/Accounts/" + child + "/OutgoingCallerIds"
	wantText(t, strings.Join(s.requests(), "\n"), "GET "+path+".json?PageSize=1000\nGET "+path+".json?Page=1&PageSize=1000&PageToken=PAx\nGET "+path+"/"+somePN+".json\nDELETE "+path+"/"+somePN+".json")
}

func TestListsOfTriggersThatBreakOff(t *testing.T) {
	s := newStub(t, inTurn(
		says(200, `{"usage_triggers":[{"sid":"`+someUT+`"}],"next_page_uri":"/2010-04-01/Accounts/x?Page=1"}`),
		says(200, `{"usage_triggers":[{"sid":"U`)))
	got, err := s.ops().ListTriggers(child)
	var broken *Partial
	if !errors.As(err, &broken) || broken.Received != 1 || len(got) != 1 {
		t.Errorf("%v, %v", got, err)
	}
}
