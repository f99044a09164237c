package actions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"retake/actions/account"
	"retake/store"
)

// family is the main account with its subaccounts, and the token that opens
// each of them at present.
type family struct {
	main string

	connecting sync.Mutex // held while the token is looked for that opens the main account

	mu      sync.Mutex
	ready   bool
	present map[string]account.Secret
	last    []account.Account // as they were listed last
}

// ErrLockedOut says that no token that the case knows opens the main account.
var ErrLockedOut = errors.New("no known Auth Token opens the account")

// ErrPromotionOpen says that a promotion was sent whose outcome is unknown.
var ErrPromotionOpen = errors.New("a promotion is open whose outcome is unknown")

// connect finds the token that opens the main account: the case's sealed ones
// before the one that was given, since after a rotation the environment still
// holds the dead one. The first time it also notes which tokens are burnt: all
// that were in force when the case met the account.
func (d *Desk) connect(ctx context.Context, r *Run) error {
	d.family.connecting.Lock()
	defer d.family.connecting.Unlock()
	d.family.mu.Lock()
	ready := d.family.ready
	d.family.mu.Unlock()
	if ready {
		return nil
	}
	token, err := d.opener(ctx, r)
	if err != nil {
		return err
	}
	d.family.learn(d.family.main, token)
	d.family.mu.Lock()
	d.family.ready = true
	d.family.mu.Unlock()
	return d.meet(ctx, r)
}

// meet burns the tokens that were in force when the case met the account. It is
// done once, by the first run that reaches the account.
func (d *Desk) meet(ctx context.Context, r *Run) error {
	known, err := d.Case.Tokens(d.family.main)
	if err != nil || len(known) > 0 {
		return err
	}
	accounts, err := r.Accounts(ctx)
	if err != nil {
		return err
	}
	return r.burn("in force when the case was opened", accounts)
}

// burn adds the tokens of the accounts to the burnt set, except those that are
// our own.
func (r *Run) burn(why string, accounts []account.Account) error {
	ours, err := r.ours()
	if err != nil {
		return err
	}
	var burnt []store.Secret
	for _, a := range accounts {
		if !a.Token.IsZero() && !ours[r.Fingerprint(a.Token)] {
			burnt = append(burnt, store.Secret{Account: a.SID, Role: store.RoleOld, Value: a.Token.Reveal()})
		}
	}
	return r.desk.Case.Burn(why, burnt...)
}

// ours are the fingerprints of the tokens that this case created.
func (r *Run) ours() (map[string]bool, error) {
	all, err := r.desk.Case.Tokens("")
	if err != nil {
		return nil, err
	}
	ours := map[string]bool{}
	for _, s := range all {
		if s.Role == store.RoleSecondary {
			ours[s.Fingerprint] = true
		}
	}
	return ours, nil
}

// opener tries the tokens that the case knows and the one that was given.
func (d *Desk) opener(ctx context.Context, r *Run) (account.Secret, error) {
	candidates, err := d.candidates(d.family.main)
	if err != nil {
		return account.Secret{}, err
	}
	if len(candidates) == 0 {
		return account.Secret{}, store.WithHint(errors.New("there is no Auth Token to sign in with"),
			"set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN; after a rotation the case's own token is used, which needs the passphrase")
	}
	for _, token := range candidates {
		_, err := r.Read(ctx, account.Credential{SID: d.family.main, Secret: token}).FetchAccount(d.family.main)
		if err == nil {
			return token, nil
		}
		if !account.Unauthorized(err) {
			return account.Secret{}, err
		}
	}
	return account.Secret{}, store.WithHint(fmt.Errorf("%w %s: %d tried, all were turned away (401)", ErrLockedOut, d.family.main, len(candidates)), "%s", d.lockedOutHint())
}

// lockedOutHint says what to do when no token opens the account.
func (d *Desk) lockedOutHint() string {
	acts, err := d.Case.Acts("")
	if err == nil && slices.ContainsFunc(acts, func(a store.Done) bool {
		return a.Open() && a.Act.Verb == verbPromote && a.Act.Change == rotationOf(d.family.main)
	}) {
		return "a promotion is open whose outcome is unknown: look in the Console (Account > API keys & tokens) which Auth Token is in force, set TWILIO_AUTH_TOKEN to it and run this again; if you cannot sign in, write to fraud@twilio.com"
	}
	return "check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN for a wrong or old token; if they are right, somebody rotated the token or Twilio suspended the account: look in the Console (Account > API keys & tokens), and write to fraud@twilio.com; retake reach tells what still answers and what to do"
}

