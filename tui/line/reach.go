package line

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"retake/actions"
	"retake/actions/clean"
	"retake/store"
)

func (a *app) reachCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "reach", Short: "Try which doors of the account still open, and tell what to do", Args: cobra.NoArgs,
		Long: "Try which doors of the account still open: the account and its lists with every\ntoken that the case knows, and each subaccount with its own. It changes nothing. It\nis meant for when an account is suspended, or somebody else rotated the Auth Token\nfirst: it tells what that means and what to do, with the API and without. Exit\nstatus 3 where a person has to act.",
		RunE: func(cmd *cobra.Command, _ []string) error { return a.reach(cmd.Context()) },
	}
	a.jsonFlag(c)
	return c
}

func (a *app) reach(ctx context.Context) error {
	return a.with(ctx, "reach", false, func(s *session) error {
		v, err := s.desk.Reach(ctx)
		if err != nil {
			return err
		}
		if a.asJSON {
			err = a.printJSON(struct {
				Kind store.CaseKind `json:"kind"`
				actions.Reach
			}{s.c.Header.Kind, v})
		} else {
			a.printReach(v)
		}
		if err == nil && v.State != actions.ReachOpen {
			err = &exitError{status: exitPerson}
		}
		return err
	})
}

func (a *app) printReach(v actions.Reach) {
	fmt.Fprintf(a.out, "%s: %s\n", v.State, clean.Show(v.Why))
	for _, d := range v.Doors {
		stands := "open"
		if !d.Open {
			stands = "shut"
		}
		fmt.Fprintf(a.out, "  %s  %s: %s, with %s\n", stands, d.Account, d.What, d.As)
		if !d.Open {
			fmt.Fprintf(a.out, "        %s%s\n", answered(d), clean.Show(d.Words))
		}
	}
	for n, next := range v.Next {
		if n == 0 {
			fmt.Fprintln(a.out, "What to do:")
		}
		fmt.Fprintf(a.out, "  %d. %s\n", n+1, next)
	}
}

// answered are the numbers of an answer.
func answered(d actions.Door) string {
	switch {
	case d.Code != 0:
		return fmt.Sprintf("%d, code %d. ", d.Status, d.Code)
	case d.Status != 0:
		return fmt.Sprintf("%d. ", d.Status)
	}
	return ""
}
