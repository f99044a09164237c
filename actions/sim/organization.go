package sim

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The organization over the family: who may sign in, and with which roles. It is
// read with a bearer token that an OAuth client asks for. Nothing of it can be
// changed here.

const (
	hostOAuth      = "oauth.twilio.com"
	hostPreviewIAM = "preview-iam.twilio.com"

	scimList  = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	scimUser  = "urn:ietf:params:scim:schemas:core:2.0:User"
	scimError = "urn:ietf:params:scim:api:messages:2.0:Error"

	usersListed   = 50      // where the list of users stops without a word
	bearerSeconds = 60 * 60 // how long a token is good
)

var scimType = http.Header{"Content-Type": {"application/scim+json"}}

// Person is somebody who may sign in.
type Person struct {
	SID, Name, Email string
	Role             string // in the company, not in Twilio
	Managed          bool   // by the organization; the others are independent users
	Admin            bool   // has a role over the whole organization

	since  time.Duration // how long before the start the login was made
	scopes []int         // places of accounts where there is a role
}

// staff are the people of Harbour Parcel who may sign in. The first three are
// those whose logins the audit log shows.
var staff = []Person{
	{Name: "Aoife Brennan", Role: "telephony lead", Managed: true, Admin: true, since: 1900 * day},
	{Name: "Tom Fairley", Role: "web shop", Managed: true, since: 1100 * day, scopes: []int{0}},
	{Name: "Maeve Kinsella", Role: "customer care", Managed: true, since: 800 * day, scopes: []int{2}},
	{Name: "Oskar Lindqvist", Role: "billing", Managed: true, since: 760 * day, scopes: []int{0}},
	{Name: "Priya Nair", Role: "dispatch", Managed: true, since: 420 * day, scopes: []int{0, 3}},
	{Name: "Dervla Quinn", Role: "depot Cork", Managed: true, since: 390 * day, scopes: []int{1}},
	{Name: "Jonas Weidner", Role: "contractor", since: 200 * day, scopes: []int{0}},
	{Name: "Ruth Abara", Role: "auditor", since: 90 * day, scopes: []int{0}},
}

// Staff are the people of the company, as its own list has them: the intruder's
// user is not on it.
func (w *World) Staff() []Person {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state.people()
}

func (s *state) people() []Person {
	all := slices.Clone(staff)
	for i := range all {
		all[i].SID = s.userSID(i)
		all[i].Email = strings.ReplaceAll(strings.ToLower(all[i].Name), " ", ".") + "@harbour-parcel.example.com"
	}
	return all
}

// userSID is the SID of the login with a number.
func (s *state) userSID(n int) string {
	return "US" + hex32(fold(s.Shape.Seed, word("user"), uint64(n)), 7)
}

// rogue is the login that the intruder gave himself: an address that differs by
// one sign, with a role over everything.
func (s *state) rogue() Person {
	return Person{
		SID: s.userSID(1000), Name: "Aoife Brennan", Email: "aoife.brennan@harbour-parce1.example.com",
		Managed: true, Admin: true, since: 34 * time.Minute,
	}
}

// logins are the users whom the organization manages, oldest login first.
func (c *call) logins() []Person {
	all := slices.DeleteFunc(c.state.people(), func(p Person) bool { return !p.Managed })
	for n := len(all); n < c.options.Switches.OrgUsers; n++ {
		all = append(all, Person{
			SID: c.state.userSID(2000 + n), Name: fmt.Sprintf("Driver %03d", n), Managed: true,
			Email: fmt.Sprintf("driver.%03d@harbour-parcel.example.com", n), since: 300 * day,
		})
	}
	if c.state.Intruder.Present {
		all = append(all, c.state.rogue())
	}
	return all
}

// orgSID, orgClient and orgSecret are what opens the organization. They are drawn
// apart from everything else, and the secrets say by themselves that they are
// none.
func (s *state) orgSID() string { return "OR" + hex32(fold(s.Shape.Seed, word("organization")), 3) }

func (s *state) orgClient() string { return "OQ" + hex32(fold(s.Shape.Seed, word("org client")), 5) }

func (s *state) orgSecret() string { return s.fake("org-secret-FAKE", 48) }

func (s *state) orgBearer() string { return s.fake("org-bearer-FAKE", 120) }

func (s *state) fake(start string, length int) string {
	d := dice(s.Shape.Seed, word(start))
	b := []byte(start)
	for len(b) < length {
		b = append(b, letters[d.IntN(len(letters))])
	}
	return string(b)
}

