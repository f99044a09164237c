package store

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

const eventsBody = `{"events":[{"id":"AE1","at":"2026-03-01T03:00:30Z","type":"token.created","text":"=1+1 \u001b]0;x\u0007"},{"id":"AE1","at":"2026-03-01T03:00:30Z","type":"token.created"},{"id":"","at":"2026-03-01T03:00:10Z","type":"token.delete","resource":"token"}]}`

// events reads the tests' own form of an audit log.
func events(_ ExhibitEntry, body []byte) []Event {
	var reply struct {
		Events []struct {
			ID, Type, Text, Resource string
			At                       time.Time
		}
	}
	if json.Unmarshal(body, &reply) != nil {
		return nil
	}
	var all []Event
	for _, e := range reply.Events {
		all = append(all, Event{ID: e.ID, At: e.At, Type: e.Type, Resource: e.Resource, Text: e.Text})
	}
	return all
}

func paper(name, text string) Paper {
	return Paper{name, func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}
}

func exportOptions() ExportOptions {
	return ExportOptions{Events: events, Papers: []Paper{paper("rca.md", "# RCA\n"), paper("costs.csv", "a,b\r\n")}}
}

// bundledCase is an open case in which every writing method was used, with
// events and odd replies besides, signed.
func bundledCase(t testing.TB) *Case {
	t.Helper()
	c, err := Open(filledCase(t), ticking())
	must(t, err)
	t.Cleanup(func() { _ = c.Close() })
	must(t, c.Unlock(passphrase))
	for _, body := range []string{eventsBody, "<script>alert(1)</script>", "\x00\xff"} {
		_, err = c.AddExhibit(exchange(body, "events"))
		must(t, err)
	}
	must(t, c.Attest("passwords", Attestation{Note: "=cmd|' /C calc'!A0", FileName: "../../etc/pass\x1bwd", File: []byte("x")}))
	must(t, c.Checkpoint("end"))
	return c
}

func exported(t testing.TB, c *Case, o ExportOptions) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, c.Export(&b, o))
	return b.Bytes()
}

func verifyBytes(t testing.TB, b []byte, o VerifyOptions) *Report {
	t.Helper()
	r, err := VerifyBundle(bytes.NewReader(b), int64(len(b)), o)
	must(t, err)
	return r
}

func mustVerifyBundle(t testing.TB, b []byte, o VerifyOptions) *Report {
	t.Helper()
	o.Events = events
	r := verifyBytes(t, b, o)
	if !r.OK {
		t.Fatalf("the bundle does not verify:\n%s", told(r))
	}
	return r
}

// unpacked are the members of a bundle.
func unpacked(t testing.TB, b []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	must(t, err)
	all := map[string]string{}
	for _, f := range z.File {
		in, err := f.Open()
		must(t, err)
		body, err := io.ReadAll(in)
		must(t, err)
		all[f.Name] = string(body)
	}
	return all
}

// packed makes an archive of members, in another order and form than Export.
func packed(t testing.TB, members map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	names := slices.Sorted(maps.Keys(members))
	slices.Reverse(names)
	for i, name := range names {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: uint16(i % 2 * 8), Modified: time.Unix(1e9, 0)})
		must(t, err)
		_, err = io.WriteString(w, members[name])
		must(t, err)
	}
	must(t, z.Close())
	return b.Bytes()
}

func TestBundleIsTheSameAtTheSameHead(t *testing.T) {
	c := bundledCase(t)
	first := exported(t, c, exportOptions())
	same(t, true, bytes.Equal(first, exported(t, c, exportOptions())))
	for i := range 3 { // noted, noted and signed, noted again
		must(t, c.AddExported(Exported{File: "b.zip", SHA256: sumHex(first)}))
		if i == 1 {
			must(t, c.Checkpoint("the case was exported"))
		}
		same(t, true, bytes.Equal(first, exported(t, c, exportOptions())))
	}
	path := copyOf(t, c.Path())
	mustVerify(t, path, VerifyOptions{})
	reader, err := OpenToRead(path)
	must(t, err)
	defer reader.Close()
	same(t, true, bytes.Equal(first, exported(t, reader, exportOptions())))
	must(t, c.AddNote("", "something happened"))
	refused(t, c.Export(io.Discard, exportOptions()), ErrUnsigned, "give the passphrase")
	must(t, c.Checkpoint("end"))
	later := exported(t, c, exportOptions())
	same(t, false, bytes.Equal(first, later))
	mustVerifyBundle(t, later, VerifyOptions{Key: c.Header.PublicKey})
}

