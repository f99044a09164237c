package actions

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"retake/actions/account"
	"retake/actions/sim"
	"retake/store"
)

// inRegions sets up a desk that was given the tokens of other Regions, too.
func (b *bench) inRegions(regions ...account.Region) {
	b.t.Helper()
	b.regional = map[account.Region]account.Secret{}
	for _, region := range regions {
		b.regional[region] = account.NewSecret(b.opening.Regions[string(region)])
	}
	b.sit()
}

// askIn asks a Region for the main account.
func (b *bench) askIn(region account.Region, token string) int {
	edge := map[account.Region]string{account.IE1: "dublin", account.AU1: "sydney", account.JP1: "tokyo"}[region]
	r, _ := http.NewRequest(http.MethodGet, "https://api."+edge+"."+string(region)+".twilio.com/2010-04-01/Accounts/"+b.opening.AccountSID+".json", nil)
	r.SetBasicAuth(b.opening.AccountSID, token)
	resp, err := b.world.RoundTrip(r)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp.StatusCode
}

// proveRegion wants the old token of a Region dead and the one of the case alive
// there, and nowhere else.
func (b *bench) proveRegion(region account.Region) account.Secret {
	b.t.Helper()
	if status := b.askIn(region, b.opening.Regions[string(region)]); status != http.StatusUnauthorized {
		b.t.Errorf("the old token of %s answers %d", region, status)
	}
	token, err := b.desk.TokenIn(context.Background(), b.opening.AccountSID, region, "test")
	if err != nil {
		b.t.Fatal(err)
	}
	if status := b.askIn(region, token.Reveal()); status != http.StatusOK {
		b.t.Errorf("the sealed token of %s answers %d", region, status)
	}
	if status, _ := b.ask(b.opening.AccountSID, token.Reveal(), "/Accounts/"+b.opening.AccountSID+".json"); status != http.StatusUnauthorized {
		b.t.Errorf("the token of %s answers %d in US1", region, status)
	}
	return token
}

func unseenRegions(r *Report) (all []string) {
	for _, u := range r.Unseen {
		if name, is := strings.CutPrefix(u.What, "the Auth Token of the Region "); is {
			all = append(all, name)
		}
	}
	return all
}

// The token of each Region that was given is rotated as a change of its own, and
// the others are said as not seen.
func TestRegionsAreRotated(t *testing.T) {
	for name, s := range map[string]sim.Switches{"plain": {}, "at bay": {SecondSecondary: "refuse", SecondaryPromotes: "deny"}} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, sim.Options{Switches: s})
			b.inRegions(account.IE1, account.JP1)
			r := b.apply("auth-tokens")
			if r.State != store.Proved || !slices.Equal(unseenRegions(r), []string{"AU1"}) {
				t.Fatalf("%s: %s, unseen %+v", r.State, r.Why, r.Unseen)
			}
			for _, region := range []account.Region{account.IE1, account.JP1} {
				i := slices.IndexFunc(r.Outcomes, func(o Outcome) bool { return o.Change == "rotate/"+b.opening.AccountSID+"/"+string(region) })
				if i < 0 || !strings.Contains(r.Outcomes[i].Proof, "in "+region.String()+" answers 401") {
					t.Errorf("%s: %+v", region, r.Outcomes)
				}
				b.proveRegion(region)
			}
			if status := b.askIn(account.AU1, b.opening.Regions["au1"]); status != http.StatusOK {
				t.Errorf("the token of AU1 was not given and answers %d", status)
			}
			b.proveRotated()
			b.proveJournal()
			b.inRegions(account.IE1, account.JP1) // the environment still holds the dead ones
			if r := b.plan("auth-tokens"); !r.Plan.Empty() || r.State != store.Proved {
				t.Errorf("something is left: %+v", r.Plan.Changes)
			}
			b.verify()
		})
	}
}

