package actions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"retake/actions/account"
	"retake/store"
)

// people is what was read of those who may sign in.
type people struct {
	r     *Run
	org   account.Organization
	staff []store.Subject // the staff list of the case
	since time.Time       // what came from then on is told

	users    []account.User
	usersAt  []int64 // the exhibit of the list
	mayBeCut string  // why users may be missing, "" if all came
	roles    []account.RoleAssignment
	rolesAt  []int64

	mu        sync.Mutex
	events    []peopleEvent
	accounts  []account.Account
	strangers int // users who are on no staff list
}

// peopleEvent is an audit event about a user, with where it stands.
type peopleEvent struct {
	account.Event
	at []int64 // exhibits
}

// eventsKept is how far back the audit events of most accounts go.
const eventsKept = 30 * 24 * time.Hour

// peopleEvents are the families of events that speak of users.
var peopleEvents = []string{"user.", "user-invitation.", "user-password.", "user-session.", "security-settings."}

// readPeople reads the organization, if its credentials were given, and the audit
// events of all accounts. What cannot be read is said and stops nothing.
func readPeople(ctx context.Context, r *Run) (*people, error) {
	p := &people{r: r, org: r.desk.extras().organization()}
	var err error
	if p.staff, err = r.Case().Subjects(Person); err != nil {
		return nil, err
	}
	if p.accounts, err = r.Accounts(ctx); err != nil {
		return nil, fmt.Errorf("cannot list the accounts: %w", err)
	}
	if p.since, err = r.peopleSince(); err != nil { // Twilio's clock is known by now
		return nil, err
	}
	if err := p.readOrganization(ctx); err != nil {
		return nil, err
	}
	err = each(r, p.accounts, func(a account.Account) error { return p.readEvents(ctx, a) })
	slices.SortStableFunc(p.events, func(a, b peopleEvent) int { return a.At.Compare(b.At) })
	return p, err
}

// peopleSince is from when on events are told.
func (r *Run) peopleSince() (time.Time, error) {
	given := r.Params["incident_start"]
	if given == "" {
		return r.opened().Add(-24 * time.Hour).UTC(), nil
	}
	at, err := time.Parse(time.RFC3339, given)
	if err == nil && at.After(r.TheirNow()) {
		err = fmt.Errorf("incident_start cannot be %s: that is in the future", given)
	}
	return at.UTC(), err
}

// gathered is a recorder that files each exchange and keeps the numbers.
type gathered struct {
	r      *Run
	mu     sync.Mutex
	all    []int64
	failed error
}

// Record files an exchange.
func (g *gathered) Record(x account.Exchange) error {
	n, err := g.r.Case().AddExhibit(g.r.exhibit(x))
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all, g.failed = append(g.all, n), errors.Join(g.failed, err)
	return err
}

const usersOf = "users of the organization, and their roles"

// readOrganization reads users and roles.
func (p *people) readOrganization(ctx context.Context) error {
	r, org := p.r, p.org
	if org.IsZero() {
		p.mayBeCut = "the organization was not read"
		return r.Miss(r.Main(), usersOf, "not read, since "+r.lacking(extraOf(extraOrganization).Parts...)+": "+manageUsers)
	}
	g := &gathered{r: r}
	d, err := r.line.EnterOrganization(ctx, g, org)
	if err != nil {
		p.mayBeCut = "the organization was not read"
		return p.unread(ctx, g, usersOf, err)
	}
	return errors.Join(p.readUsers(ctx, r, g, d), p.readRoles(ctx, r, g, d))
}

// manageUsers is where users are looked at by hand.
const manageUsers = "Console > Admin > Account management > Manage users; with an organization Twilio Admin > Users, https://admin.twilio.com"

// unread says why a part of the organization was not read. Only what cannot be
// filed, and a responder who leaves, are errors.
func (p *people) unread(ctx context.Context, g *gathered, what string, why error) error {
	if g.failed != nil || ctx.Err() != nil {
		return errors.Join(g.failed, ctx.Err())
	}
	words := account.Explain(why)
	if account.Unauthorized(why) {
		words = "Twilio turned the organization's credentials away (401): check TWILIO_ORG_CLIENT_ID and TWILIO_ORG_CLIENT_SECRET in Twilio Admin > Applications > OAuth."
	}
	return p.r.Miss(p.r.Main(), what, words+" Look by hand: "+manageUsers)
}

func (p *people) readUsers(ctx context.Context, r *Run, g *gathered, d *account.Directory) error {
	got, err := d.ListUsers()
	if err != nil {
		p.mayBeCut = "the list of users was not read"
		return p.unread(ctx, g, "users of the organization", err)
	}
	p.users, p.usersAt, p.mayBeCut = got.All, g.last(), got.Cut
	if got.Odd > 0 {
		p.mayBeCut = strings.TrimPrefix(p.mayBeCut+fmt.Sprintf(", and %s made no sense", some(got.Odd, "record")), ", and ")
	}
	if err := r.reached(r.Main(), usersOf, len(got.All)); err != nil {
		return err
	}
	if p.mayBeCut == "" {
		return r.See(r.Main(), "users whom the organization manages", len(got.All))
	}
	return r.Miss(r.Main(), "users of the organization beyond the "+fmt.Sprint(len(got.All))+" that came", "the list may be cut: "+p.mayBeCut+". Look at the whole list in Twilio Admin > Users, https://admin.twilio.com")
}

func (p *people) readRoles(ctx context.Context, r *Run, g *gathered, d *account.Directory) error {
	before := len(g.all)
	all, err := d.ListRoles()
	g.mu.Lock()
	p.rolesAt = slices.Clone(g.all[before:])
	g.mu.Unlock()
	p.roles = all
	if err != nil {
		return p.unread(ctx, g, "roles in the organization", err)
	}
	return r.See(r.Main(), "role assignments of the organization", len(all))
}

func (g *gathered) last() []int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.all) == 0 {
		return nil
	}
	return []int64{g.all[len(g.all)-1]}
}

// readEvents reads what an account's audit log says of users.
func (p *people) readEvents(ctx context.Context, a account.Account) error {
	r, what := p.r, "audit events about users of "+a.SID
	as := r.Credential(a.SID)
	if a.Status != "active" || as.Secret.IsZero() {
		return r.Miss(a.SID, what, fmt.Sprintf("only the account's own token reads them, and while it is %s none does: ask Twilio for them", a.Status))
	}
	g := &gathered{r: r}
	now := r.TheirNow()
	all, err := r.line.As(as).On(ctx, g).ListEvents(now.Add(-eventsKept), now)
	p.keep(all, g.all)
	if err != nil {
		if g.failed != nil || ctx.Err() != nil {
			return errors.Join(g.failed, ctx.Err())
		}
		return r.Miss(a.SID, what, account.Explain(err))
	}
	return r.See(a.SID, what, len(all))
}

func (p *people) keep(all []account.Event, at []int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range all {
		if slices.ContainsFunc(peopleEvents, func(family string) bool { return strings.HasPrefix(e.Type, family) }) {
			p.events = append(p.events, peopleEvent{e, at})
		}
	}
}
