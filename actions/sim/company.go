package sim

import (
	"fmt"
	"time"
)

// The company is Harbour Parcel, which does not exist: it delivers parcels and
// tells people so by message and by telephone.

// founding is how one account of the family begins.
type founding struct {
	name      string
	status    string
	age       time.Duration
	numbers   int
	pace      pace
	keys      []issued
	suspended time.Duration
}

// issued is an API key as the company issued it.
type issued struct{ name, kind string }

var family = []founding{
	{name: "Harbour Parcel", status: "active", age: 2300 * day, numbers: 3, pace: pace{30, 60},
		keys: []issued{{"billing export", "main"}, {"web shop", "standard"}, {"dispatch (send only)", "restricted"}, {"status page", "standard"}}},
	{name: "Harbour Parcel - Ireland", status: "active", age: 1400 * day, numbers: 2, pace: pace{18, 45},
		keys: []issued{{"depot Cork", "standard"}, {"depot Dublin", "standard"}, {"dispatch (send only)", "restricted"}}},
	{name: "Customer notifications", status: "active", age: 900 * day, numbers: 2, pace: pace{4, 95},
		keys: []issued{{"notifier (send only)", "restricted"}, {"notifier staging", "standard"}}},
	{name: "Driver hotline", status: "active", age: 610 * day, numbers: 2, pace: pace{40, 8},
		keys: []issued{{"hotline", "main"}, {"wallboard", "standard"}, {"recorder", "standard"}}},
	{name: "Old pilot 2023", status: "suspended", age: 1100 * day, numbers: 1, pace: pace{6, 10},
		keys: []issued{{"pilot", "main"}, {"pilot phone", "standard"}}, suspended: 60 * day},
}

var appNames = []string{"Opening hours", "Track a parcel", "Call me back"}

// branch is one of a family whose size was given.
func branch(n int) founding {
	return founding{name: fmt.Sprintf("Branch %04d", n), status: "active", age: time.Duration(400+n%500) * day,
		numbers: 2, pace: pace{12, 30}, keys: []issued{{"branch", "main"}, {"branch shop", "standard"}, {"branch dispatch", "restricted"}}}
}

func (w *World) buildCompany() {
	plans := family
	if n := w.state.Shape.Subaccounts; n > 0 {
		plans = []founding{family[0]}
		for i := range n {
			plans = append(plans, branch(i+1))
		}
	}
	for i, p := range plans {
		w.state.Accounts = append(w.state.Accounts, w.establish(i, p))
	}
	w.state.SendGridKey = "SG." + w.state.newSecret()[:22] + "." + w.state.newSecret() + w.state.newSecret()[:11]
	w.state.Secrets = append(w.state.Secrets, w.state.SendGridKey, w.state.githubToken(), w.state.orgSecret(), w.state.orgBearer())
}

// establish makes one account with its keys, numbers and applications.
func (w *World) establish(index int, p founding) *account {
	s := &w.state
	born := s.Shape.Start.Add(-p.age)
	a := &account{
		Index: index, Sid: s.newSID("AC"), Name: p.name, Status: p.status, Created: born, Updated: born.Add(3 * day),
		Primary: s.newToken(), Stopped: map[string]stop{}, Pace: p.pace,
	}
	if p.suspended > 0 {
		a.Updated = s.Shape.Start.Add(-p.suspended)
		a.Pauses = []span{{From: a.Updated}}
	}
	w.equip(a, p)
	w.issueKeys(a, p)
	w.safeguard(a)
	return a
}

func (w *World) equip(a *account, p founding) {
	s, d := &w.state, dice(w.state.Shape.Seed, word("equipment"), uint64(a.Index))
	for i := range p.numbers {
		t := w.thing("PN", a, i)
		t.Phone = companyNumbers[i%len(companyNumbers)].draw(d)
		t.Settings = map[string]string{
			"FriendlyName": fmt.Sprintf("%s %d", a.Name, i+1),
			"VoiceUrl":     fmt.Sprintf("https://voice.harbour-parcel.example.com/in/%d", i), "VoiceMethod": "POST",
			"SmsUrl": "https://sms.harbour-parcel.example.com/in", "SmsMethod": "POST",
		}
		a.Numbers = append(a.Numbers, t)
	}
	for i := range min(len(appNames), p.numbers) {
		t := w.thing("AP", a, i)
		t.Settings = map[string]string{
			"FriendlyName": appNames[i], "VoiceMethod": "POST",
			"VoiceUrl": fmt.Sprintf("https://voice.harbour-parcel.example.com/app/%d", s.Counter),
		}
		a.Apps = append(a.Apps, t)
	}
}

