package sim

import (
	"slices"
	"strings"
	"time"
)

const (
	hisHost  = "https://cdn.parcel-status.example.net"
	hisSIP   = "sip:gw.parcel-status.example.net"
	hisNet   = "0.0.0.0"
	hisEmail = "archive@parcel-status.example.net"
)

// plant is one thing by which he stays where the playbook does not look: a new
// thing of a resource, or settings of the newest of the company's.
type plant struct {
	of       string
	bent     bool // the company's own is changed
	settings []string
}

// plants are one for each place that an API lists.
var plants = []plant{
	{"short-codes", true, []string{"sms_url=" + hisHost + "/s"}},
	{"sip-credential-lists", false, []string{"friendly_name=Phones"}},
	{"sip-credentials", false, []string{"username=ops-backup"}},
	{"sip-address-lists", false, []string{"friendly_name=Monitoring"}},
	{"sip-addresses", false, []string{"friendly_name=all", "ip_address=" + hisNet, "cidr_prefix_length=0"}},
	{"sip-domains", true, []string{"voice_url=" + hisHost + "/sip"}},
	{"sip-domain-credential-lists", false, []string{"friendly_name=Phones"}},
	{"sip-domain-address-lists", false, []string{"friendly_name=Monitoring"}},
	{"sip-domain-registrations", false, []string{"friendly_name=Phones"}},
	{"connect-apps", true, []string{"deauthorize_callback_url=" + hisHost + "/connect"}},
	{"authorized-connect-apps", false, []string{"connect_app_friendly_name=Analytics", "connect_app_company_name=Parcel Status", "connect_app_homepage_url=" + hisHost + "/", `permissions=["get-all","post-all"]`}},
	{"messaging-services", true, []string{"status_callback=" + hisHost + "/status"}},
	{"messaging-numbers", false, []string{"phone_number=+12025550148", "country_code=US", `capabilities=["SMS"]`}},
	{"messaging-alpha-senders", false, []string{"alpha_sender=PARCELFEE", `capabilities=["SMS"]`}},
	{"messaging-country-senders", false, []string{"alpha_sender=PARCELFEE", "iso_country_code=FR", `capabilities=["SMS"]`}},
	{"messaging-short-codes", false, []string{"short_code=77999", "country_code=US", `capabilities=["SMS"]`}},
	{"messaging-channel-senders", false, []string{"sender=whatsapp:+12025550149", "sender_type=whatsapp", "country_code=US"}},
	{"link-domains", true, []string{"callback_url=" + hisHost + "/clicks"}},
	{"channel-senders", true, []string{"webhook.status_callback_url=" + hisHost + "/wa"}},
	{"channel-senders", false, []string{"sender_id=rcs:parcel_status_agent", "webhook.callback_url=" + hisHost + "/rcs", "webhook.callback_method=POST"}},
	{"content-templates", false, []string{"friendly_name=parcel_fee", `types={"twilio/call-to-action":{"body":"A fee is due for parcel {{1}}","actions":[{"type":"URL","title":"Pay","url":"` + hisHost + `/pay"}]}}`}},
	{"a2p-brands", false, []string{"tcr_id=BPARCEL", "brand_type=SOLE_PROPRIETOR"}},
	{"a2p-campaigns", false, []string{"description=Fees", "us_app_to_person_usecase=MIXED"}},
	{"tollfree-verifications", false, []string{"business_name=Parcel Status", "notification_email=" + hisEmail, "tollfree_phone_number=+18005550179", "status=PENDING_REVIEW"}},
	{"studio-flows", true, []string{"revision=2", "commit_message=tidy up", "definition=" + hisFlow}},
	{"functions-services", false, []string{"friendly_name=health", "unique_name=health", "domain_base=health-9999", "include_credentials=true"}},
	{"functions-environments", false, []string{"unique_name=live", "domain_name=health-9999.twil.io"}},
	{"functions-variables", false, []string{"key=REPORT_TO", "value=" + secretMark}},
	{"trunks", true, []string{"disaster_recovery_url=" + hisHost + "/dr"}},
	{"trunk-origination-urls", false, []string{"friendly_name=backup", "sip_url=" + hisSIP, "enabled=true", "weight=1", "priority=1"}},
	{"trunk-credential-lists", false, []string{"friendly_name=Phones"}},
	{"trunk-address-lists", false, []string{"friendly_name=Monitoring"}},
	{"connection-policies", false, []string{"friendly_name=Carrier 2"}},
	{"connection-targets", false, []string{"friendly_name=Carrier 2", "target=" + hisSIP, "enabled=true", "priority=1", "weight=1"}},
	{"byoc-trunks", true, []string{"voice_url=" + hisHost + "/byoc"}},
	{"ip-records", false, []string{"friendly_name=pbx2", "ip_address=203.0.113.90", "cidr_prefix_length=32"}},
	{"source-ip-mappings", false, nil},
	{"public-keys", false, []string{"friendly_name=ci"}},
	{"aws-credentials", false, []string{"friendly_name=backup"}},
	{"event-sinks", false, []string{"description=metrics", "sink_type=webhook", "status=active", "sink_configuration.destination=" + hisHost + "/e", "sink_configuration.method=POST"}},
	{"event-subscriptions", false, []string{"description=metrics"}},
	{"export-messages", true, []string{"enabled=true", "webhook_url=" + hisHost + "/x", "webhook_method=POST"}},
	{"export-jobs-messages", false, []string{"friendly_name=monthly", "start_day=2026-01-01", "end_day=2026-02-28", "email=" + hisEmail}},
	{"verify-services", false, []string{"friendly_name=Your bank", "code_length=4"}},
	{"verify-webhooks", false, []string{"friendly_name=mirror", "webhook_url=" + hisHost + "/v", "webhook_method=POST", "version=v2", `event_types=["*"]`}},
	{"verify-messaging", false, []string{"country=US"}},
	{"conversations-webhooks", true, []string{"pre_webhook_url=" + hisHost + "/c"}},
	{"conversations-services", false, []string{"friendly_name=Desk 2"}},
	{"conversations-service-webhooks", false, []string{"method=POST", "pre_webhook_url=" + hisHost + "/d"}},
	{"conversation-webhooks", false, []string{"configuration.url=" + hisHost + "/talk", "configuration.method=post"}},
	{"service-conversation-webhooks", false, []string{"configuration.url=" + hisHost + "/desk", "configuration.method=post"}},
	{"conversations-addresses", true, []string{"auto_creation.webhook_url=" + hisHost + "/a"}},
	{"push-credentials", false, []string{"friendly_name=driver app 2", "type=fcm"}},
	{"proxy-services", true, []string{"intercept_callback_url=" + hisHost + "/p"}},
	{"sync-services", true, []string{"webhook_url=" + hisHost + "/y"}},
	{"taskrouter-workspaces", true, []string{"event_callback_url=" + hisHost + "/t"}},
	{"taskrouter-workflows", true, []string{"assignment_callback_url=" + hisHost + "/w"}},
	{"chat-services", true, []string{"pre_webhook_url=" + hisHost + "/chat"}},
	{"flex-flows", true, []string{"integration.url=" + hisHost + "/flex"}},
	{"flex-configuration", true, []string{"call_recording_webhook_url=" + hisHost + "/agents"}},
	{"flex-plugins", false, []string{"unique_name=plugin-wallboard-2", "friendly_name=Wallboard"}},
	{"flex-plugin-versions", false, []string{"version=1.0.1", "plugin_url=" + hisHost + "/plugin.js", "validated=true"}},
	{"intelligence-services", true, []string{"webhook_url=" + hisHost + "/i"}},
	{"notify-services", true, []string{"delivery_callback_url=" + hisHost + "/n"}},
	{"notify-credentials", false, []string{"friendly_name=driver app 2"}},
	{"composition-hooks", false, []string{"friendly_name=copy", "enabled=true", "status_callback=" + hisHost + "/video"}},
	{"video-recordings", true, []string{"aws_s3_url=" + hisHost + "/video", "aws_storage_enabled=true"}},
	{"video-compositions", true, []string{"aws_s3_url=" + hisHost + "/video", "aws_storage_enabled=true"}},
	{"voice-insights", true, []string{"voice_trace=true"}},
	{"porting-webhooks", true, []string{"port_out_target_url=" + hisHost + "/port"}},
	{"port-ins", false, []string{"port_in_request_status=In review", "phone_numbers_requested=1", `notification_emails=["` + hisEmail + `"]`}},
	{"hosted-numbers", false, []string{"phone_number=+12025550150", "status=received", "email=" + hisEmail}},
	{"bundles", false, []string{"friendly_name=Business 2", "status=draft", "email=" + hisEmail}},
	{"add-ons", false, []string{"friendly_name=Call insight", "unique_name=call_insight"}},
	{"wireless-sims", true, []string{"sms_url=" + hisHost + "/sim"}},
	{"super-sim-fleets", true, []string{"sms_commands_url=" + hisHost + "/fleet"}},
	{"customer-profiles", false, []string{"friendly_name=Harbour Parcels Ltd", "status=draft", "email=" + hisEmail}},
	{"trust-products", false, []string{"friendly_name=Business 2", "status=draft", "email=" + hisEmail}},
	{"addresses", false, []string{"customer_name=Parcel Status", "street=2 Quay", "city=Dublin", "iso_country=IE"}},
	{"webhook-rules", false, []string{"friendly_name=all", "match_url=" + companyVoice + "/*", "target_url=" + hisHost + "/rule"}},
	{"webhook-shared-keys", false, []string{"friendly_name=rollover"}},
	{"webhook-auth-profiles", false, []string{"friendly_name=proxy", "token_url=" + hisHost + "/token"}},
}

