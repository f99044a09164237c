package sim

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// spared are the members that stay as they are: the program's work hangs on
// them, and in the real account nobody can give them a text of his own.
var spared = words("status type event_type direction category iso_code country_code continent log_level " +
	"api_key_id batch_id scopes trigger_by usage_category recurring count_unit usage_unit price_unit currency method request_method callback_method " +
	"api_version voice_receive_mode auth_token secondary_auth_token secret meta links subresource_uris capabilities " +
	"uri url first_page_uri next_page_uri previous_page_uri first_page_url next_page_url previous_page_url")

func words(s string) map[string]bool {
	all := map[string]bool{}
	for _, w := range strings.Fields(s) {
		all[w] = true
	}
	return all
}

// exact are values that cannot hold a text: SIDs, numbers, telephone numbers,
// dates, truths.
var exact = regexp.MustCompile(`^([A-Z]{2}[0-9a-f]{32}|[-+]?[0-9.]+|\d{4}-\d\d-\d\d([T ].*)?|[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} .*|true|false|)$`)

// ourMark begins the names of what the responder made: the account serves that
// as it was given.
const ourMark = "Retake: "

// poison plants payloads in every text of a reply. Which one is planted where
// follows from the seed, the thing and the member, so that a thing reads the same
// each time.
type poison struct {
	seed    uint64
	texts   bool
	strange bool // lists end with records that make no sense
}

// answer is a JSON body with payloads in it.
func (p poison) answer(body []byte, refused bool) []byte {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return body
	}
	top, _ := v.(map[string]any)
	switch {
	case !p.texts:
	case refused && top != nil:
		for _, of := range []string{"message", "more_info"} {
			top[of] = p.text("refusal", of, member(top, of))
		}
	default:
		v = p.value(v, "", "")
	}
	if p.strange && !refused {
		p.haunt(top)
	}
	return surface(encode(v))
}

// header is the value of a header with a payload in it. Control characters are
// not among it: a reply that carried them would not be read as one.
func (p poison) header(id string) string {
	value := surface([]byte(p.text(id, "header", id)))
	return string(slices.DeleteFunc(value, func(b byte) bool { return b < 0x20 || b == 0x7f }))
}

func (p poison) value(v any, thing, of string) any {
	switch v := v.(type) {
	case map[string]any:
		return p.record(v, thing)
	case []any:
		for i := range v {
			v[i] = p.value(v[i], thing, of)
		}
	case string:
		if !exact.MatchString(v) {
			return p.text(thing, of, v)
		}
	}
	return v
}

// record plants in each member, and adds one that nobody knows.
func (p poison) record(r map[string]any, thing string) any {
	if strings.HasPrefix(member(r, "friendly_name"), ourMark) {
		return r
	}
	own := false
	for _, name := range []string{"sid", "iso_code", "country_code", "category"} {
		if s := member(r, name); s != "" {
			thing, own = s, true
			break
		}
	}
	for _, of := range slices.Sorted(maps.Keys(r)) {
		if !spared[of] {
			r[of] = p.value(r[of], thing, of)
		}
	}
	if own {
		r[p.text(thing, "name", "x")] = p.text(thing, "x", "")
	}
	return r
}

// text is a payload before what stood there.
func (p poison) text(thing, of, was string) string {
	n := fold(p.seed, word("payload"), word(thing), word(of)) % uint64(len(payloads))
	return sink(payloads[n].Text) + was
}

// haunt ends a list with two records that make no sense: one whose every text
// is a payload, and one without anything.
func (p poison) haunt(top map[string]any) {
	for name, v := range top {
		list, _ := v.([]any)
		if len(list) == 0 {
			continue
		}
		first, ok := list[0].(map[string]any)
		if !ok {
			continue
		}
		ghost := maps.Clone(first)
		for of, was := range ghost {
			if s, isText := was.(string); isText && s != "" {
				ghost[of] = p.text("ghost", of, "")
			}
		}
		top[name] = append(list, ghost, map[string]any{})
	}
}

// member is a member that is a string, else empty.
func member(r map[string]any, name string) string {
	s, _ := r[name].(string)
	return s
}

// depth is where bytes that are no UTF-8 wait, as runes that mean nothing, until
// the encoder is done, which would replace them.
const depth = 0xf700

func sink(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, w := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && w == 1 {
			r = depth + rune(s[i])
		}
		b.WriteRune(r)
		i += w
	}
	return b.String()
}

func surface(body []byte) []byte {
	var b bytes.Buffer
	for _, r := range string(body) {
		if r >= depth+0x80 && r <= depth+0xff {
			b.WriteByte(byte(r - depth))
			continue
		}
		b.WriteRune(r)
	}
	return b.Bytes()
}

// plantIn makes an answer hostile, if the account is to be.
func (w *World) plantIn(a *answer) {
	p := poison{w.state.Shape.Seed, w.options.Switches.Hostile == "text", w.options.Switches.Strange}
	if p.texts || p.strange {
		a.body = p.answer(a.body, a.status >= http.StatusBadRequest)
	}
	if id := "Twilio-Request-Id"; p.texts {
		a.header.Set(id, p.header(a.header.Get(id)))
	}
}
