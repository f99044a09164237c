package sim_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"retake/actions/sim"
)

// hostile is the parent's holder over a family whose every text is a payload.
func hostile(t *testing.T) caller {
	o := options()
	o.Switches.Hostile = "text"
	return parentOf(t, world(t, o))
}

// replyTo is a reply as it came.
func (c caller) replyTo(address string) (status int, header http.Header, body string) {
	c.t.Helper()
	res, err := c.try(http.MethodGet, address, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if !json.Valid(b) {
		c.t.Fatalf("%s is no JSON: %q", address, b)
	}
	return res.StatusCode, res.Header, string(b)
}

// ofHostile are lists of every kind that holds texts.
func ofHostile(sid string) []string {
	const size = "PageSize=500"
	all := []string{accounts + ".json?" + size, events + "?" + size, alerts + "?" + size, iamKeys + "?AccountSid=" + sid + "&" + size,
		"https://voice.twilio.com/v1/DialingPermissions/Countries?" + size, "https://accounts.twilio.com/v1/Messaging/GeoPermissions"}
	for _, of := range []string{"IncomingPhoneNumbers", "Applications", "Calls", "Messages", "Usage/Triggers", "OutgoingCallerIds", "Conferences", "Recordings", "Keys", "Usage/Records"} {
		all = append(all, accounts+"/"+sid+"/"+of+".json?"+size)
	}
	return all
}

func TestEveryPayloadIsServed(t *testing.T) {
	p := hostile(t)
	var all strings.Builder
	for _, address := range ofHostile(p.user) {
		_, header, body := p.replyTo(address)
		all.WriteString(body)
		if header.Get("Twilio-Request-Id") == "" {
			t.Errorf("%s has no request ID", address)
		}
	}
	for _, one := range sim.Payloads() {
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(strings.ToValidUTF8(one.Text, "\x00")); err != nil {
			t.Fatal(err)
		}
		for part := range strings.SplitSeq(strings.Trim(b.String(), "\"\n"), `\u0000`) { // around bytes that the encoder would replace
			if !strings.Contains(all.String(), part) {
				t.Errorf("%s: %q is nowhere", one.Family, part)
			}
		}
	}
	if strings.ToValidUTF8(all.String(), "") == all.String() {
		t.Error("all of it is UTF-8")
	}
}

func TestAHostileThingReadsTheSameEachTime(t *testing.T) {
	p, twin := hostile(t), hostile(t)
	for _, address := range ofHostile(p.user) {
		_, _, first := p.replyTo(address)
		_, _, again := p.replyTo(address)
		_, _, other := twin.replyTo(address)
		if first != again || first != other {
			t.Errorf("%s reads another way each time", address)
		}
	}
}

func TestHostileTextSparesWhatWorkHangsOn(t *testing.T) {
	mild, p := parentOf(t, world(t, options())), hostile(t)
	for member, address := range map[string]string{"accounts": accounts + ".json", "events": events, "messages": accounts + "/" + p.user + "/Messages.json"} {
		was, is := mild.every(member, address), p.every(member, address)
		if len(was) != len(is) {
			t.Fatalf("%s: %d and %d records", member, len(was), len(is))
		}
		for i := range was {
			for _, of := range []string{"sid", "status", "date_created", "event_date", "event_type", "uri", "price", "to", "auth_token"} {
				if text(was[i], of) != text(is[i], of) {
					t.Errorf("%s %s: %q became %q", member, of, text(was[i], of), text(is[i], of))
				}
			}
		}
	}
}

func TestARefusalCarriesAPayload(t *testing.T) {
	p := hostile(t)
	p.pass = "wrong"
	for range 3 {
		said := p.want(http.StatusUnauthorized, http.MethodGet, accounts+"/"+p.user+".json", nil)
		if message := text(said, "message"); code(said) != 20003 || !strings.HasSuffix(message, "Authenticate") || message == "Authenticate" {
			t.Errorf("the refusal says %v", said)
		}
	}
}

func TestStrangeRecordsEndEachList(t *testing.T) {
	o := options()
	o.Switches.Strange = true
	mild, p := parentOf(t, world(t, options())), parentOf(t, world(t, o))
	was, is := mild.every("accounts", accounts+".json"), p.every("accounts", accounts+".json")
	if len(is) != len(was)+2 || len(is[len(is)-1]) != 0 || text(is[len(is)-2], "status") == text(was[0], "status") {
		t.Errorf("%d records became %d, the last %v", len(was), len(is), is[len(is)-2:])
	}
}
