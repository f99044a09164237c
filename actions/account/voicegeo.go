package account

import (
	"encoding/json"
	"regexp"
	"strconv"

	voice "github.com/twilio/twilio-go/rest/voice/v1"
)

// A VoiceCountry says whether calls to a country are allowed: to its ordinary
// numbers, to its expensive special ones, and to those known for toll fraud.
type VoiceCountry struct {
	ISO, Name, Continent        string
	Codes                       []string // such as "+1"
	LowRisk, Special, TollFraud bool
}

// ListVoiceCountries reads where the client's own account may call, which its
// parent's token cannot. On an error the countries read so far come with it.
// Twilio: GET voice.twilio.com/v1/DialingPermissions/Countries.
func (o *Operations) ListVoiceCountries() ([]VoiceCountry, error) {
	w := o.wire(o.client.credential.SID, "content")
	service := voice.NewApiService(w.requests())
	return collect(w, func(at position) (page[VoiceCountry], error) {
		got, err := service.PageDialingPermissionsCountry(&voice.ListDialingPermissionsCountryParams{PageSize: &pageSize}, at.token, at.number)
		if err != nil {
			return page[VoiceCountry]{}, err
		}
		countries, err := w.voiceCountries(got.Content)
		return page[VoiceCountry]{countries, value(got.Meta.NextPageUrl)}, err
	}, func(c VoiceCountry) string { return c.ISO })
}

// voiceCountries refuses a country without its three flags: one that is
// missing must not be read as "closed".
func (w *wire) voiceCountries(in []voice.VoiceV1DialingPermissionsCountry) ([]VoiceCountry, error) {
	for _, c := range in {
		if c.IsoCode == nil || c.LowRiskNumbersEnabled == nil || c.HighRiskSpecialNumbersEnabled == nil || c.HighRiskTollfraudNumbersEnabled == nil {
			return nil, w.strange("a country came without saying whether it may be called: " + printable(cut(value(c.IsoCode), 20)))
		}
	}
	return each(in, func(c voice.VoiceV1DialingPermissionsCountry) VoiceCountry {
		return VoiceCountry{
			ISO: value(c.IsoCode), Name: w.line.Mask(value(c.Name)), Continent: value(c.Continent), Codes: value(c.CountryCodes),
			LowRisk: *c.LowRiskNumbersEnabled, Special: *c.HighRiskSpecialNumbersEnabled, TollFraud: *c.HighRiskTollfraudNumbersEnabled,
		}
	}), nil
}

// ListSpecialPrefixes reads the prefixes of a country's expensive special
// numbers.
// Twilio: GET voice.twilio.com/v1/DialingPermissions/Countries/{iso}/HighRiskSpecialPrefixes.
func (o *Operations) ListSpecialPrefixes(iso string) ([]string, error) {
	if err := checkISO(iso); err != nil {
		return nil, err
	}
	w := o.wire(o.client.credential.SID, "content")
	service := voice.NewApiService(w.requests())
	return collect(w, func(at position) (page[string], error) {
		got, err := service.PageDialingPermissionsHrsPrefixes(iso, &voice.ListDialingPermissionsHrsPrefixesParams{PageSize: &pageSize}, at.token, at.number)
		if err != nil {
			return page[string]{}, err
		}
		prefixes := each(got.Content, func(p voice.VoiceV1DialingPermissionsHrsPrefixes) string { return value(p.Prefix) })
		return page[string]{prefixes, value(got.Meta.NextPageUrl)}, nil
	}, func(prefix string) string { return prefix })
}

// UpdateVoiceCountries sets the three flags of each country, for the client's
// own account, in one request; Twilio documents no limit to it. It returns how
// many countries Twilio says it updated: hold it against how many were asked
// for, and read the list back.
// Twilio: POST voice.twilio.com/v1/DialingPermissions/BulkCountryUpdates.
func (o *Operations) UpdateVoiceCountries(countries []VoiceCountry) (int, error) {
	update, err := voiceUpdate(countries)
	if err != nil {
		return 0, err
	}
	w := o.wire(o.client.credential.SID, "")
	params := (&voice.CreateDialingPermissionsCountryBulkUpdateParams{}).SetUpdateRequest(update)
	got, err := voice.NewApiService(w.requests()).CreateDialingPermissionsCountryBulkUpdate(params)
	switch {
	case err != nil:
		return 0, w.settle(err, true)
	case w.member("update_count") == nil:
		return 0, w.lacking("the reply says success but not how many countries were updated")
	}
	return got.UpdateCount, w.settle(nil, true)
}

// voiceUpdate is the JSON that Twilio wants as text, its flags as text too.
func voiceUpdate(countries []VoiceCountry) (string, error) {
	if len(countries) == 0 {
		return "", notSent(nil, "no country to update was given")
	}
	type change struct {
		ISO       string `json:"iso_code"`
		LowRisk   string `json:"low_risk_numbers_enabled"`
		Special   string `json:"high_risk_special_numbers_enabled"`
		TollFraud string `json:"high_risk_tollfraud_numbers_enabled"`
	}
	given := map[string]bool{}
	changes := make([]change, len(countries))
	for i, c := range countries {
		if err := checkISO(c.ISO); err != nil {
			return "", err
		}
		if given[c.ISO] {
			return "", notSent(nil, "country %s was given twice", c.ISO)
		}
		given[c.ISO] = true
		changes[i] = change{c.ISO, strconv.FormatBool(c.LowRisk), strconv.FormatBool(c.Special), strconv.FormatBool(c.TollFraud)}
	}
	text, err := json.Marshal(changes)
	return string(text), err
}

// FetchInheritance tells whether the client's own account, a subaccount, takes
// over its parent's list of countries to call.
// Twilio: GET voice.twilio.com/v1/Settings.
func (o *Operations) FetchInheritance() (bool, error) {
	w := o.wire(o.client.credential.SID, "")
	got, err := voice.NewApiService(w.requests()).FetchDialingPermissionsSettings()
	switch {
	case err != nil:
		return false, w.settle(err, false)
	case got.DialingPermissionsInheritance == nil:
		return false, w.strange("the reply does not say whether the parent's list is taken over")
	}
	return *got.DialingPermissionsInheritance, nil
}

// SetInheritance makes the client's own account, a subaccount, take over its
// parent's list of countries to call, or not.
// Twilio: POST voice.twilio.com/v1/Settings.
func (o *Operations) SetInheritance(on bool) error {
	w := o.wire(o.client.credential.SID, "")
	params := (&voice.UpdateDialingPermissionsSettingsParams{}).SetDialingPermissionsInheritance(on)
	got, err := voice.NewApiService(w.requests()).UpdateDialingPermissionsSettings(params)
	switch {
	case err != nil:
		return w.settle(err, true)
	case got.DialingPermissionsInheritance == nil || *got.DialingPermissionsInheritance != on:
		return w.lacking("the reply says success but not that the setting is " + strconv.FormatBool(on))
	}
	return w.settle(nil, true)
}

var isoShape = regexp.MustCompile(`^[A-Z]{2}$`)

func checkISO(iso string) error {
	if !isoShape.MatchString(iso) {
		return notSent(nil, "%q is not an ISO code of a country, two capital letters", cut(iso, 20))
	}
	return nil
}
