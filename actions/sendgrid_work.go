package actions

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"retake/actions/account"
	"retake/actions/sendgrid"
	"retake/store"
)

const (
	sendgridStep = "sendgrid"

	verbDeleteMail = "delete-sendgrid"
	verbSetMail    = "set-sendgrid"
	verbMakeMail   = "make-sendgrid"
)

// sendgridWork is the work on the SendGrid side. One change is one thing in one
// place: see the table in actions/sendgrid. Looking changes nothing, so that the
// intruder is not warned; containing does everything in one plan.
type sendgridWork struct{}

var sendgridParameters = []Parameter{
	{Name: "mode", Type: Choice, Default: "look", Choices: []string{"look", "contain", "restore"}, Help: "look changes nothing; contain takes away what is strange, in one go; restore puts back what contain switched off or withdrew"},
	{Name: "incident_start", Type: Text, Valid: validTime("incident_start"), Help: "when it began (2026-03-01T02:20:00Z); without it, 72 hours before the case was opened"},
	{Name: "allow", Type: List, Help: "what is ours: domains (with all below them), addresses, networks, names and IDs of things, IDs of places; with commas"},
	{Name: "keep", Type: List, Help: "API keys that stay, by ID or name; where given, every other key but the one in use is deleted"},
	{Name: "own_address", Type: List, Valid: validAddresses, Help: "the IP addresses that you sign in from: allowed before any other is taken away, or you lock yourself out"},
	{Name: "own_key", Type: Choice, Default: "keep", Choices: []string{"keep", "delete"}, Help: "the key that Retake uses: delete it last, when it may be burnt too; Retake sees nothing of SendGrid after that"},
	{Name: "days", Type: Number, Default: "30", Help: "how many days of subject lines are read; SendGrid keeps 30 at most"},
	{Name: "requests", Type: Number, Default: "12", Help: "most requests for subject lines: SendGrid answers 6 a minute, so 12 take a minute or two, and more where an earlier run used them up"},
}

func validAddresses(value string) error {
	for _, word := range words(value) {
		if _, err := netip.ParseAddr(word); err != nil {
			return fmt.Errorf("own_address cannot be %q: write IP addresses such as 198.51.100.20, with commas between", word)
		}
	}
	return nil
}

// mailFiling files what is read, and remembers where.
type mailFiling struct {
	r *Run
	n []int64
}

func (f *mailFiling) Record(x account.Exchange) error {
	n, err := f.r.desk.Case.AddExhibit(f.r.exhibit(x))
	f.n = append(f.n, n)
	return err
}

// mailClient is the way to the SendGrid side; nil, and said, without a key.
func (r *Run) mailClient() (*sendgrid.Client, error) {
	key := r.desk.extra(EnvSendGrid)
	if key.IsZero() {
		return nil, r.missAllMail(r.lacking(extraOf(extraSendGrid).Parts...) + ": give a key that may read and change everything, or look by hand (page 1 of this step)")
	}
	c, err := sendgrid.New(r.line, key, r.Main())
	if err != nil {
		return nil, r.missAllMail(err.Error())
	}
	return c, nil
}

// mailSide stands in the coverage for all of it; what a key may not read is said
// place by place.
const mailSide = "the SendGrid side"

func (r *Run) missAllMail(why string) error {
	return r.Miss(r.Main(), mailSide, "cannot see anything of it: "+why)
}

// Plan reads the SendGrid side, scopes first, and says what there is to do.
func (sendgridWork) Plan(ctx context.Context, r *Run) (*Plan, error) {
	client, err := r.mailClient()
	if err != nil {
		return nil, err
	}
	if client == nil {
		r.Note(mailVerdict, "nothing of the SendGrid side was seen, for want of a key: give one and plan again, or do what page 1 says by hand, then attest")
		return &Plan{}, r.missByHand()
	}
	s := newMailSurvey(r, client)
	if err := s.read(ctx); err != nil {
		return nil, err
	}
	p := &Plan{}
	if r.Params["mode"] == "restore" {
		p.Changes, err = s.restoring()
		r.Note(mailVerdict, s.stands())
		return p, err
	}
	if err := s.subjects(ctx); err != nil {
		return nil, err
	}
	s.judge()
	s.tell()
	if r.Params["mode"] == "contain" {
		p.Changes = s.containing()
	}
	r.Note(mailVerdict, s.stands())
	return p, r.missByHand()
}

