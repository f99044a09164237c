package actions

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"retake/actions/probe"
	"retake/store"
)

// Plan is what a step would do, made by reading the account. Agreeing to a plan
// is agreeing to its digest, which is computed over everything below it.
type Plan struct {
	Digest     string          `json:"digest"`
	Step       string          `json:"step"`
	Account    string          `json:"account"` // the main account
	Parameters Params          `json:"parameters"`
	Changes    []Change        `json:"changes"`
	Orders     []StandingOrder `json:"orders,omitempty"`
	Breaks     []string        `json:"breaks,omitempty"` // what will stop working, as the step knows it
	Losses     []Loss          `json:"losses,omitempty"` // what will stop working, as the case shows it
}

// Change is one thing that a plan changes.
type Change struct {
	ID         string `json:"id"`               // stable: the same change has the same ID in the next plan
	Account    string `json:"account"`          // SID
	Name       string `json:"name,omitempty"`   // name of the account; text from the account
	Verb       string `json:"verb"`             // rotate, delete, …
	Target     string `json:"target"`           // what is changed; may hold text from the account
	Object     string `json:"object,omitempty"` // SID of the target, where it has one
	Reversible bool   `json:"reversible"`
	Stage      int    `json:"stage"`            // stages run in order, the changes of one in parallel
	Seen       string `json:"seen"`             // the state of the target when it was read
	Detail     string `json:"detail,omitempty"` // the state that it is to have, where the verb does not say it all
	Host       string `json:"host,omitempty"`   // a host that it contacts: agreeing takes its name, typed again
}

// StandingOrder is agreed to for targets that keep coming: whatever meets the
// predicate in the scope and is not kept is changed, until two reads in a row
// find nothing or a bound is hit.
type StandingOrder struct {
	ID        string   `json:"id"`
	Predicate string   `json:"predicate"` // in words
	Scope     []string `json:"scope"`     // SIDs of accounts
	Keep      []string `json:"keep,omitempty"`
	MaxTime   Span     `json:"max_time"`
	MaxCount  int      `json:"max_count"`
}

// Span is a length of time that is written as words are: 15m0s.
type Span time.Duration

func (s Span) String() string { return time.Duration(s).String() }

// MarshalText writes the span as String does.
func (s Span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (s *Span) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	*s = Span(d)
	return err
}

// Broken are all lines of what will stop working: what the case shows, what the
// step knows of itself, and last what nobody can tell.
func (p *Plan) Broken() []Loss {
	var all, unknown []Loss
	for _, l := range p.Losses {
		if l.Unknown() {
			unknown = append(unknown, l)
		} else {
			all = append(all, l)
		}
	}
	for _, b := range p.Breaks {
		all = append(all, Loss{Account: p.Account, Text: b})
	}
	return append(all, unknown...)
}

// Hosts are the hosts that the changes contact, in order, each once.
func (p *Plan) Hosts() []string {
	hosts := mapped(p.Changes, func(c Change) string { return c.Host })
	slices.Sort(hosts)
	return slices.DeleteFunc(slices.Compact(hosts), func(h string) bool { return h == "" })
}

// ErrUnconfirmed says that a host was not confirmed as one's own.
var ErrUnconfirmed = errors.New("not confirmed as your own")

// confirmed wants every host of the plan, and no other, among the names that
// were typed.
func (p *Plan) confirmed(typed []string) error {
	want, got := p.Hosts(), []string{}
	if len(want) == 0 {
		return nil
	}
	for _, name := range typed {
		h, err := probe.ParseHost(name)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrUnconfirmed, err)
		}
		got = append(got, h.String())
	}
	slices.Sort(got)
	if got = slices.Compact(got); slices.Equal(got, want) {
		return nil
	}
	return store.WithHint(fmt.Errorf("%s: %w, so nothing was contacted", strings.Join(want, ", "), ErrUnconfirmed),
		"look only at hosts that are yours; if they are, repeat their names: --set confirmed_hosts=%s", strings.Join(want, ","))
}

