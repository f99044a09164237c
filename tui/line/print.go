package line

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"retake/actions"
	"retake/actions/clean"
	"retake/actions/hideouts"
)

// printJSON prints a value as JSON that no terminal obeys: what is not plain
// ASCII is escaped.
func (a *app) printJSON(v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("cannot write JSON: %w", err)
	}
	_, err := a.out.Write(asciiJSON(b.Bytes()))
	return err
}

// asciiJSON escapes every rune of a JSON text outside of plain ASCII as \uXXXX.
func asciiJSON(text []byte) []byte {
	var b bytes.Buffer
	for _, r := range string(text) {
		switch {
		case r < 0x7f:
			b.WriteByte(byte(r))
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+(r>>10), 0xdc00+(r&0x3ff))
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.Bytes()
}

// printReport prints what a step came to, for people.
func (a *app) printReport(r *actions.Report) {
	fmt.Fprintf(a.out, "%s (%s): %s\n", r.Step, r.Kind, r.State)
	if r.Why != "" {
		fmt.Fprintf(a.out, "  %s\n", clean.Show(r.Why))
	}
	a.printFindings(r)
	a.printMatrix(r.Sweep)
	if r.Plan != nil && len(r.Outcomes) == 0 {
		a.printPlan(r.Plan)
	}
	if len(r.Outcomes) > 0 {
		fmt.Fprintln(a.out, "Outcomes:")
	}
	for _, o := range r.Outcomes {
		why := o.Proof
		if o.Problem != "" {
			why = o.Problem
		}
		fmt.Fprintf(a.out, "  %-8s %s %s: %s\n", o.Outcome, o.Verb, clean.Show(o.Target), clean.Show(why))
	}
	for _, u := range r.Unseen {
		fmt.Fprintf(a.out, "Not seen: %s\n  %s\n", clean.Show(u.What), clean.Show(u.Why))
	}
}

// printMatrix tells of each account how its places stand; those that are clean
// are only counted.
func (a *app) printMatrix(m *actions.Matrix) {
	if m == nil || len(m.Rows) == 0 {
		return
	}
	for _, sid := range m.Accounts {
		by := map[hideouts.Verdict][]string{}
		for _, row := range m.Rows {
			for _, c := range row.Cells {
				if c.Account == sid {
					by[c.Verdict] = append(by[c.Verdict], row.Title)
				}
			}
		}
		fmt.Fprintf(a.out, "Places of %s: %d clean\n", clean.Show(sid), len(by[hideouts.Clean]))
		for _, v := range []hideouts.Verdict{hideouts.Changed, hideouts.Unknown, hideouts.Unseen} {
			if len(by[v]) > 0 {
				fmt.Fprintf(a.out, "  %s: %s\n", v, strings.Join(by[v], ", "))
			}
		}
	}
}

func (a *app) printFindings(r *actions.Report) {
	for _, f := range r.Findings {
		fmt.Fprintf(a.out, "Finding (%s): %s\n", f.Severity, clean.Show(f.Text))
	}
	for _, f := range r.Earlier {
		fmt.Fprintf(a.out, "Earlier finding, not found by the latest reading (%s): %s\n", f.Severity, clean.Show(f.Text))
	}
}

func (a *app) printPlan(p *actions.Plan) {
	if p.Empty() {
		fmt.Fprintln(a.out, "Plan: nothing is left to do")
		return
	}
	fmt.Fprintf(a.out, "Plan %s:\n", p.Digest)
	for _, c := range p.Changes {
		mark := "cannot be undone"
		if c.Reversible {
			mark = "can be undone"
		}
		fmt.Fprintf(a.out, "  %s %s (%s, %s)\n", c.Verb, clean.Show(c.Target), clean.Show(c.Name), mark)
	}
	verbs := make([]string, len(p.Changes))
	for n, c := range p.Changes {
		verbs[n] = c.Verb
	}
	for _, line := range actions.Undone(p.Step, verbs) {
		fmt.Fprintf(a.out, "  %s\n", clean.Show(line))
	}
	for _, o := range p.Orders {
		fmt.Fprintf(a.out, "  then until two reads find nothing, at most %s and %d: %s\n", o.MaxTime, o.MaxCount, clean.Show(o.Predicate))
	}
	for _, l := range p.Broken() {
		fmt.Fprintf(a.out, "Will break: %s%s\n", clean.Show(l.Text), exhibitWords(l.Exhibits))
	}
}

// exhibitWords names exhibits behind what they show.
func exhibitWords(all []int64) string {
	if len(all) == 0 {
		return ""
	}
	return fmt.Sprintf(" (exhibits %s)", strings.Trim(strings.Join(strings.Fields(fmt.Sprint(all)), ", "), "[]"))
}
