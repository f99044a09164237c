package account

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/twilio/twilio-go/client"
)

// hosts are where requests may go, with the credentials.
var hosts = map[string]bool{
	"api.twilio.com":      true,
	"accounts.twilio.com": true,
	"iam.twilio.com":      true,
	"monitor.twilio.com":  true,
	"voice.twilio.com":    true,

	"bulkexports.twilio.com": true, "chat.twilio.com": true, "conversations.twilio.com": true, "events.twilio.com": true,
	"flex-api.twilio.com": true, "intelligence.twilio.com": true, "marketplace.twilio.com": true, "messaging.twilio.com": true,
	"notify.twilio.com": true, "numbers.twilio.com": true, "proxy.twilio.com": true, "serverless.twilio.com": true,
	"studio.twilio.com": true, "supersim.twilio.com": true, "sync.twilio.com": true, "taskrouter.twilio.com": true,
	"trunking.twilio.com": true, "trusthub.twilio.com": true, "verify.twilio.com": true, "video.twilio.com": true,
	"content.twilio.com": true, "insights.twilio.com": true, "webhooks.twilio.com": true, "wireless.twilio.com": true,
	"oauth.twilio.com":       true,
	"preview-iam.twilio.com": true,
}

// A wire is the client.BaseClient below one call of twilio-go: it belongs to
// one operation and is used by one goroutine.
type wire struct {
	line     *Line
	as       Credential
	ctx      context.Context
	recorder Recorder
	account  string // the account addressed
	list     string // key of the record list that the reply must hold, "" if none

	client bool   // as is an OAuth client: there is no Basic authentication
	bearer Secret // what an OAuth client signs in with, zero to ask for it
	signIn bool   // it asks for a bearer token, which changes nothing

	body  []byte // the last reply, unmasked
	shown []byte // the same as it was recorded
	late  error  // a change succeeded, but could not be recorded
}

var _ client.BaseClient = (*wire)(nil)

func (o *Operations) wire(account, list string) *wire {
	c := o.client
	return &wire{line: c.line, as: c.credential, ctx: o.ctx, recorder: o.recorder, account: account, list: list}
}

// requests is what the services of twilio-go are built on. The edge and region
// are those of the credential: the environment must not choose who gets it.
func (w *wire) requests() *client.RequestHandler {
	return &client.RequestHandler{Client: w, Edge: edges[w.as.Region], Region: string(w.as.Region)}
}

// AccountSid is what twilio-go puts in a path without an account of its own.
func (w *wire) AccountSid() string { return w.account }

// SetTimeout does nothing: the line sets the time limit.
func (w *wire) SetTimeout(time.Duration) {}

// SetOauth does nothing: only Basic authentication is used here.
func (w *wire) SetOauth(client.OAuth) {}

// OAuth is always nil.
func (w *wire) OAuth() client.OAuth { return nil }

// SendRequest sends one request, records the exchange and returns the reply
// only if it is a whole and sensible success.
func (w *wire) SendRequest(method, raw string, data url.Values, headers map[string]any, body ...byte) (*http.Response, error) {
	q, err := w.request(method, raw, data, headers, body)
	if err != nil {
		return nil, err
	}
	r := w.line.send(w.ctx, q)
	if r.attempts == 0 {
		return nil, w.line.stopped(r.stopped, false)
	}
	problem := w.line.judge(q, r, w.list)
	if err := w.record(q, r, problem); err != nil {
		if problem != nil || !q.changes() {
			return nil, err
		}
		w.late = err
	}
	if problem != nil {
		return nil, problem
	}
	w.body = r.body
	return &http.Response{StatusCode: r.status, Header: r.header, Body: io.NopCloser(bytes.NewReader(r.body))}, nil
}

