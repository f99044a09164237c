package actions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"retake/actions/account"
	"retake/store"
)

const (
	suspendedStatus = "suspended"
	activeStatus    = "active"

	roundsBeforeSuspending = 5                   // how often the calls of an account are ended before it is suspended
	readBeforeSuspending   = 30 * 24 * time.Hour // how far back audit events and alerts are kept
	accountsPage           = "Console: Account > Account management > Subaccounts"
)

// statusChanges are the subaccounts that are to be suspended or reactivated.
func statusChanges(r *Run, accounts []account.Account) ([]Change, error) {
	var all []Change
	for _, to := range []struct{ parameter, status string }{{"suspend", suspendedStatus}, {"lift", activeStatus}} {
		for _, sid := range r.Params.List(to.parameter) {
			i := slices.IndexFunc(accounts, func(a account.Account) bool { return a.SID == sid })
			if i < 0 {
				return nil, fmt.Errorf("cannot %s %s: it is none of the accounts of this family", to.parameter, sid)
			}
			c, err := statusChange(r, accounts[i], to.parameter, to.status)
			if err != nil {
				return nil, err
			}
			if c != nil {
				all = append(all, *c)
			}
		}
	}
	return all, nil
}

// statusChange is the change that an account needs, nil for none. What cannot be
// is refused before anything is planned.
func statusChange(r *Run, a account.Account, parameter, to string) (*Change, error) {
	other := map[string]string{"suspend": "lift", "lift": "suspend"}[parameter]
	switch {
	case a.SID == r.Main():
		return nil, store.WithHint(fmt.Errorf("cannot %s %s: it is the main account", parameter, a.SID), "no API changes its status (21477): ask fraud@twilio.com")
	case a.Status == "closed":
		return nil, fmt.Errorf("cannot %s %s: it is closed, which is final (21479)", parameter, a.SID)
	case slices.Contains(r.Params.List(other), a.SID):
		return nil, fmt.Errorf("cannot both suspend and lift %s", a.SID)
	case a.Status == to:
		return nil, nil
	case to == activeStatus:
		ours, err := r.suspendedHere(a.SID)
		if err != nil {
			return nil, err
		}
		if !ours {
			return nil, store.WithHint(fmt.Errorf("cannot lift %s: this case did not suspend it", a.SID), "whoever suspended it had a reason; where it was Twilio (21478), only Twilio lifts it")
		}
	}
	verb := map[string]string{suspendedStatus: "suspend", activeStatus: "reactivate"}[to]
	return &Change{
		ID: verb + "/" + a.SID, Account: a.SID, Name: a.Name, Verb: verb, Target: "the subaccount " + a.SID, Object: a.SID,
		Reversible: true, Stage: 2, Seen: a.Status, Detail: to,
	}, nil
}

// suspendedHere tells by the journal whether the last status that was set for an
// account from here was to suspend it.
func (r *Run) suspendedHere(sid string) (bool, error) {
	acts, err := r.desk.Case.Acts(r.Step.ID)
	ours := false
	for _, d := range acts {
		if d.Act.Verb == verbSetStatus && d.Act.Account == sid && (d.Outcome.Result == store.Made || d.Open()) {
			ours = d.Act.Target == suspendedStatus
		}
	}
	return ours, err
}

// setStatus suspends or reactivates a subaccount and proves it. The state is
// read before every try: what somebody else moved is left alone.
func setStatus(ctx context.Context, r *Run, c Change) Outcome {
	act := store.Act{Change: c.ID, Account: c.Account, Verb: verbSetStatus, Target: c.Detail, Seen: c.Seen}
	prepared := false
	for range triesPerEnding {
		if last, any := lastOf(r, c.ID); any && last.Open() {
			settled, err := r.settle(ctx, last)
			if err != nil {
				return Outcome{}
			}
			if settled.Open() {
				return endedAs(settled)
			}
		}
		now, err := r.Read(ctx, r.Credential(r.Main())).FetchAccount(c.Account)
		if err != nil {
			return Outcome{Outcome: store.Failed, Problem: "not sent, since its present status cannot be read: " + err.Error()}
		}
		if o, ended := statusBefore(ctx, r, c, now.Status); ended {
			return o
		}
		if c.Detail == suspendedStatus && !prepared {
			if o, ready := prepareToSuspend(ctx, r, c, now); !ready {
				return o
			}
			prepared = true
		}
		d, err := r.Do(ctx, act, r.Credential(r.Main()), func(o *account.Operations) (Reply, error) { return callStatus(ctx, r, o, c) })
		if errors.Is(err, ErrHalted) {
			return Outcome{}
		}
		if !d.Open() && d.Outcome.Result != store.Failed {
			return endedAs(d)
		}
	}
	return lastOutcome(ctx, r, c.ID)
}

