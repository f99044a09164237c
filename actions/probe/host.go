package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"retake/actions/account"
)

// Bounds of a look at one host.
const (
	connectTime = 3 * time.Second
	bannerTime  = 700 * time.Millisecond
	requestTime = 15 * time.Second
	mostBanner  = 200
	mostBody    = 4 << 20 // bytes of a page that are looked at
	mostFiled   = 64 << 10
	atOnce      = 8 // connections
)

// Site is one host that was confirmed, at the address that it was found at. It
// is asked by one goroutine.
type Site struct {
	Net    Net
	Host   Host
	Addr   netip.Addr
	Pause  time.Duration // between two requests
	Now    func() time.Time
	Sleep  func(context.Context, time.Duration) error
	Mask   func(string) string
	Record func(account.Exchange) error // files an exchange before it is used
	As     string                       // for the exchanges

	begun bool
	base  string // scheme and host of the web server, once it is known
}

// Port is what was seen at a TCP port.
type Port struct {
	Port   int    `json:"port"`
	Open   bool   `json:"open"`
	Said   string `json:"said,omitempty"`   // what the server says unasked; its own words
	Closed string `json:"closed,omitempty"` // refused, or no answer
}

// UsualPorts are those that are looked at unless others are named: what a web
// server has, and what must not be open to the public.
var UsualPorts = []int{21, 22, 23, 25, 80, 110, 143, 443, 445, 1433, 2082, 2083, 2375, 3000, 3306, 3389, 5000, 5432, 5601, 5900, 6379, 8000, 8080, 8443, 8888, 9000, 9200, 10000, 11211, 27017}

// Services are what usually answers at a port.
var Services = map[int]string{
	21: "FTP", 22: "SSH", 23: "Telnet", 25: "SMTP", 80: "HTTP", 110: "POP3", 143: "IMAP", 443: "HTTPS", 445: "SMB", 1433: "SQL Server", 2082: "cPanel", 2083: "cPanel",
	2375: "Docker", 3000: "a development server", 3306: "MySQL", 3389: "Remote Desktop", 5000: "a development server", 5432: "PostgreSQL", 5601: "Kibana", 5900: "VNC",
	6379: "Redis", 8000: "a development server", 8080: "a second web server", 8443: "a second web server or panel", 8888: "a panel or notebook", 9000: "PHP-FPM or a panel",
	9200: "Elasticsearch", 10000: "Webmin", 11211: "memcached", 27017: "MongoDB",
}

// Ports tries TCP ports and listens for what a server says unasked. It sends
// nothing.
func (s *Site) Ports(ctx context.Context, ports []int) ([]Port, error) {
	all := make([]Port, len(ports))
	var g errgroup.Group
	var broken sync.Once
	var fault any
	g.SetLimit(atOnce)
	for i, p := range ports {
		if err := s.Sleep(ctx, s.Pause/10); err != nil {
			break
		}
		g.Go(func() error {
			defer func() {
				if v := recover(); v != nil {
					broken.Do(func() { fault = v })
				}
			}()
			all[i] = s.port(ctx, p)
			return nil
		})
	}
	_ = g.Wait() // the functions return no errors
	if fault != nil {
		panic(fault)
	}
	return all, ctx.Err()
}

func (s *Site) port(ctx context.Context, port int) Port {
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	c, err := s.Net.Dial(ctx, netip.AddrPortFrom(s.Addr, uint16(port)))
	if err != nil {
		why := "refused"
		if late := net.Error(nil); errors.Is(err, context.DeadlineExceeded) || errors.As(err, &late) && late.Timeout() {
			why = "no answer"
		}
		return Port{Port: port, Closed: why}
	}
	defer c.Close()
	if port == 80 || port == 443 || port == s.Host.Port {
		return Port{Port: port, Open: true} // a web server waits to be asked
	}
	b := make([]byte, mostBanner)
	_ = c.SetReadDeadline(time.Now().Add(bannerTime)) // a server that says nothing is the usual case
	n, _ := c.Read(b)
	return Port{Port: port, Open: true, Said: s.Mask(strings.ToValidUTF8(string(b[:n]), "?"))}
}

// Certificate is what a host shows on TLS.
type Certificate struct {
	Version  string    `json:"version"`
	Subject  string    `json:"subject"`
	Issuer   string    `json:"issuer"`
	Names    []string  `json:"names"`
	Ends     time.Time `json:"ends"`
	Problems []string  `json:"problems,omitempty"`
	Old      string    `json:"old,omitempty"` // an outdated version that it accepts too
}

// TLS looks at the certificate at a port: chain, name and end, and whether an
// outdated version of TLS is accepted. An error says that there is no TLS.
func (s *Site) TLS(ctx context.Context, port int) (Certificate, error) {
	state, err := s.handshake(ctx, port, tls.VersionTLS10, 0)
	if err != nil {
		return Certificate{}, err
	}
	leaf := state.PeerCertificates[0]
	c := Certificate{Version: tls.VersionName(state.Version), Subject: s.Mask(leaf.Subject.String()), Issuer: s.Mask(leaf.Issuer.String()), Names: leaf.DNSNames, Ends: leaf.NotAfter.UTC()}
	c.Names = c.Names[:min(len(c.Names), 20)]
	c.Problems = s.judge(state.PeerCertificates)
	if old, err := s.handshake(ctx, port, tls.VersionTLS10, tls.VersionTLS11); err == nil {
		c.Old = tls.VersionName(old.Version)
	}
	return c, ctx.Err()
}

func (s *Site) handshake(ctx context.Context, port int, least, most uint16) (tls.ConnectionState, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	c, err := s.Net.Dial(ctx, netip.AddrPortFrom(s.Addr, uint16(port)))
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer c.Close()
	// The certificate is judged by judge: a bad one is what is looked for.
	shake := tls.Client(c, &tls.Config{ServerName: s.Host.Name, InsecureSkipVerify: true, MinVersion: least, MaxVersion: most})
	if err := shake.HandshakeContext(ctx); err != nil {
		return tls.ConnectionState{}, err
	}
	return shake.ConnectionState(), nil
}

// soon is how long before its end a certificate is told.
const soon = 14 * 24 * time.Hour

// judge says what is wrong with a certificate.
func (s *Site) judge(chain []*x509.Certificate) (all []string) {
	leaf, now := chain[0], s.Now()
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	if err := leaf.VerifyHostname(s.Host.Name); err != nil {
		all = append(all, "it is not made for "+s.Host.Name)
	}
	switch {
	case now.After(leaf.NotAfter):
		all = append(all, "it ended on "+leaf.NotAfter.UTC().Format(time.DateOnly))
	case now.Before(leaf.NotBefore):
		all = append(all, "it begins only on "+leaf.NotBefore.UTC().Format(time.DateOnly))
	case now.Add(soon).After(leaf.NotAfter):
		all = append(all, "it ends on "+leaf.NotAfter.UTC().Format(time.DateOnly))
	}
	o := x509.VerifyOptions{Roots: s.Net.Roots(), Intermediates: between, CurrentTime: leaf.NotBefore.Add(leaf.NotAfter.Sub(leaf.NotBefore) / 2)}
	if _, err := leaf.Verify(o); err != nil {
		all = append(all, "its chain leads to no authority that is trusted here")
	}
	return all
}
