package actions

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"retake/actions/probe"
)

// confirmedHosts is the parameter that stands for typing the names of hosts
// where there is no screen.
const confirmedHosts = "confirmed_hosts"

// tryUnknown is the parameter by which Twilio is asked about tokens that the case
// does not know.
var tryUnknown = Parameter{Name: "try_unknown", Type: Choice, Default: "no", Choices: yesNo, Help: tryHelp}

// yesNo are the choices of a parameter that allows something.
var yesNo = []string{"no", "yes"}

// hostParameters are those of every step that contacts own hosts.
func hostParameters(more ...Parameter) []Parameter {
	return append([]Parameter{
		{Name: "hosts", Type: List, Valid: validHosts, Help: "your own hosts to look at from outside, with commas: www.example.com, or www.example.com:8443; nothing else is contacted"},
		{Name: confirmedHosts, Type: List, Valid: validHosts, Help: "without the screen: the same names once more, as your word that they are yours; on the screen they are typed"},
		{Name: "allow_private", Type: Choice, Default: "no", Choices: yesNo, Help: "yes: hosts may lie on this computer or in a private network"},
		{Name: "pause", Type: Duration, Default: "250ms", Help: "how long to wait between two requests to a host"},
	}, more...)
}

func validHosts(value string) error {
	for _, name := range words(value) {
		if _, err := probe.ParseHost(name); err != nil {
			return err
		}
	}
	return nil
}

// mostHosts is how many hosts one plan contacts.
const mostHosts = 50

// hostsOf are the hosts of a parameter, each once, in order.
func (p Params) hostsOf(name string) ([]string, error) {
	var all []string
	for _, word := range p.List(name) {
		h, err := probe.ParseHost(word)
		if err != nil {
			return nil, err
		}
		all = append(all, h.String())
	}
	slices.Sort(all)
	if all = slices.Compact(all); len(all) > mostHosts {
		return nil, fmt.Errorf("%d hosts are too many for one plan: give at most %d at a time", len(all), mostHosts)
	}
	return all, nil
}

// validPorts checks a list of TCP ports.
func validPorts(value string) error {
	if n := len(words(value)); n > 100 {
		return fmt.Errorf("%d ports are too many: give at most 100", n)
	}
	for _, word := range words(value) {
		if n, err := strconv.ParseUint(word, 10, 16); err != nil || n == 0 {
			return fmt.Errorf("ports cannot hold %q: they are numbers from 1 to 65535, with commas", word)
		}
	}
	return nil
}

// portsOf are the TCP ports that are tried at a host.
func (p Params) portsOf(host string) []int {
	var all []int
	for _, word := range p.List("ports") {
		n, _ := strconv.Atoi(word) // checked by validPorts
		all = append(all, n)
	}
	if len(all) == 0 {
		all = slices.Clone(probe.UsualPorts)
	}
	if h, err := probe.ParseHost(host); err == nil && h.Port != 0 {
		all = append(all, h.Port)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// validPages checks paths of pages.
func validPages(value string) error {
	for _, word := range words(value) {
		if u, err := url.Parse(word); err != nil || !strings.HasPrefix(word, "/") || strings.HasPrefix(word, "//") || u.Host != "" || u.Fragment != "" {
			return fmt.Errorf("pages cannot hold %q: they are paths such as /login, with commas", word)
		}
	}
	return nil
}

// probes are one change for each host.
func probes(r *Run, what string) ([]Change, error) {
	hosts, err := r.Params.hostsOf("hosts")
	if err != nil {
		return nil, err
	}
	all := mapped(hosts, func(h string) Change {
		return Change{ID: verbProbe + "/" + h, Account: r.Main(), Verb: verbProbe, Target: h + ": " + what, Reversible: true, Host: h}
	})
	return all, r.seenAll(all, func(c Change) string { return lookAddress(c.Host) })
}
