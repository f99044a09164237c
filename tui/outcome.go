package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"retake/actions"
	"retake/actions/account"
	"retake/actions/clean"
	"retake/store"
)

// outcomeRows lists what became of the changes, what went wrong first.
func outcomeRows(step string, all []actions.Outcome, w int) rows {
	p := &page{w: w}
	if len(all) == 0 {
		p.para(faint, lit("Nothing was done here yet."))
		return p.rows
	}
	p.para(strong, countOutcomes(all))
	for _, line := range actions.Undone(step, madeVerbs(all)) {
		p.bullet(faint, clean.Show(line))
	}
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b actions.Outcome) int {
		return cmp.Or(rank(a.Outcome)-rank(b.Outcome), strings.Compare(a.Change, b.Change))
	})
	for _, o := range sorted {
		p.gap()
		i := outcomeInk[o.Outcome]
		words, known := outcomeWords[o.Outcome]
		lead := row{{i, lit(words)}, {i, lit(": ")}}
		if !known {
			lead = row{{warn, clean.Showf("%s: ", o.Outcome)}}
		}
		p.hang(lead[:len(lead):len(lead)], plain, clean.Showf("%s %s%s", o.Verb, o.Target, ofAccount(o)))
		if o.Problem != "" {
			p.hang(rowOf(plain, lit("    ")), i, joined(o.Problem))
		}
		if o.Proof != "" {
			p.hang(rowOf(faint, lit("    proof: ")), plain, joined(o.Proof))
		}
	}
	return p.rows
}

// madeVerbs are the verbs of what was made.
func madeVerbs(all []actions.Outcome) []string {
	var verbs []string
	for _, o := range all {
		if o.Outcome == store.Made {
			verbs = append(verbs, o.Verb)
		}
	}
	return verbs
}

func ofAccount(o actions.Outcome) string {
	if strings.Contains(o.Target, o.Account) {
		return ""
	}
	return " of " + o.Account
}

// rank is the order in which outcomes are read.
func rank(r store.Result) int {
	return slices.Index([]store.Result{store.Unknown, store.Failed, store.Refused, store.Stale, store.Waiting, store.Made, store.Already}, r)
}

func countOutcomes(all []actions.Outcome) clean.Text {
	n := map[store.Result]int{}
	for _, o := range all {
		n[o.Outcome]++
	}
	var parts []string
	for _, r := range []store.Result{store.Made, store.Already, store.Waiting, store.Stale, store.Refused, store.Failed, store.Unknown} {
		if n[r] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[r], r))
		}
	}
	return clean.Show(strings.Join(parts, ", "))
}

// progress is a plan that is being carried out: a line an account, those first
// that need to be looked at. Only what is in sight is drawn.
type progress struct {
	head  []row
	tally actions.Tally
	order []int
}

func newProgress(j *jobView, pace account.Pace, now time.Time, w int) progress {
	t := j.tally
	p := &page{w: w}
	gap := span{plain, lit("   ")}
	counts := row{{good, litf("done %d", t.Done)}, gap, {strong, litf("left %d", t.Left)}, gap, {failInk(t.Failed), litf("failed %d", t.Failed)}}
	if t.Accepted > 0 {
		counts = append(counts, gap, span{warn, litf("accepted, not seen yet %d", t.Accepted)})
	}
	p.add(append(counts, gap, span{plain, since(now.Sub(j.since))}))
	p.para(faint, paceWords(pace, now))
	if t.Left == 0 && len(t.Accounts) > 0 {
		p.para(plain, lit("All planned changes were tried. The account is read again: for what is new, and for the proof."))
	}
	p.gap()
	out := progress{head: p.rows, tally: t, order: make([]int, len(t.Accounts))}
	for n := range out.order {
		out.order[n] = n
	}
	slices.SortStableFunc(out.order, func(a, b int) int { return urgency(t.Accounts[a]) - urgency(t.Accounts[b]) })
	return out
}

func failInk(n int) ink {
	if n > 0 {
		return bad
	}
	return faint
}

// urgency is the order of the accounts: trouble, at work, to come, done.
func urgency(a actions.AccountTally) int {
	switch {
	case a.Failed > 0:
		return 0
	case a.Doing != "":
		return 1
	case a.Left > 0:
		return 2
	}
	return 3
}

// paceWords says how fast it goes and what holds it up.
func paceWords(p account.Pace, now time.Time) clean.Text {
	words := litf("%.1f requests a second, %d in flight (at most %d at present), %d sent", p.PerSecond, p.InFlight, p.Limit, p.Sent)
	if p.Throttled > 0 {
		words = litf("%s; Twilio slowed us down %d times (429)", words, p.Throttled)
	}
	if p.NextTry.After(now) {
		words = litf("%s; next try in %s", words, p.NextTry.Sub(now).Round(time.Second))
	}
	return words
}

func (p progress) Len() int { return len(p.head) + len(p.order) }

func (p progress) Row(n int) row {
	if n < len(p.head) {
		return p.head[n]
	}
	a := p.tally.Accounts[p.order[n-len(p.head)]]
	count := rowOf(plain, litf("%d/%d", a.Done, a.Sum()))
	if a.Failed > 0 {
		count = append(count, span{bad, litf(" %d failed", a.Failed)})
	}
	r := append(count.pad(max(8, count.width()+1)), span{strong, shortSID(a.Account)}, span{plain, clean.Showf(" %s ", a.Name)})
	switch {
	case a.Doing != "":
		return append(r, span{warn, clean.Show(a.Doing)})
	case a.Last != "":
		return append(r, span{faint, clean.Show(a.Last)})
	}
	return r
}

// findingRows lists findings, the worst first.
func findingRows(all, earlier []actions.Finding, readOnce bool, w int) rows {
	p := &page{w: w}
	if len(all) == 0 && !readOnce {
		p.para(faint, lit("The account was not read for this step yet: p reads it and shows what it finds."))
		return p.rows
	}
	if len(all) == 0 {
		p.para(faint, lit("Nothing was found that you have to know."))
	}
	findingsOf(p, all)
	if len(earlier) > 0 {
		p.heading(lit("Found before, and not by the latest reading: over, or not to be seen"))
		findingsOf(p, earlier)
	}
	return p.rows
}

// findingsOf lists findings, the worst first.
func findingsOf(p *page, all []actions.Finding) {
	for _, s := range severities {
		for _, f := range all {
			if f.Severity == s {
				findingRow(p, f)
			}
		}
	}
}

func findingRow(p *page, f actions.Finding) {
	i := severityInk[f.Severity]
	p.hang(row{{i, clean.Show(string(f.Severity))}, {i, lit(": ")}}, plain, joined(f.Text))
	if len(f.Exhibits) > 0 {
		p.hang(rowOf(faint, lit("  exhibits: ")), faint, clean.Show(strings.Trim(strings.Join(strings.Fields(clean.Showf("%v", f.Exhibits).String()), ", "), "[]")))
	}
}

// unseenRows lists what could not be looked at, and where to look.
func unseenRows(all []store.Coverage, w int) rows {
	p := &page{w: w}
	if len(all) == 0 {
		p.para(faint, lit("Nothing is known that this step could not see. Before it was planned this says nothing."))
		return p.rows
	}
	p.para(warn, lit("Retake cannot see this. Look there yourself; green is not meant for it."))
	for _, v := range all {
		p.gap()
		p.hang(rowOf(warn, lit("? ")), strong, clean.Show(v.Source))
		p.hang(rowOf(plain, lit("  ")), plain, joined(v.Why))
	}
	return p.rows
}