// candidates are the tokens of an account, in US1 or in the Region that is named
// behind it, that may be in force, likeliest first.
func (d *Desk) candidates(holder string) ([]account.Secret, error) {
	var all []account.Secret
	add := func(s account.Secret) {
		if !s.IsZero() && !slices.ContainsFunc(all, s.Equal) {
			all = append(all, s)
		}
	}
	sealed, err := d.Case.Tokens(holder)
	if err != nil {
		return nil, err
	}
	slices.Reverse(sealed)
	for _, role := range [][]store.Role{{store.RoleSecondary, store.RolePrimary}, nil, {store.RoleOld}} {
		if role == nil {
			add(d.givenFor(holder))
		}
		for _, s := range sealed {
			if slices.Contains(role, s.Role) && d.Case.Unlocked() {
				value, err := d.Case.Unseal(s.N)
				if err != nil {
					return nil, err
				}
				add(account.NewSecret(value))
			}
		}
	}
	return all, nil
}

// givenFor is the token that the environment or a responder gave, zero for none.
func (d *Desk) givenFor(holder string) account.Secret {
	if holder == d.given.SID {
		return d.given.Secret
	}
	for _, region := range account.Regions() {
		if holder == holderOf(d.family.main, region) {
			return d.extra(EnvRegion(region))
		}
	}
	return account.Secret{}
}

func (f *family) learn(sid string, token account.Secret) {
	if token.IsZero() {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.present == nil {
		f.present = map[string]account.Secret{}
	}
	f.present[sid] = token
}

func (f *family) token(sid string) account.Secret {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.present[sid]
}

func (f *family) list(all []account.Account) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last = slices.Clone(all)
}

// known are the accounts as they were listed last, by any run.
func (f *family) known() []account.Account {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last
}

// Main is the SID of the main account.
func (r *Run) Main() string { return r.desk.family.main }

// Credential is the account's own SID and present token.
func (r *Run) Credential(sid string) account.Credential {
	return account.Credential{SID: sid, Secret: r.desk.family.token(sid)}
}

// Fingerprint is the keyed hash of a token by which the case compares it.
func (r *Run) Fingerprint(s account.Secret) string { return r.desk.Case.Fingerprint(s.Reveal()) }

// Listed is the list of accounts that the run read first: to begin with, it need
// not be read twice.
func (r *Run) Listed(ctx context.Context) ([]account.Account, error) {
	if r.listed != nil {
		return slices.Clone(r.listed), nil
	}
	return r.Accounts(ctx)
}

// Accounts lists the main account and its subaccounts, the main one first, and
// learns their present tokens.
func (r *Run) Accounts(ctx context.Context) ([]account.Account, error) {
	all, err := r.Read(ctx, r.Credential(r.Main())).ListAccounts()
	if err != nil {
		return nil, err
	}
	if all, err = r.sound(all); err != nil {
		return nil, err
	}
	for _, a := range all {
		if a.SID != r.Main() || !a.Token.IsZero() {
			r.desk.family.learn(a.SID, a.Token)
		}
	}
	slices.SortStableFunc(all, func(a, b account.Account) int { return rank(a, r.Main()) - rank(b, r.Main()) })
	r.desk.family.list(all)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.latest = slices.Clone(all)
	if r.listed == nil {
		r.listed = slices.Clone(all)
	}
	return all, nil
}

// sound leaves out what the list names and no call can reach, and says so: one
// record that makes no sense must not keep the other accounts from being worked
// on.
func (r *Run) sound(all []account.Account) ([]account.Account, error) {
	var sound []account.Account
	for _, a := range all {
		if account.IsSID("AC", a.SID) {
			sound = append(sound, a)
			continue
		}
		if err := r.Miss(r.Main(), fmt.Sprintf("an account that the list names %.60q", a.SID), "that is no SID, so nothing can be read of it or done to it: look in the Console (Account > Subaccounts)"); err != nil {
			return nil, err
		}
	}
	return sound, nil
}

func rank(a account.Account, main string) int {
	if a.SID == main {
		return 0
	}
	return 1
}
