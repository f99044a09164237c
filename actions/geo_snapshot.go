package actions

import (
	"encoding/json"
	"net/url"
	"slices"

	"retake/store"
)

// snapshot is what the case read first of an account's countries: the words
// that restore them.
type snapshot struct {
	voice, sms map[string]string // by country, nil if it was never read whole
	settings   bool              // inherits is known
	inherits   bool
}

// The paths under which the lists are read.
const (
	voicePath    = "/v1/DialingPermissions/Countries"
	smsPath      = "/v1/Messaging/GeoPermissions"
	settingsPath = "/v1/Settings"
)

// firstSeen is what mode restore goes back to. Under a panic order, which locks
// everything, nothing is looked up.
func (r *Run) firstSeen() (map[string]snapshot, error) {
	if r.urgent() {
		return nil, nil
	}
	return snapshots(r.Case())
}

// snapshots finds the earliest whole lists among the exhibits.
func snapshots(c *store.Case) (map[string]snapshot, error) {
	all := map[string]snapshot{}
	parts := map[string]map[string]string{} // lists that go on over several pages
	read, err := geoExhibits(c)
	if err != nil {
		return nil, err
	}
	for _, x := range read {
		body, err := c.ExhibitBody(x.n)
		if err != nil {
			return nil, err
		}
		s := all[x.Account]
		switch path := x.at.Path; {
		case path == settingsPath && !s.settings:
			s.inherits, s.settings = readSettings(body)
		case path == smsPath && s.sms == nil:
			s.sms = readSMSList(body)
		case path == voicePath && s.voice == nil:
			if part := parts[x.Account]; part == nil || !x.at.Query().Has("PageToken") {
				parts[x.Account] = map[string]string{}
			}
			if readVoicePage(body, parts[x.Account]) {
				s.voice = parts[x.Account]
			}
		}
		all[x.Account] = s
	}
	return all, nil
}

// geoExhibit is an exchange that read a list of countries.
type geoExhibit struct {
	store.ExhibitEntry
	n  int64
	at *url.URL
}

// geoExhibits are the sound readings of such lists, oldest first.
// A log that cannot be read whole is an error: what is put back must be the first
// state, and not the first that could still be read.
func geoExhibits(c *store.Case) (all []geoExhibit, err error) {
	var failed error
	err = c.Entries(0, func(e store.Entry) bool {
		x := geoExhibit{n: e.N}
		if e.Kind != store.KindExhibit {
			return true
		}
		if failed = e.Decode(&x.ExhibitEntry); failed != nil {
			return false
		}
		if x.Method != "GET" || x.Status != 200 || x.Problem != "" {
			return true
		}
		var strange error // an address that is none belongs to no list
		if x.at, strange = url.Parse(x.URL); strange == nil && slices.Contains([]string{voicePath, smsPath, settingsPath}, x.at.Path) {
			all = append(all, x)
		}
		return true
	})
	if err == nil {
		err = failed
	}
	return all, err
}

func readSettings(body []byte) (inherits, known bool) {
	var said struct {
		On *bool `json:"dialing_permissions_inheritance"`
	}
	if json.Unmarshal(body, &said) != nil || said.On == nil {
		return false, false
	}
	return *said.On, true
}

// readSMSList is nil for a list that is not understood whole.
func readSMSList(body []byte) map[string]string {
	var said struct {
		Permissions []struct {
			ISO     string `json:"country_code"`
			Enabled any    `json:"enabled"`
		}
	}
	if json.Unmarshal(body, &said) != nil || len(said.Permissions) == 0 {
		return nil
	}
	all := map[string]string{}
	for _, p := range said.Permissions {
		switch p.Enabled {
		case true, "true":
			all[p.ISO] = p.ISO + "=1"
		case false, "false":
			all[p.ISO] = p.ISO + "=0"
		default:
			return nil
		}
	}
	return all
}

// readVoicePage adds a page to a list and tells whether it was the last.
func readVoicePage(body []byte, into map[string]string) bool {
	var said struct {
		Content []struct {
			ISO       string `json:"iso_code"`
			LowRisk   *bool  `json:"low_risk_numbers_enabled"`
			Special   *bool  `json:"high_risk_special_numbers_enabled"`
			TollFraud *bool  `json:"high_risk_tollfraud_numbers_enabled"`
		}
		Meta struct {
			Next string `json:"next_page_url"`
		}
	}
	if json.Unmarshal(body, &said) != nil {
		return false
	}
	for _, c := range said.Content {
		if c.LowRisk == nil || c.Special == nil || c.TollFraud == nil {
			return false
		}
		into[c.ISO] = c.ISO + "=" + bit(*c.LowRisk) + bit(*c.Special) + bit(*c.TollFraud)
	}
	return said.Meta.Next == ""
}
