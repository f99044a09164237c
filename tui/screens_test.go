package tui

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"retake/actions"
	"retake/actions/account"
	"retake/store"
)

// scene is a screen in one state.
type scene struct {
	name string
	work func() *scripted // nil: threeKeys
	play func(k *console)
}

// scenes are all screens in all states that a responder can meet.
var scenes = []scene{
	{name: "board-new", play: func(k *console) {}},
	{name: "board-states", play: states},
	{name: "board-all-done", play: func(k *console) {
		for _, s := range k.root.session.Desk.Steps {
			must(k.t, k.c.SetProgress(s.ID, store.Progress{State: store.Attested, Why: "done"}))
		}
		k.run(k.root.read())
	}},
	{name: "board-burning", play: func(k *console) {
		k.send(figuresRead{figures: store.Figures{At: night.Add(12 * time.Minute), Status: "active", Accounts: 4, Of: 4, Calls: 105, Rate: 29.5, Spent: 2154.11, Unit: "USD"}})
		k.send(captureSeen{actions.Captured{Lists: 72, Done: 19, Missed: 1, Records: 4407, Reading: "calls of " + subSID}})
		k.send(ticked{at: k.root.session.Now()})
	}},
	{name: "board-watched", play: func(k *console) {
		k.send(watchRead{state: actions.Watched{At: night.Add(12 * time.Minute), Accounts: 4}}, ticked{at: k.root.session.Now()})
		k.size(80, 30)
	}},
	{name: "board-watch-tells", play: func(k *console) {
		n := actions.News{At: night.Add(12*time.Minute + 19*time.Second), Finding: actions.Finding{ID: "new/SK", Severity: actions.High, Text: "account-api-keys.created from 203.0.113.66: SK\x1b[2J in " + mainSID + " (API keys)"}}
		k.send(watchRead{state: actions.Watched{At: night.Add(12 * time.Minute), Accounts: 4, New: []actions.News{n, n}}}, ticked{at: k.root.session.Now()})
	}},
	{name: "board-watch-waits", play: func(k *console) {
		k.send(watchRead{err: store.WithHint(errors.New("no known Auth Token opens the account"), "check the token")}, ticked{at: k.root.session.Now()})
		k.size(80, 30)
	}},
	{name: "board-burnt-out", play: func(k *console) {
		k.send(figuresRead{figures: store.Figures{At: night, Status: "suspended\x1b[2J", Accounts: 3, Of: 90, Unit: "USD"}})
		k.send(captureOver{state: actions.Captured{Lists: 72, Done: 68, Missed: 4, Ended: true}})
		k.send(ticked{at: k.root.session.Now()})
	}},
	{name: "board-unreachable", play: func(k *console) {
		err := store.WithHint(errors.New("no known Auth Token opens the account"), "check the token")
		k.send(figuresRead{err: err}, captureOver{err: err}, ticked{at: k.root.session.Now()})
	}},
	{name: "board-quit-on-step", play: func(k *console) { k.open("passwords"); k.press("q") }},
	{name: "sweep-matrix-empty", play: func(k *console) { k.send(push{newMatrix(k.root.room())}) }},
	{name: "sweep-matrix", play: func(k *console) { swept(k); k.press("down", "right") }},
	{name: "sweep-matrix-cell", play: func(k *console) { swept(k); k.press("enter") }},
	{name: "step-by-hand", play: func(k *console) { k.open("passwords") }},
	{name: "step-by-hand-plan-pressed", play: func(k *console) { k.open("passwords"); k.press("p") }},
	{name: "step-new", play: func(k *console) { k.open("api-keys") }},
	{name: "step-new-end-of-brief", play: func(k *console) { k.open("api-keys"); k.press("G") }},
	{name: "step-plan", play: func(k *console) { k.open("api-keys"); k.press("p") }},
	{name: "step-plan-end", play: func(k *console) { k.open("api-keys"); k.press("p", "G") }},
	{name: "step-findings", play: func(k *console) { k.open("api-keys"); k.press("p", "2") }},
	{name: "step-findings-earlier", play: func(k *console) {
		must(k.t, k.c.AddFinding("api-keys", store.Finding{ID: "gone", Severity: "high", Account: mainSID, Text: "SK1 \x1b[2J sent messages from an address of nobody", Exhibits: []int64{3}}))
		k.open("api-keys")
		k.press("p", "2")
	}},
	{name: "step-unseen", play: func(k *console) { k.open("api-keys"); k.press("p", "5") }},
	{name: "step-empty-plan", work: func() *scripted { w := threeKeys(); w.plan.Changes, w.plan.Breaks = nil, nil; return w }, play: func(k *console) { k.open("api-keys"); k.press("p") }},
	{name: "step-plan-failed", work: func() *scripted {
		w := threeKeys()
		w.fail = store.WithHint(errors.New("cannot list the API keys of AC1: the account answered 401"), "check the token")
		return w
	}, play: func(k *console) { k.open("api-keys"); k.press("p") }},
	{name: "step-plan-panicked", work: func() *scripted { w := threeKeys(); w.panics = true; return w }, play: func(k *console) { k.open("api-keys"); k.press("p") }},
	{name: "step-parameters-changed", play: func(k *console) { k.open("api-keys"); k.press("p", "e", " ", "enter") }},
	{name: "confirm", play: func(k *console) { k.open("api-keys"); k.press("p", "a") }},
	{name: "confirm-standing-order", work: func() *scripted {
		w := threeKeys()
		w.plan.Orders = []actions.StandingOrder{{ID: "every", Predicate: "any API key that appears meanwhile", Scope: []string{mainSID, subSID}, Keep: []string{"SK1"}, MaxTime: actions.Span(15 * time.Minute), MaxCount: 500}}
		return w
	}, play: func(k *console) { k.open("api-keys"); k.press("p", "a") }},
	{name: "confirm-hosts", work: ownHosts, play: func(k *console) { k.open("api-keys"); k.press("p", "a") }},
	{name: "confirm-hosts-second", work: ownHosts, play: func(k *console) {
		k.open("api-keys")
		k.press("p", "a")
		k.typed("shop.example.com")
		k.press("enter")
		k.typed("shop.example.org")
		k.press("enter")
	}},
	{name: "confirm-wrong", play: func(k *console) { k.open("api-keys"); k.press("p", "a"); k.typed("abc123"); k.press("enter") }},
	{name: "confirm-paste", play: func(k *console) {
		k.open("api-keys")
		k.press("p", "a")
		k.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("51c9dc"), Paste: true})
	}},
	{name: "step-reading", play: func(k *console) { k.open("api-keys"); running(k, planning, actions.Tally{}) }},
	{name: "step-carrying", play: func(k *console) { k.open("api-keys"); running(k, carrying, halfway()) }},
	{name: "step-stopping", play: func(k *console) { k.open("api-keys"); running(k, carrying, halfway()); k.press("s") }},
	{name: "leaving", play: func(k *console) { k.open("api-keys"); running(k, carrying, halfway()); k.press("ctrl+c") }},
	{name: "board-while-carrying", play: func(k *console) { running(k, carrying, halfway()) }},
	{name: "step-proved-in-part", play: func(k *console) { k.open("api-keys"); k.press("p"); k.agree() }},
	{name: "step-proved", work: func() *scripted { w := threeKeys(); w.unseen = nil; return w }, play: func(k *console) { k.open("api-keys"); k.press("p"); k.agree() }},
	{name: "step-mixed-outcomes", work: mixed, play: func(k *console) { k.open("api-keys"); k.press("p"); k.agree() }},
	{name: "step-stopped", play: func(k *console) {
		k.open("api-keys")
		running(k, carrying, halfway())
		k.press("s")
		k.send(worked{order: order{task: carrying, step: "api-keys"}, err: actions.ErrHalted})
	}},
	{name: "step-interrupted", play: func(k *console) { interrupted(k); k.open("api-keys") }},
	{name: "parameters", play: func(k *console) { k.open("api-keys"); k.press("e") }},
	{name: "parameters-wrong", play: func(k *console) {
		k.open("api-keys")
		k.press("e", "down", "down")
		k.typed("many")
		k.press("enter")
	}},
	{name: "step-lacks-credentials", play: func(k *console) { askable(k); k.open("passwords"); k.press("2"); k.press("1") }},
	{name: "step-given", play: func(k *console) { askable(k); k.open("auth-tokens"); k.press("K"); givenIE1(k) }},
	{name: "give", play: func(k *console) { askable(k); k.open("passwords"); k.press("K") }},
	{name: "give-typed", play: func(k *console) {
		askable(k)
		k.open("passwords")
		k.press("K")
		k.typed("OR0123456789abcdef0123456789abcdef")
		k.press("down", "down")
		k.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("fake-secret-0001\r\n"), Paste: true})
	}},
	{name: "give-wrong", play: func(k *console) { askable(k); k.open("passwords"); k.press("K"); k.typed("OR1"); k.press("ctrl+s") }},
	{name: "give-nothing", play: func(k *console) { askable(k); k.open("triage"); k.press("K", "enter") }},
	{name: "give-another", play: func(k *console) {
		askable(k)
		k.open("auth-tokens")
		k.press("K")
		givenIE1(k)
		k.press("K")
	}},
	{name: "attest", play: func(k *console) { k.open("passwords"); k.press("A") }},
	{name: "attest-filled", play: func(k *console) {
		k.open("passwords")
		k.press("A", " ", "down", " ", "down", "down")
		k.typed("rang Bob at 3:10, he changed them all")
		k.press("down")
	}},
	{name: "attest-no-note", play: func(k *console) { k.open("passwords"); k.press("A", "ctrl+s") }},
	{name: "attest-no-file", play: func(k *console) {
		k.open("passwords")
		k.press("A", "up", "down", "down", "down")
		k.typed("done")
		k.press("down")
		k.typed("/no/such/file.png")
		k.press("ctrl+s")
	}},
	{name: "attested", play: func(k *console) { word(k, "ctrl+s") }},
	{name: "not-applicable", play: func(k *console) {
		k.open("passwords")
		k.press("A", "down", "down", " ", "down")
		k.typed("single sign-on, no passwords")
		k.press("ctrl+s", "esc")
	}},
	{name: "roster-empty", play: func(k *console) { k.open("step-4"); k.press("A") }},
	{name: "roster", play: func(k *console) { people(k); k.press("down", " ", "right", " ") }},
	{name: "roster-add", play: func(k *console) { people(k); k.press("+"); k.typed("Cy Quill, cy@example.com") }},
	{name: "roster-import-wrong", play: func(k *console) { people(k); k.press("i"); k.typed("/no/such/staff.csv"); k.press("enter") }},
	{name: "roster-not-applicable", play: func(k *console) {
		people(k)
		k.press("n")
		k.typed("no phone, has a hardware key")
		k.press("enter")
	}},
	{name: "roster-not-done", play: func(k *console) {
		people(k)
		k.press(" ", "enter", "down", "down")
		k.typed("all looked at")
		k.press("ctrl+s")
	}},
	{name: "roster-done", play: func(k *console) {
		people(k)
		k.press(" ", "right", " ", "down", " ", "left", " ", "x")
	}},
	{name: "journal", play: func(k *console) { word(k, "ctrl+s"); k.press("J") }},
	{name: "journal-first", play: func(k *console) { word(k, "ctrl+s"); k.press("J", "g") }},
	{name: "entry", play: func(k *console) { word(k, "ctrl+s"); k.press("J", "up", "enter") }},
	{name: "entry-exhibit", play: func(k *console) {
		_, err := k.c.AddExhibit(store.Exhibit{Step: "api-keys", At: night, Account: mainSID, Method: "GET", URL: "https://api.twilio.com/2010-04-01/Accounts/" + mainSID + "/Keys.json?PageSize=1000", Status: 200, Attempts: 1, Body: []byte(`{"keys":[{"sid":"SK1","friendly_name":"deploy"}],"page":0}`)})
		must(k.t, err)
		k.press("J", "enter", "G")
	}},
	{name: "panic", play: func(k *console) { k.press("!") }},
	{name: "panic-read-on", play: func(k *console) { k.press("!", "down", "down", "down", "down", "down", "down", "down", "down") }},
	{name: "panic-paste", play: func(k *console) {
		k.press("!")
		k.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(mainSID[len(mainSID)-6:]), Paste: true})
	}},
	{name: "panic-settings", play: func(k *console) { k.press("!", "tab") }},
	{name: "panic-carrying", play: func(k *console) { k.press("!"); panicHalfway(k) }},
	{name: "panic-ended", play: func(k *console) { agreeToPanic(k) }},
	{name: "panic-unfinished", play: func(k *console) { unfinishedPanic(k); k.press("!") }},
	{name: "board-panic-unfinished", play: unfinishedPanic},
	{name: "board-while-panic", play: panicHalfway},
	{name: "help", play: func(k *console) { k.press("?") }},
	{name: "help-end", play: func(k *console) { k.press("?", "G") }},
}

