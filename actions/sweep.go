package actions

import (
	"fmt"
	"slices"

	"retake/actions/hideouts"
)

// Sweep comes after step 12: where an intruder stays that the playbook does not
// name.
func Sweep() *Step {
	return &Step{
		ID: "sweep", Number: "after 12", Title: "Sweep: where an intruder stays", Phase: Eradicate, Urgency: 110,
		Because: "a rogue webhook or SIP password outlives every new token, key and password",
		Why: "The twelve steps change credentials. What was set up with the old ones stays:\n" +
			"webhooks, SIP passwords, sinks, apps. Save each before you change it.",
		Console: []string{
			fmt.Sprintf("read %d places of every account (webhooks, SIP users, trunks, senders, sinks, exports, keys, apps, flows, Functions, orders): changed, unknown, cannot see or clean", sweptPlaces(true)),
			"learn which hosts are yours from what stood there before incident_start, and from the audit log",
			"mode=contain: clear, switch off or delete what came or changed; mode=restore: put back what stood there before",
		},
		Parameters: sweepParameters,
		Work:       sweeping{},
		Hands: []Place{
			{"look at each finding that is changed or unknown: allow= what is yours, distrust= what is not, then plan again", "page 2 of this step; m shows the matrix of places and accounts", ""},
			{"buy back a released number: that works for 10 days only", "Console: Phone Numbers > Manage > Buy a number", ""},
			{"look for port-out orders that are not yours, and write to Twilio at once", "Console: Phone Numbers > Port & Host", ""},
			{"set a new password for every SIP user that you keep: nobody can read who knows the old one, and it outlives a new Auth Token", "Console: Voice > Manage > Credential lists", ""},
			{"look at what is strange in Functions and webhooks before you delete it: the code of a deleted service is gone; TwiML apps and Studio flows are in the case", "Console: Functions and Assets > Services", ""},
			{"remove Connect apps of others that you do not know, and look at OAuth applications, the organization's too: their tokens outlive a new Auth Token", "Console: Settings > Account settings > OAuth applications", "https://1console.twilio.com/go?to=/account/__account__/settings/oauth"},
			{fmt.Sprintf("look at the %d places that no API shows, in every account: the debugger's webhook, alarms, where recordings and logs are stored, the SafeList", sweptPlaces(false)), "m on page 2 of this step says where each is", ""},
			{"look at webhooks of older conversations: of each account the console looks into the newest only", "Console: Conversations > Manage > Services > Conversations", ""},
			{"take over the WhatsApp Business account and the RCS agent themselves: what was changed at Meta or Google no Twilio API shows", "Meta Business Suite; Console: Messaging > Senders", ""},
			{"look for bulk exports that ran, and for recordings and transcriptions that were opened", "Console: Monitor > Insights > Audit (bulkexports.*, recording.*, transcription.*)", "https://console.twilio.com/us1/monitor/insights/audit"},
			{"do all of it in IE1, AU1 and JP1 where you use them: each Region has its own numbers, trunks, sinks and apps", "Console: the Region selector at the top", ""},
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

// sweptPlaces counts the places that an API lists, or those that none does.
func sweptPlaces(listed bool) int {
	return len(slices.DeleteFunc(hideouts.Swept(), func(p *hideouts.Place) bool { return p.Listed() != listed }))
}
