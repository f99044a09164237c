package tui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"retake/actions"
	"retake/actions/clean"
)

// board lists the steps in the order of the playbook and says which comes next.
type board struct {
	room
	lines  []boardLine
	job    *jobView
	beside alongside
	meter  *actions.Meter      // nil until it was read
	panic  *actions.PanicOrder // that is not finished, nil for none
	cursor int
	list   pane
	brief  pane // of the chosen step, where the window is wide
	w, h   int
}

func newBoard(r room) *board { return &board{room: r, brief: pane{more: "enter"}} }

// wide is from where on a screen has two columns.
const wide = 120

// column is the width of the left one: enough for the board, then half.
func column(w int) int { return max(w/2, min(82, w*3/5)) }

func (b *board) Typing() bool { return false }

func (b *board) Hints() []hint {
	all := []hint{{keys.Enter, "open"}, {keys.Panic, "panic"}, {keys.Evidence, "evidence"}, {keys.Timeline, "timeline"}, {keys.Watch, "watch"}, {keys.Coverage, "coverage"}, {keys.Export, "export"}}
	return append(all, b.trainingHints()...)
}

func (b *board) SetSize(w, h int) {
	b.w, b.h = w, h
	b.arrange()
}

// arrange gives the columns their sizes and keeps the chosen step in sight.
func (b *board) arrange() {
	left, high := b.w, b.h-len(b.top())
	if b.w >= wide {
		left = column(b.w)
		b.brief.SetSize(b.w-left-3, high)
	}
	b.list.SetSize(left, max(0, high))
	b.list.set(boardRows{b})
	switch room := b.list.room(); {
	case b.cursor < b.list.top:
		b.list.top = b.cursor
	case b.cursor >= b.list.top+room:
		b.list.top = b.cursor - room + 1
	}
	b.list.clamp()
	if line, any := b.chosenLine(); any && b.w >= wide {
		b.brief.set(rows(briefRows(line, nil, nil, b.brief.w)))
	}
}

func (b *board) chosenLine() (boardLine, bool) {
	if b.cursor >= len(b.lines) {
		return boardLine{}, false
	}
	return b.lines[b.cursor], true
}

func (b *board) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case caseRead:
		b.panic = msg.panic
		b.take(msg.lines)
	case jobSeen:
		b.job = msg.job
	case alongside:
		b.beside = msg
		b.arrange()
	case metered:
		b.meter = &msg.meter
	case tea.KeyMsg:
		return b.key(msg)
	}
	return nil
}

// take shows new lines. The first time the cursor goes to what comes next.
func (b *board) take(lines []boardLine) {
	first := b.lines == nil
	b.lines = lines
	for n, line := range lines {
		if first && line.Recommended {
			b.cursor = n
		}
	}
	b.arrange()
}

func (b *board) key(k tea.KeyMsg) tea.Cmd {
	if by, moves := strides(k, len(b.lines), b.list.leaf()+1); moves {
		b.move(by)
		return nil
	}
	switch {
	case matches(k, keys.Panic), matches(k, keys.Continue) && b.panic != nil:
		return b.show(newPanic(b.room))
	case matches(k, keys.Journal):
		return b.show(newJournal(b.room))
	case matches(k, keys.Evidence):
		return b.show(newEvidence(b.room))
	case matches(k, keys.Timeline):
		return b.show(newTimeline(b.room))
	case matches(k, keys.Watch):
		return b.show(newWatch(b.room))
	case matches(k, keys.Reach):
		return b.show(newReach(b.room))
	case matches(k, keys.Coverage):
		return b.show(newCoverage(b.room))
	case matches(k, keys.Export):
		return b.show(newExport(b.room))
	case matches(k, keys.Scene, keys.Debrief):
		return b.showTraining(k)
	case matches(k, keys.Enter):
		if line, any := b.chosenLine(); any {
			return b.show(newStep(b.room, line))
		}
	case matches(k, keys.Plan, keys.Agree, keys.Continue, keys.Attest, keys.Edit):
		return b.tell(plain, lit("open the step first: enter"))
	case matches(k, keys.Back):
		return b.tell(plain, lit("this is the board, where everything begins; q leaves"))
	}
	return nil
}

func (b *board) move(by int) {
	b.cursor = max(0, min(b.cursor+by, len(b.lines)-1))
	b.brief.home()
	b.arrange()
}

