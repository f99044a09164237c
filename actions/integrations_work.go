package actions

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"retake/actions/account"
	"retake/actions/probe"
	"retake/store"
)

// integrations is the work of step 5. One change is the search of one folder
// with its histories and libraries, or the test of one webhook.
type integrations struct{}

var integrationsParameters = []Parameter{
	folderParameter("folders", "folders on this computer with your programs and repositories: searched for credentials, every commit of their Git histories too"),
	{Name: "scan_time", Type: Duration, Default: "30m", Help: "how long one program (git, gitleaks, osv-scanner) may take for one folder"},
	tryUnknown,
	{Name: "osv", Type: Choice, Default: "no", Choices: yesNo, Help: "yes: let osv-scanner hold your libraries against the known holes; it sends their names and versions to api.osv.dev"},
	{Name: "webhooks", Type: List, Valid: validWebhooks, Help: "addresses of your own webhooks (https://host/path), with commas: each gets a request signed with the token in force, and one with a wrong signature"},
	{Name: confirmedHosts, Type: List, Valid: validHosts, Help: "without the screen: the hosts of webhooks= once more, as your word that they are yours; on the screen they are typed"},
	{Name: "allow_private", Type: Choice, Default: "no", Choices: yesNo, Help: "yes: webhooks may lie on this computer or in a private network"},
	{Name: "pause", Type: Duration, Default: "250ms", Help: "how long to wait between two requests to a host"},
}

// tryHelp is what the parameter try_unknown says.
const tryHelp = "yes: ask Twilio whether an unknown token that stands beside a SID of yours lives, at most 20 of them; one that does is burnt"

// validWebhooks checks the addresses of webhooks.
func validWebhooks(value string) error {
	for _, word := range words(value) {
		u, err := url.Parse(word)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.Fragment != "" {
			return fmt.Errorf("webhooks cannot hold %q: they are addresses such as https://www.example.com/sms, with commas", word)
		}
		if _, err := hostOfWebhook(word); err != nil {
			return err
		}
	}
	return nil
}

// hostOfWebhook is the host of an address as it is confirmed. The port that the
// scheme implies is left out.
func hostOfWebhook(address string) (probe.Host, error) {
	u, err := url.Parse(address)
	if err != nil {
		return probe.Host{}, err
	}
	return probe.ParseHost(u.Host)
}