// mailVerdict is under what a plan notes how the step stands if nothing is done.
const mailVerdict = "sendgrid-verdict"

// byHandMail is what no API shows of the SendGrid side.
var byHandMail = [][2]string{
	{"SendGrid: payment methods", "no API shows them: SendGrid > Settings > Account Details > Billing"},
	{"SendGrid: two-factor authentication of its users", "no API shows it: SendGrid > Settings > Two-Factor Authentication; with the unified login, Twilio's user settings"},
	{"SendGrid: who made an API key, and when", "no API shows it, nor the keys that teammates made apart from others: ask each person which are theirs"},
	{"SendGrid: mail that is scheduled and neither paused nor cancelled", "no API lists it: batch IDs stand in the logs of the programs that made them"},
	{"SendGrid: single sends, contacts and event forwarding of Marketing Campaigns", "not looked at here: SendGrid > Marketing; Settings > Event Forwarding"},
	{"SendGrid: sender identities of the old kind, link branding, reverse DNS and suppressions", "not looked at here: SendGrid > Settings > Sender Authentication; Suppressions"},
	{"SendGrid: the state of the account: warned, suspended, deactivated or banned", "no API says it: the compliance notice does"},
}

func (r *Run) missByHand() error {
	for _, m := range byHandMail {
		if err := r.Miss(r.Main(), m[0], m[1]); err != nil {
			return err
		}
	}
	return nil
}

// Prove reads the places again. It is never proved by itself: payment methods and
// the second factor no API shows, so that a person has the last word.
func (sendgridWork) Prove(ctx context.Context, r *Run, p *Plan) (Verdict, error) {
	if why, known := r.Noted(mailVerdict); known && p.Empty() {
		return Verdict{store.NeedsPerson, why}, nil
	}
	client, err := r.mailClient()
	if err != nil || client == nil {
		return Verdict{store.NeedsPerson, "the SendGrid side cannot be read any more: look by hand, then attest"}, err
	}
	s := newMailSurvey(r, client)
	s.again = true
	err = s.read(ctx)
	if err != nil && r.Params["own_key"] == "delete" && account.Unauthorized(err) {
		return Verdict{store.NeedsPerson, "the key that Retake used is deleted, so that it sees nothing of SendGrid any more: look by hand, then attest"}, nil
	}
	if err != nil {
		return Verdict{}, err
	}
	s.judge()
	return Verdict{store.NeedsPerson, s.stands()}, nil
}

// mailSurvey is one reading of the SendGrid side.
type mailSurvey struct {
	r      *Run
	client *sendgrid.Client
	since  time.Time // what came after it is strange
	scopes []string
	rows   []*mailRow
	home   []string          // domains and addresses that are ours
	guilty map[string]string // IDs of keys, and what they sent
	again  bool              // after the work, to see what came of it
}

// mailRow is one line of the matrix: a place of the account, or of a subuser.
type mailRow struct {
	sendgrid.Place
	of       sendgrid.Subuser
	things   []mailThing
	unseen   string // why it could not be seen, "" if it was
	exhibits []int64
}

// mailThing is one thing in a place, with what is thought of it.
type mailThing struct {
	sendgrid.Record
	strange string // why it is strange, "" if it is not
	unknown bool   // nothing says whose it is
}

