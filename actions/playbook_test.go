package actions_test

import (
	"maps"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"retake/actions"
	"retake/store"
)

// Progress and exhibits are filed under the IDs, so this list may grow but
// nothing in it may change.
func TestPlaybookOrder(t *testing.T) {
	want := [][2]string{
		{"before 1", "triage"},
		{"before 1", "stop-traffic"},
		{"1", "passwords"},
		{"2", "auth-tokens"},
		{"3", "api-keys"},
		{"4", "two-factor"},
		{"5", "integrations"},
		{"6", "malware"},
		{"7", "geo-and-triggers"},
		{"8", "emails"},
		{"9", "caller-id"},
		{"10", "website"},
		{"11", "exposure"},
		{"12", "outside-help"},
		{"after 12", "sweep"},
		{"after 12", "sendgrid"},
		{"after 12", "second-pass"},
	}
	var got [][2]string
	for _, s := range actions.Playbook() {
		got = append(got, [2]string{s.Number, s.ID})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the order of work (-want +got):\n%s", diff)
	}
}

func TestPlaybookUnique(t *testing.T) {
	ids, urgencies := map[string]bool{}, map[int]string{}
	for _, s := range actions.Playbook() {
		if ids[s.ID] {
			t.Errorf("two steps are called %s", s.ID)
		}
		if other, taken := urgencies[s.Urgency]; taken {
			t.Errorf("%s and %s are equally urgent: %d", other, s.ID, s.Urgency)
		}
		ids[s.ID], urgencies[s.Urgency] = true, s.ID
	}
}

var shortID = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func TestStepsAreComplete(t *testing.T) {
	phases := map[actions.Phase]bool{actions.Identify: true, actions.Contain: true, actions.Eradicate: true, actions.Recover: true}
	for _, s := range actions.Playbook() {
		t.Run(s.ID, func(t *testing.T) {
			if s.Title == "" || s.Because == "" || s.Why == "" || !phases[s.Phase] || s.Urgency < 1 {
				t.Errorf("title %q, because %q, why %q, phase %q, urgency %d: none may be missing", s.Title, s.Because, s.Why, s.Phase, s.Urgency)
			}
			if n := utf8.RuneCountInString(s.Title); n > 45 {
				t.Errorf("the title has %d characters; a line of the board has room for 45", n)
			}
			if n := strings.Count(s.Why, "\n") + 1; n > 2 {
				t.Errorf("why has %d lines and may have 2", n)
			}
			if s.Work == nil {
				guided(t, s)
			} else if len(s.Console) == 0 {
				t.Error("a step that acts must say what it does")
			}
			checks(t, s)
			places(t, s)
		})
	}
}

// guided holds a step that a person does: it promises nothing.
func guided(t *testing.T, s *actions.Step) {
	t.Helper()
	if len(s.Console) > 0 || len(s.Parameters) > 0 {
		t.Errorf("nothing is done through the API, and yet there are %q and %d parameters", s.Console, len(s.Parameters))
	}
	if len(s.Hands) == 0 || len(s.Checks) == 0 {
		t.Error("a step that a person does needs places and a checklist")
	}
	for line := range strings.SplitSeq(s.Why, "\n") {
		if n := utf8.RuneCountInString(line); n > 78 {
			t.Errorf("a line of why has %d characters and may have 78: %s", n, line)
		}
	}
}

func checks(t *testing.T, s *actions.Step) {
	t.Helper()
	if !shortID.MatchString(s.ID) {
		t.Errorf("the ID %q is not short and plain", s.ID)
	}
	known := map[string]bool{}
	for _, c := range s.Checks {
		if !shortID.MatchString(c.ID) || known[c.ID] {
			t.Errorf("the ID %q of a check is not short and plain, or comes twice", c.ID)
		}
		if c.Text == "" || strings.HasSuffix(c.Text, ".") || strings.HasSuffix(c.Text, "?") {
			t.Errorf("%q is not a statement without a full stop", c.Text)
		}
		known[c.ID] = true
	}
}

