package actions

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"retake/actions/account"
	"retake/actions/hideouts"
	"retake/store"
)

// swept is what one reading of all places brought.
type swept struct {
	judge *hideouts.Judge
	names map[string]string // of the accounts
	cells []*cell           // by account, the main one first, and place

	mu     sync.Mutex
	events []hideouts.Event
}

// cell is one place of one account.
type cell struct {
	place    *hideouts.Place
	account  string
	records  []hideouts.Record
	listed   int    // records of the lists that are not looked into whole
	cut      bool   // such a list goes on behind what was read of it
	strange  int    // records that make no sense
	why      string // why it was not seen whole, "" if it was
	exhibits []int64
	judged   []hideouts.Judgment
}

// verdict is that of the cell's worst record; what was not seen whole is never
// clean.
func (c *cell) verdict() hideouts.Verdict {
	worst := hideouts.Clean
	if c.why != "" {
		worst = hideouts.Unseen
	}
	if c.strange > 0 && hideouts.Unknown.Worse(worst) {
		worst = hideouts.Unknown
	}
	for _, j := range c.judged {
		if v := j.Verdict(); v.Worse(worst) {
			worst = v
		}
	}
	return worst
}

// sweepAll reads every place of every account that the parameters name, and
// judges what it found.
func sweepAll(ctx context.Context, r *Run) (*swept, error) {
	accounts, err := r.Listed(ctx)
	if err != nil {
		return nil, err
	}
	s := &swept{names: map[string]string{}}
	var visits []*visit
	for _, a := range accounts {
		if s.names[a.SID] = a.Name; !wantsAccount(r, a.SID) {
			continue
		}
		for _, p := range topPlaces(r) {
			visits = append(visits, &visit{r: r, a: a, top: p})
		}
	}
	logs := slices.DeleteFunc(slices.Clone(accounts), func(a account.Account) bool { return a.Status != "active" || !wantsAccount(r, a.SID) })
	if err := each(r, logs, func(a account.Account) error { return s.readLog(ctx, r, a) }); err != nil {
		return nil, err
	}
	if err := each(r, visits, func(v *visit) error { return v.read(ctx) }); err != nil {
		return nil, err
	}
	for _, v := range visits {
		s.cells = append(s.cells, v.cells...)
	}
	return s, s.look(r)
}

func wantsAccount(r *Run, sid string) bool {
	only := r.Params.List("accounts")
	return len(only) == 0 || slices.Contains(only, sid)
}

func wantsPlace(r *Run, p *hideouts.Place) bool {
	only := r.Params.List("places")
	return !p.Way && (len(only) == 0 || slices.Contains(only, p.ID))
}

// topPlaces are the places that are listed for an account as such, and are
// wanted, or hold wanted ones.
func topPlaces(r *Run) []*hideouts.Place {
	var all []*hideouts.Place
	for i := range hideouts.Table {
		p := &hideouts.Table[i]
		if p.Listed() && p.Under == "" && (wantsPlace(r, p) || slices.ContainsFunc(below(p), func(c *hideouts.Place) bool { return leadsTo(r, c) })) {
			all = append(all, p)
		}
	}
	return all
}

func leadsTo(r *Run, p *hideouts.Place) bool {
	return wantsPlace(r, p) || slices.ContainsFunc(below(p), func(c *hideouts.Place) bool { return leadsTo(r, c) })
}

// below are the places that are read for each record of another.
func below(p *hideouts.Place) []*hideouts.Place {
	var all []*hideouts.Place
	for i := range hideouts.Table {
		if hideouts.Table[i].Under == p.ID {
			all = append(all, &hideouts.Table[i])
		}
	}
	return all
}

// readLog reads the audit log of an account since the incident began.
func (s *swept) readLog(ctx context.Context, r *Run, a account.Account) error {
	all, err := r.Read(ctx, r.Credential(a.SID)).ListEvents(r.began(), time.Time{})
	s.mu.Lock()
	for _, e := range all {
		moved := map[string]hideouts.Moved{}
		for member, m := range properties(e) {
			moved[member] = hideouts.Moved{Previous: plainOf(m.Previous), Updated: plainOf(m.Updated)}
		}
		s.events = append(s.events, hideouts.Event{
			Account: a.SID, Resource: e.Resource, Type: e.Type, At: e.At, Moved: moved,
			Who: fmt.Sprintf("%s (%s) from %s", e.Actor, e.Source, cmp.Or(e.IP, "Twilio")),
		})
	}
	s.mu.Unlock()
	if err != nil && !passable(err) {
		return fmt.Errorf("cannot read the audit log of %s: %w", a.SID, err)
	}
	if err != nil {
		return r.Miss(a.SID, "audit events of "+a.SID+": what stood there before the incident", account.Explain(err))
	}
	return nil
}

