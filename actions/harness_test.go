package actions

import (
	"context"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"retake/actions/account"
	"retake/actions/sim"
	"retake/actions/sim/contract"
	"retake/store"
)

// bench is a case, a desk and the simulated account that it works on.
type bench struct {
	t        *testing.T
	world    *sim.World
	opening  sim.Opening
	wire     Wire
	c        *store.Case
	desk     *Desk
	path     string
	steps    []*Step
	regional map[account.Region]account.Secret // what the desk is given of other Regions
	staged   int                               // how many acts of the account's log the test itself began with
	behind   atomic.Int64                      // nanoseconds that this machine's clock is behind the account's
	olds     map[string]string                 // the tokens that were in force at the beginning, active accounts only
}

// newBench opens a case on a fresh simulated account. Every request and answer
// is held against Twilio's descriptions where these are at hand.
func newBench(t *testing.T, o sim.Options) *bench {
	t.Helper()
	return newSkewedBench(t, o, 0)
}

// newSkewedBench is newBench on a machine whose clock is behind the account's.
func newSkewedBench(t *testing.T, o sim.Options, behind time.Duration) *bench {
	t.Helper()
	if o.Scenario == "" {
		o.Scenario = "leaked-token"
	}
	if o.Seed == 0 {
		o.Seed = 3
	}
	if o.Messages == 0 && o.Calls == 0 {
		o.Messages, o.Calls = 200, 200 // enough for a history, and quick to read
	}
	if o.Now.IsZero() { // what own traffic there was on a day depends on the day
		o.Now = time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	}
	w, err := sim.New(o)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, world: w, opening: w.Opening(), path: filepath.Join(t.TempDir(), "c.retake")}
	b.wire = Wire{Kind: store.Lab, Name: "http://127.0.0.1:1", Transport: w, Now: func() time.Time { return w.Now().Add(-time.Duration(b.behind.Load())) }}
	b.behind.Store(int64(behind))
	b.olds = b.tokens()
	c, err := Begin(context.Background(), Beginning{Path: b.path, Wire: b.wire, Credential: b.credential(), Responder: "Robin", Passphrase: "correct horse", WorkFactor: 10})
	if err != nil {
		t.Fatal(err)
	}
	b.c = c
	b.sit()
	t.Cleanup(func() { _ = b.c.Close() })
	return b
}

// checked holds every exchange against Twilio's descriptions.
func (b *bench) checked() *bench {
	b.wire.Transport = contract.New(b.t).Wrap(b.world)
	b.sit()
	return b
}

func (b *bench) credential() account.Credential {
	return account.Credential{SID: b.opening.AccountSID, Secret: account.NewSecret(b.opening.AuthToken)}
}

// sit sets up a new desk, as a new process would.
func (b *bench) sit() {
	b.t.Helper()
	l, err := b.wire.Line(b.c)
	if err != nil {
		b.t.Fatal(err)
	}
	b.desk, err = Open(Options{Case: b.c, Steps: b.steps, Line: l, Credential: b.credential(), Extras: b.extras(), Sleep: quick, Command: "test", Version: "test"})
	if err != nil {
		b.t.Fatal(err)
	}
}

// extras are what the environment of the bench gives.
func (b *bench) extras() Given {
	g := Given{
		EnvGitHub: account.NewSecret(b.opening.GitHub), EnvSendGrid: account.NewSecret(b.opening.SendGrid),
		EnvOrgSID: account.NewSecret(b.opening.OrgSID), EnvOrgClient: account.NewSecret(b.opening.OrgClient), EnvOrgSecret: account.NewSecret(b.opening.OrgSecret),
	}
	for region, token := range b.regional {
		g[EnvRegion(region)] = token
	}
	return g
}

// quick lets a wait pass fast, and still pass: the simulated clock is the real
// one.
func quick(ctx context.Context, d time.Duration) error {
	return account.Sleep(ctx, min(d, 5*time.Millisecond))
}

func (b *bench) plan(id string, set ...string) *Report {
	b.t.Helper()
	r, err := b.desk.Plan(context.Background(), id, params(set))
	if err != nil {
		b.t.Fatalf("plan %s: %v (%s)", id, err, store.HintOf(err))
	}
	return r
}

func params(set []string) map[string]string {
	given := map[string]string{}
	for _, pair := range set {
		name, value, _ := strings.Cut(pair, "=")
		given[name] = value
	}
	return given
}

// apply plans and applies.
func (b *bench) apply(id string, set ...string) *Report {
	b.t.Helper()
	p := b.plan(id, set...)
	if p.Plan.Empty() {
		return p
	}
	r, err := b.desk.Apply(context.Background(), id, Agreed{Digest: p.Plan.Digest, How: "test"}, nil)
	if err != nil {
		b.t.Fatalf("apply %s: %v (%s)", id, err, store.HintOf(err))
	}
	return r
}

// ask sends a GET with a credential to the simulated account.
func (b *bench) ask(user, secret, path string) (int, *http.Response) {
	r, _ := http.NewRequest(http.MethodGet, "https://api.twilio.com/2010-04-01"+path, nil)
	r.SetBasicAuth(user, secret)
	resp, err := b.world.RoundTrip(r)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp.StatusCode, resp
}

func (b *bench) send(method, url, user, secret string) int {
	r, _ := http.NewRequest(method, url, nil)
	r.SetBasicAuth(user, secret)
	resp, err := b.world.RoundTrip(r)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp.StatusCode
}

