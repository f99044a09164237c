package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"retake/actions/account"
)

// Leak is a finding of gitleaks. Its secret is never stored or shown.
type Leak struct {
	Rule   string
	Path   string
	Line   int
	Commit string // "" for a file
	When   string
	Secret account.Secret
}

// Gitleaks lets gitleaks look through a folder, and through its history where it
// is a repository, with gitleaks' own rules: a rule file, an ignore file or a
// comment that somebody put into the folder hides nothing. ErrAbsent: it is not
// installed.
func Gitleaks(ctx context.Context, folder string, repository bool, timeout time.Duration) ([]Leak, error) {
	own, err := os.MkdirTemp("", "retake-gitleaks")
	if err != nil {
		return nil, fmt.Errorf("cannot make a folder for gitleaks: %w", err)
	}
	defer os.RemoveAll(own)
	rules := filepath.Join(own, "rules.toml")
	if err := os.WriteFile(rules, []byte("[extend]\nuseDefault = true\n"), 0o600); err != nil {
		return nil, err
	}
	mode, env := "dir", []string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "LC_ALL=C"}
	if repository {
		mode, env = "git", gitEnvironment(folder)
	}
	var report []byte
	p := program{name: "gitleaks", dir: own, env: env, timeout: timeout, into: all(&report), args: []string{
		mode, folder, "--config", rules, "--gitleaks-ignore-path", own, "--ignore-gitleaks-allow",
		"--report-format", "json", "--report-path", "/dev/stdout", "--exit-code", "0", "--no-banner", "--no-color", "--log-level", "error",
	}}
	r, err := p.run(ctx)
	if err != nil {
		return nil, err
	}
	if r.status != 0 {
		return nil, r.failed("gitleaks")
	}
	return parseGitleaks(report, folder)
}

var errOddReport = errors.New("what it printed is not a report that is understood")

// parseGitleaks reads gitleaks' report, a JSON array of findings.
func parseGitleaks(report []byte, folder string) ([]Leak, error) {
	var found []struct {
		RuleID, File, Commit, Date, Secret string
		StartLine                          int
	}
	if err := json.Unmarshal(report, &found); err != nil {
		return nil, fmt.Errorf("gitleaks: %w", errOddReport)
	}
	var all []Leak
	for _, f := range found {
		path := strings.TrimPrefix(strings.TrimPrefix(f.File, folder), "/")
		all = append(all, Leak{Rule: f.RuleID, Path: path, Line: f.StartLine, Commit: f.Commit, When: f.Date, Secret: account.NewSecret(f.Secret)})
	}
	return all, nil
}

// Where is a leak's place, as for a FileHit.
func (l Leak) Where() string {
	if l.Commit != "" {
		return fmt.Sprintf("%.12s (%.10s) %s", l.Commit, l.When, l.Path)
	}
	return fmt.Sprintf("%s:%d", l.Path, l.Line)
}
