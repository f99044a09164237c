package actions

import (
	"fmt"
	"slices"
	"strings"

	"retake/actions/account"
)

// tell reports what an intruder would leave in an account: what the log says,
// and high-risk destinations that are on without traffic of yours.
func (w wishes) tell(r *Run, a *openings) {
	for _, e := range a.events {
		e.tell(r, a)
	}
	tellRisky(r, a, "calls", w.riskyVoice(a))
	tellRisky(r, a, "messages", w.riskySMS(a))
	if _, byHand := w.smsDifference(a); len(byHand) > 0 {
		tellByHand(r, a.SID, byHand)
	}
}

func tellRisky(r *Run, a *openings, what string, on []string) {
	if len(on) > 0 {
		r.Find(Finding{ID: "risky/" + what + "/" + a.SID + "/" + strings.Join(on, "+"), Severity: Medium, Account: a.SID,
			Text: fmt.Sprintf("%s of %s are open to destinations that fraud is known for: %s", what, a.SID, strings.Join(on, " "))})
	}
}

func (w wishes) riskyVoice(a *openings) []string {
	var on []string
	for _, c := range a.voice {
		if !a.inherits && voiceWord(c) != c.ISO+"=000" && w.odd(c.ISO, w.calls) {
			on = append(on, c.ISO)
		}
	}
	return on
}

func (w wishes) riskySMS(a *openings) []string {
	var on []string
	for _, c := range a.sms {
		if c.Enabled && (a == w.main || !sameSMS(a, w.main)) && w.odd(c.ISO, w.messages) {
			on = append(on, c.ISO)
		}
	}
	return on
}

// odd tells whether a destination is risky and not known to be yours.
func (w wishes) odd(iso string, own traffic) bool {
	return risky[iso] && !own.own(iso) && !slices.Contains(w.allow, iso)
}

// tellByHand reports countries for messages that the API does not set.
func tellByHand(r *Run, sid string, countries []string) {
	r.Find(Finding{ID: "by-hand/" + sid + "/" + strings.Join(countries, "+"), Severity: High, Account: sid,
		Text: fmt.Sprintf("messages of %s to %s: the API leaves them as they are (error 30649 or without a word); set them by hand: %s", sid, strings.Join(countries, " "), smsGeoPage)})
}

// tellCallbacks reports triggers that call another host than most do.
func tellCallbacks(r *Run, all []*openings) {
	counts, usual := map[string]int{}, ""
	every := func(fn func(*openings, account.Trigger)) {
		for _, a := range all {
			for _, t := range a.triggers {
				fn(a, t)
			}
		}
	}
	every(func(_ *openings, t account.Trigger) { counts[hostOf(t.Callback)]++ })
	for host, n := range counts {
		if n > counts[usual] || n == counts[usual] && host < usual {
			usual = host
		}
	}
	ours := hostOf(r.Params["callback_url"])
	every(func(a *openings, t account.Trigger) {
		if host := hostOf(t.Callback); host != usual && (ours == "" || host != ours) {
			r.Find(Finding{ID: "callback/" + t.SID + "/" + host, Severity: High, Account: a.SID,
				Text: fmt.Sprintf("the usage trigger %s %q of %s calls %s, not %s as the others do: point it back or delete it", t.SID, t.Name, a.SID, host, usual)})
		}
	})
}
