package account

import (
	"bytes"
	"encoding/base64"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// decodings is how often a parameter that holds an escaped address is looked
// into.
const decodings = 3

// text masks secrets in a text that has no structure, or whose structure is
// not known: found and learned ones, those of a token's shape, those after a
// telling name, and those in addresses and headers.
func (m *masks) text(b []byte, found *known) []byte { return m.decoded(b, found, decodings) }

func (m *masks) decoded(b []byte, found *known, deeper int) []byte {
	if len(b) < shortest {
		return b
	}
	var few [8]span
	spans := m.known.spans(b, few[:0])
	spans = found.spans(b, spans)
	spans = m.shapes(b, spans)
	spans = m.assigned(b, spans)
	spans = m.addresses(b, spans)
	spans = m.headers(b, spans)
	b = splice(b, spans)
	// Only then what is escaped: it is written anew from the text itself, and
	// must not bring back what lies next to it.
	if deeper > 0 && bytes.IndexByte(b, '%') >= 0 {
		b = splice(b, m.escaped(b, found, deeper-1))
	}
	return b
}

// splice replaces spans; of overlapping ones the longest says by what.
func splice(b []byte, spans []span) []byte {
	if len(spans) == 0 {
		return b
	}
	slices.SortStableFunc(spans, func(x, y span) int { return x.start - y.start })
	var out []byte
	last := 0
	for i := 0; i < len(spans); {
		s, longest := spans[i], spans[i].end-spans[i].start
		for i++; i < len(spans) && spans[i].start < s.end; i++ {
			s.end = max(s.end, spans[i].end)
			if n := spans[i].end - spans[i].start; n > longest {
				s.with, longest = spans[i].with, n
			}
		}
		out = append(append(out, b[last:s.start]...), s.with...)
		last = s.end
	}
	return append(out, b[last:]...)
}

var (
	jwtShape      = regexp.MustCompile(`eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]*`)
	sendgridShape = regexp.MustCompile(`SG\.[0-9A-Za-z_-]{16,32}\.[0-9A-Za-z_-]{32,64}`)
)

// hookShapes are addresses that carry their secret in the path.
var hookShapes = []struct {
	mark  string
	shape *regexp.Regexp
}{
	{"hooks.slack.com/", regexp.MustCompile(`hooks\.slack\.com/(?:services|workflows|triggers)/[0-9A-Za-z]+/[0-9A-Za-z]+/([0-9A-Za-z/]{16,})`)},
	{"/api/webhooks/", regexp.MustCompile(`/api/webhooks/[0-9]+/([0-9A-Za-z_-]{16,})`)},
	{"api.telegram.org/", regexp.MustCompile(`api\.telegram\.org/(?:file/)?bot[0-9]+:([0-9A-Za-z_-]{16,})`)},
}

// shapes finds words of the shape of an Auth Token, and tokens that say what
// they are. A SID is no such word: its two letters belong to it.
func (m *masks) shapes(b []byte, out []span) []span {
	start := -1
	for i := 0; i <= len(b); i++ {
		if i < len(b) && wordByte[b[i]] {
			if start < 0 {
				start = i
			}
			continue
		}
		if start >= 0 && i-start == 32 {
			if word := string(b[start:i]); isToken(word) && !m.ours(word) {
				out = append(out, span{start, i, m.replacement(word)})
			}
		}
		start = -1
	}
	out = m.matches(b, "eyJ", jwtShape, out)
	out = m.matches(b, "SG.", sendgridShape, out)
	for _, hook := range hookShapes {
		out = m.matches(b, hook.mark, hook.shape, out)
	}
	return out
}

func (m *masks) matches(b []byte, mark string, shape *regexp.Regexp, out []span) []span {
	if !bytes.Contains(b, []byte(mark)) {
		return out
	}
	for _, at := range shape.FindAllSubmatchIndex(b, -1) {
		start, end := at[len(at)-2], at[len(at)-1] // of the group, or of all
		out = append(out, span{start, end, m.replacement(string(b[start:end]))})
	}
	return out
}

var wordByte = func() (is [256]bool) {
	for c := range is {
		is[c] = c == '_' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
	}
	return is
}()

func isToken(word string) bool {
	if len(word) != 32 {
		return false
	}
	for i := range len(word) {
		if c := word[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func eachWord(text string, visit func(string)) {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r > 127 || !wordByte[byte(r)] }) {
		visit(word)
	}
}

// assigned finds values after a telling name: auth_token=…, "secret": "…"
// (escaped as often as you like), and parameters of addresses, ?sig=….
func (m *masks) assigned(b []byte, out []span) []span {
	for i := 0; i < len(b); i++ {
		if b[i] != '=' && b[i] != ':' {
			continue
		}
		name, before := nameBefore(b, i)
		parameter := b[i] == '=' && startsParameter(b, before)
		if name == "" || !parameter && !secretField[name] {
			continue
		}
		start, end := valueAfter(b, i+1, name)
		value := string(b[start:end])
		if value == "" || isMask(b[start:]) {
			continue
		}
		if parameter && secretParameter(name, value) || secretField[name] && (b[i] == '=' || telling(b, i, start, name, value)) {
			out = append(out, span{start, end, m.named(name, unescaped(value))})
			i = end - 1
		}
	}
	return out
}

func startsParameter(b []byte, i int) bool { return i == 0 || strings.IndexByte("?&#;", b[i-1]) >= 0 }

// escaped finds parameters of addresses whose escaped value holds a secret,
// such as an address with a password in it.
func (m *masks) escaped(b []byte, found *known, deeper int) (out []span) {
	for i := 0; i < len(b); i++ {
		if b[i] != '=' {
			continue
		}
		if name, before := nameBefore(b, i); name == "" || !startsParameter(b, before) {
			continue
		}
		start, end := valueAfter(b, i+1, "")
		value := string(b[start:end])
		plain := unescaped(value)
		if plain == value {
			continue
		}
		if with := string(m.decoded([]byte(plain), found, deeper)); with != plain {
			out = append(out, span{start, end, strings.ReplaceAll(url.QueryEscape(with), "+", "%20")})
			i = end - 1
		}
	}
	return out
}

func isCookie(name string) bool { return name == "cookie" || name == "setcookie" }

// telling keeps prose as it is: "invalid token: must be …" holds no secret.
func telling(b []byte, colon, start int, name, value string) bool {
	if isCookie(name) && strings.Contains(value, "=") {
		return true
	}
	return bytes.ContainsAny(b[colon+1:start], `"'`) || strings.HasPrefix(name, "passw") ||
		strings.HasSuffix(name, "authorization") || len(value) >= 8 && strings.ContainsAny(value, "0123456789")
}

// nameBefore reads the name that ends before i, folded, and where it begins;
// quotes, escapes and spaces between do not matter.
func nameBefore(b []byte, i int) (string, int) {
	end := i
	for end > 0 && strings.IndexByte(" \t\"'\\", b[end-1]) >= 0 {
		end--
	}
	start := end
	for start > 0 && (wordByte[b[start-1]] || b[start-1] == '-') && end-start < 32 {
		start--
	}
	return fold(b[start:end]), start
}

// valueAfter finds the value from i on; that of a header goes to its line's
// end.
func valueAfter(b []byte, i int, name string) (int, int) {
	wholeLine := strings.HasSuffix(name, "authorization") || isCookie(name) && b[i-1] == ':'
	for i < len(b) && strings.IndexByte(" \t\"'\\", b[i]) >= 0 {
		i++
	}
	stop := " \t\r\n\"'\\&,;<>)]}#"
	switch {
	case !wholeLine:
	case strings.IndexByte("\"'", b[i-1]) >= 0:
		stop = "\r\n\"'\\<>"
	default:
		stop = "\r\n<>"
	}
	end := i
	for end < len(b) && strings.IndexByte(stop, b[end]) < 0 {
		end++
	}
	return i, end
}

func isMask(b []byte) bool {
	return bytes.HasPrefix(b, []byte(masked)) || bytes.HasPrefix(b, []byte("[secret"))
}

func unescaped(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

// addresses finds user and password in addresses. A user that is a SID stays:
// it says whose password it was.
func (m *masks) addresses(b []byte, out []span) []span {
	for from := 0; ; {
		i := bytes.Index(b[from:], []byte("://"))
		if i < 0 {
			return out
		}
		start := from + i + 3
		end := start
		for end < len(b) && strings.IndexByte("/?# \t\r\n\"'\\<>", b[end]) < 0 {
			end++
		}
		from = start
		if at := bytes.LastIndexByte(b[start:end], '@'); at > 0 {
			out = m.userinfo(b[start:start+at], start, out)
		}
	}
}

func (m *masks) userinfo(info []byte, start int, out []span) []span {
	user, password, has := bytes.Cut(info, []byte(":"))
	if len(user) > 0 && !isMask(user) && !sidShape.Match(user) {
		out = append(out, span{start, start + len(user), m.replacement(unescaped(string(user)))})
	}
	if has && len(password) > 0 && !isMask(password) {
		out = append(out, span{start + len(user) + 1, start + len(info), m.replacement(unescaped(string(password)))})
	}
	return out
}

var (
	basicShape  = regexp.MustCompile(`(?i)\bbasic[ \t]+([0-9A-Za-z+/_-]{4,}={0,2})`)
	bearerShape = regexp.MustCompile(`(?i)\bbearer[ \t]+([0-9A-Za-z+/=._~-]{12,})`)
)

// headers finds the credentials of Basic and Bearer authentication.
func (m *masks) headers(b []byte, out []span) []span {
	if bytes.Contains(b, []byte("asic")) || bytes.Contains(b, []byte("ASIC")) {
		for _, at := range basicShape.FindAllSubmatchIndex(b, -1) {
			if secret, is := basic(string(b[at[2]:at[3]])); is {
				out = append(out, span{at[2], at[3], m.replacement(secret)})
			}
		}
	}
	if bytes.Contains(b, []byte("earer")) || bytes.Contains(b, []byte("EARER")) {
		for _, at := range bearerShape.FindAllSubmatchIndex(b, -1) {
			out = append(out, span{at[2], at[3], m.replacement(string(b[at[2]:at[3]]))})
		}
	}
	return out
}

// basic reads the password of a Basic credential; a word that is none, as in
// "basic settings", is left alone.
func basic(word string) (string, bool) {
	standard := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(word, "="))
	plain, err := base64.RawStdEncoding.DecodeString(standard)
	if err != nil {
		return word, len(word) >= 24
	}
	_, password, has := strings.Cut(string(plain), ":")
	if !has {
		return word, len(word) >= 24
	}
	return password, true
}
