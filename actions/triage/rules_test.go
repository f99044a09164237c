package triage

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
)

var now = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

const (
	main  = "AC00000000000000000000000000000001"
	ours  = "198.51.100.7"
	other = "203.0.113.66"
)

// quiet is a month of an account where nothing is wrong: a call and a message an
// hour to London, a login a day from the office.
func quiet() Records {
	r := Records{Now: now, Since: now.Add(-Window), Reach: map[string]time.Time{}}
	r.Accounts = []Account{{SID: main, Name: "Harbour", Status: "active", Created: now.AddDate(-2, 0, 0), Main: true}}
	for h := range 31 * 24 {
		at := now.Add(-time.Duration(h) * time.Hour)
		r.Calls = append(r.Calls, Call{Account: main, To: fmt.Sprintf("+4420794600%02d", h%90), Status: "completed", Direction: "outbound-api", At: at, Lasted: 2 * time.Minute, Exhibit: 1})
		r.Messages = append(r.Messages, Message{Account: main, To: fmt.Sprintf("+447700900%03d", h%900), Body: fmt.Sprintf("Your code is %06d. Track at track.harbour.example", h), Status: "delivered", Direction: "outbound-api", At: at, Exhibit: 2})
		if h%24 == 0 {
			r.Events = append(r.Events, Event{Account: main, Type: "user-session.created", IP: ours, At: at, Exhibit: 3})
			r.Days = append(r.Days, Day{Account: main, Date: at.Truncate(24 * time.Hour), Spent: 10, Exhibit: 4})
		}
	}
	return r
}

func (r *Records) event(kind, ip string, ago time.Duration) {
	r.Events = append(r.Events, Event{Account: main, Type: kind, Actor: main, IP: ip, Resource: "SK00000000000000000000000000000001", At: now.Add(-ago), Exhibit: 5})
}

func (r *Records) call(n int, to string, lasted time.Duration, status string) {
	for i := range n {
		r.Calls = append(r.Calls, Call{Account: main, To: fmt.Sprintf(to, i), Status: status, Direction: "outbound-api", At: now.Add(-time.Duration(i+1) * time.Minute), Lasted: lasted, Exhibit: 6})
	}
}

func (r *Records) text(n int, to, body string) {
	for i := range n {
		r.Messages = append(r.Messages, Message{Account: main, To: fmt.Sprintf(to, i), Body: body, Status: "delivered", Direction: "outbound-api", At: now.Add(-time.Duration(i) * 10 * time.Second), Exhibit: 7})
	}
}

