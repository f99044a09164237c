package actions

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"retake/actions/account"
	"retake/store"
)

// Where somebody is removed.
const (
	removeUser = "remove: Twilio Admin > Users > (user) > Deactivate (https://admin.twilio.com), and Console > Admin > Account management > Manage users in each account"
	removeRole = "take it away: Twilio Admin > Users > (user) > Roles, https://admin.twilio.com"
)

// find reports a finding of the people steps about the main account.
func (p *people) find(id string, s Severity, at []int64, format string, args ...any) {
	p.r.Find(Finding{ID: id, Severity: s, Account: p.r.Main(), Text: fmt.Sprintf(format, args...), Exhibits: at})
}

// tellUsers holds those who may sign in against the staff list.
func (p *people) tellUsers() {
	if len(p.staff) == 0 {
		p.find("staff", Medium, nil, "nobody is on the staff list of this case, so nobody can be told from a stranger: retake roster import FILE --kind person, or i in the form that A opens")
	}
	for _, u := range p.users {
		if _, ours := p.person(u.Name); ours {
			continue
		}
		if len(p.staff) == 0 {
			p.find("user/"+u.SID, Info, p.usersAt, "%s can sign in: is that one of us?", p.words(u))
			continue
		}
		p.strangers++
		p.find("user/"+u.SID, p.weigh(u), p.usersAt, "%s can sign in and is not on the staff list%s; %s", p.words(u), p.alike(u.Name), removeUser)
	}
	p.tellUnlisted()
}

// weigh is how much a stranger matters: the list may be old, but a login that is
// new, looks like another or reaches over everything is not explained by that.
func (p *people) weigh(u account.User) Severity {
	wide := slices.ContainsFunc(p.roles, func(a account.RoleAssignment) bool { return a.User == u.SID && a.Scope == p.org.SID })
	if wide || !u.Created.Before(p.since.Add(-settledFor)) || p.alike(u.Name) != "" {
		return Critical
	}
	return High
}

// words are a user in words, with what he has.
func (p *people) words(u account.User) string {
	text := fmt.Sprintf("%q (%s", u.Name, u.SID)
	if !u.Created.IsZero() {
		text += ", login made " + u.Created.Format("2006-01-02 15:04Z")
	}
	if u.Active == "false" {
		text += ", deactivated"
	}
	wide, narrow := 0, 0
	for _, a := range p.roles {
		wide += count(a.User == u.SID && a.Scope == p.org.SID)
		narrow += count(a.User == u.SID && a.Scope != p.org.SID)
	}
	switch {
	case wide > 0:
		text += ", with a role over the whole organization"
	case narrow > 0:
		text += ", with " + some(narrow, "role") + " in accounts"
	}
	return text + ")"
}

// person is who on the staff list has an address.
func (p *people) person(mail string) (store.Subject, bool) {
	i := slices.IndexFunc(p.staff, func(s store.Subject) bool {
		return strings.EqualFold(s.Facts["email"], mail) || strings.EqualFold(s.Name, mail)
	})
	if i < 0 || mail == "" {
		return store.Subject{}, false
	}
	return p.staff[i], true
}

// alike says whose address one looks like.
func (p *people) alike(mail string) string {
	for _, s := range p.staff {
		if d := distance(strings.ToLower(mail), strings.ToLower(s.Facts["email"])); d > 0 && d <= 2 {
			return fmt.Sprintf("; it differs by %s from that of %q (%s)", some(d, "sign"), s.Name, s.Facts["email"])
		}
	}
	return ""
}

// distance is how many signs have to be changed, added or left out to make one
// text of the other; it counts bytes.
func distance(a, b string) int {
	if b == "" || len(a)-len(b) > 2 || len(b)-len(a) > 2 {
		return 3 // far enough
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			above := row[j]
			row[j] = min(row[j]+1, row[j-1]+1, before+count(a[i-1] != b[j-1]))
			before = above
		}
	}
	return row[len(b)]
}

