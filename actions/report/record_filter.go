package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"retake/store"
)

// Filter says which records are meant. Empty fields mean all.
type Filter struct {
	Account string    // SID of the account that was asked about
	Step    string    // the step that asked
	Kind    Kind      //
	Since   time.Time // the record's own time, or else when it was read: not before
	Until   time.Time // and before this
	Text    string    // stands in the raw record, in any case
}

// Any tells whether the filter leaves anything out.
func (f Filter) Any() bool { return f != Filter{} }

// Deep tells whether records have to be read to know if they are meant.
func (f Filter) Deep() bool { return f.Text != "" || !f.Since.IsZero() || !f.Until.IsZero() }

// Exhibit tells whether records of an exhibit can be meant at all.
func (f Filter) Exhibit(step string, x store.ExhibitEntry) bool {
	return f.Of(x.Account, KindOf(x)) && (f.Step == "" || f.Step == step)
}

// Of tells whether an account and a kind are meant.
func (f Filter) Of(account string, k Kind) bool {
	return (f.Account == "" || f.Account == account) && (f.Kind == "" || f.Kind == k)
}

// Within tells whether a time is meant.
func (f Filter) Within(at time.Time) bool {
	return (f.Since.IsZero() || !at.Before(f.Since)) && (f.Until.IsZero() || at.Before(f.Until))
}

// Pick returns the indexes of those records of an exhibit whose time and text
// are meant.
func (f Filter) Pick(x store.ExhibitEntry, records []json.RawMessage) []int {
	picked := []int{}
	needles := f.needles()
	for i, raw := range records {
		if holds(raw, needles) && f.timely(x, raw) {
			picked = append(picked, i)
		}
	}
	return picked
}

func (f Filter) timely(x store.ExhibitEntry, raw []byte) bool {
	if f.Since.IsZero() && f.Until.IsZero() {
		return true
	}
	at := At(x, raw)
	if at.IsZero() {
		at = x.At
	}
	return f.Within(at)
}

// needles are the text as it may stand in JSON: as it is, or escaped.
func (f Filter) needles() [][]byte {
	if f.Text == "" {
		return nil
	}
	all := [][]byte{[]byte(strings.ToLower(f.Text))}
	for _, text := range []string{f.Text, strings.ToLower(f.Text), strings.ToUpper(f.Text)} {
		needle := []byte(strings.ToLower(escaped(text)))
		if !slices.ContainsFunc(all, func(n []byte) bool { return bytes.Equal(n, needle) }) {
			all = append(all, needle)
		}
	}
	return all
}

// escaped is a text as it stands between quotes in JSON that is all ASCII.
func escaped(text string) string {
	quoted, _ := json.Marshal(text) // a string can be marshalled
	var b strings.Builder
	for _, r := range string(quoted[1 : len(quoted)-1]) {
		if r < utf8.RuneSelf {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}

// holds tells whether a record has one of the needles, which are in lower case.
func holds(raw []byte, needles [][]byte) bool {
	if len(needles) == 0 {
		return true
	}
	raw = bytes.ToLower(raw)
	for _, n := range needles {
		if bytes.Contains(raw, n) {
			return true
		}
	}
	return false
}

// forms are how a time is typed, each with how much time it names.
var forms = []struct {
	form  string
	names time.Duration
}{
	{time.DateOnly, 24 * time.Hour}, {"2006-01-02T15:04", time.Minute}, {"2006-01-02T15:04:05", time.Second},
	{"2006-01-02 15:04", time.Minute}, {"2006-01-02 15:04:05", time.Second}, {time.RFC3339, time.Second},
}

// Since reads the beginning of a window as it is typed, in UTC: a date, a time,
// or how long before now (24h, 90m, 7d).
func Since(text string, now time.Time) (time.Time, error) {
	at, _, err := typed(text, now)
	return at, err
}

// Until reads the end of a window. What is named belongs to it: with a date the
// whole day, with a minute the whole minute. The result is the first moment
// that does not.
func Until(text string, now time.Time) (time.Time, error) {
	at, names, err := typed(text, now)
	if err != nil {
		return at, err
	}
	return at.Add(names), nil
}

func typed(text string, now time.Time) (time.Time, time.Duration, error) {
	for _, f := range forms {
		if at, err := time.Parse(f.form, text); err == nil {
			return at.UTC(), f.names, nil
		}
	}
	if ago, known := span(text); known {
		return now.UTC().Add(-ago), 0, nil
	}
	return time.Time{}, 0, store.WithHint(fmt.Errorf("%q is no time", short(text)), "write 2026-03-01, 2026-03-01T02:20 (UTC), or how long ago: 24h, 90m, 7d")
}

// span reads a length of time, in days too.
func span(text string) (time.Duration, bool) {
	if days, isDays := strings.CutSuffix(text, "d"); isDays {
		n, err := strconv.Atoi(days)
		return time.Duration(n) * 24 * time.Hour, err == nil && n >= 0 && n <= 36500
	}
	d, err := time.ParseDuration(text)
	return d, err == nil && d >= 0
}
