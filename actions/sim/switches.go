package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Switches are the facts about Twilio that nobody has verified. An empty
// string means the first value that is named.
type Switches struct {
	SecondSecondary    string        // replace | refuse: what POST Secondary does when one exists
	PromoteLag         time.Duration // how long the old primary goes on being accepted after a promotion
	SecondaryPromotes  string        // allow | deny: may the secondary token itself call Promote
	IAMParentToken     string        // deny | allow: the parent's token on a subaccount's keys at iam.twilio.com
	KeysOnAuthTokens   string        // deny | allow: may Main keys call accounts.twilio.com/v1/AuthTokens
	SuspendedViaParent string        // allow | deny: the parent's token below /Accounts/{suspended subaccount}/
	SuspendedBy        string        // customer | twilio: who suspended what is suspended at the start
	RegionalAccounts   string        // answer | absent: accounts.twilio.com in other Regions
	MainKeyToken       string        // empty | masked: auth_token as a Main key sees it
	PageSizeOver       string        // clamp | refuse: what a PageSize above 1000 does
	TimeFilter         string        // exact | date: is the time of day in StartTime and DateSent filters honoured
	CancelQueued       string        // allow | refuse: may queued messages be cancelled (scheduled ones always)
	KeyActor           string        // account | key: whom an event names when an API key acted
	SMSGeo             string        // item-error | silent | refuse: what changing messaging geo permissions does where the Console is meant
	KeyLimit           int           // most keys of one account; 0 means no limit
	RetryAfter         int           // seconds in the Retry-After of a 429; 0 means no such header
	MainAccount        string        // open | rotated | 401 | 20403 | 20005 | 10001 | 90010: how the main account meets its token at the start
	GitHub             string        // answer | secondary-limit | bad-credentials: how the search of public code answers
	EmailActivity      string        // add-on | none: does SendGrid's account have the mail activity
	OrgToken           string        // oauth | preview: where a client of the organization signs in
	OrgUsers           int           // users whom the organization manages; 0 means the scenario's own
	Conversations      int           // conversations of the main account; 0 means the scenario's own
	Race               string        // off | replace | delete | keys | all: how the intruder answers our rotation
	Webhooks           string        // meta | data | absent: how webhooks.twilio.com answers, which no description has
	Hostile            string        // off | text: do all texts carry payloads
	Strange            bool          // lists end with records that make no sense

	// Fault is a list, separated by semicolons, of faults to inject, each
	// KIND:METHOD PATH-PART:N, as in "lost-after:POST /v1/AuthTokens/Promote:1".
	Fault string
}

// Choice is one switch that takes a word, for whoever offers it as a flag.
type Choice struct {
	Flag   string // its name on the command line
	Value  *string
	Values []string // the first is the default
	About  string
}

// Choices lists the switches of s that take a word.
func (s *Switches) Choices() []Choice {
	return []Choice{
		{"second-secondary", &s.SecondSecondary, []string{"replace", "refuse"}, "what creating a secondary Auth Token does when there is one"},
		{"secondary-promotes", &s.SecondaryPromotes, []string{"allow", "deny"}, "whether the secondary Auth Token itself may call Promote"},
		{"iam-parent-token", &s.IAMParentToken, []string{"deny", "allow"}, "the parent's token on a subaccount's keys at iam.twilio.com"},
		{"keys-on-auth-tokens", &s.KeysOnAuthTokens, []string{"deny", "allow"}, "Main API keys on accounts.twilio.com/v1/AuthTokens"},
		{"suspended-via-parent", &s.SuspendedViaParent, []string{"allow", "deny"}, "the parent's token below /Accounts/{suspended subaccount}/"},
		{"suspended-by", &s.SuspendedBy, []string{"customer", "twilio"}, "who suspended what is suspended at the start: what Twilio suspended, only Twilio reactivates (21478)"},
		{"regional-accounts", &s.RegionalAccounts, []string{"answer", "absent"}, "accounts.twilio.com in other Regions: whether anything answers there"},
		{"main-key-token", &s.MainKeyToken, []string{"empty", "masked"}, "auth_token as a Main API key sees it"},
		{"page-size-over", &s.PageSizeOver, []string{"clamp", "refuse"}, "a PageSize above 1000"},
		{"time-filter", &s.TimeFilter, []string{"exact", "date"}, "whether StartTime and DateSent filters honour the time of day"},
		{"cancel-queued", &s.CancelQueued, []string{"allow", "refuse"}, "cancelling messages that are queued and not scheduled"},
		{"key-actor", &s.KeyActor, []string{"account", "key"}, "whom an event names when an API key acted"},
		{"sms-geo", &s.SMSGeo, []string{"item-error", "silent", "refuse"}, "messaging geo permissions by API: an error at countries kept for the Console, silence, or the whole refused"},
		{"main-account", &s.MainAccount, []string{"open", "rotated", "401", "20403", "20005", "10001", "90010"}, "how the main account meets the token that is printed: somebody rotated first, or Twilio suspended it and answers 401 or a code"},
		{"github", &s.GitHub, []string{"answer", "secondary-limit", "bad-credentials"}, "the search of public code at api.github.com"},
		{"email-activity", &s.EmailActivity, []string{"add-on", "none"}, "the mail activity of SendGrid, which is a paid add-on"},
		{"org-token", &s.OrgToken, []string{"oauth", "preview"}, "where a client of the organization gets its token: oauth.twilio.com/v2/token or preview-iam.twilio.com/v1/token"},
		{"race", &s.Race, []string{"off", "replace", "delete", "keys", "all"}, "how the intruder answers a rotation"},
		{"webhooks", &s.Webhooks, []string{"meta", "data", "absent"}, "lists at webhooks.twilio.com: as of other products, bare, or no such place"},
		{"hostile", &s.Hostile, []string{"off", "text"}, "whether every text is a payload of terminal sequences, formulas and hidden letters, in refusals and headers too"},
	}
}

func (s Switches) withDefaults() Switches {
	for _, c := range s.Choices() {
		if *c.Value == "" {
			*c.Value = c.Values[0]
		}
	}
	return s
}

// kept is what a snapshot keeps of the switches, nil for nothing. Faults count
// the requests of one process and end with it.
func (s Switches) kept() *Switches {
	s.Fault = ""
	if s == (Switches{}) {
		return nil
	}
	return &s
}

// check names the first option that makes no sense, and what is allowed.
func (o Options) check() error {
	if !slices.ContainsFunc(scenarios, func(s Scenario) bool { return s.Name == o.Scenario }) {
		return fmt.Errorf("there is no scenario %q: choose one of %s", o.Scenario, scenarioNames())
	}
	for name, n := range map[string]int{"Subaccounts": o.Subaccounts, "Concurrency": o.Concurrency,
		"KeyLimit": o.Switches.KeyLimit, "RetryAfter": o.Switches.RetryAfter, "OrgUsers": o.Switches.OrgUsers, "Conversations": o.Switches.Conversations} {
		if n < 0 {
			return fmt.Errorf("the option %s cannot be %d: give 0 or more", name, n)
		}
	}
	for name, d := range map[string]time.Duration{"Latency": o.Latency, "PromoteLag": o.Switches.PromoteLag} {
		if d < 0 {
			return fmt.Errorf("the option %s cannot be %s: give 0 or more", name, d)
		}
	}
	s := o.Switches.withDefaults()
	for _, c := range s.Choices() {
		if !slices.Contains(c.Values, *c.Value) {
			return fmt.Errorf("the switch %s cannot be %q: choose one of %s", c.Flag, *c.Value, strings.Join(c.Values, ", "))
		}
	}
	return nil
}
