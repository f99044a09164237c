// Package moment reads the times of Twilio's records. One record has them as
// RFC 1123 (api.twilio.com), another as RFC 3339 (the newer hosts), and the days
// of usage are dates alone.
package moment

import "time"

// forms are the forms that Twilio writes times in, the most frequent first. The
// last one has days of one digit.
var forms = []string{time.RFC1123Z, time.RFC3339, time.RFC1123, time.DateOnly, "Mon, 2 Jan 2006 15:04:05 -0700"}

// longest bounds what a field that is no time can cost.
const longest = 64

// Of is the first of some texts that is a time, in UTC; zero if none is.
func Of(texts ...string) time.Time {
	for _, text := range texts {
		if len(text) < len(time.DateOnly) || len(text) > longest {
			continue
		}
		for _, form := range forms {
			if at, err := time.Parse(form, text); err == nil {
				return at.UTC()
			}
		}
	}
	return time.Time{}
}
