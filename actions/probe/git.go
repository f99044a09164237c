package probe

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Seen is what was seen of a history.
type Seen struct {
	Commits int
	Bytes   int64
}

// mostHistory bounds what is read of one history.
const mostHistory = 16 << 30

// History looks through every change of every commit of a Git repository: all
// branches, tags, stashes and what the reflogs still name. What no reference
// and no reflog leads to is not seen.
//
// Nothing of the repository is executed: its own settings may name programs (a
// signature checker, an external diff, a text converter, a transport that
// fetches missing objects), and each of these is switched off. Git's own
// refusal to read what belongs to another user stays in force.
func (s Seeker) History(ctx context.Context, repository string, timeout time.Duration, tell func(FileHit)) (Seen, error) {
	h := &history{Seeker: s, tell: tell}
	p := program{name: "git", dir: repository, env: gitEnvironment(repository), timeout: timeout, into: func(r io.Reader) error { return h.read(ctx, r) }, args: []string{
		"-c", "core.fsmonitor=false", "-c", "core.pager=cat", "-c", "core.hooksPath=/dev/null", "-c", "core.attributesFile=/dev/null",
		"-c", "log.showSignature=false", "-c", "gpg.program=false", "-c", "gpg.ssh.program=false", "-c", "gpg.x509.program=false",
		"-c", "protocol.allow=never", "-c", "core.sshCommand=false", "-c", "credential.helper=", "-c", "mailmap.file=/dev/null", "-c", "log.mailmap=false",
		"-c", "core.quotePath=false", "-c", "color.ui=false", "-c", "diff.noprefix=false", "-c", "diff.mnemonicPrefix=false",
		"--no-pager", "log", "-p", "-c", "--all", "--reflog", "--no-color", "--no-ext-diff", "--no-textconv", "--text", "--no-renames", "--no-show-signature",
		"--no-notes", "--submodule=short", "--unified=3", "--src-prefix=a/", "--dst-prefix=b/", "--format=commit %H %aI",
	}}
	r, err := p.run(ctx)
	if err != nil {
		return h.seen, err
	}
	if r.status != 0 {
		return h.seen, r.failed("git")
	}
	return h.seen, nil
}

// gitEnvironment is all that git may know: no settings of the system or of the
// user, no network, and no repository but the one that is meant.
func gitEnvironment(repository string) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "LC_ALL=C", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_ATTR_NOSYSTEM=1",
		"GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0", "GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none", "GIT_NO_REPLACE_OBJECTS=1",
		"GIT_CEILING_DIRECTORIES=" + filepath.Dir(repository), "GIT_PAGER=cat", "GIT_ASKPASS=false", "SSH_ASKPASS=false",
	}
}

// history takes what git log prints apart. Every line of a file begins with a
// space, + or -, so that no file can pretend to be the beginning of a commit.
type history struct {
	Seeker
	tell func(FileHit)
	seen Seen

	commit, when, path string
	heading            bool // between the name of a file and its first change
	text               []byte
}

const mostHunk = 1 << 20 // bytes of one file's change that are looked at together

func (h *history) read(ctx context.Context, r io.Reader) error {
	in := bufio.NewReaderSize(r, 1<<20)
	for {
		line, err := in.ReadSlice('\n')
		h.seen.Bytes += int64(len(line))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if h.seen.Bytes > mostHistory {
			return errTooMuch
		}
		h.line(line, errors.Is(err, bufio.ErrBufferFull))
		switch {
		case errors.Is(err, io.EOF):
			h.flush(0)
			return nil
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return err
		}
	}
}

// line takes one line, or a part of a very long one.
func (h *history) line(line []byte, part bool) {
	switch {
	case bytes.HasPrefix(line, []byte("commit ")) && !part:
		h.flush(0)
		words := strings.Fields(string(line))
		if h.seen.Commits++; len(words) == 3 {
			h.commit, h.when = words[1], words[2]
		}
		h.path = ""
	case bytes.HasPrefix(line, []byte("diff --")):
		h.flush(0)
		h.heading, h.path = true, ""
	case h.heading && (bytes.HasPrefix(line, []byte("+++ b/")) || h.path == "" && bytes.HasPrefix(line, []byte("--- a/"))):
		h.path = strings.TrimSuffix(string(line[6:]), "\n")
	default:
		h.heading = h.heading && !bytes.HasPrefix(line, []byte("@@"))
		h.text = append(h.text, line...)
		if len(h.text) > mostHunk {
			h.flush(overlap)
		}
	}
}

// flush looks through what was gathered and keeps the end of it. What stands
// there is found with the next part; a hit that is told twice is the same hit.
func (h *history) flush(keep int) {
	for _, hit := range h.Find(h.text) {
		hit.Line = 0
		h.tell(FileHit{Hit: hit, Path: h.path, Commit: h.commit, When: h.when})
	}
	h.text = h.text[:copy(h.text, h.text[len(h.text)-min(keep, len(h.text)):])]
}

// Where is a hit's place: a file and line, or a commit and its file.
func (f FileHit) Where() string {
	if f.Commit != "" {
		return fmt.Sprintf("%.12s (%.10s) %s", f.Commit, f.When, f.Path)
	}
	return fmt.Sprintf("%s:%d", f.Path, f.Line)
}
