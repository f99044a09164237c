package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"retake/actions/account"
)

const (
	githubHost = "api.github.com"
	largest    = 8 << 20 // bytes of a reply that are read
	inTime     = 30 * time.Second
	mostFiles  = 100 // of one search
)

// GitHub searches public code for SIDs, one search at a time, as slowly as
// GitHub asks. It is for one goroutine.
type GitHub struct {
	Line     *account.Line // the way out, and the masks
	Token    account.Secret
	Patience time.Duration // how long it waits in all for GitHub's limits
	Now      func() time.Time
	Sleep    func(context.Context, time.Duration) error

	waited time.Duration
	next   time.Time // not before then
}

// Found is what one search brought.
type Found struct {
	SID     string
	Total   int  // how many files GitHub counts
	Partial bool // GitHub ran out of time and may have missed some
	Files   []File
}

// File is a file that shows the SID. Its texts are somebody else's: see Shown.
type File struct {
	Repository string // owner/name
	Path       string
	Link       string   // the page of it, "" if that is not on GitHub
	Private    bool     // the repository is not public: the token's owner sees it
	Secret     bool     // a secret, or what looks like one, stands beside the SID
	Fragments  []string // the text around the SID, masked
}

// Trouble is why a search brought nothing.
type Trouble struct {
	Problem string
	Advice  string // what to do
	Final   bool   // further searches would meet the same
}

func (t *Trouble) Error() string { return t.Problem + ": " + t.Advice }

// CheckToken tells in a sentence why a token cannot be sent to GitHub; it asks
// nobody, and shows nothing of the token.
func CheckToken(token account.Secret) error {
	if strings.ContainsFunc(token.Reveal(), func(r rune) bool { return r <= ' ' || r > '~' }) || token.IsZero() {
		return errors.New("GITHUB_TOKEN is empty, or has spaces or line ends in it")
	}
	if twilioShape.MatchString(token.Reveal()) {
		return errors.New("GITHUB_TOKEN has the shape of a Twilio Auth Token, which must not go to GitHub")
	}
	return nil
}

// twilioShape is that of an Auth Token; no token of GitHub has it.
var twilioShape = regexp.MustCompile(`^[0-9a-f]{32}$`)

// Search looks for a SID in public code. The exchange is recorded before it is
// used. An error is a *Trouble, or that of the recorder or of ctx.
// GitHub: GET /search/code.
func (g *GitHub) Search(ctx context.Context, recorder account.Recorder, sid string) (Found, error) {
	if !isSID(sid) {
		return Found{}, &Trouble{"not sent: what was to be searched for is no SID", "report it", false}
	}
	if err := CheckToken(g.Token); err != nil {
		return Found{}, &Trouble{"not sent: " + err.Error(), "set it to a token of GitHub, as it was shown there", true}
	}
	g.Line.Learn(g.Token)
	for {
		if err := g.rest(ctx); err != nil {
			return Found{}, err
		}
		r := g.ask(ctx, sid)
		found, err := g.read(r, sid)
		if kept := recorder.Record(g.exchange(r, sid, err)); kept != nil {
			return Found{}, kept
		}
		if ctx.Err() != nil {
			return Found{}, ctx.Err()
		}
		if !g.slow(r) || err == nil {
			return found, err
		}
	}
}

// reply is what came of one request.
type reply struct {
	at     time.Time
	took   time.Duration
	url    string
	status int // 0: none came
	header http.Header
	body   []byte
	err    error // it is missing or not whole
}

var errTooLarge = errors.New("the reply is larger than 8 MiB")

