package actions

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"retake/actions/account"
	"retake/store"
)

// PanicStep is what the panic order is filed under: no step of the playbook, but
// the shortest safe path through some of them.
const PanicStep = "panic"

// PanicOrder is the standing order that one confirmation agrees to: the steps of
// the shortest safe path, one after the other, on all accounts, each as its own
// plan. It is agreed to by its digest, which is over everything else in it.
type PanicOrder struct {
	Digest     string      `json:"digest"`
	Step       string      `json:"step"`    // PanicStep
	Account    string      `json:"account"` // the main account
	Scope      string      `json:"scope"`   // in words
	Parameters Params      `json:"parameters"`
	Steps      []PanicPart `json:"steps"` // in order
	MaxTime    Span        `json:"max_time"`
	MaxCount   int         `json:"max_count"` // changes, over all steps
	Breaks     []string    `json:"breaks"`    // what stops working
	Final      []string    `json:"final"`     // what cannot be undone
}

// PanicPart is one step of the path.
type PanicPart struct {
	Step      string   `json:"step"`
	Title     string   `json:"title"`
	Predicate string   `json:"predicate"` // what is changed, in words
	Keep      []string `json:"keep"`      // what is left as it is
	Params    Params   `json:"parameters"`
	Skip      string   `json:"skip"` // why it is left to a person; "" if it is carried out
}

// PanicPlan is an order with what it will take, as far as that is known.
type PanicPlan struct {
	Order    *PanicOrder
	Accounts int           // that are active now
	Requests int           // about
	Takes    time.Duration // about, at the pace that the line has at present
}

// panicScope is which accounts the order is about.
const panicScope = "the main account and all its subaccounts, also those that appear before a step is planned"

// leg is a step of the path: what it does in a few words, and which parameters
// are not left to the responder.
type leg struct {
	step, predicate string
	fixed           map[string]string
	offered         []string // parameters that can be given
	keep            string   // the parameter that names what is left alone
	early           bool     // it may read while the order is not agreed to, and while those before it act
}

// path is the shortest safe way to hurt the intruder most: where he calls, what
// is under way, what lets him in. Each leg is safe by itself.
var path = []leg{
	{"geo-and-triggers", "every country for calls and messages that is open and not allowed is shut", map[string]string{"mode": "lock"}, []string{"allow"}, "allow", true},
	{"stop-traffic", "every live call, conference and scheduled message that is not kept is ended or cancelled", nil, []string{"keep", "suspend"}, "keep", true},
	{"auth-tokens", "every Auth Token that is burnt is replaced at once", map[string]string{"mode": "kill-now"}, []string{"propagation"}, "", false},
	{"api-keys", "every API key that is not kept is deleted, new ones too", nil, []string{"keep"}, "keep", false},
}

// PanicForm is the form of the panic order: it has parameters as a step has, and
// stands on no board.
func (d *Desk) PanicForm() *Step {
	s := &Step{ID: PanicStep, Title: "Panic: the shortest safe path", Phase: Contain, Parameters: []Parameter{
		{Name: "minutes", Type: Number, Default: "60", Help: "bound of the order: after so many minutes no further step is begun"},
		{Name: "count", Type: Number, Default: "5000", Help: "bound of the order: so many changes over all steps"},
	}}
	for _, l := range path {
		step, err := d.Step(l.step)
		if err != nil || step.Work == nil {
			continue
		}
		for _, p := range step.Parameters {
			if slices.Contains(l.offered, p.Name) {
				p.Name = l.step + "." + p.Name
				s.Parameters = append(s.Parameters, p)
			}
		}
	}
	return s
}

// PlanPanic makes the panic order and files it. Of the account it reads the list
// of accounts only, which tells how much there is to do; each step reads what it
// needs when its turn comes.
func (d *Desk) PlanPanic(ctx context.Context, given map[string]string) (*PanicPlan, error) {
	d.busy.Lock()
	defer d.busy.Unlock()
	order, err := d.panicOrder(given)
	if err != nil {
		return nil, err
	}
	r := &Run{Step: &Step{ID: PanicStep}, desk: d, line: d.line.ReadOnly(), report: &Report{}}
	if err := d.connect(ctx, r); err != nil {
		return nil, r.explain(err)
	}
	accounts, err := r.Listed(ctx)
	if err != nil {
		return nil, r.explain(err)
	}
	text, err := json.Marshal(order)
	if err != nil {
		return nil, fmt.Errorf("cannot write the panic order: %w", err)
	}
	if err := d.Case.AddPlan(PanicStep, store.PlanEntry{Digest: order.Digest, Plan: text}); err != nil {
		return nil, err
	}
	d.alarm = alarm{d.now(), accounts, order.Digest, map[int]*lead{}}
	return d.estimate(order, accounts), nil
}

