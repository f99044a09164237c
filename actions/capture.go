package actions

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"retake/actions/account"
	"retake/store"
)

// CaptureStep is what the pages of the capture are filed under: no step of the
// playbook asked for them.
const CaptureStep = "capture"

// captured are the lists that are read into the case as soon as it is opened.
// Their order is that of account.Sources.
var captured = []account.Source{
	account.SourceAccounts, account.SourceEvents, account.SourceAlerts, account.SourceMessages, account.SourceRecordings, account.SourceCalls,
	account.SourceConferences, account.SourceKeys, account.SourceNumbers, account.SourceApplications, account.SourceTriggers,
	account.SourceCallerIDs, account.SourceVoiceGeo, account.SourceSMSGeo, account.SourceUsageDaily, account.SourceBalance,
}

const (
	captureReach   = 30 * 24 * time.Hour // how far back the first round reads lists that have dates
	captureWorkers = 6                   // lists that are read at once; the line bounds the requests
	captureAgain   = time.Hour           // a finished list is read again by a run that begins later than this
	captureOverlap = 5 * time.Minute     // how much of the last round the next one reads again: clocks differ
)

// CaptureOptions say what is read.
type CaptureOptions struct {
	Since time.Time      // read lists that have dates from here on; zero: 30 days before
	Again bool           // begin a new round of lists that are read already
	Watch func(Captured) // told after each page; it must not wait
}

// Captured is how far a capture has come.
type Captured struct {
	Lists   int // a list is one source of one account
	Done    int // read to their end, in this run or before
	Missed  int // refused, out of reach or broken off
	Records int // that this run has read
	Reading string
	Ended   bool
}

// Left is how many lists are still to be read.
func (c Captured) Left() int { return c.Lists - c.Done - c.Missed }

// capture is one run of the capture.
type capture struct {
	r     *Run
	o     CaptureOptions
	began time.Time
	marks map[string]store.CapturedList

	covered map[string]store.Coverage // how each list stood when this run began

	mu    sync.Mutex
	state Captured
}

// list is one source of one account that is to be read.
type list struct {
	account.SourceInfo
	a account.Account
}

func (l list) key() string { return string(l.Source) + "\x00" + l.a.SID }

// Capture reads the lists of all accounts into the case, what expires first, and
// changes nothing. It may run beside everything else: its requests let those of
// the steps go first. Each page is filed together with the cursor behind it, so
// a capture that was interrupted is gone on with by the next call. What is
// refused or out of reach is noted in the coverage ledger and is no error; an
// error is the journal's, or that of the account when it cannot be reached.
func (d *Desk) Capture(ctx context.Context, o CaptureOptions) (Captured, error) {
	r := &Run{Step: &Step{ID: CaptureStep}, desk: d, line: d.line.ReadOnly().Patient(), report: &Report{}}
	c := &capture{r: r, o: o, marks: map[string]store.CapturedList{}, covered: map[string]store.Coverage{}}
	if err := d.connect(ctx, r); err != nil {
		return c.state, r.explain(err)
	}
	lists, err := c.lists(ctx)
	if err != nil {
		return c.state, r.explain(err)
	}
	c.tell(func(s *Captured) { s.Lists = len(lists) })
	r.noteClock()
	c.began = r.TheirNow().UTC() // known now that something has answered
	err = c.readAll(ctx, lists)
	c.tell(func(s *Captured) { s.Ended, s.Reading = err == nil, "" })
	return c.state, err
}

// lists are what there is to read: source by source, the main account first.
func (c *capture) lists(ctx context.Context) ([]list, error) {
	accounts, err := c.r.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	marks, err := c.r.Case().Captures()
	if err != nil {
		return nil, err
	}
	for _, m := range marks {
		c.marks[m.Source+"\x00"+m.Account] = m
	}
	lines, err := c.r.Case().Coverages(CaptureStep)
	if err != nil {
		return nil, err
	}
	for _, v := range lines {
		c.covered[v.Source+"\x00"+v.Account] = v.Coverage
	}
	var all []list
	for _, s := range account.Sources() {
		if !slices.Contains(captured, s.Source) {
			continue
		}
		for _, a := range accounts {
			if !s.Family || a.SID == c.r.Main() {
				all = append(all, list{s, a})
			}
		}
	}
	return all, nil
}

func (c *capture) readAll(ctx context.Context, lists []list) error {
	var g errgroup.Group
	var broken panics
	g.SetLimit(captureWorkers)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	for _, l := range lists {
		g.Go(func() error {
			defer broken.catch()
			if err := ctx.Err(); err != nil {
				return context.Cause(ctx)
			}
			err := c.read(ctx, l)
			if err != nil {
				stop(err) // the journal cannot be written, or the responder leaves
			}
			return err
		})
	}
	err := g.Wait()
	broken.raise()
	return err
}

// begin is the mark from which a list is read on; ok is false where nothing of
// it is left to read.
func (c *capture) begin(l list) (m store.CaptureMark, ok bool) {
	last, known := c.marks[l.key()]
	m = store.CaptureMark{Source: string(l.Source), Round: last.Round + 1, From: c.from(l), To: c.began}
	switch {
	case !known:
		return m, true
	case !last.Done && last.Next != "":
		return last.CaptureMark, true
	case !last.Done: // it broke off without a way on
		m.From = last.From
		return m, true
	case !c.o.Again && c.o.Since.IsZero() && c.began.Sub(last.To) < captureAgain:
		return last.CaptureMark, false
	}
	if c.o.Since.IsZero() && !m.From.IsZero() {
		m.From = last.To.Add(-captureOverlap)
	}
	return m, true
}

