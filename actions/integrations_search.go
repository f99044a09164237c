package actions

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"retake/actions/probe"
	"retake/store"
)

// searchFolder looks for credentials in files and histories, and for libraries
// with known holes.
func searchFolder(ctx context.Context, r *Run, folder string) (string, error) {
	t, err := newTrove(ctx, r)
	if err != nil {
		return "", err
	}
	began := r.Now()
	seen, err := t.seeker(false).Walk(ctx, folder, probe.Bounds{}, func(h probe.FileHit) { t.add(h.Hit, filepath.Join(folder, h.Where()), inFile) })
	if err != nil {
		return "", err
	}
	if inside, err := os.Lstat(filepath.Join(folder, ".git")); err == nil && inside != nil && !slices.Contains(seen.Repositories, ".") {
		seen.Repositories = append(seen.Repositories, ".")
	}
	commits, err := searchHistories(ctx, r, t, folder, seen.Repositories)
	if err != nil {
		return "", err
	}
	if err := t.judge(ctx, r.Params["try_unknown"] == "yes"); err != nil {
		return "", err
	}
	l := newRootLook(folder, seen, t)
	l.Commits = commits
	libraries, err := readLibraries(ctx, r, folder, seen.Lockfiles)
	if err != nil {
		return "", err
	}
	l.Note = append(l.Note, libraries...)
	n, err := r.fileLook(folderAddress(folder), began, "matches", l)
	if err != nil {
		return "", err
	}
	tellFolder(r, l, seen, n)
	others, err := leaksOf(ctx, r, folder, seen.Repositories, n)
	if err != nil {
		return "", err
	}
	if err := r.missSkipped(folder, seen.Skipped); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d files and %d commits of %s: %d credentials of Twilio or SendGrid%s", l.Files, l.Commits, folder, len(l.Matches), others), t.tell(folder, []int64{n})
}

// searchHistories looks through the histories of the repositories in a folder.
func searchHistories(ctx context.Context, r *Run, t *trove, folder string, repositories []string) (commits int, err error) {
	for _, below := range repositories {
		at := filepath.Join(folder, below)
		seen, err := t.seeker(false).History(ctx, at, r.Params.Duration("scan_time"), func(h probe.FileHit) { t.add(h.Hit, at+": "+h.Where(), inHistory) })
		commits += seen.Commits
		if ctx.Err() != nil {
			return commits, ctx.Err()
		}
		if err == nil {
			continue
		}
		if err := r.Miss(r.Main(), r.line.Mask("the Git history of "+at), r.line.Mask(err.Error())+": run this as the owner of the repository, or search it with gitleaks"); err != nil {
			return commits, err
		}
	}
	return commits, nil
}

// tellFolder reports what else a folder shows.
func tellFolder(r *Run, l rootLook, seen probe.Walked, exhibit int64) {
	for _, name := range seen.Named {
		r.Find(Finding{ID: "named/" + short(l.Folder+name), Severity: High, Account: r.Main(), Exhibits: []int64{exhibit},
			Text: r.line.Mask(fmt.Sprintf("%q in %s: Twilio names Twilioid, Agile CRM and TwiConnect as integrations with known holes; remove it, or prove it patched", name, l.Folder))})
	}
	for _, what := range l.Note {
		if slices.Contains(seen.Named, what) {
			continue
		}
		r.Find(Finding{ID: "version/" + short(l.Folder+what), Severity: Info, Account: r.Main(), Exhibits: []int64{exhibit}, Text: r.line.Mask(fmt.Sprintf("%s: %q: is it current?", l.Folder, what))})
	}
}

// mostLock is how much of a lockfile is read.
const mostLock = 16 << 20

