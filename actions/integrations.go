package actions

// Integrations is step 5: applications and integrations secured and current.
func Integrations() *Step {
	return &Step{
		ID: "integrations", Number: "5", Title: "Applications and integrations secured", Phase: Eradicate, Urgency: 150,
		Because: "an application that leaks its token leaks the new one too; it takes days, and the account is held by now",
		Why: "Old frameworks, plug-ins and panels are where tokens are stolen, debug pages\n" +
			"print them, and a webhook that checks nothing obeys anybody.",
		Console: []string{
			"list the hosts that the account's webhooks lead to, and those that are called over http",
			"name the webhooks that fail since the rotation",
			"search folders and Git histories for credentials of Twilio and SendGrid, and with gitleaks for all others; compare them with the tokens of the case",
			"name the libraries of Twilio's, and known holes with osv-scanner; look for Twilioid, Agile CRM, TwiConnect and WordPress",
			"test webhooks that you name and confirm by typing: a request signed with the token in force, and one with a wrong signature",
		},
		Hands: []Place{
			{"list every application that signs in to Twilio or answers its webhooks, with an owner for each", "your own servers; webhook URLs in Console: Phone Numbers > Manage > Active numbers", ""},
			{"update frameworks, the CMS (WordPress) with its plug-ins, and panels (cPanel); remove plug-ins that nobody needs", "your own servers", ""},
			{"update operating systems, libraries and Twilio's SDKs", "your own servers and build files", ""},
			{"turn debug mode off: phpinfo, the Symfony profiler and Laravel's error page print the environment, tokens included", "your own servers, test systems too", ""},
			{"remove Twilioid, Agile CRM and TwiConnect, or prove them patched: Twilio names them as known to be vulnerable", "your CRM and CMS", ""},
			{"take back the authority of third parties that you do not need", `Console: search for "Connect apps" > Authorized`, ""},
			{"check the signature (X-Twilio-Signature) of every webhook, with the new token: it is always made with the account's primary token", "your own applications", ""},
			{"serve every webhook over https, and have Twilio check the certificate", "Console: Account > Account management > General settings > SSL certificate validation", "https://console.twilio.com/us1/account/manage-account/general-settings"},
			{"let your programs check the certificate of Twilio's API; remove every switch that skips it", "your own applications", ""},
			{"keep tokens in the environment or a secret store: never in source, in a browser or in a phone app", "your own applications", ""},
			{"hand browsers and phones Access Tokens that live for minutes and grant one thing", "your own applications", ""},
			{"look at Functions: environment variables, and whether the Auth Token is handed to them", "Console: Functions and Assets > Services > (service) > Environment variables", ""},
			{"mend the webhooks that fail since the rotation: they still hold the old token", "page 2 of this step; Console: Monitor > Logs > Errors", ""},
			{"take tokens out before you publish code; report a hole in Twilio itself to its bug bounty", "your repositories; Twilio's bug bounty programme", ""},
		},
		Checks: []Check{
			{"listed", "Every application that uses Twilio is listed and has an owner"},
			{"current", "Frameworks, CMS, plug-ins, panels, operating systems and SDKs are current"},
			{"debug", "Nothing that can be reached from outside runs in debug mode"},
			{"named", "Twilioid, Agile CRM and TwiConnect are not in use, or are proved patched"},
			{"third-parties", "Each third party with access to the account is known and needed"},
			{"signatures", "Every webhook checks Twilio's signature, with the new token"},
			{"tls", "Every webhook is https with a valid certificate, and our programs check Twilio's"},
			{"secrets", "No token lies in source, in a browser or in a phone app"},
			{"failures", "No webhook fails for want of the new token"},
		},
		Each: &Roster{Kind: Program, Optional: true, Checks: []Check{
			{"owner", "It has an owner"},
			{"current", "It, and what it runs on, is current"},
			{"debug", "It runs without debug mode"},
			{"secrets", "It has the new credential, from a secret store"},
			{"signatures", "It checks the signature of each webhook, or has none"},
		}},
		Parameters: integrationsParameters,
		Work:       integrations{},
	}
}