func TestBundleMembers(t *testing.T) {
	c := bundledCase(t)
	b := exported(t, c, exportOptions())
	members := unpacked(t, b)
	var names []string
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if !strings.HasPrefix(name, "exhibits/0") {
			names = append(names, name)
		}
	}
	same(t, strings.Fields(`README.txt SHA256SUMS attachments/00000024-scan__.txt attachments/00000055-_.._etc_pass_wd
		checkpoint.txt coverage.csv coverage.jsonl exhibit-keys.jsonl exhibits/index.csv header.json journal.csv journal.jsonl
		log.jsonl papers/costs.csv papers/rca.md public-key.txt timeline.csv timeline.jsonl`), names)
	same(t, eventsBody, members["exhibits/00000052.json"])
	same(t, "<script>alert(1)</script>", members["exhibits/00000053.txt"])
	same(t, "\x00\xff", members["exhibits/00000054.bin"])
	same(t, fixedMembers, len(names)-4)
	signed, err := c.LatestCheckpoint()
	must(t, err)
	same(t, signed, members["checkpoint.txt"])
	r := mustVerifyBundle(t, b, VerifyOptions{Key: c.Header.PublicKey, Checkpoint: signed})
	same(t, Training, r.Kind)
	same(t, map[string]int{"entries": 57, "checkpoints": 3, "members": len(members), "exhibits": 11, "attached files": 2, "computed members": 11, "papers": 2}, r.Checked)
	if !strings.Contains(strings.Join(r.Notes, " "), sumHex([]byte(members["SHA256SUMS"]))) {
		t.Errorf("the notes do not name the sum of SHA256SUMS: %q", r.Notes)
	}
	for name, body := range members { // texts that the case keeps secret
		for what, secret := range map[string]string{"token": oldToken, "fresh token": freshToken, "fingerprint key": string(c.keys.fingerprint),
			"fingerprint key in hex": fmt.Sprintf("%x", c.keys.fingerprint), "signer": string(c.keys.signer), "identity": string(c.keys.identity), "age": "age-encryption.org"} {
			if strings.Contains(body, secret) {
				t.Errorf("%s holds the %s", name, what)
			}
		}
	}
}

var unseen = regexp.MustCompile(`[^\r\n -~\p{L}\p{M}\p{N}\p{P}\p{S}]|\p{M}{5}`)

