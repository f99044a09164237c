package actions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"

	"retake/actions/account"
	"retake/actions/probe"
	"retake/store"
)

// webhook is an address that the account calls, as a resource names it.
type webhook struct {
	account, resource, field, address string
	exhibit                           int64
}

// usedHost is a host with the webhooks that lead to it.
type usedHost struct {
	name  string
	hooks []webhook
}

// hookSources are the lists in which most webhooks stand. Those of other
// products come from what the step sweep has read.
var hookSources = []account.Source{account.SourceNumbers, account.SourceApplications, account.SourceTriggers}

// webhookHosts reads every webhook of every account, and returns the hosts that they
// lead to, by name.
func webhookHosts(ctx context.Context, r *Run) ([]usedHost, error) {
	accounts, err := r.Listed(ctx)
	if err != nil {
		return nil, err
	}
	type one struct {
		account string
		source  account.Source
	}
	var lists []one
	for _, a := range accounts {
		for _, s := range hookSources {
			if a.Status != "closed" {
				lists = append(lists, one{a.SID, s})
			}
		}
	}
	var mu sync.Mutex
	var hooks []webhook
	err = each(r, lists, func(l one) error {
		found, err := hooksIn(ctx, r, l.account, l.source)
		mu.Lock()
		defer mu.Unlock()
		hooks = append(hooks, found...)
		return err
	})
	if err != nil {
		return nil, err
	}
	swept, err := sweptHooks(r)
	if err != nil {
		return nil, err
	}
	if len(swept) == 0 {
		err = r.Miss(r.Main(), "webhooks in Messaging Services, Studio, SIP, Verify and other products", "not read yet: plan the step sweep, then this one again")
	}
	return byHost(append(hooks, swept...)), err
}

// hooksIn reads one list of one account.
func hooksIn(ctx context.Context, r *Run, sid string, source account.Source) (all []webhook, err error) {
	rec := &numbered{r: r}
	as := r.line.As(r.Credential(r.Main())).On(ctx, rec)
	for cursor := ""; ; {
		page, err := as.Page(source, sid, account.Window{}, cursor)
		for _, record := range page.Records {
			all = append(all, hooksOf(sid, record, rec.n)...)
		}
		var partial *account.Partial
		switch {
		case rec.failed != nil:
			return nil, rec.failed
		case isRefusal(err), errors.As(err, &partial):
			return all, r.Miss(sid, fmt.Sprintf("webhooks in the %s of %s", source, sid), account.Explain(err))
		case err != nil:
			return nil, fmt.Errorf("cannot read the %s of %s: %w", source, sid, err)
		}
		if cursor = page.Next; cursor == "" {
			return all, nil
		}
	}
}

// hooksOf finds the addresses in a record that lead away from Twilio.
func hooksOf(sid string, record json.RawMessage, exhibit int64) (all []webhook) {
	var fields any
	if json.Unmarshal(record, &fields) != nil {
		return nil
	}
	resource := ""
	if top, is := fields.(map[string]any); is {
		resource, _ = top["sid"].(string)
	}
	var walk func(name string, v any)
	walk = func(name string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				walk(key, v[key])
			}
		case []any:
			for _, e := range v {
				walk(name, e)
			}
		case string:
			if host := awayHost(v); host != "" {
				all = append(all, webhook{sid, resource, name, v, exhibit})
			}
		}
	}
	walk("", fields)
	return all
}

// awayHost is the host of an http address that is not Twilio's own, "" for any
// other text.
func awayHost(text string) string {
	if !strings.HasPrefix(text, "http://") && !strings.HasPrefix(text, "https://") {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return ""
	}
	h, err := probe.ParseHost(u.Hostname())
	if err != nil || h.Name == "twilio.com" || strings.HasSuffix(h.Name, ".twilio.com") {
		return ""
	}
	return h.Name
}

// sweptHooks are the webhooks in what the step sweep has read: of each address
// that it asked, the newest answer.
func sweptHooks(r *Run) (all []webhook, err error) {
	newest, order := map[string]int64{}, map[int64]string{}
	err = r.Case().Entries(0, func(e store.Entry) bool {
		var x store.ExhibitEntry
		if e.Kind == store.KindExhibit && e.Step == "sweep" && e.Decode(&x) == nil && x.Status == 200 && x.Method == "GET" {
			newest[x.URL], order[e.N] = e.N, x.Account
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	for _, n := range slices.Sorted(maps.Values(newest)) {
		_, records, err := r.Case().ExhibitRecords(n)
		if err != nil {
			continue // no list: it names no resources
		}
		for _, record := range records {
			all = append(all, hooksOf(order[n], record, n)...)
		}
	}
	return all, nil
}

// byHost groups webhooks by their host; the same one twice counts once.
func byHost(hooks []webhook) []usedHost {
	hosts := map[string]*usedHost{}
	seen := map[string]bool{}
	slices.SortStableFunc(hooks, func(a, b webhook) int {
		return strings.Compare(a.account+a.resource+a.field+a.address, b.account+b.resource+b.field+b.address)
	})
	for _, h := range hooks {
		key := strings.Join([]string{h.resource, h.field, h.address}, "\x00")
		if seen[key] {
			continue
		}
		seen[key] = true
		name := awayHost(h.address)
		if hosts[name] == nil {
			hosts[name] = &usedHost{name: name}
		}
		hosts[name].hooks = append(hosts[name].hooks, h)
	}
	return mapped(slices.Sorted(maps.Keys(hosts)), func(name string) usedHost { return *hosts[name] })
}

// exhibits are where the webhooks of a host can be read.
func (u usedHost) exhibits() []int64 {
	all := mapped(u.hooks, func(h webhook) int64 { return h.exhibit })
	slices.Sort(all)
	return slices.Compact(all)
}

// plain are the webhooks that are called over http.
func (u usedHost) plain() []webhook {
	return slices.DeleteFunc(slices.Clone(u.hooks), func(h webhook) bool { return !strings.HasPrefix(h.address, "http://") })
}

// accounts are those whose webhooks lead to the host.
func (u usedHost) accounts() []string {
	all := mapped(u.hooks, func(h webhook) string { return h.account })
	slices.Sort(all)
	return slices.Compact(all)
}

// suggestHosts reports each host that a webhook leads to. Whether it is the
// responder's own nobody can tell but a person.
func suggestHosts(r *Run, hosts []usedHost) error {
	for _, u := range hosts {
		first := u.hooks[0]
		r.Find(Finding{ID: "host/" + u.name, Severity: Info, Account: first.account, Exhibits: u.exhibits(),
			Text: fmt.Sprintf("%s answers %d webhooks of %d accounts (%s of %s and others like it): is it yours?", u.name, len(u.hooks), len(u.accounts()), first.field, first.resource)})
		if plain := u.plain(); len(plain) > 0 {
			r.Find(Finding{ID: "plain/" + u.name, Severity: Medium, Account: plain[0].account, Exhibits: u.exhibits(),
				Text: fmt.Sprintf("%d webhooks at %s are called over http:// (%s of %s): whoever is on the way reads and changes them; use https", len(plain), u.name, plain[0].field, plain[0].resource)})
		}
	}
	return r.See(r.Main(), "hosts that webhooks lead to", len(hosts))
}
