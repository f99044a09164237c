package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
)

// scripted is one transaction of the script.
type scripted struct {
	method  string
	entries int64 // how many entries it adds
	do      func(c *Case) error
}

const (
	oldToken   = "11112222333344445555666677778888"
	freshToken = "99990000aaaabbbbccccddddeeeeffff"
	listBody   = `{"keys":[{"sid":"SK1","friendly_name":"a"},{"sid":"SK2","friendly_name":"\u202eb"},{"sid":"SK3"}],"meta":{"page":0}}`
)

func exchange(body, list string) Exhibit {
	return Exhibit{Step: "api-keys", Run: "r1", At: time.Date(2026, 3, 1, 3, 1, 0, 5, time.FixedZone("x", 3600)), Took: 120 * time.Millisecond,
		As: mainSID, Account: subSID, Method: "GET", URL: "https://iam.twilio.com/v1/Keys", Status: 200, RequestID: "RQ1", Attempts: 1, Body: []byte(body), List: list}
}

// script uses every method that writes.
func script() []scripted {
	var first, second, third int64
	intend := func(n *int64, verb string) func(c *Case) error {
		return func(c *Case) (err error) {
			*n, err = c.Intend(Act{Run: "r1", Step: "auth-tokens", Order: "d1", Change: "c1", Account: mainSID, Verb: verb, Target: "token", Irreversible: true})
			return err
		}
	}
	return []scripted{
		{"AddRun", 1, func(c *Case) error { return c.AddRun(Run{ID: "r1", Command: "step auth-tokens", Version: "test"}) }},
		{"Burn", 3, func(c *Case) error {
			return c.Burn("known when the case was opened", Secret{mainSID, RoleOld, oldToken}, Secret{subSID, RoleOld, oldToken[:31] + "9"}, Secret{subSID, RoleOld, oldToken})
		}},
		{"Seal", 2, func(c *Case) error {
			return c.Seal(Secret{mainSID, RoleSecondary, freshToken}, Secret{subSID, RoleOld, "low"})
		}},
		{"AddExhibit", 1, func(c *Case) error { _, err := c.AddExhibit(exchange(listBody, "keys")); return err }},
		{"AddExhibit", 1, func(c *Case) error { _, err := c.AddExhibit(exchange("", "keys")); return err }},
		{"AddExhibit", 1, func(c *Case) error {
			_, err := c.AddExhibit(exchange(`{"big":"`+strings.Repeat("0123456789abcdef", 600)+bigNoise()+`"}`, ""))
			return err
		}},
		{"AddPlan", 1, func(c *Case) error {
			return c.AddPlan("auth-tokens", PlanEntry{Digest: "d1", Plan: json.RawMessage(`{"b":1, "a":[1e3,"\u00e9"]}`)})
		}},
		{"Agree", 2, func(c *Case) error {
			return c.Agree("auth-tokens", Agreement{Digest: "d1", How: "typed abcdef"}, Progress{State: Working, Agreed: "d1"})
		}},
		{"Intend", 1, intend(&first, "delete")},
		{"Conclude", 3, func(c *Case) error {
			_, err := c.Conclude(first, Outcome{Result: Made, Proof: "404", Exhibits: []Exhibit{exchange(`{"a":1}`, ""), exchange(listBody, "keys")}})
			return err
		}},
		{"Intend", 1, intend(&second, "promote")},
		{"Conclude", 1, func(c *Case) error {
			_, err := c.Conclude(second, Outcome{Result: Unknown, Problem: "no reply"})
			return err
		}},
		{"Conclude", 3, func(c *Case) error {
			sealed, err := c.Conclude(second, Outcome{Result: Made, Proof: "old token 401", Exhibits: []Exhibit{exchange(`{}`, "")}, Secrets: []Secret{{mainSID, RolePrimary, freshToken}}})
			if err == nil && len(sealed) != 1 {
				return fmt.Errorf("sealed %v", sealed)
			}
			return err
		}},
		{"Intend", 1, intend(&third, "delete")},
		{"SetProgress", 1, func(c *Case) error {
			return c.SetProgress("geo-and-triggers", Progress{State: WaitingState, Why: "propagation", Parameters: map[string]string{"mode": "kill-now", "allow": "DE,AT"}})
		}},
		{"Attest", 2, func(c *Case) error {
			return c.Attest("malware", Attestation{Note: "scanned", Checks: []string{"laptops", "servers"}, FileName: "scan \u2028.txt", File: []byte("clean " + bigNoise())})
		}},
		{"Attest", 2, func(c *Case) error { return c.Attest("website", Attestation{Note: "no site", NotApplicable: true}) }},
		{"Cover", 1, func(c *Case) error {
			return c.Cover("api-keys", Coverage{Source: "api keys (iam)", Account: mainSID, Seen: true, Got: 3, Exhibit: 7})
		}},
		{"AddFinding", 1, func(c *Case) error {
			return c.AddFinding("auth-tokens", Finding{ID: "suspended/" + mainSID, Severity: "high", Account: mainSID, Text: "odd \x1b text", Exhibits: []int64{3}})
		}},
		{"AddSubjects", 2, func(c *Case) error {
			return c.AddSubjects(Subject{Kind: "person", Name: "Ada", Facts: map[string]string{"email": "ada@example.com"}}, Subject{Kind: "person", Name: "Bob \u202e"})
		}},
		{"AddSubjects", 1, func(c *Case) error { // the first again, the other one leaves
			return c.AddSubjects(Subject{Kind: "person", Name: "Ada", Facts: map[string]string{"email": "ada@example.com"}}, Subject{Kind: "person", Name: "Bob \u202e", Dropped: true, Why: "left"})
		}},
		{"AddMarks", 2, func(c *Case) error {
			return c.AddMarks("passwords", Mark{Kind: "person", Subject: "Ada", Check: "changed", Answer: AnswerDone}, Mark{Kind: "person", Subject: "Ada", Check: "mailbox", Answer: AnswerNotApplicable, Note: "no mailbox"})
		}},
		{"AddMarks", 1, func(c *Case) error {
			return c.AddMarks("passwords", Mark{Kind: "person", Subject: "Ada", Check: "changed", Answer: AnswerOpen})
		}},
		{"AgreeAtOnce", 3, func(c *Case) error {
			return c.AgreeAtOnce("auth-tokens", PlanEntry{Digest: "d1", Plan: json.RawMessage(`{"b":1, "a":[1e3,"\u00e9"]}`)}, Agreement{Digest: "d1", How: "order", Under: "d0"}, Progress{State: Working, Agreed: "d1", Under: "d0"})
		}},
		{"Cover", 1, func(c *Case) error {
			return c.Cover("sweep", Coverage{Source: "oauth apps", Account: mainSID, Why: "no API lists them"})
		}},
		{"AddPage", 2, func(c *Case) error {
			return addPage(c, CaptureMark{Source: "keys", Round: 1, Page: 1, Got: 3, Next: "keys/AC?Page=1"})
		}},
		{"AddPage", 2, func(c *Case) error {
			return addPage(c, CaptureMark{Source: "keys", Round: 1, Page: 2, Got: 6, Done: true})
		}},
		{"AddFigures", 1, func(c *Case) error {
			return c.AddFigures(Figures{At: time.Date(2026, 3, 1, 3, 2, 0, 0, time.UTC), Status: "active", Accounts: 1, Of: 2, Calls: 3, Rate: 14.5, Spent: 12.25, Unit: "usd", Problems: []string{"odd \x1b text"}})
		}},
		{"AddNote", 1, func(c *Case) error { return c.AddNote("sweep", "odd \xff\x00\x1b[31m\u2028\U0001F600 text") }},
		{"Checkpoint", 1, func(c *Case) error { return c.Checkpoint("end of \"run\" \xfe") }},
		{"Checkpoint", 0, func(c *Case) error { return c.Checkpoint("nothing new") }},
		{"AddHandover", 1, func(c *Case) error { return c.AddHandover(Handover{To: "Kim", Text: "good night"}) }},
		{"AddShown", 1, func(c *Case) error {
			return c.AddShown(Shown{Account: mainSID, Fingerprint: c.Fingerprint(freshToken), Where: "standard output"})
		}},
		{"AddExported", 1, func(c *Case) error {
			return c.AddExported(Exported{File: "b.zip", SHA256: "00", Members: "11", Entries: 5})
		}},
		{"SaveWorld", 0, func(c *Case) error { return c.SaveWorld([]byte(`{"world":"` + oldToken + `"}`)) }},
		{"AddNote", 1, func(c *Case) error { return c.AddNote("", "the last word") }},
	}
}

