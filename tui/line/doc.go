// Package line is the line twin of the console: the commands of Retake, their
// text and JSON, over the same desk that the screens use.
//
// The one rule: a command answers on standard output, complains on standard
// error in one sentence with what to do, and says by its exit status what comes
// next (exit.go). One file a command; commands.go names them all.
package line
