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
type guardFlags struct {
	long, every time.Duration
	told        bool
}

func (a *app) watchCommand() *cobra.Command {
	f := guardFlags{every: actions.WatchEvery}
	c := &cobra.Command{
		Use: "watch", Short: "Go on reading events and keys, and tell what appears", Args: cobra.NoArgs,
		Long: "Go on reading the audit events and keys of all accounts, and tell what appeared\nsince the case was opened that no act of the case left: keys, users, tokens,\ncountries, caller IDs, webhooks, triggers. Each is a finding and told once.\nNothing in the account is changed. It goes on until it is interrupted or --for is\nover, and ends with status 3 if something was told. The console does the same by\nitself.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.long < 0 || f.every < time.Second {
				return store.WithHint(usage("cannot watch every %s for %s", f.every, f.long), "give times such as 30s or 2h, and at least a second between two readings; nothing was done")
			}
			if f.told {
				return a.retell()
			}
			return a.guard(cmd.Context(), f)
		},
	}
	c.Flags().DurationVar(&f.long, "for", 0, "how long to watch (`DURATION`, such as 2h); default: until it is interrupted")
	c.Flags().DurationVar(&f.every, "every", f.every, "how long to rest between two readings (`DURATION`)")
	c.Flags().BoolVar(&f.told, "told", false, "list what was told in this case so far, read nothing of the account, and end")
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
				if err := a.tellWatched(s, w); err != nil {
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

// retell lists what was told so far, by the console too, the oldest first.
func (a *app) retell() error {
	return a.reading(func(c *store.Case) error {
		told, err := actions.Told(c)
		if err != nil {
			return err
		}
		if len(told) == 0 && !a.asJSON {
			fmt.Fprintln(a.out, "nothing was told so far")
		}
		return a.tellNews(c, told)
	})
}

// newsLine is what retake watch --json prints for each thing that appeared, on a
// line of its own. Record is where retake evidence shows it, "" for nowhere.
type newsLine struct {
	actions.News
	Record string `json:"record"`
}

// tellNews tells each thing with when, where, by whom and from where.
func (a *app) tellNews(c *store.Case, all []actions.News) error {
	for _, n := range all {
		at := ""
		if exhibit, record, shown := actions.Shown(c, n); shown {
			at = fmt.Sprintf("%d/%d", exhibit, record)
		}
		if a.asJSON {
			text, err := json.Marshal(newsLine{n, at})
			if err != nil {
				return fmt.Errorf("cannot write JSON: %w", err)
			}
			fmt.Fprintf(a.out, "%s\n", asciiJSON(text))
			continue
		}
		fmt.Fprintf(a.out, "NEW (%s): %s\n", n.Severity, clean.Show(n.What))
		fmt.Fprintf(a.out, "  %s UTC in %s by %s from %s; %s\n", n.At.UTC().Format(time.DateTime), clean.Show(n.Account), clean.Show(orDash(n.Actor)), clean.Show(orDash(n.Source)), whereShown(at))
	}
	return nil
}

func whereShown(at string) string {
	if at == "" {
		return "no reply in the case shows it"
	}
	return "retake evidence " + at
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// tellWatched tells what a reading brought, to people also that it brought
// nothing.
func (a *app) tellWatched(s *session, w actions.Watched) error {
	if err := a.tellNews(s.c, w.New); err != nil {
		return err
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
