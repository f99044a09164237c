// Package plain writes text of unknown origin out, so that it talks to no
// terminal, turns no direction of reading and hides nothing.
//
// The one rule: nothing is taken away, and what is written out is written the
// same way on a screen as in a table of a bundle. Whoever shows text has a type
// of its own for what went through here (retake/actions/clean).
package plain

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// marks is how many combining marks may follow one another; the rest is written
// out.
const marks = 4

// Line writes a text out on one line.
func Line(s string) string {
	if ordinary(s) {
		return s
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
	return b.String()
}

func ordinary(s string) bool {
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
