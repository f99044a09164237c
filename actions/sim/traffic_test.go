package sim_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestPagingToTheEnd: however long the pages are, each record comes once.
func TestPagingToTheEnd(t *testing.T) {
	o := options()
	o.Calls, o.Messages, o.Keys, o.Subaccounts = 230, 410, 7, 12
	p := parentOf(t, world(t, o))
	sub := text(p.subs()[0], "sid")
	lists := map[string]struct {
		member string
		n      int
	}{
		accounts + ".json":                         {"accounts", 13},
		accounts + "/" + p.user + "/Calls.json":    {"calls", 230},
		accounts + "/" + sub + "/Calls.json":       {"calls", 230},
		accounts + "/" + sub + "/Messages.json":    {"messages", 410},
		accounts + "/" + sub + "/Keys.json":        {"keys", 7},
		accounts + "/" + p.user + "/Keys.json":     {"keys", 7},
		accounts + "/" + p.user + "/Messages.json": {"messages", 410},
	}
	for address, l := range lists {
		for _, size := range []int{7, 50, 1000} {
			seen := map[string]bool{}
			all := p.every(l.member, fmt.Sprintf("%s?PageSize=%d", address, size))
			for _, r := range all {
				seen[text(r, "sid")] = true
			}
			if len(all) != l.n || len(seen) != l.n {
				t.Errorf("%s by %d: %d records, %d of them different, want %d", address, size, len(all), len(seen), l.n)
			}
		}
	}
}

func TestNothingWhereNoneIsWanted(t *testing.T) {
	o := options()
	o.Calls, o.Messages, o.Keys = -1, -1, -1
	p := parentOf(t, world(t, o))
	for _, member := range []string{"Calls", "Messages", "Keys"} {
		if got := p.every(strings.ToLower(member), accounts+"/"+p.user+"/"+member+".json"); len(got) != 0 {
			t.Errorf("%s: %d records", member, len(got))
		}
	}
}

func TestPageSizeOver(t *testing.T) {
	for setting, status := range map[string]int{"clamp": 200, "refuse": 400} {
		o := options()
		o.Switches.PageSizeOver = setting
		p := parentOf(t, world(t, o))
		p.want(status, "GET", accounts+".json?PageSize=1001", nil)
	}
}

// TestDeletedBetweenPages: a page token holds although records go.
func TestDeletedBetweenPages(t *testing.T) {
	p := parentOf(t, world(t, options()))
	own := accounts + "/" + p.user
	first := p.want(200, "GET", own+"/Keys.json?PageSize=2", nil)
	for _, k := range first["keys"].([]any) {
		p.want(204, "DELETE", own+"/Keys/"+text(k.(map[string]any), "sid")+".json", nil)
	}
	u, _ := url.Parse(own)
	if rest := p.every("keys", next(u, first)); len(rest) != 3 {
		t.Errorf("%d keys after the first page, want 3", len(rest))
	}
}

func TestEndCalls(t *testing.T) {
	clock := &ticker{}
	o := options()
	o.Clock = clock.now
	p := parentOf(t, world(t, o))
	own := accounts + "/" + p.user
	live := p.every("calls", own+"/Calls.json?Status=in-progress")
	queued := p.every("calls", own+"/Calls.json?Status=queued")
	if len(live) < 10 || len(queued) != 1 {
		t.Fatalf("%d live and %d queued calls", len(live), len(queued))
	}
	for _, c := range live {
		p.want(200, "POST", own+"/Calls/"+text(c, "sid")+".json", form("Status", "completed"))
	}
	if body := p.want(400, "POST", own+"/Calls/"+text(live[0], "sid")+".json", form("Status", "completed")); code(body) != 21220 {
		t.Errorf("ending a call twice: %v", body)
	}
	got := p.want(200, "POST", own+"/Calls/"+text(queued[0], "sid")+".json", form("Status", "canceled"))
	if got["status"] != "canceled" || got["start_time"] != nil {
		t.Errorf("cancelled: %v", got)
	}
	if left := p.every("calls", own+"/Calls.json?Status=in-progress"); len(left) != 0 {
		t.Errorf("%d calls are left", len(left))
	}
	clock.passed = 2 * time.Minute
	if more := p.every("calls", own+"/Calls.json?Status=in-progress"); len(more) == 0 {
		t.Error("the intruder is inside and calls no more")
	}
	ended := p.want(200, "GET", own+"/Calls/"+text(live[0], "sid")+".json", nil)
	if ended["status"] != "completed" || ended["end_time"] != "Wed, 04 Mar 2026 03:00:00 +0000" || ended["duration"] == nil {
		t.Errorf("ended: %v", ended)
	}
}

