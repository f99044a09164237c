package account

import (
	"bytes"
	"encoding/json"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A Window is what of a source is looked at: a time, whose zero ends are open,
// and, of a source that has ByStatus, the records of one status only, "" for
// all.
type Window struct {
	From, To time.Time
	Status   string
}

// A Page is one page of a source: its records as they came, masked, and how to
// go on.
type Page struct {
	Records []json.RawMessage
	Next    string // the cursor of the next page, "" at the end
}

// Page reads one page: the first if cursor is "", otherwise the one that an
// earlier page of the same source, account and window gave as its Next. A
// cursor can be kept, so that an interrupted capture goes on where it was; it
// holds nothing but a position. No record is lost to a form that is not
// understood, since none is. If the page came but does not say in a way that
// can be trusted how to go on, its records come with a *Partial.
// Twilio: GET of the source; see Sources.
func (o *Operations) Page(name Source, account string, q Window, cursor string) (Page, error) {
	s, err := findSource(name)
	if err != nil {
		return Page{}, err
	}
	return o.page(s, account, q, cursor)
}

func (o *Operations) page(s source, account string, q Window, cursor string) (Page, error) {
	if err := o.checkPage(s, account, q); err != nil {
		return Page{}, err
	}
	at, err := s.position(account, cursor)
	if err != nil {
		return Page{}, err
	}
	w := o.wire(account, s.key())
	address := s.address(account)
	if _, err := w.requests().Get(address.String(), s.query(q, at), nil, ""); err != nil {
		return Page{}, w.settle(err, false)
	}
	if s.ListKey == "" {
		return Page{Records: []json.RawMessage{bytes.Clone(w.shown)}}, nil
	}
	return w.page(s, account, at)
}

func (o *Operations) checkPage(s source, account string, q Window) error {
	if err := checkSIDs("AC", account); err != nil {
		return err
	}
	as := o.client.credential.SID
	switch {
	case s.Own && strings.HasPrefix(as, "AC") && as != account:
		return notSent(nil, "the %s of account %s are shown to its own token only", s.Source, account)
	case !q.From.IsZero() && !q.To.IsZero() && q.To.Before(q.From):
		return notSent(nil, "the window ends before it begins")
	case q.Status != "" && !s.ByStatus:
		return notSent(nil, "the %s cannot be read by status", s.Source)
	case !statusText.MatchString(q.Status):
		return notSent(nil, "%q is not a status", cut(q.Status, 60))
	}
	return nil
}

// page takes the reply apart: the records from what was recorded, the link to
// the next page from what was received.
func (w *wire) page(s source, account string, at position) (Page, error) {
	var all map[string]json.RawMessage
	var p Page
	if err := json.Unmarshal(w.shown, &all); err != nil {
		return p, w.settle(err, false)
	}
	key := s.ListKey
	if key == AnyList {
		key = anyList(all)
	}
	if err := json.Unmarshal(all[key], &p.Records); err != nil {
		return p, w.settle(err, false)
	}
	var err error
	if p.Next, err = w.nextPage(s, account, at, len(p.Records)); err != nil {
		return p, &Partial{Received: len(p.Records), Err: err}
	}
	return p, nil
}

// nextPage is the cursor of the page behind this one, "" after the last.
func (w *wire) nextPage(s source, account string, at position, records int) (string, error) {
	if s.tokens {
		return w.nextToken(s, account, at)
	}
	link, err := w.nextLink(records, s.pageSize())
	if err != nil || link == "" {
		return "", err
	}
	return w.cursor(s, account, at, link)
}

// nextLink is where the reply says that the list goes on, "" if it ends. A
// full page that says nothing of it may be anything but the end.
func (w *wire) nextLink(records, full int) (string, error) {
	raw := w.member("next_page_uri")
	if meta := w.member("meta"); raw == nil && meta != nil {
		var of struct {
			Next json.RawMessage `json:"next_page_url"`
		}
		if err := json.Unmarshal(meta, &of); err != nil {
			return "", w.strange("the reply does not say where the list goes on")
		}
		raw = of.Next
	}
	var link string
	switch {
	case raw == nil && records >= full:
		return "", w.strange("the page is full, but the reply does not say whether the list goes on")
	case raw != nil && json.Unmarshal(raw, &link) != nil:
		return "", w.strange("the link to the next page is no text")
	}
	return link, nil
}

// nextToken is the cursor of the page behind the token that the reply names, ""
// after the last.
func (w *wire) nextToken(s source, account string, at position) (string, error) {
	var of struct {
		Next string `json:"next_token"`
	}
	next := position{}
	err := json.Unmarshal(w.member("meta"), &of)
	if next.token = of.Next; err != nil || !next.sound() || next.token != "" && next == at {
		return "", w.strange("the reply does not say where the list goes on")
	}
	if next.token == "" {
		return "", nil
	}
	return s.start(account) + url.Values{"Page": {""}, "PageToken": {next.token}}.Encode(), nil
}

// cursor turns a link into the cursor of the page that it leads to. It must
// lead onwards, in the same list.
func (w *wire) cursor(s source, account string, at position, link string) (string, error) {
	next, err := w.next(link)
	if err != nil {
		return "", err
	}
	u, _ := url.Parse(link) // w.next did, without an error
	want := s.address(account)
	switch {
	case u.Host != "" && u.Host != want.Host:
		return "", w.strange("the link to the next page points to another host: " + printable(cut(u.Host, 80)))
	case strings.TrimSuffix(u.Path, ".json") != strings.TrimSuffix(want.Path, ".json"):
		return "", w.strange("the link to the next page points to another list: " + printable(cut(u.Path, 120)))
	case next == at || !next.after(at):
		return "", w.strange("the list leads back to a page that was already read")
	case !next.sound():
		return "", w.strange("the link to the next page does not say which page")
	}
	return s.start(account) + url.Values{"Page": {next.number}, "PageToken": {next.token}}.Encode(), nil
}

// start is how the cursors of a list begin: no other list takes them.
func (s source) start(account string) string { return string(s.Source) + "/" + account + "?" }

// position reads a cursor.
func (s source) position(account, cursor string) (position, error) {
	if cursor == "" {
		return position{}, nil
	}
	text, is := strings.CutPrefix(cursor, s.start(account))
	if !is {
		return position{}, notSent(nil, "the cursor is not one of the %s of account %s", s.Source, account)
	}
	at, err := url.ParseQuery(text)
	p := position{at.Get("PageToken"), at.Get("Page")}
	if err != nil || len(at) != 2 || p == (position{}) || !p.sound() {
		return position{}, notSent(nil, "the cursor is damaged")
	}
	return p, nil
}

var (
	tokenText  = regexp.MustCompile(`^[!-~]*$`)
	numberText = regexp.MustCompile(`^[0-9]{0,6}$`)
	statusText = regexp.MustCompile(`^[a-z-]{0,40}$`)
)

// sound tells whether a position may be sent.
func (p position) sound() bool {
	return len(p.token) <= 2000 && tokenText.MatchString(p.token) && numberText.MatchString(p.number)
}

// after tells whether p is behind at, as far as they have numbers: lists that
// go round would never end.
func (p position) after(at position) bool {
	if p.number == "" {
		return true
	}
	n, err := strconv.Atoi(p.number)
	if err != nil || n > mostPages {
		return false
	}
	was, _ := strconv.Atoi(at.number)
	return n > was
}