// askable makes of the case one that is no training: there nothing is asked for.
func askable(k *console) { k.c.Header.Kind = store.Lab }

// givenIE1 types the token of one Region into the form.
func givenIE1(k *console) {
	k.typed("0123456789abcdef0123456789abcdef")
	k.press("enter", "enter", "enter")
}

// states gives every state to a step.
func states(k *console) {
	all := []store.Progress{
		{State: store.Proved, Why: "seen"}, {State: store.Proved, Why: "4 accounts; 1 suspended not covered"}, {State: store.Attested, Why: "Bob did it"},
		{State: store.Proved, Why: "no burnt token lives"}, {State: store.Working, Agreed: "d"}, {State: store.WaitingState, Why: "a plan of 3 changes waits to be agreed to"},
		{State: store.NeedsPerson, Why: "1 of 3 changes unknown: the reply was lost; look in the Console which key is still there before you go on with anything else"},
		{State: store.NotApplicable, Why: "no website"}, {State: store.Blocked, Why: "the account is suspended"}, {State: "of-a-later-version"},
	}
	for n, p := range all {
		must(k.t, k.c.SetProgress(k.root.session.Desk.Steps[n].ID, p))
	}
	must(k.t, k.c.Cover("auth-tokens", store.Coverage{Source: "tokens of IE1", Account: mainSID, Why: "look there"}))
	must(k.t, k.c.Cover("auth-tokens", store.Coverage{Source: "planted tokens", Account: mainSID, Why: "look there"}))
	must(k.t, k.c.Cover("triage", store.Coverage{Source: "events", Account: mainSID, Why: "refused"}))
	must(k.t, k.c.Cover("triage", store.Coverage{Source: "events", Account: mainSID, Seen: true, Got: 9}))
	k.run(k.root.read())
	k.press("g", "j", "j", "j", "j", "j", "j")
}

