package actions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"retake/actions/account"
	"retake/actions/sendgrid"
	"retake/store"
)

// mailMove is one change, with all that it takes to make it and to see it.
type mailMove struct {
	client   *sendgrid.Client
	place    sendgrid.Place
	of       sendgrid.Subuser
	id, want string
	state    string // to which it is put back
}

// mailMoveOf finds out what a change, or an act, is about.
func (r *Run) mailMoveOf(ctx context.Context, object, want string) (*mailMove, error) {
	client, err := r.mailClient()
	if err != nil {
		return nil, err
	}
	p, user, id, known := mailTarget(object)
	if !known || client == nil {
		return nil, errors.New("the SendGrid side cannot be reached: " + EnvSendGrid + " is missing")
	}
	m := &mailMove{client: client, place: p, id: id, want: want}
	if user != "" {
		subusers, err := client.On(ctx, filing{r, r.Step.ID}).Subusers()
		i := slices.IndexFunc(subusers, func(s sendgrid.Subuser) bool { return s.Name == user })
		if err != nil || i < 0 {
			return nil, fmt.Errorf("the subuser cannot be found: %w", errors.Join(err))
		}
		m.of = subusers[i]
	}
	return m, nil
}

// look reads the thing as it is now, with its whole place.
func (m *mailMove) look(ctx context.Context, rec account.Recorder) (*sendgrid.Record, []sendgrid.Record, error) {
	calls := m.client.On(ctx, rec)
	all, err := calls.List(m.place, m.of)
	if err != nil {
		return nil, nil, err
	}
	for i := range all {
		if m.place.Key != "" && all[i].ID != m.id {
			continue
		}
		if m.place.Detail != "" {
			all[i], err = calls.Details(m.place, all[i])
		}
		return &all[i], all, err
	}
	return nil, all, nil
}

// reached tells whether it is as wanted.
func (m *mailMove) reached(t *sendgrid.Record, all []sendgrid.Record) (bool, string) {
	if m.want == wantIn {
		return slices.ContainsFunc(all, func(r sendgrid.Record) bool { return lets(r, m.id) }), "read again: it is on the list"
	}
	return mailReached(m.place, m.want, m.state, t, all)
}

// lets tells whether a rule of the allow-list lets an address in.
func lets(rule sendgrid.Record, ip string) bool {
	its, is := network(rule.Text("ip"))
	own, is2 := network(ip)
	return is && is2 && its.Contains(own.Addr())
}

// send sends the one request of the change.
func (m *mailMove) send(calls *sendgrid.Calls, t *sendgrid.Record) error {
	name, value := m.place.Setting()
	switch {
	case m.want == wantIn:
		return calls.Admit(m.id)
	case m.want == wantBack:
		return calls.Anew(m.place, m.of, m.state)
	case m.want == wantGone:
		return calls.Delete(m.place, *t)
	case m.place.Remedy == sendgrid.Older:
		return calls.Activate(m.place, m.of, m.id, m.want)
	case m.want == wantOn && name == "status":
		return calls.Set(m.place, *t, "pause")
	case m.want == wantOn:
		return calls.Set(m.place, *t, value != true)
	}
	return calls.Set(m.place, *t, value)
}

// verb is the verb of the act: by method, as the account's own log has it.
func (m *mailMove) verb() string {
	switch {
	case m.want == wantGone:
		return verbDeleteMail
	case m.want == wantIn || m.want == wantBack || m.place.Remedy == sendgrid.Older:
		return verbMakeMail
	}
	return verbSetMail
}

// Make makes one change and sees it by reading, or goes on with it where an
// earlier run left off. What somebody changed since the plan is left alone.
func (sendgridWork) Make(ctx context.Context, r *Run, c Change) Outcome {
	if acts := r.Acts(c.ID); len(acts) > 0 {
		if last := acts[len(acts)-1]; last.Act.Order == r.digest && (last.Outcome.Result == store.Made || last.Outcome.Result == store.Already) {
			return Outcome{Outcome: last.Outcome.Result, Proof: last.Outcome.Proof}
		}
	}
	m, err := r.mailMoveOf(ctx, c.Object, c.Detail)
	if err != nil {
		return Outcome{Outcome: store.Failed, Problem: "not sent: " + err.Error()}
	}
	if c.Verb == "restore" {
		m.state = r.mailStateOf(c.Object)
	}
	for range triesPerRemoval {
		o, again := r.moveMail(ctx, c, m)
		if !again {
			return o
		}
	}
	return Outcome{Outcome: store.Failed, Problem: fmt.Sprintf("not done after %d tries", triesPerRemoval)}
}

// mailStateOf is the state of a thing as it was when this case changed it.
func (r *Run) mailStateOf(object string) (state string) {
	acts, err := r.Case().Acts(sendgridStep)
	for _, d := range acts {
		target, _, _ := strings.Cut(d.Act.Target, " ")
		if err == nil && target == object && d.Outcome.Result == store.Made && !isRestore(d) {
			state = d.Act.Seen
		}
	}
	return state
}

