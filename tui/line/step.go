package line

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"retake/actions"
	"retake/store"
)

// stepFlags are the flags of retake step.
type stepFlags struct {
	plan, apply     bool
	account, digest string
	set             []string
	params          string
	draft, ask      bool
}

func (a *app) stepCommand() *cobra.Command {
	var f stepFlags
	c := &cobra.Command{
		Use: "step ID [--plan | --apply --account AC…]", Short: "Work on one step without the screen", Args: cobra.ExactArgs(1),
		Long: "Work on one step without the screen. --plan reads the account, files what it\nread and prints what the step would do; nothing in the account is changed.\n--apply goes on with an interrupted plan, or plans and applies. Without either\nthe step is told, with what was done so far. --ask asks for credentials that the\nstep can use and that are not set (sendgrid asks by itself, on a terminal).",
		RunE: func(cmd *cobra.Command, args []string) error { return a.step(cmd.Context(), args[0], f) },
	}
	f.bind(c)
	c.Flags().BoolVar(&f.draft, "draft", false, "with outside-help: print what Twilio asks for, as far as the case knows it, to be sent by you")
	c.Flags().BoolVar(&f.ask, "ask", false, "ask, unseen, for the credentials that the step can use and that are not set")
	c.MarkFlagsMutuallyExclusive("draft", "plan", "apply")
	a.jsonFlag(c)
	return c
}

// tellDraft prints the letter to Twilio from the case alone.
func (a *app) tellDraft(ctx context.Context, id string) error {
	if id != "outside-help" {
		return store.WithHint(usage("--draft goes with outside-help"), "retake step outside-help --draft")
	}
	return a.with(ctx, "step "+id+" --draft", false, func(s *session) error {
		text, err := s.desk.Draft()
		if err != nil {
			return err
		}
		if a.asJSON {
			return a.printJSON(map[string]any{"kind": s.c.Header.Kind, "step": id, "draft": text})
		}
		_, err = fmt.Fprint(a.out, text)
		return err
	})
}

// bind gives a command these flags.
func (f *stepFlags) bind(c *cobra.Command) {
	c.Flags().BoolVar(&f.plan, "plan", false, "read the account and print what would be done")
	c.Flags().BoolVar(&f.apply, "apply", false, "do it")
	c.Flags().StringVar(&f.account, "account", "", "with --apply: the `SID` of the main account, in full, as the confirmation")
	c.Flags().StringVar(&f.digest, "digest", "", "with --apply: insist on the plan with this `DIGEST`")
	c.Flags().StringArrayVar(&f.set, "set", nil, "set a parameter: `name=value`")
	c.Flags().StringVar(&f.params, "params", "", "read parameters from a JSON `FILE`: an object of strings")
	c.MarkFlagsMutuallyExclusive("plan", "apply")
}

func (a *app) step(ctx context.Context, id string, f stepFlags) error {
	given, err := f.parameters()
	if err != nil {
		return err
	}
	if err := f.check(id, given); err != nil {
		return err
	}
	if err := a.mayAsk(f); err != nil {
		return err
	}
	if f.draft {
		return a.tellDraft(ctx, id)
	}
	if !f.plan && !f.apply {
		return a.tellStep(id)
	}
	command := "step " + id + " --plan"
	if f.apply {
		command = "step " + id + " --apply"
	}
	return a.with(ctx, command, true, func(s *session) error {
		r, err := a.work(ctx, s, id, given, f)
		if r != nil && r.State != "" { // a plan that could not be made says nothing
			if told := a.tellReport(r); told != nil {
				return told
			}
		}
		if err != nil {
			return err
		}
		if status := statusOfReport(r); status != exitDone {
			return &exitError{status: status}
		}
		return nil
	})
}

// check refuses wrong usage before anything is opened.
func (f stepFlags) check(id string, given map[string]string) error {
	for _, s := range actions.Playbook() {
		if s.ID == id {
			return f.checkFor(s, given)
		}
	}
	return store.WithHint(usage("there is no step %q", id), "retake status lists the steps; nothing was done")
}

func (f stepFlags) checkFor(s *actions.Step, given map[string]string) error {
	if _, err := s.Settle(given); err != nil {
		return usage("%w", err)
	}
	if f.apply && f.account == "" {
		return store.WithHint(usage("--apply needs --account"), "give the SID of the main account in full: it is the confirmation; nothing was done")
	}
	if !f.apply && (f.account != "" || f.digest != "") {
		return usage("--account and --digest go with --apply")
	}
	return nil
}

// confirmed wants the account that was named to be that of the case.
func (f stepFlags) confirmed(s *session) error {
	if f.account != s.c.Header.Account {
		return store.WithHint(usage("--account is %s and this case is about %s: nothing was done", f.account, s.c.Header.Account), "give the SID of the case's main account in full, or name the right case with --case FILE")
	}
	return nil
}

