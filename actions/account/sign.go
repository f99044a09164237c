package account

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// Sign is the signature with which Twilio sends a form to a webhook: HMAC-SHA1
// under the account's primary Auth Token over the address and the parameters in
// order. It is what belongs into X-Twilio-Signature.
// twilio.com/docs/usage/security, validating requests.
func Sign(token Secret, address string, form url.Values) string {
	var text strings.Builder
	text.WriteString(address)
	for _, name := range slices.Sorted(maps.Keys(form)) {
		for _, value := range slices.Sorted(slices.Values(form[name])) {
			text.WriteString(name + value)
		}
	}
	sum := hmac.New(sha1.New, []byte(token.Reveal()))
	sum.Write([]byte(text.String()))
	return base64.StdEncoding.EncodeToString(sum.Sum(nil))
}
