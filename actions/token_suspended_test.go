package actions

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"retake/actions/account"
	"retake/actions/sim"
	"retake/store"
)

// asleepBench is a family with two suspended subaccounts: one for long, and one
// that the intruder used, whose calls go on.
func asleepBench(t *testing.T, o sim.Options) (b *bench, sids []string) {
	t.Helper()
	o.Clock, o.Calls, o.Messages = quietly().Clock, 7, 7
	b = newBench(t, o)
	rogue := b.subaccount()
	b.setStatus(rogue, b.opening.AuthToken, suspendedStatus)
	b.staged = len(b.world.Acts())
	b.sit()
	for _, a := range b.family(b.opening.AuthToken) {
		if a.Status == suspendedStatus {
			sids = append(sids, a.SID)
			b.olds[a.SID] = a.Token.Reveal()
		}
	}
	if len(sids) != 2 {
		t.Fatalf("%v are suspended", sids)
	}
	return b, sids
}

// setStatus sets the status of a subaccount, past Retake.
func (b *bench) setStatus(sid, token, status string) {
	b.t.Helper()
	r, _ := http.NewRequest(http.MethodPost, "https://api.twilio.com/2010-04-01/Accounts/"+sid+".json", strings.NewReader(url.Values{"Status": {status}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(b.opening.AccountSID, token)
	if resp, err := b.world.RoundTrip(r); err != nil || resp.StatusCode != http.StatusOK {
		b.t.Fatalf("%v %+v", err, resp)
	}
}

// family is the list of accounts, past Retake.
func (b *bench) family(token string) []account.Account {
	b.t.Helper()
	l, _ := account.NewLine(account.Options{Transport: b.world})
	all, err := l.As(account.Credential{SID: b.opening.AccountSID, Secret: account.NewSecret(token)}).On(context.Background(), unrecorded{}).ListAccounts()
	if err != nil {
		b.t.Fatal(err)
	}
	return all
}

// proveAsleep wants the subaccounts suspended, with nothing up and tokens of the
// case in force, of which the old ones are dead also when they are reactivated.
func (b *bench) proveAsleep(sids []string) {
	b.t.Helper()
	main, err := b.desk.Token(context.Background(), b.opening.AccountSID, "test")
	if err != nil {
		b.t.Fatal(err)
	}
	for _, a := range b.family(main.Reveal()) {
		if !slices.Contains(sids, a.SID) {
			continue
		}
		token, err := b.desk.Token(context.Background(), a.SID, "test")
		if a.Status != suspendedStatus || err != nil || !token.Equal(a.Token) {
			b.t.Errorf("%s is %s, its token of the case: %v", a.SID, a.Status, err)
		}
	}
	b.proveJournal()
	for _, sid := range sids {
		b.setStatus(sid, main.Reveal(), activeStatus)
		if up := b.goingOnAs(sid, main); len(up) > 0 {
			b.t.Errorf("in %s %v goes on", sid, up)
		}
	}
	b.proveRotated()
}

func (b *bench) goingOnAs(sid string, main account.Secret) []string {
	b.opening.AuthToken = main.Reveal()
	return b.goingOn(sid)
}

// A suspended subaccount is reactivated, quietened, shut, rotated and suspended
// again, one after the other, and the plan says what is risked.
func TestSuspendedIsRotated(t *testing.T) {
	t.Parallel()
	for _, parent := range []string{"allow", "deny"} {
		t.Run("suspended-via-parent="+parent, func(t *testing.T) {
			b, sids := asleepBench(t, sim.Options{Switches: sim.Switches{SuspendedViaParent: parent}})
			b.checked()
			p := b.plan("auth-tokens", "suspended=rotate")
			for _, sid := range sids {
				if !slices.ContainsFunc(p.Plan.Breaks, func(s string) bool {
					return strings.Contains(s, sid) && strings.Contains(s, "until it is suspended again whoever holds its token")
				}) {
					t.Errorf("the risk of %s is not said: %q", sid, p.Plan.Breaks)
				}
			}
			r := b.apply("auth-tokens", "suspended=rotate")
			if r.State != store.Proved || strings.Contains(r.Why, "not covered") {
				t.Fatalf("%s: %s\n%+v", r.State, r.Why, r.Outcomes)
			}
			for _, sid := range sids {
				b.proveChain(r, sid)
			}
			b.oneAwake(sids)
			b.proveAsleep(sids)
			b.verify()
		})
	}
}

// proveChain wants the proofs of one subaccount's links.
func (b *bench) proveChain(r *Report, sid string) {
	b.t.Helper()
	for id, proof := range map[string]string{
		verbReactivate + "/" + sid: "it is active; its own token is let in", rotationOf(sid): "answers 401",
		verbSuspendAgain + "/" + sid: "it is suspended; its own token is turned away (401)",
	} {
		i := slices.IndexFunc(r.Outcomes, func(o Outcome) bool { return o.Change == id })
		if i < 0 || !strings.Contains(r.Outcomes[i].Proof, proof) {
			b.t.Errorf("%s: %+v", id, r.Outcomes)
		}
	}
}

// oneAwake wants never two of the subaccounts to have been active at once.
func (b *bench) oneAwake(sids []string) {
	b.t.Helper()
	up, turns := "", 0
	for _, a := range b.world.Acts()[b.staged:] {
		if a.Actor != "client" || verbIn(a) != verbSetStatus || !slices.Contains(sids, a.Account) {
			continue
		}
		switch up {
		case "":
			up, turns = a.Account, turns+1
		case a.Account:
			up = ""
		}
	}
	if up != "" || turns < len(sids) {
		b.t.Errorf("%d turns, %q is left active", turns, up)
	}
}

// What Twilio itself suspended stays so, and the sentence says who can help.
func TestSuspendedByTwilio(t *testing.T) {
	b := newBench(t, sim.Options{Switches: sim.Switches{SuspendedBy: "twilio"}})
	r := b.apply("auth-tokens", "suspended=rotate")
	refused := slices.DeleteFunc(slices.Clone(r.Outcomes), func(o Outcome) bool { return o.Outcome != store.Refused })
	if len(refused) != 4 || !strings.Contains(refused[0].Problem, "Twilio itself suspended this account") || r.State != store.NeedsPerson {
		t.Fatalf("%s: %s\n%+v", r.State, r.Why, r.Outcomes)
	}
	if slices.ContainsFunc(r.Findings, func(f Finding) bool { return strings.HasPrefix(f.ID, "awake/") }) {
		t.Errorf("it is not active: %+v", r.Findings)
	}
	b.proveRotated()
	b.proveJournal()
}

// While the main account's own token is burnt, nothing is reactivated.
func TestNothingIsReactivatedUnderABurntToken(t *testing.T) {
	o := sim.Options{Faults: func(r *http.Request, _ int) sim.Fault {
		if strings.HasSuffix(r.URL.Path, "/AuthTokens/Secondary") {
			return sim.Refuse(20403)
		}
		return sim.NoFault
	}}
	b := newBench(t, o)
	r := b.apply("auth-tokens", "suspended=rotate", "rounds=1", "propagation=1ms")
	i := slices.IndexFunc(r.Outcomes, func(o Outcome) bool { return o.Verb == verbReactivate })
	if i < 0 || r.Outcomes[i].Outcome != store.Refused || !strings.Contains(r.Outcomes[i].Problem, "still burnt") {
		t.Errorf("%+v", r.Outcomes)
	}
}

func TestSuspendedIsNotPlannedGracefully(t *testing.T) {
	b := newBench(t, sim.Options{})
	if _, err := b.desk.Plan(context.Background(), "auth-tokens", params([]string{"suspended=rotate", "mode=graceful"})); err == nil || store.HintOf(err) == "" {
		t.Errorf("%v", err)
	}
}

// Stopped after the first request of each kind that a chain sends, and gone on
// with by a new process: while a subaccount is active, the state and a finding say
// so, and nothing is done twice. (The crash sweep stops at every one.)
func TestSuspendedGoesOnAfterAStop(t *testing.T) {
	t.Parallel()
	sent, _ := awakeStop(t, 0)
	loud, seen := 0, map[string]bool{}
	for i, what := range sent {
		if seen[what] || !strings.HasSuffix(what, inChain) {
			continue
		}
		seen[what] = true
		t.Run(fmt.Sprint(i+1, " ", what), func(t *testing.T) {
			_, up := awakeStop(t, int64(i+1))
			loud += up
		})
	}
	if len(seen) < 8 || loud < 5 {
		t.Errorf("%d kinds of requests, %d stops left a subaccount active", len(seen), loud)
	}
}

// inChain marks what was sent about a subaccount that was suspended before.
const inChain = " in a chain"

// awakeStop stops at the nth changing request, 0 for none, and goes on. It says
// what was sent, and how many subaccounts were active at the stop.
func awakeStop(t *testing.T, n int64) (sent []string, up int) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var changes atomic.Int64
	var armed atomic.Bool
	b, sids := asleepBench(t, sim.Options{Faults: func(r *http.Request, _ int) sim.Fault {
		if armed.Load() && r.Method != http.MethodGet && changes.Add(1) == n {
			cancel()
		}
		return sim.NoFault
	}})
	p := b.plan("auth-tokens", "suspended=rotate", "propagation=1s")
	armed.Store(true)
	r, err := b.desk.Apply(ctx, "auth-tokens", Agreed{Digest: p.Plan.Digest}, nil)
	armed.Store(false)
	for _, a := range b.world.Acts()[b.staged:] {
		sent = append(sent, verbIn(a)+map[bool]string{true: inChain}[slices.Contains(sids, a.Account)])
	}
	if n == 0 {
		return sent, 0
	}
	if err != nil && !errors.Is(err, ErrHalted) {
		t.Fatal(err)
	}
	up = b.saidAwake(sids, r)
	b.sit()
	if r, err := b.desk.Continue(context.Background(), "auth-tokens", nil); err != nil && !errors.Is(err, ErrNothingOpen) || r != nil && r.State != store.Proved {
		t.Fatalf("%v %+v", err, r)
	}
	b.proveAsleep(sids)
	return sent, up
}

// saidAwake wants each subaccount that is active said, and no other.
func (b *bench) saidAwake(sids []string, r *Report) (up int) {
	b.t.Helper()
	s, err := b.c.Progress("auth-tokens")
	if err != nil {
		b.t.Fatal(err)
	}
	for _, sid := range sids {
		active := b.statusNow(sid) == activeStatus
		up += count(active)
		said := strings.Contains(s.Why, sid) && strings.Contains(s.Why, "was suspended before") && s.Why == r.Why
		found := slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.ID == "awake/"+sid && f.Severity == Critical })
		if active != said || active != found {
			b.t.Errorf("%s: active %v, state %q, report %q, finding %v", sid, active, s.Why, r.Why, found)
		}
	}
	return up
}

