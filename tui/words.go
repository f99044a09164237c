package tui

import (
	"fmt"
	"strings"
	"time"

	"retake/actions"
	"retake/actions/clean"
	"retake/store"
)

// look is how a state is shown: a glyph, words, an ink.
type look struct {
	glyph, words literal
	ink          ink
}

var looks = map[store.State]look{
	store.NotStarted:    {"-", "not started", faint},
	store.Working:       {">", "interrupted", warn},
	store.WaitingState:  {"~", "waiting", warn},
	store.NeedsPerson:   {"!", "needs a person", bad},
	store.Proved:        {"✓", "proved", good},
	store.Attested:      {"=", "attested", good},
	store.NotApplicable: {"/", "not applicable", faint},
	store.Blocked:       {"#", "blocked", bad},
}

func lookOf(s store.State) look {
	if l, known := looks[s]; known {
		return l
	}
	return look{"?", "of an unknown state", warn}
}

// stateSpans are the glyph and the words of a line's state. What is proved for a
// part only never looks plainly proved.
func (b boardLine) stateSpans(j *jobView) row {
	l := lookOf(b.Standing.State)
	if j.on(b.Step.ID) {
		what := j.task
		if j.task == panicking {
			what = carrying
		}
		return row{{warn, litf("> %s", what)}}
	}
	if b.inPart() {
		words := lit("? proved, in part")
		if n := len(b.unseen); n > 0 {
			words = litf("? proved, %d not seen", n)
		}
		return rowOf(warn, words)
	}
	return row{{l.ink, lit(l.glyph)}, {l.ink, lit(" ")}, {l.ink, lit(l.words)}}
}

var outcomeInk = map[store.Result]ink{
	store.Made: good, store.Already: good, store.Waiting: warn, store.Stale: warn,
	store.Refused: bad, store.Failed: bad, store.Unknown: bad,
}

// outcomeWords says what a result means.
var outcomeWords = map[store.Result]literal{
	store.Made: "made", store.Already: "was so already", store.Waiting: "made, proof still to come", store.Stale: "not made: somebody else moved it",
	store.Refused: "refused by the account", store.Failed: "not made", store.Unknown: "outcome unknown",
}

var severityInk = map[actions.Severity]ink{
	actions.Critical: bad, actions.High: bad, actions.Medium: warn, actions.Low: plain, actions.Info: faint,
}

// severities in the order in which they are read.
var severities = []actions.Severity{actions.Critical, actions.High, actions.Medium, actions.Low, actions.Info}

// sentence is an error with what to do about it.
func sentence(err error) clean.Text {
	if hint := store.HintOf(err); hint != "" {
		return clean.Showf("%s: %s", err.Error(), hint)
	}
	return clean.Show(err.Error())
}

// since tells a time that has passed: 0:12:31, 2d 03:10:00.
func since(d time.Duration) clean.Text {
	d = max(0, d).Truncate(time.Second)
	s := int(d.Seconds())
	clock := fmt.Sprintf("%d:%02d:%02d", s/3600%24, s/60%60, s%60)
	if days := s / 86400; days > 0 {
		clock = fmt.Sprintf("%dd %s", days, clock)
	}
	return clean.Show(clock)
}

// clockTime is a time of day in UTC, as the papers have it.
func clockTime(t time.Time) clean.Text { return clean.Show(t.UTC().Format("15:04:05")) }

// joined is a text of several lines as one.
func joined(s string) clean.Text { return clean.Show(strings.ReplaceAll(s, "\n", " ")) }

// some says how many of what: 1 change, 8 changes.
func some(n int, one, many literal) clean.Text {
	if n == 1 {
		return litf("%d %s", n, one)
	}
	return litf("%d %s", n, many)
}
