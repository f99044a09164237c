package actions

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"retake/actions/account"
	"retake/actions/hideouts"
	"retake/actions/sim"
	"retake/store"
)

// foundBy are the findings that something is changed or unknown.
func foundBy(r *Report) []Finding {
	var all []Finding
	for _, f := range r.Findings {
		if strings.HasPrefix(f.ID, string(hideouts.Changed)+"/") || strings.HasPrefix(f.ID, string(hideouts.Unknown)+"/") {
			all = append(all, f)
		}
	}
	return all
}

// names tells whether a finding is about a foothold.
func (f Finding) names(h sim.Foothold) bool {
	return f.Account == h.Account && (strings.HasSuffix(f.ID, "/"+h.Mark) || strings.Contains(f.ID, "/"+h.Mark+"/AC"))
}

// Everything that the intruder planted is found, and nothing else is.
func TestSweepFindsEverythingPlanted(t *testing.T) {
	t.Parallel()
	b := newBench(t, sim.Options{}).checked()
	r := b.plan("sweep")
	planted, named := 0, map[string]bool{}
	for _, h := range b.world.Truth().Footholds {
		if h.Kind != sim.Planted && h.Kind != sim.Application {
			continue
		}
		planted++
		hit := false
		for _, f := range foundBy(r) {
			if f.names(h) {
				hit, named[f.ID] = true, true
			}
		}
		if !hit {
			t.Errorf("not found: %+v", h)
		}
	}
	for _, f := range foundBy(r) {
		if !named[f.ID] || len(f.Exhibits) == 0 {
			t.Errorf("found, and not planted or without an exhibit: %+v", f)
		}
	}
	if planted < 79 {
		t.Errorf("only %d things were planted", planted)
	}
	if r.Sweep == nil || r.Sweep.Count(hideouts.Changed) < 30 || r.Sweep.Count(hideouts.Clean) < 50 {
		t.Errorf("%+v", r.Sweep)
	}
}

// Where nobody broke in nothing is found.
func TestSweepOfTheCleanCompany(t *testing.T) {
	t.Parallel()
	b := newBench(t, sim.Options{Scenario: "clean"}).checked()
	r := b.plan("sweep", "mode=contain")
	for _, f := range foundBy(r) {
		t.Errorf("%s %s", f.ID, f.Text)
	}
	if !r.Plan.Empty() || r.Sweep.Count(hideouts.Changed)+r.Sweep.Count(hideouts.Unknown) != 0 || r.Sweep.Count(hideouts.Clean) < 50 {
		t.Errorf("%+v", r.Plan.Changes)
	}
}

// Whatever form webhooks.twilio.com answers in, its rules are found; where there
// is no such place that is said.
func TestSweepOfWebhooksInAnyForm(t *testing.T) {
	for _, form := range []string{"meta", "data", "absent"} {
		b := newBench(t, sim.Options{Switches: sim.Switches{Webhooks: form}})
		r := b.plan("sweep", "accounts="+b.opening.AccountSID, "places=webhook-rules,webhook-shared-keys,webhook-auth-profiles")
		if form == "absent" {
			if len(foundBy(r)) != 0 || len(r.Unseen) == 0 || r.Sweep.Count(hideouts.Unseen) != 3 || r.Sweep.Count(hideouts.Clean) != 0 {
				t.Errorf("%+v %+v", r.Findings, r.Unseen)
			}
			continue
		}
		if len(foundBy(r)) != 3 || r.Sweep.Count(hideouts.Changed) != 3 {
			t.Errorf("%s: %+v", form, foundBy(r))
		}
	}
}

// Somebody who moves a record after the plan was read is not overwritten, and the
// other changes go on.
func TestSweepLeavesWhatMoved(t *testing.T) {
	b := newBench(t, sim.Options{})
	set := []string{"mode=contain", "accounts=" + b.opening.AccountSID, "places=numbers,applications,sip-credentials"}
	p := b.plan("sweep", set...)
	for _, c := range p.Plan.Changes {
		if strings.HasPrefix(c.ID, "clear/applications") {
			b.post(c.Account, http.MethodPost, "https://api.twilio.com/2010-04-01/Accounts/"+c.Account+"/Applications/"+c.Object+".json", url.Values{"VoiceUrl": {"https://third.example.org/"}})
		}
	}
	r, err := b.desk.Apply(context.Background(), "sweep", Agreed{Digest: p.Plan.Digest}, nil)
	if err != nil {
		t.Fatal(err)
	}
	results := map[store.Result]int{}
	for _, o := range r.Outcomes {
		results[o.Outcome]++
	}
	if results[store.Stale] != 1 || results[store.Made] != len(p.Plan.Changes)-1 || len(p.Plan.Changes) != 3 {
		t.Errorf("%v of %d: %+v", results, len(p.Plan.Changes), r.Outcomes)
	}
}

