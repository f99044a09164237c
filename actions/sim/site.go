package sim

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Site is the network of the company's own hosts: its web site and the hosts
// that answer its webhooks. It lies in memory. Connections are real ones, so
// that ports, TLS and pages are looked at there as they are anywhere; nothing of
// it leaves the process.
type Site struct {
	w *World

	once  sync.Once
	cert  tls.Certificate
	roots *x509.CertPool

	mu   sync.Mutex
	seen time.Time // when somebody first fetched what must not be there
}

// Site returns the company's network.
func (w *World) Site() *Site { return &Site{w: w} }

const (
	siteDomain = "harbour-parcel.example.com"
	mended     = 3 * time.Minute // after which the web team has shut what was found
)

// siteHosts are the hosts with the TCP ports that answer. The addresses are from
// a block that nobody uses any more.
var siteHosts = map[string]struct {
	address string
	ports   []int
}{
	"www":    {"192.88.99.10", []int{22, 80, 443, 3306}},
	"voice":  {"192.88.99.11", []int{80, 443}},
	"sms":    {"192.88.99.12", []int{80, 443}},
	"alerts": {"192.88.99.13", []int{443}},
}

// SiteHosts are the names of the company's hosts, in order.
func SiteHosts() []string {
	var all []string
	for name := range siteHosts {
		all = append(all, name+"."+siteDomain)
	}
	slices.Sort(all)
	return all
}

// Resolve returns the address of one of the company's hosts.
func (s *Site) Resolve(_ context.Context, host string) ([]netip.Addr, error) {
	h, known := siteHosts[strings.TrimSuffix(host, "."+siteDomain)]
	if !known || !strings.HasSuffix(host, "."+siteDomain) {
		return nil, fmt.Errorf("the simulated network has no host %q", host)
	}
	return []netip.Addr{netip.MustParseAddr(h.address)}, nil
}

// Dial connects to a host of the company, within the process.
func (s *Site) Dial(ctx context.Context, at netip.AddrPort) (net.Conn, error) {
	for _, h := range siteHosts {
		if h.address == at.Addr().String() && slices.Contains(h.ports, int(at.Port())) {
			ours, theirs := net.Pipe()
			go s.serve(theirs, int(at.Port()))
			return ours, ctx.Err()
		}
	}
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
}

// Roots are the authorities that are trusted in the simulated world.
func (s *Site) Roots() *x509.CertPool {
	s.once.Do(s.certify)
	return s.roots
}

// serve answers on one connection.
func (s *Site) serve(c net.Conn, port int) {
	switch port {
	case 22, 3306:
		banner := map[int]string{22: "SSH-2.0-OpenSSH_7.4\r\n", 3306: "J\x00\x00\x00\x0a5.5.5-10.3.38-MariaDB\x00"}[port]
		_, _ = io.WriteString(c, banner) // whoever hung up needs no banner
		_ = c.Close()
		return
	case 443:
		s.once.Do(s.certify)
		c = tls.Server(c, &tls.Config{Certificates: []tls.Certificate{s.cert}, MinVersion: tls.VersionTLS12})
	}
	_ = (&http.Server{Handler: s, ReadTimeout: time.Minute, ErrorLog: quietLog}).Serve(&single{conn: c}) // ends with the connection
}

// quietLog drops what net/http says about connections that broke.
var quietLog = log.New(io.Discard, "", 0)

// single is a listener for one connection.
type single struct {
	conn net.Conn
	mu   sync.Mutex
	gone bool
}

func (l *single) Accept() (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone {
		return nil, errors.New("there is one connection only")
	}
	l.gone = true
	return l.conn, nil
}

func (l *single) Close() error   { return nil }
func (l *single) Addr() net.Addr { return &net.TCPAddr{} }

