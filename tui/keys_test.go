package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"retake/actions"
	"retake/store"
)

func cells(s string) int { return ansi.StringWidth(s) }

func TestBurstOfKeysIsSplit(t *testing.T) {
	k := newConsole(t, "Harbour Parcel", steps(threeKeys()))
	k.press("g")
	k.typed("jj")
	if b := k.root.top().(*board); b.cursor != 2 {
		t.Fatalf("after jj the cursor stands on %d", b.cursor)
	}
	k.typed("jkj j")
	if b := k.root.top().(*board); b.cursor <= 2 {
		t.Fatalf("a space in a burst was lost: the cursor stands on %d", b.cursor)
	}
}

func TestConfirmation(t *testing.T) {
	k := newConsole(t, "Harbour Parcel", steps(threeKeys()))
	k.open("api-keys")
	k.press("p", "a")
	k.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("51c9dc"), Paste: true})
	k.shows("A paste is not taken here")
	k.press("enter")
	k.shows("Nothing was typed. Nothing was done.")
	k.typed("51c9dd")
	k.press("enter")
	k.shows(`"51c9dd" is not how`, "Nothing was done")
	acts, err := k.c.Acts("")
	must(t, err)
	if len(acts) != 0 {
		t.Fatalf("%d acts without an agreement", len(acts))
	}
	k.typed("51c9dc")
	k.press("enter")
	k.shows("? proved, 1 not seen", "3 made")
	acts, err = k.c.Acts("")
	must(t, err)
	if len(acts) != 3 {
		t.Fatalf("%d acts, want 3", len(acts))
	}
}

// A plan that contacts hosts is agreed to by typing the name of each.
func TestConfirmationOfHosts(t *testing.T) {
	k := newConsole(t, "Harbour Parcel", steps(ownHosts()))
	k.open("api-keys")
	k.press("p", "a")
	k.shows("Is shop.example.com yours (1 of 2)?")
	k.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("shop.example.com"), Paste: true})
	k.press("enter")
	k.shows("Nothing was typed")
	for _, wrong := range []string{"51c9dc", "www.example.com", "shop.example.co"} {
		k.typed(wrong)
		k.press("enter")
		k.shows("is not shop.example.com. Nothing was contacted")
	}
	k.typed("Shop.example.com")
	k.press("enter")
	k.shows("Is www.example.com yours (2 of 2)?")
	acts, err := k.c.Acts("")
	must(t, err)
	if len(acts) != 0 {
		t.Fatalf("%d acts without an agreement", len(acts))
	}
	k.typed("www.example.com")
	k.press("enter")
	acts, err = k.c.Acts("")
	must(t, err)
	if len(acts) != 2 {
		t.Fatalf("%d acts, want 2", len(acts))
	}
}

// TestDisabledKeysSayWhy presses every key of a step where it cannot do
// anything.
func TestDisabledKeysSayWhy(t *testing.T) {
	k := newConsole(t, "Harbour Parcel", steps(threeKeys()))
	says := func(key, why string) {
		t.Helper()
		k.press(key)
		k.shows(why)
	}
	says("p", "open the step first")
	says("s", "nothing is being done that could be stopped")
	says("esc", "q leaves")
	k.open("passwords")
	says("p", "Retake cannot do this step")
	says("a", "Retake cannot do this step")
	says("c", "Retake cannot do this step")
	says("e", "this step has no parameters")
	says("q", "q leaves from the board")
	k.press("esc")
	k.open("api-keys")
	says("a", "there is no plan to agree to")
	says("c", "no agreed plan is waiting to be continued")
	running(k, carrying, halfway())
	says("p", "this step is being worked on")
	says("A", "this step is being worked on")
	says("e", "this step is being worked on")
	k.press("esc")
	k.open("passwords")
	says("A", "api-keys is being worked on")
	k.press("esc")
	k.root.job = nil
	k.run(k.root.tellAll(jobSeen{}))
	k.open("api-keys")
	k.press("p")
	k.agree()
	says("a", "this plan was carried out already")
	k.press("p")
	k.press("e", " ", "enter")
	says("a", "the parameters were changed after this plan was made")
}

func TestInterruptedPlanIsContinued(t *testing.T) {
	k := newConsole(t, "Harbour Parcel", steps(threeKeys()))
	interrupted(k)
	k.shows("> interrupted")
	k.open("api-keys")
	k.shows("An agreed plan is not finished. Press c", "c continue")
	k.press("a")
	k.shows("this plan was agreed to and is not finished: press c")
	k.press("A")
	k.shows("an agreed plan of this step is not finished")
	k.press("c")
	k.shows("? proved, 1 not seen")
}

func TestLeaving(t *testing.T) {
	k := newConsole(t, "Harbour Parcel", steps(threeKeys()))
	stopped := false
	start := func() {
		running(k, carrying, halfway())
		k.root.job.cancel = func() { stopped = true }
	}
	start()
	k.press("q")
	if k.quit || !stopped {
		t.Fatalf("the first q: left %v, stopped %v", k.quit, stopped)
	}
	k.shows("Stopping", "esc stays", "ctrl+c leaves at once")
	k.press("esc")
	k.shows("you stay")
	k.send(worked{order: order{task: carrying, step: "api-keys"}})
	if k.quit {
		t.Fatal("left although the responder stayed")
	}
	start()
	k.press("ctrl+c")
	k.send(worked{order: order{task: carrying, step: "api-keys"}})
	if !k.quit || k.root.cutOff {
		t.Fatalf("after the work had ended: left %v, cut off %v", k.quit, k.root.cutOff)
	}
	k.quit, k.root.leaving = false, false
	start()
	k.press("ctrl+c", "ctrl+c")
	if !k.quit || !k.root.cutOff {
		t.Fatalf("the second ctrl+c: left %v, cut off %v", k.quit, k.root.cutOff)
	}
	k.root.job = nil
}

