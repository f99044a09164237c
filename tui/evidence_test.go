package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"retake/store"
)

// filing is an exhibit of a list, asked for in the fixed night.
func filing(account, list string, records ...string) store.Exhibit {
	path := map[string]string{"messages": "Messages", "keys": "Keys", "calls": "Calls"}[list]
	return store.Exhibit{
		Step: "triage", At: night.Add(-time.Minute), As: mainSID, Account: account, Method: "GET", Status: 200, RequestID: "RQ0123", Attempts: 1, List: list,
		URL:  "https://api.twilio.com/2010-04-01/Accounts/" + account + "/" + path + ".json?PageSize=1000",
		Body: []byte(`{"` + list + `":[` + strings.Join(records, ",") + `],"page":0}`),
	}
}

func message(n int, at time.Time, body string) string {
	return fmt.Sprintf(`{"sid":"SM%032d","from":"+15005550006","to":"+1500555%04d","status":"delivered","body":%q,"date_created":%q}`, n, n, body, at.Format(time.RFC1123Z))
}

// filed puts exhibits into the case and returns the number of the last.
func filed(k *console, all ...store.Exhibit) (n int64) {
	k.t.Helper()
	for _, x := range all {
		var err error
		n, err = k.c.AddExhibit(x)
		must(k.t, err)
	}
	return n
}

// someEvidence is what a reading of two accounts leaves in the case.
func someEvidence(k *console) {
	var texts []string
	for n := range 30 {
		texts = append(texts, message(n, night.Add(time.Duration(n-40)*time.Minute), "Your parcel is waiting: hxxps://parcel.example/"+fmt.Sprint(n)))
	}
	filed(k, filing(mainSID, "messages", texts...),
		filing(subSID, "messages", message(77, night.AddDate(-1, 0, 0), "last year")),
		filing(subSID, "keys", `{"sid":"SK00000000000000000000000000000001","friendly_name":"deploy","date_created":"Sun, 01 Mar 2026 02:20:00 +0000"}`),
		store.Exhibit{Step: "triage", At: night, As: mainSID, Account: mainSID, Method: "GET", Status: 200, Attempts: 1, URL: "https://api.twilio.com/2010-04-01/Accounts/" + mainSID + "/Balance.json", Body: []byte(`{"balance":"12.50","currency":"USD"}`)})
}

func withEvidence(names ...string) func(k *console) {
	return func(k *console) {
		someEvidence(k)
		k.press("E")
		k.press(names...)
	}
}

// evidenceScenes are the evidence screens in the states that a responder meets.
var evidenceScenes = []scene{
	{name: "evidence", play: withEvidence()},
	{name: "evidence-none", play: func(k *console) { k.press("E") }},
	{name: "evidence-oldest", play: withEvidence("g")},
	{name: "evidence-kind", play: withEvidence("t", "t")},
	{name: "evidence-found", play: func(k *console) {
		withEvidence("a", "/")(k)
		k.typed("example/1")
		k.press("enter")
	}},
	{name: "evidence-nothing-fits", play: func(k *console) {
		withEvidence("/")(k)
		k.typed("no such words")
		k.press("enter")
	}},
	{name: "evidence-filter", play: withEvidence("f")},
	{name: "evidence-filter-wrong", play: func(k *console) {
		withEvidence("f", " ", "down", " ", "down")(k)
		k.typed("yesterday")
	}},
	{name: "record", play: withEvidence("up", "enter")},
	{name: "record-proof", play: func(k *console) {
		must(k.t, k.c.Unlock("training"))
		someEvidence(k)
		must(k.t, k.c.Checkpoint("end of run"))
		k.press("E", "g", "enter")
	}},
	{name: "record-no-list", play: withEvidence("enter")},
}

func TestGoldensOfEvidence(t *testing.T) {
	for _, s := range evidenceScenes {
		t.Run(s.name, func(t *testing.T) {
			k := playScene(t, s)
			view := k.root.View()
			if s.name == "record" { // the rest of the page has salts, which are made by chance
				k.hides("NOT PROVED")
			}
			golden(t, s.name, view)
		})
	}
}

func TestEvidenceOfWideAndSmallWindows(t *testing.T) {
	k := playScene(t, evidenceScenes[0])
	k.size(140, 30)
	golden(t, "wide-evidence", k.root.View())
	k.size(40, 12)
	golden(t, "small-evidence", k.root.View())
}

