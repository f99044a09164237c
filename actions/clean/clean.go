// Package clean makes text of unknown origin fit to be shown.
//
// The one rule: text that came from an account, a file or an error reaches a
// terminal or a paper only as a Text, and a Text is made only here. Nothing is
// taken away: what could talk to the terminal, turn the direction of reading or
// hide something is written out visibly. Stored bytes are never changed.
package clean

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text is a single line that can be shown as it is. Its zero value is empty.
type Text struct{ s string }

// String is the text.
func (t Text) String() string { return t.s }

// marks is how many combining marks may follow one another; the rest is written
// out.
const marks = 4

// Show makes a text fit to be shown, on one line.
func Show(s string) Text {
	if plain(s) {
		return Text{s}
	}
	var b strings.Builder
	run := 0
	for i := 0; i < len(s); {
		r, w := utf8.DecodeRuneInString(s[i:])
		if run++; !stacks(r) {
			run = 0
		}
		b.WriteString(form(r, s[i], w, run))
		i += w
	}
	return Text{b.String()}
}

// Showf formats with fmt.Sprintf and makes the result fit to be shown.
func Showf(format string, args ...any) Text { return Show(fmt.Sprintf(format, args...)) }

func plain(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// form is how one rune is shown; raw is its first byte, w its width in bytes,
// run how many combining marks stand in a row with it, itself included.
func form(r rune, raw byte, w, run int) string {
	switch {
	case r == utf8.RuneError && w == 1:
		return fmt.Sprintf(`\x%02x`, raw)
	case r == '\n':
		return "⏎"
	case r == '\t':
		return "⇥"
	case r < 0x20 || r >= 0x7f && r < 0xa0:
		return fmt.Sprintf(`\x%02x`, r)
	case hidden(r) || run > marks:
		return fmt.Sprintf(`\u{%x}`, r)
	case unicode.Is(unicode.Zs, r):
		return " "
	}
	return string(r)
}

// stacks tells the runes that are drawn onto the one before: combining marks and
// the skin tones of emoji.
func stacks(r rune) bool {
	return unicode.Is(unicode.M, r) || r >= 0x1F3FB && r <= 0x1F3FF
}

// hidden are runes that show nothing, turn the direction, end the line or have
// no agreed meaning.
func hidden(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs) || r >= 0xE0000 || r == 0x2800 ||
		unicode.In(r, unicode.Bidi_Control, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point, unicode.Noncharacter_Code_Point)
}
