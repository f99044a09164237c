package actions

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"retake/actions/account"
	"retake/store"
)

const verbDeleteKey = "delete-key"

// orderKeys is the standing order of step 3.
const orderKeys = "every-key"

// APIKeys is step 3: delete all API keys.
func APIKeys() *Step {
	return &Step{
		ID: "api-keys", Number: "3", Title: "Delete all API keys", Phase: Contain, Urgency: 40,
		Because: "a new Auth Token does not stop an API key: the intruder's keys go on working until they are deleted",
		Why: "API keys are credentials of their own and outlive every token. While an account is\n" +
			"suspended for a takeover no new ones can be made: applications that use keys stop.",
		Console: []string{
			"list the keys of every account through the three APIs that show them, as one set",
			"record name, dates, flags and policy of each key before it is deleted",
			"delete all but those that you keep, prove each gone (404)",
			"go on deleting what appears meanwhile, until two reads in a row find none",
		},
		Hands: []Place{
			{"delete or rotate OAuth applications: they are no API keys and outlive them", "Console: Settings > Account settings > OAuth applications", "https://1console.twilio.com/go?to=/account/__account__/settings/oauth"},
			{"delete the keys of other Regions that you use (IE1, AU1, JP1)", "Console: Account > API keys & tokens > Region", "https://console.twilio.com/us1/account/keys-credentials/api-keys"},
			{"give your own applications new, restricted keys once the account is safe", "Console: Account > API keys & tokens > Create API key", "https://console.twilio.com/us1/account/keys-credentials/api-keys"},
		},
		Checks: []Check{
			{"oauth", "OAuth applications are deleted or known to be ours"},
			{"regions", "Keys of other Regions are deleted, or none is used"},
			{"reissued", "Our own applications have new, restricted keys"},
		},
		Parameters: []Parameter{
			{Name: "keep", Type: List, Valid: checkKeep, Help: "SIDs (SK…) of keys that stay, with commas; a kept key stays in the intruder's hands if he has it"},
			{Name: "order_minutes", Type: Number, Default: "15", Help: "bound of the standing order, in minutes"},
			{Name: "order_count", Type: Number, Default: "500", Help: "bound of the standing order, in keys"},
		},
		Work: apiKeys{},
	}
}

// apiKeys is the work of step 3. One change is the deletion of one key.
type apiKeys struct{}

func (apiKeys) Plan(ctx context.Context, r *Run) (*Plan, error) {
	accounts, err := r.Listed(ctx)
	if err != nil {
		return nil, err
	}
	found, err := findKeys(ctx, r, accounts)
	if err != nil {
		return nil, err
	}
	p := &Plan{}
	for _, k := range found {
		p.Changes = append(p.Changes, k.change())
		r.Note(seenKey(k.SID), k.state())
	}
	r.Note(justRead, "")
	if len(p.Changes) == 0 {
		return p, nil
	}
	p.Orders = []StandingOrder{{
		ID: orderKeys, Predicate: "any API key that appears meanwhile, except those that are kept",
		Scope: reachable(accounts), Keep: r.Params.List("keep"),
		MaxTime: Span(time.Duration(r.Params.Number("order_minutes")) * time.Minute), MaxCount: r.Params.Number("order_count"),
	}}
	p.Breaks = keyBreaks(p.Changes)
	return p, nil
}

var keySID = regexp.MustCompile(`^SK[0-9a-f]{32}$`)

func checkKeep(value string) error {
	for _, sid := range words(value) {
		if !keySID.MatchString(sid) {
			return store.WithHint(fmt.Errorf("keep cannot be %q: it is not the SID of an API key", sid), "write SIDs of the form SK and 32 hexadecimal digits, with commas between")
		}
	}
	return nil
}

// reachable are the accounts whose keys can be read at all.
func reachable(accounts []account.Account) []string {
	var all []string
	for _, a := range accounts {
		if a.Status != "closed" {
			all = append(all, a.SID)
		}
	}
	return all
}

func keyBreaks(changes []Change) []string {
	counts := map[string]int{}
	var order []string
	for _, c := range changes {
		if counts[c.Account]++; counts[c.Account] == 1 {
			order = append(order, c.Account)
		}
	}
	var all []string
	for _, sid := range order {
		all = append(all, fmt.Sprintf("%s: %d keys; every program that signs in with one of them gets 401 at once", sid, counts[sid]))
	}
	return append(all,
		"Access Tokens that were signed with these keys end: Voice, Video and Conversations clients drop",
		"Twilio CLI profiles and token rotators (Doppler, Vault and the like) sign in with keys: they stop too",
		"while Twilio has an account suspended for a takeover, no new keys can be made: then only the Auth Token is left")
}

