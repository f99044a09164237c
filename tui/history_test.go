package tui

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"retake/actions/report"
	"retake/store"
)

// The screens that look back: timeline, coverage, export.
func init() {
	scenes = append(scenes,
		scene{name: "timeline", play: func(k *console) { audited(k); k.press("T") }},
		scene{name: "timeline-lane", play: func(k *console) { audited(k); k.press("T", "tab", "tab", "tab", "g") }},
		scene{name: "timeline-find", play: func(k *console) { audited(k); k.press("T", "/"); k.typed("keys") }},
		scene{name: "timeline-found-nothing", play: func(k *console) { audited(k); k.press("T", "/"); k.typed("no such text"); k.press("enter") }},
		scene{name: "timeline-event", play: func(k *console) { audited(k); k.press("T", "g", "enter") }},
		scene{name: "timeline-entry", play: func(k *console) { audited(k); k.press("T", "enter") }},
		scene{name: "coverage", play: func(k *console) { covered(k); k.press("C") }},
		scene{name: "coverage-none", play: func(k *console) { k.press("C") }},
		scene{name: "coverage-whole", play: func(k *console) { covered(k); k.press("C", "G", "enter") }},
		scene{name: "export", play: func(k *console) { k.press("X") }},
		scene{name: "export-exists", play: func(k *console) {
			path := filepath.Join(k.t.TempDir(), "b.zip")
			must(k.t, os.WriteFile(path, nil, 0o600))
			k.press("X", "ctrl+u")
			k.typed(path)
			k.press("enter", "ctrl+u")
			k.typed("b.zip")
		}},
		scene{name: "export-running", play: func(k *console) {
			k.press("X")
			x := k.root.top().(*export)
			x.run, x.stage = &exporting{cancel: func() {}}, exportStage{done: 12, total: 48}
			k.root.layout()
		}},
	)
}

// auditEvent is a record of the account's audit log.
func auditEvent(n int, at, kind, source, ip, text string) string {
	return fmt.Sprintf(`{"sid":"AE%d","account_sid":%q,"event_date":%q,"event_type":%q,"actor_sid":"US0123456789abcdef0123456789abcdef","actor_type":"user","source":%q,"source_ip_address":%q,"resource_sid":"SK0123456789abcdef0123456789abcdef","description":%q}`, n, mainSID, at, kind, source, ip, text)
}

func fileEvents(k *console, all ...string) {
	k.t.Helper()
	_, err := k.c.AddExhibit(store.Exhibit{Step: "triage", At: night, Account: mainSID, Method: "GET", URL: "https://monitor.twilio.com/v1/Events?PageSize=1000", Status: 200, Attempts: 1,
		Body: []byte(`{"events":[` + strings.Join(all, ",") + `],"alerts":[{"sid":"NO1","account_sid":"` + mainSID + `","date_created":"2026-03-01T02:31:00Z","error_code":"30007","log_level":"error","alert_text":"Message filtered"}]}`)})
	must(k.t, err)
}

// audited files an audit log with everybody in it, and words of our own.
func audited(k *console) {
	fileEvents(k,
		auditEvent(1, "2026-02-27T09:00:00Z", "user-session.created", "web", "198.51.100.7", "User logged in"),
		auditEvent(2, "2026-03-01T02:20:00Z", "account-api-keys.created", "api", "203.0.113.66", "API key created"),
		auditEvent(3, "2026-03-01T02:50:00Z", "account.updated", "twilio", "", "Account suspended"),
		auditEvent(4, "2026-03-01T03:00:00Z", "account-api-keys.deleted", "api", "198.51.100.23", "API key deleted"))
	must(k.t, k.c.AddFinding("triage", store.Finding{ID: "new-address/203.0.113.66", Severity: "high", Account: mainSID, Text: "203.0.113.66, never seen here before"}))
	n, err := k.c.Intend(store.Act{Step: "api-keys", Account: mainSID, Verb: "delete-key", Target: "SK0123456789abcdef0123456789abcdef"})
	must(k.t, err)
	_, err = k.c.Conclude(n, store.Outcome{Result: store.Made, Proof: "it answers 404"})
	must(k.t, err)
	must(k.t, k.c.AddNote("", "rang Bob, he is on his way"))
}

