package actions

import (
	"strings"
	"time"

	"retake/actions/account"
)

// callerIDs says which calls have the numbers as From that are to be removed.
func (l *losing) callerIDs() error {
	sids, _ := l.accounts()
	var blind []string
	for _, sid := range sids {
		pages := l.filed.newest(account.SourceCalls, sid)
		if len(pages) == 0 {
			blind = append(blind, sid)
			continue
		}
		uses := map[string]volume{}
		err := l.filed.traffic(account.SourceCalls, sid, time.Time{}, func(t filedTraffic, page int64) {
			uses[t.From] = volume{uses[t.From].N + 1, append(uses[t.From].Exhibits, page)}
		})
		if err != nil {
			return err
		}
		for _, c := range l.p.Changes {
			if c.Account == sid {
				l.callsFrom(c, uses, asOf(pages))
			}
		}
	}
	l.uncaptured("whether a program calls with one of these numbers as From: calls", blind)
	l.unknown(l.r.Main(), "programs that have a number configured and have not called with it lately")
	return nil
}

// callsFrom names one number with the calls that show it.
func (l *losing) callsFrom(c Change, uses map[string]volume, until time.Time) {
	number, _, _ := strings.Cut(c.Seen, ",")
	used, to := uses[number], until.UTC().Format("2006-01-02 15:04")
	if used.N == 0 {
		l.add(c.Account, nil, "%s: no call of %s that was captured up to %s UTC has it as From", number, c.Account, to)
		return
	}
	l.add(c.Account, used.Exhibits, "%s: %s of %s up to %s UTC have it as From; a program that goes on with it is refused", number, some(used.N, "call"), c.Account, to)
}
