package account

import (
	"context"
	"errors"
	"net/http"
	"testing"
)

// What is asked of another service goes over the line, to the API that takes the
// place of all hosts, and carries no credential of the account's; nothing is
// changed there and no redirect is followed.
func TestOutside(t *testing.T) {
	s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("a credential was sent")
		}
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	})
	ask := func(method string) (*http.Response, error) {
		r, err := http.NewRequestWithContext(context.Background(), method, "https://api.github.com/search/code?q=x", nil)
		if err != nil {
			t.Fatal(err)
		}
		return s.Outside().RoundTrip(r)
	}
	answer, err := ask(http.MethodGet)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusFound || s.requests()[0] != "GET api.github.com/search/code?q=x" {
		t.Errorf("%d, %v", answer.StatusCode, s.requests())
	}
	for _, method := range []string{http.MethodPost, http.MethodDelete, http.MethodHead} {
		if _, err := ask(method); !errors.Is(err, ErrReadOnly) {
			t.Errorf("%s: %v", method, err)
		}
	}
	if n := len(s.requests()); n != 1 {
		t.Errorf("%d requests were sent", n)
	}
}
