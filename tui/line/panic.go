package line

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"retake/actions"
	"retake/actions/clean"
	"retake/store"
)

func (a *app) panicCommand() *cobra.Command {
	var f stepFlags
	c := &cobra.Command{
		Use: "panic [--plan | --apply --account AC…]", Short: "Stop everything, by the shortest safe path, under one order", Args: cobra.NoArgs,
		Long: "Stop everything, by the shortest safe path: shut all countries, end live traffic,\nreset every Auth Token, delete every API key. One order covers all of it; each step\nstill journals its own plan. --plan prints what would happen and what breaks;\nnothing in the account is changed. --apply goes on with an order that was\ninterrupted, or plans and applies. Without either it is told how the order stands.\nParameters are named after their steps: --set api-keys.keep=SK…",
		RunE: func(cmd *cobra.Command, _ []string) error { return a.panic(cmd.Context(), f) },
	}
	f.bind(c)
	a.jsonFlag(c)
	return c
}

func (a *app) panic(ctx context.Context, f stepFlags) error {
	given, err := f.parameters()
	if err != nil {
		return err
	}
	form := (&actions.Desk{Steps: actions.Playbook()}).PanicForm()
	if err := f.checkFor(form, given); err != nil {
		return err
	}
	if !f.plan && !f.apply {
		return a.tellPanic()
	}
	command := "panic --plan"
	if f.apply {
		command = "panic --apply"
	}
	return a.with(ctx, command, true, func(s *session) error {
		if f.plan {
			p, err := s.desk.PlanPanic(ctx, given)
			if err != nil {
				return err
			}
			return a.tellPanicPlan(s.c.Header.Kind, p)
		}
		return a.applyPanic(ctx, s, given, f)
	})
}

// applyPanic goes on with the order that is open, if it was meant, and makes a
// new one otherwise.
func (a *app) applyPanic(ctx context.Context, s *session, given map[string]string, f stepFlags) error {
	if err := f.confirmed(s); err != nil {
		return err
	}
	open, err := s.desk.OpenPanic()
	if err != nil {
		return err
	}
	digest := ""
	if open != nil && (f.digest == "" || f.digest == open.Digest) && covers(open.Parameters, given) {
		digest = open.Digest
	} else {
		p, err := s.desk.PlanPanic(ctx, given)
		if err != nil {
			return err
		}
		if f.digest != "" && p.Order.Digest != f.digest {
			return &exitError{exitPerson, store.WithHint(fmt.Errorf("the panic order is now %s and not the one that was reviewed (%s): nothing was done", p.Order.Digest, f.digest), "give the parameters that it was reviewed with, or read the new one: retake panic --plan")}
		}
		digest = p.Order.Digest
	}
	if !a.asJSON {
		fmt.Fprintf(a.out, "panic order %s\n", digest)
	}
	r, err := s.desk.Panic(ctx, actions.Agreed{Digest: digest, How: "retake panic --apply --account " + s.c.Header.Account}, a.watchPanic())
	return a.endPanic(r, err)
}

// endPanic tells what the order came to and what that means for a script.
func (a *app) endPanic(r *actions.PanicReport, err error) error {
	if r != nil {
		if told := a.tellPanicReport(r); told != nil {
			return told
		}
	}
	if err != nil {
		return err
	}
	if status := statusOfPanic(r); status != exitDone {
		return &exitError{status: status}
	}
	return nil
}

// statusOfPanic is the worst that a step of the order came to: unknown before
// failed, before what a person has to do.
func statusOfPanic(r *actions.PanicReport) int {
	status := exitDone
	for _, o := range r.Reports {
		one := exitDone
		switch {
		case o.Err != nil:
			one = exitFailed
		case o.Report != nil:
			one = statusOfReport(o.Report)
		}
		if one == exitDone && !actions.Ended(o.State) {
			one = exitPerson
		}
		if badness[one] > badness[status] {
			status = one
		}
	}
	return status
}

// badness ranks the exit statuses of steps.
var badness = map[int]int{exitDone: 0, exitPerson: 1, exitFailed: 2, exitUnknown: 3}