func (f stepFlags) parameters() (map[string]string, error) {
	given := map[string]string{}
	if f.params != "" {
		text, err := os.ReadFile(f.params)
		if err != nil {
			return nil, usage("cannot read the parameters: %w", err)
		}
		if err := json.Unmarshal(text, &given); err != nil {
			return nil, store.WithHint(usage("cannot read the parameters in %s: %w", f.params, err), "write a JSON object of strings, such as {\"mode\": \"kill-now\"}; nothing was done")
		}
	}
	for _, pair := range f.set {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, usage("cannot set %q: it is not of the form name=value", pair)
		}
		given[name] = value
	}
	return given, nil
}

func (a *app) work(ctx context.Context, s *session, id string, given map[string]string, f stepFlags) (*actions.Report, error) {
	if f.apply {
		if err := f.confirmed(s); err != nil {
			return nil, err
		}
	}
	if err := a.askExtras(s, id, f); err != nil {
		return nil, err
	}
	if f.plan {
		return s.desk.Plan(ctx, id, given)
	}
	return a.apply(ctx, s, id, given, f)
}

// apply goes on with an interrupted plan if there is one that was meant, and
// plans and applies otherwise.
func (a *app) apply(ctx context.Context, s *session, id string, given map[string]string, f stepFlags) (*actions.Report, error) {
	standing, err := s.c.Progress(id)
	if err != nil {
		return nil, err
	}
	if standing.Agreed != "" && (f.digest == "" || f.digest == standing.Agreed) && covers(standing.Parameters, given) {
		r, err := s.desk.Continue(ctx, id, a.watch())
		if !errors.Is(err, actions.ErrNothingOpen) {
			return r, err
		}
	}
	return a.planAndApply(ctx, s, id, given, f.digest)
}

// covers tells whether the parameters of an interrupted plan are those given now.
func covers(have, given map[string]string) bool {
	for name, value := range given {
		if have[name] != value {
			return false
		}
	}
	return true
}

func (a *app) planAndApply(ctx context.Context, s *session, id string, given map[string]string, digest string) (*actions.Report, error) {
	agreed := actions.Agreed{Digest: digest, How: "retake step --apply --account " + s.c.Header.Account}
	if digest != "" && a.isLatest(s, id, digest) {
		return s.desk.Apply(ctx, id, agreed, a.watch())
	}
	r, err := s.desk.Plan(ctx, id, given)
	if err != nil || r.Plan.Empty() {
		return r, err
	}
	if digest != "" && r.Plan.Digest != digest {
		return r, &exitError{exitPerson, store.WithHint(fmt.Errorf("the plan is now %s and not the one that was reviewed (%s): nothing was done", r.Plan.Digest, digest), "read the new plan and agree to its digest")}
	}
	if !a.asJSON {
		fmt.Fprintf(a.out, "plan %s\n", r.Plan.Digest)
	}
	agreed.Digest = r.Plan.Digest
	applied, err := s.desk.Apply(ctx, id, agreed, a.watch())
	if applied != nil {
		applied.Findings = append(r.Findings, newFindings(r.Findings, applied.Findings)...)
	}
	return applied, err
}

// newFindings are those that the plan did not report already.
func newFindings(before, after []actions.Finding) []actions.Finding {
	known := map[string]bool{}
	for _, f := range before {
		known[f.ID] = true
	}
	var fresh []actions.Finding
	for _, f := range after {
		if !known[f.ID] {
			fresh = append(fresh, f)
		}
	}
	return fresh
}

// isLatest tells whether the digest is that of the plan that was filed last.
func (a *app) isLatest(s *session, id, digest string) bool {
	p, found, err := s.c.LatestPlan(id)
	return err == nil && found && p.Digest == digest
}

func (a *app) tellReport(r *actions.Report) error {
	if a.asJSON {
		return a.printJSON(r)
	}
	a.printReport(r)
	return nil
}

// tellStep tells a step and what was done so far, from the case alone.
func (a *app) tellStep(id string) error {
	path, err := a.findCase()
	if err != nil {
		return err
	}
	c, err := store.OpenToRead(path)
	if err != nil {
		return err
	}
	defer c.Close()
	d := &actions.Desk{Case: c, Steps: actions.Playbook()}
	step, err := d.Step(id)
	if err != nil {
		return err
	}
	r, err := d.Standing(id)
	if err != nil {
		return err
	}
	if a.asJSON {
		return a.printJSON(r)
	}
	a.printStep(step)
	a.printReport(r)
	return nil
}

func (a *app) printStep(s *actions.Step) {
	fmt.Fprintf(a.out, "%s  %s\n%s\n", s.Number, s.Title, s.Why)
	for _, does := range s.Console {
		fmt.Fprintf(a.out, "Retake: %s\n", does)
	}
	for _, h := range s.Hands {
		fmt.Fprintf(a.out, "By hand: %s\n  %s %s\n", h.Do, h.Where, h.Link)
	}
	for _, c := range s.Checks {
		fmt.Fprintf(a.out, "[ ] %s\n", c.Text)
	}
	a.printExtras(s)
	for _, p := range s.Parameters {
		fmt.Fprintf(a.out, "Parameter %s (%s, default %q): %s\n", p.Name, p.Type, p.Default, p.Help)
	}
}
