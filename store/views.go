package store

import (
	"fmt"

	bolt "go.etcd.io/bbolt"
)

var (
	viewActs     = []byte("acts")
	viewBurnt    = []byte("burnt")
	viewCaptures = []byte("captures")
	viewCoverage = []byte("coverage")
	viewFigures  = []byte("figures")
	viewFindings = []byte("findings")
	viewMarks    = []byte("marks")
	viewPlans    = []byte("plans")
	viewProgress = []byte("progress")
	viewSubjects = []byte("subjects")
	viewTokens   = []byte("tokens")
)

// pointer is one line of a view: a key that leads to an entry.
type pointer struct {
	view []byte
	key  []byte
	to   int64
}

// pointers are the lines that an entry writes into the views. It is the only
// place that knows, so that Verify can compute the views again.
func pointers(e Entry) ([]pointer, error) {
	switch e.Kind {
	case KindIntent:
		return []pointer{{viewActs, be64(e.N), e.N}}, nil
	case KindOutcome:
		var o OutcomeEntry
		err := e.Decode(&o)
		return []pointer{{viewActs, be64(o.Intent), e.N}}, err
	case KindProgress:
		return []pointer{{viewProgress, []byte(e.Step), e.N}}, nil
	case KindPlan:
		return []pointer{{viewPlans, []byte(e.Step), e.N}}, nil
	case KindCoverage:
		var v Coverage
		err := e.Decode(&v)
		return []pointer{{viewCoverage, coverageKey(e.Step, v.Source, v.Account), e.N}}, err
	case KindFinding:
		var f Finding
		err := e.Decode(&f)
		return []pointer{{viewFindings, findingKey(e.Step, f.ID), e.N}}, err
	case KindSubject:
		var s Subject
		err := e.Decode(&s)
		return []pointer{{viewSubjects, subjectKey(s.Kind, s.Name), e.N}}, err
	case KindMark:
		var m Mark
		err := e.Decode(&m)
		return []pointer{{viewMarks, markKey(e.Step, m), e.N}}, err
	case KindSealed:
		var s SealedEntry
		err := e.Decode(&s)
		return []pointer{{viewTokens, tokenKey(s.Account, e.N), e.N}}, err
	case KindExhibit:
		var x ExhibitEntry
		if err := e.Decode(&x); err != nil || x.Capture == nil {
			return nil, err
		}
		return []pointer{{viewCaptures, captureKey(x.Capture.Source, x.Account), e.N}}, nil
	case KindFigures:
		return []pointer{{viewFigures, []byte("latest"), e.N}}, nil
	case KindBurnt:
		return burntPointers(e)
	}
	return nil, nil
}

func burntPointers(e Entry) ([]pointer, error) {
	var b BurntEntry
	if err := e.Decode(&b); err != nil {
		return nil, err
	}
	var all []pointer
	for _, t := range b.Tokens {
		all = append(all, pointer{viewBurnt, []byte(t.Fingerprint), e.N})
	}
	return all, nil
}

func putViews(tx *bolt.Tx, e Entry) error {
	all, err := pointers(e)
	if err != nil {
		return err
	}
	for _, p := range all {
		if len(p.key) == 0 {
			return fmt.Errorf("cannot file a %s entry without a name", e.Kind)
		}
		if err := bucket(tx, bucketViews, p.view).Put(p.key, be64(p.to)); err != nil {
			return err
		}
	}
	return nil
}

// lookup follows a view to its entry; found is false where the key is not there.
func (c *Case) lookup(view, key []byte) (e Entry, found bool, err error) {
	err = c.view(func(tx *bolt.Tx) error {
		n := bucket(tx, bucketViews, view).Get(key)
		if n == nil {
			return nil
		}
		found = true
		e, err = entryAt(tx, num(n))
		return err
	})
	return e, found, err
}

// collect follows every line of a view whose key has the prefix.
func (c *Case) collect(view, prefix []byte) (all []Entry, err error) {
	err = c.view(func(tx *bolt.Tx) error {
		cur := bucket(tx, bucketViews, view).Cursor()
		for k, n := cur.Seek(prefix); k != nil && string(k[:min(len(k), len(prefix))]) == string(prefix); k, n = cur.Next() {
			e, err := entryAt(tx, num(n))
			if err != nil {
				return err
			}
			all = append(all, e)
		}
		return nil
	})
	return all, err
}
