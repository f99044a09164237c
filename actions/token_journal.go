package actions

import (
	"fmt"

	"retake/actions/account"
	"retake/store"
)

func lifeOf(r *Run, c Change) *life {
	region := regionOf(c.ID)
	return &life{r: r, c: c, sid: c.Account, region: region, holder: holderOf(c.Account, region)}
}

// newLife takes up a rotation from the journal.
func newLife(r *Run, c Change) (*life, error) {
	l := lifeOf(r, c)
	l.present = r.desk.family.token(l.holder)
	if err := l.replay(r.Acts(c.ID)); err != nil {
		return nil, err
	}
	if l.done.N != 0 && r.Fingerprint(l.present) == c.Seen {
		l.done, l.dead = store.Done{}, nil // an earlier rotation; its token has burnt since
	}
	return l, nil
}

// lifeBefore is the life as it stood when an act was begun.
func lifeBefore(r *Run, d store.Done) (*life, error) {
	l := lifeOf(r, Change{ID: d.Act.Change, Account: d.Act.Account, Seen: d.Act.Seen})
	var before []store.Done
	for _, a := range r.Acts(d.Act.Change) {
		if a.N < d.N {
			before = append(before, a)
		}
	}
	if err := l.replay(before); err != nil {
		return nil, err
	}
	old, err := l.sealedAs(d.Act.Seen)
	l.present = old
	return l, err
}

// replay follows the acts of a rotation that were carried out.
func (l *life) replay(acts []store.Done) error {
	for _, d := range acts {
		if !d.Open() && d.Outcome.Result != store.Made && d.Outcome.Result != store.Already {
			continue
		}
		if err := l.follow(d); err != nil {
			return err
		}
	}
	return nil
}

func (l *life) follow(d store.Done) (err error) {
	switch d.Act.Verb {
	case verbDeleteSecondary:
		l.pending = account.Secret{}
	case verbCreateSecondary:
		l.pending, err = l.unseal(d, store.RoleSecondary)
	case verbPromote:
		if d.Outcome.Result == store.Made {
			err = l.promoted(d)
		}
	}
	return err
}

// promoted takes in a promotion that was made.
func (l *life) promoted(d store.Done) error {
	old, err := l.sealedAs(d.Act.Seen)
	if err != nil {
		return err
	}
	l.dead = append(l.dead, old)
	token, err := l.unseal(d, store.RolePrimary)
	if err != nil {
		return err
	}
	if token.IsZero() { // settled by trying the tokens: ours answered
		token = l.pending
	}
	l.present = token
	if token.Equal(l.pending) {
		l.done = d
	}
	l.pending = account.Secret{}
	return nil
}

// unseal reads the token that an act's reply brought; zero if it brought none.
func (l *life) unseal(d store.Done, role store.Role) (account.Secret, error) {
	for _, n := range d.Outcome.Sealed {
		e, err := l.r.Case().Entry(n)
		if err != nil {
			return account.Secret{}, err
		}
		var s store.SealedEntry
		if err := e.Decode(&s); err != nil || s.Role != role {
			continue
		}
		value, err := l.r.Case().Unseal(n)
		return account.NewSecret(value), err
	}
	return account.Secret{}, nil
}

// sealedAs finds the sealed token of the account that has a fingerprint.
func (l *life) sealedAs(fingerprint string) (account.Secret, error) {
	all, err := l.r.Case().Tokens(l.holder)
	if err != nil {
		return account.Secret{}, err
	}
	for _, s := range all {
		if s.Fingerprint == fingerprint {
			value, err := l.r.Case().Unseal(s.N)
			return account.NewSecret(value), err
		}
	}
	return account.Secret{}, fmt.Errorf("cannot find the token of %s that was in force when it was planned", l.sid)
}
