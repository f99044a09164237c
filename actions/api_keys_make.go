package actions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"retake/actions/account"
	"retake/store"
)

// triesPerKey bounds how often the deletion of a key is begun anew after it was
// found by reading that it had not been carried out.
const triesPerKey = 3

// Make deletes one key and proves it gone.
func (w apiKeys) Make(ctx context.Context, r *Run, c Change) Outcome {
	if slices.Contains(r.Params.List("keep"), c.Object) || c.Object == r.Credential(r.Main()).SID {
		return Outcome{Outcome: store.Refused, Problem: errKept.Error()}
	}
	if o, ended := w.before(ctx, r, c); ended {
		return o
	}
	for range triesPerKey {
		d, err := r.Do(ctx, store.Act{Change: c.ID, Account: c.Account, Verb: verbDeleteKey, Target: c.Object, Irreversible: true, Seen: c.Seen}, deleter(r, c), func(o *account.Operations) (Reply, error) {
			return deleteKey(o, c)
		})
		if errors.Is(err, ErrHalted) {
			return Outcome{}
		}
		if d.Outcome.Result == store.Unknown {
			if d, err = r.settle(ctx, d); err != nil {
				return Outcome{}
			}
			if d.Outcome.Result == store.Failed {
				continue // it was found by reading that it is still there
			}
		}
		return w.outcome(ctx, r, d)
	}
	return Outcome{Outcome: store.Failed, Problem: fmt.Sprintf("%s is still there after %d tries", c.Object, triesPerKey)}
}

// before looks whether a key still has to be deleted, and may be.
func (w apiKeys) before(ctx context.Context, r *Run, c Change) (Outcome, bool) {
	acts := r.Acts(c.ID)
	if len(acts) > 0 {
		last := acts[len(acts)-1]
		if last.Outcome.Result == store.Made || last.Outcome.Result == store.Already || last.Open() {
			return w.outcome(ctx, r, last), true
		}
	}
	if now, seen := r.Noted(seenKey(c.Object)); seen && now != c.Seen {
		return Outcome{Outcome: store.Stale, Problem: "somebody changed the key since the plan: it was " + c.Seen + " and is " + now}, true
	}
	return Outcome{}, false
}

// outcome is what a change came to, from its last act.
func (w apiKeys) outcome(ctx context.Context, r *Run, d store.Done) Outcome {
	if d.Outcome.Result == store.Waiting {
		settled, err := r.settle(ctx, d)
		if err != nil {
			return Outcome{}
		}
		d = settled
	}
	return Outcome{Outcome: d.Outcome.Result, Proof: d.Outcome.Proof, Problem: d.Outcome.Problem}
}

// onlyIAM tells whether a key was shown by the IAM list alone.
func onlyIAM(c Change) bool { return strings.HasSuffix(c.Seen, "in iam") }

// onlySigning tells whether a key was shown by the list of signing keys but not
// by the list of keys.
func onlySigning(c Change) bool {
	return strings.Contains(c.Seen, "in signing-keys")
}

// deleter is the credential that deletes a key: the main account's, which
// reaches suspended subaccounts too, except on IAM, where only the account's own
// is let in.
func deleter(r *Run, c Change) account.Credential {
	if onlyIAM(c) {
		return r.Credential(c.Account)
	}
	return r.Credential(r.Main())
}

// deleteKey deletes a key where it was seen and reads it again.
func deleteKey(o *account.Operations, c Change) (Reply, error) {
	remove, read := func() error { return o.DeleteKey(c.Account, c.Object) }, func() error { _, err := o.FetchKey(c.Account, c.Object); return err }
	switch {
	case onlyIAM(c):
		remove = func() error { return o.DeleteIAMKey(c.Object) }
		read = func() error { _, err := o.FetchKeyPolicy(c.Object); return err }
	case onlySigning(c):
		remove = func() error { return o.DeleteSigningKey(c.Account, c.Object) }
	}
	if err := remove(); err != nil {
		return Reply{}, err
	}
	err := read()
	if account.Gone(err) {
		return Reply{Proof: "deleted, and reading it again answers 404"}, nil
	}
	return Reply{Proof: "deleted, but not seen gone yet", Waiting: true}, nil
}

// Settle finds out by reading a key whether it was deleted.
func (apiKeys) Settle(ctx context.Context, r *Run, d store.Done) store.Outcome {
	as, read := r.Credential(r.Main()), func(o *account.Operations) error { _, err := o.FetchKey(d.Act.Account, d.Act.Target); return err }
	if onlyIAM(Change{Seen: d.Act.Seen}) {
		as, read = r.Credential(d.Act.Account), func(o *account.Operations) error { _, err := o.FetchKeyPolicy(d.Act.Target); return err }
	}
	err := read(r.Read(ctx, as))
	switch {
	case account.Gone(err):
		return store.Outcome{Result: store.Made, Proof: "reading it again answers 404"}
	case err != nil:
		return store.Outcome{Result: store.Unknown, Problem: "the key could not be read: " + err.Error()}
	case d.Outcome.Result == store.Waiting:
		return store.Outcome{Result: store.Waiting, Problem: "deleted, but it can still be read"}
	}
	return store.Outcome{Result: store.Failed, Problem: "the key is still there: it was not deleted"}
}
