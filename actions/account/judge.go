package account

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
)

// judge tells what a reply is: nil for a whole and sensible success, a
// *Refusal, or a *Failure that says whether the request may have been carried
// out. A reply that must hold a list and does not is no success.
func (l *Line) judge(q *request, r reply, list string) error {
	switch {
	case r.stopped != nil && (r.status == 429 || !q.changes()):
		return l.stopped(r.stopped, false)
	case r.err != nil:
		return l.incomplete(q, r)
	case r.status >= 500 || r.status == http.StatusRequestTimeout:
		return l.failed(q, r, serverError, fmt.Errorf("the server failed with %d", r.status))
	case r.status >= 400:
		return l.refused(r)
	case r.status < 200 || r.status >= 300:
		return l.failed(q, r, redirected, fmt.Errorf("the reply points elsewhere (%d) and was not followed", r.status))
	}
	return l.sensible(q, r, list)
}

func (l *Line) sensible(q *request, r reply, list string) error {
	switch {
	case len(r.body) == 0 && (r.status == http.StatusNoContent || q.method == http.MethodDelete):
		return nil
	case !json.Valid(r.body):
		return l.failed(q, r, garbage, errors.New("the reply is not JSON"))
	case list != "" && !holdsList(r.body, list):
		return l.failed(q, r, garbage, fmt.Errorf("the reply holds no list of %s", list))
	}
	return nil
}

// holdsList tells whether the JSON object has an array under the key.
func holdsList(body []byte, key string) bool {
	var all map[string]json.RawMessage
	return json.Unmarshal(body, &all) == nil && bytes.HasPrefix(all[key], []byte("["))
}

// incomplete is a reply that is missing, or not whole.
func (l *Line) incomplete(q *request, r reply) error {
	f := l.failed(q, r, noReply, fmt.Errorf("no reply: %w", r.err))
	f.unsure = f.unsure && !r.unsent
	switch {
	case errors.Is(r.err, errTooLarge):
		f.kind, f.Problem = garbage, r.err.Error()
	case r.status == 0:
	case r.status >= 400 && r.status < 500 && r.status != http.StatusRequestTimeout:
		// Cut short or not, the status says that it was refused.
		f.kind, f.unsure = cutShort, false
		f.Problem = fmt.Sprintf("refused with %d, and the reply was cut short", r.status)
	case errors.Is(r.err, io.ErrUnexpectedEOF):
		f.kind, f.Problem = cutShort, "the reply was cut short"
	default:
		f.kind, f.Problem = cutShort, l.Mask(fmt.Sprintf("the reply was cut short: %v", r.err))
	}
	return f
}

func (l *Line) failed(q *request, r reply, k kind, err error) *Failure {
	return &Failure{
		Problem: l.Mask(err.Error()), HTTPStatus: r.status, RequestID: requestID(r),
		Err: err, kind: k, unsure: q.changes(),
	}
}

// stopped is a request that was given up before it was sent, or after an
// answer that it was not processed.
func (l *Line) stopped(err error, unsure bool) error {
	if f := failure(err); f != nil {
		return f
	}
	return &Failure{Problem: l.Mask(fmt.Sprintf("given up before it was sent: %v", err)), Err: err, unsure: unsure}
}

// refused reads Twilio's error, as much of it as there is.
func (l *Line) refused(r reply) *Refusal {
	var said struct {
		Code    json.RawMessage
		Message json.RawMessage
		Errors  json.RawMessage // as SendGrid says it
	}
	refusal := &Refusal{HTTPStatus: r.status, RequestID: requestID(r), RetryAfter: retryAfter(r.header, l.options.Now())}
	if err := json.Unmarshal(r.body, &said); err != nil {
		refusal.foreign = len(r.body) > 0
		return refusal
	}
	_ = json.Unmarshal(bytes.Trim(said.Code, `"`), &refusal.Code)
	_ = json.Unmarshal(said.Message, &refusal.Message)
	var errs []struct{ Message string }
	if json.Unmarshal(said.Errors, &errs) == nil && len(errs) > 0 && refusal.Message == "" {
		refusal.Message = errs[0].Message
	}
	refusal.Message = l.Mask(refusal.Message)
	return refusal
}

// unreachable tells that no connection came about.
func unreachable(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	return errors.As(err, &dns) || errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect")
}

// untrusted tells that the other side could not prove to be Twilio.
func untrusted(err error) bool {
	var check *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	return errors.As(err, &check) || errors.As(err, &authority) || errors.As(err, &name) ||
		errors.As(err, &invalid) || errors.As(err, &record)
}

// late tells that time ran out.
func late(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}
