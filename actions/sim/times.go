package sim

import "time"

// times is a filter by time: exactly, not before, not after.
type times struct {
	on, from, to span
	set          bool
}

// all tells that nothing was asked for.
func (t times) all() bool { return !t.set }

// fits leaves out what has not happened, unless nothing was asked for: a
// message that waits has no DateSent, so a filter by DateSent hides it.
func (t times) fits(at time.Time) bool {
	if !t.set {
		return true
	}
	return !at.IsZero() && t.on.holds(at) && t.from.holds(at) && t.to.holds(at)
}

// times reads NAME, NAME< and NAME>. With Switches.TimeFilter at date the time
// of day is dropped, as the documentation of these filters has it.
func (c *call) times(name string) (times, *reply) {
	var out times
	for _, suffix := range []string{"", "<", ">"} {
		v := c.query.Get(name + suffix)
		if v == "" {
			continue
		}
		at, whole, err := readTime(v)
		if err != nil {
			return out, new(invalid("%s must be a date or an ISO 8601 time, not %q", name+suffix, v))
		}
		if c.options.Switches.TimeFilter == "date" {
			at, whole = at.Truncate(day), true
		}
		out.set = true
		after := at.Add(time.Second)
		if whole {
			after = at.Add(day)
		}
		switch suffix {
		case "":
			out.on = span{at, after}
		case "<": // at or before midnight of the date, which begins it
			out.to = span{To: at.Add(time.Second)}
		case ">":
			out.from = span{From: at}
		}
	}
	return out, nil
}