// evidenceOf is the evidence screen that is open.
func evidenceOf(t testing.TB, k *console) *evidence {
	t.Helper()
	e, is := k.root.top().(*evidence)
	if !is {
		t.Fatalf("on top is %T", k.root.top())
	}
	return e
}

func TestRecordIsProvedNotSignedOrNotProved(t *testing.T) {
	k := newConsole(t, "Harbour Parcel", steps(threeKeys()))
	must(t, k.c.Unlock("training"))
	someEvidence(k)
	k.press("E", "g", "enter")
	k.shows("not signed yet: the next checkpoint covers it", "+15005550006 -> +15005550000, delivered", "request ID RQ0123", "step triage")
	must(t, k.c.Checkpoint("end of run"))
	k.press("esc", "enter")
	k.shows("proved: it is record 0 of what was filed as exhibit")
	k.hides("NOT PROVED")
	k.press("G")
	k.shows("the root in the checkpoint over the first", "retake.case/", "--json prints it whole")
	p := &page{w: 80}
	proof, err := k.c.Prove(evidenceOf(t, backOf(k)).index[0].n, 0)
	must(t, err)
	proof.Record = []byte("{}")
	verdict(p, proof, proof.Check(k.c.Header.PublicKey))
	if text := p.rows[0][0].text.String(); !strings.HasPrefix(text, "NOT PROVED: the record") {
		t.Errorf("of a changed record it is said: %s", text)
	}
	if text := recordRows(k.c, 9999, 0, 80)[1][0].text.String(); !strings.HasPrefix(text, "NOT PROVED: cannot prove") {
		t.Errorf("of no record it is said: %s", text)
	}
}

func backOf(k *console) *console { k.press("esc"); return k }

// TestHostileEvidence puts hostile text into every place of a record.
func TestHostileEvidence(t *testing.T) {
	k := newConsole(t, "Harbour Parcel", steps(threeKeys()))
	quoted := func(s string) string {
		var b strings.Builder
		for _, r := range s {
			fmt.Fprintf(&b, `\u%04x`, r&0xffff)
		}
		return `"` + b.String() + `"`
	}
	raw := `"a` + "\u009b31m\u202Etxt\u2066\u200b\ufeff\x7f\U000e0041 end" + `"`
	for _, text := range []string{quoted(hostile), raw} {
		filed(k, filing(hostile, "messages", `{"sid":`+text+`,"from":`+text+`,"body":`+text+`,`+text+`:`+text+`,"date_created":`+text+`}`),
			filing(mainSID, "keys", `{"sid":"SK1","friendly_name":`+text+`}`, `{`+text+`:{`+text+`:1}}`, text))
	}
	filed(k, store.Exhibit{Method: hostile, URL: "https://x/" + hostile, RequestID: hostile, Step: hostile, As: hostile, Problem: hostile, Body: []byte(hostile)})
	k.press("E")
	for range evidenceOf(t, k).total {
		for _, size := range [][2]int{{80, 24}, {200, 60}, {24, 8}} {
			k.size(size[0], size[1])
			harmless(t, "list", k.root.View())
			k.press("enter")
			harmless(t, "record", k.root.View())
			k.press("G")
			harmless(t, "proof", k.root.View())
			k.press("esc")
		}
		k.press("up")
	}
	k.press("a", "a", "f")
	harmless(t, "form", k.root.View())
	k.press("down", "down", "down", "down")
	k.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(hostile), Paste: true})
	harmless(t, "form", k.root.View())
	k.press("enter")
	harmless(t, "filtered", k.root.View())
}

func TestEvidenceFits(t *testing.T) {
	for _, s := range evidenceScenes {
		k := playScene(t, s)
		for _, w := range []int{20, 33, 34, 40, 59, 60, 80, 99, 100, 140, 200} {
			for _, h := range []int{6, 7, 9, 12, 15, 24, 60} {
				k.size(w, h)
				fits(t, s.name, k.root.View(), w, h)
			}
		}
		for _, odd := range [][2]int{{0, 0}, {1, 1}, {3, 2}, {10, 3}, {500, 4}, {2, 200}} {
			k.size(odd[0], odd[1])
			fits(t, s.name, k.root.View(), odd[0], odd[1])
		}
	}
}
