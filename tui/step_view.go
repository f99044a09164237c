package tui

import (
	"fmt"
	"slices"
	"time"

	"retake/actions"
	"retake/actions/clean"
	"retake/store"
)

// arrange lays all pages out for the window.
func (s *stepScreen) arrange() {
	w, h := s.w, max(0, s.h-len(s.top()))
	if s.beside() {
		left := column(s.w)
		s.brief.SetSize(s.w-left-3, h)
		s.brief.set(rows(briefRows(s.line, s.params, s.extras(), s.brief.w)))
		w = left
	}
	for n := range s.panes {
		s.panes[n].SetSize(w, h)
	}
	s.panes[tabBrief].set(rows(briefRows(s.line, s.params, s.extras(), w)))
	s.panes[tabFindings].set(findingRows(s.findings(), s.earlier(), s.report != nil || s.line.Standing.State != store.NotStarted, w))
	s.layPlan(w)
	s.panes[tabUnseen].set(unseenRows(s.line.unseen, w))
	s.drawWork()
}

// layPlan lays the plan out anew only when it is another one or the width is: a
// plan may have thousands of lines.
func (s *stepScreen) layPlan(w int) {
	made := s.ledger.steps[s.line.Step.ID].planned
	now := laid{w: w, made: made}
	if s.plan != nil {
		now.digest = s.plan.Digest
	}
	if s.laid != now {
		s.laid = now
		s.panes[tabPlan].set(planRows(s.plan, made, w))
	}
}

// laid is what the rows of the plan were laid out for.
type laid struct {
	w      int
	digest string
	made   time.Time
}

// drawWork lays out the page that changes while work is done.
func (s *stepScreen) drawWork() {
	p := &s.panes[tabWork]
	if s.mine() && s.job.changes() {
		p.set(newProgress(s.job, s.pace, s.session.Now(), p.w))
		return
	}
	p.set(outcomeRows(s.line.Step.ID, s.done(), p.w))
}

// beside tells whether the brief has a column of its own.
func (s *stepScreen) beside() bool { return s.w >= wide && s.tab != tabBrief }

func (s *stepScreen) View() string {
	var lines []string
	for _, r := range s.top() {
		lines = append(lines, r.draw(s.theme, s.w))
	}
	body := s.panes[s.tab].lines(s.theme)
	if s.beside() {
		body = beside(s.theme, body, s.brief.lines(s.theme), s.panes[s.tab].w)
	}
	return stack(append(lines, body...), s.h)
}

// top is what is always in sight: which step, how it stands, what to press.
func (s *stepScreen) top() []row {
	p := &page{w: s.w}
	state := s.line.stateSpans(s.job)
	p.add(ends(row{{title, clean.Show(s.line.Step.Number)}, {title, lit("  ")}, {title, clean.Show(s.line.Step.Title)}}, append(row{{plain, lit(" ")}}, state...), s.w))
	if s.h >= 8 {
		few(p, s.why, 2)
	}
	if s.h >= 5 {
		few(p, s.advice, max(1, min(3, s.h/6)))
	}
	if s.h >= 7 {
		p.add(s.tabs())
	}
	if s.h >= 14 {
		p.add(row{})
	}
	return p.rows
}

// few adds at most n lines of a paragraph.
func few(p *page, para func(*page), n int) {
	part := &page{w: p.w}
	para(part)
	p.add(part.rows[:min(n, len(part.rows))]...)
}

func (s *stepScreen) why(p *page) {
	switch {
	case s.trouble.String() != "":
		p.para(bad, s.trouble)
	case s.line.why() != (clean.Text{}) && !s.mine():
		p.para(plain, s.line.why())
	}
}

func (s *stepScreen) tabs() row {
	names := [5]clean.Text{lit("Brief"), counted("Findings", len(s.findings())), lit("Plan"), lit("Work"), counted("Not seen", len(s.line.unseen))}
	if s.plan != nil {
		names[tabPlan] = counted("Plan", len(s.plan.Changes))
	}
	if n := len(s.done()); n > 0 {
		names[tabWork] = counted("Work", n)
	}
	inks := [5]ink{}
	if s.alarming() {
		inks[tabFindings] = bad
	}
	var r row
	for n, name := range names {
		if n == s.tab {
			r = append(r, span{chosen, litf("[%d %s]", n+1, name)}, span{plain, lit(" ")})
			continue
		}
		r = append(r, span{press, litf(" %d ", n+1)}, span{inks[n], name}, span{plain, lit("  ")})
	}
	return r
}

// alarming tells whether a finding must not be missed.
func (s *stepScreen) alarming() bool {
	return slices.ContainsFunc(s.findings(), func(f actions.Finding) bool {
		return f.Severity == actions.Critical || f.Severity == actions.High
	})
}

func counted(name literal, n int) clean.Text {
	if n == 0 {
		return lit(name)
	}
	return clean.Show(fmt.Sprintf("%s (%d)", name, n))
}
