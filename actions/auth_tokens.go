package actions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"retake/actions/account"
	"retake/store"
)

// The verbs of the acts that a rotation is made of.
const (
	verbDeleteSecondary = "delete-secondary"
	verbCreateSecondary = "create-secondary"
	verbPromote         = "promote"
)

// AuthTokens is step 2: reset the Auth Token, and every subaccount's.
func AuthTokens() *Step {
	return &Step{
		ID: "auth-tokens", Number: "2", Title: "Reset the Auth Token, and every subaccount's", Phase: Contain, Urgency: 30,
		Because: "the leaked token opens every subaccount too; until it is dead the intruder can undo whatever you do",
		Why: "Whoever holds the Auth Token can do everything, and reads the tokens of all subaccounts with it.\n" +
			"A rotation kills the old token at once; API keys live on and are the next step.",
		Console: []string{
			"find every account whose present token is in the burnt set",
			"delete any secondary token (it may be the intruder's), create one, seal it in the case, promote it",
			"main account first, then all active subaccounts in parallel",
			"prove each old token dead (401), and that the account shows the new one",
			"suspended=rotate: reactivate each suspended subaccount, end its calls, shut its countries, rotate its token, suspend it again",
			"graceful, in two plans: hand the new tokens over first and promote when their users are ready; only once traffic is stopped and geography clamped",
		},
		Hands: []Place{
			{"name the programs that use the token, and mark each: deployed, restarted, canary", "consumers= of this step, or + on the list that A opens", ""},
			{"put the new token into your applications: retake token AC… prints it", "on your own servers and secret stores", ""},
			{"give the tokens of other Regions that you use (TWILIO_AUTH_TOKEN_IE1, _AU1, _JP1), or rotate them there: each has a token of its own", "Console: Account > API keys & tokens > Region", "https://console.twilio.com/us1/account/keys-credentials/api-keys"},
			{"rotate the test credentials", "Console: Account > API keys & tokens > Test credentials", "https://console.twilio.com/us1/account/keys-credentials/api-keys"},
			{"where a subaccount is suspended: plan this step with suspended=rotate, or leave it so; where Twilio suspended it (21478), only Twilio reactivates it", "Console: Account > Subaccounts", "https://console.twilio.com/us1/account/manage-account/subaccounts"},
		},
		Checks: []Check{
			{"deployed", "Every application that used the old token has the new one"},
			{"webhooks", "Incoming webhooks are validated with the new token"},
			{"regions", "Tokens of other Regions are rotated, or none is used"},
		},
		Parameters: []Parameter{
			{Name: "mode", Type: Choice, Default: "kill-now", Choices: []string{"kill-now", graceful}, Help: "kill-now: create and promote at once; whatever uses the old token stops working. graceful: two plans, first create and hand over, then promote"},
			{Name: "made_before", Type: Text, Valid: validTime("made_before"), Help: "rotate tokens too that this case made before that time (2026-03-02T10:00:00Z): after a reactivation every token is promoted once more"},
			{Name: "propagation", Type: Duration, Default: "60s", Help: "how long to wait until an old token answers 401 before it is called waiting"},
			{Name: "rounds", Type: Number, Default: "5", Help: "how often to go round again when somebody replaces the new token"},
			{Name: "handover", Type: Choice, Default: toScreen, Choices: []string{toScreen, toCommand, toFile}, Help: "graceful: where the new tokens go. screen: shown on demand"},
			{Name: "handover_command", Type: Text, Valid: validCommand, Help: "a program and its arguments as a JSON array, run without a shell; {account} stands for the SID; the token, and nothing else, comes on standard input; no secrets in it"},
			{Name: "handover_file", Type: Text, Valid: validFile, Help: "a new file for each token: a whole path, {account} stands for the SID; never written over"},
			{Name: "handover_timeout", Type: Duration, Default: "30s", Help: "how long the command may take before it is killed"},
			{Name: "handover_again", Type: List, Help: "SIDs of accounts whose new token is handed over once more"},
			{Name: "consumers", Type: List, Valid: validConsumers, Help: "names of the programs that use the tokens; they go on the list of programs, and each is marked deployed, restarted and canary"},
			{Name: "risk", Type: Choice, Default: "none", Choices: []string{"none", riskAccepted}, Help: "accepted: promote although traffic is not stopped or the geography not clamped; the intruder is inside until then"},
			{Name: "suspended", Type: Choice, Default: "leave", Choices: []string{"leave", suspendedRotate}, Help: "leave: said as not seen. rotate: one by one each is reactivated, quietened, shut for calls, rotated and suspended again; until then who holds its token can use it"},
			{Name: "watch", Type: Duration, Default: "60s", Help: "graceful: how long the alerts are watched after a promotion, to name who still uses the old token"},
		},
		Each: consumers(),
		Work: authTokens{},
	}
}

