package triage

import "time"

// The thresholds. A number that somebody published says so; the others are
// estimates that erred on neither side on the accounts that they were tried on.
const (
	Window  = 24 * time.Hour      // looked at, unless it is said when the incident began
	History = 30 * 24 * time.Hour // held against it; Twilio keeps audit events as long

	addressSettles = 14 * 24 * time.Hour // an address that was seen longer ago is known
	clockSkew      = 10 * time.Second    // between Twilio's clock and ours
	thinHistory    = 7.0                 // days; with less own history nothing is worse than medium by it alone

	newCountryCalls = 5     // outbound calls to a country that was never called
	newCountryTexts = 20    // messages to a country that was never written to
	rareShare       = 0.005 // of the traffic: a country with less counts as new
	listedCalls     = 3     // calls to a new country that is on the list

	liveFloor  = 5.0 // calls at once
	liveFactor = 3.0 // times the most that were ever up at once

	longCall    = 30 * time.Minute
	longFloor   = 3
	shortCall   = 6 * time.Second // median
	shortFloor  = 50
	shortFactor = 3.0

	sameTextFloor = 50 // people who get one text with a link to a host that was never sent before
	sameTextWatch = 10

	volumeFloor  = 100.0 // messages a day
	volumeFactor = 2.0   // times the mean of the days before

	filterShare  = 0.05 // of the messages: error 30007
	filterFactor = 3.0
	filterFloor  = 50 // messages

	stopFloor  = 10
	stopFactor = 3.0

	blockSize = 10 // people whose numbers differ in the last three digits only, written to within an hour

	spendFactor = 5.0 // times the median day
	spendFloor  = 20.0

	alertCluster = 10 // of the typical codes within an hour

	youngAccount = 30 * 24 * time.Hour
)

// tollListed are destinations whose carriers share what a call costs with whom
// it is made for: those that Twilio names (Anti-Fraud Developer's Guide and the
// Fraud & Abuse Response Guide, read 2026), and the islands that share the
// calling code 1. They colour a finding; they make none.
var tollListed = listed("LV LT RS SO CG CD TD GM SL GN MV " +
	"FJ KI NR PG SB TK TO TV VU WS CK NU NC PF FM MH " +
	"AG AI BB BM BS DM DO GD JM KN KY LC MS SX TC TT VC VG CU HT")

// textListed are the countries that only the Console opens for messages
// (Twilio, SMS geographic permissions, read 2026).
var textListed = listed("AZ BD DZ IL LK NG OM PK PS TJ TN")

// alertCodes are the alerts that Twilio names as typical of fraud.
var alertCodes = set("13227", "21215", "21408", "32205", "20003", "30002", "30004", "30007", "30450", "32201", "32202", "32203", "14107", "20429", "63018", "60410")

// A group is a set of audit events by which an intruder takes hold.
type group struct {
	name     string
	prefixes []string
	words    string
	severity Severity
}

// groups are tried in order. They are told where an address that is new did it.
var groups = []group{
	{"tokens", []string{"account-auth-token."}, "Auth Tokens", Critical},
	{"keys", []string{"account-api-keys.", "account-keys.", "account-credentials."}, "API keys", High},
	{"users", []string{"user.", "user-invitation.", "user-password.", "security-settings."}, "users and passwords", High},
	{"geo", []string{"voice-geographic-permissions.", "sms-geographic-permissions.", "verify-geo-permissions", "verify-fraud-guard."}, "geographic permissions", High},
	{"triggers", []string{"usage-trigger."}, "usage triggers", High},
	{"caller-ids", []string{"caller-id."}, "verified caller IDs", High},
	{"webhooks", []string{"phone-number.", "application.", "flow.", "shortcode.", "messaging-settings.", "copilot-application."}, "webhooks and applications", High},
	{"connected", []string{"connect-app.", "authorized-connect-app."}, "connected apps", High},
	{"sip", []string{"sip-", "ip-access-control-list.", "ip-record.", "trunk.", "byoc-trunk.", "connection-policy."}, "SIP", High},
	{"data", []string{"bulkexports.", "recording.", "transcription.", "message.", "message-body.", "message-media.", "call.", "data-policy.", "data-access-policy."}, "stored data", High},
	{"money", []string{"payment-method.", "payment.", "recharge-trigger.", "invoice-settings."}, "payment", High},
	{"accounts", []string{"account."}, "accounts", High},
	{"logins", []string{"user-session."}, "logins", Low},
}
