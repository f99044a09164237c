package sim

import "time"

// Scene is how a story opens for whoever trains on it. It gives nothing away
// that a responder would not know at that hour.
type Scene struct {
	Role     string // who the trainee is
	Mails    []Mail // what came in, oldest first
	Have     string // what there is to work with
	Expected string // what is asked for
}

// Mail is a mail, or a line in a chat.
type Mail struct {
	Before        time.Duration // how long before the start it came
	From, Subject string
	Text          string
}

const (
	onCall = "You look after the telephony of Harbour Parcel, a company that delivers parcels " +
		"and tells people so by message and by telephone. You are on call, alone."
	inHand = "This console, with the account's SID and Auth Token. Nobody with a login to " +
		"Twilio's own Console is awake: put down what only they can do. The staff list " +
		"of the payroll is in the case."
)

var unusualTraffic = Scene{
	Role: onCall,
	Mails: []Mail{
		{11 * time.Minute, "Twilio Fraud Operations", "Unusual traffic on your account",
			"We see calls and messages to countries that your account has not used before. " +
				"Please look into it, secure the account, and tell us what you found and what you did. Charges go on meanwhile."},
		{4 * time.Minute, "Maeve, customer care", "customs fee?",
			"Three people ask about a customs fee in one of our texts. Is that us?"},
	},
	Have: inHand,
	Expected: "Find out what is going on, and end it. Leave nothing behind that lets anybody back in, " +
		"and be able to show afterwards what you did and why.",
}

var strangeMail = Scene{
	Role: "You look after the mail and the telephony of Harbour Parcel, a company that delivers parcels " +
		"and tells people so. You are on call, alone.",
	Mails: []Mail{
		{9 * time.Minute, "Maeve, customer care", "customs fee mails",
			"A dozen people forward me mails about an unpaid customs fee. They come from our own address, and they pass every check."},
		{3 * time.Minute, "SendGrid Compliance", "Notice about your account",
			"We see mail from your account that does not look like yours. Please answer this very notice with what happened, " +
				"what caused it, what you did, and how you prevent it. Mail that waits is kept for up to 72 hours."},
	},
	Have: "This console, with the Account SID and Auth Token of Twilio and an API key of SendGrid that may do everything. " +
		"Nobody with a login to SendGrid's own pages is awake: put down what only they can do.",
	Expected: "Find what the intruder left on the SendGrid side, quietly, and take all of it away at one go. " +
		"The Twilio side shares the login: say how it stands.",
}

var nervousColleague = Scene{
	Role: onCall,
	Mails: []Mail{
		{14 * time.Minute, "Tom, web shop", "Have we been hacked??",
			"There is a red error 11205 in the Twilio debugger since yesterday, somebody logs in at odd hours, " +
				"and a friend of mine lost his whole account last week. I would reset every key and token now, before it is too late. Will you?"},
	},
	Have: inHand,
	Expected: "Find out whether the account is in strange hands, and say so with your reasons. " +
		"What you change breaks something for somebody: change what has to be changed.",
}