func TestBundleTablesAreHarmless(t *testing.T) {
	c := bundledCase(t)
	for name := range map[string]string{"a": "", "b": ""} {
		for _, hostile := range []string{"=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "ok;=1", "ok, =1", "＝1", "\x1b]52;c;AAAA\x07", "\u202egnp", "\xff\x1b[2J", "\u2028", "\x9b2J", "\u009b2J", "a\r\nb", `","=1`, "'=1", "Z" + strings.Repeat("\u0301", 9)} {
			n, err := c.Intend(Act{Step: hostile, Account: hostile, Verb: hostile, Target: hostile, Run: hostile, Order: hostile, Change: hostile, Seen: hostile})
			must(t, err)
			x := exchange(`{"events":[]}`, "events")
			x.URL, x.As, x.Account, x.Method, x.Sent, x.RequestID, x.Problem, x.Step, x.Run = hostile, hostile, hostile, hostile, hostile, hostile, hostile, hostile, hostile
			_, err = c.Conclude(n, Outcome{Result: Failed, Proof: hostile, Problem: hostile, Exhibits: []Exhibit{x}})
			must(t, err)
			must(t, c.Cover(hostile, Coverage{Source: hostile + name, Account: hostile, Why: hostile}))
			must(t, c.AddNote(hostile, hostile))
			must(t, c.AddHandover(Handover{To: hostile, Text: hostile}))
			must(t, c.Attest(hostile, Attestation{Note: hostile, FileName: hostile, File: []byte(hostile)}))
		}
	}
	must(t, c.Checkpoint("=1\x1b"))
	b := exported(t, c, exportOptions())
	mustVerifyBundle(t, b, VerifyOptions{})
	for name, body := range unpacked(t, b) {
		if strings.HasPrefix(name, "papers/") || strings.HasPrefix(name, "exhibits/0") || strings.HasPrefix(name, "attachments/") {
			continue
		}
		if strange := unseen.FindString(body); strange != "" && name != "log.jsonl" && name != "header.json" {
			t.Errorf("%s: %q would reach the terminal", name, strange)
		}
		if strings.HasSuffix(name, ".csv") {
			noFormulas(t, name, body)
		}
		if strings.HasSuffix(name, ".jsonl") {
			for line := range strings.Lines(body) {
				if !json.Valid([]byte(line)) {
					t.Fatalf("%s: %s", name, line)
				}
			}
		}
	}
}

func noFormulas(t *testing.T, name, body string) {
	t.Helper()
	if strings.Contains(strings.ReplaceAll(body, "\r\n", ""), "\n") {
		t.Errorf("%s has line ends that are not RFC 4180", name)
	}
	lines, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	must(t, err)
	if len(lines) < 2 {
		t.Errorf("%s is empty", name)
	}
	formula := regexp.MustCompile(`(^|[,;])[\s"⇥⏎]*[=+\-@＝＋－＠]`)
	for _, line := range lines {
		for _, cell := range line {
			if formula.MatchString(cell) {
				t.Errorf("%s: a formula: %q", name, cell)
			}
		}
	}
}

func TestBundleTimeline(t *testing.T) {
	c := bundledCase(t)
	n, err := c.Intend(Act{Step: "api-keys", Account: mainSID, Verb: "delete", Target: "SK77"})
	must(t, err)
	_, err = c.Conclude(n, Outcome{Result: Made, Proof: "404"})
	must(t, err)
	d, err := c.Acts("api-keys")
	must(t, err)
	at := d[0].Began.Format(time.RFC3339)
	_, err = c.AddExhibit(exchange(fmt.Sprintf(`{"events":[{"id":"AE7","at":%q,"type":"key.deleted","resource":"SK77"},{"id":"AE8","at":%[1]q,"type":"key.created","resource":"SK77"},{"id":"AE9","at":"2020-01-01T00:00:00+02:00","type":"key.deleted","resource":"SK77"}]}`, at), ""))
	must(t, err)
	must(t, c.Checkpoint("end"))
	var origins, dates []string
	for line := range strings.Lines(unpacked(t, exported(t, c, exportOptions()))["timeline.jsonl"]) {
		var l struct {
			Message, Datetime, Origin, Type string
			Desc                            string `json:"timestamp_desc"`
			Act                             *int64
		}
		must(t, json.Unmarshal([]byte(line), &l))
		if l.Message == "" || l.Desc == "" {
			t.Errorf("Timesketch refuses %s", line)
		}
		dates = append(dates, l.Datetime)
		if strings.HasPrefix(l.Type, "key.") {
			origins = append(origins, l.Type+" "+l.Origin)
			same(t, l.Origin == OriginOurs, l.Act != nil && *l.Act == n)
		}
	}
	same(t, true, slices.IsSorted(dates))
	same(t, "2019-12-31T22:00:00.000000+00:00", dates[0])
	same(t, []string{"key.deleted account", "key.created account", "key.deleted account, ours"}, sortedByOrigin(origins))
}

func sortedByOrigin(s []string) []string {
	slices.SortFunc(s, func(x, y string) int { return len(x) - len(y) })
	return s
}

var newGolden = flag.Bool("new-bundle", false, "write the testdata bundle of the present format anew")