// authTokens is the work of step 2. One change is the rotation of one account's
// token; it is made of three acts, and goes on where the journal says it stands.
type authTokens struct{}

func (authTokens) Plan(ctx context.Context, r *Run) (*Plan, error) {
	if r.Params["mode"] == graceful {
		if err := recollectHandOver(r); err != nil {
			return nil, err
		}
	}
	if err := listConsumers(r); err != nil {
		return nil, err
	}
	accounts, err := r.Listed(ctx)
	if err != nil {
		return nil, err
	}
	r.Note(justRead, "")
	if err := burnReadable(r, accounts); err != nil {
		return nil, err
	}
	if err := burnOlder(r, accounts); err != nil {
		return nil, err
	}
	chained, err := chains(r, accounts)
	if err == nil {
		err = refuseBeside(r, chained)
	}
	if err != nil {
		return nil, err
	}
	p := &Plan{}
	if p.Changes, err = rotations(r, without(accounts, chained)); err != nil {
		return nil, err
	}
	elsewhere, err := regionals(ctx, r)
	if err != nil {
		return nil, err
	}
	p.Changes = append(p.Changes, elsewhere...)
	p.Breaks = tokenBreaks(p.Changes)
	if r.Params["mode"] == graceful {
		if err := gracefully(r, p); err != nil {
			return nil, err
		}
	}
	p.Changes, p.Breaks = append(p.Changes, chained...), append(p.Breaks, chainBreaks(chained)...)
	authTokens{}.Left(r)
	return p, missTokens(r, without(accounts, chained))
}

// without leaves out the accounts that changes are about.
func without(accounts []account.Account, changes []Change) []account.Account {
	return slices.DeleteFunc(slices.Clone(accounts), func(a account.Account) bool {
		return slices.ContainsFunc(changes, func(c Change) bool { return c.Account == a.SID })
	})
}

// rotations are the changes that the accounts need.
func rotations(r *Run, accounts []account.Account) (all []Change, err error) {
	for _, a := range accounts {
		c, err := rotation(r, a)
		if err != nil {
			return nil, err
		}
		if c != nil {
			all = append(all, *c)
		}
	}
	return all, nil
}

// tokenBreaks says what a rotation will break.
func tokenBreaks(changes []Change) []string {
	if len(changes) == 0 {
		return nil
	}
	all := []string{"from the moment of promotion an old token gets 401, and webhooks are signed with the new one"}
	for _, c := range changes {
		all = append(all, fmt.Sprintf("%s %s: whatever signs in with its old token, or checks webhooks with it", c.Account, c.Name))
	}
	return append(all, "Twilio Functions may answer 403 for about a minute; API keys and Access Tokens go on working (the next step deletes the keys)")
}

// burnReadable burns every token that can be read with a burnt token of the main
// account: whoever holds that one holds them all.
func burnReadable(r *Run, accounts []account.Account) error {
	main := r.desk.family.token(r.Main())
	burnt, err := r.Case().IsBurnt(r.Fingerprint(main))
	if err != nil || !burnt {
		return err
	}
	return r.burn("readable with a burnt token of the main account", accounts)
}