// statusNow is the status of a subaccount, by what the account itself did.
func (b *bench) statusNow(sid string) string {
	status := suspendedStatus
	for _, a := range b.world.Acts()[b.staged:] {
		if a.Account == sid && verbIn(a) == verbSetStatus && a.Status < 300 {
			status = map[string]string{activeStatus: suspendedStatus, suspendedStatus: activeStatus}[status]
		}
	}
	return status
}

// Left active by a run that nobody went on with, it is said by the next plan, and
// suspended by it whatever the parameters.
func TestLeftActiveIsPlanned(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	b := newBench(t, sim.Options{Faults: func(r *http.Request, _ int) sim.Fault {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, ".json") && strings.Contains(r.URL.Path, "/Accounts/AC") {
			cancel()
		}
		return sim.NoFault
	}})
	p := b.plan("auth-tokens", "suspended=rotate")
	if _, err := b.desk.Apply(ctx, "auth-tokens", Agreed{Digest: p.Plan.Digest}, nil); !errors.Is(err, ErrHalted) {
		t.Fatal(err)
	}
	b.sit()
	r := b.plan("auth-tokens")
	verbs := mapped(r.Plan.Changes, func(c Change) string { return c.Verb })
	if !slices.Equal(verbs, []string{verbQuieten, verbShut, "rotate", verbSuspendAgain}) || !slices.ContainsFunc(r.Findings, func(f Finding) bool { return strings.HasPrefix(f.ID, "awake/") }) {
		t.Fatalf("%v %+v", verbs, r.Findings)
	}
	if _, err := b.desk.Plan(context.Background(), "auth-tokens", params([]string{"mode=graceful"})); err == nil {
		t.Error("a graceful plan was made beside it")
	}
	if r = b.apply("auth-tokens"); r.State != store.Proved {
		t.Errorf("%s: %s", r.State, r.Why)
	}
	b.proveJournal()
}