// key is one API key as the three lists show it, taken together.
type key struct {
	account.Key
	account string
	name    string // of the account
	via     []string
}

func (k key) change() Change {
	return Change{
		ID: "delete/" + k.account + "/" + k.SID, Account: k.account, Name: k.name, Verb: "delete",
		Target: fmt.Sprintf("API key %s %q", k.SID, k.Name), Object: k.SID, Stage: 1, Seen: k.state(),
	}
}

// state is what must not have been moved by somebody else between the plan and
// the act.
func (k key) state() string {
	return fmt.Sprintf("name %q, updated %s, in %s", k.Name, k.Updated.UTC().Format(time.RFC3339), strings.Join(k.via, "+"))
}

// Before reads the keys again if the plan lay for a while, so that Make can tell
// what somebody else moved meanwhile.
func (apiKeys) Before(ctx context.Context, r *Run, _ int, changes []Change) error {
	if _, fresh := r.Noted(justRead); fresh {
		return nil
	}
	accounts, err := r.Accounts(ctx)
	if err != nil {
		return err
	}
	wanted := map[string]bool{}
	for _, c := range changes {
		wanted[c.Account] = true
	}
	accounts = slices.DeleteFunc(accounts, func(a account.Account) bool { return !wanted[a.SID] })
	return each(r, accounts, func(a account.Account) error {
		keys, err := keysOf(ctx, r, a)
		for _, k := range keys {
			r.Note(seenKey(k.SID), k.state())
		}
		return err
	})
}

// Look reads all keys once.
func (apiKeys) Look(ctx context.Context, r *Run, o StandingOrder) ([]Change, error) {
	accounts, err := r.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range accounts {
		if a.Status != "closed" && !slices.Contains(o.Scope, a.SID) {
			r.Find(Finding{ID: "new/" + a.SID, Severity: High, Account: a.SID, Text: fmt.Sprintf("%s (%s) appeared after the plan was agreed to: plan again", a.SID, a.Name)})
		}
	}
	accounts = slices.DeleteFunc(accounts, func(a account.Account) bool { return !slices.Contains(o.Scope, a.SID) })
	found, err := findKeys(ctx, r, accounts)
	var changes []Change
	for _, k := range found {
		r.Note(seenKey(k.SID), k.state())
		changes = append(changes, k.change())
	}
	return changes, err
}

// Prove says how the step stands: two reads in a row must have found no key.
func (w apiKeys) Prove(ctx context.Context, r *Run, p *Plan) (Verdict, error) {
	if r.Quiet(orderKeys) {
		return proved(ctx, r)
	}
	if !p.Empty() {
		return Verdict{store.NeedsPerson, "new API keys keep appearing: find out who makes them"}, nil
	}
	accounts, err := r.Accounts(ctx)
	if err != nil {
		return Verdict{}, err
	}
	found, err := findKeys(ctx, r, accounts)
	if err != nil {
		return Verdict{}, err
	}
	if len(found) > 0 {
		return Verdict{store.NeedsPerson, fmt.Sprintf("%d new API keys appeared while nothing was planned: plan again", len(found))}, nil
	}
	return proved(ctx, r)
}

// outOfReach marks the accounts whose keys the main account's token cannot read.
const outOfReach = "out-of-reach/"

// proved is the verdict after two empty reads. An account whose keys could not
// be read is named: what was not seen is not proved.
func proved(ctx context.Context, r *Run) (Verdict, error) {
	accounts, err := r.Accounts(ctx)
	if err != nil {
		return Verdict{}, err
	}
	why := "two reads in a row found no API key on any account"
	for _, a := range accounts {
		status, missed := r.Noted(outOfReach + a.SID)
		if missed && status == "active" {
			return Verdict{store.NeedsPerson, "the API keys of " + a.SID + " could not be read: look in the Console (Account > API keys & tokens)"}, nil
		}
		if missed {
			why = "two reads in a row found no API key on any account that could be read; not covered: the " + status + " " + a.SID
		}
	}
	if keep := r.Params.List("keep"); len(keep) > 0 {
		why += fmt.Sprintf(", except %d that you keep", len(keep))
	}
	return Verdict{store.Proved, why}, nil
}
