package tui

import (
	tea "github.com/charmbracelet/bubbletea"

	"retake/actions"
)

// metered is what the meter of a training says.
type metered struct{ meter actions.Meter }

// readMeter asks the simulated account, which may be busy: never in Update.
func (r *root) readMeter() tea.Cmd {
	t := r.session.Training
	if t == nil {
		return nil
	}
	return func() tea.Msg { return metered{t.Meter()} }
}

// meterRows is the line of the board that tells how long a training has run and
// what it has cost; a live case has none.
func (b *board) meterRows() []row {
	if b.session.Training == nil {
		return nil
	}
	if b.meter == nil {
		return []row{rowOf(faint, lit("reading the meter ..."))}
	}
	lead := row{{strong, since(b.meter.Elapsed)}, {plain, lit("  ")}}
	line := append(lead, meterWords(*b.meter, " a minute"))
	if line.width() > b.w {
		line[len(lead)] = meterWords(*b.meter, "/min")
	}
	return []row{line}
}

func meterWords(m actions.Meter, per literal) span {
	switch {
	case m.Running:
		return span{bad, litf("lost %s, %s%s", m.Lost, m.PerMinute, per)}
	case m.ToCome > 0:
		return span{warn, litf("lost %s, %s%s by what is under way; nothing new", m.Lost, m.PerMinute, per)}
	case m.Lost > 0:
		return span{good, litf("stopped, lost %s", m.Lost)}
	}
	return span{plain, lit("nothing lost")}
}

// trainingHints are the keys that a training has beside the others.
func (b *board) trainingHints() []hint {
	if b.session.Training == nil {
		return nil
	}
	return []hint{{keys.Debrief, "debrief"}, {keys.Scene, "scene"}}
}

// showTraining shows the scene or the debrief.
func (b *board) showTraining(k tea.KeyMsg) tea.Cmd {
	switch {
	case b.session.Training == nil:
		return b.tell(plain, lit("this is no training: there is no scene and no debrief"))
	case matches(k, keys.Debrief):
		return b.show(newDebrief(b.room))
	}
	return b.show(newScene(b.room))
}
