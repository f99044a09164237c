package account

import (
	"encoding/json"
	"time"

	api "github.com/twilio/twilio-go/rest/api/v2010"
	iam "github.com/twilio/twilio-go/rest/iam/v1"
)

// A Key is an API key. Name is masked, and untrusted.
type Key struct {
	SID, Name        string
	Created, Updated time.Time
	Flags            []string // such as "rest_api", "signing"; only from ListIAMKeys
}

// ListKeys reads the API keys of an account, by its own token or its parent's.
// On an error the keys read so far come with it.
// Twilio: GET api.twilio.com/2010-04-01/Accounts/{account}/Keys.json.
func (o *Operations) ListKeys(account string) ([]Key, error) {
	if err := checkSIDs("AC", account); err != nil {
		return nil, err
	}
	w := o.wire(account, "keys")
	service := api.NewApiService(w.requests())
	return collect(w, func(at position) (page[Key], error) {
		got, err := service.PageKey(&api.ListKeyParams{PathAccountSid: &account, PageSize: &pageSize}, at.token, at.number)
		if err != nil {
			return page[Key]{}, err
		}
		return page[Key]{each(got.Keys, w.line.key), value(got.NextPageUri)}, nil
	}, keySID)
}

// ListSigningKeys reads the signing keys of an account: by and large the same
// keys as ListKeys, so count them by SID.
// Twilio: GET api.twilio.com/2010-04-01/Accounts/{account}/SigningKeys.json.
func (o *Operations) ListSigningKeys(account string) ([]Key, error) {
	if err := checkSIDs("AC", account); err != nil {
		return nil, err
	}
	w := o.wire(account, "signing_keys")
	service := api.NewApiService(w.requests())
	return collect(w, func(at position) (page[Key], error) {
		got, err := service.PageSigningKey(&api.ListSigningKeyParams{PathAccountSid: &account, PageSize: &pageSize}, at.token, at.number)
		if err != nil {
			return page[Key]{}, err
		}
		return page[Key]{each(got.SigningKeys, func(k api.ApiV2010SigningKey) Key { return w.line.key(api.ApiV2010Key(k)) }), value(got.NextPageUri)}, nil
	}, keySID)
}

// ListIAMKeys reads the keys of an account with their flags; whether a
// parent's token may do so for a subaccount is not documented.
// Twilio: GET iam.twilio.com/v1/Keys?AccountSid={account}.
func (o *Operations) ListIAMKeys(account string) ([]Key, error) {
	if err := checkSIDs("AC", account); err != nil {
		return nil, err
	}
	w := o.wire(account, "keys")
	service := iam.NewApiService(w.requests())
	return collect(w, func(at position) (page[Key], error) {
		got, err := service.PageGetKeys(&iam.ListGetKeysParams{AccountSid: &account, PageSize: &pageSize}, at.token, at.number)
		if err != nil {
			return page[Key]{}, err
		}
		return page[Key]{each(got.Keys, w.line.iamKey), value(got.Meta.NextPageUrl)}, nil
	}, keySID)
}

// FetchKey reads one key; once it is deleted Twilio answers 404 (Gone).
// Twilio: GET api.twilio.com/2010-04-01/Accounts/{account}/Keys/{sk}.json.
func (o *Operations) FetchKey(account, sk string) (Key, error) {
	if err := checkKey(account, sk); err != nil {
		return Key{}, err
	}
	w := o.wire(account, "")
	got, err := api.NewApiService(w.requests()).FetchKey(sk, &api.FetchKeyParams{PathAccountSid: &account})
	if err != nil {
		return Key{}, w.settle(err, false)
	}
	if value(got.Sid) != sk {
		return Key{}, w.strange("the reply is not about key " + sk)
	}
	return w.line.key(*got), nil
}

// FetchKeyPolicy reads the permissions of a restricted key of the client's own
// account, as JSON, masked; nil or "null" for a standard or main key.
// Twilio: GET iam.twilio.com/v1/Keys/{sk}.
func (o *Operations) FetchKeyPolicy(sk string) (json.RawMessage, error) {
	if err := checkSIDs("SK", sk); err != nil {
		return nil, err
	}
	w := o.wire(o.client.credential.SID, "")
	got, err := iam.NewApiService(w.requests()).FetchKey(sk)
	if err != nil {
		return nil, w.settle(err, false)
	}
	if value(got.Sid) != sk {
		return nil, w.strange("the reply is not about key " + sk)
	}
	return w.line.json(w.member("policy")), nil
}

// DeleteKey deletes a key for good, with the Access Tokens that it signed.
// Twilio: DELETE api.twilio.com/2010-04-01/Accounts/{account}/Keys/{sk}.json.
func (o *Operations) DeleteKey(account, sk string) error {
	if err := checkKey(account, sk); err != nil {
		return err
	}
	w := o.wire(account, "")
	return w.settle(api.NewApiService(w.requests()).DeleteKey(sk, &api.DeleteKeyParams{PathAccountSid: &account}), true)
}

// DeleteSigningKey deletes a signing key for good.
// Twilio: DELETE api.twilio.com/2010-04-01/Accounts/{account}/SigningKeys/{sk}.json.
func (o *Operations) DeleteSigningKey(account, sk string) error {
	if err := checkKey(account, sk); err != nil {
		return err
	}
	w := o.wire(account, "")
	return w.settle(api.NewApiService(w.requests()).DeleteSigningKey(sk, &api.DeleteSigningKeyParams{PathAccountSid: &account}), true)
}

// DeleteIAMKey deletes a key of the client's own account for good.
// Twilio: DELETE iam.twilio.com/v1/Keys/{sk}.
func (o *Operations) DeleteIAMKey(sk string) error {
	if err := checkSIDs("SK", sk); err != nil {
		return err
	}
	w := o.wire(o.client.credential.SID, "")
	return w.settle(iam.NewApiService(w.requests()).DeleteKey(sk), true)
}

func checkKey(account, sk string) error {
	if err := checkSIDs("AC", account); err != nil {
		return err
	}
	return checkSIDs("SK", sk)
}

func keySID(k Key) string { return k.SID }

func (l *Line) key(k api.ApiV2010Key) Key {
	return Key{SID: value(k.Sid), Name: l.Mask(value(k.FriendlyName)), Created: date(k.DateCreated), Updated: date(k.DateUpdated)}
}

func (l *Line) iamKey(k iam.IamV1GetKeys) Key {
	return Key{
		SID: value(k.Sid), Name: l.Mask(value(k.FriendlyName)),
		Created: date(k.DateCreated), Updated: date(k.DateUpdated), Flags: k.Flags,
	}
}
