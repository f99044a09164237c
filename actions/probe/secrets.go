package probe

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"

	"retake/actions/account"
)

// Rule is the kind of credential that was found.
type Rule string

// The rules. Other kinds of secrets are left to gitleaks.
const (
	AuthToken   Rule = "auth-token"   // 32 hexadecimal digits near an Account SID, or known to the case
	APIKey      Rule = "api-key"      // the secret of an API key near its SID
	SendGridKey Rule = "sendgrid-key" // SG. with its two parts
	AccountSID  Rule = "account-sid"  // alone: it is no secret, but says where to look
)

// Hit is a credential in a text. Its secret is never stored or shown: compare
// it, then forget it.
type Hit struct {
	Rule   Rule
	SID    string         // AC… or SK… that stands nearest, "" if none does
	Secret account.Secret // zero for an account-sid
	Offset int64          // of its first byte
	Line   int            // from 1
}

// Seeker looks for the credentials of Twilio and SendGrid.
type Seeker struct {
	// Known tells whether a word is a token that the case knows: such a word is
	// found wherever it stands. Nil: no word is.
	Known func(account.Secret) bool
	// SIDs has Account SIDs reported that stand alone.
	SIDs bool
}

// near is how many bytes may lie between a SID and its secret.
const near = 400

// word is a word of a text that may be part of a credential.
type word struct {
	text   string
	offset int
}

var (
	keySID       = regexp.MustCompile(`^SK[0-9a-fA-F]{32}$`)
	accountSID   = regexp.MustCompile(`^AC[0-9a-f]{32}$`)
	tokenWord    = regexp.MustCompile(`^[0-9a-f]{32}$`)
	secretWord   = regexp.MustCompile(`^[0-9A-Za-z]{32}$`)
	sendgridWord = regexp.MustCompile(`SG\.[\w-]{20,24}\.[\w-]{39,50}`)
	basicWord    = regexp.MustCompile(`(?:QUM|U0)[0-9A-Za-z+/_-]{80,100}={0,2}`) // AC… or SK… with a password, in base64
	pairWord     = regexp.MustCompile(`^((?:AC|SK)[0-9a-fA-F]{32}):([0-9A-Za-z]{32})$`)
)

// Find returns the credentials in a text, in the order in which they stand.
func (s Seeker) Find(text []byte) []Hit {
	all := wordsOf(text)
	var sids, hits = all[:0:0], []Hit(nil)
	for _, w := range all {
		if len(w.text) == 34 && (accountSID.MatchString(w.text) || keySID.MatchString(w.text)) {
			sids = append(sids, w)
		}
	}
	for _, w := range all {
		if len(w.text) == 32 {
			hits = s.secret(w, sids, hits)
		}
	}
	for _, at := range sendgridWord.FindAllIndex(text, -1) {
		hits = append(hits, Hit{Rule: SendGridKey, Secret: account.NewSecret(string(text[at[0]:at[1]])), Offset: int64(at[0])})
	}
	hits = append(append(hits, basics(text)...), s.alone(sids, hits)...)
	slices.SortStableFunc(hits, func(a, b Hit) int { return int(a.Offset - b.Offset) })
	return numberLines(text, hits)
}

// wordsOf are the words of 32 and 34 letters and digits: secrets and SIDs.
func wordsOf(text []byte) (all []word) {
	start := -1
	for i := 0; i <= len(text); i++ {
		if i < len(text) && isWordByte(text[i]) {
			if start < 0 {
				start = i
			}
			continue
		}
		if n := i - start; start >= 0 && (n == 32 || n == 34) {
			all = append(all, word{string(text[start:i]), start})
		}
		start = -1
	}
	return all
}

func isWordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// secret judges a word of 32 letters by what stands near it.
func (s Seeker) secret(w word, sids []word, hits []Hit) []Hit {
	hit := Hit{Secret: account.NewSecret(w.text), Offset: int64(w.offset)}
	switch {
	case tokenWord.MatchString(w.text) && varied(w.text):
		hit.Rule, hit.SID = AuthToken, nearest(w, sids, "AC")
		if hit.SID == "" && (s.Known == nil || !s.Known(hit.Secret)) {
			return hits
		}
	case secretWord.MatchString(w.text) && mixed(w.text) && strings.ToLower(w.text) != w.text && strings.ToUpper(w.text) != w.text:
		hit.Rule, hit.SID = APIKey, nearest(w, sids, "SK")
		if hit.SID == "" {
			return hits
		}
	default:
		return hits
	}
	return append(hits, hit)
}

// varied tells a token from a filler such as 000…: eight different digits.
func varied(text string) bool {
	seen := map[rune]bool{}
	for _, r := range text {
		seen[r] = true
	}
	return len(seen) >= 8
}

// nearest is the SID of a kind that stands nearest to a word, "" if none is near.
func nearest(w word, sids []word, kind string) (found string) {
	best := near + 34
	for _, sid := range sids {
		if apart := max(w.offset-sid.offset, sid.offset-w.offset); strings.HasPrefix(sid.text, kind) && apart < best {
			best, found = apart, sid.text
		}
	}
	return found
}

// alone are the Account SIDs that stand without a secret.
func (s Seeker) alone(sids []word, hits []Hit) (all []Hit) {
	if !s.SIDs {
		return nil
	}
	for _, sid := range sids {
		taken := slices.ContainsFunc(hits, func(h Hit) bool { return h.SID == sid.text })
		if strings.HasPrefix(sid.text, "AC") && !taken {
			all = append(all, Hit{Rule: AccountSID, SID: sid.text, Offset: int64(sid.offset)})
		}
	}
	return all
}

// basics finds user and password of Basic authentication in base64.
func basics(text []byte) (all []Hit) {
	for _, at := range basicWord.FindAllIndex(text, -1) {
		encoded := strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(string(text[at[0]:at[1]])), "=")
		plain, _ := base64.RawStdEncoding.DecodeString(encoded) // what is no base64 is no pair
		pair := pairWord.FindSubmatch(plain)
		if pair == nil {
			continue
		}
		hit := Hit{Rule: AuthToken, SID: string(pair[1]), Secret: account.NewSecret(string(pair[2])), Offset: int64(at[0])}
		if strings.HasPrefix(hit.SID, "SK") {
			hit.Rule = APIKey
		}
		all = append(all, hit)
	}
	return all
}

func numberLines(text []byte, hits []Hit) []Hit {
	line, from := 1, 0
	for i := range hits {
		line += bytes.Count(text[from:hits[i].Offset], []byte("\n"))
		from, hits[i].Line = int(hits[i].Offset), line
	}
	return hits
}

const (
	window  = 256 << 10 // bytes that are looked at together
	overlap = 2 << 10   // bytes that two windows share: more than a secret and its SID span
)

// Read looks through a stream of any length and tells each hit once.
func (s Seeker) Read(ctx context.Context, in io.Reader, tell func(Hit)) (read int64, err error) {
	buffer, filled := make([]byte, window), 0
	var base, told int64 // of the buffer in the stream; up to where hits were told
	lines := 0           // before the buffer
	for {
		if err := ctx.Err(); err != nil {
			return read, err
		}
		n, failed := io.ReadFull(in, buffer[filled:])
		filled, read = filled+n, read+int64(n)
		end := failed != nil
		until := base + int64(filled)
		if !end {
			until -= overlap
		}
		for _, h := range s.Find(buffer[:filled]) {
			h.Offset, h.Line = h.Offset+base, h.Line+lines
			if h.Offset >= told && h.Offset < until {
				tell(h)
			}
		}
		if end {
			if errors.Is(failed, io.EOF) || errors.Is(failed, io.ErrUnexpectedEOF) {
				failed = nil
			}
			return read, failed
		}
		gone := filled - 2*overlap
		lines += bytes.Count(buffer[:gone], []byte("\n"))
		copy(buffer, buffer[gone:filled])
		base, told, filled = base+int64(gone), until, 2*overlap
	}
}
