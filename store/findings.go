package store

import "time"

// Finding is something about the account that the responder has to know. Within
// a step its ID is its name: filed again, it is the same finding.
type Finding struct {
	ID       string  `json:"id"`
	Severity string  `json:"severity"`
	Account  string  `json:"account"`
	Text     string  `json:"text"` // may hold text from the account
	Exhibits []int64 `json:"exhibits,omitempty"`
	Earlier  bool    `json:"-"` // not found again by the reading that made the latest plan, nor since

	// What appeared at one moment, which the watch tells, has these besides.
	At     time.Time `json:"at,omitzero"`
	What   string    `json:"what,omitempty"`   // short, as the texts may hold text from the account
	Actor  string    `json:"actor,omitempty"`  // SID of who did it, as the audit event says
	Source string    `json:"source,omitempty"` // address it was done from
}

// AddFinding files a finding of a step. Each reading files what it finds, also
// what was found before: so the log says how long it was there.
func (c *Case) AddFinding(step string, f Finding) error {
	return c.add("file a finding", KindFinding, step, f)
}

// Findings are the findings of a step so far, each as it was filed last. Those
// that the reading of the latest plan did not find again are over, or could not be
// looked at.
func (c *Case) Findings(step string) ([]Finding, error) {
	plan, _, err := c.LatestPlan(step)
	if err != nil {
		return nil, err
	}
	entries, err := c.collect(viewFindings, findingKey(step, ""))
	var all []Finding
	for _, e := range entries {
		var f Finding
		if err := e.Decode(&f); err != nil {
			return nil, err
		}
		f.Earlier = e.N < plan.From
		all = append(all, f)
	}
	return all, err
}

func findingKey(step, id string) []byte { return []byte(step + "\x00" + id) }
