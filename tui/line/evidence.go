package line

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"retake/actions/clean"
	"retake/store"
)

// evidenceFilter says which exhibits are meant; empty fields mean all.
type evidenceFilter struct{ account, step, text string }

func (a *app) evidenceCommand() *cobra.Command {
	var f evidenceFilter
	c := &cobra.Command{
		Use: "evidence [NUMBER]", Short: "List the account's replies that lie in the case, or show one", Args: cobra.MaximumNArgs(1),
		Long: "List the account's replies that lie in the case, one a line, oldest first; or,\nwith a number, show that reply: secrets masked, otherwise as it came.",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.reading(func(c *store.Case) error { return a.listEvidence(c, f) })
			}
			n, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil || n < 0 {
				return store.WithHint(usage("there is no exhibit %q", args[0]), "exhibits have numbers: retake evidence lists them")
			}
			return a.reading(func(c *store.Case) error { return a.showEvidence(c, n) })
		},
	}
	c.Flags().StringVar(&f.account, "account", "", "only replies about the account with this `SID`")
	c.Flags().StringVar(&f.step, "step", "", "only replies that the step with this `ID` asked for")
	c.Flags().StringVar(&f.text, "text", "", "only replies whose address or body holds this `TEXT`")
	a.jsonFlag(c)
	return c
}

// reading runs fn on the case, which is opened for reading only.
func (a *app) reading(fn func(*store.Case) error) error {
	path, err := a.findCase()
	if err != nil {
		return err
	}
	c, err := store.OpenToRead(path)
	if err != nil {
		return err
	}
	defer c.Close()
	return fn(c)
}

// exhibitLine is an exhibit as retake evidence prints it.
type exhibitLine struct {
	N    int64          `json:"number"`
	Step string         `json:"step"`
	Kind store.CaseKind `json:"kind"`
	store.ExhibitEntry
	Body string `json:"body,omitempty"`
}

func (a *app) listEvidence(c *store.Case, f evidenceFilter) error {
	all := []exhibitLine{}
	var failed error
	err := c.Entries(0, func(e store.Entry) bool {
		x := exhibitLine{N: e.N, Step: e.Step, Kind: c.Header.Kind}
		if e.Kind != store.KindExhibit {
			return true
		}
		if failed = e.Decode(&x.ExhibitEntry); failed != nil {
			return false
		}
		var meant bool
		if meant, failed = f.means(c, x); meant {
			all = append(all, x)
		}
		return failed == nil
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return err
	}
	if a.asJSON {
		return a.printJSON(all)
	}
	for _, x := range all {
		a.printExhibit(x)
	}
	return nil
}

// means tells whether an exhibit passes the filter. Its body is read only when
// everything else fits.
func (f evidenceFilter) means(c *store.Case, x exhibitLine) (bool, error) {
	if f.account != "" && x.Account != f.account || f.step != "" && x.Step != f.step {
		return false, nil
	}
	if f.text == "" || strings.Contains(x.URL, f.text) {
		return true, nil
	}
	body, err := c.ExhibitBody(x.N)
	return strings.Contains(string(body), f.text), err
}

func (a *app) printExhibit(x exhibitLine) {
	fmt.Fprintf(a.out, "%6d  %s  %-12s %3d  %s %s", x.N, x.At.UTC().Format(time.RFC3339), x.Step, x.Status, x.Method, clean.Show(x.URL))
	if x.List != "" {
		fmt.Fprintf(a.out, "  (%d records)", x.Records)
	}
	if x.Problem != "" {
		fmt.Fprintf(a.out, "  %s", clean.Show(x.Problem))
	}
	fmt.Fprintln(a.out)
}

func (a *app) showEvidence(c *store.Case, n int64) error {
	e, err := c.Entry(n)
	if err != nil || e.Kind != store.KindExhibit {
		return store.WithHint(fmt.Errorf("cannot show exhibit %d: %w", n, store.ErrNoExhibit), "retake evidence lists them")
	}
	x := exhibitLine{N: n, Step: e.Step, Kind: c.Header.Kind}
	if err := e.Decode(&x.ExhibitEntry); err != nil {
		return err
	}
	body, err := c.ExhibitBody(n)
	if err != nil {
		return err
	}
	if a.asJSON {
		x.Body = string(body)
		return a.printJSON(x)
	}
	a.printExhibit(x)
	fmt.Fprintf(a.out, "SHA-256 of the body: %s\n", x.SHA256)
	for line := range strings.Lines(string(body)) {
		fmt.Fprintln(a.out, clean.Show(strings.TrimSuffix(line, "\n")))
	}
	return nil
}
