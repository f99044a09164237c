package actions

import (
	"bytes"
	"context"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"retake/actions/account"
	"retake/actions/sim"
	"retake/store"
)

// The table names steps that there are, each value once, and nothing of it can
// reach a command that a responder has a token handed to.
func TestExtras(t *testing.T) {
	steps, seen := map[string]bool{}, map[string]bool{}
	for _, s := range Playbook() {
		steps[s.ID] = true
	}
	for _, e := range Extras() {
		if extraOf(e.ID).Name != e.Name || e.For == "" || e.Needs == "" || e.Where == "" || len(e.Steps) == 0 {
			t.Errorf("%+v", e)
		}
		for _, id := range e.Steps {
			if !steps[id] {
				t.Errorf("%s names the step %s", e.ID, id)
			}
		}
		for _, p := range e.Parts {
			if seen[p.Env] || p.Name == "" || p.Hint == "" {
				t.Errorf("%s: %+v", e.ID, p)
			}
			seen[p.Env] = true
			if left := environment([]string{p.Env + "=x"}, nil); len(left) > 0 {
				t.Errorf("a command finds %s in its environment", p.Env)
			}
		}
		if err := e.check("AC"+strings.Repeat("0", 32), Given{}); err == nil {
			t.Errorf("%s: nothing is good enough", e.ID)
		}
	}
	g := GivenFrom(func(name string) string { return " of " + name + "\n" })
	if len(g) != len(seen) || g[EnvGitHub].Reveal() != "of "+EnvGitHub {
		t.Errorf("the environment gives %v", g)
	}
	if g := GivenFrom(func(string) string { return " " }); len(g) != 0 {
		t.Errorf("an empty environment gives %v", g)
	}
}

// giving is an Extra of a bench that begins without it.
type giving struct {
	extra, step string
	wrong       map[string]Given // by what the error says
	before      string           // what the report says without it
	after       string           // and with it
	source      string           // in the coverage
}

func (b *bench) givings() map[string]giving {
	secret := account.NewSecret
	all, tokens := b.extras(), func(ie1 string) Given { return Given{EnvRegion(account.IE1): secret(ie1)} }
	org := Given{EnvOrgSID: all[EnvOrgSID], EnvOrgClient: all[EnvOrgClient]}
	return map[string]giving{
		"organization": {"organization", "emails", map[string]Given{
			"TWILIO_ORG_CLIENT_SECRET is empty": org,
			"TWILIO_ORG_SID must be OR":         {EnvOrgSID: secret("OR1"), EnvOrgSecret: secret("fake-secret-0001")},
			"nothing was given":                 {EnvSendGrid: all[EnvSendGrid], EnvOrgSecret: secret(" ")},
		}, "TWILIO_ORG_CLIENT_SECRET are not set", "", usersOf},
		"github": {"github", "triage", map[string]Given{
			"spaces or line ends":          {EnvGitHub: secret("ghp_FAKE FAKE")},
			"shape of a Twilio Auth Token": {EnvGitHub: secret(b.opening.AuthToken)},
			"nothing was given":            {},
		}, "GITHUB_TOKEN is not set", "public code", publicCode},
		"sendgrid": {"sendgrid", sendgridStep, map[string]Given{
			"is not a SendGrid key": {EnvSendGrid: secret("SGxyz")},
		}, "SENDGRID_API_KEY is not set", "SendGrid:", mailSide},
		"regions": {"regions", "auth-tokens", map[string]Given{
			"TWILIO_AUTH_TOKEN_IE1: the Auth Token has spaces": tokens("0 1"),
			"SID where the Auth Token belongs":                 tokens(b.opening.AccountSID),
		}, "TWILIO_AUTH_TOKEN_IE1 is not set", "in the Region IE1", "the Auth Token of the Region IE1"},
	}
}

