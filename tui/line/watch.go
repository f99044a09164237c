package line

import (
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"retake/actions"
)

// watch tells on standard error how far a plan has been carried out, where that
// is a terminal; nil elsewhere.
func (a *app) watch() func(actions.Tally) {
	f, ok := a.errs.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	var mu sync.Mutex
	var last time.Time
	return func(t actions.Tally) {
		mu.Lock()
		defer mu.Unlock()
		if !t.Ended && time.Since(last) < 100*time.Millisecond {
			return
		}
		last = time.Now()
		fmt.Fprintf(f, "\r%s; %.1f requests a second \x1b[K", t.Counts, t.Pace.PerSecond)
		if t.Ended {
			fmt.Fprintln(f)
		}
	}
}
