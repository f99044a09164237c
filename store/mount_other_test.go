//go:build !linux

package store

import "testing"

func smallDisk(t *testing.T, _, _ string) { t.Skip("this needs a mount, which only Linux has here") }

func freeze(t *testing.T, _ string) { t.Skip("this needs a mount, which only Linux has here") }