const hisFlow = `{"initial_state":"Menu","states":[{"name":"Menu","type":"make-http-request","properties":{"url":"https://cdn.parcel-status.example.net/menu"}}]}`

// personal are the kinds that nothing can take out of work without a person's
// word: by being there they do no harm that can be told from an order of theirs.
var personal = words("a2p-brands a2p-campaigns addresses authorized-connect-apps bundles conversations-services customer-profiles " +
	"flex-configuration flex-plugins flex-plugin-versions functions-environments functions-variables tollfree-verifications trust-products " +
	"video-recordings video-compositions voice-insights webhook-rules webhook-shared-keys webhook-auth-profiles")

// intrude plants everything in the main account, in the quarter of an hour
// before somebody looked, and points one of its numbers at him.
func (w *World) intrude() {
	a := w.state.parent()
	at := w.state.Shape.Start.Add(-20 * time.Minute)
	for i, p := range plants {
		w.plantOne(a, p, at.Add(time.Duration(10*i+7)*time.Second))
	}
	w.bendNumber(a, at.Add(15*time.Minute+1*time.Second))
}

func (w *World) plantOne(a *account, p plant, at time.Time) {
	r := resourceOf(p.of)
	changes := fields{}
	var t *thing
	if p.bent {
		all := w.past.things[r.of(a)]
		t = all[0]
	} else {
		h := holding{of: p.of, settings: p.settings}
		if over := map[string]string{"sip-domain-credential-lists": "sip-credential-lists", "sip-domain-registrations": "sip-credential-lists",
			"sip-domain-address-lists": "sip-address-lists", "trunk-credential-lists": "sip-credential-lists", "trunk-address-lists": "sip-address-lists"}[p.of]; over != "" {
			h.like = over
		}
		t = w.furnishWith(a, h, at)
	}
	for _, s := range p.settings {
		name, value, _ := strings.Cut(s, "=")
		if before := t.Settings[name]; p.bent {
			changes[name] = fields{"previous": before, "updated": value}
			t.Settings[name] = value
		} else if name != "value" {
			changes[name] = fields{"previous": nil, "updated": value}
		}
	}
	t.Updated = at
	if p.of == "studio-flows" {
		w.furnishWith(a, holding{of: "studio-revisions", settings: append([]string{"friendly_name=Main menu", "status=published", "valid=true"}, p.settings...)}, at)
	}
	what := map[bool]string{true: "updated", false: "created"}[p.bent]
	if r.event != "" {
		w.recount(a, author{a.Sid, "account", "api", intruderIP}, at, r.event+"."+what, r.event, t.Sid, r.event+" "+what, changes)
	}
	w.past.footholds = append(w.past.footholds, w.planted(a, r, t, p, at))
}

