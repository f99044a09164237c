package hideouts

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	ac = "AC0123456789abcdef0123456789abcdef"
	ap = "AP0123456789abcdef0123456789abcdef"
)

var began = time.Date(2026, 3, 1, 2, 20, 0, 0, time.UTC)

// The table hangs together: nothing is named twice, and whatever is under another
// place can be reached.
func TestTable(t *testing.T) {
	ids, titles := map[string]bool{}, map[string]bool{}
	for i := range Table {
		p := &Table[i]
		if ids[p.ID] || titles[p.Title] || p.ID == "" || p.Title == "" || p.Where == "" {
			t.Errorf("%s %q is named twice, or lacks where a person looks", p.ID, p.Title)
		}
		ids[p.ID], titles[p.Title] = true, true
		if p.Listed() == (p.Why != "") || p.Listed() != (p.Path != "") {
			t.Errorf("%s must have a path, or say why no API lists it", p.ID)
		}
		if over, known := Find(p.Under); (p.Under != "") != strings.Contains(p.Path, "{sid}") || p.Under != "" && (!known || over.Host != p.Host) {
			t.Errorf("%s is under %q, and its path is %s", p.ID, p.Under, p.Path)
		}
		if p.Way && (p.New != "" || p.Links+p.Watched != "" || len(p.Bad) > 0 || !slices.ContainsFunc(Table, func(b Place) bool { return b.Under == p.ID })) {
			t.Errorf("%s leads nowhere, or is judged", p.ID)
		}
		if p.Whole != "" && (p.Fixed || p.ByHand) || p.Key != "" && p.List == "" && p.One == "" || p.Pages > 0 && p.Newest == 0 {
			t.Errorf("%s says of its records what cannot be", p.ID)
		}
		if strings.Contains(p.ID, "/") || strings.Contains(p.Title, ": ") || p.ByHand && p.Delete || p.Fixed && !p.Delete {
			t.Errorf("%s contradicts itself", p.ID)
		}
	}
}

func TestHostOf(t *testing.T) {
	for value, want := range map[string]string{
		"https://User:x@Voice.Example.com:8443/in?x=1": "voice.example.com", "http://203.0.113.80/x": "203.0.113.80", "http://[2001:db8::1]/x": "2001:db8::1",
		"sip:gw.example.net:5060;transport=tls": "gw.example.net", "SIPS:me@gw.example.net": "gw.example.net",
		"ops@example.net": "example.net", "+441632960999": "", "Support desk": "", "": "", `{"a":"b@c"}`: "", "arn:aws:kinesis:x": "",
	} {
		if got := HostOf(value); got != want {
			t.Errorf("the host of %q is %q, want %q", value, got, want)
		}
	}
}

func TestField(t *testing.T) {
	for member, want := range map[string]string{"voice_url": "VoiceUrl", "auto_creation.webhook_url": "AutoCreation.WebhookUrl", "enabled": "Enabled"} {
		if got := Field(member); got != want {
			t.Errorf("%s is set by %s, want %s", member, got, want)
		}
	}
}

// An ID leads back to the record, and one that names none is refused.
func TestParse(t *testing.T) {
	p, _ := Find("sip-credentials")
	r := Record{Place: p, Account: ac, SID: "CR" + ac[2:], Over: []string{"CL" + ac[2:]}}
	back, err := Parse(r.ID())
	if err != nil || back.Path() != r.Path() || !strings.HasSuffix(r.Path(), "/Credentials/CR"+ac[2:]+".json") {
		t.Errorf("%v: %s and %s", err, back.Path(), r.Path())
	}
	for _, r := range []Record{
		{Place: place(t, "verify-messaging"), Account: ac, SID: "IE", Over: []string{"VA" + ac[2:]}},
		{Place: place(t, "link-domains"), Account: ac, SID: "DN" + ac[2:], Over: []string{"MG" + ac[2:]}},
		{Place: place(t, "service-conversation-webhooks"), Account: ac, SID: "WH" + ac[2:], Over: []string{"IS" + ac[2:], "CH" + ac[2:]}},
		{Place: place(t, "voice-insights"), Account: ac, SID: ac},
	} {
		if back, err := Parse(r.ID()); err != nil || back.Path() != r.Path() || strings.Contains(r.Path(), "{") {
			t.Errorf("%v: %s and %s", err, back.Path(), r.Path())
		}
	}
	if _, err := Parse("verify-messaging/" + ac + "/VA" + ac[2:] + "/.."); err == nil {
		t.Error("a path that goes up is taken")
	}
	for _, id := range []string{"", "nowhere/" + ac, "applications/" + ac, "applications/" + ac + "/../x", "applications"} {
		if _, err := Parse(id); err == nil {
			t.Errorf("%q is taken for a record", id)
		}
	}
}

func place(t *testing.T, id string) *Place {
	t.Helper()
	p, known := Find(id)
	if !known {
		t.Fatalf("there is no place %s", id)
	}
	return p
}

