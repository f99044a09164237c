package sim

import (
	"strings"
	"time"
)

// Scenario is one story that the simulated family can tell.
type Scenario struct {
	Name, Title, Summary string
	Scene                Scene
}

var scenarios = []Scenario{
	{"leaked-token", "The leaked Auth Token",
		"Forty minutes ago somebody began to use the parent's Auth Token. Calls go to destinations that earn money, " +
			"messages carry links, and there are keys and tokens that nobody in the company made.", unusualTraffic},
	{"clean", "An ordinary day",
		"The same company, untouched: what a false alarm looks like, and what everything looked like before.", nervousColleague},
	{mailStory, "Mail in our name",
		"Forty minutes ago somebody signed in to SendGrid with a password that leaked elsewhere. Mail goes out in the company's name. " +
			"The Twilio side is untouched.", strangeMail},
}

// Scenarios lists the stories, the default first.
func Scenarios() []Scenario { return append([]Scenario(nil), scenarios...) }

func scenarioNames() string {
	var names []string
	for _, s := range scenarios {
		names = append(names, s.Name)
	}
	return strings.Join(names, ", ")
}

// history is what happened before the start and can be listed; it follows
// from the shape alone.
type history struct {
	events    []event
	alerts    []alert
	footholds []trace
	things    map[string][]*thing // by resource and account
}

// found makes the family and its history. The same shape gives the same
// family, to the byte.
func (w *World) found(s shape) {
	w.state, w.start = state{Level: snapshotLevel, Shape: s}, s.Start
	w.past = history{things: map[string][]*thing{}}
	w.windows, w.records = map[windowKey][]rec{}, map[streamKey][]rec{}
	w.tallies, w.tabs = map[string]bills{}, map[streamKey]*tab{}
	w.buildCompany()
	w.furnish()
	w.buildMail()
	w.chronicle()
	if s.Scenario == "leaked-token" {
		w.breakIn()
		w.past.footholds = w.traces(w.past.events)
		w.intrude()
	}
	if s.Scenario == mailStory {
		w.breakInMail()
	}
	w.state.FirstToken = w.state.parent().Primary
	w.state.foundRegions()
	if w.options.Switches.MainAccount == "rotated" {
		w.rotateFirst()
	}
}

// rotateFirst makes the main account's token the intruder's, as his last act
// before the start: the one that Opening tells is dead.
func (w *World) rotateFirst() {
	a, s := w.state.parent(), &w.state
	at, by := w.start.Add(-time.Minute), author{a.Sid, "account", "api", intruderIP}
	a.Primary, a.Secondary = s.newToken(), ""
	s.Intruder.learn(a, a.Primary)
	w.remember(a, at, by, "account-auth-token.promoted", "account", a.Sid, "Auth Token promoted", nil)
}
