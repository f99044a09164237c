package account

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	accounts "github.com/twilio/twilio-go/rest/accounts/v1"
)

// An SMSCountry says whether messages to a country are allowed.
type SMSCountry struct {
	ISO     string
	Kind    string // Twilio documents "country" only, and "" means that in an update
	Enabled bool
}

// An SMSResult is what Twilio says of one change. It answers 200 even if it
// did not make the change: then ErrorCode is not 0.
type SMSResult struct {
	SMSCountry          // as Twilio says it is now
	ErrorCode  int      // such as 30649: the API may not change this country
	Errors     []string // masked, and untrusted
}

// ListSMSCountries reads where the client's own account may send messages.
// Twilio: GET accounts.twilio.com/v1/Messaging/GeoPermissions.
func (o *Operations) ListSMSCountries() ([]SMSCountry, error) {
	w := o.wire(o.client.credential.SID, "permissions")
	if _, err := accounts.NewApiService(w.requests()).FetchMessagingGeopermissions(nil); err != nil {
		return nil, w.settle(err, false)
	}
	said, err := w.permissions()
	if err != nil {
		return nil, w.strange(err.Error())
	}
	return each(said, func(r SMSResult) SMSCountry { return r.SMSCountry }), nil
}

// UpdateSMSCountries allows or forbids messages to each country, for the
// client's own account, and returns what Twilio says of each, in the order
// asked for. On an Unsure error the results hold what could be read.
// Twilio: PATCH accounts.twilio.com/v1/Messaging/GeoPermissions.
func (o *Operations) UpdateSMSCountries(countries []SMSCountry) ([]SMSResult, error) {
	asked, err := smsUpdate(countries)
	if err != nil {
		return nil, err
	}
	w := o.wire(o.client.credential.SID, "permissions")
	params := (&accounts.PatchMessagingGeopermissionsParams{}).SetPermissions(each(asked, permission))
	if _, err := accounts.NewApiService(w.requests()).PatchMessagingGeopermissions(params); err != nil {
		return nil, w.settle(err, true)
	}
	said, err := w.permissions()
	if err != nil {
		return nil, w.lacking(err.Error())
	}
	return w.answers(asked, said)
}

// answers finds what was said of each country that was asked for.
func (w *wire) answers(asked []SMSCountry, said []SMSResult) ([]SMSResult, error) {
	type id struct{ iso, kind string }
	by := map[id]SMSResult{}
	for _, r := range said {
		by[id{r.ISO, r.Kind}] = r
	}
	var out []SMSResult
	missing := ""
	for _, c := range asked {
		if r, is := by[id{c.ISO, c.Kind}]; is {
			out = append(out, r)
		} else if missing == "" {
			missing = c.ISO
		}
	}
	if missing != "" {
		return out, w.lacking(fmt.Sprintf("the reply says nothing of %d of %d countries, such as %s", len(asked)-len(out), len(asked), missing))
	}
	return out, w.settle(nil, true)
}

// smsUpdate checks what is asked for, and names each kind.
func smsUpdate(countries []SMSCountry) ([]SMSCountry, error) {
	if len(countries) == 0 {
		return nil, notSent(nil, "no country to update was given")
	}
	asked := make([]SMSCountry, len(countries))
	given := map[string]bool{}
	for i, c := range countries {
		if err := checkISO(c.ISO); err != nil {
			return nil, err
		}
		if c.Kind == "" {
			c.Kind = "country"
		}
		if given[c.ISO+" "+c.Kind] {
			return nil, notSent(nil, "country %s was given twice", c.ISO)
		}
		given[c.ISO+" "+c.Kind] = true
		asked[i] = c
	}
	return asked, nil
}

func permission(c SMSCountry) any {
	return struct {
		ISO     string `json:"country_code"`
		Kind    string `json:"type"`
		Enabled bool   `json:"enabled"`
	}{c.ISO, c.Kind, c.Enabled}
}

// permissions reads the reply itself, since Twilio declares no type for it. A
// country that does not say whether it is enabled is an error: it must not be
// read as closed.
func (w *wire) permissions() ([]SMSResult, error) {
	var items []struct {
		ISO     string          `json:"country_code"`
		Kind    string          `json:"type"`
		Enabled json.RawMessage `json:"enabled"`
		Code    json.RawMessage `json:"error_code"`
		Errors  json.RawMessage `json:"error_messages"`
	}
	if err := json.Unmarshal(w.member("permissions"), &items); err != nil {
		return nil, fmt.Errorf("the list of countries was not understood: %w", err)
	}
	out := make([]SMSResult, len(items))
	for i, p := range items {
		enabled, err := strconv.ParseBool(bare(p.Enabled))
		if p.ISO == "" || err != nil {
			return nil, fmt.Errorf("a country came without saying whether it is enabled: %q", cut(p.ISO, 20))
		}
		code, err := errorCode(p.Code)
		if err != nil {
			return nil, fmt.Errorf("country %q came with an error code that is no number", cut(p.ISO, 20))
		}
		if p.Kind == "" {
			p.Kind = "country"
		}
		out[i] = SMSResult{SMSCountry{p.ISO, p.Kind, enabled}, code, w.line.texts(p.Errors)}
	}
	return out, nil
}

// errorCode reads a code that is a number, a number as text, null or missing.
func errorCode(raw json.RawMessage) (int, error) {
	text := bare(raw)
	if text == "" || text == "null" {
		return 0, nil
	}
	return strconv.Atoi(text)
}

// bare is a JSON scalar without its quotes.
func bare(raw json.RawMessage) string { return string(bytes.Trim(raw, `"`)) }

// texts reads one text or a list of texts, masked; anything else is shown as
// it was sent.
func (l *Line) texts(raw json.RawMessage) []string {
	var several []string
	var one string
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return nil
	case json.Unmarshal(raw, &several) == nil:
	case json.Unmarshal(raw, &one) == nil:
		several = []string{one}
	default:
		several = []string{string(raw)}
	}
	return each(several, l.Mask)
}
