// Package probe is what is checked outside of the account's API: whether public
// code on GitHub shows a SID; credentials in folders and in Git histories;
// libraries with known holes; malware; and hosts of one's own, seen from outside:
// ports, TLS, needless files, tokens in pages.
//
// The one rule: what is found is evidence and nothing else. It is never
// executed, never fetched further, and never shown unescaped; every exchange is
// recorded with its secrets masked before it is used, and the credential of the
// asking is in none of it.
//
// GitHub is asked with net/http: there is one request to make, and the client
// that GitHub's own library brings follows redirects and reads replies without
// a bound.
//
// A host is contacted only through a Site, which stands for one host at one
// address that was found and judged before (Settle): a name that changes its
// address in between, and a redirect, lead nowhere else. Programs (git, gitleaks,
// osv-scanner, ClamAV) are run with their arguments as they are, without a shell
// and without our environment, and nothing that a folder or repository names is
// executed.
package probe
