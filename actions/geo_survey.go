package actions

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"retake/actions/account"
)

// openings is where one account may call and write, what its triggers are, and
// what its audit log says of them.
type openings struct {
	account.Account
	inherits bool // takes over its parent's countries for calls
	voice    []account.VoiceCountry
	sms      []account.SMSCountry
	triggers []account.Trigger
	events   []geoEvent

	mu    sync.Mutex
	blind []string // the lists that could not be read
}

// missed notes that a list could not be read.
func (a *openings) missed(what string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.blind = append(a.blind, what)
}

// survey reads the lists of all accounts. What is refused is said and does not
// stop the others; a list that broke off does.
func survey(ctx context.Context, r *Run) ([]*openings, error) {
	accounts, err := r.surveyed(ctx)
	if err != nil {
		return nil, err
	}
	var all []*openings
	for _, a := range accounts {
		switch a.Status {
		case "active":
			all = append(all, &openings{Account: a})
		case "suspended":
			if err := r.Miss(a.SID, "countries of the suspended subaccount "+a.SID, "a suspended account turns its own token away (401): when it is reactivated, plan this step again at once"); err != nil {
				return nil, err
			}
		}
	}
	return all, each(r, all, func(a *openings) error { return a.readAll(ctx, r) })
}

// surveyed are the accounts whose lists are read. Under a panic order the list
// that was just read will do.
func (r *Run) surveyed(ctx context.Context) ([]account.Account, error) {
	if r.urgent() {
		return r.Listed(ctx)
	}
	return r.Accounts(ctx)
}

// openingList is one of the lists that openings are read from.
type openingList struct {
	what, page string
	read       func() error
}

// lists are those of one account. Under a panic order only what decides on the
// lock is read: triggers and events wait for the capture.
func (a *openings) lists(r *Run, own *account.Operations) []openingList {
	all := []openingList{
		{"countries for calls", voiceGeoPage, func() (err error) { a.voice, err = own.ListVoiceCountries(); return err }},
		{"inheritance of countries for calls", voiceGeoPage, func() (err error) { a.inherits, err = a.inherit(own, r.Main()); return err }},
		{"countries for messages", smsGeoPage, func() (err error) { a.sms, err = own.ListSMSCountries(); return err }},
		{"usage triggers", triggerPage, func() (err error) { a.triggers, err = own.ListTriggers(a.SID); return err }},
		{"audit events of countries and triggers", "Console: Monitor > Insights > Audit", func() error { return a.readEvents(r, own) }},
	}
	if r.urgent() {
		return all[:3]
	}
	return all
}

// readAll reads the lists of one account with its own credential, which alone
// opens them.
func (a *openings) readAll(ctx context.Context, r *Run) error {
	own := r.Read(ctx, r.Credential(a.SID))
	err := each(r, a.lists(r, own), func(list openingList) error {
		err := list.read()
		if isRefusal(err) {
			a.missed(list.what)
			return r.Miss(a.SID, list.what+" of "+a.SID, account.Explain(err)+" Look here: "+list.page)
		}
		if err != nil {
			return fmt.Errorf("cannot read the %s of %s: %w", list.what, a.SID, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(a.voice, func(x, y account.VoiceCountry) int { return strings.Compare(x.ISO, y.ISO) })
	slices.SortFunc(a.sms, func(x, y account.SMSCountry) int { return strings.Compare(x.ISO, y.ISO) })
	a.sms = slices.DeleteFunc(a.sms, func(c account.SMSCountry) bool { return c.Kind != "country" || !countryShape.MatchString(c.ISO) })
	a.voice = slices.DeleteFunc(a.voice, func(c account.VoiceCountry) bool { return !countryShape.MatchString(c.ISO) })
	return nil
}

// inherit asks a subaccount; the main account has no parent.
func (a *openings) inherit(own *account.Operations, main string) (bool, error) {
	if a.SID == main {
		return false, nil
	}
	return own.FetchInheritance()
}

// sameSMS tells whether two accounts may write to the same countries: then the
// subaccount is taken to inherit its parent's, which is Twilio's default and
// which no API shows.
func sameSMS(a, b *openings) bool {
	return slices.Equal(mapped(a.sms, smsWord), mapped(b.sms, smsWord))
}

// missGeo says what no API shows of this step.
func missGeo(r *Run) error {
	for _, m := range [][2]string{
		{"countries of Verify", "Verify has a list of its own that no API shows: Console > Verify > Settings > Geo permissions"},
		{"Fraud Guard of Verify", "no API shows its level: Console > Verify > Services > (service) > SMS"},
		{"SMS pumping protection", "no API that is documented shows it: Console > Messaging > Settings > General"},
		{"the SafeList as a whole", "its numbers pass Verify's countries and Fraud Guard, and no list can be had: ask number by number"},
		{"whether subaccounts inherit the countries for messages", "only the Console shows it: inside the subaccount, Messaging > Settings > Geo permissions"},
		{"countries and triggers of the Regions IE1, AU1 and JP1", "each Region is looked at by itself: Console > Account > API keys & tokens > Region"},
	} {
		if err := r.Miss(r.Main(), m[0], m[1]); err != nil {
			return err
		}
	}
	return nil
}
