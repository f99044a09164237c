package account

import (
	"strings"
	"testing"
)

const (
	someCA = "CA0000000000000000000000000000000a"
	someCF = "CF0000000000000000000000000000000a"
	someSM = "SM0000000000000000000000000000000a"
)

// Each ending is one request, with the status that reaches all that is meant.
func TestEndings(t *testing.T) {
	for want, end := range map[string]func(*Operations) error{
		"POST api.twilio.com/2010-04-01/Accounts/" + child + "/Calls/" + someCA + ".json Status=completed":       func(o *Operations) error { return o.EndCall(child, someCA) },
		"POST api.twilio.com/2010-04-01/Accounts/" + child + "/Conferences/" + someCF + ".json Status=completed": func(o *Operations) error { return o.EndConference(child, someCF) },
		"POST api.twilio.com/2010-04-01/Accounts/" + child + "/Messages/" + someSM + ".json Status=canceled":     func(o *Operations) error { return o.CancelMessage(child, someSM) },
		"POST api.twilio.com/2010-04-01/Accounts/" + child + ".json Status=suspended":                            func(o *Operations) error { return o.SetAccountStatus(child, "suspended") },
	} {
		s := newStub(t, says(200, `{"sid":7}`)) // what the model does not understand loses no success
		if err := end(s.ops()); err != nil {
			t.Errorf("%s: %v", want, err)
		}
		wantText(t, strings.Join(s.requests(), "\n"), want)
		s = newStub(t, says(503, `{"code":20503}`))
		if err := end(s.ops()); !Unsure(err) {
			t.Errorf("%s, 503: %v", want, err)
		}
		s = newStub(t, says(400, `{"code":21220,"status":400,"message":"Call is not in-progress"}`))
		if err := end(s.ops()); !NotMade(err) {
			t.Errorf("%s, refused: %v", want, err)
		}
	}
}

// A status is believed only of the record that was asked for.
func TestStatusOfOneRecord(t *testing.T) {
	s := newStub(t, says(200, `{"sid":"`+someCA+`","status":"ringing"}`))
	if status, err := s.ops().FetchCall(child, someCA); status != "ringing" || err != nil || CallOver(status) {
		t.Errorf("%q %v", status, err)
	}
	s = newStub(t, says(200, `{"sid":"`+someCF+`","status":"completed","reason_conference_ended":"last-participant-left"}`))
	if status, why, err := s.ops().FetchConference(child, someCF); status != "completed" || why != "last-participant-left" || err != nil {
		t.Errorf("%q %q %v", status, why, err)
	}
	s = newStub(t, says(200, `{"sid":"`+someSM+`","status":"scheduled"}`))
	if status, err := s.ops().FetchMessage(child, someSM); !MessageWaits(status) || err != nil {
		t.Errorf("%q %v", status, err)
	}
	for _, body := range []string{`{"sid":"` + someSK + `","status":"completed"}`, `{"sid":"` + someCA + `"}`, `{}`} {
		if status, err := newStub(t, says(200, body)).ops().FetchCall(child, someCA); err == nil {
			t.Errorf("%s: %q", body, status)
		}
	}
}

// What is no SID of the kind, and a status that is final, is never sent.
func TestEndingsThatAreNotSent(t *testing.T) {
	s := newStub(t, says(200, `{}`))
	o := s.ops()
	for _, err := range []error{
		o.EndCall(child, someCF), o.EndCall("AC1", someCA), o.EndConference(child, someCA), o.CancelMessage(child, "SM../../x"),
		o.SetAccountStatus(child, "closed"), o.SetAccountStatus(someCA, "suspended"),
	} {
		if !NotMade(err) {
			t.Errorf("%v", err)
		}
	}
	if len(s.requests()) != 0 {
		t.Error(s.requests())
	}
	if err := o.CancelMessage(child, "MM0000000000000000000000000000000a"); err != nil {
		t.Error(err)
	}
}
