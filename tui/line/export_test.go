package line_test

import (
	"archive/zip"
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"retake/actions/sim"
	"retake/store"
)

// file adds to a case behind the commands' backs, and signs.
func file(t *testing.T, path string, add func(*store.Case) error) {
	t.Helper()
	c, err := store.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, err := range []error{c.Unlock(passphrase), add(c), c.Checkpoint("test")} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// members are the members of a bundle.
func members(t *testing.T, path string) map[string]string {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	all := map[string]string{}
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		all[f.Name] = string(body)
	}
	return all
}

func pack(t *testing.T, path string, members map[string]string) {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, body := range members {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(w, body)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestExportTellsOfTheAccountsEvents files the account's own audit log and finds
// it in the timeline, and finds out who changes it.
func TestExportTellsOfTheAccountsEvents(t *testing.T) {
	t.Parallel()
	l, path := begin(t, sim.Options{Seed: 71})
	status, reply := l.call(http.MethodGet, "monitor.twilio.com", "/v1/Events?PageSize=100", l.opening.AccountSID, l.opening.AuthToken, nil)
	if status != 200 {
		t.Fatalf("%d %v", status, reply)
	}
	odd := map[string]any{"event_date": 7, "event_type": "odd"}
	reply["events"] = append(reply["events"].([]any), odd, "odder", reply["events"].([]any)[0])
	body, err := json.Marshal(reply)
	if err != nil {
		t.Fatal(err)
	}
	file(t, path, func(c *store.Case) error {
		_, err := c.AddExhibit(store.Exhibit{Step: "triage", Method: "GET", URL: "https://monitor.twilio.com/v1/Events", Status: 200, Body: body, List: "events"})
		return err
	})
	bundle := filepath.Join(t.TempDir(), "b.zip")
	if s := l.retake(t, "export", "--case", path, "--out", bundle); s.status != 0 {
		t.Fatalf("%d %s%s", s.status, s.out, s.errs)
	}
	exportShape := object{"case": text, "kind": kinds, "account": text, "bundle": text, "sha256": text, "members_sha256": text, "size": number, "entries": number, "public_key": text, "origin": text}
	checkJSON(t, "export", l.retake(t, "export", "--case", path, "--out", bundle, "--force", "--json").out, exportShape)
	checkJSON(t, "verify", l.retake(t, "verify", bundle, "--json").out, verifyShape)
	all := members(t, bundle)
	if got, want := strings.Count(all["timeline.jsonl"], `"origin":"account"`), len(reply["events"].([]any))-3; got != want {
		t.Errorf("the timeline has %d events of %d", got, want)
	}
	for _, word := range []string{`"datetime":"20`, `"timestamp_desc":"Event in the account"`, `"source":"web"`, `"source_ip":"`} {
		if !strings.Contains(all["timeline.jsonl"], word) {
			t.Errorf("%s is not in the timeline", word)
		}
	}
	exhibit := ""
	for name, text := range all {
		if text == string(body) {
			exhibit = name
		}
	}
	for name, want := range map[string]string{"timeline.csv": "PROBLEM timeline.csv: it is not what the log says", exhibit: "PROBLEM " + exhibit + ": the body is not the one that was filed"} {
		changed := filepath.Join(t.TempDir(), "changed.zip")
		was := all[name]
		if was == "" {
			t.Fatalf("there is no %s", name)
		}
		all[name] = strings.Replace(was, "web", "wEb", 1)
		pack(t, changed, all)
		all[name] = was
		if s := l.retake(t, "verify", changed); s.status != 1 || !strings.Contains(s.out, want) {
			t.Errorf("%d %s%s", s.status, s.out, s.errs)
		}
	}
	other := filepath.Join(t.TempDir(), "other.zip")
	pack(t, other, map[string]string{"README.txt": "x"})
	if s := l.retake(t, "verify", other); s.status != 1 || !advice.MatchString(s.errs) || !strings.Contains(s.errs, "it is another ZIP archive") {
		t.Errorf("%d %s%s", s.status, s.out, s.errs)
	}
}

// TestForgedBundleDoesNotTalkToTheTerminal puts escapes wherever a verdict may
// repeat them.
func TestForgedBundleDoesNotTalkToTheTerminal(t *testing.T) {
	t.Parallel()
	l, path := begin(t, sim.Options{Seed: 73})
	bundle := filepath.Join(t.TempDir(), "b.zip")
	l.retake(t, "export", "--case", path, "--out", bundle)
	all := members(t, bundle)
	for _, kind := range []string{`\u001b[2J`, "\u202e", `\u009b2J`} {
		forged := strings.Replace(all["log.jsonl"], `"kind":"LAB"`, `"kind":"`+kind+`"`, 1)
		forged = strings.Replace(forged, `"public_key":"`, `"public_key":"`+kind, 1)
		pack(t, bundle, map[string]string{"log.jsonl": forged, "SHA256SUMS": "\x1b[2J  \x1b[2J\n", "checkpoint.txt": "\x1b[2J\n1\nx\n\n\u2014 \x1b[2J x\n"})
		for _, args := range [][]string{{"verify", bundle}, {"verify", bundle, "--json"}} {
			if s := l.retake(t, args...); s.status != 1 || strings.ContainsAny(s.out+s.errs, "\x1b\u009b\u202e") {
				t.Errorf("%d %q", s.status, s.out+s.errs)
			}
		}
	}
}

// TestExportIsStopped kills and interrupts an export in the middle.
func TestExportIsStopped(t *testing.T) {
	t.Parallel()
	l, path := begin(t, sim.Options{Seed: 72})
	file(t, path, func(c *store.Case) error {
		for i := range 6 {
			noise := make([]byte, 8<<20)
			_, _ = rand.Read(noise)
			if err := c.Attest("malware", store.Attestation{Note: fmt.Sprint(i), File: noise}); err != nil {
				return err
			}
		}
		return nil
	})
	bundle := filepath.Join(t.TempDir(), "b.zip")
	for _, how := range []os.Signal{syscall.SIGTERM, os.Kill} {
		cmd := exec.Command("retake", "export", "--case", path, "--out", bundle)
		cmd.Env = append(os.Environ(), l.environment()...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for begun := time.Now(); len(half(bundle)) == 0; time.Sleep(time.Millisecond) {
			if time.Since(begun) > time.Minute {
				t.Fatal("nothing is written")
			}
		}
		if err := cmd.Process.Signal(how); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // the status is looked at
		if _, err := os.Stat(bundle); err == nil {
			t.Errorf("%v: there is a bundle", how)
		}
		if how == syscall.SIGTERM && (cmd.ProcessState.ExitCode() != 3 || len(half(bundle)) > 0) {
			t.Errorf("it ended with %d and left %v", cmd.ProcessState.ExitCode(), half(bundle))
		}
	}
	if s := l.retake(t, "export", "--case", path, "--out", bundle); s.status != 0 {
		t.Errorf("%d %s%s", s.status, s.out, s.errs)
	}
	if s := l.retake(t, "verify", bundle); s.status != 0 {
		t.Errorf("%d %s%s", s.status, s.out, s.errs)
	}
}

// half are the working files of a bundle that hold something.
func half(bundle string) (found []string) {
	all, _ := filepath.Glob(filepath.Join(filepath.Dir(bundle), ".b.zip.*.new"))
	for _, path := range all {
		if info, err := os.Stat(path); err == nil && info.Size() > 0 {
			found = append(found, path)
		}
	}
	return found
}
