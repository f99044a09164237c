package actions

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"retake/actions/sim"
	"retake/store"
)

// gently are the parameters of a graceful rotation whose tokens go to files.
func gently(dir string, more ...string) []string {
	return append([]string{"mode=graceful", "handover=file", "handover_file=" + filepath.Join(dir, "{account}.token"), "watch=0s", "propagation=30ms"}, more...)
}

// calm attests the steps that a graceful promotion rests on.
func (b *bench) calm() {
	b.t.Helper()
	for _, step := range []string{"stop-traffic", "geo-and-triggers"} {
		if err := b.desk.Attest(step, store.Attestation{Note: "done"}); err != nil {
			b.t.Fatal(err)
		}
	}
}

// verbs are the verbs of a plan.
func verbs(p *Plan) (all []string) {
	for _, c := range p.Changes {
		if !slices.Contains(all, c.Verb) {
			all = append(all, c.Verb)
		}
	}
	return all
}

// handedTo are the tokens that lie in the files of a hand-over, by account.
func (b *bench) handedTo(dir string) map[string]string {
	b.t.Helper()
	all := map[string]string{}
	for sid := range b.olds {
		text, err := os.ReadFile(filepath.Join(dir, sid+".token"))
		if err != nil {
			b.t.Fatal(err)
		}
		all[sid] = string(text)
	}
	return all
}

// The first plan hands over and promotes nothing, the second promotes exactly
// what was handed over.
func TestGracefulHandsOverThenPromotes(t *testing.T) {
	b, dir := newBench(t, sim.Options{}).checked(), t.TempDir()
	first := b.plan("auth-tokens", gently(dir, "consumers=billing")...)
	if got := verbs(first.Plan); !slices.Equal(got, []string{verbHandOver}) {
		t.Fatalf("the first plan has %v", got)
	}
	r := b.apply("auth-tokens", gently(dir, "consumers=billing")...)
	if r.State != store.NeedsPerson || !strings.Contains(r.Why, "handed over and nothing is promoted") {
		t.Fatalf("%s: %s", r.State, r.Why)
	}
	for what := range b.executed("client") {
		if strings.HasPrefix(what, verbPromote) {
			t.Errorf("%s before it was agreed to", what)
		}
	}
	handed := b.handedTo(dir)
	for sid, token := range handed {
		if status, _ := b.ask(sid, token, "/Accounts/"+sid+".json"); status != http.StatusOK {
			t.Errorf("what was handed over for %s answers %d", sid, status)
		}
		if info, err := os.Stat(filepath.Join(dir, sid+".token")); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
	}
	b.calm()
	b.sit()
	second := b.plan("auth-tokens", "mode=graceful", "watch=0s")
	if got := verbs(second.Plan); !slices.Equal(got, []string{verbPromote}) || second.Plan.Digest == first.Plan.Digest {
		t.Fatalf("the second plan has %v", got)
	}
	if !slices.Contains(second.Plan.Breaks, "billing is not done: deployed, restarted, canary") {
		t.Errorf("the plan does not name what is missing: %q", second.Plan.Breaks)
	}
	if r = b.apply("auth-tokens", "mode=graceful", "watch=0s"); r.State != store.Proved {
		t.Fatalf("%s: %s", r.State, r.Why)
	}
	b.proveRotated()
	for sid, now := range b.inForce() {
		if now != handed[sid] {
			t.Errorf("%s: another token is in force than was handed over", sid)
		}
	}
	b.proveJournal()
	b.verify()
}

// inForce are the sealed tokens of the accounts that are let in.
func (b *bench) inForce() map[string]string {
	b.t.Helper()
	all := map[string]string{}
	for sid := range b.olds {
		token, err := b.desk.Token(context.Background(), sid, "test")
		if err != nil {
			b.t.Fatal(err)
		}
		all[sid] = token.Reveal()
	}
	return all
}

// While traffic goes on the promotion is refused in plain words, and offered
// with its risk in words where that is accepted.
func TestGracefulPromotionIsRefusedWhileTrafficGoesOn(t *testing.T) {
	b, dir := newBench(t, sim.Options{}), t.TempDir()
	b.apply("auth-tokens", gently(dir)...)
	_, err := b.desk.Plan(context.Background(), "auth-tokens", map[string]string{"mode": "graceful"})
	if !errors.Is(err, ErrTooEarly) || !strings.Contains(err.Error(), "stop-traffic is not-started") || !strings.Contains(store.HintOf(err), "risk=accepted") {
		t.Fatalf("%v (%s)", err, store.HintOf(err))
	}
	if s, _ := b.c.Progress("auth-tokens"); s.State != store.NeedsPerson || !strings.Contains(s.Why, "handed over") {
		t.Errorf("%s: %s", s.State, s.Why)
	}
	p := b.plan("auth-tokens", "mode=graceful", "risk=accepted")
	if !slices.ContainsFunc(p.Plan.Breaks, func(s string) bool { return strings.HasPrefix(s, "risk accepted: traffic") }) {
		t.Errorf("%q", p.Plan.Breaks)
	}
}

