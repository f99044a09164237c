package sim

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// GitHub is simulated as far as one question goes: which public file holds a
// SID. Its users are not part of the family, so that any token is accepted;
// the switch "github" makes it turn everybody away.

const (
	hostGitHub = "api.github.com"

	searchesAMinute = 10 // of code, with a token (docs.github.com, REST API endpoints for search)
	secondaryWait   = 60 // seconds that a secondary limit asks for
)

// leak is a public file that shows a SID.
type leak struct {
	owner, repository, path, fragment string
}

// githubToken is the token that a training has; it says by itself that it is
// none. It is drawn apart from everything else.
func (s *state) githubToken() string {
	d := dice(s.Shape.Seed, word("github"))
	b := []byte("ghp_FAKE")
	for len(b) < 40 {
		b = append(b, letters[d.IntN(len(letters))])
	}
	return string(b)
}

// leaks are the public files that the scenario tells of. The token got out in
// the file that a contractor uploaded with a demo.
func (s *state) leaks() []leak {
	if s.Shape.Scenario != "leaked-token" {
		return nil
	}
	sid := s.parent().Sid
	return []leak{{
		owner: "example-contractor", repository: "parcel-tracker-demo", path: "deploy/.env.staging",
		fragment: "# staging, do not commit\nTWILIO_ACCOUNT_SID=" + sid + "\nTWILIO_AUTH_TOKEN=" + s.FirstToken + "\nPORT=8080\n",
	}}
}

// github answers api.github.com.
func (c *call) github() reply {
	if c.Method != http.MethodGet || c.path != "/search/code" {
		return c.unknown()
	}
	switch {
	case !c.hasToken():
		return githubRefusal(http.StatusUnauthorized, "Requires authentication")
	case c.options.Switches.GitHub == "bad-credentials":
		return githubRefusal(http.StatusUnauthorized, "Bad credentials")
	case c.options.Switches.GitHub == "secondary-limit":
		out := githubRefusal(http.StatusForbidden, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.")
		out.header = http.Header{"Retry-After": {strconv.Itoa(secondaryWait)}}
		return out
	}
	limit, left := c.searches.count(c.now)
	out := githubRefusal(http.StatusForbidden, "API rate limit exceeded for user ID 1.")
	if left {
		out = c.searchCode()
	}
	out.header = limit
	return out
}

func (c *call) hasToken() bool {
	kind, token, _ := strings.Cut(c.Header.Get("Authorization"), " ")
	return (strings.EqualFold(kind, "bearer") || strings.EqualFold(kind, "token")) && strings.TrimSpace(token) != ""
}

// searches counts the searches of the present minute.
type searches struct {
	began time.Time
	n     int
}

// count counts one more, and tells the headers of the limit and whether it is
// within.
func (s *searches) count(now time.Time) (http.Header, bool) {
	if now.Sub(s.began) >= time.Minute {
		*s = searches{began: now}
	}
	within := s.n < searchesAMinute
	if within {
		s.n++
	}
	h := http.Header{}
	h.Set("X-RateLimit-Limit", strconv.Itoa(searchesAMinute))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(searchesAMinute-s.n))
	h.Set("X-RateLimit-Used", strconv.Itoa(s.n))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(s.began.Add(time.Minute).Unix(), 10))
	h.Set("X-RateLimit-Resource", "code_search")
	return h, within
}

var (
	searchNames = []string{"q", "per_page", "page", "sort", "order"}
	exactWord   = regexp.MustCompile(`^"([0-9A-Za-z_.-]+)"$`)
)

// searchCode answers which files hold an exact word.
func (c *call) searchCode() reply {
	q, err := url.ParseQuery(c.URL.RawQuery)
	if err != nil {
		return invalidSearch("the query cannot be read")
	}
	for name := range q {
		if !slices.Contains(searchNames, name) {
			return invalidSearch("the simulated GitHub does not know the parameter " + name)
		}
	}
	found := exactWord.FindStringSubmatch(q.Get("q"))
	if found == nil {
		return invalidSearch("the simulated GitHub understands one exact word in quotes only")
	}
	items := []fields{}
	for i, l := range c.state.leaks() {
		if at := strings.Index(l.fragment, found[1]); at >= 0 {
			items = append(items, l.item(i, found[1], at, strings.Contains(c.Header.Get("Accept"), "text-match")))
		}
	}
	return ok(fields{"total_count": len(items), "incomplete_results": false, "items": items})
}

// item is the file as GitHub shows it; with matches it shows where the word
// stands too.
func (l leak) item(n int, word string, at int, matches bool) fields {
	full := l.owner + "/" + l.repository
	api, page := "https://api.github.com/repositories/"+strconv.Itoa(900001+n), "https://github.com/"+full
	commit, blob := "0123456789abcdef0123456789abcdef01234567", "fedcba9876543210fedcba9876543210fedcba98"
	item := fields{
		"name": l.path[strings.LastIndexByte(l.path, '/')+1:], "path": l.path, "sha": blob, "score": 1.0,
		"url": api + "/contents/" + l.path + "?ref=" + commit, "git_url": api + "/git/blobs/" + blob,
		"html_url": page + "/blob/" + commit + "/" + l.path,
		"repository": fields{
			"id": 900001 + n, "name": l.repository, "full_name": full, "private": false, "fork": false,
			"description": "Demo of a parcel tracker", "html_url": page, "url": "https://api.github.com/repos/" + full,
			"owner": fields{"login": l.owner, "id": 800001 + n, "type": "User", "html_url": "https://github.com/" + l.owner, "url": "https://api.github.com/users/" + l.owner},
		},
	}
	if matches {
		item["text_matches"] = []fields{{
			"object_url": item["url"], "object_type": "FileContent", "property": "content", "fragment": l.fragment,
			"matches": []fields{{"text": word, "indices": []int{at, at + len(word)}}},
		}}
	}
	return item
}

// githubRefusal is an error in GitHub's form.
func githubRefusal(status int, message string) reply {
	return reply{status: status, body: fields{
		"message": message, "documentation_url": "https://docs.github.com/rest/search/search#search-code", "status": strconv.Itoa(status),
	}}
}

func invalidSearch(why string) reply {
	out := githubRefusal(http.StatusUnprocessableEntity, "Validation Failed")
	out.body.(fields)["errors"] = []fields{{"resource": "Search", "field": "q", "code": "invalid", "message": why}}
	return out
}
