package store

import (
	"encoding/json"
	"fmt"
	"os"
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

func holderPath(path string) string { return path + ".holder" }

// announce leaves the note. It is a courtesy: a folder that cannot be written
// does not stop the work.
func announce(path, responder string, now time.Time) error {
	host, _ := os.Hostname()
	text, err := json.Marshal(holder{PID: os.Getpid(), Host: host, Responder: responder, Since: now.UTC().Truncate(time.Second)})
	if err != nil {
		return err
	}
	_ = os.WriteFile(holderPath(path), text, 0o600)
	return nil
}

func withdraw(path string) { _ = os.Remove(holderPath(path)) }

// held tells in words who has the case open.
func held(path string) error {
	text, err := os.ReadFile(holderPath(path))
	var h holder
	if err != nil || json.Unmarshal(text, &h) != nil {
		return WithHint(fmt.Errorf("cannot open %s: %w", path, ErrHeld), "close the other console first")
	}
	return WithHint(fmt.Errorf("cannot open %s: %w: process %d on %s, opened by %s at %s", path, ErrHeld, h.PID, printable(h.Host), printable(h.Responder), h.Since.Format(time.RFC3339)),
		"close that console (q), or end the process if it hangs; the case survives a kill")
}

// printable keeps a name that was read from a file from talking to the terminal.
func printable(s string) string {
	quoted := fmt.Sprintf("%+q", s)
	return quoted[1 : len(quoted)-1]
}
