package sendgrid

import (
	"encoding/json"
	"net/url"
	"strconv"

	"retake/actions/account"
)

const (
	pageSize  = 500
	mostPages = 200
)

// List reads a place whole: of a subuser, or of the account itself.
func (c *Calls) List(p Place, of Subuser) ([]Record, error) {
	if p.Within == "" {
		return c.pages(p, of, p.Path)
	}
	outer, _ := PlaceOf(p.Within)
	around, err := c.List(outer, of)
	if err != nil {
		return nil, err
	}
	var all []Record
	for _, o := range around {
		inner, err := c.pages(p, of, p.Path, o.ID)
		if err != nil {
			return nil, err
		}
		for _, r := range inner {
			r.In = o.ID
			all = append(all, r)
		}
	}
	return all, nil
}

// Subusers are the accounts below this one, of all regions.
// GET /v3/subusers.
func (c *Calls) Subusers() ([]Subuser, error) {
	p, _ := PlaceOf(SubuserIDs)
	all, err := c.List(p, Subuser{})
	var out []Subuser
	for _, r := range all {
		off, _ := r.Value("disabled").(bool)
		out = append(out, Subuser{Name: text(r.raw["username"]), Region: r.Text("region"), Disabled: off})
	}
	return out, err
}

// pages reads a list to its end.
func (c *Calls) pages(p Place, of Subuser, path string, parts ...string) ([]Record, error) {
	query := url.Values{}
	for name, values := range p.Query {
		query[name] = values
	}
	var all []Record
	for n := 0; n < mostPages; n++ {
		size := pageSize
		if p.Paging == "offset" {
			query.Set("limit", strconv.Itoa(size))
			query.Set("offset", strconv.Itoa(n*size))
		}
		if p.Paging == "seen" {
			query.Set("limit", strconv.Itoa(size))
		}
		page, next, err := c.page(p, of, query, path, parts)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		switch {
		case p.Paging == "offset" && len(page) >= size:
		case p.Paging == "seen" && len(page) >= size:
			query.Set("lastSeenID", page[len(page)-1].ID)
		case p.Paging == "token" && next != "":
			query.Set("page_token", next)
		default:
			return all, nil
		}
	}
	return nil, strange("the list of %s has no end", p.Name)
}

// page reads one page, and where the list goes on.
func (c *Calls) page(p Place, of Subuser, query url.Values, path string, parts []string) ([]Record, string, error) {
	a := c.ask(of, "GET", path, parts...)
	if a.Query = query; p.List != "." {
		a.List = p.List
	}
	got, err := c.way.Send(c.ctx, c.recorder, a)
	if err != nil {
		return nil, "", err
	}
	shown, next, err := p.records(got.Shown)
	if err != nil {
		return nil, "", err
	}
	raw, _, err := p.records(got.Body)
	if err != nil || len(raw) != len(shown) {
		return nil, "", strange("%v", err)
	}
	all := make([]Record, len(shown))
	for i := range shown {
		all[i] = Record{ID: text(dig(shown[i], p.Key)), Of: of, Shown: shown[i], raw: raw[i]}
		if token := text(raw[i][p.Token]); p.Token != "" && token != "" {
			c.way.Learn(account.NewSecret(token))
		}
	}
	return all, next, nil
}

// records takes a reply apart. A record that is no object, or that has nothing
// by which it is known, makes the whole reply one that is not understood.
func (p Place) records(body []byte) ([]map[string]any, string, error) {
	var reply any
	if err := json.Unmarshal(body, &reply); err != nil {
		return nil, "", strange("%v", err)
	}
	var list any
	switch p.List {
	case ".":
		list = []any{reply}
	case "":
		list = reply
	default:
		list = dig(reply, p.List)
	}
	items, is := list.([]any)
	if !is {
		return nil, "", strange("it holds no list of %s", p.Name)
	}
	var out []map[string]any
	for _, item := range items {
		record, is := item.(map[string]any)
		if !is || p.Key != "" && text(record[p.Key]) == "" {
			return nil, "", strange("the list of %s holds something that has no name", p.Name)
		}
		out = append(out, record)
	}
	return out, nextToken(reply), nil
}

// nextToken is the page_token of the page that follows. Only that is taken from
// the link, which cannot choose where the next request goes.
func nextToken(reply any) string {
	u, err := url.Parse(text(dig(reply, "_metadata.next")))
	if err != nil {
		return ""
	}
	return u.Query().Get("page_token")
}

// Details reads what a list does not say of a record, and adds it.
func (c *Calls) Details(p Place, r Record) (Record, error) {
	a := c.ask(r.Of, "GET", p.Detail, r.ID)
	got, err := c.way.Send(c.ctx, c.recorder, a)
	if err != nil {
		return r, err
	}
	var reply map[string]any
	if err := json.Unmarshal(got.Shown, &reply); err != nil {
		return r, strange("%v", err)
	}
	if inner, is := reply["result"].([]any); is && len(inner) > 0 { // described so, though it comes without
		reply, _ = inner[0].(map[string]any)
	}
	more := map[string]any{}
	for name, v := range r.Shown {
		more[name] = v
	}
	for name, v := range reply {
		more[name] = v
	}
	r.Shown = more
	return r, nil
}
