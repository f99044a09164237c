package report

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"retake/store"
)

// LaneTwilio is the lane of what Twilio does or says by itself, beside the lanes
// of package store.
const LaneTwilio = "twilio"

// auditEvent is a record of the account's audit log (Twilio Monitor events).
type auditEvent struct {
	Sid             string    `json:"sid"`
	Date            time.Time `json:"event_date"`
	Type            string    `json:"event_type"`
	Actor           string    `json:"actor_sid"`
	Source          string    `json:"source"`
	SourceIPAddress string    `json:"source_ip_address"`
	Account         string    `json:"account_sid"`
	Resource        string    `json:"resource_sid"`
	Description     string    `json:"description"`
}

// debugAlert is a record of the account's debugger (Twilio Monitor alerts).
type debugAlert struct {
	Sid       string    `json:"sid"`
	Created   time.Time `json:"date_created"`
	Generated time.Time `json:"date_generated"`
	Code      string    `json:"error_code"`
	Level     string    `json:"log_level"`
	Text      string    `json:"alert_text"`
	Account   string    `json:"account_sid"`
	Resource  string    `json:"resource_sid"`
}

// AuditEvents reads the audit events and the alerts out of a reply, if it is a
// list of such. Bundles are verified with it: what it returned for a reply it has
// to return for ever (testdata holds a bundle of each format).
// Twilio: GET monitor.twilio.com/v1/Events, /v1/Alerts.
func AuditEvents(_ store.ExhibitEntry, body []byte) []store.Event {
	told, _ := audit(body)
	return told
}

// AuditRecord is the record of a reply that a line of the timeline was read out
// of, by its place; nil if there is none.
func AuditRecord(body []byte, place int) json.RawMessage {
	_, raw := audit(body)
	if place < 0 || place >= len(raw) {
		return nil
	}
	return raw[place]
}

// audit reads the events, then the alerts, each with its record.
func audit(body []byte) (told []store.Event, raw []json.RawMessage) {
	var reply struct {
		Events []json.RawMessage `json:"events"`
		Alerts json.RawMessage   `json:"alerts"` // whatever it is, the events are read
	}
	if json.Unmarshal(body, &reply) != nil {
		reply.Events = nil
	}
	var alerts []json.RawMessage
	_ = json.Unmarshal(reply.Alerts, &alerts) // what is no list holds none
	for _, list := range []struct {
		records []json.RawMessage
		read    func(json.RawMessage) (store.Event, bool)
	}{{reply.Events, eventOf}, {alerts, alertOf}} {
		for _, record := range list.records {
			if e, known := list.read(record); known {
				told, raw = append(told, e), append(raw, record)
			}
		}
	}
	return told, raw
}

func eventOf(record json.RawMessage) (store.Event, bool) {
	var e auditEvent
	if json.Unmarshal(record, &e) != nil || e.Type == "" || e.Date.IsZero() {
		return store.Event{}, false
	}
	told := store.Event{
		ID: e.Sid, At: e.Date, Type: e.Type, Actor: e.Actor, Source: e.Source, IP: e.SourceIPAddress, Account: e.Account,
		Resource: e.Resource, Text: e.Description, Lane: laneOf(record), Ours: e.leftBy,
	}
	if told.Lane == LaneTwilio {
		told.Ours = never
	}
	return told, true
}

// laneOf tells what Twilio did by itself: the source says so, or the actor is one
// of its people. The rest is somebody else's, unless an act of ours left it.
func laneOf(record json.RawMessage) string {
	var by struct {
		ActorType any `json:"actor_type"`
		Source    any `json:"source"`
	}
	if json.Unmarshal(record, &by) == nil && (by.Source == "twilio" || by.ActorType == "twilio-admin") {
		return LaneTwilio
	}
	return store.LaneOthers
}

func alertOf(record json.RawMessage) (store.Event, bool) {
	var a debugAlert
	if json.Unmarshal(record, &a) != nil || a.Code == "" || a.Created.IsZero() && a.Generated.IsZero() {
		return store.Event{}, false
	}
	at := a.Generated
	if at.IsZero() {
		at = a.Created
	}
	return store.Event{
		ID: a.Sid, At: at, Type: "alert " + a.Code, Source: a.Level, Account: a.Account, Resource: a.Resource, Text: a.Text,
		Lane: LaneTwilio, Alert: true, Ours: never,
	}, true
}

// never is what Twilio's own doings say of acts of ours.
func never(store.Act) bool { return false }

var objectSID = regexp.MustCompile(`\b[A-Z]{2}[0-9a-f]{32}\b`)

// leftBy tells whether an act of ours leaves such an event: the type ends as the
// verb does (delete-key: .deleted), says what it was done to (key), and the
// account or the object is the act's.
func (e auditEvent) leftBy(a store.Act) bool {
	verb, noun, _ := strings.Cut(a.Verb, "-")
	noun, _, _ = strings.Cut(noun, "-")
	if !strings.HasSuffix(e.Type, past(verb)) || !strings.Contains(e.Type, noun) {
		return false
	}
	var objects []string
	for _, sid := range objectSID.FindAllString(a.Target, -1) {
		if !strings.HasPrefix(sid, "AC") {
			objects = append(objects, sid)
		}
	}
	if len(objects) > 0 {
		return slices.Contains(objects, e.Resource)
	}
	return e.Account != "" && (e.Account == a.Account || strings.Contains(a.Target, e.Account))
}

// past is a verb as the type of an event ends.
func past(verb string) string {
	switch verb {
	case "delete", "remove", "release":
		return "deleted"
	case "create", "add":
		return "created"
	case "promote":
		return "promoted"
	}
	return "updated"
}
