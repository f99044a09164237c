package actions

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"retake/store"
)

// drift is a record that is not as it was.
type drift struct {
	pile
	id      string
	was     shownRecord // no fields: it came
	is      shownRecord // no fields: it went
	changed []string    // the names of the fields
}

// passing are fields that change without anybody's doing, or that say where a
// record is. Auth Tokens are held against the case's own.
var passing = []string{"date_updated", "date_created", "uri", "url", "links", "subresource_uris", "current_value", "usage_record_uri", "auth_token", "api_version"}

func (v *inventory) piles() []pile {
	return slices.SortedFunc(maps.Keys(v.seen), func(a, b pile) int { return cmp.Or(cmp.Compare(a.source, b.source), cmp.Compare(a.account, b.account)) })
}

// drifts holds the lists against each other that both readings have whole.
func drifts(before, now *inventory) (all []drift) {
	for _, p := range now.piles() {
		if !now.seen[p] || !before.seen[p] {
			continue
		}
		was, is := before.of[p], now.of[p]
		ids := slices.Sorted(maps.Keys(is))
		for id := range was {
			if _, still := is[id]; !still {
				ids = append(ids, id)
			}
		}
		slices.Sort(ids)
		for _, id := range ids {
			d := drift{pile: p, id: id, was: was[id], is: is[id]}
			if d.compare() {
				all = append(all, d)
			}
		}
	}
	return all
}

// compare finds the fields that changed, and tells whether anything did.
func (d *drift) compare() bool {
	if d.was.fields == nil || d.is.fields == nil {
		return true
	}
	for _, field := range slices.Sorted(maps.Keys(d.is.fields)) {
		if !slices.Contains(passing, field) && !sameJSON(d.was.fields[field], d.is.fields[field]) {
			d.changed = append(d.changed, field)
		}
	}
	return len(d.changed) > 0
}

func sameJSON(a, b json.RawMessage) bool {
	var x, y bytes.Buffer
	if json.Compact(&x, a) != nil || json.Compact(&y, b) != nil {
		return bytes.Equal(a, b)
	}
	return bytes.Equal(x.Bytes(), y.Bytes())
}

// finding tells of the drift with what it was and what it is.
func (d drift) finding() Finding {
	f := Finding{ID: fmt.Sprintf("since/%s/%s/%s", d.source, d.account, d.id), Severity: High, Account: d.account}
	what := fmt.Sprintf("%s in the %s of %s", d.id, d.source, d.account)
	switch {
	case d.was.fields == nil:
		f.Text, f.Exhibits = "came since the first pass: "+what+d.is.label(), []int64{d.is.exhibit}
	case d.is.fields == nil:
		f.Text, f.Exhibits = "went since the first pass: "+what+d.was.label(), []int64{d.was.exhibit}
	default:
		f.Text, f.Exhibits = "changed since the first pass: "+what+": "+d.told(), []int64{d.was.exhibit, d.is.exhibit}
	}
	return f
}

// label is the name that a record has beside its SID.
func (s shownRecord) label() string {
	for _, field := range []string{"phone_number", "friendly_name", "connect_app_friendly_name", "domain_name"} {
		var text string
		if json.Unmarshal(s.fields[field], &text) == nil && text != "" {
			return fmt.Sprintf(" %.80q", text)
		}
	}
	return ""
}

// told are the fields that changed, the first few with their values.
func (d drift) told() string {
	var all []string
	for _, field := range d.changed {
		all = append(all, fmt.Sprintf("%s from %.120s to %.120s", field, d.was.fields[field], d.is.fields[field]))
	}
	return few(all[:min(len(all), 4)]) + more(len(all)-4)
}

func more(n int) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf("; and %d fields more", n)
}

// ourDoing tells whether an act of the case since then is about the record: it
// names it, or it is about the geography of the same account.
func ourDoing(acts []store.Done, since time.Time, d drift) bool {
	geo := strings.HasSuffix(string(d.source), "-geo")
	return slices.ContainsFunc(acts, func(a store.Done) bool {
		made := a.Outcome.Result == store.Made || a.Outcome.Result == store.Already
		about := strings.Contains(a.Act.Target, d.id) || strings.Contains(a.Act.Change, d.id)
		return made && !a.Began.Before(since) && (about || geo && a.Act.Account == d.account && a.Act.Step == "geo-and-triggers")
	})
}
