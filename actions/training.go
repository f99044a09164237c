package actions

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"retake/actions/account"
	"retake/actions/sim"
	"retake/store"
)

// trainingPassphrase opens every training case: what is sealed in one are the
// tokens of a simulated account.
const trainingPassphrase = "training"

// trainingFactor keeps the opening of a training case short.
const trainingFactor = 10

// Training is a training case with the simulated account that stands behind it.
// The account's state and clock live in the case: closed, the time there stands
// still.
type Training struct {
	Case       *store.Case
	Wire       Wire
	Credential account.Credential // what the trainee finds in the environment
	Extras     Given              // the same, for what else opens something there
	Resumed    bool

	world *sim.World
	once  sync.Once
}

// TrainingOptions say which training to begin or to go on with.
type TrainingOptions struct {
	Path      string
	Scenario  string // "" is the first of sim.Scenarios
	Seed      uint64
	Responder string
	Version   string
	Latency   time.Duration
	Switches  sim.Switches // none: those with which the training began

	Now   time.Time            // where the simulated clock starts; zero: the real time
	Clock func() time.Duration // the time since then; nil: real time while the training is open
}

// OpenTraining goes on with the training in the file at Path, or begins one.
func OpenTraining(ctx context.Context, o TrainingOptions) (*Training, error) {
	if _, err := os.Stat(o.Path); err == nil {
		return resumeTraining(o)
	}
	return beginTraining(ctx, o)
}

func beginTraining(ctx context.Context, o TrainingOptions) (*Training, error) {
	world, err := sim.New(sim.Options{Scenario: o.Scenario, Seed: o.Seed, Now: o.Now, Clock: o.Clock, Latency: o.Latency, Switches: o.Switches})
	if err != nil {
		return nil, store.WithHint(err, "retake train --help lists the scenarios")
	}
	t := &Training{world: world}
	t.describe()
	t.Case, err = Begin(ctx, Beginning{
		Path: o.Path, Wire: t.Wire, Credential: t.Credential, Responder: o.Responder,
		Passphrase: trainingPassphrase, Version: o.Version, WorkFactor: trainingFactor,
	})
	if err != nil {
		return nil, err
	}
	return t, errors.Join(t.hire(), t.Case.Checkpoint("the case was made"), t.keep())
}

// hire puts the company's staff on the list of people, as its payroll has them.
func (t *Training) hire() error {
	return t.Case.AddSubjects(mapped(t.world.Staff(), func(p sim.Person) store.Subject {
		return store.Subject{Kind: Person, Name: p.Name, Facts: map[string]string{"email": p.Email, "role": p.Role}}
	})...)
}

func resumeTraining(o TrainingOptions) (*Training, error) {
	c, err := store.Open(o.Path, nil)
	if err != nil {
		return nil, err
	}
	t, err := reviveTraining(c, o)
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	if o.Responder != "" {
		c.By = o.Responder
	}
	return t, nil
}

func reviveTraining(c *store.Case, o TrainingOptions) (*Training, error) {
	if err := c.Header.Check(store.Training, "", ""); err != nil {
		return nil, err
	}
	if err := c.Unlock(trainingPassphrase); err != nil {
		return nil, err
	}
	snapshot, err := c.World()
	if err != nil {
		return nil, err
	}
	if snapshot == nil {
		return nil, store.WithHint(errors.New("this training was cut off before it began"), "remove %s and start again", o.Path)
	}
	world, err := sim.Restore(sim.Options{Clock: o.Clock, Latency: o.Latency, Switches: o.Switches}, snapshot)
	if err != nil {
		return nil, err
	}
	t := &Training{Case: c, world: world, Resumed: true}
	t.describe()
	c.Now = world.Now
	return t, errors.Join(CloseTail(c), t.keep())
}

// describe sets the wire and the credential from the simulated account.
func (t *Training) describe() {
	o := t.world.Opening()
	t.Wire = Wire{Kind: store.Training, Name: fmt.Sprintf("training:%s?seed=%d", o.Scenario, o.Seed), Transport: t.world, Net: t.world.Site(), Now: t.world.Now}
	t.Credential = account.Credential{SID: o.AccountSID, Secret: account.NewSecret(o.AuthToken)}
	t.Extras = Given{
		EnvGitHub: account.NewSecret(o.GitHub), EnvSendGrid: account.NewSecret(o.SendGrid),
		EnvOrgSID: account.NewSecret(o.OrgSID), EnvOrgClient: account.NewSecret(o.OrgClient), EnvOrgSecret: account.NewSecret(o.OrgSecret),
	}
}

// keep saves the simulated account now and after each of its acts, before the
// answer is given: what it answered it has done.
func (t *Training) keep() error {
	t.world.OnChange(t.Case.SaveWorld)
	return t.save()
}

func (t *Training) save() error {
	snapshot, err := t.world.Snapshot()
	if err != nil {
		return err
	}
	return t.Case.SaveWorld(snapshot)
}

// Close stops the clock of the simulated account and saves it. It does not close
// the case.
func (t *Training) Close() (err error) {
	t.once.Do(func() { err = t.save() })
	return err
}
