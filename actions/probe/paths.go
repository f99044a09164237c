package probe

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Weight is how much an open thing matters.
type Weight int

// The weights. A Note needs nobody to act.
const (
	Note Weight = iota
	Minor
	Serious
	Grave
)

// Open is something at a host that is not as it should be.
type Open struct {
	ID     string `json:"id"` // stable: by it two looks are compared
	Weight Weight `json:"weight"`
	Text   string `json:"text"`
}

// needlessPath is a path at which nothing must be found. A server may answer 200
// to everything, so that only a body that shows the thing itself counts.
type needlessPath struct {
	path, what string
	weight     Weight
	shape      *regexp.Regexp
}

var (
	variables = regexp.MustCompile(`(?m)^(?:export )?[A-Z][A-Z0-9_]{2,}=`)
	logLines  = regexp.MustCompile(`(?i)stack trace|PHP (?:warning|notice|fatal)|\[\d{4}-\d\d-\d\d[T ]\d\d:|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`)
	packed    = regexp.MustCompile(`^(?:PK\x03\x04|\x1f\x8b|BZh|7z\xbc\xaf|Rar!)`)
	dump      = regexp.MustCompile(`(?i)^\s*(?:--|/\*)|CREATE TABLE|INSERT INTO`)
	phpSource = regexp.MustCompile(`<\?php`)
	profiler  = regexp.MustCompile(`Symfony Profiler|sf-profiler|/_profiler/`)
	phpInfo   = regexp.MustCompile(`phpinfo\(\)|<h1 class="p">PHP Version`)
)

var needlessPaths = []needlessPath{
	{"/.git/HEAD", "the Git history of the site; whoever fetched it has every credential that was ever in it", Grave, regexp.MustCompile(`^(?:ref: refs/|[0-9a-f]{40}\s*$)`)},
	{"/.git/config", "the settings of the Git repository", Grave, regexp.MustCompile(`(?m)^\[core\]`)},
	{"/.svn/wc.db", "the Subversion data of the site", Grave, regexp.MustCompile(`^SQLite format 3`)},
	{"/.hg/requires", "the Mercurial history of the site", Grave, regexp.MustCompile(`(?m)^(?:revlogv1|store|dotencode)$`)},
	{"/.env", "the environment of the application, where tokens stand", Grave, variables},
	{"/.env.local", "the environment of the application", Grave, variables},
	{"/.env.production", "the environment of the application", Grave, variables},
	{"/.env.backup", "an old environment of the application", Grave, variables},
	{"/.aws/credentials", "credentials of AWS", Grave, regexp.MustCompile(`aws_access_key_id`)},
	{"/wp-config.php.bak", "the settings of WordPress in plain text", Grave, phpSource},
	{"/wp-config.php~", "the settings of WordPress in plain text", Grave, phpSource},
	{"/config.php.bak", "settings in plain text", Grave, phpSource},
	{"/phpinfo.php", "phpinfo: it prints the environment, tokens included", Grave, phpInfo},
	{"/info.php", "phpinfo: it prints the environment, tokens included", Grave, phpInfo},
	{"/_profiler/", "the Symfony profiler: it shows requests and the environment", Grave, profiler},
	{"/_profiler/phpinfo", "phpinfo in the Symfony profiler", Grave, phpInfo},
	{"/app_dev.php", "the development entry of Symfony", Grave, profiler},
	{"/telescope/requests", "Laravel Telescope: it shows requests with their secrets", Grave, regexp.MustCompile(`(?i)<title>Telescope|telescope-api`)},
	{"/_ignition/health-check", "Laravel's debug page", Grave, regexp.MustCompile(`can_execute_commands`)},
	{"/debug/pprof/", "Go's profiler", Serious, regexp.MustCompile(`Types of profiles available|/debug/pprof/`)},
	{"/actuator/env", "the environment of a Spring application", Grave, regexp.MustCompile(`"propertySources"`)},
	{"/server-status", "Apache's status page: it shows the addresses that are asked for", Serious, regexp.MustCompile(`Apache Server Status`)},
	{"/debug.log", "a debug log", Serious, logLines},
	{"/error_log", "an error log", Serious, logLines},
	{"/wp-content/debug.log", "WordPress's debug log", Serious, logLines},
	{"/storage/logs/laravel.log", "Laravel's log", Grave, logLines},
	{"/backup.zip", "a backup", Grave, packed},
	{"/backup.tar.gz", "a backup", Grave, packed},
	{"/backup.sql", "a dump of the database", Grave, dump},
	{"/dump.sql", "a dump of the database", Grave, dump},
	{"/db.sql", "a dump of the database", Grave, dump},
	{"/site.zip", "a copy of the site", Grave, packed},
	{"/www.zip", "a copy of the site", Grave, packed},
	{"/.DS_Store", "a list of file names that macOS left", Minor, regexp.MustCompile(`^\x00\x00\x00\x01Bud1`)},
	{"/adminer.php", "a database panel", Serious, regexp.MustCompile(`(?i)adminer`)},
	{"/phpmyadmin/", "a database panel", Serious, regexp.MustCompile(`(?i)phpmyadmin`)},
	{"/wp-login.php", "WordPress: keep it and its plug-ins current", Note, regexp.MustCompile(`(?i)wordpress|wp-submit`)},
}

