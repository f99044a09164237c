package sim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Conferences and recordings are a few for each account, and are drawn like
// the rest of history. A request can end a conference, and nothing else of them.

// conference is one that the company, or the intruder, held.
type conference struct {
	sid, name, by string // by is the call that ended it
	at, end       time.Time
	ended         bool // by a request
}

var conferenceNames = []string{"dispatch-morning", "depot-handover", "customer-care", "drivers-north"}

// conferencesOf draws the account's conferences, the oldest first.
func (w *World) conferencesOf(a *account) (out []conference) {
	start := w.state.Shape.Start
	add := func(n int, name string, at time.Time, lasts time.Duration) {
		f := conference{sid: w.name("CF", a, n), name: name, by: w.name("CA", a, n), at: at, end: at.Add(lasts)}
		if s := a.Stopped[f.sid]; s.Status != "" {
			f.end, f.ended = s.At, true
		}
		out = append(out, f)
	}
	for n := range 6 {
		d := dice(w.state.Shape.Seed, word("conference"), uint64(a.Index), uint64(n))
		at := start.Truncate(day).Add(-time.Duration(26-4*n)*day + 8*time.Hour + time.Duration(d.IntN(7200))*time.Second)
		if !within(a.Pauses, at) {
			add(n, pick(d, conferenceNames), at, time.Duration(300+d.IntN(1500))*time.Second)
		}
	}
	if spans := w.state.Intruder.Active[a.Sid]; len(spans) > 0 {
		add(6, "room-1", spans[0].From.Add(5*time.Minute), 9*time.Minute)
		add(7, "room-2", spans[0].From.Add(18*time.Minute), 5*time.Hour)
	}
	return out
}

func (c *call) showConference(a *account) func(conference) fields {
	return func(f conference) fields {
		body := fields{
			"sid": f.sid, "account_sid": a.Sid, "friendly_name": f.name, "api_version": "2010-04-01", "region": "us1",
			"date_created": rfc2822(f.at), "date_updated": rfc2822(f.updated(c.now)), "status": f.status(c.now),
			"uri": link(a.Sid, "/Conferences/%s.json", f.sid), "subresource_uris": fields{
				"participants": link(a.Sid, "/Conferences/%s/Participants.json", f.sid),
				"recordings":   link(a.Sid, "/Conferences/%s/Recordings.json", f.sid),
			},
			"reason_conference_ended": nil, "call_sid_ending_conference": nil,
		}
		switch {
		case f.ended:
			body["reason_conference_ended"] = "conference-ended-via-api"
		case f.status(c.now) == "completed":
			body["reason_conference_ended"], body["call_sid_ending_conference"] = "last-participant-left", f.by
		}
		return body
	}
}

func (f conference) status(now time.Time) string {
	if f.end.After(now) {
		return "in-progress"
	}
	return "completed"
}

func (f conference) updated(now time.Time) time.Time {
	if f.end.After(now) {
		return f.at
	}
	return f.end
}

// rank orders by the second; one account has no two in the same.
func (f conference) rank() uint64 { return uint64(f.at.Unix()) }

var conferenceStatuses = []string{"init", "in-progress", "completed"}

func (c *call) listConferences() reply {
	want, name := c.query.Get("Status"), c.query.Get("FriendlyName")
	if want != "" && !slices.Contains(conferenceStatuses, want) {
		return invalid("Status must be one of %s, not %q", strings.Join(conferenceStatuses, ", "), want)
	}
	made, bad := c.times("DateCreated")
	if bad != nil {
		return *bad
	}
	touched, bad := c.times("DateUpdated")
	if bad != nil {
		return *bad
	}
	seen := slices.DeleteFunc(c.conferencesOf(c.target), func(f conference) bool {
		return (want != "" && f.status(c.now) != want) || (name != "" && f.name != name) || !made.fits(f.at) || !touched.fits(f.updated(c.now))
	})
	return c.v2010(listOf("conferences", seen, conference.rank, c.showConference(c.target)))
}

func (c *call) theConference() (conference, bool) {
	all := c.conferencesOf(c.target)
	if i := slices.IndexFunc(all, func(f conference) bool { return f.sid == c.vars["Sid"] }); i >= 0 {
		return all[i], true
	}
	return conference{}, false
}

func (c *call) fetchConference() reply {
	f, found := c.theConference()
	if !found {
		return c.notFound()
	}
	return ok(c.showConference(c.target)(f))
}

