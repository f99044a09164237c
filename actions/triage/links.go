package triage

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"mvdan.cc/xurls/v2"
)

var (
	linkShape = sync.OnceValue(xurls.Relaxed) // takes longer than all else at the start of the program
	maybeLink = regexp.MustCompile(`://|\[\.\]|[\pL\pN]\.[\pL\pN]`)
	harmless  = strings.NewReplacer("[.]", ".", "hxxp", "http", "HXXP", "http") // how people write a link that is none
	digits    = regexp.MustCompile(`\pN+`)
	spaces    = regexp.MustCompile(`\s+`)
	plainHost = regexp.MustCompile(`^[a-z0-9.-]+$`)
)

// leads remembers where links lead to, by how they begin.
type leads map[string]string

// links are the hosts that a text leads to, and the text without them. Nothing
// is ever fetched.
func (l leads) links(body string) (hosts []string, rest string) {
	if !maybeLink.MatchString(body) {
		return nil, body
	}
	words := strings.Fields(harmless.Replace(body))
	for i, word := range words {
		if h := l.of(word); h != "" {
			words[i] = "(link)"
			if !slices.Contains(hosts, h) {
				hosts = append(hosts, h)
			}
		}
	}
	return hosts, strings.Join(words, " ")
}

// of is where a word leads to, "" if it is no link.
func (l leads) of(word string) string {
	if !maybeLink.MatchString(word) {
		return ""
	}
	start := 0
	if i := strings.Index(word, "://"); i >= 0 {
		start = i + len("://")
	}
	if i := strings.IndexAny(word[start:], "/?#"); i >= 0 {
		word = word[:start+i]
	}
	found, known := l[word]
	if !known {
		found = host(linkShape().FindString(word))
		l[word] = found
	}
	return found
}

// host is where a link leads to, "" if it is an address of e-mail.
func host(link string) string {
	_, rest, web := strings.Cut(link, "://")
	if !web {
		rest = link
	}
	rest, _, _ = strings.Cut(rest, "/")
	rest, _, _ = strings.Cut(rest, "?")
	rest, _, _ = strings.Cut(rest, "#")
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		if !web {
			return ""
		}
		rest = rest[i+1:]
	}
	if h, port, cut := strings.Cut(rest, ":"); cut && strings.Trim(port, "0123456789") == "" {
		rest = h
	}
	if strings.Contains(rest, ":") && !strings.HasPrefix(rest, "[") {
		return "" // tel:, mailto: and the like
	}
	return strings.ToLower(strings.TrimSuffix(rest, "."))
}

// defanged is a host that no terminal and no reader of papers makes a link of.
func defanged(h string) string {
	h = shorten(h, 80)
	if !plainHost.MatchString(h) {
		h = strconv.QuoteToASCII(h)
	}
	return strings.ReplaceAll(h, ".", "[.]")
}

// shape is what messages of one text have in common.
func shape(rest string) string {
	return strings.TrimSpace(spaces.ReplaceAllString(digits.ReplaceAllString(strings.ToLower(rest), "#"), " "))
}
