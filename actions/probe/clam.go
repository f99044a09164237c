package probe

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Scan is what a scanner found in a folder.
type Scan struct {
	Program    string // clamdscan or clamscan
	Engine     string // its version
	Signatures time.Time
	Infected   []Infected
	Scanned    int // files; clamdscan does not count them
	Errors     int
	FirstError string
}

// Infected is a file in which a signature was found.
type Infected struct{ Path, Signature string }

// mostInfected is how many infected files are kept by name.
const mostInfected = 10_000

// Clam lets ClamAV look through a folder: its daemon where one runs, the program
// otherwise. Nothing is removed or moved. database is a folder or file of
// signatures, "" for those that are installed. ErrAbsent: ClamAV is not
// installed.
func Clam(ctx context.Context, folder, database string, timeout time.Duration) (Scan, error) {
	if database == "" && Has("clamdscan") && Has("clamd") {
		s, err := clam(ctx, "clamdscan", []string{"--multiscan", "--fdpass", "--no-summary", "--stdout", folder}, database, timeout)
		if err == nil || ctx.Err() != nil {
			return s, err
		}
	}
	args := []string{"--recursive", "--infected", "--stdout", "--follow-dir-symlinks=0", "--follow-file-symlinks=0"}
	if database != "" {
		args = append(args, "--database="+database)
	}
	return clam(ctx, "clamscan", append(args, folder), database, timeout)
}

// clam runs one of the two. Status 1 says that something was found, 2 that
// something could not be read.
func clam(ctx context.Context, name string, args []string, database string, timeout time.Duration) (Scan, error) {
	s := Scan{Program: name}
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "LC_ALL=C"}
	version := program{name: name, args: []string{"--version"}, env: env, timeout: time.Minute, into: s.version}
	if database != "" {
		version.args = append(version.args, "--database="+database)
	}
	if r, err := version.run(ctx); err != nil || r.status != 0 {
		if err == nil {
			err = r.failed(name)
		}
		return s, err
	}
	r, err := program{name: name, args: args, env: env, timeout: timeout, into: s.read}.run(ctx)
	if err != nil {
		return s, err
	}
	if r.status > 2 || r.status == 2 && s.Scanned == 0 && len(s.Infected) == 0 {
		return s, r.failed(name)
	}
	if r.status == 2 && s.Errors == 0 {
		s.Errors, s.FirstError = 1, strings.TrimSpace(r.errs)
	}
	return s, nil
}

// version reads a line such as "ClamAV 1.4.3/27800/Sun Nov 16 09:30:00 2025".
func (s *Scan) version(r io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(r, 4<<10))
	parts := strings.Split(strings.TrimSpace(string(text)), "/")
	s.Engine = parts[0]
	if len(parts) == 3 {
		s.Signatures, _ = time.Parse("Mon Jan _2 15:04:05 2006", strings.TrimSpace(parts[2])) // zero: it does not say
	}
	return err
}

var scannedLine = regexp.MustCompile(`^Scanned files: (\d+)$`)

// read takes in what a scanner prints, a line for each file in which it found
// something.
func (s *Scan) read(r io.Reader) error {
	in := bufio.NewScanner(r)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		line := in.Text()
		path, what, _ := cutLast(line, ": ")
		switch m := scannedLine.FindStringSubmatch(line); {
		case strings.HasSuffix(line, " FOUND") && path != "":
			if len(s.Infected) < mostInfected {
				s.Infected = append(s.Infected, Infected{path, strings.TrimSuffix(what, " FOUND")})
			}
		case strings.HasSuffix(line, " ERROR") || strings.HasPrefix(line, "ERROR:"):
			if s.Errors++; s.FirstError == "" {
				s.FirstError = line
			}
		case m != nil:
			s.Scanned, _ = strconv.Atoi(m[1])
		}
	}
	return in.Err()
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// Says tells in words what a scan came to.
func (s Scan) Says() string {
	said := fmt.Sprintf("%s, %s, signatures of %s", s.Program, s.Engine, s.Dated())
	if s.Scanned > 0 {
		said += fmt.Sprintf(", %d files", s.Scanned)
	}
	if s.Errors > 0 {
		said += fmt.Sprintf(", %d could not be scanned", s.Errors)
	}
	return fmt.Sprintf("%s: %d infected", said, len(s.Infected))
}

// Dated is the day of the signatures, in words.
func (s Scan) Dated() string {
	if s.Signatures.IsZero() {
		return "an unknown date"
	}
	return s.Signatures.Format(time.DateOnly)
}
