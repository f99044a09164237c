package actions

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"retake/actions/sim"
	"retake/store"
)

// The token's life, row by row.

// A secondary token may be the intruder's: it is deleted before ours is made,
// and ours is sealed and on the disk before the promotion is sent.
func TestSecondaryIsDeletedThenOursIsSealedThenPromoted(t *testing.T) {
	sealedFirst := map[string]bool{}
	var b *bench
	b = newBench(t, sim.Options{Faults: func(r *http.Request, _ int) sim.Fault {
		if b != nil && strings.HasSuffix(r.URL.Path, "/Promote") {
			user, secret, _ := r.BasicAuth()
			all, _ := b.c.Tokens(user)
			sealedFirst[user] = slices.ContainsFunc(all, func(s store.Sealed) bool {
				return s.Role == store.RoleSecondary && s.Fingerprint == b.c.Fingerprint(secret)
			})
		}
		return sim.NoFault
	}}).checked()
	r := b.apply("auth-tokens")
	if r.State != store.Proved {
		t.Fatalf("%s: %s", r.State, r.Why)
	}
	order := map[string][]string{}
	for _, a := range b.world.Acts() {
		order[a.Account] = append(order[a.Account], verbIn(a))
	}
	for sid := range b.olds {
		if want := []string{verbDeleteSecondary, verbCreateSecondary, verbPromote}; !slices.Equal(order[sid], want) {
			t.Errorf("%s: %v", sid, order[sid])
		}
		if !sealedFirst[sid] {
			t.Errorf("%s: promoted before the token was sealed", sid)
		}
	}
	b.proveRotated()
	b.proveJournal()
}

// The main account comes first: its token reads those of the subaccounts.
func TestMainAccountFirst(t *testing.T) {
	b := newBench(t, sim.Options{})
	b.apply("auth-tokens")
	acts := b.world.Acts()
	last := slices.IndexFunc(acts, func(a sim.Act) bool { return a.Account != b.opening.AccountSID })
	if last != 3 {
		t.Errorf("a subaccount was touched after %d acts", last)
	}
}

// Whoever holds the leaked token replaces the secondary: his is not promoted,
// and where it was all the same (the secondary may not promote itself) it is
// rotated away at once, and said.
func TestReplacedSecondary(t *testing.T) {
	for _, may := range []string{"allow", "deny"} {
		t.Run("secondary-promotes="+may, func(t *testing.T) {
			b := newBench(t, sim.Options{Switches: sim.Switches{SecondaryPromotes: may, Race: "replace"}}).checked()
			r := b.apply("auth-tokens")
			if r.State != store.Proved || !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Severity == Critical }) {
				t.Errorf("%s, findings %+v", r.State, r.Findings)
			}
			b.proveRotated()
			b.proveJournal()
		})
	}
}

// The intruder's token is promoted: it comes back in the reply, is sealed and
// burnt, and the account is rotated again.
func TestForeignTokenPromoted(t *testing.T) {
	var b *bench
	var raced atomic.Bool
	b = newBench(t, sim.Options{Switches: sim.Switches{SecondaryPromotes: "deny"}, Faults: func(r *http.Request, _ int) sim.Fault {
		user, secret, _ := r.BasicAuth()
		// The moment before the promotion that is signed with the old token.
		if b != nil && strings.HasSuffix(r.URL.Path, "/Promote") && secret == b.olds[user] && user == b.opening.AccountSID && raced.CompareAndSwap(false, true) {
			b.send(http.MethodDelete, "https://accounts.twilio.com/v1/AuthTokens/Secondary", user, secret)
			b.send(http.MethodPost, "https://accounts.twilio.com/v1/AuthTokens/Secondary", user, secret)
		}
		return sim.NoFault
	}})
	r := b.apply("auth-tokens")
	if !raced.Load() || r.State != store.Proved {
		t.Fatalf("raced %v, %s: %s", raced.Load(), r.State, r.Why)
	}
	if !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.ID == "promoted-foreign/"+b.opening.AccountSID }) {
		t.Errorf("it was not said: %+v", r.Findings)
	}
	b.proveRotated()
	if n := b.executed("client")[verbPromote+" "+b.opening.AccountSID]; n != 2 {
		t.Errorf("%d promotions of the main account", n)
	}
}