// listings are folders of which a list must not be shown.
var listings = []string{"/", "/backup/", "/uploads/", "/files/", "/wp-content/uploads/", "/static/"}

var listing = regexp.MustCompile(`(?i)<title>(?:Index of /|Directory listing for)|<h1>Index of /|^<pre>\s*<a href=|<!doctype html>\s*<meta name="viewport"[^>]*>\s*<pre>`)

// debugPages are the error pages of programs that run in debug mode.
var debugPages = regexp.MustCompile(`(?i)DEBUG\s*=\s*True</code>|Werkzeug Debugger|Whoops, looks like something went wrong|sf-exceptionreset|Symfony Exception|Action Controller: Exception caught|Stack trace:|Traceback \(most recent call last\)|at [\w.$]+\([\w]+\.java:\d+\)|ASP\.NET is configured to show verbose error`)

// Files asks a web server for what must not be there, one request after the
// other, and looks for credentials in what it shows.
func (s *Site) Files(ctx context.Context, seek Seeker, tell func(path string, h Hit)) ([]Open, error) {
	base, err := s.Base(ctx)
	if err != nil {
		return nil, err
	}
	var all []Open
	odd := func(path, id, text string, w Weight) { all = append(all, Open{id + " " + path, w, text}) }
	err = s.each(ctx, base, s.paths(), func(path string, r Reply) {
		if path == s.nowhere() {
			if debugPages.Match(r.Body) {
				odd("", "debug", "the error page is that of a program in debug mode: such pages print the environment", Grave)
			}
			return
		}
		if i := slices.IndexFunc(needlessPaths, func(n needlessPath) bool { return n.path == path }); i >= 0 && r.Status == 200 && needlessPaths[i].shape.Match(r.Body) {
			odd(path, "file", fmt.Sprintf("%s can be fetched: %s", path, needlessPaths[i].what), needlessPaths[i].weight)
		}
		if slices.Contains(listings, path) && r.Status == 200 && listing.Match(r.Body[:min(len(r.Body), 4<<10)]) {
			odd(path, "listing", fmt.Sprintf("%s shows the list of its files", path), Serious)
		}
		for _, h := range seek.Find(r.Body) {
			tell(path, h)
		}
	})
	return all, err
}

// paths are all that is asked for.
func (s *Site) paths() []string {
	all := []string{s.nowhere()}
	for _, n := range needlessPaths {
		all = append(all, n.path)
	}
	return append(all, listings...)
}

// nowhere is a path that no site has; it is the same for one site, so that two
// looks are alike.
func (s *Site) nowhere() string {
	return "/" + hex.EncodeToString([]byte(s.Host.Name))[:8] + "-not-here"
}

// mostSilent is how many requests in a row may go unanswered.
const mostSilent = 3

// each asks for paths; a server that stops answering ends it.
func (s *Site) each(ctx context.Context, base string, paths []string, look func(string, Reply)) error {
	silent := 0
	for _, path := range paths {
		r, err := s.Get(ctx, base+path)
		failed := (*filingError)(nil)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &failed):
			return err
		case err != nil:
			if silent++; silent >= mostSilent {
				return fmt.Errorf("%s stopped answering: %w", s.Host, err)
			}
			continue
		}
		silent = 0
		look(path, r)
	}
	return nil
}

