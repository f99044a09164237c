package line

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"retake/actions"
	"retake/actions/clean"
	"retake/actions/report"
	"retake/store"
)

func (a *app) exportCommand() *cobra.Command {
	var out string
	var force bool
	c := &cobra.Command{
		Use: "export --out BUNDLE.zip", Short: "Write the evidence bundle, for others to read and check", Args: cobra.NoArgs,
		Long: "Write the evidence bundle: the signed log, the account's replies, what was done\nand attested, and a README that tells how to check it without Retake. No secret\nis in it. A case in which nothing happened since gives the same bytes again.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if out == "" {
				return store.WithHint(usage("an export needs a file to write"), "name it with --out BUNDLE.zip")
			}
			return a.export(cmd.Context(), out, force)
		},
	}
	c.Flags().StringVar(&out, "out", "", "the `FILE` to write")
	c.Flags().BoolVar(&force, "force", false, "replace the file if it exists")
	a.jsonFlag(c)
	return c
}

// exported is what retake export prints.
type exported struct {
	Case      string         `json:"case"`
	Kind      store.CaseKind `json:"kind"`
	Account   string         `json:"account"`
	Bundle    string         `json:"bundle"`
	SHA256    string         `json:"sha256"`
	Members   string         `json:"members_sha256"` // of SHA256SUMS
	Size      int64          `json:"size"`
	Entries   int64          `json:"entries"`
	PublicKey string         `json:"public_key"`
	Origin    string         `json:"origin"`
}

func (a *app) export(ctx context.Context, out string, force bool) (err error) {
	c, closing, err := a.openToExport(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closing()) }()
	how := report.Exporting{File: out, Force: force}
	e, err := report.Export(ctx, c, how)
	if errors.Is(err, store.ErrUnsigned) {
		if err = a.sign(c); err == nil {
			e, err = report.Export(ctx, c, how)
		}
	}
	if err != nil {
		return err
	}
	return a.tellExported(exported{c.Path(), c.Header.Kind, c.Header.Account, out, e.SHA256, e.Members, e.Size, e.Entries, c.Header.PublicKey, c.Header.Origin()})
}

// openToExport takes hold of the case, over no wire and without beginning a run:
// an export reads the case alone.
func (a *app) openToExport(ctx context.Context) (c *store.Case, closing func() error, err error) {
	path, err := a.findCase()
	if err != nil {
		return nil, nil, err
	}
	kind, err := kindOf(path)
	if err != nil {
		return nil, nil, err
	}
	if kind == store.Training {
		t, err := actions.OpenTraining(ctx, actions.TrainingOptions{Path: path, Responder: a.who(), Version: a.version})
		if err != nil {
			return nil, nil, err
		}
		return t.Case, func() error { return errors.Join(t.Close(), t.Case.Close()) }, nil
	}
	if c, err = store.Open(path, nil); err != nil {
		return nil, nil, err
	}
	if name := a.who(); name != "" {
		c.By = name
	}
	if p := a.getenv("RETAKE_PASSPHRASE"); p != "" {
		if err := c.Unlock(p); err != nil {
			return nil, nil, errors.Join(err, c.Close())
		}
	}
	return c, c.Close, nil
}

// sign signs what the last run left unsigned, for which the passphrase is
// needed.
func (a *app) sign(c *store.Case) error {
	if !c.Unlocked() {
		passphrase, err := a.passphrase("The last run ended without signing. Passphrase of the case")
		if err != nil {
			return store.WithHint(fmt.Errorf("cannot sign the newest entries of the case: %w", err), "set RETAKE_PASSPHRASE: the last run ended without signing, and a bundle is signed to its end")
		}
		if err := c.Unlock(passphrase); err != nil {
			return err
		}
	}
	return c.Checkpoint("closes the entries of a run that ended without signing")
}

func (a *app) tellExported(e exported) error {
	if a.asJSON {
		return a.printJSON(e)
	}
	_, err := fmt.Fprintf(a.out, "%s %s: wrote %d entries into\n  %s\nIts SHA-256 (paste it into the ticket, with the hour):\n  %s\nWhoever checks it should compare this public key with the one that was printed when the case was made:\n  %s\n",
		e.Kind, e.Account, e.Entries, clean.Show(e.Bundle), e.SHA256, e.PublicKey)
	return err
}
