package actions

// Triage comes before step 1: is it a takeover, and what is burning now?
func Triage() *Step {
	return &Step{
		ID: "triage", Number: "before 1", Title: "Is it compromised, and what is burning now?", Phase: Identify, Urgency: 10,
		Because: "ten minutes here tell what to stop first; if money is burning already, go to stop-traffic at once",
		Why: "Tell a takeover from abuse of your own sign-up form, and see what costs money\n" +
			"now. Wait neither for certainty nor for Support before you contain.",
		Console: []string{
			"reads, and changes nothing: calls, messages, spend, audit events and alerts of every account, newest first, in a bounded number of pages",
			"counts the calls that are up and the messages that wait to go out",
			"holds countries, volumes, links and spend against the 30 days before, and lists of countries only after that",
			"finds changes by addresses that were never seen here: tokens, keys, users, geo permissions, triggers, caller IDs, webhooks",
			"searches public code on GitHub for the SID of every account, with GITHUB_TOKEN; never for a token or a secret",
			"gives a verdict with its three best reasons: takeover, toll fraud, smishing, form pumping, unclear, or nothing found",
			"says what would change the verdict, which step comes next, and what could not be read",
		},
		Hands: []Place{
			{"look for recharges in your mail, and compare with the spend that the findings tell", "Console: Monitor > Insights > Billing", "https://console.twilio.com/us1/monitor/insights/billing"},
			{"ask about each finding: a campaign, a load test, a new customer, a colleague's new key or one who travels explains many of them", "your colleagues", ""},
			{"look for codes that nobody enters: many asked for, few confirmed, to numbers in a row. That is pumping of your form, not yet a takeover", "Console: Monitor > Logs > Verify", "https://console.twilio.com/us1/monitor/logs/verify-logs"},
			{"read the logins in the audit events: an address may be yours and the person not. Changes from known addresses are not told", "Console: Monitor > Insights > Audit", "https://console.twilio.com/us1/monitor/insights/audit"},
			{"save what a suspended subaccount had: its audit events cannot be read any more, and most accounts keep them for 30 days only", "Console: Monitor > Insights > Audit", "https://console.twilio.com/us1/monitor/insights/audit"},
			{"look whether a webhook of a number leads to a host that is not yours", "Console: Phone Numbers > Manage > Active numbers > (number)", ""},
			{"copy the Account SID, and that of every subaccount", "Console: Account > Account management > General settings", "https://console.twilio.com/us1/account/manage-account/general-settings"},
			{"search GitHub's code for each SID of a key (SK…), and without GITHUB_TOKEN of each account (AC…), in quotes: 0 results under Code is what you hope for. Never search for a token or a secret", `GitHub, signed in: search for "AC…", then choose Code (in the address: q="AC…" and type=code)`, "https://github.com/search"},
			{"at a hit write down who uploaded it, when, and which SIDs and tokens it shows; such a token is burnt even if the file is deleted", "GitHub: the file > History", ""},
			{"do not trust 0 results: the search leaves out history, other branches, gists, private and deleted repositories and big files", "your own clones: gitleaks or trufflehog over the whole history", ""},
			{"open the Console by typing its address: mails that say your account is suspended are often fakes", "your browser", ""},
		},
		Checks: []Check{
			{"traffic", "Of the calls and messages that the findings name we know whether they are ours, and since when (UTC)"},
			{"countries", "The countries that the findings call new were compared with those that we serve"},
			{"links", "The hosts that messages lead to are ours, or noted as not ours; none was opened"},
			{"logins", "Changes of e-mail addresses and passwords in the audit events were made by us, or are noted as not ours"},
			{"numbers", "The webhooks of our numbers lead to our hosts, or the others are noted"},
			{"spend", "The spend that was read was compared with our mails about recharges; today's price is known to be provisional"},
			{"leak-search", "GitHub's code was searched for the SID of every account and key, not for any secret"},
			{"leak-noted", "Of every hit it is noted who, when and what; or there was none"},
			{"blind-spots", "Our own repositories were searched with their history, since the public search does not see it"},
			{"events-saved", "The audit events that were read are in this case file; those that could not be read are saved or asked for"},
			{"verdict", "We agree with the verdict (takeover, form abuse, or neither), or ours is written down with its reasons"},
		},
		Parameters: triageParameters,
		Work:       triageWork{},
	}
}
