package line

import (
	"fmt"

	"github.com/spf13/cobra"

	"retake/actions/account"
)

func (a *app) tokenCommand() *cobra.Command {
	fresh, name := false, ""
	c := &cobra.Command{
		Use: "token ACCOUNT_SID [--new | --region REGION]", Short: "Print an account's present Auth Token, alone, on standard output", Args: cobra.ExactArgs(1),
		Long: "Print the Auth Token that this case put in force, after the account let it in.\nThat it was handed out is noted in the journal. While it is not known which\ntoken is in force, nothing is printed and the exit status is 4.\n\n--new prints the token that a graceful rotation created and that is not in\nforce yet, for whoever has to put it to use before it is promoted.\n\n--region prints the token that is in force in another Region of Twilio: ie1, au1\nor jp1.",
		RunE: func(cmd *cobra.Command, args []string) error {
			region := account.Region("")
			if name != "" {
				var err error
				if region, err = account.ParseRegion(name); err != nil {
					return usage("--region: %w", err)
				}
			}
			return a.with(cmd.Context(), "token "+args[0], true, func(s *session) error {
				give := func() (account.Secret, error) {
					return s.desk.TokenIn(cmd.Context(), args[0], region, "standard output")
				}
				if fresh {
					give = func() (account.Secret, error) {
						return s.desk.NewToken(cmd.Context(), args[0], "standard output")
					}
				}
				token, err := give()
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(a.out, token.Reveal())
				return err
			})
		},
	}
	c.Flags().BoolVar(&fresh, "new", false, "the token that waits to be promoted")
	c.Flags().StringVar(&name, "region", "", "the token in force in another `REGION`: ie1, au1, jp1")
	c.MarkFlagsMutuallyExclusive("new", "region")
	return c
}
