package store

import (
	"os"
	"syscall"
	"testing"
)

// smallDisk puts a file system of the given size at a folder.
func smallDisk(t *testing.T, folder, size string) {
	t.Helper()
	mounted(t, folder, syscall.Mount("tmpfs", folder, "tmpfs", 0, "size="+size))
}

// freeze makes a folder read-only, for root as well.
func freeze(t *testing.T, folder string) {
	t.Helper()
	mounted(t, folder, syscall.Mount(folder, folder, "", syscall.MS_BIND, ""))
	must(t, syscall.Mount("", folder, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
}

// mounted skips where it is not allowed to mount, but never for root in CI.
func mounted(t *testing.T, folder string, err error) {
	t.Helper()
	if err != nil && (os.Getenv("CI") != "true" || os.Geteuid() != 0) {
		t.Skipf("this needs a mount, which is not allowed here: %v", err)
	}
	must(t, err)
	t.Cleanup(func() { must(t, syscall.Unmount(folder, syscall.MNT_DETACH)) })
}
