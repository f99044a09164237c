// Package probe is what is checked outside of the account's API: whether public
// code on GitHub shows a SID.
//
// The one rule: what is found is evidence and nothing else. It is never
// executed, never fetched further, and never shown unescaped; every exchange is
// recorded with its secrets masked before it is used, and the credential of the
// asking is in none of it.
//
// GitHub is asked with net/http: there is one request to make, and the client
// that GitHub's own library brings follows redirects and reads replies without
// a bound.
package probe
