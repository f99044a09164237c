// Package sendgrid is the SendGrid account under response: where an intruder can
// leave something there, as rows of one table, and the few calls that read and
// change such a place.
//
// The one rule: a place is read whole or it is not seen. Nothing is taken from a
// list that broke off, and what a key may not read is an error that says so.
//
// The requests go over account.Line, which allows the hosts, masks, records,
// paces and repeats as it does for Twilio. sendgrid-go is not used: it only joins
// an address and a body, and sends them through a client that all share.
//
// https://www.twilio.com/docs/sendgrid/api-reference
package sendgrid

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"retake/actions/account"
)

// The hosts. Subusers in the region EU are reached at their own, over the same
// paths.
const (
	Host   = "api.sendgrid.com"
	HostEU = "api.eu.sendgrid.com"
)

var service = account.Service{Hosts: []string{Host, HostEU}, Limit: 4}

// A Subuser is an account below the account. The zero one is the account itself.
type Subuser struct {
	Name     string // text from the account
	Region   string // global or eu
	Disabled bool
}

func (s Subuser) host() string {
	if s.Region == "eu" {
		return HostEU
	}
	return Host
}

// A Client is the way to the account that a key opens.
type Client struct {
	way     *account.Beside
	account string
	key     string // ID of the key
}

var keyShape = regexp.MustCompile(`^SG\.([0-9A-Za-z_-]+)\.[0-9A-Za-z_-]+$`)

// KeyID is the part of a key that may be shown, "" if it is no key.
func KeyID(key account.Secret) string {
	parts := keyShape.FindStringSubmatch(key.Reveal())
	if parts == nil {
		return ""
	}
	return parts[1]
}

// CheckKey tells in a sentence why this cannot be a key of SendGrid; it asks
// nobody, and shows nothing of the key.
func CheckKey(key account.Secret) error {
	if KeyID(key) == "" {
		return errors.New("SENDGRID_API_KEY is not a SendGrid key: such a one is SG., an ID, a point and a secret")
	}
	return nil
}

// New makes a client for a key. Exchanges are filed under the SID of the Twilio
// account that the case is about.
func New(line *account.Line, key account.Secret, sid string) (*Client, error) {
	if err := CheckKey(key); err != nil {
		return nil, err
	}
	id := KeyID(key)
	return &Client{way: line.Beside(service, "SG."+id, key), account: sid, key: id}, nil
}

// KeyID is the ID of the key in use.
func (c *Client) KeyID() string { return c.key }

// Calls are a client's calls, bound to one context and one recorder.
type Calls struct {
	*Client
	ctx      context.Context
	recorder account.Recorder
}

// On binds the client to the context and the recorder of one piece of work.
func (c *Client) On(ctx context.Context, recorder account.Recorder) *Calls {
	return &Calls{c, ctx, recorder}
}

// A Record is one thing in a place.
type Record struct {
	ID    string
	Of    Subuser
	Shown map[string]any // masked: for the case and the screen
	raw   map[string]any // as it came: for the next request only
	In    string         // ID of the record that it lies in, where the place is within another
}

// Text is a member as text, "" if it is missing; a dotted name leads inwards.
func (r Record) Text(name string) string { return text(dig(r.Shown, name)) }

// Value is a member as it was decoded.
func (r Record) Value(name string) any { return dig(r.Shown, name) }

func dig(v any, name string) any {
	for part := range strings.SplitSeq(name, ".") {
		m, _ := v.(map[string]any)
		v = m[part]
	}
	return v
}

func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

// Scopes is what the key in use may do.
// GET /v3/scopes.
func (c *Calls) Scopes() ([]string, error) {
	var said struct{ Scopes []string }
	_, err := c.read(Subuser{}, "/v3/scopes", nil, "scopes", &said)
	return said.Scopes, err
}

// read sends a GET and decodes what was recorded, so that nothing unmasked gets
// further; the answer as it came is returned beside.
func (c *Calls) read(of Subuser, path string, query url.Values, list string, into any) ([]byte, error) {
	a := c.ask(of, http.MethodGet, path)
	a.Query, a.List = query, list
	got, err := c.way.Send(c.ctx, c.recorder, a)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(got.Shown, into); err != nil {
		return nil, strange("%v", err)
	}
	return got.Body, nil
}

// ask begins a request for a subuser. The parts of the path are not escaped yet;
// a part from the account stands for "{}".
func (c *Calls) ask(of Subuser, method, path string, parts ...string) account.Ask {
	a := account.Ask{Method: method, Host: of.host(), Account: c.account}
	for part := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		if part == "{}" && len(parts) > 0 {
			part, parts = parts[0], parts[1:]
		}
		a.Path = append(a.Path, part)
	}
	if of.Name != "" {
		a.Header, a.As = map[string]string{"on-behalf-of": of.Name}, "on behalf of "+of.Name
	}
	return a
}

// send sends a changing request.
func (c *Calls) send(a account.Ask) error {
	_, err := c.way.Send(c.ctx, c.recorder, a)
	return err
}

// Lacks tells that the key in use may not do what it was asked to (403), or that
// the plan of the account has no such thing.
func Lacks(err error) bool {
	var r *account.Refusal
	return errors.As(err, &r) && r.HTTPStatus == http.StatusForbidden
}

// ErrStrange says that a reply is not of the form that is described.
var ErrStrange = errors.New("the reply was not understood")

func strange(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrStrange}, args...)...)
}

// Explain says in plain words what err means and what to do next. It quotes
// nothing that SendGrid or anybody else wrote.
func Explain(err error) string {
	var r *account.Refusal
	switch {
	case err == nil:
		return ""
	case account.Unsure(err):
		return "the reply was lost, so it may have been done all the same: plan again, which reads it"
	case errors.Is(err, ErrStrange):
		return "the reply is not of the form that SendGrid describes: look by hand"
	case !errors.As(err, &r):
		return "SendGrid could not be read: check the network and HTTPS_PROXY, then plan again"
	}
	switch r.HTTPStatus {
	case http.StatusUnauthorized:
		return "SendGrid turned SENDGRID_API_KEY away (401): it is wrong, was deleted, or may be used from other addresses only"
	case http.StatusForbidden:
		return "the key may not do this, or the account does not have it (403): give the key the scope, or do it by hand"
	case http.StatusNotFound:
		return "SendGrid knows no such thing (404)"
	case http.StatusTooManyRequests:
		return "SendGrid's limit is used up (429): plan again in a minute"
	}
	return fmt.Sprintf("SendGrid refused this (%d)", r.HTTPStatus)
}
