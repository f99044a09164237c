package actions

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"retake/actions/account"
	"retake/store"
)

// errLost says that no token that we know opens the account.
var errLost = errors.New("neither the old nor the new token is let in")

// recover goes on after a call of a rotation that did not succeed.
func (l *life) recover(ctx context.Context, d store.Done, err error) (again bool, _ error) {
	switch {
	case errors.Is(err, ErrHalted):
		return false, err
	case account.Unauthorized(err):
		return l.reread(ctx)
	case account.Unsure(err):
		settled, failed := l.r.settle(ctx, d)
		if failed != nil {
			return false, failed
		}
		return l.resume(settled, err)
	case isRefusal(err) && d.Act.Verb == verbCreateSecondary:
		return true, err // somebody created one in between: it is deleted in the next round
	}
	return false, err
}

// resume takes in how an unknown act was settled.
func (l *life) resume(d store.Done, err error) (again bool, _ error) {
	if d.Act.Verb != verbPromote {
		return true, err
	}
	switch d.Outcome.Result {
	case store.Made:
		l.dead = append(l.dead, l.present)
		l.present, l.pending, l.done = l.pending, account.Secret{}, d
		l.r.desk.family.learn(l.holder, l.present)
		return true, nil
	case store.Unknown:
		return false, fmt.Errorf("%w: %s", errLost, d.Outcome.Problem)
	case store.Stale:
		l.replaced("replaced")
	}
	return true, err
}

// settlePromotion tries the new and the old token:
//
//	new 200, old 200: not promoted       new 200, old 401: made
//	new 401, old 200: the secondary was replaced or deleted
//	new 401, old 401: suspended or locked out: unknown, a person decides
//
// Propagation is slow, so "not promoted" waits for its whole time first.
func (l *life) settlePromotion(ctx context.Context) store.Outcome {
	ours, err := l.alive(ctx, l.pending)
	if err != nil {
		return store.Outcome{Result: store.Unknown, Problem: "the new token could not be tried: " + err.Error()}
	}
	var old bool
	if ours {
		old, err = l.outlive(ctx, l.present)
	} else {
		old, err = l.try(ctx, l.present)
	}
	switch {
	case err != nil:
		return store.Outcome{Result: store.Unknown, Problem: "the old token could not be tried: " + err.Error()}
	case ours && !old:
		return store.Outcome{Result: store.Made, Proof: ""}
	case ours:
		return store.Outcome{Result: store.Failed, Problem: "both tokens are let in: it was not promoted"}
	case old:
		return store.Outcome{Result: store.Stale, Problem: "the old token is let in and the new one is not: somebody replaced or deleted it"}
	}
	return l.locked(ctx)
}

func (l *life) alive(ctx context.Context, token account.Secret) (bool, error) {
	if token.IsZero() {
		return false, nil
	}
	return l.try(ctx, token)
}

// locked says what is known when neither token is let in: for a subaccount the
// main account can tell, for the main account nobody can.
func (l *life) locked(ctx context.Context) store.Outcome {
	if l.sid == l.r.Main() {
		return store.Outcome{Result: store.Unknown, Problem: "neither the new nor the old token is let in: suspended, or somebody else's token is in force; look in the Console (Account > API keys & tokens)"}
	}
	a, err := l.listed(ctx)
	switch {
	case err != nil:
		return store.Outcome{Result: store.Unknown, Problem: err.Error()}
	case !l.pending.IsZero() && a.Token.Equal(l.pending):
		return store.Outcome{Result: store.Made, Proof: ""}
	case a.Status != "active":
		return store.Outcome{Result: store.Unknown, Problem: fmt.Sprintf("%s is %s and turns every token away: reactivate it, then continue", l.sid, a.Status)}
	}
	return store.Outcome{Result: store.Stale, Problem: "a token is in force that is neither the old nor the new one: somebody else's"}
}

// listed is the account as the main account sees it now.
func (l *life) listed(ctx context.Context) (account.Account, error) {
	all, err := l.r.Accounts(ctx)
	if err != nil {
		return account.Account{}, err
	}
	i := slices.IndexFunc(all, func(a account.Account) bool { return a.SID == l.sid })
	if i < 0 {
		return account.Account{}, fmt.Errorf("%s is no longer in the list of accounts", l.sid)
	}
	return all[i], nil
}

// turnedAway finds out why a promotion was refused.
func (l *life) turnedAway(ctx context.Context, err error) (again bool, _ error) {
	ours, failed := l.alive(ctx, l.pending)
	if failed != nil {
		return false, failed
	}
	old, failed := l.try(ctx, l.present)
	switch {
	case failed != nil:
		return false, failed
	case ours && old && !l.byOld:
		l.byOld = true // a secondary token may not promote itself here
		return true, err
	case old && !ours:
		l.replaced("replaced")
		return true, err
	case ours && old:
		return false, err
	}
	return l.reread(ctx)
}

// reread learns which token is in force now, after the one that was thought to
// be was turned away.
func (l *life) reread(ctx context.Context) (again bool, _ error) {
	if ours, err := l.alive(ctx, l.pending); err != nil || ours {
		return err == nil, err
	}
	if l.sid == l.r.Main() {
		return false, fmt.Errorf("%w at %s: somebody else's token is in force, or the account is suspended; look in the Console (Account > API keys & tokens) or write to fraud@twilio.com", errLost, l.sid)
	}
	a, err := l.listed(ctx)
	switch {
	case err != nil:
		return false, err
	case a.Status != "active":
		return false, fmt.Errorf("%s is %s and turns its own token away: reactivate it and plan again, or leave it so", l.sid, a.Status)
	case a.Token.IsZero() || a.Token.Equal(l.present):
		return false, fmt.Errorf("%s turns away the token that the account list shows", l.sid)
	}
	l.dead = append(l.dead, l.present)
	l.present, l.pending = a.Token, account.Secret{}
	l.r.Find(Finding{ID: "rotated-foreign/" + l.sid, Severity: Critical, Account: l.sid, Text: fmt.Sprintf("somebody else put a token of %s in force while it was being rotated; it is rotated again", l.sid)})
	return true, l.r.Case().Burn("put in force by somebody else", store.Secret{Account: l.holder, Role: store.RoleOld, Value: a.Token.Reveal()})
}
