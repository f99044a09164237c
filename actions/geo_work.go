package actions

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"retake/actions/account"
	"retake/store"
)

// The verbs of the acts of step 7.
const (
	verbSetVoice       = "set-voice-countries"
	verbSetSMS         = "set-sms-countries"
	verbSetInheritance = "set-voice-inheritance"
	verbCreateTrigger  = "create-trigger"
)

// Where a person does by hand what is refused here.
const (
	voiceGeoPage = "Console: Voice > Settings > Geo permissions"
	smsGeoPage   = "Console: Messaging > Settings > Geo permissions"
	triggerPage  = `Console: search for "Usage triggers"`
)

// geo is the work of step 7. One change sets the countries of one account for
// calls or for messages, or whether a subaccount takes over its parent's, or
// creates a trigger. All of it can be undone with mode restore.
type geo struct{}

var geoParameters = []Parameter{
	{Name: "mode", Type: Choice, Default: "keep", Choices: []string{"keep", "lock", "restore"},
		Help: "keep: open stays where you called or wrote before the incident; lock: all shut but allow; restore: as the case first saw it, without the triggers that it made"},
	{Name: "allow", Type: List, Valid: validCountries, Help: "countries (GB,DE) that stay as they are, high-risk numbers included"},
	{Name: "incident_start", Type: Text, Valid: validTime("incident_start"), Help: "when it began (2026-03-01T02:20:00Z): own traffic counts up to then; empty: a day before the case was opened"},
	{Name: "callback_url", Type: Text, Valid: validCallback, Help: "https address of yours that daily triggers call; empty: none are created"},
	{Name: "spend", Type: Number, Default: "100", Help: "daily trigger: money spent, in the currency of the account"},
	{Name: "calls", Type: Number, Default: "1000", Help: "daily trigger: outbound calls"},
	{Name: "sms", Type: Number, Default: "1000", Help: "daily trigger: messages sent"},
	{Name: "verifications", Type: Number, Default: "200", Help: "daily trigger: verifications by message or call"},
}

var countryShape = regexp.MustCompile(`^[A-Z]{2}$`)

func validCountries(value string) error {
	for _, iso := range words(value) {
		if !countryShape.MatchString(iso) {
			return fmt.Errorf("allow cannot be %q: write countries as two capital letters (GB,DE), with commas between", iso)
		}
	}
	return nil
}

// validCallback refuses an address with a secret in it: it is filed in the case
// as it is. The address is not repeated, for the same reason.
func validCallback(value string) error {
	u, err := url.Parse(value)
	switch {
	case value == "":
		return nil
	case err != nil || u.Scheme != "https" || u.Hostname() == "" || strings.ContainsAny(value, " \t\r\n"):
		return store.WithHint(fmt.Errorf("callback_url cannot be used: it is no whole https address"), "write it as https://alerts.example.com/usage")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return store.WithHint(fmt.Errorf("callback_url cannot hold a password, a query or a fragment: it is filed in the case as it is"), "write it as https://alerts.example.com/usage")
	}
	return nil
}

// began is when the incident began, as far as it is known. Whole hours, so that
// the same state of the account makes the same plan.
func (r *Run) began() time.Time {
	if t, err := time.Parse(time.RFC3339, r.Params["incident_start"]); err == nil {
		return t.UTC()
	}
	return r.opened().Add(-24 * time.Hour).UTC().Truncate(time.Hour)
}

// Before learns the tokens of the subaccounts, each of which alone opens its
// own lists.
func (geo) Before(ctx context.Context, r *Run, _ int, _ []Change) error {
	_, err := r.Listed(ctx)
	return err
}

// Make sets what a change is about and proves it by reading it again.
func (geo) Make(ctx context.Context, r *Run, c Change) Outcome {
	if c.Verb == "delete" {
		return deleteTrigger(ctx, r, c)
	}
	how, err := settingOf(r, store.Act{Change: c.ID, Account: c.Account, Verb: actVerb(c), Target: c.Detail, Seen: c.Seen})
	if err != nil {
		return Outcome{Outcome: store.Failed, Problem: err.Error()}
	}
	o := how.make(ctx, r)
	if left := leftIn(o.Proof + o.Problem); len(left) > 0 {
		tellByHand(r, c.Account, left)
	}
	return o
}

// Settle finds out by reading what became of an act.
func (geo) Settle(ctx context.Context, r *Run, d store.Done) store.Outcome {
	if d.Act.Verb == verbDeleteTrigger {
		return triggerRemoval(r, d.Act.Account, d.Act.Target).settled(ctx, r, d)
	}
	how, err := settingOf(r, d.Act)
	if err != nil {
		return store.Outcome{Result: store.Unknown, Problem: err.Error()}
	}
	return how.settle(ctx, r, d)
}

// actVerb is the verb of the act that makes a change.
func actVerb(c Change) string {
	kind, _, _ := strings.Cut(c.ID, "/")
	return map[string]string{"voice": verbSetVoice, "sms": verbSetSMS, "inherit": verbSetInheritance, "trigger": verbCreateTrigger}[kind]
}

// settingOf is how the act is carried out and read back.
func settingOf(r *Run, a store.Act) (setting, error) {
	s := setting{act: a, as: r.Credential(a.Account), seen: strings.Fields(a.Seen), want: strings.Fields(a.Target)}
	switch a.Verb {
	case verbSetVoice:
		return s.voice()
	case verbSetSMS:
		return s.sms()
	case verbSetInheritance:
		return s.inheritance()
	case verbCreateTrigger:
		return s.trigger()
	}
	return s, fmt.Errorf("there is no act %q in this step", a.Verb)
}

// Countries are written with their flags, in order of their codes: LV=111 may
// be called at all three kinds of numbers (low risk, high-risk special,
// high-risk toll fraud), LV=000 at none; NG=1 may be written to.

func voiceWord(c account.VoiceCountry) string {
	return c.ISO + "=" + bit(c.LowRisk) + bit(c.Special) + bit(c.TollFraud)
}

func smsWord(c account.SMSCountry) string { return c.ISO + "=" + bit(c.Enabled) }

func bit(on bool) string { return strconv.Itoa(count(on)) }

// flags reads a country's word; n is how many flags it has.
func flags(word string, n int) (iso string, on []bool, err error) {
	iso, bits, found := strings.Cut(word, "=")
	if !found || len(bits) != n || strings.Trim(bits, "01") != "" || !countryShape.MatchString(iso) {
		return "", nil, fmt.Errorf("%q does not say which country is to be set, and how", word)
	}
	for _, b := range bits {
		on = append(on, b == '1')
	}
	return iso, on, nil
}
