package actions

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"retake/actions/account"
)

// tested is what a webhook answered to the two requests.
type tested struct {
	Address string `json:"address"`
	Account string `json:"account"`
	Right   int    `json:"right"` // status of the answer to the right signature
	Wrong   int    `json:"wrong"` // and to the wrong one
}

// testWebhook sends a webhook of one's own a request as Twilio would, signed with
// the token in force, and the same with a wrong signature.
func testWebhook(ctx context.Context, r *Run, c Change) (string, error) {
	token := r.Credential(c.Account).Secret
	if token.IsZero() {
		return "", fmt.Errorf("the token of %s is not known", c.Account)
	}
	site, err := r.site(ctx, c.Host)
	if err != nil {
		return "", err
	}
	form := url.Values{
		"AccountSid": {c.Account}, "ApiVersion": {"2010-04-01"}, "CallSid": {"CA" + strings.Repeat("0", 32)}, "CallStatus": {"ringing"},
		"Direction": {"inbound"}, "From": {"+15005550006"}, "To": {"+15005550006"},
	}
	began := r.Now()
	t := tested{Address: c.Object, Account: c.Account}
	for _, one := range []struct {
		token account.Secret
		into  *int
	}{{token, &t.Right}, {account.NewSecret("wrong"), &t.Wrong}} {
		header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "X-Twilio-Signature": {account.Sign(one.token, c.Object, form)}}
		reply, err := site.Send(ctx, http.MethodPost, c.Object, header, []byte(form.Encode()))
		if err != nil {
			return "", fmt.Errorf("%s did not answer: %w", c.Object, err)
		}
		*one.into = reply.Status
	}
	n, err := r.fileLook(hookAddress(c.Object), began, "", t)
	if err != nil {
		return "", err
	}
	severity, text := t.words()
	r.Find(Finding{ID: "signature/" + short(c.Object), Severity: severity, Account: c.Account, Text: r.line.Mask(text), Exhibits: []int64{n}})
	return fmt.Sprintf("right signature %d, wrong signature %d", t.Right, t.Wrong), nil
}

func hookAddress(address string) string { return "webhook://" + address }

// words say what the answers mean.
func (t tested) words() (Severity, string) {
	good, lax := t.Right >= 200 && t.Right < 300, t.Wrong >= 200 && t.Wrong < 300
	switch {
	case lax:
		return High, fmt.Sprintf("%s answers %d to a wrong signature: it obeys anybody; check X-Twilio-Signature there", t.Address, t.Wrong)
	case good && (t.Wrong == http.StatusForbidden || t.Wrong == http.StatusUnauthorized):
		return Info, fmt.Sprintf("%s takes a request signed with the token in force (%d) and turns a wrong signature away (%d)", t.Address, t.Right, t.Wrong)
	case good:
		return Low, fmt.Sprintf("%s takes a request signed with the token in force (%d), and answers %d to a wrong signature: 403 would be clear", t.Address, t.Right, t.Wrong)
	case t.Right == http.StatusForbidden || t.Right == http.StatusUnauthorized:
		return High, fmt.Sprintf("%s turns away a request signed with the token in force (%d): it may hold the old token", t.Address, t.Right)
	}
	return Medium, fmt.Sprintf("%s answers %d to a request signed with the token in force, and %d to a wrong signature: what it does with signatures cannot be told from that", t.Address, t.Right, t.Wrong)
}
