package actions

// StopTraffic comes before step 1: end what costs money at this moment.
func StopTraffic() *Step {
	return &Step{
		ID: "stop-traffic", Number: "before 1", Title: "Stop the traffic and the money", Phase: Contain, Urgency: 20,
		Because: "money goes in minutes, and calls in progress go on when everything else is blocked",
		Why: "A blocked country or a dead token ends no call that is up already: some last\n" +
			"for hours. Auto-recharge feeds them from your card until that is empty.",
		Console: []string{
			"list the live calls, conferences and waiting messages of every account, with their cost per minute where past bills tell it",
			"end and cancel all but what you keep, and what keeps coming, until two reads in a row find nothing",
			"read each one again to see that it is over",
			"suspend the subaccounts that you name, once their calls are ended and what only they show is in the case; lift undoes it",
		},
		Hands: []Place{
			{"turn auto-recharge off; once the balance is gone Twilio suspends the account and your own traffic stops too", "Console: Admin > Account billing > Billing overview > Edit auto recharge settings", ""},
			{"look at the payment methods: remove what is not yours, and what you can do without tonight", "Console: Admin > Account billing > Payment methods", ""},
			{"have finance lower the card's daily limit and watch for debits; leave disputes until Twilio has answered", "your finance office, the bank that issued the card", ""},
			{"name your own numbers, calls or accounts whose traffic goes on", "parameter keep", ""},
			{"a message that is scheduled is cancelled in time only; queued ones may be sent all the same", "the outcomes of this step say which", ""},
			{"delete no call and no message, and blank no body: that destroys your evidence", "everywhere", ""},
			{"name the subaccounts that nobody of yours made: a suspended one can begin nothing, and its numbers go on being billed", "parameter suspend", ""},
			{"never close an account: that is final, and its numbers are gone", "Console: Account > Account management > Subaccounts", "https://console.twilio.com/us1/account/manage-account/subaccounts"},
			{"ask Twilio to suspend the main account if it will not stop; no API can do that (21477)", "fraud@twilio.com, and a ticket in the Help Center", "https://help.twilio.com"},
			{"where your own form is abused, turn it off or put a limit on it", "your own application", ""},
		},
		Checks: []Check{
			{"recharge", "Auto-recharge is off"},
			{"cards", "The payment methods are ours, and finance watches the card"},
			{"saved", "What was live or scheduled was saved before it was ended"},
			{"calls", "No call and no conference is live that is not ours, on any account; looked twice"},
			{"messages", "Scheduled messages that are not ours are cancelled"},
			{"subaccounts", "Subaccounts that are not ours are suspended, or there are none; none was closed"},
			{"asked", "Twilio was asked to suspend the account, or that was decided against, and the reason is noted"},
			{"form", "Our own forms that send messages or place calls are limited or off, where they are abused"},
		},
		Parameters: trafficParameters,
		Work:       liveTraffic{},
	}
}
