package account

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// plainMasks name what they mask, so that tests can be read.
func plainMasks() *masks {
	return newMasks(func(s string) string { return fmt.Sprintf("<%d>", len(s)) })
}

func TestMaskedJSON(t *testing.T) {
	secret := "kZ81" + strings.Repeat("x", 28)
	for _, c := range []struct{ name, in, want string }{
		{"untouched", "{ \"b\":1.10,\n\"a\" : [1e3, true,null,\"\\u0041\"] }", "{ \"b\":1.10,\n\"a\" : [1e3, true,null,\"\\u0041\"] }"},
		{"by name", `{"auth_token": "` + secret + `", "sid":"` + someSK + `"}`, `{"auth_token": "<32>", "sid":"` + someSK + `"}`},
		{"any case, any depth", `[{"a":{"AuthToken":"` + secret + `"}},{"Client-Secret":"` + secret + `"}]`, `[{"a":{"AuthToken":"<32>"}},{"Client-Secret":"<32>"}]`},
		{"escaped name", `{"auth\u005ftoken":"` + secret + `"}`, `{"auth\u005ftoken":"<32>"}`},
		{"other values", `{"secret":12345678901234,"token":true,"api_key":null,"password":"","authorization":[1,{"a":"b"}]}`, `{"secret":"[masked]","token":"[masked]","api_key":null,"password":"","authorization":["[masked]",{"a":"[masked]"}]}`},
		{"passwords have no fingerprint", `{"password":"` + secret + `","secret":"hunter2"}`, `{"password":"[masked]","secret":"[masked]"}`},
		{"elsewhere in the body", `{"a":"x ` + secret + ` y","secret":"` + secret + `","b":"` + base64.StdEncoding.EncodeToString([]byte("AC:"+secret+"!")) + `"}`, ``},
		{"JSON in a string", `{"body":"{\"token\":\"` + secret + `\", \"n\": 1.0}"}`, `{"body":"{\"token\":\"<32>\", \"n\": 1.0}"}`},
		{"JSON in JSON in a string", `{"body":"{\"x\":\"{\\\"token\\\":\\\"` + secret + `\\\"}\"}"}`, `{"body":"{\"x\":\"{\\\"token\\\":\\\"<32>\\\"}\"}"}`},
		{"the shape of a token", `{"a":"` + token + `","b":"x-` + token + `.","c":"` + someSK + `","d":"` + token + `0","` + token + `":1}`, `{"a":"<32>","b":"x-<32>.","c":"` + someSK + `","d":"` + token + `0","<32>":1}`},
		{"digits", `{"a":12345678901234567890123456789012,"b":1234567}`, `{"a":"<32>","b":1234567}`},
		{"addresses", `{"url":"https://u:pa55@h.example/p?a=1&Token=abc&key=` + secret + `#x"}`, `{"url":"https://[masked]:[masked]@h.example/p?a=1&Token=[masked]&key=<32>#x"}`},
		{"a SID as user", `["https://` + parent + `:` + token + `@api.twilio.com/"]`, `["https://` + parent + `:<32>@api.twilio.com/"]`},
		{"page links", `{"next_page_uri":"/x?PageSize=50&PageToken=PA0123456789&sig=abcdef"}`, `{"next_page_uri":"/x?PageSize=50&PageToken=PA0123456789&sig=[masked]"}`},
		{"an address in an address", `["https://h/?u=https%3A%2F%2Fme%3Apw%40evil.example%2F"]`, `["https://h/?u=https%3A%2F%2F%5Bmasked%5D%3A%5Bmasked%5D%40evil.example%2F"]`},
		{"headers", `{"h":"Authorization: Basic ` + base64.StdEncoding.EncodeToString([]byte("a:"+secret)) + `\nBearer abcdefabcdef99"}`, `{"h":"Authorization: <54>\nBearer <14>"}`},
		{"basic alone", `["Basic ` + base64.StdEncoding.EncodeToString([]byte("a:"+secret)) + `","basic settings"]`, `["Basic <32>","basic settings"]`},
		{"prose", `["invalid token: must be new","auth: none","key: value"]`, `["invalid token: must be new","auth: none","key: value"]`},
		{"SIP credentials", `{"credentials":[{"sid":"CR1","username":"bob","password":"pw"}],"page":0}`, `{"credentials":[{"sid":"CR1","username":"bob","password":"[masked]"}],"page":0}`},
		{"other credentials", `{"credentials":"pw","a":{"credentials":["pw",{"b":"c"}]}}`, `{"credentials":"[masked]","a":{"credentials":["[masked]",{"b":"[masked]"}]}}`},
		{"the intruder blots out nothing", `{"friendly_name":"{\"token\":\"` + someSK + `\",\"secret\":\"friendly_name\"}","sid":"` + someSK + `"}`, `{"friendly_name":"{\"token\":\"<34>\",\"secret\":\"<13>\"}","sid":"` + someSK + `"}`},
		{"variables elsewhere", `{"value":"x"}`, `{"value":"x"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := plainMasks().body([]byte(c.in), "api.twilio.com/x", nil)
			if !json.Valid(got) {
				t.Fatalf("no longer JSON: %s", got)
			}
			if c.want != "" {
				if diff := cmp.Diff(c.want, string(got)); diff != "" {
					t.Error(diff)
				}
			}
			if bytes.Contains(got, []byte(secret)) || bytes.Contains(got, []byte(base64.RawStdEncoding.EncodeToString([]byte(secret))[:30])) {
				t.Errorf("shows the secret: %s", got)
			}
		})
	}
}

func TestServerlessVariables(t *testing.T) {
	got := plainMasks().body([]byte(`{"variables":[{"key":"K","value":"super secret value"}]}`), "serverless.twilio.com/v1/Services/ZS/Environments/ZE/Variables", nil)
	if want := `{"variables":[{"key":"K","value":"<18>"}]}`; string(got) != want {
		t.Errorf("got %s", got)
	}
}

func TestMaskedText(t *testing.T) {
	m := plainMasks()
	for in, want := range map[string]string{
		`<html>token ` + token + `</html>`:                       `<html>token <32></html>`,
		`{"auth_token": "Abc123Abc123Abc123", "x": "cut`:         `{"auth_token": "<18>", "x": "cut`,
		`{\"secret\":\"Abc123Abc123Abc1\",`:                      `{\"secret\":\"<16>\",`,
		`password=hunter2&user=bob`:                              `password=[masked]&user=bob`,
		`eyJhbGciOiJI.eyJzdWIiOiIx0.c2ln and SG.` + sg:           `<31> and <69>`,
		`dial tcp 192.0.2.1:443: i/o timeout`:                    `dial tcp 192.0.2.1:443: i/o timeout`,
		`Get "https://api.twilio.com/x?PageSize=2&api_key=abcd"`: `Get "https://api.twilio.com/x?PageSize=2&api_key=[masked]"`,
		`authorization: Digest username="x"`:                     `authorization: <19>`,
		``:                                                       ``,
	} {
		if got := string(m.text([]byte(in), nil)); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
}

const sg = "abcdefghijklmnopqrstuv.ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-abcde"

func TestLearnedSecrets(t *testing.T) {
	s := newStub(t, says(200, `{}`))
	odd := `p+s/w&rd "ü" with spaces`
	secrets := []string{"shrtXY", "wordpress-key", odd, token}
	for _, secret := range secrets {
		s.Learn(NewSecret(secret))
	}
	s.Learn(NewSecret("ab"), Secret{})
	for _, secret := range secrets {
		for lead := range 3 {
			for _, tail := range []string{"", "z", "zz"} {
				text := strings.Repeat("y", lead) + secret + tail
				for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding} {
					if encoded := enc.EncodeToString([]byte(text)); s.Mask(encoded) == encoded && len(secret) > 8 {
						t.Errorf("base64 of %q shows", text)
					}
				}
			}
		}
		j, _ := json.Marshal(map[string]any{"a": secret, "b": []string{"x" + secret + "y"}, secret: 1})
		for _, form := range []string{secret, "in " + secret + ".", url.QueryEscape(secret), url.PathEscape(secret), string(j)} {
			if got := s.Mask(form); strings.Contains(got, secret) || got == form {
				t.Errorf("%q became %q", form, got)
			}
		}
	}
	if got := s.Mask("ab and about"); got != "ab and about" {
		t.Errorf("too short to be masked: %q", got)
	}
}

// Masking twice must not make a fingerprint of a fingerprint.
func TestMaskingTwice(t *testing.T) {
	m := newMasks(func(s string) string { return "[secret " + strings.Repeat("0a", 16) + "]" })
	for _, in := range []string{token, `{"auth_token":"` + token + `"}`, "https://u:" + token + "@h/?sig=" + token, "Bearer " + token} {
		once := m.body([]byte(in), "", nil)
		if twice := m.body(once, "", nil); !bytes.Equal(once, twice) || bytes.Contains(once, []byte(token)) {
			t.Errorf("%s\n%s\n%s", in, once, twice)
		}
	}
}

func TestMaskedRequests(t *testing.T) {
	m := plainMasks()
	q := &request{url: &url.URL{Host: "api.twilio.com", Path: "/x"}, contentType: "application/x-www-form-urlencoded",
		body: []byte("FriendlyName=a+b&Password=correct+horse+battery&StatusCallback=https%3A%2F%2Fu%3Apw%40h%2F&Twiml=%7B%22token%22%3A%22abc%22%7D&Empty=")}
	want := "FriendlyName=a+b&Password=%5Bmasked%5D&StatusCallback=https%3A%2F%2F%5Bmasked%5D%3A%5Bmasked%5D%40h%2F&Twiml=%7B%22token%22%3A%22%5Bmasked%5D%22%7D&Empty="
	if diff := cmp.Diff(want, string(m.sent(q, newKnown()))); diff != "" {
		t.Error(diff)
	}
	if got := m.url("https://api.twilio.com/x?PageToken=PA1&To=%2B1&access_token="+token, newKnown()); got != "https://api.twilio.com/x?PageToken=PA1&To=%2B1&access_token=%3C32%3E" {
		t.Error(got)
	}
	variable := &request{url: &url.URL{Host: "serverless.twilio.com", Path: "/v1/Variables"}, body: []byte("Key=K&Value=abcdefghijklmn")}
	if got := string(m.sent(variable, newKnown())); got != "Key=K&Value=%3C14%3E" {
		t.Error(got)
	}
}

// Whatever JSON a secret is planted in, what comes out is JSON without it.
func FuzzMask(f *testing.F) {
	for _, shape := range []string{`{"token":"%"}`, `{"a":"% x","secret":"%"}`, `["{\"password\":\"%\"}"]`, `{"%":1}`, `"%"`, `[1,"https://u:%@h?key=%"]`, `{"credentials":[{"secret":["%",{"a":"%"}]}]}`, "{\"a\":\"\\u005c%\",\"b\":\"é%\"}"} {
		f.Add(shape, token)
		f.Add(shape, "Zz9-"+token[:20])
	}
	f.Fuzz(func(t *testing.T, shape, secret string) {
		if !tokenLike(secret) || !utf8.ValidString(shape) {
			t.Skip()
		}
		in := []byte(strings.ReplaceAll(shape, "%", secret))
		if !json.Valid(in) {
			t.Skip()
		}
		m := newMasks(func(string) string { return "[secret]" })
		m.learn(secret)
		once := m.body(in, "", nil)
		if !json.Valid(once) {
			t.Fatalf("no longer JSON:\n%s\n%s", in, once)
		}
		if bytes.Contains(once, []byte(secret)) {
			t.Fatalf("shows the secret:\n%s\n%s", in, once)
		}
	})
}

func tokenOf(i int) string {
	return fmt.Sprintf("%x", sha256.Sum256(fmt.Append(nil, i)))[:32]
}

// BenchmarkMask masks a page of a thousand accounts, each with its token.
func BenchmarkMask(b *testing.B) {
	var page bytes.Buffer
	page.WriteString(`{"accounts":[`)
	for i := range 1000 {
		if i > 0 {
			page.WriteByte(',')
		}
		fmt.Fprintf(&page, `{"sid":"AC%032x","auth_token":"%s","friendly_name":"Shop \u00e9 number %d","status":"active","date_created":"Tue, 02 Jun 2026 03:04:05 +0000","uri":"/2010-04-01/Accounts/AC%032x.json","subresource_uris":{"calls":"/2010-04-01/Accounts/AC%032x/Calls.json","keys":"/2010-04-01/Accounts/AC%032x/Keys.json"}}`, i, tokenOf(i), i, i, i, i)
	}
	page.WriteString(`]}`)
	for _, learned := range []int{1, 5000} {
		b.Run(fmt.Sprintf("learned-%d", learned), func(b *testing.B) {
			m := newMasks(fingerprint)
			for i := range learned {
				m.learn(tokenOf(-i - 1))
			}
			b.SetBytes(int64(page.Len()))
			b.ReportAllocs()
			for b.Loop() {
				m.body(page.Bytes(), "api.twilio.com/2010-04-01/Accounts.json", nil)
			}
		})
	}
}
