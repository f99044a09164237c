package actions

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"retake/actions/account"
)

// tokens says what breaks when Auth Tokens die.
func (l *losing) tokens() error {
	sids, names := l.accounts()
	var blind []string
	for _, sid := range sids {
		seen, err := l.webhooks(sid, names[sid])
		if err != nil {
			return err
		}
		if !seen {
			blind = append(blind, sid)
		}
	}
	l.uncaptured("which webhooks are signed with the tokens (numbers and applications)", blind)
	if err := l.lastHour(sids, names, "its token"); err != nil {
		return err
	}
	if slices.Contains(sids, l.r.Main()) {
		l.children()
	}
	l.unknown(l.r.Main(), "webhooks of Messaging, Conversations, Verify, Studio and SIP: they are signed with the token too and were not captured")
	l.unknown(l.r.Main(), "which programs hold a token: no API lists them; each shows itself by a 401 in its own log, and in Alerts as 20003")
	return nil
}

// children names the subaccounts that are reached with the main account's token.
func (l *losing) children() {
	pages, _ := l.filed.latest(account.SourceAccounts, l.r.Main())
	n := 0
	for _, a := range l.r.listed {
		n += count(a.SID != l.r.Main() && a.Status != "closed")
	}
	if n > 0 {
		l.add(l.r.Main(), numbersOf(pages), "the main account's token reads the tokens of %s and acts in them: programs that reach them with it get 401", some(n, "subaccount"))
	}
}

// hooked is a number or an application with what it calls.
type hooked struct {
	Voice         string `json:"voice_url"`
	VoiceFallback string `json:"voice_fallback_url"`
	SMS           string `json:"sms_url"`
	SMSFallback   string `json:"sms_fallback_url"`
	Status        string `json:"status_callback"`
	SMSStatus     string `json:"sms_status_callback"`
	MessageStatus string `json:"message_status_callback"`
}

// hosts are where webhooks go, by what they are for.
type hosts map[string]map[string]bool

// add notes where one thing calls, and tells whether it calls at all.
func (h hosts) add(t hooked) bool {
	any := false
	for kind, addresses := range map[string][]string{"voice": {t.Voice, t.VoiceFallback}, "messages": {t.SMS, t.SMSFallback}, "status": {t.Status, t.SMSStatus, t.MessageStatus}} {
		for _, address := range addresses {
			if address == "" {
				continue
			}
			if any = true; h[kind] == nil {
				h[kind] = map[string]bool{}
			}
			h[kind][hookHost(address)] = true
		}
	}
	return any
}

func hookHost(address string) string {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return strings.ToLower(u.Hostname())
	}
	return "an address that cannot be read"
}

func (h hosts) String() string {
	var parts []string
	for _, kind := range []string{"voice", "messages", "status"} {
		if len(h[kind]) > 0 {
			parts = append(parts, kind+" "+few(slices.Sorted(maps.Keys(h[kind]))))
		}
	}
	return strings.Join(parts, "; ")
}

// webhooks names what an account calls with the token's signature. seen is
// false where neither list was captured.
func (l *losing) webhooks(sid, name string) (seen bool, err error) {
	to, counts, exhibits, short := hosts{}, map[account.Source]int{}, []int64{}, ""
	for _, source := range []account.Source{account.SourceNumbers, account.SourceApplications} {
		pages, whole := l.filed.latest(source, sid)
		if seen = seen || len(pages) > 0; !whole {
			short = "; not all of them were captured"
		}
		exhibits = append(exhibits, numbersOf(pages)...)
		for _, p := range pages {
			all, err := filedRecords[hooked](l.filed, p)
			if err != nil {
				return seen, err
			}
			for _, t := range all {
				counts[source] += count(to.add(t))
			}
		}
	}
	switch {
	case !seen:
	case len(to) == 0:
		l.add(sid, exhibits, "%s: no number or application calls a webhook%s", called(sid, name), short)
	default:
		l.add(sid, exhibits, "%s: webhooks of %s and %s are signed with this token, to %s: whoever checks the signature needs the new one%s", called(sid, name),
			some(counts[account.SourceNumbers], "number"), some(counts[account.SourceApplications], "application"), to, short)
	}
	return seen, nil
}

// lastHour counts what programs created through the API in the hour before the
// lists were captured: it stops if they signed in with what dies.
func (l *losing) lastHour(sids []string, names map[string]string, with string) error {
	var blind []string
	for _, sid := range sids {
		seen, err := l.hour(sid, names[sid], with)
		if err != nil {
			return err
		}
		if !seen {
			blind = append(blind, sid)
		}
	}
	l.uncaptured("calls and messages that programs created in the last hour", blind)
	if len(blind) < len(sids) {
		l.unknown(l.r.Main(), "with which credential a call or message was created: no list tells; other requests (reads, lookups, verifications) leave no list at all")
	}
	return nil
}

func (l *losing) hour(sid, name, with string) (seen bool, err error) {
	var parts []string
	var exhibits []int64
	var until time.Time
	for _, k := range []struct {
		source account.Source
		what   string
	}{{account.SourceCalls, "call"}, {account.SourceMessages, "message"}} {
		to := asOf(l.filed.newest(k.source, sid))
		if to.IsZero() {
			parts = append(parts, "no "+k.what+"s captured")
			continue
		}
		n := 0
		err := l.filed.traffic(k.source, sid, to.Add(-time.Hour), func(t filedTraffic, page int64) {
			if t.byProgram() {
				n, exhibits = n+1, append(exhibits, page)
			}
		})
		if err != nil {
			return seen, err
		}
		if seen = true; until.IsZero() || to.After(until) {
			until = to
		}
		parts = append(parts, some(n, k.what))
	}
	if seen && len(exhibits) > 0 {
		l.add(sid, exhibits, "%s: %s created through the API in the hour before %s UTC: what signed in with %s gets 401", called(sid, name), strings.Join(parts, ", "), until.UTC().Format("2006-01-02 15:04"), with)
	}
	return seen, nil
}
