package actions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"retake/actions/probe"
	"retake/actions/triage"
)

// mostSearches is how many accounts are searched for in public code, the main
// one first: GitHub answers ten searches a minute.
const mostSearches = 100

// code looks for the SIDs of the family in public code on GitHub. What was not
// searched is said; only what cannot be filed, and a responder who leaves, are
// errors. The SIDs are no secrets; a token is never searched for.
func (l *looking) code(ctx context.Context) error {
	if l.r.desk.github.IsZero() {
		return l.r.Miss(l.r.Main(), "SIDs of this account in public code", "not searched, since GITHUB_TOKEN is not set (a token without any scope will do). "+l.byHand())
	}
	wanted := slices.DeleteFunc(slices.Clone(l.records.Accounts), func(a triage.Account) bool { return a.Status == "closed" })
	g := &probe.GitHub{Line: l.r.line, Token: l.r.desk.github, Patience: l.r.Params.Duration("github_wait"), Now: l.r.Now, Sleep: l.r.Sleep}
	for i, a := range wanted {
		if i == mostSearches {
			return l.unsearched(wanted[i:], fmt.Sprintf("no more than %d accounts are searched for", mostSearches))
		}
		var trouble *probe.Trouble
		err := l.search(ctx, g, a)
		switch {
		case errors.As(err, &trouble) && trouble.Final:
			return l.unsearched(wanted[i:], trouble.Error())
		case errors.As(err, &trouble):
			err = l.unsearched(wanted[i:i+1], trouble.Error())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// search looks for one account's SID.
func (l *looking) search(ctx context.Context, g *probe.GitHub, a triage.Account) error {
	rec := &numbered{r: l.r}
	found, err := g.Search(ctx, rec, a.SID)
	if err != nil {
		return errors.Join(rec.failed, err)
	}
	l.keep(func(r *triage.Records) {
		for _, f := range found.Files {
			r.Leaks = append(r.Leaks, l.leak(a, f, rec.n))
		}
	})
	what := "public code with the SID of " + a.SID
	switch {
	case found.Partial:
		return l.r.Miss(a.SID, what, fmt.Sprintf("GitHub ran out of time: it found %d files and may have missed some; plan again", found.Total))
	case found.Total > len(found.Files):
		return l.r.Miss(a.SID, what, fmt.Sprintf("GitHub counts %d files, and %d were read: search for the others by hand", found.Total, len(found.Files)))
	}
	return l.r.See(a.SID, what, found.Total)
}

// leak is a file as the rules read it. The token that stands in it is known by
// its fingerprint: what was read is masked.
func (l *looking) leak(a triage.Account, f probe.File, exhibit int64) triage.Leak {
	leak := triage.Leak{Account: a.SID, File: f.Repository + "/" + f.Path, Where: f.Shown(), Private: f.Private, Secret: f.Secret, Exhibit: exhibit}
	if token := l.r.Credential(a.SID).Secret; !token.IsZero() {
		shown := l.r.line.Mask(token.Reveal())
		leak.Present = slices.ContainsFunc(f.Fragments, func(text string) bool { return strings.Contains(text, shown) })
	}
	return leak
}

// unsearched says whose SIDs were not searched for.
func (l *looking) unsearched(accounts []triage.Account, why string) error {
	var sids []string
	for _, a := range accounts[:min(3, len(accounts))] {
		sids = append(sids, a.SID)
	}
	what := "public code with the SID of " + strings.Join(sids, ", ")
	if n := len(accounts) - len(sids); n > 0 {
		what += fmt.Sprintf(" and of %d more accounts", n)
	}
	return l.r.Miss(accounts[0].SID, what, why+". "+l.byHand())
}

func (l *looking) byHand() string {
	return "Search by hand, signed in: https://github.com/search?q=%22" + l.r.Main() + "%22&type=code"
}