func (w *World) thing(prefix string, a *account, n int) *thing {
	w.state.Counter++
	at := a.Created.Add(time.Duration(n+1) * 26 * time.Hour)
	return &thing{Seq: w.state.Counter, Sid: w.state.newSID(prefix), Created: at, Updated: at}
}

// issueKeys gives the account as many keys as were asked for.
func (w *World) issueKeys(a *account, p founding) {
	n := w.state.Shape.Keys
	if n == 0 {
		n = len(p.keys)
	}
	for i := range max(0, n) {
		k := p.keys[i%len(p.keys)]
		if i >= len(p.keys) {
			k.name = fmt.Sprintf("%s %d", k.name, i/len(p.keys)+1)
		}
		w.issue(a, k.name, k.kind, a.Created.Add(time.Duration(i+2)*31*time.Hour))
	}
}

func (w *World) issue(a *account, name, kind string, at time.Time) *key {
	w.state.Counter++
	k := &key{Seq: w.state.Counter, Sid: w.state.newSID("SK"), Secret: w.state.newSecret(), Name: name, Kind: kind, Created: at, Updated: at}
	if kind == "restricted" {
		k.Policy = map[string]any{"allow": []any{"/twilio/messaging/messages/create", "/twilio/messaging/messages/read"}}
	}
	a.Keys = append(a.Keys, k)
	return k
}

// chronicle writes what an ordinary month leaves in the audit log and in the
// debugger.
func (w *World) chronicle() {
	start := w.state.Shape.Start
	for _, a := range w.state.Accounts {
		if !a.active() {
			continue
		}
		d := dice(w.state.Shape.Seed, word("chronicle"), uint64(a.Index))
		user := w.user(a)
		for n := 29; n >= 1; n-- {
			at := start.Add(-time.Duration(n)*day - time.Duration(d.IntN(6))*time.Hour)
			if at.Weekday() == time.Sunday || at.Weekday() == time.Saturday || n%(1+min(a.Index, 4)) != 0 {
				continue
			}
			w.remember(a, at, user, "user-session.created", "user-session", user.sid, "User logged in", nil)
			if n%9 == 0 && len(a.Numbers) > 0 {
				w.remember(a, at.Add(7*time.Minute), user, "phone-number.updated", "phone-number", a.Numbers[0].Sid, "Phone number updated", fields{
					"friendly_name": fields{"previous": "reserve", "updated": a.Numbers[0].Settings["FriendlyName"]},
				})
			}
		}
		w.alarm(a, start.Add(-9*day-3*time.Hour), "error", "11200", "HTTP retrieval failure")
		w.alarm(a, start.Add(-4*day-5*time.Hour), "warning", "30003", "Unreachable destination handset")
		w.alarm(a, start.Add(-26*time.Hour), "error", "11205", "HTTP connection failure")
	}
}

// user is who in the company looks after the account, at the Console.
func (w *World) user(a *account) author {
	return author{w.state.userSID(a.Index % 3), "user", "web", officeIP}
}

// remember writes an event of the past.
func (w *World) remember(a *account, at time.Time, by author, kind, resourceType, resource, detail string, changes fields) {
	w.state.Counter++
	w.past.events = append(w.past.events, event{
		Seq: w.state.Counter, Sid: w.state.newSID("AE"), Account: a.Sid, Type: kind, Date: at,
		Actor: by.sid, ActorType: by.kind, Source: by.source, IP: by.ip,
		ResourceType: resourceType, Resource: resource, Detail: detail, Changes: changes,
	})
}

func (w *World) alarm(a *account, at time.Time, level, code, text string) {
	w.state.Counter++
	about := a.Sid
	if len(a.Numbers) > 0 {
		about = a.Numbers[0].Sid
	}
	w.past.alerts = append(w.past.alerts, alert{
		Seq: w.state.Counter, Sid: w.state.newSID("NO"), Account: a.Sid, Resource: about, Date: at,
		Level: level, Code: code, Text: text, URL: "https://voice.harbour-parcel.example.com/in/0",
	})
}
