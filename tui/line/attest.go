package line

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"retake/actions"
	"retake/actions/clean"
	"retake/store"
)

func (a *app) attestCommand() *cobra.Command {
	var t store.Attestation
	var file, consumer string
	var m marking
	c := &cobra.Command{
		Use: "attest STEP --note TEXT", Short: "Record that a step was done by hand", Args: cobra.ExactArgs(1),
		Long: "Record that a step was done by hand.\n\nWith auth-tokens, --consumer NAME=MARK,… records how far a program is that uses\nthe token which waits to be promoted; the marks are deployed, restarted and\ncanary. A canary is a request or a message that goes out with the new token and\nis seen to work. The state of the step stays as it is.\n\n--subject NAME --check ID,… marks checks of one person, machine or program on the\nlist that a step goes through (retake roster); --check all marks all of them. The\nstep itself is attested once nothing on its list is open.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if m.given() {
				return a.markSubjects(cmd.Context(), args[0], m, t.Note)
			}
			if consumer != "" {
				return a.mark(cmd.Context(), args[0], consumer, t.Note)
			}
			if err := checkAttest(args[0], t.Note); err != nil {
				return err
			}
			if err := attach(&t, file); err != nil {
				return err
			}
			return a.with(cmd.Context(), "attest "+args[0], false, func(s *session) error {
				if err := s.desk.Attest(args[0], t); err != nil {
					return err
				}
				return a.tellAttested(s, args[0])
			})
		},
	}
	c.Flags().StringVar(&t.Note, "note", "", "what was done, by whom, when; or why the step does not apply")
	c.Flags().StringVar(&file, "file", "", "attach a `FILE` as evidence")
	c.Flags().StringVar(&consumer, "consumer", "", "mark a consumer of a new Auth Token: `NAME=MARK,…`")
	c.Flags().StringArrayVar(&m.subjects, "subject", nil, "mark checks of this `NAME` on the step's list; may be given again")
	c.Flags().StringVar(&m.checks, "check", "", "which checks: `ID,…` or all")
	c.Flags().StringVar(&m.answer, "answer", string(store.AnswerDone), "done, not-applicable (needs a note) or open")
	c.Flags().BoolVar(&t.NotApplicable, "not-applicable", false, "the step does not apply to this account")
	a.jsonFlag(c)
	return c
}

// mark records how far a consumer of a new token is.
func (a *app) mark(ctx context.Context, step, consumer, note string) error {
	name, list, ok := strings.Cut(consumer, "=")
	if !ok || step != "auth-tokens" {
		return store.WithHint(usage("cannot mark %q of %s", consumer, step), "retake attest auth-tokens --consumer NAME=deployed,restarted,canary; nothing was recorded")
	}
	return a.with(ctx, "attest "+step+" --consumer", false, func(s *session) error {
		if err := s.desk.MarkSubject(step, name, strings.Split(list, ","), store.AnswerDone, note); err != nil {
			return err
		}
		return a.tellConsumers(s)
	})
}

// tellConsumers prints how far each consumer is.
func (a *app) tellConsumers(s *session) error {
	all, err := s.desk.Consumers()
	if err != nil {
		return err
	}
	if a.asJSON {
		return a.printJSON(map[string]any{"kind": s.c.Header.Kind, "step": "auth-tokens", "consumers": consumersJSON(all)})
	}
	for _, c := range all {
		missing := "done"
		if len(c.Missing) > 0 {
			missing = "missing: " + strings.Join(c.Missing, ", ")
		}
		fmt.Fprintf(a.out, "%s: %s\n", clean.Show(c.Name), missing)
	}
	return nil
}

func consumersJSON(all []actions.Consumer) []map[string]any {
	out := []map[string]any{}
	for _, c := range all {
		out = append(out, map[string]any{"name": c.Name, "done": append([]string{}, c.Done...), "missing": append([]string{}, c.Missing...)})
	}
	return out
}

// checkAttest refuses wrong usage before anything is opened.
func checkAttest(id, note string) error {
	if _, err := (&actions.Desk{Steps: actions.Playbook()}).Step(id); err != nil {
		return &exitError{exitUsage, err}
	}
	if note == "" {
		return store.WithHint(usage("an attestation needs a note"), "say with --note what was done, by whom and when, or why the step does not apply")
	}
	return nil
}

// attach reads the file that goes with an attestation.
func attach(t *store.Attestation, path string) error {
	if path == "" {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return store.WithHint(fmt.Errorf("cannot attach %s: %w", path, err), "check the name of the file; nothing was recorded")
	}
	if info.Size() > store.MaxFile || !info.Mode().IsRegular() {
		return store.WithHint(fmt.Errorf("cannot attach %s: it is no file of at most %d MiB", path, store.MaxFile>>20), "attach a smaller one, and note where the rest is kept")
	}
	t.FileName = filepath.Base(path)
	t.File, err = os.ReadFile(path)
	return err
}

func (a *app) tellAttested(s *session, id string) error {
	standing, err := s.c.Progress(id)
	if err != nil {
		return err
	}
	if a.asJSON {
		return a.printJSON(map[string]any{"kind": s.c.Header.Kind, "step": id, "state": standing.State, "by": standing.By, "at": standing.At})
	}
	_, err = fmt.Fprintf(a.out, "%s: %s by %s\n", id, standing.State, standing.By)
	return err
}
