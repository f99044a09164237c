package actions

// Exposure is step 11: website permissions, and no Auth Token in plain text in
// public.
func Exposure() *Step {
	return &Step{
		ID: "exposure", Number: "11", Title: "No Auth Token in public, permissions set", Phase: Eradicate, Urgency: 130,
		Because: "what leaked the old token leaks the new one; Twilio reactivates only when the leak is shut, and asks for the cause",
		Why: "Find where the token lay open. It is burnt for good: deleting the file mends\n" +
			"nothing that was copied. A token found live sends you back to auth-tokens.",
		Console: []string{
			"look for SIDs and tokens in pages, scripts and source maps of hosts that you name and confirm by typing",
			"look through a web root on this computer: secrets in files, and permissions that are too wide",
			"compare by fingerprint with the tokens of the case; one that works and lies in public is burnt, and auth-tokens waits for you again",
			"look again later, and tell what is still open and what is gone",
		},
		Hands: []Place{
			{"make repositories with Twilio code private until they are searched", "your code host", ""},
			{"clone what is not on this computer, all of it, and have it searched with its whole history", "your code host; step integrations, parameter folders", ""},
			{"look where scanners do not: build logs, CI variables and caches, tickets, chats, screenshots, wikis, gists, images, phone apps", "each of those places", ""},
			{"look for tokens in plain text where Retake does not get: behind logins, in what only users are served, in error pages", "your web server", ""},
			{"go through the permissions of the whole site: who can read configuration, logs, uploads, backups", "your web server and storage buckets", ""},
			{"move tokens out of files into a secret store; what must stay a file is readable by its program alone", "your own servers", ""},
			{"note for each find: where, since when, who could read it, which credential. That is the root cause that Twilio asks for", "the note of this step", ""},
			{"rotate a token that is still live, delete a key that is still live; remove the text afterwards, with its history", "steps auth-tokens and api-keys", ""},
			{"turn on secret scanning for every push", "your code host", ""},
		},
		Checks: []Check{
			{"private", "Repositories that held a credential are private, or cleaned with their history"},
			{"history", "All repositories were searched with their whole history"},
			{"elsewhere", "Build logs, CI, tickets, chats, wikis and phone apps were searched"},
			{"served", "Nothing that our site serves holds a token"},
			{"permissions", "The site's permissions were gone through: only the program itself can read its secrets"},
			{"burnt", "Every credential that was found is dead, not only removed"},
			{"cause", "The root cause is written down, or it is said that it was not found"},
			{"guard", "Pushes are scanned for secrets from now on"},
		},
		Each: &Roster{Kind: Host, Optional: true, Checks: []Check{
			{"served", "Nothing that it serves holds a token"},
			{"permissions", "Only the program itself can read its secrets"},
		}},
		Parameters: hostParameters(
			Parameter{Name: "pages", Type: List, Default: "/", Valid: validPages, Help: "paths of pages to look at, with commas, such as /,/login; their scripts come with them"},
			folderParameter("web_roots", "folders on this computer that a web server hands out"), tryUnknown),
		Work: exposure{},
	}
}
