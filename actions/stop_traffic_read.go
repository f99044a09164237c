package actions

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"retake/actions/account"
	"retake/actions/moment"
)

// kindOfFlow is what kind of traffic something is.
type kindOfFlow string

const (
	callFlow       kindOfFlow = "call"
	conferenceFlow kindOfFlow = "conference"
	messageFlow    kindOfFlow = "message"
)

// flow is a call, a conference or a message that goes on or waits.
type flow struct {
	kind                kindOfFlow
	account, name       string // SID and name of the account
	sid, status         string
	from, to, direction string // text from the account
	service, label      string // messaging service of a message, name of a conference
	created             time.Time
	exhibit             int64
}

// change is the one that ends it. Its state is what does not change by itself:
// that a call is answered meanwhile is no reason not to end it.
func (f flow) change() Change {
	c := Change{ID: string(f.kind) + "/" + f.account + "/" + f.sid, Account: f.account, Name: f.name, Verb: "end", Object: f.sid, Stage: 1}
	switch f.kind {
	case conferenceFlow:
		c.Target = fmt.Sprintf("conference %s %q", f.sid, f.label)
		c.Seen = "begun " + atSecond(f.created)
	case messageFlow:
		c.Verb = "cancel"
		c.Target = fmt.Sprintf("%s message %s to %s", f.status, f.sid, f.to)
		c.Seen = fmt.Sprintf("from %s to %s, created %s", f.from, f.to, atSecond(f.created))
	default:
		c.Target = fmt.Sprintf("%s call %s to %s", f.status, f.sid, f.to)
		c.Seen = fmt.Sprintf("%s from %s to %s, created %s", f.direction, f.from, f.to, atSecond(f.created))
	}
	return c
}

func (f flow) order() string {
	rank := map[kindOfFlow]string{callFlow: "1", conferenceFlow: "2", messageFlow: "3"}[f.kind]
	return rank + f.account + atSecond(f.created) + f.sid
}

// kept tells whether the responder named it as his own.
func (f flow) kept(keep []string) bool {
	return slices.ContainsFunc(keep, func(word string) bool {
		return word == f.sid || word == f.from || word == f.to || word == f.account || word == f.service
	})
}

// findTraffic reads what is live on all accounts at once, without what is kept.
func findTraffic(ctx context.Context, r *Run, accounts []account.Account) ([]flow, error) {
	lists := make([][]flow, len(accounts))
	var reads []func() error
	for i, a := range accounts {
		if a.Status != "closed" {
			reads = append(reads, func() (err error) { lists[i], err = trafficIn(ctx, r, a); return err })
		}
	}
	err := each(r, reads, func(read func() error) error { return read() })
	all := slices.Concat(lists...)
	keep, kept := r.Params.List("keep"), map[string]int{}
	all = slices.DeleteFunc(all, func(f flow) bool {
		yes := f.kept(keep)
		kept[f.account] += count(yes)
		return yes
	})
	for sid, n := range kept {
		if n > 0 {
			r.Find(Finding{ID: "kept/" + sid, Severity: Medium, Account: sid, Text: fmt.Sprintf("%d live calls, conferences or messages of %s go on because you keep them", n, sid)})
		}
	}
	sortFlows(all)
	return all, err
}

// trafficIn reads what is live on one account, with the main account's token:
// it opens the lists of a suspended subaccount too, unless Twilio refuses. The
// lists of calls come one after the other, in the order in which a call goes
// through them, so that none slips from one that is still to be read to one that
// was read before; the other kinds wait for nothing.
func trafficIn(ctx context.Context, r *Run, a account.Account) ([]flow, error) {
	kinds := []struct {
		source   account.Source
		kind     kindOfFlow
		statuses []string
	}{
		{account.SourceCalls, callFlow, []string{"queued", "ringing", "in-progress"}},
		{account.SourceConferences, conferenceFlow, []string{"in-progress"}}, {account.SourceMessages, messageFlow, []string{""}},
	}
	lists := make([][]flow, len(kinds))
	var reads []func() error
	for i, k := range kinds {
		reads = append(reads, func() error {
			for _, status := range k.statuses {
				t := tapped{r: r, a: a, source: k.source, kind: k.kind, window: account.Window{Status: status}}
				got, err := t.read(ctx)
				if err != nil {
					return err
				}
				lists[i] = append(lists[i], got...)
			}
			return nil
		})
	}
	if err := each(r, reads, func(read func() error) error { return read() }); err != nil {
		return nil, err
	}
	return onceEach(slices.Concat(lists...)), nil
}

// onceEach leaves out what is on two lists, as a call is that was answered while
// they were read.
func onceEach(all []flow) []flow {
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(f flow) bool { known := seen[f.sid]; seen[f.sid] = true; return known })
}