// running sets a job as if it were under way.
func running(k *console, what task, t actions.Tally) {
	k.root.job = &job{
		view:   jobView{task: what, step: "api-keys", since: night.Add(10 * time.Minute), tally: t},
		cancel: func() {}, news: make(chan news, 1), done: make(chan tea.Msg, 1),
	}
	pace := account.Pace{InFlight: 4, Limit: 12, Sent: 120, Throttled: 3, PerSecond: 11.5, NextTry: night.Add(12*time.Minute + 35*time.Second)}
	k.send(ticked{k.root.session.Now(), pace})
	k.run(k.root.tellAll(jobSeen{k.root.jobView(), pace}))
}

// agreeToPanic carries the panic order out.
func agreeToPanic(k *console) {
	k.press("!")
	k.typed(mainSID[len(mainSID)-6:])
	k.press("enter")
}

// unfinishedPanic leaves a panic order as an interrupted run does.
func unfinishedPanic(k *console) {
	p, err := k.root.session.Desk.PlanPanic(context.Background(), map[string]string{"minutes": "30"})
	must(k.t, err)
	must(k.t, k.c.Agree(actions.PanicStep, store.Agreement{Digest: p.Order.Digest}, store.Progress{State: store.Working, Agreed: p.Order.Digest}))
	k.run(k.root.read())
}

