package actions

// SecondPass comes after step 12: once more after reactivation, and hardening.
func SecondPass() *Step {
	return &Step{
		ID: "second-pass", Number: "after 12", Title: "Second pass: promote again, re-read, harden", Phase: Recover, Urgency: 170,
		Because: "it belongs after reactivation; one step missed is how an account is taken a second time",
		Why: "With reactivation everything that was missed lives again. Go round once more,\n" +
			"then make the next leak small.",
		Console: []string{
			"keeps what is set up in every account as the end of the first pass: the first reading, or a later one with mode=baseline",
			"reads it again and names each record that came, went or changed since and that no act of the case explains: keys, numbers, applications, triggers, caller IDs, geography, SIP, connect apps, accounts",
			"reads the audit events since the first pass, and names those that give a hold on the account and are not ours",
			"holds the Auth Tokens in force against the time of reactivation: auth-tokens with made_before rotates those that are older",
			"names the steps that were not looked at since the reactivation",
		},
		Hands: []Place{
			{"promote a new Auth Token once more after reactivation, the subaccounts' too: auth-tokens with made_before=(the time of reactivation); then rotate at set times", "step auth-tokens", ""},
			{"run this step an hour and a day after: a key that you did not make is his; look in every Region", "Console: Account > API keys & tokens, every Region", "https://console.twilio.com/us1/account/keys-credentials/api-keys"},
			{"rotate and clean the subaccounts that were suspended meanwhile", "Console: Account > Account management > Subaccounts", "https://console.twilio.com/us1/account/manage-account/subaccounts"},
			{"read the audit events since you began: each key, token, user and webhook must be yours, else start again at auth-tokens", "Console: Monitor > Insights > Audit", "https://console.twilio.com/us1/monitor/insights/audit"},
			{"look at geo permissions, webhooks and users once more", "steps geo-and-triggers, sweep, passwords", ""},
			{"give each application a restricted key of its own, which can do only what it does; go over them at set times", "Console: Account > API keys & tokens > Create API key > Restricted", "https://console.twilio.com/us1/account/keys-credentials/api-keys"},
			{"use the Auth Token for signatures of webhooks only; Account SID and token belong in a secret store", "your own applications", ""},
			{"give each team or customer a subaccount of its own, and each person the least role", "Console: Admin > Account management", ""},
			{"allow sign-ins from your addresses only; add your own first. The unified account covers SendGrid too", `Console: search for "IP access management"`, ""},
			{"set alarms on usage, spend, API errors and Verify attempts, and say who answers them at night; read the bill every week", "Console: Monitor, and Admin > Account billing", ""},
			{"turn auto-recharge on again only with a low amount, alarms in place and finance told", "Console: Admin > Account billing > Billing overview", ""},
			{"look at the cost once more after a day: prices come late", "Console: Monitor > Insights > Billing", "https://console.twilio.com/us1/monitor/insights/billing"},
			{"write down what you learned, with an owner and a date for each thing left open", "your incident record", ""},
		},
		Checks: []Check{
			{"promoted", "After reactivation a new token was promoted on every account, or the account was never suspended"},
			{"keys", "Keys were read again an hour and a day after: none is there that we did not make"},
			{"suspended", "No subaccount is active that was not rotated and cleaned"},
			{"events", "Every audit event since we began was made by us"},
			{"restricted", "Each application has a restricted key of its own"},
			{"store", "Tokens and keys lie in a secret store; dates for rotating them are set"},
			{"addresses", "Sign-ins are allowed from our addresses only, or the reason against it is noted"},
			{"alarms", "Alarms on spend, usage and Verify attempts reach somebody, at night too"},
			{"least", "Users, teammates, keys and subaccounts can do no more than their work"},
			{"lessons", "What is left open has an owner and a date"},
		},
		Each: &Roster{Kind: Program, Optional: true, Checks: []Check{
			{"restricted", "It has a restricted key of its own, which can do only what it does"},
			{"secrets", "Its keys and tokens lie in a secret store"},
			{"signatures", "It checks the signature of every webhook"},
			{"tls", "It reaches Twilio over TLS and checks the certificate; its own webhooks are https"},
		}},
		Parameters: secondPassParameters,
		Work:       secondPass{},
	}
}
