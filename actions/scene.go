package actions

import (
	"fmt"
	"slices"
	"time"

	"retake/actions/sim"
)

// Scene is how a training opens: what its scenario says, at the time at which
// the simulated clock started.
type Scene struct {
	Title          string
	Began          time.Time
	Role           string
	Mails          []Mail // oldest first
	Have, Expected string
}

// Mail is what came in before the training began.
type Mail struct {
	At                  time.Time
	From, Subject, Text string
}

// Scene tells how the training opens.
func (t *Training) Scene() Scene {
	story := t.scenario()
	s := Scene{Title: story.Title, Began: t.world.Began(), Role: story.Scene.Role, Have: story.Scene.Have, Expected: story.Scene.Expected}
	for _, m := range story.Scene.Mails {
		s.Mails = append(s.Mails, Mail{s.Began.Add(-m.Before), m.From, m.Subject, m.Text})
	}
	return s
}

func (t *Training) scenario() sim.Scenario {
	all := sim.Scenarios()
	return all[slices.IndexFunc(all, func(s sim.Scenario) bool { return s.Name == t.world.Opening().Scenario })]
}

// Money is an amount in millionths of a dollar.
type Money int64

// String is the amount in dollars and cents.
func (m Money) String() string { return fmt.Sprintf("$ %.2f", float64(m)/1e6) }

// Meter is what the intruder has cost so far, by the simulated clock.
type Meter struct {
	Elapsed   time.Duration // since the training began
	Lost      Money
	PerMinute Money // what the next minute adds if nobody does anything
	ToCome    Money // what is under way still adds in the end, if nobody ends it
	Running   bool  // new calls or messages can still be begun
}

// Meter reads the meter of a training. It may be asked every second.
func (t *Training) Meter() Meter {
	m := t.world.Meter()
	return Meter{m.At.Sub(t.world.Began()), Money(m.Cost), Money(m.PerMinute), Money(m.ToCome), m.Running}
}
