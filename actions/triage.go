package actions

// Triage comes before step 1: is it a takeover, and what is burning now?
func Triage() *Step {
	return &Step{
		ID: "triage", Number: "before 1", Title: "Is it compromised, and what is burning now?", Phase: Identify, Urgency: 10,
		Because: "ten minutes here tell what to stop first; if money is burning already, go to stop-traffic at once",
		Why: "Tell a takeover from abuse of your own sign-up form, and see what costs money\n" +
			"now. Wait neither for certainty nor for Support before you contain.",
		Hands: []Place{
			{"compare today's spend with an ordinary day, and look for recharges in your mail", "Console: Monitor > Insights > Billing", "https://console.twilio.com/us1/monitor/insights/billing"},
			{"look for calls that nobody of yours made: odd countries, odd hours, very long, or thousands of very short ones", "Console: Monitor > Logs > Calls", ""},
			{"look for messages that nobody of yours sent: the same text to many, links to fake bank or payment pages, many STOP replies", "Console: Monitor > Logs > Messaging", ""},
			{"look for codes that nobody enters: many asked for, few confirmed, to numbers in a row. That is pumping of your form, not yet a takeover", "Console: Monitor > Logs > Verify", "https://console.twilio.com/us1/monitor/logs/verify-logs"},
			{"read the last 30 days of audit events: users, passwords, e-mail addresses, tokens, keys, geo permissions, addresses that are not yours", "Console: Monitor > Insights > Audit", "https://console.twilio.com/us1/monitor/insights/audit"},
			{"save those events at once: most accounts keep them for 30 days only, and a suspended subaccount shows none", "Console: Monitor > Insights > Audit", "https://console.twilio.com/us1/monitor/insights/audit"},
			{"look whether a webhook of a number leads to a host that is not yours", "Console: Phone Numbers > Manage > Active numbers > (number)", ""},
			{"copy the Account SID, and that of every subaccount", "Console: Account > Account management > General settings", "https://console.twilio.com/us1/account/manage-account/general-settings"},
			{"search GitHub's code for each SID (AC… and SK…), in quotes: 0 results under Code is what you hope for. Never search for a token or a secret", `GitHub, signed in: search for "AC…", then choose Code (in the address: q="AC…" and type=code)`, "https://github.com/search"},
			{"at a hit write down who uploaded it, when, and which SIDs and tokens it shows; such a token is burnt even if the file is deleted", "GitHub: the file > History", ""},
			{"do not trust 0 results: the search leaves out history, other branches, gists, private and deleted repositories and big files", "your own clones: gitleaks or trufflehog over the whole history", ""},
			{"rule out your own work: a campaign, a load test, a new customer, a colleague's new key", "your colleagues", ""},
			{"open the Console by typing its address: mails that say your account is suspended are often fakes", "your browser", ""},
		},
		Checks: []Check{
			{"traffic", "We know whether there are calls or messages that are not ours, and since when (UTC)"},
			{"countries", "The countries of today's traffic were compared with those that we serve"},
			{"links", "Bodies of messages were looked through for links that are not ours; none was opened"},
			{"logins", "Changes of e-mail addresses and passwords in the audit events were made by us, or are noted as not ours"},
			{"numbers", "The webhooks of our numbers lead to our hosts, or the others are noted"},
			{"spend", "Today's spend was compared with an ordinary day, and today's price is known to be provisional"},
			{"leak-search", "GitHub's code was searched for the SID of every account and key, not for any secret"},
			{"leak-noted", "Of every hit it is noted who, when and what; or there was none"},
			{"blind-spots", "Our own repositories were searched with their history, since the public search does not see it"},
			{"events-saved", "The audit events of the last 30 days are saved outside the account"},
			{"verdict", "The verdict (takeover, form abuse, or neither) is written down with its reasons"},
		},
	}
}
