package store

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Exported is the note that a bundle was written. SHA256SUMS names the contents,
// however the archive is packed.
type Exported struct {
	File    string `json:"file"`    // its name, without the folder
	SHA256  string `json:"sha256"`  // of the archive
	Members string `json:"members"` // SHA-256 of its SHA256SUMS
	Size    int64  `json:"size"`    // in bytes
	Entries int64  `json:"entries"` // how many it covers
	After   int64  `json:"-"`       // how many followed them already: they belong to the next bundle
}

// AddExported notes that a bundle was written.
func (c *Case) AddExported(e Exported) error {
	return c.add("note the export", KindExported, "", e)
}

// ExportFile writes the evidence bundle into a file. The name is given to it
// when it is whole and on the disk; an existing file is only replaced with force,
// and a case file never.
func (c *Case) ExportFile(path string, force bool, o ExportOptions) (e Exported, err error) {
	if err := mayWrite(path, force); err != nil {
		return e, err
	}
	doing := "write the bundle " + path
	working, err := workingName(path)
	if errors.Is(err, fs.ErrNotExist) {
		return e, WithHint(fmt.Errorf("cannot %s: there is no folder %s", doing, filepath.Dir(path)), "make the folder first, or name another place with --out FILE")
	}
	if err != nil {
		return e, cannotExport(doing, err)
	}
	defer os.Remove(working)
	if e, err = c.fill(working, o); err != nil {
		return e, cannotExport(doing, err)
	}
	e.File = filepath.Base(path)
	if force {
		err = os.Rename(working, path)
	} else {
		err = place(working, path)
	}
	if errors.Is(err, fs.ErrExist) {
		return e, bundleExists(path)
	}
	syncFolder(filepath.Dir(path))
	return e, cannotExport(doing, err)
}

// fill writes the bundle into the working file and sees it onto the disk.
func (c *Case) fill(working string, o ExportOptions) (e Exported, err error) {
	f, err := os.OpenFile(working, os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return e, err
	}
	defer func() { err = firstError(err, f.Close()) }()
	out := bufio.NewWriterSize(f, 1<<18)
	if e, err = c.export(out, o); err != nil {
		return e, err
	}
	if err := firstError(out.Flush(), f.Sync()); err != nil {
		return e, err
	}
	e.Size, err = f.Seek(0, io.SeekCurrent)
	return e, err
}

// mayWrite tells whether a bundle may get a name.
func mayWrite(path string, force bool) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return cannotExport("write the bundle "+path, err)
	case !info.Mode().IsRegular():
		return WithHint(fmt.Errorf("cannot write the bundle %s: it is no ordinary file", path), "name a file that is to be made with --out FILE")
	case inspect(path) == nil:
		return WithHint(fmt.Errorf("cannot write the bundle %s: it is a case file", path), "name a file that is to be made with --out FILE")
	case !force:
		return bundleExists(path)
	}
	return nil
}

func bundleExists(path string) error {
	return WithHint(fmt.Errorf("cannot write the bundle %s: %w", path, ErrExists), "choose another name, or replace it with --force")
}

// cannotExport names the reason why the file system refused a bundle.
func cannotExport(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case isFull(err):
		return WithHint(fmt.Errorf("cannot %s: %w", doing, ErrFull), "free some space, or name another place with --out FILE; nothing half is left")
	case errors.Is(err, fs.ErrPermission):
		return WithHint(fmt.Errorf("cannot %s: permission denied", doing), "name a place that you may write to with --out FILE")
	}
	return fmt.Errorf("cannot %s: %w", doing, err)
}