// readLibraries names the SDKs that lockfiles hold, and has the libraries held
// against the known holes where that is wanted.
func readLibraries(ctx context.Context, r *Run, folder string, lockfiles []string) ([]string, error) {
	var said []string
	for _, name := range lockfiles {
		for _, sdk := range probe.SDKs(filepath.Base(name), readSome(folder, name)) {
			said = append(said, fmt.Sprintf("%s %s (%s)", sdk.Name, sdk.Version, name))
		}
	}
	if len(lockfiles) == 0 {
		return said, nil
	}
	if why := noOSV(r); why != "" {
		return said, r.Miss(r.Main(), r.line.Mask("known holes in the libraries of "+folder), r.line.Mask(why+"; their versions stand in "+few(lockfiles)))
	}
	holes, err := probe.OSV(ctx, folder, r.Params.Duration("scan_time"))
	if ctx.Err() != nil {
		return said, ctx.Err()
	}
	if err != nil {
		return said, r.Miss(r.Main(), r.line.Mask("known holes in the libraries of "+folder), r.line.Mask(err.Error())+": look the versions up at osv.dev")
	}
	for _, h := range holes {
		r.Find(Finding{ID: "hole/" + short(folder+h.Source+h.Package+h.Version), Severity: severityOfScore(h.Severity), Account: r.Main(),
			Text: r.line.Mask(fmt.Sprintf("%s %s (%s in %s) has known holes: %s", h.Package, h.Version, h.Source, folder, few(h.IDs)))})
	}
	return said, r.See(r.Main(), r.line.Mask("known holes in the libraries of "+folder), len(holes))
}

// noOSV says why osv-scanner is not asked, "" if it is.
func noOSV(r *Run) string {
	switch {
	case r.Case().Header.Kind == store.Training:
		return "a training contacts nobody"
	case !probe.Has("osv-scanner"):
		return "osv-scanner is not on the PATH: look the versions up at osv.dev"
	case r.Params["osv"] != "yes":
		return "not asked for: plan again with osv=yes"
	}
	return ""
}

// severityOfScore translates a CVSS score.
func severityOfScore(score string) Severity {
	switch {
	case score == "10.0" || score >= "9":
		return High
	case score >= "7" || score == "":
		return Medium
	}
	return Low
}

// readSome reads the beginning of a file in a folder, without leaving it; what
// cannot be read is empty.
func readSome(folder, name string) []byte {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil
	}
	defer root.Close()
	f, err := root.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	text, _ := io.ReadAll(io.LimitReader(f, mostLock)) // as much as there is
	return text
}

// leaksOf lets gitleaks look for all other kinds of secrets.
func leaksOf(ctx context.Context, r *Run, folder string, repositories []string, exhibit int64) (string, error) {
	if !probe.Has("gitleaks") {
		return "", r.Miss(r.Main(), r.line.Mask("other kinds of secrets in "+folder), "gitleaks is not on the PATH: install it and plan again, or look for them yourself")
	}
	all, err := probe.Gitleaks(ctx, folder, false, r.Params.Duration("scan_time"))
	for _, below := range repositories {
		if err == nil {
			var more []probe.Leak
			more, err = probe.Gitleaks(ctx, filepath.Join(folder, below), true, r.Params.Duration("scan_time"))
			all = append(all, more...)
		}
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil && !errors.Is(err, probe.ErrAbsent) {
		return "", r.Miss(r.Main(), r.line.Mask("other kinds of secrets in "+folder), r.line.Mask(err.Error()))
	}
	for _, l := range all {
		r.line.Learn(l.Secret)
		r.Find(Finding{ID: "secret/" + short(folder+l.Rule+l.Where()), Severity: Medium, Account: r.Main(), Exhibits: []int64{exhibit},
			Text: r.line.Mask(fmt.Sprintf("gitleaks (%s) finds a secret in %s at %s: change it where it is in use, then remove the text", l.Rule, folder, l.Where()))})
	}
	return fmt.Sprintf(", %d other secrets by gitleaks", len(all)), r.See(r.Main(), r.line.Mask("other kinds of secrets in "+folder), len(all))
}
