package account

import (
	"encoding/json"
	"slices"
	"time"

	monitor "github.com/twilio/twilio-go/rest/monitor/v1"
)

// An Event is an entry of the account's audit log. Its texts are masked, and
// untrusted: an intruder chose some of them.
type Event struct {
	SID, Type, Actor, ActorType string
	Source                      string // "web", "api" or "twilio"
	IP                          string // "" for Twilio itself
	Account                     string
	Resource, ResourceType      string
	Description                 string
	At                          time.Time
	Data                        json.RawMessage // values before and after, by type
}

// ListEvents reads the audit log of the client's own account between two
// times, oldest first; a zero time leaves that end open. Twilio keeps 30 days,
// longer with some editions, and says nothing of what it no longer has. On an
// error the events read so far come with it.
// Twilio: GET monitor.twilio.com/v1/Events?StartDate=…&EndDate=….
func (o *Operations) ListEvents(from, to time.Time) ([]Event, error) {
	w := o.wire(o.client.credential.SID, "events")
	service := monitor.NewApiService(w.requests())
	params := between(from, to)
	events, err := collect(w, func(at position) (page[Event], error) {
		got, err := service.PageEvent(params, at.token, at.number)
		if err != nil {
			return page[Event]{}, err
		}
		return page[Event]{w.events(got.Events), value(got.Meta.NextPageUrl)}, nil
	}, func(e Event) string { return e.SID })
	slices.SortStableFunc(events, func(a, b Event) int { return a.At.Compare(b.At) })
	return events, err
}

// between filters by dates alone: Twilio answers 400 to more than one other
// filter. Whole seconds in UTC, outwards, are the one form it documents.
func between(from, to time.Time) *monitor.ListEventParams {
	params := &monitor.ListEventParams{PageSize: &pageSize}
	if !from.IsZero() {
		params.SetStartDate(from.UTC().Truncate(time.Second))
	}
	if !to.IsZero() {
		params.SetEndDate(to.UTC().Add(time.Second - 1).Truncate(time.Second))
	}
	return params
}

// events takes the data of each event from the bytes of the reply, since the
// model has lost the precision of its numbers.
func (w *wire) events(in []monitor.MonitorV1Event) []Event {
	var raw struct {
		Events []struct {
			Data json.RawMessage `json:"event_data"`
		}
	}
	_ = json.Unmarshal(w.body, &raw)
	out := each(in, w.line.event)
	for i := range min(len(out), len(raw.Events)) {
		out[i].Data = w.line.json(raw.Events[i].Data)
	}
	return out
}

func (l *Line) event(e monitor.MonitorV1Event) Event {
	return Event{
		SID: value(e.Sid), Type: l.Mask(value(e.EventType)), Actor: value(e.ActorSid), ActorType: value(e.ActorType),
		Source: value(e.Source), IP: value(e.SourceIpAddress), Account: value(e.AccountSid),
		Resource: value(e.ResourceSid), ResourceType: value(e.ResourceType),
		Description: l.Mask(value(e.Description)), At: value(e.EventDate).UTC(),
	}
}

// json masks a JSON value; nil stays nil.
func (l *Line) json(raw json.RawMessage) json.RawMessage {
	if raw == nil {
		return nil
	}
	return l.masks.body(raw, "", nil)
}

// An Alert is an entry of the account's error log. URL is masked, and untrusted.
type Alert struct {
	SID, Code, URL string
	Resource       string // SID of what it is about
	At             time.Time
}

// ListAlerts reads the error log of the client's own account between two times,
// which must be 30 days apart at most. On an error the alerts read so far come
// with it.
// Twilio: GET monitor.twilio.com/v1/Alerts?StartDate=…&EndDate=….
func (o *Operations) ListAlerts(from, to time.Time) ([]Alert, error) {
	w := o.wire(o.client.credential.SID, "alerts")
	service := monitor.NewApiService(w.requests())
	params := &monitor.ListAlertParams{PageSize: &pageSize}
	params.SetStartDate(from.UTC().Truncate(time.Second))
	params.SetEndDate(to.UTC().Add(time.Second - 1).Truncate(time.Second))
	return collect(w, func(at position) (page[Alert], error) {
		got, err := service.PageAlert(params, at.token, at.number)
		if err != nil {
			return page[Alert]{}, err
		}
		return page[Alert]{each(got.Alerts, w.line.alert), value(got.Meta.NextPageUrl)}, nil
	}, func(a Alert) string { return a.SID })
}

func (l *Line) alert(a monitor.MonitorV1Alert) Alert {
	return Alert{SID: value(a.Sid), Code: value(a.ErrorCode), URL: l.Mask(value(a.RequestUrl)), Resource: value(a.ResourceSid), At: value(a.DateCreated).UTC()}
}