// from is where the window of a list begins: zero for those that have no dates.
// Audit events and alerts are kept for 30 days, and asked for no further back.
func (c *capture) from(l list) time.Time {
	if !l.Dated && l.Source != account.SourceMessages {
		return time.Time{}
	}
	from := c.began.Add(-captureReach).Truncate(24 * time.Hour)
	if l.Source == account.SourceAlerts {
		from = from.Add(24 * time.Hour)
	}
	if !c.o.Since.IsZero() && (l.Retention > captureReach || l.Retention == 0 || c.o.Since.After(from)) {
		from = c.o.Since.UTC()
	}
	return from
}

// read reads a list to its end, page by page.
func (c *capture) read(ctx context.Context, l list) error {
	m, open := c.begin(l)
	if !open {
		c.tell(func(s *Captured) { s.Done++ })
		return nil
	}
	if l.a.Status == "closed" {
		return c.miss(l, m, "the account is closed: ask Twilio for what it still keeps of it")
	}
	if l.Own && l.a.Status != "active" {
		return c.miss(l, m, fmt.Sprintf("only the account's own token reads it, and while the account is %s none does: ask Twilio for it", l.a.Status))
	}
	c.tell(func(s *Captured) { s.Reading = string(l.Source) + " of " + l.a.SID })
	for !m.Done {
		next, why, err := c.page(ctx, l, m)
		if err != nil {
			return err
		}
		if why != "" {
			return c.miss(l, next, why)
		}
		m = next
	}
	c.tell(func(s *Captured) { s.Done++ })
	return nil
}

// page reads and files one page. why says that the list cannot be read on; an
// error ends the capture.
func (c *capture) page(ctx context.Context, l list, m store.CaptureMark) (next store.CaptureMark, why string, err error) {
	p, exchanges, failed := c.ask(ctx, l, m)
	if ctx.Err() != nil && failed != nil {
		return m, "", context.Cause(ctx) // what was not filed is asked for again
	}
	next = m
	if p.Records == nil && failed != nil {
		if err := c.fileAll(exchanges); err != nil {
			return m, "", err
		}
		if m.Next != "" && isRefusal(failed) && !account.Unauthorized(failed) {
			return restart(m, c.began), "", nil // the cursor is not taken any more
		}
		return m, account.Explain(failed), nil
	}
	next.Page, next.Got, next.Next = m.Page+1, m.Got+len(p.Records), p.Next
	next.Done = failed == nil && (p.Next == "" || reached(l, p, m.From))
	if failed != nil {
		why = "the list broke off: " + account.Explain(failed)
	}
	if next.Done {
		next.Next = ""
	}
	return next, why, c.file(l, next, exchanges, len(p.Records))
}

// restart is the mark of a list that is begun anew.
func restart(m store.CaptureMark, now time.Time) store.CaptureMark {
	return store.CaptureMark{Source: m.Source, Round: m.Round + 1, From: m.From, To: now}
}

// file files the page, which is the last exchange, with what is now seen of the
// list, and the failed attempts before it.
func (c *capture) file(l list, m store.CaptureMark, exchanges []account.Exchange, records int) error {
	last := len(exchanges) - 1
	if err := c.fileAll(exchanges[:last]); err != nil {
		return err
	}
	x := c.r.exhibit(exchanges[last])
	x.Capture, x.Account = &m, l.a.SID
	line := c.seen(l, m)
	if _, err := c.r.Case().AddPage(x, line); err != nil {
		return err
	}
	if line != nil {
		c.mu.Lock()
		c.covered[l.key()] = *line
		c.mu.Unlock()
	}
	c.tell(func(s *Captured) { s.Records += records })
	return nil
}

func (c *capture) fileAll(exchanges []account.Exchange) error {
	for _, x := range exchanges {
		if _, err := c.r.Case().AddExhibit(c.r.exhibit(x)); err != nil {
			return err
		}
	}
	return nil
}

// seen is the line of the coverage ledger after a page: the first and the last
// one have one.
func (c *capture) seen(l list, m store.CaptureMark) *store.Coverage {
	v := &store.Coverage{Source: string(l.Source), Account: l.a.SID, Got: m.Got, From: m.From, To: m.To}
	switch {
	case m.Done:
		v.Seen = true
	case m.Page == 1:
		v.Why = "it is still being read"
	default:
		return nil
	}
	return v
}

// miss notes that a list was not read to its end; not again where it is so still,
// since what was missed is tried time and again.
func (c *capture) miss(l list, m store.CaptureMark, why string) error {
	if m.Got > 0 {
		why = fmt.Sprintf("%d records were read; %s", m.Got, why)
	}
	c.tell(func(s *Captured) { s.Missed++ })
	v := store.Coverage{Source: string(l.Source), Account: l.a.SID, Got: m.Got, Why: why, From: m.From, To: m.To}
	c.mu.Lock()
	was, known := c.covered[l.key()]
	c.mu.Unlock()
	if known && !was.Seen && was.Why == v.Why && was.Got == v.Got && was.From.Equal(v.From) {
		return nil
	}
	return c.r.Case().Cover(CaptureStep, v)
}

func (c *capture) tell(change func(*Captured)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.state)
	if c.o.Watch != nil {
		c.o.Watch(c.state)
	}
}