func places(t *testing.T, s *actions.Step) {
	t.Helper()
	for _, p := range s.Hands {
		if p.Do == "" || p.Where == "" {
			t.Errorf("%+v does not say what and where", p)
		}
		if p.Link != "" {
			link(t, p.Link)
		}
	}
}

func link(t *testing.T, address string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || !strings.Contains(u.Hostname(), ".") || u.User != nil || u.Fragment != "" || u.String() != address {
		t.Errorf("%q is not a well-formed https address", address)
	}
}

// texts are all the words of a step, one line each.
func texts(s *actions.Step) []string {
	all := append([]string{s.ID, s.Number, s.Title, s.Because}, strings.Split(s.Why, "\n")...)
	all = append(all, s.Console...)
	for _, p := range s.Hands {
		all = append(all, p.Do, p.Where, p.Link)
	}
	for _, c := range s.Checks {
		all = append(all, c.ID, c.Text)
	}
	for _, p := range s.Parameters {
		all = append(all, p.Name, p.Default, p.Help)
		all = append(all, p.Choices...)
	}
	return all
}

func TestTextsCanBeShown(t *testing.T) {
	unfinished := regexp.MustCompile(`\b(TODO|FIXME|XXX)\b`)
	for _, s := range actions.Playbook() {
		for _, line := range texts(s) {
			if strings.ContainsFunc(line, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) || !utf8.ValidString(line) {
				t.Errorf("%s: %q cannot be shown as it is", s.ID, line)
			}
			if n := utf8.RuneCountInString(line); n > 200 {
				t.Errorf("%s: %d characters on one line, and 200 are allowed: %s", s.ID, n, line)
			}
			if unfinished.MatchString(line) || strings.ContainsAny(line, "\u2018\u2019\u201c\u201d") || strings.TrimSpace(line) != line || strings.Contains(line, "  ") {
				t.Errorf("%s: %q is not finished", s.ID, line)
			}
		}
	}
}

// What Twilio advises, and where it has its place. A step may say it better,
// but may not lose it.
func TestAdviceHasAHome(t *testing.T) {
	advice := map[string][]string{
		"triage":           {"GitHub", "Account SID", "History", "webhook", "phishing|fake", "countries", "blind|leaves out", "audit"},
		"stop-traffic":     {"auto-recharge", "payment methods", "scheduled", "fraud@twilio.com", "never close"},
		"passwords":        {"14 characters", "password manager", "no password twice", "mailbox", "least role", "sign out"},
		"auth-tokens":      {"subaccount", "applications", "Region"},
		"api-keys":         {"OAuth", "restricted"},
		"two-factor":       {"Set up 2FA", "Generate new code", "password manager", "shown once", "Edit", "no Twilio number", "cannot sign in"},
		"integrations":     {"WordPress", "cPanel", "debug", "SDK", "Twilioid", "Agile CRM", "TwiConnect", "signature", "certificate", "Access Tokens", "publish", "bug bounty"},
		"malware":          {"scan", "VPN", "certificate", "clean computer"},
		"geo-and-triggers": {"low risk", "Verify", "Fraud Guard", "pumping", "SafeList", "alarm, not a limit", "Bangladesh", "Tajikistan"},
		"emails":           {"each user", "change"},
		"caller-id":        {"2FA is enabled", "Verified Caller IDs"},
		"website":          {"port", "needless files", "update the site"},
		"exposure":         {"permissions of the whole site", "plain text", "secret store", "private"},
		"outside-help":     {"fraud@twilio.com", "24 hours", "reply to that very mail", "four parts", "ticket", "security company", "reactivat"},
		"sweep":            {"SIP password", "TwiML apps", "Studio", "sinks", "bulk export", "OAuth", "port-out"},
		"sendgrid":         {"subjects", "30 days", "teammates", "subusers", "IP Access Management", "webhooks", "payment methods", "purged before reactivation", "no reset mail", "user name and password", "quietly", "2FA", "unified login"},
		"second-pass":      {"after reactivation", "restricted key", "IP access management", "alarms", "least role", "set times", "secret store"},
	}
	for _, s := range actions.Playbook() {
		all := strings.Join(texts(s), "\n")
		for _, words := range advice[s.ID] {
			if !regexp.MustCompile(`(?i)` + words).MatchString(all) {
				t.Errorf("%s says nothing about %s", s.ID, words)
			}
		}
		if len(advice[s.ID]) == 0 {
			t.Errorf("no advice is listed for %s", s.ID)
		}
	}
}

