package actions

import (
	"regexp"
	"strings"
	"time"

	"retake/actions/triage"
)

var objectSID = regexp.MustCompile(`^[A-Z]{2}[0-9a-f]{32}$`)

// ourActs are the acts of the case, as the audit log tells them, by Twilio's clock.
func (r *Run) ourActs() ([]triage.Act, error) {
	done, err := r.Case().Acts("")
	var all []triage.Act
	for _, d := range r.datedAll(done) {
		a := triage.Act{Account: d.Act.Account, Verb: past(d.Act.Verb), From: d.Began, To: d.Ended}
		if objectSID.MatchString(d.Act.Target) && !strings.HasPrefix(d.Act.Target, "AC") {
			a.Resource = d.Act.Target
		}
		if a.To.IsZero() {
			a.To = a.From.Add(time.Minute)
		}
		all = append(all, a)
	}
	return all, err
}

// past is a verb as the type of an event ends.
func past(verb string) string {
	switch {
	case strings.HasPrefix(verb, "delete"), strings.HasPrefix(verb, "remove"):
		return "deleted"
	case strings.HasPrefix(verb, "create"):
		return "created"
	case strings.HasPrefix(verb, "promote"):
		return "promoted"
	}
	return "updated"
}