// The table of what the new and the old token answer after a lost promotion.
func TestSettlePromotion(t *testing.T) {
	for _, row := range []struct {
		name  string
		fault sim.Fault
		after func(b *bench, sid string) // what happens before the next run
		want  store.Result
	}{
		{"new 200, old 200: not promoted", sim.LoseRequest, nil, store.Failed},
		{"new 200, old 401: made", sim.LoseReply, nil, store.Made},
		{"new 401, old 200: replaced", sim.LoseRequest, func(b *bench, sid string) {
			b.send(http.MethodDelete, "https://accounts.twilio.com/v1/AuthTokens/Secondary", sid, b.olds[sid])
		}, store.Stale},
		{"new 401, old 401: unknown", sim.LoseRequest, func(b *bench, sid string) {
			b.send(http.MethodDelete, "https://accounts.twilio.com/v1/AuthTokens/Secondary", sid, b.olds[sid])
			b.send(http.MethodPost, "https://accounts.twilio.com/v1/AuthTokens/Secondary", sid, b.olds[sid])
			b.send(http.MethodPost, "https://accounts.twilio.com/v1/AuthTokens/Promote", sid, b.olds[sid])
		}, store.Unknown},
	} {
		t.Run(row.name, func(t *testing.T) { settleRow(t, row.fault, row.after, row.want) })
	}
}

func settleRow(t *testing.T, fault sim.Fault, after func(*bench, string), want store.Result) {
	var b *bench
	var lost atomic.Bool
	main := ""
	b = newBench(t, sim.Options{Faults: func(r *http.Request, _ int) sim.Fault {
		if user, _, _ := r.BasicAuth(); main == "" || user != main || !strings.HasSuffix(r.URL.Path, "/Promote") || !lost.CompareAndSwap(false, true) {
			return sim.NoFault
		}
		if after != nil {
			after(b, main)
		}
		return fault
	}})
	main = b.opening.AccountSID
	p := b.plan("auth-tokens", "propagation=20ms", "rounds=1")
	r, err := b.desk.Apply(context.Background(), "auth-tokens", Agreed{Digest: p.Plan.Digest}, nil)
	if err != nil && want != store.Unknown {
		t.Fatal(err)
	}
	acts, _ := b.c.Acts("auth-tokens")
	i := slices.IndexFunc(acts, func(d store.Done) bool { return d.Act.Verb == verbPromote && d.Act.Account == main })
	if got := acts[i].Outcome.Result; got != want {
		t.Errorf("the promotion is %q (%s), not %q", got, acts[i].Outcome.Problem, want)
	}
	if want == store.Unknown && (r == nil || !slices.ContainsFunc(r.Outcomes, func(o Outcome) bool { return o.Outcome == store.Unknown })) {
		t.Errorf("the report does not say unknown: %+v", r)
	}
}

