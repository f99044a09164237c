package passphrase

import (
	"bytes"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
)

func TestPhrase(t *testing.T) {
	for words := Fewest; words <= Most; words++ {
		p, err := New(words, nil)
		if err != nil {
			t.Fatal(err)
		}
		if p.Length() < Shortest || p.Words != words || strings.Trim(p.Text, "abcdefghijklmnopqrstuvwxyz-") != "" {
			t.Errorf("%d words: %d characters, %q", words, p.Length(), strings.Trim(p.Text, "abcdefghijklmnopqrstuvwxyz-"))
		}
	}
	one, _ := New(Usual, nil)
	two, _ := New(Usual, nil)
	if one.Text == two.Text {
		t.Error("the same phrase came twice")
	}
	for _, words := range []int{-1, 0, Fewest - 1, Most + 1} {
		if _, err := New(words, nil); err == nil {
			t.Errorf("%d words were taken", words)
		}
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("no randomness") }

// Without randomness there is no phrase.
func TestNoRandomness(t *testing.T) {
	for name, p := range map[string]Phrase{
		"broken": first(New(Usual, broken{})),
		"empty":  first(New(Usual, bytes.NewReader(nil))),
	} {
		if p.Text != "" {
			t.Errorf("%s: a phrase was made", name)
		}
	}
}

func first(p Phrase, _ error) Phrase { return p }

// The examples are those of Twilio's page, to the digit.
func TestTwiliosExamples(t *testing.T) {
	a, b := Space(95, 8), Space(52, 14)
	for want, got := range map[string]string{"6.634 x 10^15": Scientific(a), "1.057 x 10^24": Scientific(b), "159": new(big.Int).Div(new(big.Int).Div(b, a), big.NewInt(1e6)).String()} {
		if got != want {
			t.Errorf("%s, not %s", got, want)
		}
	}
}

// The usual phrase is harder to guess than the page's example B, even for who
// knows the list; and what is said of it does not show it.
func TestUsualIsHarder(t *testing.T) {
	p, err := New(Usual, nil)
	if err != nil {
		t.Fatal(err)
	}
	if p.ByWords().Cmp(Space(52, 14)) <= 0 || p.ByLetters().Cmp(p.ByWords()) <= 0 {
		t.Errorf("%s by words, %s by letters", Scientific(p.ByWords()), Scientific(p.ByLetters()))
	}
	said := strings.Join(p.Explain(), "\n")
	if strings.Contains(said, p.Text) || slices.ContainsFunc(strings.Split(p.Text, "-"), func(w string) bool { return len(w) > 8 && strings.Contains(said, w) }) {
		t.Error("the phrase is in what is said of it")
	}
}

func TestScientific(t *testing.T) {
	for n, want := range map[int64]string{5: "5", 999999: "999999", 1234567: "1.235 x 10^6", 9999999: "1.000 x 10^7"} {
		if got := Scientific(big.NewInt(n)); got != want {
			t.Errorf("%d: %s, not %s", n, got, want)
		}
	}
}
