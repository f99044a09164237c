package actions

import (
	"encoding/json"
	"slices"

	"retake/store"
)

// filed is how news lies in the case.
func (n News) filed() store.Finding {
	return store.Finding{
		ID: n.ID, Severity: string(n.Severity), Account: n.Account, Text: n.Text, Exhibits: n.Exhibits,
		At: n.At, What: n.What, Actor: n.Actor, Source: n.Source,
	}
}

// Told is what the watch has told in this case so far, in this process and in
// earlier ones, in the order in which it was done.
func Told(c *store.Case) ([]News, error) {
	filed, err := c.Findings(WatchStep)
	var all []News
	for _, f := range filed {
		all = append(all, News{At: f.At, What: f.What, Actor: f.Actor, Source: f.Source, Finding: Finding{
			ID: f.ID, Severity: Severity(f.Severity), Account: f.Account, Text: f.Text, Exhibits: append([]int64{}, f.Exhibits...),
		}})
	}
	slices.SortStableFunc(all, func(a, b News) int { return a.At.Compare(b.At) })
	return all, err
}

// Shown is the record that shows news: the number of its exhibit, and its place
// there. It is false where no reply in the case has it. What is told as a new
// thing may be shown by the event of its making or by the thing itself.
func Shown(c *store.Case, n News) (exhibit int64, record int, shown bool) {
	for _, number := range n.Exhibits {
		_, records, err := c.ExhibitRecords(number)
		if err != nil {
			continue // another one may be whole
		}
		for i, raw := range records {
			if n.shownBy(raw) {
				return number, i, true
			}
		}
	}
	return 0, 0, false
}

func (n News) shownBy(raw json.RawMessage) bool {
	var r struct {
		SID      string `json:"sid"`
		Resource string `json:"resource_sid"`
		Type     string `json:"event_type"`
	}
	if json.Unmarshal(raw, &r) != nil || r.SID == "" {
		return false
	}
	if r.Type != "" {
		return n.ID == eventID(r.SID, r.Type, r.Resource)
	}
	return n.ID == "new/"+r.SID
}
