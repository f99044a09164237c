package actions

// GeoAndTriggers is step 7: voice and SMS geographic permissions, and usage
// triggers.
func GeoAndTriggers() *Step {
	return &Step{
		ID: "geo-and-triggers", Number: "7", Title: "Countries for calls and messages, triggers", Phase: Contain, Urgency: 50,
		Because: "whatever is still stolen earns nothing where nothing can be called; a live token could have undone it before",
		Why: "Fraud pays in countries that you never serve: shut them. A usage trigger is an\n" +
			"alarm, not a limit: it calls a webhook, and nothing stops by itself.",
		Hands: []Place{
			{"save the present lists first, so that you can restore them and show what the intruder opened", "a screenshot of each page below", ""},
			{"shut every country that you do not call, all three kinds of numbers: low risk, high-risk special, high-risk toll fraud", "Console: Voice > Settings > Geo permissions", "https://console.twilio.com/us1/develop/voice/settings/geo-permissions"},
			{"do the same in each subaccount, or let it inherit the main account's list", "Console, inside the subaccount: Voice > Settings > Geo permissions", "https://console.twilio.com/us1/develop/voice/settings/geo-permissions"},
			{"shut every country that you send no messages to", "Console: Messaging > Settings > Geo permissions", "https://www.twilio.com/console/sms/settings/geo-permissions"},
			{"shut by hand, the API is ignored here: Algeria, Azerbaijan, Bangladesh, Israel, Nigeria, Oman, Pakistan, Palestinian Territories, Sri Lanka, Tajikistan, Tunisia", "Console: Messaging > Settings > Geo permissions", "https://www.twilio.com/console/sms/settings/geo-permissions"},
			{"shut the countries of Verify; it has a list of its own, and no API shows it", "Console: Verify > Settings > Geo permissions", "https://console.twilio.com/us1/develop/verify/settings/geopermissions"},
			{"set Fraud Guard to its highest level in every Verify service; the intruder may have lowered it", "Console: Verify > Services > (service) > SMS", ""},
			{"turn SMS pumping protection on", "Console: Messaging > Settings > General", ""},
			{"take fraud numbers off the SafeList: they pass Verify's countries and Fraud Guard. No list can be had, so ask number by number", "API only: accounts.twilio.com/v1/SafeList/Numbers?PhoneNumber=%2B…", ""},
			{"where you place no calls, or send no messages at all, leave no country open", "the same pages", ""},
			{"look for usage triggers that were deleted or call a stranger's URL; set daily ones on price, calls and messages", `Console: search for "Usage triggers"`, ""},
			{"put something that acts behind their webhook: triggers are looked at about once a minute, on figures that lag", "your own application", ""},
			{"set a balance notification too, to a mailbox that somebody reads at night", "Console: Admin > Account billing > Balance notifications", ""},
			{"look at all lists again when tokens and keys are changed: who held one could open them anew", "the same pages", ""},
		},
		Checks: []Check{
			{"saved", "The lists as they were are saved"},
			{"voice", "Calls are open to the countries that we serve and to no others, all three kinds of numbers"},
			{"subaccounts", "The same holds for every subaccount"},
			{"sms", "Messages are open to the countries that we serve and to no others"},
			{"console-only", "The eleven countries that only the Console can shut were looked at one by one"},
			{"verify", "Verify's own countries were looked at in the Console"},
			{"fraud-guard", "Fraud Guard and SMS pumping protection are on, in every service"},
			{"safelist", "No number or prefix of the fraud is on the SafeList"},
			{"triggers", "Usage triggers are ours, call our URL, and somebody or something acts on them"},
			{"again", "The lists were read again after tokens and keys had been changed"},
		},
	}
}