func TestDefaultsPassTheirOwnCheck(t *testing.T) {
	for _, s := range actions.Playbook() {
		for _, p := range s.Parameters {
			if err := p.Check(p.Default); err != nil {
				t.Errorf("the default of %s of %s: %v", p.Name, s.ID, err)
			}
			if p.Help == "" || (p.Type == actions.Choice) != (len(p.Choices) > 0) {
				t.Errorf("%s of %s lacks help or choices", p.Name, s.ID)
			}
		}
	}
}

func settleStep() *actions.Step {
	return &actions.Step{ID: "step", Parameters: []actions.Parameter{
		{Name: "mode", Type: actions.Choice, Default: "fast", Choices: []string{"fast", "slow"}},
		{Name: "wait", Type: actions.Duration, Default: "60s"},
		{Name: "rounds", Type: actions.Number, Default: "5"},
		{Name: "keep", Type: actions.List},
		{Name: "note", Type: actions.Text},
	}}
}

func TestSettle(t *testing.T) {
	defaults := actions.Params{"mode": "fast", "wait": "60s", "rounds": "5", "keep": "", "note": ""}
	given := func(name, value string) map[string]string { return map[string]string{name: value} }
	with := func(name, value string) actions.Params {
		p := maps.Clone(defaults)
		p[name] = value
		return p
	}
	for _, c := range []struct {
		name  string
		given map[string]string
		want  actions.Params
		wrong string // part of the error
	}{
		{"nothing", nil, defaults, ""},
		{"nothing in a map", map[string]string{}, defaults, ""},
		{"choice", given("mode", "slow"), with("mode", "slow"), ""},
		{"no such choice", given("mode", "medium"), nil, "one of fast, slow"},
		{"choice in capitals", given("mode", "Fast"), nil, "one of fast, slow"},
		{"empty choice", given("mode", ""), nil, "mode cannot be"},
		{"duration", given("wait", "1m30s"), with("wait", "1m30s"), ""},
		{"no duration at all", given("wait", "0s"), with("wait", "0s"), ""},
		{"duration without a unit", given("wait", "60"), nil, "60s or 2m"},
		{"negative duration", given("wait", "-1s"), nil, "wait cannot be"},
		{"empty duration", given("wait", ""), nil, "wait cannot be"},
		{"number", given("rounds", "12"), with("rounds", "12"), ""},
		{"zero", given("rounds", "0"), nil, "1 or more"},
		{"negative number", given("rounds", "-1"), nil, "whole number"},
		{"fraction", given("rounds", "1.5"), nil, "whole number"},
		{"number with more behind it", given("rounds", "5x"), nil, "whole number"},
		{"number with leading noughts", given("rounds", "007"), nil, "whole number"},
		{"number beyond all bounds", given("rounds", "99999999999999999999"), nil, "whole number"},
		{"empty number", given("rounds", ""), nil, "whole number"},
		{"list", given("keep", "SK1, SK2"), with("keep", "SK1, SK2"), ""},
		{"empty list", given("keep", ""), defaults, ""},
		{"text", given("note", "anything = goes"), with("note", "anything = goes"), ""},
		{"unknown", given("speed", "1"), nil, `no parameter "speed"; it has mode, wait, rounds, keep, note`},
		{"name in capitals", given("Mode", "fast"), nil, `no parameter "Mode"`},
		{"one right, one wrong", map[string]string{"mode": "slow", "rounds": "none"}, nil, "rounds cannot be"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := settleStep().Settle(c.given)
			if c.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), c.wrong) {
					t.Fatalf("got error %v, want one with %q", err, c.wrong)
				}
				c.want = nil
			} else if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("parameters (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSettleWithoutParameters(t *testing.T) {
	s := &actions.Step{ID: "step"}
	if got, err := s.Settle(nil); err != nil || len(got) != 0 {
		t.Errorf("got %v and %v, want nothing", got, err)
	}
	if _, err := s.Settle(map[string]string{"mode": "fast"}); err == nil || !strings.Contains(err.Error(), "it takes none") {
		t.Errorf("got error %v, want one that says that the step takes none", err)
	}
}

