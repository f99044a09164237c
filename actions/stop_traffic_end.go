package actions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"retake/actions/account"
	"retake/store"
)

// The verbs of the acts of this step.
const (
	verbEndCall       = "end-call"
	verbEndConference = "end-conference"
	verbCancelMessage = "cancel-message"
	verbSetStatus     = "set-account-status"
)

const (
	triesPerEnding = 3               // how often an ending is begun anew after it was found not to be carried out
	endingTime     = 1 * time.Minute // how long an accepted ending may take until it is seen
)

// ending is how one call, conference or message is ended, and how it is seen to
// be over.
type ending struct {
	act  store.Act
	end  func(*account.Operations) error
	read func(*account.Operations) (string, error) // its status
	over func(status string) bool
	ours func(status string) bool // over in the way that the request brings about
}

// endingOf is how an act is carried out.
func endingOf(a store.Act) ending {
	e, sid := ending{act: a}, a.Target
	switch a.Verb {
	case verbEndConference:
		e.end = func(o *account.Operations) error { return o.EndConference(a.Account, sid) }
		e.read = func(o *account.Operations) (string, error) {
			status, reason, err := o.FetchConference(a.Account, sid)
			if reason != "" {
				status += ": " + reason
			}
			return status, err
		}
		e.over = func(status string) bool { return strings.HasPrefix(status, "completed") }
		e.ours = func(status string) bool { return status == "completed" || strings.Contains(status, "via-api") }
	case verbCancelMessage:
		e.end = func(o *account.Operations) error { return o.CancelMessage(a.Account, sid) }
		e.read = func(o *account.Operations) (string, error) { return o.FetchMessage(a.Account, sid) }
		e.over = func(status string) bool { return !account.MessageWaits(status) }
		e.ours = func(status string) bool { return status == "canceled" }
	default:
		e.end = func(o *account.Operations) error { return o.EndCall(a.Account, sid) }
		e.read = func(o *account.Operations) (string, error) { return o.FetchCall(a.Account, sid) }
		e.over = account.CallOver
		e.ours = func(status string) bool { return status == "completed" || status == "canceled" }
	}
	return e
}

// endingVerb is the verb of the act that makes a change.
func endingVerb(c Change) string {
	kind, _, _ := strings.Cut(c.ID, "/")
	return map[string]string{string(conferenceFlow): verbEndConference, string(messageFlow): verbCancelMessage, string(callFlow): verbEndCall}[kind]
}

// endFlow ends what a change is about, or goes on where an earlier run left off.
// It reads the record before only where the plan lay for a while: otherwise the
// list that was just read is the record.
func endFlow(ctx context.Context, r *Run, c Change) Outcome {
	e := endingOf(store.Act{Change: c.ID, Account: c.Account, Verb: endingVerb(c), Target: c.Object, Irreversible: true, Seen: c.Seen})
	for range triesPerEnding {
		last, any := lastOf(r, c.ID)
		if any && last.Open() {
			var err error
			if last, err = r.settle(ctx, last); err != nil {
				return Outcome{}
			}
		}
		if any && (last.Open() || last.Outcome.Result == store.Made || last.Outcome.Result == store.Already) {
			return endedAs(last)
		}
		if o, over := e.overBefore(ctx, r); over {
			return o
		}
		d, err := r.Do(ctx, e.act, r.Credential(r.Main()), e.by(r.seesLater()))
		if errors.Is(err, ErrHalted) {
			return Outcome{}
		}
		later := d.Outcome.Result == store.Waiting && r.seesLater()
		if later || !d.Open() && d.Outcome.Result != store.Failed {
			return endedAs(d)
		}
	}
	return lastOutcome(ctx, r, c.ID)
}

// lastOf is the latest act of a change.
func lastOf(r *Run, change string) (store.Done, bool) {
	acts := r.Acts(change)
	if len(acts) == 0 {
		return store.Done{}, false
	}
	return acts[len(acts)-1], true
}

