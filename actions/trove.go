package actions

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"retake/actions/account"
	"retake/actions/probe"
	"retake/store"
)

// place is what kind of place a credential was found at.
type place int

const (
	inFile    place = iota // of a folder on this computer
	inHistory              // of a Git repository
	inPublic               // anybody can fetch it
)

// standing is what is known of a credential that was found.
type standing string

const (
	inForce   standing = "in force"  // an Auth Token that opens its account now
	dead      standing = "dead"      // one that did once
	alive     standing = "alive"     // unknown to the case, and Twilio lets it in
	unknown   standing = "unknown"   // nobody can tell without asking
	foreign   standing = "foreign"   // of an account that is not of the family
	listedKey standing = "listed"    // an API key that its account lists
	gone      standing = "gone"      // one that no account of the family lists
	noSecret  standing = "no secret" // a SID alone
)

// leak is one credential with the places at which it was found. Of the secret
// itself only the fingerprint is ever written.
type leak struct {
	rule    probe.Rule
	sid     string
	secret  account.Secret
	mark    string // its fingerprint, or the SID where there is no secret
	where   place  // the worst
	places  []string
	count   int
	state   standing
	account string // whose it is, "" if that is not known
}

// mostPlaces is how many places of one credential are named.
const mostPlaces = 5

// mostTried is how many unknown pairs one plan tries at Twilio: a file of
// checksums beside a SID must not become a storm of failed sign-ins.
const mostTried = 20

// trove is what a look found of credentials. It may be filled from several
// goroutines.
type trove struct {
	r       *Run
	present map[string]string // by fingerprint: the account whose token is in force
	sealed  map[string]string // by fingerprint: whose token it is, or was
	family  map[string]bool

	mu    sync.Mutex
	finds map[string]*leak
}

// newTrove learns which tokens the case knows.
func newTrove(ctx context.Context, r *Run) (*trove, error) {
	t := &trove{r: r, present: map[string]string{}, sealed: map[string]string{}, family: map[string]bool{}, finds: map[string]*leak{}}
	accounts, err := r.Listed(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot list the accounts: %w", err)
	}
	for _, a := range accounts {
		t.family[a.SID] = true
		token := a.Token
		if a.SID == r.Main() {
			token = r.Credential(a.SID).Secret
		}
		if !token.IsZero() && a.Status == "active" {
			t.present[r.Fingerprint(token)] = a.SID
		}
	}
	sealed, err := r.Case().Tokens("")
	for _, s := range sealed {
		t.sealed[s.Fingerprint] = s.Account
	}
	return t, err
}

// seeker looks for credentials, and for every token that the case knows.
func (t *trove) seeker(sids bool) probe.Seeker {
	return probe.Seeker{SIDs: sids, Known: func(s account.Secret) bool {
		fp := t.r.Fingerprint(s)
		return t.present[fp] != "" || t.sealed[fp] != ""
	}}
}

// add takes in a hit. where is shown, and may be anybody's words.
func (t *trove) add(h probe.Hit, where string, at place) {
	mark := h.SID
	if !h.Secret.IsZero() {
		t.r.line.Learn(h.Secret)
		mark = t.r.Fingerprint(h.Secret)
	}
	where = t.r.line.Mask(where)
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.finds[mark]
	if f == nil {
		f = &leak{rule: h.Rule, sid: h.SID, secret: h.Secret, mark: mark}
		t.finds[mark] = f
	}
	if f.sid == "" {
		f.sid = h.SID
	}
	f.where, f.count = max(f.where, at), f.count+1
	if len(f.places) < mostPlaces && !slices.Contains(f.places, where) {
		f.places = append(f.places, where)
	}
}

// all are the finds, the same order each time.
func (t *trove) all() []*leak {
	t.mu.Lock()
	defer t.mu.Unlock()
	var list []*leak
	for _, f := range t.finds {
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b *leak) int {
		return strings.Compare(a.places[0]+a.mark, b.places[0]+b.mark)
	})
	return list
}

// judge finds out how each credential stands. Only with try is Twilio asked
// whether it lets an unknown one in.
func (t *trove) judge(ctx context.Context, try bool) error {
	keys, tried := map[string]string(nil), 0
	for _, f := range t.all() {
		switch {
		case f.rule == probe.AccountSID:
			f.state, f.account = noSecret, f.sid
		case f.rule == probe.SendGridKey:
			f.state = unknown
		case f.rule == probe.APIKey:
			if keys == nil {
				var err error
				if keys, err = t.keys(ctx); err != nil {
					return err
				}
			}
			if f.state, f.account = gone, keys[f.sid]; f.account != "" {
				f.state = listedKey
			}
		case t.present[f.mark] != "":
			f.state, f.account = inForce, t.present[f.mark]
		case t.sealed[f.mark] != "":
			f.state, f.account = dead, t.sealed[f.mark]
		case !t.family[f.sid]:
			f.state = foreign
		default:
			f.state, f.account = unknown, f.sid
			if try && tried < mostTried {
				tried++
				t.try(ctx, f)
			}
		}
	}
	return ctx.Err()
}