// panicStanding is what retake panic prints without --apply.
type panicStanding struct {
	Kind  store.CaseKind      `json:"kind"`
	State store.State         `json:"state"`
	Why   string              `json:"why"`
	Order *actions.PanicOrder `json:"order"` // that is open or was planned, null for none

	Accounts int     `json:"accounts,omitempty"` // with --plan: that are active
	Requests int     `json:"requests,omitempty"` // about
	Seconds  float64 `json:"seconds,omitempty"`  // about
}

// tellPanic tells from the case alone how the panic order stands.
func (a *app) tellPanic() error {
	path, err := a.findCase()
	if err != nil {
		return err
	}
	c, err := store.OpenToRead(path)
	if err != nil {
		return err
	}
	defer c.Close()
	s, err := c.Progress(actions.PanicStep)
	if err != nil {
		return err
	}
	open, err := actions.OpenPanic(c)
	if err != nil {
		return err
	}
	if a.asJSON {
		return a.printJSON(panicStanding{Kind: c.Header.Kind, State: s.State, Why: s.Why, Order: open})
	}
	fmt.Fprintf(a.out, "panic (%s): %s\n", c.Header.Kind, s.State)
	if s.Why != "" {
		fmt.Fprintf(a.out, "  %s\n", clean.Show(s.Why))
	}
	if open != nil {
		fmt.Fprintf(a.out, "The order %s is not finished; go on with it: retake panic --apply --account %s\n", open.Digest, c.Header.Account)
	}
	return nil
}

func (a *app) tellPanicPlan(k store.CaseKind, p *actions.PanicPlan) error {
	if a.asJSON {
		return a.printJSON(panicStanding{Kind: k, State: store.WaitingState, Why: "a panic order waits to be agreed to", Order: p.Order, Accounts: p.Accounts, Requests: p.Requests, Seconds: p.Takes.Seconds()})
	}
	o := p.Order
	fmt.Fprintf(a.out, "Panic order %s:\n  on %s\n", o.Digest, o.Scope)
	for n, part := range o.Steps {
		if part.Skip != "" {
			fmt.Fprintf(a.out, "  %d. %s: %s\n", n+1, part.Step, part.Skip)
			continue
		}
		fmt.Fprintf(a.out, "  %d. %s: %s\n", n+1, part.Step, part.Predicate)
		for _, kept := range part.Keep {
			fmt.Fprintf(a.out, "     keeps %s\n", clean.Show(kept))
		}
	}
	fmt.Fprintf(a.out, "  at most %s and %d changes; %d active accounts, about %d requests in %s\n", o.MaxTime, o.MaxCount, p.Accounts, p.Requests, p.Takes.Round(time.Second))
	for _, b := range o.Breaks {
		fmt.Fprintf(a.out, "Will break: %s\n", b)
	}
	for _, f := range o.Final {
		fmt.Fprintf(a.out, "Cannot be undone: %s\n", f)
	}
	return nil
}

func (a *app) tellPanicReport(r *actions.PanicReport) error {
	if a.asJSON {
		return a.printJSON(r)
	}
	fmt.Fprintf(a.out, "panic (%s): %s\n  %s\n", r.Kind, r.State, clean.Show(r.Why))
	for n, o := range r.Reports {
		fmt.Fprintf(a.out, "%d. %s: %s\n   %s\n", n+1, o.Step, o.State, clean.Show(o.Why))
		if o.Err != nil {
			fmt.Fprintf(a.out, "   what to do: %s\n", clean.Show(hintOf(o.Err)))
		}
		if o.Report == nil {
			continue
		}
		a.printFindings(o.Report)
		for _, done := range o.Report.Outcomes {
			fmt.Fprintf(a.out, "  %-8s %s %s\n", done.Outcome, done.Verb, clean.Show(done.Target))
		}
	}
	return nil
}

// watchPanic tells on standard error how far the order is, where that is a
// terminal; nil elsewhere.
func (a *app) watchPanic() func(actions.PanicTally) {
	tell := a.watch()
	if tell == nil {
		return nil
	}
	return func(t actions.PanicTally) { tell(t.Sum()) }
}
