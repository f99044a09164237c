package store

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"
	"golang.org/x/mod/sumdb/tlog"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

// exhibitAt reads an exhibit's entry, key and body.
func exhibitAt(t *testing.T, c *Case, n int64) (x ExhibitEntry, key, body []byte) {
	t.Helper()
	e, err := c.Entry(n)
	must(t, err)
	must(t, e.Decode(&x))
	must(t, c.view(func(tx *bolt.Tx) error {
		key = clone(bucket(tx, bucketExhibits, keyKeys).Get(be64(n)))
		return nil
	}))
	body, err = c.ExhibitBody(n)
	must(t, err)
	return x, key, body
}

// TestOneRecordIsProved discloses each record of a list alone: with its salt and
// the proof it leads to the root in the exhibit's entry.
func TestOneRecordIsProved(t *testing.T) {
	c := newCase(t, opening())
	for _, count := range []int{1, 2, 3, 7, 50} {
		var list []string
		for i := range count {
			list = append(list, fmt.Sprintf(`{"sid": "SM%d",  "n":12345678901234567890%d}`, i, i))
		}
		n, err := c.AddExhibit(exchange(`{"messages":[`+strings.Join(list, ", ")+`],"next":null}`, "messages"))
		must(t, err)
		x, key, body := exhibitAt(t, c, n)
		records, err := Records(body, x.List)
		must(t, err)
		same(t, count, x.Records)
		var stored []tlog.Hash
		reader := tlog.HashReaderFunc(func(indexes []int64) (out []tlog.Hash, err error) {
			for _, i := range indexes {
				out = append(out, stored[i])
			}
			return out, nil
		})
		for i, r := range records {
			same(t, list[i], string(r))
			hashes, err := tlog.StoredHashes(int64(i), append(Salt(key, i), r...), reader)
			must(t, err)
			stored = append(stored, hashes...)
		}
		raw, err := hex.DecodeString(x.Root)
		must(t, err)
		for i := range records {
			proof, err := tlog.ProveRecord(int64(count), int64(i), reader)
			must(t, err)
			leaf := tlog.RecordHash(append(Salt(key, i), list[i]...))
			must(t, tlog.CheckRecord(proof, int64(count), tlog.Hash(raw), int64(i), leaf))
			if tlog.CheckRecord(proof, int64(count), tlog.Hash(raw), int64(i), tlog.RecordHash([]byte(list[i]))) == nil {
				t.Error("a record is proved without its salt")
			}
		}
	}
}

func TestListsThatAreNone(t *testing.T) {
	c := newCase(t, opening())
	for body, records := range map[string]int{
		`{"keys":[1,2]}`: 2, `{"keys":[]}`: 0, `{"keys":null}`: 0, `{"keys":{"a":1}}`: 0, `{"keys":"x"}`: 0,
		`{"other":[1]}`: 0, `[1,2]`: 0, `<html>`: 0, ``: 0, "\xff\x00": 0, `{"keys":[1,2}`: 0,
	} {
		n, err := c.AddExhibit(exchange(body, "keys"))
		must(t, err)
		x, key, got := exhibitAt(t, c, n)
		same(t, body, string(got))
		same(t, records, x.Records)
		if (len(key) > 0) != (records > 0) {
			t.Errorf("%q has a key of %d bytes", body, len(key))
		}
	}
	if _, err := c.ExhibitBody(0); err == nil || !contains(err.Error(), "cannot read exhibit 0: there is no exhibit of that number") {
		t.Error(err)
	}
	must(t, c.Close())
	mustVerify(t, c.Path(), VerifyOptions{})
}

