package tui

import (
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"retake/actions"
)

// caseRead is what the case says now.
type caseRead struct {
	lines  []boardLine
	ledger ledger
	panic  *actions.PanicOrder // that is not finished, nil for none
	err    error
}

// read reads the board and what is new in the log.
func (r *root) read() tea.Cmd {
	d, l := r.session.Desk, r.ledger
	return r.works.counted(func() tea.Msg { return readCase(d, l) })
}

func readCase(d *actions.Desk, l ledger) caseRead {
	next, err := l.readOn(d.Case)
	if err != nil {
		return caseRead{err: err}
	}
	board, err := d.Board()
	out := caseRead{ledger: next, err: err}
	if err == nil {
		out.panic, out.err = d.OpenPanic()
	}
	for _, line := range board {
		found, earlier, failed := d.Findings(line.Step.ID)
		if failed != nil {
			return caseRead{err: failed}
		}
		out.lines = append(out.lines, boardLine{line, next.unseen(line.Step.ID), next.steps[line.Step.ID].ticked, found, earlier})
	}
	return out
}

// memory is what the console itself knows of a step, until it is left: the
// latest report with all that was found, and parameters that were not planned
// with yet.
type memory struct {
	report *actions.Report
	params actions.Params
	given  bool // a credential was given since the latest plan
}

// remember keeps a report. A plan that is carried out reports nothing of what
// was found when it was made, so the findings of the plan are kept with it.
func (r *root) remember(w worked) worked {
	m := r.desks[w.order.step]
	w.stopped = r.job != nil && r.job.view.stopping
	if w.report == nil {
		return w
	}
	if m.report != nil && w.order.task != planning {
		all := slices.Clone(w.report.Findings)
		for _, f := range m.report.Findings {
			if !slices.ContainsFunc(all, func(g actions.Finding) bool { return g.ID == f.ID }) {
				all = append(all, f)
			}
		}
		merged := *w.report
		merged.Findings, w.report = all, &merged
	}
	m.report, m.given = w.report, m.given && w.order.task != planning
	r.desks[w.order.step] = m
	return w
}
