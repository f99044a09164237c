package actions

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"retake/actions/account"
)

// findKeys reads the keys of all accounts, without those that are kept, with
// flags and policies filed.
func findKeys(ctx context.Context, r *Run, accounts []account.Account) ([]key, error) {
	keep := r.Params.List("keep")
	lists := make([][]key, len(accounts))
	indexes := make([]int, len(accounts))
	for i := range indexes {
		indexes[i] = i
	}
	err := each(r, indexes, func(i int) (err error) {
		lists[i], err = keysOf(ctx, r, accounts[i])
		return err
	})
	if err != nil {
		return nil, err
	}
	var all []key
	for _, k := range slices.Concat(lists...) {
		if slices.Contains(keep, k.SID) {
			r.Find(Finding{ID: "kept/" + k.SID, Severity: Medium, Account: k.account, Text: fmt.Sprintf("%s %q is kept because you said so", k.SID, k.Name)})
			continue
		}
		all = append(all, k)
	}
	if err := missKeys(r); err != nil {
		return nil, err
	}
	return all, each(r, all, func(k key) error { return filePolicy(ctx, r, k) })
}

// keysOf reads the keys of one account through all three lists.
func keysOf(ctx context.Context, r *Run, a account.Account) ([]key, error) {
	if a.Status == "closed" {
		return nil, nil
	}
	parent, own := r.Read(ctx, r.Credential(r.Main())), r.Read(ctx, r.Credential(a.SID))
	lists := []keyList{{"keys", parent.ListKeys, nil, nil}, {"signing-keys", parent.ListSigningKeys, nil, nil}, {"iam", own.ListIAMKeys, nil, nil}}
	if a.Status != "active" {
		lists = lists[:2]
		if err := r.Miss(a.SID, "API keys of "+a.SID+" (iam)", "the subaccount is "+a.Status+" and turns its own token away: flags and policies of its keys cannot be read"); err != nil {
			return nil, err
		}
	}
	var pending []*keyList
	for i := range lists {
		pending = append(pending, &lists[i])
	}
	_ = each(r, pending, func(l *keyList) error { l.keys, l.err = l.fetch(a.SID); return nil }) // each list says itself what went wrong
	set := map[string]*key{}
	for _, l := range lists { // one after the other: a key is described by its lists in this order
		if err := addKeys(r, a, set, l); err != nil {
			return nil, err
		}
	}
	var all []key
	for _, k := range set {
		all = append(all, *k)
	}
	slices.SortFunc(all, func(x, y key) int { return strings.Compare(x.SID, y.SID) })
	return all, nil
}

// keyList is one of the three lists that show keys, and what it showed.
type keyList struct {
	via   string
	fetch func(string) ([]account.Key, error)
	keys  []account.Key
	err   error
}

// addKeys adds what one list shows. A list that is refused is said and does not
// stop the others; a list that broke off does.
func addKeys(r *Run, a account.Account, set map[string]*key, l keyList) error {
	via, err := l.via, l.err
	if isRefusal(err) {
		if via == "keys" {
			r.Note(outOfReach+a.SID, a.Status)
		}
		return r.Miss(a.SID, fmt.Sprintf("API keys of %s (%s)", a.SID, via), whyNoKeys(a, err))
	}
	if err != nil {
		return fmt.Errorf("cannot list the API keys of %s: %w", a.SID, err)
	}
	for _, k := range l.keys {
		if !keySID.MatchString(k.SID) {
			r.Note(outOfReach+a.SID, a.Status)
			if err := r.Miss(a.SID, fmt.Sprintf("an API key of %s that the list names %.60q (%s)", a.SID, k.SID, via), "that is no SID, so it cannot be deleted from here: look in the Console (Account > API keys & tokens)"); err != nil {
				return err
			}
			continue
		}
		if set[k.SID] == nil {
			set[k.SID] = &key{Key: k, account: a.SID, name: a.Name}
		}
		set[k.SID].via = append(set[k.SID].via, via)
		set[k.SID].Flags = append(set[k.SID].Flags, k.Flags...)
	}
	return nil
}

func whyNoKeys(a account.Account, err error) string {
	why := account.Explain(err)
	if a.Status == "suspended" {
		why += "; the subaccount is suspended: its keys work again as soon as it is reactivated, so plan this step again then"
	}
	return why
}

// filePolicy reads the policy of a key once, so that it lies in the case before
// the key is deleted. A policy that cannot be read is said and holds up nothing.
func filePolicy(ctx context.Context, r *Run, k key) error {
	if !slices.Contains(k.via, "iam") {
		return nil
	}
	_, err := r.Read(ctx, r.Credential(k.account)).FetchKeyPolicy(k.SID)
	if err == nil || account.Gone(err) {
		return nil
	}
	if isRefusal(err) {
		return r.Miss(k.account, "the policy of "+k.SID, account.Explain(err))
	}
	return fmt.Errorf("cannot read the policy of %s before it is deleted: %w", k.SID, err)
}

// missKeys says what no list of keys shows.
func missKeys(r *Run) error {
	if err := r.Miss(r.Main(), "OAuth applications", "they are not API keys and outlive them: Console > Settings > Account settings > OAuth applications"); err != nil {
		return err
	}
	return r.Miss(r.Main(), "API keys of the Regions IE1, AU1 and JP1", "keys are per Region: Console > Account > API keys & tokens > Region")
}
