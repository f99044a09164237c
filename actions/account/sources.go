package account

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// A Source is a list of the account that is evidence, or the one record of its
// balance.
type Source string

// The sources that Page reads.
const (
	SourceAccounts       Source = "accounts"
	SourceEvents         Source = "events"
	SourceAlerts         Source = "alerts"
	SourceMessages       Source = "messages"
	SourceRecordings     Source = "recordings"
	SourceCalls          Source = "calls"
	SourceConferences    Source = "conferences"
	SourceTranscriptions Source = "transcriptions"
	SourceNotifications  Source = "notifications"
	SourceKeys           Source = "keys"
	SourceNumbers        Source = "numbers"
	SourceApplications   Source = "applications"
	SourceShortCodes     Source = "short-codes"
	SourceTriggers       Source = "triggers"
	SourceCallerIDs      Source = "caller-ids"
	SourceVoiceGeo       Source = "voice-geo"
	SourceSMSGeo         Source = "sms-geo"
	SourceSIPDomains     Source = "sip-domains"
	SourceSIPCredentials Source = "sip-credential-lists"
	SourceSIPAddresses   Source = "sip-address-lists"
	SourceConnectApps    Source = "connect-apps"
	SourceAuthorizedApps Source = "authorized-connect-apps"
	SourceUsageDaily     Source = "usage-daily"
	SourceBalance        Source = "balance"
)

// A SourceInfo says what a source is and how it is reached.
type SourceInfo struct {
	Source Source
	Title  string

	// Own: only a credential of the account itself reaches it. The others are
	// reached by its parent's token too.
	Own bool

	// Family: only the main account has it; of accounts it lists all of them.
	Family bool

	// Dated: the window bounds what is read, by whole days but for events and
	// alerts; the caller trims. The others are read whole, whatever the window.
	Dated bool

	// ByStatus: a window may ask for the records of one status.
	ByStatus bool

	// Retention is how long Twilio keeps a record unless the account is set or
	// paid otherwise, 0 if until it is deleted. For recordings it is how long
	// a deleted one can still be seen.
	Retention time.Duration

	// ListKey is the key of the records in a reply, "" if the reply is the
	// only record.
	ListKey string
}

// A source is how the requests for one are built.
type source struct {
	SourceInfo
	host, path string // of api.twilio.com, the part after the account
	filter     filter
	fixed      string // a parameter and its value, "" if none
	whole      bool   // it comes on one page, whatever its length
	most       int    // the largest page, 0 for the usual 1000
	tokens     bool   // its pages go by Token and Size
}

// A filter bounds a list by the names of two parameters.
type filter struct {
	from, to string
	form     form
}

const (
	apiHost     = "api.twilio.com"
	monitorHost = "monitor.twilio.com"
	voiceHost   = "voice.twilio.com"

	accountsHost = "accounts.twilio.com"

	days = 24 * time.Hour
)

// Messages have no filter: the only one is by the date of sending, which hides
// those that are queued or scheduled, and there is none by status. They come
// newest first. Calls that were not dialed yet have no start; they are found by
// their status, as are those that began long ago and are still up. A balance is
// the parent's; Twilio refuses it for a subaccount. Where calls and messages may
// go is shown to the account's own token only.
var sources = []source{
	family(of(SourceAccounts, "Accounts", 0, "", "accounts", filter{}, "")),
	product(SourceEvents, "Audit events", 30*days, monitorHost, "/v1/Events", "events", filter{"StartDate", "EndDate", bySeconds}),
	product(SourceAlerts, "Alerts", 30*days, monitorHost, "/v1/Alerts", "alerts", filter{"StartDate", "EndDate", bySeconds}),
	of(SourceMessages, "Messages", 400*days, "Messages", "messages", filter{}, ""),
	of(SourceRecordings, "Recordings", 40*days, "Recordings", "recordings", filter{"DateCreated>", "DateCreated<", byDays}, "IncludeSoftDeleted=true"),
	byStatus(of(SourceCalls, "Calls", 400*days, "Calls", "calls", filter{"StartTime>", "StartTime<", byDays}, "")),
	byStatus(of(SourceConferences, "Conferences", 0, "Conferences", "conferences", filter{"DateCreated>", "DateCreated<", byDays}, "")),
	of(SourceTranscriptions, "Transcriptions", 0, "Transcriptions", "transcriptions", filter{}, ""),
	of(SourceNotifications, "Notifications", 0, "Notifications", "notifications", filter{"MessageDate>", "MessageDate<", byDays}, ""),
	of(SourceKeys, "API keys", 0, "Keys", "keys", filter{}, ""),
	of(SourceNumbers, "Phone numbers", 0, "IncomingPhoneNumbers", "incoming_phone_numbers", filter{}, ""),
	of(SourceApplications, "TwiML applications", 0, "Applications", "applications", filter{}, ""),
	of(SourceShortCodes, "Short codes", 0, "SMS/ShortCodes", "short_codes", filter{}, ""),
	of(SourceTriggers, "Usage triggers", 0, "Usage/Triggers", "usage_triggers", filter{}, ""),
	of(SourceCallerIDs, "Verified caller IDs", 0, "OutgoingCallerIds", "outgoing_caller_ids", filter{}, ""),
	product(SourceVoiceGeo, "Countries that may be called", 0, voiceHost, "/v1/DialingPermissions/Countries", "content", filter{}),
	inOnePage(product(SourceSMSGeo, "Countries that may be texted", 0, accountsHost, "/v1/Messaging/GeoPermissions", "permissions", filter{})),
	of(SourceSIPDomains, "SIP domains", 0, "SIP/Domains", "domains", filter{}, ""),
	of(SourceSIPCredentials, "SIP credential lists", 0, "SIP/CredentialLists", "credential_lists", filter{}, ""),
	of(SourceSIPAddresses, "SIP address lists", 0, "SIP/IpAccessControlLists", "ip_access_control_lists", filter{}, ""),
	of(SourceConnectApps, "Connect apps", 0, "ConnectApps", "connect_apps", filter{}, ""),
	of(SourceAuthorizedApps, "Authorized connect apps", 0, "AuthorizedConnectApps", "authorized_connect_apps", filter{}, ""),
	of(SourceUsageDaily, "Usage by day", 0, "Usage/Records/Daily", "usage_records", filter{"StartDate", "EndDate", byDaysWithin}, "IncludeSubaccounts=false"),
	family(of(SourceBalance, "Balance", 0, "Balance", "", filter{}, "")),
}

