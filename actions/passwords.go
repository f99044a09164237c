package actions

// Passwords is step 1: change the passwords of all users.
func Passwords() *Step {
	return &Step{
		ID: "passwords", Number: "1", Title: "Change the passwords of all users", Phase: Contain, Urgency: 60,
		Because: "whoever can sign in to the Console makes new tokens and keys; the API shut him out, this keeps him out",
		Why: "A phished or reused password opens the Console, and there new tokens and keys.\n" +
			"No API changes passwords: each user has to, and you see to it.",
		Hands: []Place{
			{"save the list of users, then remove those whom nobody knows", "Console: Admin > Account management > Manage users", ""},
			{"revoke invitations that nobody of yours sent", "Console: Admin > Account management > Manage users > Invited users", ""},
			{"have every user set a new password, on a computer that is known to be clean", "Console: profile icon > User Settings (a code comes by e-mail first)", ""},
			{"reset the managed users of an organization yourself, as its owner or administrator; independent users must do it themselves", "Twilio Admin: Users > (user) > reset password", "https://admin.twilio.com"},
			{"ask for a passphrase: 14 characters or more, several words. Length beats symbols: 14 letters are 159 million times harder than 8 of any sign", "each user", ""},
			{"use no password twice: lists stolen from other sites are tried here. Keep them in a password manager", "each user", ""},
			{"change the mailbox's password as well, above all where it was the same; end its other sessions, look for forwarding rules", "your mail provider", ""},
			{"sign out everywhere: do not count on a new password to end a session that is open", "Console: profile icon > Log out, on every device", ""},
			{"give each user the least role that does the job, on subaccounts too", "Console: Admin > Account management > Manage users > (user) > roles", ""},
			{"look for the change of each user, and for sign-ins from addresses that are not yours", "Console: Monitor > Insights > Audit (user-password.*, user-session.*)", "https://console.twilio.com/us1/monitor/insights/audit"},
		},
		Checks: []Check{
			{"users", "Every user is known by name; the others are removed"},
			{"invitations", "No invitation is open that we did not send"},
			{"changed", "Every user has a new password, set after the takeover on a clean computer"},
			{"length", "The new ones are passphrases of 14 characters or more"},
			{"reuse", "None is used anywhere else; they lie in a password manager"},
			{"mailboxes", "Mailboxes that shared a password have another one, and forward nothing to strangers"},
			{"sessions", "After the change no sign-in came from an address that is not ours"},
			{"roles", "Each user has the least role that does the job, and only those who need it can open the Console"},
		},
	}
}
