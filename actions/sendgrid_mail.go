package actions

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"retake/actions/account"
	"retake/actions/sendgrid"
)

// mailMemory is what the desk remembers of the mail activity, whose requests are
// few: when it asked, and what it was told of the past, which does not change.
type mailMemory struct {
	mu      sync.Mutex
	asked   []time.Time
	before  map[string]mailPast        // by window
	origins map[string]sendgrid.Origin // by mail
}

// mailPast are the shapes of the subjects of a time, each with one mail of it.
type mailPast map[string]string

// mostOrigins is of how many kinds of strange mail it is asked what sent them.
const mostOrigins = 3

// mailClock spends the requests that may be made for subject lines.
type mailClock struct {
	s     *mailSurvey
	calls *sendgrid.Calls
	f     *mailFiling
	left  int
	spent int
	again int // how often it may wait out a minute that somebody else used up
	began time.Time
}

// ask makes one request when SendGrid's limit of 6 a minute allows, and tells
// whether there was one left to be made.
func (c *mailClock) ask(ctx context.Context, request func() error) (bool, error) {
	if c.left == 0 {
		return false, nil
	}
	c.left--
	m := &c.s.r.desk.mails
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := len(m.asked) - sendgrid.MessagesAMinute; n >= 0 {
		if wait := m.asked[n].Add(time.Minute).Sub(c.s.r.Now()); wait > 0 {
			if err := c.s.r.Sleep(ctx, wait); err != nil {
				return false, err
			}
		}
	}
	for {
		m.asked = append(m.asked, c.s.r.Now())
		c.spent++
		err := request()
		var refused *account.Refusal
		if !errors.As(err, &refused) || refused.HTTPStatus != http.StatusTooManyRequests || c.left == 0 || c.again == 0 {
			return true, err
		}
		c.left, c.again = c.left-1, c.again-1 // somebody else, or an earlier run, used up this minute
		if err := c.s.r.Sleep(ctx, time.Minute); err != nil {
			return false, err
		}
	}
}

// mailKind is mail whose subjects differ in digits only.
type mailKind struct {
	shape, example, mail string
	count                int
}

// subjects reads the subject lines of the last days: those that only the time
// since the incident began has are strange, and it is asked what sent them.
func (s *mailSurvey) subjects(ctx context.Context) error {
	if !slices.Contains(s.scopes, "email_activity.read") {
		return s.volumes(ctx, "the key lacks the scope email_activity.read, or the account the add-on for it")
	}
	f := &mailFiling{r: s.r}
	c := &mailClock{s: s, calls: s.client.On(ctx, f), f: f, left: s.r.Params.Number("requests"), again: 2, began: s.r.Now()}
	now := s.r.Now()
	first := now.Add(-time.Duration(min(30, s.r.Params.Number("days"))) * 24 * time.Hour)
	fresh, whole, err := c.window(ctx, later(first, s.since), now)
	if sendgrid.Lacks(err) {
		return s.volumes(ctx, "the account does not have the mail activity, which is a paid add-on")
	}
	if err != nil {
		return s.missMails(err)
	}
	known, knownWhole, err := c.before(ctx, first, s.since)
	if err != nil {
		return s.missMails(err)
	}
	if !whole || !knownWhole {
		err = s.r.Miss(s.r.Main(), "some subject lines of SendGrid", fmt.Sprintf("cannot see: the %d requests were used up (SendGrid answers 6 a minute, 1000 mails each); plan again with requests=%d", c.spent, 4*s.r.Params.Number("requests")))
	}
	strange := kindsOf(fresh, known)
	for i, k := range strange {
		switch {
		case i >= mostKinds:
		case !knownWhole || len(known) == 0: // then much is new that is not strange
			s.tellUnsure(f, k)
		default:
			s.tellKind(ctx, c, k, known, i < mostOrigins)
		}
	}
	s.r.Find(Finding{ID: "sendgrid-subjects", Severity: Info, Account: s.r.Main(), Exhibits: slices.Clone(f.n), Text: fmt.Sprintf(
		"subject lines: %d mails since %s UTC, %s with subjects that no mail before had, back to %s; %s at 6 a minute took %s",
		len(fresh), s.since.UTC().Format("2006-01-02 15:04"), some(len(strange), "kind"), first.UTC().Format(time.DateOnly), some(c.spent, "request"), s.r.Now().Sub(c.began).Round(time.Second))})
	return err
}

