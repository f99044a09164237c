package probe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// ErrAbsent says that a program is not on the PATH.
var ErrAbsent = errors.New("is not on the PATH")

// mostPrinted is how much of what a program prints is taken where all of it is
// held in memory.
const mostPrinted = 64 << 20

// program is one run of a program that is installed on this computer. It is
// given its arguments as they are, without a shell.
type program struct {
	name    string
	args    []string
	dir     string
	env     []string // all that it may see
	timeout time.Duration
	into    func(io.Reader) error // reads what it prints; what it leaves is not waited for
}

// result is how a program ended.
type result struct {
	status int
	errs   string // the beginning of what it printed as errors
}

// find tells where a program is: ErrAbsent if nowhere.
func find(name string) (string, error) {
	at, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%s %w", name, ErrAbsent)
	}
	return at, nil
}

// Has tells whether a program is on the PATH.
func Has(name string) bool { _, err := find(name); return err == nil }

// run runs a program to its end, or until ctx ends or its time is up: then it is
// killed with all that it started. A status other than 0 is no error.
func (p program) run(ctx context.Context) (result, error) {
	at, err := find(p.name)
	if err != nil {
		return result{}, err
	}
	limited, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	c := exec.CommandContext(limited, at, p.args...)
	errs := &beginning{most: 4 << 10}
	c.Dir, c.Env, c.Stderr = p.dir, p.env, errs
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.WaitDelay = 2 * time.Second
	out, err := c.StdoutPipe()
	if err != nil {
		return result{}, err
	}
	if err := c.Start(); err != nil {
		return result{}, fmt.Errorf("cannot run %s: %w", p.name, err)
	}
	read := p.into(out)
	if read != nil {
		cancel() // nobody reads on, so it would wait for ever
	}
	err = c.Wait()
	var status *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return result{}, ctx.Err()
	case read != nil:
		return result{}, read
	case limited.Err() != nil:
		return result{}, fmt.Errorf("%s did not end within %s and was stopped", p.name, p.timeout)
	case errors.As(err, &status) && status.Exited():
		return result{status.ExitCode(), errs.String()}, nil
	case err != nil:
		return result{}, fmt.Errorf("%s failed: %w", p.name, err)
	}
	return result{0, errs.String()}, nil
}

// failed is a result as an error, for programs that should have ended well.
func (r result) failed(name string) error {
	said := strings.Join(strings.Fields(r.errs), " ")
	if len(said) > 300 {
		said = said[:300] + "..."
	}
	return fmt.Errorf("%s ended with status %d: %s", name, r.status, said)
}

// beginning keeps the first bytes that are written to it.
type beginning struct {
	bytes.Buffer
	most int
}

func (b *beginning) Write(p []byte) (int, error) {
	if room := b.most - b.Len(); room > 0 {
		b.Buffer.Write(p[:min(len(p), room)])
	}
	return len(p), nil
}

var errTooMuch = errors.New("it printed more than is taken")

// all reads everything, up to mostPrinted.
func all(into *[]byte) func(io.Reader) error {
	return func(r io.Reader) (err error) {
		*into, err = io.ReadAll(io.LimitReader(r, mostPrinted+1))
		if err == nil && len(*into) > mostPrinted {
			return errTooMuch
		}
		return err
	}
}