func TestOddTextSurvives(t *testing.T) {
	c := newCase(t, opening())
	for _, text := range []string{"", " ", "\x00\x1b[2J\x7f", "\u2028\u2029", "\u202e\u200b\ufeff", "\U0001F600\U0010FFFF", `"\`, "<a&b>", "\r\n\t", "e\u0301é", "99999999999999999999", strings.Repeat("x", 70000)} {
		must(t, c.AddNote("step "+text, text))
		must(t, c.Cover("s", Coverage{Source: "s" + text[:min(len(text), 100)], Account: "a", Why: text, Got: 1 << 53}))
		must(t, c.SetProgress("a"+text[:min(len(text), 100)], Progress{State: Blocked, Why: text, Parameters: map[string]string{text: text}}))
		last, err := c.Last(3)
		must(t, err)
		var n Note
		must(t, last[0].Decode(&n))
		same(t, text, n.Text)
	}
	must(t, c.AddNote("\xff", "a\xc3\x28b\xff"))
	last, err := c.Last(1)
	must(t, err)
	var n Note
	must(t, last[0].Decode(&n))
	same(t, "a\ufffd(b\ufffd", n.Text)
	must(t, c.SetProgress("s\xff", Progress{State: Working}))
	sameFormAgain(t, c)
	must(t, c.Checkpoint("\x00\u2028\xff"))
	must(t, c.Close())
	mustVerify(t, c.Path(), VerifyOptions{})
}

// sameFormAgain parses every entry and writes it again.
func sameFormAgain(t *testing.T, c *Case) {
	t.Helper()
	must(t, c.view(func(tx *bolt.Tx) error {
		return bucket(tx, bucketLog, keyLeaves).ForEach(func(_, text []byte) error {
			e, err := parseEntry(text)
			must(t, err)
			again, err := canonical(e)
			must(t, err)
			same(t, string(text), string(again))
			return nil
		})
	}))
}

func TestNumbersAreKeptExactlyOrRefused(t *testing.T) {
	for number, want := range map[string]string{
		"0": "0", "-0": "0", "0.10": "0.1", "1e3": "1000", "9007199254740992": "9007199254740992", "0.1000000000000000000": "0.1",
		"1e21": "1e+21", "100000000000000000000": "100000000000000000000", "12345678.125": "12345678.125", "0e99999": "0",
		"9007199254740993": "", "12345678901234567890": "", "0.12345678901234567891": "", "1e400": "", "1e-400": "", "-1e-99999999": "",
	} {
		text, err := Canonical(json.RawMessage(`{"a":["9007199254740993 \" 1e999",` + number + `]}`))
		switch {
		case want == "" && (err == nil || !contains(err.Error(), "cannot keep the number "+number+" exactly")):
			t.Errorf("%s became %s: %v", number, text, err)
		case want != "" && string(text) != `{"a":["9007199254740993 \" 1e999",`+want+`]}`:
			t.Errorf("%s became %s: %v", number, text, err)
		}
	}
}

func TestSealedToAnotherRecipient(t *testing.T) {
	escrow := newIdentity(t)
	o := opening()
	o.Recipients = []string{escrow.Recipient().String()}
	c := newCase(t, o)
	must(t, c.Seal(Secret{mainSID, RoleSecondary, freshToken}))
	tokens, err := c.Tokens(mainSID)
	must(t, err)
	blob, err := c.sealedBlob(tokens[0].N)
	must(t, err)
	plain, err := unseal(blob, escrow)
	must(t, err)
	same(t, freshToken, string(plain))
	if _, err := unseal(blob, newIdentity(t)); err == nil {
		t.Error("a stranger can open it")
	}
	same(t, c.Fingerprint(freshToken), tokens[0].Fingerprint)
	same(t, 32, len(tokens[0].Fingerprint))
	if c.Fingerprint("a") == newCase(t, opening()).Fingerprint("a") {
		t.Error("two cases have the same fingerprint key")
	}
}

// hidden finds a secret in bytes: plain, as hex, and as base64 wherever it stands
// in the text that was encoded.
func hidden(in []byte, secret string) string {
	forms := map[string]string{"plain": secret, "hex": hex.EncodeToString([]byte(secret)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(secret)))}
	for shift := range 3 {
		text := base64.StdEncoding.EncodeToString([]byte("xyz"[:shift] + secret))
		text = strings.TrimRight(text, "=")[4*((shift+2)/3):]
		forms[fmt.Sprint("base64 at ", shift)] = text[:len(text)-2]
	}
	for name, form := range forms {
		if bytes.Contains(in, []byte(form)) {
			return name
		}
	}
	return ""
}

func TestNoSecretInTheFile(t *testing.T) {
	for shift := range 3 {
		in := []byte("abc"[:shift] + freshToken + "tail")
		if hidden([]byte(base64.StdEncoding.EncodeToString(in)), freshToken) == "" {
			t.Fatalf("the search misses base64 at %d", shift)
		}
	}
	path := filledCase(t)
	p, err := lookAt(path)
	must(t, err)
	raw, err := os.ReadFile(path)
	must(t, err)
	places := map[string][]byte{"the file": raw}
	for n, body := range p.Bodies {
		places[fmt.Sprint("exhibit ", n)] = []byte(body)
	}
	for n, body := range p.Files {
		places[fmt.Sprint("file ", n)] = []byte(body)
	}
	for _, secret := range []string{oldToken, freshToken, passphrase} {
		for place, body := range places {
			if form := hidden(body, secret); form != "" {
				t.Errorf("%s holds %s (%s)", place, secret, form)
			}
		}
	}
}

func TestAttachments(t *testing.T) {
	c := newCase(t, opening())
	must(t, c.Attest("malware", Attestation{Note: "no name", File: []byte("x")}))
	f, body, err := c.AttachedFile(1)
	must(t, err)
	same(t, AttachedFile{Name: "attachment", Size: 1, SHA256: sumHex([]byte("x"))}, f)
	same(t, "x", string(body))
	must(t, c.Attest("malware", Attestation{Note: "empty", FileName: "empty.txt"}))
	if f, body, err = c.AttachedFile(3); err != nil || f.Size != 0 || len(body) != 0 {
		t.Errorf("%v %q %v", f, body, err)
	}
	must(t, c.Attest("malware", Attestation{Note: "none"}))
	if _, _, err = c.AttachedFile(5); err == nil || !contains(err.Error(), "no file is attached to attestation 5") {
		t.Error(err)
	}
	err = c.Attest("malware", Attestation{FileName: "disk.img", File: make([]byte, MaxFile+1)})
	if err == nil || !contains(err.Error(), "cannot attach disk.img") || !contains(HintOf(err), "64 MiB") {
		t.Error(err)
	}
	must(t, c.Close())
	mustVerify(t, c.Path(), VerifyOptions{})
}

func TestWorldOnlyInTraining(t *testing.T) {
	o := opening()
	o.Kind, o.Wire = Live, "https://api.twilio.com"
	c := newCase(t, o)
	if err := c.SaveWorld([]byte("x")); err == nil || !contains(err.Error(), "cannot keep a simulated account in a LIVE case") {
		t.Error(err)
	}
	world, err := c.World()
	must(t, err)
	same(t, 0, len(world))
}
