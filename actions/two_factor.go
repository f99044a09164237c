package actions

// TwoFactor is step 4: two-factor authentication for all users, with recovery
// codes renewed.
func TwoFactor() *Step {
	return &Step{
		ID: "two-factor", Number: "4", Title: "Two-factor for all, recovery codes renewed", Phase: Contain, Urgency: 70,
		Because: "a new password helps little while the codes go to the intruder's phone or he holds the recovery code",
		Why: "Twilio demands it and nobody can turn it off, so do not ask whether it is on:\n" +
			"ask whether the device is ours, and who has seen the recovery code.",
		Console: []string{
			"keeps for each person on the staff list whether the device is theirs and the recovery code is new, and by whose word",
			"reads the audit events: security settings and users that were changed, and sign-ins from addresses that are not known",
			"changes nothing: no API sets or shows a second factor",
		},
		Hands: []Place{
			{"open the settings; a code comes by e-mail first, so the mailbox must be yours", "Console: profile icon > User Settings", ""},
			{"set it up where it is missing: confirm the phone number, then save the recovery code", "Console: profile icon > User Settings > Set up 2FA", ""},
			{"look at the number and the method: change what is not yours. An authenticator app is safer than a text or a call", "Console: profile icon > User Settings > Two-factor authentication > Edit", ""},
			{"use no Twilio number for it: when the account is suspended you lock yourself out", "each user", ""},
			{"make a new recovery code; the old one dies with it, whoever copied it", "Console: profile icon > User Settings > Generate new code", ""},
			{"keep the code in a password manager, not on a slip of paper alone: it is shown once and lets you in without the phone", "each user", ""},
			{"require it for everybody, and reset it for managed users whose device is not theirs", "Twilio Admin: Users", "https://admin.twilio.com"},
			{"set how often it is asked for to the strictest", "Console: Account > Account management > General settings", "https://console.twilio.com/us1/account/manage-account/general-settings"},
			{"the device is lost: sign in with the recovery code, then change the number and make a new code", "Console: sign-in page, then profile icon > User Settings", ""},
			{"the recovery code is gone too: an administrator of the organization resets 2FA of a managed user; an independent user asks Support", "Twilio Admin: Users > (user); else the Help Center", "https://help.twilio.com"},
			{"the number is a Twilio number and the account is suspended: no code arrives. Use the recovery code; without it write from the account's address", "fraud@twilio.com", ""},
			{"somebody used your recovery code or changed your number: that user is his. Remove him as another administrator, then begin with passwords", "Console: Admin > Account management > Manage users", ""},
			{"who cannot sign in any more asks Support", "Help Center", "https://help.twilio.com"},
		},
		Checks: []Check{
			{"devices", "Each user's number or app for 2FA was looked at and is in that user's hands"},
			{"foreign", "No number that is not ours is left, and none of them is a Twilio number"},
			{"codes", "Every user has made a new recovery code after the takeover"},
			{"kept", "The recovery codes lie in a password manager, and no two people share one"},
			{"everybody", "No user who can sign in is without it"},
		},
		Each: &Roster{Kind: Person, Checks: []Check{
			{"device", "The number or app for 2FA is in this person's hands, and is no Twilio number"},
			{"recovery-code", "A new recovery code was made after the takeover; it lies in a password manager"},
		}},
		Parameters: []Parameter{sinceParameter, addressesParameter},
		Work: peopleWork{tell: func(p *people) {
			p.tellUsers()
			p.tellEvents("a security setting or a user was changed", "security-settings.", "user.")
			p.tellSignIns()
		}, miss: []Unseen{
			{"second factors: whose device, which method, which number", "cannot see: no API shows them. Console > profile icon > User Settings, each user"},
			{"recovery codes, and who has seen them", "cannot see: they are shown once, when they are made"},
			{"whether 2FA is demanded at each sign-in", "cannot see: Console > Account > Account management > General settings, and Twilio Admin > Users"},
		}},
	}
}
