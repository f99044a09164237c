package account

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

const (
	someOrg   = "OR000000000000000000000000000000aa"
	orgSecret = "org-secret-FAKE-0123456789"
	orgBearer = "org-bearer-FAKE-9876543210"
	signedIn  = `{"access_token":"` + orgBearer + `","token_type":"Bearer","expires_in":3600}`
)

func theOrg() Organization {
	return Organization{SID: someOrg, ClientID: "OQ000000000000000000000000000000bb", Secret: NewSecret(orgSecret)}
}

// orgStub answers users with a body; whoever does not sign in is turned away.
func orgStub(t *testing.T, body string) *stub {
	return newStub(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/token"):
			says(200, signedIn)(w, r)
		case r.Header.Get("Authorization") != "Bearer "+orgBearer:
			says(401, `{"code":20003,"message":"Authenticate","status":401}`)(w, r)
		default:
			says(200, body)(w, r)
		}
	})
}

func usersBody(n int, total string) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`{"id":"US%032x","userName":"u%d@example.com","active":true,"meta":{"created":"2026-01-02T03:04:05Z"}}`, i, i))
	}
	return `{"schemas":[],"Resources":[` + strings.Join(all, ",") + `]` + total + `}`
}

// A list that may not be whole is never taken for one that is.
func TestUsersMayBeCut(t *testing.T) {
	for name, c := range map[string]struct {
		body, cut string
		n         int
	}{
		"whole":         {usersBody(6, `,"totalResults":6`), "", 6},
		"stops at 50":   {usersBody(50, `,"totalResults":120`), "counts more users", 50},
		"exactly 50":    {usersBody(50, `,"totalResults":50`), "exactly 50", 50},
		"more than 50":  {usersBody(51, `,"totalResults":51`), "", 51},
		"no total":      {usersBody(6, ``), "does not say how many", 6},
		"counts fewer":  {usersBody(6, `,"totalResults":5`), "more users than it counts", 6},
		"nobody at all": {usersBody(0, `,"totalResults":0`), "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := orgStub(t, c.body)
			d, err := s.ReadOnly().EnterOrganization(context.Background(), s.tape, theOrg())
			if err != nil {
				t.Fatal(err)
			}
			got, err := d.ListUsers()
			if err != nil || len(got.All) != c.n || (got.Cut == "") != (c.cut == "") || !strings.Contains(got.Cut, c.cut) {
				t.Errorf("%d users, cut %q, %v", len(got.All), got.Cut, err)
			}
		})
	}
}

// A record that makes no sense does not hide the others.
func TestOddUsers(t *testing.T) {
	s := orgStub(t, `{"totalResults":4,"Resources":[
		{"id":"US0000000000000000000000000000000a","userName":"a@example.com","active":"false"},
		{"id":7},{"userName":"b@example.com"},
		{"id":"US0000000000000000000000000000000c","userName":"c@example.com","emails":[{"value":"c2@example.com"}]}]}`)
	d, err := s.EnterOrganization(context.Background(), s.tape, theOrg())
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.ListUsers()
	if err != nil || len(got.All) != 2 || got.Odd != 2 || got.All[0].Active != "false" || got.All[1].Active != "" || got.All[1].Emails[0] != "c2@example.com" {
		t.Errorf("%+v %v", got, err)
	}
}

// The secret and the token that it buys are in no exhibit, and Basic is not sent.
func TestOrganizationSecretsAreMasked(t *testing.T) {
	s := orgStub(t, usersBody(1, `,"totalResults":1`))
	d, err := s.EnterOrganization(context.Background(), s.tape, theOrg())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.ListUsers(); err != nil {
		t.Fatal(err)
	}
	for _, e := range s.tape.all {
		if text := fmt.Sprintf("%s %s %s %s", e.URL, e.Sent, e.Body, e.Problem); strings.Contains(text, orgSecret) || strings.Contains(text, orgBearer) {
			t.Errorf("a secret was recorded: %s", text)
		}
	}
	if sent := s.requests()[0]; !strings.HasPrefix(sent, "POST oauth.twilio.com/v2/token ") || !strings.Contains(sent, "grant_type=client_credentials") {
		t.Errorf("%s", sent)
	}
	if got := s.Mask("token " + orgBearer); strings.Contains(got, orgBearer) {
		t.Error("the token was not learned")
	}
}

// Where the one address knows no such thing, the other is asked; where it turns
// the client away, nothing more is sent.
func TestWhereTheTokenIs(t *testing.T) {
	s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Host == "oauth.twilio.com" {
			says(404, `{"code":20404,"message":"not found","status":404}`)(w, r)
			return
		}
		says(201, signedIn)(w, r)
	})
	if _, err := s.EnterOrganization(context.Background(), s.tape, theOrg()); err != nil || len(s.requests()) != 2 {
		t.Errorf("%v %v", err, s.requests())
	}
	s = newStub(t, says(401, `{"code":20003,"message":"Authenticate","status":401}`))
	if _, err := s.EnterOrganization(context.Background(), s.tape, theOrg()); !Unauthorized(err) || len(s.requests()) != 1 {
		t.Errorf("%v %v", err, s.requests())
	}
	s = newStub(t, says(200, `{"access_token":"a b"}`))
	if _, err := s.EnterOrganization(context.Background(), s.tape, theOrg()); err == nil {
		t.Error("a token with a space was taken")
	}
}

func TestOrganizationCheck(t *testing.T) {
	for name, change := range map[string]func(*Organization){
		"an account's SID":   func(g *Organization) { g.SID = parent },
		"no client":          func(g *Organization) { g.ClientID = "" },
		"a client in quotes": func(g *Organization) { g.ClientID = `"OQ0"` },
		"no secret":          func(g *Organization) { g.Secret = Secret{} },
		"a line end":         func(g *Organization) { g.Secret = NewSecret(orgSecret + "\n") },
	} {
		g := theOrg()
		change(&g)
		s := newStub(t, says(200, signedIn))
		if _, err := s.EnterOrganization(context.Background(), s.tape, g); err == nil || len(s.requests()) != 0 || strings.Contains(err.Error(), orgSecret) {
			t.Errorf("%s: %v, %d requests", name, err, len(s.requests()))
		}
	}
}

func TestRolesAreReadToTheEnd(t *testing.T) {
	page := func(n int, next string) string {
		return fmt.Sprintf(`{"content":[{"sid":"IY%032x","role_sid":"IX%032x","scope":"%s","identity":"US%032x"}],"meta":{"next_page_url":%s}}`, n, 1, someOrg, n, next)
	}
	s := newStub(t, inTurn(says(200, signedIn), says(200, page(1, `"https://preview-iam.twilio.com/x?PageToken=two"`)), says(200, page(2, "null"))))
	d, err := s.EnterOrganization(context.Background(), s.tape, theOrg())
	if err != nil {
		t.Fatal(err)
	}
	all, err := d.ListRoles()
	if err != nil || len(all) != 2 || all[1].Scope != someOrg || !strings.Contains(s.requests()[2], "PageSize=100&PageToken=two") {
		t.Errorf("%+v %v %v", all, err, s.requests())
	}
}
