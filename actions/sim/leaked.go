package sim

import "time"

// What he calls things is hostile: it would set a terminal's title, hide in a
// table, or become a formula in a spreadsheet.
const (
	hostileKeyName    = "ok\x1b]0;pwn\x07"
	hostileCallerName = "Head office\u200b\r\x1b[1A\x1b[2K@SUM(1+1)*cmd|'/c calc'!A1"
	hostileAppName    = "=HYPERLINK(\"http://203.0.113.80/x\")\x1b[2J\u202egnp.exe"
)

// breakIn tells the story of the leaked token: what the intruder did in the
// parent and in the first subaccount in the minutes before the start.
func (w *World) breakIn() {
	s := &w.state
	began := s.Shape.Start.Add(-breakIn)
	i := &s.Intruder
	i.Present, i.Active = true, map[string][]span{}
	parent := s.parent()
	for _, a := range s.Accounts { // the parent's token lists the others'
		i.learn(a, a.Primary)
	}
	w.plant(parent, began.Add(2*time.Minute), hostileKeyName, "main")
	if len(s.Accounts) > 1 && s.Accounts[1].active() {
		sub := s.Accounts[1]
		w.plant(sub, began.Add(6*time.Minute), "twilio-support", "standard")
	}
	w.hijackApp(parent, began.Add(4*time.Minute))
	w.disarm(parent, began)
	if len(s.Accounts) > 1 && s.Accounts[1].active() {
		w.detach(s.Accounts[1], began.Add(6*time.Minute+50*time.Second))
	}
}

// plant gives him what survives a careless clean-up of the account: a
// secondary token, a key, and traffic from then on.
func (w *World) plant(a *account, at time.Time, name, kind string) {
	s := &w.state
	by := author{a.Sid, "account", "api", intruderIP}
	i := &s.Intruder
	a.Secondary = s.newToken()
	i.learn(a, a.Secondary)
	w.remember(a, at, by, "account-auth-token.secondary-created", "account", a.Sid, "Secondary Auth Token created", nil)

	w.plantKey(a, by, at.Add(40*time.Second), name, kind)
	w.remember(a, at.Add(time.Minute), by, "voice-geographic-permissions.updated", "voice-geographic-permissions", a.Sid,
		"Voice geographic permissions updated", a.openDoors())
	i.Active[a.Sid] = []span{{From: at.Add(2 * time.Minute)}}
	w.alarm(a, at.Add(9*time.Minute), "error", "30007", "Message filtered")
	w.alarm(a, at.Add(11*time.Minute), "error", "13227", "Geo permission configuration is not permitting call")
}

// plantKey makes his key; where the number of keys is given it takes the place
// of one of the company's.
func (w *World) plantKey(a *account, by author, at time.Time, name, kind string) {
	n := w.state.Shape.Keys
	if n < 0 {
		return
	}
	if n > 0 {
		a.Keys = a.Keys[:n-1]
	}
	k := w.issue(a, name, kind, at)
	w.state.Intruder.Keys = append(w.state.Intruder.Keys, k.Sid)
	w.remember(a, at, by, "account-api-keys.created", "account-api-keys", k.Sid, "API key created", fields{
		"friendly_name": fields{"previous": nil, "updated": name},
	})
}

// hijackApp points one of the company's applications at the intruder.
func (w *World) hijackApp(a *account, at time.Time) {
	if len(a.Apps) == 0 {
		return
	}
	t := a.Apps[len(a.Apps)-1]
	before := t.Settings["VoiceUrl"]
	t.Settings["VoiceUrl"], t.Settings["FriendlyName"], t.Updated = "http://203.0.113.80/twiml.xml", hostileAppName, at
	w.remember(a, at, author{a.Sid, "account", "api", intruderIP}, "application.updated", "application", t.Sid, "Application updated", fields{
		"voice_url": fields{"previous": before, "updated": t.Settings["VoiceUrl"]},
	})
}
