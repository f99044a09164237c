package actions

// Website is step 10: ports closed, needless files gone, site current.
func Website() *Step {
	return &Step{
		ID: "website", Number: "10", Title: "Website: ports, needless files, updates", Phase: Eradicate, Urgency: 140,
		Because: "it is where tokens are stolen; once the account is held and no leak is open, there is time for it",
		Why: "An open .git folder, a backup or an old plug-in gave the token away, and will\n" +
			"give away the next one. Look only at hosts that are yours.",
		Console: []string{
			"list the hosts that the account's webhooks lead to",
			"look at hosts that you name and confirm by typing: TCP ports, TLS, headers, and some 45 paths at which nothing must be found",
			"look for SIDs and tokens in what it gets; one that works sends you back to auth-tokens",
			"look again later, and tell what is still open and what is shut",
		},
		Hands: []Place{
			{"list your hosts: the site, test systems, and which of the hosts on page 2 are yours; give them with hosts", "your name server's records; page 2 of this step", ""},
			{"close every port that the public does not need", "your firewall", ""},
			{"look where Retake does not: behind logins, at virtual hosts without a name, at addresses of IPv6 and of other offices", "your web server", ""},
			{"delete needless files, installers, test pages and old copies; block dot-files in the web server", "your web server", ""},
			{"put panels and databases behind a VPN", "your hosting", ""},
			{"update the site, its themes and plug-ins, and what it runs on", "your web server", ""},
			{"look for what an intruder leaves: files changed in the window, unknown users, keys, timed jobs, web shells", "your web server", ""},
			{"look at public Functions and Assets: they are website too", "Console: Functions and Assets > Services > (service)", ""},
			{"save logs and a copy of what you find before you remove it", "your evidence store", ""},
		},
		Checks: []Check{
			{"hosts", "Every host of ours that Twilio or the public reaches is listed"},
			{"ports", "Only ports that the public needs are open, seen from outside"},
			{"files", "No .git, .env, log, backup or debug page can be fetched"},
			{"current", "The site and its integrations are up to date"},
			{"panels", "Panels and databases cannot be reached from the public network"},
			{"intruder", "The servers were searched for what an intruder leaves; what was found is saved and gone"},
			{"functions", "Public Functions and Assets show no secret"},
		},
		Each: &Roster{Kind: Host, Optional: true, Checks: []Check{
			{"ports", "Only ports that the public needs are open"},
			{"files", "Nothing needless can be fetched"},
			{"current", "What runs there is current"},
			{"searched", "It was searched for what an intruder leaves"},
		}},
		Parameters: hostParameters(Parameter{Name: "ports", Type: List, Valid: validPorts, Help: "TCP ports to try, with commas; without: 30 that are common"}, tryUnknown),
		Work:       website{},
	}
}