// TestHostileText puts hostile text wherever an account, a person or an error
// can put text, and looks at every scene.
func TestHostileText(t *testing.T) {
	for _, s := range scenes {
		w := threeKeys()
		if s.work != nil {
			w = s.work()
		}
		poison(w)
		k := newConsole(t, hostile, steps(w))
		k.c.By = hostile
		must(t, k.c.AddNote("api-keys", hostile))
		_, err := k.c.AddExhibit(store.Exhibit{Method: "GET", URL: "https://x/" + hostile, Problem: hostile, Body: []byte(hostile)})
		must(t, err)
		s.play(k)
		harmless(t, s.name, k.root.View())
		k.size(200, 60)
		harmless(t, s.name, k.root.View())
		k.press("J", "enter")
		harmless(t, s.name+" entry", k.root.View())
		k.root.job = nil
	}
	s := newStart(asciiTheme(), []CaseFile{{hostile, hostile, hostile, hostile}}, []Scenario{{hostile, hostile, hostile}}, hostile)
	harmless(t, "start", s.View())
	s.Update(keyOf("enter"))
	s.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(hostile), Paste: true})
	harmless(t, "start form", s.View())
}

func poison(w *scripted) {
	for n := range w.plan.Changes {
		c := &w.plan.Changes[n]
		c.Name, c.Target = hostile, c.Target+hostile
	}
	w.plan.Breaks = append(w.plan.Breaks, hostile)
	for n := range w.plan.Orders {
		w.plan.Orders[n].Predicate += hostile
	}
	for n := range w.findings {
		w.findings[n].Text += hostile
	}
	w.unseen = append(w.unseen, store.Coverage{Account: hostile, Source: hostile, Why: hostile})
	w.verdict.Why += hostile
	for id, o := range w.outcomes {
		o.Proof, o.Problem = o.Proof+hostile, o.Problem+hostile
		w.outcomes[id] = o
	}
	if w.fail != nil {
		w.fail = fmt.Errorf("%w %s", w.fail, hostile)
	}
}

func TestResizeInTheMiddle(t *testing.T) {
	k := newConsole(t, "Harbour Parcel", steps(threeKeys()))
	k.open("api-keys")
	k.press("p", "a")
	k.typed("51c")
	k.size(40, 10)
	k.shows("> 51c_")
	k.size(140, 40)
	k.typed("9dc")
	k.shows("> 51c9dc_", "What will break")
	k.press("enter")
	k.shows("? proved, 1 not seen")
}

// TestLongPlan opens a plan of many changes: only what is in sight is drawn.
func TestLongPlan(t *testing.T) {
	w := threeKeys()
	w.plan.Changes = nil
	for n := range 5000 {
		w.plan.Changes = append(w.plan.Changes, actions.Change{ID: fmt.Sprint(n), Account: fmt.Sprintf("AC%032d", n%700), Name: "Sub", Verb: "delete", Target: fmt.Sprintf("API key %d", n), Stage: 1})
		w.plan.Breaks = append(w.plan.Breaks, fmt.Sprintf("number %d breaks", n))
	}
	k := newConsole(t, "Harbour Parcel", steps(w))
	k.open("api-keys")
	k.press("p")
	k.shows("Plan (5000)", "What will break: 5004", "4992 more of this kind")
	k.press("G")
	k.shows("-- end,", "number 4999 breaks")
	k.press("a")
	k.shows("5000 changes on 700 accounts", "and 688 accounts more")
	fits(t, "long plan", k.root.View(), 80, 24)
}

func TestTypingShowsNoSecret(t *testing.T) {
	s := newStart(asciiTheme(), nil, nil, "")
	type_ := func(text string) { s.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(text)}) }
	s.Update(keyOf("enter"))
	answers := []string{mainSID, "0123456789abcdef0123456789abcdef", "ada", "correct horse", "correct horse"}
	for n, a := range answers {
		type_(a)
		if n > 0 && n != 2 && strings.Contains(s.View(), a) {
			t.Fatalf("the screen shows a secret:\n%s", s.View())
		}
		s.Update(keyOf("enter"))
	}
	want := Choice{Kind: "new", AccountSID: mainSID, AuthToken: answers[1], Responder: "ada", Passphrase: "correct horse"}
	if s.choice != want {
		t.Errorf("chose %+v", s.choice)
	}
}

// TestFastKeysMeetTheNextScreen types on before a command could have run: no
// key may reach the screen that the key before it left.
func TestFastKeysMeetTheNextScreen(t *testing.T) {
	k := newConsole(t, "Harbour Parcel", steps(threeKeys()))
	for _, name := range []string{"j", "j", "enter", "e"} {
		k.root.Update(keyOf(name))
	}
	if p, there := k.root.top().(*paramsScreen); !there || p.step.ID != "api-keys" {
		t.Fatalf("enter, e led to %T", k.root.top())
	}
	k.root.Update(keyOf("esc"))
	k.typed("Ax")
	if _, there := k.root.top().(*attest); !there {
		t.Fatalf("esc, A led to %T", k.root.top())
	}
}
