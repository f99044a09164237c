package line

import (
	"fmt"

	"github.com/spf13/cobra"
)

func (a *app) tokenCommand() *cobra.Command {
	return &cobra.Command{
		Use: "token ACCOUNT_SID", Short: "Print an account's present Auth Token, alone, on standard output", Args: cobra.ExactArgs(1),
		Long: "Print the Auth Token that this case put in force, after the account let it in.\nThat it was handed out is noted in the journal. While it is not known which\ntoken is in force, nothing is printed and the exit status is 4.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.with(cmd.Context(), "token "+args[0], true, func(s *session) error {
				token, err := s.desk.Token(cmd.Context(), args[0], "standard output")
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(a.out, token.Reveal())
				return err
			})
		},
	}
}