// A reply that is lost in a Region is settled by what the Region itself shows.
func TestRegionFaults(t *testing.T) {
	t.Parallel()
	for _, part := range []string{"/v1/AuthTokens/Secondary", "/v1/AuthTokens/Promote"} {
		for _, fault := range []sim.Fault{sim.LoseReply, sim.LoseRequest, sim.UnavailableAfter} {
			var lost atomic.Bool // subaccounts are rotated side by side
			b := newBench(t, sim.Options{Faults: func(r *http.Request, _ int) sim.Fault {
				if r.Method == http.MethodPost && r.URL.Path == part && strings.Contains(r.URL.Host, ".ie1.") && lost.CompareAndSwap(false, true) {
					return fault
				}
				return sim.NoFault
			}})
			b.inRegions(account.IE1)
			if r := b.apply("auth-tokens", "propagation=50ms"); r.State != store.Proved || !lost.Load() {
				t.Errorf("%s %d: %s: %s", part, fault, r.State, r.Why)
			}
			b.proveRegion(account.IE1)
			b.proveJournal()
		}
	}
}

// Stopped after each of its three requests to a Region, a new process goes on.
func TestRegionGoesOnAfterAStop(t *testing.T) {
	for n := 1; n <= 3; n++ {
		ctx, cancel := context.WithCancel(context.Background())
		sent := 0
		b := newBench(t, sim.Options{Faults: func(r *http.Request, _ int) sim.Fault {
			if r.Method != http.MethodGet && strings.Contains(r.URL.Host, ".ie1.") {
				if sent++; sent == n {
					cancel()
				}
			}
			return sim.NoFault
		}})
		b.inRegions(account.IE1)
		p := b.plan("auth-tokens")
		if _, err := b.desk.Apply(ctx, "auth-tokens", Agreed{Digest: p.Plan.Digest}, nil); !errors.Is(err, ErrHalted) {
			t.Fatalf("%d: %v", n, err)
		}
		b.inRegions(account.IE1)
		if r, err := b.desk.Continue(context.Background(), "auth-tokens", nil); err != nil || r.State != store.Proved {
			t.Fatalf("%d: %v %+v", n, err, r)
		}
		b.proveRegion(account.IE1)
		b.proveJournal()
		cancel()
	}
}

// A token that is wrong there, and a Region where nothing answers, are said and
// keep nothing else from being done.
func TestRegionsThatCannotBeReached(t *testing.T) {
	b := newBench(t, sim.Options{})
	b.opening.Regions = maps.Clone(b.opening.Regions)
	b.opening.Regions["ie1"] = b.opening.AuthToken
	b.inRegions(account.IE1)
	if r := b.apply("auth-tokens"); r.State != store.Proved || !slices.Contains(unseenRegions(r), "IE1") {
		t.Errorf("%s: %s, unseen %+v", r.State, r.Why, r.Unseen)
	}
	b.proveRotated()

	b = newBench(t, sim.Options{Switches: sim.Switches{RegionalAccounts: "absent"}})
	b.inRegions(account.IE1)
	r := b.apply("auth-tokens", "rounds=2")
	i := slices.IndexFunc(r.Outcomes, func(o Outcome) bool { return strings.HasSuffix(o.Change, "/ie1") })
	if r.State != store.NeedsPerson || i < 0 || r.Outcomes[i].Outcome != store.Failed {
		t.Errorf("%s: %s, %+v", r.State, r.Why, r.Outcomes)
	}
	b.proveRotated()
}

// A graceful rotation leaves the other Regions, and says so.
func TestRegionsAndGraceful(t *testing.T) {
	b := newBench(t, sim.Options{})
	b.inRegions(account.IE1)
	r := b.plan("auth-tokens", "mode=graceful")
	if slices.ContainsFunc(r.Plan.Changes, func(c Change) bool { return strings.HasSuffix(c.ID, "/ie1") }) || !slices.Contains(unseenRegions(r), "IE1") {
		t.Errorf("%+v %+v", r.Plan.Changes, r.Unseen)
	}
}

// No token of a Region stands in the case file, old or new.
func TestRegionalTokensAreMasked(t *testing.T) {
	b := newBench(t, sim.Options{})
	b.inRegions(account.IE1)
	b.apply("auth-tokens")
	token := b.proveRegion(account.IE1)
	b.verify()
	text, err := os.ReadFile(b.path)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{b.opening.Regions["ie1"], token.Reveal()} {
		if strings.Contains(string(text), secret) {
			t.Error("a token stands in the case file")
		}
	}
}
