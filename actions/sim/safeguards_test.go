package sim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

var spendTrigger = form("FriendlyName", "watch", "UsageCategory", "totalprice", "TriggerBy", "price", "TriggerValue", "+50",
	"Recurring", "daily", "CallbackUrl", "https://watch.example.com/one")

func TestTriggers(t *testing.T) {
	p := parentOf(t, world(t, options()))
	list := accounts + "/" + p.user + "/Usage/Triggers.json"
	for _, without := range []string{"CallbackUrl", "TriggerValue", "UsageCategory"} {
		bad := form()
		for name := range spendTrigger {
			if name != without {
				bad.Set(name, spendTrigger.Get(name))
			}
		}
		p.want(400, "POST", list, bad)
	}
	for name, value := range map[string]string{"CallbackUrl": "nowhere", "TriggerValue": "much", "Recurring": "hourly", "TriggerBy": "luck",
		"UsageCategory": "Total Price", "CallbackMethod": "PUT", "FriendlyName": strings.Repeat("x", 65)} {
		bad := form(name, value)
		for other := range spendTrigger {
			if other != name {
				bad.Set(other, spendTrigger.Get(other))
			}
		}
		p.want(400, "POST", list, bad)
	}
	if n := len(p.every("usage_triggers", list)); n != 2 {
		t.Fatalf("%d triggers", n)
	}
	made := p.want(201, "POST", list, spendTrigger)
	var current, at float64
	fmt.Sscan(text(made, "current_value"), &current)
	fmt.Sscan(text(made, "trigger_value"), &at)
	if current <= 0 || at < current+49.99 || at > current+50.01 || made["recurring"] != "daily" || made["callback_method"] != "POST" {
		t.Errorf("made %v", made)
	}
	one := strings.TrimSuffix(list, ".json") + "/" + text(made, "sid") + ".json"
	p.want(400, "POST", one, form("TriggerValue", "9"))
	p.want(400, "POST", one, form("CallbackUrl", ""))
	if got := p.want(200, "POST", one, form("FriendlyName", "renamed")); got["trigger_value"] != made["trigger_value"] || got["friendly_name"] != "renamed" {
		t.Errorf("updated %v", got)
	}
	p.want(204, "DELETE", one, nil)
	for i, kind := range []string{"deleted", "updated", "created"} {
		if e := p.every("events", events+"?ResourceSid="+text(made, "sid"))[i]; e["event_type"] != "usage-trigger."+kind {
			t.Errorf("event %d is %v", i, e["event_type"])
		}
	}
	plain := p.want(201, "POST", list, form("UsageCategory", "lookups", "TriggerValue", "7", "CallbackUrl", "https://watch.example.com/"))
	if plain["recurring"] != "alltime" || plain["trigger_by"] != "usage" || plain["trigger_value"] != "7" || plain["current_value"] != "0" {
		t.Errorf("a plain trigger: %v", plain)
	}
}

// TestDisarmed: what the intruder did can be put right from what the audit log
// says.
func TestDisarmed(t *testing.T) {
	p := parentOf(t, world(t, options()))
	own := accounts + "/" + p.user
	hooks := map[string]int{}
	for _, trigger := range p.every("usage_triggers", own+"/Usage/Triggers.json") {
		hooks[text(trigger, "callback_url")]++
	}
	if len(hooks) != 2 || hooks["https://usage-hook.parcel-status.example.net/t"] != 1 {
		t.Errorf("triggers call %v", hooks)
	}
	e := p.every("events", events+"?EventType=usage-trigger.deleted")[0]
	lost := e["event_data"].(map[string]any)["resource_properties"].(map[string]any)
	again := form()
	for field, member := range map[string]string{"FriendlyName": "friendly_name", "UsageCategory": "usage_category", "TriggerBy": "trigger_by",
		"TriggerValue": "trigger_value", "Recurring": "recurring", "CallbackUrl": "callback_url", "CallbackMethod": "callback_method"} {
		again.Set(field, text(lost[member].(map[string]any), "previous"))
	}
	if made := p.want(201, "POST", own+"/Usage/Triggers.json", again); made["trigger_value"] != "250" || made["usage_category"] != "totalprice" {
		t.Errorf("made again: %v", made)
	}
	newest := p.every("outgoing_caller_ids", own+"/OutgoingCallerIds.json")[0]
	if newest["phone_number"] != "+12025550147" || !strings.Contains(text(newest, "friendly_name"), "\x1b[2K") || newest["date_created"] != "Wed, 04 Mar 2026 02:35:00 +0000" {
		t.Errorf("his caller ID: %v", newest)
	}
}

func TestCleanSafeguards(t *testing.T) {
	o := options()
	o.Scenario = "clean"
	p := parentOf(t, world(t, o))
	own := accounts + "/" + p.user
	if got := p.every("usage_triggers", own+"/Usage/Triggers.json"); len(got) != 3 || got[2]["friendly_name"] != "Daily spend" || got[2]["date_fired"] != nil {
		t.Errorf("triggers: %v", got)
	}
	if got := p.every("outgoing_caller_ids", own+"/OutgoingCallerIds.json"); len(got) != 2 {
		t.Errorf("caller IDs: %v", got)
	}
	if got := p.every("conferences", own+"/Conferences.json?Status=in-progress"); len(got) != 0 {
		t.Errorf("conferences in progress: %v", got)
	}
}

