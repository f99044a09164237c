package tui

// statusHeight is how many lines the status takes: two where there is room and
// something to say.
func (r *root) statusHeight() int { return len(r.statusRows()) }

// statusRows is the sentence above the footer: an answer to the last key before
// what runs in the background.
func (r *root) statusRows() []row {
	if r.h < 5 {
		return nil
	}
	t := r.status
	if r.leaving && r.job != nil {
		t = told{warn, lit("Stopping: what is in flight ends, then the console leaves. esc stays, ctrl+c leaves at once.")}
	} else if t.text.String() == "" && r.job != nil {
		t = r.background()
	}
	if t.text.String() == "" {
		return []row{{}}
	}
	var all []row
	for _, line := range wrap(t.text, r.w) {
		all = append(all, rowOf(t.ink, line))
	}
	return all[:min(len(all), max(1, r.h/6))]
}

// background tells what is being done, on whatever screen one looks.
func (r *root) background() told {
	j := r.job.view
	switch {
	case j.stopping:
		return told{warn, litf("%s: stopping; nothing new is begun, what is in flight ends", j.step)}
	case !j.changes():
		return told{warn, litf("%s: reading the account (%s); nothing is changed", j.step, since(r.now.Sub(j.since)))}
	}
	t := j.tally
	return told{warn, litf("%s: %s (%s)", j.step, t.Counts, since(r.now.Sub(j.since)))}
}

// footer are the keys that do something now: two lines of them where the window
// is high enough.
func (r *root) footer() []row {
	if r.h < 2 {
		return nil
	}
	most := 1
	if r.h >= 16 {
		most = 2
	}
	all := []row{{}}
	for _, h := range r.hints() {
		piece := row{{press, litf("%s", h.key.Help().Key)}, {plain, litf(" %s", string(h.does))}}
		last := all[len(all)-1]
		switch {
		case len(last) == 0:
			all[len(all)-1] = piece
		case last.width()+2+piece.width() <= r.w:
			all[len(all)-1] = append(append(last, span{plain, lit("  ")}), piece...)
		case len(all) < most:
			all = append(all, piece)
		default:
			return all
		}
	}
	return all
}

func (r *root) hints() []hint {
	var all []hint
	if r.leaving && r.job != nil {
		return []hint{{keys.Back, "stay"}, {keys.Cut, "leave at once"}}
	}
	top := r.top()
	all = append(all, top.Hints()...)
	if !top.Typing() {
		if r.job != nil && !r.job.view.stopping {
			all = append([]hint{{keys.Stop, "stop"}}, all...)
		}
		if _, here := top.(*helpScreen); !here {
			all = append(all, hint{keys.Help, "help"})
		}
		if len(r.screens) == 1 {
			all = append(all, hint{keys.Quit, "leave"})
		}
	} else {
		all = append(all, hint{keys.Cut, "leave"})
	}
	return all
}
