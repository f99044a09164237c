package probe

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

func TestParseGitleaks(t *testing.T) {
	leaks, err := parseGitleaks([]byte(`[{"RuleID":"generic-api-key","StartLine":4,"File":"/srv/app/a.env","Commit":"","Secret":"FAKEfake01"},{"RuleID":"aws","StartLine":1,"File":"b","Commit":"0123456789abcdef0123456789abcdef01234567","Date":"2026-03-01T02:00:00Z","Secret":"x"}]`), "/srv/app")
	if err != nil || len(leaks) != 2 || leaks[0].Where() != "a.env:4" || leaks[0].Secret.Reveal() != "FAKEfake01" || leaks[1].Where() != "0123456789ab (2026-03-01) b" {
		t.Errorf("%+v, %v", leaks, err)
	}
	if _, err := parseGitleaks([]byte("oops"), "/"); !errors.Is(err, errOddReport) {
		t.Error(err)
	}
}

func TestParseOSV(t *testing.T) {
	report := `{"results":[{"source":{"path":"/srv/app/go.mod","type":"lockfile"},"packages":[
		{"package":{"name":"github.com/x/y","version":"1.0.0","ecosystem":"Go"},"groups":[{"ids":["GO-1","GHSA-2"],"max_severity":"7.5"},{"ids":["GO-3"],"max_severity":"10.0"},{"ids":["GO-4"],"max_severity":"9.8"}]},
		{"package":{"name":"z","version":"2","ecosystem":"npm"},"groups":[]}]}]}`
	all, err := parseOSV([]byte(report), "/srv/app")
	if err != nil || len(all) != 1 || all[0].Source != "go.mod" || all[0].Package != "Go github.com/x/y" || len(all[0].IDs) != 4 || all[0].Severity != "10.0" {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestScanIsRead(t *testing.T) {
	var s Scan
	err := errors.Join(s.version(strings.NewReader("ClamAV 1.4.3/27800/Sun Nov 16 09:30:00 2025\n")),
		s.read(strings.NewReader("/srv/a: b.exe: Win.Test.EICAR_HDB-1 FOUND\n/srv/c: Access denied. ERROR\n\n----------- SCAN SUMMARY -----------\nScanned files: 12\n")))
	if err != nil || len(s.Infected) != 1 || s.Infected[0] != (Infected{"/srv/a: b.exe", "Win.Test.EICAR_HDB-1"}) || s.Errors != 1 || s.Scanned != 12 || s.Signatures.Format(time.DateOnly) != "2025-11-16" {
		t.Errorf("%+v, %v", s, err)
	}
}

// ClamAV itself finds what a signature describes.
func TestClam(t *testing.T) {
	if !Has("clamscan") {
		t.Skip("clamscan is not on the PATH")
	}
	dir := plant(t, map[string]string{"ours.txt": "harmless", "sub/theirs.txt": "this is VISIBLY-FAKE-MALWARE"})
	signatures := plant(t, map[string]string{"own.ndb": "Retake.Test:0:*:56495349424c592d46414b452d4d414c57415245\n"})
	s, err := Clam(context.Background(), dir, signatures+"/own.ndb", time.Minute)
	if err != nil || len(s.Infected) != 1 || !strings.HasSuffix(s.Infected[0].Path, "sub/theirs.txt") || s.Scanned != 2 {
		t.Errorf("%+v, %v", s, err)
	}
}

// A program that is not there is said to be; one that prints without end, or
// does not end, is stopped.
func TestPrograms(t *testing.T) {
	env := []string{"PATH=" + os.Getenv("PATH")}
	if _, err := (program{name: "retake-no-such-program"}).run(context.Background()); !errors.Is(err, ErrAbsent) {
		t.Error(err)
	}
	read := func(r io.Reader) error { _, err := io.Copy(io.Discard, r); return err }
	if _, err := (program{name: "sleep", args: []string{"60"}, env: env, timeout: 20 * time.Millisecond, into: read}).run(context.Background()); err == nil || !strings.Contains(err.Error(), "did not end") {
		t.Error(err)
	}
	ctx, leave := context.WithCancel(context.Background())
	leave()
	if _, err := (program{name: "sleep", args: []string{"60"}, env: env, timeout: time.Minute, into: read}).run(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	full := func(io.Reader) error { return errTooMuch }
	if _, err := (program{name: "yes", env: env, timeout: time.Minute, into: full}).run(context.Background()); !errors.Is(err, errTooMuch) {
		t.Error(err)
	}
	r, err := (program{name: "sh", args: []string{"-c", "echo oh >&2; exit 3"}, env: env, timeout: time.Minute, into: read}).run(context.Background())
	if err != nil || r.status != 3 || !strings.Contains(r.failed("sh").Error(), "status 3: oh") {
		t.Errorf("%+v, %v", r, err)
	}
}
