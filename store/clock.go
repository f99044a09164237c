package store

import (
	"fmt"
	"time"
)

// ClockStep is what findings about this machine's clock are filed under: no step
// of the playbook.
const ClockStep = "clock"

// ClockSetting is how far Twilio's clock was ahead of the one by which the log
// tells the time, from an entry on; negative where it was behind.
type ClockSetting struct {
	Entry int64
	By    time.Duration // whole seconds
}

// ID is the name of the finding under ClockStep that says so: "000000000014/+423".
// The IDs are in the order of the entries.
func (s ClockSetting) ID() string {
	return fmt.Sprintf("%012d/%+d", s.Entry, int64(s.By/time.Second))
}

// Clock is what the findings of a case say of its clock, in the order in which
// they were filed.
type Clock []ClockSetting

// With takes in a finding under ClockStep. One that is named otherwise says
// nothing.
func (k Clock) With(f Finding) Clock {
	var s ClockSetting
	var seconds int64
	if n, err := fmt.Sscanf(f.ID, "%d/%d", &s.Entry, &seconds); err != nil || n != 2 || s.Entry < 0 {
		return k
	}
	s.By = time.Duration(seconds) * time.Second
	if s.ID() != f.ID {
		return k
	}
	return append(k, s)
}

// At is how far Twilio's clock was ahead when an entry was written; 0 where
// nothing says so.
func (k Clock) At(entry int64) (by time.Duration) {
	for _, s := range k {
		if s.Entry <= entry {
			by = s.By
		}
	}
	return by
}

// Last is what was said last.
func (k Clock) Last() ClockSetting {
	if len(k) == 0 {
		return ClockSetting{}
	}
	return k[len(k)-1]
}
