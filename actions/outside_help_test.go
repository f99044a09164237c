package actions

import (
	"context"
	"strings"
	"testing"
	"time"

	"retake/actions/sim"
	"retake/store"
)

// The clock of 24 hours runs from the suspension to the answer, on the board
// too; what was given once is remembered.
func TestAnswerClock(t *testing.T) {
	b := newBench(t, sim.Options{Scenario: "clean"})
	now := b.c.Now().UTC()
	if r := b.plan(helpStep); !strings.Contains(r.Why, "nothing is put down yet") {
		t.Error(r.Why)
	}
	if r := b.plan(helpStep, "ticket=77\x1b[2J"); !strings.Contains(r.Why, `ticket "77\x1b[2J" is put down`) {
		t.Error(r.Why)
	}
	since := now.Add(-5 * time.Hour).Truncate(time.Second)
	r := b.plan(helpStep, "suspended_at="+since.Format(time.RFC3339), "ticket=77\x1b[2J")
	if r.State != store.NeedsPerson || !strings.Contains(r.Why, "left to answer Twilio, until "+stamped(since.Add(24*time.Hour))) {
		t.Errorf("%s: %s", r.State, r.Why)
	}
	b.board(helpStep, store.NeedsPerson, "left to answer Twilio")
	if _, err := b.desk.Plan(context.Background(), helpStep, map[string]string{"answered_at": now.Add(26 * time.Hour).Format(time.RFC3339)}); err == nil || !strings.Contains(err.Error(), "in the future") {
		t.Errorf("an answer that is still to come: %v", err)
	}
	r = b.plan(helpStep, "suspended_at="+since.Add(-26*time.Hour).Format(time.RFC3339), "answered_at="+since.Format(time.RFC3339))
	if r.Parameters["ticket"] == "" || !strings.Contains(r.Why, "26h00m after the suspension, which is more than 24 hours") || strings.Contains(r.Why, "\x1b") {
		t.Errorf("%v: %s", r.Parameters, r.Why)
	}
	if c, runs := answerClock(Params{"suspended_at": since.Format(time.RFC3339)}, since.Add(25*time.Hour)); !runs || !strings.Contains(c.String(), "are over since") {
		t.Errorf("%v %s", runs, c)
	}
}

// The letter says what the case knows and what it does not, names exhibits, and
// holds no secret and no link.
func TestDraftIsFromTheCase(t *testing.T) {
	b := newBench(t, sim.Options{})
	empty, err := b.desk.Draft()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"THIS IS LAB", "Ticket: not known", "began: not known", "nothing of weight was found yet", "retake capture reads it", "nothing yet"} {
		if !strings.Contains(empty, want) {
			t.Errorf("nothing says %q", want)
		}
	}
	b.plan("triage", "incident_start="+b.c.Now().Add(-40*time.Minute).UTC().Format(time.RFC3339))
	b.apply("auth-tokens")
	b.plan(helpStep, "ticket=4711", "contact=Sam http://203.0.113.80/x")
	full, err := b.desk.Draft()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{b.opening.AccountSID, "Ticket: 4711", "as set with triage", "(exhibits ", "promote: ", "2 Reset the Auth Token, and every subaccount's: proved", "hxxp://203.0.113.80/x"} {
		if !strings.Contains(full, want) {
			t.Errorf("nothing says %q in\n%s", want, full)
		}
	}
	for _, secret := range b.world.Secrets() {
		if strings.Contains(full, secret) {
			t.Error("a secret is in the letter")
		}
	}
	if strings.ContainsAny(full, "\x1b\x07\r") || strings.Contains(full, "http://") {
		t.Error("the letter holds what a terminal or a mail program obeys")
	}
}
