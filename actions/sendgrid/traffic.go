package sendgrid

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// MessagesAMinute is how many requests SendGrid answers of the mail activity.
const MessagesAMinute = 6

// MostMessages is the most that one request brings. There are no pages.
const MostMessages = 1000

// Message is one mail of the activity.
type Message struct {
	ID      string `json:"msg_id"`
	From    string `json:"from_email"`
	To      string `json:"to_email"`
	Subject string `json:"subject"`
	Status  string `json:"status"`
	Last    string `json:"last_event_time"`
}

// Messages are the mails whose last event falls between two times, MostMessages
// at most. It is not repeated: whoever asks keeps the pace.
// GET /v3/messages. A paid add-on; not for subusers in the region EU.
func (c *Calls) Messages(from, to time.Time) ([]Message, error) {
	a := c.ask(Subuser{}, "GET", "/v3/messages")
	stamp := func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
	a.Query = url.Values{
		"query": {fmt.Sprintf(`last_event_time BETWEEN TIMESTAMP "%s" AND TIMESTAMP "%s"`, stamp(from), stamp(to))},
		"limit": {fmt.Sprint(MostMessages)},
	}
	a.List, a.Once = "messages", true
	got, err := c.way.Send(c.ctx, c.recorder, a)
	if err != nil {
		return nil, err
	}
	var said struct{ Messages []Message }
	err = understood(json.Unmarshal(got.Shown, &said))
	return said.Messages, err
}

// Origin is what sent one mail.
type Origin struct {
	Key      string `json:"api_key_id"` // "" where another credential did
	Teammate string `json:"teammate"`
	IP       string `json:"originating_ip"`
}

// Origin reads what sent a mail.
// GET /v3/messages/{msg_id}.
func (c *Calls) Origin(id string) (Origin, error) {
	a := c.ask(Subuser{}, "GET", "/v3/messages/{}", id)
	a.Once = true
	got, err := c.way.Send(c.ctx, c.recorder, a)
	if err != nil {
		return Origin{}, err
	}
	var o Origin
	err = json.Unmarshal(got.Shown, &o)
	return o, understood(err)
}

// Day is how many mails were asked to be sent on a day.
type Day struct {
	Date     string
	Requests int
}

// Days are the statistics of the account, or of one of its subusers.
// GET /v3/stats, GET /v3/subusers/stats.
func (c *Calls) Days(of Subuser, since time.Time) ([]Day, error) {
	path, query := "/v3/stats", url.Values{"start_date": {since.UTC().Format(time.DateOnly)}, "aggregated_by": {"day"}}
	if of.Name != "" {
		path = "/v3/subusers/stats"
		query.Set("subusers", of.Name)
	}
	var said []struct {
		Date  string
		Stats []struct{ Metrics struct{ Requests int } }
	}
	a := c.ask(Subuser{Region: of.Region}, "GET", path)
	a.Query = query
	got, err := c.way.Send(c.ctx, c.recorder, a)
	if err != nil {
		return nil, err
	}
	if err := understood(json.Unmarshal(got.Shown, &said)); err != nil {
		return nil, err
	}
	var all []Day
	for _, d := range said {
		day := Day{Date: d.Date}
		for _, s := range d.Stats {
			day.Requests += s.Metrics.Requests
		}
		all = append(all, day)
	}
	return all, nil
}

// Shape is a subject without its digits, so that those of one kind are one.
func Shape(subject string) string {
	var b strings.Builder
	digit := false
	for _, r := range subject {
		if r >= '0' && r <= '9' {
			if !digit {
				b.WriteByte('#')
			}
			digit = true
			continue
		}
		digit = false
		b.WriteRune(r)
	}
	return b.String()
}

// understood is the error of a reply whose form is not the one that is described.
func understood(err error) error {
	if err != nil {
		return strange("%v", err)
	}
	return nil
}
