package account

import (
	"bytes"
	"encoding/json"
)

// deepest is how many texts of JSON within JSON are looked into.
const deepest = 8

// A jsonRule masks JSON without writing it anew: only the bytes of masked
// values change, so that numbers, order and spaces stay as they were sent.
type jsonRule struct {
	*masks
	found     *known
	variables bool // "value" is a secret too
}

// collect learns the secrets that the text names, for the rest of it.
func (r jsonRule) collect(b []byte, depth int) {
	r.walk(b, func(l leaf) {
		if l.key || b[l.start] != '"' {
			return
		}
		text := unquote(b[l.start:l.end])
		switch {
		case l.secret && tokenLike(string(text)):
			r.found.add(string(text), r.replacement)
		case !l.secret && depth < deepest && holdsJSON(text):
			r.collect(text, depth+1)
		}
	})
}

// mask returns b with its secrets replaced; still valid JSON.
func (r jsonRule) mask(b []byte, depth int) []byte {
	var out []byte
	last := 0
	r.walk(b, func(l leaf) {
		with, changed := r.leaf(l, b[l.start:l.end], depth)
		if !changed {
			return
		}
		out = append(append(out, b[last:l.start]...), with...)
		last = l.end
	})
	if last == 0 {
		return b
	}
	return append(out, b[last:]...)
}

func (r jsonRule) leaf(l leaf, raw []byte, depth int) ([]byte, bool) {
	switch {
	case l.secret && raw[0] == '"':
		text := string(unquote(raw))
		return quote(r.named(l.name, text)), text != ""
	case l.secret:
		return []byte(`"` + masked + `"`), raw[0] != 'n'
	case raw[0] == '"':
		return r.str(l, raw, depth)
	case raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9':
		return r.number(raw)
	}
	return nil, false
}

// number masks digits that make up a secret; the mask is a string then.
func (r jsonRule) number(raw []byte) ([]byte, bool) {
	if len(raw) < shortest {
		return nil, false
	}
	text := r.text(raw, r.found)
	return quote(string(text)), !bytes.Equal(text, raw)
}

// str masks within a string, and within the JSON that it may hold. A field's
// name is not masked for what was found in this very text.
func (r jsonRule) str(l leaf, raw []byte, depth int) ([]byte, bool) {
	text := unquote(raw)
	var with []byte
	switch {
	case l.key:
		with = r.text(text, nil)
	case depth < deepest && holdsJSON(text):
		with = r.mask(text, depth+1)
	default:
		with = r.text(text, r.found)
	}
	if !bytes.Equal(with, text) {
		raw = quote(string(with))
	}
	if r.spelled(raw) {
		return quote(masked), true
	}
	return raw, !bytes.Equal(with, text)
}

// spelled tells whether a secret still stands in the bytes of a string, made
// up in part of an escape: \u0001 and 23… spells 0123… to whoever searches
// the file.
func (r jsonRule) spelled(raw []byte) bool {
	return bytes.IndexByte(raw, '\\') >= 0 && len(r.found.spans(raw, r.masks.known.spans(raw, nil))) > 0
}

func holdsJSON(text []byte) bool {
	text = bytes.TrimLeft(text, " \t\r\n")
	return len(text) > 1 && (text[0] == '{' || text[0] == '[' || text[0] == '"') && json.Valid(text)
}

// unquote reads a JSON string; without escapes it is the very bytes.
func unquote(raw []byte) []byte {
	inner := raw[1 : len(raw)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return inner
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return inner
	}
	return []byte(s)
}

func quote(s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// A leaf of a JSON text: a scalar, or the name of a member.
type leaf struct {
	start, end int
	key        bool
	secret     bool   // it stands under the name of a secret, at any depth
	name       string // that name, folded
}

// A frame is an object or array that the walk is in.
type frame struct {
	object, secret bool
	name           string
}

// A walker goes through valid JSON.
type walker struct {
	b       []byte
	i       int
	frames  []frame
	pending frame // what the next value inherits
	isKey   bool
	rule    jsonRule
}

// walk shows each leaf of b, which must be valid JSON, in order.
func (r jsonRule) walk(b []byte, visit func(leaf)) {
	w := walker{b: b, rule: r}
	for w.i < len(b) {
		switch c := b[w.i]; c {
		case ' ', '\t', '\r', '\n', ':':
			w.i++
		case '{', '[':
			w.open(c == '{')
		case '}', ']':
			w.close()
		case ',':
			w.next()
		default:
			w.leaf(visit)
		}
	}
}

func (w *walker) open(object bool) {
	w.i++
	f := frame{object: object, secret: w.pending.secret, name: w.pending.name}
	// "credentials" at the top is a list of records (SIP, Notify, Chat), whose
	// secrets have names of their own.
	if len(w.frames) == 1 && !object && f.name == "credentials" {
		f = frame{}
	}
	w.frames = append(w.frames, f)
	w.expect(f)
}

// expect prepares for what comes first in f: a name, or a value.
func (w *walker) expect(f frame) {
	w.isKey = f.object
	w.pending = frame{secret: f.secret, name: f.name}
}

func (w *walker) close() {
	w.i++
	w.frames = w.frames[:len(w.frames)-1]
}

func (w *walker) next() {
	w.i++
	w.expect(w.frames[len(w.frames)-1])
}

func (w *walker) leaf(visit func(leaf)) {
	l := leaf{start: w.i, key: w.isKey}
	w.skip()
	l.end = w.i
	if !l.key {
		l.secret, l.name = w.pending.secret, w.pending.name
		visit(l)
		return
	}
	w.isKey = false
	if name := fold(unquote(w.b[l.start:l.end])); secretField[name] || w.rule.variables && name == "value" {
		w.pending = frame{secret: true, name: name}
	}
	visit(l)
}

// skip goes past one scalar.
func (w *walker) skip() {
	if w.b[w.i] != '"' {
		for w.i < len(w.b) && bytes.IndexByte([]byte(" \t\r\n,]}:"), w.b[w.i]) < 0 {
			w.i++
		}
		return
	}
	for w.i++; w.b[w.i] != '"'; w.i++ {
		if w.b[w.i] == '\\' {
			w.i++
		}
	}
	w.i++
}