// lastOutcome is the outcome of a change after its last try, which may have left
// an open act.
func lastOutcome(ctx context.Context, r *Run, change string) Outcome {
	last, _ := lastOf(r, change)
	if last.Open() {
		settled, err := r.settle(ctx, last)
		if err != nil {
			return Outcome{}
		}
		last = settled
	}
	return endedAs(last)
}

// endedAs is the outcome of a change that came to what its last act came to.
func endedAs(d store.Done) Outcome {
	return Outcome{Outcome: d.Outcome.Result, Proof: d.Outcome.Proof, Problem: d.Outcome.Problem}
}

// overBefore reads the record, unless a list has just shown it, and tells
// whether it ended by itself.
func (e ending) overBefore(ctx context.Context, r *Run) (Outcome, bool) {
	if _, fresh := r.Noted(justRead); fresh {
		return Outcome{}, false
	}
	status, err := e.read(r.Read(ctx, r.Credential(r.Main())))
	if err != nil || !e.over(status) {
		return Outcome{}, false // the request itself will say what is wrong
	}
	return Outcome{Outcome: store.Already, Proof: e.byItself(status)}, true
}

func (e ending) byItself(status string) string {
	if e.act.Verb == verbCancelMessage && status != "canceled" {
		return "too late to cancel: it is " + status
	}
	return "it was over before: " + status
}

// seesLater tells whether it is read only when all steps of a panic order were
// tried that something is over, so that no reading stands before the next ending.
// Before an account is suspended it is seen at once: nobody may read it then.
func (r *Run) seesLater() bool { return r.urgent() && len(r.Params.List("suspend")) == 0 }

// by is how the call is made.
func (e ending) by(later bool) func(*account.Operations) (Reply, error) {
	return func(o *account.Operations) (Reply, error) {
		err := e.end(o)
		switch {
		case err != nil && !isRefusal(err):
			return Reply{}, err
		case err == nil && later:
			return Reply{Proof: "accepted, to be read again", Waiting: true}, nil
		}
		return e.seen(o, err)
	}
}

// seen reads the status after a request, which may have been refused. A refusal
// of what is over already is none.
func (e ending) seen(o *account.Operations, err error) (Reply, error) {
	status, unread := e.read(o)
	switch {
	case err != nil && unread == nil && e.over(status):
		return Reply{Already: true, Proof: e.byItself(status)}, nil
	case err != nil:
		return Reply{}, e.refused(err, status)
	case unread == nil && e.over(status):
		return Reply{Proof: "read again: it is " + status}, nil
	}
	return Reply{Proof: "accepted, but not seen over yet", Waiting: true}, nil
}

// refused says why something cannot be ended.
func (e ending) refused(err error, status string) error {
	if e.act.Verb == verbCancelMessage && status == "queued" {
		return fmt.Errorf("%w; Twilio cancels scheduled messages, and lets queued ones go out: suspending the subaccount makes them fail", err)
	}
	return err
}

// settled finds out by reading whether it is over. Of a call that is over after
// our request nobody tells who ended it; it was up just before.
func (e ending) settled(ctx context.Context, r *Run, d store.Done) store.Outcome {
	status, err := e.read(r.Read(ctx, r.Credential(r.Main())))
	switch {
	case err != nil:
		return store.Outcome{Result: store.Unknown, Problem: "it could not be read: " + err.Error()}
	case e.over(status) && e.ours(status):
		return store.Outcome{Result: store.Made, Proof: "read again: it is " + status}
	case e.over(status):
		return store.Outcome{Result: store.Already, Proof: e.byItself(status)}
	case d.Outcome.Result == store.Waiting && r.TheirNow().Sub(r.dated(d).Began) < endingTime:
		return store.Outcome{Result: store.Waiting, Problem: "accepted, but it is still " + status}
	}
	return store.Outcome{Result: store.Failed, Problem: "it is still " + status + ": it was not ended"}
}

// triedNow tells whether this run has done what it could about a change: Look
// must not bring back what was refused, or it would never find nothing.
func (r *Run) triedNow(change string) bool {
	return slices.ContainsFunc(r.Acts(change), func(d store.Done) bool { return d.Act.Run == r.desk.id && d.Act.Order == r.digest })
}
