package account

import (
	"fmt"
	"slices"
	"strings"
)

// A Region is where Twilio keeps and processes what belongs to it, with an Auth
// Token of its own; the token of one is turned away in every other. The zero
// Region is US1, whose hosts name none.
// Twilio: docs/global-infrastructure/using-the-twilio-rest-api-in-a-non-us-region.
type Region string

// The Regions beside US1.
const (
	IE1 Region = "ie1"
	AU1 Region = "au1"
	JP1 Region = "jp1"
)

// edges are by which edge a Region is reached: a host names both.
// Twilio: docs/twilio-cli/general-usage/regional has the three pairs.
var edges = map[Region]string{IE1: "dublin", AU1: "sydney", JP1: "tokyo"}

// Regions lists those beside US1.
func Regions() []Region { return []Region{IE1, AU1, JP1} }

// String is the name as Twilio writes it: IE1.
func (r Region) String() string {
	if r == "" {
		return "US1"
	}
	return strings.ToUpper(string(r))
}

// ParseRegion reads a name such as ie1 or IE1.
func ParseRegion(name string) (Region, error) {
	r := Region(strings.ToLower(strings.TrimSpace(name)))
	switch {
	case r == "us1":
		return "", nil
	case !slices.Contains(Regions(), r):
		return "", fmt.Errorf("there is no Region %q here: it is one of us1, ie1, au1, jp1", cut(name, 20))
	}
	return r, nil
}

// regional are the hosts that are asked in other Regions. That accounts and
// monitor answer there is not documented: where they do not, the request fails
// and that is said.
var regional = []string{"api.twilio.com", "accounts.twilio.com", "monitor.twilio.com"}

// allows tells whether a host is one that a credential of the Region may go to.
func (r Region) allows(host string) bool {
	if r == "" {
		return hosts[host]
	}
	product, found := strings.CutSuffix(host, "."+edges[r]+"."+string(r)+".twilio.com")
	return found && slices.Contains(regional, product+".twilio.com")
}
