package tui

import (
	"time"

	"retake/actions"
	"retake/actions/clean"
	"retake/store"
)

// page is the order, its progress or its end, whichever there is.
func (s *panicScreen) page() rows {
	p := &page{w: s.w}
	p.add(row{badge(s.session.Case.Header.Kind), {plain, lit(" ")}, {title, lit("Panic: the shortest safe path")}})
	if s.trouble != (clean.Text{}) {
		p.para(bad, s.trouble)
	}
	switch {
	case s.job != nil && s.job.task == panicking:
		s.progress(p)
	case s.ended != nil:
		s.end(p)
	case s.plan != nil:
		s.order(p)
	case s.job != nil && s.job.task == alarming:
		p.para(plain, lit("Reading the list of accounts. Nothing is changed."))
	case s.job != nil:
		p.para(warn, litf("%s is being worked on: wait for it or stop it with s, then press p.", s.job.step))
	case s.open != nil:
		s.unfinished(p)
	case s.read:
		p.para(plain, lit("p makes the order and shows it. Nothing is changed before you agree."))
	}
	return p.rows
}

// order is what will happen, in order, and what it breaks.
func (s *panicScreen) order(p *page) {
	o := s.plan.Order
	p.para(strong, litf("On all %s, one after the other, under this one order:", some(s.plan.Accounts, "active account", "active accounts")))
	panicParts(p, o)
	p.para(plain, litf("About %d requests, %s at the present pace; at most %s and %s.", s.plan.Requests, s.plan.Takes.Round(time.Second), inMinutes(o.MaxTime.String()), some(o.MaxCount, "change", "changes")))
	p.heading(lit("What will break"))
	for _, b := range o.Breaks {
		p.bullet(warn, clean.Show(b))
	}
	p.heading(lit("What cannot be undone"))
	for _, f := range o.Final {
		p.bullet(bad, clean.Show(f))
	}
	p.para(plain, lit("Countries can be opened again: step geo-and-triggers, mode restore."))
	p.para(faint, lit("The first two steps read already, to act at once; nothing is changed yet."))
	p.whole(row{{faint, lit("digest ")}}, faint, clean.Show(o.Digest))
}

// panicParts lists the steps of an order with what is kept.
func panicParts(p *page, o *actions.PanicOrder) {
	for n, part := range o.Steps {
		mark := row{{strong, litf("%d ", n+1)}, {strong, clean.Show(part.Step)}, {plain, lit(": ")}}
		if part.Skip != "" {
			p.hang(mark, warn, clean.Show(part.Skip))
			continue
		}
		p.hang(mark, plain, clean.Show(part.Predicate))
		for _, k := range part.Keep {
			p.bullet(plain, litf("keeps %s", k))
		}
	}
}

func (s *panicScreen) unfinished(p *page) {
	p.para(strong, lit("A panic order was agreed to and is not finished. c goes on with it: nothing is done twice."))
	panicParts(p, s.open)
	p.para(faint, lit("p makes a new order instead."))
}

// stageInk is how a stage looks.
var stageInk = map[actions.PanicStage]ink{actions.ToCome: faint, actions.Reading: warn, actions.AtWork: warn, actions.Tried: plain, actions.Skipped: warn}

// progress is a line a step, with what is done and left.
func (s *panicScreen) progress(p *page) {
	t := s.job.panic
	p.para(plain, litf("%s since it was agreed to; s stops after what is in flight.", since(s.session.Now().Sub(s.job.since))))
	p.para(faint, paceWords(s.pace, s.session.Now()))
	p.gap()
	for n, part := range t.Parts {
		mark := row{{strong, litf("%d ", n+1)}, {strong, clean.Show(part.Step)}, {plain, lit(": ")}}
		if part.Stage == actions.Over || part.Stage == actions.Skipped {
			stands(p, mark, part.State, part.Why)
			continue
		}
		words := clean.Show(string(part.Stage))
		if sum := part.Tally.Counts; sum.Sum() > 0 {
			words = litf("%s; %s", words, sum)
		}
		p.hang(mark, stageInk[part.Stage], words)
	}
}

// end is how each step stands, and what a person does next.
func (s *panicScreen) end(p *page) {
	if s.ended.State == store.Working {
		p.para(warn, lit("The order is not finished. c goes on with it: nothing is done twice."))
	} else {
		p.para(strong, lit("The order is carried out. Each step says how it stands:"))
	}
	p.gap()
	for n, o := range s.ended.Reports {
		stands(p, row{{strong, litf("%d ", n+1)}, {strong, clean.Show(o.Step)}, {plain, lit(": ")}}, o.State, o.Why)
		if hint := store.HintOf(o.Err); hint != "" {
			p.bullet(warn, joined(hint))
		}
	}
	p.heading(lit("What to do next, by hand"))
	for _, next := range []literal{
		"open each step above that needs a person: it says what and where",
		"auto-recharge off, and the payment methods: step stop-traffic",
		"the new tokens into your applications: retake token AC… prints one",
		"passwords and two-factor of all users: whoever has one makes new keys",
		"open the countries that you need: step geo-and-triggers, parameter allow",
	} {
		p.bullet(plain, lit(next))
	}
}

// stands says how a step stands, and why in the lines below.
func stands(p *page, mark row, s store.State, why string) {
	l := lookOf(s)
	p.add(append(mark, span{l.ink, litf("%s %s", string(l.glyph), string(l.words))}).cut(p.w))
	p.hang(rowOf(plain, lit("  ")), plain, joined(why))
}
