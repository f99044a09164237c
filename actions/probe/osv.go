package probe

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Vulnerable is a library with known vulnerabilities.
type Vulnerable struct {
	Source   string // the lockfile
	Package  string // its ecosystem and name
	Version  string
	IDs      []string // of the vulnerabilities, such as GHSA-…
	Severity string   // the highest CVSS score that osv-scanner gives, "" for none
}

// OSV lets osv-scanner hold the libraries of a folder against the database of
// known vulnerabilities. It sends their names and versions to api.osv.dev.
// ErrAbsent: it is not installed.
func OSV(ctx context.Context, folder string, timeout time.Duration) ([]Vulnerable, error) {
	var report []byte
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "LC_ALL=C"}
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"} {
		if value := os.Getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	p := program{name: "osv-scanner", env: env, timeout: timeout, into: all(&report),
		args: []string{"scan", "source", "--recursive", "--format", "json", "--config", "/dev/null", folder}}
	r, err := p.run(ctx)
	switch {
	case err != nil:
		return nil, err
	case r.status == 128: // nothing to look at
		return nil, nil
	case r.status > 1: // 1: something is vulnerable
		return nil, r.failed("osv-scanner")
	}
	return parseOSV(report, folder)
}

// parseOSV reads osv-scanner's report. google.github.io/osv-scanner/output.
func parseOSV(report []byte, folder string) ([]Vulnerable, error) {
	var found struct {
		Results []struct {
			Source   struct{ Path string }
			Packages []struct {
				Package struct{ Name, Version, Ecosystem string }
				Groups  []struct {
					IDs         []string
					MaxSeverity string `json:"max_severity"`
				}
			}
		}
	}
	if err := json.Unmarshal(report, &found); err != nil {
		return nil, fmt.Errorf("osv-scanner: %w", errOddReport)
	}
	var all []Vulnerable
	for _, r := range found.Results {
		for _, p := range r.Packages {
			v := Vulnerable{Source: strings.TrimPrefix(strings.TrimPrefix(r.Source.Path, folder), "/"), Package: p.Package.Ecosystem + " " + p.Package.Name, Version: p.Package.Version}
			for _, g := range p.Groups {
				v.IDs, v.Severity = append(v.IDs, g.IDs...), higher(v.Severity, g.MaxSeverity)
			}
			if len(v.IDs) > 0 {
				all = append(all, v)
			}
		}
	}
	return all, nil
}

// higher is the greater of two CVSS scores, which are texts such as 9.8.
func higher(a, b string) string {
	if len(b) > len(a) && b == "10.0" || a != "10.0" && b > a {
		return b
	}
	return a
}

// SDK is a library of Twilio's or SendGrid's with its version.
type SDK struct{ Name, Version string }

// sdkShapes say how lockfiles name these libraries: the version is the group.
var sdkShapes = []struct {
	files []string
	name  string
	shape *regexp.Regexp
}{
	{[]string{"package-lock.json"}, "twilio (Node)", regexp.MustCompile(`"node_modules/twilio":\s*\{\s*"version":\s*"([^"]{1,30})"`)},
	{[]string{"package-lock.json"}, "@sendgrid/mail (Node)", regexp.MustCompile(`"node_modules/@sendgrid/mail":\s*\{\s*"version":\s*"([^"]{1,30})"`)},
	{[]string{"yarn.lock"}, "twilio (Node)", regexp.MustCompile(`(?m)^"?twilio@[^\n]*:\n\s+version:?\s+"?([0-9][^"\s]{0,29})`)},
	{[]string{"pnpm-lock.yaml"}, "twilio (Node)", regexp.MustCompile(`(?m)^\s+'?/?twilio@([0-9][^:('\s]{0,29})`)},
	{[]string{"composer.lock"}, "twilio/sdk (PHP)", regexp.MustCompile(`"name":\s*"twilio/sdk",\s*"version":\s*"([^"]{1,30})"`)},
	{[]string{"Gemfile.lock"}, "twilio-ruby", regexp.MustCompile(`(?m)^\s+twilio-ruby \(([0-9][^)\s]{0,29})\)`)},
	{[]string{"poetry.lock", "uv.lock"}, "twilio (Python)", regexp.MustCompile(`name = "twilio"\s+version = "([^"]{1,30})"`)},
	{[]string{"requirements.txt"}, "twilio (Python)", regexp.MustCompile(`(?mi)^twilio\s*==\s*([0-9]\S{0,29})`)},
	{[]string{"Pipfile.lock"}, "twilio (Python)", regexp.MustCompile(`"twilio":\s*\{[^}]*"version":\s*"==([^"]{1,30})"`)},
	{[]string{"go.mod"}, "twilio-go", regexp.MustCompile(`github\.com/twilio/twilio-go (v\S{1,29})`)},
	{[]string{"go.mod"}, "sendgrid-go", regexp.MustCompile(`github\.com/sendgrid/sendgrid-go (v\S{1,29})`)},
	{[]string{"pom.xml"}, "com.twilio.sdk (Java)", regexp.MustCompile(`<groupId>com\.twilio\.sdk</groupId>\s*<artifactId>twilio</artifactId>\s*<version>([^<$]{1,30})<`)},
	{[]string{"build.gradle"}, "com.twilio.sdk (Java)", regexp.MustCompile(`com\.twilio\.sdk:twilio:([0-9][^"'\s]{0,29})`)},
	{[]string{"packages.lock.json"}, "Twilio (.NET)", regexp.MustCompile(`"Twilio":\s*\{[^}]*"resolved":\s*"([^"]{1,30})"`)},
}

// SDKs are the libraries of Twilio's and SendGrid's that a lockfile names.
func SDKs(base string, text []byte) (all []SDK) {
	for _, s := range sdkShapes {
		if !slices.Contains(s.files, base) {
			continue
		}
		if m := s.shape.FindSubmatch(text); m != nil {
			all = append(all, SDK{s.name, string(m[1])})
		}
	}
	return all
}
