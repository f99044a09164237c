package line

import (
	"context"
	"errors"
	"os"

	"retake/actions"
	"retake/actions/account"
	"retake/store"
)

// session is an open case with its desk.
type session struct {
	c        *store.Case
	desk     *actions.Desk
	training *actions.Training
}

// open opens the case to be worked on, over the wire that it was made on, and
// sets up its desk. With unlock the passphrase is asked for first.
func (a *app) open(ctx context.Context, command string, unlock bool) (*session, error) {
	path, err := a.findCase()
	if err != nil {
		return nil, err
	}
	kind, err := kindOf(path)
	if err != nil {
		return nil, err
	}
	if kind == store.Training {
		return a.openTraining(ctx, command, actions.TrainingOptions{Path: path, Responder: a.who(), Version: a.version})
	}
	c, err := store.Open(path, nil)
	if err != nil {
		return nil, err
	}
	s, err := a.furnish(c, command, unlock)
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return s, nil
}

// kindOf reads the kind of a case without taking hold of it.
func kindOf(path string) (store.CaseKind, error) {
	c, err := store.OpenToRead(path)
	if err != nil {
		return "", err
	}
	defer c.Close()
	return c.Header.Kind, nil
}

func (a *app) furnish(c *store.Case, command string, unlock bool) (*session, error) {
	w, err := a.wire()
	if err != nil {
		return nil, err
	}
	given := a.credential()
	if err := checkShape(given); err != nil {
		return nil, store.WithHint(err, "set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN; both stand on the first page of the Console")
	}
	if err := c.Header.Check(w.Kind, w.Name, given.SID); err != nil {
		return nil, err
	}
	if name := a.who(); name != "" {
		c.By = name
	}
	if err := a.unlock(c, unlock); err != nil {
		return nil, err
	}
	desk, err := a.desk(actions.Options{Case: c, Credential: given, Extras: actions.GivenFrom(a.getenv), Command: command}, w)
	return &session{c: c, desk: desk}, err
}

// checkShape looks at what was given before it is repeated in any message: a
// token may stand where the SID belongs. Either part may be missing.
func checkShape(given account.Credential) error {
	if given.SID == "" && given.Secret.IsZero() {
		return nil
	}
	if given.Secret.IsZero() {
		given.Secret = account.NewSecret("none")
	}
	return given.Check()
}

// unlock gives the passphrase to the case. Where it is only welcome, a missing
// one is no error.
func (a *app) unlock(c *store.Case, must bool) error {
	if !must && a.getenv("RETAKE_PASSPHRASE") == "" && !a.terminal() {
		return nil
	}
	passphrase, err := a.passphrase("Passphrase of the case")
	if err != nil {
		return err
	}
	if err := c.Unlock(passphrase); err != nil {
		return err
	}
	return actions.CloseTail(c)
}

// desk sets up a desk whose calls go over a wire.
func (a *app) desk(o actions.Options, w actions.Wire) (*actions.Desk, error) {
	l, err := w.Line(o.Case)
	if err != nil {
		return nil, err
	}
	o.Line, o.Net, o.Version = l, w.Net, a.version
	return actions.Open(o)
}

// openTraining begins a training or goes on with it.
func (a *app) openTraining(ctx context.Context, command string, o actions.TrainingOptions) (*session, error) {
	if o.Responder == "" {
		if _, err := os.Stat(o.Path); err != nil {
			o.Responder = "trainee"
		}
	}
	t, err := actions.OpenTraining(ctx, o)
	if err != nil {
		return nil, err
	}
	desk, err := a.desk(actions.Options{Case: t.Case, Credential: t.Credential, Extras: t.Extras, Command: command}, t.Wire)
	if err != nil {
		return nil, errors.Join(err, t.Case.Close())
	}
	return &session{c: t.Case, desk: desk, training: t}, nil
}

// close signs, stops the clock of a training and lets go of the case.
func (s *session) close() error {
	var err error
	if s.training != nil {
		err = s.training.Close()
	}
	return errors.Join(err, s.desk.Close(), s.c.Close())
}

// with runs fn on an open session and closes it.
func (a *app) with(ctx context.Context, command string, unlock bool, fn func(*session) error) (err error) {
	s, err := a.open(ctx, command, unlock)
	if err != nil {
		return err
	}
	defer func() {
		if closing := s.close(); err == nil {
			err = closing
		}
	}()
	return fn(s)
}
