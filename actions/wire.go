package actions

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"retake/actions/account"
	"retake/actions/probe"
	"retake/store"
)

// Wire is where the calls of a case go. Training is a different wire, not
// different code.
type Wire struct {
	Kind      store.CaseKind
	Name      string            // what the case records, and is refused over any other
	API       *url.URL          // a loopback address for LAB, nil otherwise
	Transport http.RoundTripper // the simulated account for TRAINING, nil otherwise
	Net       probe.Net         // over which own hosts are reached: for TRAINING the simulated one, nil otherwise
	Now       func() time.Time  // the clock on that side; nil: the real one
}

// LiveWire goes to Twilio.
func LiveWire() Wire { return Wire{Kind: store.Live, Name: "https://twilio.com"} }

// LabWire goes to a loopback address that answers as Twilio does.
func LabWire(api string) (Wire, error) {
	u, err := url.Parse(api)
	if at := strings.LastIndexByte(api, '@'); at >= 0 {
		api = "…" + api[at:] // what stands before it may be a credential
	}
	if err != nil || u.Host == "" {
		return Wire{}, store.WithHint(fmt.Errorf("RETAKE_API cannot be %q", api), "it is the address that retake sim prints, for instance http://127.0.0.1:8080; unset it to work on the live account")
	}
	if _, err := account.NewLine(account.Options{API: u}); err != nil {
		return Wire{}, store.WithHint(fmt.Errorf("RETAKE_API cannot be %q: %w", api, err), "unset it to work on the live account")
	}
	return Wire{Kind: store.Lab, Name: u.Scheme + "://" + u.Host, API: u}, nil
}

// firstPatience is how long the very first question is repeated: whoever waits
// for it wants to know soon that the network is down.
const firstPatience = 10 * time.Second

// Line builds the line of a wire; secrets are masked with the fingerprints of
// the case, nil before there is one.
func (w Wire) Line(c *store.Case) (*account.Line, error) {
	o := account.Options{API: w.API, Transport: w.Transport}
	if c == nil {
		o.Patience = firstPatience
	}
	if c != nil {
		o.Clock = func() time.Time { return c.Now() }
		o.Fingerprint = func(secret string) string { return "[secret " + c.Fingerprint(secret) + "]" }
	}
	return account.NewLine(o)
}

// Beginning is what a new case is begun with.
type Beginning struct {
	Path       string
	Wire       Wire
	Credential account.Credential
	Responder  string
	Passphrase string
	Recipients []string
	Version    string
	WorkFactor int // of the passphrase; 0: the store's own

	// LockedOut makes the case although the account turns the credential away: it
	// was suspended, or somebody rotated first.
	LockedOut bool
}

// Begin asks the account who it is and makes a case for it. Nothing is made if
// the credentials do not open a main account, unless LockedOut says so.
func Begin(ctx context.Context, b Beginning) (*store.Case, error) {
	if err := b.Credential.Check(); err != nil {
		return nil, store.WithHint(err, "both stand on the first page of the Console; set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN")
	}
	if b.Responder == "" {
		return nil, store.WithHint(errors.New("a case needs a responder"), "say who you are with --responder NAME or RETAKE_RESPONDER; it stands on every entry")
	}
	line, err := b.Wire.Line(nil)
	if err != nil {
		return nil, err
	}
	a, err := line.As(b.Credential).On(ctx, unrecorded{}).FetchAccount(b.Credential.SID)
	switch {
	case isRefusal(err) && b.LockedOut:
		a = account.Account{SID: b.Credential.SID}
	case isRefusal(err):
		return nil, store.WithHint(fmt.Errorf("cannot open account %s: %w", b.Credential.SID, err), "%s If the account is shut to you, retake new --locked-out makes the case all the same", account.Explain(err))
	case err != nil:
		return nil, store.WithHint(fmt.Errorf("cannot open account %s: %w", b.Credential.SID, err), "%s", account.Explain(err))
	case a.Owner != "" && a.Owner != a.SID:
		return nil, store.WithHint(fmt.Errorf("%s is a subaccount of %s", a.SID, a.Owner), "a case is made for the main account, whose token opens the subaccounts too: use its SID and token")
	}
	c, failed := store.Create(b.Path, store.Opening{
		Kind: b.Wire.Kind, Wire: b.Wire.Name, Account: a.SID, Name: a.Name, Responder: b.Responder, Version: b.Version,
		Passphrase: b.Passphrase, Recipients: b.Recipients, WorkFactor: b.WorkFactor, Now: b.Wire.Now,
	})
	if failed != nil || err == nil {
		return c, failed
	}
	return c, c.AddNote("", line.Mask(fmt.Sprintf("the account did not open when the case was made: %v", err)))
}

// unrecorded is the recorder before there is a case; the desk reads and records
// the same again.
type unrecorded struct{}

func (unrecorded) Record(account.Exchange) error { return nil }

// CloseTail signs the entries of a run that ended without signing, if there are
// any. The case must be unlocked.
func CloseTail(c *store.Case) error {
	if c.UnsignedTail() == 0 {
		return nil
	}
	return c.Checkpoint("closes the entries of a run that ended without signing")
}
