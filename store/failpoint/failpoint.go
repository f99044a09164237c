// Package failpoint names the places where a process may die or lose a reply.
//
// In an ordinary build Hit is empty and costs nothing. Built with the tag
// "failpoint" it counts the places as they are passed and kills the process
// with SIGKILL at the one that the environment names; that is how the crash
// sweep proves that a case survives a kill anywhere.
//
//	RETAKE_FAILPOINT=17        die at the 17th place
//	RETAKE_FAILPOINT_LOG=FILE  append the name of each place to FILE
package failpoint