// panicOrder makes the order from its parameters alone, so that the same ones
// make the same digest.
func (d *Desk) panicOrder(given map[string]string) (*PanicOrder, error) {
	form := d.PanicForm()
	params, err := form.Settle(given)
	if err != nil {
		return nil, err
	}
	o := &PanicOrder{
		Step: PanicStep, Account: d.Case.Header.Account, Scope: panicScope, Parameters: params,
		MaxTime: Span(time.Duration(params.Number("minutes")) * time.Minute), MaxCount: params.Number("count"),
		Breaks: []string{}, Final: []string{},
	}
	for _, l := range path {
		part, err := d.panicPart(l, params)
		if err != nil {
			return nil, err
		}
		o.Steps = append(o.Steps, part)
		if part.Skip == "" {
			o.Breaks = append(o.Breaks, legBreaks[l.step]...)
			o.Final = append(o.Final, legFinal[l.step]...)
		}
	}
	return o, o.seal()
}

func (d *Desk) panicPart(l leg, params Params) (PanicPart, error) {
	part := PanicPart{Step: l.step, Title: l.step, Predicate: l.predicate, Keep: []string{}, Params: Params{}}
	step, err := d.Step(l.step)
	if err != nil || step.Work == nil {
		part.Skip = "not done by Retake: do it by hand, the step says what and where"
		if err == nil {
			part.Title = step.Title
		}
		return part, nil
	}
	given := map[string]string{}
	for name, value := range l.fixed {
		given[name] = value
	}
	for name, value := range params {
		if of, short, prefixed := strings.Cut(name, "."); prefixed && of == l.step {
			given[short] = value
		}
	}
	part.Title = step.Title
	if part.Params, err = step.Settle(given); err != nil {
		return part, fmt.Errorf("%s: %w", l.step, err)
	}
	part.Keep = append(part.Keep, part.Params.List(l.keep)...)
	return part, nil
}

// legBreaks says what a step of the path breaks, in few words.
var legBreaks = map[string][]string{
	"geo-and-triggers": {"all calls and messages to all countries stop, except those that are allowed"},
	"stop-traffic":     {"calls and conferences under way end, scheduled messages are not sent: your own too, except those that are kept"},
	"auth-tokens":      {"every integration with an Auth Token stops until it has the new one; webhooks are signed with the new one"},
	"api-keys":         {"every integration with an API key stops until it has another one; Voice, Video and Conversations clients drop"},
}

// legFinal says what of a step of the path cannot be undone.
var legFinal = map[string][]string{
	"stop-traffic": {"calls that are ended and messages that are cancelled"},
	"auth-tokens":  {"old Auth Tokens never work again"},
	"api-keys":     {"deleted API keys never work again"},
}

// seal computes the digest as that of a plan is.
func (o *PanicOrder) seal() error {
	o.Digest = ""
	text, err := store.Canonical(o)
	if err != nil {
		return fmt.Errorf("cannot compute the digest of the panic order: %w", err)
	}
	sum := sha256.Sum256(text)
	o.Digest = hex.EncodeToString(sum[:])
	return nil
}

// filedPanic is the latest panic order of the case, nil if there is none.
func filedPanic(c *store.Case) (*PanicOrder, error) {
	entry, found, err := c.LatestPlan(PanicStep)
	if err != nil || !found {
		return nil, err
	}
	var o PanicOrder
	if err := json.Unmarshal(entry.Plan, &o); err != nil {
		return nil, fmt.Errorf("cannot read the panic order %.12s: %w", entry.Digest, err)
	}
	if err := o.seal(); err != nil {
		return nil, err
	}
	if o.Digest != entry.Digest {
		return nil, fmt.Errorf("cannot use the panic order %.12s: it is not the one that was filed under this digest", entry.Digest)
	}
	return &o, nil
}

// OpenPanic is the panic order that was agreed to and is not finished, nil if
// there is none.
func (d *Desk) OpenPanic() (*PanicOrder, error) { return OpenPanic(d.Case) }

// OpenPanic is that of a case without a desk.
func OpenPanic(c *store.Case) (*PanicOrder, error) {
	s, err := c.Progress(PanicStep)
	if err != nil || s.Agreed == "" {
		return nil, err
	}
	o, err := filedPanic(c)
	if err != nil || o == nil || o.Digest != s.Agreed {
		return nil, err
	}
	return o, nil
}

// errOtherOrder says that the order that is agreed to is not the latest one.
var errOtherOrder = errors.New("it is not the latest panic order")

// estimate says how much there is to do, as far as the list of accounts tells:
// what is read and changed of each account, with a few keys each. At the pace of
// the last seconds, or at that of a line which has not sent much yet.
func (d *Desk) estimate(o *PanicOrder, accounts []account.Account) *PanicPlan {
	p := &PanicPlan{Order: o}
	for _, a := range accounts {
		p.Accounts += count(a.Status == "active")
	}
	for _, part := range o.Steps {
		if part.Skip == "" {
			p.Requests += legRequests[part.Step] * p.Accounts
		}
	}
	pace := max(d.Pace().PerSecond, usualPace)
	p.Takes = time.Duration(float64(p.Requests) / pace * float64(time.Second))
	return p
}

// usualPace is how many requests a second a line sends that Twilio lets ten at
// once be in flight on, and that answers in a third of a second.
const usualPace = 30

// legRequests is about how many requests a step sends for an account: what it
// reads, changes and reads again; of the keys, three are reckoned with.
var legRequests = map[string]int{"geo-and-triggers": 12, "stop-traffic": 20, "auth-tokens": 5, "api-keys": 18}
