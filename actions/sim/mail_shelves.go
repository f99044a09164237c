package sim

const (
	userPath = "/v3/user/"
	hookPath = userPath + "webhooks/"
	setPath  = "/v3/mail_settings/"
)

var offsetNames = []string{"limit", "offset"}

// shelves are the collections of the SendGrid side that can be read and changed.
// What a place lacks here is answered as unknown.
var shelves = []shelf{
	{id: "account-email", path: userPath + "email", list: ".", read: "user.email.read"},
	{id: "profile", path: userPath + "profile", list: ".", read: "user.profile.read", subusers: true},
	{id: "enforced-tls", path: userPath + "settings/enforced_tls", list: ".", read: "user.settings.enforced_tls.read", subusers: true},
	{id: "invitations", path: "/v3/teammates/pending", list: "result", key: "email", by: "token", read: "teammates.read", del: 204},
	{id: "teammates", path: "/v3/teammates", list: "result", key: "username", read: "teammates.read", query: offsetNames, del: 204},
	{id: "subusers", path: "/v3/subusers", key: "username", read: "subusers.read", query: append([]string{"region", "include_region", "username"}, offsetNames...), patch: 204, fields: []string{"disabled"}},
	{id: "api-keys", path: "/v3/api_keys", list: "result", key: "api_key_id", read: "api_keys.read", query: []string{"limit"}, hide: []string{"scopes"}, get: true, many: true, del: 204, subusers: true},
	{id: "sso-certificates", path: "/v3/sso/integrations/{}/certificates", one: "/v3/sso/certificates/", key: "id", del: 200},
	{id: "sso", path: "/v3/sso/integrations", key: "id", patch: 200, fields: ssoFields, required: ssoFields[:5], query: []string{"si"}},
	{id: "access-activity", path: "/v3/access_settings/activity", list: "result", key: "ip", read: "access_settings.activity.read", query: []string{"limit"}, subusers: true},
	{id: "allow-list", path: "/v3/access_settings/whitelist", list: "result", key: "id", read: "access_settings.whitelist.read", post: 201, fields: []string{"ips"}, del: 204},
	{id: "event-webhooks", path: hookPath + "event/settings/all", one: hookPath + "event/settings/", list: "webhooks", key: "id", read: "user.webhooks.event.settings.read",
		patch: 200, fields: append([]string{"enabled", "url", "friendly_name"}, hookEvents...), required: []string{"url"}, hideOne: []string{"public_key"}, del: 204, subusers: true},
	{id: "inbound-parse", path: hookPath + "parse/settings", list: "result", key: "hostname", read: "user.webhooks.parse.settings.read",
		post: 201, fields: []string{"url", "hostname", "spam_check", "send_raw"}, required: []string{"url", "hostname"}, del: 204, subusers: true},
	{id: "webhook-policies", path: hookPath + "security/policies", list: "policies", key: "id", del: 200, subusers: true},
	{id: "verified-senders", path: "/v3/verified_senders", list: "results", key: "id", query: []string{"limit", "lastSeenID"}, del: 204},
	{id: "domains", path: "/v3/whitelabel/domains", key: "id", read: "whitelabel.read", query: offsetNames, del: 204, subusers: true},
	{id: "forward-spam", path: setPath + "forward_spam", list: ".", read: "mail_settings.forward_spam.read", patch: 200, fields: []string{"enabled", "email"}, subusers: true},
	{id: "forward-bounce", path: setPath + "forward_bounce", list: ".", read: "mail_settings.forward_bounce.read", patch: 200, fields: []string{"enabled", "email"}, subusers: true},
	{id: "address-allow-list", path: setPath + "address_whitelist", list: ".", read: "mail_settings.address_whitelist.read", patch: 200, fields: []string{"enabled", "list"}, subusers: true},
	{id: "footer", path: setPath + "footer", list: ".", read: "mail_settings.footer.read", patch: 200, fields: []string{"enabled", "html_content", "plain_content"}, subusers: true},
	{id: "legacy-template", path: setPath + "template", list: ".", read: "mail_settings.template.read", patch: 200, fields: []string{"enabled", "html_content"}, subusers: true},
	{id: "bounce-purge", path: setPath + "bounce_purge", list: ".", read: "mail_settings.bounce_purge.read", patch: 200, fields: []string{"enabled", "soft_bounces", "hard_bounces"}, subusers: true},
	{id: "templates", path: "/v3/templates", list: "result", key: "id", read: "templates.read", query: []string{"generations", "page_size", "page_token"}, subusers: true},
	{id: "alerts", path: "/v3/alerts", key: "id", read: "alerts.read", post: 201, fields: []string{"type", "email_to", "frequency", "percentage"}, required: []string{"type", "email_to"}, del: 204, subusers: true},
	{id: "scheduled-sends", path: userPath + "scheduled_sends", key: "batch_id", read: "user.scheduled_sends.read", patch: 204, fields: []string{"status"}, required: []string{"status"}, subusers: true},
}

var (
	ssoFields  = []string{"name", "enabled", "signin_url", "signout_url", "entity_id", "completed_integration"}
	hookEvents = []string{"group_resubscribe", "delivered", "group_unsubscribe", "spam_report", "bounce", "deferred", "unsubscribe", "processed", "open", "click", "dropped"}

	// mailScopes are those of the key that the responder has: everything.
	mailScopes = []string{"alerts.read", "alerts.create", "alerts.delete", "access_settings.activity.read", "access_settings.whitelist.create",
		"access_settings.whitelist.delete", "access_settings.whitelist.read", "api_keys.create", "api_keys.delete", "api_keys.read", "api_keys.update",
		"email_activity.read", "mail.send", "mail_settings.address_whitelist.read", "mail_settings.address_whitelist.update", "mail_settings.bounce_purge.read",
		"mail_settings.bounce_purge.update", "mail_settings.footer.read", "mail_settings.footer.update", "mail_settings.forward_bounce.read",
		"mail_settings.forward_bounce.update", "mail_settings.forward_spam.read", "mail_settings.forward_spam.update", "mail_settings.template.read",
		"mail_settings.template.update", "stats.read", "subusers.create", "subusers.delete", "subusers.read", "subusers.update", "teammates.create",
		"teammates.delete", "teammates.read", "teammates.update", "templates.read", "templates.versions.activate.create", "user.email.read", "user.email.update",
		"user.profile.read", "user.scheduled_sends.read", "user.scheduled_sends.update", "user.settings.enforced_tls.read", "user.webhooks.event.settings.read",
		"user.webhooks.event.settings.update", "user.webhooks.parse.settings.create", "user.webhooks.parse.settings.delete",
		"user.webhooks.parse.settings.read", "whitelabel.read", "whitelabel.delete"}
)