// TestBundlesOfEveryFormat checks bundles that were written once: whoever changes
// the README or a table makes the bundles that are out there fail.
func TestBundlesOfEveryFormat(t *testing.T) {
	if *newGolden {
		must(t, os.WriteFile(filepath.Join("testdata", fmt.Sprintf("bundle-%d.zip", bundleFormat)), exported(t, bundledCase(t), exportOptions()), 0o600))
	}
	entries := map[int]int{1: 43, 2: 48}
	for format := 1; format <= bundleFormat; format++ {
		b, err := os.ReadFile(filepath.Join("testdata", fmt.Sprintf("bundle-%d.zip", format)))
		must(t, err)
		same(t, format, formatOf([]byte(unpacked(t, b)["README.txt"])))
		r := mustVerifyBundle(t, b, VerifyOptions{})
		same(t, 11, r.Checked["computed members"])
		same(t, entries[format], r.Checked["entries"])
	}
}

func TestBundleRepackedStillVerifies(t *testing.T) {
	c := bundledCase(t)
	members := unpacked(t, exported(t, c, exportOptions()))
	members["exhibits/"], members["papers/"] = "", "" // as zip -r does
	r := mustVerifyBundle(t, packed(t, members), VerifyOptions{Key: c.Header.PublicKey})
	same(t, "", told(r))
}

// TestBundleTampering changes every member in every way, with SHA256SUMS as it
// was and with SHA256SUMS made to fit.
func TestBundleTampering(t *testing.T) {
	c := bundledCase(t)
	intact := unpacked(t, exported(t, c, exportOptions()))
	for _, name := range slices.Sorted(maps.Keys(intact)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tamperMember(t, intact, name)
		})
	}
}

func tamperMember(t *testing.T, intact map[string]string, name string) {
	body := intact[name]
	for how, change := range map[string]func(m map[string]string){
		"changed":     func(m map[string]string) { m[name] = flipped(body, len(body)/2) },
		"last letter": func(m map[string]string) { m[name] = flipped(body, len(body)-1) },
		"longer":      func(m map[string]string) { m[name] = body + "\n" },
		"shorter":     func(m map[string]string) { m[name] = body[:max(0, len(body)-1)] },
		"emptied":     func(m map[string]string) { m[name] = "" },
		"missing":     func(m map[string]string) { delete(m, name) },
		"doubled":     func(m map[string]string) { m["x"+name] = body },
		"swapped":     func(m map[string]string) { m[name], m["header.json"] = m["header.json"], m[name] },
	} {
		m := maps.Clone(intact)
		change(m)
		if maps.Equal(m, intact) {
			continue
		}
		named(t, name+" "+how, m, name)
		if !strings.HasPrefix(name, "papers/") && name != "SHA256SUMS" {
			m["SHA256SUMS"] = sumsOf(m)
			named(t, name+" "+how+", SHA256SUMS too", m, name)
		}
	}
}

func flipped(s string, i int) string {
	if s == "" {
		return "x"
	}
	b := []byte(s)
	b[i] ^= 1
	return string(b)
}

func sumsOf(m map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if name != "SHA256SUMS" {
			fmt.Fprintf(&b, "%s  %s\n", sumHex([]byte(m[name])), name)
		}
	}
	return b.String()
}

// named wants a problem that leads to a member.
func named(t *testing.T, what string, m map[string]string, name string) {
	t.Helper()
	r := verifyBytes(t, packed(t, m), VerifyOptions{Events: events})
	stem := strings.TrimSuffix(name, filepath.Ext(name))
	where := slices.ContainsFunc(r.Problems, func(p Problem) bool {
		return strings.Contains(p.Where, stem) || name == "SHA256SUMS" && strings.Contains(p.What, name) || name == "log.jsonl" && strings.HasPrefix(p.Where, "entry ")
	})
	if r.OK || !where {
		t.Errorf("%s: ok is %v and these are the problems:\n%s", what, r.OK, told(r))
	}
}

