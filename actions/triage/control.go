package triage

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// strange is a change of the account by an address that is new to it.
type strange struct {
	Event
	group
}

// strangeEvents are the changes that an address made which was never seen in the
// audit log until lately. What was done from within the case is left out.
func (s *sight) strangeEvents() []strange {
	first := s.firstSeen()
	var all []strange
	for _, e := range s.theirs() {
		g, matters := groupOf(e.Type)
		if !matters || e.IP == "" || s.Now.Sub(first[e.IP]) > addressSettles {
			continue
		}
		if !s.recent(e.At) {
			g.severity = min(g.severity, Medium)
		}
		g.severity = held(g.severity, s.auditDays())
		all = append(all, strange{e, g})
	}
	slices.SortStableFunc(all, func(a, b strange) int { return a.At.Compare(b.At) })
	return all
}

// firstSeen is when each address came into the audit log of any account.
func (s *sight) firstSeen() map[string]time.Time {
	first := map[string]time.Time{}
	for _, e := range s.Events {
		if t, known := first[e.IP]; !known || e.At.Before(t) {
			first[e.IP] = e.At
		}
	}
	return first
}

// auditDays is how long before Since the audit log of the family begins.
func (s *sight) auditDays() float64 {
	from := s.Since
	for _, e := range s.Events {
		from = earlier(from, e.At)
	}
	return s.Since.Sub(from).Hours() / 24
}

func groupOf(kind string) (group, bool) {
	for _, g := range groups {
		if slices.ContainsFunc(g.prefixes, func(p string) bool { return strings.HasPrefix(kind, p) }) {
			return g, true
		}
	}
	return group{}, false
}

// theirs are the events without those that acts of the case left. An act
// explains one event at most, so that an intruder who does the same in the same
// minute is not hidden by it.
func (s *sight) theirs() []Event { return Theirs(s.Events, s.Ours) }

// Theirs are the events that no act of ours left, in their order.
func Theirs(events []Event, ours []Act) []Event {
	spent := make([]bool, len(ours))
	return slices.DeleteFunc(slices.Clone(events), func(e Event) bool {
		i := slices.IndexFunc(ours, func(a Act) bool { return a.left(e) })
		for i >= 0 && spent[i] {
			next := slices.IndexFunc(ours[i+1:], func(a Act) bool { return a.left(e) })
			if next < 0 {
				return false
			}
			i += 1 + next
		}
		if i >= 0 {
			spent[i] = true
		}
		return i >= 0
	})
}

func (a Act) left(e Event) bool {
	return a.Account == e.Account && strings.HasSuffix(e.Type, a.Verb) && (a.Resource == "" || a.Resource == e.Resource) &&
		!e.At.Before(a.From.Add(-clockSkew)) && !e.At.After(a.To.Add(clockSkew))
}

// strangers tells of each new address what it changed.
func strangers(s *sight) []Finding {
	by := map[string][]strange{}
	for _, e := range s.strangeEvents() {
		if e.name != "logins" {
			by[e.IP] = append(by[e.IP], e)
		}
	}
	var all []Finding
	for _, ip := range sids(by) {
		events := by[ip]
		kinds, accounts, worst := map[string]int{}, map[string]int{}, Info
		for _, e := range events {
			kinds[e.words]++
			accounts[e.Account]++
			worst = max(worst, min(e.severity, High))
		}
		all = append(all, Finding{
			ID: "new-address/" + address(ip), Rule: "new-address", Kind: Control, Severity: worst, Account: busiest(accounts),
			Text: fmt.Sprintf("%s, never seen here before %s, changed %s in %s by %s: %s", address(ip), stamp(events[0].At),
				plural(len(events), "thing"), plural(len(accounts), "account"), actors(events), counted(kinds, 6)),
			Observed: float64(len(events)), N: len(s.Events), Exhibits: exhibits(events),
		})
	}
	return all
}

// actors are who the events name; the audit log does not say which credential.
func actors(events []strange) string {
	who := map[string]bool{}
	for _, e := range events {
		who[name(e.Actor)] = true
	}
	return listing(slices.Sorted(maps.Keys(who)), 3)
}

func exhibits(events []strange) []int64 {
	return evidence(events, func(e strange) int64 { return e.Exhibit })
}

// changes tells of each group of changes by new addresses.
func changes(s *sight) []Finding {
	by := map[string][]strange{}
	for _, e := range s.strangeEvents() {
		by[e.name] = append(by[e.name], e)
	}
	var all []Finding
	for _, g := range groups {
		events := by[g.name]
		if len(events) == 0 || g.name == "keys" { // planted tells of keys
			continue
		}
		f := changed(g, events)
		f.N = len(s.Events)
		all = append(all, f)
	}
	return all
}

