package actions

import (
	"net/url"
	"slices"
	"strings"

	"retake/actions/sendgrid"
	"retake/store"
)

// What a change brings about; part of the target of its act, so that it can be
// found by reading what became of it.
const (
	wantOff  = "off"
	wantOn   = "on"
	wantGone = "gone"
	wantBack = "back"
	wantIn   = "in" // our own address, on the allow-list
)

// mailObject names a thing on the SendGrid side: its place, the subuser and its
// ID, each escaped, since what the account names may hold anything.
func mailObject(row *mailRow, id string) string {
	return row.Place.ID + "/" + url.PathEscape(row.of.Name) + "/" + url.PathEscape(id)
}

// mailTarget reads what mailObject wrote.
func mailTarget(object string) (p sendgrid.Place, user, id string, known bool) {
	parts := strings.Split(object, "/")
	if len(parts) != 3 {
		return p, "", "", false
	}
	p, known = sendgrid.PlaceOf(parts[0])
	user, err := url.PathUnescape(parts[1])
	id, err2 := url.PathUnescape(parts[2])
	return p, user, id, known && err == nil && err2 == nil
}

// containing is the plan that takes away whatever is strange and the API can
// change, in the order of the stages.
func (s *mailSurvey) containing() []Change {
	all := s.admitting()
	for _, row := range s.rows {
		if row.ID == sendgrid.AllowList && !s.mayShut(row) {
			continue
		}
		for _, t := range row.things {
			if t.strange == "" || row.Remedy == sendgrid.ByHand {
				continue
			}
			if c, can := s.change(row, t); can {
				all = append(all, c)
			}
		}
	}
	return all
}

// change is how one strange thing is contained.
func (s *mailSurvey) change(row *mailRow, t mailThing) (Change, bool) {
	verb, want, back := "switch-off", wantOff, true
	switch row.Remedy {
	case sendgrid.Withdraw:
		verb, want = "withdraw", wantGone
	case sendgrid.Remove:
		verb, want, back = "remove", wantGone, false
	case sendgrid.Older:
		verb, want = "roll-back", s.older(t.Record)
	}
	if want == "" {
		return Change{}, false
	}
	c := Change{
		Account: s.r.Main(), Verb: verb, Target: join(row.title(), row.called(t.Record)), Object: mailObject(row, t.ID),
		Reversible: back, Stage: row.Stage, Seen: row.State(t.Record), Detail: want,
	}
	if row.ID == sendgrid.Keys && t.ID == s.client.KeyID() {
		c.Stage = sendgrid.StageOwnKey
	}
	c.ID = c.Verb + "/" + c.Object
	return c, true
}

// older is the newest version of a template that was there before the incident
// and is not the active one; "" if there is none.
func (s *mailSurvey) older(t sendgrid.Record) (id string) {
	var newest string
	for _, v := range sendgrid.VersionsOf(t) {
		if at := mailTime(v.Updated); !v.Active && at.Before(s.since) && v.Updated > newest {
			id, newest = v.ID, v.Updated
		}
	}
	return id
}

// allowList is the reading of the addresses that may sign in.
func (s *mailSurvey) allowList() *mailRow {
	i := slices.IndexFunc(s.rows, func(row *mailRow) bool { return row.ID == sendgrid.AllowList && row.of.Name == "" })
	return s.rows[i]
}

// admitting adds our own addresses to a list that is in force. An empty list
// lets everybody in: the first address on it would shut out all others.
func (s *mailSurvey) admitting() (all []Change) {
	row := s.allowList()
	if row.unseen != "" || len(row.things) == 0 {
		return nil
	}
	for _, ip := range s.r.Params.List("own_address") {
		if !admits(row.things, ip) {
			all = append(all, Change{
				ID: "admit/" + mailObject(row, ip), Account: s.r.Main(), Verb: "admit", Target: row.title() + " " + ip,
				Object: mailObject(row, ip), Stage: sendgrid.StageGuard, Seen: "not on the list", Detail: wantIn,
			})
		}
	}
	return all
}

