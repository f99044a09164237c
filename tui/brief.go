package tui

import (
	"slices"

	"retake/actions"
	"retake/actions/clean"
)

// briefRows is what a step is about. given are the values of its parameters, nil
// where they are not shown; extras are the credentials that it can use.
func briefRows(line boardLine, given actions.Params, extras []extraSeen, w int) []row {
	s := line.Step
	p := &page{w: w}
	p.para(plain, joined(s.Why))
	if len(s.Console) > 0 {
		p.heading(lit("Retake does"))
		for _, line := range s.Console {
			p.bullet(plain, clean.Show(line))
		}
	}
	extraRows(p, extras)
	if len(s.Hands) > 0 {
		p.heading(lit("Only you can do"))
		for _, place := range s.Hands {
			placeRows(p, place)
		}
	}
	if len(s.Checks) > 0 {
		p.heading(lit("Checklist (A attests it)"))
		for _, c := range s.Checks {
			p.hang(rowOf(faint, box(slices.Contains(line.ticked, c.ID))), plain, clean.Show(c.Text))
		}
	}
	if given != nil && len(s.Parameters) > 0 {
		p.heading(lit("Parameters (e changes them)"))
		for _, q := range s.Parameters {
			paramRows(p, q, given[q.Name])
		}
	}
	return p.rows
}

func placeRows(p *page, place actions.Place) {
	p.bullet(strong, clean.Show(place.Do))
	under := row{{faint, lit("  where: ")}}
	p.hang(under, plain, clean.Show(place.Where))
	if place.Link != "" {
		p.whole(rowOf(faint, lit("  ")), faint, clean.Show(place.Link))
	}
}

func paramRows(p *page, q actions.Parameter, value string) {
	shown := clean.Show(value)
	if value == "" {
		shown = lit("(empty)")
	}
	p.add(row{{plain, clean.Show(q.Name)}, {faint, lit(" = ")}, {strong, shown}})
	p.hang(row{{plain, lit("  ")}}, faint, clean.Show(q.Help))
}
