package actions

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"retake/actions/account"
	"retake/store"
)

// Each Region has an Auth Token of its own for the same account, and no Region
// shows another's. One is rotated where the responder gives its present token;
// the tokens are sealed under the account and the Region: AC…/ie1.

// holderOf is under what the tokens of an account in a Region are kept.
func holderOf(sid string, region account.Region) string {
	if region == "" {
		return sid
	}
	return sid + "/" + string(region)
}

// regionOf is the Region that a change is about, by its ID: rotate/AC…/ie1.
func regionOf(change string) account.Region {
	rest, rotation := strings.CutPrefix(change, rotationOf(""))
	_, name, _ := strings.Cut(rest, "/")
	region, err := account.ParseRegion(name)
	if !rotation || err != nil {
		return ""
	}
	return region
}

// credentialFor signs in to the account of a change, in its Region.
func (r *Run) credentialFor(change, sid string) account.Credential {
	region := regionOf(change)
	return account.Credential{SID: sid, Secret: r.desk.family.token(holderOf(sid, region)), Region: region}
}

// meetRegion finds the token that opens the main account in a Region, and the
// first time burns it. It tells why there is none: not given, or turned away.
func (r *Run) meetRegion(ctx context.Context, region account.Region) (why string, err error) {
	holder := holderOf(r.Main(), region)
	candidates, err := r.openersIn(holder)
	if err != nil {
		return "", err
	}
	if len(candidates) == 0 {
		return fmt.Sprintf("each Region has a token of its own, which this rotation does not reach: %s. If you use it, give it and plan again, or rotate it at Console > Account > API keys & tokens > Region %s", r.lacking(ExtraPart{Env: EnvRegion(region)}), region), nil
	}
	why = fmt.Sprintf("the token of %s was turned away there (401): look at Console > Account > API keys & tokens > Region %s which one is in force", EnvRegion(region), region)
	for _, token := range candidates {
		_, err := r.Read(ctx, account.Credential{SID: r.Main(), Secret: token, Region: region}).FetchAccount(r.Main())
		switch {
		case err == nil:
			r.desk.family.learn(holder, token)
			return "", r.burnRegion(holder, token)
		case !account.Unauthorized(err):
			return fmt.Sprintf("%s answered otherwise than US1 does: %s Rotate it at Console > Account > API keys & tokens > Region %s", region, account.Explain(err), region), nil
		}
	}
	return why, nil
}

// openersIn are the tokens that may be in force in a Region. One of ours that was
// not promoted opens the account too, and is not the one in force.
func (r *Run) openersIn(holder string) ([]account.Secret, error) {
	all, err := r.desk.candidates(holder)
	if err != nil {
		return nil, err
	}
	waits, err := pendingIn(r.Case(), r.Acts(rotationOf(holder)))
	return slices.DeleteFunc(all, func(s account.Secret) bool { return r.Fingerprint(s) == waits.fingerprint }), err
}

// burnRegion burns the token that was in force when the case met the Region.
func (r *Run) burnRegion(holder string, token account.Secret) error {
	known, err := r.Case().Tokens(holder)
	if err != nil || len(known) > 0 {
		return err
	}
	return r.Case().Burn("in force when the case met the Region", store.Secret{Account: holder, Role: store.RoleOld, Value: token.Reveal()})
}

// regionals are the rotations that the main account needs in other Regions, after
// that in US1: whose events tell our address from anybody else's. What
// is not reached is said.
func regionals(ctx context.Context, r *Run) (all []Change, err error) {
	for _, region := range account.Regions() {
		why, err := r.meetRegion(ctx, region)
		if err == nil && why == "" && r.Params["mode"] == graceful {
			why = "a graceful rotation hands over and promotes in US1 only: plan mode=kill-now for the other Regions"
		}
		if err == nil {
			err = r.missRegion(region, why)
		}
		if err != nil {
			return nil, err
		}
		if why != "" {
			continue
		}
		holder := holderOf(r.Main(), region)
		token := r.desk.family.token(holder)
		if err := burnOlder(r, []account.Account{{SID: holder, Token: token}}); err != nil {
			return nil, err
		}
		fp := r.Fingerprint(token)
		burnt, err := r.Case().IsBurnt(fp)
		if err != nil {
			return nil, err
		}
		if burnt {
			all = append(all, Change{ID: rotationOf(holder), Account: r.Main(), Name: region.String(), Verb: "rotate", Target: fmt.Sprintf("the Auth Token of %s in the Region %s", r.Main(), region), Object: r.Main(), Stage: 2, Seen: fp})
		}
	}
	return all, nil
}

// missRegion says what of a Region is not seen: all of it, or the subaccounts.
func (r *Run) missRegion(region account.Region, why string) error {
	what := "the Auth Token of the Region " + region.String()
	if why != "" {
		return r.Miss(r.Main(), what, why)
	}
	if err := r.reached(r.Main(), what, 1); err != nil {
		return err
	}
	return r.Miss(r.Main(), "the Auth Tokens of subaccounts in the Region "+region.String(), "whether the main account's token shows them there is not documented: Console > (subaccount) > API keys & tokens > Region "+region.String())
}

// relearn looks for the tokens of the Regions of changes, where this process has
// not met them yet.
func (r *Run) relearn(ctx context.Context, changes []Change) error {
	for _, c := range changes {
		region := regionOf(c.ID)
		if region == "" || !r.desk.family.token(holderOf(c.Account, region)).IsZero() {
			continue
		}
		why, err := r.meetRegion(ctx, region)
		if err != nil {
			return err
		}
		if why != "" {
			if err := r.missRegion(region, why); err != nil {
				return err
			}
		}
	}
	return nil
}
