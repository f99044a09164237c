package actions

import (
	"context"
	"errors"
	"fmt"
	"time"

	"retake/actions/account"
	"retake/store"
)

// life is the life of one account's token during a rotation:
//
//	old -> (any secondary deleted) -> ours created and sealed -> ours promoted -> old proved dead
//
// Where it stands is computed from the journal, so that it can be taken up
// after a crash anywhere.
type life struct {
	r   *Run
	c   Change
	sid string

	region account.Region // where; the tokens are kept under holder
	holder string

	present account.Secret   // the primary token, as far as known
	pending account.Secret   // ours, created and sealed, not yet promoted
	dead    []account.Secret // primaries that must answer 401 in the end
	done    store.Done       // the promotion that put ours in force
	byOld   bool             // promote with the primary: the secondary may not

	graceful bool // promotes only the token that was handed over
}

// live goes on with the rotation until the old token is proved dead.
func (l *life) live(ctx context.Context) Outcome {
	if o, ended := l.stale(); ended {
		return o
	}
	var met error
	for range l.r.Params.Number("rounds") {
		if l.done.N != 0 {
			return l.promotedOurs(ctx)
		}
		again, err := l.round(ctx)
		met = err
		switch {
		case errors.Is(err, ErrHalted):
			return Outcome{} // begun or not, the journal knows; nothing is claimed
		case errors.Is(err, errReplaced):
			return l.anew(ctx)
		case err != nil && !again:
			return l.failed(err)
		}
	}
	if l.done.N != 0 {
		return l.promotedOurs(ctx)
	}
	return l.outrun(met)
}

// outrun says that somebody is faster than we are.
func (l *life) outrun(met error) Outcome {
	return Outcome{Outcome: store.Failed, Problem: fmt.Sprintf("%s rounds did not put our token of %s in force (the last: %v): if somebody keeps replacing it, delete the API keys first and plan again, or ask Twilio (fraud@twilio.com) to suspend the account", l.r.Params["rounds"], l.sid, met)}
}

// stale compares the token in force with the one that was planned for.
func (l *life) stale() (Outcome, bool) {
	if l.done.N != 0 || !l.pending.IsZero() || len(l.dead) > 0 {
		return Outcome{}, false // moved by our own journaled acts
	}
	now := l.r.Fingerprint(l.present)
	if now == l.c.Seen {
		return Outcome{}, false
	}
	ours, err := l.r.ours()
	if err == nil && ours[now] {
		return Outcome{}, false
	}
	return Outcome{Outcome: store.Stale, Problem: fmt.Sprintf("the token of %s is no longer the one that the plan was made for: somebody rotated it; plan again", l.sid)}, true
}

func (l *life) failed(err error) Outcome {
	o := Outcome{Outcome: store.Failed, Problem: err.Error()}
	switch {
	case errors.Is(err, errLost):
		o.Outcome = store.Unknown
	case isRefusal(err):
		o.Outcome = store.Refused
		o.Problem += ": " + account.Explain(err)
	case account.Unsure(err):
		o.Outcome = store.Unknown
	}
	return o
}

// round is one try to put our token in force. again says that the next round
// may succeed; an error with again is what was met on the way.
func (l *life) round(ctx context.Context) (again bool, err error) {
	if again, err = l.ready(ctx); err != nil {
		return again, err
	}
	if l.pending.IsZero() {
		if again, err = l.prepare(ctx); err != nil || l.pending.IsZero() {
			return again, err
		}
	}
	return l.promote(ctx)
}

// prepare deletes any secondary token and creates and seals ours.
func (l *life) prepare(ctx context.Context) (again bool, err error) {
	d, err := l.r.Do(ctx, l.act(verbDeleteSecondary, "any secondary Auth Token of "+l.sid), l.primary(), func(o *account.Operations) (Reply, error) {
		return Reply{Proof: "the account answered that it is deleted"}, o.DeleteSecondary()
	})
	if err != nil && d.Outcome.Result != store.Already {
		return l.recover(ctx, d, err)
	}
	d, err = l.r.Do(ctx, l.act(verbCreateSecondary, "a secondary Auth Token of "+l.sid), l.primary(), func(o *account.Operations) (Reply, error) {
		token, err := o.CreateSecondary()
		if !token.IsZero() {
			l.pending = token
		}
		return l.sealing(token, store.RoleSecondary), err
	})
	if err == nil {
		return true, nil
	}
	l.pending = account.Secret{} // not sure what is in force: it is deleted first in the next round
	return l.recover(ctx, d, err)
}

// sealing is a reply that brought a token.
func (l *life) sealing(token account.Secret, role store.Role) Reply {
	if token.IsZero() {
		return Reply{}
	}
	return Reply{Secrets: []store.Secret{{Account: l.holder, Role: role, Value: token.Reveal()}}}
}

func (l *life) act(verb, target string) store.Act {
	return store.Act{Change: l.c.ID, Account: l.sid, Verb: verb, Target: target, Irreversible: true, Seen: l.r.Fingerprint(l.present)}
}

// called names the account, and the Region where it is not US1.
func (l *life) called() string {
	if l.region == "" {
		return l.sid
	}
	return l.sid + " in " + l.region.String()
}

