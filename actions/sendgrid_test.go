package actions

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"retake/actions/account"
	"retake/actions/sendgrid"
	"retake/actions/sim"
	"retake/store"
)

// mailSettings contain everything on the simulated SendGrid side.
var mailSettings = []string{"mode=contain", "own_address=198.51.100.20"}

func mailBench(t *testing.T, scenario string) *bench {
	t.Helper()
	return newBench(t, sim.Options{Scenario: scenario, Calls: -1, Messages: -1})
}

// linesOf are the lines of the matrix that say a word.
func linesOf(r *Report, word string) (all []string) {
	for _, f := range r.Findings {
		if strings.HasPrefix(f.ID, "sendgrid-place/") && strings.Contains(f.Text, " "+word+" (") {
			all = append(all, f.Text)
		}
	}
	return all
}

// The intruder left one thing in every place that can be listed: each is found,
// also without any parameter.
func TestEveryPlantedThingIsFound(t *testing.T) {
	b := mailBench(t, "sendgrid").checked()
	r := b.plan(sendgridStep)
	found := strings.Join(mapped(r.Findings, func(f Finding) string {
		if f.Severity == Info {
			return ""
		}
		return f.ID
	}), "\n")
	planted := map[string]bool{sendgrid.Activity: strings.Contains(found, "sendgrid/access-activity//203.0.113.66")} // which is past
	for _, f := range b.world.Truth().Footholds {
		place, _, _ := strings.Cut(f.Label, " ")
		planted[place] = true
		if !strings.Contains(found, "sendgrid/"+place+"/") && place != sendgrid.Keys {
			t.Errorf("%s is not found", f.Label)
		}
	}
	if !strings.Contains(found, "sendgrid-key/b4ckUpRelayKeyFake0001") {
		t.Error("the key is not found")
	}
	for _, p := range sendgrid.Places() {
		if !planted[p.ID] {
			t.Errorf("nothing is planted in %s", p.ID)
		}
	}
	if len(b.world.Acts()) != 0 || !r.Plan.Empty() || r.State != store.NeedsPerson {
		t.Errorf("looking did %+v, %s", b.world.Acts(), r.State)
	}
}

// Where nobody broke in nothing is found, and what nothing tells of is asked for;
// once it is said to be ours every place is clean.
func TestCleanSendGrid(t *testing.T) {
	for scenario, allow := range map[string]string{"clean": "", "leaked-token": "allow=Web shop mailer,harbour-news mailer,harbour-eu mailer"} {
		b := mailBench(t, scenario).checked()
		r := b.plan(sendgridStep, cmp.Or(allow, "mode=look"))
		for _, f := range r.Findings {
			if f.Severity != Info {
				t.Errorf("%s: %s %s", scenario, f.Severity, f.Text)
			}
		}
		want := map[bool]int{true: 1, false: 0}[allow == ""] // the keys, of which nothing tells whose they are
		if c, n, u, ok := linesOf(r, "changed"), linesOf(r, "cannot see"), linesOf(r, "unknown"), linesOf(r, "clean"); len(c)+len(n) != 0 || len(u) != want || len(ok) != len(sendgrid.Places())-want {
			t.Errorf("%s: %q %q %q, %d clean", scenario, c, n, u, len(ok))
		}
	}
}

// Containing takes everything away, is proved by reading, and finds nothing to do
// after that; restoring brings back the values of before.
func TestContainAndRestoreSendGrid(t *testing.T) {
	t.Parallel()
	b := mailBench(t, "sendgrid").checked()
	before := b.mailState()
	r := b.apply(sendgridStep, mailSettings...)
	for _, o := range r.Outcomes {
		if o.Outcome != store.Made || o.Proof == "" {
			t.Errorf("%+v", o)
		}
	}
	for _, f := range b.world.Truth().Footholds {
		if f.There != f.ByHand {
			t.Errorf("%s: there %v, by hand %v", f.Label, f.There, f.ByHand)
		}
	}
	if again := b.plan(sendgridStep, mailSettings...); !again.Plan.Empty() {
		t.Errorf("something is left: %+v", again.Plan.Changes)
	}
	b.apply(sendgridStep, "mode=restore")
	after := b.mailState()
	for _, p := range sendgrid.Places() {
		was, is := before[p.ID], after[p.ID]
		if p.Remedy == sendgrid.Remove {
			continue
		}
		if !slices.Equal(was, is) {
			t.Errorf("%s was %v and is %v", p.ID, was, is)
		}
	}
	if again := b.plan(sendgridStep, "mode=restore"); !again.Plan.Empty() {
		t.Errorf("something is left to restore: %+v", again.Plan.Changes)
	}
	if again := b.plan(sendgridStep, mailSettings...); again.Plan.Empty() {
		t.Error("after restoring nothing is strange any more")
	}
	b.holdsNoSecret()
	b.proveJournal()
	b.verify()
}

