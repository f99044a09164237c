package report_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"retake/actions/report"
	"retake/store"
)

const main = "AC0123456789abcdef0123456789abcdef"

func of(list, url string) store.ExhibitEntry {
	return store.ExhibitEntry{Account: main, List: list, URL: url, Status: 200}
}

func TestWhatARecordSays(t *testing.T) {
	base := "https://api.twilio.com/2010-04-01/Accounts/" + main
	at := time.Date(2026, 3, 1, 2, 20, 0, 0, time.UTC)
	for _, try := range []struct {
		x    store.ExhibitEntry
		raw  string
		want report.Said
	}{
		{of("messages", ""), `{"sid":"SM1","account_sid":"AC2","from":"+1","to":"+2","status":"sent","body":"hello: you","date_created":"Sun, 01 Mar 2026 02:20:00 +0000"}`, report.Said{Kind: report.Messages, At: at, Account: "AC2", SID: "SM1", Gist: "+1 -> +2, sent: hello: you"}},
		{of("", base+"/Messages/SM1.json"), `{"sid":"SM1","to":"+2","status":"failed","error_code":30007,"body":null}`, report.Said{Kind: report.Messages, Account: main, SID: "SM1", Gist: "+2, failed, error 30007"}},
		{of("calls", ""), `{"sid":"CA1","from":"+1","to":"+2","status":"completed","duration":"63","date_created":"Sun, 01 Mar 2026 01:00:00 +0000","start_time":"Sun, 01 Mar 2026 02:20:00 +0000"}`, report.Said{Kind: report.Calls, At: at, Account: main, SID: "CA1", Gist: "+1 -> +2, completed, 63 s"}},
		{of("calls", ""), `{"sid":"CA1","status":"queued","start_time":null,"date_created":"Sun, 01 Mar 2026 02:20:00 +0000"}`, report.Said{Kind: report.Calls, At: at, Account: main, SID: "CA1", Gist: "queued"}},
		{of("", base+"/Conferences/CF1/Participants.json?PageSize=1000"), `{"friendly_name":"Ops","status":"completed"}`, report.Said{Kind: report.Conferences, Account: main, Gist: "Ops, completed"}},
		{of("recordings", ""), `{"sid":"RE1","duration":"9","call_sid":"CA1"}`, report.Said{Kind: report.Recordings, Account: main, SID: "RE1", Gist: "RE1, 9 s, of CA1"}},
		{of("events", ""), `{"sid":"AE1","event_type":"account.updated","actor_sid":"US1","source_ip_address":"203.0.113.9","event_date":"2026-03-01T02:20:00Z"}`, report.Said{Kind: report.Events, At: at, Account: main, SID: "AE1", Gist: "account.updated, US1, 203.0.113.9"}},
		{of("alerts", ""), `{"sid":"NO1","log_level":"error","error_code":"30007","alert_text":"Msg"}`, report.Said{Kind: report.Alerts, Account: main, SID: "NO1", Gist: "error 30007, Msg"}},
		{of("signing_keys", ""), `{"sid":"SK1","friendly_name":"deploy"}`, report.Said{Kind: report.Keys, Account: main, SID: "SK1", Gist: "SK1, deploy"}},
		{of("incoming_phone_numbers", ""), `{"sid":"PN1","phone_number":"+1","friendly_name":"(1)"}`, report.Said{Kind: report.Numbers, Account: main, SID: "PN1", Gist: "+1, (1)"}},
		{of("applications", ""), `{"sid":"AP1","friendly_name":"ivr","voice_url":"https://x.example"}`, report.Said{Kind: report.Applications, Account: main, SID: "AP1", Gist: "ivr, AP1, https://x.example"}},
		{of("usage_triggers", ""), `{"sid":"UT1","friendly_name":"spend","usage_category":"totalprice","trigger_by":"price","trigger_value":"250","recurring":"daily"}`, report.Said{Kind: report.Triggers, Account: main, SID: "UT1", Gist: "spend, totalprice price 250, daily"}},
		{of("outgoing_caller_ids", ""), `{"phone_number":"+1","friendly_name":"Bob"}`, report.Said{Kind: report.CallerIDs, Account: main, Gist: "+1, Bob"}},
		{of("usage_records", ""), `{"category":"sms","count":"12","count_unit":"messages","price":0.5,"price_unit":"USD","start_date":"2026-03-01"}`, report.Said{Kind: report.Usage, At: at.Truncate(24 * time.Hour), Account: main, Gist: "sms, 12 messages, 0.5 USD"}},
		{of("", base+".json"), `{"sid":"AC3","friendly_name":"Sub","status":"active"}`, report.Said{Kind: report.Accounts, Account: main, SID: "AC3", Gist: "Sub, active, AC3"}},
		{of("content", "https://voice.twilio.com/v1/DialingPermissions/Countries"), `{"iso_code":"LV","name":"Latvia","low_risk_numbers_enabled":true,"high_risk_special_numbers_enabled":false}`, report.Said{Kind: report.VoiceGeo, Account: main, Gist: "LV Latvia: low risk on, special off"}},
		{of("permissions", "https://accounts.twilio.com/v1/Messaging/GeoPermissions"), `{"country_code":"DE","type":"country","enabled":"odd"}`, report.Said{Kind: report.SMSGeo, Account: main, Gist: "DE: country odd"}},
		{of("", base+"/Balance.json"), `{"balance":"-3.20","currency":"USD"}`, report.Said{Kind: report.Balance, Account: main, Gist: "-3.20 USD"}},
		{of("short_codes", base+"/SMS/ShortCodes.json"), `{"sid":"SC1","friendly_name":"12345"}`, report.Said{Kind: report.Other, Account: main, SID: "SC1", Gist: "SC1, 12345"}},
		{of("", base+"/Mystery.json"), `{"b":1,"a":[{"c":2}],"n":null}`, report.Said{Kind: report.Other, Account: main, Gist: `b: 1, a: [{"c":2}], n: `}},
		{of("", base+"/Keys/SK1.json"), `{"code":20003,"message":"Authenticate","status":401}`, report.Said{Kind: report.Keys, Account: main, Gist: "error 20003: Authenticate"}},
		{of("", base+"/Keys/SK1.json"), ``, report.Said{Kind: report.Keys, Account: main, Gist: "200, no body"}},
		{store.ExhibitEntry{URL: "\x00", Problem: "timed out"}, ` `, report.Said{Kind: report.Other, Gist: "no reply: timed out"}},
		{of("messages", ""), `[1,2]`, report.Said{Kind: report.Messages, Account: main, Gist: "[1,2]"}},
		{of("messages", ""), `null`, report.Said{Kind: report.Messages, Account: main, Gist: "null"}},
		{of("messages", ""), `{"sid":{"a":1},"date_created":7,"account_sid":null}`, report.Said{Kind: report.Messages, Account: main, SID: `{"a":1}`, Gist: `{"a":1}`}},
	} {
		if diff := cmp.Diff(try.want, report.Record(try.x, []byte(try.raw))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", try.raw, diff)
		}
	}
}

