package actions

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"retake/actions/account"
	"retake/store"
)

// Errors of Token.
var (
	ErrNotRotated   = errors.New("this case has not rotated that account's Auth Token")
	ErrTokenUnknown = errors.New("it is not known which Auth Token is in force")
)

// Token returns the account's present Auth Token: the newest one that this case
// sealed, once the account itself let it in. Handing it out is noted in the
// journal. It needs the passphrase, and fails with ErrNotRotated or, while a
// rotation is open or no sealed token is let in, with ErrTokenUnknown.
func (d *Desk) Token(ctx context.Context, sid, where string) (account.Secret, error) {
	return d.TokenIn(ctx, sid, "", where)
}

// TokenIn is Token in one of Twilio's Regions.
func (d *Desk) TokenIn(ctx context.Context, sid string, region account.Region, where string) (account.Secret, error) {
	if err := (account.Credential{SID: sid, Secret: account.NewSecret("x")}).Check(); err != nil {
		return account.Secret{}, err
	}
	if !d.Case.Unlocked() {
		return account.Secret{}, store.ErrLocked
	}
	if err := d.rotated(sid, region); err != nil {
		return account.Secret{}, err
	}
	token, err := d.inForce(ctx, sid, region)
	if err != nil {
		return account.Secret{}, err
	}
	return token, d.Case.AddShown(store.Shown{Account: holderOf(sid, region), Fingerprint: d.Case.Fingerprint(token.Reveal()), Where: where})
}

// ErrNoNewToken says that an account has no token of ours that waits to be put
// in force.
var ErrNoNewToken = errors.New("no new Auth Token of that account waits to be promoted")

// NewToken returns the token that a graceful rotation created for an account and
// that is not in force yet, once the account let it in. To show it is a hand-over:
// an act in the journal. It needs the passphrase, and fails with ErrNoNewToken or,
// where somebody replaced the token, with ErrTokenUnknown.
func (d *Desk) NewToken(ctx context.Context, sid, where string) (account.Secret, error) {
	if err := (account.Credential{SID: sid, Secret: account.NewSecret("x")}).Check(); err != nil {
		return account.Secret{}, err
	}
	if !d.Case.Unlocked() {
		return account.Secret{}, store.ErrLocked
	}
	token, now, err := d.newToken(sid)
	switch {
	case err != nil:
		return account.Secret{}, err
	case !now.there():
		return account.Secret{}, store.WithHint(fmt.Errorf("cannot print the new Auth Token of %s: %w", sid, ErrNoNewToken), "create it with: retake step auth-tokens --apply --set mode=graceful --account %s", d.family.main)
	}
	r := &Run{Step: &Step{ID: "auth-tokens"}, desk: d, line: d.line}
	if _, err = r.Read(ctx, account.Credential{SID: sid, Secret: token}).FetchAccount(sid); account.Unauthorized(err) {
		return account.Secret{}, store.WithHint(fmt.Errorf("cannot print the new Auth Token of %s: %w: the account turns it away, somebody replaced it", sid, ErrTokenUnknown), "plan auth-tokens again: where it is lost another is created")
	} else if err != nil {
		return account.Secret{}, r.explain(err)
	}
	return token, d.noteShown(sid, now.fingerprint, where)
}

// noteShown journals the hand-over to whoever looks at the screen, before it is
// made.
func (d *Desk) noteShown(sid, fingerprint, where string) error {
	n, err := d.Case.Intend(store.Act{Run: d.id, Step: "auth-tokens", Change: rotationOf(sid), Account: sid, Verb: verbHandOver, Target: toScreen + " " + where, Seen: fingerprint, Irreversible: true})
	if err != nil {
		return err
	}
	if err := d.Case.AddShown(store.Shown{Account: sid, Fingerprint: fingerprint, Where: where}); err != nil {
		return err
	}
	_, err = d.Case.Conclude(n, store.Outcome{Result: store.Made, Proof: "shown on demand: " + where})
	return err
}

