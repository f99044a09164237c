package store

import (
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"
)

// CaptureMark says which page of a list an exhibit is, and where the list goes
// on. It stands in the exhibit's own entry, so the page and the cursor behind it
// are written together or not at all.
type CaptureMark struct {
	Source string    `json:"source"`         // the list, e.g. "messages"
	Round  int       `json:"round"`          // 1 is the first reading of the list; each later one begins it again
	From   time.Time `json:"from,omitzero"`  // the window of the round, zero where it is open
	To     time.Time `json:"to,omitzero"`    //
	Page   int       `json:"page"`           // within the round, from 1
	Got    int       `json:"got"`            // records of the round so far, with this page
	Next   string    `json:"next,omitempty"` // the cursor of the next page
	Done   bool      `json:"done,omitempty"` // nothing of the round is left to read
}

// CapturedList is how far the capture of a list of an account has come.
type CapturedList struct {
	CaptureMark
	Account string
	Exhibit int64     // the latest page
	At      time.Time // when it was filed
}

// AddPage files a page of a captured list and, if v is not nil, what is now seen
// of the list, which is filed under the same step.
func (c *Case) AddPage(x Exhibit, v *Coverage) (n int64, err error) {
	p, err := pack(x)
	if err != nil {
		return 0, err
	}
	err = c.write("file a page of "+x.Method+" "+x.URL, func(tx *bolt.Tx) error {
		if n, err = c.putExhibit(tx, p); err != nil || v == nil {
			return err
		}
		covered := *v
		covered.Exhibit = n
		_, err = c.append(tx, KindCoverage, x.Step, covered)
		return err
	})
	return n, err
}

// Captures returns how far each captured list has come, by source and account.
func (c *Case) Captures() ([]CapturedList, error) {
	entries, err := c.collect(viewCaptures, nil)
	var all []CapturedList
	for _, e := range entries {
		var x ExhibitEntry
		if err := e.Decode(&x); err != nil {
			return nil, err
		}
		if x.Capture == nil {
			return nil, fmt.Errorf("%w: entry %d is no page of a captured list", ErrDamaged, e.N)
		}
		all = append(all, CapturedList{CaptureMark: *x.Capture, Account: x.Account, Exhibit: e.N, At: e.At})
	}
	return all, err
}

func captureKey(source, account string) []byte { return []byte(source + "\x00" + account) }

// Figures are what burns in an account, at one moment: numbers that are polled
// and kept as a series, for which no reply is filed.
type Figures struct {
	At       time.Time `json:"at"`                 // when they were read
	Status   string    `json:"status"`             // of the main account
	Accounts int       `json:"accounts"`           // how many were asked
	Of       int       `json:"of"`                 // how many are not closed
	Calls    int       `json:"calls"`              // queued, ringing and in progress
	Rate     float64   `json:"rate"`               // messages a minute
	Spent    float64   `json:"spent"`              // today (UTC), in the unit of the account's bills
	Unit     string    `json:"unit,omitempty"`     // of Spent, e.g. "usd"
	Problems []string  `json:"problems,omitempty"` // what could not be read, and why
}

// AddFigures files what burns.
func (c *Case) AddFigures(f Figures) error {
	return c.add("file the figures of what burns", KindFigures, "", f)
}

// LatestFigures returns the figures that were filed last, if any were.
func (c *Case) LatestFigures() (f Figures, found bool, err error) {
	e, found, err := c.lookup(viewFigures, []byte("latest"))
	if err != nil || !found {
		return f, false, err
	}
	return f, true, e.Decode(&f)
}
