package actions

import (
	"context"
	"fmt"
	"time"

	"retake/actions/account"
	"retake/store"
)

const verbDeleteTrigger = "delete-trigger"

// ourTriggers are the deletions of the daily triggers that this case created
// and that are still there.
func ourTriggers(r *Run, main *openings) ([]Change, error) {
	acts, err := r.Case().Acts(r.Step.ID)
	var all []Change
	acts = r.datedAll(acts)
	for _, t := range main.triggers {
		for _, d := range acts {
			if cameWith(d, t) {
				all = append(all, Change{
					ID: "untrigger/" + main.SID + "/" + t.SID, Account: main.SID, Name: main.Name, Verb: "delete", Reversible: true, Stage: 1,
					Target: fmt.Sprintf("daily trigger of ours: %s %s by %s", t.Category, t.Value, t.By), Object: t.SID, Seen: triggerState(t),
				})
				break
			}
		}
	}
	return all, err
}

// cameWith tells whether a trigger came with an act of ours, which is dated: the
// same, at that time, under the name that we give.
func cameWith(d store.Done, t account.Trigger) bool {
	w, callback, err := watchOf(d.Act.Target)
	return d.Act.Verb == verbCreateTrigger && d.Outcome.Result == store.Made && err == nil &&
		w.is(t, callback) && t.Name == triggerName(w) && !t.Created.Before(d.Began.Add(-time.Minute)) && !t.Created.After(d.Ended.Add(time.Minute))
}

func triggerState(t account.Trigger) string {
	return fmt.Sprintf("%s %s by %s, %q, calls %s", t.Category, t.Value, t.By, t.Name, t.Callback)
}

// deleteTrigger deletes a trigger of ours if it is as it was.
func deleteTrigger(ctx context.Context, r *Run, c Change) Outcome {
	now, err := r.Read(ctx, r.Credential(r.Main())).FetchTrigger(c.Account, c.Object)
	if err == nil {
		r.Note(seenKey(c.Object), triggerState(now))
	} else if !account.Gone(err) {
		return Outcome{Outcome: store.Failed, Problem: "not sent, since it cannot be read: " + err.Error()}
	}
	return r.remove(ctx, c, triggerRemoval(r, c.Account, c.Object))
}

func triggerRemoval(r *Run, sid, ut string) removal {
	return removal{
		verb: verbDeleteTrigger, as: r.Credential(r.Main()),
		remove: func(o *account.Operations) error { return o.DeleteTrigger(sid, ut) },
		read:   func(o *account.Operations) error { _, err := o.FetchTrigger(sid, ut); return err },
	}
}
