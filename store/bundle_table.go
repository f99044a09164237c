package store

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"retake/store/plain"
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
		return harmless(plain.Line(c))
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