// planted is the foothold that a plant is.
func (w *World) planted(a *account, r *resource, t *thing, p plant, at time.Time) trace {
	mark := t.Sid
	if r.prefix == "" {
		mark = r.id
	}
	label := r.id
	for _, s := range p.settings[:min(1, len(p.settings))] {
		_, value, _ := strings.Cut(s, "=")
		label += " " + value
	}
	sid, key := a.Sid, r.mark(a, t)
	settings := slices.Clone(p.settings)
	return trace{Foothold{Kind: Planted, Account: sid, Mark: mark, Label: label, At: at, Silent: r.event == "", ByHand: personal[r.id]}, func(s *state) bool {
		now, touched := s.Touched[key]
		switch {
		case !touched:
			return true
		case now == nil:
			return false
		}
		return slices.ContainsFunc(settings, func(s string) bool {
			name, value, _ := strings.Cut(s, "=")
			return name != "revision" && value != "" && value != secretMark && harmful(name) && now.Settings[name] == value
		})
	}}
}

// harmful tells of a setting that it is one by which he gains.
func harmful(name string) bool {
	return strings.HasSuffix(name, "url") || strings.HasSuffix(name, "destination") || slices.Contains([]string{"definition", "include_credentials", "enabled", "target"}, name)
}

// bendNumber points the messages of a phone number at him.
func (w *World) bendNumber(a *account, at time.Time) {
	if len(a.Numbers) == 0 {
		return
	}
	n := a.Numbers[0]
	before := n.Settings["SmsUrl"]
	n.Settings["SmsUrl"], n.Updated = hisHost+"/sms", at
	w.recount(a, author{a.Sid, "account", "api", intruderIP}, at, "phone-number.updated", "phone-number", n.Sid, "Phone number updated", fields{
		"sms_url": fields{"previous": before, "updated": n.Settings["SmsUrl"]},
	})
	sid := n.Sid
	w.past.footholds = append(w.past.footholds, trace{Foothold{Kind: Planted, Account: a.Sid, Mark: sid, Label: "phone number " + hisHost + "/sms", At: at}, func(s *state) bool {
		now := find(s.account(a.Sid).Numbers, sid)
		return now != nil && now.Settings["SmsUrl"] == hisHost+"/sms"
	}})
}
