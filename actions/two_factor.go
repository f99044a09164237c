package actions

// TwoFactor is step 4: two-factor authentication for all users, with recovery
// codes renewed.
func TwoFactor() *Step {
	return &Step{
		ID: "two-factor", Number: "4", Title: "Two-factor for all, recovery codes renewed", Phase: Contain, Urgency: 70,
		Because: "a new password helps little while the codes go to the intruder's phone or he holds the recovery code",
		Why: "Twilio demands it and nobody can turn it off, so do not ask whether it is on:\n" +
			"ask whether the device is ours, and who has seen the recovery code.",
		Hands: []Place{
			{"open the settings; a code comes by e-mail first, so the mailbox must be yours", "Console: profile icon > User Settings", ""},
			{"set it up where it is missing: confirm the phone number, then save the recovery code", "Console: profile icon > User Settings > Set up 2FA", ""},
			{"look at the number and the method: change what is not yours. An authenticator app is safer than a text or a call", "Console: profile icon > User Settings > Two-factor authentication > Edit", ""},
			{"use no Twilio number for it: when the account is suspended you lock yourself out", "each user", ""},
			{"make a new recovery code; the old one dies with it, whoever copied it", "Console: profile icon > User Settings > Generate new code", ""},
			{"keep the code in a password manager, not on a slip of paper alone: it is shown once and lets you in without the phone", "each user", ""},
			{"require it for everybody, and reset it for managed users whose device is not theirs", "Twilio Admin: Users", "https://admin.twilio.com"},
			{"set how often it is asked for to the strictest", "Console: Account > Account management > General settings", "https://console.twilio.com/us1/account/manage-account/general-settings"},
			{"who cannot sign in any more asks Support", "Help Center", "https://help.twilio.com"},
		},
		Checks: []Check{
			{"devices", "Each user's number or app for 2FA was looked at and is in that user's hands"},
			{"foreign", "No number that is not ours is left, and none of them is a Twilio number"},
			{"codes", "Every user has made a new recovery code after the takeover"},
			{"kept", "The recovery codes lie in a password manager, and no two people share one"},
			{"everybody", "No user who can sign in is without it"},
		},
	}
}
