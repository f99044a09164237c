package tui

import (
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"retake/actions/clean"
)

func matches(k tea.KeyMsg, b ...key.Binding) bool { return key.Matches(k, b...) }

// maxTyped is the longest text that a field takes, in runes.
const maxTyped = 4000

// field is a line that is typed. What was typed is shown cleaned, or as dots
// where it is a secret.
type field struct {
	text   []rune
	at     int
	secret bool
}

func newField(text string) field { r := []rune(text); return field{text: r, at: len(r)} }

func (f *field) value() string { return strings.TrimSpace(string(f.text)) }

func (f *field) clear() { f.text, f.at = nil, 0 }

// take takes a key; it tells whether the key belonged to the field.
func (f *field) take(k tea.KeyMsg) bool {
	if typed, ok := runesOf(k); ok {
		f.insert(typed)
		return true
	}
	switch {
	case matches(k, keys.Erase):
		f.erase(f.at - 1)
	case matches(k, keys.Dele):
		f.erase(f.at)
	case matches(k, keys.EraseAll):
		f.clear()
	case matches(k, keys.Left):
		f.at = max(0, f.at-1)
	case matches(k, keys.Right):
		f.at = min(len(f.text), f.at+1)
	case matches(k, keys.LineHome):
		f.at = 0
	case matches(k, keys.LineEnd):
		f.at = len(f.text)
	default:
		return false
	}
	return true
}

// insert puts in what was typed or pasted; the ends of lines become spaces.
func (f *field) insert(typed []rune) {
	var in []rune
	for _, r := range typed {
		switch {
		case r == '\r' || r == utf8.RuneError:
			continue
		case r == '\n' || r == '\t':
			r = ' '
		}
		in = append(in, r)
	}
	in = in[:min(len(in), max(0, maxTyped-len(f.text)))]
	f.text = slices.Insert(f.text, f.at, in...)
	f.at += len(in)
}

func (f *field) erase(at int) {
	if at < 0 || at >= len(f.text) {
		return
	}
	f.text = slices.Delete(f.text, at, at+1)
	f.at = at
}

// row is the field as it is drawn; with the cursor where it has the focus. A
// long text shows the part around the cursor.
func (f *field) row(focus bool, w int) row {
	before, after := f.shown(f.text[:f.at]), f.shown(f.text[f.at:])
	if !focus {
		return row{{plain, before}, {plain, after}}.cut(w)
	}
	if room := max(1, w-2); rowOf(plain, before).width() > room {
		from := func(n int) clean.Text { return clean.Showf("…%s", f.shown(f.text[n:f.at])) }
		before = from(sort.Search(f.at, func(n int) bool { return rowOf(plain, from(n)).width() <= room }))
	}
	return row{{strong, before}, {chosen, lit("_")}, {strong, after}}.cut(w)
}

func (f *field) shown(part []rune) clean.Text {
	if f.secret {
		return clean.Show(strings.Repeat("*", len(part)))
	}
	return clean.Show(string(part))
}
