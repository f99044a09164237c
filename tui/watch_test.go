package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"retake/actions"
	"retake/store"
)

func init() {
	scenes = append(scenes,
		scene{name: "watch", play: func(k *console) { appeared(k); k.press("W") }},
		scene{name: "watch-unread", play: func(k *console) { k.press("W") }},
		scene{name: "watch-none", play: func(k *console) {
			k.press("W")
			k.send(watchRead{state: actions.Watched{At: night, Accounts: 4, Missed: []actions.Unseen{{What: "audit events of " + subSID, Why: "the subaccount is suspended"}}}})
		}},
		scene{name: "watch-whole", play: func(k *console) { appeared(k); k.press("W", "j", "enter") }},
		scene{name: "watch-not-shown", play: func(k *console) { appeared(k); k.press("W", "G", "enter") }},
		scene{name: "watch-waits", play: func(k *console) {
			appeared(k)
			k.press("W")
			k.send(watchRead{err: store.WithHint(fmt.Errorf("no route to host"), "look at the network")})
		}},
	)
}

const foundKey = "SKaaaabbbbccccdddd0000111122223333"

// appeared files what the watch tells of a night on which nothing went well.
func appeared(k *console) {
	n := filed(k,
		store.Exhibit{Step: actions.WatchStep, At: night, Account: mainSID, Method: "GET", URL: "https://monitor.twilio.com/v1/Events?PageSize=1000", Status: 200, Attempts: 1, List: "events",
			Body: []byte(`{"events":[` + strings.Join([]string{
				event("AE1", "user.created", "US1", "US9", "203.0.113.66"), event("AE2", "account-api-keys.created", foundKey, "US9", "203.0.113.66"),
				event("AE3", "voice-geographic-permissions.updated", "LV\x1b[2J", "US9", "203.0.113.67"),
			}, ",") + `]}`)})
	for i, f := range []store.Finding{
		{ID: "new/" + subSID, Severity: "high", Account: subSID, What: "new subaccount " + subSID + ` "late"`},
		{ID: "event/AE1", Severity: "high", What: "users and passwords: user.created US1", Actor: "US9", Source: "203.0.113.66", Exhibits: []int64{n}},
		{ID: "new/" + foundKey, Severity: "critical", What: "new API key " + foundKey, Actor: "US9", Source: "203.0.113.66", Exhibits: []int64{n}},
		{ID: "event/AE3", Severity: "high", What: "geographic permissions: voice-geographic-permissions.updated LV\x1b[2J", Actor: "US9", Source: "203.0.113.67", Exhibits: []int64{n}},
	} {
		f.At, f.Text = night.Add(time.Duration(i)*time.Minute), f.What
		if f.Account == "" {
			f.Account = mainSID
		}
		must(k.t, k.c.AddFinding(actions.WatchStep, f))
	}
}

func event(sid, kind, resource, actor, ip string) string {
	return fmt.Sprintf(`{"sid":%q,"event_type":%q,"resource_sid":%s,"actor_sid":%q,"source_ip_address":%q,"event_date":"2026-03-01T03:00:00Z","source":"web"}`,
		sid, kind, strings.ReplaceAll(fmt.Sprintf("%q", resource), `\x1b`, `\u001b`), actor, ip)
}

// What appears while it is looked at comes in at the top, and the cursor stays on
// its line.
func TestWatchGrowsWhileItIsLookedAt(t *testing.T) {
	k := newConsole(t, "Harbour Parcel", steps(threeKeys()))
	appeared(k)
	k.press("W", "j")
	k.shows("4 appeared", "> 1 Mar 03:02:00")
	n := actions.News{At: night.Add(9 * time.Minute), What: "users and passwords: user.created US7", Finding: actions.Finding{ID: "event/AE7", Severity: actions.High, Account: mainSID, Text: "x"}}
	must(t, k.c.AddFinding(actions.WatchStep, store.Finding{ID: n.ID, Severity: "high", Account: mainSID, Text: "x", At: n.At, What: n.What}))
	k.send(watchRead{state: actions.Watched{At: night, Accounts: 4, New: []actions.News{n}}})
	k.shows("5 appeared", "user.created US7", "> 1 Mar 03:02:00")
	k.press("enter")
	k.shows("account-api-keys.created", "203.0.113.66", "Where it comes from")
	k.press("esc", "esc")
	k.shows("Next:")
}
