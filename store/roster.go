package store

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	bolt "go.etcd.io/bbolt"
)

// Subject is somebody or something that steps go through one by one: a person, a
// machine, a host, a program. Its kind and its name are what it is known by:
// filed again, it is the same subject.
type Subject struct {
	Kind    string            `json:"kind"`
	Name    string            `json:"name"`
	Facts   map[string]string `json:"facts,omitempty"`   // what else is known, such as email or role
	Dropped bool              `json:"dropped,omitempty"` // it is on the list no longer
	Why     string            `json:"why,omitempty"`     // it was dropped
}

// Answer is how a check of a subject stands.
type Answer string

// The answers. A mark that was never set is open.
const (
	AnswerDone          Answer = "done"
	AnswerNotApplicable Answer = "not-applicable"
	AnswerOpen          Answer = "open" // it was done, and is to be done again
)

// Mark is a person's word on one check of one subject.
type Mark struct {
	Kind    string `json:"kind"`    // of the subject
	Subject string `json:"subject"` // its name
	Check   string `json:"check"`   // ID of the check within the step
	Answer  Answer `json:"answer"`
	Note    string `json:"note,omitempty"`
}

// Marked is a mark as it was filed last.
type Marked struct {
	Mark
	Entry Entry // who, and when
}

// longestName is how long the name of a subject may be, in bytes.
const longestName = 200

// AddSubjects puts subjects on their lists, all or none, or drops them where they
// say so. What stands there just so is not filed again.
func (c *Case) AddSubjects(all ...Subject) error {
	for _, s := range all {
		if err := s.check(); err != nil {
			return err
		}
	}
	return c.write("put subjects on the list", func(tx *bolt.Tx) error {
		for _, s := range all {
			if err := c.fileOnce(tx, viewSubjects, subjectKey(s.Kind, s.Name), KindSubject, "", s); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s Subject) check() error {
	switch {
	case s.Kind == "" || strings.Contains(s.Kind, "\x00"):
		return errors.New("a subject needs a kind")
	case strings.TrimSpace(s.Name) != s.Name || s.Name == "":
		return fmt.Errorf("%q is no name: it is empty, or begins or ends with a space", s.Name)
	case len(s.Name) > longestName || !utf8.ValidString(s.Name) || strings.ContainsFunc(s.Name, unicode.IsControl):
		return fmt.Errorf("%.40q is no name: it is longer than %d bytes or has signs that are no text", s.Name, longestName)
	}
	return nil
}

// Subjects are those of a kind that are on the list, by name.
func (c *Case) Subjects(kind string) ([]Subject, error) {
	entries, err := c.collect(viewSubjects, subjectKey(kind, ""))
	var all []Subject
	for _, e := range entries {
		var s Subject
		if err := e.Decode(&s); err != nil {
			return nil, err
		}
		if !s.Dropped {
			all = append(all, s)
		}
	}
	return all, err
}

// AddMarks files marks of a step, all or none. A mark that stands just so is
// filed again: somebody else may have looked anew.
func (c *Case) AddMarks(step string, all ...Mark) error {
	for _, m := range all {
		if m.Kind == "" || m.Subject == "" || m.Check == "" {
			return errors.New("a mark needs a subject and a check")
		}
	}
	return c.write("file the marks", func(tx *bolt.Tx) error {
		for _, m := range all {
			if _, err := c.append(tx, KindMark, step, m); err != nil {
				return err
			}
		}
		return nil
	})
}

// Marks are the marks of a step, each as it was filed last, by subject and check.
func (c *Case) Marks(step string) ([]Marked, error) {
	entries, err := c.collect(viewMarks, []byte(step+"\x00"))
	var all []Marked
	for _, e := range entries {
		m := Marked{Entry: e}
		if err := e.Decode(&m.Mark); err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, err
}

// fileOnce appends an entry unless the view's line leads to one with the same
// body.
func (c *Case) fileOnce(tx *bolt.Tx, view, key []byte, kind Kind, step string, body any) error {
	if n := bucket(tx, bucketViews, view).Get(key); n != nil {
		e, err := entryAt(tx, num(n))
		if err != nil {
			return err
		}
		now, err := canonical(body)
		if err != nil || bytes.Equal(now, e.Body) {
			return err
		}
	}
	_, err := c.append(tx, kind, step, body)
	return err
}

func subjectKey(kind, name string) []byte { return []byte(kind + "\x00" + name) }

func markKey(step string, m Mark) []byte {
	return []byte(step + "\x00" + m.Kind + "\x00" + m.Subject + "\x00" + m.Check)
}
