package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"retake/actions/account"
)

// local is the loopback network under made-up names.
type local struct {
	names map[string][]netip.Addr
	roots *x509.CertPool
	mu    *sync.Mutex
	dials *[]netip.AddrPort
}

func newLocal(names map[string]string) local {
	l := local{names: map[string][]netip.Addr{}, mu: &sync.Mutex{}, dials: new([]netip.AddrPort)}
	for name, list := range names {
		for a := range strings.FieldsSeq(list) {
			l.names[name] = append(l.names[name], netip.MustParseAddr(a))
		}
	}
	return l
}

func (l local) Resolve(_ context.Context, host string) ([]netip.Addr, error) {
	if all, known := l.names[host]; known {
		return all, nil
	}
	return nil, errors.New("no such host")
}

func (l local) Dial(ctx context.Context, at netip.AddrPort) (net.Conn, error) {
	l.mu.Lock()
	*l.dials = append(*l.dials, at)
	l.mu.Unlock()
	return Internet{}.Dial(ctx, at)
}

func (l local) Roots() *x509.CertPool { return l.roots }

// look is a site on the loopback, with what it filed.
type look struct {
	*Site
	tape []account.Exchange
}

func lookAt(t *testing.T, n Net, name string, at *url.URL) *look {
	t.Helper()
	port, err := strconv.Atoi(at.Port())
	if err != nil {
		t.Fatal(err)
	}
	l := &look{}
	line, err := account.NewLine(account.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l.Site = &Site{
		Net: n, Host: Host{name, port}, Addr: netip.MustParseAddr("127.0.0.1"), Now: time.Now, Mask: line.Mask,
		Sleep:  func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		Record: func(x account.Exchange) error { l.tape = append(l.tape, x); return nil },
	}
	return l
}

func address(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// leaky is a site that gives away what it must not.
func leaky() http.Handler {
	pages := map[string]string{
		"/":          `<html><script src="/app.js?v=1"></script><script src="https://cdn.example.net/x.js"></script></html>`,
		"/.git/HEAD": "ref: refs/heads/main\n", "/.git/config": "[core]\n\tbare = false\n", "/.env": "APP_KEY=1\nTWILIO_ACCOUNT_SID=" + fakeSID + "\nTWILIO_AUTH_TOKEN=" + otherHex + "\n",
		"/_profiler/": "<title>Symfony Profiler</title>", "/app.js": "var a=1;\n//# sourceMappingURL=app.js.map", "/app.js.map": `{"sid":"` + fakeSID + `","t":"` + otherHex + `"}`,
		"/backup/": "<html><head><title>Index of /backup/</title></head>", "/phpinfo.php": "not here, but 200",
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "nginx/1.10.3")
		if text, known := pages[r.URL.Path]; known {
			fmt.Fprint(w, text)
			return
		}
		http.NotFound(w, r)
	})
}

func idsOf(all []Open) []string {
	var ids []string
	for _, o := range all {
		ids = append(ids, o.ID)
	}
	slices.Sort(ids)
	return ids
}

func TestFilesOfALeakySite(t *testing.T) {
	server := httptest.NewServer(leaky())
	defer server.Close()
	l := lookAt(t, newLocal(nil), "www.example.com", address(t, server.URL))
	var hits []string
	open, err := l.Files(context.Background(), Seeker{}, func(path string, h Hit) { hits = append(hits, string(h.Rule)+" "+path) })
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"file /.env", "file /.git/HEAD", "file /.git/config", "file /_profiler/", "listing /backup/"}
	if got := idsOf(open); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if !slices.Equal(hits, []string{"auth-token /.env"}) {
		t.Errorf("%q", hits)
	}
	for _, x := range l.tape {
		if strings.Contains(string(x.Body)+x.URL, otherHex) {
			t.Errorf("%s was filed with its secret", x.URL)
		}
	}
	if len(l.tape) != len(l.paths())+2 { // the page before, tried over https and http
		t.Errorf("%d exchanges for %d paths", len(l.tape), len(l.paths()))
	}
}