// as signs in to the account with one of its tokens.
func (l *life) as(token account.Secret) account.Credential {
	return account.Credential{SID: l.sid, Secret: token, Region: l.region}
}

func (l *life) primary() account.Credential {
	return l.as(l.present)
}

// promote puts the secondary token in force. It signs in with the very token
// that is to be promoted: if somebody replaced it meanwhile, the request is
// turned away and his is not promoted.
func (l *life) promote(ctx context.Context) (again bool, err error) {
	as := l.as(l.pending)
	if l.byOld {
		as = l.primary()
	}
	var got account.Secret
	d, err := l.r.Do(ctx, l.act(verbPromote, "the secondary Auth Token of "+l.sid), as, func(o *account.Operations) (Reply, error) {
		token, err := o.Promote()
		got = token
		return l.sealing(token, store.RolePrimary), err
	})
	if err == nil {
		return l.compare(d, got)
	}
	if errors.Is(err, ErrHalted) {
		return false, err
	}
	if account.Gone(err) {
		l.replaced("deleted")
		return true, err
	}
	if account.Unauthorized(err) || isRefusal(err) {
		return l.turnedAway(ctx, err)
	}
	return l.recover(ctx, d, err)
}

// compare looks whose token was promoted.
func (l *life) compare(d store.Done, got account.Secret) (again bool, err error) {
	l.dead = append(l.dead, l.present)
	l.present = got
	ours := got.Equal(l.pending)
	l.pending = account.Secret{}
	if ours {
		l.done = d
		l.r.desk.family.learn(l.holder, got)
		return true, nil
	}
	l.r.desk.family.learn(l.holder, got)
	l.r.Find(Finding{ID: "promoted-foreign/" + l.sid, Severity: Critical, Account: l.sid,
		Text: fmt.Sprintf("somebody replaced the new token of %s in the moment before it was promoted, so that theirs was put in force; it is rotated again at once", l.sid)})
	err = l.r.Case().Burn("promoted in place of ours", store.Secret{Account: l.holder, Role: store.RoleOld, Value: got.Reveal()})
	return true, err
}

// replaced notes that our secondary token is not there any more.
func (l *life) replaced(how string) {
	l.pending = account.Secret{}
	l.r.Find(Finding{ID: "replaced/" + l.sid, Severity: Critical, Account: l.sid,
		Text: fmt.Sprintf("somebody %s the new token of %s before it was promoted: the intruder is still at work", how, l.sid)})
}

// promotedOurs proves a promotion. What had to be promoted
// without a hand-over, because somebody else's token was in force, is handed over
// now.
func (l *life) promotedOurs(ctx context.Context) Outcome {
	o := l.prove(ctx)
	if !l.graceful || o.Outcome != store.Made {
		return o
	}
	if handed := l.hand(ctx, l.present); handed.Outcome != store.Made {
		return handed
	}
	return o
}

// prove waits until every token that was in force before answers 401.
func (l *life) prove(ctx context.Context) Outcome {
	if l.done.Outcome.Proof != "" {
		return Outcome{Outcome: store.Made, Proof: l.done.Outcome.Proof}
	}
	for _, old := range l.dead {
		alive, err := l.outlive(ctx, old)
		switch {
		case errors.Is(err, context.Canceled):
			return Outcome{Outcome: store.Waiting, Problem: "the proof is still to come: the responder asked to stop"}
		case err != nil:
			return Outcome{Outcome: store.Waiting, Problem: "the old token could not be tried: " + err.Error()}
		case alive:
			return Outcome{Outcome: store.Waiting, Problem: fmt.Sprintf("the old token of %s still answers after %s: continue in a minute", l.called(), l.r.Params["propagation"])}
		}
	}
	proof := fmt.Sprintf("the old token of %s answers 401; the promotion returned the token that was sealed (%.8s)", l.called(), l.r.Fingerprint(l.present))
	if _, err := l.r.Conclude(l.done, store.Outcome{Result: store.Made, Proof: proof}); err != nil {
		return Outcome{}
	}
	return Outcome{Outcome: store.Made, Proof: proof}
}

// outlive waits for a token to die, as long as the parameter propagation says.
func (l *life) outlive(ctx context.Context, token account.Secret) (alive bool, err error) {
	deadline := l.r.Now().Add(l.r.Params.Duration("propagation"))
	for pause := 250 * time.Millisecond; ; pause = min(2*pause, 4*time.Second) {
		alive, err = l.try(ctx, token)
		if err == nil && !alive {
			return false, nil
		}
		if !l.r.Now().Before(deadline) {
			return alive, err
		}
		if err := l.r.Sleep(ctx, pause); err != nil {
			return alive, err
		}
	}
}

// try asks whether the account lets a token in. An account other than active
// answers 401 to its own token whatever it is.
func (l *life) try(ctx context.Context, token account.Secret) (alive bool, err error) {
	_, err = l.r.Read(ctx, l.as(token)).FetchAccount(l.sid)
	if account.Unauthorized(err) {
		return false, nil
	}
	return err == nil, err
}
