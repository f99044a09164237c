package actions

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"retake/actions/account"
	"retake/actions/sim"
	"retake/store"
)

const trafficStep = "stop-traffic"

// quietly is an account in whose traffic the intruder is at work, at a clock
// that stands still.
func quietly() sim.Options {
	return sim.Options{Clock: func() time.Duration { return 0 }, Calls: 12, Messages: 12}
}

// subaccount is an active one that the intruder uses.
func (b *bench) subaccount() string {
	b.t.Helper()
	var all []string
	for sid := range b.olds {
		if sid != b.opening.AccountSID {
			all = append(all, sid)
		}
	}
	l, _ := account.NewLine(account.Options{Transport: b.world})
	accounts, err := l.As(b.credential()).On(context.Background(), unrecorded{}).ListAccounts()
	if err != nil || len(all) == 0 {
		b.t.Fatalf("%v, %v", err, all)
	}
	slices.SortFunc(accounts, func(x, y account.Account) int { return x.Created.Compare(y.Created) })
	for _, a := range accounts {
		if slices.Contains(all, a.SID) && len(b.goingOn(a.SID)) > 3 {
			return a.SID
		}
	}
	b.t.Fatal("no subaccount has live traffic")
	return ""
}

// goingOn is what goes on or waits in an account, by the sim's own client.
func (b *bench) goingOn(sid string) (all []string) {
	b.t.Helper()
	l, _ := account.NewLine(account.Options{Transport: b.world})
	r := &Run{Step: &Step{ID: trafficStep}, Params: Params{"pages": "3"}, desk: b.desk, line: l, report: &Report{}, memo: map[string]string{}}
	b.desk.family.learn(b.opening.AccountSID, b.credential().Secret)
	found, err := trafficIn(context.Background(), r, account.Account{SID: sid, Status: "active"})
	if err != nil {
		b.t.Fatal(err)
	}
	return mapped(found, func(f flow) string { return string(f.kind) + " " + f.sid })
}

func (b *bench) liveEverywhere() (all []string) {
	for sid := range b.olds {
		all = append(all, b.goingOn(sid)...)
	}
	return all
}

// Everything that is live is in the plan, with its cost, and is over after it.
func TestTrafficIsStopped(t *testing.T) {
	o := quietly()
	o.Calls = 90 // some of which are over and have their price
	b := newBench(t, o)
	before := b.liveEverywhere()
	meter := b.world.Meter()
	findings := b.plan(trafficStep).Findings
	r := b.apply(trafficStep)
	if len(before) < 20 || len(r.Plan.Changes) != len(before) || len(r.Outcomes) != len(before) || len(r.Plan.Orders) != 1 {
		t.Fatalf("%d live, %d changes, %d outcomes", len(before), len(r.Plan.Changes), len(r.Outcomes))
	}
	if left := b.liveEverywhere(); len(left) != 0 || r.State != store.NeedsPerson || !strings.Contains(r.Why, "attest") {
		t.Errorf("%v are left; %s: %s", left, r.State, r.Why)
	}
	if after := b.world.Meter(); meter.ToCome == 0 || after.ToCome != 0 {
		t.Errorf("%d were to come, %d still are", meter.ToCome, after.ToCome)
	}
	for _, o := range r.Outcomes {
		if o.Outcome != store.Made || !strings.Contains(o.Proof, "read again") {
			t.Errorf("%+v", o)
		}
	}
	costs := 0
	for _, f := range findings {
		costs += count(strings.Contains(f.Text, "a minute that"))
		if strings.HasPrefix(f.ID, "live/") && len(f.Exhibits) == 0 {
			t.Errorf("%s names no exhibit", f.ID)
		}
	}
	if costs == 0 {
		t.Errorf("no cost is known: %+v", findings)
	}
	b.proveJournal()
	b.verify()
}