// plainOf is a value of the audit log as a word.
func plainOf(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	if string(raw) == "null" {
		return ""
	}
	return string(raw)
}

// passable tells whether one list may be left out for an error: what cannot be
// filed, or was not sent at all, stops the work.
func passable(err error) bool { return isRefusal(err) || account.Broken(err) }

// visit reads one place of one account with those below it.
type visit struct {
	r     *Run
	a     account.Account
	top   *hideouts.Place
	cells []*cell
}

func (v *visit) cell(p *hideouts.Place) *cell {
	for _, c := range v.cells {
		if c.place == p {
			return c
		}
	}
	c := &cell{place: p, account: v.a.SID}
	v.cells = append(v.cells, c)
	return c
}

func (v *visit) read(ctx context.Context) error {
	if why := v.closed(); why != "" {
		v.unseen(v.top, why)
		return nil
	}
	return v.list(ctx, v.top, nil)
}

// closed says why nothing of the place can be read, "" if it can.
func (v *visit) closed() string {
	switch {
	case v.a.Status == "closed":
		return "the account is closed: ask Twilio for what it still keeps of it"
	case v.a.Status != "active" && v.top.Own():
		return "only the account's own token reads it, and while the account is " + v.a.Status + " none does"
	}
	return ""
}

// unseen marks a place and those below it.
func (v *visit) unseen(p *hideouts.Place, why string) {
	v.cell(p).why = why
	for _, c := range below(p) {
		v.unseen(c, why)
	}
}

// stand notes that a place and those below it are there, also where nothing is in
// them.
func (v *visit) stand(p *hideouts.Place) {
	v.cell(p)
	for _, b := range below(p) {
		v.stand(b)
	}
}

// list reads a place below a chain of records, and what is below its records.
func (v *visit) list(ctx context.Context, p *hideouts.Place, over []string) error {
	c := v.cell(p)
	note := &numbering{r: v.r}
	raw, err := v.operations(ctx, p, note).Records(v.a.SID, listSpot(p, v.a.SID, over))
	c.exhibits = append(c.exhibits, note.filed...)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := v.missed(p, err); err != nil {
		return fmt.Errorf("cannot read the %s of %s: %w", p.Title, v.a.SID, err)
	}
	v.stand(p)
	var all []hideouts.Record
	for _, one := range raw {
		record, err := p.Read(v.a.SID, over, one)
		if err != nil {
			c.strange++
			continue
		}
		all = append(all, record)
	}
	return v.into(ctx, v.newest(p, all), note)
}

// missed notes that a list could not be read, or not to its end. It returns what
// stops the work.
func (v *visit) missed(p *hideouts.Place, err error) error {
	var more *account.More
	switch {
	case err == nil || p.None && account.Gone(err):
		return nil
	case errors.As(err, &more):
		v.cell(p).cut = true
		v.unseen(p, fmt.Sprintf("only the first %d of its list were read", more.Received))
	case !passable(err):
		return err
	case account.Gone(err):
		v.unseen(p, "Twilio answers that there is no such place here (404): the product is not in use, or not to be had")
	default:
		v.unseen(p, account.Explain(err))
	}
	return nil
}

// newest are those of a list that are looked into, the one that was changed last
// first. An account has as many of them as the place allows, over all lists of it.
func (v *visit) newest(p *hideouts.Place, all []hideouts.Record) []hideouts.Record {
	if p.Newest == 0 {
		return all
	}
	slices.SortStableFunc(all, func(a, b hideouts.Record) int { return b.Updated().Compare(a.Updated()) })
	c := v.cell(p)
	c.listed += len(all)
	some := all[:min(len(all), max(0, p.Newest-len(c.records)))]
	if c.listed > p.Newest {
		first, more := "", ""
		if c.cut {
			first, more = "the first ", "; there are more"
		}
		v.unseen(p, fmt.Sprintf("of %s%d %s only %d were looked into, what changed last first%s", first, c.listed, p.Title, p.Newest, more))
	}
	return some
}

