package actions

// SendGrid comes after step 12: the SendGrid side of the account.
func SendGrid() *Step {
	return &Step{
		ID: "sendgrid", Number: "after 12", Title: "The SendGrid side", Phase: Eradicate, Urgency: 100,
		Because: "one login opens both, but SendGrid has keys, people and webhooks of its own; if mail goes out now, do it now",
		Why: "A stolen login makes itself an API key and mails from it. New Twilio tokens do\n" +
			"not touch SendGrid. Act quietly: change all at one go, announce it after.",
		Console: []string{
			"with SENDGRID_API_KEY ask what the key may do, then read every place that an API lists, of the account and of each subuser: each is clean, changed, unknown or cannot be seen",
			"read the subject lines of 30 days (a paid add-on, 6 requests a minute), name those that are new since the incident, and the key that sent them; without the add-on, numbers of mails",
			"with mode=contain take away at one go what leads to a stranger or came since: your own address is allowed first, then what sends, then people, then keys. The key in use stays unless you say otherwise",
			"with mode=restore put back what was switched off, withdrawn or rolled back",
		},
		Hands: []Place{
			{"change the password; with the unified login that is the Twilio user, and sign-ins are seen in the Twilio account", "Console: profile icon > User Settings", ""},
			{"expect programs that sign in with user name and password, to the site or the API, to stop at the reset", "your own applications", ""},
			{"if no reset mail comes, nor after 'Forgot your password', write to support: do not keep trying", "Help Center", "https://help.twilio.com"},
			{"if Twilio reset you: sign-ins came from addresses that tried many accounts, with passwords leaked elsewhere. Fresh keys may be gone too", "SendGrid: Settings > API Keys", ""},
			{"make new API keys with few scopes for your programs, in each subuser too, and name them in keep; mode=contain deletes the others. No date is shown, so trust none", "SendGrid: Settings > API Keys", ""},
			{"read the subjects of all mail of 30 days, and note those that you do not know", "SendGrid: Activity", "https://app.sendgrid.com/email_activity"},
			{"look at account settings and profile: name, e-mail address, phone", "SendGrid: Settings > Account Details", ""},
			{"look at payment methods", "SendGrid: Settings > Account Details > Billing", ""},
			{"look at 2FA of every person, and at single sign-on: an integration of his own lets the intruder back in", "SendGrid: Settings > Two-Factor Authentication, and > SSO Settings", ""},
			{"remove teammates and invitations that nobody knows; look at keys that teammates made, and give each the least scopes", "SendGrid: Settings > Teammates", ""},
			{"look at subusers: disable those that are not yours, which also stops their sending", "SendGrid: Settings > Subuser Management", ""},
			{"look at recent sign-in attempts and allowed addresses: remove strange ones, add your own first or you lock yourself out", "SendGrid: Settings > IP Access Management", ""},
			{"look at event webhooks and inbound parse: a stranger's URL there reads your mail", "SendGrid: Settings > Mail Settings > Event Webhooks; Settings > Inbound Parse", ""},
			{"look at senders, domains, templates, footers, forwarding of bounces and spam, alerts and their addresses", "SendGrid: Settings > Sender Authentication, > Mail Settings, > Alerts; Email API > Dynamic Templates", ""},
			{"cancel scheduled and single sends that are not yours", "SendGrid: Marketing > Single Sends", ""},
			{"find the notice mail of SendGrid's compliance team, in all mailboxes and spam folders, and answer that very mail: what happened, why, what you did, how you prevent it. Ordinary support cannot lift it", "mailbox of the account's e-mail address, and of each teammate", ""},
			{"read in it how the account stands. Warned: it sends still. Suspended or deactivated: it sends nothing until they let it. Banned: it stays shut; move your programs elsewhere", "the notice mail", ""},
			{"have the queue purged before reactivation: a suspended account keeps mail for up to 72 hours and sends it then", "your reply to the compliance notice", ""},
		},
		Checks: []Check{
			{"password", "The password is new, or the unified login's is, and 2FA is on a device of ours"},
			{"quiet", "All was changed at one go, and nothing was announced before"},
			{"keys", "Every API key is new, ours and restricted, those of teammates and subusers too"},
			{"subjects", "The subjects of 30 days were read, and strange ones are noted"},
			{"settings", "Account settings and payment methods are ours"},
			{"teammates", "Every teammate and invitation is known, with the least scopes"},
			{"subusers", "Every subuser is ours or disabled"},
			{"access", "Only our addresses may sign in (IP access management), and the attempts were read"},
			{"webhooks", "Event webhooks and inbound parse deliver to us alone"},
			{"sending", "Senders, domains, templates, mail settings, alerts and scheduled sends are ours"},
			{"notice", "The compliance notice was looked for and answered, or there is none"},
			{"queue", "The queue was purged before reactivation, or nothing was suspended"},
			{"services", "Programs that used user name and password have an API key now"},
		},
		Parameters: sendgridParameters,
		Work:       sendgridWork{},
	}
}
