//go:build failpoint

package failpoint

import (
	"os"
	"strconv"
	"sync"
	"syscall"
)

// Armed tells whether this build can be killed at a named place.
const Armed = true

var (
	mu     sync.Mutex
	passed int
)

// Hit counts the place called name and kills the process when its turn has come.
func Hit(name string) {
	mu.Lock()
	defer mu.Unlock()
	passed++
	if file := os.Getenv("RETAKE_FAILPOINT_LOG"); file != "" {
		write(file, name)
	}
	if strconv.Itoa(passed) == os.Getenv("RETAKE_FAILPOINT") {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}

func write(file, name string) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer f.Close()
	_, _ = f.WriteString(name + "\n")
}