// covered files a ledger with everything that can become of a source.
func covered(k *console) {
	file := func(step string, v store.Coverage) { must(k.t, k.c.Cover(step, v)) }
	n, err := k.c.AddExhibit(store.Exhibit{Step: "capture", At: night, Account: mainSID, Method: "GET", URL: "https://api.twilio.com/2010-04-01/Accounts/" + mainSID + "/Messages.json", Status: 200, Attempts: 1, Body: []byte(`{"messages":[]}`)})
	must(k.t, err)
	file("triage", store.Coverage{Source: "a secondary Auth Token that somebody else planted", Account: mainSID, Why: "cannot see: no API shows whether there is one. auth-tokens deletes any before it makes its own"})
	file("triage", store.Coverage{Source: "audit events of " + subSID, Account: subSID, Why: "only the account's own token reads them, and while it is suspended none does: ask Twilio for them"})
	file("triage", store.Coverage{Source: "calls of " + mainSID, Account: mainSID, Why: "cut short after 5000 records, at 2026-02-20 10:00 UTC: what is older was not read; plan again with pages=20"})
	file("triage", store.Coverage{Source: "accounts", Account: mainSID, Seen: true, Got: 4})
	file("capture", store.Coverage{Source: "messages", Account: mainSID, Got: 2000, Why: "stopped by the responder: C goes on", From: night.Add(-30 * 24 * time.Hour), To: night})
	file("capture", store.Coverage{Source: "messages", Account: subSID, Seen: true, Got: 812, From: night.Add(-30 * 24 * time.Hour), To: night, Exhibit: n})
}

func TestTimelineTellsTheLanesApart(t *testing.T) {
	k := newConsole(t, "Harbour Parcel", steps(threeKeys()))
	audited(k)
	k.press("T")
	k.shows("! others 203.0.113.66 account-api-keys.created", "~ twilio - account.updated", "* others 198.51.100.7 user-session.created", "> us 198.51.100.23 account-api-keys.deleted", "Sunday 1 March 2026", "! suspect 1", "9 of 9")
	k.press("tab")
	k.shows("only lane us", "rang Bob")
	k.hides("account.updated")
	k.press("x", "/")
	k.typed("SUSPENDED")
	k.press("enter")
	k.shows("1 of 9", "account.updated")
	k.hides("rang Bob")
	k.press("x", "a")
	k.shows("only account " + mainSID)
	k.press("esc")
	k.shows("Next:")
}

// TestTimelineGrowsUnderTheCursor files more while somebody looks at a line.
func TestTimelineGrowsUnderTheCursor(t *testing.T) {
	k := newConsole(t, "Harbour Parcel", steps(threeKeys()))
	audited(k)
	k.press("T", "g", "j")
	stood, _ := k.root.top().(*timeline).chosenRow()
	fileEvents(k, auditEvent(9, "2026-02-26T09:00:00Z", "user.updated", "web", "198.51.100.7", "an older one"))
	now := k.root.session.Now()
	k.send(ticked{at: now.Add(time.Second)})
	k.shows("9 of 9") // not before two seconds have passed
	k.send(ticked{at: now.Add(2 * time.Second)})
	k.shows("10 of 10", "an older one")
	if at, _ := k.root.top().(*timeline).chosenRow(); at != stood {
		t.Errorf("the cursor moved from %v to %v", stood, at)
	}
	k.press("G")
	must(t, k.c.AddNote("", "a newer one"))
	k.send(ticked{at: now.Add(4 * time.Second)})
	if at, _ := k.root.top().(*timeline).chosenRow(); at.Message != "a newer one" {
		t.Errorf("the cursor does not stay with the newest: %v", at)
	}
}

// TestLongTimelineIsReadInBites reads more than one bite, and shows how far it is.
func TestLongTimelineIsReadInBites(t *testing.T) {
	k := newConsole(t, "Harbour Parcel", steps(threeKeys()))
	var together sync.WaitGroup // shares the writes to the disk
	for range bite + 20 {
		together.Go(func() { _ = k.c.AddNote("", "so many") })
	}
	together.Wait()
	slow := newTimeline(k.root.room())
	slow.spell = 0
	k.send(push{slow})
	k.shows("so many", fmt.Sprintf("%d of %d", bite+21, bite+21))
	k.hides("still being read")
}

