package actions

import (
	"cmp"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"mvdan.cc/xurls/v2"

	"retake/actions/sendgrid"
)

// judge says of each thing whether it is strange, and why. The rules, in order:
// what does not work, or was allowed, is not; a key that sent strange mail, or is
// not kept, is; what leads to somebody else is; what is odd by itself is; what
// has no address but came since the incident began is. Of the rest, what only
// leads home or is older is not, and of what nothing is known a person has to say.
func (s *mailSurvey) judge() {
	for _, row := range s.rows {
		for i := range row.things {
			t := &row.things[i]
			t.strange, t.unknown = s.opinion(row, t.Record)
		}
	}
}

func (s *mailSurvey) opinion(row *mailRow, t sendgrid.Record) (strange string, unknown bool) {
	switch {
	case !row.Works(t) || s.allowed(row, t):
		return "", false
	case row.ID == sendgrid.Keys:
		return s.opinionOfKey(t)
	}
	far, some := s.leads(row, t)
	since := s.came(row, t)
	switch {
	case far != "":
		return "leads to " + far + ", which nobody has said to be ours", false
	case row.IsOdd(t):
		return row.Odd, false
	case some:
		return "", false
	case !since.IsZero() && !since.Before(s.since):
		return "came or changed on " + since.UTC().Format("2006-01-02 15:04") + " UTC, since the incident began", false
	case !since.IsZero():
		return "", false
	}
	return "", row.Odd == "" && row.Key+row.On != ""
}

// opinionOfKey judges a key, of which SendGrid shows neither date nor maker.
func (s *mailSurvey) opinionOfKey(t sendgrid.Record) (string, bool) {
	keep := s.r.Params.List("keep")
	switch {
	case t.ID == s.client.KeyID():
		if s.r.Params["own_key"] == "delete" {
			return "is the key that Retake uses, which is to go as the last", false
		}
		return "", false
	case slices.Contains(keep, t.ID) || slices.Contains(keep, t.Text("name")):
		return "", false
	case s.guilty[t.ID] != "":
		return s.guilty[t.ID], false
	case len(keep) > 0:
		return "is not among the keys that stay", false
	}
	return "", true
}

// allowed tells whether a thing, or its whole place, was said to be ours by name.
func (s *mailSurvey) allowed(row *mailRow, t sendgrid.Record) bool {
	allow := s.r.Params.List("allow")
	for _, name := range []string{row.ID, t.ID, t.Text("name"), t.Text("friendly_name"), t.Text("username"), t.Text("hostname")} {
		if name != "" && slices.Contains(allow, name) {
			return true
		}
	}
	return slices.Contains([]string{sendgrid.AllowList, sendgrid.Activity}, row.ID) && s.ourNetwork(t.Text("ip"))
}

// ourNetwork tells whether an address or network lies in one that is ours.
func (s *mailSurvey) ourNetwork(text string) bool {
	its, is := network(text)
	return is && slices.ContainsFunc(append(s.r.Params.List("own_address"), s.home...), func(word string) bool {
		ours, is := network(word)
		return is && ours.Bits() <= its.Bits() && ours.Contains(its.Addr())
	})
}

func network(text string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(text); err == nil {
		return p, true
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, a.BitLen()), true
}

// came is the latest of a thing's dates.
func (s *mailSurvey) came(row *mailRow, t sendgrid.Record) (last time.Time) {
	if row.Remedy == sendgrid.Older { // the version that programs send counts
		for _, v := range sendgrid.VersionsOf(t) {
			if v.Active {
				return mailTime(v.Updated)
			}
		}
	}
	for _, name := range row.Dates {
		if at := mailTime(t.Text(name)); at.After(last) {
			last = at
		}
	}
	return last
}

// mailTime reads the forms in which SendGrid writes times.
func mailTime(text string) time.Time {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n > 0 {
		return time.Unix(n, 0)
	}
	for _, layout := range []string{time.RFC3339, time.DateTime} {
		if at, err := time.Parse(layout, text); err == nil {
			return at
		}
	}
	return time.Time{}
}

