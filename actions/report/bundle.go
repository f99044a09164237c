package report

import (
	"context"
	"errors"
	"fmt"
	"os"

	"retake/store"
)

// Exporting says how a bundle is to be written.
type Exporting struct {
	File           string
	Force          bool                  // replace the file if it exists
	UpToCheckpoint bool                  // see store.ExportOptions
	Progress       func(done, total int) // members; may be nil
}

// ErrNotNoted says that a bundle was written and the case does not know of it.
var ErrNotNoted = errors.New("the bundle was written and is whole, but the case could not note it")

// Export writes the evidence bundle of a case into a file, and notes in the case
// that it did; the note is signed where that needs no question. The end of ctx
// stops it and leaves no file. store.ErrUnsigned: nothing was written, sign first.
func Export(ctx context.Context, c *store.Case, how Exporting) (store.Exported, error) {
	e, err := c.ExportFile(how.File, how.Force, store.ExportOptions{
		Events: AuditEvents, UpToCheckpoint: how.UpToCheckpoint,
		Progress: func(done, total int) error {
			if how.Progress != nil {
				how.Progress(done, total)
			}
			return ctx.Err()
		},
	})
	if err != nil {
		return e, err
	}
	if err := noteExport(c, e); err != nil {
		return e, fmt.Errorf("%w: %w", ErrNotNoted, err)
	}
	return e, nil
}

// noteExport notes what was handed out.
func noteExport(c *store.Case, e store.Exported) error {
	err := c.AddExported(e)
	if err == nil && c.Unlocked() {
		err = c.Checkpoint("the case was exported")
	}
	return err
}

// Verify checks a bundle or a case file; which of them it is, its first bytes
// tell.
func Verify(path string, o store.VerifyOptions) (*store.Report, error) {
	info, err := os.Stat(path) // an open would wait for ever on a named pipe
	if err != nil || !info.Mode().IsRegular() {
		return store.Verify(path, o)
	}
	f, err := os.Open(path)
	if err != nil {
		return store.Verify(path, o)
	}
	defer f.Close()
	head := make([]byte, 4)
	if _, err := f.ReadAt(head, 0); err != nil || !store.IsBundle(head) {
		return store.Verify(path, o)
	}
	o.Events = AuditEvents
	r, err := store.VerifyBundle(f, info.Size(), o)
	if err != nil {
		err = fmt.Errorf("cannot check %s: %w", path, err)
	}
	return r, err
}
