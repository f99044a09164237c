package account

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"

	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// A Trigger calls an address when usage passes a value. It only tells: it
// stops nothing. Name and Callback are masked, and untrusted.
type Trigger struct {
	SID, Name               string
	Category                string // such as "totalprice"
	By                      string // "count", "usage" or "price"
	Value, Current          string
	Recurring               string // "daily", "monthly", "yearly", or "" for once
	Callback, Method        string
	Fired, Created, Updated time.Time
}

// A NewTrigger is one to be created. Name, By, Recurring and Method may be
// empty, and then are Twilio's choice.
type NewTrigger struct {
	Name, Category, By string
	Value              string // such as "50", or "+50" above the present usage
	Recurring          string
	Callback, Method   string
}

// ListTriggers reads the usage triggers of an account, by its own token or its
// parent's. On an error the triggers read so far come with it.
// Twilio: GET api.twilio.com/2010-04-01/Accounts/{account}/Usage/Triggers.json.
func (o *Operations) ListTriggers(account string) ([]Trigger, error) {
	if err := checkSIDs("AC", account); err != nil {
		return nil, err
	}
	w := o.wire(account, "usage_triggers")
	service := api.NewApiService(w.requests())
	return collect(w, func(at position) (page[Trigger], error) {
		got, err := service.PageUsageTrigger(&api.ListUsageTriggerParams{PathAccountSid: &account, PageSize: &pageSize}, at.token, at.number)
		if err != nil {
			return page[Trigger]{}, err
		}
		return page[Trigger]{each(got.UsageTriggers, w.line.trigger), value(got.NextPageUri)}, nil
	}, func(t Trigger) string { return t.SID })
}

// CreateTrigger creates a usage trigger and returns its SID. A SID may come
// with an error that is Unsure.
// Twilio: POST api.twilio.com/2010-04-01/Accounts/{account}/Usage/Triggers.json.
func (o *Operations) CreateTrigger(account string, n NewTrigger) (string, error) {
	if err := checkSIDs("AC", account); err != nil {
		return "", err
	}
	if err := n.check(); err != nil {
		return "", err
	}
	w := o.wire(account, "")
	_, err := api.NewApiService(w.requests()).CreateUsageTrigger(n.params(account))
	if w.body == nil {
		return "", w.settle(err, true)
	}
	// From the reply itself: the SID must not be lost to a number that
	// twilio-go's model does not understand.
	var sid string
	_ = json.Unmarshal(w.member("sid"), &sid)
	if checkSIDs("UT", sid) != nil {
		return "", w.lacking("the reply says success but holds no trigger")
	}
	return sid, w.settle(nil, true)
}

// UpdateTriggerCallback changes which address a trigger calls, and how; an
// empty method leaves that as it is.
// Twilio: POST api.twilio.com/2010-04-01/Accounts/{account}/Usage/Triggers/{sid}.json.
func (o *Operations) UpdateTriggerCallback(account, sid, callback, method string) error {
	if err := checkTrigger(account, sid); err != nil {
		return err
	}
	if err := checkCallback(callback, method); err != nil {
		return err
	}
	w := o.wire(account, "")
	params := &api.UpdateUsageTriggerParams{PathAccountSid: &account, CallbackUrl: &callback, CallbackMethod: some(method)}
	got, err := api.NewApiService(w.requests()).UpdateUsageTrigger(sid, params)
	switch {
	case err != nil:
		return w.settle(err, true)
	case value(got.Sid) != sid:
		return w.lacking("the reply says success but is not about trigger " + sid)
	}
	return w.settle(nil, true)
}

// FetchTrigger reads one usage trigger.
// Twilio: GET api.twilio.com/2010-04-01/Accounts/{account}/Usage/Triggers/{sid}.json.
func (o *Operations) FetchTrigger(account, sid string) (Trigger, error) {
	if err := checkTrigger(account, sid); err != nil {
		return Trigger{}, err
	}
	w := o.wire(account, "")
	got, err := api.NewApiService(w.requests()).FetchUsageTrigger(sid, &api.FetchUsageTriggerParams{PathAccountSid: &account})
	switch {
	case err != nil:
		return Trigger{}, w.settle(err, false)
	case value(got.Sid) != sid:
		return Trigger{}, w.strange("the reply is not about trigger " + sid)
	}
	return w.line.trigger(*got), nil
}

// DeleteTrigger deletes a usage trigger.
// Twilio: DELETE api.twilio.com/2010-04-01/Accounts/{account}/Usage/Triggers/{sid}.json.
func (o *Operations) DeleteTrigger(account, sid string) error {
	if err := checkTrigger(account, sid); err != nil {
		return err
	}
	w := o.wire(account, "")
	return w.settle(api.NewApiService(w.requests()).DeleteUsageTrigger(sid, &api.DeleteUsageTriggerParams{PathAccountSid: &account}), true)
}

func checkTrigger(account, sid string) error {
	if err := checkSIDs("AC", account); err != nil {
		return err
	}
	return checkSIDs("UT", sid)
}

var (
	categoryShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)
	amountShape   = regexp.MustCompile(`^\+?[0-9]{1,15}(\.[0-9]{1,9})?$`)
)

func (n NewTrigger) check() error {
	switch {
	case !categoryShape.MatchString(n.Category):
		return notSent(nil, "%q is not a usage category, such as totalprice", cut(n.Category, 60))
	case !amountShape.MatchString(n.Value):
		return notSent(nil, "%q is not a value for a trigger, such as 50 or +50", cut(n.Value, 60))
	case !slices.Contains([]string{"", "count", "usage", "price"}, n.By):
		return notSent(nil, "a trigger goes by count, usage or price, not by %q", cut(n.By, 60))
	case !slices.Contains([]string{"", "daily", "monthly", "yearly", "alltime"}, n.Recurring):
		return notSent(nil, "a trigger recurs daily, monthly, yearly or alltime, not %q", cut(n.Recurring, 60))
	case utf8.RuneCountInString(n.Name) > 64:
		return notSent(nil, "the name of a trigger has at most 64 characters")
	}
	return checkCallback(n.Callback, n.Method)
}

// checkCallback does not repeat the address: there may be a password in it.
func checkCallback(callback, method string) error {
	u, err := url.Parse(callback)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return notSent(nil, "the callback must be a whole address that begins with https:// or http://")
	case !slices.Contains([]string{"", "GET", "POST"}, method):
		return notSent(nil, "the callback is called by GET or POST, not by %q", cut(method, 20))
	}
	return nil
}

func (n NewTrigger) params(account string) *api.CreateUsageTriggerParams {
	return &api.CreateUsageTriggerParams{
		PathAccountSid: &account, CallbackUrl: &n.Callback, TriggerValue: &n.Value, UsageCategory: &n.Category,
		CallbackMethod: some(n.Method), FriendlyName: some(n.Name), Recurring: some(n.Recurring), TriggerBy: some(n.By),
	}
}

// some is an optional parameter: none if it is empty.
func some(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func (l *Line) trigger(t api.ApiV2010UsageTrigger) Trigger {
	return Trigger{
		SID: value(t.Sid), Name: l.Mask(value(t.FriendlyName)), Category: value(t.UsageCategory), By: value(t.TriggerBy),
		Value: value(t.TriggerValue), Current: value(t.CurrentValue), Recurring: value(t.Recurring),
		Callback: l.Mask(value(t.CallbackUrl)), Method: value(t.CallbackMethod),
		Fired: date(t.DateFired), Created: date(t.DateCreated), Updated: date(t.DateUpdated),
	}
}
