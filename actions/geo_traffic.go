package actions

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nyaruka/phonenumbers"

	"retake/actions/account"
	"retake/actions/moment"
)

const (
	trafficDays  = 30 * 24 * time.Hour // how long before the incident own traffic is looked at
	trafficPages = 20                  // the most pages of one list, a thousand records each
)

// traffic is how often each country was called or written to, before the
// incident.
type traffic struct {
	counts map[string]int
	whole  bool // nothing was cut short
}

// own tells whether there was any traffic with a country.
func (t traffic) own(iso string) bool { return t.counts[iso] > 0 }

func (t traffic) String() string {
	var all []string
	for _, iso := range slices.Sorted(maps.Keys(t.counts)) {
		all = append(all, fmt.Sprintf("%s %d", iso, t.counts[iso]))
	}
	return strings.Join(all, ", ")
}

// ownTraffic reads where all active accounts called or wrote in the 30 days
// before the incident. What a run has read once it keeps.
func ownTraffic(ctx context.Context, r *Run, all []*openings, source account.Source) (traffic, error) {
	memo := "traffic/" + string(source) + r.began().Format(time.RFC3339)
	var sum traffic
	if text, known := r.Noted(memo); known && json.Unmarshal([]byte(text), &sum.counts) == nil {
		_, cut := r.Noted(memo + "/cut")
		sum.whole = !cut
		return sum, nil
	}
	sum = traffic{map[string]int{}, true}
	parts := make([]traffic, len(all))
	indexes := make([]int, len(all))
	for i := range indexes {
		indexes[i] = i
	}
	err := each(r, indexes, func(i int) (err error) {
		parts[i], err = trafficOf(ctx, r, all[i].SID, source)
		return err
	})
	for _, p := range parts {
		sum.whole = sum.whole && p.whole
		for iso, n := range p.counts {
			sum.counts[iso] += n
		}
	}
	text, _ := json.Marshal(sum.counts)
	r.Note(memo, string(text))
	if !sum.whole {
		r.Note(memo+"/cut", "")
	}
	return sum, err
}

// trafficOf reads one list of one account. Where it breaks off, what came
// counts, and the rest is said to be missing.
func trafficOf(ctx context.Context, r *Run, sid string, source account.Source) (traffic, error) {
	t := traffic{map[string]int{}, true}
	until := r.began()
	window := account.Window{From: until.Add(-trafficDays), To: until}
	rec, cursor, volumes := &numbered{r: r}, "", map[string]volume{}
	own := r.line.As(r.Credential(sid)).On(ctx, rec)
	defer func() { r.noteVolumes(source, sid, volumes) }()
	for range trafficPages {
		page, err := own.Page(source, sid, window, cursor)
		before := maps.Clone(t.counts)
		older := t.add(page.Records, window)
		grew(volumes, before, t.counts, rec.n)
		switch {
		case ctx.Err() != nil:
			return t, ctx.Err()
		case err != nil:
			t.whole = false
			return t, r.Miss(sid, fmt.Sprintf("own %s of %s before the incident", source, sid), account.Explain(err))
		case page.Next == "" || older:
			return t, nil
		}
		cursor = page.Next
	}
	t.whole = false
	return t, r.Miss(sid, fmt.Sprintf("own %s of %s before the incident", source, sid),
		fmt.Sprintf("cut short after %d pages: only countries that were opened lately or are known for fraud are shut; name yours with allow and use mode lock to shut all others", trafficPages))
}

// add counts the records that went out within the window. It tells whether all
// of a page is older: lists come newest first.
func (t traffic) add(records []json.RawMessage, w account.Window) (older bool) {
	older = len(records) > 0
	for _, raw := range records {
		var rec struct {
			Direction, To string
			Start         string `json:"start_time"`
			Created       string `json:"date_created"`
		}
		if json.Unmarshal(raw, &rec) != nil {
			older = false
			continue
		}
		at := moment.Of(rec.Start, rec.Created)
		older = older && !at.IsZero() && at.Before(w.From)
		if at.IsZero() || at.Before(w.From) || !at.Before(w.To) || !outbound(rec.Direction) {
			continue
		}
		if iso := countryOf(rec.To); iso != "" {
			t.counts[iso]++
		}
	}
	return older
}

// outbound tells whether a record costs money abroad; a trunk's calls to the
// telephone network are called terminating.
func outbound(direction string) bool {
	return strings.HasPrefix(direction, "outbound") || direction == "trunking-terminating"
}

// countryOf is the country of a number, "" for what is no number or belongs to
// none. Numbers that nobody was given are those that fraud likes: they count as
// the country of their calling code.
func countryOf(number string) string {
	if !strings.HasPrefix(number, "+") {
		return ""
	}
	parsed, err := phonenumbers.Parse(number, "")
	if err != nil {
		return ""
	}
	iso := phonenumbers.GetRegionCodeForNumber(parsed)
	if iso == "" {
		iso = phonenumbers.GetRegionCodeForCountryCode(int(parsed.GetCountryCode()))
	}
	if !countryShape.MatchString(iso) || iso == "ZZ" {
		return ""
	}
	return iso
}
