package actions

import (
	"slices"

	"retake/actions/account"
	"retake/store"
)

// pending is the secondary token of ours that an account has and that is not
// in force yet, as the journal tells it: nothing is unsealed for it.
type pending struct {
	sealed      int64 // number of the sealed token, 0 if there is none
	fingerprint string
	handed      store.Done // the hand-over of this very token, zero if there was none
}

// there tells whether there is such a token.
func (p pending) there() bool { return p.fingerprint != "" }

// pendingIn follows the acts of one rotation. An act that may have been carried
// out counts as one that was.
func pendingIn(c *store.Case, acts []store.Done) (p pending, err error) {
	for _, d := range acts {
		happened := d.Open() || d.Outcome.Result == store.Made || d.Outcome.Result == store.Already
		switch {
		case !happened:
		case d.Act.Verb == verbDeleteSecondary, d.Act.Verb == verbPromote && d.Outcome.Result == store.Made:
			p = pending{}
		case d.Act.Verb == verbCreateSecondary:
			if p, err = createdBy(c, d); err != nil {
				return p, err
			}
		case d.Act.Verb == verbHandOver && d.Outcome.Result == store.Made && d.Act.Seen == p.fingerprint:
			p.handed = d
		}
	}
	return p, nil
}

// createdBy is the token that an act created and sealed.
func createdBy(c *store.Case, d store.Done) (pending, error) {
	for _, n := range d.Outcome.Sealed {
		e, err := c.Entry(n)
		if err != nil {
			return pending{}, err
		}
		var s store.SealedEntry
		if err := e.Decode(&s); err == nil && s.Role == store.RoleSecondary {
			return pending{sealed: n, fingerprint: s.Fingerprint}, nil
		}
	}
	return pending{}, nil
}

// handedOver is the latest hand-over of a token among the acts of its rotation
// that was made or may have been; zero for none.
func handedOver(acts []store.Done, fingerprint string) (last store.Done) {
	for _, d := range acts {
		counts := d.Open() || d.Outcome.Result == store.Made
		if d.Act.Verb == verbHandOver && d.Act.Seen == fingerprint && counts {
			last = d
		}
	}
	return last
}

// newToken is the account's secondary token that is not in force yet, unsealed.
func (d *Desk) newToken(sid string) (account.Secret, pending, error) {
	acts, err := d.Case.Acts("auth-tokens")
	if err != nil {
		return account.Secret{}, pending{}, err
	}
	acts = slices.DeleteFunc(acts, func(a store.Done) bool { return a.Act.Change != rotationOf(sid) })
	p, err := pendingIn(d.Case, acts)
	if err != nil || !p.there() {
		return account.Secret{}, p, err
	}
	value, err := d.Case.Unseal(p.sealed)
	return account.NewSecret(value), p, err
}

// NewlyMade is an account whose new token waits to be promoted.
type NewlyMade struct {
	Account string
	Shown   bool // it was handed over once at least
}

// NewTokens are the accounts with a token of ours that is not in force yet. It
// reads the journal alone: nothing is unsealed.
func (d *Desk) NewTokens() ([]NewlyMade, error) {
	acts, err := d.Case.Acts("auth-tokens")
	if err != nil {
		return nil, err
	}
	by, order := map[string][]store.Done{}, []string{}
	for _, a := range acts {
		if a.Act.Change != rotationOf(a.Act.Account) {
			continue
		}
		if by[a.Act.Account] == nil {
			order = append(order, a.Act.Account)
		}
		by[a.Act.Account] = append(by[a.Act.Account], a)
	}
	var all []NewlyMade
	for _, sid := range order {
		p, err := pendingIn(d.Case, by[sid])
		if err != nil {
			return nil, err
		}
		if p.there() {
			all = append(all, NewlyMade{sid, p.handed.N != 0})
		}
	}
	return all, nil
}
