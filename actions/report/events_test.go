package report_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"retake/actions/report"
	"retake/store"
)

var newBundle = flag.Bool("new-bundle", false, "write testdata/bundle-2.zip anew")

const (
	mainSID  = "AC0123456789abcdef0123456789abcdef"
	keySID   = "SK0123456789abcdef0123456789abcdef"
	otherSID = "SK00000000000000000000000000000001"
)

func fine(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same(t testing.TB, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// event is a record of the audit log.
func event(sid, at, kind, actorType, source, ip, resource, text string) string {
	body, _ := json.Marshal(map[string]any{
		"sid": sid, "account_sid": mainSID, "event_date": at, "event_type": kind, "actor_sid": mainSID, "actor_type": actorType,
		"source": source, "source_ip_address": ip, "resource_sid": resource, "description": text,
	})
	return string(body)
}

const alertBody = `{"alerts":[{"sid":"NO1","account_sid":"` + mainSID + `","date_created":"2026-03-01T02:30:00Z","date_generated":"2026-03-01T02:29:58Z","error_code":"30007","log_level":"error","alert_text":"Message filtered \u202e","resource_sid":"SM1"},{"sid":"NO2","error_code":"1"},7]}`

// eventsBody is an audit log with everything that a timeline tells apart.
func eventsBody() string {
	return `{"events":[` + strings.Join([]string{
		event("AE1", "2026-03-01T02:20:00Z", "account-api-keys.created", "user", "web", "203.0.113.66", otherSID, "=cmd \x1b]0;x\x07 \u202egnp.exe"),
		event("AE2", "2026-03-01T03:00:04Z", "account-auth-token.promoted", "account", "api", "198.51.100.23", mainSID, "Auth Token promoted"),
		event("AE3", "2026-03-01T03:00:07Z", "account-api-keys.deleted", "account", "api", "198.51.100.23", keySID, "API key deleted"),
		event("AE4", "2026-03-01T03:00:07Z", "account-api-keys.deleted", "account", "api", "203.0.113.66", otherSID, "API key deleted"),
		event("AE5", "2026-03-01T02:40:00Z", "account.updated", "twilio-admin", "web", "", mainSID, "Account suspended"),
		event("AE6", "2026-03-01T03:00:04Z", "account-auth-token.promoted", "account", "twilio", "", mainSID, "Auth Token promoted"),
		`7`, `{"event_type":"odd"}`,
	}, ",") + `],"alerts":null}`
}

// caseOf is a case with two acts, the account's audit log and its alerts.
func caseOf(t testing.TB) *store.Case {
	t.Helper()
	at := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	c, err := store.Create(filepath.Join(t.TempDir(), "case"), store.Opening{
		Kind: store.Lab, Wire: "lab", Account: mainSID, Name: "Harbour Parcel", Responder: "ada", Version: "test",
		Passphrase: "p", WorkFactor: 10, Now: func() time.Time { at = at.Add(time.Second); return at },
	})
	fine(t, err)
	t.Cleanup(func() { _ = c.Close() })
	for _, a := range []store.Act{
		{Run: "r1", Step: "auth-tokens", Account: mainSID, Verb: "promote", Target: "the secondary Auth Token of " + mainSID},
		{Run: "r1", Step: "api-keys", Account: mainSID, Verb: "delete-key", Target: keySID},
	} {
		n, err := c.Intend(a)
		fine(t, err)
		_, err = c.Conclude(n, store.Outcome{Result: store.Made, Proof: "it answers 404"})
		fine(t, err)
	}
	for _, body := range []string{eventsBody(), alertBody, eventsBody()} {
		_, err := c.AddExhibit(store.Exhibit{Step: "triage", Run: "r1", At: at, Account: mainSID, As: mainSID, Method: "GET", URL: "https://monitor.twilio.com/v1/Events", Status: 200, Attempts: 1, Body: []byte(body)})
		fine(t, err)
	}
	fine(t, c.AddNote("", "=1+1 rang Bob"))
	fine(t, c.AddFinding("triage", store.Finding{ID: "new-address/203.0.113.66", Severity: "high", Account: mainSID, Text: "203.0.113.66, never seen here before"}))
	fine(t, c.Checkpoint("end"))
	return c
}

func rowsOf(t testing.TB, c *store.Case) []store.TimelineRow {
	t.Helper()
	line := c.Timeline(report.AuditEvents)
	_, err := line.ReadOn(0)
	fine(t, err)
	rows := line.Rows()
	found, err := c.Findings("triage")
	fine(t, err)
	report.MarkSuspects(rows, found)
	return rows
}

// TestTimelineTellsWhoActed: our acts by what they left, Twilio by its own word,
// and the rest is somebody else's; a suspect is one whom a finding names.
func TestTimelineTellsWhoActed(t *testing.T) {
	var told []string
	for _, r := range rowsOf(t, caseOf(t)) {
		if r.Origin != store.OriginCase {
			told = append(told, fmt.Sprintf("%s %s %d %s", r.Lane, r.Type, r.Act, r.Suspect))
		}
	}
	same(t, []string{
		"others account-api-keys.created 0 new-address/203.0.113.66",
		"twilio alert 30007 0 ",
		"twilio account.updated 0 ",
		"us account-auth-token.promoted 1 ",
		"twilio account-auth-token.promoted 0 ",
		"us account-api-keys.deleted 3 ",
		"others account-api-keys.deleted 0 new-address/203.0.113.66",
	}, told)
}

func TestRecordOfALineIsTheOneItWasReadFrom(t *testing.T) {
	c := caseOf(t)
	for _, r := range rowsOf(t, c) {
		if r.Origin == store.OriginCase {
			continue
		}
		body, err := c.ExhibitBody(r.Entry)
		fine(t, err)
		var record struct {
			Type string `json:"event_type"`
			Code string `json:"error_code"`
		}
		fine(t, json.Unmarshal(report.AuditRecord(body, r.Place), &record))
		if record.Type != r.Type && "alert "+record.Code != r.Type {
			t.Errorf("%s is not %s", record, r.Type)
		}
	}
	if report.AuditRecord([]byte(alertBody), 1) != nil || report.AuditRecord([]byte("<html>"), 0) != nil || report.AuditRecord([]byte(alertBody), -1) != nil {
		t.Error("there is a record where there is none")
	}
}

func TestEventsAreReadWhateverStandsBesideThem(t *testing.T) {
	e := event("AE1", "2026-03-01T02:20:00Z", "user.updated", "user", "web", "", mainSID, "")
	for body, want := range map[string]int{
		`{"events":[` + e + `],"alerts":7}`: 1, `{"events":7,"alerts":[{"error_code":"1","date_created":"2026-03-01T02:30:00Z"}]}`: 1,
		`{"events":null}`: 0, `[]`: 0, ``: 0, `{"events":[` + e: 0,
	} {
		same(t, want, len(report.AuditEvents(store.ExhibitEntry{}, []byte(body))))
	}
}

func TestTimelineFilter(t *testing.T) {
	rows := rowsOf(t, caseOf(t))
	count := func(f report.TimelineFilter) int { return len(f.Pick(rows)) }
	same(t, len(rows), count(report.TimelineFilter{}))
	same(t, 2, count(report.TimelineFilter{Text: "NEW-ADDRESS"}))
	same(t, 3, count(report.TimelineFilter{Lane: report.LaneTwilio}))
	same(t, 0, count(report.TimelineFilter{Account: "AC1"}))
	same(t, 1, count(report.TimelineFilter{Lane: report.LaneTwilio, Since: time.Date(2026, 3, 1, 2, 40, 0, 0, time.UTC), Until: time.Date(2026, 3, 1, 3, 0, 4, 0, time.UTC)}))
}

// TestBundlesOfEveryFormatVerify checks bundles that were written once: whoever
// changes what is read out of a reply makes the bundles that are out there fail.
func TestBundlesOfEveryFormatVerify(t *testing.T) {
	if *newBundle {
		_, err := report.Export(context.Background(), caseOf(t), report.Exporting{File: "testdata/bundle-2.zip", Force: true})
		fine(t, err)
	}
	for _, name := range []string{"bundle-1.zip", "bundle-2.zip"} {
		r, err := report.Verify(filepath.Join("testdata", name), store.VerifyOptions{})
		fine(t, err)
		if !r.OK || r.Checked["computed members"] != 11 {
			t.Errorf("%s: %v %v", name, r.Problems, r.Checked)
		}
	}
}

func TestExportIsNotedAndCanBeStopped(t *testing.T) {
	c := caseOf(t)
	folder := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	_, err := report.Export(ctx, c, report.Exporting{File: filepath.Join(folder, "b.zip"), Progress: func(done, total int) {
		if done == total/2 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a stopped export says %v", err)
	}
	left, err := os.ReadDir(folder)
	fine(t, err)
	same(t, 0, len(left))
	size, err := c.Size()
	fine(t, err)
	fine(t, c.AddNote("", "meanwhile"))
	_, err = report.Export(context.Background(), c, report.Exporting{File: filepath.Join(folder, "b.zip")})
	if !errors.Is(err, store.ErrUnsigned) {
		t.Errorf("an unsigned end says %v", err)
	}
	e, err := report.Export(context.Background(), c, report.Exporting{File: filepath.Join(folder, "b.zip"), UpToCheckpoint: true})
	fine(t, err)
	same(t, int64(1), e.After)
	last, err := c.Last(2)
	fine(t, err)
	same(t, []store.Kind{store.KindExported, store.KindCheckpoint}, []store.Kind{last[0].Kind, last[1].Kind})
	same(t, size+2, last[1].N)
	body, err := os.ReadFile(filepath.Join(folder, "b.zip"))
	fine(t, err)
	if int64(len(body)) != e.Size {
		t.Error("the file is not the one that is told of")
	}
}
