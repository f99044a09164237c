package account

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// tokenPages serves a list of three pages, each of which names the next token.
func tokenPages(w http.ResponseWriter, r *http.Request) {
	n := map[string]int{"": 0, "a+b": 1, "c": 2}[r.URL.Query().Get("Token")]
	next := []string{`"a+b"`, `"c"`, `null`}[n]
	says(200, fmt.Sprintf(`{"orders":[{"n":%d}],"meta":{"previous_token":null,"next_token":%s}}`, n, next))(w, r)
}

func TestAListGoesByTokens(t *testing.T) {
	s := newStub(t, tokenPages)
	at := Spot{Host: "numbers.twilio.com", Path: "/v1/Orders", List: "orders", Query: "Kind=in", Most: 7, Tokens: true}
	all, err := s.ops().Records(parent, at)
	if err != nil || len(all) != 3 || string(all[2]) != `{"n":2}` {
		t.Fatalf("%s, %v", all, err)
	}
	for i, want := range []string{"Kind=in&Size=7", "Kind=in&Size=7&Token=a%2Bb", "Kind=in&Size=7&Token=c"} {
		if got := s.requests()[i]; !strings.Contains(got, "/v1/Orders?"+want+" ") && !strings.HasSuffix(strings.TrimSpace(got), "/v1/Orders?"+want) {
			t.Errorf("asked for %s, want %s", got, want)
		}
	}
	at.Pages = 2
	all, err = s.ops().Records(parent, at)
	var more *More
	if !errors.As(err, &more) || more.Received != 2 || len(all) != 2 {
		t.Errorf("%s, %v", all, err)
	}
	round := newStub(t, says(200, `{"orders":[],"meta":{"next_token":"same"}}`))
	at.Pages = 0
	if _, err := round.ops().Records(parent, at); err == nil || len(round.requests()) > 3 {
		t.Errorf("a list that goes round: %v after %d requests", err, len(round.requests()))
	}
	silent := newStub(t, says(200, `{"orders":[]}`))
	if _, err := silent.ops().Records(parent, at); err == nil {
		t.Error("a list that does not say where it goes on is taken as whole")
	}
}

// A record that takes JSON gets it, and no mask in the place of a secret.
func TestSetWhole(t *testing.T) {
	s := newStub(t, says(200, `{}`))
	at := Spot{Host: "messaging.twilio.com", Path: "/v2/Channels/Senders/XE1"}
	if err := s.ops().SetWhole(parent, at, map[string]any{"webhook": map[string]any{"callback_url": ""}}); err != nil {
		t.Fatal(err)
	}
	if got := s.requests()[0]; !strings.HasSuffix(got, `{"webhook":{"callback_url":""}}`) || !strings.HasPrefix(got, "POST ") {
		t.Error(got)
	}
	if string(s.last(t).Sent) != `{"webhook":{"callback_url":""}}` {
		t.Errorf("recorded as %s", s.last(t).Sent)
	}
	err := s.ops().SetWhole(parent, at, map[string]any{"webhook": map[string]any{"callback_url": "https://u:" + masked + "@example.com/"}})
	if err == nil || !NotMade(err) || len(s.requests()) != 1 {
		t.Errorf("%v after %v", err, slices.Clone(s.requests()))
	}
}
