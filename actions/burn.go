package actions

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"retake/actions/account"
	"retake/store"
)

const (
	burnAccounts = 12              // accounts that one reading of the figures asks, at most
	burnMessages = 200             // newest messages that are looked at of each
	burnFiled    = time.Minute     // figures that change are filed no more often
	burnFor      = 5 * time.Minute // what was read of an account counts no longer
)

// burn is what the desk remembers of the figures between two readings.
type burn struct {
	mu    sync.Mutex
	each  map[string]burning // by account
	turn  int                // of the accounts that wait for their turn
	filed store.Figures
	noted bool
}

// burning is what was read of one account last.
type burning struct {
	at    time.Time
	calls int
	rate  float64         // messages a minute
	seen  map[string]bool // SIDs of the newest messages
}

// Burn reads what burns: the status of the main account, what it spent today,
// and of each account its live calls and the pace of its messages. Of a large
// family a part is asked each time, first those that burn. No exhibit is filed;
// the figures are, where they changed. What could not be read stands among their
// problems.
func (d *Desk) Burn(ctx context.Context) (store.Figures, error) {
	d.burn.mu.Lock()
	defer d.burn.mu.Unlock()
	r := &Run{Step: &Step{ID: CaptureStep}, desk: d, line: d.line.ReadOnly(), report: &Report{}}
	f := store.Figures{At: r.Now().UTC()}
	if err := d.connect(ctx, r); err != nil {
		return f, r.explain(err)
	}
	ops := r.line.As(r.Credential(r.Main())).On(ctx, unrecorded{})
	accounts, err := ops.ListAccounts()
	if err != nil {
		return f, r.explain(fmt.Errorf("cannot list the accounts: %w", err))
	}
	for _, a := range accounts {
		if a.SID == r.Main() {
			f.Status = a.Status
		}
	}
	spent, err := ops.SpentToday(r.Main())
	f.Spent, f.Unit = spent.Amount, spent.Unit
	if err != nil {
		f.Problems = append(f.Problems, "spend: "+account.Explain(err))
	}
	d.burn.askEach(ctx, ops, accounts, &f)
	if err := ctx.Err(); err != nil {
		return f, err
	}
	return f, d.fileFigures(f)
}

// askEach asks the accounts whose turn it is and sums up all that is fresh.
func (b *burn) askEach(ctx context.Context, ops *account.Operations, accounts []account.Account, f *store.Figures) {
	if b.each == nil {
		b.each = map[string]burning{}
	}
	open := map[string]bool{}
	for _, a := range accounts {
		open[a.SID] = a.Status != "closed"
		if a.Status != "closed" {
			f.Of++
		}
	}
	for _, sid := range b.next(accounts) {
		now, err := b.each[sid].again(ctx, ops, sid, f.At)
		if err != nil {
			delete(b.each, sid)
			if len(f.Problems) < 3 {
				f.Problems = append(f.Problems, sid+": "+account.Explain(err))
			}
			continue
		}
		b.each[sid] = now
	}
	for sid, one := range b.each {
		if !open[sid] || f.At.Sub(one.at) > burnFor {
			delete(b.each, sid)
			continue
		}
		f.Accounts++
		f.Calls += one.calls
		f.Rate += one.rate
	}
	f.Rate = math.Round(f.Rate*10) / 10
}

// next are the accounts whose turn it is: those that burn, then the others one
// after the other.
func (b *burn) next(accounts []account.Account) []string {
	var hot, rest []string
	for _, a := range accounts {
		one := b.each[a.SID]
		switch {
		case a.Status == "closed":
		case one.calls > 0 || one.rate > 0:
			hot = append(hot, a.SID)
		default:
			rest = append(rest, a.SID)
		}
	}
	turns := hot[:min(len(hot), burnAccounts-1)] // one place is kept for the others
	for range min(len(rest), burnAccounts-len(turns)) {
		b.turn = (b.turn + 1) % len(rest)
		turns = append(turns, rest[b.turn])
	}
	return turns
}

// again reads an account. The pace of messages is what came since the last time;
// the first time it is what came in the last minute.
func (one burning) again(ctx context.Context, ops *account.Operations, sid string, now time.Time) (burning, error) {
	next := burning{at: now, seen: map[string]bool{}}
	for _, status := range account.LiveStatuses {
		n, _, err := ops.CountCalls(sid, status)
		if err != nil {
			return next, err
		}
		next.calls += n
	}
	messages, err := ops.NewestMessages(sid, burnMessages)
	if err != nil {
		return next, err
	}
	since, fresh := time.Minute, 0
	if one.seen != nil {
		since = max(now.Sub(one.at), time.Second)
	}
	for _, m := range messages {
		next.seen[m.SID] = true
		if one.seen != nil && !one.seen[m.SID] || one.seen == nil && now.Sub(m.Created) < time.Minute {
			fresh++
		}
	}
	next.rate = float64(fresh) / since.Minutes()
	return next, ctx.Err()
}

// fileFigures files figures that changed: a new status at once, all else no more
// than once a minute.
func (d *Desk) fileFigures(f store.Figures) error {
	last := d.burn.filed
	same := last.Status == f.Status && last.Calls == f.Calls && last.Rate == f.Rate && last.Spent == f.Spent
	if d.burn.noted && (same || last.Status == f.Status && f.At.Sub(last.At) < burnFiled) {
		return nil
	}
	if err := d.Case.AddFigures(f); err != nil {
		return err
	}
	d.burn.filed, d.burn.noted = f, true
	return nil
}
