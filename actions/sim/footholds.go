package sim

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Foothold is one thing by which the intruder stays in, earns, or is not seen.
type Foothold struct {
	Kind    string // one of the kinds below
	Account string // SID
	Name    string // the account's
	Mark    string // by what it is known: the SID of a key, application, trigger or caller ID; countries; else the account
	Label   string // what it was called; his own words
	At      time.Time
	ByHand  bool      // only the Console takes it away
	Silent  bool      // the audit log does not tell of it
	There   bool      // it still is
	Gone    time.Time // when it was taken away; zero while it is there, or where nobody noted it
}

// The kinds of footholds.
const (
	LeakedTokens   = "leaked-tokens"   // the Auth Tokens that he has read
	SecondaryToken = "secondary-token" // one that he made
	PlantedKey     = "key"
	VoiceCountries = "voice-countries" // opened for calls
	Detached       = "detached"        // a subaccount that no longer inherits the countries for calls
	SMSCountry     = "sms-country"     // opened for messages
	Application    = "application"     // that leads to him
	TriggerDeleted = "trigger-deleted"
	TriggerBent    = "trigger-bent" // that reports to him
	CallerID       = "caller-id"
	Planted        = "planted"  // a webhook, a password, a copy of the traffic: what the playbook does not name
	MailFoothold   = "sendgrid" // on the SendGrid side; the label says in which place
)

// trace is a foothold with how to see whether it is still there.
type trace struct {
	Foothold
	there func(*state) bool
}

// leaked are the tokens that he has, of all accounts that work.
func (w *World) leaked() trace {
	parent := w.state.parent().Sid
	return trace{Foothold{Kind: LeakedTokens, Account: parent, Mark: parent, At: w.start.Add(-breakIn)}, func(s *state) bool {
		return slices.ContainsFunc(s.Accounts, func(a *account) bool {
			return a.active() && slices.Contains(s.Intruder.Knows[a.Sid], a.Primary)
		})
	}}
}

// traces reads his footholds out of an audit log.
func (w *World) traces(log []event) (out []trace) {
	for _, e := range log {
		read := readers[e.Type]
		if e.IP != intruderIP || read == nil {
			continue
		}
		t := trace{Foothold: Foothold{Account: e.Account, Mark: e.Resource, At: e.Date}}
		read(e, &t)
		if t.there != nil {
			out = append(out, t)
		}
	}
	return out
}

// readers say of each event of his what it left behind. What ends something that
// he had himself leaves nothing.
var readers = map[string]func(event, *trace){
	"account-auth-token.secondary-created": readSecondary,
	"account-auth-token.secondary-deleted": func(event, *trace) {},
	"account-api-keys.created":             readKey,
	"voice-geographic-permissions.updated": readVoice,
	"sms-geographic-permissions.updated":   readSMS,
	"application.updated":                  readApp,
	"usage-trigger.deleted":                readLostTrigger,
	"usage-trigger.updated":                readBentTrigger,
	"caller-id.created":                    readCallerID,
}

func readSecondary(e event, t *trace) {
	t.Kind, t.there = SecondaryToken, func(s *state) bool {
		a := s.account(e.Account)
		return slices.Contains(s.Intruder.Knows[e.Account], a.Secondary)
	}
}

func readKey(e event, t *trace) {
	t.Kind, t.Label = PlantedKey, e.said("friendly_name", "updated")
	t.there = func(s *state) bool { return s.account(e.Account).key(e.Resource) != nil }
}

func readVoice(e event, t *trace) {
	if _, moved := e.Changes["dialing_permissions_inheritance"]; moved {
		t.Kind, t.there = Detached, func(s *state) bool { return !s.account(e.Account).Inherits }
		return
	}
	opened := slices.Sorted(maps.Keys(e.Changes))
	t.Kind, t.Mark = VoiceCountries, strings.Join(opened, ", ")
	t.there = func(s *state) bool {
		may := s.voiceOf(s.account(e.Account))
		return slices.ContainsFunc(opened, func(iso string) bool { return may[iso] != 0 })
	}
}

func readSMS(e event, t *trace) {
	opened := slices.Sorted(maps.Keys(e.Changes))
	t.Kind, t.Mark = SMSCountry, strings.Join(opened, ", ")
	t.ByHand = slices.ContainsFunc(opened, func(iso string) bool { return slices.Contains(consoleOnly, iso) })
	t.there = func(s *state) bool {
		return slices.ContainsFunc(opened, func(iso string) bool { return s.parent().SMS[iso] })
	}
}

func readApp(e event, t *trace) {
	url := e.said("voice_url", "updated")
	t.Kind, t.Label, t.there = Application, url, func(s *state) bool {
		app := find(s.account(e.Account).Apps, e.Resource)
		return app != nil && app.Settings["VoiceUrl"] == url
	}
}

// readLostTrigger sees a trigger as restored when another one watches the same.
func readLostTrigger(e event, t *trace) {
	t.Kind, t.Label = TriggerDeleted, e.said("friendly_name", "previous")
	t.there = func(s *state) bool {
		return !slices.ContainsFunc(s.account(e.Account).Triggers, func(o *thing) bool {
			same := func(setting string) bool { return o.Settings[setting] == e.said(snake(setting), "previous") }
			return same("UsageCategory") && same("Recurring") && o.Settings["CallbackUrl"] != intruderHook
		})
	}
}

func readBentTrigger(e event, t *trace) {
	url := e.said("callback_url", "updated")
	t.Kind, t.Label, t.there = TriggerBent, url, func(s *state) bool {
		o := find(s.account(e.Account).Triggers, e.Resource)
		return o != nil && o.Settings["CallbackUrl"] == url
	}
}

func readCallerID(e event, t *trace) {
	t.Kind, t.Label = CallerID, e.said("phone_number", "updated")
	t.there = func(s *state) bool { return find(s.account(e.Account).CallerIDs, e.Resource) != nil }
}

// said is what an event says of a setting; in a log that was read back the
// changes are plain maps.
func (e event) said(setting, when string) string {
	change, ok := e.Changes[setting].(fields)
	if !ok {
		change, _ = e.Changes[setting].(map[string]any)
	}
	text, _ := change[when].(string)
	return text
}
