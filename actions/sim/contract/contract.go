// Package contract holds requests and answers against the OpenAPI descriptions
// that Twilio and SendGrid publish.
//
// The one rule: what a description does not name is an error, in both
// directions. The library that reads the descriptions ignores unknown query
// names and form fields and answers of unknown paths; this package does not.
package contract

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// Contract reports each breach to its test.
type Contract struct {
	t   testing.TB
	dir string
}

// New looks for the descriptions in the folder that RETAKE_SPECS names, else
// beside the module. Without them the test is skipped, but not on CI.
func New(t testing.TB) *Contract {
	t.Helper()
	dir := find()
	switch {
	case dir != "":
		return At(t, dir)
	case os.Getenv("CI") != "":
		t.Fatal("the OpenAPI descriptions are missing: set RETAKE_SPECS to their folder")
	default:
		t.Skip("the OpenAPI descriptions are missing: set RETAKE_SPECS to their folder to run this test")
	}
	return nil
}

// At uses the descriptions in dir, which has the folders twilio and sendgrid.
func At(t testing.TB, dir string) *Contract { return &Contract{t: t, dir: dir} }

func find() string {
	if dir := os.Getenv("RETAKE_SPECS"); dir != "" {
		return dir
	}
	dir, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			specs := filepath.Join(dir, "..", "shared", "specs")
			if _, err := os.Stat(specs); err == nil {
				return specs
			}
			return ""
		}
		if parent := filepath.Dir(dir); parent != dir {
			dir = parent
			continue
		}
		return ""
	}
	return ""
}

// Wrap returns a transport that checks all that passes through next.
func (c *Contract) Wrap(next http.RoundTripper) http.RoundTripper {
	return &transport{c, next}
}

type transport struct {
	*Contract
	next http.RoundTripper
}

// RoundTrip checks the request, sends it, and checks the answer. An answer
// that cannot be read to its end is passed on as it came.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	sent, err := drain(&r.Body)
	if err != nil {
		return nil, err
	}
	out := r.Clone(r.Context())
	out.Body = io.NopCloser(bytes.NewReader(sent))
	answer, err := t.next.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	got, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	if err != nil {
		answer.Body = io.NopCloser(io.MultiReader(bytes.NewReader(got), failing{err}))
		return answer, nil
	}
	answer.Body = io.NopCloser(bytes.NewReader(got))
	t.check(r, sent, answer, got)
	return answer, nil
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func drain(body *io.ReadCloser) ([]byte, error) {
	if *body == nil {
		return nil, nil
	}
	b, err := io.ReadAll(*body)
	(*body).Close()
	return b, err
}
