package actions

// nextAfter is what to do while the account does not answer as it should. Twilio's
// advice to customers with suspended accounts is in it; none of it waits for the
// API.
func nextAfter(state string) []string {
	switch state {
	case ReachSuspended:
		return whileSuspended
	case ReachLockedOut:
		return whileLockedOut
	case ReachPartly:
		return []string{
			"a list that is refused alone is a matter of the credential or of the product: its words say which",
			"where a subaccount is refused and the main account is not, its status says why: stop-traffic lists the suspended ones",
		}
	case ReachUnreachable:
		return []string{
			"look at the network, DNS, the clock and HTTPS_PROXY; try from another network, such as a phone's",
			"look at status.twilio.com",
			"the money does not wait for the API: in the Console turn auto-recharge off, or ask your bank to refuse the card",
		}
	}
	return nil
}

var whileSuspended = []string{
	"find the notice that Twilio sent to the owner, in the spam folder too, and answer that very mail within 24 hours; follow no link in it, but type the Console's address",
	"while the account is suspended nobody can make API keys: applications that use keys have nothing after all keys are deleted, until it is active again",
	"do what the Console still lets you do, in this order: reset the Auth Token, delete the API keys, two-factor authentication for all users, make repositories private (attest each step)",
	"messages that wait are held (30002), and go out afterwards: ask in your answer that the intruder's are dropped",
	"a subaccount under a suspended main account cannot be changed (21476); one that Twilio itself suspended only Twilio can reactivate (21478)",
	"a negative balance has to be paid before it is reactivated; take the card's mails as evidence",
	"after the reactivation run second-pass with reactivated=(its time): every token is promoted once more",
}

var whileLockedOut = []string{
	"open the Console by typing its address and sign in: a banner there says whether the account is suspended, which the API does not",
	"if you can sign in: Account > API keys & tokens, make a secondary token and promote it, twice, so that neither of the intruder's two tokens is left; set TWILIO_AUTH_TOKEN to the last one and run this again",
	"if the Console shows a token that you do not know, somebody rotated first: the events account-auth-token.* (Monitor > Insights > Audit) say who and from where; note them before anything else",
	"if you cannot sign in: reset the password; if no mail arrives, the mailbox or the address in the account was changed: secure the mailbox first, then let another owner or administrator reset you",
	"if nobody can sign in: write to fraud@twilio.com from the owner's address with the Account SID, the numbers, the times and that you ask for suspension; say that the token was rotated by somebody else",
	"stop the money without the API: ask your bank to refuse the card; auto-recharge is what makes a takeover dear",
	"tokens of subaccounts that still open are doors of yours too: with them their calls can be ended and their tokens rotated once the main account is yours again",
}
