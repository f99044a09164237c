package line

import (
	"fmt"

	"github.com/spf13/cobra"
)

func (a *app) tokenCommand() *cobra.Command {
	fresh := false
	c := &cobra.Command{
		Use: "token ACCOUNT_SID [--new]", Short: "Print an account's present Auth Token, alone, on standard output", Args: cobra.ExactArgs(1),
		Long: "Print the Auth Token that this case put in force, after the account let it in.\nThat it was handed out is noted in the journal. While it is not known which\ntoken is in force, nothing is printed and the exit status is 4.\n\n--new prints the token that a graceful rotation created and that is not in\nforce yet, for whoever has to put it to use before it is promoted.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.with(cmd.Context(), "token "+args[0], true, func(s *session) error {
				give := s.desk.Token
				if fresh {
					give = s.desk.NewToken
				}
				token, err := give(cmd.Context(), args[0], "standard output")
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(a.out, token.Reveal())
				return err
			})
		},
	}
	c.Flags().BoolVar(&fresh, "new", false, "the token that waits to be promoted")
	return c
}