// Headers judges the answer to the first page.
func (s *Site) Headers(ctx context.Context) ([]Open, error) {
	base, err := s.Base(ctx)
	if err != nil {
		return nil, err
	}
	r, err := s.Get(ctx, base+"/")
	if err != nil {
		return nil, err
	}
	var all []Open
	secure := strings.HasPrefix(base, "https:")
	if !secure {
		all = append(all, Open{"plain", Serious, "the site answers over http only: what passes can be read"})
	}
	for _, want := range []struct{ name, why string }{
		{"Strict-Transport-Security", "browsers are not told to use https only"}, {"Content-Security-Policy", "scripts of anybody may run in its pages"}, {"X-Content-Type-Options", "browsers may take a file for something else"},
	} {
		if r.Header.Get(want.name) == "" && (secure || want.name != "Strict-Transport-Security") {
			all = append(all, Open{"header " + want.name, Minor, fmt.Sprintf("the header %s is missing: %s", want.name, want.why)})
		}
	}
	for _, name := range []string{"Server", "X-Powered-By", "X-AspNet-Version", "X-Generator"} {
		if v := r.Header.Get(name); strings.ContainsAny(v, "0123456789") {
			all = append(all, Open{"banner " + name, Minor, fmt.Sprintf("the header %s tells the version: %.80q", name, s.Mask(v))})
		}
	}
	if at, err := url.Parse(r.Header.Get("Location")); err == nil && r.Status >= 300 && r.Status < 400 && at.Hostname() != "" && at.Hostname() != s.Host.Name {
		all = append(all, Open{"redirect", Note, fmt.Sprintf("it leads on to %.100q, which was not contacted", at.Hostname())})
	}
	return all, nil
}

var (
	scriptTag = regexp.MustCompile(`(?i)<script[^>]+src\s*=\s*["']?([^"'\s>]+)`)
	sourceMap = regexp.MustCompile(`(?m)//[#@] sourceMappingURL=(\S+)`)
)

// mostScripts is how many scripts and source maps of a site are looked at.
const mostScripts = 40

// Seen of the pages of a site.
type Pages struct {
	Pages, Scripts int
	Elsewhere      []string // hosts of scripts that were not contacted
	More           bool     // there are more scripts than are looked at
}

// Pages looks for credentials in pages, and in the scripts and source maps of
// this host that they name.
func (s *Site) Pages(ctx context.Context, paths []string, seek Seeker, tell func(path string, h Hit)) (Pages, error) {
	base, err := s.Base(ctx)
	if err != nil {
		return Pages{}, err
	}
	var seen Pages
	scripts := []string{}
	look := func(path string, r Reply) {
		for _, h := range seek.Find(r.Body) {
			tell(path, h)
		}
		for _, m := range append(scriptTag.FindAllSubmatch(r.Body, -1), sourceMap.FindAllSubmatch(r.Body, -1)...) {
			scripts = s.script(base+path, string(m[1]), scripts, &seen)
		}
	}
	if err := s.each(ctx, base, paths, func(path string, r Reply) { seen.Pages++; look(path, r) }); err != nil {
		return seen, err
	}
	for len(scripts) > seen.Scripts { // a script may name a source map
		path := scripts[seen.Scripts]
		seen.Scripts++
		if err := s.each(ctx, base, []string{path}, look); err != nil {
			return seen, err
		}
	}
	return seen, nil
}

// script adds a script to those that are to be looked at, if it is this host's.
func (s *Site) script(page, src string, scripts []string, seen *Pages) []string {
	from, err := url.Parse(page)
	if err != nil {
		return scripts
	}
	to, err := from.Parse(src)
	if err != nil || to.Scheme != "http" && to.Scheme != "https" {
		return scripts
	}
	if to.Host != from.Host {
		if name := to.Hostname(); !slices.Contains(seen.Elsewhere, name) && len(seen.Elsewhere) < mostScripts {
			seen.Elsewhere = append(seen.Elsewhere, name)
		}
		return scripts
	}
	path := to.EscapedPath()
	if to.RawQuery != "" {
		path += "?" + to.RawQuery
	}
	switch {
	case slices.Contains(scripts, path):
	case len(scripts) >= mostScripts:
		seen.More = true
	default:
		scripts = append(scripts, path)
	}
	return scripts
}
