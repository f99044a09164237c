package actions

import (
	"fmt"
	"slices"
	"strings"

	"retake/actions/account"
)

// Loss is something that stops working when a plan is carried out, or that
// nobody can tell before, as far as the case shows it.
type Loss struct {
	Account  string  `json:"account"`
	Text     string  `json:"text"`     // may hold text from the account
	Exhibits []int64 `json:"exhibits"` // where to read it; not part of the digest
}

// losing gathers what a plan breaks.
type losing struct {
	r     *Run
	p     *Plan
	filed *filed
	all   []Loss
}

// losers tell, step by step, what a plan breaks.
var losers = map[string]struct {
	tell    func(*losing) error
	sources []account.Source
}{
	"auth-tokens":      {(*losing).tokens, []account.Source{account.SourceAccounts, account.SourceNumbers, account.SourceApplications, account.SourceCalls, account.SourceMessages}},
	"api-keys":         {(*losing).keys, []account.Source{account.SourceKeys, account.SourceCalls, account.SourceMessages}},
	"geo-and-triggers": {(*losing).countries, nil},
	sendgridStep:       {(*losing).sendgrid, nil},
	"caller-id":        {(*losing).callerIDs, []account.Source{account.SourceCallerIDs, account.SourceCalls}},
}

// losses says what the plan of a step breaks, from what was captured and from
// what the run has read. It asks the account nothing.
func losses(r *Run, p *Plan) ([]Loss, error) {
	how, known := losers[r.Step.ID]
	if !known || p.Empty() {
		return nil, nil
	}
	l := &losing{r: r, p: p}
	if len(how.sources) > 0 {
		var err error
		if l.filed, err = readFiled(r.Case(), r.Step.ID, r.from, how.sources...); err != nil {
			return nil, err
		}
	}
	err := how.tell(l)
	return l.all, err
}

// add names a loss with the exhibits that show it.
func (l *losing) add(sid string, exhibits []int64, format string, args ...any) {
	exhibits = slices.Clone(exhibits)
	slices.Sort(exhibits)
	l.all = append(l.all, Loss{Account: sid, Text: fmt.Sprintf(format, args...), Exhibits: append([]int64{}, slices.Compact(exhibits)...)})
}

// unknown names what nobody can tell before it breaks.
func (l *losing) unknown(sid, format string, args ...any) {
	l.add(sid, nil, notKnown+format, args...)
}

// Unknown tells whether it is something that nobody can tell before.
func (l Loss) Unknown() bool { return strings.HasPrefix(l.Text, notKnown) }

const notKnown = "not known: "

// uncaptured says for which accounts a list was not captured, in one line.
func (l *losing) uncaptured(what string, accounts []string) {
	switch len(accounts) {
	case 0:
	case 1:
		l.unknown(accounts[0], "%s of %s: they were not captured", what, accounts[0])
	default:
		l.unknown(l.r.Main(), "%s of %d accounts: they were not captured (%s)", what, len(accounts), few(accounts))
	}
}

// accounts are those that the plan changes, in its order, with their names.
func (l *losing) accounts() (sids []string, names map[string]string) {
	names = map[string]string{}
	for _, c := range l.p.Changes {
		if _, known := names[c.Account]; !known {
			sids, names[c.Account] = append(sids, c.Account), c.Name
		}
	}
	return sids, names
}

// called is an account with its name, as far as there is one.
func called(sid, name string) string { return strings.TrimSpace(sid + " " + name) }

// some counts things in words: 1 number, 2 numbers.
func some(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
