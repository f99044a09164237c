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

// Each way in which a hand-over command can go wrong: nothing is promoted, no
// secret is written down, the state says what to do, and a mended command gets
// the same token.
func TestHandOverCommandThatGoesWrong(t *testing.T) {
	for name, script := range map[string]string{
		"fails":             "cat >/dev/null; echo no room >&2; exit 3",
		"is not there":      "",
		"hangs":             "sleep 600",
		"is killed":         "kill -9 $$",
		"prints the token":  "cat",
		"prints and fails":  "cat; exit 1",
		"prints it in bits": "fold -w 5",
		"prints it coded":   "base64",
		"leaves a child":    "sleep 600 & exit 1",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			handOverWrongly(t, script)
		})
	}
}

func handOverWrongly(t *testing.T, script string) {
	b := newBench(t, sim.Options{})
	command := fmt.Sprintf(`["sh", "-c", %q]`, script)
	if script == "" {
		command = `["/nowhere/to/be/found"]`
	}
	r := b.apply("auth-tokens", "mode=graceful", "handover=command", "handover_timeout=1s", "handover_command="+command)
	if r.State != store.NeedsPerson || !strings.Contains(r.Why, "was not handed over") || !strings.Contains(r.Why, "mend it and plan again") {
		t.Errorf("%s: %s", r.State, r.Why)
	}
	acts, _ := b.c.Acts("auth-tokens")
	if slices.ContainsFunc(acts, func(d store.Done) bool { return d.Act.Verb == verbPromote }) {
		t.Error("a promotion was begun")
	}
	b.proveSilent(fmt.Sprintf("%+v %+v", r, acts))
	dir := t.TempDir()
	mended := fmt.Sprintf(`["sh", "-c", %q]`, "cat > "+dir+"/$RETAKE_HANDOVER_ACCOUNT.token")
	r = b.apply("auth-tokens", "mode=graceful", "handover=command", "handover_command="+mended)
	if r.State != store.NeedsPerson || !strings.Contains(r.Why, "handed over and nothing is promoted") {
		t.Fatalf("%s: %s", r.State, r.Why)
	}
	for what, n := range b.executed("client") {
		if n != 1 {
			t.Errorf("%s: %d times", what, n)
		}
	}
	b.handedTo(dir)
}

// proveSilent looks for every secret of the account in a text and in the case.
func (b *bench) proveSilent(text string) {
	b.t.Helper()
	_ = b.c.Entries(0, func(e store.Entry) bool { text += string(e.Body); return true })
	for _, secret := range b.world.Secrets() {
		for i := 0; i+12 <= len(secret); i += 4 {
			if strings.Contains(strings.ReplaceAll(text, `\n`, ""), secret[i:i+12]) {
				b.t.Fatalf("a part of a secret is written down")
			}
		}
	}
}

// A command sees nothing of ours in its environment, and the token only on its
// standard input.
func TestHandOverCommandSeesNoSecret(t *testing.T) {
	t.Setenv("TWILIO_AUTH_TOKEN", "00000000000000000000000000000000")
	t.Setenv("RETAKE_PASSPHRASE", "correct horse")
	b, dir := newBench(t, sim.Options{}), t.TempDir()
	t.Setenv("DEPLOY_NOTE", "uses "+b.opening.AuthToken)
	command := fmt.Sprintf(`["sh", "-c", "env > %s/$1.env; echo $@ >> %s/$1.env; cat > %s/$1.token", "x", "{account}"]`, dir, dir, dir)
	r := b.apply("auth-tokens", "mode=graceful", "handover=command", "handover_command="+command)
	if !strings.Contains(r.Why, "handed over") {
		t.Fatalf("%s: %s", r.State, r.Why)
	}
	for sid, token := range b.handedTo(dir) {
		env, err := os.ReadFile(filepath.Join(dir, sid+".env"))
		if err != nil || !strings.Contains(string(env), "RETAKE_HANDOVER_ACCOUNT="+sid) {
			t.Fatalf("%v\n%s", err, env)
		}
		for _, never := range []string{token, b.opening.AuthToken, "TWILIO_", "correct horse"} {
			if strings.Contains(string(env), never) {
				t.Errorf("the command sees %q", never)
			}
		}
	}
}

// What was handed over is not handed over twice unless that is asked for.
func TestHandOverIsNotRepeatedUnlessAsked(t *testing.T) {
	b, dir := newBench(t, sim.Options{}), t.TempDir()
	log := filepath.Join(dir, "log")
	set := []string{"mode=graceful", "handover=command", fmt.Sprintf(`handover_command=["sh", "-c", "cat >/dev/null; echo {account} >> %s"]`, log), "risk=accepted"}
	b.apply("auth-tokens", set...)
	again := append(slices.Clone(set), "handover_again="+b.opening.AccountSID)
	p := b.apply("auth-tokens", again...)
	if len(p.Outcomes) != 1 || p.Outcomes[0].Outcome != store.Made {
		t.Errorf("%+v", p.Outcomes)
	}
	text, err := os.ReadFile(log)
	if got := strings.Count(string(text), "\n"); err != nil || got != len(b.olds)+1 || strings.Count(string(text), b.opening.AccountSID) != 2 {
		t.Errorf("%v\n%s", err, text)
	}
	if got := verbs(b.plan("auth-tokens", set...).Plan); !slices.Equal(got, []string{verbPromote}) {
		t.Errorf("%v", got)
	}
}

