package actions

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"retake/actions/sim"
	"retake/store"
)

// Debrief is how a training went so far: what the simulated world knows, next to
// what the case says. Names and labels in it are text from the account.
type Debrief struct {
	Title   string
	Began   time.Time
	Now     time.Time
	BreakIn time.Time // zero where nobody broke in
	Stopped time.Time // since when the intruder can begin nothing more; zero while he can
	Streams []StreamEnd
	Meter   Meter

	Before, While, After Money // lost until the training began, until Stopped, and since

	Footholds []Foothold
	Open      []*Step  // steps that are neither proved nor put down by a person
	Steps     int      // of the playbook
	Acts      int      // changing requests that the account carried out for the trainee
	KeysLost  []string // API keys of the company that are deleted
	Suspended []string // subaccounts that are out of service
}

// StreamEnd is when the intruder's calls or messages of an account stopped.
type StreamEnd struct {
	Account, Name string
	Kind          string    // calls, messages or mails
	At            time.Time // zero while they go on
}

// Fate is what became of a foothold.
type Fate string

// The fates.
const (
	Removed Fate = "removed" // seen gone in the account
	ByHand  Fate = "by-hand" // put down as looked after by hand; only the Console reaches it
	Missed  Fate = "missed"  // still there
)

// Foothold is a thing by which the intruder stays in, earns, or is not seen.
type Foothold struct {
	What  string // holds text from the account
	Step  string // ID of the step that catches it
	How   string // what catches it there
	Fate  Fate
	At    time.Time // when he got it
	Found time.Time // when the case first names it; zero if it never does
	Gone  time.Time // when it was taken away or put down; zero if not, or not known
}

// Missed are the footholds that are still there.
func (d Debrief) Missed() []Foothold {
	return slices.DeleteFunc(slices.Clone(d.Footholds), func(f Foothold) bool { return f.Fate != Missed })
}

// FalseAlarm tells that the account was changed although nobody had broken in.
func (d Debrief) FalseAlarm() bool { return d.BreakIn.IsZero() && d.Acts > 0 }

// Debrief reckons how the training went so far.
func (t *Training) Debrief() (Debrief, error) {
	m, truth := t.Meter(), t.world.Truth()
	d := Debrief{
		Title: t.scenario().Title, Began: truth.Began, Now: truth.Began.Add(m.Elapsed), BreakIn: truth.BreakIn, Meter: m,
		KeysLost: truth.KeysLost, Suspended: truth.Suspended,
	}
	for _, a := range t.world.Acts() {
		if a.Actor == "client" && a.Status < 300 {
			d.Acts++
		}
	}
	d.streams(truth)
	d.money(t.world)
	if err := d.progress(t.Case); err != nil {
		return d, err
	}
	return d, d.judge(t.Case, truth.Footholds)
}

// streams sets when each stream of the intruder stopped, and the last of them.
func (d *Debrief) streams(truth sim.Truth) {
	running := false
	for _, s := range truth.Streams {
		d.Streams = append(d.Streams, StreamEnd{s.Account, s.Name, s.Kind, s.Stopped})
		running = running || s.Stopped.IsZero()
		if s.Stopped.After(d.Stopped) {
			d.Stopped = s.Stopped
		}
	}
	if running {
		d.Stopped = time.Time{}
	}
}

func (d *Debrief) money(w *sim.World) {
	d.Before = Money(w.LostBy(d.Began))
	until := d.Meter.Lost
	if !d.Stopped.IsZero() {
		until = Money(w.LostBy(d.Stopped))
	}
	d.While, d.After = until-d.Before, d.Meter.Lost-until
}

func (d *Debrief) progress(c *store.Case) error {
	board, err := Board(c, Playbook())
	d.Steps = len(board)
	for _, line := range board {
		if !Ended(line.Standing.State) {
			d.Open = append(d.Open, line.Step)
		}
	}
	return err
}

// judge says of each foothold what became of it.
func (d *Debrief) judge(c *store.Case, all []sim.Foothold) error {
	read, err := recollect(c)
	if err != nil {
		return err
	}
	for _, f := range all {
		l := lessons[f.Kind]
		told := Foothold{What: l.what(f), Step: l.step, How: l.how, At: f.At, Found: read.names(f), Gone: f.Gone, Fate: Removed}
		if f.There {
			told.Fate = Missed
			if at := read.ticked[l.step+" "+l.check]; l.check != "" && !at.IsZero() && (f.ByHand || l.byHand) {
				told.Fate, told.Gone = ByHand, at
			}
		}
		d.Footholds = append(d.Footholds, told)
	}
	slices.SortStableFunc(d.Footholds, func(a, b Foothold) int { return cmp.Compare(rankOf(a.Fate), rankOf(b.Fate)) })
	return nil
}

func rankOf(f Fate) int { return slices.Index([]Fate{Missed, ByHand, Removed}, f) }

// recollection is what a debrief wants of the log.
type recollection struct {
	named  []store.Entry        // plans, findings and intents, in order
	ticked map[string]time.Time // step and check, when it was first attested
}

func recollect(c *store.Case) (recollection, error) {
	r := recollection{ticked: map[string]time.Time{}}
	var failed error
	err := c.Entries(0, func(e store.Entry) bool {
		switch e.Kind {
		case store.KindPlan, store.KindFinding, store.KindIntent:
			r.named = append(r.named, e)
		case store.KindAttestation:
			var a store.AttestationEntry
			failed = e.Decode(&a)
			for _, check := range a.Checks {
				if r.ticked[e.Step+" "+check].IsZero() {
					r.ticked[e.Step+" "+check] = e.At
				}
			}
		}
		return failed == nil
	})
	return r, cmp.Or(err, failed)
}

// names is when the log first names a foothold: by its SID, or where it has
// none by its account, under the step that is about such things.
func (r recollection) names(f sim.Foothold) time.Time {
	own := len(f.Mark) == len(f.Account) && f.Mark != f.Account || f.Kind == sim.MailFoothold
	for _, e := range r.named {
		if own && (f.Kind != sim.MailFoothold || e.Step == lessons[f.Kind].step) && bytes.Contains(e.Body, []byte(f.Mark)) || !own && e.Step == lessons[f.Kind].step && bytes.Contains(e.Body, []byte(f.Account)) {
			return e.At
		}
	}
	return time.Time{}
}