// Empty tells whether the plan would do nothing.
func (p *Plan) Empty() bool { return len(p.Changes) == 0 && len(p.Orders) == 0 }

// seal computes the digest: SHA-256 over the canonical JSON of the plan without
// its digest, in hex. The exhibits of its losses are left out: each reading files
// new ones, and the same state of the account is to make the same plan.
func (p *Plan) seal() error {
	p.Digest = ""
	bare := *p
	bare.Losses = mapped(p.Losses, func(l Loss) Loss { l.Exhibits = nil; return l })
	text, err := store.Canonical(bare)
	if err != nil {
		return fmt.Errorf("cannot compute the digest of the plan: %w", err)
	}
	sum := sha256.Sum256(text)
	p.Digest = hex.EncodeToString(sum[:])
	return nil
}

// planEntry is a plan as it is filed.
func (r *Run) planEntry(p *Plan) (store.PlanEntry, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return store.PlanEntry{}, fmt.Errorf("cannot write the plan: %w", err)
	}
	return store.PlanEntry{Digest: p.Digest, Plan: text, From: r.from}, nil
}

func parsePlan(entry store.PlanEntry) (*Plan, error) {
	var p Plan
	if err := json.Unmarshal(entry.Plan, &p); err != nil {
		return nil, fmt.Errorf("cannot read the plan %.12s: %w", entry.Digest, err)
	}
	if err := p.seal(); err != nil {
		return nil, err
	}
	if p.Digest != entry.Digest {
		return nil, fmt.Errorf("cannot use the plan %.12s: it is not the one that was filed under this digest", entry.Digest)
	}
	return &p, nil
}

// Severity ranks a finding.
type Severity string

// The severities.
const (
	Info     Severity = "info"
	Low      Severity = "low"
	Medium   Severity = "medium"
	High     Severity = "high"
	Critical Severity = "critical"
)

// Finding is something that the responder has to know.
type Finding struct {
	ID       string   `json:"id"`
	Severity Severity `json:"severity"`
	Account  string   `json:"account"`
	Text     string   `json:"text"`     // may hold text from the account
	Exhibits []int64  `json:"exhibits"` // where to read it
}

// Unseen is something that could not be looked at, and where to look instead.
type Unseen struct {
	What string `json:"what"`
	Why  string `json:"why"`
}

// Outcome is what became of a change.
type Outcome struct {
	Change  string       `json:"change"`
	Account string       `json:"account"`
	Verb    string       `json:"verb"`
	Target  string       `json:"target"`
	Outcome store.Result `json:"outcome"`
	Proof   string       `json:"proof"`             // how it is known
	Problem string       `json:"problem,omitempty"` // what went wrong, and what to do
}

// Report is what a step came to: the answer of Plan, Apply and Continue, and
// what `retake step --json` prints.
type Report struct {
	Step       string         `json:"step"`
	State      store.State    `json:"state"`
	Why        string         `json:"why"`
	Kind       store.CaseKind `json:"kind"`
	Parameters Params         `json:"parameters"`
	Findings   []Finding      `json:"findings"`
	Plan       *Plan          `json:"plan"`
	Outcomes   []Outcome      `json:"outcomes"`
	Unseen     []Unseen       `json:"unseen"`
	Sweep      *Matrix        `json:"sweep,omitempty"` // of the step sweep: place by account

	// Of a report from the case alone: what an earlier reading found, and the latest
	// one did not.
	Earlier []Finding `json:"earlier,omitempty"`
}

// Worst is the result that matters most in a report: unknown before failed,
// refused, stale and waiting, before made.
func (r *Report) Worst() store.Result {
	for _, result := range []store.Result{store.Unknown, store.Failed, store.Refused, store.Stale, store.Waiting} {
		for _, o := range r.Outcomes {
			if o.Outcome == result {
				return result
			}
		}
	}
	return store.Made
}
