package account

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestRequestsAreSentAsMeant(t *testing.T) {
	s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if user != parent || password != token {
			t.Errorf("%s came as %s", r.URL, user)
		}
		body := `{"keys":[],"signing_keys":[],"accounts":[],"events":[],"meta":{},"sid":"` + someSK + `","account_sid":"` + parent + `","auth_token":"new1","secondary_auth_token":"new2"}`
		if r.Method == http.MethodDelete {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		says(200, body)(w, r)
	})
	t.Setenv("TWILIO_EDGE", "dublin")
	t.Setenv("TWILIO_REGION", "ie1")
	o := s.ops()
	at := time.Date(2026, 6, 1, 12, 0, 0, 500, time.FixedZone("", 7200))
	calls := []struct {
		call func() error
		want string
	}{
		{func() error { _, err := o.ListAccounts(); return err }, "GET api.twilio.com/2010-04-01/Accounts.json?PageSize=1000"},
		{o.DeleteSecondary, "DELETE accounts.twilio.com/v1/AuthTokens/Secondary"},
		{func() error { _, err := o.CreateSecondary(); return err }, "POST accounts.twilio.com/v1/AuthTokens/Secondary"},
		{func() error { _, err := o.Promote(); return err }, "POST accounts.twilio.com/v1/AuthTokens/Promote"},
		{func() error { _, err := o.ListKeys(child); return err }, "GET api.twilio.com/2010-04-01/Accounts/" + child + "/Keys.json?PageSize=1000"},
		{func() error { _, err := o.ListSigningKeys(child); return err }, "GET api.twilio.com/2010-04-01/Accounts/" + child + "/SigningKeys.json?PageSize=1000"},
		{func() error { _, err := o.ListIAMKeys(parent); return err }, "GET iam.twilio.com/v1/Keys?AccountSid=" + parent + "&PageSize=1000"},
		{func() error { _, err := o.FetchKey(child, someSK); return err }, "GET api.twilio.com/2010-04-01/Accounts/" + child + "/Keys/" + someSK + ".json"},
		{func() error { _, err := o.FetchKeyPolicy(someSK); return err }, "GET iam.twilio.com/v1/Keys/" + someSK},
		{func() error { return o.DeleteKey(child, someSK) }, "DELETE api.twilio.com/2010-04-01/Accounts/" + child + "/Keys/" + someSK + ".json"},
		{func() error { return o.DeleteSigningKey(child, someSK) }, "DELETE api.twilio.com/2010-04-01/Accounts/" + child + "/SigningKeys/" + someSK + ".json"},
		{func() error { return o.DeleteIAMKey(someSK) }, "DELETE iam.twilio.com/v1/Keys/" + someSK},
		{func() error { _, err := o.ListEvents(at, at); return err }, "GET monitor.twilio.com/v1/Events?EndDate=2026-06-01T10%3A00%3A01Z&PageSize=1000&StartDate=2026-06-01T10%3A00%3A00Z"},
		{func() error { _, err := o.ListEvents(time.Time{}, time.Time{}); return err }, "GET monitor.twilio.com/v1/Events?PageSize=1000"},
	}
	for i, c := range calls {
		if err := c.call(); err != nil {
			t.Errorf("%s: %v", c.want, err)
		}
		seen := s.requests()
		if len(seen) != i+1 || seen[i] != c.want {
			t.Errorf("sent %q\nwant %q", seen[i:], c.want)
		}
		method, target, _ := strings.Cut(c.want, " ")
		if e := s.last(t); e.Method != method || e.URL != "https://"+target || e.As != parent || e.Attempts != 1 || e.At.IsZero() {
			t.Errorf("recorded %+v", e)
		}
	}
}

// The client of twilio-go drops ".1" from query values.
func TestQueryValuesStayWhole(t *testing.T) {
	s := newStub(t, says(200, `{}`))
	w := s.ops().wire(parent, "")
	if _, err := w.requests().Get("https://monitor.twilio.com/v1/Events", url.Values{"SourceIpAddress": {"203.0.113.5"}, "PageToken": {"PA.12abc.7"}}, nil, ""); err != nil {
		t.Fatal(err)
	}
	wantText(t, s.requests()[0], "PageToken=PA.12abc.7&SourceIpAddress=203.0.113.5")
}