// tellUnlisted says who of the staff is no managed user.
func (p *people) tellUnlisted() {
	if len(p.users) == 0 {
		return
	}
	var missing []string
	for _, s := range p.staff {
		if !slices.ContainsFunc(p.users, func(u account.User) bool { q, ok := p.person(u.Name); return ok && q.Name == s.Name }) {
			missing = append(missing, fmt.Sprintf("%q", s.Name))
		}
	}
	if len(missing) == 0 {
		return
	}
	why := "independent users, whom no API shows, or people without a login"
	if p.mayBeCut != "" {
		why += ", or beyond the end of a list that may be cut"
	}
	p.find("independent", Low, p.usersAt, "%d of the staff list are not among the managed users: %s. They are %s: look under Manage users in the Console", len(missing), few(missing), why)
}

// tellRoles says which roles reach over everything, and which belong to nobody
// who was listed.
func (p *people) tellRoles() {
	admins := p.r.Params.List("admins")
	for _, a := range p.roles {
		i := slices.IndexFunc(p.users, func(u account.User) bool { return u.SID == a.User })
		switch {
		case !account.IsSID("US", a.User) || !account.IsSID("IY", a.SID):
			p.find("role-odd", Medium, p.rolesAt, "a role assignment makes no sense (%.60q of %.60q): look at the roles in Twilio Admin > Users", a.SID, a.User)
		case i < 0:
			p.find("role/"+a.SID, High, p.rolesAt, "%s has the role %s over %s, and is not among the users that were listed; %s", a.User, a.Role, p.scope(a.Scope), removeRole)
		case a.Scope == p.org.SID:
			p.tellWide(a, p.users[i], admins)
		}
	}
}

// tellWide tells of a role over the whole organization.
func (p *people) tellWide(a account.RoleAssignment, u account.User, admins []string) {
	_, ours := p.person(u.Name)
	meant := slices.ContainsFunc(admins, func(m string) bool { return strings.EqualFold(m, u.Name) })
	switch {
	case ours && meant:
		p.find("role/"+a.SID, Info, p.rolesAt, "%q has the role %s over the whole organization, as admins= says", u.Name, a.Role)
	case ours || len(p.staff) == 0:
		p.find("role/"+a.SID, Medium, p.rolesAt, "%q has the role %s over the whole organization: is it needed? Name him in admins=, or %s", u.Name, a.Role, removeRole)
	default:
		p.find("role/"+a.SID, Critical, p.rolesAt, "%q is not on the staff list and has the role %s over the whole organization; %s", u.Name, a.Role, removeRole)
	}
}

// scope is what a role reaches over.
func (p *people) scope(sid string) string {
	if sid == p.org.SID {
		return "the whole organization"
	}
	for _, a := range p.accounts {
		if a.SID == sid {
			return fmt.Sprintf("%s %q", sid, a.Name)
		}
	}
	return fmt.Sprintf("%.60q", sid)
}

// tellAccounts puts the accounts on the list that is gone through for least
// privilege, and says who has a role in each.
func (p *people) tellAccounts() {
	var all []store.Subject
	for _, a := range p.accounts {
		if a.Status == "closed" {
			continue
		}
		all = append(all, store.Subject{Kind: Subaccount, Name: a.SID, Facts: map[string]string{"account": a.Name, "status": a.Status}})
		if text := p.rolesIn(a.SID); text != "" {
			p.r.Find(Finding{ID: "roles-in/" + a.SID, Severity: Info, Account: a.SID, Text: fmt.Sprintf("roles in %s %q: %s", a.SID, a.Name, text), Exhibits: p.rolesAt})
		}
	}
	if err := p.r.Case().AddSubjects(all...); err != nil {
		_ = p.r.halt(err)
	}
}

// rolesIn are those who have a role in an account.
func (p *people) rolesIn(sid string) string {
	var all []string
	for _, a := range p.roles {
		if a.Scope == sid {
			all = append(all, fmt.Sprintf("%s (%s)", p.who(a.User), a.Role))
		}
	}
	return few(all)
}

// who is a user by what is known of him.
func (p *people) who(sid string) string {
	for _, u := range p.users {
		if u.SID != sid {
			continue
		}
		if s, ours := p.person(u.Name); ours {
			return fmt.Sprintf("%q", s.Name)
		}
		return fmt.Sprintf("%q, not on the staff list", u.Name)
	}
	return sid
}

