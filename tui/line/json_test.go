package line_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"retake/actions/sim"
)

// shape is what a JSON value must be: text, number, yesNo or any; an object with
// at least these members; a list of one shape; or one of some words.
type (
	object map[string]any
	list   struct{ of any }
	word   []string
)

const (
	text   = "text"
	number = "number"
	yesNo  = "yes or no"
)

// mismatch tells where a value is not of a shape, "" if it is.
func mismatch(where string, v, want any) string {
	switch want := want.(type) {
	case object:
		have, ok := v.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s is %T and no object", where, v)
		}
		for name, inner := range want {
			member, there := have[name]
			if !there {
				return where + "." + name + " is missing"
			}
			if wrong := mismatch(where+"."+name, member, inner); wrong != "" {
				return wrong
			}
		}
	case list:
		have, ok := v.([]any)
		if !ok {
			return fmt.Sprintf("%s is %T and no list", where, v)
		}
		for i, element := range have {
			if wrong := mismatch(fmt.Sprintf("%s[%d]", where, i), element, want.of); wrong != "" {
				return wrong
			}
		}
	case word:
		if s, ok := v.(string); !ok || !slices.Contains(want, s) {
			return fmt.Sprintf("%s is %v and none of %v", where, v, want)
		}
	case string:
		_, isText := v.(string)
		_, isNumber := v.(float64)
		_, isFlag := v.(bool)
		if want == text && !isText || want == number && !isNumber || want == yesNo && !isFlag {
			return fmt.Sprintf("%s is %T and no %s", where, v, want)
		}
	}
	return ""
}

// The published shapes: names, once published, stay.
var (
	kinds  = word{"LIVE", "LAB", "TRAINING"}
	states = word{"not-started", "working", "waiting", "needs-person", "proved", "attested", "not-applicable", "blocked"}
	levels = word{"info", "low", "medium", "high", "critical"}
	ends   = word{"made", "already", "stale", "refused", "failed", "unknown", "waiting"}

	planShape = object{"digest": text, "changes": list{object{"id": text, "account": text, "verb": text, "target": text, "reversible": yesNo}}}
	told      = object{
		"step": text, "state": states, "kind": kinds, "parameters": object{},
		"findings": list{object{"id": text, "severity": levels, "account": text, "text": text, "exhibits": list{number}}},
		"outcomes": list{object{"change": text, "account": text, "verb": text, "target": text, "outcome": ends, "proof": text}},
		"unseen":   list{object{"what": text, "why": text}},
	}
	planned      = with(told, "plan", planShape)
	statusShape  = object{"case": text, "kind": kinds, "account": text, "steps": list{object{"id": text, "number": text, "state": states, "why": text}}}
	verifyShape  = object{"ok": yesNo, "checked": object{"entries": number}, "problems": list{object{"where": text, "what": text}}}
	newShape     = object{"case": text, "kind": kinds, "account": text}
	attestShape  = object{"step": text, "state": states}
	stepsInOrder = []string{"triage", "stop-traffic", "passwords", "auth-tokens", "api-keys", "two-factor", "integrations", "malware", "geo-and-triggers", "emails", "caller-id", "website", "exposure", "outside-help", "sweep", "sendgrid", "second-pass"}
	numbers      = []string{"before 1", "before 1", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "after 12", "after 12", "after 12"}
)

func with(o object, name string, shape any) object {
	wider := object{name: shape}
	for k, v := range o {
		wider[k] = v
	}
	return wider
}

// TestJSON holds what the commands print for programs against what is published.
func TestJSON(t *testing.T) {
	t.Parallel()
	l, err := newLab(sim.Options{Seed: 41})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.server.Close)
	path := filepath.Join(t.TempDir(), "c.retake")
	sid := l.opening.AccountSID
	apply := []string{"--apply", "--account", sid}
	for _, c := range []struct {
		shape  any
		status int
		args   []string
	}{
		{newShape, 0, []string{"new"}},
		{statusShape, 0, []string{"status"}},
		{told, 0, []string{"step", "auth-tokens"}},
		{told, 0, []string{"step", "passwords"}},
		{planned, 0, []string{"step", "auth-tokens", "--plan"}},
		{planned, 0, []string{"step", "auth-tokens"}},
		{planned, 3, append([]string{"step", "auth-tokens", "--digest", "00"}, apply...)},
		{planned, 0, append([]string{"step", "auth-tokens"}, apply...)},
		{planned, 0, []string{"step", "auth-tokens"}},
		{planned, 0, append([]string{"step", "auth-tokens"}, apply...)},
		{planned, 0, []string{"step", "api-keys", "--plan", "--set", "keep=" + l.accounts()[0].Keys[0].Sid}},
		{planned, 0, append([]string{"step", "api-keys"}, apply...)},
		{attestShape, 0, []string{"attest", "website", "--note", "there is none", "--not-applicable"}},
		{statusShape, 0, []string{"status"}},
	} {
		s := l.retake(t, append(c.args, "--json", "--case", path)...)
		if s.status != c.status {
			t.Fatalf("%v: %d\n%s%s", c.args, s.status, s.out, s.errs)
		}
		checkJSON(t, strings.Join(c.args, " "), s.out, c.shape)
	}
	checkJSON(t, "verify", l.retake(t, "verify", path, "--json").out, verifyShape)
}