func TestPagesAndTheirScripts(t *testing.T) {
	server := httptest.NewServer(leaky())
	defer server.Close()
	l := lookAt(t, newLocal(nil), "www.example.com", address(t, server.URL))
	var hits []string
	seen, err := l.Pages(context.Background(), []string{"/"}, Seeker{}, func(path string, h Hit) { hits = append(hits, string(h.Rule)+" "+path) })
	if err != nil || seen.Pages != 1 || seen.Scripts != 2 || !slices.Equal(seen.Elsewhere, []string{"cdn.example.net"}) || !slices.Equal(hits, []string{"auth-token /app.js.map"}) {
		t.Errorf("%+v, %q, %v", seen, hits, err)
	}
}

// A site that answers 200 to everything gives nothing away by that.
func TestASiteThatKnowsEverything(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html><body>Welcome</body></html>") }))
	defer server.Close()
	open, err := lookAt(t, newLocal(nil), "www.example.com", address(t, server.URL)).Files(context.Background(), Seeker{}, func(string, Hit) {})
	if err != nil || len(open) != 0 {
		t.Errorf("%+v, %v", open, err)
	}
}

// A redirect is not followed, and no other host is asked.
func TestRedirectsAreNotFollowed(t *testing.T) {
	asked := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer other.Close()
	server := httptest.NewServer(http.RedirectHandler(other.URL+"/", http.StatusFound))
	defer server.Close()
	l := lookAt(t, newLocal(nil), "www.example.com", address(t, server.URL))
	open, err := l.Headers(context.Background())
	if err != nil || asked != 0 || !slices.Contains(idsOf(open), "redirect") {
		t.Errorf("%q, asked %d times, %v", idsOf(open), asked, err)
	}
	if _, err := l.Get(context.Background(), other.URL+"/"); err == nil || asked != 0 {
		t.Errorf("another host was asked: %v", err)
	}
}

func TestHeaders(t *testing.T) {
	server := httptest.NewServer(leaky())
	defer server.Close()
	open, err := lookAt(t, newLocal(nil), "www.example.com", address(t, server.URL)).Headers(context.Background())
	want := []string{"banner Server", "header Content-Security-Policy", "header X-Content-Type-Options", "plain"}
	if got := idsOf(open); err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
}

// A server that stops answering ends the look; so does leaving.
func TestASilentSiteEndsTheLook(t *testing.T) {
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if n.Add(1) > 1 {
			panic(http.ErrAbortHandler)
		}
	}))
	defer server.Close()
	l := lookAt(t, newLocal(nil), "www.example.com", address(t, server.URL))
	if _, err := l.Files(context.Background(), Seeker{}, func(string, Hit) {}); err == nil || !strings.Contains(err.Error(), "stopped answering") || n.Load() > 8 {
		t.Errorf("asked %d times: %v", n.Load(), err)
	}
	ctx, leave := context.WithCancel(context.Background())
	leave()
	if _, err := l.Files(ctx, Seeker{}, func(string, Hit) {}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := lookAt(t, newLocal(nil), "www.example.com", address(t, "http://127.0.0.1:1")).Base(context.Background()); !errors.Is(err, ErrNoWeb) {
		t.Error(err)
	}
}

