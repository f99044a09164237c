package actions

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"retake/actions/account"
	"retake/actions/probe"
	"retake/actions/sendgrid"
)

// An Extra is a credential beside the main account's own that some steps can use
// and go without. It comes from the environment or from a responder (Desk.Give)
// and is kept in memory; see Kept.
type Extra struct {
	ID    string   // stable
	Name  string   // what it opens, as a heading
	For   string   // what its steps do with it
	Needs string   // which rights it has to have
	Where string   // where it is made
	Link  string   // the address of that page
	Steps []string // the IDs of the steps that use it

	Main   bool // without it its steps see nothing of what they are about
	Apart  bool // each part is good without the others
	Sealed bool // one that opens the account is sealed with the other tokens in force
	Parts  []ExtraPart

	check func(main string, g Given) error // says in a sentence what is wrong with its shape
}

// ExtraPart is one value of an Extra.
type ExtraPart struct {
	Env    string // its name in the environment
	Name   string // its name beside a field
	Hint   string
	Secret bool // masked wherever it appears
}

// Given are values of Extras by their names in the environment.
type Given map[string]account.Secret

// The names in the environment.
const (
	EnvOrgSID    = "TWILIO_ORG_SID"
	EnvOrgClient = "TWILIO_ORG_CLIENT_ID"
	EnvOrgSecret = "TWILIO_ORG_CLIENT_SECRET"
	EnvGitHub    = "GITHUB_TOKEN"
	EnvSendGrid  = "SENDGRID_API_KEY"
)

// EnvRegion is the name of the main account's Auth Token in another Region:
// TWILIO_AUTH_TOKEN_IE1.
func EnvRegion(r account.Region) string { return "TWILIO_AUTH_TOKEN_" + r.String() }

// The IDs of the Extras.
const (
	extraOrganization = "organization"
	extraGitHub       = "github"
	extraSendGrid     = "sendgrid"
	extraRegions      = "regions"
)

// Extras is the list of all of them.
func Extras() []*Extra {
	return []*Extra{
		{
			ID: extraOrganization, Name: "The organization", Steps: []string{"passwords", "two-factor", "emails"},
			For:   "reads the organization's users and their roles, and holds them against your staff list; changes nothing",
			Needs: "a client of an OAuth application of the organization that may read users and role assignments",
			Where: "Twilio Admin > Applications > OAuth; the secret is shown once, when it is made",
			Link:  "https://admin.twilio.com/applications/oauth",
			Parts: []ExtraPart{
				{EnvOrgSID, "SID", "of the organization: OR and 32 characters of 0-9 and a-f; Twilio Admin shows it", false},
				{EnvOrgClient, "client ID", "of the application", false},
				{EnvOrgSecret, "client secret", "of the application", true},
			},
			check: func(_ string, g Given) error { return g.organization().Check() },
		},
		{
			ID: extraGitHub, Name: "GitHub", Steps: []string{"triage"},
			For:   "searches public code for the SID of every account; never for a token or a secret",
			Needs: "none: a classic token without any scope searches all public code",
			Where: "GitHub: Settings > Developer settings > Personal access tokens > Tokens (classic)",
			Link:  "https://github.com/settings/tokens",
			Parts: []ExtraPart{{EnvGitHub, "token", "of any user of GitHub; it sees what that user sees", true}},
			check: func(_ string, g Given) error { return probe.CheckToken(g[EnvGitHub]) },
		},
		{
			ID: extraSendGrid, Name: "SendGrid", Steps: []string{sendgridStep}, Main: true,
			For:   "reads every place of the SendGrid side, of the account and of its subusers; changes some in a plan that you agree to",
			Needs: "Full Access; of what it may not read, the step says so",
			Where: "SendGrid: Settings > API Keys; a key is shown once, when it is made. Retake makes none",
			Link:  "https://app.sendgrid.com/settings/api_keys",
			Parts: []ExtraPart{{EnvSendGrid, "API key", "SG., an ID, a point and a secret", true}},
			check: func(_ string, g Given) error { return sendgrid.CheckKey(g[EnvSendGrid]) },
		},
		{
			ID: extraRegions, Name: "Other Regions", Steps: []string{"auth-tokens"}, Apart: true, Sealed: true,
			For:   "rotates the main account's Auth Token in that Region too: each Region has one of its own",
			Needs: "the primary Auth Token that is in force there; leave out the Regions that you do not use",
			Where: "Console: Account > API keys & tokens > Region",
			Link:  "https://console.twilio.com/us1/account/keys-credentials/api-keys",
			Parts: mapped(account.Regions(), func(r account.Region) ExtraPart {
				return ExtraPart{EnvRegion(r), r.String(), "the main account's Auth Token in " + r.String(), true}
			}),
			check: checkRegions,
		},
	}
}

