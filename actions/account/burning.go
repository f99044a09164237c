package account

import (
	"strconv"
	"time"

	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// LiveStatuses are those of calls that cost or are about to.
var LiveStatuses = []string{"queued", "ringing", "in-progress"}

// CountCalls counts the calls of an account that have a status now, by its own
// token or its parent's. It reads one page: more says that there are others.
// Twilio: GET api.twilio.com/2010-04-01/Accounts/{account}/Calls.json?Status=.
func (o *Operations) CountCalls(account, status string) (n int, more bool, err error) {
	if err := checkSIDs("AC", account); err != nil {
		return 0, false, err
	}
	w := o.wire(account, "calls")
	got, err := api.NewApiService(w.requests()).PageCall(&api.ListCallParams{PathAccountSid: &account, Status: &status, PageSize: &pageSize}, "", "")
	if err != nil {
		return 0, false, w.settle(err, false)
	}
	return len(got.Calls), value(got.NextPageUri) != "", nil
}

// A Stamp is a record by its SID and the time when it came to be.
type Stamp struct {
	SID     string
	Created time.Time
}

// NewestMessages reads the newest messages of an account, at most that many up
// to 1,000, newest first, by its own token or its parent's.
// Twilio: GET api.twilio.com/2010-04-01/Accounts/{account}/Messages.json.
func (o *Operations) NewestMessages(account string, most int) ([]Stamp, error) {
	if err := checkSIDs("AC", account); err != nil {
		return nil, err
	}
	w := o.wire(account, "messages")
	got, err := api.NewApiService(w.requests()).PageMessage(&api.ListMessageParams{PathAccountSid: &account, PageSize: &most}, "", "")
	if err != nil {
		return nil, w.settle(err, false)
	}
	return each(got.Messages, func(m api.ApiV2010Message) Stamp { return Stamp{value(m.Sid), date(m.DateCreated)} }), nil
}

// Spent is what was used up.
type Spent struct {
	Amount float64
	Unit   string // such as "USD"
}

// SpentToday reads what an account used today (UTC), a parent with its
// subaccounts. Twilio reckons it some minutes behind.
// Twilio: GET api.twilio.com/2010-04-01/Accounts/{account}/Usage/Records/Today.json?Category=totalprice.
func (o *Operations) SpentToday(account string) (Spent, error) {
	if err := checkSIDs("AC", account); err != nil {
		return Spent{}, err
	}
	w, category := o.wire(account, "usage_records"), "totalprice"
	got, err := api.NewApiService(w.requests()).PageUsageRecordToday(&api.ListUsageRecordTodayParams{PathAccountSid: &account, Category: &category, PageSize: &pageSize}, "", "")
	if err != nil {
		return Spent{}, w.settle(err, false)
	}
	for _, r := range got.UsageRecords {
		if value(r.Category) == category && r.Price != nil {
			return Spent{asWritten(*r.Price), value(r.PriceUnit)}, nil
		}
	}
	return Spent{}, w.strange("the usage of today holds no total")
}

// asWritten is the number that was written, not the one that 32 bits made of it.
func asWritten(f float32) float64 {
	d, _ := strconv.ParseFloat(strconv.FormatFloat(float64(f), 'g', -1, 32), 64)
	return d
}