// Own traffic that is named goes on: a call, a number, a whole account.
func TestKeptTrafficGoesOn(t *testing.T) {
	b := newBench(t, quietly())
	sub := b.subaccount()
	kept := b.goingOn(sub)
	main := b.goingOn(b.opening.AccountSID)
	one := main[slices.IndexFunc(main, func(s string) bool { return strings.HasPrefix(s, "call ") })]
	r := b.apply(trafficStep, "keep="+sub+","+strings.TrimPrefix(one, "call "))
	if left := b.goingOn(sub); !slices.Equal(left, kept) {
		t.Errorf("of %d kept %d are left", len(kept), len(left))
	}
	if left := b.goingOn(b.opening.AccountSID); !slices.Equal(left, []string{one}) {
		t.Errorf("%v are left of the main account", left)
	}
	if !strings.Contains(r.Why, "except what you keep") || len(r.Plan.Orders[0].Keep) != 2 {
		t.Errorf("%s, %+v", r.Why, r.Plan.Orders)
	}
}

// The standing order ends what comes meanwhile, and says so when it has no end.
func TestTrafficThatKeepsComing(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]struct {
		more int64
		set  []string
		why  string
	}{
		"it ends":   {9, nil, "two reads"},
		"too many":  {100, []string{"max_count=10"}, "keep coming"},
		"too long":  {100, []string{"max_time=2m"}, "keep coming"},
		"after 50s": {100, []string{"max_time=50s", "max_count=900"}, "keep coming"},
	} {
		t.Run(name, func(t *testing.T) {
			var passed, looks atomic.Int64
			o := quietly()
			o.Clock = func() time.Duration { return time.Duration(passed.Load()) }
			o.Faults = func(r *http.Request, _ int) sim.Fault {
				if r.URL.Query().Get("Status") == "queued" && looks.Add(1) <= of.more {
					passed.Add(int64(9 * time.Second))
				}
				return sim.NoFault
			}
			b := newBench(t, o)
			looks.Store(0)
			r := b.apply(trafficStep, of.set...)
			if !strings.Contains(r.Why, of.why) || name != "too many" && len(r.Outcomes) <= len(r.Plan.Changes) {
				t.Errorf("%s; %d outcomes of %d changes", r.Why, len(r.Outcomes), len(r.Plan.Changes))
			}
			bound := slices.ContainsFunc(r.Findings, func(f Finding) bool { return strings.HasPrefix(f.ID, "bound/") })
			if bound != (of.why == "keep coming") {
				t.Errorf("bound %v: %+v", bound, r.Findings)
			}
			b.proveJournal()
		})
	}
}

// A subaccount is suspended when its calls are over and what only it shows is
// filed, and is proved suspended; lift undoes what this case did and no more.
func TestSuspendAndLift(t *testing.T) {
	t.Parallel()
	b := newBench(t, quietly()).checked()
	sub := b.subaccount()
	if _, err := b.desk.Plan(context.Background(), trafficStep, params([]string{"lift=" + sub})); err != nil {
		t.Errorf("to lift an active one is nothing: %v", err)
	}
	r := b.apply(trafficStep, "suspend="+sub)
	last := r.Outcomes[len(r.Outcomes)-1]
	if last.Verb != "suspend" || last.Outcome != store.Made || !strings.Contains(last.Proof, "turned away (401)") {
		t.Fatalf("%+v", last)
	}
	status := 0
	if status, _ = b.ask(sub, b.olds[sub], "/Accounts/"+sub+".json"); status != http.StatusUnauthorized {
		t.Errorf("its token answers %d", status)
	}
	b.provedBeforeSuspension(sub)
	again := b.plan(trafficStep, "suspend="+sub)
	if !again.Plan.Empty() {
		t.Errorf("something is left: %+v", again.Plan.Changes)
	}
	r = b.apply(trafficStep, "lift="+sub)
	if len(r.Outcomes) != 1 || r.Outcomes[0].Outcome != store.Made || !strings.Contains(r.Outcomes[0].Proof, "let in") {
		t.Errorf("%+v", r.Outcomes)
	}
	r = b.apply(trafficStep, "suspend="+sub) // and once more
	if r.Outcomes[len(r.Outcomes)-1].Outcome != store.Made {
		t.Errorf("%+v", r.Outcomes)
	}
	b.proveJournal()
	b.verify()
}

