package line

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"retake/actions"
	"retake/store"
)

func (a *app) newCommand() *cobra.Command {
	var recipients []string
	var lockedOut bool
	c := &cobra.Command{
		Use: "new", Short: "Make a case for the account whose credentials are in the environment", Args: cobra.NoArgs,
		Long: "Make a case for the account whose credentials are in the environment\n(TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN). The account is asked who it is; nothing in it is changed.\n--locked-out makes the case although the account turns the token away: Twilio\nsuspended it, or somebody rotated first. retake reach then tells what still answers.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			made, err := a.makeCase(cmd, recipients, lockedOut)
			if err != nil {
				return err
			}
			return a.tellCase(made)
		},
	}
	c.Flags().StringArrayVar(&recipients, "recipient", nil, "a further age recipient (`age1…`) that secrets are sealed to: escrow, the next shift")
	c.Flags().BoolVar(&lockedOut, "locked-out", false, "make it although the account turns the token away")
	a.jsonFlag(c)
	return c
}

// newCase is what retake new prints.
type newCase struct {
	Case      string         `json:"case"`
	Kind      store.CaseKind `json:"kind"`
	Account   string         `json:"account"`
	PublicKey string         `json:"public_key"`
	Origin    string         `json:"origin"`
}

func (a *app) makeCase(cmd *cobra.Command, recipients []string, lockedOut bool) (newCase, error) {
	w, err := a.wire()
	if err != nil {
		return newCase{}, err
	}
	given := a.credential()
	if err := given.Check(); err != nil {
		return newCase{}, store.WithHint(err, "set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN; both stand on the first page of the Console")
	}
	path := a.casePath
	if path == "" {
		if path, err = newPath(w.Kind, given.SID, time.Now()); err != nil {
			return newCase{}, err
		}
	}
	passphrase, err := a.newPassphrase()
	if err != nil {
		return newCase{}, err
	}
	c, err := actions.Begin(cmd.Context(), actions.Beginning{
		Path: path, Wire: w, Credential: given, Responder: a.who(), Passphrase: passphrase, Recipients: recipients, Version: a.version, WorkFactor: passphraseCost, LockedOut: lockedOut,
	})
	if err != nil {
		return newCase{}, err
	}
	made := newCase{path, c.Header.Kind, c.Header.Account, c.Header.PublicKey, c.Header.Origin()}
	return made, errors.Join(c.Checkpoint("the case was made"), c.Close())
}

// passphraseCost is the log2 of scrypt's cost for the passphrase of a new case: 0
// takes the store's own. Only a test binary has another.
var passphraseCost = 0

// newPassphrase asks for a passphrase twice, where it is not in the environment.
func (a *app) newPassphrase() (string, error) {
	first, err := a.passphrase("New passphrase for the case")
	if err != nil || a.getenv("RETAKE_PASSPHRASE") != "" {
		return first, err
	}
	second, err := a.ask("The same again")
	if err == nil && first != second {
		err = errors.New("the two passphrases are not the same; no case was made")
	}
	return first, err
}

func (a *app) tellCase(n newCase) error {
	if a.asJSON {
		return a.printJSON(n)
	}
	_, err := fmt.Fprintf(a.out, "Made the %s case for %s:\n  %s\nKey of its checkpoints (paste it into the ticket, it proves the case later):\n  %s\n", n.Kind, n.Account, n.Case, n.PublicKey)
	return err
}
