package line

import (
	"fmt"

	"github.com/spf13/cobra"

	"retake/actions/passphrase"
)

func (a *app) passphraseCommand() *cobra.Command {
	words := 0
	c := &cobra.Command{
		Use: "passphrase [--words N]", Short: "Make a passphrase, offline, and say how hard it is to guess", Args: cobra.NoArgs,
		Long: "Make a passphrase for a person to use, and say how hard it is to guess, as\nTwilio's page \"Secure Your Twilio Account\" counts. It is made on this machine,\nstored nowhere and noted in no journal; needs no case and no network. The words\nare those of the EFF's large list (CC BY 3.0 US).",
		RunE: func(*cobra.Command, []string) error {
			p, err := passphrase.New(words, nil)
			if err != nil {
				return usage("%w", err)
			}
			if a.asJSON {
				return a.printJSON(map[string]any{
					"passphrase": p.Text, "length": p.Length(), "words": p.Words,
					"search_space_by_letters": passphrase.Scientific(p.ByLetters()), "search_space_by_words": passphrase.Scientific(p.ByWords()),
				})
			}
			fmt.Fprintln(a.out, p.Text) // alone on standard output, for a pipe
			for _, line := range p.Explain() {
				fmt.Fprintln(a.errs, line)
			}
			return nil
		},
	}
	c.Flags().IntVar(&words, "words", passphrase.Usual, "how many words")
	a.jsonFlag(c)
	return c
}
