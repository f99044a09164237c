package sim

import (
	"slices"
	"strings"
)

// KeyOf finds a key of the kind: no answer tells a Main key from another.
func KeyOf(w *World, account, kind string) (sid, secret string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, k := range w.state.account(account).Keys {
		if k.Kind == kind {
			return k.Sid, k.Secret
		}
	}
	return "", ""
}

// RouteOf names the operation that a request is for; empty when there is none.
func RouteOf(method, host, path string) string {
	for _, r := range routes() {
		if _, ok := r.match(path); ok && r.method == method && r.host == host {
			return r.method + " " + r.host + r.pattern
		}
	}
	return ""
}

// RouteNames lists all operations.
func RouteNames() []string {
	var out []string
	for _, r := range routes() {
		out = append(out, r.method+" "+r.host+r.pattern)
	}
	return out
}

// A Held is one thing of a resource with what can be done to it.
type Held struct {
	ID, List, One, Key, SID string // addresses; One is List where there is one record only
	Form                    []string
	Fetches, Drops, JSON    bool
}

// HeldBy is one thing of each resource of an account, those that lie under
// others first.
func HeldBy(w *World, account string) (out []Held) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := w.state.account(account)
	for _, r := range slices.Backward(resources) {
		all := w.holds(a, r)
		if len(all) == 0 {
			continue
		}
		t := all[len(all)-1]
		fill := func(path string) string {
			for in, sid := range t.Within {
				path = strings.ReplaceAll(path, "{"+in+"}", sid)
			}
			for _, own := range []string{"{Sid}", "{JobSid}", "{ConnectAppSid}"} {
				path = strings.ReplaceAll(path, own, t.Sid)
			}
			return "https://" + r.host + strings.ReplaceAll(path, "{Account}", a.Sid)
		}
		h := Held{ID: r.id, List: fill(r.list), One: fill(r.list), Key: r.key, SID: t.Sid, Form: strings.Fields(r.form), Drops: r.drops, JSON: r.takesJSON}
		if r.one != "" {
			h.One, h.Fetches = fill(r.one), r.fetches()
		}
		out = append(out, h)
	}
	return out
}
