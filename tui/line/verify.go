package line

import (
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"retake/actions/clean"
	"retake/store"
)

func (a *app) verifyCommand() *cobra.Command {
	var o store.VerifyOptions
	var checkpoint string
	c := &cobra.Command{
		Use: "verify FILE", Short: "Check an evidence bundle or a case file: what is wrong, and where", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if checkpoint != "" {
				text, err := os.ReadFile(checkpoint)
				if err != nil {
					return store.WithHint(fmt.Errorf("cannot read the checkpoint: %w", err), "name the file that holds the checkpoint which was kept elsewhere")
				}
				o.Checkpoint = string(text)
			}
			r, err := verify(args[0], o)
			if err != nil {
				return err
			}
			return a.tellVerified(args[0], r)
		},
	}
	c.Flags().StringVar(&o.Key, "key", "", "the public `KEY` that was printed when the case was made")
	c.Flags().StringVar(&checkpoint, "checkpoint", "", "a `FILE` with a signed checkpoint that was kept elsewhere")
	a.jsonFlag(c)
	return c
}

// verify checks a bundle or a case file; which of them it is, its first bytes
// tell.
func verify(path string, o store.VerifyOptions) (*store.Report, error) {
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
	o.Events = monitorEvents
	r, err := store.VerifyBundle(f, info.Size(), o)
	if err != nil {
		err = fmt.Errorf("cannot check %s: %w", path, err)
	}
	return r, err
}

func (a *app) tellVerified(path string, r *store.Report) error {
	if a.asJSON {
		if err := a.printJSON(r); err != nil {
			return err
		}
	} else {
		a.printVerified(path, r)
	}
	if !r.OK {
		return &exitError{status: exitFailed}
	}
	return nil
}

func (a *app) printVerified(path string, r *store.Report) {
	var what []string
	for name := range r.Checked {
		what = append(what, name)
	}
	slices.Sort(what)
	for _, name := range what {
		fmt.Fprintf(a.out, "checked %d %s\n", r.Checked[name], name)
	}
	for _, p := range r.Problems {
		fmt.Fprintf(a.out, "PROBLEM %s: %s\n", clean.Show(p.Where), clean.Show(p.What))
	}
	for _, n := range r.Notes {
		fmt.Fprintf(a.out, "note: %s\n", clean.Show(n))
	}
	verdict := "everything is as it was filed"
	if !r.OK {
		verdict = fmt.Sprintf("not everything is as it was filed (problems: %d)", len(r.Problems))
	}
	fmt.Fprintf(a.out, "%s %s: %s\n", clean.Show(string(r.Kind)), clean.Show(path), verdict)
}
