//go:build !failpoint

package store

// workFactor is the log2 of scrypt's cost for the passphrase: about a second.
const workFactor = 18
