package account

import (
	"encoding/json"
	"net/url"
	"strings"
	"sync"
	"unicode"
)

// Masks know what a secret looks like, and replace it before anything is
// recorded. Three things make a secret: the name of its field, its shape, or
// having been learned. Nothing else of a text changes, so that what was
// recorded is what was received.
type masks struct {
	fingerprint func(string) string
	known       *known

	mu     sync.RWMutex
	issued map[string]bool // 32-digit words inside of our own replacements
}

// masked stands for a secret that somebody could guess: a fingerprint of it
// could be tried against a dictionary by whoever holds the case's key.
const masked = "[masked]"

// guessable is the length below which a secret gets no fingerprint.
const guessable = 12

func newMasks(fingerprint func(string) string) *masks {
	return &masks{fingerprint: fingerprint, known: newKnown(), issued: map[string]bool{}}
}

func (m *masks) learn(secret string) { m.known.add(secret, m.replacement) }

// replacement is what a secret becomes.
func (m *masks) replacement(secret string) string {
	if len(secret) < guessable {
		return masked
	}
	with := m.fingerprint(secret)
	eachWord(with, func(word string) {
		if isToken(word) {
			m.mu.Lock()
			m.issued[word] = true
			m.mu.Unlock()
		}
	})
	return with
}

// ours tells whether a word that looks like a token is from a replacement:
// masking twice must not change the fingerprint.
func (m *masks) ours(word string) bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.issued[word]
}

// named is the replacement for the value of a field; passwords are chosen by
// people, whatever their length.
func (m *masks) named(name, secret string) string {
	if strings.HasPrefix(name, "passw") {
		return masked
	}
	return m.replacement(secret)
}

// body masks a reply or a request: JSON by its structure, anything else as
// text. where is the host and path that it belongs to; found collects the
// secrets that it names, and may be nil.
func (m *masks) body(b []byte, where string, found *known) []byte {
	if found == nil {
		found = newKnown()
	}
	if !json.Valid(b) {
		return m.text(b, found)
	}
	rule := jsonRule{masks: m, found: found, variables: holdsVariables(where)}
	rule.collect(b, 0)
	return rule.mask(b, 0)
}

// holdsVariables tells whether "value" is a secret there: the variables of
// Twilio's Functions are where programs keep their keys.
func holdsVariables(where string) bool {
	return strings.HasPrefix(where, "serverless.twilio.com/") && strings.Contains(where, "/Variables")
}

// url masks the query of an address, and its text.
func (m *masks) url(raw string, found *known) string {
	address, query, has := strings.Cut(raw, "?")
	address = string(m.text([]byte(address), found))
	if !has {
		return address
	}
	return address + "?" + m.pairs(query, secretParameter, found)
}

// sent masks the body of a request.
func (m *masks) sent(q *request, found *known) []byte {
	where := q.url.Host + q.url.Path
	if strings.HasPrefix(q.contentType, "application/json") {
		return m.body(q.body, where, found)
	}
	rule := secretInput
	if holdsVariables(where) {
		rule = func(name, value string) bool { return name == "value" || secretInput(name, value) }
	}
	return []byte(m.pairs(string(q.body), rule, found))
}

// pairs masks urlencoded names and values, and leaves the others as they are;
// secret tells by its folded name and its value which is a secret.
func (m *masks) pairs(encoded string, secret func(name, value string) bool, found *known) string {
	if encoded == "" {
		return ""
	}
	parts := strings.Split(encoded, "&")
	for i, part := range parts {
		name, value, _ := strings.Cut(part, "=")
		plain := unescaped(value)
		if plain == "" {
			continue
		}
		if with := m.pair(fold([]byte(unescaped(name))), plain, secret, found); with != plain {
			parts[i] = name + "=" + url.QueryEscape(with)
		}
	}
	return strings.Join(parts, "&")
}

func (m *masks) pair(name, value string, secret func(name, value string) bool, found *known) string {
	if !secret(name, value) {
		return string(m.body([]byte(value), "", found))
	}
	if tokenLike(value) {
		found.add(value, m.replacement)
	}
	return m.named(name, value)
}

// secretField are the names, folded, whose value is a secret wherever they
// stand.
var secretField = map[string]bool{
	"authtoken": true, "secondaryauthtoken": true, "secret": true, "clientsecret": true,
	"password": true, "passwd": true, "authorization": true, "proxyauthorization": true, "apikey": true, "xapikey": true,
	"accesstoken": true, "refreshtoken": true, "idtoken": true, "token": true, "privatekey": true, "credentials": true,
	"cookie": true, "setcookie": true, "writekey": true, "presignedurl": true,
}

// queryField are names that mean a secret only in the query of an address.
var queryField = map[string]bool{
	"auth": true, "key": true, "sig": true, "signature": true, "pwd": true, "pass": true, "passphrase": true,
	"xamzsignature": true, "xamzsecuritytoken": true, "xgoogsignature": true, "subscriptionkey": true,
}

// secretParameter tells whether a parameter of an address is a secret.
func secretParameter(name, value string) bool {
	// A long code is the key of an Azure function, a short one a country's.
	return queryField[name] || name == "code" && len(value) >= 20 || secretInput(name, value)
}

// secretInput tells whether a field of a form is a secret. Twilio's own page
// tokens are none: the exhibit must show the page.
func secretInput(name, _ string) bool {
	if name == "pagetoken" || name == "nexttoken" {
		return false
	}
	for _, end := range []string{"token", "secret", "password", "apikey", "signature"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return secretField[name]
}

// fold reduces a field's name to lower-case letters and digits.
func fold(name []byte) string {
	var buf [32]byte
	out := buf[:0]
	for _, c := range name {
		switch {
		case c == '_' || c == '-' || c == '.':
		case c >= 'A' && c <= 'Z':
			out = append(out, c+'a'-'A')
		default:
			out = append(out, c)
		}
		if len(out) == cap(out) {
			return ""
		}
	}
	return string(out)
}

// tokenLike tells whether a secret that was found by its name may be masked
// elsewhere too. The intruder writes fields as well, and must not be able to
// blot out a SID, a name or a date by calling it a token.
func tokenLike(s string) bool {
	if len(s) < 16 || len(s) > 4096 || sidShape.MatchString(s) {
		return false
	}
	digits, letters := 0, 0
	for _, c := range s {
		switch {
		case c > unicode.MaxASCII:
			return false
		case unicode.IsDigit(c):
			digits++
		case unicode.IsLetter(c):
			letters++
		case !strings.ContainsRune("-_.+/=", c):
			return false
		}
	}
	return digits >= 2 && letters >= 2
}
