package actions

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"retake/actions/account"
	"retake/actions/sim"
	"retake/store"
)

// hire puts the company's staff on the list.
func (b *bench) hire() {
	b.t.Helper()
	for _, p := range b.world.Staff() {
		if err := b.desk.AddSubjects(store.Subject{Kind: Person, Name: p.Name, Facts: map[string]string{"email": p.Email, "role": p.Role}}); err != nil {
			b.t.Fatal(err)
		}
	}
}

// marked marks everything of a step as done.
func (b *bench) marked(step string) {
	b.t.Helper()
	s, err := b.desk.Step(step)
	if err != nil {
		b.t.Fatal(err)
	}
	all, err := b.desk.Roster(step)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, l := range all {
		open := mapped(s.Open(l), func(c Check) string { return c.ID })
		if len(open) == 0 {
			continue
		}
		if err := b.desk.MarkSubject(step, l.Name, open, store.AnswerDone, ""); err != nil {
			b.t.Fatal(err)
		}
	}
}

// finding is the one with an ID that begins so; nil if there is none.
func finding(r *Report, id string) *Finding {
	i := slices.IndexFunc(r.Findings, func(f Finding) bool { return strings.HasPrefix(f.ID, id) })
	if i < 0 {
		return nil
	}
	return &r.Findings[i]
}

// The intruder's own login is told with its role, its likeness and where to
// remove it; the step ends only when each person and each account is done.
func TestPeopleAreGoneThrough(t *testing.T) {
	b := newBench(t, sim.Options{}).checked()
	b.hire()
	r := b.apply("passwords")
	if r.State != store.NeedsPerson || !strings.Contains(r.Why, "1 user can sign in without being on the staff list") || !strings.Contains(r.Why, "0 of 13") {
		t.Errorf("%s: %s", r.State, r.Why)
	}
	f := finding(r, "user/US")
	if f == nil || f.Severity != Critical || !strings.Contains(f.Text, "harbour-parce1") || !strings.Contains(f.Text, "differs by 1 sign") || !strings.Contains(f.Text, "admin.twilio.com") || len(f.Exhibits) == 0 {
		t.Fatalf("%+v", f)
	}
	if f := finding(r, "independent"); f == nil || !strings.Contains(f.Text, "Ruth Abara") || !strings.Contains(f.Text, "Jonas Weidner") {
		t.Errorf("%+v", f)
	}
	if f := finding(r, "roles-in/"); f == nil || !strings.Contains(f.Text, "Tom Fairley") {
		t.Errorf("%+v", f)
	}
	if err := b.desk.Attest("passwords", store.Attestation{Note: "all done"}); err == nil || !strings.Contains(err.Error(), "8 of 8 are not done") {
		t.Errorf("%v", err)
	}
	b.marked("passwords")
	if err := b.desk.Attest("passwords", store.Attestation{Note: "all done"}); err != nil {
		t.Fatal(err)
	}
	b.board("passwords", store.Attested, "")
	if err := b.desk.AddSubjects(store.Subject{Kind: Person, Name: "Late Comer"}); err != nil {
		t.Fatal(err)
	}
	b.board("passwords", store.NeedsPerson, "1 of 14 on its lists are open")
	if len(b.world.Acts()) != 0 {
		t.Errorf("%+v", b.world.Acts())
	}
	b.verify()
}

func (b *bench) board(step string, want store.State, why string) {
	b.t.Helper()
	all, err := b.desk.Board()
	if err != nil {
		b.t.Fatal(err)
	}
	for _, l := range all {
		if l.Step.ID == step && (l.Standing.State != want || !strings.Contains(l.Standing.Why, why)) {
			b.t.Errorf("%s: %s", l.Standing.State, l.Standing.Why)
		}
	}
}

// What the latest reading did not find any more is told apart.
func TestFindingsAboutPeopleAge(t *testing.T) {
	b := newBench(t, sim.Options{})
	b.plan("emails")
	b.hire()
	b.plan("emails")
	rogue := finding(b.plan("emails"), "user/")
	if rogue == nil || rogue.Severity != Critical {
		t.Fatalf("%+v", rogue)
	}
	if err := b.desk.AddSubjects(store.Subject{Kind: Person, Name: "A. Brennan", Facts: map[string]string{"email": "aoife.brennan@harbour-parce1.example.com"}}); err != nil {
		t.Fatal(err)
	}
	b.plan("emails")
	found, earlier, err := b.desk.Findings("emails")
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"staff", rogue.ID} {
		is := func(f Finding) bool { return f.ID == id }
		if slices.ContainsFunc(found, is) || !slices.ContainsFunc(earlier, is) {
			t.Errorf("%s: found %+v, earlier %+v", id, found, earlier)
		}
	}
}

