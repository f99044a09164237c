package store

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	bolterrors "go.etcd.io/bbolt/errors"
)

// Errors that callers tell apart. Their texts are for a tired person: what is
// wrong comes in the error, what to do about it in the hint (see HintOf).
var (
	ErrNotACase   = errors.New("this file is not a Retake case")
	ErrDamaged    = errors.New("this case file is damaged")
	ErrNewer      = errors.New("this case was written by a newer Retake")
	ErrExists     = errors.New("there is a file of that name already")
	ErrMissing    = errors.New("there is no such case file")
	ErrHeld       = errors.New("this case is open in another process")
	ErrPassphrase = errors.New("the passphrase is wrong")
	ErrLocked     = errors.New("the passphrase has not been given")
	ErrFull       = errors.New("the disk is full")
	ErrUnwritable = errors.New("the case file cannot be written")
	ErrReadOnly   = errors.New("the case was opened for reading only")
)

type hinted struct {
	err  error
	hint string
}

func (h *hinted) Error() string { return h.err.Error() }
func (h *hinted) Unwrap() error { return h.err }

// WithHint attaches to an error what to do about it. A nil error stays nil.
func WithHint(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return &hinted{err, fmt.Sprintf(format, args...)}
}

// HintOf is what to do about an error, "" where nothing was said.
func HintOf(err error) string {
	var h *hinted
	if errors.As(err, &h) {
		return h.hint
	}
	return ""
}

// cannotWrite names the reason why the file system refused a write.
func cannotWrite(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case isFull(err):
		return WithHint(fmt.Errorf("cannot %s: %w", doing, ErrFull),
			"nothing was sent that could not be journaled; free some space where the case file lies and run the same command again")
	case errors.Is(err, bolterrors.ErrDatabaseReadOnly), errors.Is(err, bolterrors.ErrTxNotWritable):
		return fmt.Errorf("cannot %s: %w", doing, ErrReadOnly)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return WithHint(fmt.Errorf("cannot %s: %w: permission denied", doing, ErrUnwritable),
			"make the folder and the file writable, or name another place with --case FILE")
	}
	return fmt.Errorf("cannot %s: %w", doing, err)
}

// isFull tells whether there was no room for a write. bbolt keeps only the words
// of the error where it cannot make the file longer.
func isFull(err error) bool {
	for _, reason := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG, bolterrors.ErrMaxSizeReached} {
		if errors.Is(err, reason) || strings.HasSuffix(err.Error(), ": "+reason.Error()) {
			return true
		}
	}
	return false
}