func addPage(c *Case, m CaptureMark) error {
	x := exchange(fmt.Sprintf(`{"keys":[{"sid":"SK%d"},{},{}]}`, m.Page), "keys")
	x.Step, x.Capture = "capture", &m
	_, err := c.AddPage(x, &Coverage{Source: m.Source, Account: subSID, Seen: m.Done, Got: m.Got, To: time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)})
	return err
}

// bigNoise does not compress, so that pages overflow.
func bigNoise() string {
	var b strings.Builder
	for i := range 200 {
		b.WriteString(sumHex([]byte{byte(i)}))
	}
	return b.String()
}

// readers are the exported methods of a case that write nothing into its log.
var readers = []string{"Acts", "AttachedFile", "Captures", "Close", "Commits", "Coverages", "Entries", "Entry", "ExhibitBody", "ExhibitRecords", "Findings", "Export", "ExportFile", "Fingerprint", "IsBurnt",
	"Last", "LatestCheckpoint", "LatestFigures", "LatestPlan", "Marks", "Path", "Progress", "Prove", "Size", "Subjects", "Timeline", "Tokens", "Unlock", "Unlocked", "UnsignedTail", "Unseal", "World", "Writes"}

func TestScriptUsesEveryWritingMethod(t *testing.T) {
	for m := range reflect.TypeFor[*Case]().Methods() {
		used := slices.ContainsFunc(script(), func(s scripted) bool { return s.method == m.Name })
		if used == slices.Contains(readers, m.Name) {
			t.Errorf("%s is in the script: %v, and it has to be either there or among the readers", m.Name, used)
		}
	}
}