// holdsNoSecret looks for every secret of the account in all that was filed.
func (b *bench) holdsNoSecret() {
	b.t.Helper()
	secrets := append(b.world.Secrets(), b.opening.SendGrid)
	err := b.c.Entries(0, func(e store.Entry) bool {
		all := string(e.Body)
		if e.Kind == store.KindExhibit {
			body, err := b.c.ExhibitBody(e.N)
			if err != nil {
				b.t.Fatal(err)
			}
			all += string(body)
		}
		for _, secret := range secrets {
			if strings.Contains(all, secret) {
				b.t.Errorf("entry %d (%s) holds a secret", e.N, e.Kind)
			}
		}
		return true
	})
	if err != nil || !slices.ContainsFunc(secrets, func(s string) bool { return strings.HasPrefix(s, "fakeInvite") }) {
		b.t.Errorf("%v: the invitation is not looked for", err)
	}
}

// Too little of the time before, or a key that sends the usual mail too: nobody
// is blamed.
func TestNoKeyIsBlamedInHaste(t *testing.T) {
	b := mailBench(t, "sendgrid")
	r := b.plan(sendgridStep, "mode=contain", "requests=1")
	wantTexts(t, r, "too little of the time before was read", "requests=4")
	if slices.ContainsFunc(r.Plan.Changes, func(c Change) bool { return strings.HasPrefix(c.Object, sendgrid.Keys) }) {
		t.Error("a key is to be deleted")
	}
	s, key := &mailSurvey{guilty: map[string]string{}}, sendgrid.Origin{Key: "K", IP: "192.0.2.1"}
	c := &mailClock{s: &mailSurvey{r: &Run{desk: &Desk{mails: mailMemory{origins: map[string]sendgrid.Origin{"m": key}}}}}}
	if text := s.blame(t.Context(), c, key, mailKind{}, mailPast{"x": "m"}); !strings.Contains(text, "also sends your usual mail") || len(s.guilty) != 0 {
		t.Errorf("%s %v", text, s.guilty)
	}
	if text := s.blame(t.Context(), c, sendgrid.Origin{Key: "L"}, mailKind{}, mailPast{"x": "m"}); strings.Contains(text, "usual") || s.guilty["L"] == "" {
		t.Errorf("%s %v", text, s.guilty)
	}
}

