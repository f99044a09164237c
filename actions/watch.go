package actions

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"retake/actions/account"
	"retake/actions/triage"
)

// WatchStep is what the watch files its findings under: no step of the playbook.
const WatchStep = "watch"

// WatchEvery is how long the watch rests between two readings.
const WatchEvery = 30 * time.Second

// watchOverlap is how much of the last reading the next one reads again: events
// come late, and clocks differ.
const watchOverlap = 5 * time.Minute

// watchSlack is how far Twilio's clock may be behind what is known of it: what
// appears as soon as the case is opened is not to be lost. Its times are whole
// seconds.
const watchSlack = notable + clockDoubt

// guard is what the desk remembers between two readings of the watch.
type guard struct {
	mu   sync.Mutex
	upTo map[string]time.Time // by account: events until then were read
}

// Watched is what one reading of the watch came to.
type Watched struct {
	At       time.Time // of the reading
	Accounts int       // that were read
	Missed   []Unseen  // what could not be read this time
	New      []News    // what nobody told before, oldest first
}

// News is something new that no act of ours left. What may hold text from the
// account.
type News struct {
	At     time.Time `json:"at"`     // when it was done
	What   string    `json:"what"`   // in short
	Actor  string    `json:"actor"`  // SID of who did it; "" where no event tells
	Source string    `json:"source"` // address it was done from; "" where no event tells
	Finding
}

// Watch reads the audit events and the keys of all accounts once and tells what
// appeared since the case was opened that no act of the case left and that was
// not told before. Its requests let all others go first. What is told is filed
// as a finding, with the reply that shows it; a reading that brings nothing new
// files nothing.
func (d *Desk) Watch(ctx context.Context) (Watched, error) {
	d.guard.mu.Lock()
	defer d.guard.mu.Unlock()
	r := &Run{Step: &Step{ID: WatchStep}, desk: d, line: d.line.ReadOnly().Patient(), report: &Report{}}
	w := Watched{At: r.Now().UTC()}
	if err := d.connect(ctx, r); err != nil {
		return w, r.explain(err)
	}
	listed := &gathering{r: r}
	accounts, err := r.line.As(r.Credential(r.Main())).On(ctx, listed).ListAccounts()
	if err != nil {
		return w, r.explain(fmt.Errorf("cannot list the accounts: %w", err))
	}
	seen := sightings{accounts: listed}
	for _, a := range accounts {
		if !account.IsSID("AC", a.SID) || a.Status == "closed" {
			continue
		}
		w.Accounts++
		if err := seen.look(ctx, r, a, &w); err != nil {
			return w, r.explain(err)
		}
	}
	return w, seen.tell(r, &w)
}

// sighting is something that a reading shows, and the replies that show it.
type sighting struct {
	id       string
	what     string // in short
	text     string
	severity Severity
	event    triage.Event // zero for what no event showed
	at       time.Time
	account  string
	shown    *gathering
}

type sightings struct {
	all      []sighting
	accounts *gathering // the reply that lists the accounts
}

// look reads one account. What is refused is said; what broke off stops the
// reading, and the next one reads it again.
func (s *sightings) look(ctx context.Context, r *Run, a account.Account, w *Watched) error {
	opened := r.opened().Truncate(time.Second).Add(-watchSlack)
	if a.SID != r.Main() && !a.Created.Before(opened) {
		s.all = append(s.all, sighting{id: "new/" + a.SID, severity: High, at: a.Created, account: a.SID, shown: s.accounts,
			what: fmt.Sprintf("new subaccount %s %q", a.SID, a.Name), text: fmt.Sprintf("new subaccount %s %q", a.SID, a.Name)})
	}
	if err := s.events(ctx, r, a, opened, w); err != nil {
		return err
	}
	shown := &gathering{r: r}
	keys, err := r.line.As(r.Credential(r.Main())).On(ctx, shown).ListKeys(a.SID)
	if err != nil && !isRefusal(err) {
		return fmt.Errorf("cannot list the API keys of %s: %w", a.SID, err)
	}
	if err != nil {
		w.Missed = append(w.Missed, Unseen{"API keys of " + a.SID, account.Explain(err)})
	}
	for _, k := range keys {
		if !k.Created.Before(opened) {
			s.all = append(s.all, sighting{id: "new/" + k.SID, severity: Critical, at: k.Created, account: a.SID, shown: shown,
				what: fmt.Sprintf("new API key %s %q", k.SID, k.Name), text: fmt.Sprintf("new API key %s %q in %s", k.SID, k.Name, a.SID)})
		}
	}
	return nil
}

