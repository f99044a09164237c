package actions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"retake/actions/moment"
	"retake/actions/triage"
)

// once keeps of a call that was read several times what was read last: the
// newest pages hold calls that are found by their status too.
func once(calls []triage.Call) []triage.Call {
	at, kept := map[string]int{}, calls[:0]
	for _, c := range calls {
		i, known := at[c.SID]
		switch {
		case !known || c.SID == "":
			at[c.SID], kept = len(kept), append(kept, c)
		case c.Exhibit > kept[i].Exhibit:
			kept[i] = c
		}
	}
	return kept
}

func (l *looking) readCalls(ctx context.Context, j reading) error {
	got, err := read(ctx, l, j, func(raw json.RawMessage, n int64) (triage.Call, time.Time, error) {
		var c struct {
			SID, To, Status, Direction string
			Created                    string `json:"date_created"`
			Start                      string `json:"start_time"`
			Duration                   any
		}
		err := json.Unmarshal(raw, &c)
		at := moment.Of(c.Start, c.Created)
		lasted, _ := time.ParseDuration(loose(c.Duration) + "s")
		out := triage.Call{Account: j.a.SID, SID: c.SID, To: c.To, Status: c.Status, Direction: c.Direction, At: at, Lasted: lasted, Exhibit: n}
		if out.Live() && at.IsZero() {
			out.At, at = l.records.Now, l.records.Now // not dialed yet
		}
		if out.Live() {
			out.Lasted = max(0, l.records.Now.Sub(at))
		}
		return out, at, err
	})
	l.keep(func(r *triage.Records) { r.Calls = append(r.Calls, got...) })
	return err
}

func (l *looking) readMessages(ctx context.Context, j reading) error {
	got, err := read(ctx, l, j, func(raw json.RawMessage, n int64) (triage.Message, time.Time, error) {
		var m struct {
			SID, To, Body, Status, Direction string
			Created                          string `json:"date_created"`
			Sent                             string `json:"date_sent"`
			Error                            any    `json:"error_code"`
		}
		err := json.Unmarshal(raw, &m)
		at := moment.Of(m.Created, m.Sent)
		return triage.Message{Account: j.a.SID, SID: m.SID, To: m.To, Body: m.Body, Status: m.Status, Direction: m.Direction, Error: loose(m.Error), At: at, Exhibit: n}, at, err
	})
	l.keep(func(r *triage.Records) { r.Messages = append(r.Messages, got...) })
	return err
}

func (l *looking) readDays(ctx context.Context, j reading) error {
	got, err := read(ctx, l, j, func(raw json.RawMessage, n int64) (triage.Day, time.Time, error) {
		var d struct {
			Category string
			Price    any
			Start    string `json:"start_date"`
		}
		if err := json.Unmarshal(raw, &d); err != nil || d.Category != "totalprice" {
			return triage.Day{}, time.Time{}, errors.Join(err, errSkip)
		}
		at, err := time.Parse(time.DateOnly, d.Start)
		var spent float64
		if _, bad := fmt.Sscan(loose(d.Price), &spent); bad != nil {
			err = bad
		}
		return triage.Day{Account: j.a.SID, Date: at, Spent: spent, Exhibit: n}, at, err
	})
	l.keep(func(r *triage.Records) { r.Days = append(r.Days, got...) })
	return err
}

func (l *looking) readEvents(ctx context.Context, j reading) error {
	got, err := read(ctx, l, j, func(raw json.RawMessage, n int64) (triage.Event, time.Time, error) {
		var e struct {
			SID, Source string
			Type        string `json:"event_type"`
			Actor       string `json:"actor_sid"`
			IP          string `json:"source_ip_address"`
			Resource    string `json:"resource_sid"`
			Date        string `json:"event_date"`
		}
		err := json.Unmarshal(raw, &e)
		at := moment.Of(e.Date)
		return triage.Event{Account: j.a.SID, SID: e.SID, Type: e.Type, Actor: e.Actor, Source: e.Source, IP: e.IP, Resource: e.Resource, At: at, Exhibit: n}, at, err
	})
	l.keep(func(r *triage.Records) { r.Events = append(r.Events, got...) })
	return err
}

func (l *looking) readAlerts(ctx context.Context, j reading) error {
	got, err := read(ctx, l, j, func(raw json.RawMessage, n int64) (triage.Alert, time.Time, error) {
		var a struct {
			Code    any    `json:"error_code"`
			Created string `json:"date_created"`
		}
		err := json.Unmarshal(raw, &a)
		at := moment.Of(a.Created)
		return triage.Alert{Account: j.a.SID, Code: loose(a.Code), At: at, Exhibit: n}, at, err
	})
	l.keep(func(r *triage.Records) { r.Alerts = append(r.Alerts, got...) })
	return err
}

// errSkip says that a record is understood and not needed.
var errSkip = errors.New("not needed")

// loose is a value that Twilio writes now as a number and now as a text.
func loose(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}