func TestCancelMessages(t *testing.T) {
	for setting, status := range map[string]int{"allow": 200, "refuse": 400} {
		o := options()
		o.Messages, o.Switches.CancelQueued = 900, setting
		p := parentOf(t, world(t, o))
		own := accounts + "/" + p.user
		byStatus := map[string]string{}
		for _, m := range p.every("messages", own+"/Messages.json?PageSize=1000") {
			byStatus[text(m, "status")] = text(m, "sid")
		}
		cancel := func(want int, of string) {
			t.Helper()
			body := p.want(want, "POST", own+"/Messages/"+byStatus[of]+".json", form("Status", "canceled"))
			if want == 400 && code(body) != 30409 {
				t.Errorf("%s: %v", of, body)
			}
		}
		cancel(200, "scheduled")
		cancel(status, "queued")
		cancel(400, "delivered")
		cancel(400, "scheduled")
	}
}

func TestEndConferences(t *testing.T) {
	p := parentOf(t, world(t, options()))
	own := accounts + "/" + p.user
	live := p.every("conferences", own+"/Conferences.json?Status=in-progress")
	if len(live) != 1 {
		t.Fatalf("%d conferences are in progress", len(live))
	}
	one := own + "/Conferences/" + text(live[0], "sid") + ".json"
	p.want(400, "POST", one, form("Status", "canceled"))
	if got := p.want(200, "POST", one, form("Status", "completed")); got["status"] != "completed" || got["reason_conference_ended"] != "conference-ended-via-api" {
		t.Errorf("ended: %v", got)
	}
	if left := p.every("conferences", own+"/Conferences.json?Status=in-progress"); len(left) != 0 {
		t.Errorf("%d conferences are left", len(left))
	}
	p.want(404, "POST", own+"/Conferences/CF"+strings.Repeat("0", 32)+".json", form("Status", "completed"))
}

// TestSuspendedInTheMiddle: a suspended account begins nothing more, its calls
// go on, and what of its messages was queued fails when its turn comes.
func TestSuspendedInTheMiddle(t *testing.T) {
	clock := &ticker{}
	o := options()
	o.Clock = clock.now
	w := world(t, o)
	p := parentOf(t, w)
	sub := accounts + "/" + text(p.subs()[0], "sid")
	live := p.every("calls", sub+"/Calls.json?Status=in-progress")
	var queued []map[string]any
	for _, m := range p.every("messages", sub+"/Messages.json?PageSize=1000") {
		if m["status"] == "queued" {
			queued = append(queued, m)
		}
	}
	before := w.Meter()
	p.want(200, "POST", sub+".json", form("Status", "suspended"))
	if after := w.Meter(); after.PerMinute >= before.PerMinute {
		t.Errorf("the next minute costs %d, and cost %d before", after.PerMinute, before.PerMinute)
	}
	clock.passed = 3 * time.Minute
	if up := p.every("calls", sub+"/Calls.json?Status=in-progress"); len(live) == 0 || len(up) == 0 || len(up) > len(live)+2 {
		t.Errorf("%d calls were up, and %d are", len(live), len(up))
	}
	if len(queued) == 0 {
		t.Fatal("nothing was queued")
	}
	m := p.want(200, "GET", sub+"/Messages/"+text(queued[0], "sid")+".json", nil)
	if m["status"] != "failed" || m["error_code"] != 30002.0 || m["date_sent"] != nil {
		t.Errorf("queued when it was suspended: %v", m)
	}
	p.want(200, "POST", sub+".json", form("Status", "active"))
	if back := p.every("calls", sub+"/Calls.json?Status=ringing"); len(back) > 1 {
		t.Errorf("%d calls ring in the second it is back", len(back))
	}
}

// TestEndedCallsCostNoMore: the meter follows what is ended.
func TestEndedCallsCostNoMore(t *testing.T) {
	clock := &ticker{}
	o := options()
	o.Clock, o.Messages = clock.now, -1
	w := world(t, o)
	p := parentOf(t, w)
	for _, a := range p.every("accounts", accounts+".json") {
		own := accounts + "/" + text(a, "sid")
		for _, status := range []string{"queued", "ringing", "in-progress"} {
			for _, c := range p.every("calls", own+"/Calls.json?PageSize=1000&Status="+status) {
				p.want(200, "POST", own+"/Calls/"+text(c, "sid")+".json", form("Status", "completed"))
			}
		}
	}
	clock.passed = 2 * time.Second
	if m := w.Meter(); m.ToCome != 0 {
		t.Errorf("%d are still to come of calls that are over", m.ToCome)
	}
}

