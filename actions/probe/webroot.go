package probe

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Loose is a file or folder whose permissions are too wide.
type Loose struct {
	Path   string
	Mode   fs.FileMode
	Why    string
	Secret bool // it holds a credential
}

const (
	othersRead  = 0o004
	othersWrite = 0o002
)

// mostLoose is how many are kept by name.
const mostLoose = 1000

// loose judges a folder: whoever may write into it can put a program there.
func (w *walk) loose(name string, e fs.DirEntry) {
	info, err := e.Info()
	if err != nil {
		return
	}
	if mode := info.Mode(); mode.Perm()&othersWrite != 0 && mode&fs.ModeSticky == 0 {
		w.keepLoose(Loose{Path: name, Mode: mode, Why: "everybody on the server may put files into this folder"})
	}
}

// looseFile judges a file.
func (w *walk) looseFile(name string, mode fs.FileMode, secret bool) {
	switch {
	case mode.Perm()&othersWrite != 0:
		w.keepLoose(Loose{name, mode, "everybody on the server may change this file", secret})
	case mode.Perm()&othersRead != 0 && secret:
		w.keepLoose(Loose{name, mode, "it holds a credential, and everybody on the server may read it", true})
	case mode.Perm()&othersRead != 0 && private(path.Base(name)):
		w.keepLoose(Loose{name, mode, "files of this name hold secrets, and everybody on the server may read it", false})
	case needless(path.Base(name)):
		w.keepLoose(Loose{name, mode, "a backup or a log: a web server hands it out", secret})
	}
}

func (w *walk) keepLoose(l Loose) {
	if len(w.seen.Loose) < mostLoose {
		w.seen.Loose = append(w.seen.Loose, l)
		return
	}
	w.skip(fmt.Sprintf("has wide permissions and comes after %d others", mostLoose), l.Path)
}

// private tells whether files of a name are made for secrets.
func private(base string) bool {
	return base == ".env" || strings.HasPrefix(base, ".env.") || slices.Contains([]string{".htpasswd", "wp-config.php", "credentials.json", "id_rsa", "id_ed25519", ".netrc", ".npmrc", ".pgpass"}, base)
}

// needless tells whether a file of that name has no place below a web root.
func needless(base string) bool {
	for _, end := range []string{".bak", ".old", ".orig", "~", ".swp", ".sql", ".sql.gz", ".log"} {
		if strings.HasSuffix(base, end) {
			return true
		}
	}
	return false
}

var wpVersion = regexp.MustCompile(`\$wp_version\s*=\s*'([0-9A-Za-z.-]{1,20})'`)

// wordpress reads which WordPress it is.
func (w *walk) wordpress(name string) {
	text, err := fs.ReadFile(w.root.FS(), name)
	if err != nil {
		return
	}
	if m := wpVersion.FindSubmatch(text); m != nil {
		w.seen.CMS = append(w.seen.CMS, fmt.Sprintf("WordPress %s (%s)", m[1], name))
	}
}
