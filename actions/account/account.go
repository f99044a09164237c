// Package account is the Twilio account under response: every request that
// Retake makes to Twilio goes through it, and nothing else imports twilio-go.
//
// The one rule: a reply is used only when it came from Twilio whole, was
// understood, and has been recorded with its secrets masked; and a request
// that changes something is sent again only when Twilio said that it did not
// process it (429). Whatever falls between is an error that says which it is:
// NotMade, or Unsure.
//
// A run has one Line, which paces, repeats and masks for all accounts. A
// Client is the line with a credential; Operations are a Client with the
// context and the recorder of one piece of work:
//
//	line, err := account.NewLine(account.Options{Fingerprint: caseKey.Fingerprint})
//	ops := line.As(credential).On(ctx, recorder)
//	keys, err := ops.ListKeys(sid)
//
// The operations and models are twilio-go's, except that Page reads evidence
// raw, so that no model can lose a record. The HTTP client of twilio-go is not
// used: it drops ".1" from query values, takes a cut reply for a whole one, has
// no context, and follows next-page links to any host with the credentials.
package account

import (
	"context"
	"regexp"
	"time"
)

// An Exchange is one request and its answer, masked: the evidence of it.
type Exchange struct {
	At          time.Time     // when the last attempt was sent
	Took        time.Duration // how long the last attempt took
	As, Account string        // SID of the credential; SID of the account addressed
	Method, URL string        // the true host, the URL masked
	Sent        string        // masked form or JSON, "" without a body
	Status      int           // 0: no reply
	RequestID   string        // Twilio-Request-Id
	Body        []byte        // the masked reply, otherwise as received
	List        string        // key of the record list in Body, "" if it is not a list
	Attempts    int           // how often it was sent
	Problem     string        // what went wrong on the way, "" if nothing
}

// A Recorder keeps exchanges. An error from it fails the operation: what
// cannot be recorded is not used. Record may be called from several
// goroutines when the Operations are.
type Recorder interface{ Record(Exchange) error }

// A Client is the line with a credential.
type Client struct {
	line       *Line
	credential Credential
}

// Operations are a client's calls, bound to one context and one recorder.
// They are safe for concurrent use if the recorder is.
type Operations struct {
	client   *Client
	ctx      context.Context
	recorder Recorder
}

// On binds the client to the context and the recorder of one piece of work.
func (c *Client) On(ctx context.Context, recorder Recorder) *Operations {
	return &Operations{client: c, ctx: ctx, recorder: recorder}
}

var sidShape = regexp.MustCompile(`^[A-Z]{2}[0-9a-f]{32}$`)

// IsSID tells whether a text is a SID of a kind, such as "AC".
func IsSID(prefix, text string) bool { return checkSIDs(prefix, text) == nil }

// checkSIDs refuses SIDs that would not stay one path segment of the kind
// that was meant: twilio-go pastes them into the path as they are.
func checkSIDs(prefix string, sids ...string) error {
	for _, sid := range sids {
		if !sidShape.MatchString(sid) || sid[:2] != prefix {
			return notSent(nil, "%q is not a SID of the form %s and 32 hexadecimal digits", cut(sid, 60), prefix)
		}
	}
	return nil
}
