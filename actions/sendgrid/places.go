package sendgrid

import "net/url"

// Remedy is how a place is contained.
type Remedy int

// The remedies.
const (
	ByHand   Remedy = iota // the API has no safe way: a person does it
	Flip                   // a member is set, and can be set back
	Withdraw               // deleted, and can be made anew as it was
	Remove                 // deleted for good
	Older                  // the version before is made the active one
)

// A Place is somewhere in the account where an intruder can leave something, and
// the API can list it.
type Place struct {
	ID, Name string // Name: what its things are called
	Scope    string // that the key needs to read it, "" where nobody documents one
	Path     string // of the list, "{}" for the ID of what it lies in
	Query    url.Values
	List     string   // member that holds the records; "" for an array at the top, "." for the one record itself
	Paging   string   // offset, seen, token; "" for one page
	Key      string   // member by which a record is known; "" where there is one only
	Token    string   // member that stands in the path instead: a secret, never shown
	Within   string   // ID of the place whose records it lies in
	Subusers bool     // each subuser has it too
	Detail   string   // path that tells more of each record
	Marks    []string // members that lead somewhere: addresses, hosts, networks
	Dates    []string // members that say since when it is there or as it is
	On       string   // member that is true while it works; "!name" while false
	Odd      string   // name=value: what is odd by itself
	Why      string   // why it is odd, or matters

	Remedy Remedy
	One    string   // path of one record
	Flips  string   // name=value that contains it
	Sends  []string // members that a change has to repeat, or that make it anew
	Stage  int      // see the stages of a plan
}

// The stages in which a place is contained: first what sends or reads mail, then
// who may sign in, then the keys.
const (
	StageGuard = iota // our own address is allowed first
	StageMail
	StagePeople
	StageKeys
	StageOwnKey // with which Retake goes blind
)

const mail, hook = "/v3/mail_settings/", "/v3/user/webhooks/"

// IDs of places that are treated apart.
const (
	Keys       = "api-keys"
	Activity   = "access-activity"
	AllowList  = "allow-list"
	Teammates  = "teammates"
	SubuserIDs = "subusers"
	Templates  = "templates"
	Domains    = "domains"
	Email      = "account-email"
	Scheduled  = "scheduled-sends"
)