// A record that tells no dates is ours where it leads to us alone; where it leads
// nowhere a person is asked.
func TestRecordsWithoutDates(t *testing.T) {
	for webhook, want := range map[string]Verdict{
		`{"callback_url":"https://ours.example.com/in"}`:                                                  Clean,
		`{"callback_url":"https://ours.example.com/in","status_callback_url":"https://new.example.net/"}`: Unknown,
		`{}`: Unknown,
	} {
		r, err := place(t, "channel-senders").Read(ac, nil, json.RawMessage(`{"sid":"XE`+ac[2:]+`","webhook":`+webhook+`}`))
		if err != nil {
			t.Fatal(err)
		}
		k := &Judge{Since: began}
		k.Learn([]Record{r, app(t, ap, "https://ours.example.com/x", began.Add(-time.Hour))}, nil)
		if got := k.Look(r).Verdict(); got != want {
			t.Errorf("%s: %s, want %s", webhook, got, want)
		}
	}
}

// Where a template of old leads says nothing of it, and does not make the host one
// of ours: a mailbox or a shop may be anybody's.
func TestForeignAddressesTeachNothing(t *testing.T) {
	read := func(created string) Record {
		r, err := place(t, "content-templates").Read(ac, nil, json.RawMessage(`{"sid":"HX`+ac[2:]+`","date_created":"`+created+`","date_updated":"`+created+`","types":{"x":{"actions":[{"url":"https://shared.example.org/x"}]}}}`))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	old, fresh := read("2020-01-01T00:00:00Z"), read(began.Add(time.Hour).Format(time.RFC3339))
	r := app(t, ap, "https://shared.example.org/x", began.Add(time.Hour))
	k := &Judge{Since: began}
	k.Learn([]Record{old, r}, nil)
	if k.Look(old).Verdict() != Clean || k.Look(r).Verdict() != Changed {
		t.Errorf("%+v %+v", k.Look(old).Signs, k.Look(r).Signs)
	}
	k.Learn([]Record{old}, nil)
	if len(k.Hosts()) != 0 || k.Look(old).Verdict() != Clean || k.Look(fresh).Verdict() != Changed {
		t.Errorf("%v %+v", k.Hosts(), k.Look(old).Signs)
	}
}

// app is a TwiML app that was created before, and changed at a time.
func app(t *testing.T, sid, url string, updated time.Time) Record {
	t.Helper()
	p, _ := Find("applications")
	raw, _ := json.Marshal(map[string]string{
		"sid": sid, "voice_url": url, "date_created": began.Add(-999 * time.Hour).Format(time.RFC1123Z), "date_updated": updated.Format(time.RFC1123Z),
	})
	r, err := p.Read(ac, nil, raw)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What a URL comes to, by when it came and what the audit log says.
func TestJudge(t *testing.T) {
	before, since := began.Add(-time.Hour), began.Add(time.Hour)
	other := "AP" + strings.Repeat("1", 32)
	moved := Event{Account: ac, Resource: ap, Type: "application.updated", At: since, Who: "somebody", Moved: map[string]Moved{"voice_url": {"https://old.example.com/x", "https://new.example.net/x"}}}
	for _, c := range []struct {
		name            string
		url             string
		updated         time.Time
		events          []Event
		allow, distrust []string
		want            Verdict
	}{
		{"as it was", "https://ours.example.com/x", before, nil, nil, nil, Clean},
		{"as it was, and distrusted", "https://ours.example.com/x", before, nil, nil, []string{"ours.example.com"}, Changed},
		{"changed to a host that we have", "https://ours.example.com/y", since, nil, nil, nil, Unknown},
		{"changed to a stranger", "https://new.example.net/x", since, nil, nil, nil, Changed},
		{"changed to a stranger, by the log", "https://new.example.net/x", since, []Event{moved}, nil, nil, Changed},
		{"allowed", "https://a.new.example.net/x", since, []Event{moved}, []string{"new.example.net"}, nil, Unknown},
		{"allowed by its SID", "https://new.example.net/x", since, []Event{moved}, []string{ap}, nil, Clean},
		{"back at what it was, by the log", "https://old.example.com/x", since, []Event{moved}, nil, nil, Unknown},
	} {
		r := app(t, ap, c.url, c.updated)
		k := &Judge{Since: began, Allow: c.allow, Distrust: c.distrust}
		k.Learn([]Record{r, app(t, other, "https://ours.example.com/x", before)}, c.events)
		if got := k.Look(r).Verdict(); got != c.want {
			t.Errorf("%s: %s, want %s: %+v", c.name, got, c.want, k.Look(r).Signs)
		}
	}
}

// What the first event of several says was there is what comes back.
func TestRestoreGoesBackToTheFirst(t *testing.T) {
	at := func(m int, from, to string) Event {
		return Event{Account: ac, Resource: ap, At: began.Add(time.Duration(m) * time.Minute), Moved: map[string]Moved{"voice_url": {from, to}}}
	}
	r := app(t, ap, "https://three.example.net/", began.Add(time.Hour))
	k := &Judge{Since: began}
	k.Learn([]Record{r}, []Event{at(20, "https://two.example.net/", "https://three.example.net/"), at(10, "https://one.example.com/", "https://two.example.net/")})
	m, any := k.Restore(r, nil)
	if !any || !slices.Equal(m.Set, []Target{{"voice_url", "https://three.example.net/", "https://one.example.com/"}}) {
		t.Errorf("%+v", m)
	}
	k.Distrust = []string{"one.example.com"}
	k.Learn([]Record{r}, []Event{at(10, "https://one.example.com/", "https://three.example.net/")})
	if m, any := k.Restore(r, nil); any {
		t.Errorf("what is distrusted comes back: %+v", m)
	}
}
