//go:build !failpoint

package failpoint

// Armed tells whether this build can be killed at a named place.
const Armed = false

// Hit marks a place; in this build it does nothing.
func Hit(string) {}
