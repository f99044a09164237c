package actions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"retake/actions/account"
	"retake/store"
)

// Run is one piece of work on one step: a plan being made, or being carried
// out. Steps reach the account and the journal only through it.
type Run struct {
	Step   *Step
	Params Params

	desk   *Desk
	line   *account.Line
	digest string // of the plan that is carried out
	from   int64  // how many entries the case had when it began
	under  string // digest of the panic order that the run works under, "" for none

	mu     sync.Mutex
	report *Report
	halted error                   // why nothing more may be begun
	acts   map[string][]store.Done // by change, in the order of their intents
	quiet  map[string]bool         // standing orders that ended with two empty reads
	memo   map[string]string       // what a step read for this run only
	listed []account.Account       // the accounts, as the run read them first
	latest []account.Account       // and as it read them last
	swept  *swept                  // what a sweep found in this run

	writing sync.WaitGroup // findings and coverage that are filed beside the work
	broken  panics         // there
}

// run begins work on a step: the credential is found first.
func (d *Desk) run(ctx context.Context, id string, given map[string]string, line *account.Line) (*Run, error) {
	step, err := d.Step(id)
	if err != nil {
		return nil, err
	}
	if step.Work == nil {
		return nil, store.WithHint(fmt.Errorf("cannot plan %s: %w", id, ErrNoWork), "do it by hand, then: retake attest %s --note \"what was done, by whom, when\"", id)
	}
	params, err := step.Settle(given)
	if err != nil {
		return nil, err
	}
	r := &Run{Step: step, Params: params, desk: d, line: line}
	r.report = &Report{
		Step: id, Kind: d.Case.Header.Kind, Parameters: params,
		Findings: []Finding{}, Outcomes: []Outcome{}, Unseen: []Unseen{},
	}
	r.acts, r.quiet, r.memo = map[string][]store.Done{}, map[string]bool{}, map[string]string{}
	if r.from, err = d.Case.Size(); err != nil {
		return nil, err
	}
	if err := d.connect(ctx, r); err != nil {
		return nil, r.explain(err)
	}
	return r, nil
}

// Now is the time by the clock of the case.
func (r *Run) Now() time.Time { return r.desk.now() }

// Sleep waits, or ends early with the error of ctx.
func (r *Run) Sleep(ctx context.Context, d time.Duration) error { return r.desk.sleep(ctx, d) }

// Case is the case that the run works on.
func (r *Run) Case() *store.Case { return r.desk.Case }

// Find reports something that the responder has to know, and files it.
func (r *Run) Find(f Finding) {
	if f.Exhibits == nil {
		f.Exhibits = []int64{}
	}
	r.mu.Lock()
	known := slices.ContainsFunc(r.report.Findings, func(k Finding) bool { return k.ID == f.ID })
	if !known {
		r.report.Findings = append(r.report.Findings, f)
	}
	r.mu.Unlock()
	if known {
		return
	}
	err := r.aside(func() error {
		return r.desk.Case.AddFinding(r.Step.ID, store.Finding{ID: f.ID, Severity: string(f.Severity), Account: f.Account, Text: f.Text, Exhibits: f.Exhibits})
	})
	if err != nil {
		_ = r.halt(err) // what cannot be filed stops the run before its next act
	}
}

// Miss reports something that could not be looked at, and files it in the
// coverage ledger under the account.
func (r *Run) Miss(account, what, why string) error {
	r.mu.Lock()
	u := Unseen{What: what, Why: why}
	known := false
	for _, v := range r.report.Unseen {
		known = known || v == u
	}
	if !known {
		r.report.Unseen = append(r.report.Unseen, u)
	}
	r.mu.Unlock()
	if known {
		return nil
	}
	return r.aside(func() error {
		return r.desk.Case.Cover(r.Step.ID, store.Coverage{Source: what, Account: account, Why: why})
	})
}

// See files in the coverage ledger that a source was read whole.
func (r *Run) See(account, what string, got int) error {
	return r.desk.Case.Cover(r.Step.ID, store.Coverage{Source: what, Account: account, Seen: true, Got: got})
}

// filing is the recorder of reads: each exchange becomes an exhibit before it
// is used.
type filing struct {
	r    *Run
	step string
}

func (f filing) Record(x account.Exchange) error {
	_, err := f.r.desk.Case.AddExhibit(f.r.exhibit(x))
	return err
}

// gathering is the recorder of an act: its exchanges are filed with its outcome.
type gathering struct {
	r     *Run
	mu    sync.Mutex
	all   []store.Exhibit
	filed []int64 // that were filed without an outcome: see file
}

func (g *gathering) Record(x account.Exchange) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all = append(g.all, g.r.exhibit(x))
	return nil
}

func (r *Run) exhibit(x account.Exchange) store.Exhibit {
	return store.Exhibit{
		Step: r.Step.ID, Run: r.desk.id, At: x.At, Took: x.Took, As: x.As, Account: x.Account, Method: x.Method,
		URL: x.URL, Sent: x.Sent, Status: x.Status, RequestID: x.RequestID, Attempts: x.Attempts,
		Problem: x.Problem, Body: x.Body, List: x.List,
	}
}

// Read returns the operations by which a step reads with a credential.
func (r *Run) Read(ctx context.Context, as account.Credential) *account.Operations {
	return r.line.As(as).On(ctx, filing{r, r.Step.ID})
}

// Reply is what the call of an act brought back.
type Reply struct {
	Secrets []store.Secret // to be sealed with the outcome
	Proof   string         // how the effect was seen, "" if it was not yet
	Waiting bool           // done, but the effect was not seen yet
	Already bool           // nothing was done: it was so before
}

