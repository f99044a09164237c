package account

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var june = Window{From: time.Date(2026, 6, 1, 12, 0, 0, 5, time.FixedZone("", 7200)), To: time.Date(2026, 6, 3, 1, 0, 0, 5, time.FixedZone("", 7200))}

func TestSourcesAreReadAsMeant(t *testing.T) {
	v2010 := "api.twilio.com/2010-04-01/Accounts/" + parent + "/"
	days := func(name string) string { return "?" + name + "%3C=2026-06-03&" + name + "%3E=2026-06-01&" }
	with := map[Source]string{
		SourceEvents:        "monitor.twilio.com/v1/Events?EndDate=2026-06-02T23%3A00%3A01Z&PageSize=1000&StartDate=2026-06-01T10%3A00%3A00Z",
		SourceAlerts:        "monitor.twilio.com/v1/Alerts?EndDate=2026-06-02T23%3A00%3A01Z&PageSize=1000&StartDate=2026-06-01T10%3A00%3A00Z",
		SourceMessages:      v2010 + "Messages.json?PageSize=1000",
		SourceRecordings:    v2010 + "Recordings.json" + days("DateCreated") + "IncludeSoftDeleted=true&PageSize=1000",
		SourceCalls:         v2010 + "Calls.json?PageSize=1000&StartTime%3C=2026-06-03&StartTime%3E=2026-06-01",
		SourceConferences:   v2010 + "Conferences.json" + days("DateCreated") + "PageSize=1000",
		SourceNotifications: v2010 + "Notifications.json" + days("MessageDate") + "PageSize=1000",
		SourceUsageDaily:    v2010 + "Usage/Records/Daily.json?EndDate=2026-06-02&IncludeSubaccounts=false&PageSize=1000&StartDate=2026-06-01",
		SourceBalance:       v2010 + "Balance.json",
	}
	open := map[Source]string{
		SourceEvents:     "monitor.twilio.com/v1/Events?PageSize=1000",
		SourceCalls:      v2010 + "Calls.json?PageSize=1000",
		SourceUsageDaily: v2010 + "Usage/Records/Daily.json?IncludeSubaccounts=false&PageSize=1000",
		SourceSIPDomains: v2010 + "SIP/Domains.json?PageSize=1000",
	}
	for i, wants := range []map[Source]string{with, open} {
		for _, info := range Sources() {
			s := newStub(t, says(200, `{"`+info.ListKey+`":[{"n":1.10}]}`))
			p, err := s.ops().Page(info.Source, parent, []Window{june, {}}[i], "")
			if err != nil || len(p.Records) != 1 || p.Next != "" {
				t.Errorf("%s: %v, %v", info.Source, p, err)
			}
			if want, is := wants[info.Source]; is && s.requests()[0] != "GET "+want {
				t.Errorf("%s: sent %s\nwant GET %s", info.Source, s.requests()[0], want)
			}
			if e := s.last(t); e.List != info.ListKey || e.Account != parent {
				t.Errorf("recorded %+v", e)
			}
		}
	}
}

// Calls can be read by their status; no other list can.
func TestCallsAreReadByStatus(t *testing.T) {
	s := newStub(t, says(200, `{"calls":[{"n":1}],"next_page_uri":null}`))
	if p, err := s.ops().Page(SourceCalls, child, Window{Status: "in-progress"}, ""); err != nil || len(p.Records) != 1 {
		t.Errorf("%+v, %v", p, err)
	}
	if want := "GET api.twilio.com/2010-04-01/Accounts/" + child + "/Calls.json?PageSize=1000&Status=in-progress"; s.requests()[0] != want {
		t.Errorf("sent %s, want %s", s.requests()[0], want)
	}
	for _, info := range Sources() {
		if info.ByStatus != (info.Source == SourceCalls || info.Source == SourceConferences) {
			t.Errorf("%+v", info)
		}
	}
}

func TestSourcesAreInOrder(t *testing.T) {
	own := []Source{SourceEvents, SourceAlerts, SourceVoiceGeo, SourceSMSGeo}
	var names []Source
	for _, s := range Sources() {
		if s.Title == "" || slices.Contains(names, s.Source) {
			t.Errorf("%+v", s)
		}
		if s.Own != slices.Contains(own, s.Source) || (s.ListKey == "") != (s.Source == SourceBalance) {
			t.Errorf("%+v", s)
		}
		names = append(names, s.Source)
	}
	if diff := cmp.Diff([]Source{SourceAccounts, SourceEvents, SourceAlerts, SourceMessages, SourceRecordings, SourceCalls, SourceConferences}, names[:7]); diff != "" {
		t.Error(diff)
	}
	if Sources()[1].Retention != 30*24*time.Hour || !Sources()[1].Dated || Sources()[3].Dated || !Sources()[0].Family {
		t.Errorf("%+v", Sources()[:4])
	}
}

