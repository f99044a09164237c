package actions

import (
	"context"
	"slices"
	"sync"

	"retake/actions/account"
)

// everywhere reads something of every account that is not closed, and returns it
// in the order of the accounts. Where the list of accounts must be read too, what
// the accounts hold that were on the last list is read at the same time, and what
// new ones hold after it.
func everywhere[T any](ctx context.Context, r *Run, read func(account.Account) (T, error)) ([]T, error) {
	type answer struct {
		got T
		err error
	}
	var mu sync.Mutex
	answers := map[string]answer{}
	ask := func(a account.Account) error {
		got, err := read(a)
		mu.Lock()
		defer mu.Unlock()
		answers[a.SID] = answer{got, err}
		return nil
	}
	var accounts []account.Account
	reads := []func() error{func() (err error) { accounts, err = r.Listed(ctx); return err }}
	if r.listed == nil {
		for _, a := range notClosed(r.desk.family.known()) {
			reads = append(reads, func() error { return ask(a) })
		}
	}
	if err := each(r, reads, func(read func() error) error { return read() }); err != nil {
		return nil, err
	}
	accounts = notClosed(accounts)
	fresh := slices.DeleteFunc(slices.Clone(accounts), func(a account.Account) bool { _, asked := answers[a.SID]; return asked })
	if err := each(r, fresh, ask); err != nil {
		return nil, err
	}
	var all []T
	for _, a := range accounts {
		if err := answers[a.SID].err; err != nil {
			return nil, err
		}
		all = append(all, answers[a.SID].got)
	}
	return all, nil
}

// notClosed are the accounts of which something can be read.
func notClosed(all []account.Account) []account.Account {
	return slices.DeleteFunc(slices.Clone(all), func(a account.Account) bool { return a.Status == "closed" })
}