// panicHalfway sets a panic order as if it were under way.
func panicHalfway(k *console) {
	parts := []actions.PanicPartTally{
		{Step: "geo-and-triggers", Stage: actions.Tried, Tally: actions.Tally{Counts: actions.Counts{Done: 5, Accepted: 2}}},
		{Step: "stop-traffic", Stage: actions.Skipped, State: store.NotStarted, Why: "not done by Retake: do it by hand, the step says what and where"},
		{Step: "auth-tokens", Stage: actions.Over, State: store.NeedsPerson, Why: "1 of 4 changes failed: the name is \x1b[2Jnone"},
		{Step: "api-keys", Stage: actions.AtWork, Tally: halfway()},
		{Step: "two-factor", Stage: actions.ToCome},
	}
	running(k, panicking, halfway())
	k.root.job.view.step, k.root.job.view.panic = actions.PanicStep, actions.PanicTally{Parts: parts}
	k.run(k.root.tellAll(jobSeen{k.root.jobView(), k.root.pace}))
}

func halfway() actions.Tally {
	return actions.Tally{Counts: actions.Counts{Done: 2, Left: 3, Failed: 1}, Since: night, Accounts: []actions.AccountTally{
		{Account: "ACdddddddddddddddddddddddddddddddd", Name: "Done", Counts: actions.Counts{Done: 1}, Last: "it answers 404"},
		{Account: "ACcccccccccccccccccccccccccccccccc", Name: "To come", Counts: actions.Counts{Left: 2}},
		{Account: mainSID, Name: "Harbour Parcel", Counts: actions.Counts{Done: 1, Left: 1}, Doing: "delete API key SK2"},
		{Account: subSID, Name: "Driver hotline", Counts: actions.Counts{Failed: 1}, Last: "the account answered 403: not allowed"},
	}}
}

