package actions

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"retake/actions/account"
	"retake/store"
)

// eventOf is the Monitor event that an act leaves.
var eventOf = map[string]string{
	verbDeleteSecondary: "account-auth-token.secondary-deleted",
	verbCreateSecondary: "account-auth-token.secondary-created",
	verbPromote:         "account-auth-token.promoted",
}

// slack is how long before or after an act its event may lie: how far what is
// known of Twilio's clock may be off, and then some. Other acts of ours within it
// are accounted for one by one.
const slack = time.Minute

// settleByEvents finds out from the account's events whether a secondary token
// was made or deleted, which nothing else can tell. Going round again is safe
// either way: whatever secondary token there is, is deleted first.
func settleByEvents(ctx context.Context, r *Run, d store.Done) store.Outcome {
	acts := r.Acts(d.Act.Change)
	if err := r.relearn(ctx, []Change{{ID: d.Act.Change, Account: d.Act.Account}}); err != nil {
		return store.Outcome{Result: store.Unknown, Problem: err.Error()}
	}
	events, err := eventsOf(ctx, r, r.credentialFor(d.Act.Change, d.Act.Account), acts)
	if err != nil {
		return store.Outcome{Result: store.Unknown, Problem: "the account's events could not be read: " + err.Error()}
	}
	acts = r.datedAll(acts) // Twilio's clock is known by now
	ours := addresses(acts, events)
	if main := r.Acts(rotationOf(r.Main())); len(ours) == 0 && len(main) > 0 {
		known, err := eventsOf(ctx, r, r.Credential(r.Main()), main)
		if err != nil {
			return store.Outcome{Result: store.Unknown, Problem: "the main account's events could not be read: " + err.Error()}
		}
		ours = addresses(r.datedAll(main), known)
	}
	left := unexplained(r.dated(d), acts, events, ours)
	if len(left) == 0 {
		return store.Outcome{Result: store.Failed, Problem: fmt.Sprintf("the account has no event %s of ours since %s: it was not carried out", eventOf[d.Act.Verb], d.Began.UTC().Format(time.RFC3339))}
	}
	return store.Outcome{Result: store.Made, Proof: fmt.Sprintf("the account's event %s says so; the reply was lost", left[0].SID)}
}

// before is how far back events are read from our first act: long enough to
// know the addresses of somebody who was at work on the tokens before us.
const before = 24 * time.Hour

// eventsOf reads the events of an account since a day before our first act, up to
// the latest.
func eventsOf(ctx context.Context, r *Run, as account.Credential, acts []store.Done) ([]account.Event, error) {
	if len(acts) == 0 {
		return nil, nil
	}
	return r.Read(ctx, as).ListEvents(r.dated(acts[0]).Began.Add(-before), time.Time{})
}

// unexplained are the events of an act's kind, from when it was begun on, that
// come from an address of ours and that no other act of ours accounts for.
func unexplained(d store.Done, acts []store.Done, events []account.Event, ours []string) []account.Event {
	from := d.Began.Add(-slack)
	var found []account.Event
	for _, e := range events {
		if e.Type == eventOf[d.Act.Verb] && !e.At.Before(from) && (len(ours) == 0 || slices.Contains(ours, e.IP)) {
			found = append(found, e)
		}
	}
	for _, other := range acts {
		if other.N != d.N && other.Act.Verb == d.Act.Verb && other.Outcome.Result == store.Made && !other.Ended.Before(from) && len(found) > 0 {
			found = found[1:]
		}
	}
	return found
}

// addresses are those that acts of ours came from: where, apart from those who
// were at work on the tokens before us, one address alone left the event of an
// act between its intent and its outcome. The intruder signs in with the same
// token, so that nothing but the address tells his acts from ours.
func addresses(acts []store.Done, events []account.Event) []string {
	var ours []string
	foreign := foreigners(acts, events)
	for _, d := range acts {
		if d.Outcome.Result != store.Made {
			continue
		}
		var from []string
		for _, e := range events {
			during := e.At.After(d.Began.Add(-slack)) && e.At.Before(d.Ended.Add(slack))
			if e.Type == eventOf[d.Act.Verb] && during && !slices.Contains(foreign, e.IP) && !slices.Contains(from, e.IP) {
				from = append(from, e.IP)
			}
		}
		if len(from) == 1 && !slices.Contains(ours, from[0]) {
			ours = append(ours, from[0])
		}
	}
	return ours
}

// foreigners are the addresses that changed the account's tokens before our
// first act.
func foreigners(acts []store.Done, events []account.Event) []string {
	var all []string
	for _, e := range events {
		if strings.HasPrefix(e.Type, "account-auth-token.") && len(acts) > 0 && e.At.Before(acts[0].Began.Add(-slack)) {
			all = append(all, e.IP)
		}
	}
	return all
}
