package actions

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"retake/actions/account"
	"retake/actions/hideouts"
	"retake/store"
)

// The verbs of the acts of the sweep.
const (
	verbSetFields   = "set-fields"
	verbDeleteFound = "delete-found"
)

// sweeping is the work of the sweep. One change clears, deletes, publishes anew or
// restores one record of one place.
type sweeping struct{}

var sweepParameters = []Parameter{
	{Name: "mode", Type: Choice, Default: "look", Choices: []string{"look", "contain", "restore"},
		Help: "look: nothing is changed; contain: what came or changed is cleared, switched off or deleted; restore: members go back to what stood there before"},
	{Name: "incident_start", Type: Text, Valid: validTime("incident_start"), Help: "when it began (2026-03-01T02:20:00Z): what stood so before counts as yours; empty: a day before the case was opened"},
	{Name: "allow", Type: List, Help: "hosts (example.com, with all below it) and SIDs that are yours"},
	{Name: "distrust", Type: List, Help: "hosts and SIDs that are not yours, though they stood there before"},
	{Name: "accounts", Type: List, Valid: validSwept, Help: "only these accounts (AC…); empty: all"},
	{Name: "places", Type: List, Valid: validPlaces, Help: "only these places (sip-credentials,event-sinks); empty: all"},
}

func validSwept(value string) error {
	for _, sid := range words(value) {
		if !account.IsSID("AC", sid) {
			return fmt.Errorf("accounts cannot be %q: write SIDs as AC and 32 hexadecimal digits, with commas between", sid)
		}
	}
	return nil
}

func validPlaces(value string) error {
	for _, id := range words(value) {
		if p, known := hideouts.Find(id); !known || p.Way {
			var all []string
			for _, p := range hideouts.Swept() {
				all = append(all, p.ID)
			}
			return store.WithHint(fmt.Errorf("there is no place %q", id), "there are %s", strings.Join(all, ", "))
		}
	}
	return nil
}

// Plan reads every place and, by its mode, says what is to be changed.
func (sweeping) Plan(ctx context.Context, r *Run) (*Plan, error) {
	s, err := sweepAll(ctx, r)
	if err != nil {
		return nil, err
	}
	r.swept = s
	p := &Plan{}
	if err := r.tellMatrix(); err != nil || r.Params["mode"] == "look" {
		return p, err
	}
	earlier := earlierValues(r)
	for _, c := range s.cells {
		if !wantsPlace(r, c.place) {
			continue
		}
		for _, j := range c.judged {
			m, any := j.Contain()
			if r.Params["mode"] == "restore" {
				m, any = s.judge.Restore(j.Record, earlier[j.ID()])
			}
			if !any {
				continue
			}
			if err := p.addMove(ctx, r, s, j, m); err != nil {
				return nil, err
			}
		}
	}
	slices.Sort(p.Breaks)
	p.Breaks = slices.Compact(p.Breaks)
	return p, nil
}

// addMove makes a change of a move.
func (p *Plan) addMove(ctx context.Context, r *Run, s *swept, j hideouts.Judgment, m hideouts.Move) error {
	c := Change{
		ID: m.Verb + "/" + j.ID(), Account: j.Account, Name: s.names[j.Account], Verb: m.Verb, Object: objectOf(j.Record),
		Target: targetOf(j.Record), Reversible: m.Verb != hideouts.Delete, Stage: count(j.Place.Late),
	}
	switch m.Verb {
	case hideouts.Delete:
		c.Seen = recordState(j.Record)
	case hideouts.Republish:
		ok, err := republishing(ctx, r, j.Record, &c)
		if err != nil || !ok {
			return err
		}
	default:
		c.Seen, c.Detail = wordsOf(m.Set)
		if slices.ContainsFunc(m.Set, func(t hideouts.Target) bool { return account.Masked(t.Want) }) {
			r.Find(Finding{ID: "masked/" + j.ID(), Severity: Medium, Account: j.Account,
				Text: fmt.Sprintf("%s: %q (%s): what stood there before is known with its secret masked only; put it back by hand: %s", j.Place.Title, j.Name(), j.SID, j.Place.Where)})
			return nil
		}
	}
	p.Changes = append(p.Changes, c)
	if j.Place.Lost != "" && m.Verb != hideouts.Restore {
		p.Breaks = append(p.Breaks, j.Place.Lost)
	}
	return nil
}

// targetOf names a record for a person.
func targetOf(j hideouts.Record) string {
	if j.Place.Alone() {
		return j.Place.Title
	}
	return fmt.Sprintf("%s: %q", j.Place.Title, j.Name())
}

// objectOf names the object of a change. Some records bear the SID of another
// one: what they are under belongs to their name.
func objectOf(j hideouts.Record) string {
	if len(j.Over) == 0 {
		return j.SID
	}
	return strings.Join(append([]string{j.Place.ID}, append(slices.Clone(j.Over), j.SID)...), "/")
}

