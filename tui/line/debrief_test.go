package line

import (
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"retake/actions"
)

// What is printed when a training is left says how it stands in at most eight
// lines, with the figures of the debrief.
func TestDebriefLines(t *testing.T) {
	for scenario, words := range map[string][]string{
		"leaked-token": {"still begins", "0 of 17 done", "before you came"},
		"clean":        {"nobody had broken in", "0 of 17 done"},
	} {
		var passed atomic.Int64
		training, err := actions.OpenTraining(t.Context(), actions.TrainingOptions{
			Path: filepath.Join(t.TempDir(), "case"), Scenario: scenario, Seed: 1, Responder: "ada",
			Now: time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC), Clock: func() time.Duration { return time.Duration(passed.Load()) },
		})
		if err != nil {
			t.Fatal(err)
		}
		defer training.Case.Close()
		passed.Store(int64(5 * time.Minute))
		d, err := training.Debrief()
		if err != nil {
			t.Fatal(err)
		}
		if scenario == "leaked-token" {
			words = append(words, d.Meter.Lost.String(), d.Before.String(), d.While.String(), d.Meter.PerMinute.String())
		}
		var all []string
		for _, line := range debriefLines(d) {
			all = append(all, line.String())
		}
		for _, w := range words {
			if len(all) > 8 || !strings.Contains(strings.Join(all, "\n"), w) {
				t.Errorf("%s: %d lines, without %q:\n%s", scenario, len(all), w, strings.Join(all, "\n"))
			}
		}
	}
}

// Each state of the traffic has words of its own.
func TestDebriefLinesOfAnEnd(t *testing.T) {
	began := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	d := actions.Debrief{Began: began, BreakIn: began.Add(-40 * time.Minute), Stopped: began.Add(9 * time.Minute), Now: began.Add(time.Hour), After: 2e6, Meter: actions.Meter{Lost: 30e6, ToCome: 4e6}}
	under := debriefLines(d)
	d.Meter.ToCome = 0
	over := debriefLines(d)
	if !strings.Contains(under[1].String(), "nothing new since 9m0s") || !strings.Contains(under[2].String(), "$ 4.00 to come") || strings.Contains(over[2].String(), "to come") || !strings.Contains(over[2].String(), "$ 2.00 since") {
		t.Errorf("%s; %s", under[1:3], over[2])
	}
	d.BreakIn, d.Acts = time.Time{}, 3
	if alarm := debriefLines(d)[1].String(); !strings.Contains(alarm, "you made 3 changes") {
		t.Errorf("a false alarm reads %s", alarm)
	}
}
