package actions

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"retake/actions/account"
	"retake/store"
)

// ReachStep is what the trying of doors is filed under: no step of the playbook
// asked for it.
const ReachStep = "reach"

// Door is one way into the account, and how it answered.
type Door struct {
	Account string `json:"account"` // SID
	What    string `json:"what"`    // what was asked for
	As      string `json:"as"`      // whose word was given, in words
	Open    bool   `json:"open"`
	Status  int    `json:"status"`         // HTTP; 0: no answer
	Code    int    `json:"code,omitempty"` // Twilio's error code
	Words   string `json:"words"`          // what the answer means
}

// Standing of the account as its doors show it.
const (
	ReachOpen        = "open"        // everything that was asked answers
	ReachPartly      = "partly"      // the account answers, some of its lists do not
	ReachSuspended   = "suspended"   // the account says itself that it is not active
	ReachLockedOut   = "locked-out"  // each known token is turned away
	ReachUnreachable = "unreachable" // nothing answers at all
)

// Reach is which doors of the account still open, what that means, and what to
// do next.
type Reach struct {
	State string   `json:"state"` // ReachOpen, …
	Why   string   `json:"why"`
	Next  []string `json:"next"` // what to do, in order; none where everything answers
	Doors []Door   `json:"doors"`
}

// Reach tries every door of the account with every token that the case knows,
// each by one request that changes nothing, and says what still answers. It is
// meant for when nothing else works: no answer is an error, only a journal that
// cannot be written, or a responder who leaves.
func (d *Desk) Reach(ctx context.Context) (Reach, error) {
	t := &trying{r: &Run{Step: &Step{ID: ReachStep}, desk: d, line: d.line.ReadOnly(), report: &Report{}}}
	status, err := t.main(ctx)
	if err == nil {
		err = t.subaccounts(ctx)
	}
	if err != nil {
		return Reach{}, err
	}
	v := Reach{Doors: t.doors}
	v.State, v.Why = judgeDoors(t.doors, d.family.main, status)
	v.Next = nextAfter(v.State)
	return v, t.r.Case().Cover(ReachStep, store.Coverage{Source: "doors of the account", Account: d.family.main, Seen: v.State == ReachOpen, Got: count(v.State == ReachOpen), Why: v.Why})
}

// trying is one round of trying the doors.
type trying struct {
	r     *Run
	doors []Door
}

// main tries the main account with each token, and with the first that opens it
// what only that token reads.
func (t *trying) main(ctx context.Context) (status string, err error) {
	main := t.r.Main()
	tokens, err := t.r.desk.candidates(main)
	if err != nil {
		return "", err
	}
	for _, token := range tokens {
		as := account.Credential{SID: main, Secret: token}
		opened := t.knock(ctx, Door{Account: main, What: "the account", As: t.whose(token)}, as, func(o *account.Operations) error {
			a, err := o.FetchAccount(main)
			status = a.Status
			return err
		})
		if opened {
			t.r.desk.family.learn(main, token)
			t.lists(ctx, as)
			break
		}
	}
	if len(tokens) == 0 {
		t.doors = append(t.doors, Door{Account: main, What: "the account", As: "nobody", Words: "There is no token to try: set TWILIO_AUTH_TOKEN, and RETAKE_PASSPHRASE for those that the case has sealed."})
	}
	return status, t.failed(ctx)
}

// behind are the lists that are asked for behind the main door: one of each
// product that work depends on.
var behind = []account.Source{
	account.SourceAccounts, account.SourceKeys, account.SourceCalls, account.SourceMessages, account.SourceEvents, account.SourceVoiceGeo, account.SourceSMSGeo, account.SourceBalance,
}

func (t *trying) lists(ctx context.Context, as account.Credential) {
	for _, s := range account.Sources() {
		if slices.Contains(behind, s.Source) {
			t.knock(ctx, Door{Account: as.SID, What: s.Title, As: t.whose(as.Secret)}, as, func(o *account.Operations) error {
				_, err := o.Page(s.Source, as.SID, account.Window{}, "")
				return err
			})
		}
	}
}