// rotated tells whether the latest rotation of an account in a Region was finished.
func (d *Desk) rotated(sid string, region account.Region) error {
	acts, err := d.Case.Acts("")
	if err != nil {
		return err
	}
	acts = slices.DeleteFunc(acts, func(a store.Done) bool {
		return a.Act.Account != sid || regionOf(a.Act.Change) != region || !slices.Contains([]string{verbDeleteSecondary, verbCreateSecondary, verbPromote}, a.Act.Verb)
	})
	if len(acts) == 0 {
		return store.WithHint(fmt.Errorf("cannot print the Auth Token of %s: %w", sid, ErrNotRotated), "rotate it with: retake step auth-tokens --plan")
	}
	last := acts[len(acts)-1]
	waits, err := pendingIn(d.Case, acts)
	if err != nil {
		return err
	}
	if waits.there() && last.Act.Verb == verbCreateSecondary && !last.Open() {
		return store.WithHint(fmt.Errorf("cannot print the Auth Token of %s: %w: a new one is created and not in force", sid, ErrTokenUnknown), "retake token %s --new prints the new one; retake step auth-tokens --apply --account %s goes on with the rotation", sid, d.family.main)
	}
	if last.Act.Verb != verbPromote || last.Outcome.Result != store.Made {
		return store.WithHint(fmt.Errorf("cannot print the Auth Token of %s: %w: its rotation is not finished", sid, ErrTokenUnknown), "go on with: retake step auth-tokens --apply --account %s", d.family.main)
	}
	return nil
}

// inForce tries the sealed tokens that are ours, newest first.
func (d *Desk) inForce(ctx context.Context, sid string, region account.Region) (account.Secret, error) {
	sealed, err := d.Case.Tokens(holderOf(sid, region))
	if err != nil {
		return account.Secret{}, err
	}
	r := &Run{Step: &Step{ID: "auth-tokens"}, desk: d, line: d.line, report: &Report{}}
	slices.Reverse(sealed)
	for _, s := range sealed {
		if s.Role != store.RoleSecondary {
			continue
		}
		value, err := d.Case.Unseal(s.N)
		if err != nil {
			return account.Secret{}, err
		}
		token := account.NewSecret(value)
		_, err = r.Read(ctx, account.Credential{SID: sid, Secret: token, Region: region}).FetchAccount(sid)
		if err == nil {
			return token, nil
		}
		if !account.Unauthorized(err) {
			return account.Secret{}, r.explain(err)
		}
	}
	if token, err := d.inSleep(ctx, r, sid, sealed); err != nil || !token.IsZero() {
		return token, err
	}
	return account.Secret{}, store.WithHint(fmt.Errorf("cannot print the Auth Token of %s: %w: none of the tokens that this case created is let in", sid, ErrTokenUnknown),
		"the account is suspended, or somebody else rotated the token: look in the Console (Account > API keys & tokens), and plan auth-tokens again")
}

// inSleep is the sealed token of a suspended subaccount, which turns every token
// away: the main account's reading shows which one is in force. Zero if it is
// none of ours, or the account is not suspended.
func (d *Desk) inSleep(ctx context.Context, r *Run, sid string, sealed []store.Sealed) (account.Secret, error) {
	if sid == d.family.main { // the only one with tokens in other Regions
		return account.Secret{}, nil
	}
	if err := d.connect(ctx, r); err != nil {
		return account.Secret{}, err
	}
	a, err := r.Read(ctx, r.Credential(r.Main())).FetchAccount(sid)
	if err != nil || a.Status != suspendedStatus || a.Token.IsZero() {
		return account.Secret{}, r.explain(err)
	}
	for _, s := range sealed {
		if s.Role == store.RoleSecondary && s.Fingerprint == r.Fingerprint(a.Token) {
			return a.Token, nil
		}
	}
	return account.Secret{}, nil
}