// tapped is one list that is read for what is live.
type tapped struct {
	r      *Run
	a      account.Account
	source account.Source
	kind   kindOfFlow
	window account.Window
}

const (
	usualPages    = 3                   // pages of messages, where no parameter says
	mostLivePages = 50                  // pages of live calls of one status
	scheduledFor  = 35 * 24 * time.Hour // how far ahead a message can be scheduled, at most
	lookedBefore  = 2 * time.Minute     // how much of what was read the next look reads again
	blindTraffic  = "blind-traffic/"    // marks an account that could not be looked at
)

// read reads a list page by page. What is refused is said and stops nothing; a
// list that broke off is an error.
func (t tapped) read(ctx context.Context) ([]flow, error) {
	var all []flow
	pages, until, began, cursor := t.reach(), t.until(), t.r.TheirNow(), ""
	for range pages {
		rec := &numbered{r: t.r}
		p, err := t.r.line.As(t.r.Credential(t.r.Main())).On(ctx, rec).Page(t.source, t.a.SID, t.window, cursor)
		if isRefusal(err) {
			t.r.Note(blindTraffic+t.a.SID, t.a.Status)
			return all, t.r.Miss(t.a.SID, t.what(), account.Explain(err)+" Look here: Console: Monitor > Logs")
		}
		if err != nil {
			return nil, fmt.Errorf("cannot list the %s: %w", t.what(), err)
		}
		oldest := began
		for _, raw := range p.Records {
			f, live := t.decode(raw, rec.n)
			if !f.created.IsZero() && f.created.Before(oldest) {
				oldest = f.created
			}
			if live {
				all = append(all, f)
			}
		}
		if cursor = p.Next; cursor == "" || oldest.Before(until) {
			t.r.Note(t.memo(), began.UTC().Format(time.RFC3339))
			return all, nil
		}
	}
	t.r.Note(t.memo(), began.UTC().Format(time.RFC3339))
	return all, t.r.Miss(t.a.SID, t.what(), fmt.Sprintf("cut short after %d pages of a thousand, newest first: one that was scheduled before that can be among the rest; look further with pages=%d", pages, 4*pages))
}

func (t tapped) what() string {
	switch t.kind {
	case messageFlow:
		return "messages of " + t.a.SID + " that wait"
	case conferenceFlow:
		return "conferences in progress of " + t.a.SID
	}
	return t.window.Status + " calls of " + t.a.SID
}

func (t tapped) reach() int {
	if t.kind == messageFlow {
		if _, given := t.r.Params["pages"]; !given {
			return usualPages
		}
		return t.r.Params.Number("pages")
	}
	return mostLivePages
}

// memo is under what a run notes when it read the messages of an account.
func (t tapped) memo() string { return "messages-read/" + t.a.SID }

// until is how far back messages are read, which come newest first: in one run
// the second read needs only what is new. The other lists are read whole.
func (t tapped) until() time.Time {
	if t.kind != messageFlow {
		return time.Time{}
	}
	if text, read := t.r.Noted(t.memo()); read {
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			return at.Add(-lookedBefore)
		}
	}
	return t.r.TheirNow().Add(-scheduledFor)
}

// decode reads a record. What is not understood or has no proper SID can be
// neither ended nor read again: it is said.
func (t tapped) decode(raw json.RawMessage, exhibit int64) (flow, bool) {
	var v struct {
		SID, To, From, Direction, Status string
		Name                             string `json:"friendly_name"`
		Service                          string `json:"messaging_service_sid"`
		Created                          string `json:"date_created"`
	}
	err := json.Unmarshal(raw, &v)
	f := flow{
		kind: t.kind, account: t.a.SID, name: t.a.Name, sid: v.SID, status: v.Status, from: v.From, to: v.To, direction: v.Direction,
		service: v.Service, label: v.Name, created: moment.Of(v.Created), exhibit: exhibit,
	}
	if t.kind == messageFlow && !account.MessageWaits(v.Status) {
		return f, false
	}
	prefixes := map[kindOfFlow][]string{callFlow: {"CA"}, conferenceFlow: {"CF"}, messageFlow: {"SM", "MM"}}[t.kind]
	if err != nil || !slices.ContainsFunc(prefixes, func(p string) bool { return account.IsSID(p, v.SID) }) {
		t.r.Note(blindTraffic+t.a.SID, t.a.Status)
		if err := t.r.Miss(t.a.SID, fmt.Sprintf("a %s of %s that the list names %.60q", t.kind, t.a.SID, v.SID), "that is no SID, so it cannot be ended from here: Console: Monitor > Logs"); err != nil {
			_ = t.r.halt(err)
		}
		return f, false
	}
	return f, true
}
