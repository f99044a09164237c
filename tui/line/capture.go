package line

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"retake/actions"
	"retake/actions/clean"
	"retake/actions/report"
	"retake/store"
)

func (a *app) captureCommand() *cobra.Command {
	var o actions.CaptureOptions
	var since string
	c := &cobra.Command{
		Use: "capture", Short: "Read the lists of all accounts into the case, before they expire or are deleted", Args: cobra.NoArgs,
		Long: "Read the lists of all accounts into the case, before they expire or are deleted:\naudit events, alerts, messages, recordings, calls, conferences, keys, numbers,\napplications, usage triggers, caller IDs, geographic permissions, usage, balance.\nNothing in the account is changed. The console does the same by itself, beside\neverything else. A capture that was interrupted goes on where it was; what was\nread less than an hour ago is not read again.",
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if o.Since, err = edge("since", since, time.Now(), report.Since); err != nil {
				return err
			}
			return a.capture(cmd.Context(), o)
		},
	}
	c.Flags().StringVar(&since, "since", "", "read messages, calls and the like from this `TIME` on (2026-03-01, 2026-03-01T02:20 or 90d); default: 30 days back")
	c.Flags().BoolVar(&o.Again, "again", false, "read again what was read already; what came since is added")
	a.jsonFlag(c)
	return c
}

// capturedCase is what retake capture prints.
type capturedCase struct {
	Case    string         `json:"case"`
	Kind    store.CaseKind `json:"kind"`
	Account string         `json:"account"`
	Records int            `json:"records"` // read by this run
	Left    int            `json:"left"`    // lists that are still to be read
	Lists   []capturedList `json:"lists"`
}

// capturedList is a list of an account as the coverage ledger has it.
type capturedList struct {
	Source  string    `json:"source"`
	Account string    `json:"account"`
	Read    bool      `json:"read"` // to its end
	Records int       `json:"records"`
	Why     string    `json:"why,omitempty"` // why it was not
	From    time.Time `json:"from,omitzero"`
	To      time.Time `json:"to,omitzero"`
}

func (a *app) capture(ctx context.Context, o actions.CaptureOptions) error {
	return a.with(ctx, "capture", true, func(s *session) error {
		o.Watch = a.watchCapture()
		got, failed := s.desk.Capture(ctx, o)
		if failed != nil && !stopped(failed) {
			return failed
		}
		told, err := captureOf(s.c)
		if err != nil {
			return err
		}
		told.Records, told.Left = got.Records, got.Left()
		if err := a.tellCapture(told); err != nil {
			return err
		}
		if failed != nil {
			return &exitError{exitPerson, store.WithHint(fmt.Errorf("the capture was stopped: %d of %d lists are left", told.Left, got.Lists), "go on with it: retake capture")}
		}
		return nil
	})
}

func captureOf(c *store.Case) (capturedCase, error) {
	out := capturedCase{Case: c.Path(), Kind: c.Header.Kind, Account: c.Header.Account, Lists: []capturedList{}}
	covered, err := c.Coverages(actions.CaptureStep)
	for _, v := range covered {
		out.Lists = append(out.Lists, capturedList{v.Source, v.Account, v.Seen, v.Got, v.Why, v.From, v.To})
	}
	return out, err
}

func (a *app) tellCapture(c capturedCase) error {
	if a.asJSON {
		return a.printJSON(c)
	}
	read := 0
	for _, l := range c.Lists {
		if l.Read {
			read++
		}
	}
	fmt.Fprintf(a.out, "%s %s: %d records read now; %d lists are read to their end\n", c.Kind, c.Account, c.Records, read)
	for _, l := range c.Lists {
		if !l.Read {
			fmt.Fprintf(a.out, "not read: %s of %s: %s\n", clean.Show(l.Source), clean.Show(l.Account), clean.Show(l.Why))
		}
	}
	return nil
}

// watchCapture tells on standard error how far the capture is, where that is a
// terminal; nil elsewhere.
func (a *app) watchCapture() func(actions.Captured) {
	f, ok := a.errs.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	var last time.Time
	return func(c actions.Captured) { // the capture calls it one at a time
		if !c.Ended && time.Since(last) < 100*time.Millisecond {
			return
		}
		last = time.Now()
		fmt.Fprintf(f, "\r%d records, %d of %d lists, %s\x1b[K", c.Records, c.Done+c.Missed, c.Lists, clean.Show(c.Reading))
		if c.Ended {
			fmt.Fprintln(f)
		}
	}
}
