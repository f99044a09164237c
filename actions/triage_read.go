package actions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"retake/actions/account"
	"retake/actions/triage"
)

// looking is the reading for a triage: every list of every account at once, each
// in pages that are bounded, and what did not come is said.
type looking struct {
	r     *Run
	pages int
	until time.Time // what lies before it is not needed

	mu      sync.Mutex
	records triage.Records
}

// readForTriage reads what the rules need. A list that is refused does not stop
// the others.
func readForTriage(ctx context.Context, r *Run) (triage.Records, error) {
	now := r.Now().UTC()
	since, err := r.sinceWhen(now)
	if err != nil {
		return triage.Records{}, err
	}
	l := &looking{r: r, pages: r.Params.Number("pages"), until: since.Add(-triage.History)}
	l.records = triage.Records{Now: now, Since: since, Reach: map[string]time.Time{}}
	if err := l.accounts(ctx); err != nil {
		return l.records, err
	}
	if l.records.Ours, err = r.ourActs(); err != nil {
		return l.records, err
	}
	var all []reading
	for _, a := range l.records.Accounts {
		all = append(all, l.readings(a, now)...)
	}
	err = each(r, all, func(j reading) error { return j.read(ctx, j) })
	return l.records, err
}

// accounts lists the family.
func (l *looking) accounts(ctx context.Context) error {
	rec := &numbered{r: l.r}
	main := l.r.Credential(l.r.Main())
	if _, err := l.r.line.As(main).On(ctx, rec).FetchAccount(main.SID); err != nil {
		return fmt.Errorf("cannot read the account: %w", err)
	}
	all, err := l.r.Accounts(ctx)
	if err != nil {
		return fmt.Errorf("cannot list the accounts: %w", err)
	}
	for _, a := range all {
		l.records.Accounts = append(l.records.Accounts, triage.Account{SID: a.SID, Name: a.Name, Status: a.Status, Created: a.Created, Main: a.SID == main.SID})
		if a.SID == main.SID {
			l.r.Find(Finding{ID: "account", Severity: Info, Account: a.SID, Text: fmt.Sprintf("signed in as %s %q: %s, %s, %d subaccounts", a.SID, a.Name, a.Status, a.Type, len(all)-1), Exhibits: []int64{rec.n}})
		}
	}
	return l.r.See(main.SID, "accounts", len(all))
}

// reading is one list of one account that is to be read.
type reading struct {
	source account.Source
	title  string
	a      triage.Account
	own    bool // only a credential of the account itself reads it, while it is active
	window account.Window
	until  time.Time // newest first: a page that reaches back so far is the last; zero: there is no such end
	read   func(context.Context, reading) error
}

func (j reading) what() string { return j.title + " of " + j.a.SID }

// readings are the lists that are read of an account, what is burning first. A
// parent's token reads traffic and spend; events and alerts only the account's
// own does, while it is active.
func (l *looking) readings(a triage.Account, now time.Time) []reading {
	day := func(t time.Time) time.Time { return t.Truncate(24 * time.Hour) }
	kept := account.Window{From: day(now.Add(-triage.History))}
	alerts := account.Window{From: day(now.Add(-triage.History)).Add(24 * time.Hour)} // 30 days at most
	all := []reading{
		{account.SourceCalls, "calls", a, false, account.Window{}, l.until, l.readCalls},
		{account.SourceMessages, "messages", a, false, account.Window{}, l.until, l.readMessages},
		{account.SourceUsageDaily, "usage by day", a, false, account.Window{From: day(l.until), To: now}, time.Time{}, l.readDays},
		{account.SourceEvents, "audit events", a, true, kept, time.Time{}, l.readEvents},
		{account.SourceAlerts, "alerts", a, true, alerts, time.Time{}, l.readAlerts},
	}
	if a.Status == "closed" {
		return nil // nothing can be read of it, and nothing can go on in it
	}
	return all
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
		at := when(c.Start, c.Created)
		lasted, _ := time.ParseDuration(loose(c.Duration) + "s")
		out := triage.Call{Account: j.a.SID, SID: c.SID, To: c.To, Status: c.Status, Direction: c.Direction, At: at, Lasted: lasted, Exhibit: n}
		if out.Live() && !at.IsZero() {
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
		at := when(m.Created, m.Sent)
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
		at := when(e.Date)
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
		at := when(a.Created)
		return triage.Alert{Account: j.a.SID, Code: loose(a.Code), At: at, Exhibit: n}, at, err
	})
	l.keep(func(r *triage.Records) { r.Alerts = append(r.Alerts, got...) })
	return err
}

func (l *looking) keep(add func(*triage.Records)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	add(&l.records)
}

// errSkip says that a record is understood and not needed.
var errSkip = errors.New("not needed")

