package probe

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"retake/actions/account"
)

// Visibly fake credentials.
const (
	fakeSID   = "AC0123456789abcdef0123456789abcdef"
	fakeToken = "fa4efa4e0123456789abcdef01234567"
	otherHex  = "d41d8cd98f00b204e9800998ecf8427e"
	fakeKey   = "SK0123456789abcdef0123456789abcdef"
	keySecret = "FAKEfakeFAKEfakeFAKEfakeFAKE0123"
	fakeMail  = "SG.FAKEfakeFAKEfakeFAKEfa.FAKEfakeFAKEfakeFAKEfakeFAKEfakeFAKEfakeFAK"
)

// told are hits as rule, SID and line, for comparison.
func told(hits []Hit) []string {
	var all []string
	for _, h := range hits {
		all = append(all, fmt.Sprintf("%s %.2s %d", h.Rule, h.SID, h.Line))
	}
	return all
}

func TestFind(t *testing.T) {
	known := func(s account.Secret) bool { return s.Reveal() == fakeToken }
	basic := base64.StdEncoding.EncodeToString([]byte(fakeSID + ":" + fakeToken))
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"a pair", "sid=" + fakeSID + "\ntoken=" + otherHex, []string{"auth-token AC 2"}},
		{"the token first", otherHex + "\n\n" + fakeSID, []string{"auth-token AC 1"}},
		{"in an address", "https://" + fakeSID + ":" + otherHex + "@api.twilio.com/", []string{"auth-token AC 1"}},
		{"in JSON", `{"sid":"` + fakeSID + `","t":"` + otherHex + `"}`, []string{"auth-token AC 1"}},
		{"Basic", "Authorization: Basic " + basic, []string{"auth-token AC 1"}},
		{"a known token alone", "x " + fakeToken, []string{"auth-token  1"}},
		{"a checksum alone", "x " + otherHex, nil},
		{"too far apart", fakeSID + strings.Repeat(" .", near) + otherHex, nil},
		{"a filler", fakeSID + " " + strings.Repeat("0", 32), nil},
		{"part of a longer word", fakeSID + " " + otherHex + otherHex, nil},
		{"in capitals", fakeSID + " " + strings.ToUpper(otherHex), nil},
		{"a key with its secret", fakeKey + "," + keySecret, []string{"api-key SK 1"}},
		{"a secret alone", keySecret, nil},
		{"a key with a checksum", fakeKey + " " + otherHex, nil},
		{"SendGrid", "key: " + fakeMail + "\n", []string{"sendgrid-key  1"}},
		{"nothing", "", nil},
		{"a SID alone", fakeSID, []string{"account-sid AC 1"}},
	} {
		got := told(Seeker{Known: known, SIDs: c.name == "a SID alone"}.Find([]byte(c.text)))
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// The secret itself is in the hit and in nothing that is printed of it.
func TestHitShowsNoSecret(t *testing.T) {
	hits := Seeker{}.Find([]byte(fakeSID + " " + otherHex))
	if len(hits) != 1 || hits[0].Secret.Reveal() != otherHex || hits[0].SID != fakeSID {
		t.Fatalf("%+v", hits)
	}
	if text := fmt.Sprintf("%v %+v %#v", hits, hits, hits); strings.Contains(text, otherHex) {
		t.Error(text)
	}
}

// Wherever a pair stands in a long stream, it is found once, with its line.
func TestReadFindsAcrossWindows(t *testing.T) {
	pair := fakeSID + "\n" + otherHex + "\n"
	for _, before := range []int{0, window - 70, window - 40, window - overlap, window - overlap - 34, window - 1, window, 2*window - overlap, 3 * window} {
		text := strings.Repeat("a\n", before/2) + strings.Repeat(" ", before%2) + pair + strings.Repeat("b\n", window)
		var hits []Hit
		n, err := Seeker{}.Read(context.Background(), strings.NewReader(text), func(h Hit) { hits = append(hits, h) })
		if err != nil || n != int64(len(text)) {
			t.Fatalf("%d: read %d of %d: %v", before, n, len(text), err)
		}
		if len(hits) != 1 || hits[0].Offset != int64(before+35) || hits[0].Line != before/2+2 {
			t.Errorf("%d: %v", before, told(hits))
		}
	}
}

func FuzzFind(f *testing.F) {
	f.Add([]byte(fakeSID+" "+otherHex), 7)
	f.Add([]byte(fakeKey+keySecret+fakeMail+"QUM"), 3)
	f.Fuzz(func(t *testing.T, text []byte, at int) {
		last := int64(0)
		for _, h := range (Seeker{SIDs: true}).Find(text) {
			if h.Offset < last || h.Offset >= int64(len(text)) || h.Line != 1+bytes.Count(text[:h.Offset], []byte("\n")) {
				t.Fatalf("%+v", h)
			}
			last = h.Offset
		}
	})
}