func TestLongTextIsCutAndSaysSo(t *testing.T) {
	said := report.Record(of("messages", ""), []byte(`{"body":"`+strings.Repeat("ü", 5000)+`"}`))
	if want := strings.Repeat("ü", 300) + "…"; said.Gist != want {
		t.Errorf("the gist has %d bytes", len(said.Gist))
	}
}

func TestEveryKindIsKnown(t *testing.T) {
	for _, k := range report.Kinds() {
		if !report.Known(string(k)) {
			t.Errorf("%s is not known", k)
		}
	}
	if report.Known("") || report.Known("Messages") {
		t.Error("a kind is known by a name that it does not have")
	}
}

// FuzzRecord throws anything at every kind: there is always a line and never a
// panic.
func FuzzRecord(f *testing.F) {
	for _, seed := range []string{`{"sid":"SM1","body":"x","date_created":"Sun, 01 Mar 2026 02:20:00 +0000"}`, `{`, `[]`, `null`, `7`, `{"sid":[],"from":{},"date_created":"2026-13-45"}`,
		"\xff\x00", strings.Repeat(`{"a":`, 50), `{"code":{},"message":[]}`, `{"body":"\ud800\u202e"}`, `{"":""}`} {
		f.Add([]byte(seed), "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json", "messages")
		f.Add([]byte(seed), "https://voice.twilio.com/v1/DialingPermissions/Countries", "content")
		f.Add([]byte(seed), "%zz", "")
	}
	f.Fuzz(func(t *testing.T, raw []byte, url, list string) {
		x := of(list, url)
		said := report.Record(x, raw)
		if !report.Known(string(said.Kind)) || said.At != report.At(x, raw) {
			t.Errorf("%q says %+v", raw, said)
		}
		if len(said.Gist) > 16*(longestGist) {
			t.Errorf("a gist of %d bytes", len(said.Gist))
		}
		report.Filter{Text: url, Until: time.Unix(1, 0)}.Pick(x, []json.RawMessage{raw})
	})
}