// mixed is a plan with every outcome.
func mixed() *scripted {
	w := threeKeys()
	results := []actions.Outcome{
		{Outcome: store.Made, Proof: "it answers 404"}, {Outcome: store.Already, Proof: "it was gone"}, {Outcome: store.Waiting, Problem: "it still answers 200"},
		{Outcome: store.Stale, Problem: "renamed by somebody else since the plan was made"}, {Outcome: store.Refused, Problem: "403: not allowed"},
		{Outcome: store.Failed, Problem: "no route to host"}, {Outcome: store.Unknown, Problem: "the reply was lost after 30 s"},
	}
	w.plan.Changes, w.outcomes = nil, map[string]actions.Outcome{}
	for n, o := range results {
		id := string(rune('a' + n))
		w.plan.Changes = append(w.plan.Changes, actions.Change{ID: id, Account: mainSID, Name: "Harbour Parcel", Verb: "delete", Target: "API key SK-" + id, Stage: n, Reversible: n == 1})
		w.outcomes[id] = o
	}
	return w
}

// interrupted agrees to a plan and stops before anything is done.
func interrupted(k *console) {
	k.open("api-keys")
	k.press("p", "esc")
	entry, _, err := k.c.LatestPlan("api-keys")
	must(k.t, err)
	must(k.t, k.c.Agree("api-keys", store.Agreement{Digest: entry.Digest, How: "typed"}, store.Progress{State: store.Working, Why: "the agreed plan is not finished", Agreed: entry.Digest,
		Parameters: map[string]string{"mode": "all", "keep": "", "minutes": "15"}}))
	k.run(k.root.read())
}

// word attests the step that is done by hand.
func word(k *console, end string) {
	k.open("passwords")
	k.press("A", " ", "down", "down", "down")
	k.typed("rang Bob, he changed them")
	k.press(end)
}

// playScene plays a scene on a console of its own.
func playScene(t testing.TB, s scene) *console {
	w := threeKeys()
	if s.work != nil {
		w = s.work()
	}
	k := newConsole(t, "Harbour Parcel", steps(w))
	s.play(k)
	return k
}

func TestGoldens(t *testing.T) {
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			k := playScene(t, s)
			if s.name != "step-plan-panicked" { // shows the number of a line of this test
				golden(t, s.name, k.root.View())
			}
			k.root.job = nil // as if it had ended
		})
	}
}

func TestGoldensOfWideWindows(t *testing.T) {
	for _, s := range scenes {
		switch s.name {
		case "board-states", "step-plan", "step-carrying", "confirm":
			k := playScene(t, s)
			k.size(140, 30)
			golden(t, "wide-"+s.name, k.root.View())
			k.size(34, 12)
			golden(t, "small-"+s.name, k.root.View())
		}
	}
}

// TestEveryScreenFits draws every scene in every window.
func TestEveryScreenFits(t *testing.T) {
	for _, s := range scenes {
		k := playScene(t, s)
		for _, w := range []int{20, 21, 33, 40, 49, 50, 60, 79, 80, 81, 100, 119, 120, 121, 140, 200} {
			for _, h := range []int{6, 7, 9, 12, 15, 20, 24, 40, 60} {
				k.size(w, h)
				fits(t, s.name, k.root.View(), w, h)
			}
		}
		for _, odd := range [][2]int{{0, 0}, {1, 1}, {3, 2}, {10, 3}, {19, 5}, {500, 4}, {2, 200}} {
			k.size(odd[0], odd[1])
			fits(t, s.name, k.root.View(), odd[0], odd[1])
		}
	}
}