// certify makes an authority and the certificate of the hosts, which ends soon.
func (s *Site) certify() {
	now := s.w.Now()
	authority := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Simulated Authority"}, NotBefore: now.Add(-400 * day), NotAfter: now.Add(4000 * day), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "www." + siteDomain}, DNSNames: SiteHosts(), NotBefore: now.Add(-81 * day), NotAfter: now.Add(9 * day), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	root, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader) // never fails (crypto/rand)
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	above, _ := x509.CreateCertificate(rand.Reader, authority, authority, &root.PublicKey, root)
	signed, _ := x509.CreateCertificate(rand.Reader, leaf, authority, &key.PublicKey, root)
	s.cert = tls.Certificate{Certificate: [][]byte{signed}, PrivateKey: key}
	s.roots = x509.NewCertPool()
	if parsed, err := x509.ParseCertificate(above); err == nil {
		s.roots.AddCert(parsed)
	}
}

// ServeHTTP answers for every host of the company.
func (s *Site) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	host, _, _ := strings.Cut(r.Host, ":")
	switch {
	case strings.HasPrefix(host, "www."):
		s.page(rw, r)
	case r.Method == http.MethodPost:
		s.webhook(rw, r)
	default:
		http.Error(rw, "Forbidden", http.StatusForbidden)
	}
}

// page answers for the web site.
func (s *Site) page(rw http.ResponseWriter, r *http.Request) {
	rw.Header().Set("Server", "nginx/1.14.0")
	text, known := s.pages()[r.URL.Path]
	if !known {
		http.NotFound(rw, r)
		return
	}
	_, _ = io.WriteString(rw, text) // whoever hung up needs no page
}

// pages are those of the web site: with what must not be there, until the web
// team has had its time.
func (s *Site) pages() map[string]string {
	all := map[string]string{
		"/":       `<!doctype html><title>Harbour Parcel</title><p>Where is my parcel?</p><script src="/app.js"></script>`,
		"/app.js": "function track(n) { return fetch('/track/' + n) }\n",
	}
	if s.w.state.Shape.Scenario != "leaked-token" || s.mend() {
		return all
	}
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	sid, token := s.w.state.parent().Sid, s.w.state.FirstToken
	maps.Copy(all, map[string]string{
		"/.git/HEAD":   "ref: refs/heads/master\n",
		"/.git/config": "[core]\n\trepositoryformatversion = 0\n\tbare = false\n",
		"/.env":        "APP_ENV=production\nAPP_DEBUG=true\nTWILIO_ACCOUNT_SID=" + sid + "\nTWILIO_AUTH_TOKEN=" + token + "\n",
		"/_profiler/":  "<html><head><title>Symfony Profiler</title></head></html>",
		"/app.js":      all["/app.js"] + "var twilio = {sid: '" + sid + "', token: '" + token + "'} // remove before launch\n",
	})
	return all
}

// mend tells whether the web team has shut what was found.
func (s *Site) mend() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen.IsZero() {
		s.seen = s.w.Now()
	}
	return s.w.Now().Sub(s.seen) >= mended
}

// webhook answers a request that only Twilio may send: with any token that is in
// force in the family.
func (s *Site) webhook(rw http.ResponseWriter, r *http.Request) {
	if r.ParseForm() != nil || !s.signed("https://"+r.Host+r.URL.RequestURI(), r) {
		http.Error(rw, "Forbidden", http.StatusForbidden)
		return
	}
	rw.Header().Set("Content-Type", "text/xml")
	_, _ = io.WriteString(rw, "<Response/>")
}

func (s *Site) signed(address string, r *http.Request) bool {
	var text strings.Builder
	text.WriteString(address)
	for _, name := range slices.Sorted(maps.Keys(r.PostForm)) {
		text.WriteString(name + r.PostForm.Get(name))
	}
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	return slices.ContainsFunc(s.w.state.Accounts, func(a *account) bool {
		sum := hmac.New(sha1.New, []byte(a.Primary))
		sum.Write([]byte(text.String()))
		return hmac.Equal([]byte(base64.StdEncoding.EncodeToString(sum.Sum(nil))), []byte(r.Header.Get("X-Twilio-Signature")))
	})
}
