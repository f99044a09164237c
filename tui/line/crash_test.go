package line

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"retake/actions"
	"retake/store"
)

const secretInPanic = "0123456789abcdef0123456789abcdef"

// breaking is a step whose program is broken, in one of its parts.
type breaking struct{ part string }

func (b breaking) at(part string) {
	if b.part == part {
		panic(errors.New("the token " + secretInPanic + " is odd"))
	}
}

func (b breaking) Plan(_ context.Context, r *actions.Run) (*actions.Plan, error) {
	b.at("plan")
	return &actions.Plan{Changes: []actions.Change{{ID: "x", Account: r.Main(), Verb: "break", Target: "x", Stage: 1}}}, nil
}

func (b breaking) Make(context.Context, *actions.Run, actions.Change) actions.Outcome {
	b.at("make")
	return actions.Outcome{Outcome: store.Made}
}

func (b breaking) Settle(context.Context, *actions.Run, store.Done) store.Outcome {
	return store.Outcome{}
}

func (b breaking) Prove(context.Context, *actions.Run, *actions.Plan) (actions.Verdict, error) {
	b.at("prove")
	return actions.Verdict{State: store.Proved}, nil
}

// TestCrash breaks a step in each of its parts, the one that runs in a goroutine
// of its own too: what is said names the place, holds nothing of what the panic
// carried, and tells what to do; the case is closed and sound.
func TestCrash(t *testing.T) {
	t.Parallel()
	for _, part := range []string{"plan", "make", "prove"} {
		t.Run(part, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "training.retake")
			var errs strings.Builder
			a := &app{errs: &errs, getenv: func(string) string { return "" }, version: "test"}
			status := a.guarded(func() int { return statusOf(breakDown(t, a, path, part)) })
			text := errs.String()
			if status != exitFailed || !strings.HasPrefix(text, "retake: stopped by a fault of its own") || !strings.Contains(text, "*errors.errorString") {
				t.Errorf("%d %s", status, text)
			}
			if !strings.Contains(text, "breaking.at:") || !strings.Contains(text, "what to do: run the same command again") {
				t.Errorf("neither where nor what to do: %s", text)
			}
			if strings.Contains(text, secretInPanic[:8]) || strings.Contains(text, "odd") {
				t.Errorf("it tells what the panic carried: %s", text)
			}
			if r, err := store.Verify(path, store.VerifyOptions{}); err != nil || !r.OK {
				t.Errorf("the case: %v %+v", err, r)
			}
			if c, err := store.Open(path, nil); err != nil {
				t.Errorf("the case was not closed: %v", err)
			} else {
				_ = c.Close()
			}
		})
	}
}

func breakDown(t *testing.T, a *app, path, part string) (err error) {
	s, err := a.openTraining(t.Context(), "step broken", actions.TrainingOptions{Path: path, Seed: 51, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { err = errors.Join(err, s.close()) }()
	line, err := s.training.Wire.Line(s.c)
	if err != nil {
		t.Fatal(err)
	}
	desk, err := actions.Open(actions.Options{Case: s.c, Line: line, Credential: s.training.Credential, Steps: []*actions.Step{{ID: "broken", Work: breaking{part}}}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := desk.Plan(t.Context(), "broken", nil)
	if err != nil {
		return err
	}
	_, err = desk.Apply(t.Context(), "broken", actions.Agreed{Digest: r.Plan.Digest, How: "test"}, nil)
	return err
}

// TestExitStatus holds every kind of end against its published status.
func TestExitStatus(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, 0}, {errors.New("x"), 1}, {usage("x"), 2}, {fmt.Errorf("x: %w", usage("y")), 2}, {store.WithHint(usage("x"), "y"), 2},
		{actions.ErrNoWork, 3}, {fmt.Errorf("x: %w", actions.ErrUnconfirmed), 3}, {context.Canceled, 3}, {fmt.Errorf("%w: %w", actions.ErrHalted, actions.ErrAskedToStop), 3}, {actions.ErrHalted, 1},
		{actions.ErrTokenUnknown, 4}, {actions.ErrPromotionOpen, 4}, {&exitError{status: 3}, 3},
	} {
		if got := statusOf(c.err); got != c.want {
			t.Errorf("%v ends with %d and not %d", c.err, got, c.want)
		}
	}
	for _, c := range []struct {
		state store.State
		worst store.Result
		want  int
	}{
		{store.Proved, store.Made, 0}, {store.Proved, store.Already, 0}, {store.WaitingState, "", 0}, {store.NeedsPerson, store.Made, 3}, {store.Blocked, "", 3},
		{store.NeedsPerson, store.Unknown, 4}, {store.NeedsPerson, store.Failed, 1}, {store.NeedsPerson, store.Refused, 3}, {store.NeedsPerson, store.Stale, 3}, {store.WaitingState, store.Waiting, 3},
	} {
		r := &actions.Report{State: c.state}
		if c.worst != "" {
			r.Outcomes = []actions.Outcome{{Outcome: store.Made}, {Outcome: c.worst}}
		}
		if got := statusOfReport(r); got != c.want {
			t.Errorf("%s with %s ends with %d and not %d", c.state, c.worst, got, c.want)
		}
	}
}