// provedBeforeSuspension wants the audit events and alerts of the account filed,
// and its calls ended, before it was suspended.
func (b *bench) provedBeforeSuspension(sub string) {
	b.t.Helper()
	var filed []string
	_ = b.c.Entries(0, func(e store.Entry) bool {
		var x store.ExhibitEntry
		var a store.Act
		switch {
		case e.Kind == store.KindExhibit && e.Decode(&x) == nil && x.As == sub:
			filed = append(filed, x.URL)
		case e.Kind == store.KindIntent && e.Decode(&a) == nil && a.Verb == verbSetStatus:
			return false
		}
		return true
	})
	for _, want := range []string{"/v1/Events", "/v1/Alerts", "/v1/DialingPermissions", "/v1/Messaging/GeoPermissions", "/v1/Keys"} {
		if !slices.ContainsFunc(filed, func(url string) bool { return strings.Contains(url, want) }) {
			b.t.Errorf("%s was not read before: %v", want, filed)
		}
	}
	suspended := false
	for _, a := range b.world.Acts() {
		suspended = suspended || verbIn(a) == verbSetStatus
		if suspended && a.Account == sub && verbIn(a) == verbEndCall {
			b.t.Error("a call was ended only after the account was suspended")
		}
	}
}

// turnedAway refuses the audit log.
type turnedAway struct{ http.RoundTripper }

func (t turnedAway) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != "monitor.twilio.com" {
		return t.RoundTripper.RoundTrip(r)
	}
	body := `{"code":20403,"status":403,"message":"Forbidden"}`
	return &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// Where its audit events cannot be read, a subaccount is not suspended.
func TestNotSuspendedUnread(t *testing.T) {
	b := newBench(t, quietly())
	sub := b.subaccount()
	b.wire.Transport = turnedAway{b.world}
	b.sit()
	r := b.apply(trafficStep, "suspend="+sub)
	last := r.Outcomes[len(r.Outcomes)-1]
	if last.Outcome != store.Refused || !strings.Contains(last.Problem, "Audit events") || b.executed("client")[verbSetStatus+" "+sub] != 0 {
		t.Errorf("%+v", last)
	}
}

func TestAccountsThatCannotBeSuspended(t *testing.T) {
	b := newBench(t, quietly())
	sub := b.subaccount()
	for _, set := range [][]string{
		{"suspend=" + b.opening.AccountSID}, {"suspend=AC" + strings.Repeat("0", 32)}, {"suspend=" + sub, "lift=" + sub},
		{"suspend=sub"}, {"keep=mine"}, {"max_time=soon"}, {"max_count=0"},
	} {
		if _, err := b.desk.Plan(context.Background(), trafficStep, params(set)); err == nil {
			t.Errorf("%v was planned", set)
		}
	}
	l, _ := account.NewLine(account.Options{Transport: b.world})
	all, _ := l.As(b.credential()).On(context.Background(), unrecorded{}).ListAccounts()
	i := slices.IndexFunc(all, func(a account.Account) bool { return a.Status == suspendedStatus })
	if i < 0 {
		t.Fatal("no subaccount is suspended")
	}
	if _, err := b.desk.Plan(context.Background(), trafficStep, params([]string{"lift=" + all[i].SID})); err == nil || !strings.Contains(err.Error(), "did not suspend it") {
		t.Errorf("lift: %v", err)
	}
}

// A queued message that cannot be recalled is refused once, and not again and
// again by the standing order.
func TestQueuedMessagesThatCannotBeRecalled(t *testing.T) {
	o := quietly()
	o.Switches.CancelQueued = "refuse"
	b := newBench(t, o)
	r := b.apply(trafficStep)
	refused := 0
	for _, out := range r.Outcomes {
		if out.Outcome == store.Refused {
			refused++
			if !strings.Contains(out.Target, "queued message") || !strings.Contains(out.Problem, "30409") {
				t.Errorf("%+v", out)
			}
		}
	}
	if refused == 0 || r.State != store.NeedsPerson || !strings.Contains(r.Why, "refused") {
		t.Errorf("%d refused; %s: %s", refused, r.State, r.Why)
	}
	b.proveJournal()
}