// TestBundleForgeries are changes by somebody who knows the format.
func TestBundleForgeries(t *testing.T) {
	c := bundledCase(t)
	intact := unpacked(t, exported(t, c, exportOptions()))
	other := newCase(t, opening())
	must(t, other.Checkpoint("x"))
	foreign := unpacked(t, exported(t, other, ExportOptions{Events: events}))
	logLines := strings.SplitAfter(intact["log.jsonl"], "\n")
	for _, tt := range []struct {
		name string
		do   func(m map[string]string)
		o    VerifyOptions
		want []string
	}{
		{"cut log", func(m map[string]string) { m["log.jsonl"] = strings.Join(logLines[:30], "") }, VerifyOptions{}, []string{"log.jsonl: it has 30 entries and 57 were signed"}},
		{"a line gone", func(m map[string]string) {
			m["log.jsonl"] = strings.Join(append(slices.Clone(logLines[:5]), logLines[6:]...), "")
		}, VerifyOptions{}, []string{"entry 5"}},
		{"lines swapped", func(m map[string]string) {
			l := slices.Clone(logLines)
			l[3], l[4] = l[4], l[3]
			m["log.jsonl"] = strings.Join(l, "")
		}, VerifyOptions{}, []string{"entry 3", "entry 4"}},
		{"another word in an entry", func(m map[string]string) {
			m["log.jsonl"] = strings.Replace(m["log.jsonl"], "good night", "good-night", 1)
		}, VerifyOptions{}, []string{"log.jsonl: its entries are not the ones that were signed"}},
		{"another case's checkpoint", func(m map[string]string) { m["checkpoint.txt"] = foreign["checkpoint.txt"] }, VerifyOptions{}, []string{"checkpoint.txt: the signature is not valid"}},
		{"an earlier checkpoint", func(m map[string]string) {
			var e Entry
			var cp CheckpointEntry
			for i := 0; e.Kind != KindCheckpoint; i++ {
				e = Entry{}
				must(t, json.Unmarshal([]byte(logLines[i]), &e))
			}
			must(t, e.Decode(&cp))
			m["checkpoint.txt"] = cp.Note
		}, VerifyOptions{}, []string{"were signed"}},
		{"another key", func(m map[string]string) { m["public-key.txt"] = foreign["public-key.txt"] }, VerifyOptions{}, []string{"public-key.txt: it is not what the log says"}},
		{"another case", func(m map[string]string) { clear(m); maps.Copy(m, foreign) }, VerifyOptions{Key: c.Header.PublicKey}, []string{"public key: the case names", "checkpoint.txt: the signature"}},
		{"cut before a kept checkpoint", func(map[string]string) {}, VerifyOptions{Checkpoint: laterCheckpoint(t, c)}, []string{"log: the checkpoint that you gave covers 59 entries and the log has only 57"}},
		{"salt keys swapped", func(m map[string]string) {
			l := strings.Split(m["exhibit-keys.jsonl"], "\n")
			i := strings.Index(l[0], `"key"`)
			j := strings.Index(l[1], `"key"`)
			l[0], l[1] = l[0][:i]+l[1][j:], l[1][:j]+l[0][i:]
			m["exhibit-keys.jsonl"] = strings.Join(l, "\n")
		}, VerifyOptions{}, []string{"exhibit-keys.jsonl: the key of exhibit 7 is not the one", "exhibit-keys.jsonl: the key of exhibit 15 is"}},
		{"an exhibit as text", func(m map[string]string) {
			m["exhibits/00000052.txt"] = m["exhibits/00000052.json"]
			delete(m, "exhibits/00000052.json")
		}, VerifyOptions{}, []string{"exhibits/00000052.txt: its name should be exhibits/00000052.json"}},
		{"an exhibit that is none", func(m map[string]string) { m["exhibits/00000001.json"] = "{}" }, VerifyOptions{}, []string{"exhibits/00000001.json: no entry vouches for it"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := maps.Clone(intact)
			tt.do(m)
			m["SHA256SUMS"] = sumsOf(m)
			tt.o.Events = events
			r := verifyBytes(t, packed(t, m), tt.o)
			for _, part := range tt.want {
				if r.OK || !strings.Contains(told(r), part) {
					t.Errorf("no problem says %q:\n%s", part, told(r))
				}
			}
		})
	}
}