// longestGist is how many bytes a field of a gist can have: 300 runes and the
// ellipsis.
const longestGist = 4*300 + 3

func TestFilterPicks(t *testing.T) {
	read := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	x := of("messages", "")
	x.At = read
	records := []json.RawMessage{
		json.RawMessage(`{"body":"Your CODE is 1","date_created":"Sun, 01 Mar 2026 02:20:30 +0000"}`),
		json.RawMessage(`{"body":"Gr\u00dc\u00dfe \ud83d\ude00","date_created":"Sun, 01 Mar 2026 02:21:00 +0000"}`),
		json.RawMessage(`{"body":"no time"}`),
		json.RawMessage(`7`),
	}
	now := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	since := func(text string) time.Time { at, err := report.Since(text, now); must(t, err); return at }
	until := func(text string) time.Time { at, err := report.Until(text, now); must(t, err); return at }
	for name, try := range map[string]struct {
		f    report.Filter
		want []int
	}{
		"nothing":              {report.Filter{}, []int{0, 1, 2, 3}},
		"any case":             {report.Filter{Text: "code IS"}, []int{0}},
		"escaped letters":      {report.Filter{Text: "grüße"}, []int{1}},
		"an escaped emoji":     {report.Filter{Text: "😀"}, []int{1}},
		"a key":                {report.Filter{Text: `"date_created"`}, []int{0, 1}},
		"not there":            {report.Filter{Text: "absent"}, []int{}},
		"since a minute":       {report.Filter{Since: since("2026-03-01T02:21")}, []int{1, 2, 3}},
		"until a minute":       {report.Filter{Until: until("2026-03-01 02:20")}, []int{0}},
		"until a second":       {report.Filter{Until: until("2026-03-01T02:20:29")}, []int{}},
		"until a day":          {report.Filter{Until: until("2026-03-01")}, []int{0, 1}},
		"the last hour":        {report.Filter{Since: since("1h"), Until: until("2026-03-01T04:20:30+02:00")}, []int{0}},
		"when it was read":     {report.Filter{Since: since("2026-03-02")}, []int{2, 3}},
		"days ago":             {report.Filter{Since: since("1d"), Text: "GR"}, []int{1}},
		"until now, which is":  {report.Filter{Until: until("0h")}, []int{0, 1}},
		"a text and its times": {report.Filter{Text: "no time", Until: until("2026-03-01")}, []int{}},
	} {
		if got := try.f.Pick(x, records); !cmp.Equal(try.want, got) {
			t.Errorf("%s: want %v, got %v", name, try.want, got)
		}
	}
}

func TestFilterOfExhibits(t *testing.T) {
	x := of("keys", "")
	for f, want := range map[report.Filter]bool{
		{}: true, {Account: main}: true, {Account: "AC2"}: false, {Kind: report.Keys}: true, {Kind: report.Calls}: false,
		{Step: "triage"}: true, {Step: "sweep"}: false, {Text: "anything"}: true,
	} {
		if got := f.Exhibit("triage", x); got != want {
			t.Errorf("%+v: %v", f, got)
		}
	}
}

func TestWhatIsNoTimeIsRefused(t *testing.T) {
	for _, text := range []string{"", "yesterday", "2026-02-30", "-3h", "-1d", "99999999d", "2026-03-01T25:00", "d"} {
		if _, err := report.Since(text, time.Now()); err == nil || store.HintOf(err) == "" {
			t.Errorf("%q: %v", text, err)
		}
		if _, err := report.Until(text, time.Now()); err == nil {
			t.Errorf("%q is taken as an end", text)
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
