package sim

import (
	"net/http"
	"slices"
)

const (
	hostAPI      = "api.twilio.com"
	hostAccounts = "accounts.twilio.com"
	hostIAM      = "iam.twilio.com"
	hostMonitor  = "monitor.twilio.com"
	hostVoice    = "voice.twilio.com"

	base = "/2010-04-01/Accounts"
	own  = base + "/{Account}"
)

// area says which kinds of API key may come near, see admit.
type area int

const (
	areaOpen         area = iota // Standard keys too
	areaAccounts                 // /Accounts itself: Main keys at most
	areaKeys                     // API keys: Main keys at most
	areaTokens                   // Auth Tokens: by switch
	areaSignIn                   // where an OAuth client signs in: nobody's credentials
	areaOrganization             // the organization: a bearer token
)

var (
	methodsAndURLs = []string{"ApiVersion", "FriendlyName", "SmsFallbackMethod", "SmsFallbackUrl", "SmsMethod", "SmsUrl",
		"StatusCallback", "StatusCallbackMethod", "VoiceCallerIdLookup", "VoiceFallbackMethod", "VoiceFallbackUrl",
		"VoiceMethod", "VoiceUrl"}
	numberFields = append([]string{"AccountSid", "SmsApplicationSid", "VoiceApplicationSid", "EmergencyStatus", "EmergencyAddressSid",
		"TrunkSid", "VoiceReceiveMode", "IdentitySid", "AddressSid", "BundleSid"}, methodsAndURLs...)
	appFields = append([]string{"SmsStatusCallback", "MessageStatusCallback", "PublicApplicationConnectEnabled"}, methodsAndURLs...)

	usageKinds = []string{"", "/Daily", "/Today", "/Yesterday", "/ThisMonth", "/LastMonth", "/Monthly", "/Yearly", "/AllTime"}
	usageNames = []string{"Category", "StartDate", "EndDate", "IncludeSubaccounts"}
	quiet      = []string{"SuppressEmailNotification"}

	clientFields = []string{"grant_type", "client_id", "client_secret"}
)

// verbs of the routes.
const get, post, patch, del = http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete

// routes is everything that the family knows, one line an operation.
func routes() []route {
	return slices.Concat(oldRoutes(), keyRoutes(), usageRoutes(), productRoutes(), organizationRoutes(), resourceRoutes())
}