// concerns tells whether an event is about a person: by the SID of the login, or
// by an address that it mentions.
func (p *people) concerns(e peopleEvent, s store.Subject) bool {
	mail := strings.ToLower(s.Facts["email"])
	for _, u := range p.users {
		if q, ours := p.person(u.Name); ours && q.Name == s.Name && (e.Resource == u.SID || e.Actor == u.SID) {
			return true
		}
	}
	return mail != "" && strings.Contains(strings.ToLower(string(e.Data)+" "+e.Description), mail)
}

// tellPasswords says of whom the audit events tell a new password. It backs
// somebody's word, no more: which events there are hangs on the account.
func (p *people) tellPasswords() {
	var silent []string
	for _, s := range p.staff {
		var last peopleEvent
		for _, e := range p.lately("user-password.") {
			if p.concerns(e, s) {
				last = e
			}
		}
		if last.At.IsZero() {
			silent = append(silent, fmt.Sprintf("%q", s.Name))
			continue
		}
		p.find("changed/"+s.Name, Info, last.at, "%q: the audit events tell %s at %s, from %s", s.Name, last.Type, stamped(last.At), orUnknown(last.IP))
	}
	if len(silent) > 0 {
		p.find("unchanged", Low, nil, "no change of the password since %s is in the audit events of %s. That proves neither that it was changed nor that it was not: ask, then mark", stamped(p.since), few(silent))
	}
}

// lately are the events of a family since the incident began.
func (p *people) lately(families ...string) []peopleEvent {
	var all []peopleEvent
	for _, e := range p.events {
		if !e.At.Before(p.since) && slices.ContainsFunc(families, func(f string) bool { return strings.HasPrefix(e.Type, f) }) {
			all = append(all, e)
		}
	}
	return all
}

// settledFor is how long before the incident an address must have been seen to
// count as known.
const settledFor = 24 * time.Hour

// tellSignIns tells of sign-ins from addresses that are not known to be ours.
func (p *people) tellSignIns() {
	given, from := p.r.Params.List("addresses"), map[string][]peopleEvent{}
	for _, e := range p.lately("user-session.") {
		if !slices.Contains(given, e.IP) && (len(given) > 0 || !p.seenBefore(e.IP)) {
			from[e.IP] = append(from[e.IP], e)
		}
	}
	for ip, all := range from {
		var who []string
		for _, e := range all {
			if name := p.who(e.Actor); !slices.Contains(who, name) {
				who = append(who, name)
			}
		}
		p.find("sign-in/"+plainIP(ip), High, all[0].at, "%s from %s, which is not known to be ours: %s, first %s; ask who that was", some(len(all), "sign-in"), orUnknown(ip), few(who), stamped(all[0].At))
	}
}

func (p *people) seenBefore(ip string) bool {
	return slices.ContainsFunc(p.events, func(e peopleEvent) bool { return e.IP == ip && e.At.Before(p.since.Add(-settledFor)) })
}

// tellEvents tells each event of some families since the incident began.
func (p *people) tellEvents(what string, families ...string) {
	for _, e := range p.lately(families...) {
		p.find("event/"+e.SID, Medium, e.at, "%s: %.80q by %s from %s at %s, about %s; is it ours?", what, e.Type, p.who(e.Actor), orUnknown(e.IP), stamped(e.At), p.who(e.Resource))
	}
}

// tellAddresses tells of addresses beside the one that a user signs in with.
func (p *people) tellAddresses() {
	for _, u := range p.users {
		s, ours := p.person(u.Name)
		for _, mail := range u.Emails {
			if ours && !strings.EqualFold(mail, s.Facts["email"]) {
				p.find("address/"+u.SID, High, p.usersAt, "%q has the address %q too, which is not the one on the staff list (%s): Twilio Admin > Users > (user)", s.Name, mail, s.Facts["email"])
			}
		}
	}
}

func stamped(t time.Time) string { return t.UTC().Format("2006-01-02 15:04Z") }

func orUnknown(ip string) string {
	if ip == "" {
		return "an address that is not told"
	}
	return plainIP(ip)
}

// plainIP is an address as it is, quoted where it is none.
func plainIP(ip string) string {
	if _, err := netip.ParseAddr(ip); err != nil {
		return fmt.Sprintf("%.60q", ip)
	}
	return ip
}
