package line_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"retake/actions/sim"
)

// TestSwitches takes the account back under each setting of each fact about
// Twilio that nobody has verified, and whatever the intruder answers.
func TestSwitches(t *testing.T) {
	var none sim.Switches
	for _, c := range none.Choices() {
		for _, value := range c.Values {
			if c.Flag == "main-account" && value != "open" && value != "rotated" && value != "10001" {
				continue // the other codes: see the tests of Reach
			}
			t.Run(c.Flag+"="+value, func(t *testing.T) {
				t.Parallel()
				o := sim.Options{Seed: 21}
				if err := setOption(&o, c.Flag, value); err != nil {
					t.Fatal(err)
				}
				if c.Flag == "main-account" && value != "open" {
					shutOut(t, o)
					return
				}
				takeBack(t, o)
			})
		}
	}
	for name, o := range map[string]sim.Options{
		"promote-lag":       {Switches: sim.Switches{PromoteLag: 1500 * time.Millisecond}},
		"key-limit":         {Switches: sim.Switches{KeyLimit: 4}},
		"retry-after":       {Switches: sim.Switches{RetryAfter: 1}, Concurrency: 2},
		"many accounts":     {Subaccounts: 25, Concurrency: 8},
		"no keys":           {Keys: -1},
		"everything at bay": {Switches: sim.Switches{Race: "all", SecondSecondary: "refuse", SecondaryPromotes: "deny", KeysOnAuthTokens: "allow", SuspendedViaParent: "deny", MainKeyToken: "masked", PageSizeOver: "refuse", TimeFilter: "date", KeyActor: "key"}},
		"clean":             {Scenario: "clean"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o.Seed = 22
			takeBack(t, o)
		})
	}
}

// takeBack rotates the tokens and deletes the keys with the two commands, and
// wants the account to be Retake's in the end.
func takeBack(t *testing.T, o sim.Options) {
	l, path := begin(t, o)
	for _, step := range []string{"auth-tokens", "api-keys"} {
		untilDone(t, l, path, step)
		last := l.retake(t, "step", step, "--apply", "--account", l.opening.AccountSID, "--case", path)
		if last.status != 0 || !strings.Contains(last.out, "nothing is left to do") {
			t.Errorf("%s once more: %d\n%s%s", step, last.status, last.out, last.errs)
		}
	}
	if err := l.oldTokensDead(); err != nil {
		t.Error(err)
	}
	for sid := range l.old {
		out := l.retake(t, "token", sid, "--case", path)
		if token := strings.TrimSpace(out.out); out.status != 0 || l.answers(sid, token) != http.StatusOK || token != l.account(sid).Primary {
			t.Errorf("the token that is printed for %s does not open it: %d %s", sid, out.status, out.errs)
		}
	}
	if left := l.keysLeft("active"); len(left) > 0 {
		t.Errorf("keys are left: %v", left)
	}
	if left := l.keysLeft("suspended"); len(left) > 0 && o.Switches.SuspendedViaParent != "deny" {
		t.Errorf("keys are left on the suspended account: %v", left)
	}
	if err := l.journaled(path, true); err != nil {
		t.Error(err)
	}
	if err := verified(path); err != nil {
		t.Error(err)
	}
}

// shutOut makes a case for an account that does not open: what still answers is
// told, a step says where to look, and what a person does is recorded.
func shutOut(t *testing.T, o sim.Options) {
	l, err := newLab(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.server.Close)
	path := filepath.Join(t.TempDir(), "c.retake")
	for _, try := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"new"}, 1, "retake new --locked-out"},
		{[]string{"new", "--locked-out"}, 0, "Made the LAB case"},
		{[]string{"reach"}, 3, "What to do:"},
		{[]string{"step", "triage", "--plan"}, 1, "what to do: "},
		{[]string{"attest", "two-factor", "--not-applicable", "--note", "later"}, 0, "not-applicable"},
	} {
		if s := l.retake(t, append(try.args, "--case", path)...); s.status != try.status || !strings.Contains(s.out+s.errs, try.says) {
			t.Errorf("%q ended with %d and does not say %q:\n%s%s", try.args, s.status, try.says, s.out, s.errs)
		}
	}
	if err := verified(path); err != nil {
		t.Error(err)
	}
}

// untilDone applies a step until it ends with 0; a slow account may make it wait
// and an intruder may make it plan again.
func untilDone(t *testing.T, l *lab, path, step string) {
	t.Helper()
	args := []string{"step", step, "--apply", "--account", l.opening.AccountSID, "--case", path}
	if step == "auth-tokens" {
		args = append(args, "--set", "propagation=500ms")
	}
	var tries []string
	for range 4 {
		s := l.retake(t, args...)
		if s.status == 0 {
			return
		}
		tries = append(tries, fmt.Sprintf("%d\n%s%s", s.status, s.out, s.errs))
		if s.status != 3 {
			break
		}
	}
	t.Fatalf("%s did not end well:\n%s", step, strings.Join(tries, "\n"))
}
