package line

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"retake/actions"
	"retake/actions/account"
	"retake/actions/clean"
	"retake/store"
)

// guardFlags are the flags of retake watch.
type guardFlags struct{ long, every time.Duration }

func (a *app) watchCommand() *cobra.Command {
	f := guardFlags{every: actions.WatchEvery}
	c := &cobra.Command{
		Use: "watch", Short: "Go on reading events and keys, and tell what appears", Args: cobra.NoArgs,
		Long: "Go on reading the audit events and keys of all accounts, and tell what appeared\nsince the case was opened that no act of the case left: keys, users, tokens,\ncountries, caller IDs, webhooks, triggers. Each is a finding and told once.\nNothing in the account is changed. It goes on until it is interrupted or --for is\nover, and ends with status 3 if something was told. The console does the same by\nitself.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.long < 0 || f.every < time.Second {
				return store.WithHint(usage("cannot watch every %s for %s", f.every, f.long), "give times such as 30s or 2h, and at least a second between two readings; nothing was done")
			}
			return a.guard(cmd.Context(), f)
		},
	}
	c.Flags().DurationVar(&f.long, "for", 0, "how long to watch (`DURATION`, such as 2h); default: until it is interrupted")
	c.Flags().DurationVar(&f.every, "every", f.every, "how long to rest between two readings (`DURATION`)")
	a.jsonFlag(c)
	return c
}

// guard reads time and again. A reading that fails is said and tried again; only
// where none ever succeeded the command fails.
func (a *app) guard(ctx context.Context, f guardFlags) error {
	return a.with(ctx, "watch", true, func(s *session) error {
		began, told, read := time.Now(), 0, false
		var failed error
		for {
			w, err := s.desk.Watch(ctx)
			if ctx.Err() != nil {
				break
			}
			if failed = err; err != nil {
				complain(a.errs, err)
			} else {
				read, told = true, told+len(w.New)
				if err := a.tellWatched(w); err != nil {
					return err
				}
			}
			if f.long > 0 && time.Since(began)+f.every > f.long || account.Sleep(ctx, f.every) != nil {
				break
			}
		}
		switch {
		case told > 0:
			return &exitError{status: exitPerson}
		case !read && failed != nil:
			return &exitError{status: statusOf(failed)}
		}
		return nil
	})
}

// newsLine is what retake watch --json prints for each thing that appeared, on a
// line of its own.
type newsLine struct {
	At time.Time `json:"at"`
	actions.Finding
}

// tellWatched tells what a reading brought, to people also that it brought
// nothing.
func (a *app) tellWatched(w actions.Watched) error {
	for _, n := range w.New {
		if !a.asJSON {
			fmt.Fprintf(a.out, "NEW (%s): %s\n", n.Severity, clean.Show(n.Text))
			continue
		}
		text, err := json.Marshal(newsLine{n.At, n.Finding})
		if err != nil {
			return fmt.Errorf("cannot write JSON: %w", err)
		}
		fmt.Fprintf(a.out, "%s\n", asciiJSON(text))
	}
	if len(w.New) == 0 && !a.asJSON {
		fmt.Fprintf(a.out, "nothing new at %s UTC on %d accounts\n", w.At.UTC().Format("15:04:05"), w.Accounts)
	}
	for _, u := range w.Missed {
		if !a.asJSON {
			fmt.Fprintf(a.out, "Not seen: %s\n  %s\n", clean.Show(u.What), clean.Show(u.Why))
		}
	}
	return nil
}