// A file that is there already is not written over, and nobody else may read
// what is written.
func TestHandOverFileIsNeverWrittenOver(t *testing.T) {
	b, dir := newBench(t, sim.Options{}), t.TempDir()
	mine := filepath.Join(dir, b.opening.AccountSID+".token")
	if err := os.WriteFile(mine, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	r := b.apply("auth-tokens", gently(dir)...)
	if r.State != store.NeedsPerson || !strings.Contains(r.Why, "not written over") {
		t.Errorf("%s: %s", r.State, r.Why)
	}
	if text, err := os.ReadFile(mine); string(text) != "mine" || err != nil {
		t.Errorf("%q %v", text, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".retake-*")); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

// To the screen a new token comes on demand only, and that is in the journal.
func TestNewTokenIsShownOnDemandOnly(t *testing.T) {
	b := newBench(t, sim.Options{})
	sid := b.opening.AccountSID
	if _, err := b.desk.NewToken(context.Background(), sid, "test"); !errors.Is(err, ErrNoNewToken) {
		t.Errorf("%v", err)
	}
	r := b.apply("auth-tokens", "mode=graceful")
	if !strings.Contains(r.Why, "were not shown yet") {
		t.Errorf("%s: %s", r.State, r.Why)
	}
	if _, err := b.desk.Token(context.Background(), sid, "test"); !errors.Is(err, ErrTokenUnknown) {
		t.Errorf("%v", err)
	}
	token, err := b.desk.NewToken(context.Background(), sid, "test")
	if err != nil {
		t.Fatal(err)
	}
	if status, _ := b.ask(sid, token.Reveal(), "/Accounts/"+sid+".json"); status != http.StatusOK {
		t.Errorf("it answers %d", status)
	}
	acts, _ := b.c.Acts("auth-tokens")
	if last := acts[len(acts)-1]; last.Act.Verb != verbHandOver || last.Outcome.Result != store.Made || last.Act.Account != sid {
		t.Errorf("%+v", last)
	}
	p := b.plan("auth-tokens", "mode=graceful", "risk=accepted")
	if n := slices.IndexFunc(p.Plan.Breaks, func(s string) bool { return strings.Contains(s, "nobody has been shown the new token of "+sid) }); n >= 0 {
		t.Errorf("%q", p.Plan.Breaks[n])
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
	for n := int64(1); n <= 14; n += stride() {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			var changes atomic.Int64
			b := newBench(t, sim.Options{Faults: func(r *http.Request, _ int) sim.Fault {
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
	for name, fault := range faults {
		for n := int64(1); n <= 12; n += stride() {
			t.Run(fmt.Sprintf("%s/%d", name, n), func(t *testing.T) {
				t.Parallel()
				var changes atomic.Int64
				b := newBench(t, sim.Options{Faults: func(r *http.Request, _ int) sim.Fault {
					if r.Method != http.MethodGet && changes.Add(1) == n {
						return fault
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

// A hand-over whose outcome was never written is settled by reading the file; of
// a command nobody can know, and a person decides.
func TestHandOverWithoutAnOutcome(t *testing.T) {
	b, dir := newBench(t, sim.Options{}), t.TempDir()
	command := fmt.Sprintf(`handover_command=["sh", "-c", "cat >> %s/{account}"]`, dir)
	b.apply("auth-tokens", "mode=graceful", "handover=command", command)
	sid := b.opening.AccountSID
	_, now, err := b.desk.newToken(sid)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.c.Intend(store.Act{Step: "auth-tokens", Change: rotationOf(sid), Account: sid, Verb: verbHandOver, Target: toCommand, Seen: now.fingerprint}); err != nil {
		t.Fatal(err)
	}
	r := b.plan("auth-tokens", "mode=graceful", "risk=accepted")
	acts, _ := b.c.Acts("auth-tokens")
	if last := acts[len(acts)-1]; last.Outcome.Result != store.Unknown || !strings.Contains(last.Outcome.Problem, "handover_again="+sid) {
		t.Errorf("%s: %+v", r.Why, last.Outcome)
	}
	b.apply("auth-tokens", "mode=graceful", "handover_again="+sid)
	text, err := os.ReadFile(filepath.Join(dir, sid))
	if err != nil || len(text) != 64 {
		t.Errorf("it was handed over %d times, %v", len(text)/32, err)
	}
	b.proveJournal()
}

// Consumers are marked by a person; another new token has to be deployed anew.
func TestConsumersAreMarked(t *testing.T) {
	b, dir := newBench(t, sim.Options{}), t.TempDir()
	if err := b.desk.Mark("billing", []string{"deployed"}, ""); err == nil {
		t.Error("a consumer that nobody named was marked")
	}
	b.apply("auth-tokens", gently(dir, "consumers=billing,ivr")...)
	b.calm()
	for _, m := range Marks {
		if err := b.desk.Mark("billing", []string{m}, "by Robin"); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.desk.Mark("billing", []string{"forgotten"}, ""); err == nil {
		t.Error("a mark that is none was taken")
	}
	p := b.plan("auth-tokens", "mode=graceful")
	if joined := strings.Join(p.Plan.Breaks, "\n"); strings.Contains(joined, "billing is not done") || !strings.Contains(joined, "ivr is not done: deployed, restarted, canary") {
		t.Errorf("%s", joined)
	}
	if r := b.apply("auth-tokens", "handover_again=", "mode=kill-now"); r.State != store.Proved {
		t.Errorf("kill-now after a hand-over: %s: %s", r.State, r.Why)
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