// tokens are the present tokens of the active accounts, by the sim's own client.
func (b *bench) tokens() map[string]string {
	b.t.Helper()
	l, _ := account.NewLine(account.Options{Transport: b.world})
	all, err := l.As(b.credential()).On(context.Background(), unrecorded{}).ListAccounts()
	if err != nil {
		b.t.Fatal(err)
	}
	tokens := map[string]string{}
	for _, a := range all {
		if a.Status == "active" {
			tokens[a.SID] = a.Token.Reveal()
		}
	}
	return tokens
}

// acts are the executed acts of the account's log, by who and verb.
func (b *bench) executed(actor string) map[string]int {
	counts := map[string]int{}
	for _, a := range b.world.Acts()[b.staged:] {
		if a.Actor == actor && a.Status < 300 {
			counts[verbIn(a)+" "+a.Account]++
		}
	}
	return counts
}

// sweptPath is where only the sweep changes anything.
var sweptPath = regexp.MustCompile(`^(api\.twilio\.com/.*/(SIP|IncomingPhoneNumbers|Applications|ConnectApps|SMS)/|accounts\.twilio\.com/v1/Credentials/|voice\.twilio\.com/v1/(Byoc|Connection|Ip|Source)|(bulkexports|chat|content|conversations|events|flex-api|intelligence|marketplace|messaging|notify|numbers|proxy|serverless|studio|supersim|sync|taskrouter|trunking|verify|video|wireless)\.)`)

func verbIn(a sim.Act) string {
	switch {
	case sweptPath.MatchString(a.Host+a.Path) && a.Method == http.MethodDelete:
		return verbDeleteFound
	case sweptPath.MatchString(a.Host + a.Path):
		return verbSetFields
	case strings.HasSuffix(a.Host, "sendgrid.com"):
		return map[string]string{http.MethodDelete: verbDeleteMail, http.MethodPatch: verbSetMail, http.MethodPost: verbMakeMail}[a.Method]
	case strings.HasSuffix(a.Path, "/Promote"):
		return verbPromote
	case strings.HasSuffix(a.Path, "/Secondary") && a.Method == http.MethodPost:
		return verbCreateSecondary
	case strings.HasSuffix(a.Path, "/Secondary"):
		return verbDeleteSecondary
	case strings.Contains(a.Path, "Keys/"):
		return verbDeleteKey
	case strings.Contains(a.Path, "/OutgoingCallerIds/"):
		return verbDeleteCallerID
	case strings.HasSuffix(a.Path, "/BulkCountryUpdates"):
		return verbSetVoice
	case strings.HasSuffix(a.Path, "/GeoPermissions"):
		return verbSetSMS
	case strings.HasSuffix(a.Path, "/v1/Settings"):
		return verbSetInheritance
	case strings.Contains(a.Path, "/Usage/Triggers/"):
		return verbDeleteTrigger
	case strings.HasSuffix(a.Path, "/Usage/Triggers.json"):
		return verbCreateTrigger
	case strings.Contains(a.Path, "/Calls/"):
		return verbEndCall
	case strings.Contains(a.Path, "/Conferences/"):
		return verbEndConference
	case strings.Contains(a.Path, "/Messages/"):
		return verbCancelMessage
	case a.Path == "/2010-04-01/Accounts/"+a.Account+".json":
		return verbSetStatus
	}
	return a.Method + " " + a.Path
}

// proveRotated wants every old token dead and the token of the case in force.
func (b *bench) proveRotated() {
	b.t.Helper()
	for sid, old := range b.olds {
		if status, _ := b.ask(sid, old, "/Accounts/"+sid+".json"); status != http.StatusUnauthorized {
			b.t.Errorf("the old token of %s answers %d", sid, status)
		}
		token, err := b.desk.Token(context.Background(), sid, "test")
		if err != nil {
			b.t.Errorf("token of %s: %v", sid, err)
			continue
		}
		if status, _ := b.ask(sid, token.Reveal(), "/Accounts/"+sid+".json"); status != http.StatusOK {
			b.t.Errorf("the sealed token of %s answers %d", sid, status)
		}
	}
}

// proveJournal wants the journal to say of each act what the account's log says.
func (b *bench) proveJournal() {
	b.t.Helper()
	acts, err := b.c.Acts("")
	if err != nil {
		b.t.Fatal(err)
	}
	made := map[string]int{}
	for _, d := range acts {
		if d.Open() {
			b.t.Errorf("act %d (%s %s) is %q: %s", d.N, d.Act.Verb, d.Act.Target, d.Outcome.Result, d.Outcome.Problem)
		}
		if d.Outcome.Result == store.Made && d.Act.Verb != verbHandOver && !looksOnly(d.Act.Verb) { // which the account knows nothing of
			made[d.Act.Verb+" "+d.Act.Account]++
		}
	}
	executed := b.executed("client")
	for what, n := range executed {
		if made[what] != n {
			b.t.Errorf("%s: executed %d times, journaled as made %d times", what, n, made[what])
		}
	}
	for what, n := range made {
		if executed[what] == 0 {
			b.t.Errorf("%s: journaled as made %d times, never executed", what, n)
		}
	}
}

func (b *bench) verify() {
	b.t.Helper()
	if err := b.c.Checkpoint("test"); err != nil {
		b.t.Fatal(err)
	}
	if err := b.c.Close(); err != nil {
		b.t.Fatal(err)
	}
	r, err := store.Verify(b.path, store.VerifyOptions{})
	if err != nil || !r.OK {
		b.t.Errorf("the case does not verify: %v %+v", err, r)
	}
}
