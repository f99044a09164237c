package probe

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// plant writes files, given as path and text, into a new folder.
func plant(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		whole := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(whole), 0o755), os.WriteFile(whole, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func placesOf(hits []FileHit) []string {
	var all []string
	for _, h := range hits {
		all = append(all, string(h.Rule)+" "+h.Path)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// A folder is looked through whole: what is no plain file is named and not
// opened, and nothing outside of the folder is read.
func TestWalk(t *testing.T) {
	pair := fakeSID + " " + otherHex
	outside := plant(t, map[string]string{"secret": pair})
	dir := plant(t, map[string]string{
		"app/.env": "TWILIO=" + pair, "app/blob.bin": "\x00\x01" + pair, "app/package-lock.json": `{"node_modules/twilio": {"version": "3.1.0"}}`,
		"site/wp-includes/version.php": "<?php\n$wp_version = '5.1';", "site/wp-content/plugins/twiconnect/x.php": "<?php",
		"repo/.git/config": pair, "old.zip": "PK", "plain.txt": "nothing",
	})
	if err := errors.Join(os.Symlink(filepath.Join(outside, "secret"), filepath.Join(dir, "link")), os.Symlink(outside, filepath.Join(dir, "linked")), syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o666)); err != nil {
		t.Fatal(err)
	}
	var hits []FileHit
	seen, err := Seeker{}.Walk(context.Background(), dir, Bounds{}, func(h FileHit) { hits = append(hits, h) })
	if err != nil {
		t.Fatal(err)
	}
	if got := placesOf(hits); !slices.Equal(got, []string{"auth-token app/.env", "auth-token app/blob.bin"}) {
		t.Errorf("%q", got)
	}
	if seen.Files != 7 || !slices.Equal(seen.Repositories, []string{"repo"}) || !slices.Equal(seen.Lockfiles, []string{"app/package-lock.json"}) ||
		!slices.Equal(seen.Named, []string{"site/wp-content/plugins/twiconnect"}) || !slices.Equal(seen.CMS, []string{"WordPress 5.1 (site/wp-includes/version.php)"}) {
		t.Errorf("%+v", seen)
	}
	why := map[string]int{}
	for _, s := range seen.Skipped {
		why[s.Why] = s.Count
	}
	if why["is a symbolic link, which is not followed"] != 2 || why["is no regular file"] != 1 || len(why) != 3 {
		t.Errorf("%v", seen.Skipped)
	}
}

// Who may read and write is told for what matters.
func TestWalkTellsPermissions(t *testing.T) {
	dir := plant(t, map[string]string{"a.env": fakeSID + " " + otherHex, "b": "", "c/d.sql": "", ".env": "", "e": fakeSID + " " + otherHex})
	for name, mode := range map[string]os.FileMode{"b": 0o646, "c": 0o777, ".env": 0o644, "e": 0o600} {
		if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	seen, err := Seeker{}.Walk(context.Background(), dir, Bounds{}, func(FileHit) {})
	var got []string
	for _, l := range seen.Loose {
		got = append(got, l.Path)
	}
	slices.Sort(got)
	if err != nil || !slices.Equal(got, []string{".env", "a.env", "b", "c", "c/d.sql"}) {
		t.Errorf("%q, %v", got, err)
	}
}

// A look through a folder ends with its context, and stays within its bounds.
func TestWalkEnds(t *testing.T) {
	dir := plant(t, map[string]string{"a": strings.Repeat("x", 1000) + " " + fakeSID + " " + otherHex, "b": "", "c": ""})
	ctx, leave := context.WithCancel(context.Background())
	leave()
	if _, err := (Seeker{}).Walk(ctx, dir, Bounds{}, func(FileHit) {}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	found := 0
	seen, err := Seeker{}.Walk(context.Background(), dir, Bounds{Files: 2, Bytes: 500}, func(FileHit) { found++ })
	if err != nil || seen.Files != 2 || found != 0 || len(seen.Skipped) != 2 {
		t.Errorf("%+v, %d, %v", seen, found, err)
	}
}

// git runs git in a folder, as its owner would.
func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	c := exec.Command("git", args...)
	c.Dir = dir
	c.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=Robin", "GIT_AUTHOR_EMAIL=r@example.com", "GIT_COMMITTER_NAME=Robin", "GIT_COMMITTER_EMAIL=r@example.com",
		"GIT_AUTHOR_DATE=2026-03-01T02:00:00Z", "GIT_COMMITTER_DATE=2026-03-01T02:00:00Z")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("git %q: %v\n%s", args, err, out)
	}
}

// repository is a history in which a token came, and was removed, on a branch
// that is gone; its settings name programs for everything that git may start.
func repository(t *testing.T) (dir, trap string) {
	if !Has("git") {
		t.Skip("git is not on the PATH")
	}
	dir = plant(t, map[string]string{"a.txt": "begin\n"})
	trap = filepath.Join(t.TempDir(), "sprung")
	git(t, dir, "init", "-q", "-b", "main")
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-q", "-m", "begin")
	git(t, dir, "switch", "-q", "-c", "side")
	write(t, dir, "config.env", "SID="+fakeSID+"\nTOKEN="+otherHex+"\n")
	write(t, dir, ".gitattributes", "* diff=evil -text\n*.env -diff\n")
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-q", "-m", "commit 0123 2020\n\ncommit "+strings.Repeat("0", 40)+" 1999-01-01")
	git(t, dir, "rm", "-q", "config.env")
	git(t, dir, "commit", "-q", "-m", "remove it")
	git(t, dir, "switch", "-q", "main")
	git(t, dir, "branch", "-q", "-D", "side")
	evil := filepath.Join(t.TempDir(), "evil")
	if err := os.WriteFile(evil, []byte("#!/bin/sh\ntouch '"+trap+"'\ncat\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"core.fsmonitor", "core.pager", "pager.log", "core.sshCommand", "gpg.program", "diff.external", "diff.evil.command", "diff.evil.textconv", "core.editor", "core.askPass", "credential.helper", "core.alternateRefsCommand"} {
		git(t, dir, "config", name, evil)
	}
	git(t, dir, "config", "log.showSignature", "true")
	git(t, dir, "config", "alias.log", "!"+evil)
	return dir, trap
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// What was committed and removed is found in the history, though no branch leads
// to it any more, and nothing that the repository names is executed.
func TestHistory(t *testing.T) {
	dir, trap := repository(t)
	var hits []FileHit
	seen, err := Seeker{}.History(context.Background(), dir, time.Minute, func(h FileHit) { hits = append(hits, h) })
	if err != nil {
		t.Fatal(err)
	}
	if got := placesOf(hits); !slices.Equal(got, []string{"auth-token config.env"}) || seen.Commits != 3 {
		t.Errorf("%q in %d commits", got, seen.Commits)
	}
	for _, h := range hits {
		if len(h.Commit) != 40 || h.Commit == strings.Repeat("0", 40) || !strings.HasPrefix(h.When, "2026-03-01") || h.Secret.Reveal() != otherHex {
			t.Errorf("%+v", h)
		}
	}
	if _, err := os.Stat(trap); err == nil {
		t.Error("a program that the repository names was executed")
	}
	git(t, dir, "log", "-p", "--all", "--reflog", "--ext-diff") // as anybody would: the trap is real
	if _, err := os.Stat(trap); err != nil {
		t.Error("the trap does not work, so that this test shows nothing")
	}
}

// What is no repository is an error, not an empty history.
func TestHistoryOfNothing(t *testing.T) {
	if !Has("git") {
		t.Skip("git is not on the PATH")
	}
	if seen, err := (Seeker{}).History(context.Background(), t.TempDir(), time.Minute, func(FileHit) {}); err == nil {
		t.Errorf("%+v", seen)
	}
}

func TestSDKs(t *testing.T) {
	for _, c := range []struct{ file, text, want string }{
		{"package-lock.json", `"node_modules/twilio": { "version": "3.84.1", "resolved"`, "twilio (Node) 3.84.1"},
		{"yarn.lock", "twilio@^3.0.0:\n  version \"3.84.1\"\n", "twilio (Node) 3.84.1"},
		{"composer.lock", `{"name": "twilio/sdk", "version": "6.1.0"}`, "twilio/sdk (PHP) 6.1.0"},
		{"Gemfile.lock", "    twilio-ruby (5.77.0)\n", "twilio-ruby 5.77.0"},
		{"requirements.txt", "flask\ntwilio==7.0.0\n", "twilio (Python) 7.0.0"},
		{"go.mod", "\tgithub.com/twilio/twilio-go v1.20.0\n", "twilio-go v1.20.0"},
		{"poetry.lock", "name = \"twilio\"\nversion = \"8.1.0\"\n", "twilio (Python) 8.1.0"},
		{"go.mod", "nothing", ""},
	} {
		got := ""
		for _, s := range SDKs(c.file, []byte(c.text)) {
			got += s.Name + " " + s.Version
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.file, got, c.want)
		}
	}
}
