package tui

import (
	"errors"
	"testing"

	"retake/actions"
)

func init() {
	scenes = append(scenes,
		scene{name: "reach", play: func(k *console) { k.press("R") }},
		scene{name: "reach-locked-out", play: func(k *console) { k.press("R"); k.shut() }},
	)
}

// shut answers as an account does to which somebody rotated the token first.
func (k *console) shut() {
	k.answer(actions.Reach{State: actions.ReachLockedOut, Why: "no known token opens the account", Next: []string{"sign in to the Console \x1b[2J", "write to fraud@twilio.com"}, Doors: []actions.Door{
		{Account: mainSID, What: "the account", As: "the token that was given", Status: 401, Code: 20003, Words: "Twilio turned the credential away \x1b]0;x\x07."},
		{Account: subSID, What: "the subaccount", As: "a token from before", Open: true, Status: 200, Words: "It answers."},
		{Account: subSID, What: "the subaccount", As: "a known token", Words: "Twilio could not be reached."},
	}}, nil)
}

func (k *console) answer(v actions.Reach, err error) {
	k.send(reachRead{k.root.top().(*reachScreen), v, err})
}

func TestReachTellsATroubleOfItsOwn(t *testing.T) {
	k := newConsole(t, "Harbour Parcel", steps(threeKeys()))
	k.press("R")
	k.shows("open: all", "with the token")
	k.answer(actions.Reach{}, errors.New("cannot write the journal"))
	k.shows("cannot write the journal")
	k.press("esc")
	k.shows("Next:")
}