func TestBodiesAreSentAndMasked(t *testing.T) {
	var kinds []string
	s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		kinds = append(kinds, r.Header.Get("Content-Type"))
		says(200, `{"echo":"S3cretS3cretS3cret"}`)(w, r)
	})
	post := func(kind string, data url.Values, body string) Exchange {
		t.Helper()
		w := s.ops().wire(parent, "")
		if _, err := w.requests().Post("https://api.twilio.com/x", data, map[string]any{"Content-Type": kind}, "", []byte(body)...); err != nil {
			t.Fatal(err)
		}
		return s.last(t)
	}
	form := post("application/x-www-form-urlencoded", url.Values{"To": {"+1.5"}, "ClientSecret": {"S3cretS3cretS3cret"}}, "")
	wantText(t, s.requests()[0], "POST api.twilio.com/x ClientSecret=S3cretS3cretS3cret&To=%2B1.5")
	object := post("application/json", url.Values{"a": {"1"}}, `{"secret":"S3cretS3cretS3cret","n":1.0}`)
	wantText(t, s.requests()[1], `POST api.twilio.com/x?a=1 {"secret":"S3cretS3cretS3cret","n":1.0}`)
	for _, e := range []Exchange{form, object} {
		if strings.Contains(e.Sent+string(e.Body), "S3cret") {
			t.Errorf("recorded %s, %s", e.Sent, e.Body)
		}
	}
	wantText(t, form.Sent, "To=%2B1.5")
	wantText(t, object.Sent, `"n":1.0}`)
	if !slices.Equal(kinds, []string{"application/x-www-form-urlencoded", "application/json"}) {
		t.Errorf("sent as %q", kinds)
	}
}

