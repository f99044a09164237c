package account

import (
	"net/url"
	"testing"

	"github.com/twilio/twilio-go/client"
)

// What is signed here, Twilio's own library takes; with another token, address or
// parameter it does not.
func TestSign(t *testing.T) {
	const token, address = "fa4e0123fa4e0123fa4e0123fa4e0123", "https://www.example.com/sms?x=1"
	form := url.Values{"To": {"+15005550006"}, "CallSid": {"CA0"}, "Empty": {""}}
	signed := Sign(NewSecret(token), address, form)
	plain := map[string]string{"To": "+15005550006", "CallSid": "CA0", "Empty": ""}
	theirs := client.NewRequestValidator(token)
	if !theirs.Validate(address, plain, signed) {
		t.Error("a good signature is turned away")
	}
	for _, other := range []string{Sign(NewSecret("other"), address, form), Sign(NewSecret(token), address+"2", form), Sign(NewSecret(token), address, nil), ""} {
		if theirs.Validate(address, plain, other) {
			t.Errorf("%q is taken", other)
		}
	}
}
