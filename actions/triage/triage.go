// Package triage tells from the records of an account family whether somebody
// else is at work in it.
//
// The one rule: a finding says what was seen, what is usual here, of how many
// records, and by which rule. Own history comes first, lists of countries
// second. The rules read plain records and know neither network nor case; what
// the records say is data, and is quoted wherever it is shown.
package triage

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Severity ranks a finding.
type Severity int

// The severities.
const (
	Info Severity = iota
	Low
	Medium
	High
	Critical
)

func (s Severity) String() string {
	return [...]string{"info", "low", "medium", "high", "critical"}[s]
}

// Kind is what a finding speaks for.
type Kind int

// The kinds.
const (
	Note     Kind = iota // for nothing by itself
	Control              // somebody else changed the account
	Toll                 // calls that earn somebody money
	Smishing             // messages that lure people
	Pumping              // codes that nobody enters
	Cost                 // money is going, for whatever reason
	Exposure             // somebody else can read what opens the account
)

// Finding is what a rule saw.
type Finding struct {
	ID       string // stable: the rule and what it is about
	Rule     string
	Kind     Kind
	Severity Severity
	Account  string  // SID, of the one concerned most
	Text     string  // holds text from the account, quoted
	Observed float64 // what was counted or measured
	Baseline float64 // what is usual here
	N        int     // records behind it
	Exhibits []int64 // where to read it
}

// String is the finding with its numbers.
func (f Finding) String() string {
	return fmt.Sprintf("%s [rule %s: observed %s, baseline %s, n %d]", f.Text, f.Rule, number(f.Observed), number(f.Baseline), f.N)
}

// Short is as much of the finding as a sentence has room for.
func (f Finding) Short() string { return shorten(f.Text, 130) }

// Account is an account of the family.
type Account struct {
	SID, Name, Status string
	Created           time.Time
	Main              bool
}

// Call is a telephone call.
type Call struct {
	Account, SID, To, Status, Direction string
	At                                  time.Time
	Lasted                              time.Duration
	Exhibit                             int64
}

// Message is a message.
type Message struct {
	Account, SID, To, Body, Status, Direction, Error string
	At                                               time.Time
	Exhibit                                          int64
}

// Event is an entry of an account's audit log.
type Event struct {
	Account, SID, Type, Actor, Source, IP, Resource string
	At                                              time.Time
	Exhibit                                         int64
}

// Alert is an entry of an account's debugger.
type Alert struct {
	Account, Code string
	At            time.Time
	Exhibit       int64
}

// Day is what an account spent on a day.
type Day struct {
	Account string
	Date    time.Time
	Spent   float64
	Exhibit int64
}

// Leak is a file outside of the account that shows its SID.
type Leak struct {
	Account string
	File    string // repository and path, as a key
	Where   string // the same to be shown: defanged, on one line
	Private bool   // only those see it who may
	Secret  bool   // a secret stands beside the SID
	Present bool   // it is the token of the account that is in force
	Dead    bool   // it is one that was in force, and is no more
	Exhibit int64
}

// Act is something that the responder did from within the case: the event that
// it left is nobody else's.
type Act struct {
	Account, Resource, Verb string // Verb as an event's type ends: created, deleted, …
	From, To                time.Time
}

// Records are what was read. What lies after Since is looked at; what lies
// before it is the history that it is held against.
type Records struct {
	Now, Since time.Time
	Accounts   []Account
	Calls      []Call
	Messages   []Message
	Events     []Event
	Alerts     []Alert
	Days       []Day
	Leaks      []Leak
	Ours       []Act
	Reach      map[string]time.Time // by Reach key: how far back a list was read that was cut short
	Unread     []string             // what of the active accounts could not be read, in words
}

// ReachKey is the key of an account's list in Reach.
func ReachKey(source, account string) string { return source + " " + account }

// rules is every rule, in the order in which their findings are told.
var rules = []func(*sight) []Finding{
	strangers, changes, planted,
	tollCalls, liveCalls, longCalls, shortCalls,
	lures, textCountries, waiting, textVolume, filtered, stops,
	codeBlocks, codeVolume,
	spend, alerts, families, leaked,
}

// Look applies every rule. The worst come first, otherwise in the order of the
// rules.
func Look(r Records) []Finding {
	s := see(r)
	var all []Finding
	for _, rule := range rules {
		all = append(all, rule(s)...)
	}
	slices.SortStableFunc(all, func(a, b Finding) int { return cmp.Compare(b.Severity, a.Severity) })
	return all
}
