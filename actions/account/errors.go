package account

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ErrReadOnly is why a line that only reads refuses a changing request.
var ErrReadOnly = errors.New("this line only reads: the change was not sent")

// A Refusal is an answer of the API that it did not act (4xx).
type Refusal struct {
	HTTPStatus int
	Code       int           // Twilio's error code, 0 if there was none
	Message    string        // masked, but untrusted: it may quote the intruder
	RetryAfter time.Duration // how long to wait, 0 if it did not say
	RequestID  string

	// foreign: the body is no JSON object, so it may come from a proxy on the
	// way; such a 404 is no proof that anything is gone.
	foreign bool
	beside  bool // of a service beside Twilio
}

func (r *Refusal) Error() string {
	text := "refused with " + strconv.Itoa(r.HTTPStatus)
	if r.Code != 0 {
		text += " (code " + strconv.Itoa(r.Code) + ")"
	}
	if r.Message != "" {
		text += ": " + printable(cut(r.Message, 300))
	}
	return text
}

// A Failure is a request that got no answer which could be used.
type Failure struct {
	Problem    string // in words, masked
	HTTPStatus int    // 0: no reply
	RequestID  string
	Err        error // what lies beneath, if anything; its text may not be masked

	kind   kind
	unsure bool // it may have been carried out
}

type kind int

const (
	neverSent kind = iota
	noReply
	cutShort
	garbage
	serverError
	redirected
	lacking
	notRecorded
)

func (f *Failure) Error() string {
	if f.unsure {
		return f.Problem + "; it may have been carried out all the same"
	}
	return f.Problem
}

func (f *Failure) Unwrap() error { return f.Err }

// A Partial is a list that broke off: the records that came with it are not
// the whole list.
type Partial struct {
	Received int // records received before Err
	Err      error
}

func (p *Partial) Error() string {
	return fmt.Sprintf("the list broke off after %d records: %v", p.Received, p.Err)
}

func (p *Partial) Unwrap() error { return p.Err }

// More tells that a list goes on behind the pages that were asked for.
type More struct{ Received int }

func (m *More) Error() string { return fmt.Sprintf("the list goes on after %d records", m.Received) }

// NotMade tells that the request which err reports surely changed nothing: it
// was refused, was never sent, or only reads. It says nothing of the requests
// before that one.
func NotMade(err error) bool {
	if f := failure(err); f != nil {
		return !f.unsure
	}
	return refusal(err) != nil
}

// Unsure tells that the change which err reports may have been carried out:
// no reply, a cut or senseless one, a server error, a success without what it
// must hold or that could not be recorded. Settle it by reading the account.
func Unsure(err error) bool {
	f := failure(err)
	return f != nil && f.unsure
}

// Gone tells that Twilio knows no such thing (404). A 404 that does not speak
// Twilio's JSON, such as a proxy's page, does not count.
func Gone(err error) bool {
	r := refusal(err)
	return r != nil && !r.foreign && (r.HTTPStatus == http.StatusNotFound || r.Code == 20404 || r.Code == 70002)
}

// Unauthorized tells that Twilio turned the credential away (401): a wrong or
// dead one, or an account suspended or closed, which it does not tell apart.
func Unauthorized(err error) bool {
	r := refusal(err)
	return r != nil && !r.foreign && r.HTTPStatus == http.StatusUnauthorized
}

func failure(err error) *Failure {
	var f *Failure
	if errors.As(err, &f) {
		return f
	}
	return nil
}

func refusal(err error) *Refusal {
	var r *Refusal
	if errors.As(err, &r) {
		return r
	}
	return nil
}

// notSent is a request that was refused here, before it was sent.
func notSent(err error, format string, args ...any) *Failure {
	return &Failure{Problem: fmt.Sprintf(format, args...), Err: err}
}

// printable escapes whatever a terminal would obey or hide: control and
// formatting characters, and bytes that are no text.
func printable(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			q := strconv.QuoteRuneToASCII(r)
			b.WriteString(q[1 : len(q)-1])
		}
		i += size
	}
	return b.String()
}

// cut shortens s to at most n bytes, between characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