func newMailSurvey(r *Run, c *sendgrid.Client) *mailSurvey {
	s := &mailSurvey{r: r, client: c, guilty: map[string]string{}, since: r.opened().Add(-recent)}
	if start, err := time.Parse(time.RFC3339, r.Params["incident_start"]); err == nil {
		s.since = start
	}
	return s
}

// read asks first what the key may do, then reads place by place. What is refused
// is said and does not stop the others.
func (s *mailSurvey) read(ctx context.Context) error {
	var err error
	calls := s.client.On(ctx, filing{s.r, s.r.Step.ID})
	if s.scopes, err = calls.Scopes(); err != nil {
		if isRefusal(err) {
			return store.WithHint(fmt.Errorf("cannot read the SendGrid side: %w", err), "%s", sendgrid.Explain(err))
		}
		return fmt.Errorf("cannot read the SendGrid side: %w", err)
	}
	if err := s.r.reached(s.r.Main(), mailSide, len(s.scopes)); err != nil {
		return err
	}
	subusers, err := calls.Subusers()
	if err != nil && !isRefusal(err) {
		return fmt.Errorf("cannot list the subusers: %w", err)
	}
	for _, of := range append([]sendgrid.Subuser{{}}, subusers...) {
		for _, p := range sendgrid.Places() {
			if of.Name == "" || p.Subusers {
				s.rows = append(s.rows, &mailRow{Place: p, of: of})
			}
		}
	}
	if err := each(s.r, s.rows, func(row *mailRow) error { return s.readRow(ctx, row) }); err != nil {
		return err
	}
	s.learnHome()
	return s.recallGuilty()
}

// readRow reads one place, whole or not at all.
func (s *mailSurvey) readRow(ctx context.Context, row *mailRow) error {
	if row.Scope != "" && !slices.Contains(s.scopes, row.Scope) {
		row.unseen = "the key lacks the scope " + row.Scope
		return s.r.Miss(s.r.Main(), row.title(), "cannot see: "+row.unseen)
	}
	f := &mailFiling{r: s.r}
	calls := s.client.On(ctx, f)
	all, err := calls.List(row.Place, row.of)
	for i := range all {
		if err == nil && row.Detail != "" {
			all[i], err = calls.Details(row.Place, all[i])
		}
	}
	row.exhibits = f.n
	if isRefusal(err) || errors.Is(err, sendgrid.ErrStrange) {
		row.unseen = sendgrid.Explain(err)
		return s.r.Miss(s.r.Main(), row.title(), "cannot see: "+row.unseen)
	}
	if err != nil {
		return fmt.Errorf("cannot read the %s: %w", row.Name, err)
	}
	row.things = mapped(all, func(r sendgrid.Record) mailThing { return mailThing{Record: r} })
	if s.again {
		return nil // the coverage ledger has it from the plan
	}
	return s.r.See(s.r.Main(), row.title(), len(all))
}

// title names a place, and whose it is.
func (row *mailRow) title() string {
	if row.of.Name == "" {
		return "SendGrid: " + row.Name
	}
	return "SendGrid, subuser " + row.of.Name + ": " + row.Name
}

// freeMail are domains in which anybody has an address: an owner there makes
// only his own address ours.
var freeMail = strings.Fields("gmail.com googlemail.com outlook.com hotmail.com live.com yahoo.com icloud.com proton.me protonmail.com gmx.de gmx.net web.de aol.com")

// learnHome takes as ours what was allowed, and the domain of the owner, whom no
// teammate and no key can change.
func (s *mailSurvey) learnHome() {
	s.home = mapped(s.r.Params.List("allow"), strings.ToLower)
	for _, row := range s.rows {
		for _, t := range row.things {
			if row.ID != sendgrid.Teammates || t.Text("user_type") != "owner" {
				continue
			}
			address := strings.ToLower(t.Text("email"))
			if _, domain, is := strings.Cut(address, "@"); is && !slices.Contains(freeMail, domain) {
				s.home = append(s.home, domain)
			}
			s.home = append(s.home, address)
		}
	}
}
