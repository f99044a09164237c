package account

import (
	"errors"
	"net/http"
	"time"
)

// Explain says in plain words what err means and what to do next. It quotes
// nothing that Twilio or anybody else wrote.
func Explain(err error) string {
	if err == nil {
		return ""
	}
	var broken *Partial
	text := explain(err)
	if errors.As(err, &broken) {
		return "The list is not complete. " + text
	}
	return text
}

func explain(err error) string {
	if errors.Is(err, ErrReadOnly) {
		return "This run only reads, so the change was not sent. Apply the plan to make it."
	}
	if f := failure(err); f != nil {
		return explainFailure(f)
	}
	if r := refusal(err); r != nil {
		return explainRefusal(r)
	}
	return "This did not work for a reason of its own: " + printable(cut(err.Error(), 300)) + "."
}

func explainFailure(f *Failure) string {
	text := failureWords(f)
	if f.unsure {
		return text + " The change may have been made all the same: read the account before anything is sent again."
	}
	return text
}

func failureWords(f *Failure) string {
	switch {
	case untrusted(f.Err):
		return "The certificate shown was not Twilio's, so nothing was sent. Something on the way may be reading along: check the clock, HTTPS_PROXY and the network, or use another network."
	case f.kind == notRecorded:
		return "The case file could not take the record, so the reply is not used. Check the disk and its space, then go on."
	case f.kind == serverError:
		return "Twilio's server failed on this. Look at status.twilio.com and try again in a minute."
	case f.kind == redirected:
		return "The reply pointed to another address, and credentials are not sent elsewhere. Check HTTPS_PROXY and whether the network asks for a login."
	case f.kind == cutShort:
		return "The reply was cut short, so it is not used. Check the connection and try again."
	case f.kind == garbage:
		return "The reply was not what Twilio sends, so it is not used. Check HTTPS_PROXY and whether the network asks for a login, then try again."
	case f.kind == lacking:
		return "Twilio reported success, but the reply does not hold what it must."
	}
	return silenceWords(f)
}

func silenceWords(f *Failure) string {
	switch {
	case late(f.Err) && f.kind == noReply:
		return "Twilio did not answer in time. Check the connection, look at status.twilio.com, and try again."
	case unreachable(f.Err):
		return "Twilio could not be reached. Check the network, DNS and HTTPS_PROXY, then try again."
	case f.kind == noReply:
		return "The connection broke before a reply came. Check the connection and try again."
	case f.Err != nil && f.kind == neverSent && f.HTTPStatus == 0:
		return "This was stopped before it was sent: " + printable(cut(f.Problem, 300)) + ". Nothing was changed by it."
	}
	return "This was not sent: " + printable(cut(f.Problem, 300)) + "."
}

// codeWords explain Twilio's error codes.
var codeWords = map[int]string{
	20003: "Twilio turned the credential away: the token is wrong or was replaced, it is the secret of an API key, or the account is suspended or closed; Twilio does not tell these apart. Check the Account SID and the Auth Token in the Console, and whether the account is active.",
	10001: "The account is not active. Ask Twilio to reactivate it, or reactivate the subaccount from its parent.",
	20005: "The account is not active. Ask Twilio to reactivate it, or reactivate the subaccount from its parent.",
	20001: "Twilio found a parameter missing or wrong; this is a fault of Retake's. Do this step in the Console and report it.",
	20403: "Twilio forbids this to the account, which may be suspended. Check its status in the Console and ask Twilio support.",
	20404: "Twilio knows no such thing: it was deleted already, belongs to another account, or there is no secondary token to promote. Plan again to see what is left.",
	20429: "Too many requests at once, and Twilio kept on refusing. Nothing of this was processed: wait a minute and try again.",
	70002: "Twilio knows no such key: it was deleted already. Plan again to see what is left.",
	70051: "The API key that was used lacks the permission. Use the Account SID and the Auth Token instead.",
	70052: "The account takes only requests signed by a public key. Do this step in the Console.",
	21475: "Twilio refused this change of the account's status as invalid. Read its status again and plan anew.",
	21476: "The parent account is suspended, so its subaccounts cannot be changed. Ask Twilio to reactivate the parent first.",
	21477: "The status of the main account cannot be changed by the API. Ask Twilio support.",
	21478: "Twilio itself suspended this account, and only Twilio can reactivate it. Ask Twilio's Fraud Operations.",
	21479: "The account is closed for good; nothing in it can be changed any more. Plan again without it, and ask Twilio support for what it still keeps of it.",
	25105: "The OAuth application may not read this organization. In Twilio Admin > Applications > OAuth give it the right to read users and role assignments, or look there by hand.",
	30002: "The account is suspended, so its messages that wait are not sent. Ask Twilio to reactivate it, or reactivate the subaccount from its parent.",
	30409: "This message cannot be cancelled any more: it went out, failed or was cancelled already. Read its status again; nothing is to be done if it is final.",
	30649: "The API leaves messages to this country as they are. Set it by hand: Console > Messaging > Settings > Geo permissions.",
	90010: "The account is not active. Ask Twilio to reactivate it, or reactivate the subaccount from its parent.",
}

func explainRefusal(r *Refusal) string {
	text, known := codeWords[r.Code]
	switch {
	case r.beside:
		return besideWords(r)
	case r.foreign:
		text = "The refusal did not come in Twilio's form; a proxy or the network may have answered instead. Check HTTPS_PROXY and whether the network asks for a login."
	case known:
	case r.HTTPStatus == http.StatusUnauthorized:
		text = codeWords[20003]
	case r.HTTPStatus == http.StatusForbidden:
		text = codeWords[20403]
	case r.HTTPStatus == http.StatusNotFound:
		text = codeWords[20404]
	case r.HTTPStatus == http.StatusTooManyRequests:
		text = codeWords[20429]
	default:
		text = "Twilio refused this and changed nothing. Look the code up at twilio.com/docs/api/errors, or do this step in the Console."
	}
	if r.RetryAfter > 0 {
		text += " Twilio asks to wait " + r.RetryAfter.Round(time.Second).String() + "."
	}
	return text
}

// besideWords explain a refusal of a service beside Twilio.
func besideWords(r *Refusal) string {
	switch r.HTTPStatus {
	case http.StatusUnauthorized:
		return "The key was turned away (401): it is wrong, was deleted, or may be used from other addresses only."
	case http.StatusForbidden:
		return "The key may not do this, or the account does not have it (403)."
	case http.StatusNotFound:
		return "There is no such thing (404): it was deleted already. Plan again to see what is left."
	case http.StatusTooManyRequests:
		return "The limit of requests is used up (429), and nothing of this was processed: wait a minute and try again."
	}
	return "This was refused, and nothing was changed. Do it by hand."
}
