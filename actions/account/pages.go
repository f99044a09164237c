package account

import (
	"net/url"
)

// mostPages bounds a list; a thousand records a page, ten million in all.
const mostPages = 10_000

// pageSize is what every list asks for; Twilio gives 50 if nothing is asked.
var pageSize = 1000

// A page is what a list needs of one: its records and the link to the next.
type page[T any] struct {
	records []T
	next    string
}

// A position is where a page begins.
type position struct{ token, number string }

// collect reads a list to its end. fetch reads the page at a position; sid
// tells records apart, since a list that changes while it is read gives some
// of them twice. If the list breaks off, what came so far is returned with a
// *Partial.
func collect[T any](w *wire, fetch func(position) (page[T], error), sid func(T) string) ([]T, error) {
	var all []T
	have, been := map[string]bool{}, map[position]bool{{}: true, {number: "0"}: true}
	var at position
	for n := 0; ; n++ {
		p, err := fetch(at)
		if err != nil {
			return all, broken(n, len(all), w.settle(err, false))
		}
		for _, r := range p.records {
			if id := sid(r); id == "" || !have[id] {
				have[id] = true
				all = append(all, r)
			}
		}
		if p.next == "" {
			return all, nil
		}
		at, err = w.next(p.next)
		if err == nil && (been[at] || n+2 > mostPages) {
			err = w.strange("the list leads back to a page that was already read")
		}
		if err != nil {
			return all, broken(n+1, len(all), err)
		}
		been[at] = true
	}
}

func broken(pages, received int, err error) error {
	if pages == 0 {
		return err
	}
	return &Partial{Received: received, Err: err}
}

// next reads where a next-page link leads. Only the position is taken from
// it: the request is built anew, so the link cannot choose the host; but one
// that points to another host means that something is wrong.
func (w *wire) next(link string) (position, error) {
	u, err := url.Parse(link)
	if err != nil {
		return position{}, w.strange("the link to the next page is malformed")
	}
	if u.IsAbs() && (u.Scheme != "https" || !hosts[u.Host] && !w.as.Region.allows(u.Host)) || !u.IsAbs() && u.Host != "" {
		return position{}, w.strange("the link to the next page points to another host: " + printable(cut(u.Host, 80)))
	}
	at := position{u.Query().Get("PageToken"), u.Query().Get("Page")}
	if at == (position{}) {
		return at, w.strange("the link to the next page does not say which page")
	}
	return at, nil
}

func (w *wire) strange(problem string) error {
	return &Failure{Problem: w.line.Mask(problem), kind: garbage}
}

// value reads an optional field of twilio-go's models.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
