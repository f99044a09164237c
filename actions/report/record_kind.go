package report

import (
	"net/url"
	"slices"
	"strings"

	"retake/store"
)

// Kind is what a record is about. The names stand in JSON and are typed.
type Kind string

// The kinds.
const (
	Messages     Kind = "messages"
	Calls        Kind = "calls"
	Conferences  Kind = "conferences"
	Recordings   Kind = "recordings"
	Events       Kind = "events"
	Alerts       Kind = "alerts"
	Keys         Kind = "keys"
	Numbers      Kind = "numbers"
	Applications Kind = "applications"
	Triggers     Kind = "triggers"
	CallerIDs    Kind = "caller-ids"
	Usage        Kind = "usage"
	Accounts     Kind = "accounts"
	VoiceGeo     Kind = "voice-geo"
	SMSGeo       Kind = "sms-geo"
	Balance      Kind = "balance"
	Other        Kind = "other"
)

// Kinds are all kinds, in the order in which they are named.
func Kinds() []Kind {
	return []Kind{Messages, Calls, Conferences, Recordings, Events, Alerts, Keys, Numbers, Applications, Triggers, CallerIDs, Usage, Accounts, VoiceGeo, SMSGeo, Balance, Other}
}

// Known tells whether a text names a kind.
func Known(text string) bool { return slices.Contains(Kinds(), Kind(text)) }

// lists are the kinds by the key of the list that the records stand in.
var lists = map[string]Kind{
	"messages": Messages, "calls": Calls, "conferences": Conferences, "recordings": Recordings, "events": Events, "alerts": Alerts,
	"keys": Keys, "signing_keys": Keys, "incoming_phone_numbers": Numbers, "applications": Applications, "usage_triggers": Triggers,
	"outgoing_caller_ids": CallerIDs, "usage_records": Usage, "accounts": Accounts,
}

// places are the kinds by a part of the address, where the list does not tell.
var places = map[string]Kind{
	"Messages": Messages, "Calls": Calls, "Conferences": Conferences, "Recordings": Recordings, "Events": Events, "Alerts": Alerts,
	"Keys": Keys, "SigningKeys": Keys, "IncomingPhoneNumbers": Numbers, "Applications": Applications, "Triggers": Triggers,
	"OutgoingCallerIds": CallerIDs, "Records": Usage, "Accounts": Accounts, "Balance": Balance,
	"DialingPermissions": VoiceGeo, "GeoPermissions": SMSGeo,
}

// accountParts are places below an account that are no kind of their own.
const accountParts = 3 // the version, Accounts, the SID

// KindOf is what the records of an exhibit are about, by the list's key or else
// by the address that was asked.
func KindOf(x store.ExhibitEntry) Kind {
	if k, known := lists[x.List]; known {
		return k
	}
	u, err := url.Parse(x.URL)
	if err != nil {
		return Other
	}
	parts := strings.Split(strings.Trim(strings.TrimSuffix(u.Path, ".json"), "/"), "/")
	for i, part := range slices.Backward(parts) {
		k, known := places[part]
		switch {
		case !known:
		case k == Accounts && i == 1 && len(parts) > accountParts:
			return Other // something of an account that is not among the kinds
		default:
			return k
		}
	}
	return Other
}