// checkRegions checks those that are there, or says that none is.
func checkRegions(main string, g Given) error {
	none := true
	for _, r := range account.Regions() {
		token := g[EnvRegion(r)]
		if token.IsZero() {
			continue
		}
		none = false
		if err := (account.Credential{SID: main, Secret: token, Region: r}).Check(); err != nil {
			return fmt.Errorf("%s: %w", EnvRegion(r), err)
		}
	}
	if none {
		return errors.New("no Auth Token of another Region is there")
	}
	return nil
}

func (g Given) organization() account.Organization {
	return account.Organization{SID: g[EnvOrgSID].Reveal(), ClientID: g[EnvOrgClient].Reveal(), Secret: g[EnvOrgSecret]}
}

// Kept says where it is kept, and how long.
func (e *Extra) Kept() string {
	if e.Sealed {
		return "kept in memory until Retake ends; one that opens its Region is sealed in the case too, with the other tokens that were in force"
	}
	return "kept in memory until Retake ends; no secret of it comes into the case or a log"
}

// Env names the parts as the environment does, as in a sentence.
func (e *Extra) Env() string { return envOf(e.Parts) }

func envOf(parts []ExtraPart) string {
	names := mapped(parts, func(p ExtraPart) string { return p.Env })
	if n := len(names) - 1; n > 0 {
		return strings.Join(names[:n], ", ") + " and " + names[n]
	}
	return strings.Join(names, "")
}

// only is what of g belongs to the Extra, without the spaces of a paste.
func (e *Extra) only(g Given) Given {
	out := Given{}
	for _, p := range e.Parts {
		if v := strings.TrimSpace(g[p.Env].Reveal()); v != "" {
			out[p.Env] = account.NewSecret(v)
		}
	}
	return out
}

// lacks are the parts that are missing in g or cannot be used.
func (e *Extra) lacks(main string, g Given) []ExtraPart {
	missing := slices.DeleteFunc(slices.Clone(e.Parts), func(p ExtraPart) bool {
		alone := Given{p.Env: g[p.Env]}
		return !g[p.Env].IsZero() && (!e.Apart || e.check(main, alone) == nil)
	})
	if len(missing) == 0 && e.check(main, g) != nil {
		return e.Parts // which one it is, nobody can tell
	}
	return missing
}

// Extras are those that a step can use.
func (s *Step) Extras() []*Extra {
	return slices.DeleteFunc(Extras(), func(e *Extra) bool { return !slices.Contains(e.Steps, s.ID) })
}

// extraOf finds an Extra by its ID.
func extraOf(id string) *Extra {
	for _, e := range Extras() {
		if e.ID == id {
			return e
		}
	}
	return nil
}

// GivenFrom reads all Extras from the environment.
func GivenFrom(getenv func(string) string) Given {
	out := Given{}
	for _, e := range Extras() {
		g := Given{}
		for _, p := range e.Parts {
			g[p.Env] = account.NewSecret(getenv(p.Env))
		}
		maps.Copy(out, e.only(g))
	}
	return out
}