// burnOlder burns the tokens in force that this case made before a given time:
// after a reactivation each account has to have a token that is younger.
func burnOlder(r *Run, accounts []account.Account) error {
	until := r.Params.Time("made_before")
	if until.IsZero() {
		return nil
	}
	made, err := r.tokensMade()
	if err != nil {
		return err
	}
	var old []store.Secret
	for _, a := range accounts {
		if at, ours := made[r.Fingerprint(a.Token)]; ours && at.Before(until) {
			old = append(old, store.Secret{Account: a.SID, Role: store.RoleOld, Value: a.Token.Reveal()})
		}
	}
	return r.Case().Burn("made before "+until.UTC().Format(time.RFC3339), old...)
}

// rotation is the change that an account needs, nil for none.
func rotation(r *Run, a account.Account) (*Change, error) {
	if a.Status != "active" || a.Token.IsZero() {
		return nil, nil
	}
	burnt, err := r.Case().IsBurnt(r.Fingerprint(a.Token))
	if err != nil || !burnt {
		return nil, err
	}
	c := rotationChange(r, a, 2)
	if a.SID == r.Main() {
		c.Stage = 1
	}
	return &c, nil
}

func rotationChange(r *Run, a account.Account, stage int) Change {
	return Change{ID: rotationOf(a.SID), Account: a.SID, Name: a.Name, Verb: "rotate", Target: "the Auth Token of " + a.SID, Object: a.SID, Stage: stage, Seen: r.Fingerprint(a.Token)}
}

// rotationOf is the ID of the change that rotates an account's token.
func rotationOf(sid string) string { return "rotate/" + sid }

// missTokens says what a rotation does not reach.
func missTokens(r *Run, accounts []account.Account) error {
	for _, a := range accounts {
		if err := missToken(r, a); err != nil {
			return err
		}
	}
	if err := r.Miss(r.Main(), "secondary Auth Tokens planted by somebody else", "no API shows whether one exists; the rotation deletes whatever is there before it creates its own"); err != nil {
		return err
	}
	return nil
}

func missToken(r *Run, a account.Account) error {
	switch {
	case a.Status == "suspended":
		if burnt, err := r.Case().IsBurnt(r.Fingerprint(a.Token)); err != nil || !burnt && !a.Token.IsZero() {
			return err // rotated, and suspended again
		}
		r.Find(Finding{ID: "suspended/" + a.SID, Severity: High, Account: a.SID,
			Text: fmt.Sprintf("%s (%s) is suspended: its Auth Token cannot be rotated now and works again as soon as it is reactivated", a.SID, a.Name)})
		return r.Miss(a.SID, "the Auth Token of the suspended subaccount "+a.SID,
			"a suspended account turns its own token away (401), so it cannot be rotated: suspended=rotate reactivates it, ends its calls, shuts its countries, rotates and suspends it again; or leave it suspended; what Twilio itself suspended (21478) only Twilio reactivates")
	case a.Status == "active" && a.Token.IsZero():
		return r.Miss(a.SID, "the Auth Token of "+a.SID, "the account list does not show it to this credential: sign in with the main account's Auth Token, not with an API key")
	}
	return nil
}

// Before reads the subaccounts anew when the main account's token is ours: with
// the old one the intruder could read what came before, not what comes now.
func (authTokens) Before(ctx context.Context, r *Run, stage int, changes []Change) error {
	if err := r.relearn(ctx, changes); err != nil {
		return err
	}
	if _, fresh := r.Noted(justRead); fresh && stage == 1 {
		return nil
	}
	if _, anew := r.Noted(readAnew); anew {
		return nil
	}
	accounts, err := r.Accounts(ctx)
	if err != nil || stage == 1 {
		return err
	}
	planned := map[string]bool{}
	for _, c := range r.report.Plan.Changes {
		planned[c.Account] = planned[c.Account] || regionOf(c.ID) == ""
	}
	r.Note(readAnew, "")
	if !planned[r.Main()] {
		return nil
	}
	for _, a := range accounts {
		if a.Status == "active" && !planned[a.SID] {
			r.Find(Finding{ID: "new/" + a.SID, Severity: High, Account: a.SID, Text: fmt.Sprintf("%s (%s) is active and was not in the plan: plan again", a.SID, a.Name)})
		}
	}
	return r.burn("readable with the old token of the main account", accounts)
}