func TestCopyAfterEveryTransaction(t *testing.T) {
	c := newCase(t, opening())
	size, signed := int64(1), int64(0)
	for i, step := range script() {
		must(t, step.do(c))
		if size += step.entries; step.method == "Checkpoint" {
			signed = size
		}
		name := fmt.Sprintf("after step %d, %s", i, step.method)
		want, err := look(c)
		must(t, err)
		if got := int64(len(want.Entries)); got != size {
			t.Fatalf("%s there are %d entries and should be %d", name, got, size)
		}
		at := copyOf(t, c.Path())
		got, err := lookAt(at)
		must(t, err)
		same(t, want, got)
		r := mustVerify(t, at, VerifyOptions{Key: c.Header.PublicKey})
		told := strings.Contains(strings.Join(r.Notes, "\n"), fmt.Sprintf("the last %d entries are not signed", size-signed))
		if told != (size > signed) {
			t.Errorf("%s: %d of %d entries are signed, and the notes say %q", name, signed, size, r.Notes)
		}
	}
}

func TestScriptLeavesTheExpectedState(t *testing.T) {
	path := filledCase(t)
	c, err := Open(path, ticking())
	must(t, err)
	defer c.Close()
	must(t, c.Unlock(passphrase))
	acts, err := c.Acts("auth-tokens")
	must(t, err)
	var results []Result
	var open []bool
	for _, a := range acts {
		results, open = append(results, a.Outcome.Result), append(open, a.Open())
	}
	same(t, []Result{Made, Made, ""}, results)
	same(t, []bool{false, false, true}, open)
	tokens, err := c.Tokens(mainSID)
	must(t, err)
	var roles []Role
	for _, s := range tokens {
		roles = append(roles, s.Role)
	}
	same(t, []Role{RoleOld, RoleSecondary, RolePrimary}, roles)
	value, err := c.Unseal(tokens[2].N)
	must(t, err)
	same(t, freshToken, value)
	for token, want := range map[string]bool{oldToken: true, freshToken: false} {
		burnt, err := c.IsBurnt(c.Fingerprint(token))
		must(t, err)
		same(t, want, burnt)
	}
	s, err := c.Progress("website")
	must(t, err)
	same(t, NotApplicable, s.State)
	if s, err = c.Progress("triage"); err != nil || s.State != NotStarted {
		t.Errorf("%+v %v", s, err)
	}
	lists, err := c.Captures()
	must(t, err)
	same(t, 1, len(lists))
	same(t, CaptureMark{Source: "keys", Round: 1, Page: 2, Got: 6, Done: true}, lists[0].CaptureMark)
	same(t, subSID, lists[0].Account)
	figures, found, err := c.LatestFigures()
	must(t, err)
	same(t, true, found)
	same(t, 14.5, figures.Rate)
	plan, found, err := c.LatestPlan("auth-tokens")
	must(t, err)
	same(t, PlanEntry{Digest: "d1", Plan: json.RawMessage(`{"a":[1000,"é"],"b":1}`)}, plan)
	same(t, true, found)
	people, err := c.Subjects("person")
	must(t, err)
	same(t, []Subject{{Kind: "person", Name: "Ada", Facts: map[string]string{"email": "ada@example.com"}}}, people)
	marks, err := c.Marks("passwords")
	must(t, err)
	same(t, []Mark{{Kind: "person", Subject: "Ada", Check: "changed", Answer: AnswerOpen}, {Kind: "person", Subject: "Ada", Check: "mailbox", Answer: AnswerNotApplicable, Note: "no mailbox"}}, []Mark{marks[0].Mark, marks[1].Mark})
	world, err := c.World()
	must(t, err)
	same(t, `{"world":"`+oldToken+`"}`, string(world))
	last, err := c.Last(2)
	must(t, err)
	same(t, []Kind{KindNote, KindCheckpoint}, []Kind{last[0].Kind, last[1].Kind})
	same(t, int64(0), c.UnsignedTail())
}

