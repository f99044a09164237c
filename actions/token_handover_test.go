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
	"testing"

	"retake/actions/account"
	"retake/actions/sim"
	"retake/store"
)

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

// What a killed run left half written is taken away by the next try, and a link
// in its place is not followed.
func TestHandOverFileTakesAwayWhatIsHalfWritten(t *testing.T) {
	dir := t.TempDir()
	path, elsewhere := filepath.Join(dir, "AC.token"), filepath.Join(dir, "elsewhere")
	for _, leave := range []func() error{
		func() error { return os.WriteFile(halfWritten(path), []byte("half of a tok"), 0o600) },
		func() error { return os.Symlink(elsewhere, halfWritten(path)) },
	} {
		if err := leave(); err != nil {
			t.Fatal(err)
		}
		proof, err := pourFile(path, account.NewSecret("0123456789abcdef0123456789abcdef"))
		text, unread := os.ReadFile(path)
		info, _ := os.Stat(path)
		if err != nil || unread != nil || string(text) != "0123456789abcdef0123456789abcdef" || info.Mode().Perm() != 0o600 {
			t.Fatalf("%s %v %v %q", proof, err, unread, text)
		}
		left, _ := os.ReadDir(dir)
		if err := os.Remove(path); err != nil || len(left) != 1 {
			t.Errorf("%v, %v", err, left)
		}
	}
}

// A run that was killed between writing a token down and giving it its name: the
// next one settles that it was not handed over, and leaves nothing of it behind.
func TestSettlingAHandOverTakesAwayWhatIsHalfWritten(t *testing.T) {
	b, path := newBench(t, sim.Options{}), filepath.Join(t.TempDir(), "AC.token")
	if err := os.WriteFile(halfWritten(path), []byte("a token"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := settleFile(&Run{desk: b.desk}, path, "none")
	if _, err := os.Stat(halfWritten(path)); o.Result != store.Failed || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%+v, %v", o, err)
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
