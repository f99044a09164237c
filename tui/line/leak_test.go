package line_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	bolt "go.etcd.io/bbolt"

	"retake/actions"
	"retake/actions/sim"
	"retake/store"
)

// TestNoSecretLeaksLab works through a whole case while the intruder fights
// back, and then looks for every secret that ever existed there.
func TestNoSecretLeaksLab(t *testing.T) {
	t.Parallel()
	l, path := begin(t, sim.Options{Seed: 31, Switches: sim.Switches{Race: "all", SecondaryPromotes: "deny", KeysOnAuthTokens: "allow"}})
	shot := filepath.Join(t.TempDir(), "shot.txt")
	if err := os.WriteFile(shot, []byte("a picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	var printed bytes.Buffer
	for _, args := range walk(l.opening.AccountSID, shot) {
		s := l.retake(t, append(args, "--case", path)...)
		fmt.Fprintln(&printed, args, s.status, s.out, s.errs)
		if s.status != 0 && !(s.status == 3 && (slices.Contains(args, "--plan") || args[1] == "sendgrid")) { // whose verdict is for a person
			t.Fatalf("%v: %d\n%s%s", args, s.status, s.out, s.errs)
		}
	}
	printed.WriteString(complaints(t, l, path))
	if s := l.retake(t, "token", l.opening.AccountSID, "--case", path); s.status != 0 || s.errs != "" {
		t.Fatalf("token: %d %s", s.status, s.errs)
	}

	secrets := append(l.Secrets(), l.opening.SendGrid, passphrase)
	if len(secrets) < 20 {
		t.Fatalf("only %d secrets existed", len(secrets))
	}
	look(t, newSearch(secrets), path, printed.Bytes())
	wantSearched(t, printed.String())
}

// TestNoSecretLeaksTraining does the same in a training.
func TestNoSecretLeaksTraining(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "training.retake")
	training, err := actions.OpenTraining(t.Context(), actions.TrainingOptions{Path: path, Seed: 32, Responder: "trainee", Version: "test", Switches: sim.Switches{Race: "all"}})
	if err != nil {
		t.Fatal(err)
	}
	sid := training.Credential.SID
	if err := errors.Join(training.Close(), training.Case.Close()); err != nil {
		t.Fatal(err)
	}
	var printed bytes.Buffer
	for _, args := range walk(sid, "") {
		s := command(t, os.Environ(), "retake", append(args, "--case", path)...)
		fmt.Fprintln(&printed, args, s.status, s.out, s.errs)
		if s.status != 0 && !(s.status == 3 && (slices.Contains(args, "--plan") || args[1] == "sendgrid")) { // whose verdict is for a person
			t.Fatalf("%v: %d\n%s%s", args, s.status, s.out, s.errs)
		}
	}
	look(t, newSearch(worldOf(t, path).Secrets()), path, printed.Bytes())
	wantSearched(t, printed.String())
}

// TestNoSecretLeaksGraceful hands tokens over to commands that print them, in the
// open and in bits, and to one that does as it should, and then looks for every
// secret that ever existed there.
func TestNoSecretLeaksGraceful(t *testing.T) {
	t.Parallel()
	l, path := begin(t, sim.Options{Seed: 33, Switches: sim.Switches{Race: "all"}})
	sid := l.opening.AccountSID
	apply := []string{"step", "auth-tokens", "--apply", "--account", sid, "--case", path, "--set", "mode=graceful", "--set", "watch=0s"}
	to := func(argv string) []string {
		return append(slices.Clone(apply), "--set", "handover=command", "--set", "handover_timeout=5s", "--set", "handover_command="+argv)
	}
	var printed bytes.Buffer
	for _, c := range []struct {
		status int
		args   []string
	}{
		{1, to(`["cat"]`)}, {1, to(`["fold", "-w", "7"]`)}, {1, append(to(`["sh", "-c", "base64; exit 2"]`), "--json")}, {1, to(`["sh", "-c", "cat >&2; kill -9 $$"]`)},
		{3, to(`["sh", "-c", "cat >/dev/null; env"]`)}, {3, append(slices.Clone(apply), "--json")}, {0, append(slices.Clone(apply), "--set", "risk=accepted", "--json")},
		{0, []string{"step", "auth-tokens", "--case", path, "--json"}},
	} {
		s := l.retake(t, c.args...)
		fmt.Fprintln(&printed, c.args, s.status, s.out, s.errs)
		if s.status != c.status {
			t.Fatalf("%v: %d and not %d\n%s%s", c.args, s.status, c.status, s.out, s.errs)
		}
	}
	look(t, newSearch(append(l.Secrets(), l.opening.SendGrid, passphrase)), path, printed.Bytes())
}

// wantSearched wants the file to be found in which the token got out: the search
// of public code had its own token, which was looked for too.
func wantSearched(t *testing.T, printed string) {
	t.Helper()
	if !strings.Contains(printed, "the present Auth Token of the account stands in public code") {
		t.Error("public code was not searched")
	}
}

// worldOf is the simulated account that stands behind a training.
func worldOf(t *testing.T, path string) *sim.World {
	t.Helper()
	c, err := store.OpenToRead(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Unlock("training"); err != nil {
		t.Fatal(err)
	}
	snapshot, err := c.World()
	if err != nil {
		t.Fatal(err)
	}
	w, err := sim.Restore(sim.Options{}, snapshot)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// walk is everything that a responder does, but for printing a token.
func walk(sid, shot string) [][]string {
	attest := []string{"attest", "integrations", "--note", "done"}
	if shot != "" {
		attest = append(attest, "--file", shot)
	}
	return [][]string{
		{"status"}, {"step", "triage", "--plan", "--json"}, {"step", "triage", "--plan"}, {"step", "auth-tokens"}, {"step", "auth-tokens", "--plan", "--json"}, {"step", "auth-tokens", "--plan"},
		{"step", "auth-tokens", "--apply", "--account", sid}, {"step", "auth-tokens", "--apply", "--account", sid, "--json"},
		{"step", "api-keys", "--plan", "--json"}, {"step", "api-keys", "--apply", "--account", sid, "--json"},
		{"step", "api-keys"}, {"step", "api-keys", "--apply", "--account", sid}, {"step", "sendgrid", "--plan"},
		{"step", "sendgrid", "--apply", "--account", sid, "--json", "--set", "mode=contain", "--set", "own_address=192.0.2.44", "--set", "keep=none"}, attest,
		{"step", "passwords", "--plan", "--json"}, {"step", "emails", "--plan"}, {"roster", "--json"}, {"step", "outside-help", "--plan"}, {"step", "outside-help", "--draft"}, {"status", "--json"}, {"status"},
	}
}

// complaints is what is said when things go wrong that have to do with secrets.
func complaints(t *testing.T, l *lab, path string) string {
	t.Helper()
	var all strings.Builder
	spoilt := l.opening
	for name, env := range map[string]string{
		"token with a space": "TWILIO_AUTH_TOKEN=" + spoilt.AuthToken + " x",
		"token as SID":       "TWILIO_ACCOUNT_SID=" + spoilt.AuthToken,
		"token in the wire":  "RETAKE_API=http://" + spoilt.AccountSID + ":" + spoilt.AuthToken + "@127.0.0.1:1",
		"wrong passphrase":   "RETAKE_PASSPHRASE=" + spoilt.AuthToken,
	} {
		env := append(append(os.Environ(), l.environment()...), env)
		s := command(t, env, "retake", "step", "auth-tokens", "--plan", "--case", path)
		if s.status == 0 {
			t.Errorf("%s: went well", name)
		}
		fmt.Fprintln(&all, name, s.out, s.errs)
	}
	l.feel("locked")
	defer l.feel("")
	s := l.retake(t, "step", "auth-tokens", "--plan", "--case", path)
	fmt.Fprintln(&all, s.out, s.errs)
	return all.String()
}

// look searches the case file, everything in it, and what was printed.
func look(t *testing.T, s search, path string, printed []byte) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	places := contents(t, path)
	places["the case file"], places["what was printed"] = raw, printed
	size := 0
	for where, text := range places {
		size += len(text)
		for _, found := range s.find(text) {
			t.Errorf("%s holds a secret: %s", where, found)
		}
	}
	t.Logf("%d secrets in %d forms looked for in %d places, %d bytes", s.secrets, s.forms, len(places), size)
	if others, _ := filepath.Glob(path + "*"); len(others) != 1 {
		t.Errorf("files were left beside the case: %v", others)
	}
}

// contents is every value of a case file, unpacked where it is packed.
func contents(t *testing.T, path string) map[string][]byte {
	t.Helper()
	unzip, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer unzip.Close()
	db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	all := map[string][]byte{}
	unpacked := 0
	var descend func(where string, b *bolt.Bucket) error
	descend = func(where string, b *bolt.Bucket) error {
		return b.ForEach(func(k, v []byte) error {
			here := fmt.Sprintf("%s/%q", where, k)
			if v == nil {
				return descend(here, b.Bucket(k))
			}
			all[here] = slices.Concat(k, []byte{0}, v)
			if bytes.HasPrefix(v, []byte{0x28, 0xb5, 0x2f, 0xfd}) {
				unpacked++
				text, err := unzip.DecodeAll(v, nil)
				all[here+" (unpacked)"] = text
				return err
			}
			return nil
		})
	}
	err = db.View(func(tx *bolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bolt.Bucket) error { return descend(string(name), b) })
	})
	if err != nil {
		t.Fatal(err)
	}
	if unpacked < 4 {
		t.Errorf("only %d bodies were unpacked", unpacked)
	}
	return all
}

