package tui

import (
	"errors"
	"testing"
	"time"

	"retake/actions"
	"retake/store"
)

// What fails rests twice as long each time, and what goes well as long as usual.
func TestRests(t *testing.T) {
	var b rests
	for n, want := range []time.Duration{30, 60, 120, 240, 300, 300} {
		if !b.begin() || b.begin() {
			t.Fatal("one attempt at a time")
		}
		if got := b.end(true, 15*time.Second, 30*time.Second); got != want*time.Second {
			t.Errorf("after %d failures it rests %s, not %s", n+1, got, want*time.Second)
		}
	}
	b.begin()
	if got := b.end(false, 15*time.Second, 30*time.Second); got != 15*time.Second {
		t.Errorf("after it went well it rests %s", got)
	}
	b.begin()
	if got := b.end(true, 15*time.Second, 30*time.Second); got != 30*time.Second {
		t.Errorf("after another failure it rests %s", got)
	}
}

// A capture that ended is followed by another, more seldom where nothing new was
// read, and soon where it broke off.
func TestCaptureIsMadeAgain(t *testing.T) {
	k := newConsole(t, "Harbour Parcel", steps(threeKeys()))
	b := &k.root.beside
	for n, c := range []struct {
		msg  captureOver
		want time.Duration
	}{
		{captureOver{state: actions.Captured{Lists: 3, Done: 2, Missed: 1, Records: 9, Ended: true}}, 10 * time.Minute},
		{captureOver{state: actions.Captured{Lists: 3, Done: 2, Missed: 1, Ended: true}}, 20 * time.Minute},
		{captureOver{state: actions.Captured{Lists: 3, Done: 2, Missed: 1, Ended: true}}, 40 * time.Minute},
		{captureOver{state: actions.Captured{Lists: 3, Done: 2, Missed: 1, Ended: true}}, time.Hour},
		{captureOver{state: actions.Captured{Lists: 3, Done: 3, Records: 4, Ended: true}}, 10 * time.Minute},
		{captureOver{err: errors.New("no route to host")}, 5 * time.Second},
		{captureOver{err: errors.New("no route to host")}, 10 * time.Second},
		{captureOver{state: actions.Captured{Lists: 3, Done: 3, Ended: true}}, 20 * time.Minute},
	} {
		b.rests[theCapture].begin()
		k.send(c.msg)
		if got := b.rests[theCapture].next; got != c.want {
			t.Errorf("after end %d it rests %s, not %s", n, got, c.want)
		}
	}
}

// A round that has read nothing yet leaves the line of the one before.
func TestLaterCaptureIsQuiet(t *testing.T) {
	k := newConsole(t, "Harbour Parcel", steps(threeKeys()))
	k.size(80, 30)
	k.send(captureOver{state: actions.Captured{Lists: 3, Done: 2, Missed: 1, Records: 9, Ended: true}})
	k.shows("2 of 3 lists captured, 1 not")
	k.root.hearBeside(captureSeen{actions.Captured{Lists: 3, Reading: "calls"}})
	k.shows("2 of 3 lists captured, 1 not")
	k.root.hearBeside(captureSeen{actions.Captured{Lists: 3, Done: 1, Records: 2, Reading: "calls"}})
	k.run(k.root.tellAll(k.root.beside.state))
	k.shows("capturing evidence: 1 of 3 lists")
}

// What rests because the account could not be reached is tried when a job has
// reached it, and the late end of the rest is no second attempt.
func TestJobWakesWhatRests(t *testing.T) {
	k := newConsole(t, "Harbour Parcel", steps(threeKeys()))
	b := &k.root.beside.rests[theFigures]
	b.begin()
	k.send(figuresRead{err: store.WithHint(errors.New("no known Auth Token opens the account"), "check the token")})
	k.shows("what burns cannot be read")
	turn := b.turn
	k.send(worked{order: order{task: planning, step: "api-keys"}})
	if b.turn != turn+1 || b.busy || b.tired {
		t.Errorf("%+v", *b)
	}
	k.hides("what burns cannot be read")
	k.send(due{theFigures, turn})
	if b.turn != turn+1 {
		t.Error("a rest that was over already began another attempt")
	}
	k.send(due{theFigures, turn + 1})
	if b.turn != turn+2 {
		t.Error("the end of the rest began no attempt")
	}
}