func (b *board) View() string {
	var lines []string
	for _, r := range b.top() {
		lines = append(lines, r.draw(b.theme, b.w))
	}
	left := b.list.lines(b.theme)
	if b.w >= wide {
		left = beside(b.theme, left, b.brief.lines(b.theme), b.list.w)
	}
	lines = append(lines, left...)
	return stack(lines, b.h)
}

// aboutHeight is how many lines under the next step speak of the chosen one.
const aboutHeight = 2

// top says what burns and what comes next, and of the chosen step why it stands
// where it stands; nothing in a very low window.
func (b *board) top() []row {
	p, low := page{w: b.w}, b.h < 26
	p.add(b.meterRows()...)
	switch {
	case b.h < 8:
		return nil
	case b.lines == nil:
		p.para(faint, lit("reading the case ..."))
	default:
		if b.panic != nil && (b.job == nil || b.job.task != panicking) {
			p.add(row{{bad, lit("! a panic order is not finished: c goes on with it, nothing is done twice")}}.cut(b.w))
		}
		if b.h >= 12 {
			p.add(b.beside.rows(b.w, low)...)
		}
		b.clock(&p)
		b.advise(&p)
	}
	if b.h > len(p.rows)+len(b.lines) { // not at the cost of a step
		p.add(row{})
	}
	return p.rows
}

// clock says how long Twilio still waits for an answer, while it does.
func (b *board) clock(p *page) {
	for _, line := range b.lines {
		if c, runs := actions.AnswerClock(line.Standing, b.session.Now()); runs {
			i := warn
			if c.Left < 4*time.Hour {
				i = bad
			}
			p.add(row{{i, clean.Showf("! %s", c.String())}}.cut(b.w))
		}
	}
}

func (b *board) advise(p *page) {
	for _, line := range b.lines {
		if line.Recommended {
			p.add(row{{strong, lit("Next: ")}, {strong, clean.Showf("%s (%s)", line.Step.Title, line.Step.Number)}})
			b.about(p)
			return
		}
	}
	p.add(rowOf(good, lit("No step is open. Go round once more, export the evidence, hand over.")))
	b.about(p)
}

// about keeps its height whatever it says, so that the list does not jump under
// the cursor.
func (b *board) about(p *page) {
	line, any := b.chosenLine()
	if !any || b.h < 12 {
		return
	}
	i, text := faint, joined(line.Step.Because)
	if line.why() != (clean.Text{}) {
		i, text = plain, line.why()
	}
	head := row{{faint, clean.Show(line.Step.ID)}, {faint, lit(": ")}}
	if b.h-len(p.rows)-len(b.lines) < aboutHeight { // a second line is not worth a step
		p.add(append(head, span{i, text}).cut(p.w))
		return
	}
	part := &page{w: p.w}
	part.hang(head, i, text)
	part.add(row{}, row{})
	p.add(part.rows[:aboutHeight]...)
}

// boardRows draws the steps that are in sight.
type boardRows struct{ b *board }

func (r boardRows) Len() int { return len(r.b.lines) }

func (r boardRows) Row(n int) row { return r.b.line(n) }

const numberWidth = 9 // "after 12" and a space

func (b *board) line(n int) row {
	l := b.lines[n]
	mark := lit("  ")
	switch {
	case n == b.cursor:
		mark = lit("> ")
	case l.Recommended:
		mark = lit("» ")
	}
	state := l.stateSpans(b.job)
	i := plain
	if l.Recommended {
		i = strong
	} else if actions.Ended(l.Standing.State) {
		i = faint
	}
	w := b.list.w
	number := rowOf(faint, clean.Show(l.Step.Number)).pad(numberWidth)
	name := append(row{{i, mark}}, append(number, span{i, clean.Show(l.Step.Title)})...)
	if w < 50 {
		name = row{{i, mark}, {i, clean.Show(l.Step.Title)}}
	}
	out := ends(name, append(row{{plain, lit(" ")}}, state.pad(min(stateWidth, w/2))...), w)
	if n == b.cursor {
		return out.in(chosen)
	}
	return out
}

const stateWidth = 23

// stack joins lines, at most h of them.
func stack(lines []string, h int) string {
	var out string
	for n, line := range lines[:max(0, min(len(lines), h))] {
		if n > 0 {
			out += "\n"
		}
		out += line
	}
	return out
}
