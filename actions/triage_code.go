package actions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"retake/actions/probe"
	"retake/actions/triage"
	"retake/store"
)

// mostSearches is how many accounts are searched for in public code, the main
// one first: GitHub answers ten searches a minute.
const mostSearches = 100

// code looks for the SIDs of the family in public code on GitHub. What was not
// searched is said; only what cannot be filed, and a responder who leaves, are
// errors. The SIDs are no secrets; a token is never searched for.
func (l *looking) code(ctx context.Context) error {
	token := l.r.desk.extra(EnvGitHub)
	if token.IsZero() {
		return l.r.Miss(l.r.Main(), publicCode, "not searched, since "+l.r.lacking(extraOf(extraGitHub).Parts...)+". A token without any scope will do. "+l.byHand())
	}
	wanted := slices.DeleteFunc(slices.Clone(l.records.Accounts), func(a triage.Account) bool { return a.Status == "closed" })
	g := &probe.GitHub{Line: l.r.line, Token: token, Patience: l.r.Params.Duration("github_wait"), Now: l.r.Now, Sleep: l.r.Sleep}
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

// publicCode stands in the coverage for the search of all accounts.
const publicCode = "SIDs of this account in public code"

// search looks for one account's SID.
func (l *looking) search(ctx context.Context, g *probe.GitHub, a triage.Account) error {
	tokens, err := l.tokens(a.SID)
	if err != nil {
		return err
	}
	rec := &numbered{r: l.r}
	found, err := g.Search(ctx, rec, a.SID)
	if err != nil {
		return errors.Join(rec.failed, err)
	}
	if err := l.r.reached(l.r.Main(), publicCode, found.Total); err != nil {
		return err
	}
	l.keep(func(r *triage.Records) {
		for _, f := range found.Files {
			leak := triage.Leak{Account: a.SID, File: f.Repository + "/" + f.Path, Where: f.Shown(), Private: f.Private, Secret: f.Secret, Exhibit: rec.n}
			leak.Present, leak.Dead = tokens.in(f.Fragments)
			r.Leaks = append(r.Leaks, leak)
		}
	})
	if err := l.burnPublished(a.SID, found, tokens, rec.n); err != nil {
		return err
	}
	what := "public code with the SID of " + a.SID
	switch {
	case found.Partial:
		return l.r.Miss(a.SID, what, fmt.Sprintf("GitHub ran out of time: it found %d files and may have missed some; plan again", found.Total))
	case found.Total > len(found.Files):
		return l.r.Miss(a.SID, what, fmt.Sprintf("GitHub counts %d files, and %d were read: search for the others by hand", found.Total, len(found.Files)))
	}
	return l.r.See(a.SID, what, found.Total)
}

// burnPublished burns the token in force where public code shows it. A token that
// is burnt already waits for its rotation as it is.
func (l *looking) burnPublished(sid string, found probe.Found, tokens marks, exhibit int64) error {
	token := l.r.Credential(sid).Secret
	i := slices.IndexFunc(found.Files, func(f probe.File) bool { present, _ := tokens.in(f.Fragments); return present && !f.Private })
	if i < 0 || token.IsZero() {
		return nil
	}
	burnt, err := l.r.Case().IsBurnt(l.r.Fingerprint(token))
	if err != nil || burnt {
		return err
	}
	where := found.Files[i].Shown()
	f := Finding{ID: "leak/" + short(where), Severity: Critical, Account: sid, Text: "the Auth Token of " + sid + " that is in force stands in public code: " + where, Exhibits: []int64{exhibit}}
	return l.r.burnFound(f, "found in public code: "+where, store.Secret{Account: sid, Role: store.RoleOld, Value: token.Reveal()})
}

// marks are what an account's tokens are masked with: by them a token is known
// in a text that does not show it.
type marks struct {
	present string   // of the token in force, "" if it is not known
	old     []string // of those that were in force before
}

func (l *looking) tokens(sid string) (m marks, err error) {
	if token := l.r.Credential(sid).Secret; !token.IsZero() {
		m.present = l.r.Fingerprint(token)
	}
	all, err := l.r.Case().Tokens(sid)
	for _, t := range all {
		if t.Role == store.RoleOld && m.present != "" && t.Fingerprint != m.present {
			m.old = append(m.old, t.Fingerprint)
		}
	}
	return m, err
}

// in tells whether masked texts hold the token in force, or else an older one.
func (m marks) in(texts []string) (present, dead bool) {
	for _, text := range texts {
		present = present || m.present != "" && strings.Contains(text, m.present)
		dead = dead || slices.ContainsFunc(m.old, func(old string) bool { return strings.Contains(text, old) })
	}
	return present, dead && !present
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
