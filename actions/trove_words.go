package actions

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"retake/actions/probe"
)

// short is a name for what may be long or hostile, such as a path.
func short(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}

func (f *leak) whose(r *Run) string {
	if f.account != "" {
		return f.account
	}
	return r.Main()
}

// words are what a find means.
func (f *leak) words() (Severity, string) {
	at := strings.Join(f.places, ", ")
	if more := f.count - len(f.places); more > 0 {
		at += fmt.Sprintf(" and %d times more", more)
	}
	public := map[bool]string{true: "in public ", false: ""}[f.where == inPublic]
	pick := func(open, history, file Severity) Severity { return []Severity{file, history, open}[f.where] }
	switch {
	case f.state == noSecret:
		return Info, fmt.Sprintf("the SID %s stands %sat %s: it is no secret, but it is what an intruder looks for first", f.sid, public, at)
	case f.rule == probe.SendGridKey:
		return pick(Critical, High, Medium), fmt.Sprintf("a SendGrid API key lies %sin plain text at %s: delete it (step sendgrid), then remove the text", public, at)
	case f.state == listedKey:
		return pick(Critical, High, Medium), fmt.Sprintf("the secret of the API key %s, which %s still lists, lies %sin plain text at %s: delete the key (step api-keys), then remove the text", f.sid, f.account, public, at)
	case f.state == gone:
		return pick(Medium, Low, Low), fmt.Sprintf("what looks like the secret of the API key %s lies %sat %s; no account here lists that key, so it is deleted or somebody else's", f.sid, public, at)
	case f.state == inForce:
		return pick(Critical, High, Medium), fmt.Sprintf("the Auth Token of %s that is in force lies %sin plain text at %s", f.account, public, at)
	case f.state == alive:
		return Critical, fmt.Sprintf("an Auth Token of %s of which the case knew nothing lies %sat %s, and Twilio lets it in: rotate again", f.account, public, at)
	case f.state == dead:
		return pick(High, Medium, Low), fmt.Sprintf("a dead Auth Token%s lies %sat %s: this may be where it was stolen; the next one would lie there too", of(f.account), public, at)
	case f.state == foreign:
		return pick(Medium, Low, Low), fmt.Sprintf("what looks like a token of %s, which is not an account of yours, lies %sat %s: it was not tried; tell its owner", f.sid, public, at)
	}
	return pick(High, Medium, Low), fmt.Sprintf("what looks like an Auth Token of %s lies %sat %s, and the case does not know it: plan again with try_unknown=yes to ask Twilio whether it lives", f.account, public, at)
}

func of(account string) string {
	if account == "" {
		return ""
	}
	return " of " + account
}

// match is a find as it is filed: without the secret.
type match struct {
	Rule        probe.Rule `json:"rule"`
	SID         string     `json:"sid,omitempty"`
	Fingerprint string     `json:"fingerprint,omitempty"`
	State       standing   `json:"state"`
	Places      []string   `json:"places"`
	Count       int        `json:"count"`
}

// matches are the finds as they are filed.
func (t *trove) matches() []match {
	all := []match{}
	for _, f := range t.all() {
		m := match{Rule: f.rule, SID: f.sid, State: f.state, Places: f.places, Count: f.count}
		if !f.secret.IsZero() {
			m.Fingerprint = f.mark
		}
		all = append(all, m)
	}
	return all
}