func TestHistoryOfAHostileAccountIsHarmless(t *testing.T) {
	k := newConsole(t, "Harbour Parcel", steps(threeKeys()))
	bad := "\x1b]0;x\x07\x1b[2J\u202e\u0085\r\n" + strings.Repeat("x", 50)
	fileEvents(k, auditEvent(1, "2026-03-01T02:20:00Z", bad, bad, bad, bad))
	must(t, k.c.Cover(bad, store.Coverage{Source: bad, Account: bad, Why: bad}))
	must(t, k.c.Cover("triage", store.Coverage{Source: bad, Account: bad, Got: 1, Why: bad}))
	for _, keys := range [][]string{{"T", "g"}, {"T", "g", "a"}, {"T", "g", "enter"}, {"C"}, {"C", "enter"}} {
		k.press(keys...)
		for _, size := range [][2]int{{20, 6}, {40, 12}, {80, 24}, {200, 60}} {
			k.size(size[0], size[1])
			view := k.root.View()
			fits(t, strings.Join(keys, " "), view, size[0], size[1])
			if strings.ContainsAny(view, "\x1b\x07\r\u0085\u202e") {
				t.Errorf("%v: this reaches the terminal: %q", keys, view)
			}
		}
		for len(k.root.screens) > 1 {
			k.press("esc")
		}
	}
}

func TestCoverageSaysFirstWhatWasNotSeen(t *testing.T) {
	k := newConsole(t, "Harbour Parcel", steps(threeKeys()))
	covered(k)
	k.press("C")
	k.shows("2 not seen, 2 cut short, 2 seen", "cannot see: no API shows whether there is one", "window not noted")
	k.press("down", "down")
	k.shows("> ~ ACb8…51c9dc calls of")
	must(t, k.c.Cover("triage", store.Coverage{Source: "audit events of " + subSID, Account: subSID, Seen: true, Got: 9}))
	k.send(ticked{at: k.root.session.Now().Add(2 * time.Second)})
	k.shows("1 not seen, 2 cut short, 3 seen", "> ~ ACb8…51c9dc calls of") // the cursor stays
	k.press("G", "enter")
	k.shows("Coverage: ✓ seen")
}

// writeBundle exports into a file from the screen.
func writeBundle(k *console, path string) {
	k.press("X", "ctrl+u")
	k.typed(path)
	k.press("enter")
}

func TestExportIsWrittenSignedAndVerified(t *testing.T) {
	k := newConsole(t, "Harbour Parcel", steps(threeKeys()))
	audited(k)
	path := filepath.Join(t.TempDir(), "b.zip")
	writeBundle(k, path)
	k.shows("✓ verified: ", "SHA-256", "public key")
	k.hides("belong to the next bundle")
	r, err := report.Verify(path, store.VerifyOptions{Key: k.c.Header.PublicKey})
	must(t, err)
	if !r.OK {
		t.Errorf("%v", r.Problems)
	}
	last, err := k.c.Last(2)
	must(t, err)
	if last[0].Kind != store.KindExported || last[1].Kind != store.KindCheckpoint {
		t.Errorf("the export is not noted: %v", last)
	}
	before, err := os.ReadFile(path)
	must(t, err)
	k.press("esc")
	writeBundle(k, path)
	k.shows("There is a file of that name already")
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("the bundle was replaced: %v", err)
	}
	k.press("ctrl+u", "enter")
	k.shows("the bundle needs a name")
	k.typed(filepath.Join(t.TempDir(), "no", "such", "b.zip"))
	k.press("enter")
	k.shows("there is no folder")
}

// TestExportWhileOthersFile lets entries come in between the signature and the
// bundle, as a capture does.
func TestExportWhileOthersFile(t *testing.T) {
	k := newConsole(t, "Harbour Parcel", steps(threeKeys()))
	stop, gone := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				gone <- nil
				return
			default:
				if err := k.c.AddNote("", "meanwhile"); err != nil {
					gone <- err
					return
				}
			}
		}
	}()
	for n := range 5 {
		writeBundle(k, filepath.Join(t.TempDir(), fmt.Sprint(n, ".zip")))
		k.shows("✓ verified: ")
		k.press("esc")
	}
	close(stop)
	must(t, <-gone)
}

func TestExportThatIsStoppedLeavesNothing(t *testing.T) {
	k := newConsole(t, "Harbour Parcel", steps(threeKeys()))
	folder := t.TempDir()
	k.press("X")
	x := k.root.top().(*export)
	ctx, cancel := context.WithCancel(context.Background())
	run := &exporting{cancel: cancel, news: make(chan exportStage, 1), end: make(chan tea.Msg, 1)}
	x.run = run
	k.press("s") // s is no letter of a name now
	k.shows("Stopping")
	k.send(x.work(ctx, k.c, filepath.Join(folder, "b.zip"), run))
	k.shows("Stopped: no file is left")
	if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
		t.Errorf("%v %v", left, err)
	}
	k.press("esc")
	k.shows("Next:")
}
