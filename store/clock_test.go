package store

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestClockSaysHowItWent(t *testing.T) {
	var k Clock
	for _, s := range []ClockSetting{{0, 423 * time.Second}, {14, -2 * time.Hour}, {123456, 0}} {
		k = k.With(Finding{ID: s.ID()})
	}
	for _, id := range []string{"", "clock", "14", "14/2", "000000000014/2", "000000000014/+2 and more", "-00000000014/+2", "000000000014/+99999999999999999999"} {
		k = k.With(Finding{ID: id})
	}
	same(t, 3, len(k))
	for entry, want := range map[int64]time.Duration{0: 423 * time.Second, 13: 423 * time.Second, 14: -2 * time.Hour, 123455: -2 * time.Hour, 123456: 0, 1 << 40: 0} {
		same(t, want, k.At(entry))
	}
	same(t, time.Duration(0), Clock(nil).At(3))
	same(t, ClockSetting{123456, 0}, k.Last())
}

// An act whose machine's clock was hours off claims its event where the case says
// so, and not where it does not; after the clock was set the acts need no such
// word. The note stands in the timeline.
func TestTimelineKnowsOurActsByAWrongClock(t *testing.T) {
	for _, said := range []bool{false, true} {
		c := bundledCase(t)
		must(t, c.AddFinding("api-keys", Finding{ID: "000000000000/+7200"})) // of another step: no word on the clock
		if said {
			must(t, c.AddFinding(ClockStep, Finding{ID: ClockSetting{0, 2 * time.Hour}.ID(), Text: "2 h behind"}))
		}
		n, err := c.Intend(Act{Step: "api-keys", Account: mainSID, Verb: "delete", Target: "SK77"})
		must(t, err)
		_, err = c.Conclude(n, Outcome{Result: Made})
		must(t, err)
		if said {
			size, err := c.Size()
			must(t, err)
			must(t, c.AddFinding(ClockStep, Finding{ID: ClockSetting{size, 0}.ID(), Text: "right again"}))
		}
		later, err := c.Intend(Act{Step: "api-keys", Account: mainSID, Verb: "delete", Target: "SK78"})
		must(t, err)
		_, err = c.Conclude(later, Outcome{Result: Made})
		must(t, err)
		acts, err := c.Acts("api-keys")
		must(t, err)
		began := acts[len(acts)-1].Began
		_, err = c.AddExhibit(exchange(fmt.Sprintf(`{"events":[{"id":"AE11","at":%q,"type":"key.deleted","resource":"SK77"},{"id":"AE12","at":%q,"type":"key.deleted","resource":"SK78"}]}`,
			began.Add(2*time.Hour).Format(time.RFC3339Nano), began.Format(time.RFC3339Nano)), ""))
		must(t, err)
		line := c.Timeline(lanes)
		_, err = line.ReadOn(0)
		must(t, err)
		by, notes := map[string]int64{}, 0
		for _, r := range line.Rows() {
			if strings.HasPrefix(r.Type, "key.") {
				by[r.Target] = r.Act
			}
			if r.Desc == "Clock" {
				notes++
			}
		}
		want, told := map[string]int64{"SK77": 0, "SK78": later}, 0
		if said {
			want["SK77"], told = n, 2
		}
		same(t, want, by)
		same(t, told, notes)
	}
}
