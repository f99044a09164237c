package account

import (
	"time"

	api "github.com/twilio/twilio-go/rest/api/v2010"

	"retake/actions/moment"
)

// An Account is an account or subaccount. Name is masked, and untrusted.
type Account struct {
	SID, Owner, Name string
	Status           string // "active", "suspended" or "closed"
	Type             string // "Trial" or "Full"
	Created          time.Time
	Token            Secret // zero if the credential is not shown it
}

// FetchAccount reads one account, by its own token or its parent's.
// Twilio: GET api.twilio.com/2010-04-01/Accounts/{sid}.json.
func (o *Operations) FetchAccount(sid string) (Account, error) {
	if err := checkSIDs("AC", sid); err != nil {
		return Account{}, err
	}
	w := o.wire(sid, "")
	got, err := api.NewApiService(w.requests()).FetchAccount(sid)
	if err != nil {
		return Account{}, w.settle(err, false)
	}
	if value(got.Sid) != sid {
		return Account{}, w.strange("the reply is not about account " + sid)
	}
	return w.line.account(*got), nil
}

// ListAccounts reads the client's account and, for a parent, its subaccounts,
// closed ones included. On an error the accounts read so far come with it.
// Twilio: GET api.twilio.com/2010-04-01/Accounts.json.
func (o *Operations) ListAccounts() ([]Account, error) {
	w := o.wire(o.client.credential.SID, "accounts")
	service := api.NewApiService(w.requests())
	return collect(w, func(at position) (page[Account], error) {
		got, err := service.PageAccount(&api.ListAccountParams{PageSize: &pageSize}, at.token, at.number)
		if err != nil {
			return page[Account]{}, err
		}
		return page[Account]{each(got.Accounts, w.line.account), value(got.NextPageUri)}, nil
	}, func(a Account) string { return a.SID })
}

func (l *Line) account(a api.ApiV2010Account) Account {
	token := NewSecret(value(a.AuthToken))
	l.Learn(token)
	return Account{
		SID: value(a.Sid), Owner: value(a.OwnerAccountSid), Name: l.Mask(value(a.FriendlyName)),
		Status: value(a.Status), Type: value(a.Type), Created: date(a.DateCreated), Token: token,
	}
}

func each[A, B any](in []A, f func(A) B) []B {
	out := make([]B, len(in))
	for i, a := range in {
		out[i] = f(a)
	}
	return out
}

// date is a field that Twilio writes a date in; zero if it is none.
func date(text *string) time.Time { return moment.Of(value(text)) }
