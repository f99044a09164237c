package actions

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
)

// Fault is a panic in a goroutine of the desk, raised again where the work was
// called for: there the terminal is given back and the case closed. It keeps
// the kind and the place only, since what a panic carries may hold a secret.
type Fault struct{ Kind, Place string }

func (f *Fault) Error() string {
	return fmt.Sprintf("stopped by a fault of its own (%s) in %s", f.Kind, f.Place)
}

// panics takes the first panic of several goroutines to whoever waits for them.
type panics struct {
	mu    sync.Mutex
	first *Fault
}

// catch is deferred in each goroutine.
func (p *panics) catch() {
	v := recover()
	if v == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.first == nil {
		p.first = &Fault{Kind: fmt.Sprintf("%T", v), Place: panicked()}
	}
}

// raise goes on with the panic after all goroutines have ended.
func (p *panics) raise() {
	if p.first != nil {
		panic(p.first)
	}
}

// panicked is the function and line that a deferred function was called from by
// a panic.
func panicked() string {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	for {
		f, more := frames.Next()
		if !more || !strings.HasPrefix(f.Function, "runtime.") {
			return fmt.Sprintf("%s:%d", f.Function, f.Line)
		}
	}
}
