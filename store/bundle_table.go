package store

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// table is a table of a bundle, to be written for people (CSV) and for machines
// (JSON Lines). A cell is a string, a number, a truth, a time or a list of
// numbers.
type table struct {
	columns []string
	each    func(line func(cells ...any) error) error
}

// csv writes RFC 4180, in which no cell is a formula and nothing talks to a
// terminal.
func (t table) csv(w io.Writer) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(t.columns); err != nil {
		return err
	}
	err := t.each(func(cells ...any) error {
		texts := make([]string, len(cells))
		for i, c := range cells {
			texts[i] = cellText(c)
		}
		return out.Write(texts)
	})
	out.Flush()
	return firstError(err, out.Error())
}

// jsonl writes a JSON object a line, in ASCII: the exact texts, and yet nothing
// that a terminal obeys.
func (t table) jsonl(w io.Writer) error {
	out := bufio.NewWriter(w)
	err := t.each(func(cells ...any) error {
		for i, c := range cells {
			value, err := json.Marshal(jsonCell(c))
			if err != nil {
				return err
			}
			lead := byte(',')
			if i == 0 {
				lead = '{'
			}
			_ = out.WriteByte(lead) // a bufio.Writer keeps its first error for Flush
			_, _ = fmt.Fprintf(out, "%q:%s", t.columns[i], ascii(value))
		}
		_, err := out.WriteString("}\n")
		return err
	})
	return firstError(err, out.Flush())
}

// moment is how times are written: UTC, ISO 8601 as Timesketch reads it.
const moment = "2006-01-02T15:04:05.000000-07:00"

func jsonCell(c any) any {
	switch c := c.(type) {
	case time.Time:
		if c.IsZero() {
			return ""
		}
		return c.UTC().Format(moment)
	case []int64:
		if c == nil {
			return []int64{}
		}
	}
	return c
}

func cellText(c any) string {
	switch c := jsonCell(c).(type) {
	case nil:
		return ""
	case string:
		return harmless(visible(c))
	case []int64:
		return strings.Trim(fmt.Sprint(c), "[]")
	default:
		return fmt.Sprint(c)
	}
}

// harmless puts an apostrophe before what a spreadsheet would take for the
// beginning of a formula: at the start of a cell, and after a comma or a
// semicolon, since in half of the world the latter parts the cells.
func harmless(s string) string {
	var b strings.Builder
	start := true
	for _, r := range s {
		if start && strings.ContainsRune("=+-@'＝＋－＠", r) {
			b.WriteByte('\'')
		}
		start = r == ',' || r == ';' || start && (r == ' ' || r == '"' || r == '⇥' || r == '⏎')
		b.WriteRune(r)
	}
	return b.String()
}

// visible writes out what could talk to a terminal, turn the direction of
// reading or hide something.
func visible(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, w := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && w == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\n':
			b.WriteRune('⏎')
		case r == '\t':
			b.WriteRune('⇥')
		case r < 0x20 || r >= 0x7f && r < 0xa0:
			fmt.Fprintf(&b, `\x%02x`, r)
		case obscure(r):
			fmt.Fprintf(&b, `\u{%x}`, r)
		case unicode.Is(unicode.Zs, r):
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
		i += w
	}
	return b.String()
}

// obscure are runes that show nothing, turn the direction, end the line or have
// no agreed meaning.
func obscure(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs) || r >= 0xE0000 || r == 0x2800 ||
		unicode.In(r, unicode.Bidi_Control, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point, unicode.Noncharacter_Code_Point)
}

// ascii escapes every rune of a JSON text outside of printable ASCII.
func ascii(text []byte) []byte {
	var b []byte
	for _, r := range string(text) {
		switch {
		case r < 0x7f:
			b = append(b, byte(r))
		case r > 0xffff:
			r -= 0x10000
			b = fmt.Appendf(b, `\u%04x\u%04x`, 0xd800+(r>>10), 0xdc00+(r&0x3ff))
		default:
			b = fmt.Appendf(b, `\u%04x`, r)
		}
	}
	return b
}