// Wide roles are told but where they are meant; one that the intruder gave
// himself is critical.
func TestWideRoles(t *testing.T) {
	b := newBench(t, sim.Options{})
	b.hire()
	want := func(who string, s Severity, set ...string) {
		t.Helper()
		i := slices.IndexFunc(b.plan("passwords", set...).Findings, func(f Finding) bool {
			return strings.HasPrefix(f.ID, "role/") && strings.Contains(f.Text, who) && f.Severity == s
		})
		if i < 0 {
			t.Errorf("no %s finding on the role of %s", s, who)
		}
	}
	want("aoife.brennan@harbour-parcel", Medium)
	want("aoife.brennan@harbour-parce1", Critical)
	want("aoife.brennan@harbour-parcel", Info, "admins=Aoife.Brennan@harbour-parcel.example.com")
}

// A list that stops at 50 is said to be cut, and nobody on it counts as all.
func TestUsersBeyondFifty(t *testing.T) {
	b := newBench(t, sim.Options{Switches: sim.Switches{OrgUsers: 60, OrgToken: "preview"}}).checked()
	b.hire()
	r := b.plan("emails")
	i := slices.IndexFunc(r.Unseen, func(u Unseen) bool { return strings.Contains(u.What, "beyond the 50") })
	if i < 0 || !strings.Contains(r.Unseen[i].Why, "may be cut") {
		t.Errorf("%+v", r.Unseen)
	}
}

// Without the organization's credentials, or with wrong ones, that is said, and
// the rest is read all the same.
func TestWithoutTheOrganization(t *testing.T) {
	b := newBench(t, sim.Options{})
	b.hire()
	for want, org := range map[string]account.Organization{
		"are not set":  {},
		"turned the":   {SID: b.opening.OrgSID, ClientID: b.opening.OrgClient, Secret: account.NewSecret("wrong-secret-0001")},
		"not sent":     {SID: "OR1", ClientID: b.opening.OrgClient, Secret: account.NewSecret("wrong-secret-0001")},
		"may not read": {SID: "OR" + strings.Repeat("0", 32), ClientID: b.opening.OrgClient, Secret: account.NewSecret(b.opening.OrgSecret)},
	} {
		b.desk.put(Given{EnvOrgSID: account.NewSecret(org.SID), EnvOrgClient: account.NewSecret(org.ClientID), EnvOrgSecret: org.Secret})
		r := b.plan("two-factor")
		if !slices.ContainsFunc(r.Unseen, func(u Unseen) bool { return strings.Contains(u.Why, want) }) {
			t.Errorf("nothing says %q: %+v", want, r.Unseen)
		}
		if r.State != store.NeedsPerson {
			t.Errorf("%s", r.State)
		}
	}
}

// What the audit events say of passwords, sign-ins and users backs a person's
// word and is told with who and from where.
func TestEventsAboutPeople(t *testing.T) {
	b := newBench(t, sim.Options{Scenario: "clean"})
	b.hire()
	r, err := b.desk.run(context.Background(), "passwords", nil, b.desk.line)
	if err != nil {
		t.Fatal(err)
	}
	p, err := readPeople(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	now, staff := r.Now(), b.world.Staff()
	add := func(kind, actor, resource, ip, data string) {
		n := len(p.events)
		p.events = append(p.events, peopleEvent{account.Event{SID: fmt.Sprintf("AE%032x", n), Type: kind, Actor: actor, Resource: resource, IP: ip, At: now, Data: json.RawMessage(data)}, []int64{1}})
	}
	add("user-password.updated", staff[1].SID, staff[1].SID, "198.51.100.7", `{}`)
	add("user-password.updated", "US"+strings.Repeat("9", 32), "", "198.51.100.7", `{"email":"Ruth.Abara@harbour-parcel.example.com"}`)
	add("user-session.created", staff[0].SID, staff[0].SID, "203.0.113.9", `{}`)
	add("user.updated", staff[0].SID, staff[2].SID, "203.0.113.9\x1b[2J", `{}`)
	p.tellPasswords()
	p.tellSignIns()
	p.tellEvents("a user was changed", "user.")
	for id, want := range map[string]string{
		"changed/Tom Fairley": "user-password.updated",
		"changed/Ruth Abara":  "user-password.updated",
		"unchanged":           `"Aoife Brennan"`,
		"sign-in/203.0.113.9": `"Aoife Brennan"`,
		"event/AE":            `"203.0.113.9\x1b[2J"`,
	} {
		if f := finding(r.report, id); f == nil || !strings.Contains(f.Text, want) {
			t.Errorf("%s: %+v", id, f)
		}
	}
	if f := finding(r.report, "sign-in/198.51.100.7"); f != nil {
		t.Errorf("the office is a stranger: %s", f.Text)
	}
}

func TestDistance(t *testing.T) {
	for pair, want := range map[[2]string]int{{"abc", "abc"}: 0, {"abc", "abd"}: 1, {"abc", "abcd"}: 1, {"parce1", "parcel"}: 1, {"ab", "ba"}: 2, {"a", "abcdef"}: 3, {"x", ""}: 3} {
		if got := distance(pair[0], pair[1]); got != want {
			t.Errorf("%v: %d, not %d", pair, got, want)
		}
	}
}
