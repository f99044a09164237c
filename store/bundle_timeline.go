package store

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Event is a line of the account's own audit log, or a warning of its vendor,
// found in an exhibit. Its texts are untrusted.
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
	Lane     string         // whose doing it is; "" is LaneOthers, an act of ours becomes LaneUs
	Alert    bool           // a warning: bundles of format 1 do not tell of it
	Ours     func(Act) bool // whether an act leaves such an event; nil: its verb stands in Type, Resource in its target
}

// The origins of a line: what was done or said with Retake, what the account's
// audit log tells, and what it tells of an act of ours.
const (
	OriginCase    = "case"
	OriginAccount = "account"
	OriginOurs    = "account, ours"
)

// The lanes that every timeline has: what we did or said, and what others did.
// Whoever reads events may name more.
const (
	LaneUs     = "us"
	LaneOthers = "others"
)

// TimelineRow is a line of the timeline. Its texts are untrusted.
type TimelineRow struct {
	At      time.Time
	Desc    string // what sort of line it is, in our words
	Message string
	Lane    string
	Origin  string
	By      string // responder, or the actor of an event
	Account string // SID
	Type    string // kind of the entry, or type of the event
	Step    string
	Target  string
	Result  string // of an act
	Source  string // of an event
	IP      string // of an event
	Act     int64  // the intent of the act of ours that an event tells of; 0: none
	Entry   int64  // the entry that vouches for it
	Place   int    // of an event: which one of those in the exhibit
	Suspect string // the finding that names its author; empty unless somebody who knows the findings filled it in
}

// row is a line that is not sorted out yet.
type row struct {
	TimelineRow
	resource string
	ours     func(Act) bool
}

// sentence joins the parts that are there.
func sentence(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
}

func (ev Event) row(n int64, i int) row {
	desc := "Event in the account"
	if ev.Alert {
		desc = "Alert in the account"
	}
	return row{TimelineRow{
		At: ev.At, Entry: n, Place: i, Desc: desc, Lane: cmp.Or(ev.Lane, LaneOthers), Origin: OriginAccount, By: ev.Actor, Account: ev.Account, Type: ev.Type,
		Source: ev.Source, IP: ev.IP, Target: ev.Resource, Message: sentence(ev.Type, ev.Resource, ev.Text),
	}, ev.Resource, ev.Ours}
}

// tell puts an entry into the timeline, if it belongs there.
func (b *book) tell(e Entry) error {
	r := TimelineRow{At: e.At, Entry: e.N, Lane: LaneUs, Origin: OriginCase, By: e.By, Type: string(e.Kind), Step: e.Step, Account: b.header.Account}
	switch e.Kind {
	case KindOpened:
		r.Desc, r.Message = "Case opened", "the case was opened"
	case KindIntent:
		a := b.acts[b.byIntent[e.N]].Act
		r.Desc, r.Account, r.Target, r.Message = "Act begun", a.Account, a.Target, a.Verb+" "+a.Target
	case KindOutcome:
		d := b.actOf(e)
		r.Desc, r.Account, r.Target, r.Result = "Act concluded", d.Act.Account, d.Act.Target, string(d.Outcome.Result)
		r.Message = sentence(d.Act.Verb, d.Act.Target+":", r.Result, d.Outcome.Proof, d.Outcome.Problem)
	default:
		told, err := r.words(e)
		if err != nil || !told {
			return err
		}
	}
	b.rows = append(b.rows, row{TimelineRow: r})
	return nil
}

// actOf is the act of an outcome that was just taken.
func (b *book) actOf(e Entry) Done {
	var o OutcomeEntry
	_ = e.Decode(&o) // take read it before
	return b.acts[b.byIntent[o.Intent]].Done
}

// words are what people said.
func (r *TimelineRow) words(e Entry) (told bool, err error) {
	switch e.Kind {
	case KindAttestation:
		var a AttestationEntry
		err = e.Decode(&a)
		r.Desc, r.Result, r.Message = "Attestation", string(Attested), e.Step+": "+a.Note
		if a.NotApplicable {
			r.Result = string(NotApplicable)
		}
	case KindMark:
		var m Mark
		err = e.Decode(&m)
		r.Desc, r.Result, r.Target = "Check marked", string(m.Answer), m.Subject
		r.Message = sentence(e.Step+":", m.Subject+",", m.Check+":", string(m.Answer), m.Note)
	case KindFinding:
		if e.Step != ClockStep {
			return false, nil
		}
		var f Finding
		err = e.Decode(&f)
		r.Desc, r.Message = "Clock", f.Text
	case KindNote:
		var n Note
		err = e.Decode(&n)
		r.Desc, r.Message = "Note", n.Text
	case KindHandover:
		var h Handover
		err = e.Decode(&h)
		r.Desc, r.Message = "Handover", "to "+h.To+": "+h.Text
	case KindShown:
		var s Shown
		err = e.Decode(&s)
		r.Desc, r.Account, r.Message = "Secret shown", s.Account, "a secret was given out: "+s.Where
	case KindAgreed:
		var a Agreement
		err = e.Decode(&a)
		r.Desc, r.Message = "Plan agreed to", e.Step+": "+a.How
	default:
		return false, nil
	}
	return true, err
}

// sorted is everything on one axis. It is to be asked for once all exhibits were
// seen.
func (b *book) sorted() []TimelineRow {
	slices.SortFunc(b.rows, func(x, y row) int {
		return cmp.Or(x.At.Compare(y.At), cmp.Compare(x.Entry, y.Entry), cmp.Compare(x.Place, y.Place))
	})
	claimed := b.claims()
	all := make([]TimelineRow, len(b.rows))
	for i, r := range b.rows {
		all[i] = r.TimelineRow
		if n, ours := claimed[i]; ours {
			all[i].Origin, all[i].Lane, all[i].Act = OriginOurs, LaneUs, n
		}
	}
	return all
}

// timeline is the table of it.
func (b *book) timeline() table {
	return table{
		columns: timelineColumns(b.format),
		each: func(line func(cells ...any) error) error {
			for _, r := range b.sorted() {
				if err := line(r.cells(b.format)...); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func timelineColumns(format int) []string {
	all := []string{"datetime", "timestamp_desc", "message", "origin", "by", "account", "type", "step", "target", "result", "source", "source_ip", "act", "entry"}
	if format == 1 {
		return all
	}
	return slices.Insert(all, 3, "lane")
}

func (r TimelineRow) cells(format int) []any {
	var act any
	if r.Act != 0 {
		act = r.Act
	}
	all := []any{r.At, r.Desc, r.Message, r.Origin, r.By, r.Account, r.Type, r.Step, r.Target, r.Result, r.Source, r.IP, act, r.Entry}
	if format == 1 {
		return all
	}
	return slices.Insert(all, 3, any(r.Lane))
}
