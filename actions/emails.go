package actions

// Emails is step 8: e-mail addresses of all users verified.
func Emails() *Step {
	return &Step{
		ID: "emails", Number: "8", Title: "The e-mail addresses of all users are ours", Phase: Eradicate, Urgency: 80,
		Because: "password resets and sign-in codes go to these addresses: a changed one takes back what you just secured",
		Why: "Who owns a user's address owns the user: resets, codes and warnings go there.\n" +
			"An intruder changes one letter, or adds a user of his own.",
		Console: []string{
			"with TWILIO_ORG_SID, TWILIO_ORG_CLIENT_ID and TWILIO_ORG_CLIENT_SECRET: compares the addresses of the organization's users with the staff list and tells which differ, by one sign too",
			"reads the audit events for users that were changed",
			"keeps for each person whether the address is confirmed and the mailbox theirs, and by whose word",
			"changes nothing: no user and no address",
		},
		Hands: []Place{
			{"bring the staff list from a place that the intruder cannot write to, such as the payroll", "retake roster import FILE --kind person, or i in the form that A opens", ""},
			{"confirm each address with the person by phone or face to face, not by mail to that address", "each user", ""},
			{"compare each user's address with your staff list, letter by letter, the domain too", "Console: Admin > Account management > Manage users", ""},
			{"look for changes of addresses, and note what they were before", "Console: Monitor > Insights > Audit (user.*)", "https://console.twilio.com/us1/monitor/insights/audit"},
			{"have the user change a wrong address back; a code by e-mail is asked for", "Console: profile icon > User Settings", ""},
			{"change the address of a managed user of an organization yourself", "Twilio Admin: Users > (user)", "https://admin.twilio.com"},
			{"where an owner's address is in strange hands, write to Twilio at once: you cannot mend that alone", "fraud@twilio.com, and a ticket in the Help Center", "https://help.twilio.com"},
			{"look at the addresses for invoices, balance and fraud notices", "Console: Admin > Account billing, and > Account management > General settings", ""},
			{"an address was changed and its old owner gets no code: an administrator of the organization sets it back; for an independent user ask Support", "Twilio Admin: Users > (user); else the Help Center", "https://help.twilio.com"},
			{"the domain itself is in strange hands or has run out: get it back first, since every reset mail goes there", "your registrar", ""},
			{"make sure that each mailbox is still in its owner's hands: recent sign-ins, forwarding rules, recovery address", "your mail provider", ""},
		},
		Checks: []Check{
			{"compared", "The address of every user was compared with our staff list"},
			{"changes", "Every change of an address in the audit events was ours, or is put right"},
			{"owner", "The owner's address is ours and its mailbox is in the owner's hands"},
			{"notices", "Invoices and notices go to our addresses"},
			{"mailboxes", "No mailbox of a user forwards to a stranger"},
		},
		Each: &Roster{Kind: Person, Checks: []Check{
			{"confirmed", "The address of the login is this person's, compared letter by letter and confirmed on another way than by mail"},
			{"mailbox", "The mailbox is in this person's hands: password rotated, recovery address and forwarding rules looked at"},
		}},
		Parameters: []Parameter{sinceParameter},
		Work: peopleWork{tell: func(p *people) {
			p.tellUsers()
			p.tellAddresses()
			p.tellEvents("a user was changed", "user.")
		}, miss: []Unseen{
			{"addresses of independent users", "cannot see: no API shows them. Console > Admin > Account management > Manage users"},
			{"addresses for invoices, balance and fraud notices", "cannot see: Console > Admin > Account billing, and > Account management > General settings"},
			{"who reads the mailboxes", "cannot see: ask your mail provider"},
		}},
	}
}