// whole is what the Extra is in the simulated account.
func (b *bench) whole(id string) Given {
	g := b.extras()
	g[EnvRegion(account.IE1)] = account.NewSecret(b.opening.Regions["ie1"])
	return extraOf(id).only(g)
}

// What is given while the desk is open is held to its shape, is used by the next
// plan, takes back what was missed, and is found nowhere in the case.
func TestGive(t *testing.T) {
	for _, id := range []string{"organization", "github", "sendgrid", "regions"} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, sim.Options{Calls: -1, Messages: -1})
			g, whole := b.givings()[id], b.whole(id)
			b.opening.OrgSID, b.opening.OrgClient, b.opening.OrgSecret, b.opening.GitHub, b.opening.SendGrid = "", "", "", "", ""
			b.sit()
			step, err := b.desk.Step(g.step)
			if err != nil || !slices.ContainsFunc(step.Extras(), func(e *Extra) bool { return e.ID == id }) {
				t.Fatalf("%s does not use it: %v", g.step, err)
			}
			e := extraOf(id)
			if lacks := b.desk.Lacks(e); len(lacks) != len(e.Parts) {
				t.Errorf("lacks %+v", lacks)
			}
			wantTexts(t, b.plan(g.step), g.before, "K on the screen of this step")
			for want, given := range g.wrong {
				if err := b.desk.Give(id, given); err == nil || !strings.Contains(err.Error(), want) || store.HintOf(err) == "" {
					t.Errorf("%v, not %q", err, want)
				}
			}
			if kept := e.only(b.desk.extras()); len(kept) != 0 {
				t.Errorf("something of a wrong shape was kept: %v", kept)
			}
			if err := b.desk.Give(id, padded(whole)); err != nil {
				t.Fatal(err)
			}
			if lacks := b.desk.Lacks(e); len(lacks) != len(e.Parts)-len(whole) {
				t.Errorf("still lacks %+v", lacks)
			}
			r := b.plan(g.step)
			if missed := missedIn(r); strings.Contains(missed, g.source+": ") {
				t.Errorf("still unseen:\n%s", missed)
			}
			b.seen(g.step, g.source)
			wantTexts(t, r, g.after)
			b.nowhere(whole)
		})
	}
}

// padded is what a paste makes of it.
func padded(g Given) Given {
	out := Given{}
	for name, v := range g {
		out[name] = account.NewSecret(" " + v.Reveal() + "\n")
	}
	return out
}

func missedIn(r *Report) string {
	var all strings.Builder
	for _, u := range r.Unseen {
		all.WriteString(u.What + ": " + u.Why + "\n")
	}
	return all.String()
}

// seen wants the coverage to have taken back what was missed of a source.
func (b *bench) seen(step, source string) {
	b.t.Helper()
	all, err := b.c.Coverages(step)
	if err != nil {
		b.t.Fatal(err)
	}
	if !slices.ContainsFunc(all, func(c store.Covered) bool { return c.Source == source && c.Seen }) {
		b.t.Errorf("the coverage does not say that %s was seen", source)
	}
}

// nowhere wants no secret in what the line lets through, in an exhibit or in the
// file of the case.
func (b *bench) nowhere(g Given) {
	b.t.Helper()
	exhibits := 0
	file, err := os.ReadFile(b.path)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, e := range Extras() {
		for _, p := range e.Parts {
			secret := g[p.Env].Reveal()
			if secret == "" || !p.Secret {
				continue
			}
			if shown := b.desk.line.Mask("it is " + secret + "."); strings.Contains(shown, secret) {
				b.t.Errorf("%s is not masked", p.Env)
			}
			err := b.c.Entries(0, func(e store.Entry) bool {
				exhibits += count(e.Kind == store.KindExhibit)
				if bytes.Contains(e.Body, []byte(secret)) {
					b.t.Errorf("entry %d (%s) shows %s", e.N, e.Kind, p.Env)
				}
				return true
			})
			if err != nil || bytes.Contains(file, []byte(secret)) {
				b.t.Errorf("%s is in the case: %v", p.Env, err)
			}
		}
	}
	if exhibits == 0 {
		b.t.Error("there is no exhibit to look at")
	}
}