// admits tells whether what stays of a list lets an address in.
func admits(things []mailThing, ip string) bool {
	return slices.ContainsFunc(things, func(t mailThing) bool {
		its, is := network(t.Text("ip"))
		own, is2 := network(ip)
		return is && is2 && t.strange == "" && its.Contains(own.Addr())
	})
}

// mayShut tells whether addresses may be taken off the list: only when our own
// are known, which the plan puts there first.
func (s *mailSurvey) mayShut(row *mailRow) bool {
	strange := slices.ContainsFunc(row.things, func(t mailThing) bool { return t.strange != "" })
	if !strange || len(s.r.Params.List("own_address")) > 0 {
		return true
	}
	s.r.Find(Finding{ID: "sendgrid-lock-out", Severity: High, Account: s.r.Main(), Exhibits: row.exhibits,
		Text: "strange addresses may sign in to SendGrid, and stay: say from which addresses you sign in (own_address), or taking them off could lock you out. Only SendGrid's support lets in whoever is locked out"})
	return false
}

// restoring is the plan that puts back what this case switched off, withdrew or
// rolled back, as far as it is still so.
func (s *mailSurvey) restoring() ([]Change, error) {
	acts, err := s.r.Case().Acts(sendgridStep)
	if err != nil {
		return nil, err
	}
	var all []Change
	done := map[string]bool{}
	for _, d := range slices.Backward(acts) {
		object, want, is := strings.Cut(d.Act.Target, " ")
		if !is || d.Outcome.Result != store.Made || done[object] || d.Act.Irreversible || want == wantIn || isRestore(d) {
			continue
		}
		done[object] = true
		if c, left := s.restore(object, want, d.Act.Seen); left {
			all = append(all, c)
		}
	}
	return all, nil
}

// isRestore tells whether an act put something back.
func isRestore(d store.Done) bool { return strings.HasPrefix(d.Act.Change, "restore/") }

// restore puts one thing back, unless it is back already.
func (s *mailSurvey) restore(object, was, state string) (Change, bool) {
	p, user, id, known := mailTarget(object)
	row := s.row(p.ID, user)
	if !known || row == nil || row.unseen != "" {
		return Change{}, false
	}
	want, now := wantOn, "not there"
	var there *sendgrid.Record
	for i := range row.things {
		if row.Key == "" || row.things[i].ID == id {
			there = &row.things[i].Record
			now = row.State(*there)
		}
	}
	switch p.Remedy {
	case sendgrid.Withdraw:
		want = wantBack
	case sendgrid.Older:
		want = sendgrid.ActiveIn(state)
	}
	if reached, _ := mailReached(p, want, state, there, row.records()); reached || there == nil && want != wantBack {
		return Change{}, false
	}
	c := Change{
		Account: s.r.Main(), Verb: "restore", Target: join(row.title(), id), Object: object, Reversible: true,
		Stage: sendgrid.StageKeys - row.Stage, Seen: now, Detail: want,
	}
	c.ID = c.Verb + "/" + object
	return c, true
}

func (s *mailSurvey) row(place, user string) *mailRow {
	for _, row := range s.rows {
		if row.ID == place && row.of.Name == user {
			return row
		}
	}
	return nil
}

func (row *mailRow) records() []sendgrid.Record {
	return mapped(row.things, func(t mailThing) sendgrid.Record { return t.Record })
}

// mailReached tells whether a thing is as it is wanted, and in words how that
// was seen.
func mailReached(p sendgrid.Place, want, state string, t *sendgrid.Record, all []sendgrid.Record) (bool, string) {
	switch want {
	case wantGone:
		return t == nil, "read again: it is not in the list any more"
	case wantOff:
		return t == nil || !p.Works(*t), "read again: it is off"
	case wantOn:
		return t != nil && p.Works(*t), "read again: it is on as before"
	case wantBack:
		return slices.ContainsFunc(all, func(r sendgrid.Record) bool { return p.Same(r, state) }), "read again: it is in the list as before"
	}
	return t != nil && sendgrid.ActiveIn(p.State(*t)) == want, "read again: that version is the active one"
}
