package actions

import (
	"fmt"
	"strings"
	"testing"

	"retake/actions/sim"
	"retake/store"
)

// Records that make no sense keep nothing else from being worked on, and are
// said.
func TestStrangeRecordsStopNothing(t *testing.T) {
	b := newBench(t, sim.Options{Switches: sim.Switches{Hostile: "text", Strange: true}})
	if r := b.apply("auth-tokens"); r.State != store.Proved || !strings.Contains(fmt.Sprint(r.Unseen), "an account that the list names") {
		t.Errorf("%s: %s %v", r.State, r.Why, r.Unseen)
	}
	r := b.apply("api-keys")
	if r.State != store.NeedsPerson || len(r.Outcomes) == 0 || !strings.Contains(fmt.Sprint(r.Unseen), "that the list names") {
		t.Errorf("%s: %s %v", r.State, r.Why, r.Unseen)
	}
	for _, o := range r.Outcomes {
		if o.Outcome != store.Made {
			t.Errorf("%s: %s %s", o.Target, o.Outcome, o.Problem)
		}
	}
	b.verify()
}
