// Package clean makes text of unknown origin fit to be shown.
//
// The one rule: text that came from an account, a file or an error reaches a
// terminal or a paper only as a Text, and a Text is made only here. Nothing is
// taken away: what could talk to the terminal, turn the direction of reading or
// hide something is written out visibly. Stored bytes are never changed.
package clean

import (
	"fmt"

	"retake/store/plain"
)

// Text is a single line that can be shown as it is. Its zero value is empty.
type Text struct{ s string }

// String is the text.
func (t Text) String() string { return t.s }

// Show makes a text fit to be shown, on one line.
func Show(s string) Text { return Text{plain.Line(s)} }

// Showf formats with fmt.Sprintf and makes the result fit to be shown.
func Showf(format string, args ...any) Text { return Show(fmt.Sprintf(format, args...)) }