// into reads records whole, and what lies below them.
func (v *visit) into(ctx context.Context, all []hideouts.Record, note *numbering) error {
	for _, record := range all {
		if err := v.whole(ctx, &record, note); err != nil {
			return err
		}
		c := v.cell(record.Place)
		c.records = append(c.records, record)
		for _, b := range below(record.Place) {
			if leadsTo(v.r, b) {
				if err := v.list(ctx, b, append(slices.Clone(record.Over), record.SID)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// whole reads a record by itself where the list does not show it whole.
func (v *visit) whole(ctx context.Context, record *hideouts.Record, note *numbering) error {
	p := record.Place
	if !p.Fetch {
		return nil
	}
	raw, err := v.operations(ctx, p, note).Record(v.a.SID, spot(p, record.Path(), ""))
	if err == nil {
		var more hideouts.Record
		if more, err = p.Read(v.a.SID, record.Over, raw); err == nil {
			record.Members = more.Members
		}
	}
	if err != nil && (ctx.Err() != nil || !passable(err) && account.NotMade(err)) {
		return fmt.Errorf("cannot read %s: %w", record.SID, err)
	}
	if err != nil {
		v.cell(p).why = "one of its records could not be read whole: " + account.Explain(err)
	}
	return nil
}

func (v *visit) operations(ctx context.Context, p *hideouts.Place, note account.Recorder) *account.Operations {
	return v.r.line.As(placeCredential(v.r, p, v.a.SID)).On(ctx, note)
}

// placeCredential is the token that reads and changes a place.
func placeCredential(r *Run, p *hideouts.Place, sid string) account.Credential {
	if p.Own() {
		return r.Credential(sid)
	}
	return r.Credential(r.Main())
}

func spot(p *hideouts.Place, path, list string) account.Spot {
	return account.Spot{Host: p.HostName(), Path: path, List: list, Most: p.Most, Own: p.Own()}
}

func listSpot(p *hideouts.Place, sid string, over []string) account.Spot {
	at := spot(p, p.ListPath(sid, over), p.List)
	at.Query, at.Pages, at.Tokens = p.Query, p.Pages, p.Tokens
	return at
}

// numbering files what is read, and remembers as which exhibits.
type numbering struct {
	r     *Run
	filed []int64
}

// Record files an exchange.
func (n *numbering) Record(x account.Exchange) error {
	number, err := n.r.desk.Case.AddExhibit(n.r.exhibit(x))
	n.filed = append(n.filed, number)
	return err
}

// actSkew is how far what is known of Twilio's clock may be off. What somebody else does
// to a record within it is still seen by where it leads.
const actSkew = 30 * time.Second

// sweptAt tells whether an act of this step on a record was under way then.
func (r *Run) sweptAt() func(sid string, at time.Time) bool {
	acts, err := r.desk.Case.Acts(r.Step.ID)
	if err != nil {
		return func(string, time.Time) bool { return false } // then everything counts as somebody else's
	}
	by := map[string][]store.Done{}
	for _, d := range r.datedAll(acts) {
		if record, err := recordOf(d.Act.Change); err == nil && d.Outcome.Result != store.Failed && d.Outcome.Result != store.Refused {
			by[record.SID] = append(by[record.SID], d)
		}
	}
	return func(sid string, at time.Time) bool {
		return slices.ContainsFunc(by[sid], func(d store.Done) bool {
			ended := d.Ended
			if ended.IsZero() {
				ended = d.Began.Add(settleTime)
			}
			return !at.Before(d.Began.Add(-actSkew)) && !at.After(ended.Add(actSkew))
		})
	}
}

var errNoRecord = errors.New("it names no record of the sweep")

// recordOf is the record that a change is about, by the change's ID.
func recordOf(change string) (hideouts.Record, error) {
	_, id, found := strings.Cut(change, "/")
	if !found {
		return hideouts.Record{}, errNoRecord
	}
	return hideouts.Parse(id)
}