// ErrHalted says that nothing more is begun: the journal cannot be written or
// the responder asked to stop.
var ErrHalted = errors.New("stopped")

// ErrAskedToStop is the reason of ErrHalted where nothing failed.
var ErrAskedToStop = errors.New("the responder asked to stop")

// Do is the only way to change something: it writes the intent, makes the call,
// and writes the outcome together with the exchanges and secrets of the call.
// The act that it returns is settled or Unknown; the error is that of the call,
// or of the journal (ErrHalted), and then nothing was sent that is not in the
// journal.
func (r *Run) Do(ctx context.Context, a store.Act, as account.Credential, call func(*account.Operations) (Reply, error)) (store.Done, error) {
	return r.do(ctx, a, func(ctx context.Context, g account.Recorder) (Reply, error) { return call(r.line.As(as).On(ctx, g)) })
}

// do is Do for an account that is reached in any way: call is given the context
// and the recorder of the act.
func (r *Run) do(ctx context.Context, a store.Act, call func(context.Context, account.Recorder) (Reply, error)) (store.Done, error) {
	if err := r.mayBegin(ctx); err != nil {
		return store.Done{Act: a}, err
	}
	r.noteClock()
	a.Run, a.Step, a.Order, a.Under = r.desk.id, r.Step.ID, r.digest, r.under
	began := r.Now()
	n, err := r.desk.Case.Intend(a)
	if err != nil {
		return store.Done{Act: a}, r.halt(err)
	}
	g := &gathering{r: r}
	// What is in flight is let to end: a cancelled request has an unknown outcome.
	reply, failed := call(context.WithoutCancel(ctx), g)
	o := outcomeOf(a, reply, failed)
	o.Exhibits, o.Secrets = g.all, reply.Secrets
	done, err := r.conclude(store.Done{N: n, Act: a, Began: began}, o)
	if err != nil {
		return done, err
	}
	return done, failed
}

// outcomeOf tells from the error of a call what became of the act.
func outcomeOf(a store.Act, reply Reply, failed error) store.Outcome {
	switch {
	case failed == nil && reply.Already:
		return store.Outcome{Result: store.Already, Proof: reply.Proof}
	case failed == nil && reply.Waiting:
		return store.Outcome{Result: store.Waiting, Proof: reply.Proof}
	case failed == nil:
		return store.Outcome{Result: store.Made, Proof: reply.Proof}
	case account.Gone(failed) && strings.HasPrefix(a.Verb, "delete"):
		return store.Outcome{Result: store.Already, Proof: "the account answered that it is not there (404)", Problem: failed.Error()}
	case account.Unsure(failed):
		return store.Outcome{Result: store.Unknown, Problem: failed.Error()}
	case isRefusal(failed):
		return store.Outcome{Result: store.Refused, Problem: failed.Error() + ". " + account.Explain(failed)}
	}
	return store.Outcome{Result: store.Failed, Problem: failed.Error()}
}

func isRefusal(err error) bool {
	var refusal *account.Refusal
	return errors.As(err, &refusal)
}

// Conclude writes a later outcome of an act, for instance after Settle.
func (r *Run) Conclude(d store.Done, o store.Outcome) (store.Done, error) { return r.conclude(d, o) }

func (r *Run) conclude(d store.Done, o store.Outcome) (store.Done, error) {
	sealed, err := r.desk.Case.Conclude(d.N, o)
	if err != nil {
		d.Outcome = store.OutcomeEntry{Intent: d.N, Result: store.Unknown, Problem: "the outcome could not be journaled"}
		return d, r.halt(err)
	}
	d.Outcome, d.Ended = store.OutcomeEntry{Intent: d.N, Result: o.Result, Proof: o.Proof, Problem: o.Problem, Sealed: sealed}, r.Now()
	r.remember(d)
	return d, nil
}

// remember keeps the run's own picture of the journal up to date.
func (r *Run) remember(d store.Done) {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := r.acts[d.Act.Change]
	for i := range list {
		if list[i].N == d.N {
			list[i] = d
			return
		}
	}
	r.acts[d.Act.Change] = append(list, d)
}

// Acts are the acts of a change so far, from all runs, in order.
func (r *Run) Acts(change string) []store.Done {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]store.Done(nil), r.acts[change]...)
}

// justRead is noted by a plan: while it is fresh, what it read need not be read
// again before the plan is carried out.
const justRead = "just-read"

// Note and Noted keep what was read for this run only.
func (r *Run) Note(key, value string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.memo[key] = value
}

// Noted returns what Note kept.
func (r *Run) Noted(key string) (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	value, ok := r.memo[key]
	return value, ok
}

// mayBegin tells whether another act may be begun.
func (r *Run) mayBegin(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w before it was sent: %w", ErrHalted, ErrAskedToStop)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.halted
}

// halt remembers why nothing more may be begun.
func (r *Run) halt(err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.halted == nil {
		r.halted = fmt.Errorf("%w: %w", ErrHalted, err)
	}
	return r.halted
}

// explain turns an error from the account into a sentence that says what to do.
func (r *Run) explain(err error) error { return explained(err) }

func explained(err error) error {
	if err == nil || store.HintOf(err) != "" {
		return err
	}
	var refusal *account.Refusal
	if errors.As(err, &refusal) || account.Unsure(err) || account.NotMade(err) {
		return store.WithHint(err, "%s", account.Explain(err))
	}
	return err
}

// PlanDigest is the digest of the plan that the run carries out, "" while one
// is made.
func (r *Run) PlanDigest() string { return r.digest }
