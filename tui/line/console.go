package line

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"retake/actions"
	"retake/actions/account"
	"retake/store"
	"retake/tui"
)

func (a *app) consoleCommand() *cobra.Command {
	return &cobra.Command{
		Use: "retake", Short: "Take a Twilio account back from whoever took it over", Args: cobra.NoArgs,
		Long: "Take a Twilio account back from whoever took it over.\n\nWithout a command: the console. It works on the newest case of the account whose\ncredentials are in the environment (TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN), or\noffers to open a case, to make one, or to train on a simulated account.",
		RunE: func(cmd *cobra.Command, _ []string) error { return a.console(cmd) },
	}
}

// console opens what the environment names, and asks where it names nothing.
func (a *app) console(cmd *cobra.Command) error {
	if !a.terminal() {
		return needsTerminal()
	}
	known, err := a.named(cmd)
	if err != nil {
		return err
	}
	if known {
		s, err := a.open(cmd.Context(), "console", true)
		if err != nil {
			return err
		}
		return a.show(cmd.Context(), s)
	}
	return a.start(cmd.Context())
}

func needsTerminal() error {
	return store.WithHint(usage("the console needs a terminal"), "retake --help lists the commands that work without one")
}

// named tells whether the environment or --case names what to work on. With
// credentials for an account that has no case yet, one is made.
func (a *app) named(cmd *cobra.Command) (bool, error) {
	if a.casePath != "" {
		return true, nil
	}
	given := a.credential()
	if given.SID == "" || given.Secret.IsZero() {
		return false, nil
	}
	w, err := a.wire()
	if err != nil {
		return false, err
	}
	path, err := newestPath(w.Kind, given.SID)
	if err != nil {
		return false, err
	}
	if path == "" {
		made, err := a.makeCase(cmd, nil, false)
		if err != nil {
			return false, err
		}
		path = made.Case
	}
	a.casePath = path
	return true, nil
}

// show shows the console until the responder leaves it.
func (a *app) show(ctx context.Context, s *session) error {
	if !a.terminal() {
		return errors.Join(needsTerminal(), s.close())
	}
	err := tui.Run(ctx, tui.Session{Desk: s.desk, Case: s.c, Training: s.training, Version: a.version, Now: s.c.Now, Beside: true}, a.in, a.out)
	if s.training != nil && err == nil {
		err = a.debrief(s.training)
	}
	return errors.Join(err, s.close())
}

// start asks what to work on until something can be opened.
func (a *app) start(ctx context.Context) error {
	note := ""
	for {
		choice, err := tui.Start(ctx, a.caseFiles(), scenarios(), note, a.in, a.out)
		if err != nil || choice.Kind == "" {
			return err
		}
		s, err := a.follow(ctx, choice)
		if err == nil {
			return a.show(ctx, s)
		}
		note = err.Error()
		if hint := store.HintOf(err); hint != "" {
			note += ": " + hint
		}
	}
}

// follow opens what was chosen on the first screen.
func (a *app) follow(ctx context.Context, choice tui.Choice) (*session, error) {
	typed := a.typed(choice)
	switch choice.Kind {
	case "train":
		dir, err := folder()
		if err != nil {
			return nil, err
		}
		return a.openTraining(ctx, "train", actions.TrainingOptions{
			Path: filepath.Join(dir, "training-"+choice.Scenario+"-1"+extension), Scenario: choice.Scenario, Seed: 1, Responder: choice.Responder, Version: a.version,
		})
	case "new":
		if err := typed.begin(ctx, choice); err != nil {
			return nil, err
		}
	default:
		typed.casePath = choice.CasePath
	}
	return typed.open(ctx, "console", true)
}

// typed is the app with the answers in the place of the environment.
func (a *app) typed(choice tui.Choice) *app {
	answers := map[string]string{
		"TWILIO_ACCOUNT_SID": choice.AccountSID, "TWILIO_AUTH_TOKEN": choice.AuthToken,
		"RETAKE_PASSPHRASE": choice.Passphrase, "RETAKE_RESPONDER": choice.Responder,
	}
	other := *a
	other.getenv = func(name string) string {
		if answer := answers[name]; answer != "" {
			return answer
		}
		return a.getenv(name)
	}
	return &other
}

// begin makes the case that was asked for on the first screen.
func (a *app) begin(ctx context.Context, choice tui.Choice) error {
	w, err := a.wire()
	if err != nil {
		return err
	}
	a.casePath, err = newPath(w.Kind, choice.AccountSID, time.Now())
	if err != nil {
		return err
	}
	c, err := actions.Begin(ctx, actions.Beginning{
		Path: a.casePath, Wire: w, Credential: account.Credential{SID: choice.AccountSID, Secret: account.NewSecret(choice.AuthToken)},
		Responder: choice.Responder, Passphrase: choice.Passphrase, Version: a.version, WorkFactor: passphraseCost, LockedOut: choice.LockedOut,
	})
	if err != nil {
		return err
	}
	return errors.Join(c.Checkpoint("the case was made"), c.Close())
}

// caseFiles are the cases in the data folder, newest first.
func (a *app) caseFiles() []tui.CaseFile {
	dir, err := folder()
	if err != nil {
		return nil
	}
	paths, _ := filepath.Glob(filepath.Join(dir, "*"+extension))
	var all []tui.CaseFile
	for i := len(paths) - 1; i >= 0; i-- {
		all = append(all, describe(paths[i]))
	}
	return all
}

// describe reads a case's name, since a console that has it open keeps it locked.
func describe(path string) tui.CaseFile {
	kind, rest, _ := strings.Cut(strings.TrimSuffix(filepath.Base(path), extension), "-")
	f := tui.CaseFile{Path: path, Kind: strings.ToUpper(kind), Account: rest}
	if i := strings.LastIndexByte(rest, '-'); i > 0 {
		f.Account = rest[:i]
	}
	if info, err := os.Stat(path); err == nil {
		f.Changed = info.ModTime().Format("2006-01-02 15:04")
	}
	return f
}