// read reads a list page by page and files what was seen of it and what was not.
// Only what cannot be filed, and a responder who leaves, are errors.
func read[T any](ctx context.Context, l *looking, j reading, decode func(json.RawMessage, int64) (T, time.Time, error)) ([]T, error) {
	as := l.r.Credential(l.r.Main())
	if j.own {
		as = l.r.Credential(j.a.SID)
	}
	if j.own && (as.Secret.IsZero() || j.a.Status != "active") {
		return nil, l.miss(j, fmt.Sprintf("only the account's own token reads them, and while it is %s none does: ask Twilio for them", j.a.Status))
	}
	var got []T
	count, odd, cursor, oldest := 0, 0, "", l.records.Now
	for range l.pages {
		rec := &numbered{r: l.r}
		p, err := l.r.line.As(as).On(ctx, rec).Page(j.source, j.a.SID, j.window, cursor)
		if rec.failed != nil || ctx.Err() != nil {
			return got, errors.Join(rec.failed, ctx.Err())
		}
		for _, raw := range p.Records {
			one, at, bad := decode(raw, rec.n)
			switch {
			case errors.Is(bad, errSkip):
			case bad != nil || at.IsZero():
				odd++
			default:
				got = append(got, one)
				if at.Before(oldest) {
					oldest = at
				}
			}
		}
		count, cursor = count+len(p.Records), p.Next
		if err != nil {
			l.reach(j, oldest)
			return got, l.miss(j, fmt.Sprintf("%d records were read, then: %s", count, account.Explain(err)))
		}
		if cursor == "" || (!j.until.IsZero() && oldest.Before(j.until)) {
			return got, l.saw(j, count, odd)
		}
	}
	l.reach(j, oldest)
	return got, l.missed(j, fmt.Sprintf("cut short after %d records, at %s: what is older was not read; plan again with pages=%d", count, oldest.UTC().Format("2006-01-02 15:04 UTC"), 4*l.pages))
}

// reach notes how far back a list was read that has more.
func (l *looking) reach(j reading, oldest time.Time) {
	l.keep(func(r *triage.Records) { r.Reach[triage.ReachKey(j.title, j.a.SID)] = oldest })
}

func (l *looking) saw(j reading, count, odd int) error {
	if odd > 0 {
		return l.missed(j, fmt.Sprintf("%d of %d records were not understood: look at them in the Console", odd, count))
	}
	return l.r.See(j.a.SID, j.what(), count)
}

// miss says that a list was not read. Of an active account that leaves the
// verdict open.
func (l *looking) miss(j reading, why string) error {
	if j.a.Status == "active" {
		l.keep(func(r *triage.Records) { r.Unread = append(r.Unread, j.what()) })
	}
	return l.missed(j, why)
}

func (l *looking) missed(j reading, why string) error { return l.r.Miss(j.a.SID, j.what(), why) }

// numbered files exchanges, and remembers the number of the last.
type numbered struct {
	r      *Run
	n      int64
	failed error
}

// Record files an exchange.
func (f *numbered) Record(x account.Exchange) error {
	n, err := f.r.desk.Case.AddExhibit(f.r.exhibit(x))
	f.n, f.failed = n, errors.Join(f.failed, err)
	return err
}

// when reads the first of some times that is one; zero if none is.
func when(texts ...string) time.Time {
	for _, text := range texts {
		for _, form := range []string{time.RFC1123Z, time.RFC1123, time.RFC3339} {
			if t, err := time.Parse(form, text); err == nil {
				return t.UTC()
			}
		}
	}
	return time.Time{}
}

// loose is a value that Twilio writes now as a number and now as a text.
func loose(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

var objectSID = regexp.MustCompile(`^[A-Z]{2}[0-9a-f]{32}$`)

// ourActs are the acts of the case, as the audit log tells them.
func (r *Run) ourActs() ([]triage.Act, error) {
	done, err := r.Case().Acts("")
	var all []triage.Act
	for _, d := range done {
		a := triage.Act{Account: d.Act.Account, Verb: past(d.Act.Verb), From: d.Began, To: d.Ended}
		if objectSID.MatchString(d.Act.Target) && !strings.HasPrefix(d.Act.Target, "AC") {
			a.Resource = d.Act.Target
		}
		if a.To.IsZero() {
			a.To = a.From.Add(time.Minute)
		}
		all = append(all, a)
	}
	return all, err
}

// past is a verb as the type of an event ends.
func past(verb string) string {
	switch {
	case strings.HasPrefix(verb, "delete"), strings.HasPrefix(verb, "remove"):
		return "deleted"
	case strings.HasPrefix(verb, "create"):
		return "created"
	case strings.HasPrefix(verb, "promote"):
		return "promoted"
	}
	return "updated"
}