// laterCheckpoint is one over entries that came after.
func laterCheckpoint(t *testing.T, c *Case) string {
	t.Helper()
	must(t, c.AddNote("", "later"))
	must(t, c.Checkpoint("later"))
	signed, err := c.LatestCheckpoint()
	must(t, err)
	return signed
}

func TestBundlesThatAreRefused(t *testing.T) {
	member := func(h *zip.FileHeader) func(z *zip.Writer) {
		return func(z *zip.Writer) {
			_, _ = z.Create("log.jsonl")
			_, _ = z.CreateRaw(h)
		}
	}
	link := &zip.FileHeader{Name: "papers/link"}
	link.SetMode(os.ModeSymlink | 0o777)
	for name, tt := range map[string]struct {
		lay  func(z *zip.Writer)
		want string
	}{
		"up":        {member(&zip.FileHeader{Name: "../x"}), "the name ../x would lead out of its folder"},
		"inside up": {member(&zip.FileHeader{Name: "papers/../../x"}), "would lead out of its folder"},
		"absolute":  {member(&zip.FileHeader{Name: "/etc/passwd"}), "would lead out of its folder"},
		"backslash": {member(&zip.FileHeader{Name: `papers\..\..\x`}), "would lead out of its folder"},
		"drive":     {member(&zip.FileHeader{Name: "C:x"}), "would lead out of its folder"},
		"escape":    {member(&zip.FileHeader{Name: "papers/\x1b[2J"}), `the name papers/\x1b[2J would`},
		"link":      {member(link), "is no ordinary file"},
		"encrypted": {member(&zip.FileHeader{Name: "x", Flags: 1}), "is encrypted"},
		"huge":      {member(&zip.FileHeader{Name: "x", UncompressedSize64: 1 << 50}), "says that it has"},
		"overlap":   {member(&zip.FileHeader{Name: "x", CompressedSize64: 1 << 30}), "says that it has"},
		"bomb":      {member(&zip.FileHeader{Name: "x", UncompressedSize64: bombSize + 1}), "it would unpack to "},
		"another":   {func(z *zip.Writer) { _, _ = z.Create("word/document.xml") }, "it is another ZIP archive"},
		"empty":     {func(*zip.Writer) {}, "it is another ZIP archive"},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			z := zip.NewWriter(&b)
			tt.lay(z)
			must(t, z.Close())
			_, err := VerifyBundle(bytes.NewReader(b.Bytes()), int64(b.Len()), VerifyOptions{})
			refused(t, err, ErrNotABundle, tt.want, "nothing was unpacked")
		})
	}
	_, err := VerifyBundle(strings.NewReader("x"), 1, VerifyOptions{})
	refused(t, err, ErrNotABundle, "it is no ZIP archive")
	if _, err := VerifyBundle(strings.NewReader("x"), 1, VerifyOptions{Key: "abc"}); err == nil || !strings.Contains(HintOf(err), "retake-") {
		t.Errorf("%v", err)
	}
}

// TestBundleCutAndDoubled are archives that are damaged or ambiguous.
func TestBundleCutAndDoubled(t *testing.T) {
	c := bundledCase(t)
	b := exported(t, c, exportOptions())
	for _, n := range []int{len(b) - 1, len(b) / 2, 100} {
		if r := verifyBytes(t, b[:n], VerifyOptions{}); !strings.Contains(told(r), "archive: its list of members cannot be read") {
			t.Errorf("%s", told(r))
		}
	}
	for i := 0; i < len(b); i += len(b)/100 + 1 { // no crash, and nothing that is wrong reads as right
		at := bytes.Clone(b)
		at[i] ^= 0x10
		r, err := VerifyBundle(bytes.NewReader(at), int64(len(at)), VerifyOptions{Events: events})
		if err == nil && r.OK && !maps.Equal(unpacked(t, at), unpacked(t, b)) {
			t.Errorf("byte %d", i)
		}
	}
	var double bytes.Buffer
	z := zip.NewWriter(&double)
	for name, body := range unpacked(t, b) {
		for range 2 {
			w, err := z.Create(name)
			must(t, err)
			_, _ = io.WriteString(w, body)
		}
	}
	must(t, z.Close())
	if r := verifyBytes(t, double.Bytes(), VerifyOptions{Events: events}); len(r.Problems) != len(unpacked(t, b)) || !strings.Contains(told(r), "log.jsonl: it is in the archive more than once") {
		t.Errorf("%s", told(r))
	}
}