// try asks Twilio whether a token is let in. Only tokens that stand beside a SID
// of the family come here: other people's doors are not tried.
func (t *trove) try(ctx context.Context, f *leak) {
	_, err := t.r.Read(ctx, account.Credential{SID: f.account, Secret: f.secret}).FetchAccount(f.account)
	switch {
	case err == nil:
		f.state = alive
	case account.Unauthorized(err):
		f.state = dead
	}
}

// keys are the API keys that the accounts of the family list, with whose they
// are.
func (t *trove) keys(ctx context.Context) (map[string]string, error) {
	accounts, err := t.r.Listed(ctx)
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	for _, a := range accounts {
		if a.Status == "closed" {
			continue
		}
		list, err := t.r.Read(ctx, t.r.Credential(t.r.Main())).ListKeys(a.SID)
		if isRefusal(err) {
			err = t.r.Miss(a.SID, "whether API keys that were found are live in "+a.SID, account.Explain(err))
		}
		if err != nil {
			return nil, err
		}
		for _, k := range list {
			all[k.SID] = a.SID
		}
	}
	return all, nil
}

// tell reports each find with its exhibits, burns what has to die, and sends the
// playbook back to the steps that kill it. source names the look: a host or a
// folder.
func (t *trove) tell(source string, exhibits []int64) error {
	for _, f := range t.all() {
		severity, text := f.words()
		t.r.Find(Finding{ID: "leak/" + short(source) + "/" + short(f.mark), Severity: severity, Account: f.whose(t.r), Text: text, Exhibits: exhibits})
		if err := t.act(f, severity, text, exhibits); err != nil {
			return err
		}
	}
	return nil
}

// act does what follows from a find: a token that works and lies in public, or
// of which nobody knew, is burnt; what it opens has to be shut again.
func (t *trove) act(f *leak, severity Severity, text string, exhibits []int64) error {
	switch {
	case f.rule == probe.APIKey && f.state == listedKey && f.where == inPublic:
		return t.r.reopen("api-keys", Finding{ID: "leak/" + short(f.mark), Severity: severity, Account: f.account, Text: text, Exhibits: exhibits},
			"the secret of "+f.sid+" lies in public: delete the key")
	case f.rule != probe.AuthToken || f.state != alive && (f.state != inForce || f.where != inPublic):
		return nil
	}
	why := "found in public: " + f.places[0]
	burnt := []store.Secret{{Account: f.account, Role: store.RoleOld, Value: f.secret.Reveal()}}
	if f.state == alive {
		// A second token lives beside the one in force. Only a rotation, which
		// deletes the second one first, is sure to end it.
		why = "a token of which the case knew nothing is let in: " + f.places[0]
		if token := t.r.Credential(f.account).Secret; !token.IsZero() {
			burnt = append(burnt, store.Secret{Account: f.account, Role: store.RoleOld, Value: token.Reveal()})
		}
	}
	return t.r.burnFound(Finding{ID: "leak/" + short(f.mark), Severity: severity, Account: f.account, Text: text, Exhibits: exhibits}, why, burnt...)
}

// burnFound burns tokens of an account that were found where they must not be,
// and sends the playbook back to the step that kills them.
func (r *Run) burnFound(f Finding, why string, burnt ...store.Secret) error {
	if err := r.Case().Burn(why, burnt...); err != nil {
		return err
	}
	return r.reopen("auth-tokens", f, "the Auth Token of "+f.Account+" is burnt ("+why+"): plan again")
}

// reopen sends the playbook back to another step: it has the finding too, and
// waits for a person. A plan of it that was agreed to stays agreed to.
func (r *Run) reopen(step string, f Finding, why string) error {
	err := r.desk.Case.AddFinding(step, store.Finding{ID: f.ID, Severity: string(f.Severity), Account: f.Account, Text: f.Text, Exhibits: f.Exhibits})
	if err != nil {
		return err
	}
	s, err := r.desk.Case.Progress(step)
	if err != nil {
		return err
	}
	next := s.Progress
	next.State, next.Why = store.NeedsPerson, why
	return r.desk.Case.SetProgress(step, next)
}
