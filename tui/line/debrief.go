package line

import (
	"fmt"
	"strings"
	"time"

	"retake/actions"
	"retake/actions/clean"
)

// debrief tells on the normal screen, when the console of a training has closed,
// how it stands.
func (a *app) debrief(t *actions.Training) error {
	d, err := t.Debrief()
	if err != nil {
		return err
	}
	for _, line := range debriefLines(d) {
		if _, err := fmt.Fprintln(a.out, line); err != nil {
			return err
		}
	}
	return nil
}

// debriefLines are a debrief in at most eight lines.
func debriefLines(d actions.Debrief) []clean.Text {
	all := []clean.Text{clean.Showf("Training: %s, %s by its clock", d.Title, d.Meter.Elapsed.Truncate(time.Second))}
	switch {
	case d.FalseAlarm():
		all = append(all, clean.Showf("alarm:    nobody had broken in, and you made %d changes", d.Acts))
	case d.BreakIn.IsZero():
		all = append(all, clean.Show("alarm:    nobody had broken in, and you changed nothing"))
	default:
		all = append(all, clean.Showf("traffic:  %s", stopWords(d)), clean.Showf("money:    %s", lossWords(d)), clean.Showf("left:     %s", leftWords(d)))
	}
	return append(all,
		clean.Showf("steps:    %d of %d done", d.Steps-len(d.Open), d.Steps),
		clean.Show("The same command goes on with it; D on the board shows the whole debrief."))
}

func stopWords(d actions.Debrief) string {
	if d.Stopped.IsZero() {
		return fmt.Sprintf("the intruder still begins calls and messages, %s after the break-in", d.Now.Sub(d.BreakIn))
	}
	return fmt.Sprintf("nothing new since %s after you began, %s after the break-in", d.Stopped.Sub(d.Began), d.Stopped.Sub(d.BreakIn))
}

func lossWords(d actions.Debrief) string {
	s := fmt.Sprintf("lost %s: %s before you came, %s while it ran", d.Meter.Lost, d.Before, d.While)
	switch {
	case d.Meter.Running:
		return s + fmt.Sprintf("; %s a minute", d.Meter.PerMinute)
	case d.Meter.ToCome > 0:
		return s + fmt.Sprintf(", %s since; %s to come", d.After, d.Meter.ToCome)
	}
	return s + fmt.Sprintf(", %s since", d.After)
}

// leftWords counts what was missed, with the steps that would catch it.
func leftWords(d actions.Debrief) string {
	missed := d.Missed()
	if len(missed) == 0 {
		return fmt.Sprintf("nothing of the %d things that the intruder had", len(d.Footholds))
	}
	var steps []string
	seen := map[string]bool{}
	for _, f := range missed {
		if !seen[f.Step] {
			seen[f.Step] = true
			steps = append(steps, f.Step)
		}
	}
	return fmt.Sprintf("%d of the %d things that the intruder had: %s", len(missed), len(d.Footholds), strings.Join(steps, ", "))
}
