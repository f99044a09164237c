package store

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Event is a line of the account's own audit log, found in an exhibit. Its texts
// are untrusted.
type Event struct {
	ID       string // the same event in two exhibits is told once; "" is never the same
	At       time.Time
	Type     string
	Actor    string
	Source   string
	IP       string
	Account  string
	Resource string // what it is about: an act of ours on it at that time is named beside it
	Text     string
}

// row is a line of the timeline.
type row struct {
	at                                                    time.Time
	n                                                     int64 // the entry that vouches for it
	i                                                     int   // its place within that
	message, desc, origin, by, account, typ, step, target string
	result, source, ip, resource                          string
}

// sentence joins the parts that are there.
func sentence(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
}

// The origins of a line: what was done or said with Retake, what the account's
// audit log tells, and what it tells of an act of ours.
const (
	fromCase    = "case"
	fromAccount = "account"
	fromOurs    = "account, ours"
)

func (ev Event) row(n int64, i int) row {
	return row{
		at: ev.At, n: n, i: i, desc: "Event in the account", origin: fromAccount, by: ev.Actor, account: ev.Account, typ: ev.Type,
		source: ev.Source, ip: ev.IP, resource: ev.Resource, target: ev.Resource, message: sentence(ev.Type, ev.Resource, ev.Text),
	}
}

// tell puts an entry into the timeline, if it belongs there.
func (b *book) tell(e Entry) error {
	r := row{at: e.At, n: e.N, origin: fromCase, by: e.By, typ: string(e.Kind), step: e.Step, account: b.header.Account}
	switch e.Kind {
	case KindOpened:
		r.desc, r.message = "Case opened", "the case was opened"
	case KindIntent:
		a := b.acts[b.byIntent[e.N]].Act
		r.desc, r.account, r.target, r.message = "Act begun", a.Account, a.Target, a.Verb+" "+a.Target
	case KindOutcome:
		d := b.actOf(e)
		r.desc, r.account, r.target, r.result = "Act concluded", d.Act.Account, d.Act.Target, string(d.Outcome.Result)
		r.message = sentence(d.Act.Verb, d.Act.Target+":", r.result, d.Outcome.Proof, d.Outcome.Problem)
	default:
		told, err := r.words(e)
		if err != nil || !told {
			return err
		}
	}
	b.rows = append(b.rows, r)
	return nil
}

// actOf is the act of an outcome that was just taken.
func (b *book) actOf(e Entry) Done {
	var o OutcomeEntry
	_ = e.Decode(&o) // take read it before
	return b.acts[b.byIntent[o.Intent]].Done
}

// words are what people said.
func (r *row) words(e Entry) (told bool, err error) {
	switch e.Kind {
	case KindAttestation:
		var a AttestationEntry
		err = e.Decode(&a)
		r.desc, r.result, r.message = "Attestation", string(Attested), e.Step+": "+a.Note
		if a.NotApplicable {
			r.result = string(NotApplicable)
		}
	case KindNote:
		var n Note
		err = e.Decode(&n)
		r.desc, r.message = "Note", n.Text
	case KindHandover:
		var h Handover
		err = e.Decode(&h)
		r.desc, r.message = "Handover", "to "+h.To+": "+h.Text
	case KindShown:
		var s Shown
		err = e.Decode(&s)
		r.desc, r.account, r.message = "Secret shown", s.Account, "a secret was given out: "+s.Where
	case KindAgreed:
		var a Agreement
		err = e.Decode(&a)
		r.desc, r.message = "Plan agreed to", e.Step+": "+a.How
	default:
		return false, nil
	}
	return true, err
}

// timeline is everything on one axis. It is to be asked for once all exhibits
// were seen.
func (b *book) timeline() table {
	return table{
		columns: []string{"datetime", "timestamp_desc", "message", "origin", "by", "account", "type", "step", "target", "result", "source", "source_ip", "act", "entry"},
		each: func(line func(cells ...any) error) error {
			slices.SortFunc(b.rows, func(x, y row) int { return cmp.Or(x.at.Compare(y.at), cmp.Compare(x.n, y.n), cmp.Compare(x.i, y.i)) })
			ours := b.targets()
			for _, r := range b.rows {
				var act any
				if n, found := ours.match(r); found {
					r.origin, act = fromOurs, n
				}
				if err := line(r.at, r.desc, r.message, r.origin, r.by, r.account, r.typ, r.step, r.target, r.result, r.source, r.ip, act, r.n); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// targets are the acts by the words of their targets.
type targets map[string][]bookedAct

func (b *book) targets() targets {
	all := targets{}
	for _, d := range b.acts {
		for _, word := range strings.Fields(d.Act.Target) {
			all[word] = append(all[word], d)
		}
	}
	return all
}

// slack is how far the account's clock and ours may be apart.
const slack = 2 * time.Minute

// match finds the act of ours that an event tells of: made by us on the same
// thing at the same time, and of a type that names the verb.
func (t targets) match(r row) (n int64, found bool) {
	if r.origin != fromAccount || r.resource == "" {
		return 0, false
	}
	for _, d := range t[r.resource] {
		last := d.Began
		if !d.Ended.IsZero() {
			last = d.Ended
		}
		if d.Outcome.Result == Made && strings.Contains(r.typ, d.Act.Verb) && !r.at.Before(d.Began.Add(-slack)) && !r.at.After(last.Add(slack)) {
			return d.N, true
		}
	}
	return 0, false
}
