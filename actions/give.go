package actions

import (
	"errors"
	"fmt"
	"maps"
	"sync"

	"retake/actions/account"
	"retake/store"
)

// purse holds the Extras that the environment and the responders gave. Steps read
// it while somebody gives another one.
type purse struct {
	mu  sync.Mutex
	all Given
}

// put adds values, known to the line before anybody can use them. What is no
// secret, such as a SID, stays readable.
func (d *Desk) put(g Given) {
	if d.line != nil {
		for _, e := range Extras() {
			for _, p := range e.Parts {
				if p.Secret {
					d.line.Learn(g[p.Env])
				}
			}
		}
	}
	d.purse.mu.Lock()
	defer d.purse.mu.Unlock()
	all := maps.Clone(d.purse.all)
	if all == nil {
		all = Given{}
	}
	maps.Copy(all, g)
	d.purse.all = all
}

// extras are all that there are at present. They are not to be changed.
func (d *Desk) extras() Given {
	d.purse.mu.Lock()
	defer d.purse.mu.Unlock()
	return d.purse.all
}

// extra is one value, zero where nobody gave it.
func (d *Desk) extra(env string) account.Secret { return d.extras()[env] }

// TakesExtras tells whether anything can be given: in a training what the
// simulated account gives is there, and a real credential has no business there.
func (d *Desk) TakesExtras() bool { return d.Case.Header.Kind != store.Training }

// Lacks are the parts of an Extra that are missing or cannot be used; none in a
// training.
func (d *Desk) Lacks(e *Extra) []ExtraPart {
	if !d.TakesExtras() {
		return nil
	}
	return e.lacks(d.family.main, e.only(d.extras()))
}

// Give hands an Extra to the desk, for all that is planned from now on. Parts that
// are left out stay as they are. It is kept in memory until the desk is gone; by
// giving it nothing is written and nothing is sent. An error says in a sentence what is wrong
// with the shape; then everything stays as it was.
func (d *Desk) Give(id string, given Given) error {
	e := extraOf(id)
	if e == nil {
		return fmt.Errorf("there is no credential %q to be given", id)
	}
	if !d.TakesExtras() {
		return store.WithHint(errors.New("cannot take a credential in a training"), "what the simulated account gives is there already")
	}
	fresh := e.only(given)
	if len(fresh) == 0 {
		return store.WithHint(errors.New("nothing was given"), "give %s, or go without", e.Env())
	}
	whole := fresh
	if !e.Apart {
		whole = e.only(d.extras())
		maps.Copy(whole, fresh)
	}
	if err := e.check(d.family.main, whole); err != nil {
		return store.WithHint(err, "nothing was kept; copy it once more, or make another one at %s", e.Where)
	}
	d.put(fresh)
	return nil
}

// lacking says of parts that they are missing, and how they are given.
func (r *Run) lacking(parts ...ExtraPart) string {
	is, it := "is", "it"
	if len(parts) > 1 {
		is, it = "are", "them"
	}
	text := envOf(parts) + " " + is + " not set"
	if r.desk.TakesExtras() {
		text += fmt.Sprintf(", and nobody gave %s (K on the screen of this step, --ask without the screen)", it)
	}
	return text
}

// reached takes back what an earlier run of the step missed for want of a
// credential; nothing where none did.
func (r *Run) reached(sid, what string, got int) error {
	all, err := r.Case().Coverages(r.Step.ID)
	for _, v := range all {
		if v.Source == what && v.Account == sid && !v.Seen {
			return r.See(sid, what, got)
		}
	}
	return err
}
