package account

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestSecretIsNeverPrinted(t *testing.T) {
	type holder struct {
		Shown  Secret
		hidden Secret
		c      Credential
	}
	s := NewSecret(token)
	h := holder{s, s, Credential{SID: parent, Secret: s}}
	for _, v := range []any{s, &s, h, &h, []Secret{s}, map[string]Secret{"a": s}, Account{Token: s}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			unseen(t, verb, fmt.Sprintf(verb, v))
		}
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v)
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v)
		unseen(t, "slog", log.String())
		j, _ := json.Marshal(v)
		unseen(t, "json", string(j))
		x, _ := xml.Marshal(v)
		unseen(t, "xml", string(x))
	}
}

func unseen(t *testing.T, how, got string) {
	t.Helper()
	if strings.Contains(got, token) || strings.Contains(strings.ToLower(got), fmt.Sprintf("%x", token)) {
		t.Errorf("%s shows the secret: %s", how, got)
	}
}

func TestSecret(t *testing.T) {
	s := NewSecret(token)
	if s.Reveal() != token || s.IsZero() || !NewSecret("").IsZero() {
		t.Error("a secret must hold what it was given")
	}
	if !s.Equal(NewSecret(token)) || s.Equal(NewSecret(token+"0")) || s.Equal(Secret{}) {
		t.Error("Equal must compare the texts")
	}
	if fmt.Sprint(s) != "[secret]" || fmt.Sprint(Secret{}) != "" {
		t.Error("String must say whether there is one")
	}
}

func TestCredentialCheck(t *testing.T) {
	for _, c := range []struct{ sid, token, want string }{
		{parent, token, ""},
		{parent, "ABCdef123", ""},
		{"", token, "SID is empty"},
		{someSK, token, "no key, Main or Standard, can rotate tokens"},
		{" " + parent, token, "spaces or quotes"},
		{strings.ToUpper(parent[:30]) + "ABCD", token, "32 hexadecimal digits in lower case"},
		{parent, "", "Token is empty"},
		{parent, token + "\n", "line ends"},
		{parent, `"` + token + `"`, "quotes"},
		{parent, parent, "a SID where the Auth Token belongs"},
		{parent, someSK, "no key can stand in for the token"},
		{parent, "abc/def", "letters and digits only"},
	} {
		err := Credential{SID: c.sid, Secret: NewSecret(c.token)}.Check()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("Check(%q) = %v, want %q", c.sid, err, c.want)
		}
		if err != nil {
			unseen(t, "Check", err.Error())
		}
	}
}