// TestBundleWithStandardTools does what README.txt says.
func TestBundleWithStandardTools(t *testing.T) {
	c := bundledCase(t)
	folder := t.TempDir()
	must(t, os.WriteFile(filepath.Join(folder, "b.zip"), exported(t, c, exportOptions()), 0o600))
	run := func(name string, args ...string) string {
		if _, err := exec.LookPath(name); err != nil {
			if os.Getenv("CI") != "" && name != "python3" {
				t.Fatalf("%s is not installed", name)
			}
			t.Skipf("%s is not installed", name)
		}
		cmd := exec.Command(name, args...)
		cmd.Dir = folder
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
		return string(out)
	}
	if out := run("unzip", "-t", "b.zip"); !strings.Contains(out, "No errors detected") {
		t.Error(out)
	}
	run("unzip", "-q", "b.zip")
	if out := run("sha256sum", "-c", "--strict", "SHA256SUMS"); strings.Contains(out, "FAILED") || strings.Count(out, ": OK") != len(unpacked(t, exported(t, c, exportOptions())))-1 {
		t.Error(out)
	}
	_, script, _ := strings.Cut(readmeText, "  import base64")
	script, _, _ = strings.Cut("  import base64"+script, "\n\n")
	checkpoint, err := os.ReadFile(filepath.Join(folder, "checkpoint.txt"))
	must(t, err)
	lines := strings.Split(string(checkpoint), "\n")
	same(t, lines[1]+" "+lines[2]+"\n", run("python3", "-c", strings.ReplaceAll("\n"+script, "\n  ", "\n")))
}

func TestExportFile(t *testing.T) {
	c := bundledCase(t)
	path := filepath.Join(t.TempDir(), "b.zip")
	e, err := c.ExportFile(path, false, exportOptions())
	must(t, err)
	b, err := os.ReadFile(path)
	must(t, err)
	same(t, Exported{File: "b.zip", SHA256: sumHex(b), Members: sumHex([]byte(unpacked(t, b)["SHA256SUMS"])), Size: int64(len(b)), Entries: 57}, e)
	info, err := os.Stat(path)
	must(t, err)
	same(t, os.FileMode(0o600), info.Mode())
	_, err = c.ExportFile(path, false, exportOptions())
	refused(t, err, ErrExists, "--force")
	must(t, os.WriteFile(path, []byte("other"), 0o600))
	again, err := c.ExportFile(path, true, exportOptions())
	must(t, err)
	same(t, e, again)
	for out, want := range map[string]string{c.Path(): "it is a case file", t.TempDir(): "it is no ordinary file", filepath.Join(path, "x"): "cannot write the bundle", "/proc/b.zip": "cannot write the bundle", filepath.Join(t.TempDir(), "no", "b.zip"): "there is no folder"} {
		if _, err := c.ExportFile(out, true, exportOptions()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", out, err)
		}
	}
}