// events reads the audit log of an account from where the last reading ended.
func (s *sightings) events(ctx context.Context, r *Run, a account.Account, opened time.Time, w *Watched) error {
	if a.Status != "active" {
		w.Missed = append(w.Missed, Unseen{"audit events of " + a.SID, "the subaccount is " + a.Status + " and turns its own token away"})
		return nil
	}
	g := &r.desk.guard
	from := opened
	if upTo := g.upTo[a.SID].Add(-watchOverlap); upTo.After(from) {
		from = upTo
	}
	r.desk.family.learn(a.SID, a.Token)
	shown := &gathering{r: r}
	events, err := r.line.As(r.Credential(a.SID)).On(ctx, shown).ListEvents(from, time.Time{})
	switch {
	case isRefusal(err):
		w.Missed = append(w.Missed, Unseen{"audit events of " + a.SID, account.Explain(err)})
		return nil
	case err != nil:
		return fmt.Errorf("cannot read the audit events of %s: %w", a.SID, err)
	}
	for _, e := range events {
		words, severity, grips := triage.Grip(e.Type)
		if !grips || e.At.Before(opened) {
			continue
		}
		s.all = append(s.all, sighting{
			id: eventID(e.SID, e.Type, e.Resource), severity: Severity(severity.String()), at: e.At, account: a.SID, shown: shown,
			event: triage.Event{Account: a.SID, SID: e.SID, Type: e.Type, Actor: e.Actor, Source: e.Source, IP: e.IP, Resource: e.Resource, At: e.At},
			what:  inShort(words, e),
			text:  fmt.Sprintf("%s from %s: %s in %s (%s), by %s", e.Type, orNobody(e.IP), e.Resource, a.SID, words, e.Actor),
		})
	}
	if g.upTo == nil {
		g.upTo = map[string]time.Time{}
	}
	g.upTo[a.SID] = r.Theirs(w.At)
	return nil
}

var newThing = regexp.MustCompile(`^(SK|AC)[0-9a-f]{32}$`)

// eventID is what an event is told under: the making of a key or an account under
// the same name as the thing itself.
func eventID(sid, kind, resource string) string {
	if strings.HasSuffix(kind, ".created") && newThing.MatchString(resource) {
		return "new/" + resource
	}
	return "event/" + sid
}

// inShort names what an event tells; the making of a key or an account as the
// lists that show it are told.
func inShort(words string, e account.Event) string {
	switch id := eventID(e.SID, e.Type, e.Resource); {
	case strings.HasPrefix(id, "new/SK"):
		return "new API key " + e.Resource
	case strings.HasPrefix(id, "new/AC"):
		return "new subaccount " + e.Resource
	}
	return fmt.Sprintf("%s: %s %s", words, e.Type, e.Resource)
}

func orNobody(ip string) string {
	if ip == "" {
		return "no address"
	}
	return ip
}

// tell files what was not told before and that no act of ours left. The journal
// is asked after the account, so that an act that was begun meanwhile is known.
func (s *sightings) tell(r *Run, w *Watched) error {
	told, err := r.desk.Case.Findings(WatchStep)
	if err != nil {
		return err
	}
	ours, err := r.ourActs()
	if err != nil {
		return err
	}
	foreign := foreignOf(s.all, ours)
	slices.SortStableFunc(s.all, func(a, b sighting) int { return a.at.Compare(b.at) })
	known := map[string]bool{}
	for _, f := range told {
		known[f.ID] = true
	}
	for _, x := range s.all {
		if known[x.id] || x.event.SID != "" && !foreign[x.event.SID] {
			continue
		}
		known[x.id] = true
		f := Finding{ID: x.id, Severity: x.severity, Account: x.account, Text: x.text + ", " + x.at.UTC().Format("2006-01-02 15:04:05"), Exhibits: []int64{}}
		if f.Exhibits, err = x.shown.file(); err != nil {
			return err
		}
		n := News{At: x.at.UTC(), What: x.what, Actor: x.event.Actor, Source: x.event.IP, Finding: f}
		if err := r.desk.Case.AddFinding(WatchStep, n.filed()); err != nil {
			return err
		}
		w.New = append(w.New, n)
	}
	return nil
}

// foreignOf are the SIDs of the events that no act of ours left.
func foreignOf(all []sighting, ours []triage.Act) map[string]bool {
	var events []triage.Event
	for _, x := range all {
		if x.event.SID != "" {
			events = append(events, x.event)
		}
	}
	slices.SortStableFunc(events, func(a, b triage.Event) int { return a.At.Compare(b.At) })
	foreign := map[string]bool{}
	for _, e := range triage.Theirs(events, ours) {
		foreign[e.SID] = true
	}
	return foreign
}

// file files what was gathered, once, and returns the numbers of the exhibits.
func (g *gathering) file() ([]int64, error) {
	if g == nil {
		return []int64{}, nil
	}
	for _, x := range g.all {
		n, err := g.r.desk.Case.AddExhibit(x)
		if err != nil {
			return nil, err
		}
		g.filed = append(g.filed, n)
	}
	g.all = nil
	return slices.Clone(g.filed), nil
}