// moveMail tries once, and tells whether to try again.
func (r *Run) moveMail(ctx context.Context, c Change, m *mailMove) (Outcome, bool) {
	t, all, err := m.look(ctx, filing{r, r.Step.ID})
	if err != nil {
		return Outcome{Outcome: store.Failed, Problem: "not sent, since it cannot be read: " + sendgrid.Explain(err)}, false
	}
	if done, how := m.reached(t, all); done {
		return Outcome{Outcome: store.Already, Proof: how}, false
	}
	if o, stop := r.mustNotMove(c, m, t, all); stop {
		return o, false
	}
	act := store.Act{Change: c.ID, Account: c.Account, Verb: m.verb(), Target: c.Object + " " + m.want, Irreversible: !c.Reversible, Seen: c.Seen}
	d, err := r.do(ctx, act, func(ctx context.Context, rec account.Recorder) (Reply, error) {
		if err := m.send(m.client.On(ctx, rec), t); err != nil {
			return Reply{}, err
		}
		return m.proof(ctx, rec), nil
	})
	if errors.Is(err, ErrHalted) {
		return Outcome{}, false
	}
	if d.Open() {
		if d, err = r.settle(ctx, d); err != nil {
			return Outcome{}, false
		}
		if d.Outcome.Result == store.Failed {
			return Outcome{}, true // it was found by reading that nothing was done
		}
	}
	return Outcome{Outcome: d.Outcome.Result, Proof: d.Outcome.Proof, Problem: d.Outcome.Problem}, false
}

// proof reads again. The key that is in use cannot read that it is gone: being
// turned away is the proof.
func (m *mailMove) proof(ctx context.Context, rec account.Recorder) Reply {
	t, all, err := m.look(ctx, rec)
	if err != nil && m.ownKey() && account.Unauthorized(err) {
		return Reply{Proof: "deleted, and it is turned away (401)"}
	}
	if done, how := m.reached(t, all); err == nil && done {
		return Reply{Proof: how}
	}
	return Reply{Proof: "sent, but not seen yet", Waiting: true}
}

func (m *mailMove) ownKey() bool {
	return m.place.ID == sendgrid.Keys && m.id == m.client.KeyID() && m.of.Name == ""
}

// mustNotMove tells why a change may not be made as things are now.
func (r *Run) mustNotMove(c Change, m *mailMove, t *sendgrid.Record, all []sendgrid.Record) (Outcome, bool) {
	switch {
	case m.want != wantIn && m.want != wantBack && t == nil:
		return Outcome{Outcome: store.Stale, Problem: "it is not there any more"}, true
	case t != nil && m.place.State(*t) != c.Seen:
		return Outcome{Outcome: store.Stale, Problem: "somebody changed it since the plan: it was " + c.Seen + " and is " + m.place.State(*t)}, true
	case m.want == wantGone && m.place.ID == sendgrid.AllowList && !r.staysIn(m.id, all):
		return Outcome{Outcome: store.Refused, Problem: "not sent: your own address (own_address) would not be on the list any more, and only SendGrid's support lets in whoever is locked out"}, true
	case m.want == wantGone && m.ownKey() && r.Params["own_key"] != "delete":
		return Outcome{Outcome: store.Refused, Problem: "not sent: it is the key that Retake uses"}, true
	}
	return Outcome{}, false
}

// staysIn tells whether all our own addresses are let in by the rules that stay.
func (r *Run) staysIn(without string, all []sendgrid.Record) bool {
	own := r.Params.List("own_address")
	for _, ip := range own {
		if !slices.ContainsFunc(all, func(rule sendgrid.Record) bool { return rule.ID != without && lets(rule, ip) }) {
			return false
		}
	}
	return len(own) > 0
}

// Settle finds out by reading what became of an act. It never repeats it.
func (sendgridWork) Settle(ctx context.Context, r *Run, d store.Done) store.Outcome {
	object, want, _ := strings.Cut(d.Act.Target, " ")
	m, err := r.mailMoveOf(ctx, object, want)
	if err != nil {
		return store.Outcome{Result: store.Unknown, Problem: "it could not be read: " + err.Error()}
	}
	if want == wantBack {
		m.state = r.mailStateOf(object)
	}
	t, all, err := m.look(ctx, filing{r, r.Step.ID})
	switch {
	case err != nil && m.ownKey() && account.Unauthorized(err):
		return store.Outcome{Result: store.Made, Proof: "the key is turned away (401)"}
	case err != nil:
		return store.Outcome{Result: store.Unknown, Problem: "it could not be read: " + sendgrid.Explain(err)}
	}
	done, how := m.reached(t, all)
	switch {
	case done:
		return store.Outcome{Result: store.Made, Proof: how}
	case d.Outcome.Result == store.Waiting:
		return store.Outcome{Result: store.Waiting, Problem: "sent, but it can still be read as it was"}
	}
	return store.Outcome{Result: store.Failed, Problem: "it is as it was: nothing was done"}
}