// request checks everything that can be checked before a request is sent.
func (w *wire) request(method, raw string, data url.Values, headers map[string]any, body []byte) (*request, error) {
	if err := w.as.usable(); err != nil && !w.client {
		return nil, notSent(err, "not sent: %v", err)
	}
	if w.recorder == nil || w.ctx == nil {
		return nil, notSent(nil, "not sent: nothing would record it")
	}
	u, err := checkURL(raw, w.as.Region)
	if err != nil {
		return nil, notSent(err, "not sent: %v", err)
	}
	q := &request{method: method, url: u, as: w.as, client: w.client, bearer: w.bearer, signIn: w.signIn}
	if q.changes() && w.line.readOnly {
		return nil, notSent(ErrReadOnly, "%v", ErrReadOnly)
	}
	w.fill(q, data, headers, body)
	return q, nil
}

// fill puts the parameters where the method wants them, each encoded whole.
func (w *wire) fill(q *request, data url.Values, headers map[string]any, body []byte) {
	q.contentType = fmt.Sprint(headers["Content-Type"])
	isJSON := strings.HasPrefix(q.contentType, "application/json")
	if isJSON || q.method == http.MethodGet || q.method == http.MethodDelete {
		q.url.RawQuery = data.Encode()
	} else {
		q.contentType = "application/x-www-form-urlencoded"
		q.body = []byte(data.Encode())
	}
	if isJSON {
		q.body = body
	}
}

// checkURL lets only plain paths of Twilio's own hosts in the credential's Region
// through. twilio-go
// pastes what it is given into the path, so an empty or dotted segment means
// that something other than a SID was given.
func checkURL(raw string, region Region) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, errors.New("the address is malformed")
	case u.Scheme != "https" || !region.allows(u.Host) || u.User != nil:
		return nil, fmt.Errorf("%s is not one of Twilio's hosts", printable(cut(u.Host, 80)))
	case u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" || strings.Contains(u.EscapedPath(), "%"):
		return nil, errors.New("the address holds more than a plain path")
	}
	for _, segment := range strings.Split(strings.TrimPrefix(u.Path, "/"), "/") {
		if segment == "" || segment == "." || segment == ".." {
			return nil, errors.New("the path has an empty or dotted part")
		}
	}
	return u, nil
}

// record hands the masked exchange to the recorder.
func (w *wire) record(q *request, r reply, problem error) error {
	e := w.exchange(q, r, problem)
	w.shown = e.Body
	err := w.recorder.Record(e)
	if err == nil {
		return nil
	}
	return &Failure{
		Problem:    w.line.Mask(fmt.Sprintf("the exchange could not be recorded: %v", err)),
		HTTPStatus: r.status, RequestID: requestID(r), Err: err,
		kind: notRecorded, unsure: q.changes() && (problem == nil || Unsure(problem)),
	}
}

func (w *wire) exchange(q *request, r reply, problem error) Exchange {
	m, found := w.line.masks, newKnown()
	e := Exchange{
		At: r.at, Took: r.took, As: w.as.SID, Account: w.account, Method: q.method,
		Status: r.status, RequestID: string(m.text([]byte(requestID(r)), nil)), Attempts: r.attempts,
	}
	if problem == nil {
		e.List = w.list
	}
	e.Sent = string(m.sent(q, found))
	e.URL = m.url(q.url.String(), found)
	if len(r.body) > 0 {
		e.Body = m.body(r.body, q.url.Host+q.url.Path, found)
	}
	if f := failure(problem); f != nil {
		e.Problem = f.Problem
	}
	return e
}

func requestID(r reply) string { return r.header.Get("Twilio-Request-Id") }

// member returns a top-level member of the last reply, nil if it has none.
func (w *wire) member(name string) json.RawMessage {
	var all map[string]json.RawMessage
	if json.Unmarshal(w.body, &all) != nil {
		return nil
	}
	return all[name]
}

// settle turns what twilio-go made of a reply into this package's errors: the
// error that the wire returned, or a reply that the models do not understand.
func (w *wire) settle(err error, changed bool) error {
	switch {
	case err == nil:
		return w.late
	case failure(err) != nil || refusal(err) != nil:
		return err
	}
	return &Failure{Problem: w.line.Mask(fmt.Sprintf("the reply was not understood: %v", err)), Err: err, kind: garbage, unsure: changed}
}