func TestSIDsAreCheckedBeforeUse(t *testing.T) {
	s := newStub(t, says(200, `{}`))
	o := s.ops()
	for _, sid := range []string{"", "SK1/../../AuthTokens/Secondary", someSK + "/..", strings.ToUpper(someSK)[:33] + "G", parent, someSK + "\n"} {
		if err := o.DeleteKey(parent, sid); !NotMade(err) {
			t.Errorf("DeleteKey(%q) = %v", sid, err)
		}
		if err := o.DeleteIAMKey(sid); !NotMade(err) {
			t.Errorf("DeleteIAMKey(%q) = %v", sid, err)
		}
	}
	if _, err := o.ListKeys(someSK); !NotMade(err) {
		t.Errorf("ListKeys of a key: %v", err)
	}
	if n := len(s.requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestAddressesAreAllowListed(t *testing.T) {
	for raw, want := range map[string]string{
		"https://api.twilio.com/2010-04-01/Accounts.json":    "",
		"http://api.twilio.com/2010-04-01/Accounts.json":     "not one of Twilio's hosts",
		"https://api.twilio.com.evil.example/v1/Keys":        "not one of Twilio's hosts",
		"https://api.twilio.com:444/v1/Keys":                 "not one of Twilio's hosts",
		"https://u:p@api.twilio.com/v1/Keys":                 "not one of Twilio's hosts",
		"https://twilio.com/v1/Keys":                         "not one of Twilio's hosts",
		"https://api.dublin.ie1.twilio.com/v1/Keys":          "not one of Twilio's hosts",
		"https://iam.twilio.com/v1/Keys/":                    "empty or dotted",
		"https://iam.twilio.com/v1//Keys":                    "empty or dotted",
		"https://iam.twilio.com/v1/../Keys":                  "empty or dotted",
		"https://iam.twilio.com/v1/./Keys":                   "empty or dotted",
		"https://iam.twilio.com/v1/%2e%2e/Keys":              "more than a plain path",
		"https://iam.twilio.com/v1/Keys?AccountSid=x":        "more than a plain path",
		"https://iam.twilio.com/v1/Keys%2F..%2FAuth":         "more than a plain path",
		"https://iam.twilio.com":                             "empty or dotted",
		"https://iam.twilio.com/v1/Keys#x":                   "more than a plain path",
		"https://iam.twilio.com/v1/\x7f":                     "malformed",
		"https:iam.twilio.com/v1/Keys":                       "not one of Twilio's hosts",
		"https://evil.example/?https://api.twilio.com/v1/AC": "not one of Twilio's hosts",
	} {
		_, err := checkURL(raw, "")
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("checkURL(%q) = %v, want %q", raw, err, want)
		}
	}
}

// A credential of a Region goes to the hosts of that Region only, which name its
// edge too; one of US1 to none of them.
func TestRegionsHaveHostsOfTheirOwn(t *testing.T) {
	for raw, region := range map[string]Region{
		"https://api.dublin.ie1.twilio.com/2010-04-01/Accounts.json":   IE1,
		"https://accounts.sydney.au1.twilio.com/v1/AuthTokens/Promote": AU1,
		"https://monitor.tokyo.jp1.twilio.com/v1/Events":               JP1,
	} {
		for _, of := range append(Regions(), "", "xx1") {
			if _, err := checkURL(raw, of); (err == nil) != (of == region) {
				t.Errorf("%s with a credential of %s: %v", raw, of, err)
			}
		}
	}
	for _, raw := range []string{"https://api.ie1.twilio.com/v1/Keys", "https://iam.dublin.ie1.twilio.com/v1/Keys", "https://api.tokyo.ie1.twilio.com/v1/Keys",
		"https://api.twilio.com/v1/Keys", "https://api.dublin.ie1.twilio.com.evil.example/v1/Keys", "https://x.api.dublin.ie1.twilio.com/v1/Keys"} {
		if _, err := checkURL(raw, IE1); err == nil {
			t.Errorf("%s was let through", raw)
		}
	}
}

// What is sent for a Region goes there, over another API with the true host.
func TestRegionIsInTheHost(t *testing.T) {
	t.Setenv("TWILIO_REGION", "us1")
	s := newStub(t, says(200, `{"sid":"`+parent+`","status":"active"}`))
	o := s.As(Credential{SID: parent, Secret: NewSecret(token), Region: IE1}).On(t.Context(), s.tape)
	if _, err := o.FetchAccount(parent); err != nil {
		t.Fatal(err)
	}
	wantText(t, s.requests()[0], "GET api.dublin.ie1.twilio.com/2010-04-01/Accounts/"+parent+".json")
}

func TestParseRegion(t *testing.T) {
	for name, want := range map[string]Region{"ie1": IE1, " AU1 ": AU1, "jp1": JP1, "us1": "", "US1": ""} {
		if got, err := ParseRegion(name); err != nil || got != want {
			t.Errorf("%q is %q, %v", name, got, err)
		}
	}
	for _, name := range []string{"", "ie", "br1", "ie1/x"} {
		if got, err := ParseRegion(name); err == nil {
			t.Errorf("%q is %q", name, got)
		}
	}
}

func TestOtherAPIsMustBeHere(t *testing.T) {
	for raw, ok := range map[string]bool{
		"http://127.0.0.1:8080": true, "http://[::1]:1/": true, "http://localhost:9": true,
		"http://192.0.2.1:80": false, "https://127.0.0.1:1": false, "http://example.com": false, "http://localhost.evil.example": false,
		"http://127.0.0.1:1/path": false, "http://u@127.0.0.1:1": false, "http://127.0.0.1:1?q": false, "//127.0.0.1": false,
	} {
		u, _ := url.Parse(raw)
		if _, err := NewLine(Options{API: u}); (err == nil) != ok {
			t.Errorf("NewLine(%s): %v", raw, err)
		}
	}
}

func TestReadOnly(t *testing.T) {
	s := newStub(t, says(200, `{"keys":[]}`))
	o := s.ReadOnly().As(Credential{SID: parent, Secret: NewSecret(token)}).On(context.Background(), s.tape)
	_, created := o.CreateSecondary()
	_, promoted := o.Promote()
	for _, err := range []error{created, promoted, o.DeleteSecondary(), o.DeleteKey(parent, someSK), o.DeleteSigningKey(parent, someSK), o.DeleteIAMKey(someSK)} {
		if !errors.Is(err, ErrReadOnly) || !NotMade(err) || Unsure(err) {
			t.Errorf("got %v", err)
		}
	}
	if n := len(s.requests()) + len(s.tape.all); n != 0 {
		t.Errorf("%d requests or exchanges", n)
	}
	if _, err := o.ListKeys(parent); err != nil {
		t.Error(err)
	}
	if s.pace != s.ReadOnly().pace || s.masks != s.ReadOnly().masks {
		t.Error("the pace and the masks must be shared")
	}
}

func TestBadCredentialsAreNotSent(t *testing.T) {
	s := newStub(t, says(200, `{"keys":[]}`))
	for _, c := range []Credential{{}, {SID: parent}, {SID: "me", Secret: NewSecret(token)}, {SID: parent, Secret: NewSecret("a b")}} {
		if _, err := s.As(c).On(context.Background(), s.tape).ListKeys(parent); !NotMade(err) {
			t.Errorf("%v: %v", c, err)
		}
	}
	if _, err := s.As(Credential{SID: parent, Secret: NewSecret(token)}).On(context.Background(), nil).ListKeys(parent); !NotMade(err) {
		t.Errorf("without a recorder: %v", err)
	}
	if n := len(s.requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	visited := false
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visited = true }))
	defer elsewhere.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := newStub(t, says(status, `{"keys":[]}`, "Location", elsewhere.URL))
		_, err := s.ops().ListKeys(parent)
		if err == nil || Unsure(err) {
			t.Errorf("GET %d: %v", status, err)
		}
		if err := s.ops().DeleteKey(parent, someSK); !Unsure(err) {
			t.Errorf("DELETE %d: %v", status, err)
		}
		if n := len(s.requests()); n != 2 {
			t.Errorf("%d requests", n)
		}
	}
	if visited {
		t.Error("the redirect was followed")
	}
}