// oldRoutes are those of the API of 2010.
func oldRoutes() []route {
	return []route{
		{method: get, host: hostAPI, pattern: base + ".json", area: areaAccounts, list: true, query: []string{"FriendlyName", "Status"}, do: (*call).listAccounts},
		{method: post, host: hostAPI, pattern: base + ".json", area: areaAccounts, form: []string{"FriendlyName"}, do: (*call).createAccount},
		{method: get, host: hostAPI, pattern: own + ".json", area: areaAccounts, do: (*call).fetchAccount},
		{method: post, host: hostAPI, pattern: own + ".json", area: areaAccounts, form: []string{"FriendlyName", "Status"}, do: (*call).updateAccount},
		{method: get, host: hostAPI, pattern: own + "/Balance.json", permission: "/twilio/billing/balance/read", do: (*call).fetchBalance},

		{method: get, host: hostAPI, pattern: own + "/IncomingPhoneNumbers.json", permission: "/twilio/phone-numbers/incoming/list", list: true, query: []string{"Beta", "FriendlyName", "PhoneNumber", "Origin"}, do: (*call).listNumbers},
		{method: get, host: hostAPI, pattern: own + "/IncomingPhoneNumbers/{Sid}.json", permission: "/twilio/phone-numbers/incoming/read", do: (*call).fetchNumber},
		{method: post, host: hostAPI, pattern: own + "/IncomingPhoneNumbers/{Sid}.json", permission: "/twilio/phone-numbers/incoming/update", form: numberFields, do: (*call).updateNumber},
		{method: get, host: hostAPI, pattern: own + "/Applications.json", permission: "/twilio/voice/applications/list", list: true, query: []string{"FriendlyName"}, do: (*call).listApps},
		{method: get, host: hostAPI, pattern: own + "/Applications/{Sid}.json", permission: "/twilio/voice/applications/read", do: (*call).fetchApp},
		{method: post, host: hostAPI, pattern: own + "/Applications/{Sid}.json", permission: "/twilio/voice/applications/update", form: appFields, do: (*call).updateApp},

		{method: get, host: hostAPI, pattern: own + "/Calls.json", permission: "/twilio/voice/calls/list", list: true, query: []string{"To", "From", "ParentCallSid", "Status", "StartTime", "StartTime<", "StartTime>", "EndTime", "EndTime<", "EndTime>"}, do: (*call).listCalls},
		{method: get, host: hostAPI, pattern: own + "/Calls/{Sid}.json", permission: "/twilio/voice/calls/read", do: (*call).fetchCall},
		{method: post, host: hostAPI, pattern: own + "/Calls/{Sid}.json", permission: "/twilio/voice/calls/update", form: []string{"Status"}, do: (*call).updateCall},
		{method: get, host: hostAPI, pattern: own + "/Messages.json", permission: "/twilio/messaging/messages/list", list: true, query: []string{"To", "From", "DateSent", "DateSent<", "DateSent>"}, do: (*call).listMessages},
		{method: get, host: hostAPI, pattern: own + "/Messages/{Sid}.json", permission: "/twilio/messaging/messages/read", do: (*call).fetchMessage},
		{method: post, host: hostAPI, pattern: own + "/Messages/{Sid}.json", permission: "/twilio/messaging/messages/update", form: []string{"Status"}, do: (*call).updateMessage},

		{method: get, host: hostAPI, pattern: own + "/Usage/Triggers.json", list: true, query: []string{"Recurring", "TriggerBy", "UsageCategory"}, do: (*call).listTriggers},
		{method: post, host: hostAPI, pattern: own + "/Usage/Triggers.json", form: triggerFields, do: (*call).createTrigger},
		{method: get, host: hostAPI, pattern: own + "/Usage/Triggers/{Sid}.json", do: (*call).fetchTrigger},
		{method: post, host: hostAPI, pattern: own + "/Usage/Triggers/{Sid}.json", form: []string{"CallbackMethod", "CallbackUrl", "FriendlyName"}, do: (*call).updateTrigger},
		{method: del, host: hostAPI, pattern: own + "/Usage/Triggers/{Sid}.json", do: (*call).deleteTrigger},
		{method: get, host: hostAPI, pattern: own + "/OutgoingCallerIds.json", list: true, query: []string{"PhoneNumber", "FriendlyName"}, do: (*call).listCallerIDs},
		{method: get, host: hostAPI, pattern: own + "/OutgoingCallerIds/{Sid}.json", do: (*call).fetchCallerID},
		{method: post, host: hostAPI, pattern: own + "/OutgoingCallerIds/{Sid}.json", form: []string{"FriendlyName"}, do: (*call).updateCallerID},
		{method: del, host: hostAPI, pattern: own + "/OutgoingCallerIds/{Sid}.json", do: (*call).deleteCallerID},

		{method: get, host: hostAPI, pattern: own + "/Conferences.json", permission: "/twilio/voice/conferences/list", list: true, query: []string{"Status", "FriendlyName", "DateCreated", "DateCreated<", "DateCreated>", "DateUpdated", "DateUpdated<", "DateUpdated>"}, do: (*call).listConferences},
		{method: get, host: hostAPI, pattern: own + "/Conferences/{Sid}.json", permission: "/twilio/voice/conferences/read", do: (*call).fetchConference},
		{method: post, host: hostAPI, pattern: own + "/Conferences/{Sid}.json", permission: "/twilio/voice/conferences/update", form: []string{"Status"}, do: (*call).updateConference},
		{method: get, host: hostAPI, pattern: own + "/Recordings.json", permission: "/twilio/voice/recordings/list", list: true, query: []string{"CallSid", "ConferenceSid", "IncludeSoftDeleted", "DateCreated", "DateCreated<", "DateCreated>"}, do: (*call).listRecordings},
		{method: get, host: hostAPI, pattern: own + "/Recordings/{Sid}.json", permission: "/twilio/voice/recordings/read", query: []string{"IncludeSoftDeleted"}, do: (*call).fetchRecording},
	}
}