func TestTimeFilters(t *testing.T) {
	count := func(setting, filter string) int {
		o := options()
		o.Messages, o.Switches.TimeFilter = 1000, setting
		p := parentOf(t, world(t, o))
		return len(p.every("messages", accounts+"/"+p.user+"/Messages.json?PageSize=1000&"+filter))
	}
	late, whole := count("exact", "DateSent%3E=2026-03-04T02:50:00Z"), count("exact", "DateSent%3E=2026-03-04")
	if late == 0 || late >= whole || count("date", "DateSent%3E=2026-03-04T02:50:00Z") != whole {
		t.Errorf("%d late ones, %d of the day", late, whole)
	}
	if on := count("exact", "DateSent=2026-03-04"); on != whole {
		t.Errorf("%d on the day, %d since it began", on, whole)
	}
	before, all := count("exact", "DateSent%3C=2026-03-04"), count("exact", "")
	if waiting := all - before - whole; waiting < 10 {
		t.Errorf("the filter hides %d waiting messages of %d", waiting, all)
	}
}

// TestUsageAgreesWithTraffic: what is billed is what is listed.
func TestUsageAgreesWithTraffic(t *testing.T) {
	o := options()
	o.Calls, o.Messages = 600, 1000
	p := parentOf(t, world(t, o))
	own := accounts + "/" + p.user
	calls := len(p.every("calls", own+"/Calls.json?PageSize=1000"))
	var total float64
	for _, r := range p.every("usage_records", own+"/Usage/Records/Daily.json?PageSize=1000&IncludeSubaccounts=false&Category=calls") {
		var n float64
		fmt.Sscan(text(r, "count"), &n)
		total += n
	}
	if int(total) != calls {
		t.Errorf("usage counts %v calls, the list has %d", total, calls)
	}
	for _, kind := range []string{"Today", "Yesterday"} { // which are reckoned in another way
		one := p.every("usage_records", own+"/Usage/Records/"+kind+".json?Category=totalprice")[0]
		daily := p.every("usage_records", own+"/Usage/Records/Daily.json?Category=totalprice&PageSize=1000")
		for _, r := range daily {
			if r["start_date"] == one["start_date"] && r["price"] != one["price"] {
				t.Errorf("%s: %v, but by day %v", kind, one["price"], r["price"])
			}
		}
	}
	alone := p.every("usage_records", own+"/Usage/Records/AllTime.json?IncludeSubaccounts=false&Category=sms")
	family := p.every("usage_records", own+"/Usage/Records/AllTime.json?Category=sms")
	if alone[0]["price"].(float64) >= family[0]["price"].(float64) {
		t.Errorf("the family pays %v, the parent alone %v", family[0]["price"], alone[0]["price"])
	}
}

// TestRhythm: the company works by day and in the week.
func TestRhythm(t *testing.T) {
	o := options()
	o.Scenario, o.Calls = "clean", 1500
	p := parentOf(t, world(t, o))
	var night, sunday, all int
	for _, c := range p.every("calls", accounts+"/"+p.user+"/Calls.json?PageSize=1000") {
		at, err := time.Parse(time.RFC1123Z, text(c, "date_created"))
		if err != nil {
			t.Fatal(err)
		}
		all++
		if at.Hour() < 5 {
			night++
		}
		if at.Weekday() == time.Sunday {
			sunday++
		}
	}
	if all != 1500 || night*20 > all || sunday*20 > all {
		t.Errorf("%d calls, %d at night, %d on Sundays", all, night, sunday)
	}
}

func TestLongHistoryIsQuick(t *testing.T) {
	o := options()
	o.Messages, o.Scenario = 60000, "clean"
	w := world(t, o)
	p := parentOf(t, w)
	got := p.want(200, "GET", accounts+"/"+p.user+"/Messages.json?PageSize=50", nil)
	if len(got["messages"].([]any)) != 50 {
		t.Errorf("got %d messages", len(got["messages"].([]any)))
	}
	s, err := w.Snapshot()
	if err != nil || len(s) > 200<<10 {
		t.Errorf("the snapshot has %d bytes: %v", len(s), err)
	}
}