func of(s Source, title string, kept time.Duration, path, key string, f filter, fixed string) source {
	return source{SourceInfo{s, title, false, false, f.form != nil, false, kept, key}, apiHost, path, f, fixed, false, 0, false}
}

func product(s Source, title string, kept time.Duration, host, path, key string, f filter) source {
	return source{SourceInfo{s, title, true, false, f.form != nil, false, kept, key}, host, path, f, "", false, 0, false}
}

func family(s source) source { s.Family = true; return s }

func byStatus(s source) source { s.ByStatus = true; return s }

func inOnePage(s source) source { s.whole = true; return s }

// Sources lists all sources in the order in which to read them: the accounts,
// then what expires, then what an intruder can delete for good, then what can be changed
// back, last what nobody can delete.
func Sources() []SourceInfo { return each(sources, func(s source) SourceInfo { return s.SourceInfo }) }

func findSource(name Source) (source, error) {
	for _, s := range sources {
		if s.Source == name {
			return s, nil
		}
	}
	return source{}, notSent(nil, "%q is not a source of evidence", cut(string(name), 60))
}

// address is where the source of an account is.
func (s source) address(account string) *url.URL {
	path := s.path
	switch {
	case s.Source == SourceAccounts:
		path = "/2010-04-01/Accounts.json"
	case s.host == apiHost && !strings.HasPrefix(s.path, "/"):
		path = "/2010-04-01/Accounts/" + account + "/" + s.path + ".json"
	}
	return &url.URL{Scheme: "https", Host: s.host, Path: path}
}

// SourceOf tells of which source of an account an address is a page.
func SourceOf(account, address string) (Source, bool) {
	u, err := url.Parse(address)
	if err != nil {
		return "", false
	}
	for _, s := range sources {
		if want := s.address(account); u.Host == want.Host && u.Path == want.Path {
			return s.Source, true
		}
	}
	return "", false
}

// query is the parameters for the page of a window at a position: the same for
// the same, since a page token holds for the list that gave it.
func (s source) query(q Window, at position) url.Values {
	data, _ := url.ParseQuery(s.fixed)
	if s.tokens {
		return s.byToken(data, at)
	}
	if s.ListKey != "" && !s.whole {
		data.Set("PageSize", strconv.Itoa(s.pageSize()))
	}
	if f := s.filter; f.form != nil && !q.From.IsZero() {
		data.Set(f.from, f.form(q.From, false))
	}
	if f := s.filter; f.form != nil && !q.To.IsZero() {
		data.Set(f.to, f.form(q.To, true))
	}
	if q.Status != "" {
		data.Set("Status", q.Status)
	}
	if at.token != "" {
		data.Set("PageToken", at.token)
	}
	if at.number != "" {
		data.Set("Page", at.number)
	}
	return data
}

// byToken is query for a list whose pages go by Token and Size.
func (s source) byToken(data url.Values, at position) url.Values {
	data.Set("Size", strconv.Itoa(s.pageSize()))
	if at.token != "" {
		data.Set("Token", at.token)
	}
	return data
}

// pageSize is what the source is asked for at once.
func (s source) pageSize() int { return cmp.Or(s.most, pageSize) }

// A form writes an end of a window, outwards, as the source wants it.
type form func(t time.Time, last bool) string

// bySeconds writes whole seconds in UTC: the one form that is documented for
// times.
func bySeconds(t time.Time, last bool) string {
	if last {
		t = t.Add(time.Second - 1)
	}
	return t.UTC().Truncate(time.Second).Format(time.RFC3339)
}

// byDays writes days in UTC. What is before a day ends at its midnight, so the
// day after the window's last one is the bound.
func byDays(t time.Time, last bool) string {
	if last {
		t = t.UTC().AddDate(0, 0, 1)
	}
	return t.UTC().Format(time.DateOnly)
}

// byDaysWithin writes days in UTC, where the last day is within.
func byDaysWithin(t time.Time, _ bool) string { return t.UTC().Format(time.DateOnly) }