func fits(t *testing.T, name, view string, w, h int) {
	t.Helper()
	lines := strings.Split(view, "\n")
	if len(lines) > max(h, 1) {
		t.Errorf("%s at %dx%d is %d lines high:\n%s", name, w, h, len(lines), view)
	}
	for n, line := range lines {
		if got := cells(line); got > w {
			t.Errorf("%s at %dx%d: line %d is %d cells wide: %q", name, w, h, n, got, line)
		}
	}
	if w >= 20 && h >= 6 && strings.Contains(view, "cannot be drawn") {
		t.Errorf("%s at %dx%d broke:\n%s", name, w, h, view)
	}
}

func TestFileIsAttached(t *testing.T) {
	k := newConsole(t, "Harbour Parcel", steps(threeKeys()))
	path := filepath.Join(t.TempDir(), "proof.png")
	must(t, os.WriteFile(path, []byte("picture"), 0o600))
	k.open("passwords")
	k.press("A", "down", "down", "down")
	k.typed("see the picture")
	k.press("tab")
	k.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(path), Paste: true})
	k.press("enter", "enter")
	k.shows("= attested", "see the picture")
	n, err := k.c.Size()
	must(t, err)
	for n--; n > 0; n-- {
		if f, body, err := k.c.AttachedFile(n); err == nil {
			if f.Name != "proof.png" || string(body) != "picture" {
				t.Errorf("attached %v %q", f, body)
			}
			return
		}
	}
	t.Error("no file was attached")
}

func TestPanicLeavesTypeAndPlaceOnly(t *testing.T) {
	w := threeKeys()
	w.panics = true
	k := newConsole(t, "Harbour Parcel", steps(w))
	k.open("api-keys")
	k.press("p")
	k.shows("a part of the console broke (string in retake/")
	k.hides("hunter2")
	noted := false
	must(t, k.c.Entries(0, func(e store.Entry) bool {
		noted = noted || e.Kind == store.KindNote && strings.Contains(string(e.Body), "the console broke: string in retake/")
		if strings.Contains(string(e.Body), "hunter2") {
			t.Errorf("entry %d has the value of the panic", e.N)
		}
		return true
	}))
	if !noted {
		t.Error("the panic was not noted")
	}
	k.press("esc")
	k.shows("Next:")
}

func TestViewSurvivesAPanic(t *testing.T) {
	k := newConsole(t, "Harbour Parcel", steps(threeKeys()))
	k.send(push{faulty{}})
	k.shows("cannot be drawn", "esc")
	k.press("x")
	k.shows("cannot be drawn")
}

// faulty is a screen that panics.
type faulty struct{}

func (faulty) SetSize(int, int)       {}
func (faulty) Update(tea.Msg) tea.Cmd { return nil }
func (faulty) View() string           { panic("view") }
func (faulty) Hints() []hint          { return nil }
func (faulty) Typing() bool           { return false }

// swept fills the ledger as a sweep of two accounts does, and shows the matrix.
func swept(k *console) {
	k.t.Helper()
	for _, v := range []store.Coverage{
		{Source: "Phone numbers", Account: mainSID, Seen: true, Got: 3, Why: "changed: 1 of 3 records"},
		{Source: "Phone numbers", Account: subSID, Seen: true, Got: 2, Why: "clean: 2 records, all as they were"},
		{Source: "TwiML apps", Account: mainSID, Seen: true, Got: 1, Why: "unknown: 1 of 1 records"},
		{Source: "TwiML apps", Account: subSID, Why: "the account is closed: ask Twilio for what it still keeps of it"},
		{Source: "Event sinks", Account: subSID, Why: "changed: 1 of 2 records; and not all was seen: the reply was cut short"},
	} {
		must(k.t, k.c.Cover("sweep", v))
	}
	must(k.t, k.c.AddFinding("sweep", store.Finding{ID: "changed/numbers/" + mainSID + "/PN1", Severity: "high", Account: mainSID, Text: "Phone numbers: \"\x1b[2J\" leads to evil.example.net"}))
	k.send(push{newMatrix(k.root.room())})
}