// updateConference ends a conference. How Twilio refuses one that is over is
// not described; here it is a parameter that makes no sense.
func (c *call) updateConference() reply {
	f, found := c.theConference()
	if !found {
		return c.notFound()
	}
	if s := c.form.Get("Status"); s != "completed" {
		return invalid("Status must be completed, not %q", s)
	}
	if f.status(c.now) == "completed" {
		return byState(http.StatusBadRequest, 20001, "Conference "+f.sid+" is not in progress")
	}
	c.target.Stopped[f.sid] = stop{c.now, "completed"}
	f, _ = c.theConference()
	return ok(c.showConference(c.target)(f))
}

// recording is of a call, or of a conference and the call that ended it.
type recording struct {
	sid, call, source string
	conference        any
	at                time.Time
	seconds           int64
	deleted           bool
}

// recordingsOf draws the account's recordings, the oldest first: of the first
// answered calls of some days, and of the conferences in between.
func (w *World) recordingsOf(a *account, now time.Time) (out []recording) {
	for n := 30; n >= 1; n -= 3 {
		for _, r := range w.window(a, callStream, n) {
			if p := w.phoneCall(a, r, now); p.status == "completed" && !within(a.Pauses, r.at()) {
				out = append(out, recording{w.name("RE", a, n), p.sid, "RecordVerb", nil, p.start, p.talked, n%9 == 0})
				break
			}
		}
	}
	for n, f := range w.conferencesOf(a) {
		if n%2 == 0 && !f.end.After(now) {
			out = append(out, recording{w.name("RE", a, 100+n), f.by, "StartConferenceRecordingAPI", f.sid, f.at, int64(f.end.Sub(f.at) / time.Second), false})
		}
	}
	return out
}

func showRecording(a *account) func(recording) fields {
	return func(r recording) fields {
		body := fields{
			"sid": r.sid, "account_sid": a.Sid, "call_sid": r.call, "conference_sid": r.conference, "api_version": "2010-04-01",
			"date_created": rfc2822(r.at), "date_updated": rfc2822(r.end()), "start_time": rfc2822(r.at),
			"duration": strconv.FormatInt(r.seconds, 10), "channels": 1, "source": r.source, "status": "completed",
			"price": "-" + dollars((r.seconds+59)/60*2500), "price_unit": "USD", "error_code": nil, "encryption_details": nil,
			"media_url": "https://" + hostAPI + link(a.Sid, "/Recordings/%s", r.sid),
			"uri":       link(a.Sid, "/Recordings/%s.json", r.sid), "subresource_uris": fields{
				"add_on_results": link(a.Sid, "/Recordings/%s/AddOnResults.json", r.sid),
				"transcriptions": link(a.Sid, "/Recordings/%s/Transcriptions.json", r.sid),
			},
		}
		if r.deleted {
			body["status"] = "deleted"
		}
		return body
	}
}

func (r recording) end() time.Time { return r.at.Add(time.Duration(r.seconds) * time.Second) }
func (r recording) rank() uint64   { return uint64(r.at.Unix()) }

// seenRecordings leaves out what was deleted, unless that is asked for.
func (c *call) seenRecordings() ([]recording, *reply) {
	if bad := c.badQueryFlag("IncludeSoftDeleted"); bad != nil {
		return nil, bad
	}
	all := c.recordingsOf(c.target, c.now)
	return slices.DeleteFunc(all, func(r recording) bool { return r.deleted && c.query.Get("IncludeSoftDeleted") != "true" }), nil
}

func (c *call) listRecordings() reply {
	seen, bad := c.seenRecordings()
	if bad != nil {
		return *bad
	}
	made, bad := c.times("DateCreated")
	if bad != nil {
		return *bad
	}
	of, in := c.query.Get("CallSid"), c.query.Get("ConferenceSid")
	seen = slices.DeleteFunc(seen, func(r recording) bool {
		return (of != "" && r.call != of) || (in != "" && r.conference != in) || !made.fits(r.at)
	})
	return c.v2010(listOf("recordings", seen, recording.rank, showRecording(c.target)))
}

func (c *call) fetchRecording() reply {
	seen, bad := c.seenRecordings()
	if bad != nil {
		return *bad
	}
	for _, r := range seen {
		if r.sid == c.vars["Sid"] {
			return ok(showRecording(c.target)(r))
		}
	}
	return c.notFound()
}
