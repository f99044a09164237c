package line

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"retake/actions"
	"retake/store"
)

// app is what the commands share: the world around the program.
type app struct {
	in      io.Reader
	out     io.Writer
	errs    io.Writer
	getenv  func(string) string
	version string

	stopped <-chan struct{} // closed by the first interrupt; nil: never

	casePath  string
	asJSON    bool
	responder string
}

// Main runs the program with the arguments after its name and returns its exit
// status.
func Main(args []string, version string) int {
	a := &app{in: os.Stdin, out: os.Stdout, errs: os.Stderr, getenv: os.Getenv, version: version}
	return a.guarded(func() int {
		ctx, stop := interruptible()
		defer stop()
		return a.run(ctx, args)
	})
}

// guarded runs fn and turns a panic into a word to the responder.
func (a *app) guarded(fn func() int) (status int) {
	defer func() {
		if r := recover(); r != nil {
			a.crashed(r)
			status = exitFailed
		}
	}()
	return fn()
}

// interruptible is cancelled by the first interrupt, so that what is in flight
// can end; the second one ends the program at once.
func interruptible() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// crashed tells where a panic came from, and nothing of what it carried: that
// may hold a secret.
func (a *app) crashed(r any) {
	if fault, ok := r.(*actions.Fault); ok {
		fmt.Fprintf(a.errs, "retake: %v\n", fault)
	} else {
		fmt.Fprintf(a.errs, "retake: stopped by a fault of its own (%T)\n", r)
	}
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	for {
		f, more := frames.Next()
		fmt.Fprintf(a.errs, "  %s:%d\n", f.Function, f.Line)
		if !more {
			break
		}
	}
	fmt.Fprintln(a.errs, "what to do: run the same command again; what was begun is in the journal and is settled first")
}

func (a *app) run(ctx context.Context, args []string) int {
	a.stopped = ctx.Done()
	root := a.commands()
	root.SetArgs(args)
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.errs)
	err := root.ExecuteContext(ctx)
	if err != nil && isUsage(err) {
		err = &exitError{exitUsage, err}
	}
	complain(a.errs, err)
	return statusOf(err)
}

// isUsage tells cobra's own errors, which have no type, from ours.
func isUsage(err error) bool {
	for _, start := range []string{"unknown command", "unknown flag", "unknown shorthand", "flag needs an argument", "invalid argument", "accepts ", "requires ", "bad flag", "if any flags in the group"} {
		if strings.HasPrefix(err.Error(), start) {
			return true
		}
	}
	return false
}

// commands is the list of all commands.
func (a *app) commands() *cobra.Command {
	root := a.consoleCommand()
	root.AddCommand(
		a.trainCommand(),
		a.newCommand(),
		a.stepCommand(),
		a.panicCommand(),
		a.attestCommand(),
		a.rosterCommand(),
		a.passphraseCommand(),
		a.tokenCommand(),
		a.statusCommand(),
		a.captureCommand(),
		a.reachCommand(),
		a.watchCommand(),
		a.timelineCommand(),
		a.exportCommand(),
		a.evidenceCommand(),
		a.verifyCommand(),
		a.simCommand(),
	)
	root.SilenceUsage, root.SilenceErrors = true, true
	root.CompletionOptions.DisableDefaultCmd = true
	root.PersistentFlags().StringVar(&a.casePath, "case", "", "the case `FILE`; default: the newest one of this wire in the data folder")
	root.PersistentFlags().StringVar(&a.responder, "responder", "", "who is at work (`NAME`); default: RETAKE_RESPONDER")
	root.Version = a.version
	root.SetVersionTemplate("retake {{.Version}}\n")
	return root
}

func (a *app) jsonFlag(c *cobra.Command) { c.Flags().BoolVar(&a.asJSON, "json", false, "print JSON") }

// terminal tells whether somebody is there to be asked.
func (a *app) terminal() bool {
	f, ok := a.in.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// ask asks a question on standard error and reads the answer, unseen. An
// interrupt ends it, with the terminal as it was before.
func (a *app) ask(question string) (string, error) {
	f, ok := a.in.(*os.File)
	if !ok {
		return "", errors.New("nobody is there to be asked")
	}
	before, err := term.GetState(int(f.Fd()))
	if err != nil {
		return "", fmt.Errorf("cannot ask for the %s: %w", strings.ToLower(question), err)
	}
	fmt.Fprint(a.errs, question+": ")
	defer fmt.Fprintln(a.errs)
	type reply struct {
		text []byte
		err  error
	}
	answered := make(chan reply, 1)
	go func() {
		text, err := term.ReadPassword(int(f.Fd()))
		answered <- reply{text, err}
	}()
	select {
	case r := <-answered:
		return string(r.text), r.err
	case <-a.stopped:
		return "", errors.Join(&exitError{exitPerson, store.WithHint(errors.New("stopped before the answer"), "nothing was sent; run the same command again")}, term.Restore(int(f.Fd()), before))
	}
}

// passphrase is what unlocks the case, from the environment or asked for.
func (a *app) passphrase(question string) (string, error) {
	if p := a.getenv("RETAKE_PASSPHRASE"); p != "" {
		return p, nil
	}
	if !a.terminal() {
		return "", store.WithHint(store.ErrLocked, "set RETAKE_PASSPHRASE; nothing was sent")
	}
	return a.ask(question)
}

// who is the responder at work.
func (a *app) who() string {
	if a.responder != "" {
		return a.responder
	}
	return a.getenv("RETAKE_RESPONDER")
}

// stamp is a time in a file name.
func stamp(t time.Time) string { return t.UTC().Format("20060102T150405Z") }