// missMails says that the subject lines could not be read, and why.
func (s *mailSurvey) missMails(err error) error {
	if !isRefusal(err) && !account.NotMade(err) {
		return fmt.Errorf("cannot read the mail activity: %w", err)
	}
	return s.r.Miss(s.r.Main(), "subject lines of SendGrid's mail", "cannot see: "+sendgrid.Explain(err))
}

// window reads the mails of a stretch of time, the newest first. SendGrid has no
// pages, so that a stretch that comes back full is halved. It tells whether all
// of it was read.
func (c *mailClock) window(ctx context.Context, from, to time.Time) (all []sendgrid.Message, whole bool, err error) {
	var got []sendgrid.Message
	may, err := c.ask(ctx, func() (err error) { got, err = c.calls.Messages(from, to); return err })
	if !may || err != nil {
		return nil, false, err
	}
	if len(got) < sendgrid.MostMessages || to.Sub(from) <= time.Second {
		return got, len(got) < sendgrid.MostMessages, nil
	}
	middle := from.Add(to.Sub(from) / 2).Truncate(time.Second)
	newer, all1, err := c.window(ctx, middle, to)
	if err != nil {
		return got, false, err
	}
	older, all2, err := c.window(ctx, from, middle)
	if all = append(newer, older...); len(all) < len(got) {
		all = got
	}
	return all, all1 && all2, err
}

