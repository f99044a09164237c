package actions

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"retake/store"
)

const (
	notable = 10 * time.Second // from here on a responder is told that the clocks differ
	alike   = 5 * time.Second  // up to here they are said to agree again
)

// clockID is the finding by which a step tells of the clock.
const clockID = "clock"

// clocks is what a desk knows of this machine's clock against Twilio's.
type clocks struct {
	mu   sync.Mutex
	from int64       // how many entries the case had when the desk was set up
	told store.Clock // as the case has it
	read bool        // told was read from the case

	heard bool // what is told last was so while this desk was at work
}

// Theirs is a time by this machine's clock as Twilio's clock tells it: whatever is
// held against a time that Twilio gave goes through here, or through dated and
// opened. Where the difference is not known it is the same time.
func (r *Run) Theirs(t time.Time) time.Time {
	if r.line == nil || t.IsZero() {
		return t
	}
	by, _ := r.line.Skew()
	return t.Add(by)
}

// TheirNow is the time by Twilio's clock.
func (r *Run) TheirNow() time.Time { return r.Theirs(r.Now()) }

// dated is an act with its times by Twilio's clock. Those of an earlier run are by
// the clock as it went then, as far as the case says how it did.
func (r *Run) dated(d store.Done) store.Done {
	by := r.skewAt(d.N)
	d.Began = d.Began.Add(by)
	if !d.Ended.IsZero() {
		d.Ended = d.Ended.Add(by)
	}
	return d
}

// datedAll are acts with their times by Twilio's clock.
func (r *Run) datedAll(all []store.Done) []store.Done { return mapped(all, r.dated) }

// opened is when the case was opened, by Twilio's clock. It is in whole seconds
// away from the case's own word, and stays the same from run to run, so that the
// same state of the account makes the same plan.
func (r *Run) opened() time.Time {
	r.noteClock()
	return r.desk.Case.Header.Created.Add(r.toldAt(0))
}

// skewAt is how far Twilio's clock was ahead when an entry was written.
func (r *Run) skewAt(entry int64) time.Duration {
	r.noteClock() // a clock that was set a moment ago went otherwise when the entry was written
	if r.line == nil || entry < r.desk.clocks.present() {
		return r.toldAt(entry)
	}
	by, known := r.line.Skew()
	if !known {
		return r.toldAt(entry)
	}
	return by
}

// present is from which entry on the clock went as it does now.
func (k *clocks) present() int64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return max(k.from, k.told.Last().Entry)
}

// toldAt is the same as far as the case says it: 0 where it says nothing.
func (r *Run) toldAt(entry int64) (by time.Duration) {
	k := &r.desk.clocks
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.recall(r.desk.Case); err != nil {
		_ = r.halt(err)
	}
	return k.told.At(entry)
}

// recall reads what the case says. The lock is held.
func (k *clocks) recall(c *store.Case) error {
	if k.read {
		return nil
	}
	filed, err := c.Findings(store.ClockStep)
	for _, f := range filed {
		k.told = k.told.With(f)
	}
	k.read = err == nil
	return err
}

// noteClock files that the clocks differ, or agree again, where the case does not
// say so yet, and has the step tell of it. What cannot be filed stops the run.
func (r *Run) noteClock() {
	if r.line == nil {
		return
	}
	by, known := r.line.Skew()
	if !known {
		return
	}
	k := &r.desk.clocks
	k.mu.Lock()
	err := k.recall(r.desk.Case)
	if err == nil {
		err = k.note(r.desk.Case, by.Round(time.Second))
	}
	by = k.told.Last().By
	k.mu.Unlock()
	if err != nil {
		_ = r.halt(err)
		return
	}
	if r.Step.Work != nil { // the watch and its like tell of the account only
		r.tellClock(by)
	}
}

// note files how far Twilio's clock is ahead if that is news.
func (k *clocks) note(c *store.Case, by time.Duration) error {
	before := k.told.Last().By
	if (by-before).Abs() <= notable && (before == 0 || by.Abs() > alike) {
		k.heard = true
		return nil
	}
	s := store.ClockSetting{By: by}
	if by.Abs() <= notable {
		s.By = 0
	}
	var err error
	if s.Entry, err = k.since(c); err != nil || s.By == before {
		return err
	}
	f := store.Finding{ID: s.ID(), Severity: string(Low), Account: c.Header.Account, Text: fmt.Sprintf("from entry %d of the log on, %s", s.Entry, clockWords(s.By)), Exhibits: []int64{}}
	if s.By == 0 {
		f.Severity = string(Info)
	}
	if err := c.AddFinding(store.ClockStep, f); err != nil {
		return err
	}
	k.told, k.heard = append(k.told, s), true
	return nil
}

// since is from which entry on the clock goes as it does: from the beginning of
// the desk's work, or of the case where nobody worked at it before; from now on
// where it went otherwise a while ago.
func (k *clocks) since(c *store.Case) (int64, error) {
	if k.heard {
		return c.Size()
	}
	first := int64(0)
	err := c.Entries(0, func(e store.Entry) bool { first = e.N; return e.Kind != store.KindRun })
	if first < k.from {
		first = k.from
	} else {
		first = 0
	}
	return first, err
}

// tellClock has the step tell that the clocks differ. Once they agree again, its
// next reading does not find that any more.
func (r *Run) tellClock(by time.Duration) {
	f := Finding{ID: clockID, Severity: Low, Account: r.Main(), Text: clockWords(by)}
	r.mu.Lock()
	r.report.Findings = slices.DeleteFunc(r.report.Findings, func(told Finding) bool { return told.ID == clockID && told.Text != f.Text })
	r.mu.Unlock()
	if by != 0 {
		r.Find(f)
	}
}

// clockWords say how the two clocks stand to each other.
func clockWords(by time.Duration) string {
	if by == 0 {
		return "this machine's clock agrees with Twilio's again"
	}
	return fmt.Sprintf("this machine's clock is %s %s Twilio's: times of acts in this case are by this machine's clock. Where the two are compared, that is allowed for; set the clock right when there is time",
		apart(by.Abs()), map[bool]string{true: "behind", false: "ahead of"}[by > 0])
}

// apart is a difference in its two largest units.
func apart(d time.Duration) string {
	day := 24 * time.Hour
	switch {
	case d >= 2*day:
		return fmt.Sprintf("%d days %d h", d/day, d%day/time.Hour)
	case d >= time.Hour:
		return fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
	case d >= time.Minute:
		return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%d s", d/time.Second)
}
