package actions

import (
	"context"
	"fmt"
	"slices"
	"strings"

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
	blind    []string // the lists that could not be read
}

// survey reads the lists of all accounts. What is refused is said and does not
// stop the others; a list that broke off does.
func survey(ctx context.Context, r *Run) ([]*openings, error) {
	accounts, err := r.Accounts(ctx)
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

// readAll reads the lists of one account with its own credential, which alone
// opens them.
func (a *openings) readAll(ctx context.Context, r *Run) error {
	own := r.Read(ctx, r.Credential(a.SID))
	for _, list := range []struct {
		what, page string
		read       func() error
	}{
		{"countries for calls", voiceGeoPage, func() (err error) { a.voice, err = own.ListVoiceCountries(); return err }},
		{"inheritance of countries for calls", voiceGeoPage, func() (err error) { a.inherits, err = a.inherit(own, r.Main()); return err }},
		{"countries for messages", smsGeoPage, func() (err error) { a.sms, err = own.ListSMSCountries(); return err }},
		{"usage triggers", triggerPage, func() (err error) { a.triggers, err = own.ListTriggers(a.SID); return err }},
		{"audit events of countries and triggers", "Console: Monitor > Insights > Audit", func() error { return a.readEvents(r, own) }},
	} {
		err := list.read()
		if isRefusal(err) {
			a.blind = append(a.blind, list.what)
			err = r.Miss(a.SID, list.what+" of "+a.SID, account.Explain(err)+" Look here: "+list.page)
		} else if err != nil {
			err = fmt.Errorf("cannot read the %s of %s: %w", list.what, a.SID, err)
		}
		if err != nil {
			return err
		}
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