// callPages serves a list of three pages, by the token that was sent.
func callPages(w http.ResponseWriter, r *http.Request) {
	n := map[string]int{"": 0, "PAone.1": 1, "PA two+/": 2, "PAtwo+/": 2}[r.URL.Query().Get("PageToken")]
	next := []string{
		`"/2010-04-01/Accounts/` + child + `/Calls.json?PageSize=50&Page=1&PageToken=PAone.1"`,
		`"https://api.twilio.com/2010-04-01/Accounts/` + child + `/Calls?Page=2&PageToken=PAtwo%2B%2F"`, `null`}[n]
	if got := r.URL.Query().Get("Page"); n > 0 && got != fmt.Sprint(n) {
		panic("page " + got)
	}
	says(200, fmt.Sprintf(`{"next_page_uri":%s,"calls":[{"sid":"CA%d","start_time":"in %d days","price":-0.10},{"n":%d}]}`, next, n, n, n))(w, r)
}

func TestACaptureGoesOnWhereItWas(t *testing.T) {
	s := newStub(t, callPages)
	var whole [][]json.RawMessage
	cursors := []string{""}
	for {
		p, err := s.ops().Page(SourceCalls, child, june, cursors[len(cursors)-1])
		if err != nil {
			t.Fatal(err)
		}
		whole = append(whole, p.Records)
		if p.Next == "" {
			break
		}
		cursors = append(cursors, p.Next)
	}
	if len(whole) != 3 || string(whole[2][0]) != `{"sid":"CA2","start_time":"in 2 days","price":-0.10}` {
		t.Fatalf("%s", whole)
	}
	again := newStub(t, callPages) // another run, with what it kept
	for i := len(cursors) - 1; i >= 0; i-- {
		p, err := again.ops().Page(SourceCalls, child, june, cursors[i])
		if err != nil || !cmp.Equal(p.Records, whole[i]) {
			t.Errorf("page %d: %s, %v", i, p.Records, err)
		}
	}
	for i, request := range again.requests() {
		if request != s.requests()[2-i] {
			t.Errorf("%s\nthen %s", request, s.requests()[2-i])
		}
	}
}