// Propagation is slow: an old token that still answers is waited for, called
// waiting when the time is over, and proved later without a second promotion.
func TestSlowPropagation(t *testing.T) {
	var elapsed atomic.Int64
	b := newBench(t, sim.Options{Switches: sim.Switches{PromoteLag: time.Minute}, Clock: func() time.Duration { return time.Duration(elapsed.Load()) }})
	b.desk.sleep = func(_ context.Context, d time.Duration) error { elapsed.Add(int64(d)); return nil }
	r := b.apply("auth-tokens", "propagation=10s")
	if r.State != store.WaitingState {
		t.Fatalf("%s: %s", r.State, r.Why)
	}
	elapsed.Add(int64(2 * time.Minute))
	b.sit()
	r, err := b.desk.Continue(context.Background(), "auth-tokens", nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 { // the subaccounts wait in their turn
		if r.State == store.Proved {
			break
		}
		elapsed.Add(int64(2 * time.Minute))
		b.sit()
		if r, err = b.desk.Continue(context.Background(), "auth-tokens", nil); err != nil {
			t.Fatal(err)
		}
	}
	if r.State != store.Proved {
		t.Fatalf("%s: %s", r.State, r.Why)
	}
	for what, n := range b.executed("client") {
		if strings.HasPrefix(what, verbPromote) && n != 1 {
			t.Errorf("%s: %d times", what, n)
		}
	}
	b.proveRotated()
}

// The environment still holds the dead token: the case's own comes first, and a
// run again finds nothing.
func TestAgainFindsNothing(t *testing.T) {
	b := newBench(t, sim.Options{})
	b.apply("auth-tokens")
	before := len(b.world.Acts())
	b.sit()
	r := b.plan("auth-tokens")
	if !r.Plan.Empty() || r.State != store.Proved || len(b.world.Acts()) != before {
		t.Errorf("%s, %d changes, %d acts more", r.State, len(r.Plan.Changes), len(b.world.Acts())-before)
	}
}

// A token that leaks later is found and rotated, once it is in the burnt set.
func TestLaterLeakIsRotatedAgain(t *testing.T) {
	b := newBench(t, sim.Options{})
	b.apply("auth-tokens")
	sid := b.opening.AccountSID
	token, err := b.desk.Token(context.Background(), sid, "test")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.c.Burn("found in public", store.Secret{Account: sid, Role: store.RoleOld, Value: token.Reveal()}); err != nil {
		t.Fatal(err)
	}
	b.olds[sid] = token.Reveal()
	b.sit()
	r := b.apply("auth-tokens")
	if len(r.Outcomes) != 1 || r.Outcomes[0].Outcome != store.Made || b.executed("client")[verbPromote+" "+sid] != 2 {
		t.Errorf("%+v", r.Outcomes)
	}
	b.proveRotated()
}

// Somebody else rotates between the plan and the act: stale, and the rest goes
// on.
func TestStaleTokenIsRefused(t *testing.T) {
	b := newBench(t, sim.Options{})
	p := b.plan("auth-tokens")
	var sub string
	for sid := range b.olds {
		if sid != b.opening.AccountSID {
			sub = sid
		}
	}
	b.send(http.MethodDelete, "https://accounts.twilio.com/v1/AuthTokens/Secondary", sub, b.olds[sub])
	b.send(http.MethodPost, "https://accounts.twilio.com/v1/AuthTokens/Secondary", sub, b.olds[sub])
	b.send(http.MethodPost, "https://accounts.twilio.com/v1/AuthTokens/Promote", sub, b.olds[sub])
	r, err := b.desk.Apply(context.Background(), "auth-tokens", Agreed{Digest: p.Plan.Digest}, nil)
	if err != nil {
		t.Fatal(err)
	}
	results := map[store.Result]int{}
	for _, o := range r.Outcomes {
		results[o.Outcome]++
	}
	if results[store.Stale] != 1 || results[store.Made] != len(b.olds)-1 || r.State != store.NeedsPerson {
		t.Errorf("%v, %s: %s", results, r.State, r.Why)
	}
	if r := b.apply("auth-tokens"); r.State != store.Proved {
		t.Errorf("planned again: %s: %s", r.State, r.Why)
	}
	b.proveRotated()
}

// A suspended subaccount is said, with what to do, and is not claimed.
func TestSuspendedIsSaid(t *testing.T) {
	b := newBench(t, sim.Options{})
	r := b.apply("auth-tokens")
	if !slices.ContainsFunc(r.Unseen, func(u Unseen) bool {
		return strings.Contains(u.What, "suspended") && strings.Contains(u.Why, "reactivate")
	}) || !strings.Contains(r.Why, "suspended") {
		t.Errorf("%s, unseen %+v", r.Why, r.Unseen)
	}
}

// Nothing is changed without the passphrase.
func TestLockedCaseChangesNothing(t *testing.T) {
	b := newBench(t, sim.Options{})
	p := b.plan("auth-tokens")
	if err := b.c.Close(); err != nil {
		t.Fatal(err)
	}
	c, err := store.Open(b.path, b.world.Now)
	if err != nil {
		t.Fatal(err)
	}
	b.c = c
	b.sit()
	_, err = b.desk.Apply(context.Background(), "auth-tokens", Agreed{Digest: p.Plan.Digest}, nil)
	if !errors.Is(err, store.ErrLocked) || len(b.world.Acts()) != 0 {
		t.Errorf("%v, %d acts", err, len(b.world.Acts()))
	}
}

// Locked out: the sentence says so, and a case keeps what it knows.
func TestLockedOut(t *testing.T) {
	b := newBench(t, sim.Options{})
	sid := b.opening.AccountSID
	b.send(http.MethodDelete, "https://accounts.twilio.com/v1/AuthTokens/Secondary", sid, b.olds[sid])
	b.send(http.MethodPost, "https://accounts.twilio.com/v1/AuthTokens/Secondary", sid, b.olds[sid])
	b.send(http.MethodPost, "https://accounts.twilio.com/v1/AuthTokens/Promote", sid, b.olds[sid])
	_, err := b.desk.Plan(context.Background(), "auth-tokens", nil)
	if !errors.Is(err, ErrLockedOut) || store.HintOf(err) == "" || errors.Is(err, ErrPromotionOpen) {
		t.Errorf("%v (%s)", err, store.HintOf(err))
	}
}
