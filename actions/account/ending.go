package account

import (
	"slices"

	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// A call, conference or message that is over has one of these statuses. A call
// that is not is queued, ringing or in progress; a message that can still be
// stopped is accepted, scheduled or queued.
var (
	overCalls      = []string{"completed", "canceled", "busy", "failed", "no-answer"}
	waitingMessage = []string{"accepted", "scheduled", "queued"}
)

// CallOver tells by its status that a call has ended.
func CallOver(status string) bool { return slices.Contains(overCalls, status) }

// MessageWaits tells by its status that a message was not handed on yet.
func MessageWaits(status string) bool { return slices.Contains(waitingMessage, status) }

// FetchCall reads the status of a call, by the account's own token or its
// parent's.
// Twilio: GET api.twilio.com/2010-04-01/Accounts/{account}/Calls/{sid}.json.
func (o *Operations) FetchCall(account, sid string) (status string, err error) {
	if err := checkTarget(account, sid, "CA"); err != nil {
		return "", err
	}
	w := o.wire(account, "")
	got, err := api.NewApiService(w.requests()).FetchCall(sid, &api.FetchCallParams{PathAccountSid: &account})
	if err != nil {
		return "", w.settle(err, false)
	}
	return w.status(value(got.Sid) == sid, value(got.Status))
}

// EndCall ends a call, be it queued, ringing or in progress: "completed" reaches
// all three, while "canceled" would leave one alone that was answered meanwhile.
// One that is over is refused with 21220. Legs that the call dialled are calls of
// their own.
// Twilio: POST api.twilio.com/2010-04-01/Accounts/{account}/Calls/{sid}.json.
func (o *Operations) EndCall(account, sid string) error {
	if err := checkTarget(account, sid, "CA"); err != nil {
		return err
	}
	w, status := o.wire(account, ""), "completed"
	_, err := api.NewApiService(w.requests()).UpdateCall(sid, &api.UpdateCallParams{PathAccountSid: &account, Status: &status})
	return w.changed(err)
}

// FetchConference reads the status of a conference, and why it ended, "" if
// Twilio does not say.
// Twilio: GET api.twilio.com/2010-04-01/Accounts/{account}/Conferences/{sid}.json.
func (o *Operations) FetchConference(account, sid string) (status, reason string, err error) {
	if err := checkTarget(account, sid, "CF"); err != nil {
		return "", "", err
	}
	w := o.wire(account, "")
	got, err := api.NewApiService(w.requests()).FetchConference(sid, &api.FetchConferenceParams{PathAccountSid: &account})
	if err != nil {
		return "", "", w.settle(err, false)
	}
	status, err = w.status(value(got.Sid) == sid, value(got.Status))
	return status, value(got.ReasonConferenceEnded), err
}

// EndConference ends a conference; whoever was in it is put out of it, but a
// call of theirs may go on.
// Twilio: POST api.twilio.com/2010-04-01/Accounts/{account}/Conferences/{sid}.json.
func (o *Operations) EndConference(account, sid string) error {
	if err := checkTarget(account, sid, "CF"); err != nil {
		return err
	}
	w, status := o.wire(account, ""), "completed"
	_, err := api.NewApiService(w.requests()).UpdateConference(sid, &api.UpdateConferenceParams{PathAccountSid: &account, Status: &status})
	return w.changed(err)
}

// FetchMessage reads the status of a message.
// Twilio: GET api.twilio.com/2010-04-01/Accounts/{account}/Messages/{sid}.json.
func (o *Operations) FetchMessage(account, sid string) (status string, err error) {
	if err := checkTarget(account, sid, "SM", "MM"); err != nil {
		return "", err
	}
	w := o.wire(account, "")
	got, err := api.NewApiService(w.requests()).FetchMessage(sid, &api.FetchMessageParams{PathAccountSid: &account})
	if err != nil {
		return "", w.settle(err, false)
	}
	return w.status(value(got.Sid) == sid, value(got.Status))
}

// CancelMessage cancels a message that waits; the record stays. Twilio documents
// it for scheduled ones, and refuses one that went out with 30409.
// Twilio: POST api.twilio.com/2010-04-01/Accounts/{account}/Messages/{sid}.json.
func (o *Operations) CancelMessage(account, sid string) error {
	if err := checkTarget(account, sid, "SM", "MM"); err != nil {
		return err
	}
	w, status := o.wire(account, ""), "canceled"
	_, err := api.NewApiService(w.requests()).UpdateMessage(sid, &api.UpdateMessageParams{PathAccountSid: &account, Status: &status})
	return w.changed(err)
}

// SetAccountStatus suspends a subaccount ("suspended") or reactivates it
// ("active"), by its parent's token. Calls that are up go on. Closing one is
// final, and is not done from here.
// Twilio: POST api.twilio.com/2010-04-01/Accounts/{sid}.json.
func (o *Operations) SetAccountStatus(sid, status string) error {
	if err := checkSIDs("AC", sid); err != nil {
		return err
	}
	if status != "active" && status != "suspended" {
		return notSent(nil, "an account is set to active or suspended from here, not to %q", cut(status, 20))
	}
	w := o.wire(sid, "")
	_, err := api.NewApiService(w.requests()).UpdateAccount(sid, &api.UpdateAccountParams{Status: &status})
	return w.changed(err)
}

// checkTarget refuses what is no SID of the kinds that are meant.
func checkTarget(account, sid string, kinds ...string) error {
	if err := checkSIDs("AC", account); err != nil {
		return err
	}
	var err error
	for _, kind := range kinds {
		if err = checkSIDs(kind, sid); err == nil {
			return nil
		}
	}
	return err
}

// status is what a record says, if it is the one that was asked for.
func (w *wire) status(right bool, status string) (string, error) {
	if !right || status == "" {
		return "", w.strange("the reply is not about the record that was asked for")
	}
	return status, nil
}

// changed is the error of a change whose reply need not be understood: what it
// came to is read again.
func (w *wire) changed(err error) error {
	if w.body != nil {
		err = nil
	}
	return w.settle(err, true)
}