// The intruder replaces each new token: that is found before it is handed over.
func TestGracefulOutlastsTheIntruder(t *testing.T) {
	for _, may := range []string{"allow", "deny"} {
		b, dir := newBench(t, sim.Options{Switches: sim.Switches{SecondaryPromotes: may, Race: "all"}}), t.TempDir()
		r := b.apply("auth-tokens", gently(dir)...)
		if !strings.Contains(r.Why, "handed over and nothing is promoted") || !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Severity == Critical }) {
			t.Fatalf("%s: %s, %+v", r.State, r.Why, r.Findings)
		}
		b.calm()
		if r = b.apply("auth-tokens", "mode=graceful", "watch=0s"); r.State != store.Proved {
			t.Fatalf("%s: %s", r.State, r.Why)
		}
		b.proveRotated()
		b.proveJournal()
	}
}

// The intruder replaces a new token between the two plans: it is found, said
// loudly, another is created and handed over, and that account is not promoted.
func TestTokenReplacedAfterItsHandOver(t *testing.T) {
	b, dir := newBench(t, sim.Options{}), t.TempDir()
	sid := b.opening.AccountSID
	b.apply("auth-tokens", gently(dir)...)
	b.calm()
	before := b.handedTo(dir)[sid]
	if err := os.Remove(filepath.Join(dir, sid+".token")); err != nil {
		t.Fatal(err)
	}
	b.send(http.MethodDelete, "https://accounts.twilio.com/v1/AuthTokens/Secondary", sid, b.olds[sid])
	b.send(http.MethodPost, "https://accounts.twilio.com/v1/AuthTokens/Secondary", sid, b.olds[sid])
	r := b.apply("auth-tokens", "mode=graceful", "watch=0s")
	if r.State != store.NeedsPerson || !strings.Contains(r.Why, "is not promoted") {
		t.Errorf("%s: %s", r.State, r.Why)
	}
	if !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.ID == "replaced/"+sid && f.Severity == Critical }) {
		t.Errorf("%+v", r.Findings)
	}
	if after := b.handedTo(dir)[sid]; after == before {
		t.Error("the lost token is still the one that is handed over")
	}
	if n := b.executed("client")[verbPromote+" "+sid]; n != 0 {
		t.Errorf("%d promotions", n)
	}
	if r = b.apply("auth-tokens", "mode=graceful", "watch=0s"); r.State != store.Proved {
		t.Fatalf("%s: %s", r.State, r.Why)
	}
	b.proveRotated()
}

// The journal ends after each act, as by a crash, and is gone on with.
func TestGracefulGoesOnAfterAStop(t *testing.T) {
	for _, n := range places(t, 14, 0) {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			var changes atomic.Int64
			b := newBench(t, sim.Options{Messages: 40, Calls: 40, Faults: func(r *http.Request, _ int) sim.Fault {
				if r.Method != http.MethodGet && changes.Add(1) == n {
					cancel()
				}
				return sim.NoFault
			}})
			b.calm()
			dir := t.TempDir()
			b.goGently(ctx, dir)
			b.proveRotated()
			b.proveJournal()
			for what, count := range b.executed("client") {
				if count != 1 {
					t.Errorf("%s: %d times", what, count)
				}
			}
		})
	}
}

// goGently rotates in two plans, as new processes would, until it is proved.
func (b *bench) goGently(ctx context.Context, dir string) {
	b.t.Helper()
	for range 8 {
		r, err := b.desk.Continue(ctx, "auth-tokens", nil)
		if errors.Is(err, ErrNothingOpen) {
			p := b.plan("auth-tokens", gently(dir)...)
			if p.Plan.Empty() {
				return
			}
			r, err = b.desk.Apply(ctx, "auth-tokens", Agreed{Digest: p.Plan.Digest}, nil)
		}
		if err != nil && !errors.Is(err, ErrHalted) {
			b.t.Fatal(err)
		}
		if err == nil && Ended(r.State) {
			return
		}
		ctx = context.Background()
		b.sit()
	}
	b.t.Fatal("it is not proved after eight tries")
}

// Each changing request of both plans meets each fault.
func TestFaultOnEveryChangeOfAGracefulRotation(t *testing.T) {
	for turn, name := range badReplies() {
		for _, n := range places(t, 12, turn) {
			t.Run(fmt.Sprintf("%s/%d", name, n), func(t *testing.T) {
				t.Parallel()
				var changes atomic.Int64
				b := newBench(t, sim.Options{Messages: 40, Calls: 40, Faults: func(r *http.Request, _ int) sim.Fault {
					if r.Method != http.MethodGet && changes.Add(1) == n {
						return faults[name]
					}
					return sim.NoFault
				}})
				b.calm()
				b.goGently(context.Background(), t.TempDir())
				b.proveRotated()
				b.proveJournal()
				b.verify()
			})
		}
	}
}

