package actions

import (
	"context"
	"fmt"
	"slices"

	"retake/store"
)

// Prove reads all lists again. It is proved only if every country that is to be
// shut is shut, on every account that could be read.
func (geo) Prove(ctx context.Context, r *Run, _ *Plan) (Verdict, error) {
	first, err := r.firstSeen()
	if err != nil {
		return Verdict{}, err
	}
	all, err := survey(ctx, r)
	if err != nil {
		return Verdict{}, err
	}
	w, err := wishesOf(ctx, r, all, first)
	if err != nil {
		return Verdict{}, err
	}
	for _, a := range all {
		if why := w.wrong(r, a); why != "" {
			return Verdict{store.NeedsPerson, why}, nil
		}
	}
	missing, err := triggerChanges(r, w.main)
	if err != nil {
		return Verdict{}, err
	}
	if len(missing) > 0 {
		return Verdict{store.NeedsPerson, fmt.Sprintf("%d daily triggers are not as wanted: plan again", len(missing))}, nil
	}
	return Verdict{store.Proved, w.standing(all)}, nil
}

// wrong says what is not as wanted in an account, "" for nothing.
func (w wishes) wrong(r *Run, a *openings) string {
	for _, list := range []string{"countries for calls", "countries for messages", "inheritance of countries for calls"} {
		if slices.Contains(a.blind, list) {
			return fmt.Sprintf("the %s of %s could not be read: look in the Console", list, a.SID)
		}
	}
	voice := w.voiceDifference(a).want
	sms, byHand := w.smsDifference(a)
	switch {
	case len(voice) > 0:
		return fmt.Sprintf("%d countries for calls of %s are not as wanted (%s): plan again", len(voice), a.SID, few(mapped(voice, name)))
	case len(sms.want) > 0:
		return fmt.Sprintf("%d countries for messages of %s are not as wanted (%s): plan again", len(sms.want), a.SID, few(mapped(sms.want, name)))
	case w.inheritance(a) != a.inherits:
		return fmt.Sprintf("whether %s takes over its parent's countries is not as wanted: plan again", a.SID)
	case len(byHand) > 0:
		tellByHand(r, a.SID, byHand)
		return fmt.Sprintf("messages of %s to %s can be set by hand only: %s; then plan again or attest", a.SID, few(byHand), smsGeoPage)
	}
	return ""
}

// standing counts what is open.
func (w wishes) standing(all []*openings) string {
	calls, messages := 0, 0
	for _, c := range w.main.voice {
		calls += count(c.LowRisk || c.Special || c.TollFraud)
	}
	for _, c := range w.main.sms {
		messages += count(c.Enabled)
	}
	why := fmt.Sprintf("every list of %d active accounts is as wanted; the main account calls %d countries of %d and writes to %d of %d", len(all), calls, len(w.main.voice), messages, len(w.main.sms))
	switch {
	case w.mode == "restore":
	case !w.calls.whole || !w.messages.whole:
		why += "; own traffic was not read whole, so countries that are neither risky nor opened lately were left open"
	}
	return why + "; not covered: what the list of the unseen names"
}
