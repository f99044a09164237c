package triage

import (
	"fmt"
	"slices"
	"strings"
)

// Name is what it comes to.
type Name string

// The verdicts.
const (
	Takeover     Name = "takeover"
	TollFraud    Name = "toll fraud"
	Lures        Name = "smishing"
	FormPumping  Name = "form pumping"
	Unclear      Name = "unclear"
	NothingFound Name = "nothing found"
)

// Verdict is what the findings come to, with at most three reasons.
type Verdict struct {
	Name    Name
	Reasons []Finding
	Change  string // what would change it
	Next    []Next // the steps that come next, first things first
}

// Next is a step of the playbook and why it comes.
type Next struct{ Step, Why string }

// most is how many reasons a verdict gives.
const most = 3

// Judge weighs the findings. Changes by a stranger and traffic of a stranger
// make a takeover together, and so does either with a token that stands in
// public; each alone is told for what it is.
func Judge(r Records, found []Finding) Verdict {
	worst, kinds := map[Kind]Severity{}, map[string]bool{}
	for _, f := range found {
		worst[f.Kind] = max(worst[f.Kind], f.Severity)
		if f.Kind == Control && f.Severity >= High && strings.HasPrefix(f.Rule, "changed-") || f.Rule == "planted-keys" && f.Severity >= High {
			kinds[f.Rule] = true
		}
	}
	traffic := max(worst[Toll], worst[Smishing])
	v := Verdict{Name: NothingFound}
	switch {
	case worst[Control] == Critical, len(kinds) > 1, worst[Control] >= Medium && traffic >= High,
		worst[Exposure] == Critical && max(traffic, worst[Control]) >= High:
		v.Name = Takeover
	case worst[Toll] >= High && worst[Toll] >= worst[Smishing]:
		v.Name = TollFraud
	case worst[Smishing] >= High:
		v.Name = Lures
	case worst[Pumping] >= Medium && traffic < Medium && worst[Control] < Medium && worst[Exposure] < Critical:
		v.Name = FormPumping
	case slices.ContainsFunc(found, func(f Finding) bool { return f.Severity >= Medium }) || len(r.Unread) > 0:
		v.Name = Unclear
	}
	v.Reasons = reasons(v.Name, found)
	v.Change = v.Name.change(r.Unread)
	v.Next = next(v.Name, found)
	return v
}

// speaks are the kinds of findings that speak for each verdict.
var speaks = map[Name][]Kind{
	Takeover: {Control, Toll, Smishing, Exposure}, TollFraud: {Toll}, Lures: {Smishing}, FormPumping: {Pumping, Cost},
	Unclear: {Control, Toll, Smishing, Pumping, Cost, Note, Exposure},
}

// reasons are the three best: each of another kind if there are such, each by
// another rule.
func reasons(n Name, found []Finding) []Finding {
	var best []Finding
	kinds := map[Kind]bool{}
	for _, again := range []bool{false, true} {
		for _, f := range found {
			by := func(g Finding) bool { return g.Rule == f.Rule }
			fits := f.Severity >= Medium && slices.Contains(speaks[n], f.Kind) && !slices.ContainsFunc(best, by)
			if fits && len(best) < most && (again || !kinds[f.Kind]) {
				best, kinds[f.Kind] = append(best, f), true
			}
		}
	}
	slices.SortStableFunc(best, func(a, b Finding) int { return int(b.Severity) - int(a.Severity) })
	return best
}

// change says what would make it another verdict.
func (n Name) change(unread []string) string {
	text := map[Name]string{
		Takeover:     "it would not be one if somebody of yours made these changes from that address and sent this traffic: ask, but do not wait",
		TollFraud:    "changes by a strange address in the audit events, or a leaked token or key, would make it a takeover: traffic that is sent with a leaked credential leaves no event. Treat it as one until you know which credential was used. A campaign of yours would clear it",
		Lures:        "changes by a strange address in the audit events, or a leaked token or key, would make it a takeover: messages that are sent with a leaked credential leave no event. Treat it as one until you know which credential was used. A campaign of yours would clear it",
		FormPumping:  "changes by a strange address, links in the texts or a leaked token would make it a takeover; codes that people do enter (Console: Monitor > Logs > Verify) would clear it",
		Unclear:      "a colleague who knows of it would clear it; a second sign would make it a takeover",
		NothingFound: "a hit for a SID on GitHub, a secondary Auth Token or a user's login that is not yours, or traffic outside of what was read would change it",
	}[n]
	if len(unread) > 0 {
		text += "; not read, so that something may be missing: " + listing(unread, 4)
	}
	return text
}

// next are the steps to take, first what stops the loss.
func next(n Name, found []Finding) []Next {
	live, waits := 0, 0
	for _, f := range found {
		switch f.Rule {
		case "live-calls":
			live += int(f.Observed)
		case "waiting-texts":
			waits += int(f.Observed)
		}
	}
	stop := Next{"stop-traffic", fmt.Sprintf("%s and %s that wait go on costing money", plural(live, "live call"), plural(waits, "message"))}
	switch n {
	case Takeover, TollFraud, Lures:
		return append([]Next{
			stop,
			{"auth-tokens", "the present tokens count as known to somebody else, and a planted secondary token cannot be seen"},
			{"api-keys", "keys go on working after a reset of the token"},
			{"geo-and-triggers", "shut the countries that you do not serve, and set the alarms on spend again"},
		}, rest(found)...)
	case FormPumping:
		return []Next{
			{"geo-and-triggers", "Fraud Guard, Verify's own countries and a cap on the spend end pumping; tokens do not"},
			{"integrations", "limit how often the form sends a code, and to which countries"},
			stop,
		}
	case Unclear:
		return append([]Next{
			stop,
			{"auth-tokens", "if nobody of yours claims what was found, reset the tokens without waiting for certainty"},
			{"api-keys", "delete the keys that nobody claims"},
		}, public(found)...)
	}
	return []Next{{"exposure", "search your own repositories and sites for tokens, with their history"}}
}

// public is the step for what stands in public.
func public(found []Finding) []Next {
	if !slices.ContainsFunc(found, func(f Finding) bool { return f.Kind == Exposure && f.Severity >= High }) {
		return nil
	}
	return []Next{{"exposure", "a SID of yours stands in public code: have the file taken down, after the token is reset"}}
}

// rest are the steps for what else was touched.
func rest(found []Finding) []Next {
	var all []Next
	touched := func(rule string) bool {
		return slices.ContainsFunc(found, func(f Finding) bool { return f.Rule == rule && f.Severity >= Medium })
	}
	if touched("changed-users") {
		all = append(all, Next{"passwords", "users or their passwords were touched"}, Next{"two-factor", "users or their passwords were touched"})
	}
	if touched("changed-caller-ids") {
		all = append(all, Next{"caller-id", "a caller ID was verified that may not be yours"})
	}
	all = append(all, public(found)...)
	return append(all, Next{"sweep", "webhooks, applications and what else an intruder leaves behind"}, Next{"outside-help", "write to fraud@twilio.com while you contain"})
}
