// Package hideouts knows where an intruder stays that the playbook does not name:
// webhooks, SIP passwords, copies of the traffic, apps.
//
// The one rule: a place is a row of the table, never a function. A row says where
// its records are listed, what of them to look at, and how a bad one is taken out
// of work. Judging is pure: records and events of all accounts go in; what is
// ours is learned from what stood so before the incident; verdicts with their
// reasons come out. What cannot be told is Unknown, and never Clean.
package hideouts

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"retake/actions/moment"
)

// Place is one kind of record by which somebody stays.
type Place struct {
	ID, Title string // both unique; findings and the coverage ledger are filed under them
	Host      string // product, such as messaging, of twilio.com; "": no API lists it
	Path      string // of the list, or of the one record where there is no list
	One       string // of one record, "" for the list's with the SID behind it
	Query     string // parameters that the list is asked with
	List      string // key of the records in a reply, Any, "" for one record
	Most      int    // largest page, 0 for the usual
	Tokens    bool   // its pages go by Token and Size
	Under     string // the place whose records this one is read for: {sid} in the path, {over} above it
	Key       string // member that tells records apart, "" for sid; of one record: it has an address of its own, in One
	Plain     bool   // that member is a word, no SID
	Name      string // member by which a person knows it
	Foreign   bool   // its addresses may be anybody's: they teach nothing, and old ones say nothing
	Way       bool   // only what lies under its records matters: they are not judged
	Pages     int    // how many pages of the list are read, 0 for all
	Newest    int    // how many of its records are looked into, 0 for all
	None      bool   // a 404 says that there is none, and the product may be in use

	Links   string // members that hold addresses; x.* whatever is in x, * whatever there is
	Watched string // other members that matter where the audit log tells of them
	Born    string // members with the time from which a record without dates is as it is
	Bad     []Bad  // values that are wrong of themselves
	New     New    // what it means that one came since the incident began
	Fetch   bool   // each record is read by itself, too: the list does not show it whole

	Delete    bool   // one that is strange as such is deleted
	Late      bool   // others hang on it: it is deleted after them
	Fixed     bool   // its addresses cannot be set, only deleted with it
	Whole     string // it takes JSON: the members that are sent along as they are; "": it takes a form
	Revisions string // path of the earlier forms that can be published again
	ByHand    bool   // nothing of it is changed from here
	Lost      string // what stops working where it is taken out of work

	Why   string // why no API lists it
	Where string // where a person looks
}

// Any is the key of a list whose form nobody has described.
const Any = "*"

// New is what it means that a record came since the incident began.
type New string

// What a new record means.
const (
	Strange New = "strange" // by being there it does harm
	Ask     New = "ask"     // a person says whether it is ours
)

// Bad is a value that is wrong of itself.
type Bad struct {
	Member, Value string
	Good          string // what it is set to; "" if it cannot be set
	Why           string
}

// Listed tells whether an API lists the place.
func (p *Place) Listed() bool { return p.Host != "" }

// Own tells whether only the account's own token reads it.
func (p *Place) Own() bool { return p.Host != "api" }

// HostName is the host that serves it.
func (p *Place) HostName() string { return p.Host + ".twilio.com" }

// Find finds a place by its ID.
func Find(id string) (*Place, bool) {
	i := slices.IndexFunc(Table, func(p Place) bool { return p.ID == id })
	if i < 0 {
		return nil, false
	}
	return &Table[i], true
}

// Swept are the places that are told of: those that only lead to others are not.
func Swept() []*Place {
	var all []*Place
	for i := range Table {
		if p := &Table[i]; !p.Way {
			all = append(all, p)
		}
	}
	return all
}

// Record is one record of a place, as it was read.
type Record struct {
	Place   *Place
	Account string
	SID     string   // of the account where there is one record only
	Over    []string // the SIDs above it, the nearest last
	Members map[string]any
}

