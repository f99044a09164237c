package account

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	oauth "github.com/twilio/twilio-go/rest/oauth/v2"
	org "github.com/twilio/twilio-go/rest/preview_iam/organization"
	preview "github.com/twilio/twilio-go/rest/preview_iam/v1"
)

// An Organization is what an organization is read with: its SID, and the client
// of an OAuth application of it.
type Organization struct {
	SID      string // OR…
	ClientID string // OQ…
	Secret   Secret
}

// IsZero tells whether nothing of it was given.
func (g Organization) IsZero() bool { return g.SID == "" && g.ClientID == "" && g.Secret.IsZero() }

var clientShape = regexp.MustCompile(`^[0-9A-Za-z_.-]{8,128}$`)

// Check tells in a sentence why these cannot be an organization's credentials;
// it asks nobody, and shows nothing of the secret.
func (g Organization) Check() error {
	secret := g.Secret.Reveal()
	switch {
	case checkSIDs("OR", g.SID) != nil:
		return errors.New("TWILIO_ORG_SID must be OR and 32 hexadecimal digits in lower case; Twilio Admin shows it")
	case !clientShape.MatchString(g.ClientID):
		return errors.New("TWILIO_ORG_CLIENT_ID must be the client ID of an OAuth application of the organization, without spaces and quotes")
	case secret == "":
		return errors.New("TWILIO_ORG_CLIENT_SECRET is empty")
	case strings.ContainsFunc(secret, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\'' }):
		return errors.New("TWILIO_ORG_CLIENT_SECRET has spaces, quotes or line ends in it: paste it without them")
	}
	return nil
}

// A Directory is an organization that was signed in to, bound to one context and
// one recorder. It only reads.
type Directory struct {
	line     *Line
	org      Organization
	bearer   Secret
	ctx      context.Context
	recorder Recorder
}

// EnterOrganization signs in with OAuth client credentials. The token that comes
// back is masked wherever it appears, lives in the Directory alone, and opens
// the organization's API only. It is asked for where Twilio's library asks; the
// place that the description of the organization's API names comes after it.
//
// Twilio: POST oauth.twilio.com/v2/token, else POST preview-iam.twilio.com/v1/token
// (operation CreateToken).
func (l *Line) EnterOrganization(ctx context.Context, recorder Recorder, g Organization) (*Directory, error) {
	if err := g.Check(); err != nil {
		return nil, notSent(err, "not sent: %v", err)
	}
	l.Learn(g.Secret)
	d := &Directory{line: l, org: g, ctx: ctx, recorder: recorder}
	err := d.signIn(d.oauthToken)
	if r := refusal(err); r != nil && r.HTTPStatus != 401 && r.HTTPStatus != 429 {
		err = d.signIn(d.previewToken)
	}
	return d, err
}

const clientCredentials = "client_credentials"

func (d *Directory) oauthToken(w *wire) error {
	p := (&oauth.CreateOauth2TokenParams{}).SetGrantType(clientCredentials).SetClientId(d.org.ClientID).SetClientSecret(d.org.Secret.Reveal())
	_, err := oauth.NewApiService(w.requests()).CreateOauth2Token(p)
	return err
}

func (d *Directory) previewToken(w *wire) error {
	p := (&preview.CreateTokenParams{}).SetGrantType(clientCredentials).SetClientId(d.org.ClientID).SetClientSecret(d.org.Secret.Reveal())
	_, err := preview.NewApiService(w.requests()).CreateToken(p)
	return err
}

// signIn asks for a token and keeps it. What the model makes of the reply does
// not matter.
func (d *Directory) signIn(ask func(*wire) error) error {
	w := d.wire("")
	w.signIn = true
	if err := ask(w); failure(err) != nil || refusal(err) != nil {
		return err
	}
	var token string
	_ = json.Unmarshal(w.member("access_token"), &token)
	if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return w.strange("the reply holds no access token")
	}
	d.bearer = NewSecret(token)
	d.line.Learn(d.bearer)
	return nil
}

func (d *Directory) wire(list string) *wire {
	return &wire{
		line: d.line, as: Credential{SID: d.org.ClientID}, bearer: d.bearer, client: true,
		ctx: d.ctx, recorder: d.recorder, account: d.org.SID, list: list,
	}
}

// A User is somebody who can sign in and whom the organization manages. Its
// texts are masked, and untrusted.
type User struct {
	SID      string   // US…
	Name     string   // of the login: the primary e-mail address
	Shown    string   // the display name
	Emails   []string // all of them
	Active   string   // "true", "false", or "" where the reply does not say
	Created  time.Time
	Modified time.Time
}

