package sim

import (
	"slices"
	"time"
)

// What the company did to protect itself, and what the intruder undid. None of
// it draws from the counter that names keys and tokens, so that a story can
// grow without everything else in it getting other names.

// ordinary is where the company calls and writes to.
var ordinary = []string{"DE", "FR", "GB", "IE", "US"}

const (
	usageHook    = "https://alerts.harbour-parcel.example.com/usage"
	intruderHook = "https://usage-hook.parcel-status.example.net/t"
)

// watch is a usage trigger as the company set it up.
type watch struct{ name, category, by, value, recurring string }

// watches are the parent's triggers; the first alone is what each subaccount
// has, with a smaller value.
var watches = []watch{
	{"Daily spend", "totalprice", "price", "250", "daily"},
	{"Daily text spend", "sms-outbound", "price", "40", "daily"},
	{"Monthly spend", "totalprice", "price", "4000", "monthly"},
}

// safeguard gives an account its geo permissions, triggers and caller IDs.
func (w *World) safeguard(a *account) {
	a.Inherits = !a.isParent()
	for _, iso := range ordinary {
		a.dial(iso, lowRisk)
		if a.isParent() {
			a.text(iso, true)
		}
	}
	mine := watches
	if !a.isParent() {
		mine = []watch{{"Daily spend", "totalprice", "price", "60", "daily"}}
	}
	for i, v := range mine {
		t := w.relic("UT", a, i, a.Created.Add(time.Duration(i+9)*day))
		t.Settings = map[string]string{
			"FriendlyName": v.name, "UsageCategory": v.category, "TriggerBy": v.by, "TriggerValue": v.value,
			"Recurring": v.recurring, "CallbackUrl": usageHook, "CallbackMethod": "POST",
		}
		a.Triggers = append(a.Triggers, t)
	}
	if a.Index > 1 {
		return
	}
	for i, name := range []string{"Head office", "Depot"} {
		w.verify(a, i, a.Created.Add(time.Duration(i+15)*day), companyNumbers[i].draw(dice(w.state.Shape.Seed, word("caller"), uint64(a.Index), uint64(i))), name)
	}
}

// verify adds a caller ID.
func (w *World) verify(a *account, n int, at time.Time, phone, name string) *thing {
	t := w.relic("PN", a, 1000+n, at)
	t.Phone, t.Settings = phone, map[string]string{"FriendlyName": name}
	a.CallerIDs = append(a.CallerIDs, t)
	return t
}

// relic is a thing of the past with its own name.
func (w *World) relic(prefix string, a *account, n int, at time.Time) *thing {
	return &thing{Seq: uint64(n) + 1, Sid: w.name(prefix, a, n), Created: at, Updated: at}
}

// name is the SID of the n-th thing of its kind in an account.
func (w *World) name(prefix string, a *account, n int) string {
	id := fold(w.state.Shape.Seed, word("relic "+prefix), uint64(a.Index), uint64(n))
	return prefix + hex32(id, mix(id))
}

const laterSeq = 1 << 20 // above the numbers that the counter gives

// recount writes an event of the past that the story has got since.
func (w *World) recount(a *account, by author, at time.Time, kind, resourceType, resource, detail string, changes fields) {
	n := len(w.past.events)
	w.past.events = append(w.past.events, event{
		Seq: laterSeq + uint64(n), Sid: w.name("AE", a, n), Account: a.Sid, Type: kind, Date: at,
		Actor: by.sid, ActorType: by.kind, Source: by.source, IP: by.ip,
		ResourceType: resourceType, Resource: resource, Detail: detail, Changes: changes,
	})
}

// openDoors lets him call where calls earn him money, and says what changed.
func (a *account) openDoors() fields {
	changes := fields{}
	for _, p := range tollFraud {
		changes[p.country] = fields{"previous": a.Voice[p.country].show(), "updated": everyNumber.show()}
		a.dial(p.country, everyNumber)
	}
	return changes
}

// disarm is what he did to the parent's safeguards beside that. The countries
// that only the Console opens he opened there, as somebody of the company.
func (w *World) disarm(a *account, began time.Time) {
	by := author{a.Sid, "account", "api", intruderIP}
	for i, p := range smished {
		who := by
		if slices.Contains(consoleOnly, p.country) {
			who = w.user(a)
			who.ip = intruderIP
		}
		w.recount(a, who, began.Add(time.Duration(210+75*i)*time.Second), "sms-geographic-permissions.updated", "sms-geographic-permissions", a.Sid,
			"SMS geographic permissions updated", fields{p.country: fields{"previous": a.SMS[p.country], "updated": true}})
		a.text(p.country, true)
	}

	gone, bent := a.Triggers[0], a.Triggers[1]
	a.Triggers = a.Triggers[1:]
	w.recount(a, by, began.Add(8*time.Minute), "usage-trigger.deleted", "usage-trigger", gone.Sid, "Usage trigger deleted", gone.lost())
	bent.Settings["CallbackUrl"], bent.Updated = intruderHook, began.Add(500*time.Second)
	if w.state.Shape.Messages == 0 {
		bent.Fired = began.Add(17 * time.Minute)
	}
	w.recount(a, by, bent.Updated, "usage-trigger.updated", "usage-trigger", bent.Sid, "Usage trigger updated", fields{
		"callback_url": fields{"previous": usageHook, "updated": intruderHook},
	})

	at := w.state.Shape.Start.Add(-25 * time.Minute)
	id := w.verify(a, len(a.CallerIDs), at, "+12025550147", hostileCallerName)
	w.recount(a, by, at, "caller-id.created", "caller-id", id.Sid, "Caller ID "+id.Phone+" created", fields{
		"phone_number": fields{"previous": nil, "updated": id.Phone}, "friendly_name": fields{"previous": nil, "updated": hostileCallerName},
	})
}

// detach takes a subaccount out of its parent's geo permissions.
func (w *World) detach(a *account, at time.Time) {
	a.Inherits = false
	w.recount(a, author{a.Sid, "account", "api", intruderIP}, at, "voice-geographic-permissions.updated", "voice-geographic-permissions", a.Sid,
		"Voice geographic permissions inheritance updated", inheritance(true, false))
}

// shut notes since when he cannot call or write to each of his countries.
func (w *World) shut(now time.Time) {
	for sid := range w.state.Intruder.Active {
		a := w.state.account(sid)
		for _, p := range tollFraud {
			a.close("voice "+p.country, w.state.voiceOf(a)[p.country] == 0, now)
		}
		for _, p := range smished {
			a.close("sms "+p.country, !w.state.parent().SMS[p.country], now)
		}
	}
}

func (a *account) close(door string, closed bool, now time.Time) {
	if spans := setSpan(a.Shut[door], closed, now); len(spans) > 0 {
		if a.Shut == nil {
			a.Shut = map[string][]span{}
		}
		a.Shut[door] = spans
	}
}

// barred tells that geo permissions stopped one of his records.
func (a *account) barred(s stream, r rec) bool {
	if len(a.Shut) == 0 {
		return false
	}
	door := map[stream]string{callStream: "voice ", messageStream: "sms "}[s]
	return within(a.Shut[door+target(s, r).country], r.at())
}