var (
	sidShape   = regexp.MustCompile(`^[A-Z]{2}[0-9a-f]{32}$`)
	plainShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$`)
)

// Alone tells whether there is one record only, which bears the account's SID.
func (p *Place) Alone() bool { return p.List == "" && p.Key == "" }

func (p *Place) sound(sid string) bool {
	return sidShape.MatchString(sid) || p.Plain && plainShape.MatchString(sid)
}

// Read takes a record apart. One without a sound SID cannot be reached again and
// is an error.
func (p *Place) Read(account string, over []string, raw json.RawMessage) (Record, error) {
	r := Record{Place: p, Account: account, SID: account, Over: over}
	if err := json.Unmarshal(raw, &r.Members); err != nil || r.Members == nil {
		return r, fmt.Errorf("a record makes no sense")
	}
	if p.Alone() {
		return r, nil
	}
	key := p.Key
	if key == "" {
		key = "sid"
	}
	if r.SID = r.Text(key); !p.sound(r.SID) {
		return r, fmt.Errorf("a record has the SID %.40q, which is none", r.SID)
	}
	return r, nil
}

// Path is where the records under a chain of SIDs are listed, the nearest last.
func (p *Place) ListPath(account string, over []string) string {
	return fill(p.Path, account, over)
}

func fill(path, account string, over []string) string {
	path = strings.ReplaceAll(path, "{Account}", account)
	if n := len(over); n > 0 {
		path = strings.ReplaceAll(path, "{sid}", over[n-1])
		if n > 1 {
			path = strings.ReplaceAll(path, "{over}", over[n-2])
		}
	}
	return path
}

// Path is where the record itself is.
func (r Record) Path() string {
	p := r.Place
	list := p.ListPath(r.Account, r.Over)
	switch {
	case p.Alone():
		return list
	case p.One != "":
		return fill(p.One, r.Account, append(slices.Clone(r.Over), r.SID))
	case strings.HasSuffix(list, ".json"):
		return strings.TrimSuffix(list, ".json") + "/" + r.SID + ".json"
	}
	return list + "/" + r.SID
}

// ID is a record's place, account and the SIDs that lead to it: the same in each
// reading.
func (r Record) ID() string {
	parts := append([]string{r.Place.ID, r.Account}, r.Over...)
	if !r.Place.Alone() {
		parts = append(parts, r.SID)
	}
	return strings.Join(parts, "/")
}

// Parse reads what ID wrote, without members.
func Parse(id string) (Record, error) {
	parts := strings.Split(id, "/")
	p, known := Find(parts[0])
	if !known || len(parts) < 2 || slices.ContainsFunc(parts[1:], func(s string) bool { return !p.sound(s) }) {
		return Record{}, fmt.Errorf("%q names no record of a place", id)
	}
	r := Record{Place: p, Account: parts[1], SID: parts[1], Over: parts[2:]}
	if !p.Alone() {
		if len(parts) < 3 {
			return Record{}, fmt.Errorf("%q names no record of a place", id)
		}
		r.SID, r.Over = parts[len(parts)-1], parts[2:len(parts)-1]
	}
	return r, nil
}

// Name is what a person calls it. Text from the account.
func (r Record) Name() string {
	if name := r.Text(r.Place.Name); name != "" {
		return name
	}
	return r.SID
}

// Text is a member as a word, "" where there is none: a.b is b in a.
func (r Record) Text(member string) string {
	var v any = r.Members
	for part := range strings.SplitSeq(member, ".") {
		of, _ := v.(map[string]any)
		v = of[part]
	}
	return scalar(v)
}

func scalar(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case map[string]any, []any:
		text, _ := json.Marshal(v)
		return string(text)
	}
	return fmt.Sprint(v)
}

// Link is an address that a record holds.
type Link struct{ Member, Value string }

// Links are the addresses of a record, in the order of the row.
func (r Record) Links() []Link {
	var all []Link
	for _, m := range strings.Fields(r.Place.Links) {
		inner, every := strings.CutSuffix(m, "*")
		if !every {
			if v := r.Text(m); v != "" {
				all = append(all, Link{m, v})
			}
			continue
		}
		var within any = r.Members
		if inner = strings.TrimSuffix(inner, "."); inner != "" {
			within = r.Members[inner]
		}
		walk(within, func(v string) {
			if l := (Link{inner, v}); HostOf(v) != "" && !strings.HasSuffix(HostOf(v), ".twilio.com") && !slices.Contains(all, l) {
				all = append(all, l)
			}
		})
	}
	return all
}

// walk visits the texts in a value, in a steady order, JSON within texts too.
func walk(v any, visit func(string)) {
	switch v := v.(type) {
	case string:
		visit(v)
	case []any:
		for _, one := range v {
			walk(one, visit)
		}
	case map[string]any:
		for _, name := range sorted(v) {
			walk(v[name], visit)
		}
	}
}

// HostOf is the host of an address, of a SIP address or of a mailbox; "" for what
// is none of them.
func HostOf(value string) string {
	value = strings.TrimSpace(value)
	if rest, is := cutAny(value, "sips:", "sip:"); is {
		rest, _, _ = strings.Cut(rest, ";")
		if _, host, at := strings.Cut(rest, "@"); at {
			rest = host
		}
		host, _, _ := strings.Cut(rest, ":")
		return strings.ToLower(host)
	}
	if u, err := url.Parse(value); err == nil && u.Host != "" {
		return strings.ToLower(u.Hostname())
	}
	if _, host, at := strings.Cut(value, "@"); at && !strings.ContainsAny(value, " /{") {
		return strings.ToLower(host)
	}
	return ""
}

func cutAny(value string, prefixes ...string) (string, bool) {
	for _, p := range prefixes {
		if len(value) > len(p) && strings.EqualFold(value[:len(p)], p) {
			return value[len(p):], true
		}
	}
	return value, false
}

// Created and Updated are its times, zero where it has none.
func (r Record) Created() time.Time { return r.first("date_created") }

// Updated is when it was changed last, as far as it says.
func (r Record) Updated() time.Time { return r.first("date_updated") }

func (r Record) first(member string) time.Time {
	at := moment.Of(r.Text(member))
	for _, m := range strings.Fields(r.Place.Born) {
		if t := moment.Of(r.Text(m)); t.After(at) {
			at = t
		}
	}
	return at
}

// Field is the field of a form that sets a member: voice_url is VoiceUrl,
// auto_creation.webhook_url is AutoCreation.WebhookUrl.
func Field(member string) string {
	var b strings.Builder
	up := true
	for _, c := range member {
		switch {
		case c == '_':
			up = true
		case c == '.':
			b.WriteByte('.')
			up = true
		case up:
			b.WriteString(strings.ToUpper(string(c)))
			up = false
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}