func (integrations) Plan(ctx context.Context, r *Run) (*Plan, error) {
	hosts, err := webhookHosts(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := suggestHosts(r, hosts); err != nil {
		return nil, err
	}
	if err := failingHooks(ctx, r); err != nil {
		return nil, err
	}
	p := &Plan{}
	if p.Changes, err = folderChanges(r, "folders", scanWords(r)); err != nil {
		return nil, err
	}
	tests, err := webhookTests(r, hosts)
	if err != nil {
		return nil, err
	}
	if len(tests) > 0 {
		p.Breaks = []string{"nothing, if your webhooks are sound; but each gets a request as Twilio would send it (a call that rings, CA000…), and does with it what it does"}
	}
	p.Changes = append(p.Changes, tests...)
	return p, missIntegrations(r)
}

// scanWords say in a plan what is done to a folder, with the programs that are
// installed.
func scanWords(r *Run) string {
	said := "search files and Git histories for credentials of Twilio and SendGrid"
	if probe.Has("gitleaks") {
		said += "; gitleaks for all others"
	}
	if r.Params["osv"] == "yes" {
		said += "; osv-scanner, which sends names and versions of libraries to api.osv.dev"
	}
	return said
}

// missIntegrations says what no API shows.
func missIntegrations(r *Run) error {
	for _, one := range [][2]string{
		{"third parties with authority over the account", `no list is read here: Console, search for "Connect apps" > Authorized; take back what you do not need`},
		{"whether Twilioid, Agile CRM or TwiConnect are in use", "no API shows it: look in your CRM and CMS; in the folders that you give their names are looked for"},
		{"whether Twilio checks the certificates of your webhooks", "no API shows it: Console > Account > General settings > SSL certificate validation"},
		{"WordPress, cPanel, other panels and operating systems of your servers", "only their owners see the versions: go through the checklist"},
	} {
		if err := r.Miss(r.Main(), one[0], one[1]); err != nil {
			return err
		}
	}
	return nil
}

// alertReach is how far back alerts are read where nothing was rotated.
const alertReach = 3 * 24 * time.Hour

// failingHooks names the webhooks that fail, of each account since its token was
// rotated.
func failingHooks(ctx context.Context, r *Run) error {
	since, err := rotatedAt(r)
	if err != nil {
		return err
	}
	accounts, err := r.Listed(ctx)
	if err != nil {
		return err
	}
	accounts = slices.DeleteFunc(accounts, func(a account.Account) bool { return a.Status != "active" || r.Credential(a.SID).Secret.IsZero() })
	return each(r, accounts, func(a account.Account) error {
		from, rotated := since[a.SID]
		if !rotated {
			from = r.TheirNow().Add(-alertReach)
		}
		from = latest(from, r.TheirNow().Add(-29*24*time.Hour)) // Twilio answers for 30 days at most
		rec := &numbered{r: r}
		alerts, err := r.line.As(r.Credential(a.SID)).On(ctx, rec).ListAlerts(from.Truncate(time.Hour), r.TheirNow().Truncate(time.Hour).Add(time.Hour+slack))
		if rec.failed != nil {
			return rec.failed
		}
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return r.Miss(a.SID, "webhooks of "+a.SID+" that fail", account.Explain(err)+": look in the Console (Monitor > Logs > Errors)")
		}
		tellFailing(r, a.SID, alerts, from, rotated, rec.n)
		return r.See(a.SID, "webhooks of "+a.SID+" that fail", len(alerts))
	})
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// rotatedAt tells when each account's token was promoted last by this case, by
// Twilio's clock.
func rotatedAt(r *Run) (map[string]time.Time, error) {
	acts, err := r.Case().Acts("auth-tokens")
	at := map[string]time.Time{}
	for _, d := range r.datedAll(acts) {
		if d.Act.Verb == verbPromote && d.Outcome.Result == store.Made {
			at[d.Act.Account] = latest(at[d.Act.Account], d.Began)
		}
	}
	return at, err
}

// tellFailing reports failing webhooks, in one finding for each error and place.
func tellFailing(r *Run, sid string, alerts []account.Alert, from time.Time, rotated bool, exhibit int64) {
	counts := map[string]int{}
	for _, a := range alerts {
		if _, known := stalled[a.Code]; known && !a.At.Before(from.Truncate(time.Second)) {
			counts[a.Code+" "+placeOf(a.URL)]++
		}
	}
	for what, n := range counts {
		code, where, _ := strings.Cut(what, " ")
		f := Finding{ID: "failing/" + sid + "/" + code + "/" + short(where), Severity: Low, Account: sid, Exhibits: []int64{exhibit}}
		f.Text = fmt.Sprintf("%s: error %s %d times at %s since %s", sid, code, n, where, from.UTC().Format("2006-01-02 15:04 UTC"))
		if rotated {
			f.Severity, f.Text = High, f.Text+", after the rotation: "+stalled[code]
		}
		r.Find(f)
	}
}

// webhookTests are one change for each address that is to be tested. The token
// is that of the account whose resource leads there, else the main one's.
func webhookTests(r *Run, hosts []usedHost) ([]Change, error) {
	var all []Change
	for _, address := range r.Params.List("webhooks") {
		h, err := hostOfWebhook(address)
		if err != nil {
			return nil, err
		}
		owner, named := r.Main(), false
		for _, u := range hosts {
			for _, hook := range u.hooks {
				if hook.address == address && !named {
					owner, named = hook.account, true
				}
			}
		}
		all = append(all, Change{ID: verbSign + "/" + address, Account: owner, Verb: verbSign, Target: address + ": send a request signed with the token in force, and one with a wrong signature", Object: address, Reversible: true, Host: h.String()})
	}
	return all, r.seenAll(all, func(c Change) string { return hookAddress(c.Object) })
}

// Make searches one folder, or tests one webhook.
func (integrations) Make(ctx context.Context, r *Run, c Change) Outcome {
	if c.Verb == verbSign {
		return r.look(ctx, c, func(ctx context.Context) (string, error) { return testWebhook(ctx, r, c) })
	}
	return r.look(ctx, c, func(ctx context.Context) (string, error) { return searchFolder(ctx, r, c.Object) })
}

// Settle ends what a run left open.
func (integrations) Settle(context.Context, *Run, store.Done) store.Outcome { return settleLook() }

// Prove says what was found. Whether programs are current and sound their owners
// say, so that the last word is a person's.
func (integrations) Prove(_ context.Context, r *Run, p *Plan) (Verdict, error) {
	found, folders, tests := 0, 0, 0
	for _, c := range p.Changes {
		if c.Verb == verbSign {
			tests++
			continue
		}
		var l rootLook
		if _, _, known, err := r.lastLook(folderAddress(c.Object), &l); err != nil || !known {
			return Verdict{store.NeedsPerson, "a folder was not searched: plan again"}, err
		}
		folders, found = folders+1, found+len(l.Matches)
	}
	why := fmt.Sprintf("%d folders were searched (%d credentials found), %d webhooks tested", folders, found, tests)
	if folders == 0 {
		why = "no folder was searched: plan again with folders="
	}
	return Verdict{store.NeedsPerson, why + "; when each program is current and has its new credential, go through the checklist and attest"}, nil
}