// organization answers what is not opened by an account's credentials.
func (c *call) organization() reply {
	if c.route.area == areaSignIn {
		if bad := c.checkNames(); bad != nil {
			return *bad
		}
		return c.route.do(c)
	}
	kind, token, _ := strings.Cut(c.Header.Get("Authorization"), " ")
	if !strings.EqualFold(kind, "bearer") || token != c.state.orgBearer() {
		return c.orgRefusal(http.StatusUnauthorized, 20003, "Authenticate")
	}
	if c.vars["Org"] != c.state.orgSID() {
		return c.orgRefusal(http.StatusForbidden, 25105, "The request is not authorised for this organization")
	}
	if bad := c.checkNames(); bad != nil {
		return *bad
	}
	return c.route.do(c)
}

// orgRefusal is a refusal in the form of the list that was asked for.
func (c *call) orgRefusal(status, code int, message string) reply {
	if !strings.Contains(c.path, "/scim/") {
		return refusal(status, code, message)
	}
	return reply{status: status, header: scimType, body: fields{"schemas": []string{scimError}, "detail": message, "status": fmt.Sprint(status), "code": code}}
}

// orgToken signs a client in. Which of two hosts does so follows from a switch.
func (c *call) orgToken() reply {
	if at := map[string]string{"oauth": hostOAuth, "preview": hostPreviewIAM}[c.options.Switches.OrgToken]; c.host != at {
		return refusal(http.StatusNotFound, 20404, "The requested resource "+c.path+" was not found")
	}
	f := url.Values(c.form)
	switch {
	case f.Get("grant_type") != "client_credentials":
		return refusal(http.StatusBadRequest, 20001, "grant_type must be client_credentials")
	case f.Get("client_id") != c.state.orgClient() || f.Get("client_secret") != c.state.orgSecret():
		return unauthorised()
	}
	status := map[string]int{hostOAuth: http.StatusOK, hostPreviewIAM: http.StatusCreated}[c.host]
	return reply{status: status, body: fields{"access_token": c.state.orgBearer(), "token_type": "Bearer", "expires_in": bearerSeconds, "refresh_token": nil, "id_token": nil}}
}

// listUsers has no pages, and counts more than it lists.
func (c *call) listUsers() reply {
	all := c.logins()
	shown := []fields{}
	for _, p := range all[:min(len(all), usersListed)] {
		shown = append(shown, c.showUser(p))
	}
	return reply{status: http.StatusOK, header: scimType, body: fields{"schemas": []string{scimList}, "totalResults": len(all), "Resources": shown}}
}

func (c *call) showUser(p Person) fields {
	given, family, _ := strings.Cut(p.Name, " ")
	at := iso(c.state.Shape.Start.Add(-p.since))
	return fields{
		"id": p.SID, "userName": p.Email, "externalId": "staff-" + p.SID[26:], "displayName": p.Name, "active": true, "locale": "en-IE", "timezone": "Europe/Dublin", "schemas": []string{scimUser},
		"name":   fields{"givenName": given, "familyName": family},
		"emails": []fields{{"value": p.Email, "primary": true, "type": "work"}},
		"meta":   fields{"resourceType": "User", "created": at, "lastModified": at, "version": "1"},
	}
}

// assignment is a role that somebody has somewhere.
type assignment struct {
	Rank                      uint64
	SID, Role, Scope, Subject string
}

// listRoles lists who has which role where.
func (c *call) listRoles() reply {
	var all []assignment
	give := func(p Person, scope, role string) {
		n := uint64(len(all) + 1)
		all = append(all, assignment{n, "IY" + hex32(fold(c.state.Shape.Seed, word("assignment"), n), 9), "IX" + hex32(word(role), 11), scope, p.SID})
	}
	for _, p := range c.logins() {
		if p.Admin {
			give(p, c.state.orgSID(), "organization administrator")
		}
		for _, at := range p.scopes {
			if at < len(c.state.Accounts) {
				give(p, c.state.Accounts[at].Sid, "developer")
			}
		}
	}
	all = slices.DeleteFunc(all, func(a assignment) bool {
		who, where := c.query.Get("Identity"), c.query.Get("Scope")
		return who != "" && a.Subject != who || where != "" && a.Scope != where
	})
	return c.meta(listOf("content", all, func(a assignment) uint64 { return a.Rank }, func(a assignment) fields {
		return fields{"sid": a.SID, "role_sid": a.Role, "scope": a.Scope, "identity": a.Subject}
	}))
}