// productRoutes are those of the products' own hosts.
func productRoutes() []route {
	return []route{
		{method: get, host: hostVoice, pattern: "/v1/DialingPermissions/Countries", list: true, query: []string{"IsoCode", "Continent", "CountryCode", "LowRiskNumbersEnabled", "HighRiskSpecialNumbersEnabled", "HighRiskTollfraudNumbersEnabled"}, do: (*call).listCountries},
		{method: get, host: hostVoice, pattern: "/v1/DialingPermissions/Countries/{Iso}", do: (*call).fetchCountry},
		{method: get, host: hostVoice, pattern: "/v1/DialingPermissions/Countries/{Iso}/HighRiskSpecialPrefixes", list: true, do: (*call).listPrefixes},
		{method: post, host: hostVoice, pattern: "/v1/DialingPermissions/BulkCountryUpdates", form: []string{"UpdateRequest"}, do: (*call).updateCountries},
		{method: get, host: hostVoice, pattern: "/v1/Settings", do: (*call).fetchSettings},
		{method: post, host: hostVoice, pattern: "/v1/Settings", form: []string{"DialingPermissionsInheritance"}, do: (*call).updateSettings},
		{method: get, host: hostAccounts, pattern: "/v1/Messaging/GeoPermissions", query: []string{"CountryCode"}, do: (*call).fetchSMSGeo},
		{method: patch, host: hostAccounts, pattern: "/v1/Messaging/GeoPermissions", form: []string{"Permissions"}, do: (*call).updateSMSGeo},

		{method: get, host: hostIAM, pattern: "/v1/Keys", area: areaKeys, list: true, query: []string{"AccountSid"}, do: (*call).listIAMKeys},
		{method: post, host: hostIAM, pattern: "/v1/Keys", area: areaKeys, form: []string{"AccountSid", "FriendlyName", "KeyType", "Policy"}, do: (*call).createIAMKey},
		{method: get, host: hostIAM, pattern: "/v1/Keys/{Sid}", area: areaKeys, do: (*call).fetchIAMKey},
		{method: post, host: hostIAM, pattern: "/v1/Keys/{Sid}", area: areaKeys, form: []string{"FriendlyName", "Policy"}, do: (*call).updateIAMKey},
		{method: del, host: hostIAM, pattern: "/v1/Keys/{Sid}", area: areaKeys, do: (*call).deleteIAMKey},

		{method: del, host: hostAccounts, pattern: "/v1/AuthTokens/Secondary", area: areaTokens, query: quiet, form: quiet, do: (*call).deleteSecondary},
		{method: post, host: hostAccounts, pattern: "/v1/AuthTokens/Secondary", area: areaTokens, form: quiet, do: (*call).createSecondary},
		{method: post, host: hostAccounts, pattern: "/v1/AuthTokens/Promote", area: areaTokens, form: quiet, do: (*call).promote},

		{method: get, host: hostMonitor, pattern: "/v1/Events", permission: "/twilio/monitor/events/list", list: true, query: []string{"ActorSid", "EventType", "ResourceSid", "SourceIpAddress", "StartDate", "EndDate"}, do: (*call).listEvents},
		{method: get, host: hostMonitor, pattern: "/v1/Events/{Sid}", permission: "/twilio/monitor/events/read", do: (*call).fetchEvent},
		{method: get, host: hostMonitor, pattern: "/v1/Alerts", permission: "/twilio/monitor/alerts/list", list: true, query: []string{"LogLevel", "StartDate", "EndDate"}, do: (*call).listAlerts},
		{method: get, host: hostMonitor, pattern: "/v1/Alerts/{Sid}", permission: "/twilio/monitor/alerts/read", do: (*call).fetchAlert},
	}
}

// organizationRoutes are those of the organization, with its sign-in.
func organizationRoutes() []route {
	return []route{
		{method: post, host: hostOAuth, pattern: "/v2/token", area: areaSignIn, form: clientFields, do: (*call).orgToken},
		{method: post, host: hostPreviewIAM, pattern: "/v1/token", area: areaSignIn, form: clientFields, do: (*call).orgToken},
		{method: get, host: hostPreviewIAM, pattern: "/Organizations/{Org}/scim/Users", area: areaOrganization, do: (*call).listUsers},
		{method: get, host: hostPreviewIAM, pattern: "/Organizations/{Org}/RoleAssignments", area: areaOrganization, list: true, query: []string{"Identity", "Scope"}, do: (*call).listRoles},
	}
}

// keyRoutes are those of API keys, under both of their names.
func keyRoutes() (all []route) {
	for _, name := range []string{"Keys", "SigningKeys"} {
		list, one := own+"/"+name+".json", own+"/"+name+"/{Sid}.json"
		all = append(all,
			route{method: get, host: hostAPI, pattern: list, area: areaKeys, list: true, do: (*call).listKeys},
			route{method: post, host: hostAPI, pattern: list, area: areaKeys, form: []string{"FriendlyName"}, do: (*call).createKey},
			route{method: get, host: hostAPI, pattern: one, area: areaKeys, do: (*call).fetchKey},
			route{method: post, host: hostAPI, pattern: one, area: areaKeys, form: []string{"FriendlyName"}, do: (*call).updateKey},
			route{method: del, host: hostAPI, pattern: one, area: areaKeys, do: (*call).deleteKey},
		)
	}
	return all
}

// usageRoutes are those of the usage records, one a kind.
func usageRoutes() (all []route) {
	for _, kind := range usageKinds {
		all = append(all, route{method: get, host: hostAPI, pattern: own + "/Usage/Records" + kind + ".json",
			permission: "/twilio/usage/records/list", list: true, query: usageNames,
			do: func(c *call) reply { return c.listUsage(kind) }})
	}
	return all
}
