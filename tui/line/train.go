package line

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"retake/actions"
	"retake/actions/sim"
	"retake/store"
	"retake/tui"
)

func (a *app) trainCommand() *cobra.Command {
	var seed uint64
	var fresh bool
	c := &cobra.Command{
		Use: "train [SCENARIO]", Short: "The console on a simulated account: no network, no credentials", Args: cobra.MaximumNArgs(1),
		Long: "The console on a simulated account: no network, no credentials. A training that\nwas left is gone on with; its clock stood still meanwhile.\n\nScenarios:\n" + scenarioList(),
		RunE: func(cmd *cobra.Command, args []string) error {
			scenario := ""
			if len(args) == 1 {
				scenario = args[0]
			}
			return a.train(cmd, scenario, seed, fresh)
		},
	}
	c.Flags().Uint64Var(&seed, "seed", 1, "everything invented follows from it")
	c.Flags().BoolVar(&fresh, "fresh", false, "begin anew; the training that was left is removed")
	return c
}

func scenarioList() string {
	var b strings.Builder
	for _, s := range sim.Scenarios() {
		fmt.Fprintf(&b, "  %-14s %s\n", s.Name, s.Summary)
	}
	return b.String()
}

func (a *app) train(cmd *cobra.Command, scenario string, seed uint64, fresh bool) error {
	scenario, err := knownScenario(scenario)
	if err != nil {
		return err
	}
	if !a.terminal() {
		return needsTerminal() // before a case is made that nobody would see
	}
	path := a.casePath
	if path == "" {
		dir, err := folder()
		if err != nil {
			return err
		}
		path = filepath.Join(dir, fmt.Sprintf("training-%s-%d%s", scenario, seed, extension))
	}
	if fresh {
		if err := removeTraining(path); err != nil {
			return err
		}
	}
	s, err := a.openTraining(cmd.Context(), "train "+scenario, actions.TrainingOptions{Path: path, Scenario: scenario, Seed: seed, Responder: a.who(), Version: a.version})
	if err != nil {
		return err
	}
	return a.show(cmd.Context(), s)
}

func knownScenario(name string) (string, error) {
	all := sim.Scenarios()
	if name == "" {
		return all[0].Name, nil
	}
	for _, s := range all {
		if s.Name == name {
			return name, nil
		}
	}
	return "", store.WithHint(usage("there is no scenario %q", name), "retake train --help lists them")
}

// removeTraining removes a training case, and nothing else.
func removeTraining(path string) error {
	if _, err := os.Stat(path); err != nil {
		return nil
	}
	kind, err := kindOf(path)
	if err != nil {
		return err
	}
	if kind != store.Training {
		return store.WithHint(usage("--fresh does not remove %s: it is a %s case", path, kind), "name a training case with --case FILE, or none")
	}
	return os.Remove(path)
}

// scenarios are the ones that the first screen offers.
func scenarios() []tui.Scenario {
	var all []tui.Scenario
	for _, s := range sim.Scenarios() {
		all = append(all, tui.Scenario{Name: s.Name, Title: s.Title, Summary: s.Summary})
	}
	return all
}