// before are the shapes of the subjects before the incident; what was read once
// is remembered.
func (c *mailClock) before(ctx context.Context, from, to time.Time) (mailPast, bool, error) {
	m := &c.s.r.desk.mails
	window := from.UTC().Format(time.DateOnly) + to.UTC().Format(time.RFC3339)
	m.mu.Lock()
	known, had := m.before[window]
	m.mu.Unlock()
	if had || !from.Before(to) {
		return known, true, nil
	}
	mails, whole, err := c.window(ctx, from, to)
	if err != nil {
		return nil, false, err
	}
	known = mailPast{}
	for _, mail := range mails {
		known[sendgrid.Shape(mail.Subject)] = mail.ID
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if whole {
		if m.before == nil {
			m.before = map[string]mailPast{}
		}
		m.before[window] = known
	}
	return known, whole, nil
}

// kindsOf are the kinds of mail that were not known, the most frequent first.
func kindsOf(mails []sendgrid.Message, known mailPast) []mailKind {
	kinds := map[string]mailKind{}
	for _, mail := range mails {
		shape := sendgrid.Shape(mail.Subject)
		if k, had := kinds[shape]; known[shape] == "" {
			if !had {
				k = mailKind{shape: shape, example: mail.Subject, mail: mail.ID}
			}
			k.count++
			kinds[shape] = k
		}
	}
	return slices.SortedFunc(maps.Values(kinds), func(a, b mailKind) int {
		return cmp.Or(b.count-a.count, cmp.Compare(a.shape, b.shape))
	})
}

// mostKinds is how many kinds of strange mail are named.
const mostKinds = 20

// tellUnsure reports a kind of mail that may be new only because too little of
// the time before could be read. Nobody is blamed for it.
func (s *mailSurvey) tellUnsure(f *mailFiling, k mailKind) {
	s.r.Find(Finding{ID: "sendgrid-subject/" + url.PathEscape(k.shape), Severity: Low, Account: s.r.Main(), Exhibits: slices.Clone(f.n),
		Text: fmt.Sprintf("%s since the incident began with a subject like %q; too little of the time before was read to say whether that is new: do you know it?", some(k.count, "mail"), k.example)})
}

// tellKind reports a kind of mail, and finds out what sent it.
func (s *mailSurvey) tellKind(ctx context.Context, c *mailClock, k mailKind, known mailPast, origin bool) {
	text := fmt.Sprintf("%s since the incident began with a subject like %q, which no mail before had (digits aside)", some(k.count, "mail"), k.example)
	if origin {
		if o, is := c.origin(ctx, k.mail); is {
			text += "; " + s.blame(ctx, c, o, k, known)
		}
	}
	s.r.Find(Finding{ID: "sendgrid-subject/" + url.PathEscape(k.shape), Severity: High, Account: s.r.Main(), Exhibits: slices.Clone(c.f.n), Text: text})
}

// origin is what sent a mail, as far as there is a request left to ask.
func (c *mailClock) origin(ctx context.Context, mail string) (o sendgrid.Origin, known bool) {
	m := &c.s.r.desk.mails
	m.mu.Lock()
	o, known = m.origins[mail]
	m.mu.Unlock()
	if known {
		return o, true
	}
	may, err := c.ask(ctx, func() (err error) { o, err = c.calls.Origin(mail); return err })
	if !may || err != nil {
		return o, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.origins == nil {
		m.origins = map[string]sendgrid.Origin{}
	}
	m.origins[mail] = o
	return o, true
}

// blame says what sent strange mail. A key that did is strange itself, unless it
// also sends what was always sent: that one programs need, and a person has to
// replace it first.
func (s *mailSurvey) blame(ctx context.Context, c *mailClock, o sendgrid.Origin, k mailKind, known mailPast) string {
	from := fmt.Sprintf("sent from %s", o.IP)
	switch {
	case o.Key == "" && o.Teammate != "":
		return from + fmt.Sprintf(" by the teammate %q, without any API key", o.Teammate)
	case o.Key == "":
		return from + " without any API key: by whoever was signed in, or with another credential"
	}
	from += " with the API key " + o.Key
	if usual, is := c.origin(ctx, known[slices.Min(slices.Collect(maps.Keys(known)))]); is && usual.Key == o.Key {
		return from + ", which also sends your usual mail: it is in strange hands. Make a new key, give it to your programs, then plan with keep= the new one"
	}
	s.guilty[o.Key] = fmt.Sprintf("sent mail with a subject like %q, which no mail before the incident had", k.example)
	return from
}

// volumes stands in for the subject lines: how many mails went out on each day.
func (s *mailSurvey) volumes(ctx context.Context, why string) error {
	if err := s.r.Miss(s.r.Main(), "subject lines of SendGrid's mail", "cannot see: "+why+". Numbers of mails are looked at instead; read the subjects at SendGrid > Activity, or in your own logs"); err != nil {
		return err
	}
	f := &mailFiling{r: s.r}
	all := []sendgrid.Subuser{{}}
	for _, row := range s.rows {
		if row.ID == sendgrid.Keys && row.of.Name != "" {
			all = append(all, row.of)
		}
	}
	for _, of := range all {
		days, err := s.client.On(ctx, f).Days(of, s.r.Now().AddDate(0, 0, -min(30, s.r.Params.Number("days"))))
		if err != nil {
			if err := s.r.Miss(s.r.Main(), "numbers of mails of SendGrid "+of.Name, "cannot see: "+sendgrid.Explain(err)); err != nil {
				return err
			}
			continue
		}
		s.tellVolume(of, days, f.n)
	}
	return nil
}

// spike is how many times the most of any day before makes a day strange, and
// leastMails how many mails it has to have at all.
const (
	spike      = 3
	leastMails = 50
)

func (s *mailSurvey) tellVolume(of sendgrid.Subuser, days []sendgrid.Day, exhibits []int64) {
	most, since := 0, s.since.UTC().Format(time.DateOnly)
	for _, d := range days {
		if d.Date < since {
			most = max(most, d.Requests)
		}
	}
	for _, d := range days {
		if d.Date >= since && d.Requests >= leastMails && d.Requests > spike*most {
			s.r.Find(Finding{ID: "sendgrid-volume/" + url.PathEscape(of.Name) + "/" + d.Date, Severity: High, Account: s.r.Main(), Exhibits: slices.Clone(exhibits),
				Text: fmt.Sprintf("%d mails on %s, and %d at most on any day before %s (more than %d times as many is strange)%s", d.Requests, d.Date, most, since, spike, whose(of))})
		}
	}
}

func whose(of sendgrid.Subuser) string {
	if of.Name == "" {
		return ""
	}
	return ", by the subuser " + of.Name
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