// statusBefore looks whether something is left to do, and may be done.
func statusBefore(ctx context.Context, r *Run, c Change, now string) (Outcome, bool) {
	last, any := lastOf(r, c.ID)
	switch {
	case now == c.Detail && any && last.Outcome.Result == store.Made:
		return endedAs(last), true
	case now == c.Detail:
		return Outcome{Outcome: store.Already, Proof: "reading it shows that it is " + now + " already" + probeStatus(ctx, r, c.Account)}, true
	case now != c.Seen:
		return Outcome{Outcome: store.Stale, Problem: "somebody changed it since the plan: it was " + c.Seen + " and is " + now}, true
	}
	return Outcome{}, false
}

// callStatus sets the status, reads it again, and tries the account's own token.
func callStatus(ctx context.Context, r *Run, o *account.Operations, c Change) (Reply, error) {
	if err := o.SetAccountStatus(c.Account, c.Detail); err != nil {
		if isRefusal(err) {
			return Reply{}, fmt.Errorf("%w; %s", err, account.Explain(err))
		}
		return Reply{}, err
	}
	now, err := o.FetchAccount(c.Account)
	if err != nil || now.Status != c.Detail {
		return Reply{Proof: "accepted, but not seen yet", Waiting: true}, nil
	}
	return Reply{Proof: "read again: it is " + now.Status + probeStatus(ctx, r, c.Account)}, nil
}

// probeStatus says how the account answers its own token: a suspended one turns
// it away.
func probeStatus(ctx context.Context, r *Run, sid string) string {
	own := r.Credential(sid)
	if own.Secret.IsZero() {
		return "; its own token is not known, so it was not tried"
	}
	_, err := r.Read(ctx, own).FetchAccount(sid)
	switch {
	case err == nil:
		return "; its own token is let in"
	case isRefusal(err):
		return "; its own token is turned away (401)"
	}
	return "; its own token could not be tried: " + err.Error()
}

// settleStatus finds out by reading whether a status was set.
func settleStatus(ctx context.Context, r *Run, d store.Done) store.Outcome {
	now, err := r.Read(ctx, r.Credential(r.Main())).FetchAccount(d.Act.Account)
	switch {
	case err != nil:
		return store.Outcome{Result: store.Unknown, Problem: "it could not be read: " + err.Error()}
	case now.Status == d.Act.Target:
		return store.Outcome{Result: store.Made, Proof: "read again: it is " + now.Status + probeStatus(ctx, r, d.Act.Account)}
	case d.Outcome.Result == store.Waiting && r.TheirNow().Sub(r.dated(d).Began) < endingTime:
		return store.Outcome{Result: store.Waiting, Problem: "accepted, but it is still " + now.Status}
	}
	return store.Outcome{Result: store.Failed, Problem: "it is still " + now.Status + ": it was not carried out"}
}

// prepareToSuspend does what comes before a suspension. One that takes back a
// reactivation is held up by nothing.
func prepareToSuspend(ctx context.Context, r *Run, c Change, a account.Account) (Outcome, bool) {
	if c.Verb == verbSuspendAgain {
		lastLook(ctx, r, a)
		return Outcome{}, true
	}
	return readyToSuspend(ctx, r, a)
}

