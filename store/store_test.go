package store

import (
	"path/filepath"
	"testing"
	"time"
)

func open4test(t *testing.T) *Case {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.retake")
	c, err := Create(path, Opening{Kind: Lab, Wire: "http://127.0.0.1:1", Account: "AC" + "0123456789abcdef0123456789abcdef", Responder: "Robin", Passphrase: "correct horse", WorkFactor: 10, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSmoke(t *testing.T) {
	c := open4test(t)
	n, err := c.Intend(Act{Step: "auth-tokens", Verb: "promote", Target: "x", Account: "AC1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Conclude(n, Outcome{Result: Made, Exhibits: []Exhibit{{Method: "POST", URL: "u", Body: []byte(`{"keys":[{"a":1},{"b":2}]}`), List: "keys"}}, Secrets: []Secret{{Account: "AC1", Role: RolePrimary, Value: "tok"}}}); err != nil {
		t.Fatal(err)
	}
	if err := c.Checkpoint("end"); err != nil {
		t.Fatal(err)
	}
	path := c.Path()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := Verify(path, VerifyOptions{})
	if err != nil || !r.OK {
		t.Fatalf("%+v %v", r, err)
	}
	t.Log(r)
}
