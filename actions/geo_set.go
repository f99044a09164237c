package actions

import (
	"slices"
	"strconv"

	"retake/actions/account"
)

// voice sets the countries that an account may call.
func (s setting) voice() (setting, error) {
	s.page, s.what = voiceGeoPage, "countries"
	var wanted []account.VoiceCountry
	for _, word := range s.want {
		iso, on, err := flags(word, 3)
		if err != nil {
			return s, err
		}
		wanted = append(wanted, account.VoiceCountry{ISO: iso, LowRisk: on[0], Special: on[1], TollFraud: on[2]})
	}
	s.set = func(o *account.Operations) ([]string, error) {
		_, err := o.UpdateVoiceCountries(wanted) // the count is no proof; the list that is read back is
		return nil, err
	}
	s.read = func(o *account.Operations) ([]string, error) {
		all, err := o.ListVoiceCountries()
		return s.present(mapped(all, voiceWord)), err
	}
	return s, nil
}

// sms sets the countries that an account may write to.
func (s setting) sms() (setting, error) {
	s.page, s.what = smsGeoPage, "countries"
	var wanted []account.SMSCountry
	for _, word := range s.want {
		iso, on, err := flags(word, 1)
		if err != nil {
			return s, err
		}
		wanted = append(wanted, account.SMSCountry{ISO: iso, Enabled: on[0]})
	}
	s.set = func(o *account.Operations) ([]string, error) {
		said, err := o.UpdateSMSCountries(wanted)
		var ignored []string
		for i, result := range said {
			if i < len(wanted) && (result.ErrorCode != 0 || result.Enabled != wanted[i].Enabled) {
				ignored = append(ignored, smsWord(wanted[i]))
			}
		}
		return ignored, err
	}
	s.read = func(o *account.Operations) ([]string, error) {
		all, err := o.ListSMSCountries()
		return s.present(mapped(all, smsWord)), err
	}
	return s, nil
}

// present are the words of the wanted countries as they are now, in the order
// of what is wanted; a country that is not there any more says so.
func (s setting) present(all []string) []string {
	now := map[string]string{}
	for _, word := range all {
		now[name(word)] = word
	}
	var out []string
	for _, word := range s.want {
		if now[name(word)] == "" {
			now[name(word)] = name(word) + "=?"
		}
		out = append(out, now[name(word)])
	}
	return out
}

// inheritance sets whether a subaccount takes over its parent's countries.
func (s setting) inheritance() (setting, error) {
	s.page, s.what = voiceGeoPage+" (inside the subaccount)", "settings"
	s.set = func(o *account.Operations) ([]string, error) {
		return nil, o.SetInheritance(slices.Contains(s.want, inheritWord(true)))
	}
	s.read = func(o *account.Operations) ([]string, error) {
		on, err := o.FetchInheritance()
		return []string{inheritWord(on)}, err
	}
	return s, nil
}

func inheritWord(on bool) string { return "inherits=" + strconv.FormatBool(on) }

// mapped maps a list.
func mapped[T, U any](all []T, fn func(T) U) []U {
	out := make([]U, len(all))
	for i, x := range all {
		out[i] = fn(x)
	}
	return out
}
