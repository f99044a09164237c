package line

import (
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"retake/actions/clean"
	"retake/actions/report"
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
			r, err := report.Verify(args[0], o)
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
