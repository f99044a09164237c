package actions

// Sweep comes after step 12: where an intruder stays that the playbook does not
// name.
func Sweep() *Step {
	return &Step{
		ID: "sweep", Number: "after 12", Title: "Sweep: where an intruder stays", Phase: Eradicate, Urgency: 110,
		Because: "a rogue webhook or SIP password outlives every new token, key and password",
		Why: "The twelve steps change credentials. What was set up with the old ones stays:\n" +
			"webhooks, SIP passwords, sinks, apps. Save each before you change it.",
		Hands: []Place{
			{"look at each number, in every subaccount: voice, message and fallback URLs, status callbacks, trunk, app; bought, released, moved", "Console: Phone Numbers > Manage > Active numbers", ""},
			{"buy back a released number: that works for 10 days only", "Console: Phone Numbers > Manage > Buy a number", ""},
			{"look for port-out orders that are not yours, and write to Twilio at once", "Console: Phone Numbers > Port & Host", ""},
			{"look at TwiML apps: their URLs", "Console: Voice > Manage > TwiML apps", ""},
			{"look at messaging services: inbound, fallback and status URLs, senders in the pool, new services", "Console: Messaging > Services", ""},
			{"look at Studio flows: new ones, revisions in the window, widgets that call strange hosts or numbers", "Console: Studio > Flows", ""},
			{"look at Functions: unknown services, variables, and whether they are handed the Auth Token", "Console: Functions and Assets > Services", ""},
			{"look at SIP domains without authentication, their URLs, credential lists, IP lists open to the world; change every SIP password", "Console: Voice > Manage > SIP domains, Credential lists, IP access control lists", ""},
			{"look at trunks: origination and recovery URLs, lists attached, BYOC trunks and their targets", "Console: Elastic SIP Trunking > Manage > Trunks", ""},
			{"look at event sinks and subscriptions: each is a copy of your traffic to somewhere", "Console: Event Streams > Manage", ""},
			{"look at bulk exports and their webhooks, and for recordings and transcriptions that were opened", "Console: Monitor > Insights > Audit (bulkexports.*, recording.*, transcription.*)", "https://console.twilio.com/us1/monitor/insights/audit"},
			{"look at OAuth applications, the organization's too: their tokens outlive a new Auth Token", "Console: Settings > Account settings > OAuth applications", "https://1console.twilio.com/go?to=/account/__account__/settings/oauth"},
			{"look at Connect apps, own and authorized, at add-ons, public keys and AWS credentials", "Console: search for each by name", ""},
			{"look at the webhooks of Verify, Conversations, TaskRouter, Sync, Proxy, Flex and Video, and at global webhook rules", "Console: each product > Settings or Services", ""},
			{"look at SIMs, WhatsApp and RCS senders, short codes, link-shortening domains", "Console: each product > Manage", ""},
			{"look for subaccounts that nobody of yours made; never close one, suspend it", "Console: Account > Account management > Subaccounts", "https://console.twilio.com/us1/account/manage-account/subaccounts"},
			{"look whether messages and logs are kept for a shorter time than before", "Console: Messaging > Settings", ""},
			{"look for triggers, recharges and payment methods that were changed, and for records that were deleted", "Console: Monitor > Insights > Audit (usage-trigger.*, recharge-trigger.*, payment-method.*, *.deleted)", "https://console.twilio.com/us1/monitor/insights/audit"},
		},
		Checks: []Check{
			{"numbers", "Every number is ours, none is missing, and every URL on it leads to us"},
			{"porting", "No port-out is under way that we did not ask for"},
			{"apps", "TwiML apps, messaging services and Studio flows call only our hosts"},
			{"functions", "Every Functions service is ours, and its variables hold no strange value"},
			{"sip", "SIP domains and trunks are ours and authenticated; every SIP password is new"},
			{"sinks", "Event sinks and bulk exports deliver to us alone"},
			{"grants", "OAuth applications, Connect apps, add-ons and public keys are all known to us"},
			{"products", "Webhooks of all other products that we use lead to us"},
			{"subaccounts", "Every subaccount is ours, or is suspended; all of the above was done in each"},
			{"retention", "Nothing is kept for a shorter time than before"},
			{"theft", "It is written down what was exported, opened or deleted, or that nothing was seen"},
			{"saved", "What was changed was saved as it had been"},
		},
	}
}
