package tui

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"golang.org/x/term"

	"retake/actions/clean"
)

// ErrNoAnswer says that a question was left unanswered.
var ErrNoAnswer = errors.New("the question was not answered")

// Ask asks one question on a plain line. A masked answer is not shown while it
// is typed, where in is a terminal. The line is read to its end and not further.
func Ask(in io.Reader, out io.Writer, question string, masked bool) (string, error) {
	if _, err := fmt.Fprintf(out, "%s ", clean.Show(question)); err != nil {
		return "", fmt.Errorf("cannot ask %s: %w", question, err)
	}
	file, isFile := in.(*os.File)
	if masked && isFile && term.IsTerminal(int(file.Fd())) {
		return askMasked(file, out)
	}
	return readLine(in, nil)
}

// askMasked reads with the terminal in raw mode, so that ctrl+c gives the
// terminal back before it ends the question.
func askMasked(file *os.File, out io.Writer) (answer string, err error) {
	before, err := term.MakeRaw(int(file.Fd()))
	if err != nil {
		return "", fmt.Errorf("cannot hide what is typed: %w", err)
	}
	defer func() {
		err = errors.Join(err, term.Restore(int(file.Fd()), before))
		_, _ = fmt.Fprintln(out)
	}()
	return readLine(file, edits)
}

// edits are the keys that change what was typed, in raw mode.
var edits = map[byte]func([]byte) []byte{
	0x08: eraseLast,
	0x7f: eraseLast,
	0x15: func([]byte) []byte { return nil }, // ctrl+u
}

func eraseLast(b []byte) []byte {
	_, n := utf8.DecodeLastRune(b)
	return b[:len(b)-n]
}

// readLine reads a line byte by byte, so that nothing after it is taken away
// from whoever reads next.
func readLine(in io.Reader, edits map[byte]func([]byte) []byte) (string, error) {
	var line []byte
	one := make([]byte, 1)
	for len(line) < maxTyped*utf8.UTFMax {
		n, err := in.Read(one)
		if n == 0 && err != nil {
			if errors.Is(err, io.EOF) && len(line) > 0 {
				break
			}
			return "", fmt.Errorf("%w: %w", ErrNoAnswer, err)
		}
		if n == 0 {
			continue
		}
		edit := edits[one[0]]
		switch {
		case one[0] == '\n', edits != nil && one[0] == '\r':
			return string(bytes.TrimRight(line, "\r")), nil
		case edits != nil && (one[0] == 0x03 || one[0] == 0x04): // ctrl+c, ctrl+d
			return "", ErrNoAnswer
		case edit != nil:
			line = edit(line)
		default:
			line = append(line, one[0])
		}
	}
	return string(line), nil
}