// ask sends one search and reads the reply to its end.
func (g *GitHub) ask(ctx context.Context, sid string) (r reply) {
	ctx, cancel := context.WithTimeout(ctx, inTime)
	defer cancel()
	u := url.URL{Scheme: "https", Host: githubHost, Path: "/search/code"}
	u.RawQuery = url.Values{"q": {`"` + sid + `"`}, "per_page": {fmt.Sprint(mostFiles)}}.Encode()
	r = reply{at: g.Now(), url: u.String()}
	defer func() { r.took = g.Now().Sub(r.at) }()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url, nil)
	if err != nil {
		r.err = err
		return r
	}
	request.Header = http.Header{
		"Accept": {"application/vnd.github.text-match+json"}, "User-Agent": {"retake"},
		"X-Github-Api-Version": {"2022-11-28"}, "Authorization": {"Bearer " + g.Token.Reveal()},
	}
	answer, err := g.Line.Outside().RoundTrip(request)
	if err != nil {
		r.err = err
		return r
	}
	defer answer.Body.Close()
	r.status, r.header = answer.StatusCode, answer.Header
	r.body, r.err = io.ReadAll(io.LimitReader(answer.Body, largest+1))
	switch {
	case r.err == nil && len(r.body) > largest:
		r.body, r.err = nil, errTooLarge // no exhibit: it is no answer of GitHub's
	case r.err == nil && answer.ContentLength > int64(len(r.body)):
		r.err = io.ErrUnexpectedEOF
	}
	return r
}

// exchange is the evidence of a search.
func (g *GitHub) exchange(r reply, sid string, err error) account.Exchange {
	x := account.Exchange{
		At: r.at, Took: r.took, As: "GITHUB_TOKEN", Account: sid, Method: http.MethodGet, URL: r.url,
		Status: r.status, RequestID: g.Line.Mask(r.header.Get("X-Github-Request-Id")), Body: g.masked(r.body), Attempts: 1,
	}
	if err == nil {
		x.List = "items"
		return x
	}
	var t *Trouble
	if errors.As(err, &t) {
		x.Problem = t.Problem
	}
	return x
}

// read takes a reply apart, or says in plain words why it is none.
func (g *GitHub) read(r reply, sid string) (Found, error) {
	switch {
	case r.status == 0:
		return Found{}, silence(r.err)
	case errors.Is(r.err, errTooLarge):
		return Found{}, &Trouble{errTooLarge.Error() + " and is not used", "GitHub sends no such reply: check HTTPS_PROXY and whether the network asks for a login", false}
	case r.status != http.StatusOK:
		return Found{}, refused(r)
	case r.err != nil:
		return Found{}, &Trouble{"GitHub's reply was cut short and is not used", "check the connection and plan again", false}
	}
	return g.parse(r.body, sid)
}

// silence says why no reply came. The error beneath is not repeated: it may
// quote what was sent.
func silence(err error) *Trouble {
	var late net.Error
	var forged *tls.CertificateVerificationError
	if errors.As(err, &forged) {
		return &Trouble{"the certificate shown was not GitHub's, so nothing was sent", "check the clock, HTTPS_PROXY and the network", true}
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &late) && late.Timeout() {
		return &Trouble{"GitHub did not answer in time", "check the connection, look at githubstatus.com and plan again", true}
	}
	return &Trouble{"GitHub could not be reached", "check the network, DNS and HTTPS_PROXY, then plan again", true}
}

// refused says what a status means and what to do.
func refused(r reply) *Trouble {
	switch {
	case limited(r):
		return &Trouble{fmt.Sprintf("GitHub's limit of searches was reached (%d)", r.status), "plan again in a few minutes", true}
	case r.status == http.StatusUnauthorized:
		return &Trouble{"GitHub turned GITHUB_TOKEN away (401)", "it is wrong, expired or revoked: make a new one without any scope (github.com/settings/tokens) and plan again", true}
	case r.status == http.StatusForbidden:
		return &Trouble{"GitHub forbids the search to GITHUB_TOKEN (403)", "an organisation may want it approved: use a classic token without any scope", true}
	case r.status == http.StatusUnprocessableEntity:
		return &Trouble{"GitHub did not take the search (422)", "search by hand", false}
	case r.status >= 500:
		return &Trouble{fmt.Sprintf("GitHub's server failed (%d)", r.status), "look at githubstatus.com and plan again", false}
	case r.status >= 300 && r.status < 400:
		return &Trouble{fmt.Sprintf("the reply points elsewhere (%d) and was not followed", r.status), "check HTTPS_PROXY and whether the network asks for a login", true}
	}
	return &Trouble{fmt.Sprintf("GitHub answered with %d", r.status), "search by hand", false}
}
