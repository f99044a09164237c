package line

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"retake/actions/clean"
	"retake/actions/report"
	"retake/store"
)

// evidenceFilter says which exhibits or records are meant, with the parts that
// have to be read first as they were typed.
type evidenceFilter struct {
	report.Filter
	kind, since, until string
}

func (a *app) evidenceCommand() *cobra.Command {
	var f evidenceFilter
	var records bool
	c := &cobra.Command{
		Use: "evidence [NUMBER | NUMBER/INDEX]", Short: "List the account's replies that lie in the case, or show one", Args: cobra.MaximumNArgs(1),
		Long: "List the account's replies that lie in the case, one a line, oldest first, or with\n--records the single records in them. With a number, show that reply; with a number\nand an index (41/17; the first record has 0), show that record and check its proof:\nsecrets masked, otherwise as it came. With --json the proof has all that it takes to\ncheck the record without the case: hashes are SHA-256 as in RFC 6962, the checkpoint\nis a signed note (golang.org/x/mod/sumdb/note).",
		RunE: func(_ *cobra.Command, args []string) error {
			if err := f.settle(time.Now()); err != nil {
				return err
			}
			if len(args) == 1 {
				return a.showOne(args[0])
			}
			return a.reading(func(c *store.Case) error {
				if records {
					return a.listRecords(c, f)
				}
				return a.listEvidence(c, f)
			})
		},
	}
	c.Flags().BoolVar(&records, "records", false, "list single records")
	c.Flags().StringVar(&f.Account, "account", "", "only replies about the account with this `SID`")
	c.Flags().StringVar(&f.Step, "step", "", "only replies that the step with this `ID` asked for")
	c.Flags().StringVar(&f.kind, "kind", "", "only this `KIND`: "+kinds())
	c.Flags().StringVar(&f.since, "since", "", "only replies from this `TIME` on, with --records by the records' own time: 2026-03-01, 2026-03-01T02:20 (UTC), or 24h, 7d: so long ago")
	c.Flags().StringVar(&f.until, "until", "", "only replies up to this `TIME`; what is named belongs to it, with a date the whole day")
	c.Flags().StringVar(&f.Text, "text", "", "only replies whose address or body holds this `TEXT`; with --records, records that hold it in small or capital letters")
	a.jsonFlag(c)
	return c
}

func kinds() string {
	var all []string
	for _, k := range report.Kinds() {
		all = append(all, string(k))
	}
	return strings.Join(all, ", ")
}

// settle reads what was typed.
func (f *evidenceFilter) settle(now time.Time) (err error) {
	if f.kind != "" && !report.Known(f.kind) {
		return store.WithHint(usage("there is no kind %q", f.kind), "the kinds are %s", kinds())
	}
	f.Kind = report.Kind(f.kind)
	if f.since != "" {
		f.Since, err = report.Since(f.since, now)
	}
	if err == nil && f.until != "" {
		f.Until, err = report.Until(f.until, now)
	}
	if err != nil {
		return &exitError{exitUsage, err}
	}
	return nil
}

// showOne shows a reply, or one of its records.
func (a *app) showOne(name string) error {
	number, index, single := strings.Cut(name, "/")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 {
		return store.WithHint(usage("there is no exhibit %q", name), "exhibits have numbers: retake evidence lists them")
	}
	i, err := strconv.Atoi(index)
	if single && (err != nil || i < 0) {
		return store.WithHint(usage("there is no record %q", name), "records have an index in their exhibit, the first has 0: retake evidence --records lists them")
	}
	return a.reading(func(c *store.Case) error {
		if single {
			return a.showRecord(c, n, i)
		}
		return a.showEvidence(c, n)
	})
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
	Of   report.Kind    `json:"record_kind"`
	store.ExhibitEntry
	Body string `json:"body,omitempty"`
}

// eachExhibit calls fn for the exhibits that can be meant, until it fails.
func eachExhibit(c *store.Case, f evidenceFilter, fn func(exhibitLine) error) error {
	var failed error
	err := c.Entries(0, func(e store.Entry) bool {
		if e.Kind != store.KindExhibit {
			return true
		}
		x := exhibitLine{N: e.N, Step: e.Step, Kind: c.Header.Kind}
		if failed = e.Decode(&x.ExhibitEntry); failed != nil {
			return false
		}
		x.Of = report.KindOf(x.ExhibitEntry)
		if f.Exhibit(e.Step, x.ExhibitEntry) {
			failed = fn(x)
		}
		return failed == nil
	})
	return cmp.Or(err, failed)
}

func (a *app) listEvidence(c *store.Case, f evidenceFilter) error {
	all := []exhibitLine{}
	err := eachExhibit(c, f, func(x exhibitLine) error {
		meant, err := f.means(c, x)
		if meant {
			all = append(all, x)
		}
		return err
	})
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

// means tells whether an exhibit's time and text are meant. Its body is read only
// when everything else fits.
func (f evidenceFilter) means(c *store.Case, x exhibitLine) (bool, error) {
	if !f.Within(x.At) {
		return false, nil
	}
	if f.Text == "" || strings.Contains(x.URL, f.Text) {
		return true, nil
	}
	body, err := c.ExhibitBody(x.N)
	return strings.Contains(string(body), f.Text), err
}

func (a *app) printExhibit(x exhibitLine) {
	fmt.Fprintf(a.out, "%6d  %s  %-12s %3d  %s %s", x.N, x.At.UTC().Format(time.RFC3339), clean.Show(x.Step), x.Status, clean.Show(x.Method), clean.Show(x.URL))
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
	x.Of = report.KindOf(x.ExhibitEntry)
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
