package account

import (
	"time"

	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// A CallerID is a number that was verified, so that calls may show it. Name is
// masked, and untrusted.
type CallerID struct {
	SID, Number, Name string
	Created, Updated  time.Time
}

// ListCallerIDs reads the verified caller IDs of an account, by its own token
// or its parent's. On an error those read so far come with it.
// Twilio: GET api.twilio.com/2010-04-01/Accounts/{account}/OutgoingCallerIds.json.
func (o *Operations) ListCallerIDs(account string) ([]CallerID, error) {
	if err := checkSIDs("AC", account); err != nil {
		return nil, err
	}
	w := o.wire(account, "outgoing_caller_ids")
	service := api.NewApiService(w.requests())
	return collect(w, func(at position) (page[CallerID], error) {
		got, err := service.PageOutgoingCallerId(&api.ListOutgoingCallerIdParams{PathAccountSid: &account, PageSize: &pageSize}, at.token, at.number)
		if err != nil {
			return page[CallerID]{}, err
		}
		return page[CallerID]{each(got.OutgoingCallerIds, w.line.callerID), value(got.NextPageUri)}, nil
	}, func(c CallerID) string { return c.SID })
}

// FetchCallerID reads one caller ID; once it is deleted Twilio answers 404
// (Gone).
// Twilio: GET api.twilio.com/2010-04-01/Accounts/{account}/OutgoingCallerIds/{sid}.json.
func (o *Operations) FetchCallerID(account, sid string) (CallerID, error) {
	if err := checkCallerID(account, sid); err != nil {
		return CallerID{}, err
	}
	w := o.wire(account, "")
	got, err := api.NewApiService(w.requests()).FetchOutgoingCallerId(sid, &api.FetchOutgoingCallerIdParams{PathAccountSid: &account})
	if err != nil {
		return CallerID{}, w.settle(err, false)
	}
	if value(got.Sid) != sid {
		return CallerID{}, w.strange("the reply is not about caller ID " + sid)
	}
	return w.line.callerID(*got), nil
}

// DeleteCallerID deletes a caller ID; only its owner can verify it again.
// Twilio: DELETE api.twilio.com/2010-04-01/Accounts/{account}/OutgoingCallerIds/{sid}.json.
func (o *Operations) DeleteCallerID(account, sid string) error {
	if err := checkCallerID(account, sid); err != nil {
		return err
	}
	w := o.wire(account, "")
	return w.settle(api.NewApiService(w.requests()).DeleteOutgoingCallerId(sid, &api.DeleteOutgoingCallerIdParams{PathAccountSid: &account}), true)
}

func checkCallerID(account, sid string) error {
	if err := checkSIDs("AC", account); err != nil {
		return err
	}
	return checkSIDs("PN", sid)
}

func (l *Line) callerID(c api.ApiV2010OutgoingCallerId) CallerID {
	return CallerID{
		SID: value(c.Sid), Number: value(c.PhoneNumber), Name: l.Mask(value(c.FriendlyName)),
		Created: date(c.DateCreated), Updated: date(c.DateUpdated),
	}
}