// readAnew is noted when the subaccounts were read with the main account's new
// token.
const readAnew = "read-anew"

// Prove reads the accounts once more: no active account may be left with a
// burnt token.
func (authTokens) Prove(ctx context.Context, r *Run, p *Plan) (Verdict, error) {
	if r.Params["mode"] == graceful {
		if err := watchAlerts(ctx, r, p.Changes); err != nil {
			return Verdict{}, err
		}
	}
	accounts, err := r.Accounts(ctx)
	if err != nil {
		return Verdict{}, err
	}
	left, err := rotations(r, accounts)
	if err != nil {
		return Verdict{}, err
	}
	elsewhere, err := regionals(ctx, r)
	if err != nil {
		return Verdict{}, err
	}
	left = append(left, elsewhere...)
	if len(left) > 0 {
		return unfinished(r, left)
	}
	active, suspended := 0, 0
	for _, a := range accounts {
		burnt, err := r.Case().IsBurnt(r.Fingerprint(a.Token))
		if err != nil {
			return Verdict{}, err
		}
		active, suspended = active+count(a.Status == "active"), suspended+count(a.Status == "suspended" && (burnt || a.Token.IsZero()))
	}
	if err := missTokens(r, accounts); err != nil {
		return Verdict{}, err
	}
	why := fmt.Sprintf("no active account (%d) has a burnt token", active)
	if suspended > 0 {
		why += fmt.Sprintf("; %d suspended not covered: see what was not seen", suspended)
	}
	return Verdict{store.Proved, why}, nil
}

// unfinished is how the step stands while accounts have a burnt token.
func unfinished(r *Run, left []Change) (Verdict, error) {
	if r.Params["mode"] == graceful {
		why, err := waiting(r, left)
		if err != nil || why != "" {
			return Verdict{store.NeedsPerson, why}, errors.Join(err, findConsumers(r))
		}
	}
	return Verdict{store.NeedsPerson, fmt.Sprintf("%s still has a burnt token: plan again", left[0].Account)}, nil
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// Make lives one token's life, from wherever the journal says it stands.
func (authTokens) Make(ctx context.Context, r *Run, c Change) Outcome {
	if c.Stage >= firstChain {
		return link(ctx, r, c)
	}
	l, err := newLife(r, c)
	if err != nil {
		return Outcome{Outcome: store.Failed, Problem: err.Error()}
	}
	if c.Verb == verbHandOver || c.Verb == verbHandOverAgain {
		return l.renew(ctx)
	}
	l.graceful = c.Verb == verbPromote
	return l.live(ctx)
}

// Settle finds out what became of a promotion by trying the tokens, and of the
// making and deleting of a secondary token, which nothing can read, from the
// account's own events.
func (authTokens) Settle(ctx context.Context, r *Run, d store.Done) store.Outcome {
	if d.Act.Verb == verbPromote {
		l, err := lifeBefore(r, d)
		if err != nil {
			return store.Outcome{Result: store.Unknown, Problem: err.Error()}
		}
		return l.settlePromotion(ctx)
	}
	switch d.Act.Verb {
	case verbHandOver:
		return settleHandOver(r, d)
	case verbSetStatus:
		return settleStatus(ctx, r, d)
	case verbSetVoice:
		return geo{}.Settle(ctx, r, d)
	case verbEndCall, verbEndConference, verbCancelMessage:
		return endingOf(d.Act).settled(ctx, r, d)
	}
	return settleByEvents(ctx, r, d)
}