// What ended by itself between the plan and the act is done already.
func TestTrafficThatEndedByItself(t *testing.T) {
	t.Parallel()
	for name, fresh := range map[string]bool{"at once": true, "a new process": false} {
		t.Run(name, func(t *testing.T) {
			var passed time.Duration
			o := quietly()
			o.Clock = func() time.Duration { return passed }
			b := newBench(t, o)
			p := b.plan(trafficStep, "max_count=1")
			passed = 4 * time.Hour
			if fresh {
				b.desk.planned.at = b.desk.now()
			} else {
				b.sit()
			}
			r, err := b.desk.Apply(context.Background(), trafficStep, Agreed{Digest: p.Plan.Digest}, nil)
			if err != nil {
				t.Fatal(err)
			}
			already := 0
			for _, out := range r.Outcomes {
				already += count(out.Outcome == store.Already)
			}
			if already < len(p.Plan.Changes)-2 { // a conference lasts longer
				t.Errorf("%d of %d are already over", already, len(p.Plan.Changes))
			}
			b.proveJournal()
		})
	}
}

// Each changing request meets each fault, suspension too.
func TestTrafficFaults(t *testing.T) {
	for turn, name := range badReplies() {
		for _, n := range places(t, 9, turn) { // of 28 requests
			n := 3*n + 1
			t.Run(fmt.Sprintf("%s/%d", name, n), func(t *testing.T) {
				t.Parallel()
				var changes atomic.Int64
				o := quietly()
				o.Calls, o.Messages = 7, 7
				o.Faults = func(r *http.Request, _ int) sim.Fault {
					if r.Method != http.MethodGet && changes.Add(1) == n {
						return faults[name]
					}
					return sim.NoFault
				}
				b := newBench(t, o)
				sub := b.subaccount()
				goOn(b, trafficStep, "suspend="+sub)
				b.proveJournal()
				if left := b.liveEverywhere(); len(left) > 0 {
					t.Errorf("%v are left", left)
				}
				if n := b.executed("client")[verbSetStatus+" "+sub]; n != 1 {
					t.Errorf("suspended %d times", n)
				}
			})
		}
	}
}

// A suspension whose reply goes wrong is settled by reading, and sent once.
func TestSuspensionFaults(t *testing.T) {
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var met atomic.Bool
			sub := ""
			o := quietly()
			o.Calls, o.Messages = 7, 7
			o.Faults = func(r *http.Request, _ int) sim.Fault {
				if r.Method == http.MethodPost && sub != "" && strings.HasSuffix(r.URL.Path, "/Accounts/"+sub+".json") && met.CompareAndSwap(false, true) {
					return fault
				}
				return sim.NoFault
			}
			b := newBench(t, o)
			sub = b.subaccount()
			goOn(b, trafficStep, "suspend="+sub)
			b.proveJournal()
			if n := b.executed("client")[verbSetStatus+" "+sub]; n != 1 || !met.Load() {
				t.Errorf("suspended %d times", n)
			}
		})
	}
}

// Where Twilio refuses the lists of a suspended subaccount, that is said, and
// nothing of it counts as seen.
func TestSuspendedAndOutOfSight(t *testing.T) {
	o := quietly()
	o.Switches.SuspendedViaParent = "deny"
	b := newBench(t, o)
	sub := b.subaccount()
	r := b.apply(trafficStep, "suspend="+sub)
	if last := r.Outcomes[len(r.Outcomes)-1]; last.Verb != "suspend" || last.Outcome != store.Made {
		t.Errorf("%+v", last)
	}
	if !slices.ContainsFunc(r.Unseen, func(u Unseen) bool { return u.What == "in-progress calls of "+sub }) {
		t.Errorf("%+v", r.Unseen)
	}
	if !strings.Contains(r.Why, "attest") || !strings.Contains(r.Why, "not covered") {
		t.Error(r.Why)
	}
}
