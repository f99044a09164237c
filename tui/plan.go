package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"retake/actions"
	"retake/actions/clean"
)

// planRows lays a plan out: its digest, what will break, its standing orders,
// then every change, by stage and account.
func planRows(pl *actions.Plan, made time.Time, w int) rows {
	p := &page{w: w}
	if pl == nil {
		p.para(faint, lit("There is no plan yet."))
		p.para(faint, lit("p reads the account and makes one. That changes nothing in the account."))
		return p.rows
	}
	p.add(row{{faint, lit("digest ")}, {plain, clean.Showf("%.16s", pl.Digest)}, {faint, lit("…  made ")}, {plain, clean.Show(made.UTC().Format("2006-01-02 15:04:05"))}, {faint, lit(" UTC")}})
	if pl.Empty() {
		p.gap()
		p.para(good, lit("Nothing is left to do: the account was read and no change is needed."))
		return p.rows
	}
	planParams(p, pl)
	breakRows(p, pl, mostBreaks)
	for _, o := range pl.Orders {
		orderRows(p, o)
	}
	changeRows(p, pl.Step, pl.Changes)
	if n := len(pl.Breaks) + len(pl.Losses); n > mostBreaks {
		breakRows(p, pl, n)
	}
	return p.rows
}

// mostBreaks is how much of what will break stands before the changes.
const mostBreaks = 12

// breakRows lists what will break. Of a long list the first and the last lines are shown: the last
// ones speak of all accounts.
func breakRows(p *page, pl *actions.Plan, most int) {
	all := pl.Broken()
	if len(all) == 0 {
		return
	}
	p.heading(litf("What will break: %d", len(all)))
	for n, b := range all {
		if left := len(all) - most; left > 0 && n >= most-4 && n < len(all)-4 {
			if n == most-4 {
				p.bullet(faint, litf("%d more of this kind; the plan lists them under the changes", left))
			}
			continue
		}
		p.bullet(warn, clean.Show(b.Text+exhibitWords(b.Exhibits)))
	}
}

// exhibitWords names exhibits behind what they show.
func exhibitWords(all []int64) string {
	const most = 6
	switch {
	case len(all) == 0:
		return ""
	case len(all) > most:
		return fmt.Sprintf(" (exhibits %s and %d more)", numbers(all[:most]), len(all)-most)
	case len(all) == 1:
		return fmt.Sprintf(" (exhibit %d)", all[0])
	}
	return " (exhibits " + numbers(all) + ")"
}

func numbers(all []int64) string {
	return strings.Trim(strings.Join(strings.Fields(fmt.Sprint(all)), ", "), "[]")
}

func planParams(p *page, pl *actions.Plan) {
	var names []string
	for name := range pl.Parameters {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if v := pl.Parameters[name]; v != "" {
			p.hang(row{{faint, clean.Show(name)}, {faint, lit(" = ")}}, plain, clean.Show(v))
		}
	}
}

// inMinutes writes 15m0s as 15m.
func inMinutes(span string) string {
	if strings.HasSuffix(span, "m0s") {
		return strings.TrimSuffix(span, "0s")
	}
	return span
}

func orderRows(p *page, o actions.StandingOrder) {
	p.heading(lit("Standing order: goes on until two reads in a row find nothing"))
	p.bullet(plain, clean.Show(o.Predicate))
	p.bullet(plain, litf("on %s, for at most %s and %s", some(len(o.Scope), "account", "accounts"), inMinutes(o.MaxTime.String()), some(o.MaxCount, "change", "changes")))
	for _, k := range o.Keep {
		p.bullet(plain, litf("keeps %s", k))
	}
}

// changeRows lists changes under their accounts. A new heading stands wherever
// stage or account change.
func changeRows(p *page, step string, changes []actions.Change) {
	sorted := slices.Clone(changes)
	slices.SortStableFunc(sorted, func(a, b actions.Change) int { return a.Stage - b.Stage })
	p.heading(litf("Changes: %d; %s", len(sorted), undo(sorted)))
	for _, line := range actions.Undone(step, verbsOf(sorted)) {
		p.bullet(faint, clean.Show(line))
	}
	final := allFinal(sorted)
	count := map[string]int{}
	for _, c := range sorted {
		count[stageKey(c)]++
	}
	for n, c := range sorted {
		if n > 0 && c.Stage != sorted[n-1].Stage {
			p.add(rowOf(faint, lit("then, when these are done:")))
		}
		if n == 0 || stageKey(c) != stageKey(sorted[n-1]) {
			p.add(row{{strong, clean.Show(c.Account)}, {plain, lit(" ")}, {plain, clean.Show(c.Name)}, {faint, litf(" (%d)", count[stageKey(c)])}})
		}
		p.hang(row{{plain, lit("  ")}, {strong, clean.Show(c.Verb)}, {plain, lit(" ")}}, plain, target(c, final))
	}
}

func stageKey(c actions.Change) string { return string(rune('0'+c.Stage)) + c.Account }

// undo says how many of the changes cannot be undone.
func undo(changes []actions.Change) clean.Text {
	final := 0
	for _, c := range changes {
		if !c.Reversible {
			final++
		}
	}
	switch final {
	case 0:
		return lit("all of them can be undone")
	case len(changes):
		return lit("none of them can be undone")
	}
	return litf("%d of them cannot be undone", final)
}

func verbsOf(changes []actions.Change) []string {
	var verbs []string
	for _, c := range changes {
		verbs = append(verbs, c.Verb)
	}
	return verbs
}

func allFinal(changes []actions.Change) bool {
	return !slices.ContainsFunc(changes, func(c actions.Change) bool { return c.Reversible })
}

// target says of a change that it is final, where not all of them are.
func target(c actions.Change, final bool) clean.Text {
	if c.Reversible || final {
		return clean.Show(c.Target)
	}
	return litf("%s (cannot be undone)", c.Target)
}