// search finds secrets in the forms that a careless program may write them in.
type search struct {
	heads          map[string][]form // by their first bytes
	secrets, forms int
}

type form struct{ text, what string }

// head is how many bytes of a form lead to it; every form is longer.
const head = 12

func newSearch(secrets []string) search {
	slices.Sort(secrets)
	secrets = slices.Compact(secrets)
	s := search{heads: map[string][]form{}, secrets: len(secrets)}
	for i, secret := range secrets {
		for _, f := range forms(secret) {
			f.what = fmt.Sprintf("no. %d (%.2s…, %d long), %s", i, secret, len(secret), f.what)
			s.heads[f.text[:head]] = append(s.heads[f.text[:head]], f)
			s.forms++
		}
	}
	return s
}

// forms are the ways in which a secret may be written.
func forms(secret string) []form {
	all := []form{{secret, "as it is"}, {strings.ToUpper(secret), "in capitals"}}
	bodies := map[string][]byte{"its letters": []byte(secret)}
	if body, err := hex.DecodeString(secret); err == nil { // a token is 16 bytes in hex
		bodies["its bytes"] = body
		all = append(all, form{string(body), "its bytes"})
	}
	for name, body := range bodies {
		all = append(all, form{hex.EncodeToString(body), name + " in hex"}, form{strings.ToUpper(hex.EncodeToString(body)), name + " in capital hex"})
		for shift := range 3 {
			for kind, e := range map[string]*base64.Encoding{"std": base64.RawStdEncoding, "url": base64.RawURLEncoding} {
				all = append(all, form{within(e, body, shift), fmt.Sprintf("%s in base64 (%s, %d)", name, kind, shift)})
			}
		}
	}
	return slices.DeleteFunc(all, func(f form) bool { return len(f.text) < head })
}

