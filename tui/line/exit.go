package line

import (
	"context"
	"errors"
	"fmt"
	"io"

	"retake/actions"
	"retake/actions/clean"
	"retake/store"
)

// The exit statuses. What could not be seen is listed and changes none of them.
const (
	exitDone    = 0 // done
	exitFailed  = 1 // failed
	exitUsage   = 2 // wrong usage
	exitPerson  = 3 // stopped because a person must decide or act
	exitUnknown = 4 // an act has an unknown outcome
)

// exitError ends a command with a status; a nil err was told already.
type exitError struct {
	status int
	err    error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.status)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// usage is a wrong way to call a command. Where WithHint says no more, the hint
// is to look the command up.
func usage(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

// statusOf is the exit status that an error means.
func statusOf(err error) int {
	var e *exitError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &e):
		return e.status
	case errors.Is(err, actions.ErrTokenUnknown), errors.Is(err, actions.ErrPromotionOpen):
		return exitUnknown
	case errors.Is(err, actions.ErrNoWork), errors.Is(err, actions.ErrTooEarly), errors.Is(err, actions.ErrUnconfirmed), stopped(err):
		return exitPerson
	}
	return exitFailed
}

// stopped tells whether a person ended the work, by an interrupt.
func stopped(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, actions.ErrAskedToStop)
}

// statusOfReport is the exit status that the outcomes of a step mean.
func statusOfReport(r *actions.Report) int {
	switch r.Worst() {
	case store.Unknown:
		return exitUnknown
	case store.Failed:
		return exitFailed
	case store.Refused, store.Stale, store.Waiting:
		return exitPerson
	}
	if r.State == store.NeedsPerson || r.State == store.Blocked {
		return exitPerson
	}
	return exitDone
}

// complain says on one line what went wrong and on the next what to do.
func complain(w io.Writer, err error) {
	var e *exitError
	if err == nil || errors.As(err, &e) && e.err == nil {
		return
	}
	fmt.Fprintf(w, "retake: %s\n", clean.Show(err.Error()))
	fmt.Fprintf(w, "what to do: %s\n", clean.Show(hintOf(err)))
}

// hintOf is what to do about an error. There is always something.
func hintOf(err error) string {
	hint := store.HintOf(err)
	switch {
	case hint != "":
		return hint
	case statusOf(err) == exitUsage:
		return "retake --help lists the commands, retake COMMAND --help its flags; nothing was done"
	case stopped(err):
		return "run the same command again to go on where it stopped"
	}
	return "run the same command again; if it fails again, retake status tells how the case stands and retake verify whether it is sound"
}
