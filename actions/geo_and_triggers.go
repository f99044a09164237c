package actions

// GeoAndTriggers is step 7: voice and SMS geographic permissions, and usage
// triggers.
func GeoAndTriggers() *Step {
	return &Step{
		ID: "geo-and-triggers", Number: "7", Title: "Countries for calls and messages, triggers", Phase: Contain, Urgency: 50,
		Because: "whatever is still stolen earns nothing where nothing can be called; a live token could have undone it before",
		Why: "Fraud pays in countries that you never serve: shut them. A usage trigger is an\n" +
			"alarm, not a limit: it calls a webhook, and nothing stops by itself.",
		Console: []string{
			"read the countries for calls and messages, their inheritance, the triggers and the audit log of every active account",
			"find where you called and wrote in the 30 days before the incident",
			"shut all other countries, and high-risk numbers everywhere but where you allow them; give detached subaccounts their parent's list again",
			"create daily usage triggers on money, calls, messages and verifications, if you name an address of yours",
			"read every list again; mode restore puts back, country by country, what the case read first",
		},
		Hands: []Place{
			{"name the countries that must stay in allow, if you did not call or write there lately", "parameter allow", ""},
			{"shut by hand what the API is known to leave as it is: Algeria, Azerbaijan, Bangladesh, Israel, Nigeria, Oman, Pakistan, Palestinian Territories, Sri Lanka, Tajikistan, Tunisia", "Console: Messaging > Settings > Geo permissions", "https://www.twilio.com/console/sms/settings/geo-permissions"},
			{"see whether each subaccount inherits the countries for messages", "Console, inside the subaccount: Messaging > Settings > Geo permissions", "https://www.twilio.com/console/sms/settings/geo-permissions"},
			{"where a change is refused, shut it yourself, all three kinds of numbers: low risk, high-risk special, high-risk toll fraud", "Console: Voice > Settings > Geo permissions", "https://console.twilio.com/us1/develop/voice/settings/geo-permissions"},
			{"shut the countries of Verify; it has a list of its own, and no API shows it", "Console: Verify > Settings > Geo permissions", "https://console.twilio.com/us1/develop/verify/settings/geopermissions"},
			{"set Fraud Guard to its highest level in every Verify service; the intruder may have lowered it", "Console: Verify > Services > (service) > SMS", ""},
			{"turn SMS pumping protection on", "Console: Messaging > Settings > General", ""},
			{"take fraud numbers off the SafeList: they pass Verify's countries and Fraud Guard. No list can be had, so ask number by number", "API only: accounts.twilio.com/v1/SafeList/Numbers?PhoneNumber=%2B…", ""},
			{"point usage triggers that call a stranger's URL back, and set those that were deleted up again: the findings name them", `Console: search for "Usage triggers"`, ""},
			{"put something that acts behind their webhook: triggers are looked at about once a minute, on figures that lag", "your own application", ""},
			{"set a balance notification too, to a mailbox that somebody reads at night", "Console: Admin > Account billing > Balance notifications", ""},
			{"plan this step again when tokens and keys are changed: who held one could open the countries anew", "this step", ""},
		},
		Checks: []Check{
			{"open", "Calls and messages are open to the countries that we serve and to no others, on every account"},
			{"console-only", "The eleven countries that only the Console can shut were looked at one by one"},
			{"verify", "Verify's own countries were looked at in the Console"},
			{"fraud-guard", "Fraud Guard and SMS pumping protection are on, in every service"},
			{"safelist", "No number or prefix of the fraud is on the SafeList"},
			{"triggers", "Usage triggers are ours, call our URL, and somebody or something acts on them"},
			{"again", "The lists were read again after tokens and keys had been changed"},
		},
		Parameters: geoParameters,
		Work:       geo{},
	}
}
