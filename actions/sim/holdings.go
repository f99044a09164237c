package sim

import (
	"strings"
	"time"
)

const (
	companyVoice = "https://voice.harbour-parcel.example.com"
	companySMS   = "https://sms.harbour-parcel.example.com"
	companyHooks = "https://hooks.harbour-parcel.example.com"
	companyPBX   = "sip:pbx.harbour-parcel.example.com"
)

// holding is something that the company set up long ago: the settings of a
// resource as name=value. It lies under the holding before it of the kind that
// its resource belongs to.
type holding struct {
	of       string
	settings []string
	like     string // it bears the SID of the last holding of that kind
}

// holdings are what the main account has, and the first few its subaccounts.
var holdings = []holding{
	{of: "messaging-services", settings: []string{"friendly_name=Parcel updates", "inbound_request_url=" + companySMS + "/in", "status_callback=" + companyHooks + "/status", "use_inbound_webhook_on_number=false", "validity_period=36000", "scan_message_content=inherit"}},
	{of: "messaging-alpha-senders", settings: []string{"alpha_sender=HARBOUR", `capabilities=["SMS"]`}},
	{of: "conversations-webhooks", settings: []string{"method=POST", "target=webhook", "post_webhook_url=" + companyHooks + "/conversations"}},
	{of: "porting-webhooks", settings: []string{"port_out_target_url=" + companyHooks + "/porting"}},
	{of: "export-calls"}, {of: "export-conferences"}, {of: "export-messages"}, {of: "export-participants"},
	{of: "webhook-settings", settings: []string{"signature_method=auth-token"}},

	{of: "messaging-country-senders", settings: []string{"alpha_sender=HARBOUR", "iso_country_code=IE", `capabilities=["SMS"]`}},
	{of: "messaging-short-codes", settings: []string{"short_code=88555", "country_code=IE", `capabilities=["SMS"]`}},
	{of: "messaging-channel-senders", settings: []string{"sender=whatsapp:+441632960321", "sender_type=whatsapp", "country_code=GB"}},
	{of: "link-domains", settings: []string{"callback_url=" + companyHooks + "/clicks", "fallback_url=" + companyHooks + "/moved", "continue_on_failure=true"}},
	{of: "channel-senders", settings: []string{"sender_id=whatsapp:+441632960321", "webhook.callback_url=" + companySMS + "/whatsapp", "webhook.callback_method=POST", "webhook.status_callback_url=" + companyHooks + "/whatsapp", "webhook.status_callback_method=POST"}},
	{of: "channel-senders", settings: []string{"sender_id=rcs:harbour_parcel_agent", "webhook.callback_url=" + companySMS + "/rcs", "webhook.callback_method=POST"}},
	{of: "content-templates", settings: []string{"friendly_name=parcel_arrived", `types={"twilio/call-to-action":{"body":"Parcel {{1}} is here","actions":[{"type":"URL","title":"Track","url":"` + companyHooks + `/track"}]}}`}},
	{of: "a2p-brands", settings: []string{"tcr_id=BHARBOR"}},
	{of: "a2p-campaigns", settings: []string{"description=Parcel updates", "us_app_to_person_usecase=DELIVERY_NOTIFICATION", "campaign_id=CHARBOR"}},
	{of: "tollfree-verifications", settings: []string{"business_name=Harbour Parcel", "business_website=" + companyHooks + "/", "notification_email=office@harbour-parcel.example.com", "tollfree_phone_number=+18005550177"}},
	{of: "short-codes", settings: []string{"friendly_name=Parcel code", "short_code=88555", "sms_url=" + companySMS + "/short"}},
	{of: "sip-credential-lists", settings: []string{"friendly_name=Depot phones"}},
	{of: "sip-credentials", settings: []string{"username=depot-cork"}},
	{of: "sip-address-lists", settings: []string{"friendly_name=Depots"}},
	{of: "sip-addresses", settings: []string{"friendly_name=Depot Cork", "ip_address=198.51.100.7", "cidr_prefix_length=32"}},
	{of: "sip-domains", settings: []string{"friendly_name=Depots", "domain_name=harbour-parcel.sip.twilio.com", "auth_type=IP_ACL,CREDENTIAL_LIST", "voice_url=" + companyVoice + "/sip", "secure=true"}},
	{of: "sip-domain-credential-lists", settings: []string{"friendly_name=Depot phones"}, like: "sip-credential-lists"},
	{of: "sip-domain-address-lists", settings: []string{"friendly_name=Depots"}, like: "sip-address-lists"},
	{of: "sip-domain-registrations", settings: []string{"friendly_name=Depot phones"}, like: "sip-credential-lists"},
	{of: "connect-apps", settings: []string{"friendly_name=Parcel tracker", "company_name=Harbour Parcel", "authorize_redirect_url=" + companyHooks + "/connect", "homepage_url=" + companyHooks + "/", `permissions=["get-all"]`}},
	{of: "studio-flows", settings: []string{"friendly_name=Main menu", "status=published", "revision=1", "valid=true", "definition=" + companyFlow}},
	{of: "functions-services", settings: []string{"friendly_name=parcel-lookup", "unique_name=parcel-lookup", "domain_base=parcel-lookup-1234", "include_credentials=false"}},
	{of: "functions-environments", settings: []string{"unique_name=production", "domain_name=parcel-lookup-1234.twil.io"}},
	{of: "functions-variables", settings: []string{"key=SHOP_API_KEY", "value=" + secretMark}},
	{of: "trunks", settings: []string{"friendly_name=Depots", "domain_name=harbour-parcel.pstn.twilio.com", "disaster_recovery_url=" + companyVoice + "/trunk", "secure=true", "transfer_mode=disable-all", "auth_type=IP_ACL", `auth_type_set=["IP_ACL"]`}},
	{of: "trunk-origination-urls", settings: []string{"friendly_name=PBX", "sip_url=" + companyPBX, "enabled=true", "weight=10", "priority=10"}},
	{of: "trunk-credential-lists", settings: []string{"friendly_name=Depot phones"}, like: "sip-credential-lists"},
	{of: "trunk-address-lists", settings: []string{"friendly_name=Depots"}, like: "sip-address-lists"},
	{of: "connection-policies", settings: []string{"friendly_name=Carrier"}},
	{of: "connection-targets", settings: []string{"friendly_name=Carrier", "target=sip:carrier.harbour-parcel.example.com", "enabled=true", "priority=10", "weight=10"}},
	{of: "byoc-trunks", settings: []string{"friendly_name=Carrier", "voice_url=" + companyVoice + "/byoc"}},
	{of: "ip-records", settings: []string{"friendly_name=PBX", "ip_address=198.51.100.8", "cidr_prefix_length=32"}},
	{of: "source-ip-mappings"},
	{of: "public-keys", settings: []string{"friendly_name=shop signing"}},
	{of: "aws-credentials", settings: []string{"friendly_name=recordings archive"}},
	{of: "event-sinks", settings: []string{"description=Warehouse", "sink_type=webhook", "status=active", "sink_configuration.destination=" + companyHooks + "/events", "sink_configuration.method=POST"}},
	{of: "event-subscriptions", settings: []string{"description=Delivery reports"}},
	{of: "verify-services", settings: []string{"friendly_name=Harbour Parcel", "code_length=6"}},
	{of: "verify-webhooks", settings: []string{"friendly_name=codes", "webhook_url=" + companyHooks + "/verify", "webhook_method=POST", "version=v2", `event_types=["*"]`}},
	{of: "verify-messaging", settings: []string{"country=IE"}},
	{of: "conversations-services", settings: []string{"friendly_name=Support desk"}},
	{of: "conversations-service-webhooks", settings: []string{"method=POST", "post_webhook_url=" + companyHooks + "/desk"}},
	{of: "conversations", settings: []string{"friendly_name=Parcel 118203"}},
	{of: "conversation-webhooks", settings: []string{"configuration.url=" + companyHooks + "/parcel", "configuration.method=post"}},
	{of: "service-conversations", settings: []string{"friendly_name=Desk 4417"}},
	{of: "service-conversation-webhooks", settings: []string{"configuration.url=" + companyHooks + "/desk", "configuration.method=post"}},
	{of: "conversations-addresses", settings: []string{"friendly_name=Desk", "type=sms", "address=+441632960999", "auto_creation.type=webhook", "auto_creation.webhook_url=" + companyHooks + "/desk"}},
	{of: "push-credentials", settings: []string{"friendly_name=driver app", "type=fcm"}},
	{of: "proxy-services", settings: []string{"unique_name=Driver line", "callback_url=" + companyHooks + "/proxy"}},
	{of: "sync-services", settings: []string{"friendly_name=Wallboard", "webhook_url=" + companyHooks + "/sync"}},
	{of: "taskrouter-workspaces", settings: []string{"friendly_name=Support", "event_callback_url=" + companyHooks + "/tasks"}},
	{of: "taskrouter-workflows", settings: []string{"friendly_name=Calls", "assignment_callback_url=" + companyHooks + "/assign", "configuration={}"}},
	{of: "chat-services", settings: []string{"friendly_name=Old chat", "post_webhook_url=" + companyHooks + "/chat"}},
	{of: "flex-flows", settings: []string{"friendly_name=Web chat", "enabled=true", "integration_type=external", "integration.url=" + companyHooks + "/flex"}},
	{of: "flex-configuration", settings: []string{"call_recording_enabled=true", "call_recording_webhook_url=" + companyHooks + "/flex-recordings"}},
	{of: "flex-plugins", settings: []string{"unique_name=plugin-parcels", "friendly_name=Parcels"}},
	{of: "flex-plugin-versions", settings: []string{"version=1.0.0", "plugin_url=" + companyHooks + "/plugin-parcels.js", "validated=true"}},
	{of: "intelligence-services", settings: []string{"friendly_name=Call notes", "unique_name=call-notes", "webhook_url=" + companyHooks + "/notes"}},
	{of: "notify-services", settings: []string{"friendly_name=Driver pushes", "delivery_callback_url=" + companyHooks + "/push"}},
	{of: "notify-credentials", settings: []string{"friendly_name=driver app"}},
	{of: "composition-hooks", settings: []string{"friendly_name=Proof of delivery", "enabled=true", "status_callback=" + companyHooks + "/video"}},
	{of: "video-recordings"}, {of: "video-compositions"}, {of: "voice-insights"},
	{of: "port-ins", settings: []string{"port_in_request_status=Completed", "phone_numbers_requested=1", "phone_numbers_ported=1", `notification_emails=["office@harbour-parcel.example.com"]`}},
	{of: "hosted-numbers", settings: []string{"phone_number=+18005550178", "status=completed", "email=office@harbour-parcel.example.com"}},
	{of: "bundles", settings: []string{"friendly_name=Ireland, business", "status=twilio-approved", "email=office@harbour-parcel.example.com"}},
	{of: "trust-products", settings: []string{"friendly_name=Caller name", "status=twilio-approved", "email=office@harbour-parcel.example.com"}},
	{of: "addresses", settings: []string{"customer_name=Harbour Parcel", "street=1 Quay", "city=Cork", "iso_country=IE", "validated=true"}},
	{of: "add-ons", settings: []string{"friendly_name=Line type", "unique_name=line_type"}},
	{of: "wireless-sims", settings: []string{"friendly_name=Van 12", "unique_name=van-12", "status=active", "sms_url=" + companySMS + "/van"}},
	{of: "super-sim-fleets", settings: []string{"unique_name=vans", "sms_commands_url=" + companyHooks + "/vans", "data_enabled=true"}},
	{of: "customer-profiles", settings: []string{"friendly_name=Harbour Parcel", "status=twilio-approved", "email=office@harbour-parcel.example.com"}},
	{of: "webhook-rules", settings: []string{"friendly_name=Shop", "match_url=" + companyVoice + "/*", "target_url=" + companyVoice + "/in"}},
}

