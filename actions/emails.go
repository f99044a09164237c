package actions

// Emails is step 8: e-mail addresses of all users verified.
func Emails() *Step {
	return &Step{
		ID: "emails", Number: "8", Title: "The e-mail addresses of all users are ours", Phase: Eradicate, Urgency: 80,
		Because: "password resets and sign-in codes go to these addresses: a changed one takes back what you just secured",
		Why: "Who owns a user's address owns the user: resets, codes and warnings go there.\n" +
			"An intruder changes one letter, or adds a user of his own.",
		Hands: []Place{
			{"compare each user's address with your staff list, letter by letter, the domain too", "Console: Admin > Account management > Manage users", ""},
			{"look for changes of addresses, and note what they were before", "Console: Monitor > Insights > Audit (user.*)", "https://console.twilio.com/us1/monitor/insights/audit"},
			{"have the user change a wrong address back; a code by e-mail is asked for", "Console: profile icon > User Settings", ""},
			{"change the address of a managed user of an organization yourself", "Twilio Admin: Users > (user)", "https://admin.twilio.com"},
			{"where an owner's address is in strange hands, write to Twilio at once: you cannot mend that alone", "fraud@twilio.com, and a ticket in the Help Center", "https://help.twilio.com"},
			{"look at the addresses for invoices, balance and fraud notices", "Console: Admin > Account billing, and > Account management > General settings", ""},
			{"make sure that each mailbox is still in its owner's hands: recent sign-ins, forwarding rules, recovery address", "your mail provider", ""},
		},
		Checks: []Check{
			{"compared", "The address of every user was compared with our staff list"},
			{"changes", "Every change of an address in the audit events was ours, or is put right"},
			{"owner", "The owner's address is ours and its mailbox is in the owner's hands"},
			{"notices", "Invoices and notices go to our addresses"},
			{"mailboxes", "No mailbox of a user forwards to a stranger"},
		},
	}
}
