package tui

import (
	"time"

	"retake/actions/clean"
	"retake/store"
)

// badge says in words what stands behind the wire.
func badge(k store.CaseKind) span {
	switch k {
	case store.Live:
		return span{live, lit("[LIVE ACCOUNT]")}
	case store.Lab:
		return span{lab, lit("[LAB]")}
	case store.Training:
		return span{training, lit("[TRAINING]")}
	}
	return span{live, clean.Showf("[%s]", k)}
}

// header is the first line of every screen. What does not fit is left out from
// the right; the kind stays always.
func header(s Session, now time.Time, w int) row {
	h := s.Case.Header
	left := row{badge(h.Kind), {plain, lit(" ")}, {strong, clean.Show(h.Account)}}
	right := row{{plain, since(now.Sub(h.Created))}}
	if n := s.Case.UnsignedTail(); n > 0 {
		right = append(row{{warn, litf("%d unsigned ", n)}}, right...)
	}
	if left.width()+right.width() >= w {
		left[2].text = shortSID(h.Account)
	}
	if left.width()+right.width() >= w {
		right = right[len(right)-1:]
	}
	by := row{{plain, lit(" ")}, {plain, clean.Show(s.Case.By)}, {faint, lit(" ")}}
	if room := w - left.width() - right.width() - 2; room > by.width() {
		right = append(by[1:], right...)
		left = append(left, span{plain, lit(" ")}, span{plain, clean.Show(h.Name)})
	} else if room > 8 {
		left = append(left, span{plain, lit(" ")}, span{plain, clean.Show(h.Name)})
	}
	return ends(left.cut(max(0, w-right.width()-1)), right, w)
}

// shortSID leaves the middle out: AC12…cdef01.
func shortSID(sid string) clean.Text {
	if len(sid) < 12 {
		return clean.Show(sid)
	}
	return clean.Showf("%s…%s", sid[:4], sid[len(sid)-6:])
}
