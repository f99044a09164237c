package actions

// OutsideHelp is step 12: third-party help, and Fraud Operations contacted.
func OutsideHelp() *Step {
	return &Step{
		ID: "outside-help", Number: "12", Title: "Outside help, and Fraud Operations", Phase: Recover, Urgency: 120,
		Because: "contain first, then write; but if the account is suspended, answer within 24 hours, whatever else is open",
		Why: "Fraud Operations look for other fraud and reactivate the account when every\n" +
			"step is done. Others help to find the cause and to tell whom you must tell.",
		Console: []string{
			"reads whether Twilio has suspended the main account",
			"keeps the ticket, its time, the contact, and the clock of 24 hours from a suspension to the answer; the board shows how much is left",
			"drafts what Twilio asks for from this case: SIDs, times, what was found with its exhibits, which steps are done; what is not known is said (D on this screen, or retake step outside-help --draft)",
			"sends nothing: mail and ticket are yours",
		},
		Hands: []Place{
			{"trust no mail about a suspension by its look: fakes ask for a login. Type the address of the Console, never click; a true notice names your Account SID", "your browser", ""},

			{"find Twilio's notice, in spam and in the owner's mailbox, and reply to that very mail; click none of its links", "the owner's mailbox", ""},
			{"write whether or not it is proved: Account SIDs, numbers, prefixes, times in UTC, what you have done. No token, no secret", "fraud@twilio.com", ""},
			{"open a ticket from the account concerned and note its number; without a paid plan ask the assistant for one", "Help Center", "https://help.twilio.com"},
			{"within 24 hours of a suspension: say which steps are done, and again whenever one more is", "the same mail or ticket", ""},
			{"ask for a look at other fraud, for the prefixes that were called, for reactivation, and for a credit", "the same mail or ticket", ""},
			{"write the cause report in four parts: what happened (begin, end, discovery), root cause, what mended it, what prevents it", "the form that Twilio sends; always asked for after a second takeover", ""},
			{"settle a negative balance, or agree on it: it holds up reactivation", "Console: Admin > Account billing", ""},
			{"for SendGrid answer the compliance notice itself: ordinary support cannot lift it", "the notice mail", ""},
			{"claim what Fraud Guard promised for Verify within 30 days after the end of the month", "Help Center", "https://help.twilio.com"},
			{"think of a security company for cause, servers and laptops; tell the insurer before you spend", "a company that you know, your insurer", ""},
			{"ask who else must know: data protection (often 72 hours), customers, police", "your lawyers", ""},
			{"open no new account to get round the suspension: the cause would come along", "everywhere", ""},
		},
		Checks: []Check{
			{"notice", "Twilio's notice was found and answered, or there was none"},
			{"fraud-ops", "Fraud Operations have our mail; the time (UTC) is in the note"},
			{"ticket", "There is a ticket; its number is in the note"},
			{"in-time", "A suspension was answered within 24 hours, or there was none"},
			{"report", "The cause report with its four parts is sent, or was not asked for"},
			{"secrets", "No token and no secret went out in mail or ticket"},
			{"third-party", "A security company is hired, or that was decided against, and the reason is noted"},
			{"duties", "Lawyers have said whom we must tell, and until when"},
		},
		Parameters: helpParameters,
		Work:       helpWork{},
	}
}
