package actions

import (
	"context"
	"errors"
	"slices"
	"strings"

	"retake/actions/account"
	"retake/store"
)

// errKept is the guard: what is kept or in use is never deleted.
var errKept = errors.New("this key is kept or in use")

// Make deletes one key and proves it gone.
func (apiKeys) Make(ctx context.Context, r *Run, c Change) Outcome {
	if slices.Contains(r.Params.List("keep"), c.Object) || c.Object == r.Credential(r.Main()).SID {
		return Outcome{Outcome: store.Refused, Problem: errKept.Error()}
	}
	return r.remove(ctx, c, keyRemoval(r, c.Account, c.Object, c.Seen))
}

// Settle finds out by reading a key whether it was deleted.
func (apiKeys) Settle(ctx context.Context, r *Run, d store.Done) store.Outcome {
	return keyRemoval(r, d.Act.Account, d.Act.Target, d.Act.Seen).settled(ctx, r, d)
}

// keyRemoval deletes a key where it was seen. The main account's token reaches
// the keys of suspended subaccounts too, except on IAM, where only the account's
// own is let in.
func keyRemoval(r *Run, sid, sk, seen string) removal {
	how := removal{
		verb: verbDeleteKey, as: r.Credential(r.Main()),
		remove: func(o *account.Operations) error { return o.DeleteKey(sid, sk) },
		read:   func(o *account.Operations) error { _, err := o.FetchKey(sid, sk); return err },
	}
	switch {
	case onlyIAM(seen):
		how.as = r.Credential(sid)
		how.remove = func(o *account.Operations) error { return o.DeleteIAMKey(sk) }
		how.read = func(o *account.Operations) error { _, err := o.FetchKeyPolicy(sk); return err }
	case onlySigning(seen):
		how.remove = func(o *account.Operations) error { return o.DeleteSigningKey(sid, sk) }
	}
	return how
}

// onlyIAM tells whether a key was shown by the IAM list alone.
func onlyIAM(seen string) bool { return strings.HasSuffix(seen, "in iam") }

// onlySigning tells whether a key was shown by the list of signing keys but not
// by the list of keys.
func onlySigning(seen string) bool { return strings.Contains(seen, "in signing-keys") }
