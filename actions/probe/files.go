package probe

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// Bounds keep a look through a folder finite.
type Bounds struct {
	Files int   // most files; 0: 500,000
	Bytes int64 // of one file; 0: 256 MiB. What is longer is read that far
}

func (b Bounds) filled() Bounds {
	if b.Files == 0 {
		b.Files = 500_000
	}
	if b.Bytes == 0 {
		b.Bytes = 256 << 20
	}
	return b
}

// FileHit is a credential in a file.
type FileHit struct {
	Hit
	Path   string      // below the folder, with slashes
	Mode   fs.FileMode // of the file; 0 in a history
	Commit string      // in a history: the commit that shows it
	When   string      // and its date
}

// Walked is what was seen of a folder.
type Walked struct {
	Files        int
	Bytes        int64
	Repositories []string       // folders with a Git history, below the folder
	Lockfiles    []string       // that name versions of libraries
	Named        []string       // files and folders of integrations that Twilio warns of
	CMS          []string       // such as "WordPress 6.4.1 (blog/wp-includes/version.php)"
	Loose        []Loose        // permissions that are too wide
	Skipped      []Skipped      // what was not read, and why
	skipped      map[string]int // index by why
}

// Skipped says what was not looked at for one reason.
type Skipped struct {
	Why   string
	Count int
	First string // the first path
}

// walk is one walk through a folder.
type walk struct {
	Seeker
	bounds Bounds
	root   *os.Root
	tell   func(FileHit)
	seen   Walked
}

// Walk looks through every regular file of a folder. It follows no symbolic
// link, opens nothing that is no file, and changes nothing. Folders named .git
// are left to History.
func (s Seeker) Walk(ctx context.Context, folder string, b Bounds, tell func(FileHit)) (Walked, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return Walked{}, fmt.Errorf("cannot open the folder: %w", err)
	}
	defer root.Close()
	w := &walk{Seeker: s, bounds: b.filled(), root: root, tell: tell}
	w.seen.skipped = map[string]int{}
	err = fs.WalkDir(root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			w.skip("could not be read", name)
			return nil
		}
		return w.visit(ctx, name, e)
	})
	return w.seen, err
}

func (w *walk) skip(why, name string) {
	i, known := w.seen.skipped[why]
	if !known {
		i = len(w.seen.Skipped)
		w.seen.skipped[why], w.seen.Skipped = i, append(w.seen.Skipped, Skipped{Why: why, First: name})
	}
	w.seen.Skipped[i].Count++
}

func (w *walk) visit(ctx context.Context, name string, e fs.DirEntry) error {
	if word := risky(name); word != "" {
		w.seen.Named = append(w.seen.Named, name)
	}
	switch {
	case e.Name() == ".git" && name != ".":
		w.seen.Repositories = append(w.seen.Repositories, path.Dir(name))
		if e.IsDir() {
			return fs.SkipDir
		}
	case e.IsDir():
		if w.bare(name) {
			w.seen.Repositories = append(w.seen.Repositories, name)
			return fs.SkipDir
		}
		w.loose(name, e)
	case e.Type()&fs.ModeSymlink != 0:
		w.skip("is a symbolic link, which is not followed", name)
	case !e.Type().IsRegular():
		w.skip("is no regular file", name)
	case w.seen.Files >= w.bounds.Files:
		w.skip(fmt.Sprintf("comes after %d files", w.bounds.Files), name)
	default:
		w.note(name)
		return w.file(ctx, name)
	}
	return nil
}

// bare tells whether a folder is a repository without a work tree.
func (w *walk) bare(name string) bool {
	for _, part := range []string{"HEAD", "objects", "refs"} {
		if _, err := w.root.Lstat(path.Join(name, part)); err != nil {
			return false
		}
	}
	return true
}

// note keeps what the name of a file tells.
func (w *walk) note(name string) {
	base := path.Base(name)
	if lockfiles[base] {
		w.seen.Lockfiles = append(w.seen.Lockfiles, name)
	}
	if archives[strings.ToLower(path.Ext(base))] {
		w.skip("is an archive or compressed: it was searched as it is, not unpacked", name)
	}
}

func (w *walk) file(ctx context.Context, name string) error {
	// A pipe that takes the file's place must not hold us up.
	f, err := w.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		w.skip("could not be opened", name)
		return nil
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		w.skip("is no regular file", name)
		return nil
	}
	if info.Size() > w.bounds.Bytes {
		w.skip(fmt.Sprintf("is longer than %d MiB: its beginning was read", w.bounds.Bytes>>20), name)
	}
	held := false
	n, err := w.Read(ctx, io.LimitReader(f, w.bounds.Bytes), func(h Hit) {
		held = held || !h.Secret.IsZero()
		w.tell(FileHit{Hit: h, Path: name, Mode: info.Mode()})
	})
	w.seen.Files, w.seen.Bytes = w.seen.Files+1, w.seen.Bytes+n
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		w.skip("could not be read to its end", name)
	}
	w.looseFile(name, info.Mode(), held)
	if strings.HasSuffix(name, "wp-includes/version.php") {
		w.wordpress(name)
	}
	return nil
}

// integrations that Twilio names as known to be vulnerable.
var riskyWords = []string{"twilioid", "agilecrm", "agile-crm", "agile_crm", "twiconnect"}

// risky is the integration that the last part of a path names, "" for none.
func risky(name string) string {
	base := strings.ToLower(path.Base(name))
	if i := slices.IndexFunc(riskyWords, func(w string) bool { return strings.Contains(base, w) }); i >= 0 {
		return riskyWords[i]
	}
	return ""
}

var archives = map[string]bool{".zip": true, ".gz": true, ".tgz": true, ".bz2": true, ".xz": true, ".zst": true, ".7z": true, ".rar": true, ".jar": true, ".war": true, ".apk": true, ".ipa": true}

// lockfiles name the libraries of a program with their versions.
var lockfiles = map[string]bool{
	"package-lock.json": true, "yarn.lock": true, "pnpm-lock.yaml": true, "composer.lock": true, "Gemfile.lock": true, "poetry.lock": true,
	"Pipfile.lock": true, "requirements.txt": true, "uv.lock": true, "go.mod": true, "Cargo.lock": true, "pom.xml": true,
	"build.gradle": true, "gradle.lockfile": true, "packages.lock.json": true,
}

// Absolute is a folder's whole path, "" with an error if it is none.
func Absolute(folder string) (string, error) {
	whole, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(whole)
	if err != nil {
		return "", err
	}
	if !info.IsDir() {
		return "", fmt.Errorf("%s is no folder", whole)
	}
	return whole, nil
}
