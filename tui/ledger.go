package tui

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"retake/actions"
	"retake/actions/clean"
	"retake/store"
)

// ledger is what the console has read of the custody log so far: what no step
// could see, and when plans were made and agreed to. It is a value; reading on
// makes a new one, so a command may read while the screen draws.
type ledger struct {
	next  int64 // the first entry that was not read yet
	steps map[string]stepLedger
}

type stepLedger struct {
	seen    map[string]store.Coverage // by source and account, the latest word
	planned time.Time                 // when the latest plan was made
	plan    int64                     // its entry, 0 for none
	agreed  int64                     // the entry of the latest agreement, 0 for none
	ticked  []string                  // the checks of the latest attestation
}

// readOn reads the entries that came since.
func (l ledger) readOn(c *store.Case) (ledger, error) {
	out := ledger{l.next, maps.Clone(l.steps)}
	if out.steps == nil {
		out.steps = map[string]stepLedger{}
	}
	var failed error
	copied := map[string]bool{}
	err := c.Entries(l.next, func(e store.Entry) bool {
		s := out.steps[e.Step]
		if !copied[e.Step] {
			s.seen, copied[e.Step] = maps.Clone(s.seen), true
		}
		failed = s.take(e)
		out.steps[e.Step], out.next = s, e.N+1
		return failed == nil
	})
	return out, cmp.Or(err, failed)
}

func (s *stepLedger) take(e store.Entry) error {
	switch e.Kind {
	case store.KindCoverage:
		var v store.Coverage
		if err := e.Decode(&v); err != nil {
			return err
		}
		if s.seen == nil {
			s.seen = map[string]store.Coverage{}
		}
		s.seen[v.Source+"\x00"+v.Account] = v
	case store.KindPlan:
		s.plan, s.planned = e.N, e.At
	case store.KindAttestation:
		var a store.AttestationEntry
		if err := e.Decode(&a); err != nil {
			return err
		}
		s.ticked = a.Checks
	case store.KindAgreed:
		s.agreed = e.N
	}
	return nil
}

// unseen is what the step could not look at, in a steady order.
func (l ledger) unseen(step string) []store.Coverage {
	var all []store.Coverage
	for _, v := range l.steps[step].seen {
		if !v.Seen {
			all = append(all, v)
		}
	}
	slices.SortFunc(all, func(a, b store.Coverage) int {
		return cmp.Or(strings.Compare(a.Source, b.Source), strings.Compare(a.Account, b.Account))
	})
	return all
}

// waits tells whether the latest plan of a step was not agreed to yet.
func (l ledger) waits(step string) bool { return l.steps[step].plan > l.steps[step].agreed }

// boardLine is a line of the board with what was not seen.
type boardLine struct {
	actions.Line
	unseen   []store.Coverage
	ticked   []string          // checks that somebody attested
	findings []actions.Finding // of the latest reading and since
	earlier  []actions.Finding // of earlier readings only
}

// why says how the step came to stand where it stands; of a person's word, whose
// it is.
func (b boardLine) why() clean.Text {
	s := b.Standing
	if s.Why != "" && (s.State == store.Attested || s.State == store.NotApplicable) {
		return litf("%s, %s UTC: %s", s.By, s.At.UTC().Format("2006-01-02 15:04"), joined(s.Why))
	}
	return joined(s.Why)
}

// inPart tells whether a proved step is proved only for a part.
func (b boardLine) inPart() bool {
	return b.Standing.State == store.Proved && (len(b.unseen) > 0 || strings.Contains(b.Standing.Why, "not covered"))
}
