package actions

// Passwords is step 1: change the passwords of all users.
func Passwords() *Step {
	return &Step{
		ID: "passwords", Number: "1", Title: "Change the passwords of all users", Phase: Contain, Urgency: 60,
		Because: "whoever can sign in to the Console makes new tokens and keys; the API shut him out, this keeps him out",
		Why: "A phished or reused password opens the Console, and there new tokens and keys.\n" +
			"No API changes passwords: each user has to, and you see to it.",
		Console: []string{
			"keeps the staff list of the case, and for each person what is done and by whose word",
			"with TWILIO_ORG_SID, TWILIO_ORG_CLIENT_ID and TWILIO_ORG_CLIENT_SECRET: reads the users and roles of the organization and tells who is on no staff list, who has a wide role, and where to remove that",
			"reads the audit events: passwords that were changed, and sign-ins from addresses that are not known. They back somebody's word, no more",
			"puts the accounts on a list, for which you say whom each is for and that its roles were gone through",
			"makes a passphrase on request (P on this screen, or retake passphrase): offline, and kept nowhere",
			"changes nothing: no user, no role, no password",
		},
		Hands: []Place{
			{"bring the staff list: a CSV with name and email", "retake roster import FILE --kind person, or i in the form that A opens", ""},
			{"save the list of users, then remove those whom nobody knows", "Console: Admin > Account management > Manage users", ""},
			{"revoke invitations that nobody of yours sent", "Console: Admin > Account management > Manage users > Invited users", ""},
			{"have every user set a new password, on a computer that is known to be clean", "Console: profile icon > User Settings (a code comes by e-mail first)", ""},
			{"reset the managed users of an organization yourself, as its owner or administrator; independent users must do it themselves", "Twilio Admin: Users > (user) > reset password", "https://admin.twilio.com"},
			{"deactivate a managed user who is none of yours. A program that does so must send active=false by PATCH: a PUT leaves it out and deactivates nobody", "Twilio Admin: Users > (user) > Deactivate", "https://admin.twilio.com"},
			{"ask for a passphrase: 14 characters or more, several words. Length beats symbols: 14 letters are 159 million times harder than 8 of any sign", "each user", ""},
			{"use no password twice: lists stolen from other sites are tried here. Keep them in a password manager", "each user", ""},
			{"change the mailbox's password as well, above all where it was the same; end its other sessions, look for forwarding rules", "your mail provider", ""},
			{"sign out everywhere: do not count on a new password to end a session that is open", "Console: profile icon > Log out, on every device", ""},
			{"give each user the least role that does the job, on subaccounts too", "Console: Admin > Account management > Manage users > (user) > roles", ""},
			{"go through the accounts one by one: whom is it for, who has which role in it, is each needed", "Console: Account > Account management > Subaccounts, then Manage users in each", "https://console.twilio.com/us1/account/manage-account/subaccounts"},
			{"look for the change of each user, and for sign-ins from addresses that are not yours", "Console: Monitor > Insights > Audit (user-password.*, user-session.*)", "https://console.twilio.com/us1/monitor/insights/audit"},
			{"no reset mail arrives: look in spam and at the mail server; the address on the account may be another by now (emails). If none can be made to come, ask Support", "Help Center", "https://help.twilio.com"},
			{"the code by e-mail goes to a mailbox that is lost: get the mailbox back first, from its provider or your own administrator", "your mail provider", ""},
			{"the owner has left the company: let an administrator of the organization take over, or prove to Support who you are, from the account concerned", "Twilio Admin: Users; else the Help Center", "https://help.twilio.com"},
			{"nobody of yours can sign in any more: write at once, with the Account SID, and do not open a new account", "fraud@twilio.com", ""},
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
		Each: &Roster{Kind: Person, Checks: []Check{
			{"changed", "A new passphrase of 14 characters or more, set after the takeover on a clean computer, used nowhere else"},
			{"mailbox", "The mailbox has a new password, its other sessions are ended, and it forwards to no stranger"},
			{"signed-out", "Signed out of the Console on every device since"},
			{"role", "Has the least role that does the job, or no login any more"},
		}},
		Also: []*Roster{{Kind: Subaccount, Optional: true, Checks: []Check{
			{"for-whom", "It is known whom this account is for, and who answers for it"},
			{"roles", "Each role in it was gone through: who has it needs it"},
		}}},
		Parameters: []Parameter{sinceParameter, addressesParameter, adminsParameter},
		Work: peopleWork{tell: func(p *people) {
			p.tellUsers()
			p.tellRoles()
			p.tellAccounts()
			p.tellPasswords()
			p.tellSignIns()
			p.tellEvents("an invitation was touched", "user-invitation.")
		}, miss: []Unseen{
			{"whether a password is new, long and used once only", "cannot see: no API shows passwords; each person says so, and the audit events back it where they are kept"},
			{"sessions of the Console that are open", "cannot see: no API lists them. Console > profile icon > Log out, on every device"},
			{"independent users, and invitations that are open", "cannot see: no API lists them. Console > Admin > Account management > Manage users, and > Invited users"},
			{"mailboxes of the users", "cannot see: ask your mail provider for sign-ins, sessions and forwarding rules"},
		}},
	}
}