// drawn reads the bucket tree out of the package doc.
func drawn(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("doc.go")
	must(t, err)
	var names []string
	top := ""
	for line := range strings.Lines(string(text)) {
		line, drawn := strings.CutPrefix(line, "//\t")
		switch {
		case !drawn:
		case line[0] != ' ':
			top = strings.Fields(line)[0]
			names = append(names, top)
		case line[2] != ' ':
			names = append(names, top+"/"+strings.Fields(line)[0])
		}
	}
	slices.Sort(names)
	return names
}

func TestDrawingIsTrue(t *testing.T) {
	db, err := bolt.Open(filledCase(t), 0o600, boltOptions(true))
	must(t, err)
	defer db.Close()
	var names []string
	must(t, db.View(func(tx *bolt.Tx) error {
		return tx.ForEach(func(top []byte, b *bolt.Bucket) error {
			names = append(names, string(top))
			return b.ForEach(func(k, v []byte) error {
				fixed := bytes.Equal(top, bucketCase) || bytes.Equal(top, bucketTraining)
				switch {
				case v == nil || fixed:
					names = append(names, string(top)+"/"+string(k))
					if v == nil && b.Bucket(k).Stats().KeyN == 0 {
						t.Errorf("bucket %s/%s is empty: the script does not fill it", top, k)
					}
				case len(k) != 8:
					t.Errorf("key %q of %s is no number", k, top)
				}
				return nil
			})
		})
	}))
	slices.Sort(names)
	same(t, drawn(t), names)
}
