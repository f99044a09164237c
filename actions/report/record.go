package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"retake/actions/moment"
	"retake/store"
)

// Said is what one record says, in one line. Its texts are the account's own.
type Said struct {
	Kind    Kind
	At      time.Time // the record's own, in UTC; zero if it has none
	Account string    // SID; the one that was asked about, where the record has none
	SID     string    // "" if it has none
	Gist    string    // short
}

// longest is how many runes of one field a gist takes, fields how many an
// unknown record shows.
const (
	longest = 300
	fields  = 4
)

// record is a record that was taken apart; nil if it is no JSON object.
type record map[string]json.RawMessage

// Record says what a record of an exhibit is. It takes anything.
func Record(x store.ExhibitEntry, raw []byte) Said {
	s := Said{Kind: KindOf(x), Account: x.Account}
	r := parse(raw)
	if r == nil {
		s.Gist = plain(x, raw)
		return s
	}
	s.At, s.SID = r.at(s.Kind), r.text("sid")
	if own := r.text("account_sid"); own != "" {
		s.Account = own
	}
	s.Gist = r.gist(s.Kind, raw)
	return s
}

// At is the record's own time, zero if it has none.
func At(x store.ExhibitEntry, raw []byte) time.Time { return parse(raw).at(KindOf(x)) }

func parse(raw []byte) record {
	var r record
	if json.Unmarshal(raw, &r) != nil {
		return nil
	}
	return r
}

// plain is the gist of what is no JSON object.
func plain(x store.ExhibitEntry, raw []byte) string {
	raw = bytes.TrimSpace(raw)
	switch {
	case len(raw) > 0:
		return short(string(raw))
	case x.Status == 0:
		return join(": ", "no reply", short(x.Problem))
	}
	return fmt.Sprintf("%d, no body", x.Status)
}

// dates are the fields that tell when a record happened, the first that is there
// counts. A call that was not dialed yet has no start.
var dates = []string{"event_date", "date_generated", "date_created", "start_time", "message_date", "start_date", "date_updated"}

func (r record) at(k Kind) time.Time {
	if k == Calls {
		if at := moment.Of(r.text("start_time")); !at.IsZero() {
			return at
		}
	}
	for _, key := range dates {
		if at := moment.Of(r.text(key)); !at.IsZero() {
			return at
		}
	}
	return time.Time{}
}

// text is the first of some fields that says something: a string as it is,
// anything else as JSON.
func (r record) text(keys ...string) string {
	for _, key := range keys {
		if s := words(r[key]); s != "" {
			return s
		}
	}
	return ""
}

func words(raw json.RawMessage) string {
	var s string
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return ""
	case raw[0] == '"' && json.Unmarshal(raw, &s) == nil:
		return short(s)
	}
	return short(string(raw))
}

// short cuts a text that is long; an ellipsis says so.
func short(s string) string {
	runes := 0
	for i := 0; i < len(s); runes++ {
		if runes == longest {
			return s[:i] + "…"
		}
		_, n := utf8.DecodeRuneInString(s[i:])
		i += n
	}
	return s
}

// join sets what is not empty one after the other.
func join(between string, parts ...string) string {
	var all []string
	for _, p := range parts {
		if p != "" {
			all = append(all, p)
		}
	}
	return strings.Join(all, between)
}

// with is a text with what belongs before and after it, or nothing.
func with(before, text, after string) string {
	if text == "" {
		return ""
	}
	return before + text + after
}

// first are the first fields of a record, in their order, for kinds that are not
// known.
func first(raw []byte) string {
	d := json.NewDecoder(bytes.NewReader(raw))
	if _, err := d.Token(); err != nil {
		return ""
	}
	var all []string
	for len(all) < fields && d.More() {
		key, err := d.Token()
		var value json.RawMessage
		if err != nil || d.Decode(&value) != nil {
			break
		}
		all = append(all, short(fmt.Sprint(key))+": "+words(value))
	}
	return strings.Join(all, ", ")
}
