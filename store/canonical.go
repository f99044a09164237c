package store

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/gowebpki/jcs"
)

// Canonical renders v as canonical JSON (RFC 8785), the form of entries and the
// one that digests of plans are computed over. Text that is no UTF-8 gets U+FFFD
// for its odd bytes. A number that canonical JSON would change without a word is
// refused.
func Canonical(v any) ([]byte, error) { return canonical(v) }

func canonical(v any) ([]byte, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("cannot write an entry as JSON: %w", err)
	}
	if number := inexact(plain); number != "" {
		return nil, fmt.Errorf("cannot keep the number %s exactly: it has to be written as text", number)
	}
	text, err := jcs.Transform(plain)
	if err != nil {
		return nil, fmt.Errorf("cannot put an entry into canonical form: %w", err)
	}
	return text, nil
}

// inexact returns the first number in a JSON text that a float64, which is what
// canonical JSON knows, would change; "" if there is none.
func inexact(text []byte) string {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			i = endOfString(text, i)
		case c == '-' || c >= '0' && c <= '9':
			end := i + 1
			for end < len(text) && strings.IndexByte("+-.eE0123456789", text[end]) >= 0 {
				end++
			}
			if number := string(text[i:end]); !exact(number) {
				return number
			}
			i = end - 1
		}
	}
	return ""
}

func endOfString(text []byte, i int) int {
	for i++; i < len(text) && text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i
}

// exact tells whether a number has the value that its shortest form as a float64
// has.
func exact(number string) bool {
	if len(number) <= 15 && !strings.ContainsAny(number, "eE") {
		return true
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || len(number) > 400 {
		return false
	}
	mantissa, _, _ := strings.Cut(strings.ToLower(number), "e")
	if f == 0 {
		return !strings.ContainsAny(mantissa, "123456789")
	}
	want, ok := new(big.Rat).SetString(number)
	have, _ := new(big.Rat).SetString(strconv.FormatFloat(f, 'g', -1, 64))
	return ok && want.Cmp(have) == 0
}
