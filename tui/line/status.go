package line

import (
	"fmt"

	"github.com/spf13/cobra"

	"retake/actions"
	"retake/actions/clean"
	"retake/store"
)

func (a *app) statusCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "status", Short: "Tell how the case stands, step by step", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.status() },
	}
	a.jsonFlag(c)
	return c
}

// status is what retake status prints.
type status struct {
	Case      string         `json:"case"`
	Kind      store.CaseKind `json:"kind"`
	Account   string         `json:"account"`
	Responder string         `json:"responder"`
	Unsigned  int64          `json:"unsigned"` // entries that no checkpoint covers
	Steps     []stepStatus   `json:"steps"`
}

type stepStatus struct {
	ID     string      `json:"id"`
	Number string      `json:"number"`
	Title  string      `json:"title"`
	State  store.State `json:"state"`
	Why    string      `json:"why"`
	Next   bool        `json:"next,omitempty"` // recommended
}

func (a *app) status() error {
	path, err := a.findCase()
	if err != nil {
		return err
	}
	c, err := store.OpenToRead(path)
	if err != nil {
		return err
	}
	defer c.Close()
	board, err := actions.Board(c, actions.Playbook())
	if err != nil {
		return err
	}
	s := status{Case: path, Kind: c.Header.Kind, Account: c.Header.Account, Responder: c.Header.Responder, Unsigned: c.UnsignedTail()}
	for _, l := range board {
		s.Steps = append(s.Steps, stepStatus{l.Step.ID, l.Step.Number, l.Step.Title, l.Standing.State, l.Standing.Why, l.Recommended})
	}
	if a.asJSON {
		return a.printJSON(s)
	}
	return a.printStatus(s)
}

func (a *app) printStatus(s status) error {
	fmt.Fprintf(a.out, "%s  %s  %s\n", s.Kind, s.Account, s.Case)
	if s.Unsigned > 0 {
		fmt.Fprintf(a.out, "the last %d entries are not signed yet; the next run signs them\n", s.Unsigned)
	}
	for _, l := range s.Steps {
		mark := " "
		if l.Next {
			mark = ">"
		}
		fmt.Fprintf(a.out, "%s %-9s %-17s %-15s %s\n", mark, l.Number, l.ID, l.State, clean.Show(l.Why))
	}
	return nil
}
