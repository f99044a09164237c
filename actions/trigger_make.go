package actions

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"retake/actions/account"
)

// watch is a daily trigger that the step wants.
type watch struct{ category, by, value string }

// watches are the triggers that the parameters ask for.
func watches(p Params) []watch {
	return []watch{
		{"totalprice", "price", p["spend"]},
		{"calls-outbound", "count", p["calls"]},
		{"sms-outbound", "count", p["sms"]},
		{"authy-phone-verifications", "count", p["verifications"]},
	}
}

// word is a trigger in one word, with the address that it calls.
func (w watch) word(callback string) string {
	return fmt.Sprintf("daily:%s:%s:%s:%s", w.category, w.by, w.value, callback)
}

// noTrigger is the state of the account as long as there is no such trigger.
const noTrigger = "none"

// watchOf reads what word wrote.
func watchOf(word string) (w watch, callback string, err error) {
	parts := strings.SplitN(word, ":", 5)
	if len(parts) != 5 || parts[0] != "daily" {
		return w, "", fmt.Errorf("%q does not say which trigger is to be created", word)
	}
	return watch{parts[1], parts[2], parts[3]}, parts[4], nil
}

// is tells whether a trigger of the account is the one that is wanted. Of the
// address only the host is compared: the rest may be masked.
func (w watch) is(t account.Trigger, callback string) bool {
	want, _ := strconv.ParseFloat(w.value, 64)
	have, err := strconv.ParseFloat(t.Value, 64)
	return err == nil && have == want && t.Category == w.category && t.By == w.by && t.Recurring == "daily" && hostOf(t.Callback) == hostOf(callback)
}

// triggerName is how the case's own triggers are called.
func triggerName(w watch) string { return "Retake: daily " + w.category }

// hostOf is the host of an address, "" if it has none.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}

// trigger creates a trigger where there is none like it.
func (s setting) trigger() (setting, error) {
	s.page, s.what = triggerPage, "triggers"
	if len(s.want) != 1 {
		return s, fmt.Errorf("%q does not say which trigger is to be created", s.act.Target)
	}
	w, callback, err := watchOf(s.want[0])
	s.set = func(o *account.Operations) ([]string, error) {
		_, err := o.CreateTrigger(s.act.Account, account.NewTrigger{
			Name: triggerName(w), Category: w.category, By: w.by, Value: w.value,
			Recurring: "daily", Callback: callback, Method: "POST",
		})
		return nil, err
	}
	s.read = func(o *account.Operations) ([]string, error) {
		all, err := o.ListTriggers(s.act.Account)
		for _, t := range all {
			if w.is(t, callback) {
				return []string{s.want[0]}, err
			}
		}
		return []string{noTrigger}, err
	}
	return s, err
}
