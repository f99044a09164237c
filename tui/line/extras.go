package line

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"retake/actions"
	"retake/actions/account"
)

// What a step can use beside the account's own credentials, and the environment
// does not give, is asked for as the passphrase is: unseen, a line each. An empty
// answer goes without it.
//
// A step that sees nothing without it asks by itself (sendgrid): its plan would be
// empty, and nobody types retake step sendgrid for that. The other steps do their
// work without, so that a question before each run would be pressed away and soon
// not be read; it would also halt a loop over the steps that somebody begins in a
// terminal. They only say that --ask asks. Where nobody can answer (standard
// input or error is no terminal) or a program reads (--json), nothing is asked
// and nothing is said of it: scripts go on as before.

// somebody tells whether a person reads what is asked and can answer.
func (a *app) somebody() bool {
	f, ok := a.errs.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && a.terminal() && !a.asJSON
}

// mayAsk refuses --ask where it cannot be done, before anything is opened.
func (a *app) mayAsk(f stepFlags) error {
	switch {
	case !f.ask:
		return nil
	case !f.plan && !f.apply:
		return usage("--ask goes with --plan and --apply")
	case !a.somebody():
		return usage("--ask needs a terminal to ask on, and goes without --json")
	}
	return nil
}

// askExtras asks for what a step lacks.
func (a *app) askExtras(s *session, id string, f stepFlags) error {
	step, err := s.desk.Step(id)
	if err != nil || !a.somebody() {
		return err
	}
	for _, e := range step.Extras() {
		parts := s.desk.Lacks(e)
		switch {
		case len(parts) == 0:
		case f.ask || e.Main:
			err = errors.Join(err, a.askExtra(s.desk, e, parts))
		default:
			fmt.Fprintf(a.errs, "%s can use what is not set: %s\n", id, strings.Join(envNames(parts), ", "))
			fmt.Fprintf(a.errs, "  it %s; --ask asks for it, unseen\n", e.For)
		}
	}
	return err
}

func envNames(parts []actions.ExtraPart) []string {
	var all []string
	for _, p := range parts {
		all = append(all, p.Env)
	}
	return all
}

// askExtra asks until the desk takes it or nothing is answered.
func (a *app) askExtra(d *actions.Desk, e *actions.Extra, parts []actions.ExtraPart) error {
	fmt.Fprintf(a.errs, "%s: %s\n", e.Name, e.For)
	fmt.Fprintf(a.errs, "  rights: %s\n  made at: %s\n  %s\n", e.Needs, e.Where, e.Link)
	fmt.Fprintf(a.errs, "  %s; an empty answer goes without it\n", e.Kept())
	all := !e.Apart && len(parts) == len(e.Parts)
	for {
		given, err := a.answers(parts, all)
		if err != nil || len(given) == 0 {
			return err
		}
		if err = d.Give(e.ID, given); err == nil {
			return nil
		}
		complain(a.errs, err)
		if !e.Apart {
			parts = e.Parts // the part that is wrong may be one that was there
		}
	}
}

// answers asks for the parts. Where all of them are needed, the others are not
// asked for when the first is left out.
func (a *app) answers(parts []actions.ExtraPart, all bool) (actions.Given, error) {
	given := actions.Given{}
	for n, p := range parts {
		text, err := a.ask(fmt.Sprintf("%s (%s)", p.Env, p.Hint))
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		if text = strings.TrimSpace(text); text != "" {
			given[p.Env] = account.NewSecret(text)
		} else if n == 0 && all {
			break
		}
	}
	return given, nil
}

// printExtras tells what a step can use.
func (a *app) printExtras(s *actions.Step) {
	for _, e := range s.Extras() {
		fmt.Fprintf(a.out, "Credential %s: %s\n  rights: %s\n  made at: %s %s\n", e.Env(), e.For, e.Needs, e.Where, e.Link)
	}
}
