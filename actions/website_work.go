package actions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"retake/actions/probe"
	"retake/store"
)

// hostLook is what a look at one host came to. It is filed, and compared with the
// one before.
type hostLook struct {
	Host    string             `json:"host"`
	Address string             `json:"address"`
	Ports   []probe.Port       `json:"ports,omitempty"`
	TLS     *probe.Certificate `json:"tls,omitempty"`
	Open    []probe.Open       `json:"open"`
	Matches []match            `json:"matches,omitempty"`
	Missed  []string           `json:"missed,omitempty"` // what could not be seen
}

// serious are the things that somebody has to shut.
func (l hostLook) serious() int {
	n := 0
	for _, o := range l.Open {
		n += count(o.Weight >= probe.Serious)
	}
	for _, m := range l.Matches {
		n += count(m.State != noSecret && m.State != gone)
	}
	return n
}

// website is the work of step 10. One change is the look at one host.
type website struct{}

func (website) Plan(ctx context.Context, r *Run) (*Plan, error) {
	return planHosts(ctx, r, websiteLook)
}

// websiteLook says in a plan what is done at a host.
const websiteLook = "try TCP ports, look at TLS and headers, and ask for some 45 paths at which nothing must be"

// planHosts lists the hosts that the account leads to, and plans a look at those
// that are named.
func planHosts(ctx context.Context, r *Run, what string) (*Plan, error) {
	hosts, err := webhookHosts(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := suggestHosts(r, hosts); err != nil {
		return nil, err
	}
	p := &Plan{}
	if p.Changes, err = probes(r, what); err != nil {
		return nil, err
	}
	if len(p.Changes) > 0 {
		p.Breaks = []string{"nothing: each host gets requests as from any visitor, one after the other; its logs and alarms will show them"}
	}
	return p, r.Miss(r.Main(), "hosts of yours that no webhook leads to", "the account does not name them: look in your name server's records, and give them with hosts=")
}

// Make looks at one host.
func (website) Make(ctx context.Context, r *Run, c Change) Outcome {
	return r.look(ctx, c, func(ctx context.Context) (string, error) {
		return lookAtHost(ctx, r, c.Host, lookAtWebsite)
	})
}

// lookAtHost settles the address of a host, looks, files what was seen, and says
// what is new and what is shut since the last time.
func lookAtHost(ctx context.Context, r *Run, name string, see func(context.Context, *Run, *probe.Site, *trove, *hostLook) error) (string, error) {
	if err := r.Case().AddSubjects(store.Subject{Kind: Host, Name: name}); err != nil {
		return "", err
	}
	site, err := r.site(ctx, name)
	if err != nil {
		return "", err
	}
	t, err := newTrove(ctx, r)
	if err != nil {
		return "", err
	}
	began := r.Now()
	l := hostLook{Host: name, Address: site.Addr.String(), Open: []probe.Open{}}
	if err := see(ctx, r, site, t, &l); err != nil {
		return "", err
	}
	if err := t.judge(ctx, r.Params["try_unknown"] == "yes"); err != nil {
		return "", err
	}
	l.Matches = t.matches()
	var before hostLook
	_, last, known, err := r.lastLook(lookAddress(name), &before)
	if err != nil {
		return "", err
	}
	n, err := r.fileLook(lookAddress(name), began, "open", l)
	if err != nil {
		return "", err
	}
	for _, what := range l.Missed {
		if err := r.Miss(r.Main(), name+": "+what, "look there by hand"); err != nil {
			return "", err
		}
	}
	r.compare(name, before, l, last, known, n)
	return fmt.Sprintf("%s (%s): %d things are open, %d of them need somebody", name, l.Address, len(l.Open)+len(l.Matches), l.serious()), t.tell(name, []int64{n})
}

func lookAddress(name string) string { return "host://" + name }

// severityOf translates a weight.
func severityOf(w probe.Weight) Severity {
	return map[probe.Weight]Severity{probe.Note: Info, probe.Minor: Low, probe.Serious: Medium, probe.Grave: High}[w]
}

// compare reports what is open at a host, and what is shut since the last look.
func (r *Run) compare(name string, before, now hostLook, last time.Time, known bool, exhibit int64) {
	since := last.UTC().Format("2006-01-02 15:04 UTC")
	was := map[string]bool{}
	for _, o := range before.Open {
		was[o.ID] = known
	}
	for _, o := range now.Open {
		text := fmt.Sprintf("%s: %s", name, o.Text)
		switch {
		case was[o.ID]:
			text += " (still open since " + since + ")"
		case known:
			text += " (new since " + since + ")"
		}
		r.Find(Finding{ID: "open/" + name + "/" + o.ID, Severity: severityOf(o.Weight), Account: r.Main(), Text: text, Exhibits: []int64{exhibit}})
	}
	for _, o := range before.Open {
		if !slices.ContainsFunc(now.Open, func(n probe.Open) bool { return n.ID == o.ID }) {
			r.shut("open/"+name+"/"+o.ID, name+": "+o.Text, since, exhibit, len(now.Missed) > 0)
		}
	}
	for _, m := range before.Matches {
		mark := m.Fingerprint
		if mark == "" {
			mark = m.SID
		}
		if !slices.ContainsFunc(now.Matches, func(n match) bool { return n.Fingerprint == m.Fingerprint && n.SID == m.SID }) && len(m.Places) > 0 {
			r.shut("leak/"+short(name)+"/"+short(mark), fmt.Sprintf("%s: a credential (%s) at %s", name, m.Rule, m.Places[0]), since, exhibit, len(now.Missed) > 0)
		}
	}
}

// shut reports that something is open no more. Where a part of the host could
// not be seen this time, it says so instead.
func (r *Run) shut(id, what, since string, exhibit int64, blind bool) {
	f := Finding{ID: id, Severity: Info, Account: r.Main(), Text: "closed since " + since + ": " + what, Exhibits: []int64{exhibit}}
	if blind {
		f.Severity, f.Text = Medium, "not seen again, but not all of the host could be seen: "+what
	}
	r.Find(f)
}

// lookAtWebsite looks at ports, TLS, headers and files.
func lookAtWebsite(ctx context.Context, r *Run, s *probe.Site, t *trove, l *hostLook) (err error) {
	if l.Ports, err = s.Ports(ctx, r.Params.portsOf(l.Host)); err != nil {
		return err
	}
	for _, p := range l.Ports {
		if o, odd := oddPort(p, s.Host.Port); odd {
			l.Open = append(l.Open, o)
		}
	}
	// Closed ports are told by number only where the plan lists them.
	l.Ports = slices.DeleteFunc(l.Ports, func(p probe.Port) bool { return !p.Open })
	if err := lookAtTLS(ctx, s, l); err != nil {
		return err
	}
	headers, err := s.Headers(ctx)
	if err == nil {
		l.Open = append(l.Open, headers...)
		var files []probe.Open
		files, err = s.Files(ctx, t.seeker(false), func(path string, h probe.Hit) { t.add(h, s.At(path), inPublic) })
		l.Open = append(l.Open, files...)
	}
	return l.missed(ctx, "its web server", err)
}

// missed notes that a part of a host could not be seen. Leaving is an error.
func (l *hostLook) missed(ctx context.Context, what string, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
		return nil
	case errors.Is(err, store.ErrLocked):
		return err
	}
	l.Missed = append(l.Missed, what+" ("+err.Error()+")")
	return nil
}

