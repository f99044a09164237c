package actions

import (
	"fmt"
	"strings"

	"retake/actions/sendgrid"
)

// mailLosses say what stops when a thing in a place is contained.
var mailLosses = map[string]string{
	sendgrid.Keys:        "a program that sends mail with this key is refused (401)",
	sendgrid.SubuserIDs:  "the subuser sends nothing any more, whoever uses it",
	sendgrid.Teammates:   "the teammate cannot sign in any more; he comes back only by a new invitation",
	"invitations":        "the invitation cannot be taken up any more",
	"sso":                "nobody signs in through this identity provider any more",
	"sso-certificates":   "sign-ins that this certificate vouches for are refused",
	sendgrid.AllowList:   "who signs in from this address is shut out, unless the last address goes",
	"event-webhooks":     "the receiver is told of no mail any more; events meanwhile are not sent later",
	"inbound-parse":      "mail to this host name is not taken in any more; meanwhile it bounces",
	"webhook-policies":   "webhooks that are bound to this policy lose their token or signature",
	"verified-senders":   "mail from this address is refused",
	sendgrid.Domains:     "mail from this domain loses its DKIM signature",
	sendgrid.Templates:   "programs that use the template send the older version",
	sendgrid.Scheduled:   "mail of this batch is thrown away at its time",
	"address-allow-list": "addresses on the list are suppressed again like all others",
	"alerts":             "nobody is told at this limit any more",
	"footer":             "mail goes out without the footer",
	"legacy-template":    "mail goes out without the template around it",
	"forward-spam":       "spam reports are forwarded to nobody",
	"forward-bounce":     "bounces are forwarded to nobody",
	"bounce-purge":       "bounces are kept",
}

// sendgrid says what the plan of the SendGrid side breaks.
func (l *losing) sendgrid() error {
	keys := false
	for _, c := range l.p.Changes {
		if c.Verb == "restore" || c.Verb == "admit" {
			continue
		}
		place, _, _ := strings.Cut(c.Object, "/")
		keys = keys || place == sendgrid.Keys
		if words := mailLosses[place]; words != "" {
			l.p.Breaks = append(l.p.Breaks, fmt.Sprintf("%s: %s", c.Target, words))
		}
	}
	if keys {
		l.unknown(l.r.Main(), "which programs use a key that goes: SendGrid shows neither who made it nor when it was used")
	}
	return nil
}
