package actions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"retake/actions/account"
	"retake/store"
)

// setting is something that is set to a wanted state and read back. The state
// is a list of words, one for each target, always in the same order.
type setting struct {
	act  store.Act
	as   account.Credential
	seen []string // the state that the plan was made from; another length: it could not be seen
	want []string
	page string // where a person does it
	what string // what the words are, for sentences

	read func(*account.Operations) ([]string, error)
	set  func(*account.Operations) (ignored []string, err error) // ignored: words that the account said no to
}

// triesPerSetting bounds how often a setting is begun anew after it was found
// by reading that it is not as wanted.
const triesPerSetting = 3

// leftMark comes before the targets that the account left as they were though
// it answered that all was well. It is looked for in the journal.
const leftMark = "left as they were by the API: "

// leftIn are the targets that a proof or a problem says were left.
func leftIn(text string) []string {
	_, list, _ := strings.Cut(text, leftMark)
	list, _, _ = strings.Cut(list, ";")
	return strings.Fields(list)
}

// settleTime is how long an accepted change may take until it is seen.
const settleTime = 2 * time.Minute

// make sets and proves, or goes on where an earlier run left off. The state is
// read before every try: what somebody else moved is left alone.
func (s setting) make(ctx context.Context, r *Run) Outcome {
	for range triesPerSetting {
		last, any := s.last(r)
		if any && last.Open() {
			var err error
			if last, err = r.settle(ctx, last); err != nil {
				return Outcome{}
			}
			if last.Open() {
				return s.outcome(last)
			}
		}
		if any && strings.Contains(last.Outcome.Proof+last.Outcome.Problem, leftMark) {
			return s.outcome(last)
		}
		now, err := s.now(ctx, r, any)
		if err != nil {
			return s.unread(err)
		}
		if o, ended := s.before(r, now, last, any); ended {
			return o
		}
		d, err := r.Do(ctx, s.act, s.as, s.call)
		if errors.Is(err, ErrHalted) {
			return Outcome{}
		}
		if !d.Open() && d.Outcome.Result != store.Failed {
			return s.outcome(d)
		}
	}
	return s.gaveUp(ctx, r)
}

// now is the present state. Under a panic order what the plan has just read is
// not read again before the first try.
func (s setting) now(ctx context.Context, r *Run, tried bool) ([]string, error) {
	if _, fresh := r.Noted(justRead); fresh && !tried && r.urgent() && len(s.seen) == len(s.want) {
		return s.seen, nil
	}
	return s.read(r.Read(ctx, s.as))
}

// gaveUp is the outcome after the last try, which may have left an open act.
func (s setting) gaveUp(ctx context.Context, r *Run) Outcome {
	last, _ := s.last(r)
	if last.Open() {
		settled, err := r.settle(ctx, last)
		if err != nil {
			return Outcome{}
		}
		last = settled
	}
	return s.outcome(last)
}

// last is the latest act that set out to reach the same state.
func (s setting) last(r *Run) (store.Done, bool) {
	acts := r.Acts(s.act.Change)
	for _, d := range slices.Backward(acts) {
		if d.Act.Target == s.act.Target && d.Act.Seen == s.act.Seen {
			return d, true
		}
	}
	return store.Done{}, false
}

// before looks whether something is left to do, and may be done.
func (s setting) before(r *Run, now []string, last store.Done, ours bool) (Outcome, bool) {
	switch {
	case slices.Equal(now, s.want) && ours && last.Outcome.Result == store.Made:
		return s.outcome(last), true
	case slices.Equal(now, s.want):
		return Outcome{Outcome: store.Already, Proof: "reading it shows that it is so already"}, true
	case len(s.seen) != len(s.want) || slices.Equal(now, s.seen) || ours && s.between(now):
		return Outcome{}, false
	}
	return Outcome{Outcome: store.Stale, Problem: "somebody changed it since the plan: " + s.moved(now)}, true
}

// between tells whether each target is as it was or as it is to be: what our
// own interrupted act may leave behind.
func (s setting) between(now []string) bool {
	for i, word := range now {
		if word != s.want[i] && word != s.seen[i] {
			return false
		}
	}
	return true
}

