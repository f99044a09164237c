package actions

import (
	"encoding/json"
	"fmt"
	"net/url"
	urlpath "path"
	"slices"
	"strings"
	"time"

	"retake/actions/account"
	"retake/actions/moment"
	"retake/store"
)

// filed is where the pages of lists lie in the case: those that the capture has
// filed, and those that a plan has read since it began.
type filed struct {
	c     *store.Case
	pages map[listOf][]filedPage // in the order in which they were filed
}

type listOf struct {
	source  account.Source
	account string
}

// filedPage is one page of a list.
type filedPage struct {
	store.ExhibitEntry
	n int64 // its exhibit
}

// plannedLists are the lists of which a plan reads more than the capture may have.
var plannedLists = map[string]account.Source{
	"Accounts.json": account.SourceAccounts, "Keys.json": account.SourceKeys, "OutgoingCallerIds.json": account.SourceCallerIDs,
}

// readFiled finds the pages of some lists. Those that step has read count from
// entry from on.
func readFiled(c *store.Case, step string, from int64, sources ...account.Source) (*filed, error) {
	f := &filed{c: c, pages: map[listOf][]filedPage{}}
	var failed error
	err := c.Entries(0, func(e store.Entry) bool {
		p := filedPage{n: e.N}
		if e.Kind != store.KindExhibit {
			return true
		}
		if failed = e.Decode(&p.ExhibitEntry); failed != nil {
			return false
		}
		if p.Status != 200 || p.Problem != "" {
			return true
		}
		if source, ok := p.source(step == e.Step && e.N >= from); ok && slices.Contains(sources, source) {
			f.pages[listOf{source, p.Account}] = append(f.pages[listOf{source, p.Account}], p)
		}
		return true
	})
	if err == nil {
		err = failed
	}
	return f, err
}

// source is the list that a page belongs to.
func (p filedPage) source(own bool) (account.Source, bool) {
	if p.Capture != nil {
		return account.Source(p.Capture.Source), true
	}
	u, err := url.Parse(p.URL)
	if !own || err != nil || p.Method != "GET" || u.Host != "api.twilio.com" {
		return "", false
	}
	source, ok := plannedLists[urlpath.Base(u.Path)]
	return source, ok
}

// latest is the newest reading of a list that is complete, or the newest there
// is. A list that the plan itself read is complete, or there were no plan.
func (f *filed) latest(source account.Source, sid string) (pages []filedPage, whole bool) {
	all := f.pages[listOf{source, sid}]
	if own := slices.DeleteFunc(slices.Clone(all), func(p filedPage) bool { return p.Capture != nil }); len(own) > 0 {
		return own, true
	}
	round, done := 0, false
	for _, p := range all {
		if p.Capture.Done || !done {
			round, done = p.Capture.Round, done || p.Capture.Done
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(p filedPage) bool { return p.Capture == nil || p.Capture.Round != round }), done
}

// newest is a list that has dates, the newest page first: the last round, and
// behind it those before.
func (f *filed) newest(source account.Source, sid string) []filedPage {
	all := slices.DeleteFunc(slices.Clone(f.pages[listOf{source, sid}]), func(p filedPage) bool { return p.Capture == nil })
	slices.SortStableFunc(all, func(a, b filedPage) int {
		if a.Capture.Round != b.Capture.Round {
			return b.Capture.Round - a.Capture.Round
		}
		return a.Capture.Page - b.Capture.Page
	})
	return all
}

// asOf is the time up to which the pages of a list tell what went on.
func asOf(pages []filedPage) time.Time {
	var last time.Time
	for _, p := range pages {
		if p.Capture != nil && p.Capture.To.After(last) {
			last = p.Capture.To
		}
	}
	return last
}

// numbersOf are the exhibits that pages are.
func numbersOf(pages []filedPage) []int64 {
	return mapped(pages, func(p filedPage) int64 { return p.n })
}

// filedRecords reads the records of a page; those that make no sense are left
// out.
func filedRecords[T any](f *filed, p filedPage) ([]T, error) {
	_, raw, err := f.c.ExhibitRecords(p.n)
	if err != nil {
		return nil, fmt.Errorf("cannot read what was captured: %w", err)
	}
	var all []T
	for _, r := range raw {
		var one T
		if json.Unmarshal(r, &one) == nil {
			all = append(all, one)
		}
	}
	return all, nil
}

// filedTraffic is a call or a message as far as it is asked for here.
type filedTraffic struct {
	SID, From, To, Direction string
	Created                  string `json:"date_created"`
	Start                    string `json:"start_time"`
}

// went is when it was begun, zero where that is not known.
func (t filedTraffic) went() time.Time { return moment.Of(t.Created, t.Start) }

// byProgram tells whether it was created through the API.
func (t filedTraffic) byProgram() bool { return strings.HasPrefix(t.Direction, "outbound-api") }

// traffic walks over calls or messages since a time, the newest first, each
// once, with the page that it stands on.
func (f *filed) traffic(source account.Source, sid string, since time.Time, fn func(filedTraffic, int64)) error {
	seen := map[string]bool{}
	for _, p := range f.newest(source, sid) {
		all, err := filedRecords[filedTraffic](f, p)
		if err != nil {
			return err
		}
		older := len(all) > 0
		for _, t := range all {
			if at := t.went(); at.IsZero() || at.Before(since) {
				continue
			}
			if older = false; !seen[t.SID] {
				seen[t.SID] = true
				fn(t, p.n)
			}
		}
		if older {
			return nil
		}
	}
	return nil
}
