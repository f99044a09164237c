package actions

import (
	"context"
	"fmt"
	"time"

	"retake/actions/account"
	"retake/store"
)

// helpWork is the work of step 12: it keeps what was written to whom and when,
// and how much is left of the time that Twilio gives. Nothing is sent by it, and
// only a person ends the step.
type helpWork struct{}

const helpStep = "outside-help"

// answerWithin is how long after a suspension Twilio wants to hear from its
// customer (Fraud and Abuse Response Guide).
const answerWithin = 24 * time.Hour

var helpParameters = []Parameter{
	{Name: "ticket", Type: Text, Help: "number of the ticket at Twilio"},
	{Name: "ticket_at", Type: Text, Valid: validTime("ticket_at"), Help: "when the ticket was opened (2026-03-01T04:00:00Z)"},
	{Name: "contact", Type: Text, Help: "who answers at Twilio"},
	{Name: "notice_at", Type: Text, Valid: validTime("notice_at"), Help: "when Twilio's notice came, as its mail says"},
	{Name: "suspended_at", Type: Text, Valid: validTime("suspended_at"), Help: "when Twilio suspended the account; from then on 24 hours run"},
	{Name: "answered_at", Type: Text, Valid: validTime("answered_at"), Help: "when we answered the notice, or wrote to fraud@twilio.com"},
}

// Plan changes nothing. What was given before need not be given again.
func (helpWork) Plan(_ context.Context, r *Run) (*Plan, error) {
	before, err := r.Case().Progress(r.Step.ID)
	for _, p := range helpParameters {
		if r.Params[p.Name] == "" && p.Check(before.Parameters[p.Name]) == nil {
			r.Params[p.Name] = before.Parameters[p.Name]
		}
		if at, bad := time.Parse(time.RFC3339, r.Params[p.Name]); bad == nil && at.After(r.TheirNow().Add(slack)) {
			return nil, store.WithHint(fmt.Errorf("%s cannot be %s: that is in the future", p.Name, r.Params[p.Name]), "give it in UTC, with a Z at its end")
		}
	}
	return &Plan{}, err
}

// Make is never asked: no plan has a change.
func (helpWork) Make(context.Context, *Run, Change) Outcome {
	return Outcome{Outcome: store.Refused, Problem: "this step changes nothing in the account"}
}

// Settle is never asked: no act was begun.
func (helpWork) Settle(context.Context, *Run, store.Done) store.Outcome {
	return store.Outcome{Result: store.Unknown, Problem: "this step changes nothing in the account"}
}

// Prove reads how the account stands and says what is still to be written.
func (helpWork) Prove(ctx context.Context, r *Run, _ *Plan) (Verdict, error) {
	rec := &numbered{r: r}
	main, err := r.line.As(r.Credential(r.Main())).On(ctx, rec).FetchAccount(r.Main())
	if err != nil {
		return Verdict{}, fmt.Errorf("cannot read how the account stands: %w", err)
	}
	r.tellStatus(main, rec.n)
	if r.Params["notice_at"] == "" {
		r.Find(Finding{ID: "notice", Severity: Low, Account: r.Main(), Text: "no notice of Twilio's is put down: look for it in spam and in the owner's mailbox, and set notice_at=, or say in the note that there was none"})
	}
	for _, u := range []Unseen{
		{"mails and tickets", "cannot see: the owner's mailbox and the Help Center; what is put down here is a person's word"},
		{"why and when Twilio suspended an account", "cannot see: the API tells the status only. The notice says it"},
	} {
		if err := r.Miss(r.Main(), u.What, u.Why); err != nil {
			return Verdict{}, err
		}
	}
	return Verdict{store.NeedsPerson, helpWords(r.Params, r.Now())}, nil
}

// tellStatus says what Twilio made of the account.
func (r *Run) tellStatus(a account.Account, exhibit int64) {
	f := Finding{ID: "status", Severity: Info, Account: a.SID, Exhibits: []int64{exhibit}, Text: fmt.Sprintf("the account is %s", a.Status)}
	if a.Status != "active" && r.Params["suspended_at"] == "" {
		f.Severity, f.Text = Critical, fmt.Sprintf("the account is %s: answer Twilio within 24 hours of the suspension; set suspended_at= from the notice, so that the clock runs", a.Status)
	}
	r.Find(f)
}

// Clock is the time that Twilio gives for an answer.
type Clock struct {
	Until time.Time
	Left  time.Duration // below zero: it is over
}

func (c Clock) String() string {
	if c.Left < 0 {
		return fmt.Sprintf("the 24 hours for an answer to Twilio are over since %s: write at once", stamped(c.Until))
	}
	return fmt.Sprintf("%s left to answer Twilio, until %s", spell(c.Left), stamped(c.Until))
}

// spell is a length of time in hours and minutes.
func spell(d time.Duration) string {
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}

// AnswerClock is the clock that runs, as step 12 stands; false where none does.
func AnswerClock(s store.Standing, now time.Time) (Clock, bool) {
	if s.Step != helpStep || Ended(s.State) {
		return Clock{}, false
	}
	return answerClock(s.Parameters, now)
}

func answerClock(p Params, now time.Time) (Clock, bool) {
	since, err := time.Parse(time.RFC3339, p["suspended_at"])
	if err != nil || p["answered_at"] != "" {
		return Clock{}, false
	}
	until := since.Add(answerWithin).UTC()
	return Clock{until, until.Sub(now)}, true
}

// helpWords say how step 12 stands.
func helpWords(p Params, now time.Time) string {
	if c, runs := answerClock(p, now); runs {
		return c.String() + "; then set answered_at="
	}
	switch {
	case p["answered_at"] == "" && p["ticket"] == "":
		return "nothing is put down yet: write to fraud@twilio.com (D drafts it), open a ticket, set answered_at= and ticket=, then attest"
	case p["answered_at"] == "":
		return fmt.Sprintf("ticket %q is put down, and no mail: write to fraud@twilio.com (D drafts it), set answered_at=, then attest", p["ticket"])
	}
	text := "Twilio was answered at " + p["answered_at"]
	since, err1 := time.Parse(time.RFC3339, p["suspended_at"])
	at, err2 := time.Parse(time.RFC3339, p["answered_at"])
	if err1 == nil && err2 == nil {
		text += fmt.Sprintf(", %s after the suspension", spell(at.Sub(since)))
		if at.Sub(since) > answerWithin {
			text += ", which is more than 24 hours"
		}
	}
	if p["ticket"] == "" {
		return text + "; no ticket is put down: set ticket=, or attest and say why there is none"
	}
	return text + fmt.Sprintf("; ticket %q: attest when you agree", p["ticket"])
}