func changed(g group, events []strange) Finding {
	kinds, accounts, from, worst := map[string]int{}, map[string]int{}, map[string]bool{}, Info
	for _, e := range events {
		kinds[kindWords(e.Type)]++
		accounts[e.Account]++
		from[address(e.IP)] = true
		worst = max(worst, e.severity)
	}
	kind := Control
	if g.name == "logins" {
		kind = Note
	}
	return Finding{
		ID: "changed-" + g.name, Rule: "changed-" + g.name, Kind: kind, Severity: worst, Account: busiest(accounts),
		Text: fmt.Sprintf("%s were touched from %s, an address that is new here: %s, first %s, in %s", g.words,
			listing(slices.Sorted(maps.Keys(from)), 3), counted(kinds, 4), stamp(events[0].At), plural(len(accounts), "account")),
		Observed: float64(len(events)), Exhibits: exhibits(events),
	}
}

// kindWords is the type of an event, which Twilio gives, quoted if it is odd.
func kindWords(kind string) string {
	if strings.Trim(kind, "abcdefghijklmnopqrstuvwxyz.-") == "" && len(kind) < 80 {
		return kind
	}
	return name(kind)
}

// planted tells which keys a new address made: they go on working after the
// token was reset.
func planted(s *sight) []Finding {
	var events []strange
	accounts, from, worst := map[string]int{}, map[string]bool{}, Info
	var keys, others []string // API keys; public keys and the like
	for _, e := range s.strangeEvents() {
		if e.name != "keys" {
			continue
		}
		events = append(events, e)
		accounts[e.Account]++
		from[address(e.IP)] = true
		worst = max(worst, e.severity)
		switch made := strings.HasSuffix(e.Type, ".created"); {
		case made && strings.HasPrefix(e.Resource, "SK"):
			keys = append(keys, name(e.Resource))
		case made:
			others = append(others, name(e.Resource))
		}
	}
	if len(events) == 0 {
		return nil
	}
	text := fmt.Sprintf("API keys were touched from %s, an address that is new here", listing(slices.Sorted(maps.Keys(from)), 3))
	if len(keys) > 0 {
		text = fmt.Sprintf("%s planted by %s, an address that is new here, and good after the token is reset: %s", plural(len(keys), "API key"),
			listing(slices.Sorted(maps.Keys(from)), 3), listing(keys, 4))
	}
	if len(others) > 0 {
		text += fmt.Sprintf("; and %s of another kind: %s", plural(len(others), "key"), listing(others, 4))
	}
	return []Finding{{
		ID: "planted-keys", Rule: "planted-keys", Kind: Control, Severity: worst, Account: busiest(accounts),
		Text: text, Observed: float64(len(events)), N: len(s.Events), Exhibits: exhibits(events),
	}}
}

// families tells of accounts that are young, and of those that are not active.
func families(s *sight) []Finding {
	var all []Finding
	for _, a := range s.Accounts {
		f := Finding{Account: a.SID, N: len(s.Accounts)}
		age := s.Now.Sub(a.Created)
		switch {
		case !a.Main && !a.Created.IsZero() && age < youngAccount:
			f.ID, f.Rule, f.Kind, f.Severity = "young-account/"+a.SID, "young-account", Control, Low
			if s.recent(a.Created) {
				f.Severity = Medium
			}
			f.Text = fmt.Sprintf("the subaccount %s %q is %d days old: is it yours?", name(a.SID), shorten(a.Name, 60), int(age.Hours()/24))
			f.Observed, f.Baseline = float64(int(age.Hours()/24)), youngAccount.Hours()/24
		case a.Status != "active":
			f.ID, f.Rule, f.Severity = "not-active/"+a.SID, "not-active", Info
			f.Text = fmt.Sprintf("%s %q is %s: its audit events and alerts cannot be read, its calls and messages can", name(a.SID), shorten(a.Name, 60), name(a.Status))
		default:
			continue
		}
		all = append(all, f)
	}
	return all
}

// Grip tells of a type of event whether it gives or widens a hold on the account,
// in words, and how bad that is. Logins and traffic are none, and taking a key
// away is none.
func Grip(kind string) (words string, severity Severity, ok bool) {
	g, matters := groupOf(kind)
	if !matters || g.name == "logins" || g.name == "data" || g.name == "keys" && strings.HasSuffix(kind, ".deleted") {
		return "", Info, false
	}
	return g.words, g.severity, true
}
