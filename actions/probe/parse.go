package probe

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// page is a reply of GitHub's code search, as much of it as is used.
type page struct {
	Total   *int `json:"total_count"`
	Partial bool `json:"incomplete_results"`
	Items   *[]item
}

type item struct {
	Path       string
	Link       string `json:"html_url"`
	Repository struct {
		Name    string `json:"full_name"`
		Private bool
	}
	Matches []match `json:"text_matches"`
}

type match struct{ Fragment string }

// parse reads what was found from what is recorded: only whether something was
// masked is told by the reply itself.
func (g *GitHub) parse(body []byte, sid string) (Found, error) {
	odd := &Trouble{"the reply was not what GitHub sends, so it is not used", "check HTTPS_PROXY and whether the network asks for a login, then plan again", false}
	var raw, known, p page
	err := json.Unmarshal(body, &raw)
	if err != nil || raw.Total == nil || raw.Items == nil || *raw.Total < 0 {
		return Found{}, odd
	}
	if json.Unmarshal([]byte(g.Line.Mask(string(body))), &known) != nil || json.Unmarshal(g.masked(body), &p) != nil || p.Items == nil || known.Items == nil ||
		len(*p.Items) != len(*raw.Items) || len(*known.Items) != len(*raw.Items) {
		return Found{}, odd
	}
	found := Found{SID: sid, Total: max(*raw.Total, len(*raw.Items)), Partial: p.Partial}
	for i, item := range *p.Items {
		f := File{Repository: item.Repository.Name, Path: item.Path, Private: item.Repository.Private}
		if strings.HasPrefix(item.Link, "https://github.com/") {
			f.Link = item.Link
		}
		for _, m := range item.Matches {
			f.Fragments = append(f.Fragments, m.Fragment)
		}
		f.Secret = secretive((*raw.Items)[i].Matches, (*known.Items)[i].Matches)
		found.Files = append(found.Files, f)
	}
	return found, nil
}

// secretive tells whether the code around a SID holds a secret: one that was
// masked, or a word as long as the secret of an API key.
func secretive(raw, known []match) bool {
	if !slices.Equal(raw, known) {
		return true
	}
	return slices.ContainsFunc(raw, func(m match) bool { return slices.ContainsFunc(keyShape.FindAllString(m.Fragment, -1), mixed) })
}

var (
	sidShape  = regexp.MustCompile(`^[A-Z]{2}[0-9a-f]{32}$`)
	keyShape  = regexp.MustCompile(`\b[0-9A-Za-z]{32}\b`) // the secret of an API key
	fragments = regexp.MustCompile(`"fragment"\s*:\s*"(?:[^"\\]|\\.)*"`)
	words     = regexp.MustCompile(`\[secret[^\]]*\]|\\(?:u[0-9a-fA-F]{4}|.)|[0-9A-Za-z_+-]{16,}`)
)

func isSID(s string) bool { return sidShape.MatchString(s) }

// masked masks a reply as every reply is masked, and in the code that it quotes
// also whatever could be a secret: the secret of an API key has no shape and
// stands under any name. A reply that is no JSON is treated as code.
func (g *GitHub) masked(body []byte) []byte {
	if len(body) == 0 {
		return nil
	}
	known := g.Line.Mask(string(body))
	if !json.Valid([]byte(known)) {
		return []byte(hide(known))
	}
	return []byte(fragments.ReplaceAllStringFunc(known, func(member string) string {
		colon := strings.IndexByte(member, ':')
		return member[:colon] + hide(member[colon:])
	}))
}

// hide replaces the words of a text that could be secrets. Escapes and what was
// masked before stay.
func hide(text string) string {
	return words.ReplaceAllStringFunc(text, func(word string) string {
		if word[0] == '[' || word[0] == '\\' || isSID(word) || !mixed(word) {
			return word
		}
		return "[masked]"
	})
}

// mixed tells whether a word has letters and digits, as secrets have.
func mixed(word string) bool {
	digits, letters := 0, 0
	for _, r := range word {
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsLetter(r):
			letters++
		}
	}
	return digits >= 2 && letters >= 2
}

// Shown is where the file is, defanged: no terminal and no reader of papers
// makes a link of it. It is one line of printable ASCII.
func (f File) Shown() string {
	where := strings.TrimPrefix(f.Link, "https://")
	if where == "" {
		where = f.Repository + ": " + f.Path
	}
	if r := []rune(where); len(r) > 200 {
		where = string(r[:200]) + "..."
	}
	if strings.ContainsFunc(where, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' }) {
		where = strconv.QuoteToASCII(where)
	}
	return strings.NewReplacer(".", "[.]", "://", "[:]//").Replace(where)
}
