package actions

// Playbook is the order of work: Twilio's twelve steps with their numbers, the
// two before them and the three after. The board shows it in this order; which
// open step comes next is told by Urgency, which differs from the numbers:
// first what burns (traffic), then what burns it (tokens, keys), then where it
// pays (geography). People's access comes after, because an intruder with a
// token costs money at once and one with a password is seen by the second
// reading of keys and events. What is left in the account (SendGrid, sweep) goes
// before the letter to Twilio, which says what is done; the places where the
// token was stolen take days and come last.
func Playbook() []*Step {
	return []*Step{
		Triage(),         // before: is it a takeover, and what is burning now
		StopTraffic(),    // before: end live calls, stop the money
		Passwords(),      // 1: change the passwords of all users
		AuthTokens(),     // 2: reset the Auth Token, and every subaccount's
		APIKeys(),        // 3: delete all API keys
		TwoFactor(),      // 4: make sure that the second factor is ours
		Integrations(),   // 5: secure and update what is built on Twilio
		Malware(),        // 6: clean the computers that log in
		GeoAndTriggers(), // 7: shut the countries that nobody serves, set alarms
		Emails(),         // 8: verify the e-mail addresses of all users
		CallerID(),       // 9: verify the phone number of the sign-up
		Website(),        // 10: close ports, remove needless files, update the site
		Exposure(),       // 11: leave no Auth Token in plain text in public
		OutsideHelp(),    // 12: bring in Fraud Operations and a security company
		Sweep(),          // after: find where the intruder stays
		SendGrid(),       // after: take the SendGrid side back
		SecondPass(),     // after: go round once more after reactivation, and harden
	}
}
