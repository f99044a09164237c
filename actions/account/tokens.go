package account

import (
	"encoding/json"

	accounts "github.com/twilio/twilio-go/rest/accounts/v1"
)

// DeleteSecondary deletes the secondary Auth Token of the client's account;
// without one Twilio answers 404 (Gone).
// Twilio: DELETE accounts.twilio.com/v1/AuthTokens/Secondary.
func (o *Operations) DeleteSecondary() error {
	w := o.wire(o.client.credential.SID, "")
	return w.settle(accounts.NewApiService(w.requests()).DeleteSecondaryAuthToken(nil), true)
}

// CreateSecondary creates a secondary Auth Token for the client's account; it
// is valid at once, and the reply is the only copy. A token may come with an
// error that is Unsure: seal it all the same.
// Twilio: POST accounts.twilio.com/v1/AuthTokens/Secondary.
func (o *Operations) CreateSecondary() (Secret, error) {
	w := o.wire(o.client.credential.SID, "")
	_, err := accounts.NewApiService(w.requests()).CreateSecondaryAuthToken(nil)
	return w.token(err, "secondary_auth_token")
}

// Promote makes the secondary Auth Token the primary one; the old primary is
// dead from then on. It returns the token that was promoted, which may be the
// intruder's: compare. A token may come with an error that is Unsure: seal it
// all the same.
// Twilio: POST accounts.twilio.com/v1/AuthTokens/Promote.
func (o *Operations) Promote() (Secret, error) {
	w := o.wire(o.client.credential.SID, "")
	_, err := accounts.NewApiService(w.requests()).UpdateAuthTokenPromotion(nil)
	return w.token(err, "auth_token")
}

// token takes the new token out of the reply. It reads the reply itself and
// not twilio-go's model: a date that the model does not understand must not
// lose the only copy.
func (w *wire) token(err error, name string) (Secret, error) {
	if w.body == nil {
		return Secret{}, w.settle(err, true)
	}
	var text, owner string
	_ = json.Unmarshal(w.member(name), &text)
	_ = json.Unmarshal(w.member("account_sid"), &owner)
	token := NewSecret(text)
	w.line.Learn(token)
	switch {
	case !tokenShape.MatchString(text):
		return token, w.lacking("the reply says success but holds no token")
	case owner != "" && owner != w.account:
		return token, w.lacking("the reply names another account: " + printable(cut(owner, 60)))
	}
	return token, w.late
}

func (w *wire) lacking(problem string) error {
	return &Failure{Problem: w.line.Mask(problem), Err: w.late, kind: lacking, unsure: true}
}