func TestRules(t *testing.T) {
	const minute = time.Minute
	for name, c := range map[string]struct {
		add     func(*Records)
		rule    string // which finds something, "" if none may above low
		level   Severity
		verdict Name
	}{
		"nothing":               {func(*Records) {}, "", Low, NothingFound},
		"secondary token":       {func(r *Records) { r.event("account-auth-token.secondary-created", other, minute) }, "changed-tokens", Critical, Takeover},
		"one new key":           {func(r *Records) { r.event("account-api-keys.created", other, minute) }, "planted-keys", High, Unclear},
		"a key from the office": {func(r *Records) { r.event("account-api-keys.created", ours, minute) }, "", Low, NothingFound},
		"a login on a journey":  {func(r *Records) { r.event("user-session.created", other, minute) }, "", Low, NothingFound},
		"a key by us":           {byUs(1), "", Low, NothingFound},
		"two keys, one by us":   {byUs(2), "planted-keys", High, Unclear},
		"key and geo": {func(r *Records) {
			r.event("account-api-keys.created", other, minute)
			r.event("voice-geographic-permissions.updated", other, minute)
		}, "changed-geo", High, Takeover},
		"five days ago":            {func(r *Records) { r.event("account-api-keys.created", other, 5*24*time.Hour) }, "planted-keys", Medium, Unclear},
		"toll fraud":               {func(r *Records) { r.call(8, "+252900%04d", 20*minute, "completed") }, "new-country-calls", High, TollFraud},
		"toll fraud of no country": {func(r *Records) { r.call(30, "+8823900%04d", 20*minute, "completed") }, "new-country-calls", High, TollFraud},
		"two calls abroad":         {func(r *Records) { r.call(2, "+37181000%03d", 20*minute, "completed") }, "", Low, NothingFound},
		"many at once":             {func(r *Records) { r.call(9, "+4420794600%02d", 0, "in-progress") }, "live-calls", High, TollFraud},
		"very short ones":          {func(r *Records) { r.call(200, "+442079460%03d", 3*time.Second, "completed") }, "short-calls", High, TollFraud},
		"links to many":            {func(r *Records) { r.text(60, "+447700901%03d", "Pay now: https://parcel-fee.example.com/p/1") }, "link-to-many", High, Lures},
		"links to a few":           {func(r *Records) { r.text(12, "+447700901%03d", "Pay now: hxxps://parcel-fee[.]example[.]com") }, "link-to-many", Medium, Unclear},
		"own links to many":        {func(r *Records) { r.text(60, "+447700900%03d", "See track.harbour.example/1") }, "", Low, NothingFound},
		"codes in a row":           {func(r *Records) { r.text(40, "+628001234%03d", "Your code is 123456") }, "codes-in-a-row", High, FormPumping},
		"many codes":               {func(r *Records) { r.text(150, "+447700900%03d", "Your code is 123456") }, "code-volume", Medium, FormPumping},
		"spend":                    {func(r *Records) { r.Days[0].Spent = 500 }, "spend", High, Unclear},
		"alerts in a row":          {alarmed, "alerts", Medium, Unclear},
		"stop":                     {stopped, "stop-replies", Medium, Unclear},
		"young subaccount": {func(r *Records) {
			r.Accounts = append(r.Accounts, Account{SID: "AC2", Status: "active", Created: now.Add(-time.Hour)})
		}, "young-account", Medium, Unclear},
		"events were not read":   {func(r *Records) { r.Unread = []string{"audit events"} }, "", Low, Unclear},
		"little history":         {thin, "new-country-texts", Medium, Unclear},
		"a SID in public":        {shown(Leak{}), "public-code", High, Unclear},
		"a SID in our own code":  {shown(Leak{Private: true}), "public-code", Low, NothingFound},
		"a secret in public":     {shown(Leak{Secret: true}), "public-code", Critical, Unclear},
		"the token in public":    {shown(Leak{Secret: true, Present: true}), "public-code", Critical, Unclear},
		"a dead token in public": {shown(Leak{Secret: true, Dead: true}), "public-code", Low, NothingFound},
		"a secret in public, and toll fraud": {func(r *Records) {
			shown(Leak{Secret: true})(r)
			r.call(8, "+252900%04d", 20*minute, "completed")
		}, "public-code", Critical, Takeover},
		"a secret in public, and pumping": {func(r *Records) {
			shown(Leak{Secret: true})(r)
			r.text(40, "+628001234%03d", "Your code is 123456")
		}, "public-code", Critical, Unclear},
		"takeover of codes and links": {func(r *Records) {
			r.event("account-api-keys.created", other, minute)
			r.text(60, "+62800123%04d", "Won: http://203.0.113.80/c")
		}, "link-to-many", High, Takeover},
	} {
		t.Run(name, func(t *testing.T) {
			r := quiet()
			c.add(&r)
			found := Look(r)
			v := Judge(r, found)
			if v.Name != c.verdict {
				t.Errorf("verdict %s, want %s", v.Name, c.verdict)
			}
			worst := Info
			for _, f := range found {
				worst = max(worst, f.Severity)
				if f.Rule == c.rule && f.Severity != c.level {
					t.Errorf("%s is %s, want %s: %s", f.Rule, f.Severity, c.level, f)
				}
			}
			if c.rule == "" && worst > Low || c.rule != "" && !slices.ContainsFunc(found, func(f Finding) bool { return f.Rule == c.rule }) {
				t.Errorf("want %q, found %v", c.rule, found)
			}
			if len(v.Reasons) > 3 || v.Change == "" || len(v.Next) == 0 {
				t.Errorf("%+v", v)
			}
		})
	}
}

// shown is a file that shows the SID.
func shown(l Leak) func(*Records) {
	l.Account, l.File, l.Where, l.Exhibit = main, "o/r/.env", "github[.]com/o/r/[.]env", 8
	return func(r *Records) { r.Leaks = append(r.Leaks, l) }
}

// Many files that show a SID are told to a bound, but each that shows a secret.
func TestManyLeaks(t *testing.T) {
	r := quiet()
	for n := range 60 {
		shown(Leak{Secret: n >= 55})(&r)
		r.Leaks[n].File = fmt.Sprint("o/r/", n)
	}
	ids, secrets := map[string]bool{}, 0
	for _, f := range Look(r) {
		if f.Rule == "public-code" {
			ids[f.ID] = true
			if f.Severity == Critical {
				secrets++
			}
		}
	}
	if len(ids) != 26 || secrets != 5 || !ids["public-code/"+main+"/more"] {
		t.Errorf("%d files are told, %d with a secret", len(ids), secrets)
	}
}

