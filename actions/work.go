package actions

import (
	"context"

	"retake/store"
)

// Work is what a step that acts through the API has to know. The desk calls it;
// a Work keeps nothing between calls but what it finds in the case and in the
// account.
type Work interface {
	// Plan reads the account and says what there is to do. It changes nothing.
	// An empty plan means that nothing is left.
	Plan(ctx context.Context, r *Run) (*Plan, error)
	// Make makes one change of an agreed plan, or goes on with it where an
	// earlier run left off, and proves it.
	Make(ctx context.Context, r *Run, c Change) Outcome
	// Settle finds out by reading the account what became of an act that has
	// no outcome, or an unknown one. It never repeats the act.
	Settle(ctx context.Context, r *Run, d store.Done) store.Outcome
	// Prove reads the account after the work and says how the step stands.
	Prove(ctx context.Context, r *Run, p *Plan) (Verdict, error)
}

// Stager is a Work that has something to do before a stage begins.
type Stager interface {
	Before(ctx context.Context, r *Run, stage int, changes []Change) error
}

// Looker is a Work whose plans hold standing orders.
type Looker interface {
	// Look reads the scope of an order once and returns what meets it now.
	Look(ctx context.Context, r *Run, o StandingOrder) ([]Change, error)
}

// Leaver is a Work whose acts can leave the account worse off than before until
// its plan is carried out to the end.
type Leaver interface {
	// Left says what a run leaves so, "" for nothing, and reports it as findings.
	Left(r *Run) string
}

// Verdict is how a step stands.
type Verdict struct {
	State store.State
	Why   string
}