func TestConferencesAndRecordings(t *testing.T) {
	clock := &ticker{}
	o := options()
	o.Clock = clock.now
	p := parentOf(t, world(t, o))
	own := accounts + "/" + p.user
	live := p.every("conferences", own+"/Conferences.json?Status=in-progress")
	if len(live) != 1 || live[0]["friendly_name"] != "room-2" || live[0]["reason_conference_ended"] != nil {
		t.Fatalf("in progress: %v", live)
	}
	if got := p.every("conferences", own+"/Conferences.json?DateCreated=2026-03-04"); len(got) != 2 {
		t.Errorf("%d conferences on the day", len(got))
	}
	clock.passed = 6 * time.Hour
	if got := p.want(200, "GET", own+"/Conferences/"+text(live[0], "sid")+".json", nil); got["status"] != "completed" {
		t.Errorf("later: %v", got)
	}
	p.want(400, "GET", own+"/Conferences.json?Status=over", nil)
	some, all := p.every("recordings", own+"/Recordings.json"), p.every("recordings", own+"/Recordings.json?IncludeSoftDeleted=true")
	if len(some) < 5 || len(all) <= len(some) {
		t.Errorf("%d recordings, %d with the deleted ones", len(some), len(all))
	}
	var ofCall map[string]any
	for _, r := range some {
		if r["conference_sid"] == nil {
			ofCall = r
		} else if got := p.every("recordings", own+"/Recordings.json?ConferenceSid="+text(r, "conference_sid")); len(got) != 1 {
			t.Errorf("%d recordings of one conference", len(got))
		}
	}
	call := p.want(200, "GET", own+"/Calls/"+text(ofCall, "call_sid")+".json", nil)
	if call["duration"] != ofCall["duration"] {
		t.Errorf("a recording of %v seconds, a call of %v", ofCall["duration"], call["duration"])
	}
}

// TestPeriods: months and years add up to the days.
func TestPeriods(t *testing.T) {
	p := parentOf(t, world(t, options()))
	sum := func(kind, filter string) (total float64, n int) {
		for _, r := range p.every("usage_records", accounts+"/"+p.user+"/Usage/Records"+kind+".json?PageSize=1000&Category=totalprice"+filter) {
			total += r["price"].(float64)
			n++
		}
		return total, n
	}
	days, _ := sum("/Daily", "")
	for kind, n := range map[string]int{"/Monthly": 5, "/Yearly": 2, "/AllTime": 1, "": 1} {
		if got, lines := sum(kind, ""); lines != n || got < days-.01 || got > days+.01 {
			t.Errorf("%s: %.2f in %d lines, by day %.2f", kind, got, lines, days)
		}
	}
	last, _ := sum("/LastMonth", "")
	if february, _ := sum("/Daily", "&StartDate=2026-02-01&EndDate=2026-02-28"); last < february-.01 || last > february+.01 {
		t.Errorf("last month %.2f, its days %.2f", last, february)
	}
}

// TestBurn: a responder can tell from the figures that something is wrong.
func TestBurn(t *testing.T) {
	burn := func(scenario string) (today, usual float64, live, waiting, unpriced int) {
		o := options()
		o.Scenario = scenario
		p := parentOf(t, world(t, o))
		own := accounts + "/" + p.user
		days := p.every("usage_records", own+"/Usage/Records/Daily.json?Category=totalprice&StartDate=2026-02-02&PageSize=100")
		today = days[0]["price"].(float64)
		for _, d := range days[1:] {
			usual = max(usual, d["price"].(float64))
		}
		live = len(p.every("calls", own+"/Calls.json?Status=in-progress"))
		for _, m := range p.every("messages", own+"/Messages.json?PageSize=1000") {
			if m["status"] == "queued" || m["status"] == "scheduled" {
				waiting++
			}
			if m["date_sent"] != nil && m["price"] == nil {
				unpriced++
			}
		}
		return today, usual, live, waiting, unpriced
	}
	if today, usual, live, waiting, unpriced := burn("leaked-token"); today < 2*usual || live < 10 || waiting < 20 || unpriced < 10 {
		t.Errorf("today %.2f, usually at most %.2f; %d calls, %d messages; %d without a price", today, usual, live, waiting, unpriced)
	}
	if today, usual, live, waiting, _ := burn("clean"); today > usual || live > 2 || waiting > 0 {
		t.Errorf("clean: today %.2f, usually at most %.2f; %d calls, %d messages", today, usual, live, waiting)
	}
}

// TestUsageOfALargeFamily: nobody waits long for the months of two hundred.
func TestUsageOfALargeFamily(t *testing.T) {
	o := options()
	o.Subaccounts = 200
	p := parentOf(t, world(t, o))
	began := time.Now()
	p.want(200, "GET", accounts+"/"+p.user+"/Usage/Records/Daily.json", nil)
	first := time.Since(began)
	began = time.Now()
	p.want(200, "GET", accounts+"/"+p.user+"/Usage/Records/Monthly.json", nil)
	if again := time.Since(began); first > 10*time.Second || again > 2*time.Second {
		t.Errorf("%s, then %s", first, again)
	}
	t.Logf("%s, then %s", first, time.Since(began))
}