// Places are all of them, in the order in which they are read.
// Twilio SendGrid API v3; see reference in the OpenAPI files of the same names.
func Places() []Place {
	whole, offset := url.Values{}, "offset"
	return []Place{
		{ID: Email, Name: "e-mail address of the account", Scope: "user.email.read", Path: "/v3/user/email", List: ".", Marks: []string{"email"}, Why: "resets and notices go there"},
		{ID: "profile", Name: "profile of the account", Scope: "user.profile.read", Path: "/v3/user/profile", List: ".", Subusers: true, Marks: []string{"website"}, Why: "support believes it"},
		{ID: "enforced-tls", Name: "enforced TLS", Scope: "user.settings.enforced_tls.read", Path: "/v3/user/settings/enforced_tls", List: ".", Subusers: true, Odd: "require_tls=false", Why: "mail may go out unencrypted"},
		{ID: Teammates, Name: "teammates", Scope: "teammates.read", Path: "/v3/teammates", List: "result", Paging: offset, Key: "username", Marks: []string{"email"}, Why: "a person of his own",
			Remedy: Remove, One: "/v3/teammates/{}", Stage: StagePeople},
		{ID: "invitations", Name: "invitations that are open", Scope: "teammates.read", Path: "/v3/teammates/pending", List: "result", Key: "email", Token: "token", Marks: []string{"email"}, Why: "whoever takes it up is in",
			Remedy: Remove, One: "/v3/teammates/pending/{}", Stage: StagePeople},
		{ID: SubuserIDs, Name: "subusers", Scope: "subusers.read", Path: "/v3/subusers", Query: url.Values{"region": {"all"}, "include_region": {"true"}}, Paging: offset, Key: "username", Marks: []string{"email"}, On: "!disabled", Why: "it sends with keys of its own",
			Remedy: Flip, One: "/v3/subusers/{}", Flips: "disabled=true", Stage: StageMail},
		{ID: Keys, Name: "API keys", Scope: "api_keys.read", Path: "/v3/api_keys", List: "result", Key: "api_key_id", Subusers: true, Detail: "/v3/api_keys/{}", Why: "no date is shown, so trust none",
			Remedy: Remove, One: "/v3/api_keys/{}", Stage: StageKeys},
		{ID: "sso", Name: "single sign-on", Path: "/v3/sso/integrations", Key: "id", Marks: []string{"signin_url", "signout_url", "entity_id"}, Dates: []string{"last_updated"}, On: "enabled", Why: "his identity provider lets him in as anybody",
			Remedy: Flip, One: "/v3/sso/integrations/{}", Flips: "enabled=false", Sends: []string{"name", "signin_url", "signout_url", "entity_id", "completed_integration"}, Stage: StagePeople},
		{ID: "sso-certificates", Name: "certificates of single sign-on", Path: "/v3/sso/integrations/{}/certificates", Within: "sso", Key: "id", Dates: []string{"not_before"}, Why: "whoever has its key signs in as anybody",
			Remedy: Remove, One: "/v3/sso/certificates/{}", Stage: StagePeople},
		{ID: Activity, Name: "recent sign-ins", Scope: "access_settings.activity.read", Path: "/v3/access_settings/activity", Query: url.Values{"limit": {"500"}}, List: "result", Key: "ip", Subusers: true, Dates: []string{"first_at"}, On: "allowed", Why: "who came, and by what"},
		{ID: AllowList, Name: "addresses that may sign in", Scope: "access_settings.whitelist.read", Path: "/v3/access_settings/whitelist", List: "result", Key: "id", Dates: []string{"created_at", "updated_at"}, Why: "his address stays allowed",
			Remedy: Withdraw, One: "/v3/access_settings/whitelist/{}", Sends: []string{"ip"}, Stage: StagePeople},
		{ID: "event-webhooks", Name: "event webhooks", Scope: "user.webhooks.event.settings.read", Path: hook + "event/settings/all", List: "webhooks", Key: "id", Subusers: true, Marks: []string{"url", "oauth_token_url"}, Dates: []string{"created_date", "updated_date"}, On: "enabled", Why: "it is told of every mail",
			Remedy: Flip, One: hook + "event/settings/{}", Flips: "enabled=false", Sends: []string{"url"}, Stage: StageMail},
		{ID: "inbound-parse", Name: "inbound parse", Scope: "user.webhooks.parse.settings.read", Path: hook + "parse/settings", List: "result", Key: "hostname", Subusers: true, Marks: []string{"url"}, Why: "it reads the mail that comes in",
			Remedy: Withdraw, One: hook + "parse/settings/{}", Sends: []string{"url", "hostname", "spam_check", "send_raw"}, Stage: StageMail},
		{ID: "webhook-policies", Name: "security policies of webhooks", Path: hook + "security/policies", List: "policies", Key: "id", Subusers: true, Marks: []string{"oauth.token_url"}, Why: "it asks his server for the token",
			Remedy: Remove, One: hook + "security/policies/{}", Stage: StageMail},
		{ID: "verified-senders", Name: "verified senders", Path: "/v3/verified_senders", Query: whole, List: "results", Paging: "seen", Key: "id", Marks: []string{"from_email", "reply_to"}, Why: "he may send in that name",
			Remedy: Remove, One: "/v3/verified_senders/{}", Stage: StageMail},
		{ID: Domains, Name: "authenticated domains", Scope: "whitelabel.read", Path: "/v3/whitelabel/domains", Paging: offset, Key: "id", Subusers: true, Marks: []string{"domain"}, Why: "he may send in that name",
			Remedy: Remove, One: "/v3/whitelabel/domains/{}", Stage: StageMail},
		{ID: "forward-spam", Name: "forwarding of spam reports", Scope: "mail_settings.forward_spam.read", Path: mail + "forward_spam", List: ".", Subusers: true, Marks: []string{"email"}, On: "enabled", Why: "complaints go to him",
			Remedy: Flip, One: mail + "forward_spam", Flips: "enabled=false", Sends: []string{"email"}, Stage: StageMail},
		{ID: "forward-bounce", Name: "forwarding of bounces", Scope: "mail_settings.forward_bounce.read", Path: mail + "forward_bounce", List: ".", Subusers: true, Marks: []string{"email"}, On: "enabled", Why: "bounces go to him",
			Remedy: Flip, One: mail + "forward_bounce", Flips: "enabled=false", Sends: []string{"email"}, Stage: StageMail},
		{ID: "address-allow-list", Name: "addresses that are never suppressed", Scope: "mail_settings.address_whitelist.read", Path: mail + "address_whitelist", List: ".", Subusers: true, Marks: []string{"list"}, On: "enabled", Why: "mail to them goes out whatever happened",
			Remedy: Flip, One: mail + "address_whitelist", Flips: "enabled=false", Sends: []string{"list"}, Stage: StageMail},
		{ID: "footer", Name: "footer of all mail", Scope: "mail_settings.footer.read", Path: mail + "footer", List: ".", Subusers: true, Marks: []string{"html_content", "plain_content"}, On: "enabled", Why: "it stands below every mail",
			Remedy: Flip, One: mail + "footer", Flips: "enabled=false", Sends: []string{"html_content", "plain_content"}, Stage: StageMail},
		{ID: "legacy-template", Name: "template around all mail", Scope: "mail_settings.template.read", Path: mail + "template", List: ".", Subusers: true, Marks: []string{"html_content"}, On: "enabled", Why: "it stands around every mail",
			Remedy: Flip, One: mail + "template", Flips: "enabled=false", Sends: []string{"html_content"}, Stage: StageMail},
		{ID: "bounce-purge", Name: "purge of bounces", Scope: "mail_settings.bounce_purge.read", Path: mail + "bounce_purge", List: ".", Subusers: true, On: "enabled", Odd: "enabled=true", Why: "it wipes the traces of mail that came back",
			Remedy: Flip, One: mail + "bounce_purge", Flips: "enabled=false", Sends: []string{"soft_bounces", "hard_bounces"}, Stage: StageMail},
		{ID: Templates, Name: "templates", Scope: "templates.read", Path: "/v3/templates", Query: url.Values{"generations": {"legacy,dynamic"}, "page_size": {"200"}}, List: "result", Paging: "token", Key: "id", Subusers: true, Dates: []string{"updated_at"}, Why: "your own programs send it",
			Remedy: Older, One: "/v3/templates/{}/versions/{}/activate", Stage: StageMail},
		{ID: "alerts", Name: "alerts", Scope: "alerts.read", Path: "/v3/alerts", Key: "id", Subusers: true, Marks: []string{"email_to"}, Dates: []string{"created_at", "updated_at"}, Why: "he is told in your place",
			Remedy: Withdraw, One: "/v3/alerts/{}", Sends: []string{"type", "email_to", "frequency", "percentage"}, Stage: StageMail},
		{ID: Scheduled, Name: "scheduled sends", Scope: "user.scheduled_sends.read", Path: "/v3/user/scheduled_sends", Key: "batch_id", Subusers: true, On: "status", Odd: "status=pause", Why: "a paused batch waits for up to 72 hours for somebody to let it go",
			Remedy: Flip, One: "/v3/user/scheduled_sends/{}", Flips: "status=cancel", Stage: StageMail},
	}
}

// PlaceOf finds a place by its ID.
func PlaceOf(id string) (Place, bool) {
	for _, p := range Places() {
		if p.ID == id {
			return p, true
		}
	}
	return Place{}, false
}
