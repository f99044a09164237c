package line_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"retake/actions/account"
	"retake/actions/sim"
)

// TestRefusals has Twilio refuse the one act of a step with each code: the
// command says what it means and what to do, with the status of a change that a
// person must look at, and the act is not sent again, but after a 429, which was
// not processed.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code, status, sent int
		outcome            string
	}{
		{20003, 3, 1, "refused"}, {10001, 3, 1, "refused"}, {20005, 3, 1, "refused"}, {20403, 3, 1, "refused"},
		{20404, 3, 1, "already"}, {20429, 0, 2, "made"}, {70051, 3, 1, "refused"}, {90010, 3, 1, "refused"},
		{21475, 3, 1, "refused"}, {21476, 3, 1, "refused"}, {21477, 3, 1, "refused"}, {21478, 3, 1, "refused"}, {21479, 3, 1, "refused"},
		{30002, 3, 1, "refused"}, {30409, 3, 1, "refused"}, {30649, 3, 1, "refused"},
	} {
		t.Run(fmt.Sprint(c.code), func(t *testing.T) {
			o := sim.Options{Seed: 71, Messages: -1, Calls: -1}
			o.Switches.Fault = fmt.Sprintf("refuse-%d:DELETE /OutgoingCallerIds/:1", c.code)
			l, path := begin(t, o)
			allow, doomed := l.callerIDs(t)
			s := l.retake(t, "step", "caller-id", "--apply", "--account", l.opening.AccountSID, "--set", "allow="+allow, "--case", path)
			if s.status != c.status || !regexp.MustCompile(`(?m)^  `+c.outcome+` +delete caller ID \`+doomed).MatchString(s.out) {
				t.Errorf("%d, not %d and %s\n%s%s", s.status, c.status, c.outcome, s.out, s.errs)
			}
			if words := account.Explain(&account.Refusal{HTTPStatus: 400, Code: c.code}); c.outcome == "refused" && !strings.Contains(s.out, words) {
				t.Errorf("%q is not said:\n%s", words, s.out)
			}
			if n := l.sent(http.MethodDelete); n != c.sent {
				t.Errorf("sent %d times, not %d", n, c.sent)
			}
		})
	}
}

// callerIDs are the numbers of all accounts but one, with commas, and that one.
func (l *lab) callerIDs(t *testing.T) (allow, doomed string) {
	t.Helper()
	main := l.opening.AccountSID
	var all []string
	for _, a := range l.accounts() {
		_, body := l.call(http.MethodGet, "api.twilio.com", "/2010-04-01/Accounts/"+a.Sid+"/OutgoingCallerIds.json", main, l.opening.AuthToken, nil)
		list, _ := body["outgoing_caller_ids"].([]any)
		for _, one := range list {
			number, _ := one.(map[string]any)["phone_number"].(string)
			all = append(all, number)
		}
	}
	if len(all) < 2 {
		t.Fatalf("only %d caller IDs", len(all))
	}
	return strings.Join(all[1:], ","), all[0]
}

// sent counts the requests with a method.
func (l *lab) sent(method string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, r := range l.asked {
		if r.Method == method {
			n++
		}
	}
	return n
}
