// Package report puts into words what the account answered.
//
// The one rule: nothing here is believed and nothing is lost. A record is what an
// account, and so perhaps an intruder, made it: whatever it holds, it gets a line,
// and the line is plain text that a screen or a paper still has to make fit to be
// shown (package clean). Nothing is ever fetched.
package report
