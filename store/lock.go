package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// holder is the note that the process which has a case open leaves beside it.
// The lock itself is the file system's (flock) and dies with the process; the
// note only puts a name to it.
type holder struct {
	PID       int       `json:"pid"`
	Host      string    `json:"host"`
	Responder string    `json:"responder"`
	Since     time.Time `json:"since"`
}

// holderPath is the name of the note: beside the file itself, also where the
// case was named by a symbolic link.
func holderPath(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	return path + ".holder"
}

// announce leaves the note. It is a courtesy: a folder that cannot be written
// does not stop the work. Whatever lay under its name is not written into.
func announce(path, responder string, now time.Time) error {
	host, _ := os.Hostname()
	text, err := json.Marshal(holder{PID: os.Getpid(), Host: host, Responder: responder, Since: now.UTC().Truncate(time.Second)})
	if err != nil {
		return err
	}
	withdraw(path)
	f, err := os.OpenFile(holderPath(path), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil
	}
	_, _ = f.Write(text)
	_ = f.Close()
	return nil
}

func withdraw(path string) { _ = os.Remove(holderPath(path)) }

// held tells in words who has the case open. Somebody who only reads it (verify)
// leaves no note, and the note of a process that is gone names nobody.
func held(path string) error {
	text, err := os.ReadFile(holderPath(path))
	var h holder
	if err != nil || json.Unmarshal(text, &h) != nil || h.gone() {
		return WithHint(fmt.Errorf("cannot open %s: %w", path, ErrHeld), "close the other console first, or wait until the other command is done")
	}
	return WithHint(fmt.Errorf("cannot open %s: %w: process %d on %s, opened by %s at %s", path, ErrHeld, h.PID, printable(h.Host), printable(h.Responder), h.Since.Format(time.RFC3339)),
		"close that console (q), or end the process if it hangs; the case survives a kill")
}

// gone tells whether the holder is known to live no more.
func (h holder) gone() bool {
	host, err := os.Hostname()
	if err != nil || h.Host != host || h.PID <= 0 {
		return false
	}
	p, err := os.FindProcess(h.PID)
	if err != nil {
		return true
	}
	err = p.Signal(syscall.Signal(0))
	return errors.Is(err, os.ErrProcessDone) || errors.Is(err, syscall.ESRCH)
}

// printable keeps a name that was read from a file from talking to the terminal.
func printable(s string) string {
	quoted := fmt.Sprintf("%+q", s)
	return quoted[1 : len(quoted)-1]
}
