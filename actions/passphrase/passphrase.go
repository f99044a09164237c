// Package passphrase makes passphrases and says how hard one is to guess.
//
// The one rule: a phrase is made on request, offline, from the randomness of the
// operating system, and is handed to whoever asked and to nobody else: it is in
// no file, no journal and no request.
//
// The words are the 7,776 of the EFF's large list (Electronic Frontier
// Foundation, CC BY 3.0 US), by way of go-diceware.
package passphrase

import (
	"fmt"
	"io"
	"math/big"
	"strings"

	"github.com/sethvargo/go-diceware/diceware"
)

// How many words a phrase has. With seven it is harder to guess than the 14
// letters on Twilio's page, even for somebody who knows the list.
const (
	Fewest = 5
	Usual  = 7
	Most   = 20
)

// Shortest is how long Twilio wants a passphrase to be at least, in characters
// (its page "Secure Your Twilio Account").
const Shortest = 14

const (
	listed = 7776 // words of the list
	signs  = 27   // a to z, and the hyphen
)

// Phrase is a passphrase that was just made. String and every format show it:
// hold it no longer than it is on the screen.
type Phrase struct {
	Text  string
	Words int
}

// New makes a phrase of as many words, all different, with hyphens between.
// random is nil but in tests: the randomness of the operating system.
func New(words int, random io.Reader) (Phrase, error) {
	if words < Fewest || words > Most {
		return Phrase{}, fmt.Errorf("a passphrase of %d words cannot be made: it is %d to %d", words, Fewest, Most)
	}
	g, err := diceware.NewGenerator(&diceware.GeneratorInput{WordList: diceware.WordListEffLarge(), RandReader: random})
	if err != nil {
		return Phrase{}, err
	}
	list, err := g.Generate(words)
	if err != nil {
		return Phrase{}, fmt.Errorf("cannot make a passphrase: %w", err)
	}
	p := Phrase{strings.Join(list, "-"), words}
	if len(p.Text) < Shortest { // five words of three letters are the shortest there are
		return New(words, random)
	}
	return p, nil
}

// Length is how many characters it has.
func (p Phrase) Length() int { return len(p.Text) }

// ByLetters is the search space as Twilio's page counts it: as many signs as
// there are, to the power of the length. It holds for somebody who does not know
// that it is made of words.
func (p Phrase) ByLetters() *big.Int { return Space(signs, p.Length()) }

// ByWords is the search space for somebody who knows the list of words.
func (p Phrase) ByWords() *big.Int {
	n := big.NewInt(1)
	for i := range p.Words { // all different
		n.Mul(n, big.NewInt(int64(listed-i)))
	}
	return n
}

// Space is how many texts of a length there are of so many signs.
func Space(signs, length int) *big.Int {
	return new(big.Int).Exp(big.NewInt(int64(signs)), big.NewInt(int64(length)), nil)
}

// Explain says in lines how hard the phrase is to guess, beside the two examples
// on Twilio's page. It shows nothing of the phrase.
func (p Phrase) Explain() []string {
	return []string{
		fmt.Sprintf("%d characters (Twilio asks for %d or more), %d words", p.Length(), Shortest, p.Words),
		fmt.Sprintf("as Twilio's page counts: %d possible signs, %d^%d = %s", signs, signs, p.Length(), Scientific(p.ByLetters())),
		fmt.Sprintf("to somebody who knows the list of %d words: %s", listed, Scientific(p.ByWords())),
		fmt.Sprintf("Twilio's example A, 8 of 95 signs: 95^8 = %s", Scientific(Space(95, 8))),
		fmt.Sprintf("Twilio's example B, 14 of 52 letters: 52^14 = %s", Scientific(Space(52, Shortest))),
	}
}

// Scientific writes a number as 1.057 x 10^24.
func Scientific(n *big.Int) string {
	digits := n.String()
	if len(digits) < 7 {
		return digits
	}
	f, _ := new(big.Float).SetString(digits[:1] + "." + digits[1:])
	text := f.Text('f', 3)
	if text == "10.000" {
		return fmt.Sprintf("1.000 x 10^%d", len(digits))
	}
	return fmt.Sprintf("%s x 10^%d", text, len(digits)-1)
}
