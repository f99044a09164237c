package actions

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"retake/actions/account"
)

// wishes are how the countries are to be, by the parameters, the traffic before
// the incident and the audit log.
type wishes struct {
	mode     string
	allow    []string
	calls    traffic
	messages traffic
	opened   map[string]bool     // voice or sms, and the country: opened since the incident began
	first    map[string]snapshot // mode restore: what the case read first, by account
	main     *openings
	vain     map[string][]string // countries for messages that the API was asked for in vain, by account
}

// wishesOf gathers what decides on the countries. The snapshots were taken
// before the accounts were read anew.
func wishesOf(ctx context.Context, r *Run, all []*openings, first map[string]snapshot) (w wishes, err error) {
	w = wishes{mode: r.Params["mode"], allow: r.Params.List("allow"), opened: map[string]bool{}, first: first, main: all[0]}
	for _, a := range all {
		for _, e := range a.events {
			kind, _, _ := strings.Cut(e.Type, "-")
			for _, iso := range e.opened {
				if !e.At.Before(r.began()) {
					w.opened[kind+" "+iso] = true
				}
			}
		}
	}
	if w.vain, err = inVain(r); err != nil || w.mode == "restore" {
		return w, err
	}
	if r.urgent() && w.mode == "lock" { // what was called decides on nothing
		w.calls, w.messages = traffic{whole: true}, traffic{whole: true}
		return w, nil
	}
	if w.calls, err = ownTraffic(ctx, r, all, account.SourceCalls); err != nil {
		return w, err
	}
	w.messages, err = ownTraffic(ctx, r, all, account.SourceMessages)
	return w, err
}

// inVain reads from the journal which countries the account left as they were.
func inVain(r *Run) (map[string][]string, error) {
	acts, err := r.desk.Case.Acts(r.Step.ID)
	vain := map[string][]string{}
	for _, d := range acts {
		if d.Act.Verb == verbSetSMS {
			vain[d.Act.Account] = append(vain[d.Act.Account], leftIn(d.Outcome.Proof+d.Outcome.Problem)...)
		}
	}
	return vain, err
}

// shut tells whether a country is to be shut altogether.
func (w wishes) shut(kind, iso string, own traffic) bool {
	switch {
	case slices.Contains(w.allow, iso):
		return false
	case w.mode == "lock":
		return true
	case own.own(iso):
		return false
	}
	return own.whole || risky[iso] || w.opened[kind+" "+iso]
}

// voice is how a country is to be for calls. High-risk numbers stay open only
// where they are allowed by name: nothing tells whom own traffic called.
func (w wishes) voice(c account.VoiceCountry) account.VoiceCountry {
	switch {
	case slices.Contains(w.allow, c.ISO):
	case w.shut("voice", c.ISO, w.calls):
		c.LowRisk, c.Special, c.TollFraud = false, false, false
	default:
		c.Special, c.TollFraud = false, false
	}
	return c
}

func (w wishes) sms(c account.SMSCountry) account.SMSCountry {
	if w.shut("sms", c.ISO, w.messages) {
		c.Enabled = false
	}
	return c
}

// unseenState stands for a list that cannot be read before its change: that of
// a subaccount that takes over its parent's.
const unseenState = "unseen"

// difference is what an account's countries are and are to be, as words.
type difference struct{ seen, want []string }

func (d *difference) add(now, wish string) {
	if now != wish {
		d.seen, d.want = append(d.seen, now), append(d.want, wish)
	}
}

// inheritance is whether a subaccount is to take over its parent's countries:
// again, if somebody took it out of them lately.
func (w wishes) inheritance(a *openings) bool {
	if w.mode == "restore" {
		if first, known := w.first[a.SID]; known && first.settings {
			return first.inherits
		}
		return a.inherits
	}
	return a.inherits || slices.ContainsFunc(a.events, func(e geoEvent) bool { return e.detached })
}

// voiceDifference is what is to be set in an account's own list for calls;
// while it inherits, its own list is not in force and stays as it is.
func (w wishes) voiceDifference(a *openings) (d difference) {
	if w.mode != "restore" {
		for _, c := range a.voice {
			if !a.inherits {
				d.add(voiceWord(c), voiceWord(w.voice(c)))
			}
		}
		return d
	}
	first := w.first[a.SID]
	if w.inheritance(a) {
		return d
	}
	for _, c := range a.voice {
		was, known := first.voice[c.ISO]
		switch {
		case known && a.inherits:
			d.seen, d.want = []string{unseenState}, append(d.want, was)
		case known:
			d.add(voiceWord(c), was)
		}
	}
	return d
}

// smsDifference is what is to be set in an account's list for messages, and
// what only a person can set. A subaccount with the parent's list follows it.
func (w wishes) smsDifference(a *openings) (d difference, byHand []string) {
	if a != w.main && sameSMS(a, w.main) {
		return d, nil
	}
	for _, c := range a.sms {
		wish := smsWord(w.sms(c))
		if w.mode == "restore" {
			if wish = w.first[a.SID].sms[c.ISO]; wish == "" {
				continue
			}
		}
		if wish != smsWord(c) && slices.Contains(w.vain[a.SID], c.ISO) {
			byHand = append(byHand, c.ISO)
			continue
		}
		d.add(smsWord(c), wish)
	}
	return d, byHand
}

// few joins the first of many for a sentence.
func few(all []string) string {
	const most = 12
	if len(all) <= most {
		return strings.Join(all, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(all[:most], ", "), len(all)-most)
}
