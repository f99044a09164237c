package actions

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"retake/actions/hideouts"
	"retake/store"
)

// look judges everything, tells of it, and notes in the ledger how each cell
// stands.
func (s *swept) look(r *Run) error {
	s.judge = &hideouts.Judge{Since: r.began(), Allow: r.Params.List("allow"), Distrust: r.Params.List("distrust"), Ours: r.sweptAt()}
	var all []hideouts.Record
	for _, c := range s.cells {
		all = append(all, c.records...)
	}
	s.judge.Learn(all, s.events)
	s.tellLearned(r)
	s.tellGone(r)
	blind := map[string][]string{}
	for _, c := range s.cells {
		for _, record := range c.records {
			c.judged = append(c.judged, s.judge.Look(record))
		}
		if !wantsPlace(r, c.place) {
			continue
		}
		for _, j := range c.judged {
			tellJudgment(r, j, c.exhibits)
		}
		if c.strange > 0 {
			r.Find(Finding{ID: fmt.Sprintf("%s/%s/%s", hideouts.Unknown, c.place.ID, c.account), Severity: Medium, Account: c.account, Exhibits: slices.Clone(c.exhibits),
				Text: fmt.Sprintf("%d records among the %s of %s make no sense, so nothing can be told of them: %s", c.strange, c.place.Title, c.account, c.place.Where)})
		}
		if c.why != "" {
			blind[c.place.Title+"\x00"+c.why] = append(blind[c.place.Title+"\x00"+c.why], c.account)
		}
		if err := r.desk.Case.Cover(r.Step.ID, c.coverage()); err != nil {
			return err
		}
	}
	return s.tellUnseen(r, blind)
}

// coverage is a cell's line of the ledger. Where it was seen, why begins with the
// verdict: the matrix is read back from there.
func (c *cell) coverage() store.Coverage {
	v := store.Coverage{Source: c.place.Title, Account: c.account, Seen: c.why == "", Got: len(c.records), Why: c.why}
	if len(c.exhibits) > 0 {
		v.Exhibit = c.exhibits[0]
	}
	if c.why == "" {
		v.Why = string(c.verdict()) + ": " + c.words()
	} else if worst := c.verdict(); worst != hideouts.Unseen {
		v.Why = string(worst) + ": " + c.words() + "; and not all was seen: " + c.why
	}
	return v
}

// words say how a cell stands, in short.
func (c *cell) words() string {
	bad := 0
	for _, j := range c.judged {
		bad += count(j.Verdict() != hideouts.Clean)
	}
	switch {
	case bad+c.strange > 0:
		return fmt.Sprintf("%d of %d records", bad+c.strange, len(c.records)+c.strange)
	case len(c.records) == 0:
		return "there are none"
	}
	return fmt.Sprintf("%d records, all as they were", len(c.records))
}

// tellUnseen lists, in few lines, what could not be looked at: what the ledger
// has for each account, and what no API lists.
func (s *swept) tellUnseen(r *Run, blind map[string][]string) error {
	titles := map[string][]string{} // by why and accounts
	for _, key := range slices.Sorted(maps.Keys(blind)) {
		title, why, _ := strings.Cut(key, "\x00")
		group := why + "\x00" + few(blind[key])
		titles[group] = append(titles[group], title)
	}
	r.mu.Lock()
	for _, group := range slices.Sorted(maps.Keys(titles)) {
		why, accounts, _ := strings.Cut(group, "\x00")
		u := Unseen{What: few(titles[group]) + " of " + accounts, Why: why}
		if !slices.Contains(r.report.Unseen, u) {
			r.report.Unseen = append(r.report.Unseen, u)
		}
	}
	r.mu.Unlock()
	for i := range hideouts.Table {
		p := &hideouts.Table[i]
		if !p.Listed() && wantsPlace(r, p) {
			if err := r.Miss(r.Main(), p.Title, p.Why+": look there, in every account: "+p.Where); err != nil {
				return err
			}
		}
	}
	return nil
}

// missed are the kinds of things whose deletion somebody has to know of: a number
// can be bought back for ten days.
var missed = []string{"phone-number.", "application.", "sip-", "trunk", "byoc-trunk.", "caller-id."}

// tellGone reports what the audit log says was deleted since the incident began,
// and not by us.
func (s *swept) tellGone(r *Run) {
	for _, e := range s.events {
		lost := strings.HasSuffix(e.Type, ".deleted") && slices.ContainsFunc(missed, func(p string) bool { return strings.HasPrefix(e.Type, p) })
		if lost && !e.At.Before(r.began()) && !s.judge.Ours(e.Resource, e.At) {
			r.Find(Finding{ID: "gone/" + e.Account + "/" + e.Resource, Severity: High, Account: e.Account,
				Text: fmt.Sprintf("%s of %s is gone since %s (%s, by %s): if it was yours, set it up anew; a number can be bought back for ten days", e.Resource, e.Account, e.At.UTC().Format("2006-01-02 15:04:05"), e.Type, e.Who)})
		}
	}
}

// tellLearned shows which hosts count as ours, so that somebody can disagree.
func (s *swept) tellLearned(r *Run) {
	hosts := s.judge.Hosts()
	var all []string
	for _, h := range slices.Sorted(maps.Keys(hosts)) {
		all = append(all, fmt.Sprintf("%s (%d)", h, hosts[h]))
	}
	if len(all) == 0 {
		r.Find(Finding{ID: "learned/none", Severity: Low, Account: r.Main(), Text: "no address from before the incident was found, so none counts as yours: name yours with allow="})
		return
	}
	r.Find(Finding{ID: "learned/hosts", Severity: Info, Account: r.Main(),
		Text: fmt.Sprintf("these hosts stood there before %s and count as yours (distrust= takes one out): %s", r.began().Format("2006-01-02 15:04"), few(all))})
}

// tellJudgment reports a record that is not clean.
func tellJudgment(r *Run, j hideouts.Judgment, exhibits []int64) {
	v := j.Verdict()
	if v == hideouts.Clean {
		return
	}
	severity := map[hideouts.Verdict]Severity{hideouts.Changed: High, hideouts.Unknown: Medium}[v]
	var why []string
	for _, s := range j.Signs {
		of := ""
		if s.Member != "" {
			of = s.Member + " "
		}
		why = append(why, of+s.Why)
	}
	text := fmt.Sprintf("%s: %q (%s) of %s: %s", j.Place.Title, j.Name(), j.SID, j.Account, strings.Join(why, "; "))
	if j.Place.Alone() {
		text = fmt.Sprintf("%s of %s: %s", j.Place.Title, j.Account, strings.Join(why, "; "))
	}
	if v == hideouts.Changed && j.Place.ByHand {
		text += "; by hand: " + j.Place.Where
	}
	r.Find(Finding{ID: string(v) + "/" + j.ID(), Severity: severity, Account: j.Account, Text: text, Exhibits: slices.Clone(exhibits)})
}
