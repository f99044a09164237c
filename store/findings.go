package store

import (
	"bytes"

	bolt "go.etcd.io/bbolt"
)

// Finding is something about the account that the responder has to know. Within
// a step its ID is its name: filed again, it is the same finding.
type Finding struct {
	ID       string  `json:"id"`
	Severity string  `json:"severity"`
	Account  string  `json:"account"`
	Text     string  `json:"text"` // may hold text from the account
	Exhibits []int64 `json:"exhibits,omitempty"`
}

// AddFinding files a finding of a step; one that was filed just so is not filed
// again.
func (c *Case) AddFinding(step string, f Finding) error {
	return c.write("file a finding", func(tx *bolt.Tx) error {
		if same, err := filed(tx, step, f); err != nil || same {
			return err
		}
		_, err := c.append(tx, KindFinding, step, f)
		return err
	})
}

// Findings are the findings of a step so far, each as it was filed last.
func (c *Case) Findings(step string) ([]Finding, error) {
	entries, err := c.collect(viewFindings, findingKey(step, ""))
	var all []Finding
	for _, e := range entries {
		var f Finding
		if err := e.Decode(&f); err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	return all, err
}

// filed tells whether a finding was filed with the same words.
func filed(tx *bolt.Tx, step string, f Finding) (bool, error) {
	n := bucket(tx, bucketViews, viewFindings).Get(findingKey(step, f.ID))
	if n == nil {
		return false, nil
	}
	e, err := entryAt(tx, num(n))
	if err != nil {
		return false, err
	}
	now, err := canonical(f)
	return bytes.Equal(now, e.Body), err
}

func findingKey(step, id string) []byte { return []byte(step + "\x00" + id) }
