package actions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"retake/actions/account"
	"retake/store"
)

// compared are the lists that the second pass holds against those of the first:
// all that is set up in an account and is not traffic.
var compared = []account.Source{
	account.SourceAccounts, account.SourceKeys, account.SourceNumbers, account.SourceApplications, account.SourceShortCodes, account.SourceTriggers,
	account.SourceCallerIDs, account.SourceVoiceGeo, account.SourceSMSGeo, account.SourceSIPDomains, account.SourceSIPCredentials,
	account.SourceSIPAddresses, account.SourceConnectApps, account.SourceAuthorizedApps,
}

// pile is one list of one account.
type pile struct {
	source  account.Source
	account string
}

// inventory is what one reading of the account showed: by list, the records by
// what they are known by, with the exhibit that shows each.
type inventory struct {
	at   time.Time // by this machine's clock
	n    int64     // the entry that begins it
	mode string
	of   map[pile]map[string]shownRecord
	seen map[pile]bool // read to its end
}

type shownRecord struct {
	fields  map[string]json.RawMessage
	exhibit int64
}

func newInventory(e store.Entry, mode string) *inventory {
	return &inventory{at: e.At, n: e.N, mode: mode, of: map[pile]map[string]shownRecord{}, seen: map[pile]bool{}}
}

// records is how many were read.
func (v *inventory) records() (n int) {
	for _, all := range v.of {
		n += len(all)
	}
	return n
}

// take puts the records of a list page into the inventory. A record that nothing
// names is left out.
func (v *inventory) take(p pile, exhibit int64, records []json.RawMessage) {
	if v.of[p] == nil {
		v.of[p] = map[string]shownRecord{}
	}
	for _, raw := range records {
		var fields map[string]json.RawMessage
		if json.Unmarshal(raw, &fields) != nil {
			continue
		}
		if id := nameOf(fields); id != "" {
			v.of[p][id] = shownRecord{fields, exhibit}
		}
	}
}

// nameOf is what a record is known by: its SID, or the code of its country.
func nameOf(fields map[string]json.RawMessage) string {
	for _, field := range []string{"sid", "iso_code", "country_code", "connect_app_sid"} {
		var text string
		if json.Unmarshal(fields[field], &text) == nil && text != "" {
			return text
		}
	}
	return ""
}

// readInventory reads what is set up in all accounts.
func (r *Run) readInventory(ctx context.Context) error {
	accounts, err := r.Listed(ctx)
	if err != nil {
		return err
	}
	var all []list
	for _, s := range account.Sources() {
		for _, a := range accounts {
			if slices.Contains(compared, s.Source) && (!s.Family || a.SID == r.Main()) && a.Status != "closed" {
				all = append(all, list{s, a})
			}
		}
	}
	return each(r, all, func(l list) error { return r.readList(ctx, l) })
}

// readList reads one list to its end. What does not come is said; only what
// cannot be filed, and a responder who leaves, are errors.
func (r *Run) readList(ctx context.Context, l list) error {
	what := fmt.Sprintf("%s of %s", l.Source, l.a.SID)
	as := r.Credential(r.Main())
	if l.Own {
		if as = r.Credential(l.a.SID); l.a.Status != "active" {
			return r.Miss(l.a.SID, what, fmt.Sprintf("only the account's own token reads it, and the account is %s", l.a.Status))
		}
	}
	got, cursor := 0, ""
	for {
		rec := &numbered{r: r}
		p, err := r.line.As(as).On(ctx, rec).Page(l.Source, l.a.SID, account.Window{}, cursor)
		if rec.failed != nil || ctx.Err() != nil {
			return errors.Join(rec.failed, ctx.Err())
		}
		got += len(p.Records)
		switch {
		case err != nil:
			return r.Miss(l.a.SID, what, fmt.Sprintf("%d records were read, then: %s", got, account.Explain(err)))
		case p.Next == "":
			return r.See(l.a.SID, string(l.Source), got)
		}
		cursor = p.Next
	}
}

// inventories are the readings of the second pass that the case holds, oldest
// first. A plan begins a reading.
func inventories(c *store.Case) ([]*inventory, error) {
	var all []*inventory
	var failed error
	err := c.Entries(0, func(e store.Entry) bool {
		if e.Step == secondPassStep {
			all, failed = takeEntry(c, all, e)
		}
		return failed == nil
	})
	return all, errors.Join(err, failed)
}

func takeEntry(c *store.Case, all []*inventory, e store.Entry) ([]*inventory, error) {
	if e.Kind == store.KindPlan {
		var entry store.PlanEntry
		var p Plan
		if err := errors.Join(e.Decode(&entry), json.Unmarshal(entry.Plan, &p)); err != nil {
			return nil, fmt.Errorf("cannot read the plan in entry %d: %w", e.N, err)
		}
		return append(all, newInventory(e, p.Parameters["mode"])), nil
	}
	if len(all) == 0 {
		return all, nil
	}
	now := all[len(all)-1]
	switch e.Kind {
	case store.KindCoverage:
		var v store.Coverage
		err := e.Decode(&v)
		now.seen[pile{account.Source(v.Source), v.Account}] = v.Seen
		return all, err
	case store.KindExhibit:
		return all, now.takeExhibit(c, e)
	}
	return all, nil
}

// takeExhibit takes in an exhibit that is a page of a list.
func (v *inventory) takeExhibit(c *store.Case, e store.Entry) error {
	var x store.ExhibitEntry
	if err := e.Decode(&x); err != nil || x.List == "" || x.Status != 200 {
		return err
	}
	source, ok := account.SourceOf(x.Account, x.URL)
	if !ok || !slices.Contains(compared, source) {
		return nil
	}
	_, records, err := c.ExhibitRecords(e.N)
	v.take(pile{source, x.Account}, e.N, records)
	return err
}