// Consumers are marked by a person, and are not lost by a word on the step; what
// was marked of a token says nothing of another.
func TestConsumersAreMarked(t *testing.T) {
	b, dir := newBench(t, sim.Options{}), t.TempDir()
	mark := func(name, check string) error {
		return b.desk.MarkSubject("auth-tokens", name, []string{check}, store.AnswerDone, "by Robin")
	}
	if err := mark("billing", "deployed"); err == nil {
		t.Error("a consumer that nobody named was marked")
	}
	b.apply("auth-tokens", gently(dir, "consumers=billing,ivr")...)
	b.calm()
	for _, c := range consumers().Checks {
		if err := mark("billing", c.ID); err != nil {
			t.Fatal(err)
		}
	}
	if err := mark("billing", "forgotten"); err == nil {
		t.Error("a mark that is none was taken")
	}
	p := b.plan("auth-tokens", "mode=graceful")
	if joined := strings.Join(p.Plan.Breaks, "\n"); strings.Contains(joined, "billing is not done") || !strings.Contains(joined, "ivr is not done: deployed, restarted, canary") {
		t.Errorf("%s", joined)
	}
	if err := b.desk.Attest("auth-tokens", store.Attestation{Note: "good enough"}); err == nil || !strings.Contains(err.Error(), "ivr (deployed, restarted, canary)") {
		t.Errorf("attested while a consumer is open: %v", err)
	}
	if err := b.desk.Attest("auth-tokens", store.Attestation{Note: "not now", NotApplicable: true}); err != nil {
		t.Fatal(err)
	}
	if all, err := b.desk.Consumers(); err != nil || len(all) != 2 || len(all[0].Done) != 3 {
		t.Errorf("after a person's word the consumers are %+v %v", all, err)
	}
	if all, err := b.desk.NewTokens(); err != nil || len(all) != len(b.olds) || !all[0].Shown {
		t.Errorf("%+v %v", all, err)
	}
	if r := b.apply("auth-tokens", "handover_again=", "mode=kill-now"); r.State != store.Proved {
		t.Errorf("kill-now after a hand-over: %s: %s", r.State, r.Why)
	}
	if all, err := b.desk.Consumers(); err != nil || len(all) != 2 || len(all[0].Done) != 3 {
		t.Errorf("the token that was marked is in force, and of it is said %+v %v", all, err)
	}
	if all, err := b.desk.NewTokens(); err != nil || len(all) != 0 {
		t.Errorf("%+v %v", all, err)
	}
	if _, err := b.c.Intend(store.Act{Step: "auth-tokens", Change: rotationOf(b.opening.AccountSID), Account: b.opening.AccountSID, Verb: verbCreateSecondary}); err != nil {
		t.Fatal(err)
	}
	if all, err := b.desk.Consumers(); err != nil || len(all[0].Missing) != 3 {
		t.Errorf("of another token is said %+v %v", all, err)
	}
}

// After the promotion the alerts are watched, and who still uses the old token
// is named.
func TestAlertsAreWatchedAfterAPromotion(t *testing.T) {
	b, dir := newBench(t, sim.Options{}), t.TempDir()
	b.calm()
	b.apply("auth-tokens", gently(dir)...)
	if r := b.apply("auth-tokens", "mode=graceful", "watch=20ms"); r.State != store.Proved {
		t.Fatalf("%s: %s", r.State, r.Why)
	}
	asked := 0
	_ = b.c.Entries(0, func(e store.Entry) bool {
		var x store.ExhibitEntry
		asked += count(e.Kind == store.KindExhibit && e.Decode(&x) == nil && strings.Contains(x.URL, "/v1/Alerts"))
		return true
	})
	if asked < len(b.olds) {
		t.Errorf("the alerts were read %d times", asked)
	}
}

// In the moment before the promotion the intruder puts his own token in the place
// of ours: his is rotated away at once, and what took its place is handed over.
func TestForeignTokenPromotedInThePlaceOfTheOneHandedOver(t *testing.T) {
	var b *bench
	var raced atomic.Bool
	b = newBench(t, sim.Options{Switches: sim.Switches{SecondaryPromotes: "deny"}, Faults: func(r *http.Request, _ int) sim.Fault {
		user, secret, _ := r.BasicAuth()
		if b != nil && strings.HasSuffix(r.URL.Path, "/Promote") && secret == b.olds[user] && user == b.opening.AccountSID && raced.CompareAndSwap(false, true) {
			b.send(http.MethodDelete, "https://accounts.twilio.com/v1/AuthTokens/Secondary", user, secret)
			b.send(http.MethodPost, "https://accounts.twilio.com/v1/AuthTokens/Secondary", user, secret)
		}
		return sim.NoFault
	}})
	dir, sid := t.TempDir(), b.opening.AccountSID
	b.apply("auth-tokens", gently(dir)...)
	b.calm()
	if err := os.Remove(filepath.Join(dir, sid+".token")); err != nil {
		t.Fatal(err)
	}
	r := b.apply("auth-tokens", "mode=graceful", "watch=0s")
	if !raced.Load() || r.State != store.Proved || !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.ID == "promoted-foreign/"+sid }) {
		t.Fatalf("raced %v, %s: %s, %+v", raced.Load(), r.State, r.Why, r.Findings)
	}
	b.proveRotated()
	if now := b.inForce()[sid]; b.handedTo(dir)[sid] != now {
		t.Error("the token that is in force was not handed over")
	}
}
