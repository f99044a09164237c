package account

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// A Spot is where a list, or one record, is: for what has no operation of its
// own here. Path is plain, with its SIDs filled in.
type Spot struct {
	Host, Path string
	List       string // key of the records in a reply, AnyList, or "" for one record
	Query      string // parameters that every page is asked with, "" for none
	Most       int    // largest page, 0 for the usual 1000
	Pages      int    // how many pages are read of it, 0 for all
	Tokens     bool   // its pages go by Token and Size, and the reply names the next token
	Own        bool   // only a credential of the account itself reaches it
}

// AnyList is the key of a list whose reply nobody has described: its one array.
const AnyList = "*"

var plainPath = regexp.MustCompile(`^(/[A-Za-z0-9][A-Za-z0-9._-]*)+$`)

func (s Spot) source(account string) (source, error) {
	if !plainPath.MatchString(s.Path) {
		return source{}, notSent(nil, "%q is no plain path", cut(s.Path, 120))
	}
	if s.Host == apiHost && !strings.HasPrefix(s.Path, "/2010-04-01/Accounts/"+account+"/") {
		return source{}, notSent(nil, "the path is not one of account %s", account)
	}
	info := SourceInfo{Source: Source(s.Host + s.Path), Title: s.Path, Own: s.Own, ListKey: s.List}
	return source{SourceInfo: info, host: s.Host, path: s.Path, fixed: s.Query, most: s.Most, tokens: s.Tokens}, nil
}

// key is what a reply must hold to be a list.
func (s source) key() string {
	if s.ListKey == AnyList {
		return ""
	}
	return s.ListKey
}

// anyList is the key of the first array of an object, by name; "" for none.
func anyList(all map[string]json.RawMessage) string {
	var keys []string
	for key, raw := range all {
		if len(raw) > 0 && raw[0] == '[' {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	if len(keys) == 0 {
		return ""
	}
	return keys[0]
}

// Records reads a list to its end, or the one record there is; masked. On an
// error the records so far come with it, and so they do with a *More where the
// spot bounds the pages.
// Twilio: GET of the spot.
func (o *Operations) Records(account string, at Spot) ([]json.RawMessage, error) {
	s, err := at.source(account)
	if err != nil {
		return nil, err
	}
	var all []json.RawMessage
	for cursor, n := "", 0; ; n++ {
		p, err := o.page(s, account, Window{}, cursor)
		all = append(all, p.Records...)
		switch {
		case err != nil && n > 0:
			return all, broken(n, len(all), err)
		case err != nil:
			return all, err
		case p.Next == "":
			return all, nil
		case n+1 == cmp.Or(at.Pages, mostPages):
			return all, &More{Received: len(all)}
		}
		cursor = p.Next
	}
}

// Record reads one record, masked.
// Twilio: GET of the spot.
func (o *Operations) Record(account string, at Spot) (json.RawMessage, error) {
	at.List = ""
	all, err := o.Records(account, at)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// Set changes members of one record. A value of which a part is masked is not
// sent: it would put the mask in the place of the secret.
// Twilio: POST to the spot.
func (o *Operations) Set(account string, at Spot, form url.Values) error {
	for name, values := range form {
		if slices.ContainsFunc(values, Masked) {
			return notSent(nil, "%s is known with its secret masked only, so it cannot be set from here", cut(name, 60))
		}
	}
	return o.change(http.MethodPost, account, at, form, nil)
}

// SetWhole sets members of one record that takes JSON. They are sent as they are
// given, whole: what an object leaves out may be lost. A value of which a part is
// masked is not sent.
// Twilio: POST to the spot.
func (o *Operations) SetWhole(account string, at Spot, members map[string]any) error {
	body, err := json.Marshal(members)
	if err != nil {
		return notSent(err, "not sent: %v", err)
	}
	if Masked(string(body)) {
		return notSent(nil, "what is to be sent is known with its secret masked only, so it cannot be set from here")
	}
	return o.change(http.MethodPost, account, at, nil, body)
}

// Delete deletes one record.
// Twilio: DELETE of the spot.
func (o *Operations) Delete(account string, at Spot) error {
	return o.change(http.MethodDelete, account, at, nil, nil)
}

// Copy sets a member of a record to what it is in another one, unmasked: an
// earlier revision, say. What is copied leaves this package to Twilio only.
// Twilio: GET of from, POST to the spot.
func (o *Operations) Copy(account string, from, at Spot, member, field string, form url.Values) error {
	s, err := from.source(account)
	if err != nil {
		return err
	}
	if err := o.checkPage(s, account, Window{}); err != nil {
		return err
	}
	w := o.wire(account, "")
	address := s.address(account)
	if _, err := w.requests().Get(address.String(), nil, nil, ""); err != nil {
		return w.settle(err, false)
	}
	value := string(w.member(member))
	if value == "" || value == "null" {
		return w.strange("the record that is to be copied has no " + printable(cut(member, 60)))
	}
	all := url.Values{field: {value}}
	for name, values := range form {
		all[name] = values
	}
	return o.change(http.MethodPost, account, at, all, nil)
}

// change sends a form, or JSON where there is a body.
func (o *Operations) change(method, account string, at Spot, form url.Values, body []byte) error {
	s, err := at.source(account)
	if err != nil {
		return err
	}
	s.ListKey = ""
	if err := o.checkPage(s, account, Window{}); err != nil {
		return err
	}
	w := o.wire(account, "")
	var headers map[string]any
	if body != nil {
		headers = map[string]any{"Content-Type": "application/json"}
	}
	_, err = w.SendRequest(method, s.address(account).String(), form, headers, body...)
	return w.settle(err, true)
}

// Masked tells whether a part of a recorded text is a mask: whatever has the
// shape of a token was replaced before it was recorded.
func Masked(text string) bool {
	found := strings.Contains(text, masked)
	eachWord(text, func(word string) { found = found || isToken(word) })
	return found
}

// Broken tells that a reply came and made no sense, or none came: what was asked
// for may be there all the same.
func Broken(err error) bool {
	f := failure(err)
	return f != nil && f.kind != notRecorded && f.kind != neverSent && !errors.Is(err, ErrReadOnly)
}