// Users are those that came, and how many there are.
type Users struct {
	All   []User
	Total int    // as the reply counts them; -1 if it does not
	Odd   int    // records that made no sense
	Cut   string // why there may be more, "" if all came
}

// usersStop is where the list of users stops without a word: it has no pages.
const usersStop = 50

// ListUsers reads the users whom the organization manages; independent users are
// not in the list. There is no second page to ask for, and a reply may stop at
// 50: Cut says when there may be more.
// Twilio: GET preview-iam.twilio.com/Organizations/{org}/scim/Users (operation
// ListOrganizationUsers).
func (d *Directory) ListUsers() (Users, error) {
	w := d.wire("Resources")
	_, err := org.NewApiService(w.requests()).PageOrganizationUsers(d.org.SID, nil, "", "")
	if failure(err) != nil || refusal(err) != nil {
		return Users{}, err
	}
	return w.users() // record by record: the model refuses a list for one odd value
}

func (w *wire) users() (Users, error) {
	var page struct {
		Resources []json.RawMessage `json:"Resources"`
		Total     *int              `json:"totalResults"`
	}
	if err := json.Unmarshal(w.body, &page); err != nil {
		return Users{}, w.settle(err, false)
	}
	out := Users{Total: -1}
	if page.Total != nil {
		out.Total = *page.Total
	}
	for _, raw := range page.Resources {
		if u, ok := w.line.user(raw); ok {
			out.All = append(out.All, u)
		} else {
			out.Odd++
		}
	}
	out.Cut = cutShortAt(len(page.Resources), out.Total)
	return out, nil
}

// cutShortAt tells why a list of users may not be whole.
func cutShortAt(got, total int) string {
	switch {
	case total > got:
		return "the reply counts more users than it holds, and the list has no second page"
	case total < 0:
		return "the reply does not say how many users there are"
	case total < got:
		return "the reply holds more users than it counts"
	case got == usersStop:
		return "exactly 50 came, which is where this list stops without a word"
	}
	return ""
}

// user reads one user; false where it makes no sense.
func (l *Line) user(raw json.RawMessage) (User, bool) {
	var in struct {
		ID, UserName, DisplayName string
		Emails                    []struct{ Value string }
		Active                    any
		Meta                      struct{ Created, LastModified string }
	}
	if json.Unmarshal(raw, &in) != nil || !IsSID("US", in.ID) || in.UserName == "" {
		return User{}, false
	}
	u := User{SID: in.ID, Name: l.Mask(in.UserName), Shown: l.Mask(in.DisplayName), Created: date(&in.Meta.Created), Modified: date(&in.Meta.LastModified)}
	for _, e := range in.Emails {
		u.Emails = append(u.Emails, l.Mask(e.Value))
	}
	switch active := in.Active.(type) {
	case bool:
		u.Active = map[bool]string{true: "true", false: "false"}[active]
	case string:
		if active = strings.ToLower(active); slices.Contains([]string{"true", "false"}, active) {
			u.Active = active
		}
	}
	return u, true
}

// A RoleAssignment says that somebody has a role somewhere. The API gives roles
// no names.
type RoleAssignment struct {
	SID   string // IY…
	Role  string // IX…
	Scope string // OR…: the whole organization; AC…: one account
	User  string // US…
}

// rolesPage is the largest page that the list gives.
var rolesPage = 100

// ListRoles reads who has which role where. On an error the assignments read so
// far come with it.
// Twilio: GET preview-iam.twilio.com/Organizations/{org}/RoleAssignments (operation
// ListRoleAssignments).
func (d *Directory) ListRoles() ([]RoleAssignment, error) {
	w := d.wire("content")
	service := org.NewApiService(w.requests())
	params := (&org.ListRoleAssignmentsParams{}).SetPageSize(rolesPage)
	return collect(w, func(at position) (page[RoleAssignment], error) {
		got, err := service.PageRoleAssignments(d.org.SID, params, at.token, at.number)
		if err != nil {
			return page[RoleAssignment]{}, err
		}
		return page[RoleAssignment]{each(got.Content, w.line.role), value(got.Meta.NextPageUrl)}, nil
	}, func(a RoleAssignment) string { return a.SID })
}

func (l *Line) role(a org.PublicApiRoleAssignmentResponse) RoleAssignment {
	return RoleAssignment{SID: l.Mask(a.Sid), Role: l.Mask(a.RoleSid), Scope: l.Mask(a.Scope), User: l.Mask(a.Identity)}
}