// spaceless makes a value one word: spaces are written as in an address.
func spaceless(value string) string {
	var b strings.Builder
	for _, c := range value {
		if unicode.IsSpace(c) || c == '%' {
			b.WriteString(url.PathEscape(string(c)))
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}

func word(member, value string) string { return member + "=" + spaceless(value) }

// wordsOf are the words of what is seen and of what is wanted.
func wordsOf(set []hideouts.Target) (seen, want string) {
	return strings.Join(mapped(set, func(t hideouts.Target) string { return word(t.Member, t.Is) }), " "),
		strings.Join(mapped(set, func(t hideouts.Target) string { return word(t.Member, t.Want) }), " ")
}

// valueOf reads what word wrote.
func valueOf(w string) (member, value string, err error) {
	member, value, _ = strings.Cut(w, "=")
	value, err = url.PathUnescape(value)
	return member, value, err
}

// recordState is by what a record is told to be the same still.
func recordState(r hideouts.Record) string {
	all := []string{word("name", r.Name()), word("updated", r.Updated().UTC().Format(time.RFC3339))}
	for _, l := range r.Links() {
		all = append(all, word(l.Member, l.Value))
	}
	for _, m := range strings.Fields(r.Place.Watched) {
		all = append(all, word(m, r.Text(m)))
	}
	return strings.Join(all, " ")
}

// earlierValues are the members as they were before our own first act on them,
// by record.
func earlierValues(r *Run) map[string]map[string]string {
	all := map[string]map[string]string{}
	acts, err := r.desk.Case.Acts(r.Step.ID)
	if err != nil {
		return all
	}
	for _, d := range acts {
		record, err := recordOf(d.Act.Change)
		if err != nil || d.Act.Verb != verbSetFields || d.Outcome.Result != store.Made {
			continue
		}
		of := all[record.ID()]
		if of == nil {
			of = map[string]string{}
			all[record.ID()] = of
		}
		for _, w := range strings.Fields(d.Act.Seen) {
			member, value, err := valueOf(w)
			if _, known := of[member]; !known && err == nil && member != definition {
				of[member] = value
			}
		}
	}
	return all
}

// Before learns the tokens of the subaccounts.
func (sweeping) Before(ctx context.Context, r *Run, _ int, _ []Change) error {
	_, err := r.Listed(ctx)
	return err
}

// Make makes one change and proves it by reading the record again.
func (sweeping) Make(ctx context.Context, r *Run, c Change) Outcome {
	record, err := recordOf(c.ID)
	if err != nil {
		return Outcome{Outcome: store.Failed, Problem: err.Error()}
	}
	if c.Verb == hideouts.Delete {
		return makeDeletion(ctx, r, c, record)
	}
	return fieldsOf(r, record, store.Act{Change: c.ID, Account: c.Account, Verb: verbSetFields, Target: c.Detail, Seen: c.Seen}).make(ctx, r)
}

// Settle finds out by reading what became of an act.
func (sweeping) Settle(ctx context.Context, r *Run, d store.Done) store.Outcome {
	record, err := recordOf(d.Act.Change)
	if err != nil {
		return store.Outcome{Result: store.Unknown, Problem: err.Error()}
	}
	if d.Act.Verb == verbDeleteFound {
		return recordRemoval(r, record).settled(ctx, r, d)
	}
	return fieldsOf(r, record, d.Act).settle(ctx, r, d)
}

// Prove reads all places again. What no API shows a person looks at, so the step
// is never proved by itself.
func (sweeping) Prove(ctx context.Context, r *Run, _ *Plan) (Verdict, error) {
	s := r.swept
	if s == nil {
		var err error
		if s, err = sweepAll(ctx, r); err != nil {
			return Verdict{}, err
		}
		r.swept = s
	}
	return Verdict{store.NeedsPerson, s.standing(r)}, r.tellMatrix()
}

// standing says what is left, and what a person does about it.
func (s *swept) standing(r *Run) string {
	n := map[hideouts.Verdict]int{}
	movable, lists, blind := 0, 0, 0
	for _, c := range s.cells {
		if !wantsPlace(r, c.place) {
			continue
		}
		lists++
		blind += count(c.why != "")
		n[hideouts.Unknown] += c.strange
		for _, j := range c.judged {
			n[j.Verdict()]++
			if _, any := j.Contain(); any {
				movable++
			}
		}
	}
	rest := fmt.Sprintf("%d of %d lists could not be seen, and %d places no API shows", blind, lists, beyondAPIs(r))
	switch {
	case movable > 0:
		return fmt.Sprintf("%d records came or changed since the incident began: look at each, then plan with mode=contain or mode=restore, and with allow= what is yours, or attest; %s", n[hideouts.Changed], rest)
	case n[hideouts.Changed] > 0:
		return fmt.Sprintf("%d records are changed that only a person puts right: see the findings, then attest; %s", n[hideouts.Changed], rest)
	case n[hideouts.Unknown] > 0:
		return fmt.Sprintf("%d records nobody can tell: look at each, name yours with allow= and the others with distrust=, or attest; %s", n[hideouts.Unknown], rest)
	}
	return fmt.Sprintf("nothing strange in the lists that were seen; %s: look there, then attest", rest)
}

func beyondAPIs(r *Run) int {
	n := 0
	for i := range hideouts.Table {
		n += count(!hideouts.Table[i].Listed() && wantsPlace(r, &hideouts.Table[i]))
	}
	return n
}