func TestPorts(t *testing.T) {
	talks, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer talks.Close()
	go func() {
		for {
			c, err := talks.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(c, "SSH-2.0-Example\x1b[31m\r\n")
			_ = c.Close()
		}
	}()
	shut, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = shut.Close()
	port := func(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }
	got, err := lookAt(t, newLocal(nil), "www.example.com", address(t, "http://127.0.0.1:1")).Ports(context.Background(), []int{port(talks), port(shut)})
	if err != nil || !got[0].Open || !strings.HasPrefix(got[0].Said, "SSH-2.0-Example") || got[1].Open || got[1].Closed != "refused" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(leaky())
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	server.StartTLS()
	defer server.Close()
	trusting := newLocal(nil)
	trusting.roots = x509.NewCertPool()
	trusting.roots.AddCert(server.Certificate())
	port := server.Listener.Addr().(*net.TCPAddr).Port
	for name, c := range map[string]struct {
		net  Net
		host string
		want int
	}{"good": {trusting, "example.com", 0}, "another name": {trusting, "www.example.org", 1}, "unknown authority": {newLocal(nil), "example.com", 1}} {
		l := lookAt(t, c.net, c.host, address(t, server.URL))
		got, err := l.TLS(context.Background(), port)
		if err != nil || len(got.Problems) != c.want || got.Old != "" || got.Version != "TLS 1.3" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		l.Now = func() time.Time { return got.Ends.Add(time.Hour) }
		if late, err := l.TLS(context.Background(), port); err != nil || len(late.Problems) != c.want+1 {
			t.Errorf("%s, late: %+v, %v", name, late, err)
		}
	}
	if base, err := lookAt(t, newLocal(nil), "example.com", address(t, server.URL)).Base(context.Background()); err != nil || !strings.HasPrefix(base, "https://") {
		t.Error(base, err)
	}
}

func TestParseHost(t *testing.T) {
	for text, want := range map[string]string{
		"www.Example.com.": "www.example.com", "www.example.com:8443": "www.example.com:8443", "127.0.0.1": "127.0.0.1", "127.0.0.1:80": "127.0.0.1:80", "[::1]:443": "[::1]:443", "::1": "::1",
		"bücher.example": "xn--bcher-kva.example", "::ffff:10.0.0.1": "10.0.0.1",
		"": "", "http://x": "", "a b": "", "x/y": "", "x:0": "", "x:70000": "", "x:080": "", "-x.com": "", "0x7f.1": "", "2130706433": "", "127.1": "", "u@h": "", "x..y": "", "fe80::1%eth0": "", "ho\x1b[st": "",
	} {
		h, err := ParseHost(text)
		if (err != nil) != (want == "") || err == nil && h.String() != want {
			t.Errorf("%q: %q, %v", text, h, err)
		}
		if again, err := ParseHost(want); want != "" && (err != nil || again != h) {
			t.Errorf("%q is read as %v, %v", want, again, err)
		}
	}
}

// A name that leads anywhere but to the public Internet is refused, also where
// only one of its addresses does.
func TestSettle(t *testing.T) {
	n := newLocal(map[string]string{"good.example": "93.184.215.14", "loop.example": "127.0.0.1", "mixed.example": "93.184.215.14 10.0.0.5", "meta.example": "169.254.169.254", "six.example": "::ffff:127.0.0.1", "nat.example": "100.64.0.1", "none.example": "", "map.example": "64:ff9b::7f00:1", "ula.example": "fd00::1"})
	for name, fine := range map[string]bool{"good.example": true, "93.184.215.14": true, "loop.example": false, "mixed.example": false, "meta.example": false, "six.example": false, "nat.example": false, "map.example": false, "ula.example": false, "127.0.0.1": false, "::1": false, "0.0.0.0": false} {
		_, err := Settle(context.Background(), n, Host{Name: name}, false)
		if (err == nil) != fine || err != nil && !errors.Is(err, ErrPrivate) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := Settle(context.Background(), n, Host{Name: name}, true); err != nil {
			t.Errorf("%s allowed: %v", name, err)
		}
	}
	both := newLocal(map[string]string{"both.example": "2606:4700::1 93.184.215.14"})
	if a, err := Settle(context.Background(), both, Host{Name: "both.example"}, false); err != nil || a.String() != "93.184.215.14" {
		t.Error(a, err)
	}
	for _, name := range []string{"none.example", "unknown.example"} {
		if _, err := Settle(context.Background(), n, Host{Name: name}, true); err == nil {
			t.Errorf("%s was settled", name)
		}
	}
	if len(*n.dials) != 0 {
		t.Errorf("it dialed %v", *n.dials)
	}
}
