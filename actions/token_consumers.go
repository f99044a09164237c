package actions

import (
	"fmt"
	"slices"
	"strings"

	"retake/store"
)

// consumers is what a rotation goes through: each program that uses an Auth Token
// has to get the new one. A mark holds for the newest token that was created:
// another one has to be deployed anew.
func consumers() *Roster {
	return &Roster{Kind: Program, Optional: true, Since: newestToken, Checks: []Check{
		{"deployed", "The new token lies where the program takes it from"},
		{"restarted", "The program was restarted, or reads it anew by itself"},
		{"canary", "A request or a message went out with the new token and was seen to work"},
	}}
}

// newestToken is the entry of the log that says that a token is to be created,
// the last of them; 0 if none was.
func newestToken(c *store.Case) (last int64, err error) {
	acts, err := c.Acts("auth-tokens")
	for _, a := range acts {
		if a.Act.Verb == verbCreateSecondary {
			last = max(last, a.N)
		}
	}
	return last, err
}

// Consumer is a program that uses an Auth Token, and how far it is.
type Consumer struct {
	Name    string
	Done    []string // IDs of checks, in their order
	Missing []string
}

// Consumers are the programs on the list, with what was marked since the newest
// token was created.
func (d *Desk) Consumers() ([]Consumer, error) { return consumersIn(d.Case) }

func consumersIn(c *store.Case) ([]Consumer, error) {
	listed, err := consumers().in(c, "auth-tokens")
	var all []Consumer
	for _, l := range listed {
		one := Consumer{Name: l.Name}
		for _, check := range consumers().Checks {
			if l.Answer(check.ID) == store.AnswerOpen {
				one.Missing = append(one.Missing, check.ID)
			} else {
				one.Done = append(one.Done, check.ID)
			}
		}
		all = append(all, one)
	}
	return all, err
}

// validConsumers is the Valid of consumers: the names become subjects.
func validConsumers(value string) error {
	for _, name := range words(value) {
		if strings.ContainsAny(name, "=\n") || len(name) > 200 {
			return fmt.Errorf("consumers cannot hold %.40q: names have no = and are shorter than 200 signs", name)
		}
	}
	return nil
}

// listConsumers puts the programs that a plan names on the list.
func listConsumers(r *Run) error {
	listed, err := r.Case().Subjects(Program)
	if err != nil {
		return err
	}
	var all []store.Subject
	for _, name := range r.Params.List("consumers") {
		if !slices.ContainsFunc(listed, func(s store.Subject) bool { return s.Name == name }) {
			all = append(all, store.Subject{Kind: Program, Name: name})
		}
	}
	return r.Case().AddSubjects(all...)
}

// tellConsumers says which consumers are not done, as the plan to promote has
// it.
func tellConsumers(r *Run) ([]string, error) {
	all, err := consumersIn(r.Case())
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return []string{"no consumer was named (consumers=…): it is not known who has the new token and who has not"}, nil
	}
	var lines []string
	for _, c := range all {
		if len(c.Missing) > 0 {
			lines = append(lines, fmt.Sprintf("%s is not done: %s", c.Name, strings.Join(c.Missing, ", ")))
		}
	}
	return append(lines, "a canary is a request or a message that goes out with the new token; signatures of incoming webhooks use it from the promotion on and can be checked only then"), nil
}

// findConsumers reports how each consumer stands.
func findConsumers(r *Run) error {
	all, err := consumersIn(r.Case())
	for _, c := range all {
		f := Finding{ID: "consumer/" + c.Name, Severity: Medium, Account: r.Main(), Text: fmt.Sprintf("consumer %s: done %s; missing %s", c.Name, orNone(c.Done), orNone(c.Missing))}
		if len(c.Missing) == 0 {
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
