package actions

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Plan reads all lists and says what is to be shut, or set back.
func (geo) Plan(ctx context.Context, r *Run) (*Plan, error) {
	first, err := r.firstSeen()
	if err != nil {
		return nil, err
	}
	all, err := survey(ctx, r)
	if err != nil {
		return nil, err
	}
	w, err := wishesOf(ctx, r, all, first)
	if err != nil {
		return nil, err
	}
	p := &Plan{}
	for _, a := range all {
		p.Changes = append(p.Changes, w.changes(a)...)
		w.tell(r, a)
		if err := w.missSnapshot(r, a); err != nil {
			return nil, err
		}
	}
	tellCallbacks(r, all)
	triggers, err := triggerChanges(r, w.main)
	if err != nil {
		return nil, err
	}
	p.Changes = append(p.Changes, triggers...)
	p.Breaks = w.breaks(r, all, p.Changes)
	return p, missGeo(r)
}

// missSnapshot says where mode restore finds nothing to go back to.
func (w wishes) missSnapshot(r *Run, a *openings) error {
	first := w.first[a.SID]
	if w.mode != "restore" || first.voice != nil && first.sms != nil {
		return nil
	}
	return r.Miss(a.SID, "how the countries of "+a.SID+" were", "the case holds no earlier reading of them: nothing is restored there")
}

// changes are what an account needs. Its own list is set before it goes back to
// its parent's, and after it was taken out of it.
func (w wishes) changes(a *openings) []Change {
	var all []Change
	add := func(kind, target string, stage int, d difference) {
		if len(d.want) == 0 {
			return
		}
		verb := "clamp"
		if w.mode == "restore" {
			verb = "restore"
		}
		all = append(all, Change{
			ID: kind + "/" + a.SID, Account: a.SID, Name: a.Name, Verb: verb, Target: target, Reversible: true, Stage: stage,
			Seen: strings.Join(d.seen, " "), Detail: strings.Join(d.want, " "),
		})
	}
	lists, inherit := 1, 2
	if w.mode == "restore" {
		lists, inherit = 2, 1
	}
	voice := w.voiceDifference(a)
	add("voice", fmt.Sprintf("voice: %d countries", len(voice.want)), lists, voice)
	sms, _ := w.smsDifference(a)
	add("sms", fmt.Sprintf("SMS: %d countries", len(sms.want)), lists, sms)
	if wish := w.inheritance(a); wish != a.inherits {
		add("inherit", "voice: take over the parent's countries: "+map[bool]string{true: "yes", false: "no"}[wish], inherit, difference{[]string{inheritWord(a.inherits)}, []string{inheritWord(wish)}})
	}
	return all
}

// triggerChanges are the daily triggers that the main account lacks; mode
// restore takes those of this case away again.
func triggerChanges(r *Run, main *openings) ([]Change, error) {
	callback := r.Params["callback_url"]
	switch {
	case slices.Contains(main.blind, "usage triggers"):
		return nil, nil
	case r.Params["mode"] == "restore":
		return ourTriggers(r, main)
	case callback == "":
		return nil, r.Miss(main.SID, "daily usage triggers of our own", "none are created without callback_url; a trigger is an alarm, not a limit: it calls an address of yours, and nothing stops by itself")
	}
	var all []Change
	for _, w := range watches(r.Params) {
		there := false
		for _, t := range main.triggers {
			there = there || w.is(t, callback)
		}
		if !there {
			all = append(all, Change{
				ID: "trigger/" + main.SID + "/" + w.category, Account: main.SID, Name: main.Name, Verb: "create", Reversible: true, Stage: 1,
				Target: fmt.Sprintf("daily trigger: %s %s by %s", w.category, w.value, w.by), Seen: noTrigger, Detail: w.word(callback),
			})
		}
	}
	return all, nil
}

// breaks says what will stop working, and what will not.
func (w wishes) breaks(r *Run, all []*openings, changes []Change) []string {
	if len(changes) == 0 {
		return nil
	}
	var out []string
	if r.urgent() {
		return append(out, "calls and messages to all countries but those that are allowed are refused at once, your own too")
	}
	if w.mode == "restore" {
		out = append(out, "every country goes back to how the case first saw it: what the intruder had opened by then opens again")
	} else {
		out = append(out, "calls under way go on: only new ones meet the countries; step stop-traffic ends them")
		out = append(out, w.cutOff(r, all)...)
	}
	if slices.ContainsFunc(changes, func(c Change) bool { return c.Verb == "create" }) {
		out = append(out, "a usage trigger is an alarm, not a limit: it calls your address about a minute late, on figures that lag, and nothing stops by itself")
	}
	return out
}

// cutOff says which own traffic will be refused.
func (w wishes) cutOff(r *Run, all []*openings) []string {
	var out []string
	for _, k := range []struct {
		kind, what string
		traffic
	}{{"voice", "calls", w.calls}, {"sms", "messages", w.messages}} {
		lost := traffic{counts: map[string]int{}}
		for iso, n := range k.counts {
			if w.shut(k.kind, iso, k.traffic) {
				lost.counts[iso] = n
			}
		}
		if len(lost.counts) > 0 {
			out = append(out, fmt.Sprintf("%s to countries of yours will be refused; in the 30 days before %s there were: %s", k.what, r.began().Format("2006-01-02 15:04"), lost))
		}
		if !k.whole {
			out = append(out, fmt.Sprintf("own %s could not be read whole: a country of yours among those that are shut will be missed; name it in allow", k.what))
		}
	}
	if high := w.highRisk(all); len(high) > 0 {
		out = append(out, "high-risk numbers (special, toll fraud) are shut in countries that you call: "+few(high)+"; name them in allow to leave them")
	}
	return out
}

// highRisk are own countries that lose their high-risk numbers.
func (w wishes) highRisk(all []*openings) []string {
	var out []string
	for _, a := range all {
		for _, c := range a.voice {
			if wish := w.voice(c); wish.LowRisk && voiceWord(wish) != voiceWord(c) && !slices.Contains(out, c.ISO) {
				out = append(out, c.ISO)
			}
		}
	}
	slices.Sort(out)
	return out
}
