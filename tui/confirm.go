package tui

import (
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"retake/actions"
	"retake/actions/clean"
)

// confirm asks for the agreement to a plan: the last six characters of the
// account SID, typed, or the names of the hosts that it contacts. A paste is
// refused, since whoever pastes has not read.
type confirm struct {
	room
	step *actions.Step
	plan *actions.Plan
	sign signature
	pane pane
	w, h int
}

func newConfirm(r room, s *actions.Step, p *actions.Plan) *confirm {
	return &confirm{room: r, step: s, plan: p, sign: signature{account: p.Account, hosts: p.Hosts()}}
}

func (c *confirm) Typing() bool { return true }

func (c *confirm) Hints() []hint {
	all := []hint{{keys.Enter, "agree and carry out"}, {keys.Back, "do nothing, go back"}}
	if c.pane.overflows() {
		all = append(all, hint{keys.FieldDown, "read on"})
	}
	return all
}

func (c *confirm) SetSize(w, h int) {
	if c.w != w || c.pane.sheet == nil {
		c.pane.set(rows(c.warning(w)))
	}
	c.w, c.h = w, h
	c.pane.SetSize(w, max(0, h-len(c.sign.question(w, h))))
}

func (c *confirm) Update(msg tea.Msg) tea.Cmd {
	k, isKey := msg.(tea.KeyMsg)
	switch {
	case !isKey:
	case matches(k, keys.Back):
		return c.back()
	case matches(k, keys.Enter):
		return c.agree()
	case matches(k, keys.FieldUp):
		c.pane.move(-1)
	case matches(k, keys.FieldDown):
		c.pane.move(1)
	case matches(k, keys.PageUp):
		c.pane.move(-c.pane.leaf())
	default:
		c.sign.take(k)
	}
	return nil
}

func (c *confirm) agree() tea.Cmd {
	if !c.sign.given() {
		return nil
	}
	o := order{task: carrying, step: c.step.ID, agreed: actions.Agreed{Digest: c.plan.Digest, How: c.sign.how(), Hosts: c.plan.Hosts()}}
	return tea.Batch(c.back(), c.say(o))
}

func (c *confirm) View() string {
	lines := c.pane.lines(c.theme)
	for _, r := range c.sign.question(c.w, c.h) {
		lines = append(lines, r.draw(c.theme, c.w))
	}
	return stack(lines[max(0, len(lines)-c.h):], c.h)
}

// warning is what happens when the responder agrees.
func (c *confirm) warning(w int) []row {
	p := &page{w: w}
	k := c.session.Case.Header.Kind
	p.add(row{badge(k), {plain, lit(" ")}, {title, clean.Show(c.step.Title)}})
	p.gap()
	p.para(strong, c.sum())
	for _, line := range c.byAccount() {
		p.bullet(plain, line)
	}
	for _, line := range actions.Undone(c.plan.Step, verbsOf(c.plan.Changes)) {
		p.bullet(plain, clean.Show(line))
	}
	for _, o := range c.plan.Orders {
		orderRows(p, o)
	}
	breakRows(p, c.plan, mostBreaks)
	p.gap()
	p.whole(row{{faint, lit("digest ")}}, faint, clean.Show(c.plan.Digest))
	return p.rows
}

// sum is the plan in one sentence.
func (c *confirm) sum() clean.Text {
	accounts := map[string]bool{}
	for _, change := range c.plan.Changes {
		accounts[change.Account] = true
	}
	return litf("%s on %s; %s.", some(len(c.plan.Changes), "change", "changes"), some(len(accounts), "account", "accounts"), undo(c.plan.Changes))
}

// byAccount counts the changes by account and verb.
func (c *confirm) byAccount() []clean.Text {
	counts := map[string]int{}
	var order []string
	for _, change := range c.plan.Changes {
		name := change.Account + " " + change.Name + ": " + change.Verb
		if counts[name]++; counts[name] == 1 {
			order = append(order, name)
		}
	}
	var all []clean.Text
	const most = 12
	for _, name := range order[:min(len(order), most)] {
		all = append(all, litf("%s %d", name, counts[name]))
	}
	if more := len(order) - most; more > 0 {
		all = append(all, litf("and %d accounts more: the plan lists them", more))
	}
	return slices.Clip(all)
}