// byUs makes n keys from an address that is new, one of them by an act of ours.
func byUs(n int) func(*Records) {
	return func(r *Records) {
		for range n {
			r.event("account-api-keys.created", other, time.Minute)
		}
		r.Ours = []Act{{Account: main, Verb: "created", From: now.Add(-61 * time.Second), To: now.Add(-59 * time.Second)}}
	}
}

func alarmed(r *Records) {
	for i := range 12 {
		r.Alerts = append(r.Alerts, Alert{Account: main, Code: "13227", At: now.Add(-time.Hour + time.Duration(i)*time.Second)})
	}
}

func stopped(r *Records) {
	for i := range 12 {
		r.Messages = append(r.Messages, Message{Account: main, Body: " stop\n", Direction: "inbound", At: now.Add(-time.Duration(i) * time.Minute)})
	}
}

// thin leaves three days of the messages, as where the pages do not reach far.
func thin(r *Records) {
	r.text(30, "+62800123%04d", "Hello")
	reached := r.Since.AddDate(0, 0, -3)
	r.Messages = slices.DeleteFunc(r.Messages, func(m Message) bool { return m.At.Before(reached) })
	r.Reach[ReachKey("messages", main)] = reached
}

func TestCountry(t *testing.T) {
	c := countries{}
	for to, want := range map[string]string{
		"+447700900123": "GB", "+37181000001": "LV", "+2529000123": "SO", "+882399001234": "+882", "+12425550147": "BS", "+14155550123": "US",
		"whatsapp:+353209100123": "IE", "sip:x@example.com": "", "client:robin": "", "": "", "+": "", "12345": "",
	} {
		if got := c.of(to); got != want {
			t.Errorf("%q is in %q, want %q", to, got, want)
		}
	}
}

func TestLinks(t *testing.T) {
	for body, want := range map[string]string{
		"Your parcel is out for delivery. Reply STOP.": "",
		"Write to help@example.com":                    "",
		"go to https://User@Evil.example.com:8443/x?y": "evil.example.com",
		"hxxp://evil[.]example[.]com now":              "evil.example.com",
		"twillio-support.com/reset":                    "twillio-support.com",
		"http://203.0.113.80/c?id=1":                   "203.0.113.80",
	} {
		hosts, _ := leads{}.links(body)
		if got := strings.Join(hosts, " "); got != want {
			t.Errorf("%q leads to %q, want %q", body, got, want)
		}
	}
}

// Whatever the records say, a finding is one line that can be shown.
func TestHostileRecords(t *testing.T) {
	const bad = "x\x1b]0;pwn\x07\r\n\u202e\u200b=cmd()"
	r := quiet()
	r.Accounts = append(r.Accounts, Account{SID: bad, Name: bad, Status: bad, Created: now}, Account{SID: "AC3", Name: bad, Status: "active", Created: now})
	r.Events = append(r.Events, Event{Account: bad, Type: "account-api-keys." + bad, Actor: bad, IP: bad, Resource: bad, At: now}, Event{Account: main, Type: "user." + bad, Actor: bad, IP: bad, At: now})
	r.Alerts = append(r.Alerts, Alert{Account: bad, Code: "13227", At: now})
	r.text(60, "+62800123%04d", bad+" http://e\u202evil.example.com/"+bad)
	for i := range 60 {
		r.Calls = append(r.Calls, Call{Account: bad, To: bad, Status: bad, Direction: "outbound-" + bad, At: now})
		r.Messages = append(r.Messages, Message{Account: bad, To: fmt.Sprint(bad, i), Body: bad, Status: "queued", Direction: "outbound", At: now})
	}
	found := Look(r)
	v := Judge(r, found)
	for _, f := range append(found, v.Reasons...) {
		if strings.ContainsFunc(f.String()+f.Short(), func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
			t.Errorf("%q", f.String())
		}
	}
	if len(found) < 5 {
		t.Errorf("only %d findings", len(found))
	}
}

// Nothing at all is no reason to fail.
func TestEmptyRecords(t *testing.T) {
	if v := Judge(Records{}, Look(Records{})); v.Name != NothingFound {
		t.Error(v)
	}
}