// What somebody deleted since the incident began is told, and what we deleted is
// not.
func TestSweepTellsWhatIsGone(t *testing.T) {
	b := newBench(t, sim.Options{})
	set := []string{"accounts=" + b.opening.AccountSID, "places=sip-domains,sip-credentials"}
	var domain string
	for _, e := range b.world.Truth().Footholds {
		if strings.HasPrefix(e.Label, "sip-domains ") {
			domain = e.Mark
		}
	}
	b.post(b.opening.AccountSID, http.MethodDelete, "https://api.twilio.com/2010-04-01/Accounts/"+b.opening.AccountSID+"/SIP/Domains/"+domain+".json", nil)
	b.apply("sweep", append(set, "mode=contain")...)
	var gone []string
	for _, f := range b.plan("sweep", set...).Findings {
		if id, is := strings.CutPrefix(f.ID, "gone/"+b.opening.AccountSID+"/"); is {
			gone = append(gone, id)
		}
	}
	if !slices.Equal(gone, []string{domain}) {
		t.Errorf("%v is told to be gone, want %s", gone, domain)
	}
}

// Nothing secret of what was read is in the case: values of variables, addresses
// with a password.
func TestSweepMasksVariables(t *testing.T) {
	b := newBench(t, sim.Options{})
	b.plan("sweep", "accounts="+b.opening.AccountSID, "places=functions-variables")
	variables := 0
	_ = b.c.Entries(0, func(e store.Entry) bool {
		if e.Kind != store.KindExhibit {
			return true
		}
		body, err := b.c.ExhibitBody(e.N)
		if err != nil {
			t.Fatal(err)
		}
		variables += bytes.Count(body, []byte(`"key":"SHOP_API_KEY"`))
		for _, secret := range b.world.Secrets() {
			if bytes.Contains(body, []byte(secret)) {
				t.Errorf("exhibit %d holds a secret: %.6s…", e.N, secret)
			}
		}
		return true
	})
	if variables == 0 { // the company's own
		t.Error("no variable was read")
	}
}

// Of many conversations the newest are looked into, and how many are not is said:
// what hides in an old one is not found, and is not called clean either.
func TestSweepOfManyConversations(t *testing.T) {
	for n, says := range map[int]string{
		120:  "of 120 conversations of the default service only 50 were looked into",
		1100: "of the first 1000 conversations of the default service only 50 were looked into, what changed last first; there are more",
	} {
		var asked atomic.Int64
		b := newBench(t, sim.Options{Switches: sim.Switches{Conversations: n}, Faults: func(r *http.Request, _ int) sim.Fault {
			if strings.HasPrefix(r.URL.Path, "/v1/Conversations") {
				asked.Add(1)
			}
			return sim.NoFault
		}})
		r := b.plan("sweep", "accounts="+b.opening.AccountSID, "places=conversation-webhooks,service-conversation-webhooks")
		if got := foundBy(r); len(got) != 1 || !strings.Contains(got[0].ID, "/service-conversation-webhooks/") {
			t.Errorf("%+v", got)
		}
		if r.Sweep.Count(hideouts.Unseen) != 1 || !slices.ContainsFunc(r.Unseen, func(u Unseen) bool { return strings.HasPrefix(u.Why, says) }) {
			t.Errorf("%d: %+v", n, r.Unseen)
		}
		if want := int64(50 + min(10, (n+99)/100)); asked.Load() != want {
			t.Errorf("%d requests, want %d", asked.Load(), want)
		}
	}
}

// A record that takes JSON loses nothing but what is taken out of it.
func TestSweepSendsObjectsWhole(t *testing.T) {
	now := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	b, untouched := newBench(t, sim.Options{Now: now}), newBench(t, sim.Options{Now: now, Scenario: "clean"})
	r := b.apply("sweep", "mode=contain", "accounts="+b.opening.AccountSID, "places=channel-senders,porting-webhooks")
	if len(r.Outcomes) != 2 || r.Worst() != store.Made {
		t.Fatalf("%+v", r.Outcomes)
	}
	for _, c := range r.Plan.Changes {
		record, err := recordOf(c.ID)
		if err != nil {
			t.Fatal(err)
		}
		have, want := b.member(record), untouched.member(record)
		for _, m := range strings.Fields("webhook.callback_url webhook.callback_method webhook.status_callback_method notifications_of") {
			if have.Text(m) != want.Text(m) {
				t.Errorf("%s: %s is %q and was %q", c.ID, m, have.Text(m), want.Text(m))
			}
		}
		if left := have.Text("webhook.status_callback_url") + have.Text("port_out_target_url"); left != "" {
			t.Errorf("%s: %q is left", c.ID, left)
		}
	}
}