// mailState is what the places of the account hold, as far as it can be put back.
func (b *bench) mailState() map[string][]string {
	b.t.Helper()
	l, err := b.wire.Line(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	client, err := sendgrid.New(l, account.NewSecret(b.opening.SendGrid), b.opening.AccountSID)
	if err != nil {
		b.t.Fatal(err)
	}
	all := map[string][]string{}
	for _, p := range sendgrid.Places() {
		list, err := client.On(b.t.Context(), unrecorded{}).List(p, sendgrid.Subuser{})
		if err != nil {
			b.t.Fatal(err)
		}
		for _, r := range list {
			all[p.ID] = append(all[p.ID], mailLine(p, r))
		}
		slices.Sort(all[p.ID])
	}
	return all
}

func mailLine(p sendgrid.Place, r sendgrid.Record) string {
	line := fmt.Sprint(p.Works(r), sendgrid.ActiveIn(p.State(r)))
	for _, name := range p.Sends {
		line += " " + fmt.Sprint(r.Value(name))
	}
	return line
}

// Nobody is locked out: without own addresses the list stays, and the key in use
// goes only when it is said to.
func TestNobodyIsLockedOutOfSendGrid(t *testing.T) {
	b := mailBench(t, "sendgrid")
	r := b.plan(sendgridStep, "mode=contain", "keep=nothing")
	for _, c := range r.Plan.Changes {
		if strings.HasPrefix(c.Object, sendgrid.AllowList) || strings.Contains(c.Object, strings.Split(b.opening.SendGrid, ".")[1]) {
			t.Errorf("planned: %s %s", c.Verb, c.Target)
		}
	}
	wantTexts(t, r, "could lock you out")
	b.sit()
	r = b.apply(sendgridStep, "mode=contain", "keep=nothing", "own_address=192.0.2.44,198.51.100.20", "own_key=delete")
	last := r.Outcomes[len(r.Outcomes)-1]
	if !strings.Contains(last.Change, strings.Split(b.opening.SendGrid, ".")[1]) || last.Outcome != store.Made || !strings.Contains(last.Proof, "401") {
		t.Errorf("%+v", last)
	}
	if i := slices.IndexFunc(r.Outcomes, func(o Outcome) bool { return o.Verb == "admit" }); i != 0 || r.Outcomes[i].Outcome != store.Made {
		t.Errorf("our own address is change %d", i)
	}
	b.proveJournal()
}

// What a key may not read, and what no key was given for, is said and never green.
func TestSendGridUnseen(t *testing.T) {
	b := mailBench(t, "sendgrid")
	b.opening.SendGrid = ""
	b.sit()
	r := b.plan(sendgridStep)
	wantTexts(t, r, "SENDGRID_API_KEY is not set", "payment methods")
	if r.State != store.NeedsPerson || !r.Plan.Empty() {
		t.Errorf("%s", r.State)
	}
	if err := b.desk.Attest(sendgridStep, store.Attestation{Note: "done by hand"}); err != nil {
		t.Error(err)
	}
	b = newBench(t, sim.Options{Scenario: "sendgrid", Calls: -1, Messages: -1, Switches: sim.Switches{EmailActivity: "none"}}).checked()
	wantTexts(t, b.plan(sendgridStep), "paid add-on", "more than 3 times as many")
	b.opening.SendGrid = "SG.wrong.key"
	b.sit()
	if _, err := b.desk.Plan(t.Context(), sendgridStep, nil); err == nil || !strings.Contains(store.HintOf(err), "401") {
		t.Errorf("%v: %s", err, store.HintOf(err))
	}
}

// A lost or spoilt reply is settled by reading, and nothing is done twice.
func TestSendGridFaults(t *testing.T) {
	for name, fault := range faults {
		for _, method := range []string{http.MethodDelete, http.MethodPatch, http.MethodPost} {
			t.Run(name+" "+method, func(t *testing.T) {
				t.Parallel()
				var spoiled atomic.Bool
				b := newBench(t, sim.Options{Scenario: "sendgrid", Calls: -1, Messages: -1, Faults: func(r *http.Request, _ int) sim.Fault {
					if r.Method == method && strings.Contains(r.URL.Host, "sendgrid") && spoiled.CompareAndSwap(false, true) {
						return fault
					}
					return sim.NoFault
				}})
				set := []string{"mode=contain", "own_address=192.0.2.44"}
				goOn(b, sendgridStep, set...)
				if !spoiled.Load() {
					t.Error("nothing was spoilt")
				}
				for _, f := range b.world.Truth().Footholds {
					if f.There != f.ByHand {
						t.Errorf("%s: there %v", f.Label, f.There)
					}
				}
				b.proveJournal()
			})
		}
	}
}

// A place whose scope the key lacks is not asked for: it cannot be seen, and is
// never clean.
func TestSendGridScopeIsMissing(t *testing.T) {
	b := mailBench(t, "clean")
	r, err := b.desk.run(t.Context(), sendgridStep, nil, b.desk.line.ReadOnly())
	if err != nil {
		t.Fatal(err)
	}
	client, err := r.mailClient()
	if err != nil {
		t.Fatal(err)
	}
	place, _ := sendgrid.PlaceOf(sendgrid.Keys)
	s := newMailSurvey(r, client)
	s.scopes = []string{"mail.send"}
	s.rows = []*mailRow{{Place: place}}
	if err := s.readRow(t.Context(), s.rows[0]); err != nil || s.rows[0].state() != "cannot see" || len(s.rows[0].exhibits) != 0 {
		t.Errorf("%v %+v", err, s.rows[0])
	}
	if text := s.stands(); !strings.Contains(text, "1 cannot be seen") {
		t.Error(text)
	}
	if err := s.subjects(t.Context()); err != nil {
		t.Error(err)
	}
	wantTexts(t, r.report, "lacks the scope api_keys.read", "lacks the scope email_activity.read")
}

// What a rule takes for an address, and whose it is.
func TestWhatIsHome(t *testing.T) {
	s := &mailSurvey{r: &Run{Params: Params{"own_address": "192.0.2.44"}}, home: []string{"acme.example.com", "me@gmail.com", "198.51.100.0/24"}}
	for value, want := range map[string]string{
		"x@acme.example.com": "", "https://a.acme.example.com/x?y": "", "me@gmail.com": "", "you@gmail.com": "you@gmail.com", "acme.example.com.evil.net": "acme.example.com.evil.net",
		"https://acme.example.com@evil.net/": "evil.net", "http://198.51.100.7/x": "", "http://203.0.113.9/": "203.0.113.9", "<a href='https://EVIL.net'>x</a> care@acme.example.com": "evil.net",
		"notacme.example.com": "notacme.example.com", "words only": "",
	} {
		far, _ := s.leads(&mailRow{Place: sendgrid.Place{Marks: []string{"v"}}}, sendgrid.Record{Shown: map[string]any{"v": value}})
		if far != want {
			t.Errorf("%q leads to %q, want %q", value, far, want)
		}
	}
}

// The debrief of the story counts what is left, and when his mail stopped.
func TestDebriefOfSendGrid(t *testing.T) {
	x := newDrill(t, "sendgrid", sim.Switches{})
	if d := x.debrief(); d.BreakIn.IsZero() || !d.Stopped.IsZero() || len(d.Missed()) < 20 {
		t.Errorf("%+v", d)
	}
	x.passed.Store(int64(5 * time.Minute))
	x.apply(sendgridStep, mailSettings...)
	d := x.debrief()
	if d.Stopped.Before(d.Began.Add(5*time.Minute)) || len(d.Missed()) != 3 || d.FalseAlarm() {
		t.Errorf("stopped %s, missed %+v", d.Stopped, d.Missed())
	}
	for _, f := range d.Footholds {
		if f.Found.IsZero() {
			t.Errorf("%s is named nowhere", f.What)
		}
	}
	if err := x.desk.Attest(sendgridStep, store.Attestation{Note: "looked at", Checks: []string{"settings"}}); err != nil {
		t.Fatal(err)
	}
	if d := x.debrief(); len(d.Missed()) != 0 {
		t.Errorf("after the attestation: %+v", d.Missed())
	}
}