// within is the part of the base64 of any text with body in it that body alone
// decides, where body begins shift bytes after a group of three.
func within(e *base64.Encoding, body []byte, shift int) string {
	text := e.EncodeToString(append(make([]byte, shift), body...))
	skip := (shift*8 + 5) / 6
	bits := (shift + len(body)) * 8
	return text[skip : bits/6]
}

func (s search) find(text []byte) (found []string) {
	for i := 0; i+head <= len(text); i++ {
		for _, f := range s.heads[string(text[i:i+head])] {
			if bytes.HasPrefix(text[i:], []byte(f.text)) {
				found = append(found, f.what)
			}
		}
	}
	return found
}

// TestSearchFinds plants a secret in every form and in every corner.
func TestSearchFinds(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"0123456789abcdef0123456789abcdee", "SG.abcdefghijklmnopqrstuv.ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefg", passphrase} {
		s := newSearch([]string{secret})
		for _, text := range []string{secret, strings.ToUpper(secret), fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret)} {
			if len(s.find([]byte("{\"x\":\""+text+"\"}"))) == 0 {
				t.Errorf("%q is not found", text)
			}
		}
		for _, before := range []string{"", "A", "AC", "AC1", "user:", "basic us:"} {
			for _, after := range []string{"", "x", "xy", "xyz"} {
				for _, e := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
					if len(s.find([]byte(e.EncodeToString([]byte(before+secret+after))))) == 0 {
						t.Errorf("%q is not found in base64 behind %q", secret, before)
					}
				}
			}
		}
		if found := s.find([]byte(strings.Repeat("nothing of the kind ", 100))); len(found) > 0 {
			t.Errorf("found where there is none: %v", found)
		}
	}
}

// TestSearchLooksEverywhere plants secrets in a case through the store.
func TestSearchLooksEverywhere(t *testing.T) {
	t.Parallel()
	l, path := begin(t, sim.Options{Seed: 33})
	if s := l.retake(t, "step", "auth-tokens", "--plan", "--case", path); s.status != 0 {
		t.Fatal(s)
	}
	c, err := store.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	planted := []string{"11111111111111111111111111111110", "22222222222222222222222222222220", "33333333333333333333333333333330", "44444444444444444444444444444440"}
	_, filed := c.AddExhibit(store.Exhibit{Step: "triage", Method: "GET", URL: "/x", Status: 200, Body: []byte(`{"auth_token":"` + planted[1] + `", "pad": "` + strings.Repeat("pad ", 200) + `"}`)})
	err = errors.Join(filed, c.AddNote("triage", "the token is "+planted[0]),
		c.Attest("website", store.Attestation{Note: "x", FileName: "x", File: []byte(strings.Repeat("pad ", 200) + planted[2])}),
		c.Seal(store.Secret{Account: "AC1", Role: store.RoleOld, Value: planted[3]}), c.Close())
	if err != nil {
		t.Fatal(err)
	}
	s, found := newSearch(planted), map[string]string{}
	for where, text := range contents(t, path) {
		for _, what := range s.find(text) {
			found[where] = what
		}
	}
	for i, bucket := range []string{`log/"leaves"`, `exhibits/"bodies"`, "files/"} {
		ok := false
		for where, what := range found {
			ok = ok || strings.HasPrefix(where, bucket) && strings.HasPrefix(what, fmt.Sprintf("no. %d ", i))
		}
		if !ok {
			t.Errorf("what was planted in %s is not found: %v", bucket, found)
		}
	}
	if len(found) != 3 { // what is sealed is not
		t.Errorf("found in %v", found)
	}
}