// people puts two persons on the list and opens it.
func people(k *console) {
	must(k.t, k.c.AddSubjects(
		store.Subject{Kind: actions.Person, Name: "Ada Lovelace", Facts: map[string]string{"email": "ada@example.com", "role": "owner"}},
		store.Subject{Kind: actions.Person, Name: "Bob \u202eBuilder of a rather long name", Facts: map[string]string{"email": "bob@example.com"}}))
	k.open("step-4")
	k.press("A")
}

// A list is filled, ticked and attested from the screen alone.
func TestRosterFromTheScreen(t *testing.T) {
	k := newConsole(t, "Acme", steps(threeKeys()))
	path := filepath.Join(t.TempDir(), "staff.csv")
	must(t, os.WriteFile(path, []byte("name;email\nAda;ada@example.com\nBo;bo@example.com\n"), 0o600))
	k.open("step-4")
	k.press("A", "i")
	k.typed(path)
	k.press("enter")
	k.shows("Ada", "Bo", "2 of 2 open")
	k.press("+")
	k.typed("Cy, cy@example.com")
	k.press("enter", "G", "x")
	k.typed("never had a login")
	k.press("enter")
	k.press("g")
	k.hides("Cy")
	k.press(" ", "right", " ", "down", " ", "right", " ")
	k.shows("nothing is open")
	k.press("enter", "down", "down")
	k.typed("looked at each")
	k.press("ctrl+s")
	if s, err := k.c.Progress("step-4"); err != nil || s.State != store.Attested {
		t.Errorf("%+v %v", s, err)
	}
}

// A passphrase is on the screen until the next key, and nowhere else.
func TestPassphraseIsShownOnce(t *testing.T) {
	k := newConsole(t, "Acme", steps(threeKeys()))
	k.open("passwords")
	before, _ := k.c.Size()
	k.press("P")
	k.shows("A passphrase", "52^14 = 1.057 x 10^24", "any key hides it")
	var phrase string
	for _, line := range strings.Split(k.root.View(), "\n") {
		if line = strings.TrimSpace(line); strings.Count(line, "-") >= 6 && !strings.Contains(line, " ") {
			phrase = line
		}
	}
	k.press("j")
	k.hides("A passphrase")
	if after, _ := k.c.Size(); phrase == "" || after != before || strings.Contains(k.root.View(), phrase) {
		t.Errorf("%q, %d entries before and %d after:\n%s", phrase, before, after, k.root.View())
	}
	k.press("esc")
	k.open("api-keys")
	k.press("P", "N")
	k.hides("A passphrase", "New Auth Tokens")
}

// A token that waits to be promoted is shown on demand until the next key; the
// journal has it as a hand-over, and not the token.
func TestNewTokenIsShownOnce(t *testing.T) {
	k := newConsole(t, "Acme", actions.Playbook())
	d, ctx := k.root.session.Desk, context.Background()
	r, err := d.Plan(ctx, "auth-tokens", map[string]string{"mode": "graceful", "consumers": "billing"})
	must(t, err)
	_, err = d.Apply(ctx, "auth-tokens", actions.Agreed{Digest: r.Plan.Digest}, nil)
	must(t, err)
	k.run(k.root.read())
	k.open("auth-tokens")
	k.press("N")
	k.shows("New Auth Tokens that wait to be promoted", "not shown yet")
	k.press("enter")
	k.shows("The new Auth Token of "+k.c.Header.Account, "any key hides it")
	token, err := d.NewToken(ctx, k.c.Header.Account, "test")
	must(t, err)
	k.shows(token.Reveal())
	k.press("x")
	k.hides(token.Reveal())
	k.shows("handed over")
	k.press("esc", "A")
	k.shows("billing", "1 of 1 open")
	shown := 0
	_ = k.c.Entries(0, func(e store.Entry) bool {
		if strings.Contains(string(e.Body), token.Reveal()) {
			t.Errorf("entry %d holds the token", e.N)
		}
		if strings.Contains(string(e.Body), "the console") {
			shown++
		}
		return true
	})
	if shown == 0 {
		t.Error("the journal does not say that it was shown")
	}
}