func TestHostileLinksAreNotFollowed(t *testing.T) {
	list := "/2010-04-01/Accounts/" + child + "/Calls.json"
	for link, want := range map[string]string{
		`"https://evil.example` + list + `?Page=2&PageToken=x"`:               "another host",
		`"//evil.example` + list + `?Page=2&PageToken=x"`:                     "another host",
		`"http://api.twilio.com` + list + `?Page=2&PageToken=x"`:              "another host",
		`"https://api.twilio.com@evil.example` + list + `?Page=2"`:            "another host",
		`"https://monitor.twilio.com` + list + `?Page=2&PageToken=x"`:         "another host",
		`"/2010-04-01/Accounts/` + parent + `/Calls.json?Page=2&PageToken=x"`: "another list",
		`"/2010-04-01/Accounts/` + child + `/Keys.json?Page=2&PageToken=x"`:   "another list",
		`"` + list + `/../Keys.json?Page=2&PageToken=x"`:                      "another list",
		`"?Page=2&PageToken=x"`:                                               "another list",
		`"` + list + `"`:                                                      "which page",
		`"` + list + `?PageToken="`:                                           "which page",
		`"` + list + `?Page=2&PageToken=x%0d%0ay"`:                            "which page",
		`"` + list + `?PageToken=` + strings.Repeat("x", 2001) + `"`:          "which page",
		`"` + list + `?Page=1&PageToken=here"`:                                "already read",
		`"` + list + `?Page=1&PageToken=x"`:                                   "already read",
		`"` + list + `?Page=0&PageToken=x"`:                                   "already read",
		`"` + list + `?Page=-9&PageToken=x"`:                                  "already read",
		`"` + list + `?Page=10001&PageToken=x"`:                               "already read",
		`"` + list + `?Page=two&PageToken=x"`:                                 "already read",
		`":"`:                                                                 "malformed",
		`12`:                                                                  "no text",
		`{}`:                                                                  "no text",
		`[""]`:                                                                "no text",
	} {
		s := newStub(t, says(200, `{"calls":[{"sid":"CA1"}],"next_page_uri":`+link+`}`))
		p, err := s.ops().Page(SourceCalls, child, june, "calls/"+child+"?Page=1&PageToken=here")
		var broken *Partial
		if !errors.As(err, &broken) || broken.Received != 1 || len(p.Records) != 1 || p.Next != "" || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %+v, %v", link, p, err)
		}
	}
	s := newStub(t, says(200, `{"events":[],"meta":{"next_page_url":"https://api.twilio.com/v1/Events?Page=1&PageToken=x"}}`))
	if p, err := s.ops().Page(SourceEvents, parent, june, ""); err == nil || p.Next != "" {
		t.Errorf("%+v, %v", p, err)
	}
	s = newStub(t, says(200, `{"events":[],"meta":{"next_page_url":"https://monitor.twilio.com/v1/Events?StartDate=1970-01-01&Page=1&PageToken=x"}}`))
	if p, err := s.ops().Page(SourceEvents, parent, june, ""); err != nil || p.Next != "events/"+parent+"?Page=1&PageToken=x" {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestBadCursorsAreNotSent(t *testing.T) {
	s := newStub(t, hangUp)
	for _, cursor := range []string{
		"x", "calls/" + child, "calls/" + child + "?", "calls/" + parent + "?Page=1&PageToken=x", "messages/" + child + "?Page=1&PageToken=x",
		"calls/" + child + "?Page=1&PageToken=x&Host=evil", "calls/" + child + "?Page=&PageToken=", "calls/" + child + "?Page=x&PageToken=x",
		"calls/" + child + "?Page=1&PageToken=%0a", "calls/" + child + "?Page=1&PageToken=%zz", "https://evil.example/?Page=1&PageToken=x",
	} {
		if _, err := s.ops().Page(SourceCalls, child, june, cursor); !NotMade(err) {
			t.Errorf("%q: %v", cursor, err)
		}
	}
	_, unknown := s.ops().Page("nothing", child, june, "")
	_, foreign := s.ops().Page(SourceEvents, child, june, "")
	_, backwards := s.ops().Page(SourceCalls, child, Window{From: june.To, To: june.From}, "")
	_, nobody := s.ops().Page(SourceCalls, "AC1/..", june, "")
	_, noStatus := s.ops().Page(SourceMessages, child, Window{Status: "queued"}, "")
	_, oddStatus := s.ops().Page(SourceCalls, child, Window{Status: "queued&To=x"}, "")
	for _, err := range []error{unknown, foreign, backwards, nobody, noStatus, oddStatus} {
		if !NotMade(err) {
			t.Error(err)
		}
	}
	if n := len(s.requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestPagesThatAreNotWhole(t *testing.T) {
	for name, handle := range map[string]http.HandlerFunc{
		"cut short": cutOff(200), "hung up": hangUp, "half": says(200, `{"calls":[{"sid":"CA1"},{"si`), "trailing": says(200, `{"calls":[]}{`),
		"no list": says(200, `{"message":"hello"}`), "null": says(200, `{"calls":null}`), "an object": says(200, `{"calls":{}}`), "a page": says(200, `<html>`),
	} {
		p, err := newStub(t, handle).ops().Page(SourceCalls, child, june, "")
		if err == nil || Unsure(err) || len(p.Records) != 0 {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	_, err := newStub(t, says(401, `{"code":20003}`)).ops().Page(SourceCalls, child, june, "")
	if !Unauthorized(err) {
		t.Error(err)
	}
	full := `{"calls":[{}` + strings.Repeat(`,{}`, pageSize-1) + `]`
	p, err := newStub(t, says(200, full+`}`)).ops().Page(SourceCalls, child, june, "")
	if err == nil || len(p.Records) != pageSize {
		t.Errorf("a full page without a link: %d, %v", len(p.Records), err)
	}
	if p, err = newStub(t, says(200, full+`,"next_page_uri":null}`)).ops().Page(SourceCalls, child, june, ""); err != nil || p.Next != "" {
		t.Errorf("a full last page: %v", err)
	}
	s := newStub(t, says(200, `{"calls":[{}]}`))
	s.tape.fail = errors.New("disk full")
	if p, err := s.ops().Page(SourceCalls, child, june, ""); err == nil || len(p.Records) > 0 {
		t.Errorf("what was not recorded was used: %v", p)
	}
}

// The records are those of the exhibit, byte for byte, and hold no secret.
func TestAlertsAreMasked(t *testing.T) {
	const pass = "Pa55wordPa55word" // in base64, behind "me:": bWU6UGE1NXdvcmRQYTU1d29yZA
	for _, c := range []struct{ field, kept string }{
		{`"alert_text":"sourceComponent=14100&httpResponse=502&url=https%3A%2F%2Fme%3APa55wordPa55word%40h.example%2Fx&LogLevel=ERROR"`, "&LogLevel=ERROR"},
		{`"alert_text":"Msg=x&url=https%3A%2F%2Fh.example%2Fx%3Fsig%3DPa55wordPa55word%26a%3D1&httpResponse=502"`, "&httpResponse=502"},
		{`"request_url":"https://me:Pa55wordPa55word@h.example/hook"`, "@h.example/hook"},
		{`"request_url":"https://h.example/hook?token=Pa55wordPa55word&a=1"`, "&a=1"},
		{`"request_url":"https://hooks.slack.com/services/T0AAAAAAA/B0BBBBBBB/Pa55wordPa55word"`, "https://hooks.slack.com/services/T0AAAAAAA/B0BBBBBBB/"},
		{`"request_url":"https://discord.com/api/webhooks/123456789012345678/Pa55wordPa55word-_x"`, "https://discord.com/api/webhooks/123456789012345678/"},
		{`"request_url":"https://api.telegram.org/bot123456789:AAPa55wordPa55word/sendMessage"`, "https://api.telegram.org/bot123456789:"},
		{`"request_headers":"Host=h.example&Authorization=Basic+bWU6UGE1NXdvcmRQYTU1d29yZA%3D%3D"`, "Host=h.example"},
		{`"request_headers":"Host=h.example&Cookie=session%3DPa55wordPa55word%3B+b%3Dc&Accept=x"`, "&Accept=x"},
		{`"request_headers":"Cookie: a=bcd; session=Pa55wordPa55word; b=c\r\nAccept: x"`, "Accept: x"},
		{`"request_headers":{"Cookie":"a=bcd; session=Pa55wordPa55word","Host":"h.example"}`, `"Host":"h.example"`},
		{`"request_headers":"{\"cookie\":\"a=bcd; session=Pa55wordPa55word\",\"host\":\"h\"}"`, `\"host\":\"h\"`},
		{`"request_variables":"AccountSid=AC1&AuthToken=Pa55wordPa55word&Body=hi"`, "&Body=hi"},
		{`"request_variables":"Password=Pa55wordPa55word&Body=hi"`, "&Body=hi"},
		{`"response_headers":"HTTP/1.1 200 OK\r\nSet-Cookie: sid=Pa55wordPa55word; Path=/\r\nServer: nginx"`, "Server: nginx"},
		{`"response_headers":"Date=Sat&Set-Cookie=sid%3DPa55wordPa55word&Server=nginx"`, "&Server=nginx"},
		{`"response_headers":"X-Api-Key: Pa55wordPa55word\r\nServer: nginx"`, "Server: nginx"},
		{`"response_body":"{\"api_key\":\"Pa55wordPa55word\",\"n\":1}"`, `\"n\":1`},
	} {
		record := `{"sid":"NO1",` + c.field + `, "n":1.10}`
		s := newStub(t, says(200, `{"alerts":[ `+record+`],"meta":{"next_page_url":null}}`))
		p, err := s.ops().Page(SourceAlerts, parent, Window{}, "")
		if err != nil {
			t.Fatal(err)
		}
		e, got := s.last(t), string(p.Records[0])
		if strings.Contains(string(e.Body), pass) || strings.Contains(string(e.Body), "bWU6UGE1NX") {
			t.Errorf("shows the secret: %s", e.Body)
		}
		if !strings.Contains(got, c.kept) || !strings.HasSuffix(got, `, "n":1.10}`) || !strings.Contains(string(e.Body), "[ "+got+"]") {
			t.Errorf("%s\nbecame %s\nin %s", record, got, e.Body)
		}
	}
}

func TestBalance(t *testing.T) {
	s := newStub(t, says(200, `{"balance":"-1.20", "currency":"USD"}`))
	if p, err := s.ops().Page(SourceBalance, parent, Window{}, ""); err != nil || string(p.Records[0]) != `{"balance":"-1.20", "currency":"USD"}` || p.Next != "" {
		t.Errorf("%s, %v", p.Records, err)
	}
}