func TestParamsAreRead(t *testing.T) {
	p, err := settleStep().Settle(map[string]string{"wait": "2m", "rounds": "7", "keep": " SK1,, SK2 ,"})
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Duration("wait"); got != 2*time.Minute {
		t.Errorf("wait is %s", got)
	}
	if got := p.Number("rounds"); got != 7 {
		t.Errorf("rounds is %d", got)
	}
	if diff := cmp.Diff([]string{"SK1", "SK2"}, p.List("keep")); diff != "" {
		t.Errorf("keep (-want +got):\n%s", diff)
	}
	if got := p.List("note"); got != nil {
		t.Errorf("an empty list is %q", got)
	}
}

// Adding a step is one new file and one line: the step, and the line that
// appends it here.
func TestAddingAStep(t *testing.T) {
	added := &actions.Step{
		ID: "faxes", Number: "after 12", Title: "Shred the faxes", Phase: actions.Eradicate, Urgency: 1,
		Because: "paper burns fastest", Why: "Somebody may have read them.",
		Hands:  []actions.Place{{"shred them", "the office", ""}},
		Checks: []actions.Check{{"shredded", "Every fax is shredded"}},
	}
	steps := append(actions.Playbook(), added)
	c := emptyCase(t)

	board := boardOf(t, c, steps)
	last := board[len(board)-1]
	if len(board) != len(actions.Playbook())+1 || last.Step != added || last.Standing.State != store.NotStarted {
		t.Fatalf("the board has %d lines and ends with %+v", len(board), last)
	}
	if got := recommended(board); got != "faxes" {
		t.Errorf("%s is recommended, and nothing is more urgent than faxes", got)
	}

	if err := c.Attest("faxes", store.Attestation{Note: "shredded by Robin"}); err != nil {
		t.Fatal(err)
	}
	board = boardOf(t, c, steps)
	if got := board[len(board)-1].Standing.State; got != store.Attested {
		t.Errorf("faxes is %s", got)
	}
	if got := recommended(board); got != "triage" {
		t.Errorf("%s is recommended, and triage is the most urgent that is open", got)
	}
}

// The recommended order, from an untouched case to the last step.
func TestRecommendedOrder(t *testing.T) {
	c, steps := emptyCase(t), actions.Playbook()
	var got []string
	for range steps {
		next := recommended(boardOf(t, c, steps))
		got = append(got, next)
		if err := c.Attest(next, store.Attestation{Note: "done"}); err != nil {
			t.Fatal(err)
		}
	}
	want := strings.Fields(`triage stop-traffic auth-tokens api-keys geo-and-triggers passwords two-factor emails
		caller-id sendgrid sweep outside-help exposure website integrations malware second-pass`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the recommended order (-want +got):\n%s", diff)
	}
	if got := recommended(boardOf(t, c, steps)); got != "" {
		t.Errorf("%s is recommended when everything is done", got)
	}
}

func emptyCase(t *testing.T) *store.Case {
	t.Helper()
	now := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	c, err := store.Create(filepath.Join(t.TempDir(), "night.retake"), store.Opening{
		Kind: store.Training, Wire: "training", Account: "AC0123456789abcdef0123456789abcdef", Name: "Acme", Responder: "Robin",
		Version: "test", Passphrase: "training", WorkFactor: 10, Now: func() time.Time { now = now.Add(time.Second); return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func boardOf(t *testing.T, c *store.Case, steps []*actions.Step) []actions.Line {
	t.Helper()
	board, err := actions.Board(c, steps)
	if err != nil {
		t.Fatal(err)
	}
	return board
}

// recommended is the ID of the step to be done next, "" for none; two would be
// one too many and come joined.
func recommended(board []actions.Line) string {
	var all []string
	for _, l := range board {
		if l.Recommended {
			all = append(all, l.Step.ID)
		}
	}
	return strings.Join(all, "+")
}
