package actions

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Phase is the part of an incident's work that a step belongs to.
type Phase string

// The phases.
const (
	Identify  Phase = "identify"
	Contain   Phase = "contain"
	Eradicate Phase = "eradicate"
	Recover   Phase = "recover"
)

// Step is one entry of the order of work. It is a value: what it knows about the
// account lies in the case, never in the step.
type Step struct {
	ID      string // stable; progress and exhibits are filed under it
	Number  string // Twilio's number in the playbook, or "before 1", "after 12"
	Title   string
	Phase   Phase
	Urgency int    // the console recommends open steps by it, smallest first
	Because string // why it comes when it comes

	Why     string    // what it is for, two lines at most
	Console []string  // what Retake does by itself
	Hands   []Place   // what only a person can do, and where exactly
	Checks  []Check   // the checklist that a person attests
	Each    *Roster   // what it goes through one by one; nil: nothing
	Also    []*Roster // further lists, where there is one already

	Parameters []Parameter
	Work       Work // nil: nothing is done through the API, a person does it all
}

// Place is something that only a person can do.
type Place struct {
	Do    string // what to do
	Where string // the path in the Console, or the office to write to
	Link  string // address, "" if there is none that lasts
}

// Check is a line of a checklist.
type Check struct {
	ID   string // stable within the step
	Text string
}

// Parameter is something that the responder can set before a plan is made.
type Parameter struct {
	Name    string
	Type    ParameterType
	Default string
	Choices []string // for a choice
	Help    string
	Valid   func(value string) error // what else must hold of a value; nil: nothing
}

// ParameterType tells how the value of a parameter is written.
type ParameterType string

// The types of parameters.
const (
	Choice   ParameterType = "choice"   // one of Choices
	Duration ParameterType = "duration" // 90s, 2m
	Number   ParameterType = "number"   // a whole number, 1 or more
	List     ParameterType = "list"     // words with commas between
	Text     ParameterType = "text"
)

// Check tells in a sentence what is wrong with a value.
func (p Parameter) Check(value string) error {
	switch p.Type {
	case Choice:
		if !slices.Contains(p.Choices, value) {
			return fmt.Errorf("%s cannot be %q: it is one of %s", p.Name, value, strings.Join(p.Choices, ", "))
		}
	case Duration:
		if d, err := time.ParseDuration(value); err != nil || d < 0 {
			return fmt.Errorf("%s cannot be %q: it is a time such as 60s or 2m", p.Name, value)
		}
	case Number:
		var n int
		if _, err := fmt.Sscanf(value, "%d", &n); err != nil || n < 1 || fmt.Sprint(n) != value {
			return fmt.Errorf("%s cannot be %q: it is a whole number, 1 or more", p.Name, value)
		}
	}
	if p.Valid != nil {
		return p.Valid(value)
	}
	return nil
}

// validTime holds a time as RFC 3339 has it, or nothing.
func validTime(name string) func(value string) error {
	return func(value string) error {
		if _, err := time.Parse(time.RFC3339, value); err != nil && value != "" {
			return fmt.Errorf("%s cannot be %q: it is a time such as 2026-03-01T02:20:00Z", name, value)
		}
		return nil
	}
}

// Params are the values of a step's parameters, complete with defaults.
type Params map[string]string

// Settle checks given values against a step's parameters and fills in the
// defaults. Unknown names are refused.
func (s *Step) Settle(given map[string]string) (Params, error) {
	out := Params{}
	for _, p := range s.Parameters {
		out[p.Name] = p.Default
	}
	for name, value := range given {
		p, known := s.parameter(name)
		if !known {
			return nil, fmt.Errorf("%s has no parameter %q%s", s.ID, name, s.offer())
		}
		if err := p.Check(value); err != nil {
			return nil, err
		}
		out[name] = value
	}
	return out, nil
}

func (s *Step) parameter(name string) (Parameter, bool) {
	for _, p := range s.Parameters {
		if p.Name == name {
			return p, true
		}
	}
	return Parameter{}, false
}

func (s *Step) offer() string {
	if len(s.Parameters) == 0 {
		return "; it takes none"
	}
	var names []string
	for _, p := range s.Parameters {
		names = append(names, p.Name)
	}
	return "; it has " + strings.Join(names, ", ")
}

// Duration reads a duration; Settle has checked it.
func (p Params) Duration(name string) time.Duration {
	d, _ := time.ParseDuration(p[name])
	return d
}

// Time reads a time; zero where none was given. Settle has checked it.
func (p Params) Time(name string) time.Time {
	t, _ := time.Parse(time.RFC3339, p[name])
	return t
}

// Number reads a whole number; Settle has checked it.
func (p Params) Number(name string) int {
	var n int
	_, _ = fmt.Sscanf(p[name], "%d", &n)
	return n
}

// List reads a list; empty words are left out.
func (p Params) List(name string) []string { return words(p[name]) }

func words(list string) []string {
	var all []string
	for word := range strings.SplitSeq(list, ",") {
		if word = strings.TrimSpace(word); word != "" {
			all = append(all, word)
		}
	}
	return all
}
