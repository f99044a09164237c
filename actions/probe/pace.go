package probe

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// usualWait is how long to wait after a limit that does not say how long.
const usualWait = time.Minute

// limited tells a limit from a refusal: both are 403.
func limited(r reply) bool {
	if r.status == http.StatusTooManyRequests {
		return true
	}
	said := r.header.Get("Retry-After") != "" || r.header.Get("X-Ratelimit-Remaining") == "0" || strings.Contains(string(r.body), "rate limit")
	return r.status == http.StatusForbidden && said
}

// slow notes how long GitHub asks to wait before the next search, and tells
// whether this one was refused for coming too soon.
func (g *GitHub) slow(r reply) bool {
	refused := limited(r)
	wait := time.Duration(0)
	switch after, err := strconv.Atoi(r.header.Get("Retry-After")); {
	case refused && err == nil && after >= 0:
		wait = time.Duration(after) * time.Second
	case refused || r.header.Get("X-Ratelimit-Remaining") == "0":
		wait = g.untilReset(r)
	}
	if wait > 0 || refused {
		g.next = g.Now().Add(max(wait, time.Second))
	}
	return refused
}

// untilReset is how long the present limit holds, by GitHub's own clock.
func (g *GitHub) untilReset(r reply) time.Duration {
	reset, err := strconv.ParseInt(r.header.Get("X-Ratelimit-Reset"), 10, 64)
	if err != nil {
		return usualWait
	}
	there, err := http.ParseTime(r.header.Get("Date"))
	if err != nil {
		there = g.Now()
	}
	return max(0, time.Unix(reset, 0).Sub(there)) + time.Second
}

// rest waits until GitHub may be asked again, if patience allows.
func (g *GitHub) rest(ctx context.Context) error {
	wait := g.next.Sub(g.Now())
	if g.next.IsZero() || wait <= 0 {
		return ctx.Err()
	}
	if g.waited+wait > g.Patience {
		return &Trouble{
			fmt.Sprintf("GitHub's limit of searches was reached, and it asks to wait until %s", g.next.UTC().Format("15:04:05 UTC")),
			fmt.Sprintf("this run waits %s in all, so plan again later, or with github_wait=%s", g.Patience, longer(g.Patience, wait)), true,
		}
	}
	g.waited, g.next = g.waited+wait, time.Time{}
	return g.Sleep(ctx, wait)
}

// longer is a patience that would do, in whole minutes.
func longer(patience, wait time.Duration) string {
	return fmt.Sprintf("%dm", 1+int((patience+wait)/time.Minute))
}