// subaccounts tries each subaccount that the case knows a token of.
func (t *trying) subaccounts(ctx context.Context) error {
	sealed, err := t.r.Case().Tokens("")
	if err != nil {
		return err
	}
	var known []string
	for _, s := range sealed {
		if s.Account != t.r.Main() && account.IsSID("AC", s.Account) && !slices.Contains(known, s.Account) {
			known = append(known, s.Account)
		}
	}
	for _, sid := range known {
		if err := t.subaccount(ctx, sid); err != nil {
			return err
		}
	}
	return nil
}

func (t *trying) subaccount(ctx context.Context, sid string) error {
	tokens, err := t.r.desk.candidates(sid)
	if err != nil {
		return err
	}
	for _, token := range tokens {
		if t.knock(ctx, Door{Account: sid, What: "the subaccount", As: t.whose(token)}, account.Credential{SID: sid, Secret: token}, func(o *account.Operations) error {
			_, err := o.FetchAccount(sid)
			return err
		}) {
			break
		}
	}
	return t.failed(ctx)
}

// failed is why the round cannot go on.
func (t *trying) failed(ctx context.Context) error {
	t.r.mu.Lock()
	defer t.r.mu.Unlock()
	return errors.Join(ctx.Err(), t.r.halted)
}

// knock asks once and remembers the answer.
func (t *trying) knock(ctx context.Context, d Door, as account.Credential, ask func(*account.Operations) error) bool {
	if t.failed(ctx) != nil {
		return false
	}
	rec := &numbered{r: t.r}
	err := ask(t.r.line.As(as).On(ctx, rec))
	if rec.failed != nil {
		_ = t.r.halt(rec.failed)
		return false
	}
	d.Open, d.Words = err == nil, "It answers."
	if err != nil {
		d.Words = account.Explain(err)
		d.Status, d.Code = answerOf(err)
	} else {
		d.Status = 200
	}
	t.doors = append(t.doors, d)
	return d.Open
}

// answerOf is the status and the code of a refusal or a failure.
func answerOf(err error) (status, code int) {
	var r *account.Refusal
	var f *account.Failure
	switch {
	case errors.As(err, &r):
		return r.HTTPStatus, r.Code
	case errors.As(err, &f):
		return f.HTTPStatus, 0
	}
	return 0, 0
}

// whose says in words where a token comes from.
func (t *trying) whose(token account.Secret) string {
	d := t.r.desk
	sealed, err := d.Case.Tokens("")
	if err == nil {
		fingerprint := t.r.Fingerprint(token)
		for _, s := range slices.Backward(sealed) {
			if s.Fingerprint != fingerprint {
				continue
			}
			switch s.Role {
			case store.RoleSecondary, store.RolePrimary:
				return "a token that this case made"
			}
			return "a token from before"
		}
	}
	if token.Equal(d.given.Secret) {
		return "the token that was given"
	}
	return "a known token"
}

// notActive are the codes by which Twilio says that an account is not active.
var notActive = []int{10001, 20005, 20403, 90010, 30002, 21476, 21478}

// judgeDoors says how the account stands, and why.
func judgeDoors(doors []Door, main, status string) (state, why string) {
	var open, shut, silent, inactive, subs int
	for _, d := range doors {
		switch {
		case d.Account != main:
			subs += count(d.Open)
		case d.Open:
			open++
		case slices.Contains(notActive, d.Code):
			inactive++
		case d.Status == 0:
			silent++
		default:
			shut++
		}
	}
	switch {
	case open > 0 && status != "" && status != "active":
		return ReachSuspended, "the account answers, and says of itself that it is " + status
	case open > 0 && shut+silent+inactive == 0:
		return ReachOpen, fmt.Sprintf("all %d doors that were tried open", open)
	case open > 0:
		return ReachPartly, fmt.Sprintf("%d doors open, %d do not: see each", open, shut+silent+inactive)
	case inactive > 0:
		return ReachSuspended, "Twilio says that the account is not active"
	case shut > 0 && subs > 0:
		return ReachLockedOut, fmt.Sprintf("no known token opens the main account, but %d subaccounts still open with tokens of their own: so somebody replaced the main token, rather than that Twilio suspended the account", subs)
	case shut > 0:
		return ReachLockedOut, "no known token opens the account: it is wrong, somebody replaced it, or Twilio suspended the account; the API does not tell these apart"
	}
	return ReachUnreachable, "nothing answered: the network, or Twilio"
}