// What is there already stays where only a part is given, and one Region's token
// does not wait for another's.
func TestGiveAPart(t *testing.T) {
	b := newBench(t, sim.Options{Calls: -1, Messages: -1})
	org, regions := extraOf(extraOrganization), extraOf(extraRegions)
	secret := b.opening.OrgSecret
	b.opening.OrgSecret = ""
	b.sit()
	if lacks := b.desk.Lacks(org); envOf(lacks) != EnvOrgSecret {
		t.Errorf("lacks %s", envOf(lacks))
	}
	if err := b.desk.Give(org.ID, Given{EnvOrgSecret: account.NewSecret(secret)}); err != nil || len(b.desk.Lacks(org)) != 0 {
		t.Errorf("%v, lacks %v", err, b.desk.Lacks(org))
	}
	b.desk.put(Given{EnvRegion(account.AU1): account.NewSecret("of a wrong shape")})
	if err := b.desk.Give(regions.ID, Given{EnvRegion(account.IE1): account.NewSecret(b.opening.Regions["ie1"])}); err != nil {
		t.Errorf("AU1 keeps IE1 out: %v", err)
	}
	if lacks := envOf(b.desk.Lacks(regions)); lacks != "TWILIO_AUTH_TOKEN_AU1 and TWILIO_AUTH_TOKEN_JP1" {
		t.Errorf("lacks %s", lacks)
	}
	b.desk.put(Given{EnvOrgSID: account.NewSecret("OR1")})
	if lacks := b.desk.Lacks(org); len(lacks) != 3 {
		t.Errorf("of a wrong shape, and lacks %v", lacks)
	}
	if err := b.desk.Give("nobody", Given{}); err == nil {
		t.Error("took what no step uses")
	}
}

// A wrong one that was taken can be replaced by the right one.
func TestGiveAnother(t *testing.T) {
	b := newBench(t, sim.Options{Scenario: "sendgrid", Calls: -1, Messages: -1})
	right := b.whole(extraSendGrid)
	b.opening.SendGrid = ""
	b.sit()
	if err := b.desk.Give(extraSendGrid, Given{EnvSendGrid: account.NewSecret("SG.wrong-one.of-a-right-shape")}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.desk.Plan(context.Background(), sendgridStep, nil); err == nil || !strings.Contains(store.HintOf(err), "401") {
		t.Errorf("%v", err)
	}
	if err := b.desk.Give(extraSendGrid, right); err != nil {
		t.Fatal(err)
	}
	wantTexts(t, b.plan(sendgridStep), "SendGrid:")
}

// Steps read while somebody gives: the race detector looks on.
func TestGiveWhileStepsWork(t *testing.T) {
	b := newBench(t, sim.Options{Calls: -1, Messages: -1})
	whole := b.whole(extraRegions)
	var both sync.WaitGroup
	both.Go(func() {
		for range 200 {
			if err := b.desk.Give(extraRegions, whole); err != nil {
				t.Error(err)
			}
		}
	})
	both.Go(func() { b.plan("two-factor"); b.plan("auth-tokens") })
	both.Wait()
}

// In a training nothing is asked and nothing is taken.
func TestGiveInATraining(t *testing.T) {
	x := newDrill(t, "leaked-token", sim.Switches{})
	for _, e := range Extras() {
		if lacks := x.desk.Lacks(e); len(lacks) != 0 {
			t.Errorf("%s: lacks %v", e.ID, lacks)
		}
	}
	if err := x.desk.Give(extraGitHub, Given{EnvGitHub: account.NewSecret("ghp_FAKE")}); err == nil || !strings.Contains(err.Error(), "training") {
		t.Errorf("%v", err)
	}
}