// weights of ports that are open to the public.
var (
	gravePorts = []int{23, 445, 1433, 2375, 3306, 3389, 5432, 5601, 5900, 6379, 9200, 11211, 27017}
	plainPorts = []int{80, 443}
)

// oddPort tells whether an open port needs somebody.
func oddPort(p probe.Port, own int) (probe.Open, bool) {
	if !p.Open || slices.Contains(plainPorts, p.Port) || p.Port == own {
		return probe.Open{}, false
	}
	o := probe.Open{ID: fmt.Sprintf("port %d", p.Port), Weight: probe.Serious, Text: fmt.Sprintf("port %d is open to the network", p.Port)}
	if slices.Contains(gravePorts, p.Port) {
		o.Weight = probe.Grave
	}
	if what := probe.Services[p.Port]; what != "" {
		o.Text += " (" + what + ")"
	}
	if said := strings.TrimSpace(p.Said); said != "" {
		o.Text += fmt.Sprintf(" and says %.80q", said)
	}
	return o, true
}

// lookAtTLS looks at the certificate.
func lookAtTLS(ctx context.Context, s *probe.Site, l *hostLook) error {
	port := s.Host.Port
	if port == 0 {
		port = 443
	}
	if !slices.ContainsFunc(l.Ports, func(p probe.Port) bool { return p.Port == port }) {
		l.Open = append(l.Open, probe.Open{ID: "no tls", Weight: probe.Serious, Text: fmt.Sprintf("no TLS: port %d is closed, so whatever passes is plain", port)})
		return nil
	}
	c, err := s.TLS(ctx, port)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		l.Open = append(l.Open, probe.Open{ID: "no tls", Weight: probe.Serious, Text: fmt.Sprintf("port %d speaks no TLS", port)})
		return nil
	}
	l.TLS = &c
	for _, p := range c.Problems {
		l.Open = append(l.Open, probe.Open{ID: "certificate " + strings.Join(strings.Fields(p)[:3], " "), Weight: probe.Serious, Text: "the certificate: " + p})
	}
	if c.Old != "" {
		l.Open = append(l.Open, probe.Open{ID: "old tls", Weight: probe.Minor, Text: "it still accepts " + c.Old})
	}
	return nil
}

// Settle ends what a run left open.
func (website) Settle(context.Context, *Run, store.Done) store.Outcome { return settleLook() }

// Prove says how the hosts stood when they were looked at. No look from outside
// shows whether a site is current or whether somebody was in it, so that the
// last word is a person's.
func (website) Prove(_ context.Context, r *Run, p *Plan) (Verdict, error) {
	return proveHosts(r, p, "the site is current, and the servers were searched")
}

// proveHosts says how the hosts of a plan stood at the last look.
func proveHosts(r *Run, p *Plan, rest string) (Verdict, error) {
	hosts := p.Hosts()
	if len(hosts) == 0 {
		return Verdict{store.NeedsPerson, "no host was looked at: plan again with hosts= those that are yours, or look yourself and attest"}, nil
	}
	open, missed := []string{}, 0
	for _, name := range hosts {
		var l hostLook
		_, _, found, err := r.lastLook(lookAddress(name), &l)
		if err != nil {
			return Verdict{}, err
		}
		if n := l.serious(); n > 0 {
			open = append(open, fmt.Sprintf("%s (%d)", name, n))
		}
		missed += count(!found || len(l.Missed) > 0)
	}
	why := fmt.Sprintf("%d hosts were looked at and nothing that matters is open", len(hosts))
	if len(open) > 0 {
		why = fmt.Sprintf("open on %d of %d hosts: %s; shut it and plan again to compare", len(open), len(hosts), few(open))
	}
	if missed > 0 {
		why += fmt.Sprintf("; %d could not be seen whole", missed)
	}
	return Verdict{store.NeedsPerson, why + "; when " + rest + ", go through the checklist and attest"}, nil
}
