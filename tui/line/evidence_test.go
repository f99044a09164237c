package line_test

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	bolt "go.etcd.io/bbolt"

	"retake/store"
)

// caseOf makes a training case with exhibits; it is closed, and not signed
// unless asked for.
func caseOf(t *testing.T, sign bool, all ...store.Exhibit) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "c.retake")
	c, err := store.Create(path, store.Opening{Kind: store.Training, Wire: "training", Account: "AC0123456789abcdef0123456789abcdef", Name: "x", Responder: "Robin", Version: "test", Passphrase: passphrase, WorkFactor: 10})
	ok(t, err)
	for _, x := range all {
		_, err := c.AddExhibit(x)
		ok(t, err)
	}
	if sign {
		ok(t, c.Unlock(passphrase))
		ok(t, c.Checkpoint("end of run"))
	}
	ok(t, c.Close())
	return path
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// messages is an exhibit of a list of messages.
func messages(records ...string) store.Exhibit {
	return store.Exhibit{Step: "triage", At: time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC), Account: "AC1", Method: "GET", Status: 200, List: "messages",
		URL: "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json", Body: []byte(`{"messages":[` + strings.Join(records, ",") + `]}`)}
}

// evidence runs retake evidence and returns what it printed and its status.
func evidence(t *testing.T, path string, args ...string) (out string, status int) {
	t.Helper()
	cmd := exec.Command("retake", append([]string{"evidence", "--case", path}, args...)...)
	text, err := cmd.CombinedOutput()
	if _, ended := err.(*exec.ExitError); err != nil && !ended {
		t.Fatal(err)
	}
	return string(text), cmd.ProcessState.ExitCode()
}

// TestHostileEvidenceIsEscaped lists and shows records in which every place has
// something for the terminal.
func TestHostileEvidenceIsEscaped(t *testing.T) {
	const told = `\u001b]52;c;cHdu\u0007\u001b[2J\u202etxt\u009b31m`
	raw := "a\u009b31m\u202etxt\u2066\u200b\x7f end"
	path := caseOf(t, false,
		messages(`{"sid":"`+told+`","from":"`+raw+`","body":"`+told+raw+`","`+told+raw+`":1}`, `"`+raw+`"`),
		store.Exhibit{Step: raw, Method: "GET", URL: "https://x/\x1b[2J" + raw, RequestID: raw + "\x1b", Problem: raw + "\n\x1b[2J", Account: raw, Body: []byte("\x1b[2J" + raw)})
	for _, args := range [][]string{{}, {"--records"}, {"1"}, {"2"}, {"1/0"}, {"1/1"}, {"2/0"}} {
		for _, more := range [][]string{nil, {"--json"}} {
			out, status := evidence(t, path, append(args, more...)...)
			if status != 0 || out == "" {
				t.Fatalf("%v: %d %s", args, status, out)
			}
			for _, r := range strings.ReplaceAll(out, "\n", "") {
				if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || more != nil && r > unicode.MaxASCII {
					t.Fatalf("%v %v prints %U:\n%q", args, more, r, out)
				}
			}
		}
	}
}

// TestStrangerChecksARecord takes what --json printed and nothing else.
func TestStrangerChecksARecord(t *testing.T) {
	path := caseOf(t, true, messages(`{"sid":"SM0"}`, `{"sid":"SM1", "body":"\ud83d\ude00 ü"}`, `{"sid":"SM2"}`))
	out, status := evidence(t, path, "1/1", "--json")
	var shown struct {
		Record, Verdict string
		Proof           struct {
			store.Proof
			PublicKey string `json:"public_key"`
		}
	}
	ok(t, json.Unmarshal([]byte(out), &shown))
	ok(t, shown.Proof.Check(shown.Proof.PublicKey))
	if want := `{"sid":"SM1", "body":"\ud83d\ude00 ü"}`; status != 0 || shown.Verdict != "proved" || shown.Record != want || string(shown.Proof.Record) != want {
		t.Errorf("exit %d, %+v", status, shown)
	}
}

func TestUnsignedAndForgedRecordsAreSaid(t *testing.T) {
	path := caseOf(t, false, messages(`{"sid":"SM0"}`), messages(`{"sid":"SM1"}`))
	out, status := evidence(t, path, "1/0")
	if status != 0 || !strings.Contains(out, "\nnot signed yet: the next checkpoint covers it\n") {
		t.Errorf("a record of the tail: exit %d\n%s", status, out)
	}
	db, err := bolt.Open(path, 0o600, nil)
	ok(t, err)
	ok(t, db.Update(func(tx *bolt.Tx) error { // the body of the second for that of the first
		bodies := tx.Bucket([]byte("exhibits")).Bucket([]byte("bodies"))
		return bodies.Put([]byte{7: 1}, bodies.Get([]byte{7: 2}))
	}))
	ok(t, db.Close())
	out, status = evidence(t, path, "1/0")
	if status != 1 || !strings.Contains(out, "\nNOT PROVED: ") || !strings.Contains(out, "what to do: retake verify tells") {
		t.Errorf("a forged record: exit %d\n%s", status, out)
	}
	out, _ = evidence(t, path, "1/0", "--json")
	if !strings.Contains(out, `"verdict": "not-proved"`) {
		t.Errorf("a forged record in JSON: %s", out)
	}
	out, status = evidence(t, path, "--records")
	if status != 1 || !strings.Contains(out, " 2/0  ") || !strings.Contains(out, "cannot read exhibit 1: ") {
		t.Errorf("the list with a forged exhibit: exit %d\n%s", status, out)
	}
	out, _ = evidence(t, path, "--records", "--json")
	var listed []map[string]any
	if err := json.NewDecoder(strings.NewReader(out)).Decode(&listed); err != nil || len(listed) != 1 || fmt.Sprint(listed[0]["exhibit"]) != "2" {
		t.Errorf("the list in JSON: %v\n%s", err, out)
	}
}