func TestNewTokens(t *testing.T) {
	fresh := "fedcba9876543210fedcba9876543210"
	for _, c := range []struct {
		name, body, want string
		unsure           bool
	}{
		{"as documented", `{"account_sid":"` + parent + `","secondary_auth_token":"` + fresh + `","date_created":"2026-07-01T00:00:00Z"}`, fresh, false},
		{"a date in another form", `{"account_sid":"` + parent + `","secondary_auth_token":"` + fresh + `","date_created":"Wed, 01 Jul 2026 00:00:00 +0000"}`, fresh, false},
		{"no token", `{"account_sid":"` + parent + `"}`, "", true},
		{"a token of another kind", `{"secondary_auth_token":{"a":1}}`, "", true},
		{"another account", `{"account_sid":"` + child + `","secondary_auth_token":"` + fresh + `"}`, fresh, true},
		{"nothing", ``, "", true},
		{"not an object", `[]`, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStub(t, says(201, c.body))
			got, err := s.ops().CreateSecondary()
			if got.Reveal() != c.want || Unsure(err) != c.unsure || (err != nil) != c.unsure {
				t.Errorf("got %q, %v", got.Reveal(), err)
			}
			if e := s.last(t); strings.Contains(string(e.Body), fresh) {
				t.Errorf("recorded the token: %s", e.Body)
			}
		})
	}
}

func TestWhatCannotBeRecordedIsNotUsed(t *testing.T) {
	full := errors.New("no space left on device")
	s := newStub(t, says(200, `{"keys":[{"sid":"`+someSK+`"}],"account_sid":"`+parent+`","auth_token":"`+token+`"}`))
	s.tape.fail = full
	keys, err := s.ops().ListKeys(parent)
	if len(keys) != 0 || !errors.Is(err, full) || Unsure(err) {
		t.Errorf("ListKeys = %v, %v", keys, err)
	}
	got, err := s.ops().Promote()
	if got.Reveal() != token || !errors.Is(err, full) || !Unsure(err) || NotMade(err) {
		t.Errorf("Promote = %q, %v", got.Reveal(), err)
	}
	if err := s.ops().DeleteKey(parent, someSK); !Unsure(err) {
		t.Errorf("DeleteKey = %v", err)
	}
	s = newStub(t, says(404, `{"code":20404}`))
	s.tape.fail = full
	if err := s.ops().DeleteKey(parent, someSK); !NotMade(err) || Gone(err) {
		t.Errorf("a refusal that was not recorded: %v", err)
	}
}

func TestRecords(t *testing.T) {
	s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Twilio-Request-Id", "RQ1")
		switch {
		case strings.HasPrefix(r.Host, "monitor"):
			says(200, `{"meta":{"key":"events"},"events":[
				{"sid":"AE2","event_date":"2026-06-02T00:00:00Z","event_data":{"n":12345678901234567890.10,"auth_token":"`+token+`"}},
				{"sid":"AE1","event_date":"2026-06-01T00:00:00Z","description":"token `+token+`","source_ip_address":"203.0.113.5"}]}`)(w, r)
		case strings.HasPrefix(r.Host, "iam"):
			says(200, `{"sid":"`+someSK+`","policy":{"allow":["/twilio/x"]}}`)(w, r)
		default:
			says(200, `{"sid":"`+child+`","owner_account_sid":"`+parent+`","auth_token":"`+token+`","friendly_name":"Shop","status":"active","type":"Full","date_created":"Tue, 02 Jun 2026 03:04:05 +0000"}`)(w, r)
		}
	})
	a, err := s.ops().FetchAccount(child)
	if err != nil || a.Owner != parent || a.Token.Reveal() != token || a.Status != "active" || a.Created != time.Date(2026, 6, 2, 3, 4, 5, 0, time.UTC) {
		t.Errorf("FetchAccount = %+v, %v", a, err)
	}
	if e := s.last(t); e.RequestID != "RQ1" || e.Account != child || e.Status != 200 || !json.Valid(e.Body) {
		t.Errorf("recorded %+v", e)
	}
	if _, err := s.ops().FetchAccount(parent); err == nil {
		t.Error("a reply about another account was accepted")
	}
	policy, err := s.ops().FetchKeyPolicy(someSK)
	if err != nil || string(policy) != `{"allow":["/twilio/x"]}` {
		t.Errorf("FetchKeyPolicy = %s, %v", policy, err)
	}
	events, err := s.ops().ListEvents(time.Time{}, time.Time{})
	if err != nil || len(events) != 2 || events[0].SID != "AE1" || events[0].IP != "203.0.113.5" {
		t.Fatalf("ListEvents = %+v, %v", events, err)
	}
	if got := string(events[1].Data); !strings.Contains(got, "12345678901234567890.10") || strings.Contains(got, token) {
		t.Errorf("event data %s", got)
	}
	if strings.Contains(events[0].Description, token) {
		t.Errorf("description %s", events[0].Description)
	}
	if e := s.last(t); e.List != "events" {
		t.Errorf("List = %q", e.List)
	}
}

