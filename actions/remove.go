package actions

import (
	"context"
	"errors"
	"fmt"

	"retake/actions/account"
	"retake/store"
)

// triesPerRemoval bounds how often a deletion is begun anew after it was found
// by reading that it had not been carried out.
const triesPerRemoval = 3

// removal is how one thing is deleted, and how it is seen to be gone.
type removal struct {
	verb   string
	as     account.Credential
	remove func(*account.Operations) error
	read   func(*account.Operations) error // 404 once it is gone
}

// remove deletes the object of a change and proves it gone, or goes on where an
// earlier run left off. What somebody changed since the plan is left alone.
func (r *Run) remove(ctx context.Context, c Change, how removal) Outcome {
	if o, ended := r.removedBefore(ctx, c); ended {
		return o
	}
	act := store.Act{Change: c.ID, Account: c.Account, Verb: how.verb, Target: c.Object, Irreversible: true, Seen: c.Seen}
	for range triesPerRemoval {
		d, err := r.Do(ctx, act, how.as, how.call)
		if errors.Is(err, ErrHalted) {
			return Outcome{}
		}
		if d.Outcome.Result == store.Unknown {
			if d, err = r.settle(ctx, d); err != nil {
				return Outcome{}
			}
			if d.Outcome.Result == store.Failed {
				continue // it was found by reading that it is still there
			}
		}
		return r.removed(ctx, d)
	}
	return Outcome{Outcome: store.Failed, Problem: fmt.Sprintf("%s is still there after %d tries", c.Object, triesPerRemoval)}
}

// removedBefore looks whether a thing still has to be deleted, and may be.
func (r *Run) removedBefore(ctx context.Context, c Change) (Outcome, bool) {
	if acts := r.Acts(c.ID); len(acts) > 0 {
		last := acts[len(acts)-1]
		if last.Outcome.Result == store.Made || last.Outcome.Result == store.Already || last.Open() {
			return r.removed(ctx, last), true
		}
	}
	if now, seen := r.Noted(seenKey(c.Object)); seen && now != c.Seen {
		return Outcome{Outcome: store.Stale, Problem: "somebody changed it since the plan: it was " + c.Seen + " and is " + now}, true
	}
	return Outcome{}, false
}

// removed is what a deletion came to, from its last act.
func (r *Run) removed(ctx context.Context, d store.Done) Outcome {
	if d.Outcome.Result == store.Waiting {
		settled, err := r.settle(ctx, d)
		if err != nil {
			return Outcome{}
		}
		d = settled
	}
	return Outcome{Outcome: d.Outcome.Result, Proof: d.Outcome.Proof, Problem: d.Outcome.Problem}
}

// call deletes and reads again.
func (how removal) call(o *account.Operations) (Reply, error) {
	if err := how.remove(o); err != nil {
		return Reply{}, err
	}
	if account.Gone(how.read(o)) {
		return Reply{Proof: "deleted, and reading it again answers 404"}, nil
	}
	return Reply{Proof: "deleted, but not seen gone yet", Waiting: true}, nil
}

// settled finds out by reading whether a deletion was carried out.
func (how removal) settled(ctx context.Context, r *Run, d store.Done) store.Outcome {
	err := how.read(r.Read(ctx, how.as))
	switch {
	case account.Gone(err):
		return store.Outcome{Result: store.Made, Proof: "reading it again answers 404"}
	case err != nil:
		return store.Outcome{Result: store.Unknown, Problem: "it could not be read: " + err.Error()}
	case d.Outcome.Result == store.Waiting:
		return store.Outcome{Result: store.Waiting, Problem: "deleted, but it can still be read"}
	}
	return store.Outcome{Result: store.Failed, Problem: "it is still there: it was not deleted"}
}

// seenKey is under what the present state of an object is noted.
func seenKey(sid string) string { return "seen/" + sid }
