package actions

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"retake/actions/probe"
	"retake/store"
)

// exposure is the work of step 11. One change is the look at the pages of one
// host, or at the permissions of one web root on this computer.
type exposure struct{}

// exposureLook says in a plan what is done at a host.
const exposureLook = "fetch pages with their scripts and source maps, and look for SIDs and tokens in them"

func (exposure) Plan(ctx context.Context, r *Run) (*Plan, error) {
	p, err := planHosts(ctx, r, exposureLook)
	if err != nil {
		return nil, err
	}
	roots, err := folderChanges(r, "web_roots", "look for secrets, and for permissions that are too wide")
	p.Changes = append(p.Changes, roots...)
	return p, err
}

// Make looks at one host or one web root.
func (exposure) Make(ctx context.Context, r *Run, c Change) Outcome {
	if c.Verb == verbProbe {
		return r.look(ctx, c, func(ctx context.Context) (string, error) { return lookAtHost(ctx, r, c.Host, lookAtPages) })
	}
	return r.look(ctx, c, func(ctx context.Context) (string, error) { return lookAtRoot(ctx, r, c.Object) })
}

// lookAtPages looks for credentials in what a host serves.
func lookAtPages(ctx context.Context, r *Run, s *probe.Site, t *trove, l *hostLook) error {
	pages := r.Params.List("pages")
	if len(pages) == 0 {
		pages = []string{"/"}
	}
	seen, err := s.Pages(ctx, pages, t.seeker(true), func(path string, h probe.Hit) { t.add(h, s.At(path), inPublic) })
	if seen.More {
		l.Missed = append(l.Missed, "scripts beyond the first 40")
	}
	if len(seen.Elsewhere) > 0 {
		slices.Sort(seen.Elsewhere)
		l.Missed = append(l.Missed, "scripts on other hosts, which were not contacted: "+few(mapped(seen.Elsewhere, func(h string) string { return fmt.Sprintf("%.80q", h) })))
	}
	return l.missed(ctx, "its pages", err)
}

// looseFile is a permission that is too wide, as it is filed.
type looseFile struct {
	Path string `json:"path"`
	Mode string `json:"mode"`
	Why  string `json:"why"`
}

// rootLook is what a look through a folder came to.
type rootLook struct {
	Folder  string      `json:"folder"`
	Files   int         `json:"files"`
	Bytes   int64       `json:"bytes"`
	Matches []match     `json:"matches"`
	Loose   []looseFile `json:"loose,omitempty"`
	Skipped []string    `json:"skipped,omitempty"`
	Commits int         `json:"commits,omitempty"` // of all histories
	Note    []string    `json:"note,omitempty"`    // what else was found
}

func folderAddress(folder string) string { return "file://" + folder }

// lookAtRoot looks through a web root on this computer.
func lookAtRoot(ctx context.Context, r *Run, folder string) (string, error) {
	t, err := newTrove(ctx, r)
	if err != nil {
		return "", err
	}
	began := r.Now()
	seen, err := t.seeker(false).Walk(ctx, folder, probe.Bounds{}, func(h probe.FileHit) { t.add(h.Hit, filepath.Join(folder, h.Where()), inFile) })
	if err != nil {
		return "", err
	}
	if err := t.judge(ctx, r.Params["try_unknown"] == "yes"); err != nil {
		return "", err
	}
	l := newRootLook(folder, seen, t)
	for _, x := range seen.Loose {
		l.Loose = append(l.Loose, looseFile{x.Path, x.Mode.Perm().String(), x.Why})
	}
	for _, repository := range seen.Repositories {
		l.Loose = append(l.Loose, looseFile{filepath.Join(repository, ".git"), "", "a Git history below a web root: a web server may hand it out"})
	}
	n, err := r.fileLook(folderAddress(folder), began, "matches", l)
	if err != nil {
		return "", err
	}
	r.tellLoose(l, n)
	if err := r.missSkipped(folder, seen.Skipped); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d files of %s: %d credentials, %d permissions or files that are not right", l.Files, folder, len(l.Matches), len(l.Loose)), t.tell(folder, []int64{n})
}

func newRootLook(folder string, seen probe.Walked, t *trove) rootLook {
	l := rootLook{Folder: folder, Files: seen.Files, Bytes: seen.Bytes, Matches: t.matches(), Note: append(slices.Clone(seen.CMS), seen.Named...)}
	for _, s := range seen.Skipped {
		l.Skipped = append(l.Skipped, fmt.Sprintf("%d: %s (%s)", s.Count, s.Why, s.First))
	}
	return l
}

// tellLoose reports what is too wide, in one finding for each reason.
func (r *Run) tellLoose(l rootLook, exhibit int64) {
	byWhy := map[string][]string{}
	var order []string
	for _, x := range l.Loose {
		if byWhy[x.Why] == nil {
			order = append(order, x.Why)
		}
		byWhy[x.Why] = append(byWhy[x.Why], strings.TrimSpace(fmt.Sprintf("%q %s", x.Path, x.Mode)))
	}
	for _, why := range order {
		severity := Medium
		if strings.Contains(why, "credential") || strings.Contains(why, "change this file") {
			severity = High
		}
		r.Find(Finding{ID: "loose/" + short(l.Folder+why), Severity: severity, Account: r.Main(), Exhibits: []int64{exhibit},
			Text: r.line.Mask(fmt.Sprintf("%s: %s: %s", l.Folder, why, few(byWhy[why])))})
	}
}

// missSkipped notes what of a folder was not looked at.
func (r *Run) missSkipped(folder string, skipped []probe.Skipped) error {
	for _, s := range skipped {
		if err := r.Miss(r.Main(), r.line.Mask(fmt.Sprintf("%d files of %s", s.Count, folder)), r.line.Mask(fmt.Sprintf("each %s; the first is %q", s.Why, s.First))); err != nil {
			return err
		}
	}
	return nil
}

// Settle ends what a run left open.
func (exposure) Settle(context.Context, *Run, store.Done) store.Outcome { return settleLook() }

// Prove says what was found. That nothing lies elsewhere (build logs, chats, CI)
// only a person can say.
func (exposure) Prove(_ context.Context, r *Run, p *Plan) (Verdict, error) {
	bad, looked := 0, 0
	for _, c := range p.Changes {
		if c.Verb != verbScan {
			continue
		}
		var l rootLook
		if _, _, found, err := r.lastLook(folderAddress(c.Object), &l); err != nil || !found {
			return Verdict{store.NeedsPerson, "a web root was not seen: plan again"}, err
		}
		looked, bad = looked+1, bad+len(l.Loose)+len(l.Matches)
	}
	v, err := proveHosts(r, p, "build logs, CI, tickets and chats were searched too")
	if bad > 0 {
		v.Why = fmt.Sprintf("%d things in %d web roots are not right; ", bad, looked) + v.Why
	}
	return v, err
}
