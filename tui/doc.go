// Package tui is the console: what a responder looks at while an account is
// taken back.
//
// The one rule: the console shows and asks, the desk knows and does. A screen
// keeps nothing that the case does not keep, so that a terminal which dies takes
// nothing with it. Text from an account reaches the terminal only as a
// clean.Text: the drawing functions take nothing else, and words of our own are
// literals, which the compiler tells apart (draw.go).
//
// Read root.go for how messages run, screen.go for what a screen is, job.go for
// the work that goes on behind them, and then one file a screen: board, step,
// params, confirm, attest, journal, entry, evidence with the form of its filter,
// record, timeline, coverage, export, help, and start, which comes before there
// is a case. A training has two screens more, scene and debrief, and a meter. One
// screen draws every step, and one (whole.go) whatever is to be seen whole.
//
// State changes only in Update. Commands are guarded: a panic in one becomes a
// line on the screen and a note in the journal, and the terminal is given back
// whatever happens.
package tui
