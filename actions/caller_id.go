package actions

// CallerID is step 9: the caller ID of the sign-up is unchanged.
func CallerID() *Step {
	return &Step{
		ID: "caller-id", Number: "9", Title: "The caller ID of the sign-up is unchanged", Phase: Eradicate, Urgency: 90,
		Because: "the owner's codes go to this number, and a new password is no use to an owner who cannot get them",
		Why: "The caller ID of the sign-up is the phone number on which 2FA is enabled.\n" +
			"Other verified caller IDs let an intruder call in your name, or in anybody's.",
		Console: []string{
			"list the verified caller IDs of every account, and mark those that came shortly before the case",
			"remove those that you do not allow, or that came since the incident began, and prove each gone (404)",
		},
		Hands: []Place{
			{"compare the owner's number with the one that you signed up with", "Console: profile icon > User Settings > Two-factor authentication", ""},
			{"change it where it is not yours, then make a new recovery code", "Console: profile icon > User Settings > Two-factor authentication > Edit", ""},
			{"say which verified caller IDs are yours: parameter allow; a removed one comes back only when the owner of that phone confirms it anew", "page 2 of this step lists them", ""},
			{"look for caller IDs that were added or removed", "Console: Monitor > Insights > Audit (caller-id.*)", "https://console.twilio.com/us1/monitor/insights/audit"},
			{"make sure that the number was not moved to another SIM, and ask for a lock against that", "your phone company", ""},
		},
		Checks: []Check{
			{"sign-up", "The number of the sign-up is the one that we gave, and the phone is in the owner's hands"},
			{"verified", "Every verified caller ID, in every account, is ours"},
			{"events", "Every caller-id event of the last 30 days is explained"},
			{"carrier", "The phone company confirms that the number was not moved"},
		},
		Parameters: callerIDParameters,
		Work:       callerIDs{},
	}
}