// TestExportThatBreaksOff leaves nothing, and an earlier file as it was.
func TestExportThatBreaksOff(t *testing.T) {
	c := bundledCase(t)
	folder := t.TempDir()
	path := filepath.Join(folder, "b.zip")
	must(t, os.WriteFile(path, []byte("earlier"), 0o600))
	stop := errors.New("stop")
	for after := range 20 {
		o := exportOptions()
		o.Progress = func(done, _ int) error {
			if done > after {
				return stop
			}
			return nil
		}
		_, err := c.ExportFile(path, true, o)
		if !errors.Is(err, stop) {
			t.Fatal(err)
		}
	}
	o := exportOptions()
	o.Papers = append(o.Papers, Paper{"z.md", func() (io.ReadCloser, error) { return nil, stop }})
	_, err := c.ExportFile(path, true, o)
	refused(t, err, stop, "the paper z.md: stop")
	for _, names := range [][]Paper{{paper("a", ""), paper("a", "")}, {paper("../a", "")}, {paper("", "")}} {
		if err := c.Export(io.Discard, ExportOptions{Papers: names}); err == nil || !strings.Contains(err.Error(), "a paper cannot have the name") {
			t.Errorf("%v", err)
		}
	}
	left, err := os.ReadDir(folder)
	must(t, err)
	same(t, 1, len(left))
	same(t, "earlier", content(path))
}

func TestExportOfADamagedCase(t *testing.T) {
	for _, tt := range tamperings {
		t.Run(tt.name, func(t *testing.T) {
			path := filledCase(t)
			tamper(t, path, tt.do)
			c, err := OpenToRead(path)
			if err != nil {
				return
			}
			defer c.Close()
			var b bytes.Buffer
			if err := c.Export(&b, exportOptions()); err == nil {
				mustVerifyBundle(t, b.Bytes(), VerifyOptions{}) // what was damaged is not in it
			} else if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrUnsigned) {
				t.Error(err)
			}
		})
	}
}

// bigCase has many exhibits of some size.
func bigCase(t testing.TB, count, size int) *Case {
	t.Helper()
	c := newCase(t, opening())
	body := func(i int) []byte {
		var b strings.Builder
		for b.Len() < size {
			fmt.Fprintf(&b, `,{"sid":"SM%032d","n":%d,"s":%q}`, b.Len(), i, strings.Repeat(sumHex([]byte{byte(b.Len()), byte(i)}), 12))
		}
		return []byte(`{"messages":[` + b.String()[1:] + `]}`)
	}
	n, err := c.Intend(Act{Verb: "read", Target: "all"})
	must(t, err)
	var all []Exhibit
	for i := range count {
		all = append(all, exchange(string(body(i)), "messages"))
		if len(all) == 50 || i == count-1 {
			_, err := c.Conclude(n, Outcome{Result: Made, Exhibits: all})
			must(t, err)
			all = nil
		}
	}
	must(t, c.Checkpoint("end"))
	return c
}

func TestExportStreams(t *testing.T) {
	c := bigCase(t, 2000, 4_000)
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	var most uint64
	o := ExportOptions{Progress: func(done, total int) error {
		if done%300 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapAlloc)
		}
		if done > total {
			t.Errorf("%d of %d", done, total)
		}
		return nil
	}}
	path := filepath.Join(t.TempDir(), "b.zip")
	_, err := c.ExportFile(path, false, o)
	must(t, err)
	grown := int64(most) - int64(before.HeapAlloc)
	t.Logf("8 MB of exhibits took %d KiB of memory", grown>>10)
	if grown > 5<<20 {
		t.Errorf("8 MB of exhibits took %d KiB of memory", grown>>10)
	}
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	info, err := f.Stat()
	must(t, err)
	r, err := VerifyBundle(f, info.Size(), VerifyOptions{})
	must(t, err)
	same(t, "", told(r))
	same(t, 2000, r.Checked["exhibits"])
}

func BenchmarkExport(b *testing.B) {
	c := bigCase(b, 1000, 50_000)
	b.SetBytes(50_000_000)
	for b.Loop() {
		must(b, c.Export(io.Discard, ExportOptions{Events: events}))
	}
}

func BenchmarkVerifyBundle(b *testing.B) {
	body := exported(b, bigCase(b, 1000, 50_000), ExportOptions{Events: events})
	b.SetBytes(50_000_000)
	for b.Loop() {
		mustVerifyBundle(b, body, VerifyOptions{})
	}
}
