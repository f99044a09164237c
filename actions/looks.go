package actions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"retake/actions/account"
	"retake/actions/probe"
	"retake/store"
)

// The verbs of acts that change nothing in the account and yet are agreed to
// first: a host is contacted, a folder is read, a request is sent as Twilio
// would.
const (
	verbProbe = "probe"
	verbScan  = "scan"
	verbSign  = "send-signed"
)

// looksOnly tells whether a verb changes nothing in the account.
func looksOnly(verb string) bool { return verb == verbProbe || verb == verbScan || verb == verbSign }

// look makes a change that only looks, as an act of the journal: that it begins
// is written before anything is contacted. What a run before has brought to its
// end under the same plan is not looked at again.
func (r *Run) look(ctx context.Context, c Change, see func(context.Context) (proof string, err error)) Outcome {
	for _, d := range r.Acts(c.ID) {
		if d.Act.Order == r.digest && d.Outcome.Result == store.Made {
			return Outcome{Outcome: store.Made, Proof: d.Outcome.Proof}
		}
	}
	act := store.Act{Change: c.ID, Account: c.Account, Verb: c.Verb, Target: c.Target, Seen: c.Seen}
	d, err := r.Do(ctx, act, r.Credential(r.Main()), func(*account.Operations) (Reply, error) {
		proof, err := see(ctx)
		if ctx.Err() != nil {
			err = errors.New("cut short: plan again")
		}
		if err != nil {
			return Reply{}, errors.New(r.line.Mask(err.Error()))
		}
		return Reply{Proof: proof}, nil
	})
	switch {
	case errors.Is(err, ErrHalted):
		return Outcome{}
	case err != nil:
		return Outcome{Outcome: store.Failed, Problem: err.Error()}
	}
	return Outcome{Outcome: store.Made, Proof: d.Outcome.Proof}
}

// settleLook ends a look that a run has left open: it is begun anew by the next
// one.
func settleLook() store.Outcome {
	return store.Outcome{Result: store.Failed, Problem: "the run ended before it was through; nothing was changed by it: plan again"}
}

// net is the network over which own hosts are reached. A training never reaches
// the real one.
func (d *Desk) net() (probe.Net, error) {
	switch {
	case d.network != nil:
		return d.network, nil
	case d.Case.Header.Kind == store.Training:
		return nil, errors.New("a training contacts no real host")
	}
	return probe.Internet{}, nil
}

// site finds the address of a host that was confirmed, and judges it.
func (r *Run) site(ctx context.Context, name string) (*probe.Site, error) {
	n, err := r.desk.net()
	if err != nil {
		return nil, err
	}
	h, err := probe.ParseHost(name)
	if err != nil {
		return nil, err
	}
	at, err := probe.Settle(ctx, n, h, r.Params["allow_private"] == "yes")
	if errors.Is(err, probe.ErrPrivate) {
		return nil, store.WithHint(fmt.Errorf("%w: not contacted", err), "if that is meant, plan again with allow_private=yes")
	}
	if err != nil {
		return nil, err
	}
	return r.siteAt(n, h, at), nil
}

func (r *Run) siteAt(n probe.Net, h probe.Host, at netip.Addr) *probe.Site {
	return &probe.Site{
		Net: n, Host: h, Addr: at, Pause: r.Params.Duration("pause"), Now: r.Now, Sleep: r.Sleep, Mask: r.line.Mask, As: "no credential",
		Record: func(x account.Exchange) error {
			x.Account = r.Main()
			return (&numbered{r: r}).Record(x)
		},
	}
}

// seenAt is the state of what a look is for: which look was the last. It makes
// the plan of a new look another plan than that of the one before.
func (r *Run) seenAt(address string) (string, error) {
	var any json.RawMessage
	n, at, found, err := r.lastLook(address, &any)
	if err != nil || !found {
		return "not looked at yet", err
	}
	return fmt.Sprintf("looked at on %s (exhibit %d)", at.UTC().Format("2006-01-02 15:04 UTC"), n), nil
}

// seenAll sets the state of each change.
func (r *Run) seenAll(changes []Change, address func(Change) string) (err error) {
	for i := range changes {
		if changes[i].Seen, err = r.seenAt(address(changes[i])); err != nil {
			return err
		}
	}
	return nil
}

// methodLook marks the exhibits that sum up what was seen by a look; their
// address says where.
const methodLook = "LOOK"

// fileLook files what a look came to, and returns its exhibit.
func (r *Run) fileLook(address string, at time.Time, list string, sum any) (int64, error) {
	body, err := json.Marshal(sum)
	if err != nil {
		return 0, fmt.Errorf("cannot write what was seen: %w", err)
	}
	rec := &numbered{r: r}
	err = rec.Record(account.Exchange{
		At: at, Took: r.Now().Sub(at), As: "this computer", Account: r.Main(), Method: methodLook, URL: r.line.Mask(address),
		Status: 200, Attempts: 1, Body: []byte(r.line.Mask(string(body))), List: list,
	})
	return rec.n, err
}

// lastLook finds what the newest look of the step at an address came to; found is
// false if there was none.
func (r *Run) lastLook(address string, into any) (n int64, at time.Time, found bool, err error) {
	address = r.line.Mask(address)
	err = r.Case().Entries(0, func(e store.Entry) bool {
		var x store.ExhibitEntry
		if e.Kind == store.KindExhibit && e.Step == r.Step.ID && e.Decode(&x) == nil && x.Method == methodLook && x.URL == address {
			n, at, found = e.N, x.At, true
		}
		return true
	})
	if err != nil || !found {
		return 0, time.Time{}, false, err
	}
	body, err := r.Case().ExhibitBody(n)
	if err == nil {
		err = json.Unmarshal(body, into)
	}
	return n, at, err == nil, err
}
