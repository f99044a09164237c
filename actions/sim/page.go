package sim

import (
	"cmp"
	"net/url"
	"sort"
	"strconv"
	"strings"
)

var pagingNames = []string{"PageSize", "Page", "PageToken"}

const (
	usualPage   = 50
	largestPage = 1000
)

// listing is a collection in its one order: by falling rank. Ranks are unique
// and do not move, so a page token stays good when records come and go.
type listing struct {
	name string // the JSON member that holds the records
	n    int
	rank func(i int) uint64
	show func(i int) fields
}

// listOf makes a listing of things that are held in any order.
func listOf[T any](name string, all []T, rank func(T) uint64, show func(T) fields) listing {
	sort.SliceStable(all, func(i, j int) bool { return rank(all[i]) > rank(all[j]) })
	return listing{name, len(all), func(i int) uint64 { return rank(all[i]) }, func(i int) fields { return show(all[i]) }}
}

// page is the part that was asked for.
type page struct {
	number, size, from, to int
}

// cut reads PageSize, Page and PageToken. A page above the first is reached
// only by the token that the page before it gave.
func (c *call) cut(l listing) (page, *reply) {
	p := page{size: usualPage}
	for name, into := range map[string]*int{"PageSize": &p.size, "Page": &p.number} {
		if v := c.query.Get(name); v != "" {
			n, err := strconv.Atoi(v)
			if err != nil || n < 0 || (name == "PageSize" && n < 1) {
				return p, new(invalid("%s must be a whole number, not %q", name, v))
			}
			*into = n
		}
	}
	if most := cmp.Or(c.route.most, largestPage); p.size > most {
		if c.options.Switches.PageSizeOver == "refuse" {
			return p, new(invalid("PageSize must be %d at most, not %d", most, p.size))
		}
		p.size = most
	}
	token := c.query.Get("PageToken")
	if p.number > 0 && token == "" {
		return p, new(invalid("Page %d needs the PageToken that the page before it gave", p.number))
	}
	if token != "" {
		after, err := strconv.ParseUint(strings.TrimPrefix(token, "PA"), 16, 64)
		if err != nil || !strings.HasPrefix(token, "PA") {
			return p, new(invalid("the PageToken %q is not one that this list gave", token))
		}
		p.from = sort.Search(l.n, func(i int) bool { return l.rank(i) < after })
	}
	p.to = min(p.from+p.size, l.n)
	return p, nil
}

func (l listing) records(p page) []fields {
	out := make([]fields, 0, p.to-p.from)
	for i := p.from; i < p.to; i++ {
		out = append(out, l.show(i))
	}
	return out
}

// token leads to what follows the page; empty after the last record.
func (l listing) token(p page) string {
	if p.to >= l.n || p.to == 0 {
		return ""
	}
	hex := strconv.FormatUint(l.rank(p.to-1), 16)
	return "PA" + strings.Repeat("0", 32-len(hex)) + hex
}

// at is this list's address for page n, filters included.
func (c *call) at(p page, n int, token string) string {
	q := url.Values{}
	for name, values := range c.query {
		q[name] = values
	}
	q.Set("PageSize", strconv.Itoa(p.size))
	if c.route.area != areaOrganization { // which knows page tokens only
		q.Set("Page", strconv.Itoa(n))
	}
	q.Del("PageToken")
	if token != "" {
		q.Set("PageToken", token)
	}
	return c.path + "?" + q.Encode()
}

// v2010 answers a list the old way, with relative addresses.
func (c *call) v2010(l listing) reply {
	p, bad := c.cut(l)
	if bad != nil {
		return *bad
	}
	body := fields{
		l.name: l.records(p), "page": p.number, "page_size": p.size,
		"start": p.number * p.size, "end": max(0, p.number*p.size+p.to-p.from-1),
		"uri": c.at(p, p.number, c.query.Get("PageToken")), "first_page_uri": c.at(p, 0, ""),
		"next_page_uri": nil, "previous_page_uri": nil,
	}
	if token := l.token(p); token != "" {
		body["next_page_uri"] = c.at(p, p.number+1, token)
	}
	return ok(body)
}

// meta answers a list the new way, with whole addresses.
func (c *call) meta(l listing) reply {
	p, bad := c.cut(l)
	if bad != nil {
		return *bad
	}
	root := "https://" + c.host
	meta := fields{
		"key": l.name, "page": p.number, "page_size": p.size,
		"url": root + c.at(p, p.number, c.query.Get("PageToken")), "first_page_url": root + c.at(p, 0, ""),
		"next_page_url": nil, "previous_page_url": nil,
	}
	if token := l.token(p); token != "" {
		meta["next_page_url"] = root + c.at(p, p.number+1, token)
	}
	return ok(fields{l.name: l.records(p), "meta": meta})
}

// byToken answers a list that goes by Token and Size.
func (c *call) byToken(l listing) reply {
	for was, is := range map[string]string{"Size": "PageSize", "Token": "PageToken"} {
		if v := c.query.Get(was); v != "" {
			c.query.Set(is, v)
		}
	}
	p, bad := c.cut(l)
	if bad != nil {
		return *bad
	}
	meta := fields{"previous_token": nil, "next_token": nil}
	if token := l.token(p); token != "" {
		meta["next_token"] = token
	}
	return ok(fields{l.name: l.records(p), "meta": meta})
}