func TestPagesAreReadToTheEnd(t *testing.T) {
	s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("PageToken") {
		case "":
			says(200, `{"keys":[{"sid":"SK1"},{"sid":"SK2"}],"next_page_uri":"/2010-04-01/Accounts/x/Keys.json?PageSize=1000&Page=1&PageToken=PA.12abc.7"}`)(w, r)
		case "PA.12abc.7":
			says(200, `{"keys":[{"sid":"SK2"},{"sid":"SK3"}],"next_page_uri":null}`)(w, r)
		default:
			t.Errorf("asked for %s", r.URL)
		}
	})
	keys, err := s.ops().ListKeys(parent)
	if err != nil || !slices.EqualFunc(keys, []string{"SK1", "SK2", "SK3"}, func(k Key, s string) bool { return k.SID == s }) {
		t.Errorf("ListKeys = %v, %v", keys, err)
	}
	wantText(t, s.requests()[1], "?Page=1&PageSize=1000&PageToken=PA.12abc.7")
	if len(s.tape.all) != 2 {
		t.Errorf("%d pages were recorded", len(s.tape.all))
	}
}

func TestPagesThatLeadAstray(t *testing.T) {
	visited := false
	foreign := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visited = true }))
	defer foreign.Close()
	for name, next := range map[string]string{
		"itself":       "https://iam.twilio.com/v1/Keys?PageToken=PA1&Page=1",
		"the start":    "https://iam.twilio.com/v1/Keys?Page=0",
		"another port": foreign.URL + "/v1/Keys?PageToken=PA2",
		"another host": "https://evil.example/v1/Keys?PageToken=PA2",
		"no scheme":    "//evil.example/v1/Keys?PageToken=PA2",
		"nowhere":      "https://iam.twilio.com/v1/Keys",
		"nonsense":     "https://iam.twilio.com/%zz",
	} {
		t.Run(name, func(t *testing.T) {
			s := newStub(t, says(200, `{"keys":[{"sid":"SK1"}],"meta":{"next_page_url":"`+next+`"}}`))
			keys, err := s.ops().ListIAMKeys(parent)
			var partial *Partial
			if !errors.As(err, &partial) || partial.Received != 1 || len(keys) != 1 {
				t.Errorf("got %v, %v", keys, err)
			}
			if n := len(s.requests()); n > 2 {
				t.Errorf("%d requests", n)
			}
		})
	}
	if visited {
		t.Error("credentials went to another host")
	}
}

func TestListsThatBreakOff(t *testing.T) {
	s := newStub(t, inTurn(
		says(200, `{"accounts":[{"sid":"AC1"},{"sid":"AC2"}],"next_page_uri":"/x?Page=1&PageToken=PA1"}`),
		says(401, `{"code":20003,"message":"Authenticate"}`)))
	got, err := s.ops().ListAccounts()
	var partial *Partial
	if !errors.As(err, &partial) || partial.Received != 2 || len(got) != 2 || !Unauthorized(err) {
		t.Errorf("got %v, %v", got, err)
	}
	wantText(t, Explain(err), "The list is not complete.")
	s = newStub(t, says(401, `{"code":20003}`))
	if _, err := s.ops().ListAccounts(); errors.As(err, &partial) || !Unauthorized(err) {
		t.Errorf("first page refused: %v", err)
	}
}

func TestOtherEnvelopes(t *testing.T) {
	for _, body := range []string{`{"message":"ok"}`, `{"keys":null}`, `{"keys":{}}`, `[]`, `{"signing_keys":[]}`, `null`} {
		s := newStub(t, says(200, body))
		if _, err := s.ops().ListKeys(parent); err == nil {
			t.Errorf("%s was taken for a list", body)
		}
		wantText(t, s.last(t).Problem, "the reply holds no list of keys")
		if s.last(t).List != "" {
			t.Errorf("%s was recorded as a list", body)
		}
	}
}
