package actions

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"retake/actions/account"
	"retake/store"
)

// eventDays is how far back Twilio keeps the audit log.
const eventDays = 30 * 24 * time.Hour

// geoEvent is an event of the audit log about countries or triggers.
type geoEvent struct {
	account.Event
	opened   []string // countries that it opened
	detached bool     // it took a subaccount out of its parent's countries
}

// readEvents reads the events of the last 30 days. Without them the lists are
// read all the same: a log that breaks off stops nothing.
func (a *openings) readEvents(r *Run, own *account.Operations) error {
	all, err := own.ListEvents(r.TheirNow().Add(-eventDays).Truncate(time.Hour), time.Time{})
	for _, e := range all {
		kind, _, _ := strings.Cut(e.Type, ".")
		if slices.Contains([]string{"voice-geographic-permissions", "sms-geographic-permissions", "usage-trigger"}, kind) && !r.didAt(a.SID, e.At) {
			a.events = append(a.events, readEvent(e))
		}
	}
	if err != nil && !isRefusal(err) {
		a.missed("events")
		return r.Miss(a.SID, "audit events of "+a.SID, account.Explain(err))
	}
	return err
}

// clockDoubt is how far what is known of Twilio's clock may be off: see
// account.Line.Skew. Its times are whole seconds.
const clockDoubt = 2 * time.Second

// didAt tells whether an act of this step was under way then.
func (r *Run) didAt(sid string, at time.Time) bool {
	acts, err := r.desk.Case.Acts(r.Step.ID)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(r.datedAll(acts), func(d store.Done) bool {
		return d.Act.Account == sid && !at.Before(d.Began.Add(-clockDoubt)) && !d.Ended.IsZero() && !at.After(d.Ended.Add(clockDoubt))
	})
}

// properties are the values before and after, by what was changed.
func properties(e account.Event) map[string]struct{ Previous, Updated json.RawMessage } {
	var data struct {
		Properties map[string]struct{ Previous, Updated json.RawMessage } `json:"resource_properties"`
	}
	_ = json.Unmarshal(e.Data, &data) // what is not understood shows no change
	return data.Properties
}

// readEvent says what an event opened.
func readEvent(e account.Event) geoEvent {
	g, all := geoEvent{Event: e}, properties(e)
	for _, of := range slices.Sorted(maps.Keys(all)) {
		before, after := all[of].Previous, all[of].Updated
		switch {
		case of == "dialing_permissions_inheritance":
			g.detached = string(before) == "true" && string(after) == "false"
		case countryShape.MatchString(of) && open(after) > open(before):
			g.opened = append(g.opened, of)
		}
	}
	return g
}

// open counts the flags that are on in a value: one for messages, three for
// calls.
func open(raw json.RawMessage) int {
	var one bool
	var several map[string]bool
	if json.Unmarshal(raw, &one) == nil {
		return count(one)
	}
	_ = json.Unmarshal(raw, &several) // no flags: nothing is on
	n := 0
	for _, on := range several {
		n += count(on)
	}
	return n
}

// who is the author of an event, as far as the log names one.
func (e geoEvent) who() string {
	return fmt.Sprintf("on %s by %s (%s) from %s", e.At.UTC().Format("2006-01-02 15:04:05"), e.Actor, e.Source, e.IP)
}

// tell reports an event that an intruder would leave.
func (e geoEvent) tell(r *Run, a *openings) {
	f := Finding{ID: "event/" + e.SID, Severity: Medium, Account: a.SID}
	if !e.At.Before(r.began()) {
		f.Severity = High
	}
	switch {
	case len(e.opened) > 0:
		what := map[bool]string{true: "calls", false: "messages"}[strings.HasPrefix(e.Type, "voice")]
		f.Text = fmt.Sprintf("%s to %s were opened in %s %s", what, strings.Join(e.opened, " "), a.SID, e.who())
	case e.detached:
		f.Text = fmt.Sprintf("%s was taken out of its parent's countries for calls %s", a.SID, e.who())
	case e.Type == "usage-trigger.deleted" || e.Type == "usage-trigger.updated":
		f.Text = fmt.Sprintf("the usage trigger %s was %s %s: %s", e.Resource, strings.TrimPrefix(e.Type, "usage-trigger."), e.who(), e.difference())
	default:
		return
	}
	r.Find(f)
}

// difference is what a trigger was and became.
func (e geoEvent) difference() string {
	all := properties(e.Event)
	var parts []string
	for _, of := range slices.Sorted(maps.Keys(all)) {
		if updated := string(all[of].Updated); updated == "null" || updated == "" {
			parts = append(parts, fmt.Sprintf("%s was %s", of, all[of].Previous))
		} else {
			parts = append(parts, fmt.Sprintf("%s was %s and became %s", of, all[of].Previous, updated))
		}
	}
	if len(parts) == 0 {
		return "the log does not say what it was"
	}
	return strings.Join(parts, ", ")
}
