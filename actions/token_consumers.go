package actions

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"retake/store"
)

// Marks are what a person reports of a program that uses an Auth Token, in the
// order in which it happens.
var Marks = []string{"deployed", "restarted", "canary"}

// Consumer is a program that uses an Auth Token, and how far it is.
type Consumer struct {
	Name string
	Done []string // of Marks
}

// Missing are the marks that are not set yet.
func (c Consumer) Missing() []string {
	return slices.DeleteFunc(slices.Clone(Marks), func(m string) bool { return slices.Contains(c.Done, m) })
}

// Mark files a person's word that a consumer is so far. The state of the step
// stays: only the promotion ends it.
func (d *Desk) Mark(name string, marks []string, note string) error {
	if name == "" || strings.ContainsAny(name, ":,\n") {
		return fmt.Errorf("%q is no name of a consumer: it has no colon and no comma", name)
	}
	if len(marks) == 0 {
		return fmt.Errorf("say what is done of %s: %s", name, strings.Join(Marks, ", "))
	}
	for _, m := range marks {
		if !slices.Contains(Marks, m) {
			return fmt.Errorf("%q is not one of %s", m, strings.Join(Marks, ", "))
		}
	}
	known, err := d.Consumers()
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(known, func(c Consumer) bool { return c.Name == name }) {
		return store.WithHint(fmt.Errorf("the rotation knows no consumer %q", name), "plan auth-tokens in graceful mode with consumers=NAME,NAME first")
	}
	text := marked + name + ": " + strings.Join(marks, ", ")
	if note != "" {
		text += " (" + note + ")"
	}
	return d.Case.AddNote("auth-tokens", text)
}

// marked begins a note about a consumer.
const marked = "consumer "

// Consumers are those of the latest graceful plan, with what was marked since
// the latest new token was created: another token has to be deployed anew.
func (d *Desk) Consumers() ([]Consumer, error) {
	standing, err := d.Case.Progress("auth-tokens")
	if err != nil {
		return nil, err
	}
	return consumersIn(d.Case, Params(standing.Parameters).List("consumers"))
}

func consumersIn(c *store.Case, names []string) ([]Consumer, error) {
	if len(names) == 0 {
		return nil, nil
	}
	done := map[string][]string{}
	var failed error
	err := c.Entries(0, func(e store.Entry) bool {
		switch {
		case e.Step != "auth-tokens":
		case e.Kind == store.KindIntent:
			var a store.Act
			if failed = e.Decode(&a); a.Verb == verbCreateSecondary {
				clear(done)
			}
		case e.Kind == store.KindNote:
			var n store.Note
			failed = e.Decode(&n)
			name, marks := readMark(n.Text)
			done[name] = append(done[name], marks...)
		}
		return failed == nil
	})
	var all []Consumer
	for _, name := range names {
		all = append(all, Consumer{Name: name, Done: slices.DeleteFunc(slices.Clone(Marks), func(m string) bool { return !slices.Contains(done[name], m) })})
	}
	return all, errors.Join(err, failed)
}

// readMark reads what Mark wrote.
func readMark(text string) (name string, marks []string) {
	rest, ok := strings.CutPrefix(text, marked)
	name, list, found := strings.Cut(rest, ": ")
	if !ok || !found {
		return "", nil
	}
	list, _, _ = strings.Cut(list, " (")
	return name, words(list)
}

// tellConsumers says which consumers are not done, as the plan to promote has
// it, and how each stands, as findings of the step.
func tellConsumers(r *Run) ([]string, error) {
	all, err := consumersIn(r.Case(), r.Params.List("consumers"))
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return []string{"no consumer was named (consumers=…): it is not known who has the new token and who has not"}, nil
	}
	var lines []string
	for _, c := range all {
		if missing := c.Missing(); len(missing) > 0 {
			lines = append(lines, fmt.Sprintf("%s is not done: %s", c.Name, strings.Join(missing, ", ")))
		}
	}
	return append(lines, "a canary is a request or a message that goes out with the new token; signatures of incoming webhooks use it from the promotion on and can be checked only then"), nil
}

// findConsumers reports how each consumer stands.
func findConsumers(r *Run) error {
	all, err := consumersIn(r.Case(), r.Params.List("consumers"))
	for _, c := range all {
		f := Finding{ID: "consumer/" + c.Name, Severity: Medium, Account: r.Main(), Text: fmt.Sprintf("consumer %s: done %s; missing %s", c.Name, orNone(c.Done), orNone(c.Missing()))}
		if len(c.Missing()) == 0 {
			f.Severity = Info
		}
		r.Find(f)
	}
	return err
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "nothing"
	}
	return strings.Join(list, ", ")
}