// readyToSuspend holds up a suspension until what only the account's own token
// reads is in the case, and no call of the account is up: calls go on in a
// suspended account.
func readyToSuspend(ctx context.Context, r *Run, a account.Account) (Outcome, bool) {
	if what, err := captureOwn(ctx, r, a); err != nil {
		return Outcome{Outcome: store.Refused, Problem: fmt.Sprintf("not suspended: the %s of %s would become unreadable and could not be read into the case: %s", what, a.SID, account.Explain(err))}, false
	}
	for range roundsBeforeSuspending {
		left, err := callsOf(ctx, r, a)
		if err != nil {
			return Outcome{Outcome: store.Refused, Problem: "not suspended: whether calls of it are up could not be read: " + account.Explain(err)}, false
		}
		if len(left) == 0 {
			return Outcome{}, true
		}
		for _, f := range left {
			if o := endFlow(ctx, r, f.change()); o.Outcome == "" {
				return Outcome{}, false // nothing more may be begun
			}
		}
	}
	return Outcome{Outcome: store.Refused, Problem: fmt.Sprintf("not suspended: calls of %s were still up after %d rounds; plan again", a.SID, roundsBeforeSuspending)}, false
}

// callsOf are the live calls and conferences of an account that are not kept.
func callsOf(ctx context.Context, r *Run, a account.Account) ([]flow, error) {
	all, err := trafficIn(ctx, r, a)
	if _, blind := r.Noted(blindTraffic + a.SID); blind && err == nil {
		err = fmt.Errorf("a list of %s was refused", a.SID)
	}
	keep := r.Params.List("keep")
	return slices.DeleteFunc(all, func(f flow) bool { return f.kind == messageFlow || f.kept(keep) }), err
}

// captureOwn reads into the case what only the account's own token reads, from
// where a capture has left off. It names what could not be read.
func captureOwn(ctx context.Context, r *Run, a account.Account) (string, error) {
	own := r.Credential(a.SID)
	if own.Secret.IsZero() {
		return "audit events", errors.New("its own token is not known")
	}
	marks, err := r.Case().Captures()
	if err != nil {
		return "audit events", err
	}
	for _, s := range account.Sources() {
		if !s.Own {
			continue
		}
		if err := readOwn(ctx, r, own, s, ownWindow(r, marks, s, a.SID)); err != nil {
			return s.Title, err
		}
	}
	if _, err := r.Read(ctx, own).ListIAMKeys(a.SID); err != nil {
		return "flags and policies of API keys", err
	}
	return "", nil
}

// ownWindow is what of a source is not in the case yet.
func ownWindow(r *Run, marks []store.CapturedList, s account.SourceInfo, sid string) account.Window {
	if !s.Dated {
		return account.Window{}
	}
	now := r.TheirNow().UTC()
	from := now.Add(-readBeforeSuspending + 24*time.Hour).Truncate(24 * time.Hour)
	for _, m := range marks {
		if m.Source == string(s.Source) && m.Account == sid && m.Done && m.To.After(from) {
			from = m.To.Add(-captureOverlap)
		}
	}
	return account.Window{From: from, To: now}
}

// readOwn reads a source to its end; each page is an exhibit.
func readOwn(ctx context.Context, r *Run, own account.Credential, s account.SourceInfo, w account.Window) error {
	got, cursor := 0, ""
	for {
		p, err := r.Read(ctx, own).Page(s.Source, own.SID, w, cursor)
		if err != nil {
			return err
		}
		got, cursor = got+len(p.Records), p.Next
		if cursor == "" {
			return r.See(own.SID, string(s.Source), got)
		}
	}
}

// wrongStatus says which account is not as the parameters want it, "" for none.
func wrongStatus(r *Run, accounts []account.Account) string {
	for _, a := range accounts {
		switch {
		case slices.Contains(r.Params.List("suspend"), a.SID) && a.Status != suspendedStatus:
			return a.SID + " is " + a.Status + " and not suspended: plan again, or see " + accountsPage
		case slices.Contains(r.Params.List("lift"), a.SID) && a.Status != activeStatus:
			return a.SID + " is " + a.Status + " and not active: plan again, or see " + accountsPage
		}
	}
	return ""
}