// checkJSON wants one JSON value, in ASCII, of a shape.
func checkJSON(t *testing.T, what, printed string, shape any) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(printed), &v); err != nil {
		t.Fatalf("%s: this is no JSON: %v\n%s", what, err, printed)
	}
	if wrong := mismatch(what, v, shape); wrong != "" {
		t.Errorf("%s\n%s", wrong, printed)
	}
	if strange := regexp.MustCompile(`[^\n -~]`).FindString(printed); strange != "" {
		t.Errorf("%s: %q would reach the terminal", what, strange)
	}
	return v
}

// TestJSONSaysWhatIs holds values, not only names, against the truth.
func TestJSONSaysWhatIs(t *testing.T) {
	t.Parallel()
	l, path := begin(t, sim.Options{Seed: 42})
	sid := l.opening.AccountSID
	at := func(args ...string) map[string]any {
		s := l.retake(t, append(args, "--json", "--case", path)...)
		return checkJSON(t, strings.Join(args, " "), s.out, object{})
	}
	status := at("status")
	var ids, nos []string
	for _, s := range status["steps"].([]any) {
		ids, nos = append(ids, s.(map[string]any)["id"].(string)), append(nos, s.(map[string]any)["number"].(string))
	}
	if !slices.Equal(ids, stepsInOrder) || !slices.Equal(nos, numbers) {
		t.Errorf("the steps are %v %v", ids, nos)
	}
	if status["case"] != path || status["account"] != sid || status["kind"] != "LAB" {
		t.Errorf("status: %v", status)
	}
	plan := at("step", "auth-tokens", "--plan")
	if plan["state"] != "waiting" || len(plan["plan"].(map[string]any)["changes"].([]any)) != len(l.old) {
		t.Errorf("planned: %v", plan)
	}
	digest := plan["plan"].(map[string]any)["digest"].(string)
	done := at("step", "auth-tokens", "--apply", "--account", sid, "--digest", digest)
	if done["state"] != "proved" || len(done["outcomes"].([]any)) != len(l.old) || done["plan"].(map[string]any)["digest"] != digest {
		t.Errorf("applied: %v", done)
	}
	for _, o := range done["outcomes"].([]any) {
		if o := o.(map[string]any); o["outcome"] != "made" || o["verb"] != "rotate" || o["proof"] == "" || l.old[o["account"].(string)] == "" {
			t.Errorf("outcome: %v", o)
		}
	}
	suspended := l.named("suspended")[0].Sid
	if !strings.Contains(fmt.Sprint(done["unseen"]), "the Auth Token of the suspended subaccount "+suspended) {
		t.Errorf("the suspended account is not said: %v", done["unseen"])
	}
	if again := at("step", "auth-tokens", "--apply", "--account", sid); len(again["plan"].(map[string]any)["changes"].([]any)) != 0 || len(again["outcomes"].([]any)) != 0 {
		t.Errorf("once more: %v", again)
	}
	if v := checkJSON(t, "verify", l.retake(t, "verify", path, "--json").out, verifyShape); v["ok"] != true || len(v["problems"].([]any)) != 0 {
		t.Errorf("verify: %v", v)
	}
	bite(t, path, `"responder":"Robin"`, `"responder":"Bobby"`)
	s := l.retake(t, "verify", path, "--json")
	if v := checkJSON(t, "verify", s.out, verifyShape); s.status != 1 || v["ok"] != false || len(v["problems"].([]any)) == 0 {
		t.Errorf("verify of a changed file: %d %v", s.status, v)
	}
}

// bite writes other words of the same length into a file.
func bite(t *testing.T, path, old, other string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	bitten := strings.ReplaceAll(string(text), old, other)
	if bitten == string(text) || len(bitten) != len(text) {
		t.Fatalf("%s is not in the file", old)
	}
	if err := os.WriteFile(path, []byte(bitten), 0o600); err != nil {
		t.Fatal(err)
	}
}