// moved says what is not as it was seen.
func (s setting) moved(now []string) string {
	var all []string
	for i, word := range now {
		if word != s.seen[i] {
			all = append(all, s.seen[i]+" is now "+word)
		}
	}
	return few(all)
}

// call sets, and reads back what was set.
func (s setting) call(o *account.Operations) (Reply, error) {
	ignored, err := s.set(o)
	if isRefusal(err) {
		return Reply{}, fmt.Errorf("%w; do it by hand: %s", err, s.page)
	}
	if err != nil {
		return Reply{}, err
	}
	now, err := s.read(o)
	if err != nil {
		return Reply{Proof: "accepted, but not read back yet: " + err.Error(), Waiting: true}, nil
	}
	return s.reply(now, ignored)
}

// errLeft says that the account answered that all was well and did nothing.
var errLeft = errors.New("the account accepted the request and changed nothing")

// reply is what a setting came to, by what was read back.
func (s setting) reply(now, ignored []string) (Reply, error) {
	left, lost := s.left(now), []string{}
	for _, word := range left {
		if slices.Contains(ignored, word) {
			lost = append(lost, name(word))
		}
	}
	switch {
	case len(left) == 0:
		return Reply{Proof: s.proof()}, nil
	case len(lost) < len(left):
		return Reply{Proof: fmt.Sprintf("accepted, but %d of %d %s are not seen so yet", len(left), len(s.want), s.what), Waiting: true}, nil
	case len(left) == len(s.want):
		return Reply{}, fmt.Errorf("%w: %s%s; do it by hand: %s", errLeft, leftMark, strings.Join(lost, " "), s.page)
	}
	return Reply{Proof: fmt.Sprintf("read back: %d of %d %s are as agreed; %s%s; by hand: %s", len(s.want)-len(left), len(s.want), s.what, leftMark, strings.Join(lost, " "), s.page)}, nil
}

func (s setting) proof() string {
	return fmt.Sprintf("read back: %d of %d %s are as agreed", len(s.want), len(s.want), s.what)
}

// left are the wanted words that are not so.
func (s setting) left(now []string) []string {
	var all []string
	for i, word := range s.want {
		if now[i] != word {
			all = append(all, word)
		}
	}
	return all
}

// name is the target of a word.
func name(word string) string {
	target, _, _ := strings.Cut(word, "=")
	return target
}

// settle finds out by reading whether the setting was made. What is half made
// was made by our act; making it whole is another one.
func (s setting) settle(ctx context.Context, r *Run, d store.Done) store.Outcome {
	now, err := s.read(r.Read(ctx, s.as))
	if err != nil {
		return store.Outcome{Result: store.Unknown, Problem: "it could not be read: " + err.Error()}
	}
	left := s.left(now)
	switch {
	case len(left) == 0:
		return store.Outcome{Result: store.Made, Proof: s.proof()}
	case d.Outcome.Result == store.Waiting && r.TheirNow().Sub(r.dated(d).Began) < settleTime:
		return store.Outcome{Result: store.Waiting, Problem: fmt.Sprintf("accepted, but %d of %d %s are not seen so yet", len(left), len(s.want), s.what)}
	case len(s.seen) == len(s.want) && s.between(now) && !slices.Equal(now, s.seen):
		return store.Outcome{Result: store.Made, Proof: fmt.Sprintf("read back: %d of %d %s are as agreed", len(s.want)-len(left), len(s.want), s.what)}
	}
	return store.Outcome{Result: store.Failed, Problem: "it is as it was before: it was not carried out"}
}

// outcome is that of a change, from its last act. What the account did not do
// though it said so is never claimed: it counts as refused.
func (s setting) outcome(d store.Done) Outcome {
	o := Outcome{Outcome: d.Outcome.Result, Proof: d.Outcome.Proof, Problem: d.Outcome.Problem}
	if o.Outcome == store.Failed && strings.Contains(o.Problem, leftMark) {
		o.Outcome = store.Refused
	}
	return o
}

// unread is the outcome where the present state cannot be read: nothing is
// changed unseen.
func (s setting) unread(err error) Outcome {
	o := Outcome{Outcome: store.Failed, Problem: "not sent, since the present state cannot be read: " + err.Error()}
	if isRefusal(err) {
		o.Outcome, o.Problem = store.Refused, o.Problem+"; do it by hand: "+s.page
	}
	return o
}
