package actions

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"retake/actions/account"
	"retake/actions/sim"
	"retake/store"
)

// firstKey is a step that a test adds: one file, and one line in the list of
// steps. It deletes the first key of the main account.
func firstKey() *Step {
	return &Step{ID: "first-key", Number: "0", Title: "Delete the first key", Urgency: 1, Work: firstKeyWork{}}
}

type firstKeyWork struct{}

func (firstKeyWork) Plan(ctx context.Context, r *Run) (*Plan, error) {
	keys, err := r.Read(ctx, r.Credential(r.Main())).ListKeys(r.Main())
	if err != nil || len(keys) < 5 {
		return &Plan{}, err
	}
	return &Plan{Changes: []Change{{ID: "first", Account: r.Main(), Verb: "delete", Target: keys[0].SID, Object: keys[0].SID}}}, nil
}

func (firstKeyWork) Make(ctx context.Context, r *Run, c Change) Outcome {
	if acts := r.Acts(c.ID); len(acts) > 0 {
		return Outcome{Outcome: acts[0].Outcome.Result, Proof: acts[0].Outcome.Proof}
	}
	d, _ := r.Do(ctx, store.Act{Change: c.ID, Account: c.Account, Verb: verbDeleteKey, Target: c.Object}, r.Credential(r.Main()), func(o *account.Operations) (Reply, error) {
		return keyRemoval(r, c.Account, c.Object, "").call(o)
	})
	return Outcome{Outcome: d.Outcome.Result, Proof: d.Outcome.Proof}
}

func (firstKeyWork) Settle(ctx context.Context, r *Run, d store.Done) store.Outcome {
	return apiKeys{}.Settle(ctx, r, d)
}

func (firstKeyWork) Prove(context.Context, *Run, *Plan) (Verdict, error) {
	return Verdict{store.Proved, "the first key is gone"}, nil
}

// An added step is planned, agreed to, carried out, journaled, gone on with after
// a lost reply, and stands on the board, with nothing else written for it.
func TestAddingAStep(t *testing.T) {
	for name, fault := range map[string]sim.Fault{"undisturbed": sim.NoFault, "reply lost": sim.LoseReply} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, sim.Options{Faults: func(r *http.Request, _ int) sim.Fault {
				if r.Method == http.MethodDelete {
					return fault
				}
				return sim.NoFault
			}})
			b.steps = append(Playbook(), firstKey())
			b.sit()
			p := b.plan("first-key")
			r, err := b.desk.Apply(context.Background(), "first-key", Agreed{Digest: p.Plan.Digest}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if !Ended(r.State) { // the reply was lost: another process goes on
				b.sit()
				if r, err = b.desk.Continue(context.Background(), "first-key", nil); err != nil {
					t.Fatal(err)
				}
			}
			board, err := b.desk.Board()
			if err != nil || r.State != store.Proved {
				t.Fatalf("%v, %s: %s", err, r.State, r.Why)
			}
			if !slices.ContainsFunc(board, func(l Line) bool { return l.Step.ID == "first-key" && l.Standing.State == store.Proved }) {
				t.Error("it is not on the board")
			}
			b.proveJournal()
		})
	}
}
