//go:build failpoint

package store

// workFactor is small in builds made to be killed hundreds of times.
const workFactor = 10