// leads finds where a thing leads: the first place that is not ours, and whether
// it leads anywhere at all.
func (s *mailSurvey) leads(row *mailRow, t sendgrid.Record) (far string, some bool) {
	for _, name := range row.Marks {
		for _, to := range ends(t.Value(name)) {
			if some = true; !s.isHome(to) && far == "" {
				far = to
			}
		}
	}
	return far, some
}

func (s *mailSurvey) isHome(to string) bool {
	_, host, is := strings.Cut(to, "@")
	if !is {
		host = to
	}
	return slices.ContainsFunc(s.home, func(word string) bool {
		return to == word || !strings.Contains(word, "@") && (host == word || strings.HasSuffix(host, "."+word))
	}) || s.ourNetwork(host)
}

var (
	mailShape   = regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}`)
	domainShape = regexp.MustCompile(`^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$`)
	linkShape   = xurls.Strict()
)

// ends are the addresses and hosts in a value, in lower case.
func ends(value any) (all []string) {
	switch v := value.(type) {
	case []any:
		for _, one := range v {
			all = append(all, ends(one)...)
		}
	case string:
		if domainShape.MatchString(v) {
			return []string{strings.ToLower(v)}
		}
		rest := linkShape.ReplaceAllStringFunc(v, func(link string) string {
			if u, err := url.Parse(link); err == nil && u.Hostname() != "" {
				all = append(all, strings.ToLower(u.Hostname()))
				return " "
			}
			return link
		})
		for _, address := range mailShape.FindAllString(rest, -1) {
			all = append(all, strings.ToLower(address))
		}
	}
	return all
}

// mailStates are how a place can stand, the worst first.
var mailStates = []string{"changed", "cannot see", "unknown", "clean"}

// state is how a place stands.
func (row *mailRow) state() string {
	strange, unknown := 0, 0
	for _, t := range row.things {
		if t.strange != "" {
			strange++
		}
		if t.unknown {
			unknown++
		}
	}
	switch {
	case row.unseen != "":
		return "cannot see"
	case strange > 0:
		return "changed"
	case unknown > 0:
		return "unknown"
	}
	return "clean"
}

// tell reports what is strange, and the matrix: how each place stands.
func (s *mailSurvey) tell() {
	for _, row := range s.rows {
		for _, t := range row.things {
			if t.strange != "" {
				id := "sendgrid/" + mailObject(row, t.ID)
				if row.ID == sendgrid.Keys && s.guilty[t.ID] != "" {
					id = guiltyKey + url.PathEscape(t.ID)
				}
				s.r.Find(Finding{ID: id, Severity: row.severity(), Account: s.r.Main(), Exhibits: row.exhibits,
					Text: fmt.Sprintf("%s (%s)", join(row.title()+":", row.called(t.Record), t.strange), row.Why)})
			}
			s.tellPower(row, t)
		}
	}
	for _, p := range sendgrid.Places() {
		s.tellPlace(p)
	}
}

// guiltyKey begins the findings about keys that sent strange mail: later plans
// know them by it, when the mail cannot be read again.
const guiltyKey = "sendgrid-key/"

// recallGuilty takes over which keys sent strange mail, as the case has it.
func (s *mailSurvey) recallGuilty() error {
	all, err := s.r.Case().Findings(sendgridStep)
	for _, f := range all {
		if key, is := strings.CutPrefix(f.ID, guiltyKey); is {
			if id, err := url.PathUnescape(key); err == nil {
				s.guilty[id] = "sent strange mail, as an earlier plan of this case found"
			}
		}
	}
	return err
}

// tellPlace is one line of the matrix: how a place stands, in the account and in
// its subusers.
func (s *mailSurvey) tellPlace(p sendgrid.Place) {
	f := Finding{ID: "sendgrid-place/" + p.ID, Severity: Info, Account: s.r.Main()}
	var names []string
	where, read := map[string][]string{}, 0
	for _, row := range s.rows {
		if row.ID == p.ID {
			state := row.state()
			where[state] = append(where[state], cmp.Or(row.of.Name, "the account"))
			names, read = append(names, row.unknowns()...), read+len(row.things)
			f.Exhibits = append(f.Exhibits, row.exhibits...)
		}
	}
	f.Text = p.Name + ":"
	for _, state := range mailStates {
		if of := where[state]; len(of) > 0 {
			f.Text += fmt.Sprintf(" %s (%s),", state, few(of))
		}
	}
	f.Text += fmt.Sprintf(" %d read", read)
	if len(names) > 0 {
		f.Text += "; yours? " + few(names)
	}
	s.r.Find(f)
}

// tellPower points at keys that could make others, which only few need.
func (s *mailSurvey) tellPower(row *mailRow, t mailThing) {
	if row.ID != sendgrid.Keys || t.ID == s.client.KeyID() || !t.unknown {
		return
	}
	held := scopesOf(t.Record)
	for _, scope := range []string{"api_keys.create", "teammates.create", "subusers.create", "user.email.update"} {
		if slices.Contains(held, scope) {
			s.r.Find(Finding{ID: "sendgrid-power/" + mailObject(row, t.ID), Severity: Medium, Account: s.r.Main(), Exhibits: row.exhibits,
				Text: fmt.Sprintf("%s: %s has the scope %s: whoever holds it makes himself another way in. Name it in allow, or name the keys that stay in keep", row.title(), row.called(t.Record), scope)})
			return
		}
	}
}

func scopesOf(r sendgrid.Record) []string {
	list, _ := r.Value("scopes").([]any)
	return mapped(list, func(v any) string { return fmt.Sprint(v) })
}

func (row *mailRow) severity() Severity {
	switch {
	case row.Odd != "":
		return Medium
	case row.ID == sendgrid.Keys || row.ID == "sso" || row.ID == sendgrid.Teammates || row.ID == sendgrid.Email:
		return Critical
	}
	return High
}

func (row *mailRow) unknowns() (names []string) {
	for _, t := range row.things {
		if t.unknown {
			names = append(names, row.called(t.Record))
		}
	}
	return names
}

// called is what a thing is called on the screen.
func (row *mailRow) called(t sendgrid.Record) string {
	if row.Key == "" {
		return ""
	}
	for _, name := range []string{"name", "friendly_name", "username", "ip", "hostname", "from_email", "domain", "email_to", "email"} {
		if text := t.Text(name); text != "" && text != t.ID {
			return strings.TrimSpace(fmt.Sprintf("%s %q", t.ID, text))
		}
	}
	return t.ID
}

// stands says how the step stands after a reading, and what is left to do.
func (s *mailSurvey) stands() string {
	count := map[string]int{}
	var changed, byHand []string
	for _, row := range s.rows {
		state := row.state()
		switch count[state]++; {
		case state == "changed" && row.Remedy == sendgrid.ByHand:
			byHand = append(byHand, row.title())
		case state == "changed":
			changed = append(changed, row.title())
		}
	}
	text := fmt.Sprintf("%d places read: %d clean, %d changed, %d unknown, %d cannot be seen", len(s.rows), count["clean"], count["changed"], count["unknown"], count["cannot see"])
	if len(changed) > 0 {
		text += ". Plan with mode=contain for " + few(changed)
	}
	if len(byHand) > 0 {
		text += ". Look by hand at " + few(byHand)
	}
	if count["unknown"] > 0 {
		text += ". Say what is yours: plan again with allow= or keep="
	}
	return text + ". Payment methods, 2FA and the compliance notice are for a person: look, then attest"
}

// join puts words together, and leaves out those that are missing.
func join(words ...string) string {
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " ")
}
