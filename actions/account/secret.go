package account

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
)

// hidden is what a Secret shows of itself.
const hidden = "[secret]"

// A Secret is a token or password that no printer, encoder or logger shows.
// Compare secrets with Equal.
type Secret struct {
	// A pointer, since fmt does not call the methods of unexported fields:
	// inside somebody's struct it then prints an address and not the text.
	text *string
}

// NewSecret hides s.
func NewSecret(s string) Secret {
	if s == "" {
		return Secret{}
	}
	return Secret{text: &s}
}

// Reveal returns the secret itself, to send or to seal it.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero tells whether there is no secret.
func (s Secret) IsZero() bool { return s.text == nil }

// Equal compares in a time that says nothing about the secrets.
func (s Secret) Equal(other Secret) bool {
	a, b := sha256.Sum256([]byte(s.Reveal())), sha256.Sum256([]byte(other.Reveal()))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

func (s Secret) String() string {
	if s.IsZero() {
		return ""
	}
	return hidden
}

// GoString, Format and the encoders below show no more than String does.
func (s Secret) GoString() string { return s.String() }

// Format writes the same for every verb, %x and %q included.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText hides the secret from every encoder that asks for text.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON hides the secret from encoding/json.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + s.String() + `"`), nil }

// LogValue hides the secret from log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// A Credential is the user and password of Basic authentication: an Account
// SID and its Auth Token, or an API key and its secret, in the Region where they
// are good.
type Credential struct {
	SID    string
	Secret Secret
	Region Region
}

var (
	accountShape = regexp.MustCompile(`^AC[0-9a-f]{32}$`)
	userShape    = regexp.MustCompile(`^(AC|SK)[0-9a-f]{32}$`)
	tokenShape   = regexp.MustCompile(`^[0-9a-zA-Z]+$`)
)

// Check tells in a sentence why these cannot be an account's SID and token;
// it asks nobody, and shows nothing of the token.
func (c Credential) Check() error {
	if err := checkAccountSID(c.SID); err != nil {
		return err
	}
	return checkToken(c.Secret.Reveal())
}

func checkAccountSID(sid string) error {
	switch {
	case sid == "":
		return errors.New("the Account SID is empty")
	case sid != strings.TrimSpace(sid) || strings.ContainsAny(sid, `"'`):
		return errors.New("the Account SID has spaces or quotes around it: paste it without them")
	case strings.HasPrefix(sid, "SK"):
		return errors.New("this is the SID of an API key (SK…) where the Account SID (AC…) belongs: no key, Main or Standard, can rotate tokens or read those of subaccounts, so Retake needs the Account SID and the Auth Token")
	case !accountShape.MatchString(sid):
		return errors.New("the Account SID must be AC and 32 hexadecimal digits in lower case")
	}
	return nil
}

func checkToken(token string) error {
	switch {
	case token == "":
		return errors.New("the Auth Token is empty")
	case strings.ContainsAny(token, " \t\r\n\u00a0\u200b\ufeff"):
		return errors.New("the Auth Token has spaces or line ends in it: paste it without them")
	case strings.ContainsAny(token, "\"'`“”‘’"):
		return errors.New("the Auth Token has quotes around it: paste it without them")
	case strings.HasPrefix(token, "SK") && userShape.MatchString(token):
		return errors.New("this is a SID where the Auth Token belongs, that of an API key: no key can stand in for the token; it is on the first page of the Console")
	case userShape.MatchString(token):
		return errors.New("this is a SID where the Auth Token belongs")
	case !tokenShape.MatchString(token):
		return errors.New("the Auth Token must be letters and digits only")
	}
	return nil
}

// usable tells why a credential cannot be sent at all. An API key may be:
// what it is refused is for Twilio to say.
func (c Credential) usable() error {
	if !userShape.MatchString(c.SID) {
		return errors.New("the credential's SID is neither an account's nor an API key's")
	}
	return checkToken(c.Secret.Reveal())
}
