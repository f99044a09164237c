package actions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	l := &looking{r: r, pages: r.Params.Number("pages")}
	if err := l.accounts(ctx); err != nil {
		return l.records, err
	}
	now := r.TheirNow().UTC() // known now that something has answered
	since, err := r.sinceWhen(now)
	if err != nil {
		return l.records, err
	}
	l.until, l.records.Now, l.records.Since, l.records.Reach = since.Add(-triage.History), now, since, map[string]time.Time{}
	if l.records.Ours, err = r.ourActs(); err != nil {
		return l.records, err
	}
	var all []reading
	for _, a := range l.records.Accounts {
		all = append(all, l.readings(a, now)...)
	}
	lists := func() error { return each(r, all, func(j reading) error { return j.read(ctx, j) }) }
	err = each(r, []func() error{lists, func() error { return l.code(ctx) }}, func(part func() error) error { return part() })
	l.records.Calls = once(l.records.Calls)
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
	hides  string    // what may be missing where the list is cut short, "" if that is plain
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
	if a.Status == "closed" {
		return nil // nothing can be read of it, and nothing can go on in it
	}
	var all []reading
	for _, up := range account.LiveStatuses { // one that began long ago is on no new page
		all = append(all, reading{account.SourceCalls, up + " calls", a, false, account.Window{Status: up}, time.Time{}, "", l.readCalls})
	}
	return append(all,
		reading{account.SourceCalls, "calls", a, false, account.Window{}, l.until, "", l.readCalls},
		reading{account.SourceMessages, "messages", a, false, account.Window{}, l.until, "messages that wait to go out can be among them, since no list is by status", l.readMessages},
		reading{account.SourceUsageDaily, "usage by day", a, false, account.Window{From: day(l.until), To: now}, time.Time{}, "", l.readDays},
		reading{account.SourceEvents, "audit events", a, true, kept, time.Time{}, "", l.readEvents},
		reading{account.SourceAlerts, "alerts", a, true, alerts, time.Time{}, "", l.readAlerts},
	)
}

func (l *looking) keep(add func(*triage.Records)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	add(&l.records)
}

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
	return got, l.missed(j, l.short(j, count, oldest))
}

// short says what a list that was cut short leaves out, and how to read more.
func (l *looking) short(j reading, count int, oldest time.Time) string {
	text := fmt.Sprintf("cut short after %d records, at %s: what is older was not read", count, oldest.UTC().Format("2006-01-02 15:04 UTC"))
	if j.hides != "" {
		text += "; " + j.hides
	}
	return text + fmt.Sprintf("; plan again with pages=%d", 4*l.pages)
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