// What can be taken out of work is, each once; what only a person does is named.
// What the audit log knows, and what was cleared, comes back as it was.
func TestSweepContainsAndRestores(t *testing.T) {
	t.Parallel()
	b := newBench(t, sim.Options{}).checked()
	only := "accounts=" + b.opening.AccountSID
	before := b.found("sweep", only)
	r := b.apply("sweep", "mode=contain", only)
	for _, o := range r.Outcomes {
		if o.Outcome != store.Made {
			t.Errorf("%+v", o)
		}
	}
	if len(r.Outcomes) < 40 {
		t.Errorf("only %d changes", len(r.Outcomes))
	}
	var left []string
	for _, h := range b.world.Truth().Footholds {
		if (h.Kind == sim.Planted || h.Kind == sim.Application) && h.There {
			left = append(left, strings.Fields(h.Label)[0])
		}
	}
	slices.Sort(left)
	byHand := strings.Fields(`a2p-brands a2p-campaigns addresses authorized-connect-apps bundles conversations-services customer-profiles
		flex-configuration flex-plugin-versions flex-plugins functions-environments functions-variables tollfree-verifications trust-products
		video-compositions video-recordings voice-insights webhook-auth-profiles webhook-rules webhook-shared-keys`)
	if d := cmp.Diff(byHand, left); d != "" {
		t.Errorf("left for a person (-want +got):\n%s", d)
	}
	if again := b.plan("sweep", "mode=contain", only); !again.Plan.Empty() {
		t.Errorf("something is left: %+v", again.Plan.Changes)
	}
	r = b.apply("sweep", "mode=restore", only)
	if len(r.Outcomes) < 5 || r.Worst() != store.Made {
		t.Errorf("%+v", r.Outcomes)
	}
	if again := b.plan("sweep", "mode=restore", only); !again.Plan.Empty() {
		t.Errorf("left to restore: %+v", again.Plan.Changes)
	}
	after := b.found("sweep", only)
	if len(after) >= len(before) {
		t.Errorf("%d found before, %d after", len(before), len(after))
	}
	b.proveJournal()
	b.verify()
}

// Restored at once, every member that the audit log tells of is what it is in the
// company that nobody touched, and so is the flow.
func TestSweepRestoresTheEarlierValues(t *testing.T) {
	now := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	b, untouched := newBench(t, sim.Options{Now: now}), newBench(t, sim.Options{Now: now, Scenario: "clean"})
	r := b.apply("sweep", "mode=restore", "accounts="+b.opening.AccountSID)
	if len(r.Outcomes) < 6 {
		t.Fatalf("%+v", r.Outcomes)
	}
	for _, c := range r.Plan.Changes {
		record, err := recordOf(c.ID)
		if err != nil {
			t.Fatal(err)
		}
		have, want := b.member(record), untouched.member(record)
		for _, l := range strings.Fields(record.Place.Links + " " + record.Place.Watched) {
			if m := strings.TrimSuffix(l, ".*"); have.Text(m) != want.Text(m) {
				t.Errorf("%s: %s is %q and was %q", c.ID, m, have.Text(m), want.Text(m))
			}
		}
	}
}

// member reads a record of the simulated account.
func (b *bench) member(record hideouts.Record) hideouts.Record {
	b.t.Helper()
	l, err := account.NewLine(account.Options{Transport: b.world})
	if err != nil {
		b.t.Fatal(err)
	}
	now, err := fetchRecord(l.As(b.credential()).On(context.Background(), unrecorded{}), record)
	if err != nil {
		b.t.Fatal(err)
	}
	return now
}

func (b *bench) found(step string, set ...string) []Finding { return foundBy(b.plan(step, set...)) }

// Whatever goes wrong with the reply to a change, nothing is claimed that is not
// so, nothing is deleted twice, and going on ends it.
func TestSweepWithBadReplies(t *testing.T) {
	for i, name := range badReplies() {
		t.Run(name, func(t *testing.T) {
			var changes atomic.Int64
			b := newBench(t, sim.Options{Messages: 5, Calls: 5, Faults: func(r *http.Request, _ int) sim.Fault {
				if r.Method != http.MethodGet && changes.Add(1) == int64(i%4+1) {
					return faults[name]
				}
				return sim.NoFault
			}})
			set := settings(b, sweepStep)
			goOn(b, sweepStep, set...)
			if changes.Load() < int64(i%4+1) {
				t.Fatalf("only %d changing requests were sent", changes.Load())
			}
			b.proveJournal()
			if again := b.plan(sweepStep, set...); !again.Plan.Empty() {
				t.Errorf("something is left: %+v", again.Plan.Changes)
			}
			b.verify()
		})
	}
}

// In an account whose every text is hostile, and whose lists hold records that
// make no sense, the sweep comes to an end, and calls nothing clean that it did
// not understand.
func TestSweepOfAHostileAccount(t *testing.T) {
	b := newBench(t, sim.Options{Scenario: "clean", Messages: 5, Calls: 5, Switches: sim.Switches{Hostile: "text", Strange: true}})
	r := b.plan("sweep", "mode=contain", "accounts="+b.opening.AccountSID)
	if r.Sweep.Count(hideouts.Changed)+r.Sweep.Count(hideouts.Unknown) < 20 {
		t.Errorf("%+v", r.Sweep)
	}
	b.verify()
}
