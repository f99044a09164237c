package tui

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"retake/actions"
	"retake/actions/account"
	"retake/actions/sim"
	"retake/store"
)

// newLive is the console on a case that is no training, with nothing but the
// account's own credentials.
func newLive(t *testing.T) (k *console, gives sim.Opening, path string) {
	t.Helper()
	world, err := sim.New(sim.Options{Scenario: "leaked-token", Seed: 5, Calls: -1, Messages: -1})
	must(t, err)
	o, wire := world.Opening(), actions.Wire{Kind: store.Lab, Name: "http://127.0.0.1:1", Transport: world, Now: world.Now}
	credential := account.Credential{SID: o.AccountSID, Secret: account.NewSecret(o.AuthToken)}
	path = filepath.Join(t.TempDir(), "case")
	c, err := actions.Begin(context.Background(), actions.Beginning{Path: path, Wire: wire, Credential: credential, Responder: "ada", Passphrase: "correct horse", WorkFactor: 10})
	must(t, err)
	t.Cleanup(func() { _ = c.Close() })
	line, err := wire.Line(c)
	must(t, err)
	d, err := actions.Open(actions.Options{Case: c, Line: line, Credential: credential, Command: "console", Version: "test"})
	must(t, err)
	works := newWorks(context.Background())
	t.Cleanup(func() { works.stop(); works.wait() })
	r := newRoot(Session{Desk: d, Case: c, Version: "test", Now: c.Now}, asciiTheme(), works)
	r.every = 0
	k = &console{t: t, root: r, c: c}
	k.size(80, 24)
	k.run(r.Init())
	return k, o, path
}

// paste puts a text in as a terminal does, with the end of its line.
func (k *console) paste(text string) {
	k.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(text + "\n"), Paste: true})
}

// A credential that the environment did not give is given on the screen of the
// step: masked, held to its shape, and the next plan reads with it.
func TestACredentialIsGivenByKeys(t *testing.T) {
	k, o, path := newLive(t)
	unseen := func() { t.Helper(); k.size(80, 60); k.press("5") }
	for _, c := range []struct {
		step   string
		lacks  string
		fields []string
		also   string // a step that uses the same
	}{
		{"emails", "TWILIO_ORG_CLIENT_SECRET are not set", []string{o.OrgSID, o.OrgClient, o.OrgSecret}, "two-factor"},
		{"triage", "GITHUB_TOKEN is not set", []string{o.GitHub}, ""},
		{"sendgrid", "SENDGRID_API_KEY is not set", []string{o.SendGrid}, ""},
		{"auth-tokens", "TWILIO_AUTH_TOKEN_AU1 is not set", []string{o.Regions["ie1"], o.Regions["au1"], o.Regions["jp1"]}, ""},
	} {
		k.size(80, 24)
		k.open(c.step)
		if c.step == "sendgrid" {
			k.root.top().(*stepScreen).params["requests"] = "1" // the limit of the mail activity is waited for
		}
		k.press("1")
		k.shows("K give a credential")
		k.press("p")
		unseen()
		k.shows(c.lacks, "K on the screen of this step")
		k.press("K")
		for n, text := range c.fields {
			if n > 0 {
				k.press("down")
			}
			k.paste(text)
		}
		secret := c.fields[len(c.fields)-1]
		k.hides(secret)
		k.shows(strings.Repeat("*", 16))
		k.press("enter")
		k.shows("Kept in memory until you leave", "A credential was given: press p")
		k.shows("K another credential")
		k.hides(secret, "K give a credential")
		k.press("p")
		unseen()
		k.hides(c.lacks, secret, "A credential was given")
		if c.also != "" {
			k.press("esc")
			k.open(c.also)
			k.shows("A credential was given: press p")
		}
		k.press("esc")
		file, err := os.ReadFile(path)
		must(t, err)
		if bytes.Contains(file, []byte(secret)) {
			t.Errorf("what was given for %s is in the case", c.step)
		}
	}
}

// A plan that was made before a credential was given is not agreed to, and what
// was given can be given anew.
func TestAPlanFromBeforeTheCredential(t *testing.T) {
	k, o, _ := newLive(t)
	k.open("auth-tokens")
	k.press("p")
	k.shows("press a to agree")
	k.press("K")
	k.typed(o.Regions["ie1"])
	k.press("ctrl+s", "a")
	k.shows("a credential was given after this plan was made: press p to plan again")
	k.press("esc")
	k.open("auth-tokens")
	k.press("a")
	k.shows("a credential was given after this plan was made")
	k.press("p")
	k.shows("press a to agree", "a plan of 5 changes")
	k.press("K")
	k.shows("IE1; there already: empty leaves it")
	k.press("enter", "enter", "enter")
	k.shows("Nothing was typed")
	k.press("up", "up")
	k.typed("AC0123456789abcdef0123456789abcdef")
	k.press("ctrl+s")
	k.shows("TWILIO_AUTH_TOKEN_IE1: this is a SID where the Auth Token belongs")
	k.press("esc")
	k.shows("press a to agree")
}

// Where nothing can be given the key says why.
func TestNoCredentialToGive(t *testing.T) {
	k := newConsole(t, "Harbour Parcel", steps(threeKeys()))
	k.open("api-keys")
	k.press("K")
	k.shows("this step uses no credential beside the account's own")
	k.press("esc")
	k.open("auth-tokens")
	k.hides("K give", "Credentials")
	k.press("K")
	k.shows("in a training what the simulated account gives is there already")
	askable(k)
	running(k, planning, actions.Tally{})
	k.root.job.view.step = "auth-tokens"
	k.run(k.root.tellAll(jobSeen{k.root.jobView(), k.root.pace}))
	k.press("K")
	k.shows("this step is being worked on")
	k.root.job = nil
}