// everywhere is how many of the holdings each subaccount has too.
const everywhere = 9

const (
	companyFlow = `{"initial_state":"Menu","states":[{"name":"Menu","type":"make-http-request","properties":{"url":"https://hooks.harbour-parcel.example.com/menu"}}]}`

	secretMark = "{secret}" // in its place comes a secret of its own
)

// furnish gives every account its holdings.
func (w *World) furnish() {
	for _, a := range w.state.Accounts {
		mine := holdings
		if !a.isParent() {
			mine = holdings[:everywhere]
		}
		for i, h := range mine {
			w.furnishWith(a, h, a.Created.Add(time.Duration(i+20)*day))
		}
	}
	for n := range w.options.Switches.Conversations - 1 {
		w.furnishWith(w.state.parent(), holding{of: "conversations"}, w.state.Shape.Start.Add(-time.Duration(n+1)*day))
	}
}

// furnishWith adds one thing to an account, and returns it.
func (w *World) furnishWith(a *account, h holding, at time.Time) *thing {
	r := resourceOf(h.of)
	of := r.of(a)
	n := len(w.past.things[of])
	t := w.relic(r.prefix, a, int(word(h.of)%1e9)+n, at)
	t.Seq = uint64(n) + 1
	t.Settings, t.Within = map[string]string{}, map[string]string{}
	if r.prefix == "" {
		t.Sid = a.Sid
	}
	if h.like != "" {
		t.Sid = w.last(a, h.like).Sid
	}
	for _, s := range h.settings {
		name, value, _ := strings.Cut(s, "=")
		t.Settings[name] = w.secret(a, value)
	}
	if r.under != "" {
		w.place(a, r, t)
	}
	if country := t.Settings["country"]; country != "" && r.prefix == "" {
		t.Sid, t.Within["Iso"] = country, country
	}
	w.past.things[of] = append(w.past.things[of], t)
	if h.of == "studio-flows" {
		w.furnishWith(a, holding{of: "studio-revisions", settings: h.settings}, at)
	}
	return t
}

func (w *World) last(a *account, kind string) *thing {
	all := w.past.things[resourceOf(kind).of(a)]
	return all[len(all)-1]
}

// place puts a thing under the last one of the kind that it belongs to.
func (w *World) place(a *account, r *resource, t *thing) {
	above := resourceOf(r.under)
	over := w.last(a, r.under)
	if above.under != "" {
		for name, sid := range over.Within {
			t.Within[name] = sid
		}
	}
	for part := range strings.SplitSeq(r.list, "/") {
		if name := strings.Trim(part, "{}"); name != part && name != "Account" && t.Within[name] == "" {
			t.Within[name] = over.Sid
		}
	}
	if r.id == "studio-revisions" {
		t.Sid, t.Within["Revision"] = over.Sid, t.Settings["revision"]
	}
}

// secret fills in a secret of the account, which is then known as one.
func (w *World) secret(a *account, value string) string {
	if value != secretMark {
		return value
	}
	s := "hp" + w.name("", a, int(word("variable")%1e9))[2:]
	w.state.Secrets = append(w.state.Secrets, s)
	return s
}
