package sim

import (
	"strings"
	"time"
)

// snapshotLevel changes whenever an older program could not read the snapshot.
const snapshotLevel = 2

// shape is what the family was made from; all history follows from it.
type shape struct {
	Scenario              string
	Seed                  uint64
	Start                 time.Time
	Subaccounts           int
	Keys, Messages, Calls int
}

// state is all that a request can change.
type state struct {
	Level        int
	Shape        shape
	Elapsed      time.Duration
	Counter      uint64
	FirstToken   string
	FirstRegions map[string]string
	SendGridKey  string
	Accounts     []*account // the parent is the first
	Events       []event    // since the start
	Acts         []Act
	Intruder     intruder
	Secrets      []string
	Switches     *Switches `json:",omitempty"` // as the family began; nil for the defaults

	// Resources that a request has touched, and those that it made; what nobody
	// touched follows from the shape.
	Touched map[string]*thing              `json:",omitempty"` // nil where it is deleted
	Made    map[string][]*thing            `json:",omitempty"`
	Mail    map[string]map[string][]fields `json:",omitempty"` // the SendGrid side: by subuser, "" for the account itself, and shelf
	Planted []planted                      `json:",omitempty"` // what the intruder left there
}

// account is the parent or one subaccount.
type account struct {
	Index            int // place in state.Accounts, for drawing history
	Sid, Name        string
	Status           string
	Created, Updated time.Time
	Primary          string
	Secondary        string `json:",omitempty"`
	Lagging          []lagging
	Regions          map[string]*ring `json:",omitempty"` // the parent's tokens in other Regions
	Keys             []*key
	Numbers          []*thing
	Apps             []*thing
	Triggers         []*thing           // usage triggers
	CallerIDs        []*thing           // verified caller IDs
	Voice            map[string]dialing // what may be called, by country; a country that is missing may not
	Inherits         bool               // the parent's Voice is in force instead
	SMS              map[string]bool    // where messages may go: the parent's holds for all
	Shut             map[string][]span  `json:",omitempty"` // when his destinations were closed, see shut
	Stopped          map[string]stop    // calls, conferences and messages ended or cancelled by request
	Pauses           []span             // when it was not active and so placed nothing
	Pace             pace
}

// ring is what opens an account in one Region.
type ring struct {
	Primary   string
	Secondary string `json:",omitempty"`
	Lagging   []lagging
}

// pace is how busy an account is: records on an ordinary working day.
type pace struct{ Calls, Messages int }

// lagging is an old primary that is still accepted.
type lagging struct {
	Token string
	Until time.Time
}

// key is an API key; v2010, SigningKeys and IAM show the same ones.
type key struct {
	Seq              uint64
	Sid, Secret      string
	Name, Kind       string // Kind: main, standard or restricted
	Policy           map[string]any
	Created, Updated time.Time
}

// thing is a phone number, an application, a usage trigger or a caller ID:
// fixed facts and settings, which are kept under the names of the form fields
// that change them. A thing of a resource keeps its settings under the names of
// the members that show them.
type thing struct {
	Seq              uint64
	Sid              string
	Phone            string `json:",omitempty"`
	Created, Updated time.Time
	Fired            time.Time `json:",omitzero"` // a trigger's last call
	Settings         map[string]string
	Within           map[string]string `json:",omitempty"` // the SIDs in its path, by their names there
}

type stop struct {
	At     time.Time
	Status string
}

// span is a stretch of time; a zero To means that it goes on.
type span struct{ From, To time.Time }

func (s span) holds(t time.Time) bool {
	return !t.Before(s.From) && (s.To.IsZero() || t.Before(s.To))
}

func within(spans []span, t time.Time) bool {
	for _, s := range spans {
		if s.holds(t) {
			return true
		}
	}
	return false
}

// setSpan begins or ends a stretch so that the last one is open exactly when
// on is true.
func setSpan(spans []span, on bool, now time.Time) []span {
	last := len(spans) - 1
	open := last >= 0 && spans[last].To.IsZero()
	if on && !open {
		return append(spans, span{From: now})
	}
	if !on && open {
		spans[last].To = now
	}
	return spans
}

func (s *state) parent() *account { return s.Accounts[0] }

func (s *state) account(sid string) *account {
	for _, a := range s.Accounts {
		if a.Sid == sid {
			return a
		}
	}
	return nil
}

func (a *account) isParent() bool { return a.Index == 0 }
func (a *account) active() bool   { return a.Status == "active" }

func (a *account) key(sid string) *key {
	for _, k := range a.Keys {
		if k.Sid == sid {
			return k
		}
	}
	return nil
}

func find(things []*thing, sid string) *thing {
	for _, t := range things {
		if t.Sid == sid {
			return t
		}
	}
	return nil
}

// accepts tells whether token opens the account at this time, in US1 or in the
// Region that is named.
func (a *account) accepts(token, region string, now time.Time) bool {
	k := ring{a.Primary, a.Secondary, a.Lagging}
	if region != "" {
		there := a.Regions[region]
		if there == nil {
			return false
		}
		k = *there
	}
	if token == "" || !a.active() {
		return false
	}
	if token == k.Primary || token == k.Secondary {
		return true
	}
	for _, l := range k.Lagging {
		if l.Token == token && now.Before(l.Until) {
			return true
		}
	}
	return false
}

func rfc2822(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC1123Z)
}

func iso(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

// snake turns the name of a form field into the name of the JSON member.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if r >= 'A' && r <= 'Z' {
			if i > 0 {
				b.WriteByte('_')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}
